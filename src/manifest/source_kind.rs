//! Sources that are no CSV and no Parquet.
//!
//! In: the tree under `source:`. Out: a [`Source`] and diagnostics. Must not know: columns, data. Start at [`kind`]: it
//! says by `format`, or by a path's end, whether a source is one of these.

use super::csv_keys;
use super::field::{Field, Fields, Findings};
use super::model::{Format, Numbers, Packing, Source};
use super::shape::source::NDJSON;
use super::source::{self, PACKINGS, path};
use super::{source_database, source_excel};

/// What a source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One JSON object a line.
    Ndjson,
    /// A workbook.
    Excel,
    /// A SQLite file.
    Sqlite,
    /// A PostgreSQL database.
    Postgres,
}

/// The words for them under `format`.
pub const WORDS: [&str; 4] = ["ndjson", "excel", "sqlite", "postgres"];

/// What a source is, if it is one of these.
pub fn kind(field: &Field<'_>) -> Option<Kind> {
    if let Some(text) = field.value.scalar_text() {
        return by_end(text);
    }
    let entry = |key: &str| field.as_map()?.iter().find(|entry| entry.key == key).map(Field::of);
    if let Some(format) = entry("format") {
        let kinds = [Kind::Ndjson, Kind::Excel, Kind::Sqlite, Kind::Postgres];
        let stated = format.value.scalar_text().unwrap_or_default();
        return WORDS.iter().position(|word| *word == stated).map(|at| kinds[at]);
    }
    match entry("path") {
        Some(path) => path.one_or_more().first().and_then(|first| by_end(first.value.scalar_text()?)),
        None => entry("connection").map(|_| Kind::Postgres),
    }
}

fn by_end(path: &str) -> Option<Kind> {
    match Packing::of(path).1.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
        "ndjson" | "jsonl" => Some(Kind::Ndjson),
        "xlsx" | "xlsm" | "xlsb" | "xls" | "ods" => Some(Kind::Excel),
        "sqlite" | "sqlite3" | "db" => Some(Kind::Sqlite),
        _ => None,
    }
}

/// Reads a source of this kind.
pub fn read(kind: Kind, field: &Field<'_>, findings: &mut Findings) -> Option<Source> {
    match kind {
        Kind::Ndjson => ndjson(field, findings),
        Kind::Excel => source_excel::read(field, findings),
        Kind::Sqlite => source_database::sqlite(field, findings),
        Kind::Postgres => source_database::postgres(field, findings),
    }
}

fn ndjson(field: &Field<'_>, findings: &mut Findings) -> Option<Source> {
    if field.value.scalar_text().is_some() {
        return Some(Source {
            paths: vec![path(field, findings)?],
            format: Format::Ndjson(Numbers::default()),
            ..source::none(field.place())
        });
    }
    let fields = Fields::open(field, "an NDJSON `source`", &NDJSON, findings)?;
    let (paths, span) = paths(&fields, findings)?;
    let packing = fields.get("compression").and_then(|f| f.choice(&PACKINGS, findings)).unwrap_or(Packing::ByName);
    let format = Format::Ndjson(csv_keys::numbers(&fields, findings));
    Some(Source { paths, format, packing, ..source::none(span) })
}

/// The paths of a source that has files, and where they are written.
pub fn paths(fields: &Fields<'_>, findings: &mut Findings) -> Option<(Vec<String>, crate::source::Span)> {
    let place = fields.need("path", findings)?;
    let items = place.one_or_more();
    if items.is_empty() {
        findings.push(place.wrong_value("`path` must name at least one file"));
    }
    Some((items.iter().filter_map(|item| path(item, findings)).collect(), place.place()))
}
