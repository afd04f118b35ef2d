//! What a committed run decided for each of its customers, undetermined ones among them.
//!
//! In: a run's folder and record. Out: [`Decided`], one row for each customer in the order of the files. Must not know: other
//! runs, what it is read for. Start at [`read`].

use super::added::{DECIDED_CYCLE, DECIDED_TIER, DECIDED_VALUE};
use super::layout::DECISIONS;
use super::partition;
use super::prior::read_column;
use super::record::{ColumnRow, Record};
use crate::error::Error;
use crate::system::System;
use polars::prelude::{NamedFrom, Series};
use std::path::Path;

/// The customers of a run with their last decision.
#[derive(Clone, Debug)]
pub struct Decided {
    /// Their keys.
    pub key: Series,
    /// Tier last decided, text; missing for a customer never decided.
    pub tier: Series,
    /// Value at that time.
    pub value: Series,
    /// Cycle of that decision, text: this run's, or an earlier one's for a customer undetermined now.
    pub cycle: Series,
}

/// Reads the decisions of a run; none if they have no column that comes from `key`, or not those that every run adds.
///
/// # Errors
/// [`Error::Io`], [`Error::Format`]: a file is gone, broken, or has other rows than the record says.
pub fn read(system: &dyn System, folder: &Path, record: &Record, key: &str) -> Result<Option<Decided>, Error> {
    let column = |from: &str| -> Result<Option<Series>, Error> {
        match record.columns.iter().find(|column| column.from == from) {
            Some(row) => whole(system, folder, record, row).map(Some),
            None => Ok(None),
        }
    };
    let columns = (column(key)?, column(DECIDED_TIER)?, column(DECIDED_VALUE)?, column(DECIDED_CYCLE)?);
    let (Some(key), Some(tier), Some(value), Some(cycle)) = columns else { return Ok(None) };
    Ok(Some(Decided { key, tier, value, cycle }))
}

/// A column of the decisions, all files one after the other.
///
/// # Errors
/// As [`read`].
pub fn whole(system: &dyn System, folder: &Path, record: &Record, row: &ColumnRow) -> Result<Series, Error> {
    let mut whole: Option<Series> = None;
    for file in record.outputs.iter().filter(|file| file.path.starts_with(&format!("{DECISIONS}/"))) {
        let path = folder.join(&file.path);
        let wrong = |message: String| Error::Format { path: path.clone(), message };
        let rows = usize::try_from(file.rows.unwrap_or(0)).unwrap_or(0);
        let part = if record.partition_by.contains(&row.name) {
            of_folder(&file.path, row, rows)
        } else {
            read_column(system, &path, &row.name)?
        };
        if part.len() != rows {
            return Err(wrong(format!("{rows} rows are recorded, {} are there", part.len())));
        }
        match &mut whole {
            None => whole = Some(part),
            Some(whole) => {
                whole.append(&part).map_err(|e| wrong(format!("column {}: {e}", row.name)))?;
            }
        }
    }
    let path = || folder.join(DECISIONS);
    let none = || Error::Format { path: path(), message: "no files of decisions are recorded".to_owned() };
    whole.ok_or_else(none)
}

/// The column that the folder of a file stands for.
fn of_folder(path: &str, row: &ColumnRow, rows: usize) -> Series {
    let value = partition::value_of(path, &row.name);
    match row.dtype.as_str() {
        "int" => Series::new(row.name.as_str().into(), vec![value.and_then(|v| v.parse::<i64>().ok()); rows]),
        _ => Series::new(row.name.as_str().into(), vec![value; rows]),
    }
}
