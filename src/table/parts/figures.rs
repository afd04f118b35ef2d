//! Figures of a table, put together from those of its parts.
//!
//! In: what each part gives. Out: what the whole table gives. Must not know: files. Start at [`Sums::add`].

use super::judge::{Account, BrokenRule};
use super::spill::Spilled;
use crate::error::Error;
use crate::manifest::model::Table;
use crate::table::contract::{Repeats, Settled};
use crate::table::drift::Earlier;
use crate::table::figures::{Figures, Tally};
use crate::table::quality::{ColumnQuality, ReferenceQuality, TableQuality, measure, tallies};
use crate::table::rejected::Rejected;
use crate::table::relations::Lost;
use crate::table::value::Noted;
use jiff::tz::TimeZone;
use polars::prelude::Series;
use rayon::prelude::*;

/// Figures of a table so far.
pub struct Sums {
    quality: TableQuality,
    columns: Vec<Tally>,
    references: Vec<(ReferenceQuality, Lost)>,
    /// Rows that are in no part.
    pub rejected: Vec<Rejected>,
    /// Repeated keys that fail the run.
    pub repeats: Repeats,
    /// Rows that stay, by cause for which a computed column is missing.
    causes: Vec<u64>,
    /// Rows that stay, by rule that they break, with the numbers of those that may be examples.
    broken: Vec<(u64, Vec<u64>)>,
}

/// The rules that rows break, with their numbers, in the order in which they are told.
pub fn rules(account: &Account) -> Vec<(usize, &BrokenRule)> {
    let mut rules: Vec<(usize, &BrokenRule)> = account.broken.iter().enumerate().collect();
    rules.sort_by(|(_, a), (_, b)| a.rule.order().cmp(&b.rule.order()));
    rules
}

impl Sums {
    /// Those of a table without rows.
    pub fn new(spilled: &Spilled, earlier: Option<&Earlier>) -> Sums {
        let table = spilled.whole.table;
        let reference = |r: &crate::manifest::model::Reference| ReferenceQuality {
            name: r.name.clone(),
            columns: r.columns.clone(),
            ..ReferenceQuality::default()
        };
        Sums {
            quality: TableQuality::new(table),
            columns: tallies(table, earlier, true),
            references: table.references.iter().map(|r| (reference(r), Lost::default())).collect(),
            rejected: Vec::new(),
            repeats: Repeats::default(),
            causes: vec![0; spilled.account.causes.len()],
            broken: vec![(0, Vec::new()); spilled.account.broken.len()],
        }
    }

    /// The last day of the column that `freshness` names.
    pub fn newest(&self, table: &Table, zone: &TimeZone) -> Option<i32> {
        let column = table.columns.get_index_of(&table.contract.freshness.as_ref()?.column)?;
        self.columns.get(column)?.newest(zone)
    }

    /// Counts what the rows that stay bring with them.
    fn count(&mut self, part: &Settled, account: &Account) {
        for (row, noted) in part.raw.notes.iter().flatten().filter(|(row, _)| part.alive[*row as usize]) {
            match noted {
                Noted::NotComputed(nth) => self.causes[*nth as usize] += 1,
                Noted::Broken(nth) => {
                    let (rows, numbers) = &mut self.broken[*nth as usize];
                    *rows += 1;
                    let number = part.raw.number(*row as usize);
                    if account.broken[*nth as usize].remembers(number) {
                        numbers.push(number);
                    }
                }
                _ => {}
            }
        }
    }

    /// Adds those of a part. `columns` has the rows that stay and are counted here.
    ///
    /// # Errors
    /// [`Error::Defect`] if rows do not reconcile.
    pub fn add(
        &mut self,
        part: &Settled,
        account: &Account,
        columns: &[Series],
        references: Vec<(ReferenceQuality, Lost)>,
    ) -> Result<(), Error> {
        let rejected = part.rejected();
        let none = vec![Figures::default(); columns.len()];
        let figures = measure(part, none, &rejected, Vec::new(), None)?;
        self.quality.kept += figures.kept;
        for (sum, more) in self.quality.columns.iter_mut().zip(figures.columns) {
            add_columns(sum, more);
        }
        for ((sum, lost), (more, more_lost)) in self.references.iter_mut().zip(references) {
            sum.missing += more.missing;
            sum.orphans += more.orphans;
            lost.add(more_lost);
        }
        self.rejected.extend(rejected);
        self.count(part, account);
        let tallies = self.columns.par_iter_mut().zip(columns);
        tallies.map(|(tally, column)| tally.add(column)).collect::<Vec<_>>().into_iter().collect()
    }

    /// The figures of the table, with its rows that are nowhere else in order, and those that lack what they refer to.
    ///
    /// # Errors
    /// [`Error::Defect`] if rows do not reconcile.
    pub fn finish(
        self,
        spilled: &Spilled,
        keys_are_unlike: bool,
        zone: &TimeZone,
    ) -> Result<(TableQuality, Vec<Rejected>, Vec<Lost>), Error> {
        let Sums { mut quality, columns, references, mut rejected, repeats, causes, broken } = self;
        let account = &spilled.account;
        rejected.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        for (column, tally) in quality.columns.iter_mut().zip(columns) {
            column.figures = tally.finish(zone);
        }
        let (references, lost) = references.into_iter().unzip();
        quality.references = references;
        for ((position, cause), rows) in account.causes.iter().zip(causes) {
            quality.columns[*position].not_computed.push((cause.clone(), rows));
        }
        quality.columns.iter_mut().for_each(|column| column.not_computed.sort());
        let rules = rules(account).into_iter();
        quality.broken = rules.map(|(nth, rule)| rule.quality(broken[nth].0, &broken[nth].1)).collect();
        quality.close(&spilled.whole, &rejected, keys_are_unlike && repeats.is_empty())?;
        Ok((quality, rejected, lost))
    }
}

fn add_columns(sum: &mut ColumnQuality, more: ColumnQuality) {
    sum.not_finite += more.not_finite;
    sum.tokens.iter_mut().zip(more.tokens).for_each(|(sum, more)| sum.1 += more.1);
    sum.corrected.iter_mut().zip(more.corrected).for_each(|(sum, more)| sum.2 += more.2);
    sum.mended.iter_mut().zip(more.mended).for_each(|(sum, more)| sum.1 += more.1);
}
