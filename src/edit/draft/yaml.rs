//! Drafted tables as manifests.
//!
//! In: [`Draft`]s. Out: the texts of `datasets/*.yaml`, with what each line was taken from behind it. Must not know: rules. Start at
//! [`manifest`].

use super::aside::Aside;
use super::column::{Guess, Sure};
use super::tables::Draft;
use super::text::Between;
use crate::dtype::DataType;
use crate::language;
use crate::manifest::model::{Encoding, Numbers, Thousands};

/// A text as YAML has it, also within brackets.
pub(super) fn scalar(text: &str) -> String {
    let plain = text.chars().all(|c| c.is_alphanumeric() || c == '_')
        && text.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_');
    let word = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"].contains(&text.to_lowercase().as_str());
    if plain && !word { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

fn list(texts: &[String]) -> String {
    match texts {
        [one] => scalar(one),
        all => format!("[{}]", all.iter().map(|text| scalar(text)).collect::<Vec<_>>().join(", ")),
    }
}

/// A count with commas between thousands.
pub(super) fn count(n: usize) -> String {
    language::count(n as u64)
}

/// So many of something.
pub(super) fn counted(n: usize, noun: &str) -> String {
    language::counted(n as u64, noun)
}

fn thousands(thousands: Thousands) -> &'static str {
    match thousands {
        Thousands::Comma => ",",
        Thousands::Point => ".",
        Thousands::Apostrophe => "'",
        Thousands::Space => "space",
    }
}

/// The text of a table's manifest. `aside` says what share of its rows may be set aside.
pub(super) fn manifest(draft: &Draft, all: &[Draft], aside: Option<&Aside>) -> String {
    let sheet = &draft.sheet;
    let rows = counted(sheet.seen(), "row");
    let more = if sheet.more { " first" } else { "" };
    let mut text = format!(
        "# Drafted by `tierwright init` from {}, its{more} {rows}. Behind each line stands what it was taken from: mend what is wrong.\n",
        draft.file
    );
    let about = match draft.is_derived {
        true => format!("Customers, one row each, as {} names them", draft.file),
        false => format!("Rows of {}", draft.file),
    };
    text += &format!("description: {}\n", scalar(&about));
    for remark in &draft.remarks {
        let about = remark.column.as_ref().map(|column| format!("{column}: ")).unwrap_or_default();
        text += &format!("# {}{about}{}\n", marked(remark.sure), remark.what);
    }
    text += &format!("{}columns:\n", source(draft));
    for (at, column) in draft.columns.iter().enumerate() {
        text += &self::column(draft, at, &column.guess);
    }
    text += &key(draft);
    if !draft.links.is_empty() {
        text += "references:\n";
        for link in &draft.links {
            let column = &draft.column(link.column).column.name;
            let many = link.many.as_ref().map(|many| format!(", many: {}", scalar(many))).unwrap_or_default();
            let (name, to) = (scalar(&link.name), scalar(&all[link.to].name));
            let seen = link.taken_from(draft.column(link.column).distinct);
            let sure = if link.sure() == Sure::Guess { marked(Sure::Guess) } else { String::new() };
            text += &format!(
                "  {name}: {{ table: {to}, column: {}{many}, orphans: count }}   # {sure}{seen}\n",
                scalar(column)
            );
        }
    }
    if let Some(aside) = aside {
        let most = aside.at_most();
        text +=
            &format!("quarantine: {{ at_most: {most:?} }}   # {}; lower this once they are mended\n", aside.words());
    }
    text
}

/// How sure something is, in front of it; nothing where it is sure.
fn marked(sure: Sure) -> String {
    if sure == Sure::Sure { String::new() } else { format!("{}: ", sure.word()) }
}

fn source(draft: &Draft) -> String {
    let sheet = &draft.sheet;
    let mut keys = vec![format!("path: {}", scalar(&draft.file))];
    let mut why: Vec<String> = Vec::new();
    let by_name = [".csv", ".txt", ".tsv", ".tab"].iter().any(|end| draft.file.to_lowercase().ends_with(end));
    if !by_name {
        keys.push("format: csv".to_owned());
    }
    let tabs = [".tsv", ".tab"].iter().any(|end| draft.file.to_lowercase().ends_with(end));
    match sheet.between {
        Between::Byte(b',') if !tabs => {}
        Between::Byte(b'\t') if tabs => {}
        Between::Byte(b'\t') => keys.push("delimiter: tab".to_owned()),
        Between::Byte(byte) => keys.push(format!("delimiter: \"{}\"", byte as char)),
        Between::Blanks => keys.push("delimiter: blanks".to_owned()),
    }
    if sheet.encoding != Encoding::Utf8 {
        keys.push(format!("encoding: {}", sheet.encoding.name()));
        why.push(format!("{}: {}", sheet.encoding.name(), sheet.encoding_why));
    }
    match sheet.header_skipped {
        Some(reason) => {
            keys.extend(["header: false".to_owned(), format!("skip_rows: {}", sheet.before_rows)]);
            why.push(format!("{reason}, so fields go by number"));
        }
        None => {
            if sheet.header.is_empty() {
                keys.push("header: false".to_owned());
            }
            if sheet.before > 0 {
                keys.push(format!("skip_rows: {}", sheet.before));
            }
        }
    }
    if sheet.comments {
        keys.push("comment: \"#\"".to_owned());
    }
    if sheet.header_sure != Sure::Sure || sheet.header.is_empty() {
        let what = if sheet.header.is_empty() { "no header" } else { "a header" };
        why.push(format!("{}{what}, {}", marked(sheet.header_sure), sheet.header_why));
    }
    if sheet.short > 0 {
        keys.push("short_rows: missing".to_owned());
        why.push(format!("{} with fewer fields", counted(sheet.short, "row")));
    }
    if sheet.long > 0 {
        if sheet.aside.is_empty() {
            keys.push("long_rows: cut".to_owned());
        }
        why.push(format!("{} with more fields", counted(sheet.long, "row")));
    }
    let fields = sheet.seen() - sheet.short - sheet.long;
    why.push(format!("{} of {} with {}", count(fields), counted(sheet.seen(), "row"), counted(sheet.width, "field")));
    format!("source: {{ {} }}   # {}\n", keys.join(", "), why.join("; "))
}

fn column(draft: &Draft, at: usize, guess: &Guess) -> String {
    let column = &guess.column;
    let mut keys = match column.dtype {
        DataType::Decimal { .. } => vec![format!("type: \"{}\"", column.dtype)],
        other => vec![format!("type: {other}")],
    };
    if column.from != column.name {
        keys.push(format!("from: {}", scalar(&column.from)));
    }
    match column.formats.as_slice() {
        [] => {}
        [one] => keys.push(format!("format: {}", scalar(one))),
        several => keys.push(format!("formats: {}", list(several))),
    }
    let written = &column.contract.written;
    if let Some(numbers) = written.numbers.filter(|numbers| *numbers != Numbers::default()) {
        if numbers.decimal == b',' {
            keys.push("decimal: \",\"".to_owned());
        }
        keys.extend(numbers.thousands.map(|sign| format!("thousands: {}", scalar(thousands(sign)))));
    }
    if !written.marks.is_empty() {
        keys.push(format!("marks: {}", list(&written.marks)));
    }
    let negative = [
        (written.negative.trailing, "trailing"),
        (written.negative.parentheses, "parentheses"),
        (written.negative.minus_sign, "minus-sign"),
    ];
    let negative: Vec<&str> = negative.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect();
    if !negative.is_empty() {
        keys.push(format!("negative: [{}]", negative.join(", ")));
    }
    if column.contract.mending.trim {
        keys.push("trim: true".to_owned());
    }
    if draft.key == [at] && draft.keyless > 0 {
        // A row without a key is of nobody.
        let without: Vec<String> = [String::new()].into_iter().chain(column.missing.iter().cloned()).collect();
        keys.push(format!("drop: [{}]", without.iter().map(|text| scalar(text)).collect::<Vec<_>>().join(", ")));
    } else if !column.missing.is_empty() {
        keys.push(format!("missing: {}", list(&column.missing)));
    }
    let short = keys.len() == 1 && !matches!(column.dtype, DataType::Decimal { .. });
    let value = if short { column.dtype.to_string() } else { format!("{{ {} }}", keys.join(", ")) };
    format!("  {}: {value}   # {}\n", scalar(&column.name), taken_from(guess))
}

/// How many values say so, and how sure it is.
pub(super) fn taken_from(guess: &Guess) -> String {
    let empty = match guess.rows - guess.filled {
        0 => String::new(),
        n => format!(", {} without one", count(n)),
    };
    let sure = marked(guess.sure);
    let why = if guess.why.is_empty() { String::new() } else { format!("; {}", guess.why) };
    format!("{sure}{}, {} unlike{empty}{why}", counted(guess.filled, "value"), count(guess.distinct))
}

fn key(draft: &Draft) -> String {
    let names: Vec<String> = draft.key.iter().map(|at| scalar(&draft.column(*at).column.name)).collect();
    match names.as_slice() {
        [] => "# No column, and no two, tell rows apart: the table has no key.\n".to_owned(),
        [one] if draft.is_derived => {
            format!("key: {one}\nduplicates: first   # one row for each customer: the first that names it\n")
        }
        [one] if draft.repeated > 0 => {
            format!(
                "key: {one}\nduplicates: first   # {} with the key of a row before: removed and listed\n",
                counted(draft.repeated, "row")
            )
        }
        [one] => format!("key: {one}   # no two of {} have the same\n", counted(draft.sheet.rows.len(), "row")),
        several => format!(
            "key: [{}]   # no two of {} have the same\n",
            several.join(", "),
            counted(draft.sheet.rows.len(), "row")
        ),
    }
}
