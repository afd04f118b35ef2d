//! What was inferred, in words: what `init` prints.
//!
//! In: [`Draft`]s, rows that do not fit. Out: [`Note`]s, table by table. Must not know: terminals, manifests.

use super::aside::Aside;
use super::column::{Guess, Sure};
use super::rules::day_of;
use super::tables::Draft;
use super::text::{Between, LIKELY};
use super::yaml::{count, counted};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Something that was inferred.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The table.
    pub table: String,
    /// The column, if it is about one.
    pub column: Option<String>,
    /// What was inferred.
    pub what: String,
    /// How sure it is.
    pub sure: Sure,
    /// Rows or values that were looked at.
    pub seen: usize,
}

/// What was inferred, table by table. `as_of` is the day of the project.
pub(super) fn notes(drafts: &[Draft], customers: usize, aside: &BTreeMap<String, Aside>, as_of: Date) -> Vec<Note> {
    let mut notes = Vec::new();
    for (at, draft) in drafts.iter().enumerate() {
        let mut note = |column: Option<&str>, what: String, sure: Sure, seen: usize| {
            notes.push(Note { table: draft.name.clone(), column: column.map(str::to_owned), what, sure, seen });
        };
        if at == customers {
            let what = match draft.is_derived {
                true => format!("the customers, as `{}` names them", draft.file),
                false => "the customers".to_owned(),
            };
            note(None, what, Sure::Likely, draft.sheet.rows.len());
        }
        for (what, sure, seen) in of_file(draft).into_iter().chain(of_key(draft)) {
            note(None, what, sure, seen);
        }
        for remark in &draft.remarks {
            note(remark.column.as_deref(), remark.what.clone(), remark.sure, remark.seen);
        }
        if let Some(aside) = aside.get(&draft.name) {
            let what = format!("{}; quarantine at most {} %", aside.words(), aside.at_most() * 100.0);
            note(None, what, aside.sure(), usize::try_from(aside.of).unwrap_or(usize::MAX));
        }
        for column in &draft.columns {
            note(Some(&column.guess.column.name), of_column(&column.guess), column.guess.sure, column.guess.filled);
        }
        if let Some((at, what)) = later(draft, as_of) {
            let column = draft.column(at);
            note(Some(&column.column.name), what, Sure::Guess, column.filled);
        }
        for link in &draft.links {
            let column = draft.column(link.column);
            let what = format!("leads to {}: {}", drafts[link.to].name, link.taken_from(column.distinct));
            note(Some(&column.column.name), what, link.sure(), column.distinct);
        }
    }
    notes
}

/// Encoding, delimiter, header.
fn of_file(draft: &Draft) -> Vec<(String, Sure, usize)> {
    let sheet = &draft.sheet;
    let rows = sheet.seen();
    let is_likely = sheet.encoding_why.starts_with(LIKELY) || sheet.encoding_why.starts_with("most");
    let encoding = format!("encoding {}: {}", sheet.encoding.name(), sheet.encoding_why);
    let between = match sheet.between {
        Between::Byte(b'\t') => "tabs".to_owned(),
        Between::Byte(byte) => format!("`{}`", byte as char),
        Between::Blanks => "blanks".to_owned(),
    };
    let odd = sheet.short + sheet.long;
    let fields = match (sheet.is_regular, sheet.width) {
        (true, width) => (format!("{between} between {width} fields"), if odd == 0 { Sure::Sure } else { Sure::Likely }),
        (false, 1) => (
            "one field: neither `,` `;` `|` nor tabs give most rows two; if something else stands between fields, name it as `delimiter`".to_owned(),
            Sure::Guess,
        ),
        (false, width) => (format!("{between} between {width} fields, though few rows have so many"), Sure::Guess),
    };
    let mut notes = vec![
        (encoding, if is_likely { Sure::Likely } else { Sure::Sure }, rows),
        (fields.0, fields.1, rows - odd.min(rows)),
    ];
    if sheet.before > 0 || sheet.comments {
        let what = match sheet.comments {
            true => "lines before the table begin with `#`: comments (`comment: \"#\"`)".to_owned(),
            false => format!("{} before the table: left out (`skip_rows`)", counted(sheet.before, "line")),
        };
        notes.push((what, Sure::Likely, rows));
    }
    let header = match (sheet.header_skipped, sheet.header.is_empty()) {
        (Some(reason), _) => {
            (format!("a header, skipped: {reason}, so fields go by number"), sheet.header_sure.min(Sure::Likely))
        }
        (None, true) => (format!("no header: {}", sheet.header_why), sheet.header_sure),
        (None, false) => (format!("a header: {}", sheet.header_why), sheet.header_sure),
    };
    notes.push((header.0, header.1, rows));
    notes
}

fn of_key(draft: &Draft) -> Vec<(String, Sure, usize)> {
    let rows = draft.sheet.rows.len();
    let key: Vec<&str> = draft.key.iter().map(|at| draft.column(*at).column.name.as_str()).collect();
    let (what, sure) = match (key.as_slice(), draft.repeated) {
        ([], _) => ("no key: no column, and no two, tell rows apart".to_owned(), Sure::Sure),
        (key, 0) => (format!("key {}", key.join(", ")), if draft.sheet.more { Sure::Likely } else { Sure::Sure }),
        (key, n) if draft.is_derived => {
            (format!("key {}: {} with one that stands before", key.join(", "), counted(n, "row")), Sure::Likely)
        }
        (key, n) => (
            format!(
                "key {}, although {} with one that stands before: the first stays (`duplicates: first`)",
                key.join(", "),
                counted(n, "row")
            ),
            Sure::Guess,
        ),
    };
    let mut notes = vec![(what, sure, rows)];
    if draft.keyless > 0 {
        notes.push((format!("{} without a key: dropped", counted(draft.keyless, "row")), Sure::Sure, rows));
    }
    notes
}

fn of_column(guess: &Guess) -> String {
    let mut what = guess.column.dtype.to_string();
    if !guess.column.formats.is_empty() {
        what += &format!(" as {}", guess.column.formats.join(" or "));
    }
    if !guess.column.missing.is_empty() {
        what += &format!(", missing where it says {}", guess.column.missing.join(", "));
    }
    match guess.why.as_str() {
        "" => {}
        why if why.starts_with("although") => what += &format!(", {why}"),
        why => what += &format!("; {why}"),
    }
    what
}

/// Days after the project's, where others are before: which column, and what to say.
fn later(draft: &Draft, as_of: Date) -> Option<(usize, String)> {
    let at = day_of(draft)?;
    let from = crate::calendar::day_number(as_of);
    let later = draft.column(at).days.range(from..);
    let (count_of, last) = later.fold((0, None), |(n, _), (day, count)| (n + count, Some(*day)));
    let last = crate::calendar::civil(last?)?;
    let values = if count_of == 1 { "1 value lies".to_owned() } else { format!("{} values lie", count(count_of)) };
    Some((
        at,
        format!(
            "{values} after today, the last on {last}: mistyped, maybe; `as_of` in tierwright.yaml, {as_of}, comes before"
        ),
    ))
}
