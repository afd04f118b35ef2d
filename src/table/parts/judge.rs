//! Contracts of rows on their way to their parts.
//!
//! In: batches of rows as their source has them. Out: the rows that stay, with computed columns, and an [`Account`] of the
//! others and of the rules that are broken. Must not know: parts, keys, references. Start at [`Judging::batch`].
//!
//! What depends on which rows stay in the end, as how many break a rule that only warns, travels with the rows as notes
//! ([`Noted::Broken`], [`Noted::NotComputed`]) and is counted in their parts.

use super::spill::keep;
use crate::diag::Diagnostic;
use crate::error::Stop;
use crate::manifest::model::{Severity, Table};
use crate::table::batch::Batch;
use crate::table::contract::Settled;
use crate::table::contracts::breach::{Breach, Counted, EXAMPLES, REMEMBERED};
use crate::table::contracts::rates::RateBook;
use crate::table::contracts::{self, Cause, Judged};
use crate::table::quality::RuleQuality;
use crate::table::read::RawTable;
use crate::table::rejected::Rejected;
use crate::table::rows;
use crate::table::value::Noted;
use indexmap::IndexMap;

/// Rows and rules so far.
#[derive(Default)]
pub struct Account {
    /// Rows that do not stay.
    pub gone: Vec<Rejected>,
    /// Why computed columns are missing: the column's position and the cause.
    pub causes: Vec<(usize, Cause)>,
    /// Rules that rows break and stay, or that fail the run.
    pub broken: Vec<BrokenRule>,
}

/// A rule that rows break.
pub struct BrokenRule {
    /// The rule.
    pub rule: Breach,
    /// Rows, whatever becomes of them.
    rows: u64,
    /// The first of them: the number of the row if it stays so far, the row with what stands there.
    first: Vec<(Option<u64>, String)>,
}

impl BrokenRule {
    /// Whether examples may be taken from a row.
    pub fn remembers(&self, number: u64) -> bool {
        self.first.iter().any(|(known, _)| *known == Some(number))
    }

    /// The figures of the rule, of whose rows so many stay in the end; those of these numbers are among the examples.
    pub fn quality(&self, rows: u64, numbers: &[u64]) -> RuleQuality {
        let left = self.first.iter().filter(|(number, _)| number.is_some_and(|number| numbers.contains(&number)));
        let examples = left.take(EXAMPLES).map(|(_, text)| text.clone()).collect();
        RuleQuality { columns: self.rule.columns.clone(), rule: self.rule.rule.clone(), rows, examples }
    }

    /// What is to be said of it. A row that fails the run does so wherever it goes later.
    pub fn finding(&self, table: &Table, left: &RuleQuality) -> Option<Diagnostic> {
        let counted = match self.rule.severity {
            Severity::Fail => {
                let examples = self.first.iter().take(EXAMPLES).map(|(_, text)| text.clone()).collect();
                Counted { rows: self.rows, examples }
            }
            _ => Counted { rows: left.rows, examples: left.examples.clone() },
        };
        (counted.rows > 0).then(|| self.rule.finding(table, &counted))
    }
}

/// What holds the rows of one table against its contract.
pub struct Judging<'w> {
    world: &'w contracts::World<'w>,
    book: Option<RateBook>,
    /// The causes of the account, by position and text.
    causes: IndexMap<(usize, Cause), ()>,
    account: Account,
}

impl<'w> Judging<'w> {
    /// Without rows so far; `book` has the table's rates.
    pub fn new(world: &'w contracts::World<'w>, book: Option<RateBook>) -> Judging<'w> {
        Judging { world, book, causes: IndexMap::new(), account: Account::default() }
    }

    /// The rows of a batch that stay, with all columns of `table`; those are numbered from `first`. `source` is the table
    /// without computed columns, `file` the path of the batch's file.
    ///
    /// # Errors
    /// [`Stop`], as [`contracts::judge_rows`].
    pub fn batch(
        &mut self,
        batch: Batch,
        (source, table): (&Table, &Table),
        file: &str,
        first: u64,
    ) -> Result<Batch, Stop> {
        let of_file = batch.file;
        let mut raw = RawTable::empty(source);
        raw.lines.add_file(file);
        raw.append(batch)?;
        raw.columns.iter_mut().for_each(|column| *column = column.rechunk());
        let mut raw = raw.with_computed(table);
        let judged = contracts::judge_rows(&mut raw, self.book.as_ref(), self.world)?;
        let numbers = rows::numbers(&judged.alive);
        self.mark(&mut raw, &judged, &numbers, first);
        let rejects = std::mem::take(&mut raw.rejects);
        let settled = Settled::new(&raw, judged);
        self.account.gone.extend(settled.rejected());
        let alive = settled.alive;
        if alive.contains(&false) {
            keep(&mut raw, &alive)?;
        }
        let lines = (0..raw.rows() as u32).map(|row| raw.lines.line(row)).collect();
        let rejects = rejects.into_iter().map(|(_, reject)| reject).collect();
        let RawTable { columns, notes, counts, .. } = raw;
        Ok(Batch { columns, lines, notes, rejects, file: of_file, counts })
    }

    /// Adds a rule that rows of a batch break, and gives its place.
    fn remember(&mut self, raw: &RawTable, breach: &Breach, numbers: &[u32], first: u64) -> usize {
        let nth = self.nth(breach);
        let known = &mut self.account.broken[nth];
        let room = REMEMBERED - known.first.len().min(REMEMBERED);
        let number = |row: u32| {
            let number = numbers.get(row as usize).copied().filter(|number| *number != rows::NONE);
            number.map(|number| first + u64::from(number))
        };
        known.rows += breach.rows().len() as u64;
        let examples = breach.examples(raw.table, &raw.lines).take(room);
        known.first.extend(examples.map(|(row, text)| (number(row), text)));
        nth
    }

    /// The place of a rule among those that are broken.
    fn nth(&mut self, breach: &Breach) -> usize {
        let order = breach.order();
        let known = self.account.broken.iter().position(|known| known.rule.order() == order);
        known.unwrap_or_else(|| {
            self.account.broken.push(BrokenRule { rule: breach.rule(), rows: 0, first: Vec::new() });
            self.account.broken.len() - 1
        })
    }

    /// Notes which rows break a rule, and in which a computed column is missing.
    fn mark(&mut self, raw: &mut RawTable, judged: &Judged, numbers: &[u32], first: u64) {
        for breach in &judged.breaches {
            let nth = self.remember(raw, breach, numbers, first) as u32;
            if let Some(notes) = raw.notes.first_mut() {
                notes.extend(breach.rows().iter().map(|row| (*row, Noted::Broken(nth))));
            }
        }
        for (position, cause, rows) in &judged.causes {
            let (nth, _) = self.causes.insert_full((*position, cause.clone()), ());
            if let Some(notes) = raw.notes.get_mut(*position) {
                notes.extend(rows.iter().map(|row| (*row, Noted::NotComputed(nth as u32))));
            }
        }
    }

    /// What is known of the table's rows.
    pub fn finish(self) -> Account {
        Account { causes: self.causes.into_keys().collect(), ..self.account }
    }
}
