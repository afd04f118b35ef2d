//! Strict CSV: every row that enters a table is what its manifest declares, every other is named.
//!
//! In: the bytes of one file, a [`Plan`]. Out: [`FileRows`]: batches in source order, findings about the file as a
//! whole. Must not know: paths on disk, other files of the table, keys. Start at [`read`].
//!
//! Lines end in LF or CRLF; empty lines are no rows. The file is cut into pieces at line ends that lie outside of
//! quotes ([`super::csv_scan`]), and the pieces are read in parallel; the pieces do not depend on the number of threads.

use super::batch::{Batch, BatchBuilder, Plan, cut};
use super::csv_scan::{Dialect, Piece, Scan, scan};
use super::header;
use crate::diag::{Diagnostic, ids};
use crate::manifest::model::{Column, Table};
use csv::{ByteRecord, Reader, ReaderBuilder, StringRecord};
use rayon::prelude::*;
use std::collections::HashSet;

/// What one file holds.
#[derive(Default)]
pub struct FileRows {
    /// Rows in source order.
    pub batches: Vec<Batch>,
    /// Columns that the manifest does not declare.
    pub undeclared: Vec<String>,
    /// Declared columns that the file lacks, as it may.
    pub absent: Vec<String>,
    /// Findings about the file as a whole; with one of them the batches are not complete.
    pub findings: Vec<Diagnostic>,
}

/// The rows of one CSV file. `shown` is its path for messages.
pub fn read(bytes: &[u8], dialect: Dialect, header: bool, plan: &Plan, shown: &str) -> FileRows {
    let mut rows = FileRows::default();
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        let finding = Diagnostic::error(ids::ENCODING, format!("`{shown}` is UTF-16")).located(shown);
        rows.findings.push(finding.help("save the file as UTF-8"));
        return rows;
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let scan = scan(bytes, dialect);
    if let Some(line) = scan.unclosed {
        rows.findings.push(unclosed(shown, line));
        return rows;
    }
    let layout = match header {
        true => header_layout(bytes, dialect, plan.table, shown, &mut rows),
        false => Some(Layout { fields: (0..plan.table.columns.len()).collect(), width: plan.table.columns.len() }),
    };
    let Some(layout) = layout else { return rows };
    let source = Source { bytes, dialect, scan: &scan, layout: &layout, header, plan };
    rows.batches = scan.pieces.par_iter().map(|piece| source.piece(piece)).collect();
    rows
}

fn unclosed(shown: &str, line: u32) -> Diagnostic {
    Diagnostic::error(ids::FILE_FORMAT, "a quote that opens in this row is not closed before the end of the file")
        .located(format!("{shown}:{line}"))
        .help("close the quote, double it if it belongs to the text, or say `quote: none` in the manifest if quotes are ordinary characters")
}

/// Where the declared columns stand in a row.
struct Layout {
    /// For each declared column, its field.
    fields: Vec<usize>,
    /// Fields of a row.
    width: usize,
}

fn reader(bytes: &[u8], dialect: Dialect) -> Reader<&[u8]> {
    let mut builder = ReaderBuilder::new();
    builder.has_headers(false).flexible(true).delimiter(dialect.delimiter).buffer_capacity(1 << 16);
    match dialect.quote {
        Some(quote) => builder.quote(quote),
        None => builder.quoting(false),
    };
    builder.from_reader(bytes)
}

fn header_layout(bytes: &[u8], dialect: Dialect, table: &Table, shown: &str, rows: &mut FileRows) -> Option<Layout> {
    let mut record = ByteRecord::new();
    let place = format!("{shown}:1");
    if !reader(bytes, dialect).read_byte_record(&mut record).unwrap_or(false) {
        let finding = Diagnostic::error(ids::FILE_FORMAT, format!("`{shown}` is empty: not even a header"));
        rows.findings.push(finding.located(shown).help("write a header, also where there are no rows"));
        return None;
    }
    let Ok(header) = StringRecord::from_byte_record(record) else {
        let finding = Diagnostic::error(ids::ENCODING, "the header is not UTF-8").located(place);
        rows.findings.push(finding.help("save the file as UTF-8"));
        return None;
    };
    let names: Vec<&str> = header.iter().collect();
    let (fields, findings) = layout(&names, table, shown, &place);
    rows.undeclared = undeclared(&names, table);
    rows.absent = header::lacking(&names, table);
    rows.findings.extend(findings);
    fields.map(|fields| Layout { fields, width: names.len() })
}

/// The position of each declared column among the names of a source ([`header::ABSENT`] for one that it lacks as it may), or
/// what is wrong with them.
pub fn layout(names: &[&str], table: &Table, shown: &str, place: &str) -> (Option<Vec<usize>>, Vec<Diagnostic>) {
    let mut findings = Vec::new();
    let mut fields = Vec::new();
    for column in table.columns.values() {
        match header::fields_of(column, names)[..] {
            [] if column.contract.may_be_absent => fields.push(header::ABSENT),
            [] if table.is_sensitive() => findings.push(header::withheld(column, shown)),
            [] => findings.push(absent(column, names, shown)),
            [field] => fields.push(field),
            [first, second, ..] if names[first] != names[second] => {
                findings.push(header::ambiguous(column, names[first], names[second], shown, place));
            }
            ref all => {
                let message = format!("`{shown}` has {} columns `{}`", all.len(), column.from);
                let finding = Diagnostic::error(ids::COLUMN_REPEATED, message).located(place);
                findings.push(finding.help("give each column its own name in the source"));
            }
        }
    }
    (findings.is_empty().then_some(fields), findings)
}

fn absent(column: &Column, names: &[&str], shown: &str) -> Diagnostic {
    let message = format!("no column `{}` in `{shown}`", column.from);
    let finding = Diagnostic::error(ids::COLUMN_MISSING, message).at_with(column.span, "declared here");
    let finding = finding.did_you_mean(&column.from, names.iter().copied());
    match finding.help.is_empty() {
        true => finding.help(format!("the file has {}", listed(names))),
        false => finding,
    }
}

/// Up to twenty names in quotes, long ones cut.
fn listed(names: &[&str]) -> String {
    let mut text = names.iter().take(20).map(|n| format!("`{}`", cut(n))).collect::<Vec<_>>().join(", ");
    if names.len() > 20 {
        text.push_str(&format!(" and {} more", names.len() - 20));
    }
    text
}

/// The names that no column of the table comes from, each once.
pub fn undeclared(names: &[&str], table: &Table) -> Vec<String> {
    // A header that does not fit may be a row of values.
    if table.is_sensitive() && !header::fits(names, table) {
        return Vec::new();
    }
    let mut known: HashSet<&str> = table.columns.values().flat_map(header::names_of).collect();
    names.iter().filter(|name| known.insert(name)).map(|name| (*name).to_owned()).collect()
}

/// One file, ready to be read piece by piece.
struct Source<'s> {
    bytes: &'s [u8],
    dialect: Dialect,
    scan: &'s Scan,
    layout: &'s Layout,
    header: bool,
    plan: &'s Plan<'s>,
}

impl Source<'_> {
    fn piece(&self, piece: &Piece) -> Batch {
        let bytes = &self.bytes[piece.bytes.clone()];
        let mut reader = reader(bytes, self.dialect);
        let mut batch = BatchBuilder::new(self.plan, bytes.len() / (8 * self.layout.width.max(1)) + 1);
        let mut record = ByteRecord::new();
        let mut header = self.header && piece.bytes.start == 0;
        // Reading from memory fails never; rows are flexible.
        while reader.read_byte_record(&mut record).unwrap_or(false) {
            if std::mem::take(&mut header) {
                continue;
            }
            let (start, line) = start_of(&record, bytes);
            let line = piece.line.saturating_add(line);
            if record.len() != self.layout.width {
                let message = format!("{} fields where {} are expected", record.len(), self.layout.width);
                batch.reject(line, "", &self.shown(&record), ids::ROW_WIDTH, message);
            } else if self.scan.strays.binary_search(&(piece.bytes.start + start)).is_ok() {
                let message = "text behind a closing quote".to_owned();
                batch.reject(line, "", &self.shown(&record), ids::VALUE_WRONG, message);
            } else {
                record = self.row(&mut batch, line, record);
            }
        }
        batch.finish()
    }

    /// Appends one row; gives the record back for the next.
    fn row(&self, batch: &mut BatchBuilder, line: u32, record: ByteRecord) -> ByteRecord {
        let fields = &self.layout.fields;
        match StringRecord::from_byte_record(record) {
            Ok(record) => {
                batch.row(line, |k| Ok(record.get(fields[k]).unwrap_or("")));
                record.into_byte_record()
            }
            Err(error) => {
                let record = error.into_byte_record();
                batch.row(line, |k| {
                    let bytes = record.get(fields[k]).unwrap_or(b"");
                    std::str::from_utf8(bytes).map_err(|_| bytes)
                });
                record
            }
        }
    }

    fn shown(&self, record: &ByteRecord) -> String {
        let fields: Vec<_> = record.iter().map(String::from_utf8_lossy).collect();
        fields.join(&char::from(self.dialect.delimiter).to_string())
    }
}

/// Offset of a record's first byte in its piece, and lines of the piece before it. The reader's own position lies
/// before the line ends that it skips, as the LF of a CRLF.
fn start_of(record: &ByteRecord, bytes: &[u8]) -> (usize, u32) {
    let position = record.position();
    let mut start = position.map_or(0, |p| p.byte() as usize);
    let mut line = position.map_or(0, |p| p.line() - 1);
    while let Some(end @ (b'\r' | b'\n')) = bytes.get(start) {
        line += u64::from(*end == b'\n');
        start += 1;
    }
    (start, u32::try_from(line).unwrap_or(u32::MAX))
}
