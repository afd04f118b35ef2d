//! Everything a run writes, under `.staging/<run-id>/`.
//!
//! In: an [`Outcome`], tables of quality, the project's texts. Out: the files in staging and what they are. Must not
//! know: final paths. Files are written in parallel; what is in them does not depend on how many at a time. Where there is
//! no room for one, the others are only measured, so that it is known what would do ([`Unwritten`]).

use super::aliases::ALIASES;
use super::business::Made;
use super::columns::Selection;
use super::execute::Carried;
use super::layout::{DECISIONS, TEXTS};
use super::outcome::Outcome;
use super::parquet::{Properties, measure_file, measure_text, write_file, write_text};
use super::past::HISTORY;
use super::record::OutputFile;
use super::turnover::{self, TURNOVER};
use super::{partition, summaries, tables, withheld};
use crate::diag::{Diagnostic, ids};
use crate::dtype::DataType;
use crate::error::{Error, Stop};
use crate::manifest::model::Project;
use crate::source::SourceMap;
use crate::system::System;
use polars::prelude::{DataFrame, Series};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::path::{Component, Path};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// One Parquet file to write.
#[derive(Clone)]
pub struct Job {
    /// Path inside the run's folder.
    pub path: String,
    /// Its columns, whole.
    pub columns: Arc<Vec<Series>>,
    /// The rows it takes, in order.
    pub rows: Vec<u32>,
    /// Compression and metadata.
    pub properties: Properties,
}

impl Job {
    fn whole(path: impl Into<String>, columns: Vec<Series>, properties: &Properties) -> Job {
        let rows = (0..columns.first().map_or(0, |c| c.len()) as u32).collect();
        Job { path: path.into(), columns: Arc::new(columns), rows, properties: properties.clone() }
    }

    fn parts(folder: &str, columns: &Arc<Vec<Series>>, rows: &[u32], size: usize, properties: &Properties) -> Vec<Job> {
        let job = |(part, rows): (usize, &[u32])| Job {
            path: format!("{folder}/part-{part:04}.parquet"),
            columns: columns.clone(),
            rows: rows.to_vec(),
            properties: properties.clone(),
        };
        if rows.is_empty() {
            return vec![job((0, rows))];
        }
        rows.chunks(size.max(1)).enumerate().map(job).collect()
    }
}

/// The Parquet files of a committed run, with warnings.
///
/// # Errors
/// `partition-value` and `wrong-value` of [`partition::folders`]; [`Error::Defect`].
pub fn jobs(
    project: &Project,
    selection: &Selection,
    outcome: &Outcome,
    quality: DataFrame,
    quarantine: DataFrame,
    properties: &Properties,
) -> Result<(Vec<Job>, Vec<Diagnostic>), Stop> {
    let (mut jobs, warnings) = decisions(project, selection, outcome, properties)?;
    let shown = outcome.columns.iter().filter(|column| !withheld::is_left_out(project, column.name()));
    let profile = Arc::new(shown.cloned().collect::<Vec<_>>());
    jobs.extend(Job::parts("profile", &profile, &outcome.order, project.output.rows_per_file, properties));
    let tiers = tables::tiers(outcome, project.decision.order.len());
    jobs.push(Job::whole("summary.parquet", tables::tier_columns(&tiers), properties));
    jobs.push(Job::whole("migration.parquet", tables::migration_columns(&tables::migration(outcome)), properties));
    for summary in &project.summaries {
        let path = format!("summaries/{}.parquet", partition::escape(&summary.name));
        jobs.push(Job::whole(path, summaries::columns(outcome, summary)?, properties));
    }
    jobs.extend(evidence(project, Some(outcome), quality, quarantine, properties)?);
    Ok((jobs, warnings))
}

/// The Parquet files of what was carried over from the cycle before: earlier decisions, what became of aliases.
///
/// # Errors
/// [`Error::Defect`].
pub fn carried(outcome: &Outcome, carried: &Carried, properties: &Properties) -> Result<Vec<Job>, Error> {
    let mut jobs = Vec::new();
    if let Some(past) = &carried.past {
        jobs.push(Job::whole(HISTORY, past.columns(&outcome.key)?, properties));
    }
    if let Some(told) = &carried.aliases {
        jobs.push(Job::whole(ALIASES, told.columns.clone(), properties));
    }
    Ok(jobs)
}

/// The Parquet files of a business plan.
pub fn business(made: &Made, properties: &Properties) -> Vec<Job> {
    made.files.iter().map(|(path, columns)| Job::whole(*path, columns.clone(), properties)).collect()
}

/// The Parquet files of every run, also one that failed: who is undetermined, what was done to the data, which rows
/// were set aside, who entered or left the roster.
///
/// # Errors
/// [`Error::Defect`].
pub fn evidence(
    project: &Project,
    outcome: Option<&Outcome>,
    quality: DataFrame,
    quarantine: DataFrame,
    properties: &Properties,
) -> Result<Vec<Job>, Error> {
    let series = |frame: DataFrame| frame.columns().iter().map(|c| c.as_materialized_series().clone()).collect();
    let mut jobs = vec![
        Job::whole("quality.parquet", series(quality), properties),
        Job::whole("quarantine.parquet", series(quarantine), properties),
    ];
    if let Some(outcome) = outcome {
        jobs.push(Job::whole("undetermined.parquet", tables::undetermined_columns(outcome)?, properties));
        if let Some(budget) = project.turnover.as_ref().filter(|_| outcome.gone_keys.is_some()) {
            jobs.push(Job::whole(TURNOVER, turnover::columns(outcome, budget)?, properties));
        }
    }
    Ok(jobs)
}

fn decisions(
    project: &Project,
    selection: &Selection,
    outcome: &Outcome,
    properties: &Properties,
) -> Result<(Vec<Job>, Vec<Diagnostic>), Stop> {
    let mut written = Vec::new();
    let mut folders: Vec<Option<Series>> = vec![None; selection.partition_by.len()];
    let columns = selection.columns.par_iter().map(|column| outcome.column(&column.from));
    for (at, (column, series)) in selection.columns.iter().zip(columns.collect::<Vec<_>>()).enumerate() {
        let series = series.ok_or_else(|| Error::Defect(format!("no column {} to write", column.from)))?;
        let series = series.with_name(column.name.as_str().into());
        // A folder's column is not repeated inside the files: pyarrow and pandas refuse a column that is both.
        match selection.partition_by.iter().position(|p| *p == at) {
            Some(level) => folders[level] = Some(series),
            None => written.push(series),
        }
    }
    let folders: Vec<Series> = folders.into_iter().flatten().collect();
    let written = Arc::new(written);
    let properties = match folders.is_empty() {
        true => properties.clone(),
        false => properties.with("pandas", partition::pandas_metadata(&folders)),
    };
    let mut jobs = Vec::new();
    let placed = |stop| match stop {
        Stop::Findings(found) => {
            Stop::Findings(found.into_iter().map(|d: Diagnostic| d.at(project.output.places.partition_at)).collect())
        }
        stop => stop,
    };
    for (folder, rows) in partition::folders(&folders, &outcome.order).map_err(placed)? {
        let folder = if folder.is_empty() { DECISIONS.to_owned() } else { format!("{DECISIONS}/{folder}") };
        jobs.extend(Job::parts(&folder, &written, &rows, project.output.rows_per_file, &properties));
    }
    if jobs.is_empty() || folders.iter().any(valueless) {
        let folder = placeholder(project, selection, &folders);
        jobs.extend(Job::parts(&format!("{DECISIONS}{folder}"), &written, &[], 1, &properties));
    }
    Ok((jobs, folders.iter().filter_map(empty_texts).collect()))
}

/// Whether no row has a value, so that readers could not tell the type of the folder's column.
fn valueless(folder: &Series) -> bool {
    match folder.str() {
        Ok(texts) => texts.iter().all(|t| t.is_none_or(str::is_empty)),
        Err(_) => folder.null_count() == folder.len(),
    }
}

/// A folder for a file without rows, which tells readers the type of the folders' columns.
fn placeholder(project: &Project, selection: &Selection, folders: &[Series]) -> String {
    let mut path = String::new();
    for (series, at) in folders.iter().zip(&selection.partition_by) {
        let column = &selection.columns[*at];
        let lowest = project.decision.order.first().filter(|_| column.from == project.decision.tier);
        let value = match (lowest, column.dtype) {
            (Some(tier), _) => tier.clone(),
            (None, DataType::Int) => "0".to_owned(),
            (None, _) => "none".to_owned(),
        };
        path.push_str(&format!("/{}={}", partition::escape(series.name()), partition::escape(&value)));
    }
    path
}

fn empty_texts(folder: &Series) -> Option<Diagnostic> {
    let empty = folder.str().ok()?.iter().filter(|t| *t == Some("")).count();
    let message = format!("{empty} customers have an empty text in the partition column `{}`", folder.name());
    let help = "no reader takes an empty folder value: they stand in the folder of missing values";
    (empty > 0).then(|| Diagnostic::warning(ids::PARTITION_VALUE, message).help(help))
}

/// Why the files of a run are not staged.
#[derive(Debug)]
pub struct Unwritten {
    /// That of the first file, in the order of the jobs, that cannot be written.
    pub error: Error,
    /// Where there was no room: all files as they would have been written, sorted by path. Else none.
    pub outputs: Vec<OutputFile>,
}

impl From<Error> for Unwritten {
    fn from(error: Error) -> Unwritten {
        Unwritten { error, outputs: Vec::new() }
    }
}

/// Writes files until there is no room for one; then it measures those that are left.
struct Stage<'s> {
    system: &'s dyn System,
    folder: &'s Path,
    full: AtomicBool,
}

/// The facts of a file; beside them why it is not there.
type Staged = Result<(OutputFile, Option<Error>), Error>;

impl Stage<'_> {
    /// Makes the folders; gives the error where there is no room for one.
    fn folders(&self, parents: &BTreeSet<&str>) -> Result<Option<Error>, Error> {
        let paths = parents.iter().map(|parent| self.folder.join(parent));
        let made =
            std::iter::once(self.folder.to_owned()).chain(paths).try_for_each(|path| self.system.create_dir(&path));
        match made {
            Err(error) if error.is_no_room() => {
                self.full.store(true, Ordering::Relaxed);
                Ok(Some(error))
            }
            made => made.map(|()| None),
        }
    }

    fn put(
        &self,
        write: impl FnOnce() -> Result<OutputFile, Error>,
        measure: impl FnOnce() -> Result<OutputFile, Error>,
    ) -> Staged {
        if self.full.load(Ordering::Relaxed) {
            return Ok((measure()?, None));
        }
        match write() {
            Ok(facts) => Ok((facts, None)),
            Err(error) if error.is_no_room() => {
                self.full.store(true, Ordering::Relaxed);
                Ok((measure()?, Some(error)))
            }
            Err(error) => Err(error),
        }
    }

    fn table(&self, job: &Job) -> Staged {
        let (path, columns, rows, properties) = (&job.path, &job.columns, &job.rows, &job.properties);
        self.put(
            || write_file(self.system, self.folder, path, columns, rows, properties),
            || measure_file(path, columns, rows, properties),
        )
    }

    fn text(&self, path: &str, text: &str) -> Staged {
        self.put(|| write_text(self.system, self.folder, path, text), || Ok(measure_text(path, text)))
    }
}

/// Writes all files into `folder`, several at a time, syncs files and folders, and gives their facts sorted by path.
///
/// # Errors
/// [`Unwritten`].
pub fn write(
    system: &dyn System,
    folder: &Path,
    jobs: &[Job],
    sources: Option<&SourceMap>,
    pool: &rayon::ThreadPool,
) -> Result<Vec<OutputFile>, Unwritten> {
    let texts = sources.map(project_texts).unwrap_or_default();
    let paths = jobs.iter().map(|job| job.path.as_str()).chain(texts.iter().map(|(path, _)| path.as_str()));
    let parents: BTreeSet<&str> = paths.filter_map(|path| path.rsplit_once('/').map(|(parent, _)| parent)).collect();
    let stage = Stage { system, folder, full: AtomicBool::new(false) };
    let mut no_room = stage.folders(&parents)?;
    let mut written: Vec<Staged> = pool.install(|| jobs.par_iter().map(|job| stage.table(job)).collect());
    if written.iter().all(Result::is_ok) {
        written.extend(texts.iter().map(|(path, text)| stage.text(path, text)));
    }
    let mut outputs = Vec::with_capacity(written.len());
    for staged in written {
        let (facts, error) = staged?;
        outputs.push(facts);
        no_room = no_room.or(error);
    }
    outputs.sort();
    if let Some(error) = no_room {
        return Err(Unwritten { error, outputs });
    }
    let mut folders: BTreeSet<&str> = BTreeSet::new();
    for parent in &parents {
        let ends = parent.match_indices('/').map(|(at, _)| at).chain([parent.len()]);
        folders.extend(ends.map(|end| &parent[..end]));
    }
    match folders.iter().try_for_each(|parent| system.sync_dir(&folder.join(parent))) {
        Ok(()) => Ok(outputs),
        Err(error) => Err(Unwritten { error, outputs }),
    }
}

/// The project's texts that ran, by the path of their copy. A path that leads out of the project has no copy.
fn project_texts(sources: &SourceMap) -> Vec<(String, String)> {
    let inside = |path: &str| Path::new(path).components().all(|c| matches!(c, Component::Normal(_)));
    let mut texts: Vec<(String, String)> = sources
        .files()
        .filter(|(_, file)| !file.path.is_empty() && inside(&file.path))
        .map(|(_, file)| (format!("{TEXTS}/{}", file.path), file.text.clone()))
        .collect();
    texts.sort();
    texts.dedup_by(|a, b| a.0 == b.0);
    texts
}
