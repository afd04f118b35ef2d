//! YAML text to a spanned tree.
//!
//! In: the text of one YAML file. Out: a [`Node`] in which every key and value knows its place and, if it is a scalar,
//! the text it was written with; or the diagnostics that say why not. Must not know: what the keys mean.
//! YAML 1.2 core schema: `yes` and `no` are text, `007` is text, dates are text. Start at [`parse`].

use crate::diag::{Diagnostic, ids};
use crate::source::{FileId, Span};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_yaml::{DuplicateKeyPolicy, Location, MergeKeyPolicy, NonFiniteFloatPolicy, Options, Spanned, Tagged};
use std::collections::HashMap;
use std::fmt;

/// A value with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where it is written; of a list or map over several lines, what stands on the first. A value that an alias
    /// stands for is where its anchor is.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
    /// A scalar's text: as written if plain (`007`, `NULL`), the content if quoted; empty for lists and maps.
    pub source: String,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// `null`, `~` or nothing at all.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A finite float.
    Float(f64),
    /// Text, and every plain scalar that is nothing else.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A map, in the order it is written; keys are not repeated.
    Map(Vec<Entry>),
}

/// One key of a map with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key's text.
    pub key: String,
    /// Where the key is written.
    pub span: Span,
    /// The value.
    pub value: Node,
}

impl Node {
    /// What it is, in words, for messages: `a map`, `the int 7`, `nothing`.
    pub fn found(&self) -> String {
        let shown = |kind: &str| match self.source.chars().count() {
            0..=40 => format!("the {kind} `{}`", self.source),
            _ => format!("a {kind}"),
        };
        match &self.kind {
            Kind::Null if self.source.is_empty() => "nothing".to_owned(),
            Kind::Null => format!("`{}`", self.source),
            Kind::Bool(_) => shown("bool"),
            Kind::Int(_) => shown("int"),
            Kind::Float(_) => shown("float"),
            Kind::Text(_) => shown("text"),
            Kind::List(_) => "a list".to_owned(),
            Kind::Map(_) => "a map".to_owned(),
        }
    }

    /// Whether it is a map that has this key.
    pub fn has_key(&self, key: &str) -> bool {
        matches!(&self.kind, Kind::Map(entries) if entries.iter().any(|entry| entry.key == key))
    }

    /// The text of a scalar as it was written; `None` for lists, maps, and where nothing is written.
    pub fn scalar_text(&self) -> Option<&str> {
        match self.kind {
            Kind::List(_) | Kind::Map(_) => None,
            Kind::Null if self.source.is_empty() => None,
            _ => Some(&self.source),
        }
    }
}

/// Reads the one document of a YAML text, which is the text of `file` without a byte-order mark.
///
/// # Errors
/// `yaml`: the text is not YAML, is several documents, nests deeper than 48 levels or expands to more than 250,000
/// values; a key is not a scalar. `duplicate-name`: a key stands twice in one map.
pub fn parse(file: FileId, text: &str) -> Result<Node, Vec<Diagnostic>> {
    let raw = serde_yaml::from_str_with_options::<Spanned<Raw>>(text, options())
        .map_err(|error| vec![syntax_error(file, text, &error)])?;
    let mut builder = Builder { file, text, findings: Vec::new() };
    let node = builder.node(raw);
    if builder.findings.is_empty() { Ok(node) } else { Err(builder.findings) }
}

/// Levels of lists and maps; what people write needs about six.
const DEPTH: usize = 48;

fn options() -> Options {
    serde_yaml::options! {
        budget: serde_yaml::budget! { max_depth: DEPTH, flow_nesting_limit: DEPTH, max_documents: 1 },
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        merge_keys: MergeKeyPolicy::AsOrdinary,
        alias_limits: serde_yaml::alias_limits! { max_total_replayed_events: 100_000 },
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        strict_booleans: true,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        with_snippet: false,
    }
}

fn syntax_error(file: FileId, text: &str, error: &serde_yaml::Error) -> Diagnostic {
    let error = error.without_snippet();
    let span = error.location().map_or(Span::new(file, 0, 0), |location| span_of(file, text, location));
    let rendered = error.render_with_formatter(&serde_yaml::UserMessageFormatter);
    let first = rendered.lines().next().unwrap_or_default();
    let reason = first.strip_prefix("error: ").unwrap_or(first).split(" at line ").next().unwrap_or_default();
    let (reason, help) = plainer(reason.trim_end_matches('.'));
    let found = Diagnostic::error(ids::YAML, format!("the text is not YAML: {reason}")).at(span);
    match help {
        Some(help) => found.help(help),
        None => found,
    }
}

/// The parser's reason in an analyst's words, with what to do where that is known.
fn plainer(reason: &str) -> (String, Option<&'static str>) {
    let has = |part: &str| reason.contains(part);
    if has("Documents {") {
        return ("a second document begins".to_owned(), Some("one file holds one document: take `---` out"));
    }
    if has("Depth {") || has("recursion limit") || has("nesting") {
        return (format!("lists and maps nest deeper than {DEPTH} levels"), None);
    }
    if has("too large or too complex") {
        return ("it is too large, or its aliases stand for too much".to_owned(), None);
    }
    if has("did not find expected ',' or '}'") || has("did not find expected ',' or ']'") {
        let (what, end) = if has("'}'") { ("a map in braces", '}') } else { ("a list in brackets", ']') };
        let reason = format!("{what} goes on with neither `,` nor `{end}`");
        return (reason, Some("a text with `: `, `,`, `[` or `{` in it needs quotes: \"…\""));
    }
    let help = if has("tabs") || has("tab character") {
        Some("indent with spaces, not with tabs")
    } else if has("plain scalar cannot start") || has("unexpected character") || has("cannot start any token") {
        Some("put the text in quotes: \"…\"")
    } else if has("mapping values are not allowed") {
        Some("a text with `: ` in it needs quotes: \"…\"")
    } else {
        None
    };
    (reason.to_owned(), help)
}

/// The place of a location: bytes if the parser knows them, else line and column; at least the first character.
fn span_of(file: FileId, text: &str, location: Location) -> Span {
    let span = location.span();
    let (start, length) = match (span.byte_offset(), span.byte_len()) {
        (Some(start), Some(length)) => (start as usize, length as usize),
        _ => (offset_of(text, location), 0),
    };
    let boundary = |n: usize| (0..=n.min(text.len())).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
    let start = boundary(start);
    Span::new(file, start, boundary(start.saturating_add(length)).max(start))
}

fn offset_of(text: &str, location: Location) -> usize {
    let line = usize::try_from(location.line()).unwrap_or(1).max(1);
    let column = usize::try_from(location.column()).unwrap_or(1).max(1);
    let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    text[start..].char_indices().nth(column - 1).map_or(text.len(), |(i, _)| start + i)
}

/// A value as the deserializer gives it, places not yet turned into spans.
enum Raw {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<Raw>, Spanned<Raw>)>),
    /// A value with a tag that means nothing here.
    Tagged(String),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Raw, D::Error> {
        let Tagged(Untagged(raw), tag) = Tagged::deserialize(deserializer)?;
        Ok(tag.filter(|tag| !is_core(tag)).map_or(raw, Raw::Tagged))
    }
}

/// A value whose tag is not looked at.
struct Untagged(Raw);

impl<'de> Deserialize<'de> for Untagged {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Untagged, D::Error> {
        deserializer.deserialize_any(RawVisitor).map(Untagged)
    }
}

const TAGS: &str = "tag:yaml.org,2002:";

/// Whether a tag is of YAML's core schema, or says only that a text is one.
fn is_core(tag: &str) -> bool {
    let core = ["null", "bool", "int", "float", "str", "seq", "map"];
    tag == "!" || tag.strip_prefix(TAGS).is_some_and(|name| core.contains(&name))
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value, a list or a map")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Int(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Raw, E> {
        i64::try_from(value).map(Raw::Int).map_err(|_| E::custom("an integer above 9223372036854775807"))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Raw, E> {
        Ok(Raw::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = access.next_element()? {
            list.push(value);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}

fn tagged(tag: &str, span: Span) -> Diagnostic {
    let shown = tag.strip_prefix(TAGS).map_or_else(|| tag.to_owned(), |name| format!("!!{name}"));
    let found = Diagnostic::error(ids::YAML, format!("the tag `{shown}` means nothing here")).at(span);
    found.help("take the tag out; a text that begins with `!` needs quotes: \"…\"")
}

/// Turns raw values into nodes, collecting what is wrong with keys.
struct Builder<'t> {
    file: FileId,
    text: &'t str,
    findings: Vec<Diagnostic>,
}

impl Builder<'_> {
    fn node(&mut self, raw: Spanned<Raw>) -> Node {
        let span = span_of(self.file, self.text, raw.defined);
        match raw.value {
            Raw::List(items) => {
                let list = items.into_iter().map(|item| self.node(item)).collect();
                Node { span: self.head(span), kind: Kind::List(list), source: String::new() }
            }
            Raw::Map(entries) => {
                let entries = self.entries(entries);
                Node { span: self.head(span), kind: Kind::Map(entries), source: String::new() }
            }
            Raw::Tagged(tag) => {
                let span = self.head(span);
                self.findings.push(tagged(&tag, span));
                Node { span, kind: Kind::Null, source: String::new() }
            }
            scalar => self.scalar(scalar, span),
        }
    }

    fn entries(&mut self, raw: Vec<(Spanned<Raw>, Spanned<Raw>)>) -> Vec<Entry> {
        let mut first: HashMap<String, Span> = HashMap::new();
        let mut entries = Vec::with_capacity(raw.len());
        for (key, value) in raw {
            let span = span_of(self.file, self.text, key.defined);
            let value = self.node(value);
            if let (Raw::Text(tail), Some(Entry { value: open, .. })) = (&key.value, entries.last_mut())
                && self.rejoin(open, tail, span, &value)
            {
                continue;
            }
            if matches!(key.value, Raw::List(_) | Raw::Map(_)) {
                let span = self.head(span);
                self.findings.push(Diagnostic::error(ids::YAML, "a list or a map cannot be a key").at(span));
                continue;
            }
            if let Raw::Tagged(tag) = &key.value {
                self.findings.push(tagged(tag, self.head(span)));
                continue;
            }
            let Node { source: key, span, .. } = self.scalar(key.value, span);
            if key == "<<" {
                self.findings.push(
                    Diagnostic::error(ids::YAML, "`<<` does not merge maps here")
                        .at(span)
                        .help("write the keys out, or give the whole map an anchor and use its alias"),
                );
            } else if let Some(before) = first.get(&key) {
                self.findings.push(
                    Diagnostic::error(ids::DUPLICATE_NAME, format!("the key `{key}` stands twice in one map"))
                        .at(span)
                        .label(*before, "first here"),
                );
            } else {
                first.insert(key.clone(), span);
                entries.push(Entry { key, span, value });
            }
        }
        entries
    }

    /// Joins what a comma in braces has cut: `{ type: decimal(12,2) }` has the value `decimal(12` and a key `2)` without
    /// a value, and means `decimal(12,2)`. Quoted text is left as it is. Whether it was joined.
    fn rejoin(&self, open: &mut Node, tail: &str, span: Span, value: &Node) -> bool {
        let cut = matches!(&open.kind, Kind::Text(text) if text.contains('(') && !text.contains(')'));
        let rest = tail.strip_suffix(')').is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
        let whole = open.span.to(span);
        let plain = self.text.get(whole.range()).is_some_and(|text| !text.contains(['"', '\'', ':', '\n']));
        if !(cut && rest && plain && value.kind == Kind::Null && value.source.is_empty() && open.span.end <= span.start)
        {
            return false;
        }
        let text = format!("{},{tail}", open.source);
        *open = Node { span: whole, kind: Kind::Text(text.clone()), source: text };
        true
    }

    fn scalar(&self, raw: Raw, span: Span) -> Node {
        let written = || self.text.get(span.range()).unwrap_or_default().trim().trim_matches(['"', '\'']).to_owned();
        let (kind, source) = match raw {
            Raw::Bool(value) => (Kind::Bool(value), written()),
            Raw::Int(value) => (Kind::Int(value), written()),
            // Digits alone are an int that does not fit, and no float that someone meant.
            Raw::Float(_) if written().trim_start_matches(['+', '-']).bytes().all(|b| b.is_ascii_digit()) => {
                (Kind::Text(written()), written())
            }
            Raw::Float(value) => (Kind::Float(value), written()),
            Raw::Text(text) => (Kind::Text(text.clone()), text),
            Raw::Null | Raw::List(_) | Raw::Map(_) | Raw::Tagged(_) => (Kind::Null, written()),
        };
        let text = self.text.get(span.range()).unwrap_or_default();
        let line = text.find(['\n', '\r']).unwrap_or(text.len());
        let length = text[..line].trim_end().len();
        Node { span: Span::new(self.file, span.start as usize, span.start as usize + length), kind, source }
    }

    /// The part of a list or map that stands on its first line: to the bracket that closes it, to a comment, or to the
    /// line's end.
    fn head(&self, span: Span) -> Span {
        let rest = self.text.get(span.start as usize..).unwrap_or_default();
        let line = &rest[..rest.find(['\n', '\r']).unwrap_or(rest.len())];
        let flow = line.starts_with(['{', '[']);
        let (mut depth, mut quote, mut before, mut end) = (0_i32, None, ' ', line.len());
        for (i, c) in line.char_indices() {
            match (quote, c) {
                (Some(open), c) if open == c => quote = None,
                (Some(_), _) => {}
                (None, '"' | '\'') if !before.is_alphanumeric() => quote = Some(c),
                (None, '{' | '[') => depth += 1,
                (None, '}' | ']') => depth -= 1,
                (None, '#') if before.is_whitespace() => {
                    end = i;
                    break;
                }
                _ => {}
            }
            before = c;
            if flow && depth == 0 {
                end = i + c.len_utf8();
                break;
            }
        }
        let start = span.start as usize;
        Span::new(self.file, start, start + line[..end].trim_end().len())
    }
}

#[cfg(test)]
#[path = "yaml_tests.rs"]
mod tests;
