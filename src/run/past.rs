//! What was decided in all earlier cycles: the memory that each run hands to the next.
//!
//! In: `history.parquet` of the prior run and what that run decided itself. Out: [`Past`], and the columns of this run's
//! `history.parquet`. Must not know: how decisions come about. A run that is deleted takes nothing of it away: the runs
//! after it have it too.

use super::added::DECIDED_CYCLE;
use super::keys::Keys;
use super::prior::{first_column, frame_type, read_column};
use super::record::Record;
use super::tables::key_name;
use crate::calendar;
use crate::dtype::DataType;
use crate::error::Error;
use crate::system::System;
use polars::prelude::{Int32Chunked, IntoSeries, NewChunkedArray, Series};
use std::path::Path;

/// The file, inside a run's folder.
pub const HISTORY: &str = "history.parquet";
/// Its columns beside the key.
const OWN: [&str; 4] = [DECIDED_CYCLE, "as_of", "tier", "value"];

/// Decisions of earlier cycles, one row for each customer and cycle, in the order of the cycles. A cycle in which a customer was
/// undetermined has no row.
#[derive(Clone, Debug)]
pub struct Past {
    /// The customer.
    pub key: Series,
    /// `FY2016`.
    pub cycle: Series,
    /// As-of date of that run.
    pub as_of: Series,
    /// The tier.
    pub tier: Series,
    /// The value; missing where there was none.
    pub value: Series,
}

/// What one run decided or carries on, one row for each customer.
#[derive(Clone, Copy, Debug)]
pub struct Decided<'a> {
    /// The customer.
    pub key: &'a Series,
    /// Tier last decided.
    pub tier: &'a Series,
    /// Its value.
    pub value: &'a Series,
    /// Its cycle.
    pub cycle: &'a Series,
}

impl Past {
    /// No decisions, of customers with keys of this type.
    pub fn none(key: &Series) -> Past {
        let empty = |name: &str, dtype| Series::full_null(name.into(), 0, &frame_type(dtype));
        Past {
            key: key.clear(),
            cycle: empty("cycle", DataType::Text),
            as_of: empty("as_of", DataType::Date),
            tier: empty("tier", DataType::Text),
            value: empty("value", DataType::Float),
        }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.cycle.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// These rows, in this order.
    ///
    /// # Errors
    /// [`Error::Defect`]: a row that is not there.
    pub fn take(&self, rows: &[u32]) -> Result<Past, Error> {
        let take = |column: &Series| {
            column.take_slice(rows).map_err(|e| Error::Defect(format!("earlier decisions, {}: {e}", column.name())))
        };
        let (key, cycle, as_of) = (take(&self.key)?, take(&self.cycle)?, take(&self.as_of)?);
        Ok(Past { key, cycle, as_of, tier: take(&self.tier)?, value: take(&self.value)? })
    }

    /// The columns of `history.parquet`: sorted by key, a customer's rows in the order of the cycles.
    ///
    /// # Errors
    /// [`Error::Defect`].
    pub fn columns(&self, key: &str) -> Result<Vec<Series>, Error> {
        let sorted = self.take(&Keys::new(&self.key)?.order())?;
        let name = key_name(key, &OWN);
        let cycle = sorted.cycle.with_name(DECIDED_CYCLE.into());
        Ok(vec![sorted.key.with_name(name.as_str().into()), cycle, sorted.as_of, sorted.tier, sorted.value])
    }

    /// The same with the decisions of one more run.
    pub(super) fn with(mut self, own: &Decided<'_>, cycle: &str, as_of: i32) -> Result<Past, Error> {
        let fault = |e: &dyn std::fmt::Display| Error::Defect(format!("earlier decisions: {e}"));
        let cycles = own.cycle.str().map_err(|e| fault(&e))?;
        // What was carried on is among the earlier decisions already.
        let rows: Vec<u32> =
            (0..).zip(cycles.iter()).filter(|(_, of)| *of == Some(cycle)).map(|(row, _)| row).collect();
        let days = Int32Chunked::from_iter_values("as_of".into(), rows.iter().map(|_| as_of)).into_date().into_series();
        for (whole, part) in [
            (&mut self.key, own.key.take_slice(&rows).map_err(|e| fault(&e))?),
            (&mut self.cycle, own.cycle.take_slice(&rows).map_err(|e| fault(&e))?),
            (&mut self.as_of, days),
            (&mut self.tier, own.tier.take_slice(&rows).map_err(|e| fault(&e))?),
            (&mut self.value, own.value.take_slice(&rows).map_err(|e| fault(&e))?),
        ] {
            whole.append(&part).map_err(|e| fault(&e))?;
        }
        Ok(self)
    }
}

/// The decisions of all cycles up to that of a run: what its `history.parquet` has, and what it decided itself. Runs of
/// versions that wrote no such file have only the latter.
///
/// # Errors
/// [`Error::Io`], [`Error::Format`]: the file is gone or broken, or of another run's keys.
pub fn read(system: &dyn System, folder: &Path, record: &Record, own: &Decided<'_>) -> Result<Past, Error> {
    let path = folder.join(HISTORY);
    let wrong = |message: String| Error::Format { path: path.clone(), message };
    let mut past = Past::none(own.key);
    if record.outputs.iter().any(|file| file.path == HISTORY) {
        let column = |name: &str| read_column(system, &path, name);
        // The key stands first, under the name that it had then.
        let read = Past {
            key: column(&first_column(system, &path)?)?.with_name(own.key.name().clone()),
            // Earlier versions wrote `cycle`, which DuckDB takes from the run's folder instead.
            cycle: column(DECIDED_CYCLE).or_else(|_| column("cycle"))?.with_name("cycle".into()),
            as_of: column("as_of")?,
            tier: column("tier")?,
            value: column("value")?,
        };
        let pairs = [(&read.key, own.key), (&read.as_of, &past.as_of), (&read.value, &past.value)];
        if let Some((column, wanted)) = pairs.into_iter().find(|(column, wanted)| column.dtype() != wanted.dtype()) {
            return Err(wrong(format!("column {} is {}, not {}", column.name(), column.dtype(), wanted.dtype())));
        }
        past = read;
    }
    let as_of: jiff::civil::Date =
        record.identity.as_of.parse().map_err(|e| wrong(format!("the run's as-of date: {e}")))?;
    past.with(own, &record.identity.cycle, calendar::day_number(as_of))
}
