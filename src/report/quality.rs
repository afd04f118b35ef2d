//! Who is undetermined, and what was found in the tables.
//!
//! In: the decisions, the run's quality report. Out: JSON. Must not know: how it is shown.

use super::decisions::{Decisions, number};
use crate::error::Error;
use crate::run::added::{CAUSE, STATUS, STEP};
use crate::run::quality;
use crate::run::record::Record;
use crate::system::System;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// Rows of each list at most.
const LISTED: usize = 1_000;

/// Measures of single columns that people look at; the others describe what is well.
const TOLD: [&str; 14] = [
    "missing",
    "missing_token",
    "corrected",
    "mended",
    "not_finite",
    "not_computed",
    "absent",
    "quarantined",
    "removed",
    "broken",
    "reference_missing",
    "orphans",
    "psi",
    "dropped_unknown",
];

/// Undetermined customers with their causes, and how many have each cause.
pub(super) fn undetermined(decisions: &Decisions<'_>) -> Result<Value, Error> {
    let status = decisions.texts(STATUS)?;
    let rows: Vec<usize> = (0..decisions.len()).filter(|row| status[*row].as_deref() == Some("undetermined")).collect();
    if rows.is_empty() {
        return Ok(json!({ "of": 0, "rows": [], "causes": [] }));
    }
    let (steps, causes) = (decisions.texts(STEP)?, decisions.texts(CAUSE)?);
    let mut counts: BTreeMap<(String, String), u64> = BTreeMap::new();
    let mut listed = Vec::new();
    for row in &rows {
        let (place, cause) = split(causes[*row].as_deref().unwrap_or_default());
        *counts.entry((place.to_owned(), cause.to_owned())).or_default() += 1;
        if listed.len() < LISTED {
            listed.push(json!({ "key": decisions.key[*row], "step": steps[*row], "place": place, "cause": cause }));
        }
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, customers)| std::cmp::Reverse(*customers));
    let counts: Vec<Value> = counts
        .into_iter()
        .map(|((place, cause), customers)| json!({ "place": place, "cause": cause, "customers": customers }))
        .collect();
    Ok(json!({ "of": rows.len(), "rows": listed, "causes": counts }))
}

/// The place and the rest of `file:line:column: kind: subject`.
fn split(cause: &str) -> (&str, &str) {
    cause.split_once(": ").unwrap_or(("", cause))
}

/// What was found in each table and in each column.
pub(super) fn quality(system: &dyn System, folder: &Path, record: &Record) -> Result<Value, Error> {
    let sum = |table: &str, measures: &[&str]| -> u64 {
        let of = record.quality.iter().filter(|row| row.table == table && measures.contains(&row.measure.as_str()));
        of.map(|row| row.count).sum()
    };
    let table = |row: &crate::run::record::TableRow| {
        let name = row.table.as_str();
        json!({
            "table": name, "read": row.read, "kept": row.kept, "quarantined": row.quarantined, "removed": row.removed,
            "corrected": sum(name, &["corrected", "mended"]), "unreferenced": sum(name, &["reference_missing"]),
            "orphans": sum(name, &["orphans"]),
        })
    };
    let lines = quality::lines(system, folder)?.unwrap_or_default();
    let told = lines.iter().filter(|line| {
        let some = line.count.is_some_and(|count| count > 0) || line.value.is_some();
        TOLD.contains(&line.measure.as_str()) && some
    });
    let column = |line: &crate::table::report::Line| {
        json!({
            "table": line.table, "column": line.column, "measure": line.measure, "detail": line.detail,
            "count": line.count, "value": line.value.map(number),
        })
    };
    let columns: Vec<Value> = told.take(LISTED).map(column).collect();
    Ok(json!({ "tables": record.tables.iter().map(table).collect::<Vec<Value>>(), "columns": columns }))
}
