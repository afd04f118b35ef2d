//! What a manifest says of CSV files.
//!
//! In: the keys of `source:`, what the files' names say. Out: a [`Csv`] and diagnostics. Must not know: columns, data.
//! Start at [`read`].

use super::field::{Field, Fields, Findings};
use super::model::{Csv, Delimiter, Encoding, LineEnds, Numbers, Thousands};

/// The format with what the manifest says.
pub fn read(fields: &Fields<'_>, mut csv: Csv, findings: &mut Findings) -> Csv {
    if let Some(field) = fields.get("delimiter")
        && let Some(found) = delimiter(&field, findings)
    {
        csv.delimiter = found;
    }
    if let Some(field) = fields.get("quote") {
        match field.value.scalar_text() {
            Some("none") => csv.quote = None,
            text => match text.and_then(one_byte) {
                Some(byte) => csv.quote = Some(byte),
                None => findings.push(field.wrong("one ASCII character, or `none`")),
            },
        }
    }
    let bool_of = |key: &str, or: bool, findings: &mut Findings| {
        fields.get(key).and_then(|field| field.bool(findings)).unwrap_or(or)
    };
    csv.header = bool_of("header", true, findings);
    csv.trailing_delimiter = bool_of("trailing_delimiter", false, findings);
    let lines = fields.get("skip_rows").and_then(|f| f.int(0..=1_000_000, findings));
    csv.skip_rows = lines.and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
    if let Some(field) = fields.get("comment") {
        csv.comment = field.value.scalar_text().and_then(one_byte);
        if csv.comment.is_none() {
            findings.push(field.wrong("one ASCII character, such as `#` in quotes"));
        }
    }
    let ends = [("auto", LineEnds::Found), ("lf", LineEnds::Lf), ("cr", LineEnds::Cr)];
    csv.line_ends = fields.get("line_ends").and_then(|f| f.choice(&ends, findings)).unwrap_or(LineEnds::Found);
    let short = [("quarantine", false), ("missing", true)];
    csv.short_rows = fields.get("short_rows").and_then(|f| f.choice(&short, findings)).unwrap_or(false);
    let long = [("quarantine", false), ("cut", true)];
    csv.long_rows = fields.get("long_rows").and_then(|f| f.choice(&long, findings)).unwrap_or(false);
    csv.undo_double_encoding =
        fields.get("repair").and_then(|f| f.choice(&[("double-encoded", true), ("none", false)], findings))
            == Some(true);
    let empty = [("fail", false), ("allowed", true)];
    csv.empty_files = fields.get("empty_files").and_then(|f| f.choice(&empty, findings)).unwrap_or(false);
    if let Some(field) = fields.get("encoding") {
        csv.encoding = encoding(&field, findings);
    }
    csv.numbers = numbers(fields, findings);
    clashes(fields, &csv, findings);
    csv
}

fn delimiter(field: &Field<'_>, findings: &mut Findings) -> Option<Delimiter> {
    let found = match field.value.scalar_text() {
        Some("tab" | "\\t") => Some(Delimiter::Byte(b'\t')),
        Some("blanks") => Some(Delimiter::Blanks),
        Some(text) if (2..=8).contains(&text.len()) && text.chars().all(|c| one_byte(&c.to_string()).is_some()) => {
            Some(Delimiter::Text(text.to_owned()))
        }
        text => text.and_then(one_byte).map(Delimiter::Byte),
    };
    if found.is_none() {
        findings.push(field.wrong("one to eight ASCII characters, `tab` or `blanks`"));
    }
    found
}

fn encoding(field: &Field<'_>, findings: &mut Findings) -> Encoding {
    let text = field.value.scalar_text().unwrap_or_default();
    Encoding::parse(text).unwrap_or_else(|| {
        let names: Vec<String> = Encoding::names().map(|name| format!("`{name}`")).collect();
        let wrong = field.wrong(&super::field::listed(&names, "or"));
        findings.push(wrong.did_you_mean(text, Encoding::names()));
        Encoding::Utf8
    })
}

/// How numbers are written in texts.
pub fn numbers(fields: &Fields<'_>, findings: &mut Findings) -> Numbers {
    let mut numbers = Numbers::default();
    if let Some(field) = fields.get("decimal") {
        numbers.decimal = field.choice(&[(".", b'.'), (",", b',')], findings).unwrap_or(b'.');
    }
    let Some(field) = fields.get("thousands") else { return numbers };
    numbers.thousands = match field.value.scalar_text() {
        Some(",") => Some(Thousands::Comma),
        Some(".") => Some(Thousands::Point),
        Some("'" | "\u{2019}") => Some(Thousands::Apostrophe),
        Some("space" | " " | "\u{a0}" | "\u{202f}" | "\u{2009}") => Some(Thousands::Space),
        Some("none") => None,
        _ => {
            findings.push(field.wrong("`,`, `.`, `'`, `space` or `none`"));
            None
        }
    };
    let same = match numbers.thousands {
        Some(Thousands::Comma) => numbers.decimal == b',',
        Some(Thousands::Point) => numbers.decimal == b'.',
        _ => false,
    };
    if same {
        let found = field.wrong_value("`decimal` and `thousands` are the same character");
        findings.push(found.help("with `thousands: \".\"` say `decimal: \",\"`"));
    }
    numbers
}

fn clashes(fields: &Fields<'_>, csv: &Csv, findings: &mut Findings) {
    let first = match &csv.delimiter {
        Delimiter::Byte(byte) => Some(*byte),
        Delimiter::Text(text) => text.bytes().next(),
        Delimiter::Blanks => None,
    };
    if csv.quote.is_some() && csv.quote == first {
        let place = fields.get("quote").or_else(|| fields.get("delimiter"));
        findings.extend(place.map(|field| field.wrong_value("delimiter and quote are the same character")));
    }
    if let Some(field) = fields.get("comment")
        && csv.comment.is_some()
        && (csv.comment == first || csv.comment == csv.quote)
    {
        findings.push(field.wrong_value("`comment` is also the delimiter or the quote"));
    }
}

fn one_byte(text: &str) -> Option<u8> {
    match text.as_bytes() {
        [byte] if byte.is_ascii() && !matches!(byte, b'\n' | b'\r' | 0) => Some(*byte),
        _ => None,
    }
}
