//! Diagnostics for people and for programs.
//!
//! In: diagnostics and the texts they point into. Out: text as a compiler prints it, or JSON. Must not know: where it goes,
//! whether that is a terminal. Start at [`text`] and [`json`].

use super::excerpt::excerpt;
use super::printable::message;
use super::{Diagnostic, Severity};
use crate::source::{FileId, SourceFile, SourceMap, Span};
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fmt::Write;
use std::ops::Range;

/// How diagnostics are shown as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether terminal colours are used.
    pub colour: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// Whether each diagnostic is one line.
    pub concise: bool,
}

impl Default for Style {
    /// Without colours, 120 columns wide, with snippets.
    fn default() -> Style {
        Style { colour: false, width: 120, concise: false }
    }
}

/// How many diagnostics of one id are shown as text.
const SHOWN: usize = 100;

/// How many diagnostics of one id stand in JSON.
const LISTED: usize = 10_000;

/// The first `most` diagnostics of each id, in their order, and how many more there are, by id.
fn limited(diagnostics: &[Diagnostic], most: usize) -> (Vec<&Diagnostic>, Vec<(&'static str, usize)>) {
    let mut seen: HashMap<&'static str, usize> = HashMap::new();
    let mut few = |diagnostic: &&Diagnostic| {
        let seen = seen.entry(diagnostic.id.name()).or_default();
        *seen += 1;
        *seen <= most
    };
    let shown = diagnostics.iter().filter(&mut few).collect();
    let mut more: Vec<(&str, usize)> =
        seen.into_iter().filter(|(_, n)| *n > most).map(|(id, n)| (id, n - most)).collect();
    more.sort_unstable();
    (shown, more)
}

/// The diagnostics as text, in their order, at most 100 of each id, and a last line that counts them all; empty if there
/// are none. No control
/// character of a source or message gets through.
///
/// ```
/// use tierwright::diag::{Diagnostic, ids, render};
/// use tierwright::source::{SourceMap, Span};
/// let mut sources = SourceMap::default();
/// let file = sources.add("rules/tier.rhai", "if c.客户等及 > 9 { 1 }");
/// let found = Diagnostic::error(ids::UNKNOWN_COLUMN, "no column `客户等及`")
///     .at(Span::new(file, 5, 17))
///     .did_you_mean("客户等及", ["客户等级"]);
/// let style = render::Style { concise: true, ..render::Style::default() };
/// assert_eq!(
///     render::text(&[found], &sources, style),
///     "rules/tier.rhai:1:6: error[unknown-column]: no column `客户等及`; did you mean `客户等级`?\n1 error\n"
/// );
/// ```
pub fn text(diagnostics: &[Diagnostic], sources: &SourceMap, style: Style) -> String {
    let mut out = String::new();
    let renderer = if style.colour { Renderer::styled().hyperlink(false) } else { Renderer::plain() };
    let renderer = renderer.term_width(style.width.max(40));
    let (shown, more) = limited(diagnostics, SHOWN);
    for diagnostic in shown {
        if style.concise {
            out += &line(diagnostic, sources);
            out.push('\n');
        } else {
            // Each help is a report of its own: in one report a bar would stand between them.
            for group in report(diagnostic, sources) {
                out += without_empty_origin(&renderer.render(&[group])).trim_end();
                out.push('\n');
            }
            out.push('\n');
        }
    }
    for (id, more) in more {
        let _ = writeln!(out, "and {more} more of `{id}`");
    }
    if let Some(count) = count(diagnostics) {
        out += &count;
        out.push('\n');
    }
    out
}

/// A report without the lines that name no file: the place of a snippet that is cut stands in a line of our own.
fn without_empty_origin(report: &str) -> String {
    let shown = |line: &str| -> String {
        line.split('\u{1b}')
            .enumerate()
            .map(|(n, part)| if n == 0 { part } else { part.split_once('m').map_or("", |p| p.1) })
            .collect()
    };
    let lines = report.split_inclusive('\n');
    lines.filter(|line| !(line.contains(":::") && shown(line).trim() == ":::")).collect()
}

/// How many errors and warnings: `2 errors, 1 warning`; `None` if there are none.
pub fn count(diagnostics: &[Diagnostic]) -> Option<String> {
    let errors = diagnostics.iter().filter(|d| d.is_error()).count();
    let of = |n: usize, word: &str| match n {
        0 => None,
        1 => Some(format!("1 {word}")),
        n => Some(format!("{n} {word}s")),
    };
    match (of(errors, "error"), of(diagnostics.len() - errors, "warning")) {
        (Some(errors), Some(warnings)) => Some(format!("{errors}, {warnings}")),
        (errors, warnings) => errors.or(warnings),
    }
}

/// One line: place, id, message, first help.
fn line(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    let mut out = String::new();
    let place = diagnostic.span.map(|span| sources.place(span)).or_else(|| diagnostic.location.clone());
    if let Some(place) = place {
        let _ = write!(out, "{}: ", message(&place));
    }
    let _ = write!(out, "{}[{}]: {}", diagnostic.severity.word(), diagnostic.id.name(), message(&diagnostic.message));
    if let Some(help) = diagnostic.help.first() {
        let _ = write!(out, "; {}", message(help));
    }
    out
}

fn report<'d>(diagnostic: &'d Diagnostic, sources: &'d SourceMap) -> Vec<Group<'d>> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut first = Group::with_title(level.primary_title(message(&diagnostic.message)).id(diagnostic.id.name()));
    if let Some(location) = &diagnostic.location {
        first = first.element(Origin::path(message(location)));
    }
    for (file, places) in by_file(diagnostic) {
        first = snippet(first, sources.file(file), &places);
    }
    for note in &diagnostic.notes {
        first = first.element(Level::NOTE.message(message(note)));
    }
    let mut groups = vec![first];
    groups.extend(diagnostic.help.iter().map(|help| Group::with_title(Level::HELP.secondary_title(message(help)))));
    groups
}

/// A place with its label, and whether it is the primary one.
type Place<'d> = (Range<usize>, &'d str, bool);

/// The places by file, the primary one's file first.
fn by_file(diagnostic: &Diagnostic) -> Vec<(FileId, Vec<Place<'_>>)> {
    let primary = diagnostic.span.map(|span| (span, diagnostic.label.as_str(), true));
    let labels = diagnostic.labels.iter().map(|(span, label)| (*span, label.as_str(), false));
    let mut files: Vec<(FileId, Vec<Place<'_>>)> = Vec::new();
    for (span, label, primary) in primary.into_iter().chain(labels) {
        let place = (span.range(), label, primary);
        match files.iter_mut().find(|(file, _)| *file == span.file) {
            Some((_, places)) => places.push(place),
            None => files.push((span.file, vec![place])),
        }
    }
    files
}

/// The lines from the first place to the last, with what stands at each.
fn snippet<'d>(group: Group<'d>, file: &'d SourceFile, places: &[Place<'d>]) -> Group<'d> {
    let clipped: Vec<Range<usize>> = places.iter().map(|(range, ..)| clip(&file.text, range)).collect();
    let shown = excerpt(file, &clipped);
    let path = message(&file.path);
    let mut snippet = Snippet::source(shown.text).line_start(shown.line);
    let mut group = group;
    if shown.changed {
        // Columns that are counted in what is shown are not those of the file.
        let primary = places.iter().position(|(.., primary)| *primary).unwrap_or(0);
        let (line, column) = file.line_column(clipped.get(primary).map_or(0, |range| range.start));
        group = group.element(Origin::path(path).line(line).char_column(column));
    } else {
        snippet = snippet.path(path);
    }
    group.element(snippet.annotations(shown.places.into_iter().zip(places).map(|(range, (_, label, primary))| {
        let kind = if *primary { AnnotationKind::Primary } else { AnnotationKind::Context };
        let annotation = kind.span(range);
        if label.is_empty() { annotation } else { annotation.label(message(label)) }
    })))
}

/// The part of a range that lies in the text, on character boundaries.
fn clip(text: &str, range: &Range<usize>) -> Range<usize> {
    let boundary = |n: usize| (0..=n.min(text.len())).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
    let start = boundary(range.start);
    start..boundary(range.end).max(start)
}

/// The diagnostics as a JSON array, in their order. Lines and columns count from 1, columns in characters; `bytes` is the
/// byte range; keys without a value are null, lists may be empty. Where there are more than 10,000 of one id, an object
/// without a place says how many more.
pub fn json(diagnostics: &[Diagnostic], sources: &SourceMap) -> Value {
    let (shown, more) = limited(diagnostics, LISTED);
    let more: Vec<Diagnostic> = more
        .into_iter()
        .filter_map(|(id, more)| diagnostics.iter().find(|d| d.id.name() == id).map(|first| (first, more)))
        .map(|(first, more)| Diagnostic {
            severity: first.severity,
            ..Diagnostic::error(first.id, format!("and {more} more of `{}`", first.id.name()))
        })
        .collect();
    Value::Array(shown.into_iter().chain(&more).map(|diagnostic| object(diagnostic, sources)).collect())
}

fn object(diagnostic: &Diagnostic, sources: &SourceMap) -> Value {
    let mut object = json!({
        "id": diagnostic.id.name(),
        "severity": diagnostic.severity.word(),
        "message": diagnostic.message,
    });
    let place = diagnostic.span.map(|span| place_of(span, sources));
    let labels: Vec<Value> = diagnostic
        .labels
        .iter()
        .map(|(span, label)| {
            let mut object = place_of(*span, sources);
            object["label"] = json!(label);
            object
        })
        .collect();
    let keys = ["file", "line", "column", "end_line", "end_column", "bytes"];
    for key in keys {
        object[key] = place.as_ref().map_or(Value::Null, |place| place[key].clone());
    }
    object["label"] = if diagnostic.label.is_empty() { Value::Null } else { json!(diagnostic.label) };
    object["labels"] = Value::Array(labels);
    object["help"] = json!(diagnostic.help);
    object["notes"] = json!(diagnostic.notes);
    object["location"] = json!(diagnostic.location);
    object
}

fn place_of(span: Span, sources: &SourceMap) -> Value {
    let file = sources.file(span.file);
    let range = clip(&file.text, &span.range());
    let (line, column) = file.line_column(range.start);
    let (end_line, end_column) = file.line_column(range.end);
    json!({
        "file": file.path,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
        "bytes": [range.start, range.end],
    })
}

#[cfg(test)]
#[path = "render_tests.rs"]
mod tests;
