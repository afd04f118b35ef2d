//! Expected values, written anew where something else came.
//!
//! In: the text of a file of cases, what must stand at which places. Out: the text with those places replaced and every other
//! byte as it was. Must not know: cases. Start at [`edited`].

use crate::diag::Diagnostic;
use crate::manifest::yaml;
use crate::source::{FileId, Span};
use std::collections::BTreeMap;

/// What must stand at a place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// The place.
    pub span: Span,
    /// The text.
    pub text: String,
}

/// Why a file stays as it is.
#[derive(Clone, Debug)]
pub enum Unedited {
    /// One place would have to say two things: an anchor that several cases use.
    Shared(Span),
    /// Its text is not the one that was read.
    Changed,
    /// The text would not be YAML any more.
    Broken(Vec<Diagnostic>),
}

/// The text of a file with its expected values replaced. A byte-order mark stays.
///
/// # Errors
/// [`Unedited`]: nothing is replaced.
pub fn edited(text: &str, edits: &[Edit]) -> Result<String, Unedited> {
    let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let body = &text[mark..];
    let mut places: BTreeMap<(u32, u32), &Edit> = BTreeMap::new();
    for edit in edits {
        let place = (edit.span.start, edit.span.end);
        if places.insert(place, edit).is_some_and(|other| other.text != edit.text) {
            return Err(Unedited::Shared(edit.span));
        }
    }
    let mut out = text[..mark].to_owned();
    let mut done = 0;
    for ((start, end), edit) in places {
        let (start, end) = (start as usize, end as usize);
        let (Some(before), Some(_)) = (body.get(done..start), body.get(start..end)) else {
            return Err(Unedited::Shared(edit.span));
        };
        out.push_str(before);
        out.push_str(&edit.text);
        done = end;
    }
    out.push_str(&body[done..]);
    match yaml::parse(FileId(0), &out[mark..]) {
        Ok(_) => Ok(out),
        Err(found) => Err(Unedited::Broken(found)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(text: &str, old: &str, new: &str) -> Edit {
        let start = text.find(old).unwrap();
        Edit { span: Span::new(FileId(0), start, start + old.len()), text: new.to_owned() }
    }

    #[test]
    fn only_the_places_change() {
        let text = "cases: # 说明\n  - { tier:   strategic, value: 1.0 }   # kept\r\n";
        let done = edited(text, &[edit(text, "1.0", "2.5"), edit(text, "strategic", "\"a: b\"")]).unwrap();
        assert_eq!(done, "cases: # 说明\n  - { tier:   \"a: b\", value: 2.5 }   # kept\r\n");
        let marked = format!("\u{feff}{text}");
        assert_eq!(edited(&marked, &[edit(text, "1.0", "2.5")]).unwrap(), marked.replace("1.0", "2.5"));
        assert_eq!(edited(text, &[]).unwrap(), text);
    }

    #[test]
    fn a_place_that_must_say_two_things_stays() {
        let text = "a: &x 1\nb: *x\n";
        let edits = [edit(text, "1", "2"), edit(text, "1", "3")];
        assert!(matches!(edited(text, &edits), Err(Unedited::Shared(_))));
        assert_eq!(edited(text, &edits[..1]).unwrap(), "a: &x 2\nb: *x\n");
        assert!(matches!(edited(text, &[edit(text, "1", "[")]), Err(Unedited::Broken(_))));
    }
}
