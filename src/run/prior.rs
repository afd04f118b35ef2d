//! The prior decisions: what `c.prior` is.
//!
//! In: the record and the Parquet files of the run before. Out: [`Prior`], keyed by customer. Must not know: rules, this
//! run's data. A customer who was undetermined carries the tier and value last decided, which every run writes. Keys are those
//! of that run: `aliases` gives customers their new ones.

use super::added::{DECIDED_CYCLE, DECIDED_CYCLES, DECIDED_SINCE, DECIDED_TIER, DECIDED_VALUE};
use super::decided;
use super::history;
use super::intact;
use super::keys::Keys;
use super::layout::{DECISIONS, Layout, RECORD};
use super::outcome::Outcome;
use super::past::{self, Past};
use super::quality::QUALITY;
use super::record::Record;
use crate::diag::{Diagnostic, ids};
use crate::dtype::DataType;
use crate::error::{Error, Stop};
use crate::manifest::model::Project;
use crate::rules::tables::TENURE;
use crate::system::System;
use crate::table::ffi;
use indexmap::IndexMap;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use polars::prelude::{DataType as Frame, Series, TimeUnit};
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// What an earlier run decided, one row for each of its customers who were ever decided.
#[derive(Clone, Debug)]
pub struct Prior {
    /// Its run id.
    pub run: String,
    /// Its cycle.
    pub cycle: String,
    /// The column of the customers' keys.
    pub key: Series,
    /// The same for look-ups.
    pub keys: Keys,
    /// Tier last decided; never missing.
    pub tier: Series,
    /// Value last decided.
    pub value: Series,
    /// Cycle in which it was decided.
    pub decided: Series,
    /// As-of date since which the tier is held; missing where that is not known.
    pub since: Series,
    /// In how many cycles running it was decided; missing where that is not known.
    pub cycles: Series,
    /// Further columns of `c.prior`, under their own names: those that the project reads back, then those of
    /// [`TENURE`] that it does not.
    pub read_back: Vec<Series>,
    /// What was decided in that cycle and in those before it.
    pub past: Past,
}

impl Prior {
    /// What a run that is not written hands to the next: the decisions that customers carry on, as [`read`] would give them.
    ///
    /// # Errors
    /// [`Error::Defect`]: a column is not there.
    pub fn of(
        outcome: &Outcome,
        project: &Project,
        (cycle, as_of): (&str, i32),
        past: Option<&Past>,
    ) -> Result<Prior, Error> {
        let rows: Vec<u32> = (0..).zip(&outcome.held).filter(|(_, held)| held.is_some()).map(|(row, _)| row).collect();
        let column = |name: &str| {
            let lost = || Error::Defect(format!("decisions have no column {name}"));
            let column = outcome.column(name).ok_or_else(lost)?;
            column.take_slice(&rows).map_err(|e| Error::Defect(format!("column {name}: {e}")))
        };
        let key = column(&outcome.key)?;
        let (tier, value, decided) = (column(DECIDED_TIER)?, column(DECIDED_VALUE)?, column(DECIDED_CYCLE)?);
        let (since, cycles) = (column(DECIDED_SINCE)?, column(DECIDED_CYCLES)?);
        let read_back = project.decision.read_back.keys().map(|name| column(name)).collect::<Result<_, _>>()?;
        let own = past::Decided { key: &key, tier: &tier, value: &value, cycle: &decided };
        let past = past.cloned().unwrap_or_else(|| Past::none(&key)).with(&own, cycle, as_of)?;
        Ok(Prior {
            run: String::new(),
            cycle: cycle.to_owned(),
            keys: Keys::new(&key)?,
            read_back: Prior::visible(read_back, &decided, &since, &cycles),
            key,
            tier,
            value,
            decided,
            since,
            cycles,
            past,
        })
    }

    /// The columns that `c.prior` has beside tier and value, from those read back.
    pub fn visible(read_back: Vec<Series>, decided: &Series, since: &Series, cycles: &Series) -> Vec<Series> {
        let mut columns = read_back;
        for ((name, _), column) in TENURE.iter().zip([decided, since, cycles]) {
            if columns.iter().all(|own| own.name() != name) {
                columns.push(column.clone().with_name((*name).into()));
            }
        }
        columns
    }
}

/// The cycle of a committed run.
///
/// # Errors
/// `prior-run`: there is none of this id.
pub fn cycle_of(system: &dyn System, layout: &Layout, run: &str) -> Result<String, Stop> {
    if let Some(cycle) = history::cycle_of(system, layout, run)? {
        return Ok(cycle);
    }
    let finding = Diagnostic::error(ids::PRIOR_RUN, format!("there is no run `{run}` whose decisions could be read"));
    Err(Stop::Findings(vec![finding.help("`tierwright runs` lists them")]))
}

/// The committed run of an id, or of the beginning of one.
///
/// # Errors
/// `prior-run`: several runs begin so; an id that no run has is given back. [`Error::Io`].
pub fn named(system: &dyn System, layout: &Layout, typed: &str) -> Result<String, Stop> {
    let records = history::committed(system, layout)?;
    let found: Vec<&str> =
        records.iter().map(|record| record.run.as_str()).filter(|run| run.starts_with(typed)).collect();
    match found.as_slice() {
        [run] => Ok((*run).to_owned()),
        [] => Ok(typed.to_owned()),
        several if several.contains(&typed) => Ok(typed.to_owned()),
        several => {
            let message = format!("several runs begin with `{typed}`: {}", several.join(", "));
            Err(Stop::Findings(vec![Diagnostic::error(ids::PRIOR_RUN, message).help("type more of the id")]))
        }
    }
}

/// Reads the prior decisions of run `run` and those of all cycles before it, with warnings.
///
/// # Errors
/// `prior-run`: a column is of another type, or the record says what the files do not. [`Error::Changed`]: a file is not what was committed.
/// [`Error::Io`], [`Error::Format`]: a file is gone or broken.
pub fn read(
    system: &dyn System,
    layout: &Layout,
    cycle: &str,
    run: &str,
    project: &Project,
) -> Result<(Prior, Vec<Diagnostic>), Stop> {
    let (folder, record) = whole(system, layout, (cycle, run), &[DECISIONS, past::HISTORY, QUALITY])?;
    let (mut prior, warnings) = decisions(system, (&folder, &record), cycle, run, project)?;
    let own = past::Decided { key: &prior.key, tier: &prior.tier, value: &prior.value, cycle: &prior.decided };
    prior.past = past::read(system, &folder, &record, &own)?;
    Ok((prior, warnings))
}

/// The same without earlier cycles, for rules that do not read them.
///
/// # Errors
/// As [`read`].
pub fn read_last(
    system: &dyn System,
    layout: &Layout,
    cycle: &str,
    run: &str,
    project: &Project,
) -> Result<(Prior, Vec<Diagnostic>), Stop> {
    let (folder, record) = whole(system, layout, (cycle, run), &[DECISIONS])?;
    decisions(system, (&folder, &record), cycle, run, project)
}

/// A run's folder and record, with files of these names and below these folders as they were committed: what was changed since would decide
/// otherwise, and nobody would see it.
fn whole(
    system: &dyn System,
    layout: &Layout,
    (cycle, run): (&str, &str),
    files: &[&str],
) -> Result<(PathBuf, Record), Error> {
    let folder = layout.run(cycle, run);
    let record = Record::read(system, &folder.join(RECORD))?;
    intact::check(system, &folder, &record, |path| files.iter().any(|file| path.starts_with(file)))?;
    Ok((folder, record))
}

/// The decisions of a run; columns are read by the threads of the pool that this is called in.
fn decisions(
    system: &dyn System,
    (folder, record): (&Path, &Record),
    cycle: &str,
    run: &str,
    project: &Project,
) -> Result<(Prior, Vec<Diagnostic>), Stop> {
    let source = Source { system, folder, record, read_back: &project.decision.read_back };
    let key = &project.tables[&project.customer].key[0];
    let key_type = project.tables[&project.customer].columns[key].dtype;
    let (then, renamed) = source.key(key)?;
    let own = [
        (then.as_str(), key_type),
        (DECIDED_TIER, DataType::Text),
        (DECIDED_VALUE, DataType::Float),
        (DECIDED_CYCLE, DataType::Text),
        (DECIDED_SINCE, DataType::Date),
        (DECIDED_CYCLES, DataType::Int),
    ];
    let more = project.decision.read_back.iter().map(|(name, dtype)| (name.as_str(), *dtype));
    let wanted: Vec<(&str, DataType)> = own.into_iter().chain(more).collect();
    let (mut found, mut warnings) = (Vec::new(), Vec::new());
    let mut columns = Vec::with_capacity(wanted.len());
    warnings.extend(renamed.map(|message| Diagnostic::warning(ids::PRIOR_RUN, message).located(shown(folder))));
    for read in wanted.par_iter().map(|(name, dtype)| source.column(name, *dtype)).collect::<Vec<_>>() {
        let (column, finding) = read?;
        columns.push(column);
        found.extend(finding);
    }
    let read_back = columns.split_off(own.len());
    for (name, _) in project.decision.read_back.keys().zip(&read_back).filter(|(_, column)| column.is_none()) {
        let message = format!("the prior run {run} has no column `{name}`; it reads as missing");
        warnings.push(Diagnostic::warning(ids::PRIOR_RUN, message).located(shown(folder)));
    }
    let mut columns = columns.into_iter();
    let mut next = || columns.next().flatten();
    let (keys, tier, value, decided, since, cycles) = (next(), next(), next(), next(), next(), next());
    let (Some(keys), Some(tier), Some(value), Some(decided)) = (keys, tier, value, decided) else {
        let message = format!("the prior run {run} lacks `{then}` or the columns that each run adds");
        let finding = Diagnostic::error(ids::PRIOR_RUN, message).located(shown(folder));
        found.push(finding.help("name another run, `--prior RUN`, or begin anew, `--prior none`"));
        return Err(Stop::Findings(found));
    };
    if !found.is_empty() {
        return Err(Stop::Findings(found));
    }
    if since.is_none() || cycles.is_none() {
        let message = format!("the prior run {run} does not say since when tiers are held; it counts from now on");
        warnings.push(Diagnostic::warning(ids::PRIOR_RUN, message).located(shown(folder)));
    }
    // Rows of customers never decided have no prior decision.
    let rows: Option<Vec<u32>> = (tier.null_count() > 0)
        .then(|| (0..).zip(tier.is_not_null().iter()).filter(|(_, v)| *v == Some(true)).map(|(r, _)| r).collect());
    let count = rows.as_ref().map_or(tier.len(), Vec::len);
    let take = |s: Series| match &rows {
        Some(rows) => s.take_slice(rows).map_err(|e| Error::Defect(format!("prior column: {e}"))),
        None => Ok(s),
    };
    let known = |column: Option<Series>, name: &str, dtype| match column {
        Some(column) => Ok(take(column)?.with_name(name.into())),
        None => Ok::<_, Error>(Series::full_null(name.into(), count, &frame_type(dtype))),
    };
    let named = project.decision.read_back.iter().zip(read_back);
    let read_back =
        named.map(|((name, dtype), column)| known(column, name, *dtype)).collect::<Result<Vec<_>, Error>>()?;
    let key = take(keys)?.with_name(key.as_str().into());
    let (tier, value, decided) = (take(tier)?, take(value)?, take(decided)?);
    let since = known(since, DECIDED_SINCE, DataType::Date)?;
    let cycles = known(cycles, DECIDED_CYCLES, DataType::Int)?;
    let prior = Prior {
        run: run.to_owned(),
        cycle: cycle.to_owned(),
        keys: Keys::new(&key)?,
        read_back: Prior::visible(read_back, &decided, &since, &cycles),
        past: Past::none(&key),
        key,
        tier,
        value,
        decided,
        since,
        cycles,
    };
    Ok((prior, warnings))
}

struct Source<'a> {
    system: &'a dyn System,
    folder: &'a Path,
    record: &'a Record,
    read_back: &'a IndexMap<String, DataType>,
}

impl Source<'_> {
    /// The name that the key had in that run, and what is to be said where it is another.
    fn key(&self, key: &str) -> Result<(String, Option<String>), Error> {
        if self.record.columns.iter().any(|column| column.from == key) {
            return Ok((key.to_owned(), None));
        }
        // The key stands first in the list of the undetermined, which every run has.
        let then = first_column(self.system, &self.folder.join("undetermined.parquet"))?;
        let message =
            format!("the key `{key}` was named `{then}` in the prior run: its decisions follow the same texts");
        Ok((then, Some(message)))
    }

    /// A column of the decisions by its name in rules, all files one after the other; none if the run has no such
    /// column. A column of another type than declared is missing, with a finding.
    fn column(&self, from: &str, dtype: DataType) -> Result<(Option<Series>, Option<Diagnostic>), Error> {
        let Some(row) = self.record.columns.iter().find(|c| c.from == from) else { return Ok((None, None)) };
        let column = decided::whole(self.system, self.folder, self.record, row)?;
        if column.dtype() == &frame_type(dtype) {
            return Ok((Some(column), None));
        }
        let message = format!("column `{from}` of the prior run is {}, and declared as {dtype}", row.dtype);
        let finding = Diagnostic::error(ids::PRIOR_RUN, message).located(shown(self.folder));
        let missing = Series::full_null(from.into(), column.len(), &frame_type(dtype));
        let help = match self.read_back.contains_key(from) {
            true => "declare the type it has under `decision.read_back`",
            false => "give the key the type that it had, or begin anew: `--prior none`",
        };
        Ok((Some(missing), Some(finding.help(help))))
    }
}

/// The name of a file's first column.
///
/// # Errors
/// [`Error::Io`], [`Error::Format`]: the file is gone or broken, or has no columns.
pub fn first_column(system: &dyn System, path: &Path) -> Result<String, Error> {
    let wrong = || Error::Format { path: path.to_owned(), message: "it has no columns".to_owned() };
    column_names(system, path)?.into_iter().next().ok_or_else(wrong)
}

/// The names of a Parquet file's columns, in order.
///
/// # Errors
/// [`Error::Io`], [`Error::Format`].
pub fn column_names(system: &dyn System, path: &Path) -> Result<Vec<String>, Error> {
    let wrong = |message: String| Error::Format { path: path.to_owned(), message };
    let (file, _) = system.open(path)?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| wrong(e.to_string()))?;
    Ok(builder.parquet_schema().columns().iter().map(|column| column.name().to_owned()).collect())
}

/// Rows that are read at once.
const BATCH: usize = 1 << 20;

/// A column of a Parquet file.
///
/// # Errors
/// [`Error::Io`], [`Error::Format`]: the file is gone or broken, or has no such column.
pub fn read_column(system: &dyn System, path: &Path, name: &str) -> Result<Series, Error> {
    let wrong = |e: &dyn std::fmt::Display| Error::Format { path: path.to_owned(), message: e.to_string() };
    let (file, _) = system.open(path)?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| wrong(&e))?;
    let schema = builder.parquet_schema();
    let Some(index) = schema.columns().iter().position(|c| c.name() == name) else {
        return Err(wrong(&format!("no column `{name}`")));
    };
    let mask = ProjectionMask::leaves(schema, [index]);
    let arrow = builder.schema().field(index).data_type().clone();
    let mut column = ffi::from_arrow(name, &*arrow_array::new_empty_array(&arrow))?;
    let rows = usize::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or(0);
    let builder = builder.with_batch_size(rows.clamp(1, BATCH));
    for batch in builder.with_projection(mask).build().map_err(|e| wrong(&e))? {
        let batch = batch.map_err(|e| wrong(&e))?;
        column.append(&ffi::from_arrow(name, batch.column(0))?).map_err(|e| wrong(&e))?;
    }
    match column.dtype() {
        Frame::Datetime(TimeUnit::Microseconds, Some(_)) => {
            column.cast(&frame_type(DataType::DateTime)).map_err(|e| wrong(&e))
        }
        _ => Ok(column),
    }
}

/// The type of a column in a frame.
pub fn frame_type(dtype: DataType) -> Frame {
    match dtype {
        DataType::Text => Frame::String,
        DataType::Int => Frame::Int64,
        DataType::Float => Frame::Float64,
        DataType::Bool => Frame::Boolean,
        DataType::Date => Frame::Date,
        DataType::DateTime => Frame::Datetime(TimeUnit::Microseconds, None),
        DataType::Decimal { precision, scale } => Frame::Decimal(precision.into(), scale.into()),
    }
}

/// The name of a frame's type, as manifests write it.
pub fn type_name(dtype: &Frame) -> String {
    match dtype {
        Frame::String => "text".to_owned(),
        Frame::Int64 => "int".to_owned(),
        Frame::Float64 => "float".to_owned(),
        Frame::Boolean => "bool".to_owned(),
        Frame::Date => "date".to_owned(),
        Frame::Datetime(_, _) => "datetime".to_owned(),
        Frame::Decimal(precision, scale) => format!("decimal({precision},{scale})"),
        other => other.to_string(),
    }
}

pub(super) fn shown(folder: &Path) -> String {
    let name = |p: &Path| p.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    format!("runs/{}/{}", folder.parent().map(name).unwrap_or_default(), name(folder))
}
