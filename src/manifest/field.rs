//! Typed reading of a spanned tree: each getter gives a value or adds a diagnostic.
//!
//! In: nodes of [`super::yaml`], the [`super::shape`] of a map. Out: plain values; what is wrong goes to a list of diagnostics, and reading
//! goes on. Must not know: any particular key. Start at [`Fields::open`].

use super::shape::{FILE_NAME, IDENTIFIER, Is, Shape};
use super::yaml::{Entry, Kind, Node};
use crate::diag::{Diagnostic, Id, ids};
use crate::source::Span;
use jiff::civil::Date;
use std::ops::RangeInclusive;

/// Where what is wrong is collected.
pub type Findings = Vec<Diagnostic>;

/// The keys of one map, checked against the keys it may have.
#[derive(Clone, Debug)]
pub struct Fields<'n> {
    what: String,
    at: Span,
    shape: &'static Shape,
    entries: &'n [Entry],
}

impl<'n> Fields<'n> {
    /// The keys of the map in `field`; `None` with a diagnostic if it is no map. Every key that its shape lacks is a
    /// diagnostic. `what` names the map in messages: "a column".
    pub fn open(field: &Field<'n>, what: &str, shape: &'static Shape, findings: &mut Findings) -> Option<Fields<'n>> {
        Fields::open_beside(field, what, shape, &|_| false, findings)
    }

    /// The same, where some further keys are passed over: what is wrong with them has been said.
    pub fn open_beside(
        field: &Field<'n>,
        what: &str,
        shape: &'static Shape,
        passed: &dyn Fn(&str) -> bool,
        findings: &mut Findings,
    ) -> Option<Fields<'n>> {
        field.held(|is| matches!(is, Is::Map(own) | Is::Part(own, ..) if std::ptr::eq(*own, shape)));
        let known = shape.names();
        let Kind::Map(entries) = &field.value.kind else {
            findings.push(field.wrong(&format!("a map with the keys {}", known.join(", "))));
            return None;
        };
        for entry in entries.iter().filter(|entry| !known.contains(&entry.key.as_str()) && !passed(&entry.key)) {
            let mut found = Diagnostic::error(ids::UNKNOWN_KEY, format!("{what} has no key `{}`", entry.key))
                .at_with(entry.span, "unknown key")
                .did_you_mean(&entry.key, known.iter().copied());
            if entry.key.contains(' ') && matches!(entry.value.kind, Kind::Null) {
                found = found.help("within `{ }` a comma ends a value: put a text that holds one in quotes");
            }
            findings.push(found.help(format!("its keys are {}", known.join(", "))));
        }
        Some(Fields { what: what.to_owned(), at: field.at, shape, entries })
    }

    /// The value of a key, if the key is there.
    pub fn get(&self, key: &str) -> Option<Field<'n>> {
        let is = self.asked(key);
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        Some(Field { is, ..Field::of(entry) })
    }

    /// What the shape says of a key that a reader asks for.
    fn asked(&self, key: &str) -> Is {
        #[cfg(test)]
        super::held::asked(self.shape, key);
        self.shape.key(key).map_or(Is::Open, |key| key.is)
    }

    /// The value of a key that must be there; `None` with a diagnostic if it is not.
    pub fn need(&self, key: &str, findings: &mut Findings) -> Option<Field<'n>> {
        let found = self.get(key);
        #[cfg(test)]
        super::held::needed(self.shape, key);
        if found.is_none() {
            let message = format!("{} needs the key `{key}`", self.what);
            findings.push(Diagnostic::error(ids::MISSING_KEY, message).at(self.at));
        }
        found
    }
}

/// A value with the words and the place by which messages name it.
#[derive(Clone, Debug)]
pub struct Field<'n> {
    /// How messages name it: "`steps`", "an item of `steps`".
    pub title: String,
    /// Where its key is, or itself if it has none.
    pub at: Span,
    /// The key's text; empty if it has none.
    pub key: &'n str,
    /// The value.
    pub value: &'n Node,
    /// What the shape of its map says that it is.
    pub is: Is,
}

impl<'n> Field<'n> {
    /// The value of a map's entry.
    pub fn of(entry: &'n Entry) -> Field<'n> {
        Field { title: format!("`{}`", entry.key), at: entry.span, key: &entry.key, value: &entry.value, is: Is::Open }
    }

    /// The whole of a file.
    pub fn root(node: &'n Node, title: &str) -> Field<'n> {
        Field { title: title.to_owned(), at: node.span, key: "", value: node, is: Is::Open }
    }

    /// In tests, holds what a reader takes against what the shape says.
    fn held(&self, takes: impl Fn(&Is) -> bool) {
        #[cfg(test)]
        super::held::takes(&self.title, self.is, &takes);
        #[cfg(not(test))]
        let _ = takes;
    }

    /// The place of the value, or of the key where nothing is written.
    pub fn place(&self) -> Span {
        if self.value.span.range().is_empty() { self.at } else { self.value.span }
    }

    /// The diagnostic for a value of the wrong kind: "`name` must be …, found …".
    pub fn wrong(&self, expected: &str) -> Diagnostic {
        self.wrong_value(format!("{} must be {expected}, found {}", self.title, self.value.found()))
    }

    /// A `wrong-value` diagnostic at the value.
    pub fn wrong_value(&self, message: impl Into<String>) -> Diagnostic {
        self.finding(ids::WRONG_VALUE, message)
    }

    /// A diagnostic at the value.
    pub fn finding(&self, id: Id, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(id, message).at(self.place())
    }

    /// The text as it is written, of any scalar.
    pub fn text(&self, findings: &mut Findings) -> Option<String> {
        self.held(|is| matches!(is, Is::Text | Is::Token | Is::Like(_) | Is::Scalar));
        let text = self.value.scalar_text();
        if text.is_none() {
            findings.push(self.wrong("text"));
        }
        text.map(str::to_owned)
    }

    /// A name: text that is not empty, has no control characters and no space around it.
    pub fn name(&self, findings: &mut Findings) -> Option<String> {
        self.held(|is| matches!(is, Is::Like(_)));
        let text = self.text(findings)?;
        match name_fault(&text) {
            None => Some(text),
            Some(fault) => {
                findings.push(self.wrong_value(format!("{} {fault}", self.title)));
                None
            }
        }
    }

    /// A name that rules can write: letters, digits and `_`, no digit first.
    pub fn identifier(&self, findings: &mut Findings) -> Option<String> {
        self.held(|is| matches!(is, Is::Like(IDENTIFIER)));
        let text = self.text(findings)?;
        if is_identifier(&text) {
            return Some(text);
        }
        findings.push(
            self.wrong_value(format!("`{text}` is not a name that rules can write"))
                .help("use letters of any script, digits and `_`, and no digit first"),
        );
        None
    }

    /// A name that can be the name of a file or folder.
    pub fn file_name(&self, findings: &mut Findings) -> Option<String> {
        self.held(|is| matches!(is, Is::Like(FILE_NAME)));
        let text = self.name(findings)?;
        if text.starts_with('.') || text.len() > 200 || text.contains(['/', '\\', ':', '*', '?', '"', '<', '>', '|']) {
            findings.push(
                self.wrong_value(format!("`{text}` cannot be the name of a file"))
                    .help("leave out / \\ : * ? \" < > | and a dot in front; at most 200 bytes"),
            );
            return None;
        }
        Some(text)
    }

    /// An int within a range.
    pub fn int(&self, range: RangeInclusive<i64>, findings: &mut Findings) -> Option<i64> {
        self.held(|is| matches!(is, Is::Int(from, to) if (from, to) == (range.start(), range.end())));
        match self.value.kind {
            Kind::Int(n) if range.contains(&n) => Some(n),
            _ => {
                let expected = if *range.end() == i64::MAX {
                    format!("an int of at least {}", range.start())
                } else {
                    format!("an int from {} to {}", range.start(), range.end())
                };
                findings.push(self.wrong(&expected));
                None
            }
        }
    }

    /// A share: a number from 0 to 1.
    pub fn share(&self, findings: &mut Findings) -> Option<f64> {
        self.held(|is| matches!(is, Is::Share));
        match self.number() {
            Some(x) if (0.0..=1.0).contains(&x) => Some(x),
            _ => {
                findings.push(self.wrong("a share, a number from 0 to 1"));
                None
            }
        }
    }

    /// An int or a float, as float.
    pub fn number(&self) -> Option<f64> {
        self.held(|is| matches!(is, Is::Number | Is::Share | Is::Amount));
        match self.value.kind {
            Kind::Int(n) => Some(n as f64),
            Kind::Float(x) => Some(x),
            _ => None,
        }
    }

    /// `true` or `false`.
    pub fn bool(&self, findings: &mut Findings) -> Option<bool> {
        self.held(|is| matches!(is, Is::Bool));
        match self.value.kind {
            Kind::Bool(value) => Some(value),
            _ => {
                findings.push(self.wrong("true or false"));
                None
            }
        }
    }

    /// A day as `YYYY-MM-DD`.
    pub fn date(&self, findings: &mut Findings) -> Option<Date> {
        self.held(|is| matches!(is, Is::Date));
        let date = self.value.scalar_text().and_then(parse_date);
        if date.is_none() {
            findings.push(self.wrong("a date as 2018-01-31"));
        }
        date
    }

    /// One of some words, with what it means.
    pub fn choice<T: Clone>(&self, words: &[(&str, T)], findings: &mut Findings) -> Option<T> {
        self.held(|is| matches!(is, Is::Words(own) if own.iter().all(|own| words.iter().any(|(word, _)| word == own)) && own.len() == words.len()));
        let text = self.value.scalar_text().unwrap_or_default();
        if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == text) {
            return Some(meaning.clone());
        }
        let names: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
        let wrong = self.wrong(&listed(&names, "or"));
        findings.push(wrong.did_you_mean(text, words.iter().map(|(word, _)| *word)));
        None
    }

    /// The items of a list.
    pub fn list(&self, findings: &mut Findings) -> Option<Vec<Field<'n>>> {
        self.held(|is| matches!(is, Is::List(..) | Is::Two(_)));
        let Kind::List(items) = &self.value.kind else {
            findings.push(self.wrong("a list"));
            return None;
        };
        Some(self.items(items))
    }

    /// One or more texts, each once.
    pub fn texts_once(&self, findings: &mut Findings) -> Vec<String> {
        let mut texts: Vec<String> = Vec::new();
        let mut known = std::collections::HashSet::new();
        for item in self.one_or_more() {
            let Some(text) = item.text(findings) else { continue };
            if !known.insert(text.clone()) {
                findings.push(item.finding(ids::DUPLICATE_NAME, format!("`{text}` stands twice in `{}`", self.key)));
            } else {
                texts.push(text);
            }
        }
        texts
    }

    /// The items of a list, or the value alone.
    pub fn one_or_more(&self) -> Vec<Field<'n>> {
        match &self.value.kind {
            Kind::List(items) => self.items(items),
            _ => vec![self.clone()],
        }
    }

    fn items(&self, items: &'n [Node]) -> Vec<Field<'n>> {
        let title = format!("an item of {}", self.title);
        let at = |node: &Node| if node.span.range().is_empty() { self.at } else { node.span };
        let is = self.is.item();
        items.iter().map(|value| Field { title: title.clone(), at: at(value), key: "", value, is }).collect()
    }

    /// The entries of a map with free keys.
    pub fn entries(&self, findings: &mut Findings) -> Option<Vec<Field<'n>>> {
        let Kind::Map(entries) = &self.value.kind else {
            findings.push(self.wrong("a map"));
            return None;
        };
        self.held(|is| matches!(is, Is::Names(..) | Is::MapAndNames(..)));
        let is = self.is.named();
        Some(entries.iter().map(|entry| Field { is, ..Field::of(entry) }).collect())
    }

    /// The entries, if the value is a map.
    pub fn as_map(&self) -> Option<&'n [Entry]> {
        match &self.value.kind {
            Kind::Map(entries) => Some(entries),
            _ => None,
        }
    }
}

/// What is wrong with a name, as the end of a sentence; `None` if nothing is.
pub fn name_fault(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        Some("must not be empty")
    } else if text.chars().any(char::is_control) {
        Some("must not hold control characters")
    } else if text.trim() != text {
        Some("must not begin or end with a space")
    } else {
        None
    }
}

/// Whether rules can write it as a name.
pub fn is_identifier(text: &str) -> bool {
    let letter = |c: char| c == '_' || c.is_alphabetic();
    text.chars().next().is_some_and(letter) && text.chars().all(|c| letter(c) || c.is_alphanumeric())
}

/// The day of the years 1 to 9999 written as `YYYY-MM-DD` and in no other way.
pub fn parse_date(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    let shaped = bytes.len() == 10
        && bytes.iter().enumerate().all(|(i, b)| if i == 4 || i == 7 { *b == b'-' } else { b.is_ascii_digit() });
    if shaped { text.parse().ok().filter(|day: &Date| day.year() > 0) } else { None }
}

/// `a`, `a or b`, `a, b or c`.
pub fn listed(names: &[String], joint: &str) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} {joint} {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_of_any_script() {
        for good in ["a", "_x1", "客户等级", "Größe"] {
            assert!(is_identifier(good), "{good}");
        }
        for bad in ["", "1a", "a-b", "a b", "a.b", "客 户"] {
            assert!(!is_identifier(bad), "{bad}");
        }
    }

    #[test]
    fn dates_have_one_form() {
        assert_eq!(parse_date("2016-02-29"), Some(jiff::civil::date(2016, 2, 29)));
        for bad in
            ["2017-02-29", "0000-01-01", "2017-2-1", "20170201", "2017-02-01T00:00", " 2017-02-01", "２０１７-02-01"]
        {
            assert_eq!(parse_date(bad), None, "{bad}");
        }
    }

    #[test]
    fn names_have_no_hidden_characters() {
        assert_eq!(name_fault("战略 客户/A"), None);
        assert_eq!(name_fault(""), Some("must not be empty"));
        assert_eq!(name_fault("a\u{1b}[31m"), Some("must not hold control characters"));
        assert_eq!(name_fault("a "), Some("must not begin or end with a space"));
    }
}
