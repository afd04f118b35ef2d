//! Where the rows of a table come from: `source:` of a manifest.
//!
//! In: the tree under `source:`. Out: a [`Source`] and diagnostics. Must not know: data. Start at [`read`];
//! [`super::csv_keys`] reads what is said of CSV files.

use super::csv_keys;
use super::field::{Field, Fields, Findings};
use super::glob;
use super::model::{Column, Csv, Format, Numbers, Packing, Source};
use super::shape::source::{FILES, OF_PARQUET};
use super::source_kind;
use crate::diag::{Diagnostic, ids};
use crate::source::Span;
use indexmap::IndexMap;

/// The words for how files are packed.
pub const PACKINGS: [(&str, Packing); 3] = [("none", Packing::None), ("gzip", Packing::Gzip), ("zstd", Packing::Zstd)];

/// The key for how files are packed.
const PACKED: &str = "compression";

/// A source without files, for a manifest whose own cannot be read.
pub fn none(span: Span) -> Source {
    Source { paths: Vec::new(), format: Format::Parquet, packing: Packing::ByName, partitions: false, span }
}

/// Reads `source:`; `None` if it is of the wrong kind.
pub fn read(field: &Field<'_>, findings: &mut Findings) -> Option<Source> {
    if let Some(kind) = source_kind::kind(field) {
        return source_kind::read(kind, field, findings);
    }
    if field.value.scalar_text().is_some() {
        let path = path(field, findings)?;
        let format = by_extension(&path).unwrap_or_else(|| {
            findings.push(unknown_format(field));
            Format::Parquet
        });
        return Some(Source { paths: vec![path], format, ..none(field.place()) });
    }
    let fields = Fields::open(field, "`source`", &FILES, findings)?;
    let place = fields.need("path", findings)?;
    let items = place.one_or_more();
    if items.is_empty() {
        findings.push(place.wrong_value("`path` must name at least one file"));
    }
    let paths: Vec<String> = items.iter().filter_map(|item| path(item, findings)).collect();
    let csv = Format::Csv(Csv::default());
    let mut words = vec![("csv", csv), ("parquet", Format::Parquet)];
    // Those of `source_kind` are not read here, but they are named where a word is none.
    words.extend(source_kind::WORDS.map(|word| (word, Format::Ndjson(Numbers::default()))));
    let stated = fields.get("format").and_then(|f| f.choice(&words, findings));
    let guessed = paths.first().and_then(|path| by_extension(path));
    if stated.is_none() && fields.get("format").is_none() && guessed.is_none() && !paths.is_empty() {
        findings.push(unknown_format(&place));
    }
    let format = match (stated, guessed) {
        (Some(Format::Csv(_)), Some(guessed @ Format::Csv(_))) => guessed,
        (stated, guessed) => stated.or(guessed).unwrap_or(Format::Parquet),
    };
    let format = match format {
        Format::Csv(csv) => Format::Csv(csv_keys::read(&fields, csv, findings)),
        other => {
            let of_csv = FILES.names().into_iter().filter(|key| !OF_PARQUET.contains(key) && *key != PACKED);
            refuse(&fields, of_csv, "is for CSV files, these are Parquet", findings);
            other
        }
    };
    let packing = fields.get(PACKED).and_then(|f| f.choice(&PACKINGS, findings)).unwrap_or(Packing::ByName);
    if format == Format::Parquet {
        refuse(&fields, [PACKED], "is for CSV files: Parquet files are packed within", findings);
    }
    let partitions = fields.get("partitions").and_then(|f| f.choice(&[("hive", true), ("none", false)], findings));
    Some(Source { paths, format, packing, partitions: partitions.unwrap_or(false), span: place.place() })
}

/// A finding for each of `keys` that is there, although the format has no such key.
fn refuse(fields: &Fields<'_>, keys: impl IntoIterator<Item = &'static str>, why: &str, findings: &mut Findings) {
    for key in keys {
        if let Some(field) = fields.get(key) {
            findings.push(Diagnostic::error(ids::UNKNOWN_KEY, format!("`{key}` {why}")).at(field.at));
        }
    }
}

/// What columns of a file without header say of their place there: all of them, or none.
pub fn check_positions(source: &Source, columns: &IndexMap<String, Column>, findings: &mut Findings) {
    if !matches!(&source.format, Format::Csv(csv) if !csv.header) {
        return;
    }
    let (placed, unplaced): (Vec<&Column>, Vec<&Column>) = columns.values().partition(|c| c.from != c.name);
    for column in &placed {
        if column.position().is_none() {
            let message = format!("`from: {}` of the column `{}` is no position", column.from, column.name);
            let found = Diagnostic::error(ids::WRONG_VALUE, message).at(column.span);
            findings.push(found.help("without a header, `from` is the number of the field, from 1"));
        }
    }
    if let (Some(_), Some(unplaced), false) = (placed.first(), unplaced.first(), source.partitions) {
        let message = format!("the column `{}` does not say at which position it stands", unplaced.name);
        let found = Diagnostic::error(ids::MISSING_KEY, message).at(unplaced.span);
        findings.push(found.help("without a header all columns give `from: <number>`, or none of them"));
    }
}

fn unknown_format(field: &Field<'_>) -> Diagnostic {
    field
        .finding(ids::MISSING_KEY, "the format of the files cannot be told from their names")
        .help("say `format: csv`, `parquet`, `ndjson`, `excel`, `sqlite` or `postgres`")
}

/// One path below `datasets/`.
pub fn path(field: &Field<'_>, findings: &mut Findings) -> Option<String> {
    let text = field.name(findings)?;
    match glob::shape_fault(&text) {
        None => Some(text),
        Some(fault) => {
            findings.push(field.wrong_value(format!("{} {fault}: `{text}`", field.title)));
            None
        }
    }
}

fn by_extension(path: &str) -> Option<Format> {
    match Packing::of(path).1.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
        "csv" | "txt" => Some(Format::Csv(Csv::default())),
        "tsv" | "tab" => Some(Format::Csv(Csv::delimited(b'\t'))),
        "parquet" | "pq" => Some(Format::Parquet),
        _ => None,
    }
}
