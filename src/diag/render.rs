//! Diagnostics for people and for programs.
//!
//! In: diagnostics and the texts they point into. Out: text as a compiler prints it, or JSON. Must not know: where it goes,
//! whether that is a terminal. Start at [`text`] and [`json`].

use super::{Diagnostic, Severity};
use crate::source::{FileId, SourceFile, SourceMap, Span};
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use serde_json::{Value, json};
use std::borrow::Cow;
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

/// The diagnostics as text, in their order, and a last line that counts them; empty if there are none. No control
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
    for diagnostic in diagnostics {
        if style.concise {
            out += &line(diagnostic, sources);
            out.push('\n');
        } else {
            // Each help is a report of its own: in one report a bar would stand between them.
            for group in report(diagnostic, sources) {
                out += renderer.render(&[group]).trim_end();
                out.push('\n');
            }
            out.push('\n');
        }
    }
    if let Some(count) = count(diagnostics) {
        out += &count;
        out.push('\n');
    }
    out
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
        let _ = write!(out, "{}: ", clean(&place));
    }
    let _ = write!(
        out,
        "{}[{}]: {}",
        diagnostic.severity.word(),
        diagnostic.id.name(),
        clean(&diagnostic.message).replace('\n', " ")
    );
    if let Some(help) = diagnostic.help.first() {
        let _ = write!(out, "; {}", clean(help).replace('\n', " "));
    }
    out
}

fn report<'d>(diagnostic: &'d Diagnostic, sources: &'d SourceMap) -> Vec<Group<'d>> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut first = Group::with_title(level.primary_title(clean(&diagnostic.message)).id(diagnostic.id.name()));
    if let Some(location) = &diagnostic.location {
        first = first.element(Origin::path(clean(location)));
    }
    for (file, places) in by_file(diagnostic) {
        first = first.element(snippet(sources.file(file), &places));
    }
    for note in &diagnostic.notes {
        first = first.element(Level::NOTE.message(clean(note)));
    }
    let mut groups = vec![first];
    groups.extend(diagnostic.help.iter().map(|help| Group::with_title(Level::HELP.secondary_title(clean(help)))));
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
fn snippet<'d>(file: &'d SourceFile, places: &[Place<'d>]) -> Snippet<'d, annotate_snippets::Annotation<'d>> {
    let text = file.text.as_str();
    let clipped: Vec<Place<'d>> =
        places.iter().map(|(range, label, primary)| (clip(text, range), *label, *primary)).collect();
    let low = clipped.iter().map(|(range, ..)| range.start).min().unwrap_or(0);
    let high = clipped.iter().map(|(range, ..)| range.end).max().unwrap_or(0);
    let (first, _) = file.line_column(low);
    let start = file.offset(first, 1);
    let end = text[high..].find('\n').map_or(text.len(), |i| high + i);
    let end = if text[high..end].ends_with('\r') { end - 1 } else { end };
    let snippet = Snippet::source(without_c1(&text[start..end])).line_start(first).path(clean(&file.path));
    snippet.annotations(clipped.into_iter().map(|(range, label, primary)| {
        let kind = if primary { AnnotationKind::Primary } else { AnnotationKind::Context };
        let annotation = kind.span(range.start - start..range.end - start);
        if label.is_empty() { annotation } else { annotation.label(clean(label)) }
    }))
}

/// The part of a range that lies in the text, on character boundaries.
fn clip(text: &str, range: &Range<usize>) -> Range<usize> {
    let boundary = |n: usize| (0..=n.min(text.len())).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
    let start = boundary(range.start);
    start..boundary(range.end).max(start)
}

/// The text without control characters: each becomes a sign that shows it, or is replaced.
fn clean(text: &str) -> Cow<'_, str> {
    let clean = annotate_snippets::normalize_untrusted_str(text);
    if clean.chars().any(is_c1) {
        return Cow::Owned(clean.chars().map(|c| if is_c1(c) { '\u{fffd}' } else { c }).collect());
    }
    if clean == text { Cow::Borrowed(text) } else { Cow::Owned(clean) }
}

/// The controls U+0080 to U+009F, of which U+009B begins a terminal sequence.
fn is_c1(c: char) -> bool {
    ('\u{80}'..='\u{9f}').contains(&c)
}

/// The source with C1 controls replaced by a character of as many bytes, so that places stay; other controls are made
/// visible when the snippet is drawn.
fn without_c1(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_c1) {
        Cow::Owned(text.chars().map(|c| if is_c1(c) { '¿' } else { c }).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// The diagnostics as a JSON array, in their order. Lines and columns count from 1, columns in characters; `bytes` is the
/// byte range; keys without a value are null, lists may be empty.
pub fn json(diagnostics: &[Diagnostic], sources: &SourceMap) -> Value {
    Value::Array(diagnostics.iter().map(|diagnostic| object(diagnostic, sources)).collect())
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
