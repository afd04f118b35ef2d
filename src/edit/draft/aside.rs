//! Rows that do not fit what was drafted, as the loading of the tables finds them.
//!
//! In: what a run loaded. Out: for each table with such rows an [`Aside`]: how many, why the first, how large a share its manifest is to allow.
//! Must not know: YAML, rules. Start at [`found`].

use super::column::Sure;
use super::yaml::{count, counted};
use crate::error::Error;
use crate::run::compute::Loaded;
use polars::prelude::DataFrame;
use std::collections::BTreeMap;

/// Shares that a manifest is drafted with.
const SHARES: [f64; 7] = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0];
/// The share up to which rows that do not fit are likely the exception.
const FEW: f64 = 0.05;

/// Rows of one table that do not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Aside {
    /// How many.
    pub rows: u64,
    /// Of how many.
    pub of: u64,
    /// What is wrong with the first.
    pub why: String,
}

impl Aside {
    /// Any number of rows, while nothing is known.
    pub fn any() -> Aside {
        Aside { rows: 1, of: 1, why: String::new() }
    }

    /// The share of its rows that may be set aside: the smallest of some round ones that leaves room for a few more.
    pub fn at_most(&self) -> f64 {
        let share = self.rows as f64 / self.of.max(1) as f64;
        // There is little room between a half and all.
        SHARES.into_iter().find(|most| *most > share || (*most == 0.5 && share == 0.5)).unwrap_or(1.0)
    }

    /// How sure it is that these rows are the exception.
    pub fn sure(&self) -> Sure {
        if self.rows as f64 <= FEW * self.of as f64 { Sure::Likely } else { Sure::Guess }
    }

    /// In words: `1 of 30 rows is set aside: line 17: …`.
    pub fn words(&self) -> String {
        let is = if self.rows == 1 { "is" } else { "are" };
        let rows = usize::try_from(self.rows).unwrap_or(usize::MAX);
        let of = counted(usize::try_from(self.of).unwrap_or(usize::MAX), "row");
        format!("{} of {of} {is} set aside: {}", count(rows), self.why)
    }
}

/// The rows that do not fit, by table.
pub(super) fn found(loaded: &Loaded) -> Result<BTreeMap<String, Aside>, Error> {
    let mut found = BTreeMap::new();
    for table in loaded.tables.iter().filter(|table| table.quarantined > 0) {
        let why = first(&loaded.quarantine, &table.table).map_err(|e| Error::Defect(format!("quarantine: {e}")))?;
        let aside = Aside { rows: table.quarantined, of: table.read, why };
        found.insert(table.table.clone(), aside);
    }
    Ok(found)
}

/// What is wrong with the first row of a table that is in quarantine. Its text stays out of it.
fn first(quarantine: &DataFrame, table: &str) -> Result<String, polars::prelude::PolarsError> {
    let text = |name: &str| quarantine.column(name)?.str();
    let (tables, outcomes, columns, reasons) = (text("table")?, text("outcome")?, text("column")?, text("reason")?);
    let lines = quarantine.column("line")?.i64()?;
    let is_it = |at: &usize| tables.get(*at) == Some(table) && outcomes.get(*at) == Some("quarantined");
    let Some(at) = (0..quarantine.height()).find(is_it) else { return Ok("see quarantine.parquet".to_owned()) };
    let reason = reasons.get(at).unwrap_or_default();
    let reason = reason.split_once(": ").map_or(reason, |(_, message)| message);
    let column = columns.get(at).map(|column| format!("`{column}` is ")).unwrap_or_default();
    Ok(format!("line {}, {column}{reason}", lines.get(at).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_has_a_little_room() {
        for (rows, of, most) in
            [(1, 30, 0.05), (1, 1000, 0.01), (1, 100, 0.02), (1, 2, 0.5), (2, 3, 1.0), (1, 4, 0.5), (1, 1, 1.0)]
        {
            let aside = Aside { rows, of, why: String::new() };
            assert_eq!(aside.at_most(), most, "{rows} of {of}");
        }
    }
}
