//! How complete the customers are.
//!
//! In: the rows of all tables with the rows that their references find, the fields that the manifest names. Out: the column
//! that holds each row's share of fields, and [`Completeness`]. Must not know: rules, files. Start at [`reach`].

use super::contract::Settled;
use super::relations::Resolved;
use crate::manifest::model::{Table, completeness};
use polars::prelude::{NamedFrom, Series};
use std::sync::Arc;

/// Figures of a table's completeness.
#[derive(Clone, Debug, PartialEq)]
pub struct Completeness {
    /// Mean of the rows' shares; none without rows.
    pub mean: Option<f64>,
    /// Rows that lack each field.
    pub lacking: Vec<(String, u64)>,
}

/// For each field the rows of the customers' table that have it, as far as a related table says; empty where none does.
pub type Reached = Vec<Vec<bool>>;

/// Adds the rows of table `number` that related rows lead to.
pub fn reach(tables: &[Settled], resolved: &[Arc<Resolved>], number: usize, so_far: &mut Reached) {
    let Some(table) = tables.get(number) else { return };
    let Some(asked) = &table.raw.table.contract.completeness else { return };
    let all: Vec<&Table> = tables.iter().map(|table| table.raw.table).collect();
    so_far.resize(asked.fields.len(), Vec::new());
    for (field, so_far) in asked.fields.iter().zip(so_far) {
        if table.raw.table.columns.contains_key(&field.name) {
            continue;
        }
        let path = completeness::path(&all, table.raw.table, &field.name).unwrap_or_default();
        let found = reached(tables, resolved, &path, number);
        so_far.resize(found.len(), false);
        so_far.iter_mut().zip(found).for_each(|(so_far, found)| *so_far |= found);
    }
}

/// Fills the column of a table, whose rows that stay are in `columns`; nothing if its manifest asks for none.
pub fn fill(table: &Settled, reached: &Reached, columns: &mut [Series]) -> Option<Completeness> {
    let asked = table.raw.table.contract.completeness.as_ref()?;
    let place = table.raw.table.columns.get_index_of(completeness::COLUMN)?;
    let mut there = vec![0_u32; columns.get(place)?.len()];
    let mut lacking = Vec::new();
    for (number, field) in asked.fields.iter().enumerate() {
        let has: Vec<bool> = match table.raw.table.columns.get_index_of(&field.name) {
            Some(column) => columns.get(column)?.is_not_null().iter().map(|has| has == Some(true)).collect(),
            None => kept(reached.get(number)?, &table.alive),
        };
        there.iter_mut().zip(&has).for_each(|(there, has)| *there += u32::from(*has));
        lacking.push((field.name.clone(), has.iter().filter(|has| !**has).count() as u64));
    }
    let (rows, fields) = (there.len() as f64, asked.fields.len() as f64);
    let sum: u64 = there.iter().map(|n| u64::from(*n)).sum();
    let shares: Vec<f64> = there.iter().map(|n| f64::from(*n) / fields).collect();
    *columns.get_mut(place)? = Series::new(completeness::COLUMN.into(), shares);
    Some(Completeness { mean: (rows > 0.0).then(|| sum as f64 / (rows * fields)), lacking })
}

fn kept(flags: &[bool], alive: &[bool]) -> Vec<bool> {
    flags.iter().zip(alive).filter(|(_, alive)| **alive).map(|(flag, _)| *flag).collect()
}

/// The rows of table `to` to which a row that stays leads over rows that stay.
fn reached(tables: &[Settled], resolved: &[Arc<Resolved>], path: &[(usize, usize)], to: usize) -> Vec<bool> {
    let mut found = vec![false; tables[to].alive.len()];
    let Some((first, _)) = path.first() else { return found };
    let alive = |table: usize, row: usize| tables[table].alive.get(row) == Some(&true);
    for start in (0..tables[*first].alive.len()).filter(|row| alive(*first, *row)) {
        let mut row = Some(start);
        for (step, (table, reference)) in path.iter().enumerate() {
            let next = path.get(step + 1).map_or(to, |(table, _)| *table);
            let target = row.and_then(|row| resolved.get(*table)?.targets.get(*reference)?.get(row).copied());
            row = target.map(|row| row as usize).filter(|row| alive(next, *row));
        }
        if let Some(row) = row {
            found[row] = true;
        }
    }
    found
}
