//! What was read, kept, corrected and turned away, as figures.
//!
//! In: settled tables. Out: [`TableQuality`]. Must not know: how any of it was found, how it is written. Start at [`TableQuality`].
//!
//! Figures of columns are over the rows that are kept. Rows read = kept + quarantined + removed, always.

use super::bins::Division;
use super::completeness::Completeness;
use super::contract::Settled;
use super::contracts::Cause;
use super::contracts::breach::{Breach, Counted};
use super::drift::Earlier;
use super::figures::{Figures, Tally, Wanted};
use super::network::Ties;
use super::read::RawTable;
use super::rejected::{Outcome, Rejected};
use super::value::Noted;
use super::withhold::WITHHELD;
use crate::diag::{Id, ids};
use crate::dtype::DataType;
use crate::error::Error;
use crate::manifest::model::{Column, Mended, Table};
use jiff::tz::TimeZone;
use polars::prelude::Series;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Figures of one table.
#[derive(Clone, Debug, PartialEq)]
pub struct TableQuality {
    /// The table.
    pub table: String,
    /// Rows of its files.
    pub read: u64,
    /// Rows in its frame.
    pub kept: u64,
    /// Rows with something wrong.
    pub quarantined: u64,
    /// Rows that the manifest says go.
    pub removed: u64,
    /// Why rows are not kept: what became of them, the columns that they go for, the reason, rows. They sum to the
    /// rows that are quarantined and removed.
    pub reasons: Vec<(Outcome, Option<String>, String, u64)>,
    /// How complete the customers are, where the manifest asks for it.
    pub completeness: Option<Completeness>,
    /// Ties of its network, if it declares one.
    pub ties: Option<Ties>,
    /// Columns of the source that the manifest does not declare, with the number of files that have them.
    pub undeclared: Vec<(String, u64)>,
    /// What was mended while rows were read, or looks wrong: column if one is meant, measure, rows. Rows that keys or
    /// references take away later are among them.
    pub mended: Vec<(Option<String>, &'static str, u64)>,
    /// References in order.
    pub references: Vec<ReferenceQuality>,
    /// Rules that rows break and stay, or that fail the run.
    pub broken: Vec<RuleQuality>,
    /// Columns in order.
    pub columns: Vec<ColumnQuality>,
}

/// Figures of one rule that rows break.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleQuality {
    /// The columns that it is about; none for the row as a whole.
    pub columns: Vec<String>,
    /// The rule as it is written.
    pub rule: String,
    /// Rows that stay and break it.
    pub rows: u64,
    /// The first of them, with what stands there.
    pub examples: Vec<String>,
}

/// Figures of one reference.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReferenceQuality {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<String>,
    /// Rows in which it is missing.
    pub missing: u64,
    /// Rows in which it is there and finds no row.
    pub orphans: u64,
}

/// Figures of one column.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnQuality {
    /// Its name.
    pub name: String,
    /// Its type.
    pub dtype: DataType,
    /// What its values look like.
    pub figures: Figures,
    /// Texts that mean a missing value, each with its rows.
    pub tokens: Vec<(String, u64)>,
    /// Corrections (from, to), each with its rows.
    pub corrected: Vec<(String, String, u64)>,
    /// Ways in which texts were mended, each with its rows.
    pub mended: Vec<(String, u64)>,
    /// Rows with NaN or an infinity, which count as missing.
    pub not_finite: u64,
    /// Why a computed column is missing, each with its rows.
    pub not_computed: Vec<(Cause, u64)>,
    /// Rows read from files that lack the column, as they may.
    pub absent: u64,
}

impl ColumnQuality {
    /// Those of a column without rows.
    pub fn new(column: &Column) -> ColumnQuality {
        let mending = column.contract.mending;
        let declared = [mending.composed, mending.half_width, mending.trim, mending.case.is_some()];
        let mended = Mended::ALL.iter().zip(declared).filter(|(_, declared)| *declared);
        ColumnQuality {
            name: column.name.clone(),
            dtype: column.dtype,
            figures: Figures::default(),
            tokens: column.missing.iter().map(|token| (token.clone(), 0)).collect(),
            corrected: column.values.iter().map(|(from, to)| (from.clone(), to.clone(), 0)).collect(),
            mended: mended.map(|((_, name), _)| ((*name).to_owned(), 0)).collect(),
            not_finite: 0,
            not_computed: Vec::new(),
            absent: 0,
        }
    }
}

/// The figures of a table. `columns` has those of its columns that the values alone give, for the rows that stay.
///
/// # Errors
/// [`Error::Defect`] if rows read are not those kept, quarantined and removed.
pub fn measure(
    settled: &Settled,
    columns: Vec<Figures>,
    rejected: &[Rejected],
    references: Vec<ReferenceQuality>,
    completeness: Option<Completeness>,
) -> Result<TableQuality, Error> {
    let raw = settled.raw;
    let declared = raw.table.columns.values().zip(columns).enumerate().collect::<Vec<_>>();
    let columns = declared.into_par_iter().map(|(k, (column, figures))| {
        let mut quality = ColumnQuality { figures, ..ColumnQuality::new(column) };
        count(&mut quality, &raw.notes[k], &settled.alive);
        let of_column = settled.causes.iter().filter(|(position, ..)| *position == k);
        let left = |rows: &[u32]| rows.iter().filter(|row| settled.alive[**row as usize]).count() as u64;
        quality.not_computed = of_column.map(|(_, cause, rows)| (cause.clone(), left(rows))).collect();
        quality.not_computed.sort();
        quality
    });
    let mut quality = TableQuality {
        kept: settled.alive.iter().filter(|alive| **alive).count() as u64,
        references,
        broken: settled.breaches.iter().map(|breach| broken(breach, settled)).collect(),
        completeness,
        columns: columns.collect(),
        ..TableQuality::new(raw.table)
    };
    quality.close(raw, rejected, settled.repeats.is_empty())?;
    Ok(quality)
}

impl TableQuality {
    /// Those of a table without rows.
    pub fn new(table: &Table) -> TableQuality {
        TableQuality {
            table: table.name.clone(),
            read: 0,
            kept: 0,
            quarantined: 0,
            removed: 0,
            reasons: Vec::new(),
            completeness: None,
            ties: None,
            undeclared: Vec::new(),
            mended: Vec::new(),
            references: Vec::new(),
            broken: Vec::new(),
            columns: table.columns.values().map(ColumnQuality::new).collect(),
        }
    }

    /// Adds what is known of the source and of rows that are not kept, and holds back what is not to be told.
    ///
    /// # Errors
    /// [`Error::Defect`] if rows read are not those kept, quarantined and removed.
    pub fn close(&mut self, raw: &RawTable, rejected: &[Rejected], keys_are_unlike: bool) -> Result<(), Error> {
        let of = |outcome| rejected.iter().filter(|r| r.outcome == outcome).count() as u64;
        self.read = raw.read;
        (self.quarantined, self.removed) = (of(Outcome::Quarantined), of(Outcome::Removed));
        self.reasons = reasons(rejected);
        self.undeclared = raw.undeclared.iter().map(|(name, files)| (name.clone(), *files)).collect();
        self.mended = mended(raw);
        if self.read != self.kept + self.quarantined + self.removed {
            return Err(Error::Defect(format!("rows of table {} do not reconcile: {self:?}", self.table)));
        }
        for (column, quality) in raw.table.columns.values().zip(&mut self.columns) {
            quality.absent = raw.absent.get(&column.name).copied().unwrap_or(0);
            if keys_are_unlike && raw.table.key == [column.name.as_str()] {
                quality.figures.distinct = Some(self.kept);
            }
            if column.contract.sensitive {
                withheld(quality);
            }
        }
        Ok(())
    }
}

fn broken(breach: &Breach, settled: &Settled) -> RuleQuality {
    let counted = breach.among(settled.raw.table, &settled.raw.lines, &settled.alive);
    let Counted { rows, examples } = counted;
    RuleQuality { columns: breach.columns.clone(), rule: breach.rule.clone(), rows, examples }
}

/// Takes out what tells values.
fn withheld(quality: &mut ColumnQuality) {
    let figures = &mut quality.figures;
    for text in [&mut figures.min, &mut figures.max].into_iter().flatten() {
        *text = WITHHELD.to_owned();
    }
    (figures.mean, figures.lengths, figures.moved) = (None, None, None);
    figures.bins.clear();
    let rows = quality.corrected.iter().map(|(_, _, rows)| rows).sum();
    if !quality.corrected.is_empty() {
        quality.corrected = vec![(WITHHELD.to_owned(), WITHHELD.to_owned(), rows)];
    }
}

/// What was mended while the rows of a table were read, by the columns' names.
fn mended(raw: &RawTable) -> Vec<(Option<String>, &'static str, u64)> {
    let name = |k: usize| raw.table.columns.get_index(k).map(|(name, _)| name.clone());
    raw.counts.iter().map(|((k, measure), n)| (k.and_then(name), *measure, *n)).collect()
}

/// What is asked of the values of a table's columns: bins but of those that are part of a key or of a reference, whose values
/// name rows and have no distribution to speak of, and of sensitive ones.
pub fn tallies(table: &Table, earlier: Option<&Earlier>, in_parts: bool) -> Vec<Tally> {
    let identifies = |name: &String| {
        table.key.contains(name) || table.references.iter().any(|reference| reference.columns.contains(name))
    };
    let tally = |column: &Column| {
        let bins = !identifies(&column.name) && !column.contract.sensitive;
        let earlier = earlier.filter(|_| bins).and_then(|earlier| earlier.bins(&table.name, column));
        let earlier = earlier.and_then(|bins| Division::new(bins, column.dtype));
        Tally::new(column.dtype, Wanted { bins, earlier, in_parts })
    };
    table.columns.values().map(tally).collect()
}

/// What the values of columns in memory give.
///
/// # Errors
/// [`Error::Defect`] if a column is of no type that tables have.
pub fn figures(
    table: &Table,
    columns: &[Series],
    earlier: Option<&Earlier>,
    zone: &TimeZone,
) -> Result<Vec<Figures>, Error> {
    let tallies = tallies(table, earlier, false).into_par_iter().zip(columns);
    let figures = tallies.map(|(mut tally, series)| tally.add(series).map(|()| tally.finish(zone)));
    figures.collect::<Vec<_>>().into_iter().collect()
}

/// Reasons of one kind for one column that are told apart; more are told together.
const REASONS: usize = 20;

/// Rows by what became of them, column and reason, sorted. A reason is the finding's id with what is wrong, or the id
/// alone where what is wrong names another row, or is something else in too many rows.
fn reasons(rejected: &[Rejected]) -> Vec<(Outcome, Option<String>, String, u64)> {
    type Place<'r> = (bool, &'r str, &'static str);
    let mut places: BTreeMap<Place, BTreeMap<&str, u64>> = BTreeMap::new();
    for row in rejected {
        let place = (row.outcome == Outcome::Removed, row.column.as_str(), row.id.name());
        let message = if NAMES_ROWS.contains(&row.id) { "" } else { row.message.as_str() };
        *places.entry(place).or_default().entry(message).or_default() += 1;
    }
    let mut reasons = Vec::new();
    for ((removed, column, id), messages) in places {
        let outcome = if removed { Outcome::Removed } else { Outcome::Quarantined };
        let column = Some(column.to_owned()).filter(|column| !column.is_empty());
        if messages.len() > REASONS {
            reasons.push((outcome, column, id.to_owned(), messages.values().sum()));
            continue;
        }
        for (message, rows) in messages {
            let reason = if message.is_empty() { id.to_owned() } else { format!("{id}: {message}") };
            reasons.push((outcome, column.clone(), reason, rows));
        }
    }
    reasons
}

/// What is wrong with rows of these names the row that they are like.
const NAMES_ROWS: [Id; 2] = [ids::KEY_REPEATED, ids::EXACT_DUPLICATE];

fn count(quality: &mut ColumnQuality, notes: &[(u32, Noted)], alive: &[bool]) {
    for (_, noted) in notes.iter().filter(|(row, _)| alive[*row as usize]) {
        match noted {
            Noted::Token(n) => quality.tokens[*n as usize].1 += 1,
            Noted::Corrected(n) => quality.corrected[*n as usize].2 += 1,
            Noted::NotFinite => quality.not_finite += 1,
            // Counted over all parts.
            Noted::NotComputed(_) | Noted::Broken(_) => {}
            Noted::Mended(done) => {
                let named = Mended::ALL.iter().filter(|(one, _)| done.has(*one)).map(|(_, name)| *name);
                for name in named {
                    quality.mended.iter_mut().filter(|(mended, _)| mended == name).for_each(|(_, rows)| *rows += 1);
                }
            }
        }
    }
}
