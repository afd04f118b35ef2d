//! Tables of plans and summaries, as the run wrote them.
//!
//! In: the run's folder and record. Out: JSON of each. Must not know: what stands in them; `docs/planning.md` and `docs/output.md` do.

use super::decisions::value_of;
use crate::error::Error;
use crate::run::prior::{column_names, read_column, type_name};
use crate::run::record::{OutputFile, Record};
use crate::system::System;
use polars::prelude::Series;
use serde_json::{Map, Value, json};
use std::path::Path;

/// Rows of a table at most.
const LISTED: usize = 3_000;

/// Tables that are shown. Those with a row for each customer are many rows for little to see, but the monitor's.
const SHOWN: [&str; 9] = [
    "forecast.parquet",
    "accuracy.parquet",
    "targets.parquet",
    "capacity.parquet",
    "monitor.parquet",
    "drift.parquet",
    "alerts.parquet",
    "portfolio.parquet",
    "moves.parquet",
];

/// The tables of a run's plans, and its summaries.
pub(super) fn files(system: &dyn System, folder: &Path, record: &Record) -> Result<Value, Error> {
    let name = |file: &OutputFile| file.path.rsplit('/').next().unwrap_or_default().to_owned();
    let is_shown = |file: &&OutputFile| {
        let planned = SHOWN.contains(&name(file).as_str()) && !file.path.starts_with("decisions/");
        planned || file.path.starts_with("summaries/")
    };
    let mut files = Map::new();
    for file in record.outputs.iter().filter(is_shown) {
        let shown = if file.path.starts_with("summaries/") { file.path.clone() } else { name(file) };
        files.insert(shown, table(system, &folder.join(&file.path))?);
    }
    Ok(Value::Object(files))
}

fn table(system: &dyn System, path: &Path) -> Result<Value, Error> {
    let names = column_names(system, path)?;
    let columns = names.iter().map(|name| read_column(system, path, name)).collect::<Result<Vec<Series>, _>>()?;
    let of = columns.first().map_or(0, |column| column.len());
    let heads: Vec<Value> = names
        .iter()
        .zip(&columns)
        .map(|(name, column)| json!({ "name": name, "kind": type_name(column.dtype()).split('(').next() }))
        .collect();
    let row = |n: usize| -> Vec<Value> {
        columns.iter().map(|column| column.get(n).map_or(Value::Null, |value| value_of(&value))).collect()
    };
    let rows: Vec<Vec<Value>> = (0..of.min(LISTED)).map(row).collect();
    Ok(json!({ "columns": heads, "rows": rows, "of": of }))
}
