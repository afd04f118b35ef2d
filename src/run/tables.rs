//! The small tables of a run: tiers, migration, undetermined customers.
//!
//! In: an [`Outcome`]. Out: rows for the record and columns for Parquet. Must not know: files. Sums of floats fold left in
//! key order, so that they have the same bits at any number of threads.

use super::outcome::{Move, Outcome};
use super::record::{MoveRow, TierRow};
use crate::error::Error;
use polars::prelude::{NamedFrom, Series};
use std::collections::BTreeMap;

/// The tier table: the project's tiers, highest first, also those without customers; then customers without a tier, if
/// there are any. `known` is how many tiers the project's order has.
pub fn tiers(outcome: &Outcome, known: usize) -> Vec<TierRow> {
    #[derive(Clone, Default)]
    struct Sum {
        customers: u64,
        undetermined: u64,
        valued: u64,
        value: f64,
    }
    let mut sums = vec![Sum::default(); outcome.tiers.len() + 1];
    for row in &outcome.order {
        let at = *row as usize;
        let place = outcome.tier[at].map_or(outcome.tiers.len(), |tier| tier as usize);
        let sum = &mut sums[place];
        sum.customers += 1;
        sum.undetermined += u64::from(outcome.ledger.failure(*row).is_some());
        if let Some(value) = outcome.value[at] {
            sum.valued += 1;
            sum.value += value;
        }
    }
    let all = outcome.customers() as f64;
    let row = |tier: Option<String>, sum: &Sum| TierRow {
        tier,
        customers: sum.customers,
        undetermined: sum.undetermined,
        share: if all > 0.0 { sum.customers as f64 / all } else { 0.0 },
        value_sum: sum.value,
        value_mean: (sum.valued > 0).then(|| sum.value / sum.valued as f64),
    };
    // Tiers only of earlier cycles stand behind the known ones, and only if a customer kept one.
    let mut rows: Vec<TierRow> =
        (0..known).rev().map(|tier| row(Some(outcome.tiers[tier].clone()), &sums[tier])).collect();
    let former = (known..outcome.tiers.len()).filter(|tier| sums[*tier].customers > 0);
    rows.extend(former.map(|tier| row(Some(outcome.tiers[tier].clone()), &sums[tier])));
    let without = &sums[outcome.tiers.len()];
    if without.customers > 0 {
        rows.push(row(None, without));
    }
    rows
}

/// The migration: customers by prior tier, tier now and move; highest tiers first, none last. Customers of the prior
/// decisions who are gone or merged into others are among them, so rows of one prior tier sum to its customers then.
pub fn migration(outcome: &Outcome) -> Vec<MoveRow> {
    let rank = |tier: Option<u32>| tier.map_or((1, 0), |t| (0, u32::MAX - t));
    #[derive(Default)]
    struct Cell {
        customers: u64,
        value: f64,
        prior_value: f64,
    }
    type Place = ((u8, u32), (u8, u32), Move);
    let mut cells: BTreeMap<Place, (Option<u32>, Option<u32>, Cell)> = BTreeMap::new();
    let mut add = |from: Option<u32>, to: Option<u32>, movement: Move, value: Option<f64>, before: Option<f64>| {
        let place = (rank(from), rank(to), movement);
        let (_, _, cell) = cells.entry(place).or_insert_with(|| (from, to, Cell::default()));
        cell.customers += 1;
        cell.value += value.unwrap_or(0.0);
        cell.prior_value += before.unwrap_or(0.0);
    };
    for row in &outcome.order {
        let at = *row as usize;
        let prior = outcome.prior[at].as_ref();
        let from = prior.map(|p| p.tier);
        add(from, outcome.tier[at], outcome.moves[at], outcome.value[at], prior.and_then(|p| p.value));
    }
    for gone in &outcome.gone {
        add(Some(gone.held.tier), None, gone.movement, None, gone.held.value);
    }
    let name = |tier: Option<u32>| tier.map(|t| outcome.tiers[t as usize].clone());
    cells
        .into_iter()
        .map(|((_, _, movement), (from, to, cell))| MoveRow {
            from: name(from),
            to: name(to),
            movement: movement.word().to_owned(),
            customers: cell.customers,
            value: cell.value,
            prior_value: cell.prior_value,
        })
        .collect()
}

/// `summary.parquet`.
pub fn tier_columns(rows: &[TierRow]) -> Vec<Series> {
    vec![
        Series::new("tier".into(), rows.iter().map(|r| r.tier.as_deref()).collect::<Vec<Option<&str>>>()),
        ints("customers", rows.iter().map(|r| r.customers)),
        ints("undetermined", rows.iter().map(|r| r.undetermined)),
        Series::new("share".into(), rows.iter().map(|r| r.share).collect::<Vec<f64>>()),
        Series::new("value_sum".into(), rows.iter().map(|r| r.value_sum).collect::<Vec<f64>>()),
        Series::new("value_mean".into(), rows.iter().map(|r| r.value_mean).collect::<Vec<Option<f64>>>()),
    ]
}

/// `migration.parquet`.
pub fn migration_columns(rows: &[MoveRow]) -> Vec<Series> {
    vec![
        Series::new("from_tier".into(), rows.iter().map(|r| r.from.as_deref()).collect::<Vec<Option<&str>>>()),
        Series::new("to_tier".into(), rows.iter().map(|r| r.to.as_deref()).collect::<Vec<Option<&str>>>()),
        Series::new("move".into(), rows.iter().map(|r| r.movement.as_str()).collect::<Vec<&str>>()),
        ints("customers", rows.iter().map(|r| r.customers)),
        Series::new("value".into(), rows.iter().map(|r| r.value).collect::<Vec<f64>>()),
        Series::new("prior_value".into(), rows.iter().map(|r| r.prior_value).collect::<Vec<f64>>()),
    ]
}

/// `undetermined.parquet`: who is undetermined at which step and why, in key order.
///
/// # Errors
/// [`Error::Defect`].
pub fn undetermined_columns(outcome: &Outcome) -> Result<Vec<Series>, Error> {
    let rows: Vec<u32> = outcome.order.iter().copied().filter(|r| outcome.ledger.failure(*r).is_some()).collect();
    let failures: Vec<_> = rows.iter().filter_map(|row| outcome.ledger.failure(*row)).collect();
    let key = outcome.column(&outcome.key).ok_or_else(|| Error::Defect(format!("no key {}", outcome.key)))?;
    let key = key.take_slice(&rows).map_err(|e| Error::Defect(format!("key {}: {e}", outcome.key)))?;
    let step: Vec<&str> = failures.iter().map(|f| outcome.steps[f.step].as_str()).collect();
    let place: Vec<&str> = failures.iter().map(|f| f.cause.place.as_str()).collect();
    let kind: Vec<&str> = failures.iter().map(|f| f.cause.kind.word()).collect();
    let subject: Vec<&str> = failures.iter().map(|f| f.cause.subject.as_str()).collect();
    let text: Vec<String> = failures.iter().map(|f| f.cause.to_string()).collect();
    let name = key_name(&outcome.key, &["step", "place", "kind", "subject", "text"]);
    Ok(vec![
        key.with_name(name.as_str().into()),
        Series::new("step".into(), step),
        Series::new("place".into(), place),
        Series::new("kind".into(), kind),
        Series::new("subject".into(), subject),
        Series::new("text".into(), text),
    ])
}

/// The name of the key's column beside columns of these names. Two of one name would make a file that no reader opens.
pub fn key_name(key: &str, own: &[&str]) -> String {
    if own.contains(&key) { format!("customer_{key}") } else { key.to_owned() }
}

/// An int column of counts.
pub fn ints(name: &str, values: impl Iterator<Item = u64>) -> Series {
    Series::new(name.into(), values.map(|n| i64::try_from(n).unwrap_or(i64::MAX)).collect::<Vec<i64>>())
}
