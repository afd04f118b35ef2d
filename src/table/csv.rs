//! Strict CSV: every row that enters a table is what its manifest declares, every other is named.
//!
//! In: the text of one file, a [`Plan`]. Out: batches in source order, handed to a sink; a [`FileEnd`]. Must not know:
//! paths on disk, other files of the table, keys. Start at [`stream`].
//!
//! The text is read in windows ([`super::windows`]), each of which is cut into pieces of whole rows
//! ([`super::csv_rows`]); the pieces are read in parallel. Rows do not depend on windows, pieces or threads.

use super::batch::{Batch, BatchBuilder, Plan, Sink};
use super::csv_record::Record;
use super::csv_rows::{Dialect, Piece, Step};
use super::decode;
use super::field::Field;
use super::header;
use super::layout::{Layout, Partitions, Place, layout, undeclared};
use super::whole::Whole;
use super::windows::{NoMore, Sizes, Windows};
use super::withhold;
use crate::diag::{Diagnostic, ids};
use crate::error::Error;
use crate::manifest::model::{Csv, Encoding, Table};
use rayon::prelude::*;
use std::io;

/// What is known of a file once its rows are read.
#[derive(Default)]
pub struct FileEnd {
    /// Columns that the manifest does not declare.
    pub undeclared: Vec<String>,
    /// Declared columns that the file lacks, as it may.
    pub absent: Vec<String>,
    /// Findings about the file as a whole; with one of them the rows are not complete.
    pub findings: Vec<Diagnostic>,
    /// Findings that stop nothing.
    pub warnings: Vec<Diagnostic>,
    /// For each declared column whether any row has it, of sources without a header.
    pub present: Option<Vec<bool>>,
}

impl From<Whole> for FileEnd {
    fn from(whole: Whole) -> FileEnd {
        let Whole { undeclared, present, findings, warnings } = whole;
        FileEnd { undeclared, findings, warnings, present, ..FileEnd::default() }
    }
}

impl FileEnd {
    /// The end of a file that cannot be read further.
    pub fn found(finding: Diagnostic) -> FileEnd {
        FileEnd { findings: vec![finding], ..FileEnd::default() }
    }
}

/// Why the rows of a file could not be read to their end.
pub enum Stopped {
    /// The text could not be read: the file, or how it is packed.
    Read(io::Error),
    /// The sink stopped.
    Sink(Error),
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Stopped {
        Stopped::Read(error)
    }
}

/// One CSV file.
pub struct CsvFile<'f> {
    /// How it is written.
    pub csv: &'f Csv,
    /// How its rows are cut.
    pub dialect: Dialect,
    /// What its bytes were before they were made UTF-8.
    pub encoding: Encoding,
    /// The columns that its folders give.
    pub partitions: &'f Partitions,
    /// Its path for messages.
    pub shown: &'f str,
    /// What is read of it at a time.
    pub sizes: Sizes,
}

/// Reads the rows of one CSV file, UTF-8 without byte-order mark.
///
/// # Errors
/// [`Stopped`].
pub fn stream(
    file: &CsvFile,
    reader: &mut (dyn io::Read + Send),
    plan: &Plan,
    sink: &mut Sink,
) -> Result<FileEnd, Stopped> {
    let mut windows = Windows::new(reader, file.sizes)?;
    let mut end = FileEnd::default();
    let mut lines = 0;
    let layout = match file.head(&mut windows, &mut lines, plan.table, &mut end) {
        Ok(Some(layout)) => layout,
        Ok(None) => return Ok(end),
        Err(NoMore::Failed(error)) => return Err(error.into()),
        Err(NoMore::TooLong) => {
            end.findings.push(file.too_long(lines));
            return Ok(end);
        }
    };
    loop {
        let scan = file.dialect.scan(windows.rest(), file.sizes.piece, windows.last);
        if scan.end > 0 {
            let piece = |piece: &Piece, bytes: &[u8]| {
                file.piece(&bytes[piece.bytes.clone()], lines + piece.lines, &layout, plan)
            };
            let read = |bytes: &[u8]| -> Vec<Batch> { scan.pieces.par_iter().map(|p| piece(p, bytes)).collect() };
            let batches = windows.next(scan.end, read)?;
            lines += scan.lines;
            for batch in batches {
                sink(batch).map_err(Stopped::Sink)?;
            }
        } else if !scan.unclosed && !windows.last {
            match windows.more() {
                Ok(()) => {}
                Err(NoMore::Failed(error)) => return Err(error.into()),
                Err(NoMore::TooLong) => {
                    end.findings.push(file.too_long(lines));
                    return Ok(end);
                }
            }
        }
        if scan.unclosed {
            end.findings.push(file.unclosed(lines));
            return Ok(end);
        }
        if windows.last && windows.rest().is_empty() {
            return Ok(end);
        }
    }
}

impl CsvFile<'_> {
    fn place(&self, lines: u64) -> String {
        format!("{}:{}", self.shown, lines + 1)
    }

    fn unclosed(&self, lines: u64) -> Diagnostic {
        let message = "a quote that opens in this row is not closed before the end of the file";
        Diagnostic::error(ids::FILE_FORMAT, message).located(self.place(lines)).help(
            "close the quote, double it if it belongs to the text, or say `quote: none` in the manifest if quotes are ordinary characters",
        )
    }

    fn too_long(&self, lines: u64) -> Diagnostic {
        let message = format!("a row of more than {} MiB", self.sizes.row >> 20);
        Diagnostic::error(ids::FILE_FORMAT, message)
            .located(self.place(lines))
            .help("see whether a quote that opens in this row is not closed, and whether `delimiter`, `quote` and `line_ends` are those of the file")
    }

    /// Reads what stands before the rows, and says where the columns are; `None` with a finding if that cannot be told.
    fn head(
        &self,
        windows: &mut Windows,
        lines: &mut u64,
        table: &Table,
        end: &mut FileEnd,
    ) -> Result<Option<Layout>, NoMore> {
        for _ in 0..self.csv.skip_rows {
            self.skip_line(windows, lines)?;
        }
        loop {
            match self.dialect.step(windows.rest(), 0, windows.last) {
                Step::More => windows.more()?,
                Step::Skip(next) => {
                    *lines += self.dialect.lines(&windows.rest()[..next]);
                    windows.at += next;
                }
                Step::Unclosed => {
                    end.findings.push(self.unclosed(*lines));
                    return Ok(None);
                }
                Step::End if self.csv.header && self.csv.empty_files => return Ok(None),
                Step::End if self.csv.header => {
                    let message = format!("`{}` is empty: not even a header", self.shown);
                    let finding = Diagnostic::error(ids::FILE_FORMAT, message).located(self.shown);
                    let help = "write a header, also where there are no rows, or say `empty_files: allowed`";
                    end.findings.push(finding.help(help));
                    return Ok(None);
                }
                Step::End => return Ok(self.placed(0, table, end)),
                Step::Row { content, next } => {
                    let row = windows.rest()[content].to_vec();
                    let mut record = Record::default();
                    record.split(&row, &self.dialect);
                    if self.csv.trailing_delimiter {
                        record.drop_empty_last();
                    }
                    if !self.csv.header {
                        return Ok(self.placed(record.len(), table, end));
                    }
                    let layout = self.header(&row, &record, self.place(*lines), table, end);
                    *lines += self.dialect.lines(&windows.rest()[..next]);
                    windows.at += next;
                    return Ok(layout);
                }
            }
        }
    }

    fn skip_line(&self, windows: &mut Windows, lines: &mut u64) -> Result<(), NoMore> {
        loop {
            match super::csv_rows::find(windows.rest(), self.dialect.line_end) {
                Some(length) => {
                    windows.at += length + 1;
                    *lines += 1;
                    return Ok(());
                }
                None if windows.last => {
                    windows.at = windows.bytes.len();
                    return Ok(());
                }
                None => windows.more()?,
            }
        }
    }

    fn header(&self, row: &[u8], record: &Record, place: String, table: &Table, end: &mut FileEnd) -> Option<Layout> {
        let names = (0..record.len()).map(|field| std::str::from_utf8(record.bytes(row, field).unwrap_or_default()));
        let Ok(names) = names.collect::<Result<Vec<&str>, _>>() else {
            let message = format!("the header is not {}", shown_name(self.encoding));
            let finding = Diagnostic::error(ids::ENCODING, message).located(place);
            let shown = super::batch::cut(&decode::shown(row, self.encoding));
            end.findings.push(finding.note(withhold::text(table, "", &shown)));
            return None;
        };
        if let Some(fault) = record.fault() {
            end.findings.push(Diagnostic::error(ids::FILE_FORMAT, format!("the header has {fault}")).located(place));
            return None;
        }
        let (fields, findings) = layout(&names, table, self.partitions, self.shown, &place);
        end.undeclared = undeclared(&names, table);
        end.absent = header::lacking(&names, table);
        end.findings.extend(findings);
        fields.map(|places| Layout { places, width: names.len() })
    }

    /// The places of columns in a file without header, whose first row has `width` fields.
    fn placed(&self, width: usize, table: &Table, end: &mut FileEnd) -> Option<Layout> {
        let (layout, finding) = Layout::by_position(width, table, self.partitions, self.shown);
        end.findings.extend(finding);
        layout
    }

    /// The rows of one piece, before which `lines` lines end.
    fn piece(&self, bytes: &[u8], mut lines: u64, layout: &Layout, plan: &Plan) -> Batch {
        let mut batch = BatchBuilder::new(plan, bytes.len() / (8 * layout.width.max(1)) + 1);
        batch.encoding(self.encoding);
        let whole = std::str::from_utf8(bytes).ok();
        let mut record = Record::default();
        let mut at = 0;
        loop {
            let next = match self.dialect.step(bytes, at, true) {
                Step::Row { content, next } => {
                    let row = &bytes[content.clone()];
                    let text = whole.map_or_else(|| std::str::from_utf8(row).ok(), |whole| whole.get(content));
                    record.split(row, &self.dialect);
                    let line = u32::try_from(lines + 1).unwrap_or(u32::MAX);
                    let row = Row { bytes: row, text, line };
                    self.row(&row, &mut record, layout, &mut batch);
                    next
                }
                Step::Skip(next) => next,
                Step::More | Step::Unclosed | Step::End => return batch.finish(),
            };
            lines += self.dialect.lines(&bytes[at..next]);
            at = next;
        }
    }

    fn row(&self, row: &Row, record: &mut Record, layout: &Layout, batch: &mut BatchBuilder) {
        if let Some(fault) = record.fault() {
            let shown = decode::shown(row.shown(), self.encoding);
            return batch.reject(row.line, "", &shown, ids::VALUE_WRONG, fault.to_owned());
        }
        // Totals and footers are often of another width.
        let texts = |k: usize| match &layout.places[k] {
            Place::Given(text) => text.as_deref().map_or(Field::Missing, Field::Text),
            Place::Field(field) => row.given(record, *field),
        };
        if batch.dropped(row.line, &texts) {
            return;
        }
        let mut turn_away = |id, message: String| {
            batch.reject(row.line, "", &decode::shown(row.shown(), self.encoding), id, message);
        };
        if self.csv.trailing_delimiter && !record.drop_empty_last() {
            return turn_away(ids::ROW_WIDTH, "the row does not end in a delimiter".to_owned());
        }
        let (found, expected) = (record.len(), layout.width);
        let (short, long) = (found < expected, found > expected);
        if (short && !self.csv.short_rows) || (long && !self.csv.long_rows) {
            return turn_away(ids::ROW_WIDTH, format!("{found} fields where {expected} are expected"));
        }
        let once = once_encoded(row, record, layout);
        let undo = self.csv.undo_double_encoding;
        let entered = batch.row(row.line, |k| match (once.get(k), &layout.places[k]) {
            (Some(Some(text)), _) if undo => Field::Text(text),
            (_, Place::Given(text)) => text.as_deref().map_or(Field::Missing, Field::Text),
            (_, Place::Field(field)) => row.given(record, *field),
        });
        if entered {
            batch.count(None, "short_rows_filled", u64::from(short));
            batch.count(None, "long_rows_cut", u64::from(long));
            let measure = if undo { "double_encoding_undone" } else { "double_encoded" };
            for (k, text) in once.iter().enumerate().filter_map(|(k, text)| Some((k, text.as_deref()?))) {
                batch.count(Some(k), measure, 1);
                // What was encoded three times still looks encoded twice.
                batch.count(Some(k), "double_encoded", u64::from(undo && decode::once(text).is_some()));
            }
        }
    }
}

/// For each declared column the text that was encoded twice, if it was; empty if none was.
fn once_encoded(row: &Row, record: &Record, layout: &Layout) -> Vec<Option<String>> {
    let Some(text) = row.text.filter(|text| !text.is_ascii()) else { return Vec::new() };
    let once = |place: &Place| match place {
        Place::Field(field) => record.text(text, *field).and_then(decode::once),
        Place::Given(_) => None,
    };
    layout.places.iter().map(once).collect()
}

/// One row of a piece.
struct Row<'r> {
    bytes: &'r [u8],
    /// The same, if it is text.
    text: Option<&'r str>,
    line: u32,
}

impl<'r> Row<'r> {
    fn given(&'r self, record: &'r Record, field: usize) -> Field<'r> {
        if let Some(text) = self.text {
            return record.text(text, field).map_or(Field::Missing, Field::Text);
        }
        match record.bytes(self.bytes, field) {
            None => Field::Missing,
            Some(bytes) => std::str::from_utf8(bytes).map_or(Field::Bytes(bytes), Field::Text),
        }
    }

    /// As much as a message may need.
    fn shown(&self) -> &'r [u8] {
        &self.bytes[..self.bytes.len().min(8 * super::batch::SHOWN)]
    }
}

/// The name of an encoding in a message.
pub fn shown_name(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Utf8 => "UTF-8",
        other => other.name(),
    }
}
