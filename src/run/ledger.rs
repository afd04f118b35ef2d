//! Who is undetermined, since which step and why.
//!
//! In: for each step in order, the rows that failed. Out: [`Ledger`]: the first failure of each row. Must not know: how a
//! step is evaluated, what becomes of an undetermined customer.

use crate::error::Error;
use crate::rules::cause::{Cause, CauseKind};
use polars::prelude::{IdxCa, IdxSize, NewChunkedArray, Series};

/// One customer's failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Row of the customer table.
    pub row: u32,
    /// Position of the step.
    pub step: usize,
    /// Why.
    pub cause: Cause,
}

/// The first failure of each row of the customer table.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    of_row: Vec<Option<u32>>,
    failures: Vec<Failure>,
}

impl Ledger {
    /// A ledger of `rows` customers, all determined.
    pub fn new(rows: usize) -> Ledger {
        Ledger { of_row: vec![None; rows], failures: Vec::new() }
    }

    /// The rows determined so far, ascending.
    pub fn active(&self) -> Vec<u32> {
        (0..).zip(&self.of_row).filter(|(_, failure)| failure.is_none()).map(|(row, _)| row).collect()
    }

    /// Those of these rows that are not determined any more.
    pub fn lost(&self, rows: &[u32]) -> Vec<u32> {
        rows.iter().copied().filter(|row| self.failure(*row).is_some()).collect()
    }

    /// Enters the failures of one step; a row that failed before keeps its first failure.
    ///
    /// # Errors
    /// [`Error::Defect`] for a row that is not there.
    pub fn enter(&mut self, step: usize, failed: Vec<(u32, Cause)>) -> Result<(), Error> {
        for (row, cause) in failed {
            let place = self.of_row.get_mut(row as usize);
            let place =
                place.ok_or_else(|| Error::Defect(format!("step {step} failed for row {row}, which is not there")))?;
            if place.is_none() {
                *place = Some(self.failures.len() as u32);
                self.failures.push(Failure { row, step, cause });
            }
        }
        Ok(())
    }

    /// The failure of a row, if it is undetermined.
    pub fn failure(&self, row: u32) -> Option<&Failure> {
        self.of_row.get(row as usize).copied().flatten().map(|i| &self.failures[i as usize])
    }

    /// How many are undetermined.
    pub fn failed(&self) -> usize {
        self.failures.len()
    }

    /// How many customers there are.
    pub fn rows(&self) -> usize {
        self.of_row.len()
    }
}

/// Rows of `active` whose tier is none of `order`, with their causes at `place`.
///
/// # Errors
/// [`Error::Defect`] if the column is not text.
pub fn unknown_tiers(tier: &Series, order: &[String], active: &[u32], place: &str) -> Result<Vec<(u32, Cause)>, Error> {
    let texts = tier.str().map_err(|e| Error::Defect(format!("tier column {}: {e}", tier.name())))?;
    let unknown = |row: &u32| match texts.get(*row as usize) {
        Some(text) if order.iter().any(|tier| tier == text) => None,
        Some(text) => Some((*row, Cause::new(CauseKind::UnknownTier, place, text))),
        None => Some((*row, Cause::new(CauseKind::UnknownTier, place, "()"))),
    };
    Ok(active.iter().filter_map(unknown).collect())
}

/// The column with some rows made missing.
///
/// # Errors
/// [`Error::Defect`].
pub fn without(column: &Series, rows: &[(u32, Cause)]) -> Result<Series, Error> {
    let mut take: Vec<Option<IdxSize>> = (0..column.len() as IdxSize).map(Some).collect();
    for (row, _) in rows {
        if let Some(index) = take.get_mut(*row as usize) {
            *index = None;
        }
    }
    let take = IdxCa::from_iter_options("".into(), take.into_iter());
    column.take(&take).map_err(|e| Error::Defect(format!("column {}: {e}", column.name())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::NamedFrom;

    fn cause(text: &str) -> Cause {
        Cause::new(CauseKind::Missing, "rules/a.rhai:1:1", text)
    }

    #[test]
    fn the_first_failure_stands() {
        let mut ledger = Ledger::new(3);
        ledger.enter(0, vec![(1, cause("first"))]).unwrap();
        ledger.enter(1, vec![(1, cause("second")), (2, cause("third"))]).unwrap();
        assert_eq!(ledger.active(), [0]);
        assert_eq!((ledger.failed(), ledger.rows()), (2, 3));
        assert_eq!(ledger.failure(1).map(|f| (f.step, f.cause.subject.as_str())), Some((0, "first")));
        assert_eq!(ledger.failure(0), None);
        assert!(ledger.enter(2, vec![(3, cause("x"))]).is_err());
    }

    #[test]
    fn a_tier_outside_the_order_is_unknown() {
        let tier = Series::new("tier".into(), [Some("a"), Some("战略"), None, None]);
        let order = ["a".to_owned(), "b".to_owned()];
        let found = unknown_tiers(&tier, &order, &[0, 1, 2], "rules/tier.rhai:1:1").unwrap();
        let texts: Vec<String> = found.iter().map(|(row, c)| format!("{row} {c}")).collect();
        assert_eq!(texts, ["1 rules/tier.rhai:1:1: unknown tier: 战略", "2 rules/tier.rhai:1:1: unknown tier: ()"]);
        let left = without(&tier, &found).unwrap();
        assert_eq!(left.str().unwrap().iter().collect::<Vec<_>>(), [Some("a"), None, None, None]);
    }
}
