//! What a table as a whole must keep once every row is settled: its rules' breaches, number of rows, freshness.
//!
//! In: a settled table, the columns of the rows that stay. Out: findings, warnings among them. Must not know: how rows were
//! judged. Start at [`findings`].

use super::values::{data, day_of};
use super::{Cause, World};
use crate::diag::{Diagnostic, ids};
use crate::error::Error;
use crate::manifest::model::{Freshness, Orphans, Reference, Severity, Table};
use crate::rules::data::Cell;
use crate::table::contract::Settled;
use crate::table::quality::{ColumnQuality, ReferenceQuality, TableQuality};
use crate::table::value::date_text;
use crate::table::withhold;
use polars::prelude::Series;

/// What is to be said of a table whose rows are settled. `columns` has those that stay.
pub fn findings(settled: &Settled, columns: &[Series], world: &World) -> Result<Vec<Diagnostic>, Error> {
    let table = settled.raw.table;
    if !settled.is_complete() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for breach in &settled.breaches {
        // A row that fails the run does so wherever it goes later.
        let all = vec![true; settled.alive.len()];
        let among = if breach.severity == Severity::Fail { &all } else { &settled.alive };
        let counted = breach.among(table, &settled.raw.lines, among);
        if counted.rows > 0 {
            found.push(breach.finding(table, &counted));
        }
    }
    let kept = settled.alive.iter().filter(|alive| **alive).count() as u64;
    let newest = match &table.contract.freshness {
        Some(freshness) => newest(table, freshness, columns, world)?,
        None => None,
    };
    found.extend(of_rows(table, settled.raw.read, kept, newest, world));
    Ok(found)
}

/// What is to be said of how many rows a table has and how old they are; `newest` is the last day of the column that
/// `freshness` names.
pub fn of_rows(table: &Table, read: u64, kept: u64, newest: Option<i32>, world: &World) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if let Some(rule) = table.contract.rows.as_ref().filter(|rule| !rule.is.hold(kept)) {
        let message = format!("`{}` has {kept} rows in the end, not within {}", table.name, rule.is);
        let finding = finding(rule.severity, ids::ROW_COUNT, message).at(rule.span);
        let finding = if read == kept { finding } else { finding.note(format!("{read} rows were read")) };
        found.push(finding.help("see that the files are whole, or mend `rows`"));
    }
    if let Some(freshness) = table.contract.freshness.as_ref().filter(|_| kept > 0) {
        found.extend(stale(table, freshness, newest, world));
    }
    found
}

/// What is to be said of a table for its figures, in memory or in parts. `fits` says whether all of its references do.
pub fn of_figures(table: &Table, figures: &TableQuality, fits: bool) -> Vec<Diagnostic> {
    let mut found = not_computed(table, &figures.columns);
    if fits {
        found.extend(lost(table, &figures.references, figures.kept));
    }
    found
}

/// Warns of computed columns that are missing because their expression failed, and not for want of a value.
fn not_computed(table: &Table, columns: &[ColumnQuality]) -> Vec<Diagnostic> {
    let of_column = |column: &ColumnQuality| {
        let failed = column.not_computed.iter().filter(|(cause, rows)| cause.is_failure && *rows > 0);
        let failed: Vec<&(Cause, u64)> = failed.collect();
        let rows: u64 = failed.iter().map(|(_, rows)| rows).sum();
        let declared = table.columns.get(&column.name).filter(|_| rows > 0)?;
        let (of, word) = (&table.name, if rows == 1 { "row" } else { "rows" });
        let message =
            format!("`{}` could not be computed in {rows} {word} of `{of}`, and is missing there", column.name);
        let mut finding = Diagnostic::warning(ids::NOT_COMPUTED, message).at(declared.span);
        finding.notes =
            failed.iter().take(CAUSES).map(|(cause, rows)| format!("{rows} times {}", cause.text)).collect();
        if failed.len() > CAUSES {
            finding.notes.push(format!("and {} more causes", failed.len() - CAUSES));
        }
        Some(finding.help("mend the source or the expression; with `required: true` such rows go to quarantine"))
    };
    columns.iter().filter_map(of_column).collect()
}

/// Causes that a finding names at most.
const CAUSES: usize = 3;

/// Warns of references most of which find no row: keys that are written otherwise, or a table that is not whole.
fn lost(table: &Table, references: &[ReferenceQuality], kept: u64) -> Vec<Diagnostic> {
    let of_reference = |(reference, quality): (&Reference, &ReferenceQuality)| {
        let there = kept.saturating_sub(quality.missing);
        if quality.orphans * 2 <= there || reference.orphans != Orphans::Count {
            return None;
        }
        let (of, to) = (&table.name, &reference.table);
        let message = format!("{} of {there} references of `{of}` find no row of `{to}`", quality.orphans);
        let finding = Diagnostic::warning(ids::ORPHAN, message).at(reference.span);
        Some(finding.help(format!(
            "where keys are written otherwise (`0042` and `42`, blanks, capitals) mend them with `values`, `trim`, `case` or `compute`; see that `{to}` is whole"
        )))
    };
    table.references.iter().zip(references).filter_map(of_reference).collect()
}

fn finding(severity: Severity, id: crate::diag::Id, message: String) -> Diagnostic {
    if severity == Severity::Fail { Diagnostic::error(id, message) } else { Diagnostic::warning(id, message) }
}

fn newest(table: &Table, freshness: &Freshness, columns: &[Series], world: &World) -> Result<Option<i32>, Error> {
    let Some((position, _, column)) = table.columns.get_full(&freshness.column) else { return Ok(None) };
    let Some(series) = columns.get(position) else { return Ok(None) };
    let values = data(column, series)?;
    let day = |row: usize| match values.get(row)? {
        Cell::Date(day) => Some(day),
        Cell::DateTime(micros) => day_of(micros, world.zone),
        _ => None,
    };
    Ok((0..values.len()).filter_map(day).max())
}

fn stale(table: &Table, freshness: &Freshness, newest: Option<i32>, world: &World) -> Option<Diagnostic> {
    let (name, at) = (&freshness.column, date_text(world.as_of));
    let oldest = world.as_of.saturating_sub_unsigned(freshness.within);
    let shown = newest.map(date_text).unwrap_or_default();
    let shown = withhold::of_columns(table, std::slice::from_ref(name), &shown).to_owned();
    let message = match newest {
        None => format!("no row of `{}` has a `{name}`, so nothing tells how old the table is", table.name),
        Some(day) if day < oldest => format!(
            "the newest `{name}` of `{}` is {shown}, not within {} days before {at}",
            table.name, freshness.within
        ),
        // The as-of date is the first day that is not known: it lies one day ahead.
        Some(day)
            if freshness.max_future.is_some_and(|most| i64::from(day) - i64::from(world.as_of) >= i64::from(most)) =>
        {
            let most = freshness.max_future.unwrap_or_default();
            format!("the newest `{name}` of `{}` is {shown}, not before {at} plus {most} days", table.name)
        }
        Some(_) => return None,
    };
    let finding = finding(freshness.severity, ids::STALE, message).at(freshness.span);
    let is_ahead = newest.is_some_and(|day| day >= oldest);
    let finding = match is_ahead {
        true => finding.help(format!(
            "a `range` of `{name}`, as `{{ is: [null, {at}], severity: warn }}`, names the rows that lie ahead"
        )),
        false => finding,
    };
    Some(finding.help("see that the source is up to date, run with another `--as-of`, or mend `freshness`"))
}
