//! The files of a table, one after the other, as batches in source order, in bounded memory.
//!
//! In: a table of the project, its files. Out: [`Batch`]es, handed to a sink in source order, then a [`StreamEnd`]. Must
//! not know: keys, references, other tables. Start at [`stream`]; [`super::read`] collects the batches of a whole table.
//!
//! A large file is read in windows, several small ones at a time. Neither shows in the batches' rows.

use super::Input;
use super::batch::{Batch, Plan, Sink};
use super::csv::{FileEnd, Stopped};
use super::layout::Partitions;
use super::partitions::partitions;
use super::rejected::Outcome;
use super::source_file::{SourceFile, unpack};
use super::text_file::{Text, broken};
use super::windows::Sizes;
use super::{excel, ndjson, parquet, sqlite};
use crate::diag::{Diagnostic, ids};
use crate::error::Error;
use crate::manifest::model::{Format, Packing, Table};
use crate::system::System;
use indexmap::IndexMap;
use jiff::tz::TimeZone;
use rayon::prelude::*;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

/// What is known of a table once its files are read.
#[derive(Debug, Default)]
pub struct StreamEnd {
    /// The files, in the order in which they were read; [`Batch::file`] counts them.
    pub inputs: Vec<Input>,
    /// Columns that the manifest does not declare, with the number of files that have them.
    pub undeclared: IndexMap<String, u64>,
    /// Declared columns that some files lack, as they may, with the rows of those files.
    pub absent: IndexMap<String, u64>,
    /// Findings about whole files; with one of them the batches are not all rows.
    pub findings: Vec<Diagnostic>,
    /// Findings that stop nothing.
    pub warnings: Vec<Diagnostic>,
    /// For each declared column whether any row has it, of sources without a header.
    pub present: Option<Vec<bool>>,
}

/// Reads the files of a table in the order of their shown paths' bytes, and hands batches to `sink` in source order.
///
/// `columns` says for each declared column whether its values are kept; all are checked as declared. No more is in
/// memory at a time than a few windows of [`Sizes::window`] and what `sink` keeps.
///
/// # Errors
/// [`Error::Io`] where a file cannot be read; one that is not there is a finding of the table. What `sink` gives.
pub fn stream(
    system: &dyn System,
    root: &Path,
    table: &Table,
    paths: Vec<PathBuf>,
    zone: &TimeZone,
    columns: Option<&[bool]>,
    sink: &mut Sink,
) -> Result<StreamEnd, Error> {
    stream_in(system, root, table, paths, zone, columns, Sizes::default(), sink)
}

/// As [`stream`], with other sizes.
#[allow(clippy::too_many_arguments, reason = "those of `stream`, and one")]
pub fn stream_in(
    system: &dyn System,
    root: &Path,
    table: &Table,
    mut paths: Vec<PathBuf>,
    zone: &TimeZone,
    columns: Option<&[bool]>,
    sizes: Sizes,
    sink: &mut Sink,
) -> Result<StreamEnd, Error> {
    paths.sort_by_cached_key(|path| shown(root, path));
    let mut plan = Plan::new(table, zone);
    if let Some(columns) = columns {
        plan.wanted = columns.to_vec();
    }
    let reader = Files { system, root, plan: &plan, sizes };
    let mut end = StreamEnd::default();
    let mut misfit = Misfit::new(table);
    let mut watched = |batch: Batch| {
        misfit.see(&batch)?;
        sink(batch)
    };
    let read = files(&reader, &paths, &mut end, &mut watched);
    if let Some(finding) = misfit.finding {
        end.findings.push(finding);
        return Ok(end);
    }
    read.map(|()| end)
}

fn files(reader: &Files, paths: &[PathBuf], end: &mut StreamEnd, sink: &mut Sink) -> Result<(), Error> {
    let mut rest = paths;
    while let Some(first) = rest.first() {
        let (group, after) = rest.split_at(reader.small(rest).max(1));
        rest = after;
        if group.len() == 1 {
            let (number, mut rows) = (end.inputs.len() as u32, 0);
            let read = reader.file(first, &mut |batch| {
                rows += batch.read();
                sink(Batch { file: number, ..batch })
            })?;
            end.add(read, rows);
            continue;
        }
        for file in group.par_iter().map(|path| reader.collected(path)).collect::<Vec<_>>() {
            let (batches, read) = file?;
            let (number, mut rows) = (end.inputs.len() as u32, 0);
            for batch in batches {
                rows += batch.read();
                sink(Batch { file: number, ..batch })?;
            }
            end.add(read, rows);
        }
    }
    Ok(())
}

/// Rows that are turned away, as long as the table may be what its manifest says.
struct Misfit<'t> {
    table: &'t Table,
    read: u64,
    quarantined: u64,
    first: Vec<String>,
    finding: Option<Diagnostic>,
}

impl<'t> Misfit<'t> {
    /// Rows in quarantine of a table that allows none, after which its manifest is taken for another table's.
    const ENOUGH: u64 = 1_000_000;
    /// The same of a table that allows some.
    const MORE: u64 = 5_000_000;

    fn new(table: &'t Table) -> Misfit<'t> {
        Misfit { table, read: 0, quarantined: 0, first: Vec::new(), finding: None }
    }

    /// Counts the rows of a batch.
    ///
    /// # Errors
    /// Any, beside a finding, where reading on would only fill the memory.
    fn see(&mut self, batch: &Batch) -> Result<(), Error> {
        self.read += batch.read();
        let wrong = batch.rejects.iter().filter(|reject| reject.outcome == Outcome::Quarantined);
        self.quarantined += wrong.clone().count() as u64;
        let room = 3 - self.first.len().min(3);
        self.first.extend(wrong.take(room).map(|reject| match reject.column.is_empty() {
            true => format!("line {}: {}", reject.line, reject.message),
            false => format!("line {}: `{}`: {}", reject.line, reject.column, reject.message),
        }));
        let most = self.table.quarantine_limit;
        let enough = if most > 0.0 { Misfit::MORE } else { Misfit::ENOUGH };
        if self.quarantined <= enough || self.quarantined as f64 <= most * self.read as f64 {
            return Ok(());
        }
        let (name, read, rows) = (&self.table.name, self.read, self.quarantined);
        let message = format!("{rows} of the first {read} rows of `{name}` are in quarantine; the rest is not read");
        let mut finding = Diagnostic::error(ids::TOO_MANY_QUARANTINED, message).at(self.table.source.span);
        finding.notes = std::mem::take(&mut self.first);
        let help = "see that `delimiter`, `encoding` and the columns' types in the manifest are those of the file";
        self.finding = Some(finding.help(help));
        Err(Error::Defect("a table that is not what its manifest says".to_owned()))
    }
}

impl StreamEnd {
    fn add(&mut self, file: FileRead, rows: u64) {
        for name in file.end.undeclared {
            *self.undeclared.entry(name).or_default() += 1;
        }
        for name in file.end.absent {
            *self.absent.entry(name).or_default() += rows;
        }
        self.findings.extend(file.end.findings);
        self.warnings.extend(file.end.warnings);
        if let Some(more) = file.end.present {
            let present = self.present.get_or_insert_with(|| vec![false; more.len()]);
            present.iter_mut().zip(more).for_each(|(present, more)| *present |= more);
        }
        self.inputs.push(Input { rows, ..file.input });
    }
}

/// What is known of one file once it is read.
struct FileRead {
    input: Input,
    end: FileEnd,
}

/// The files of one table.
struct Files<'f> {
    system: &'f dyn System,
    root: &'f Path,
    plan: &'f Plan<'f>,
    sizes: Sizes,
}

impl Files<'_> {
    /// How many of the first files are small enough to be read at a time.
    fn small(&self, paths: &[PathBuf]) -> usize {
        let mut bytes = 0;
        let fits = |path: &&PathBuf| {
            let packed = self.packing(path) != Packing::None;
            let size = self.system.open(&self.root.join(path)).map_or(0, |(_, size)| size);
            bytes += size;
            !packed && bytes <= self.sizes.window as u64 / 2
        };
        paths.iter().take(MANY).take_while(fits).count()
    }

    fn packing(&self, path: &Path) -> Packing {
        match self.plan.table.source.packing {
            Packing::ByName => Packing::of(&path.to_string_lossy()).0,
            stated => stated,
        }
    }

    fn collected(&self, path: &Path) -> Result<(Vec<Batch>, FileRead), Error> {
        let mut batches = Vec::new();
        let read = self.file(path, &mut |batch| {
            batches.push(batch);
            Ok(())
        })?;
        Ok((batches, read))
    }

    fn ndjson(
        &self,
        packing: Packing,
        file: &mut SourceFile,
        shown: &str,
        sink: &mut Sink,
    ) -> Result<FileEnd, Stopped> {
        let read = unpack(packing, &mut *file).and_then(|raw| {
            let mut buffered = BufReader::with_capacity(1 << 18, raw);
            let (whole, sunk) = forward(sink, |rows| ndjson::read(&mut buffered, self.plan, shown, rows));
            whole.map(|whole| (whole, sunk))
        });
        match read {
            Ok((whole, sunk)) => sunk.map_err(Stopped::Sink).map(|()| whole.into()),
            // What unpacks the file gave up, not the system.
            Err(error) if !file.failed() => Ok(FileEnd::found(broken(packing, shown, file, &error))),
            Err(error) => Err(Stopped::Read(error)),
        }
    }

    fn file(&self, path: &Path, sink: &mut Sink) -> Result<FileRead, Error> {
        let shown = shown(self.root, path);
        let full = self.root.join(path);
        let table = self.plan.table;
        let (name, hash) = (table.name.clone(), String::new());
        let mut input = Input { table: name, path: shown.clone(), bytes: 0, hash, rows: 0, state: None };
        if !self.system.exists(&full) {
            let finding = Diagnostic::error(ids::FILE_MISSING, format!("no file `{shown}`")).at(table.source.span);
            let finding = finding.help("put the file there, or mend `path` in the manifest");
            return Ok(FileRead { input, end: FileEnd::found(finding) });
        }
        let mut file = match SourceFile::open(self.system, &full)? {
            Ok(file) => file,
            Err(why) => {
                let message = format!("`{shown}` cannot be read: {why}");
                let finding = Diagnostic::error(ids::FILE_UNREADABLE, message).located(&shown);
                return Ok(FileRead { input, end: FileEnd::found(finding.help("name files in `path`")) });
            }
        };
        if let Format::Sqlite(asked) = &table.source.format {
            let (read, sunk) = forward(sink, |rows| sqlite::read(self.system, &full, asked, self.plan, &shown, rows));
            let (whole, bytes, hash) = read?;
            sunk?;
            (input.bytes, input.hash) = (bytes, hash.to_hex().to_string());
            return Ok(FileRead { input, end: whole.into() });
        }
        let partitions = if table.source.partitions { partitions(&shown) } else { Partitions::new() };
        let mut end = match &table.source.format {
            Format::Csv(csv) => {
                let packing = self.packing(path);
                let text = Text { csv, packing, partitions: &partitions, shown: &shown, sizes: self.sizes };
                text.read(&mut file, self.plan, sink)
            }
            Format::Parquet => parquet::stream(&file, &partitions, self.plan, &shown, self.sizes, sink),
            Format::Ndjson(_) => self.ndjson(self.packing(path), &mut file, &shown, sink),
            Format::Excel(excel) => {
                let mut bytes = Vec::new();
                file.read_to_end(&mut bytes).map_err(Stopped::Read).and_then(|_| {
                    let (whole, sunk) = forward(sink, |rows| excel::read(&bytes, excel, self.plan, &shown, rows));
                    sunk.map_err(Stopped::Sink).map(|()| whole.into())
                })
            }
            Format::Sqlite(_) | Format::Postgres(_) => {
                return Err(Error::Defect("a database is not read as a file".to_owned()));
            }
        }
        .map_err(|stopped| match stopped {
            Stopped::Read(error) => Error::io("read", &full)(error),
            Stopped::Sink(error) => error,
        })?;
        let whole = file.finish().map_err(Error::io("read", &full))?;
        if whole.changed {
            let message = format!("`{shown}` was changed while it was read");
            let finding = Diagnostic::error(ids::FILE_CHANGED, message).located(&shown);
            end.findings = vec![
                finding.help("run again once nobody writes the file; let exports write to another name and rename"),
            ];
        }
        (input.bytes, input.hash, input.state) = (whole.bytes, whole.hash, Some(whole.state));
        Ok(FileRead { input, end })
    }
}

/// Reads with what takes batches and cannot stop; the first error of `sink` comes beside what was read.
fn forward<R>(sink: &mut Sink, read: impl FnOnce(&mut dyn FnMut(Batch)) -> R) -> (R, Result<(), Error>) {
    let mut sunk = Ok(());
    let read = read(&mut |batch| {
        if sunk.is_ok() {
            sunk = sink(batch);
        }
    });
    (read, sunk)
}

/// Small files that are read at a time at most.
const MANY: usize = 64;

/// A path as messages show it: relative to the project, with `/`.
pub fn shown(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = path.components().map(|c| c.as_os_str().to_string_lossy()).collect();
    parts.join("/").replacen("//", "/", 1)
}
