//! All files of a table, one after the other.
//!
//! In: a table of the project, its files. Out: [`RawTable`]: the rows that keep the contract of single rows (width,
//! encoding, types, needed values), in source order, and those that do not. Must not know: keys, references, other
//! tables. Start at [`read`].

use super::batch::{ColumnBuilder, Plan, Reject};
use super::csv::{self, FileRows};
use super::csv_scan::Dialect;
use super::parquet;
use super::value::Noted;
use super::{Input, Lines};
use crate::diag::{Diagnostic, ids};
use crate::error::Error;
use crate::manifest::model::{Format, Table};
use crate::system::System;
use ::parquet::file::reader::ChunkReader;
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
    /// Findings about whole files; with one of them the table is not complete.
    pub findings: Vec<Diagnostic>,
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
            notes: vec![Vec::new(); table.columns.len()],
            rejects: Vec::new(),
            read: 0,
            undeclared: IndexMap::new(),
            absent: IndexMap::new(),
            inputs: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// The same rows as those of a table that has further, computed columns, which are missing so far.
    pub fn with_computed<'t>(self, table: &'t Table) -> RawTable<'t> {
        let rows = self.lines.len();
        let (mut columns, mut notes) = (Vec::new(), Vec::new());
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
            absent: self.absent,
            inputs: self.inputs,
            findings: self.findings,
        }
    }

    /// Rows that were not turned away.
    pub fn rows(&self) -> usize {
        self.lines.len()
    }

    fn append(&mut self, file: OneFile) -> Result<(), Error> {
        let file_number = self.lines.add_file(&file.input.path);
        let mut read = 0;
        for batch in file.rows.batches {
            let first = u32::try_from(self.lines.len()).unwrap_or(u32::MAX);
            read += batch.lines.len() as u64 + batch.rejects.len() as u64;
            for (column, more) in self.columns.iter_mut().zip(&batch.columns) {
                column.append(more).map_err(|e| Error::Defect(format!("pieces of a column do not fit: {e}")))?;
            }
            for (notes, more) in self.notes.iter_mut().zip(batch.notes) {
                notes.extend(more.into_iter().map(|(row, noted)| (first.saturating_add(row), noted)));
            }
            self.lines.extend(&batch.lines);
            self.rejects.extend(batch.rejects.into_iter().map(|reject| (file_number, reject)));
        }
        for name in file.rows.undeclared {
            *self.undeclared.entry(name).or_default() += 1;
        }
        for name in file.rows.absent {
            *self.absent.entry(name).or_default() += read;
        }
        self.read += read;
        self.inputs.push(Input { rows: read, ..file.input });
        self.findings.extend(file.rows.findings);
        Ok(())
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
    mut paths: Vec<PathBuf>,
    zone: &TimeZone,
) -> Result<RawTable<'a>, Error> {
    paths.sort_by_cached_key(|path| shown(root, path));
    let plan = Plan::new(table, zone);
    let files: Vec<_> = paths.par_iter().map(|path| one_file(system, root, path, &plan)).collect();
    let mut raw = RawTable::empty(table);
    for file in files {
        match file {
            Ok(Ok(file)) => raw.append(file)?,
            Ok(Err(finding)) => raw.findings.push(finding),
            Err(error) => return Err(error),
        }
    }
    if raw.rows() > MOST_ROWS {
        let message = format!("`{}` has {} rows, more than {MOST_ROWS}", table.name, raw.rows());
        raw.findings.push(Diagnostic::error(ids::TABLE_TOO_LARGE, message).at(table.span).help("split the table"));
    }
    raw.columns.par_iter_mut().for_each(|column| *column = column.rechunk());
    Ok(raw)
}

struct OneFile {
    input: Input,
    rows: FileRows,
}

fn one_file(system: &dyn System, root: &Path, path: &Path, plan: &Plan) -> Result<Result<OneFile, Diagnostic>, Error> {
    let shown = shown(root, path);
    let full = root.join(path);
    if !system.exists(&full) {
        let finding = Diagnostic::error(ids::FILE_MISSING, format!("no file `{shown}`")).at(plan.table.source.span);
        return Ok(Err(finding.help("put the file there, or mend `path` in the manifest")));
    }
    let input = |size: usize, hash: blake3::Hash| Input {
        table: plan.table.name.clone(),
        path: shown.clone(),
        bytes: size as u64,
        hash: hash.to_hex().to_string(),
        rows: 0,
    };
    let (rows, size, hash) = match &plan.table.source.format {
        Format::Csv { delimiter, quote, header } => {
            let bytes = system.read(&full)?;
            let dialect = Dialect { delimiter: *delimiter, quote: *quote };
            let parse = || csv::read(&bytes, dialect, *header, plan, &shown);
            let (rows, hash) = rayon::join(parse, || blake3::hash(&bytes));
            (rows, bytes.len(), hash)
        }
        Format::Parquet => {
            let (file, size) = system.open(&full)?;
            let size = usize::try_from(size).unwrap_or(usize::MAX);
            let bytes = file.get_bytes(0, size).map_err(|e| Error::io("read", &full)(std::io::Error::other(e)))?;
            let (rows, hash) = rayon::join(|| parquet::read(&bytes, plan, &shown), || blake3::hash(&bytes));
            (rows, bytes.len(), hash)
        }
    };
    Ok(Ok(OneFile { input: input(size, hash), rows }))
}

/// A path as messages show it: relative to the project, with `/`.
fn shown(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = path.components().map(|c| c.as_os_str().to_string_lossy()).collect();
    parts.join("/").replacen("//", "/", 1)
}
