//! Tables: from source files to frames that keep their contract.
//!
//! In: the tables of a [`Project`], the files that they name. Out: [`Loaded`]: one frame for each table with the rows
//! that keep its manifest's contract, references between their rows, and an account of every row that was read. Must
//! not know: rules, runs, the clock, terminals. Start at [`load`].
//!
//! | step | module | in | out |
//! |---|---|---|---|
//! | read | [`stream()`], [`csv`], [`parquet`], [`ndjson`], [`excel`], [`sqlite`], [`postgres`], [`value`] | files, databases | rows whose cells are what their columns declare, in batches |
//! | collect | [`read`] | batches | the rows of a table |
//! | judge | [`contracts`] | rows of one table | rows that keep its contract, with computed columns |
//! | settle | [`contract`], [`keys`] | rows of one table | one row for each key |
//! | resolve | [`relations`], [`related`] | rows of all tables | for each reference the row that it finds |
//! | measure | [`quality`], [`figures`], [`histogram`], [`bins`], [`report`] | rows kept and turned away | figures |
//! | compare | [`drift`] | figures of an earlier run | what moved |
//!
//! Tables larger than memory go through [`parts`] instead, with the same result.
//!
//! Rows keep source order: files by their paths' bytes, then lines. Nothing is lost: rows read = kept + quarantined +
//! removed as declared, and each that is not kept is listed.

mod arrow_value;
mod batch;
pub mod bins;
mod changed;
mod completeness;
mod contract;
mod contracts;
mod csv;
mod csv_record;
mod csv_rows;
mod database;
mod decode;
pub mod drift;
mod excel;
pub mod ffi;
mod field;
mod figures;
mod header;
mod hints;
mod histogram;
mod keys;
mod layout;
mod lines;
mod ndjson;
mod network;
mod number;
mod number_style;
mod parquet;
mod partitions;
pub mod parts;
mod postgres;
pub mod quality;
mod read;
mod rejected;
mod related;
mod relations;
pub mod report;
mod rows;
mod serial;
pub mod sniff;
mod source_file;
mod sqlite;
mod stream;
mod sums;
mod text_file;
pub mod value;
mod whole;
mod windows;
mod withhold;

pub use batch::{Batch, Reject, Sink};
pub use changed::{changed, is_same};
pub use contracts::World;
pub use keys::unlike;
pub use lines::Lines;
pub use postgres::database;
pub use quality::TableQuality;
pub use rejected::{Outcome, Rejected};
pub use related::related;
pub use stream::{StreamEnd, stream};

use crate::diag::{self, Diagnostic};
use crate::error::{Error, Stop};
use crate::manifest::model::{Project, Table};
use crate::system::{FileState, System};
use completeness::Reached;
use contract::Settled;
use indexmap::IndexMap;
use jiff::tz::TimeZone;
use network::Measures;
use polars::prelude::{BooleanChunked, DataFrame, IntoColumn, NewChunkedArray, Series};
use rayon::prelude::*;
use read::RawTable;
use relations::Resolved;
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use windows::Sizes;

/// All tables of a project.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Tables by name, in the project's order.
    pub tables: IndexMap<String, LoadedTable>,
    /// Figures of each table, in the project's order.
    pub figures: Vec<TableQuality>,
    /// Rows that are in no table, by table, file and line.
    pub rejected: Vec<Rejected>,
    /// The figures as a frame, see [`report::quality_frame`].
    pub quality: DataFrame,
    /// The rows that are in no table as a frame, see [`report::quarantine_frame`].
    pub quarantine: DataFrame,
    /// Files read, by table and path.
    pub inputs: Vec<Input>,
    /// Findings that do not stop a run: rules that rows break and stay, what is odd about a source.
    pub warnings: Vec<Diagnostic>,
}

/// One table.
#[derive(Debug)]
pub struct LoadedTable {
    /// Columns in the manifest's order under their declared names, one chunk each; types String, Int64, Float64,
    /// Boolean, Date, Datetime(Microseconds, None) in UTC, Decimal.
    pub frame: DataFrame,
    /// Where each row stands in its source.
    pub lines: Lines,
    /// For each reference of the manifest, in order, the row of the other table that each row finds; `u32::MAX` where
    /// it finds none.
    pub references: Vec<Vec<u32>>,
}

impl LoadedTable {
    /// How many rows it has.
    pub fn rows(&self) -> usize {
        self.frame.height()
    }
}

/// A source file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The table.
    pub table: String,
    /// Path relative to the project, with `/`.
    pub path: String,
    /// Size.
    pub bytes: u64,
    /// blake3 of the bytes, in hex.
    pub hash: String,
    /// Rows read, those that were turned away too.
    pub rows: u64,
    /// What the file was known by when it was read; none of a database, whose rows are those of one transaction.
    pub state: Option<FileState>,
}

/// Why the tables of a project could not be loaded.
#[derive(Debug)]
pub enum LoadFailure {
    /// The data or their manifests are at fault. What was read all the same is for the record of the failed run.
    Findings(Vec<Diagnostic>, Box<Loaded>),
    /// The environment failed.
    Error(Error),
}

impl From<Error> for LoadFailure {
    fn from(error: Error) -> LoadFailure {
        LoadFailure::Error(error)
    }
}

impl From<Stop> for LoadFailure {
    fn from(stop: Stop) -> LoadFailure {
        match stop {
            Stop::Findings(found) | Stop::Configuration(found) => LoadFailure::Findings(found, Box::default()),
            Stop::Error(error) => LoadFailure::Error(error),
        }
    }
}

/// Finds the files that a table's paths name.
pub type Expand<'e> = dyn Fn(&Table) -> Result<Vec<PathBuf>, Vec<Diagnostic>> + Sync + 'e;

/// Loads all tables of a project whose folder is `root`. Datetimes without offset are in the world's zone. `expand` gives
/// the files of a table, absolute or relative to `root`.
///
/// The result does not depend on the number of threads in the world's pool.
///
/// # Errors
/// [`LoadFailure::Findings`] with all findings of all tables: `file-missing`, `file-format`, `encoding`,
/// `column-missing`, `column-repeated`, `type-mismatch`, `key-repeated`, `orphan`, `too-many-quarantined`,
/// `table-empty`, `table-too-large`, `connection`, `query`. [`LoadFailure::Error`] where a file cannot be read.
pub fn load(
    system: &dyn System,
    root: &Path,
    project: &Project,
    world: &World,
    expand: &Expand,
) -> Result<Loaded, LoadFailure> {
    world.pool.install(|| {
        let mut raw = read_all(system, root, project, &|_| true, world.zone, expand)?;
        let judged = contracts::judge_all(&mut raw, world)?;
        join(&raw, judged, project, world)
    })
}

/// The rows of all tables that `is_whole` says; the others are empty.
fn read_all<'a>(
    system: &dyn System,
    root: &Path,
    project: &'a Project,
    is_whole: &(dyn Fn(usize) -> bool + Sync),
    zone: &TimeZone,
    expand: &Expand,
) -> Result<Vec<RawTable<'a>>, Error> {
    let tables: Vec<&Table> = project.tables.values().collect();
    let own: Vec<Cow<Table>> = tables.iter().map(|table| contracts::of_source(table)).collect();
    let of_files = |number: usize| match postgres::source(tables[number]) {
        None if is_whole(number) => read_table(system, root, tables[number], &own[number], zone, expand),
        _ => Ok(RawTable::empty(tables[number])),
    };
    let files = || (0..tables.len()).into_par_iter().map(of_files).collect::<Vec<_>>();
    let asked: Vec<&Table> = own.iter().map(Cow::as_ref).collect();
    let (read, databases) = rayon::join(files, || postgres::read(system, &asked, zone));
    let mut raw = read.into_iter().collect::<Result<Vec<_>, Error>>()?;
    for (number, table) in databases? {
        raw[number] = table.with_computed(tables[number]);
    }
    Ok(raw)
}

/// The rows of one table; `source` is it without the columns that are computed.
fn read_table<'a>(
    system: &dyn System,
    root: &Path,
    table: &'a Table,
    source: &Table,
    zone: &TimeZone,
    expand: &Expand,
) -> Result<RawTable<'a>, Error> {
    match expand(table) {
        Ok(paths) => Ok(read::read(system, root, source, paths, zone, Sizes::default())?.with_computed(table)),
        Err(findings) => Ok(RawTable { findings, ..RawTable::empty(table) }),
    }
}

/// Settles keys and references of tables that were read, and builds their frames.
fn join(
    raw: &[RawTable],
    judged: Vec<contracts::Judged>,
    project: &Project,
    world: &World,
) -> Result<Loaded, LoadFailure> {
    let mut settled = settle_all(raw, judged, world.zone)?;
    let resolved = relations::resolve(&mut settled, &[], world.zone)?;
    let numbers: Vec<Vec<u32>> = settled.par_iter().map(|table| rows::numbers(&table.alive)).collect();
    let numbers: Vec<&[u32]> = numbers.iter().map(Vec::as_slice).collect();
    let mut reached = Reached::new();
    if let Some(customer) = project.tables.get_index_of(&project.customer) {
        completeness::reach(&settled, &resolved, customer, &mut reached);
    }
    let network = network::World { settled: &settled, resolved: &resolved, numbers: &numbers };
    let measured = network::measure(network, project)?;
    let all = All { settled: &settled, resolved: &resolved, numbers: &numbers, reached: &reached, measured: &measured };
    let mut gathered = Gathered::default();
    for number in 0..settled.len() {
        gathered.add(whole(&all, number, project, world)?);
    }
    gathered.finish(raw.iter().flat_map(|raw| raw.inputs.clone()).collect(), project, world)
}

fn settle_all<'r>(
    raw: &'r [RawTable<'r>],
    judged: Vec<contracts::Judged>,
    zone: &TimeZone,
) -> Result<Vec<Settled<'r>>, Error> {
    let settle = raw.par_iter().zip(judged).map(|(raw, judged)| contract::settle(raw, judged, zone));
    settle.collect::<Vec<_>>().into_iter().collect()
}

/// What a table gives once keys and references are settled.
struct Finished {
    table: LoadedTable,
    figures: TableQuality,
    rejected: Vec<Rejected>,
    findings: Vec<Diagnostic>,
}

/// All tables, settled.
#[derive(Clone, Copy)]
struct All<'a> {
    settled: &'a [Settled<'a>],
    resolved: &'a [Arc<Resolved>],
    /// For each table the numbers of its rows among those that stay.
    numbers: &'a [&'a [u32]],
    /// Customers whom related tables make more complete.
    reached: &'a Reached,
    /// Columns that are measured on networks.
    measured: &'a Measures,
}

/// A table whose rows are all in memory.
fn whole(all: &All, number: usize, project: &Project, world: &World) -> Result<Finished, Error> {
    let All { settled, resolved, numbers, reached, measured } = *all;
    let (sources, zone) = (world.sources, world.zone);
    let table = &settled[number];
    let manifest = table.raw.table;
    let mut findings: Vec<Diagnostic> = table.raw.findings.iter().chain(&table.raw.warnings).cloned().collect();
    findings.extend(table.repeats.finding(manifest, sources));
    let misfits = relations::misfits(settled, number);
    let fits = misfits.is_empty();
    findings.extend(misfits);
    let mut counts = Vec::new();
    for ((count, lost), reference) in
        relations::orphans(settled, resolved, number, zone)?.into_iter().zip(&manifest.references)
    {
        findings.extend(lost.finding(manifest, reference, sources));
        counts.push(count);
    }
    let rejected = table.rejected();
    findings.extend(contract::totals(table, &rejected, manifest.name == project.customer, sources));
    let mut columns = kept_columns(table)?;
    measured.fill(number, &mut columns);
    findings.extend(measured.findings(number).iter().cloned());
    let completeness = completeness::fill(table, reached, &mut columns);
    findings.extend(contracts::whole::findings(table, &columns, world)?);
    let values = quality::figures(manifest, &columns, world.earlier, zone)?;
    let figures = quality::measure(table, values, &rejected, counts, completeness)?;
    let figures = TableQuality { ties: measured.ties(number), ..figures };
    findings.extend(contracts::whole::of_figures(manifest, &figures, fits));
    let table = LoadedTable {
        references: references(settled, resolved, numbers, number),
        lines: table.raw.lines.kept(&table.alive),
        frame: frame(&manifest.name, columns, figures.kept as usize)?,
    };
    Ok(Finished { table, figures, rejected, findings })
}

fn frame(name: &str, columns: Vec<Series>, rows: usize) -> Result<DataFrame, Error> {
    let columns = columns.into_iter().map(IntoColumn::into_column).collect();
    DataFrame::new(rows, columns).map_err(|e| refused(name, &e))
}

/// For each reference of a table the row that each of its rows finds, among the rows that stay.
fn references(settled: &[Settled], resolved: &[Arc<Resolved>], numbers: &[&[u32]], number: usize) -> Vec<Vec<u32>> {
    let table = &settled[number];
    let target = |name: &str| settled.iter().position(|t| t.raw.table.name == name).map(|t| numbers[t]);
    let references = table.raw.table.references.iter().zip(&resolved[number].targets);
    references.map(|(r, targets)| relations::renumber(targets, &table.alive, target(&r.table))).collect()
}

/// What the tables give, in the project's order.
#[derive(Default)]
struct Gathered {
    loaded: Loaded,
    findings: Vec<Diagnostic>,
}

impl Gathered {
    fn add(&mut self, table: Finished) {
        self.findings.extend(table.findings);
        self.loaded.tables.insert(table.figures.table.clone(), table.table);
        self.loaded.figures.push(table.figures);
        self.loaded.rejected.extend(table.rejected);
    }

    fn finish(self, inputs: Vec<Input>, project: &Project, world: &World) -> Result<Loaded, LoadFailure> {
        let Gathered { mut loaded, mut findings } = self;
        let mut lines = report::lines(&loaded.figures);
        if let Some(earlier) = world.earlier {
            let drift = drift::drift(earlier, &loaded.figures, project);
            lines.extend(drift.lines);
            findings.extend(drift.warnings);
        }
        loaded.quality = report::quality_frame(&lines)?;
        loaded.quarantine = report::quarantine_frame(&loaded.rejected)?;
        loaded.inputs = inputs;
        loaded.warnings = findings.iter().filter(|found| !found.is_error()).cloned().collect();
        match findings.iter().any(Diagnostic::is_error) {
            false => Ok(loaded),
            true => {
                diag::sort(&mut findings);
                Err(LoadFailure::Findings(findings, Box::new(loaded)))
            }
        }
    }
}

/// The columns of the rows that stay.
fn kept_columns(table: &Settled) -> Result<Vec<Series>, Error> {
    kept(table, &table.raw.columns)
}

/// Some columns of a table, of the rows that stay.
fn kept(table: &Settled, columns: &[Series]) -> Result<Vec<Series>, Error> {
    if !table.alive.contains(&false) {
        return Ok(columns.to_vec());
    }
    let mask = BooleanChunked::from_slice("kept".into(), &table.alive);
    let kept = |series: &Series| series.filter(&mask).map(|kept| kept.rechunk());
    let columns = columns.par_iter().map(kept).collect::<Vec<_>>();
    columns.into_iter().collect::<Result<_, _>>().map_err(|e| refused(&table.raw.table.name, &e))
}

fn refused(table: &str, error: &dyn std::fmt::Display) -> Error {
    Error::Defect(format!("the frame of table {table} is refused: {error}"))
}

#[cfg(test)]
mod tests;
