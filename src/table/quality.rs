//! What was read, kept, corrected and turned away, as figures.
//!
//! In: settled tables. Out: [`TableQuality`]. Must not know: how any of it was found, how it is written. Start at [`TableQuality`].
//!
//! Figures of columns are over the rows that are kept. Rows read = kept + quarantined + removed, always.

use super::completeness::Completeness;
use super::contract::Settled;
use super::contracts::breach::{Breach, Counted};
use super::figures::{Figures, Wanted, figures};
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
    /// Rows without a value, for whatever reason.
    pub missing: u64,
    /// Texts that mean a missing value, each with its rows.
    pub tokens: Vec<(String, u64)>,
    /// Corrections (from, to), each with its rows.
    pub corrected: Vec<(String, String, u64)>,
    /// Ways in which texts were mended, each with its rows.
    pub mended: Vec<(String, u64)>,
    /// Rows with NaN or an infinity, which count as missing.
    pub not_finite: u64,
    /// Why a computed column is missing, each with its rows.
    pub not_computed: Vec<(String, u64)>,
    /// Rows read from files that lack the column, as they may.
    pub absent: u64,
    /// Unlike values.
    pub distinct: u64,
    /// Smallest value as text; text by UTF-8 bytes.
    pub min: Option<String>,
    /// Largest value as text.
    pub max: Option<String>,
    /// Mean of numbers.
    pub mean: Option<f64>,
    /// Characters of the shortest and of the longest text.
    pub lengths: Option<(u64, u64)>,
    /// Values by bin, see [`super::bins`].
    pub bins: Vec<(String, u64)>,
}

/// The figures of a table. `frame` has the rows that stay.
///
/// # Errors
/// [`Error::Defect`] if rows read are not those kept, quarantined and removed.
pub fn measure(
    settled: &Settled,
    frame: &[Series],
    rejected: &[Rejected],
    references: Vec<ReferenceQuality>,
    completeness: Option<Completeness>,
    zone: &TimeZone,
) -> Result<TableQuality, Error> {
    let raw = settled.raw;
    let of = |outcome| rejected.iter().filter(|r| r.outcome == outcome).count() as u64;
    let declared: Vec<&Column> = raw.table.columns.values().collect();
    let columns = (0..declared.len()).into_par_iter().map(|k| {
        let mut quality = column(&frame[k], declared[k], identifies(raw.table, &declared[k].name), zone)?;
        count(&mut quality, declared[k], &raw.notes[k], &settled.alive);
        let of_column = settled.causes.iter().filter(|(position, ..)| *position == k);
        let left = |rows: &[u32]| rows.iter().filter(|row| settled.alive[**row as usize]).count() as u64;
        quality.not_computed = of_column.map(|(_, cause, rows)| (cause.clone(), left(rows))).collect();
        quality.absent = raw.absent.get(&declared[k].name).copied().unwrap_or(0);
        if declared[k].contract.sensitive {
            withheld(&mut quality);
        }
        Ok(quality)
    });
    let quality = TableQuality {
        table: raw.table.name.clone(),
        read: raw.read,
        kept: settled.alive.iter().filter(|alive| **alive).count() as u64,
        quarantined: of(Outcome::Quarantined),
        removed: of(Outcome::Removed),
        reasons: reasons(rejected),
        completeness,
        undeclared: raw.undeclared.iter().map(|(name, files)| (name.clone(), *files)).collect(),
        mended: raw
            .counts
            .iter()
            .map(|((k, measure), n)| (k.map(|k| declared[k].name.clone()), *measure, *n))
            .collect(),
        references,
        broken: settled.breaches.iter().map(|breach| broken(breach, settled)).collect(),
        columns: columns.collect::<Result<_, Error>>()?,
    };
    if quality.read != quality.kept + quality.quarantined + quality.removed {
        return Err(Error::Defect(format!("rows of table {} do not reconcile: {quality:?}", quality.table)));
    }
    Ok(quality)
}

fn broken(breach: &Breach, settled: &Settled) -> RuleQuality {
    let counted = breach.among(settled.raw.table, &settled.raw.lines, &settled.alive);
    let Counted { rows, examples } = counted;
    RuleQuality { columns: breach.columns.clone(), rule: breach.rule.clone(), rows, examples }
}

/// Takes out what tells values.
fn withheld(quality: &mut ColumnQuality) {
    for text in [&mut quality.min, &mut quality.max].into_iter().flatten() {
        *text = WITHHELD.to_owned();
    }
    quality.mean = None;
    let rows = quality.corrected.iter().map(|(_, _, rows)| rows).sum();
    if !quality.corrected.is_empty() {
        quality.corrected = vec![(WITHHELD.to_owned(), WITHHELD.to_owned(), rows)];
    }
}

/// Whether a column is part of a key or of a reference: its values name rows, and have no distribution to speak of.
fn identifies(table: &Table, name: &String) -> bool {
    table.key.contains(name) || table.references.iter().any(|reference| reference.columns.contains(name))
}

fn column(series: &Series, column: &Column, identifies: bool, zone: &TimeZone) -> Result<ColumnQuality, Error> {
    let wanted = Wanted { bins: !identifies && !column.contract.sensitive, zone };
    let Figures { missing, distinct, min, max, mean, lengths, bins } = figures(series, &wanted)?;
    Ok(ColumnQuality {
        name: column.name.clone(),
        dtype: column.dtype,
        missing,
        distinct,
        min,
        max,
        mean,
        lengths,
        bins,
        tokens: Vec::new(),
        corrected: Vec::new(),
        mended: Vec::new(),
        not_finite: 0,
        not_computed: Vec::new(),
        absent: 0,
    })
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

fn count(quality: &mut ColumnQuality, column: &Column, notes: &[(u32, Noted)], alive: &[bool]) {
    quality.tokens = column.missing.iter().map(|token| (token.clone(), 0)).collect();
    quality.corrected = column.values.iter().map(|(from, to)| (from.clone(), to.clone(), 0)).collect();
    quality.mended = Mended::ALL.iter().map(|(_, name)| ((*name).to_owned(), 0)).collect();
    for (_, noted) in notes.iter().filter(|(row, _)| alive[*row as usize]) {
        match noted {
            Noted::Token(n) => quality.tokens[*n as usize].1 += 1,
            Noted::Corrected(n) => quality.corrected[*n as usize].2 += 1,
            Noted::NotFinite => quality.not_finite += 1,
            Noted::Mended(done) => {
                let each = quality.mended.iter_mut().zip(Mended::ALL);
                each.filter(|(_, (one, _))| done.has(*one)).for_each(|((_, rows), _)| *rows += 1);
            }
        }
    }
    let mending = column.contract.mending;
    let declared = [mending.half_width, mending.trim, mending.case.is_some()];
    let mut declared = declared.into_iter();
    quality.mended.retain(|_| declared.next().unwrap_or(false));
}
