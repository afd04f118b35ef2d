//! A checked table of alternatives by criteria.
//!
//! In: columns, directions, weights as callers have them. Out: a [`Table`] of equal columns of finite figures, weights
//! that sum to 1, columns scaled to 0..1. Must not know: methods. Start at [`Table::new`].

use super::fault::Fault;
use crate::measures::blocks;

/// Whether more of a criterion is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// More is better.
    Benefit,
    /// Less is better.
    Cost,
}

/// Alternatives by criteria, stored by criterion.
///
/// ```
/// use tierwright::measures::weights::{Direction, Table};
/// let (revenue, overdue) = ([5.0, 7.0, 8.0], [2.0, 0.0, 9.0]);
/// let columns: [&[f64]; 2] = [&revenue, &overdue];
/// let table = Table::new(&columns, &[Direction::Benefit, Direction::Cost])?;
/// assert_eq!((table.alternatives(), table.criteria()), (3, 2));
/// # Ok::<(), tierwright::measures::weights::Fault>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Table<'a> {
    columns: &'a [&'a [f64]],
    directions: &'a [Direction],
    rows: usize,
}

impl<'a> Table<'a> {
    /// A table of one column per criterion, with an element per alternative; all of equal length, at least one, and
    /// finite.
    ///
    /// Faults: no criteria, no alternatives, different lengths, a figure that is not finite.
    pub fn new(columns: &'a [&'a [f64]], directions: &'a [Direction]) -> Result<Table<'a>, Fault> {
        let rows = columns.first().map_or(0, |column| column.len());
        if rows == 0 {
            return Err(Fault::Empty);
        }
        if directions.len() != columns.len() {
            let what = "directions of criteria";
            return Err(Fault::Lengths { what, found: directions.len(), expected: columns.len() });
        }
        for (criterion, column) in columns.iter().enumerate() {
            if column.len() != rows {
                return Err(Fault::Lengths { what: "rows of a column", found: column.len(), expected: rows });
            }
            if let Some(row) = column.iter().position(|value| !value.is_finite()) {
                return Err(Fault::Value { criterion, row, value: column[row], must: "finite" });
            }
        }
        Ok(Table { columns, directions, rows })
    }

    /// How many alternatives there are.
    pub fn alternatives(&self) -> usize {
        self.rows
    }

    /// How many criteria there are.
    pub fn criteria(&self) -> usize {
        self.columns.len()
    }

    /// A column as given.
    pub(super) fn column(&self, criterion: usize) -> &'a [f64] {
        self.columns[criterion]
    }

    /// Whether less of the criterion is better.
    pub(super) fn is_cost(&self, criterion: usize) -> bool {
        self.directions[criterion] == Direction::Cost
    }

    /// How a criterion is scaled so that its worst figure is 0 and its best 1.
    pub(super) fn scale(&self, criterion: usize) -> Scale {
        let column = self.columns[criterion];
        let low = column.iter().fold(f64::INFINITY, |low, value| low.min(*value));
        let high = column.iter().fold(f64::NEG_INFINITY, |high, value| high.max(*value));
        let (worst, best) = if self.is_cost(criterion) { (high, low) } else { (low, high) };
        Scale { worst, best }
    }

    /// Weights divided by their sum. Faults: another number than criteria, a weight negative or not finite, all 0.
    pub(super) fn weights(&self, weights: &[f64]) -> Result<Vec<f64>, Fault> {
        if weights.len() != self.criteria() {
            return Err(Fault::Lengths { what: "weights", found: weights.len(), expected: self.criteria() });
        }
        if let Some(&value) = weights.iter().find(|weight| !(**weight >= 0.0 && weight.is_finite())) {
            return Err(Fault::Parameter { name: "a weight", value, must: "finite and 0 or more" });
        }
        shares(weights).ok_or(Fault::NoWeight)
    }
}

/// The best and the worst figure of a criterion.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    worst: f64,
    best: f64,
}

impl Scale {
    /// Whether all figures are equal.
    pub(super) fn constant(self) -> bool {
        self.worst == self.best
    }

    /// From 0, the worst, to 1, the best; 0 where all figures are equal.
    pub(super) fn merit(self, value: f64) -> f64 {
        // Halves, so that the difference of the largest floats does not overflow.
        let range = 0.5 * self.best - 0.5 * self.worst;
        if range == 0.0 { 0.0 } else { (0.5 * value - 0.5 * self.worst) / range }
    }

    /// From 0, the best, to 1, the worst; 0 where all figures are equal.
    pub(super) fn regret(self, value: f64) -> f64 {
        let range = 0.5 * self.best - 0.5 * self.worst;
        if range == 0.0 { 0.0 } else { (0.5 * self.best - 0.5 * value) / range }
    }
}

/// Values divided by their sum; `None` if that is not above 0 and finite.
pub(super) fn shares(values: &[f64]) -> Option<Vec<f64>> {
    let total = values.iter().fold(0.0, |sum, value| sum + value);
    (total > 0.0 && total.is_finite()).then(|| values.iter().map(|value| value / total).collect())
}

/// The arithmetic mean of `term(0)` to `term(n - 1)`.
pub(super) fn mean(n: usize, term: impl Fn(usize) -> f64 + Sync) -> f64 {
    blocks::sum(n, term) / n as f64
}
