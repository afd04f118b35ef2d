//! Where the rows of a table come from: `source:` of a manifest.
//!
//! In: the tree under `source:`. Out: a [`Source`] and diagnostics. Must not know: columns, data. Start at [`read`].

use super::field::{Field, Fields, Findings};
use super::glob;
use super::model::{Format, Source};
use crate::diag::{Diagnostic, ids};

/// Reads `source:`; `None` if it is of the wrong kind.
pub fn read(field: &Field<'_>, findings: &mut Findings) -> Option<Source> {
    if field.value.scalar_text().is_some() {
        let path = path(field, findings)?;
        let format = by_extension(&path).unwrap_or_else(|| {
            findings.push(unknown_format(field));
            Format::Parquet
        });
        return Some(Source { paths: vec![path], format, span: field.place() });
    }
    let known = ["path", "format", "delimiter", "quote", "header", "encoding"];
    let fields = Fields::open(field, "`source`", &known, findings)?;
    let place = fields.need("path", findings)?;
    let items = place.one_or_more();
    if items.is_empty() {
        findings.push(place.wrong_value("`path` must name at least one file"));
    }
    let paths: Vec<String> = items.iter().filter_map(|item| path(item, findings)).collect();
    let csv = Format::Csv { delimiter: b',', quote: Some(b'"'), header: true };
    let stated = fields.get("format").and_then(|f| f.choice(&[("csv", csv), ("parquet", Format::Parquet)], findings));
    let guessed = paths.first().and_then(|path| by_extension(path));
    if stated.is_none() && fields.get("format").is_none() && guessed.is_none() && !paths.is_empty() {
        findings.push(unknown_format(&place));
    }
    let format = match (stated, guessed) {
        (Some(Format::Csv { .. }), Some(guessed @ Format::Csv { .. })) => guessed,
        (stated, guessed) => stated.or(guessed).unwrap_or(Format::Parquet),
    };
    let format = details(&fields, format, findings);
    Some(Source { paths, format, span: place.place() })
}

fn unknown_format(field: &Field<'_>) -> Diagnostic {
    field
        .finding(ids::MISSING_KEY, "the format of the files cannot be told from their names")
        .help("say `format: csv` or `format: parquet`")
}

fn path(field: &Field<'_>, findings: &mut Findings) -> Option<String> {
    let text = field.name(findings)?;
    match glob::fault(&text, 1) {
        None => Some(text),
        Some(fault) => {
            findings.push(field.wrong_value(format!("{} {fault}: `{text}`", field.title)));
            None
        }
    }
}

fn by_extension(path: &str) -> Option<Format> {
    let csv = |delimiter| Some(Format::Csv { delimiter, quote: Some(b'"'), header: true });
    match path.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
        "csv" | "txt" => csv(b','),
        "tsv" | "tab" => csv(b'\t'),
        "parquet" | "pq" => Some(Format::Parquet),
        _ => None,
    }
}

/// The format with delimiter, quote and header as the manifest gives them.
fn details(fields: &Fields<'_>, format: Format, findings: &mut Findings) -> Format {
    if let Some(encoding) = fields.get("encoding") {
        let text = encoding.value.scalar_text().unwrap_or_default();
        if !text.eq_ignore_ascii_case("utf-8") && !text.eq_ignore_ascii_case("utf8") {
            findings.push(encoding.wrong("utf-8").help("save the file as UTF-8"));
        }
    }
    let Format::Csv { mut delimiter, mut quote, mut header } = format else {
        for key in ["delimiter", "quote", "header"] {
            if let Some(field) = fields.get(key) {
                findings.push(
                    Diagnostic::error(ids::UNKNOWN_KEY, format!("`{key}` is for CSV files, these are Parquet"))
                        .at(field.at),
                );
            }
        }
        return format;
    };
    if let Some(field) = fields.get("delimiter") {
        match field.value.scalar_text() {
            Some("tab" | "\\t") => delimiter = b'\t',
            text => match text.and_then(one_byte) {
                Some(byte) => delimiter = byte,
                None => findings.push(field.wrong("one ASCII character, or `tab`")),
            },
        }
    }
    if let Some(field) = fields.get("quote") {
        match field.value.scalar_text() {
            Some("none") => quote = None,
            text => match text.and_then(one_byte) {
                Some(byte) => quote = Some(byte),
                None => findings.push(field.wrong("one ASCII character, or `none`")),
            },
        }
    }
    if quote == Some(delimiter) {
        let place = fields.get("quote").or_else(|| fields.get("delimiter"));
        findings.extend(place.map(|field| field.wrong_value("delimiter and quote are the same character")));
    }
    if let Some(field) = fields.get("header") {
        header = field.bool(findings).unwrap_or(true);
    }
    Format::Csv { delimiter, quote, header }
}

fn one_byte(text: &str) -> Option<u8> {
    match text.as_bytes() {
        [byte] if byte.is_ascii() && !matches!(byte, b'\n' | b'\r' | 0) => Some(*byte),
        _ => None,
    }
}
