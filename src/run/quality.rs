//! The quality report of a run, read again.
//!
//! In: a run's folder. Out: its figures as [`Line`]s. Must not know: how they came about. Start at [`lines`].

use super::prior::read_column;
use crate::error::Error;
use crate::system::System;
use crate::table::report::{self, Line};
use polars::prelude::Series;
use std::path::Path;

/// The file inside a run's folder.
pub const QUALITY: &str = "quality.parquet";

const COLUMNS: [&str; 6] = ["table", "column", "measure", "detail", "count", "value"];

/// The figures of a run; none if a version before this one wrote it.
///
/// # Errors
/// [`Error::Io`], [`Error::Format`]: the file is gone or broken.
pub fn lines(system: &dyn System, folder: &Path) -> Result<Option<Vec<Line>>, Error> {
    let path = folder.join(QUALITY);
    let first = COLUMNS[..5].iter().map(|name| read_column(system, &path, name)).collect::<Result<Vec<Series>, _>>()?;
    let Ok(value) = read_column(system, &path, COLUMNS[5]) else { return Ok(None) };
    let columns: Vec<Series> = first.into_iter().chain([value]).map(|column| column.rechunk()).collect();
    Ok(report::read(&columns))
}
