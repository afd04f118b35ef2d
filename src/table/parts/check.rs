//! Contracts of tables in parts, part by part.
//!
//! In: tables in parts, tables in memory. Out: figures and findings of the tables in parts, and the rows that stay,
//! for rules. Must not know: rules. Start at [`Checker::part`].
//!
//! A part has all that its rows refer to, so that keys and references are settled as they are in memory. Tables in memory
//! are settled again with each part, as the order in which rows go to quarantine depends on all of them.

use super::block::put;
use super::figures::Sums;
use super::spill::{Spilled, read_part};
use super::store::Store;
use super::{Place, World};
use crate::error::Error;
use crate::table::completeness::{self, Reached};
use crate::table::contract::Settled;
use crate::table::contracts::Judged;
use crate::table::keys::KeyIndex;
use crate::table::read::RawTable;
use crate::table::relations::{self, Resolved};
use crate::table::rows;
use crate::table::{kept_columns, references};
use polars::prelude::Series;
use std::sync::Arc;

/// A table in memory, as it was before references were settled.
pub struct Base<'r> {
    pub raw: &'r RawTable<'r>,
    pub alive: Vec<bool>,
    pub index: Option<Arc<KeyIndex<'r>>>,
}

/// What the parts are checked with.
pub struct Checker<'c, 'a> {
    pub world: &'c World<'a>,
    pub place: &'c Place,
    /// All tables, those in parts without rows.
    pub bases: &'c [Base<'c>],
    pub resolved: &'c [Arc<Resolved>],
    /// Numbers of the rows of tables in memory among those that stay.
    pub numbers: &'c [Vec<u32>],
    /// Tables in parts, by their place among all tables.
    pub spilled: Vec<(usize, &'c Spilled<'a>)>,
}

/// What the parts gave so far: figures and rows that stay in the order of the tables in parts, customers whom their related
/// rows make more complete.
pub struct Found<'f> {
    pub sums: &'f mut [Sums],
    pub stores: &'f mut [Store],
    pub reached: &'f mut Reached,
}

impl Checker<'_, '_> {
    /// Checks a part and adds to what was found. `used` says which columns are kept.
    ///
    /// # Errors
    /// [`Error`].
    pub fn part(&self, part: usize, found: &mut Found, used: &[Vec<bool>]) -> Result<(), Error> {
        let Found { sums, stores, reached } = found;
        let mut raws = Vec::with_capacity(self.spilled.len());
        for (_, spilled) in &self.spilled {
            let verdict = spilled.verdict.as_ref();
            raws.push(read_part(self.world, &spilled.whole, &spilled.stored, part, verdict)?);
        }
        let zone = self.world.zone;
        let mut settled: Vec<Settled> = Vec::with_capacity(self.bases.len());
        let mut known: Vec<Option<Arc<Resolved>>> = Vec::with_capacity(self.bases.len());
        for (table, base) in self.bases.iter().enumerate() {
            let Some(nth) = self.nth(table) else {
                let (alive, index) = (base.alive.clone(), base.index.clone());
                settled.push(Settled { index, ..Settled::new(base.raw, Judged { alive, ..Judged::default() }) });
                known.push(self.resolved.get(table).cloned());
                continue;
            };
            settled.push(super::settled_plainly(&raws[nth].0, zone)?);
            known.push(None);
        }
        let resolved = relations::resolve(&mut settled, &known, zone)?;
        if let Some(customer) = self.world.project.tables.get_index_of(&self.world.project.customer) {
            completeness::reach(&settled, &resolved, customer, reached);
        }
        let own = |table: usize| self.nth(table).map(|_| rows::numbers(&settled[table].alive));
        let own: Vec<Option<Vec<u32>>> = (0..settled.len()).map(own).collect();
        let numbers = own.iter().zip(self.numbers).map(|(own, known)| own.as_deref().unwrap_or(known));
        let numbers: Vec<&[u32]> = numbers.collect();
        for (nth, (table, _)) in self.spilled.iter().enumerate() {
            let columns = kept_columns(&settled[*table])?;
            let references = references(&settled, &resolved, &numbers, *table);
            self.write(part, &columns, &used[nth], &references, &mut stores[nth])?;
        }
        for (nth, (table, _)) in self.spilled.iter().enumerate() {
            leave_out(&mut settled[*table], &raws[nth].1);
        }
        for (nth, (table, spilled)) in self.spilled.iter().enumerate() {
            if spilled.verdict.is_none() {
                sums[nth].repeats.add(std::mem::take(&mut settled[*table].repeats));
            }
            let orphans = relations::orphans(&settled, &resolved, *table, zone)?;
            let table = &settled[*table];
            let columns = kept_columns(table)?;
            sums[nth].add(table, &spilled.account, &columns, orphans)?;
        }
        Ok(())
    }

    fn nth(&self, table: usize) -> Option<usize> {
        self.spilled.iter().position(|(t, _)| *t == table)
    }

    fn write(
        &self,
        part: usize,
        columns: &[Series],
        used: &[bool],
        references: &[Vec<u32>],
        store: &mut Store,
    ) -> Result<(), Error> {
        let rows = columns.first().map_or(0, |column| column.len());
        if rows == 0 {
            return Ok(());
        }
        let all: Vec<u32> = (0..rows as u32).collect();
        store.write(self.world.system, part, &(rows as u64).to_le_bytes())?;
        for (column, _) in columns.iter().zip(used).filter(|(_, used)| **used) {
            let mut block = Vec::new();
            put(column, &all, &mut block)?;
            store.write(self.world.system, part, &block)?;
        }
        for reference in references {
            store.write(self.world.system, part, bytemuck::cast_slice(reference))?;
        }
        Ok(())
    }
}

/// Rows that are counted in another part are as good as gone.
fn leave_out(settled: &mut Settled, copies: &[bool]) {
    if copies.contains(&true) {
        settled.gone.retain(|gone| !copies.get(gone.row as usize).copied().unwrap_or(false));
        settled.alive.iter_mut().zip(copies).for_each(|(alive, copy)| *alive &= !copy);
    }
}
