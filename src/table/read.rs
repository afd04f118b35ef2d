//! All files of a table, one after the other.
//!
//! In: a table of the project, its files. Out: [`RawTable`]: the rows that keep the contract of single rows (width,
//! encoding, types, needed values), in source order, and those that do not. Must not know: keys, references, other
//! tables. Start at [`read`].

use super::batch::{Batch, Counts, Reject};
use super::stream::{shown, stream_in};
use super::value::Noted;
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
    /// The files.
    pub inputs: Vec<Input>,
    /// What was mended or looks wrong in the rows that were not turned away.
    pub counts: Counts,
    /// Findings about whole files; with one of them the table is not complete.
    pub findings: Vec<Diagnostic>,
}

impl<'a> RawTable<'a> {
    /// A table without rows.
    pub fn empty(table: &'a Table) -> RawTable<'a> {
        let columns = table.columns.values();
        let columns = columns.map(|c| super::batch::ColumnBuilder::new(&c.name, c.dtype, 0).finish());
        RawTable {
            table,
            columns: columns.collect(),
            lines: Lines::default(),
            numbers: Vec::new(),
            notes: vec![Vec::new(); table.columns.len()],
            rejects: Vec::new(),
            read: 0,
            undeclared: IndexMap::new(),
            inputs: Vec::new(),
            counts: Counts::new(),
            findings: Vec::new(),
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
    (raw.inputs, raw.undeclared) = (end.inputs, end.undeclared);
    raw.findings.extend(end.findings);
    if raw.rows() > MOST_ROWS {
        raw.findings.push(too_large(table, raw.rows()));
    }
    raw.columns.par_iter_mut().for_each(|column| *column = column.rechunk());
    Ok(raw)
}

/// More rows than row numbers reach.
pub fn too_large(table: &Table, rows: usize) -> Diagnostic {
    let message = format!("`{}` has {rows} rows, more than {MOST_ROWS}", table.name);
    Diagnostic::error(ids::TABLE_TOO_LARGE, message).at(table.span).help("split the table")
}
