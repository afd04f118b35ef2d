//! What rows must keep beside their types: values, computed columns, filters, checks, exact duplicates.
//!
//! In: a [`RawTable`] whose rows are of their types, the project's [`RowRules`]. Out: its [`Judged`]: which rows stay, why the
//! others go, what is broken and only warned of. Must not know: files, keys, references. Start at [`judge`].
//!
//! A row goes this way; where it leaves, nothing further is asked of it:
//!
//! | step | module | what leaves |
//! |---|---|---|
//! | read: width of the row, encoding, mending, missing texts, type, needed values | `super::read` | rows turned away |
//! | values of source columns, column by column | [`values`] | `allowed`, `range`, `pattern`, `length` |
//! | computed and converted columns in order, each with its values | [`computed`], [`rates`] | `compute`, `convert` |
//! | filter | [`computed`] | `filter` |
//! | checks in order | [`computed`] | `checks` |
//! | exact duplicates | [`duplicates`] | `exact_duplicates` |
//! | key, then columns that are unique | `super::contract`, [`unique`] | `duplicates`, `unique` |
//! | references | `super::relations` | `orphans`, `cardinality` |
//! | what is left | [`whole`] | nothing: `rows`, `freshness`, shares |

pub mod breach;
mod computed;
mod convert;
mod duplicates;
pub mod rates;
pub mod unique;
mod values;
pub mod whole;

use super::contract::Gone;
use super::drift::Earlier;
use super::read::RawTable;
use super::rejected::{Outcome, Shared};
use crate::diag::Id;
use crate::error::{Error, Stop};
use crate::manifest::model::{Limits, Severity, Table};
use crate::rules::rows::RowRules;
use crate::source::SourceMap;
use breach::Breach;
use jiff::tz::TimeZone;
use rates::RateBook;
use rayon::prelude::*;
use std::borrow::Cow;
pub use values::day_of;

/// What the rules of tables are held against, beside the rows.
pub struct World<'w> {
    /// The expressions of all tables.
    pub rules: &'w RowRules,
    /// Whether they run on the interpreter.
    pub interpret: bool,
    /// The as-of date, an exclusive end, in days since 1970-01-01.
    pub as_of: i32,
    /// Limits on the rules.
    pub limits: &'w Limits,
    /// Texts, for places.
    pub sources: &'w SourceMap,
    /// The project's time zone.
    pub zone: &'w TimeZone,
    /// Threads that can run rules.
    pub pool: &'w rayon::ThreadPool,
    /// A run to compare with.
    pub earlier: Option<&'w Earlier>,
}

/// What the contract says of the rows of a table.
#[derive(Default)]
pub struct Judged {
    /// Whether each row stays.
    pub alive: Vec<bool>,
    /// Rows that do not.
    pub gone: Vec<Gone>,
    /// Rules that rows break, and what happens then but quarantine.
    pub breaches: Vec<Breach>,
    /// For each computed column (its position) and cause the rows in which it is missing for it.
    pub causes: Vec<(usize, Cause, Vec<u32>)>,
}

/// Why a computed column is missing in rows that stay.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cause {
    /// What the expression says.
    pub text: String,
    /// Whether it failed, as on a text that is no number; else a value that it needs is missing, or the manifest says that
    /// the column may be.
    pub is_failure: bool,
}

/// A rule that rows break.
pub struct Broken<'b> {
    /// What happens.
    pub severity: Severity,
    /// The columns that it is about.
    pub columns: Vec<String>,
    /// What kind of fault it is.
    pub id: Id,
    /// What is wrong with a row, as a clause.
    pub message: String,
    /// The rule as it is written.
    pub rule: String,
    /// Where it is declared.
    pub span: crate::source::Span,
    /// What stands in a row.
    pub text: &'b dyn Fn(u32) -> String,
}

impl Judged {
    /// Nothing is said of so many rows: all stay.
    pub fn all(rows: usize) -> Judged {
        Judged { alive: vec![true; rows], ..Judged::default() }
    }

    /// Takes the rows that break a rule: they go to quarantine, or stay and are remembered.
    pub fn take(&mut self, broken: Broken, rows: Vec<u32>) {
        if rows.is_empty() {
            return;
        }
        if broken.severity != Severity::Quarantine {
            return self.breaches.push(Breach::new(broken, rows));
        }
        for row in rows {
            let text = (broken.text)(row);
            self.leave(row, &broken.columns, text, Outcome::Quarantined, broken.id, broken.message.clone());
        }
    }

    /// Takes a row away.
    pub fn leave(&mut self, row: u32, columns: &[String], text: String, outcome: Outcome, id: Id, message: String) {
        if let Some(alive) = self.alive.get_mut(row as usize)
            && std::mem::take(alive)
        {
            let before = self.gone.last();
            let column = Shared::with(before.map(|gone| &gone.column), &columns.join(", "));
            let message = Shared::with(before.map(|gone| &gone.message), &message);
            self.gone.push(Gone { row, column, text, outcome, id, message });
        }
    }

    /// The rows that stay so far, ascending.
    pub fn rows(&self) -> Vec<u32> {
        (0..).zip(&self.alive).filter(|(_, alive)| **alive).map(|(row, _)| row).collect()
    }
}

/// The table as its files have it: without computed columns.
pub fn of_source(table: &Table) -> Cow<'_, Table> {
    if table.columns.values().all(|column| column.contract.is_of_source()) {
        return Cow::Borrowed(table);
    }
    let mut source = table.clone();
    source.columns.retain(|_, column| column.contract.is_of_source());
    Cow::Owned(source)
}

/// Holds the rows of all tables against their contracts: first those of tables that convert nothing, among them all
/// tables of rates.
///
/// # Errors
/// As [`judge`].
pub fn judge_all(raw: &mut [RawTable], world: &World) -> Result<Vec<Judged>, Stop> {
    let converts = |raw: &RawTable| raw.table.contract.rates.is_some();
    let first =
        raw.par_iter_mut().map(|raw| if converts(raw) { Ok(Judged::default()) } else { judge(raw, None, world) });
    let mut judged = first.collect::<Vec<_>>().into_iter().collect::<Result<Vec<_>, Stop>>()?;
    for number in 0..raw.len() {
        if converts(&raw[number]) {
            let book = book(raw[number].table, raw, &judged)?;
            judged[number] = judge(&mut raw[number], book.as_ref(), world)?;
        }
    }
    Ok(judged)
}

/// The rates that a table converts by, of tables that are judged.
///
/// # Errors
/// As [`RateBook::new`].
pub fn book(table: &Table, raw: &[RawTable], judged: &[Judged]) -> Result<Option<RateBook>, Error> {
    let Some(rates) = &table.contract.rates else { return Ok(None) };
    let other = raw.iter().zip(judged).find(|(other, _)| other.table.name == rates.table);
    other.map(|(raw, judged)| RateBook::new(rates, raw, judged)).transpose()
}

/// Holds the rows of a table against its contract, and computes what is computed.
///
/// # Errors
/// As [`judge_rows`].
pub fn judge(raw: &mut RawTable, book: Option<&RateBook>, world: &World) -> Result<Judged, Stop> {
    let judged = judge_rows(raw, book, world)?;
    Ok(judge_alike(raw, judged)?)
}

/// Settles which of the rows that are left and alike stays.
///
/// # Errors
/// [`Error::Defect`].
pub fn judge_alike(raw: &RawTable, mut judged: Judged) -> Result<Judged, Error> {
    if raw.findings.is_empty() {
        duplicates::settle(raw, &mut judged)?;
    }
    Ok(judged)
}

/// The same as far as each row alone tells: all but `exact_duplicates`.
///
/// # Errors
/// [`Stop::Findings`] with `limit`, if an expression goes over a limit for a row; [`Stop::Error`] for a defect of ours.
pub fn judge_rows(raw: &mut RawTable, book: Option<&RateBook>, world: &World) -> Result<Judged, Stop> {
    let mut judged = Judged::all(raw.rows());
    if raw.findings.is_empty() {
        for (position, column) in raw.table.columns.values().enumerate() {
            if column.contract.is_of_source() {
                values::check(raw, position, world, &mut judged)?;
            }
        }
        let rules = world.rules.tables.get(&raw.table.name);
        computed::columns(raw, rules, book, world, &mut judged)?;
        if let Some(rules) = rules {
            computed::filter(raw, rules, world, &mut judged)?;
            computed::checks(raw, rules, world, &mut judged)?;
        }
    }
    Ok(judged)
}
