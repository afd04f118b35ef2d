//! What moved since an earlier run: columns that are new, gone or of another type, shares of missing values, distributions.
//!
//! In: the figures that an earlier run wrote, tables of this one. Out: [`Drift`]: lines for the quality report, and
//! warnings. Must not know: files, which run is compared with. Start at [`drift`].
//!
//! A distribution is compared by its population stability index: over the earlier run's bins the sum of
//! (p - q) ln(p / q), with p the share of this run's values and q that of the earlier one's; a share of 0 counts as 0.0001.
//! Over 0.1 it moved, over 0.25 it moved much (N. Siddiqi, Credit Risk Scorecards, Wiley 2006). Without any move it is, times
//! nm / (n + m) of the numbers of values, about chi-squared with one degree of freedom less than bins (B. Yurdakul,
//! Statistical Properties of Population Stability Index, Western Michigan University 2018); what that explains is
//! not warned of.

use super::bins::Bin;
use super::quality::{ColumnQuality, TableQuality};
use super::report::Line;
use crate::diag::{Diagnostic, ids};
use crate::dtype::DataType;
use crate::language::counted;
use crate::manifest::model::{Column, Project, Table};
use indexmap::IndexMap;

/// An index over this is a warning.
pub const MUCH: f64 = 0.25;
/// An index over this is shown.
pub const SOME: f64 = 0.1;
/// A share of missing values that moves by more is told.
pub const MISSING: f64 = 0.05;
/// What a share of 0 counts as.
const LEAST: f64 = 0.0001;

/// A run to compare with.
#[derive(Clone, Debug, Default)]
pub struct Earlier {
    /// What it is called in messages: `run 6f14d886bb9c58b2 of FY2016`.
    name: String,
    tables: IndexMap<String, Before>,
}

/// What moved.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drift {
    /// Lines for the quality report.
    pub lines: Vec<Line>,
    /// Warnings: changed columns, distributions that moved much.
    pub warnings: Vec<Diagnostic>,
}

/// A table of the earlier run.
#[derive(Clone, Debug, Default)]
struct Before {
    rows: u64,
    columns: IndexMap<String, ColumnBefore>,
}

#[derive(Clone, Debug, Default)]
struct ColumnBefore {
    dtype: String,
    missing: u64,
    bins: Vec<Bin>,
}

impl Earlier {
    /// A run by what it is called in messages, and its figures.
    pub fn new(name: String, lines: &[Line]) -> Earlier {
        let mut tables: IndexMap<String, Before> = IndexMap::new();
        for line in lines {
            if line.measure == "rows_kept" {
                tables.entry(line.table.clone()).or_default().rows = line.count.unwrap_or(0);
            }
            let (Some(table), Some(column)) = (tables.get_mut(&line.table), &line.column) else { continue };
            if !["type", "missing", "bin"].contains(&line.measure.as_str()) {
                continue;
            }
            let before = table.columns.entry(column.clone()).or_default();
            let (detail, count) = (line.detail.clone().unwrap_or_default(), line.count.unwrap_or(0));
            match line.measure.as_str() {
                "type" => before.dtype = detail,
                "missing" => before.missing = count,
                _ => before.bins.push((detail, count)),
            }
        }
        // What else has the measure `missing` has no type.
        tables.values_mut().for_each(|table| table.columns.retain(|_, column| !column.dtype.is_empty()));
        Earlier { name, tables }
    }

    /// The bins of a column, if it was there and of the same type.
    pub fn bins(&self, table: &str, column: &Column) -> Option<&[Bin]> {
        let before = self.tables.get(table)?.columns.get(&column.name)?;
        (before.dtype == column.dtype.to_string()).then_some(before.bins.as_slice())
    }
}

/// Compares the tables with an earlier run's. The order of lines and warnings is that of the project's tables and columns,
/// at any number of threads.
pub fn drift(earlier: &Earlier, figures: &[TableQuality], project: &Project) -> Drift {
    let before = &earlier.tables;
    let mut drift = Drift::default();
    for (name, manifest) in &project.tables {
        match (before.get(name.as_str()), figures.iter().find(|table| table.table == *name)) {
            (None, _) => drift.lines.push(line(name, None, "drift_new", None, None)),
            (Some(before), Some(table)) => of_table(earlier, before, table, manifest, &mut drift),
            (Some(_), None) => {}
        }
    }
    for name in before.keys().filter(|name| !project.tables.contains_key(*name)) {
        drift.lines.push(line(name, None, "drift_gone", None, None));
    }
    let changed = |measure: &str| -> Vec<String> {
        let tables = drift.lines.iter().filter(|l| l.measure == measure && l.column.is_none());
        tables.map(|l| format!("`{}`", l.table)).collect()
    };
    let parts = [("new", changed("drift_new")), ("gone", changed("drift_gone"))];
    if let Some(what) = told(&parts) {
        let message = format!("the tables are not those of {}: {what}", earlier.name);
        drift.warnings.push(Diagnostic::warning(ids::DRIFT, message).located("datasets").help(HELP));
    }
    drift
}

const HELP: &str = "see the measures that begin with `drift` in quality.parquet, and whether the source changed";

fn line(table: &str, column: Option<&str>, measure: &str, detail: Option<String>, value: Option<f64>) -> Line {
    let (table, column) = (table.to_owned(), column.map(str::to_owned));
    Line { table, column, measure: measure.to_owned(), detail, count: None, value }
}

/// `new a, b; gone c`
fn told(parts: &[(&str, Vec<String>)]) -> Option<String> {
    let parts: Vec<String> = parts
        .iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(word, names)| format!("{word} {}", names.join(", ")))
        .collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn of_table(earlier: &Earlier, before: &Before, table: &TableQuality, manifest: &Table, drift: &mut Drift) {
    let name = &manifest.name;
    let (mut new, mut gone, mut retyped) = (Vec::new(), Vec::new(), Vec::new());
    for column in manifest.columns.values() {
        let dtype = column.dtype.to_string();
        match before.columns.get(column.name.as_str()) {
            None => {
                drift.lines.push(line(name, Some(&column.name), "drift_new", Some(dtype), None));
                new.push(format!("`{}`", column.name));
            }
            Some(old) if old.dtype != dtype => {
                let detail = format!("{} -> {dtype}", old.dtype);
                drift.lines.push(line(name, Some(&column.name), "drift_retyped", Some(detail), None));
                retyped.push(format!("`{}` ({} before, now {dtype})", column.name, old.dtype));
            }
            Some(_) => {}
        }
    }
    for (column, old) in before.columns.iter().filter(|(column, _)| !manifest.columns.contains_key(*column)) {
        drift.lines.push(line(name, Some(column), "drift_gone", Some(old.dtype.clone()), None));
        gone.push(format!("`{column}`"));
    }
    if let Some(what) = told(&[("new", new), ("gone", gone), ("of another type", retyped)]) {
        let message = format!("the columns of `{name}` are not those of {}: {what}", earlier.name);
        drift.warnings.push(Diagnostic::warning(ids::DRIFT, message).at(manifest.span).help(HELP));
    }
    let mut much = Vec::new();
    for quality in &table.columns {
        let (column, moved) = (&quality.name, moved(before, table.kept, quality));
        if let Some(points) = moved.missing {
            drift.lines.push(line(name, Some(column), "drift_missing", None, Some(points)));
        }
        if let Some((index, chance)) = moved.index {
            drift.lines.push(line(name, Some(column), "psi", None, Some(index)));
            // Whom a customer hangs on changes with every tie.
            let names_somebody = quality.dtype == DataType::Text
                && manifest.columns.get(column).is_some_and(|column| column.contract.measured.is_some());
            if index > MUCH && index > chance && !names_somebody {
                much.push(format!("`{column}`: population stability index {index:.2}"));
            }
        }
    }
    if !much.is_empty() {
        let columns = counted(much.len() as u64, "column");
        let verb = if much.len() == 1 { "is" } else { "are" };
        let message = format!("{columns} of `{name}` {verb} distributed otherwise than in {}", earlier.name);
        let mut found = Diagnostic::warning(ids::DRIFT, message).at(manifest.span);
        found.notes = much;
        drift.warnings.push(found.help(HELP));
    }
}

#[derive(Default)]
struct Moved {
    missing: Option<f64>,
    /// The index, and what chance explains of it.
    index: Option<(f64, f64)>,
}

fn moved(before: &Before, kept: u64, column: &ColumnQuality) -> Moved {
    let Some(old) = before.columns.get(&column.name).filter(|old| old.dtype == column.dtype.to_string()) else {
        return Moved::default();
    };
    let share = |part: u64, rows: u64| if rows > 0 { part as f64 / rows as f64 } else { 0.0 };
    let points = share(column.figures.missing, kept) - share(old.missing, before.rows);
    let counts: Vec<u64> = old.bins.iter().map(|(_, rows)| *rows).chain([0]).collect();
    Moved {
        missing: (before.rows > 0 && kept > 0 && points.abs() > MISSING).then_some(points),
        index: column.figures.moved.as_ref().and_then(|now| index(now, &counts)),
    }
}

/// The population stability index of counts in bins, and what chance explains of it: mean and three standard deviations. None
/// where nothing is counted.
pub fn index(now: &[u64], before: &[u64]) -> Option<(f64, f64)> {
    let (n, m) = (now.iter().sum::<u64>() as f64, before.iter().sum::<u64>() as f64);
    if n == 0.0 || m == 0.0 {
        return None;
    }
    let share = |part: u64, all: f64| if part == 0 { LEAST } else { part as f64 / all };
    let used = now.iter().zip(before).filter(|(p, q)| **p + **q > 0);
    let terms = used.map(|(p, q)| (share(*p, n), share(*q, m))).map(|(p, q)| (p - q) * libm::log(p / q));
    let (index, bins) = terms.fold((0.0, 0.0), |(sum, bins), term| (sum + term, bins + 1.0));
    let freedom: f64 = (bins - 1.0_f64).max(0.0);
    Some((index, (freedom + 3.0 * (2.0 * freedom).sqrt()) * (1.0 / n + 1.0 / m)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_is_that_of_the_book() {
        assert_eq!(index(&[50, 50, 0], &[50, 50, 0]).map(|(psi, _)| psi), Some(0.0));
        let (psi, chance) = index(&[6000, 4000], &[5000, 5000]).unwrap();
        let by_hand = 0.1 * (0.6_f64 / 0.5).ln() + (-0.1) * (0.4_f64 / 0.5).ln();
        assert!((psi - by_hand).abs() < 1e-12 && psi > chance, "{psi} {chance}");
        let (psi, _) = index(&[100, 0], &[0, 100]).unwrap();
        assert!((psi - 2.0 * (1.0 - 0.0001) * (1.0 / 0.0001_f64).ln()).abs() < 1e-9, "{psi}");
        assert_eq!(index(&[0], &[3]), None);
        let (psi, chance) = index(&[2, 1, 0, 2], &[1, 1, 1, 1]).unwrap();
        assert!(psi > MUCH && psi < chance, "five values prove nothing: {psi} {chance}");
    }
}
