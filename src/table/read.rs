//! All files of a table, one after the other.
//!
//! In: a table of the project, its files. Out: [`RawTable`]: the rows that keep the contract of single rows (width,
//! encoding, types, needed values), in source order, and those that do not. Must not know: keys, references, other
//! tables. Start at [`read`].

use super::batch::{Batch, ColumnBuilder, Counts, Reject};
use super::stream::{shown, stream_in};
use super::value::Noted;
use super::whole::Whole;
use super::windows::Sizes;
use super::{Input, Lines};
use crate::diag::{Diagnostic, ids};
use crate::error::Error;
use crate::manifest::model::Table;
use crate::system::System;
use indexmap::IndexMap;
use jiff::tz::TimeZone;
use polars::prelude::Series;
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// Rows of a table before keys and references are settled.
pub struct RawTable<'a> {
    /// What the manifest says.
    pub table: &'a Table,
    /// One column for each declared one, in one chunk; rows in source order.
    pub columns: Vec<Series>,
    /// Where each row stands in its source.
    pub lines: Lines,
    /// Number of each row among all rows of the table, ascending; empty where these are all rows.
    pub numbers: Vec<u64>,
    /// For each column, rows with something to count, ascending.
    pub notes: Vec<Vec<(u32, Noted)>>,
    /// Rows turned away, with their file.
    pub rejects: Vec<(u32, Reject)>,
    /// Rows read, those turned away too.
    pub read: u64,
    /// Columns that the manifest does not declare, with the number of files that have them.
    pub undeclared: IndexMap<String, u64>,
    /// Declared columns that some files lack, as they may, with the rows of those files.
    pub absent: IndexMap<String, u64>,
    /// The files.
    pub inputs: Vec<Input>,
    /// What was mended or looks wrong in the rows that were not turned away.
    pub counts: Counts,
    /// Findings about whole files; with one of them the table is not complete.
    pub findings: Vec<Diagnostic>,
    /// Findings that stop nothing.
    pub warnings: Vec<Diagnostic>,
}

impl<'a> RawTable<'a> {
    /// A table without rows.
    pub fn empty(table: &'a Table) -> RawTable<'a> {
        let columns = table.columns.values();
        let columns = columns.map(|c| ColumnBuilder::new(&c.name, c.dtype, 0).finish());
        RawTable {
            table,
            columns: columns.collect(),
            lines: Lines::default(),
            numbers: Vec::new(),
            notes: vec![Vec::new(); table.columns.len()],
            rejects: Vec::new(),
            read: 0,
            undeclared: IndexMap::new(),
            absent: IndexMap::new(),
            inputs: Vec::new(),
            counts: Counts::new(),
            findings: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// The table of one source that is no file: its batches, and what is known of it as a whole.
    ///
    /// # Errors
    /// [`Error::Defect`].
    pub fn of(table: &'a Table, input: Input, batches: Vec<Batch>, whole: Whole) -> Result<RawTable<'a>, Error> {
        let mut raw = RawTable::empty(table);
        raw.lines.add_file(&input.path);
        batches.into_iter().try_for_each(|batch| raw.append(batch))?;
        raw.inputs.push(Input { rows: raw.read, ..input });
        raw.undeclared.extend(whole.undeclared.into_iter().map(|name| (name, 1)));
        raw.findings.extend(whole.findings);
        raw.warnings.extend(whole.warnings);
        raw.complete(whole.present);
        Ok(raw)
    }

    /// What is known once all files are appended.
    fn complete(&mut self, present: Option<Vec<bool>>) {
        if self.rows() > MOST_ROWS {
            self.findings.push(too_large(self.table, self.rows()));
        }
        let present = present.filter(|_| self.read > 0 && self.findings.is_empty());
        for (column, _) in self.table.columns.values().zip(present.into_iter().flatten()).filter(|(_, seen)| !seen) {
            let message = format!("no row of `{}` has a key `{}`", self.table.name, column.from);
            let found = Diagnostic::warning(ids::COLUMN_MISSING, message).at_with(column.span, "declared here");
            let found = found.did_you_mean(&column.from, self.undeclared.keys().map(String::as_str));
            self.warnings.push(found);
        }
        self.columns.par_iter_mut().for_each(|column| *column = column.rechunk());
    }

    /// The same rows as those of a table that has further, computed columns, which are missing so far.
    pub fn with_computed<'t>(self, table: &'t Table) -> RawTable<'t> {
        let rows = self.lines.len();
        let (mut columns, mut notes) = (Vec::new(), Vec::new());
        // Computed columns may stand between those of the source.
        let of_source: Vec<usize> =
            (0..).zip(table.columns.values()).filter(|(_, c)| c.contract.is_of_source()).map(|(k, _)| k).collect();
        let position = |column: usize| of_source.get(column).copied().unwrap_or(column);
        let mut read = self.columns.into_iter().zip(self.notes);
        for column in table.columns.values() {
            let (series, noted) = match column.contract.is_of_source() {
                false => (ColumnBuilder::missing(column, rows), Vec::new()),
                true => read.next().unwrap_or_else(|| (ColumnBuilder::missing(column, rows), Vec::new())),
            };
            columns.push(series);
            notes.push(noted);
        }
        RawTable {
            table,
            columns,
            notes,
            lines: self.lines,
            rejects: self.rejects,
            read: self.read,
            undeclared: self.undeclared,
            numbers: self.numbers,
            absent: self.absent,
            inputs: self.inputs,
            counts: self
                .counts
                .into_iter()
                .map(|((column, what), rows)| ((column.map(position), what), rows))
                .collect(),
            findings: self.findings,
            warnings: self.warnings,
        }
    }

    /// Rows that were not turned away.
    pub fn rows(&self) -> usize {
        self.lines.len()
    }

    /// The number of a row among all rows of the table.
    pub fn number(&self, row: usize) -> u64 {
        self.numbers.get(row).copied().unwrap_or(row as u64)
    }

    /// Appends rows of the last file.
    ///
    /// # Errors
    /// [`Error::Defect`] if a column is of another type.
    pub fn append(&mut self, batch: Batch) -> Result<(), Error> {
        let first = u32::try_from(self.lines.len()).unwrap_or(u32::MAX);
        self.read += batch.read();
        for (column, more) in self.columns.iter_mut().zip(&batch.columns) {
            column.append(more).map_err(|e| Error::Defect(format!("pieces of a column do not fit: {e}")))?;
        }
        for (notes, more) in self.notes.iter_mut().zip(batch.notes) {
            notes.extend(more.into_iter().map(|(row, noted)| (first.saturating_add(row), noted)));
        }
        for (what, rows) in batch.counts {
            *self.counts.entry(what).or_default() += rows;
        }
        self.lines.extend(&batch.lines);
        self.rejects.extend(batch.rejects.into_iter().map(|reject| (batch.file, reject)));
        Ok(())
    }
}

/// Begins files, in order, up to this one; `begun` have begun before.
pub fn begin(lines: &mut Lines, files: &[String], begun: &mut usize, file: usize) {
    for name in files.iter().take(file + 1).skip(*begun) {
        lines.add_file(name);
        *begun += 1;
    }
}

/// Rows of a table at most: row numbers are 32-bit, the two largest mean no row.
pub const MOST_ROWS: usize = (u32::MAX - 2) as usize;

/// Reads the files of a table, in the order of their shown paths' bytes.
///
/// # Errors
/// [`Error::Io`] where a file cannot be read; one that is not there is a finding of the table.
pub fn read<'a>(
    system: &dyn System,
    root: &Path,
    table: &'a Table,
    paths: Vec<PathBuf>,
    zone: &TimeZone,
    sizes: Sizes,
) -> Result<RawTable<'a>, Error> {
    let mut files: Vec<String> = paths.iter().map(|path| shown(root, path)).collect();
    files.sort();
    let mut raw = RawTable::empty(table);
    let mut begun = 0;
    let end = stream_in(system, root, table, paths, zone, None, sizes, &mut |batch| {
        begin(&mut raw.lines, &files, &mut begun, batch.file as usize);
        raw.append(batch)
    })?;
    begin(&mut raw.lines, &files, &mut begun, files.len());
    (raw.inputs, raw.undeclared, raw.absent) = (end.inputs, end.undeclared, end.absent);
    raw.findings.extend(end.findings);
    raw.warnings.extend(end.warnings);
    raw.complete(end.present);
    Ok(raw)
}

/// More rows than row numbers reach.
pub fn too_large(table: &Table, rows: usize) -> Diagnostic {
    let message = format!("`{}` has {rows} rows, more than {MOST_ROWS}", table.name);
    Diagnostic::error(ids::TABLE_TOO_LARGE, message).at(table.span).help("split the table")
}
