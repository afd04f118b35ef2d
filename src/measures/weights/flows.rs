//! Sums of preferences of each figure of a column over all others, without comparing all pairs.
//!
//! In: sorted figures, a [`Preference`]. Out: for each figure the sum of its preferences over the others. Must not
//! know: criteria, weights, directions. Start at [`beats`].
//!
//! Going up the sorted figures, those that are beaten by more than a threshold only grow in number. Two marks and
//! running sums therefore do for preferences that are linear between thresholds; running sums are kept to twice the
//! precision of a float (Dekker 1971), as their differences cancel. The Gaussian function compares all pairs.

use super::promethee::Preference;
use crate::measures::blocks;

/// A number as the sum of a float and a much smaller one.
#[derive(Debug, Clone, Copy)]
struct Double {
    high: f64,
    low: f64,
}

impl Double {
    const ZERO: Double = Double { high: 0.0, low: 0.0 };

    fn plus(self, other: Double) -> Double {
        let sum = self.high + other.high;
        let part = sum - self.high;
        let error = (self.high - (sum - part)) + (other.high - part) + (self.low + other.low);
        let high = sum + error;
        Double { high, low: error - (high - sum) }
    }

    fn minus(self, other: Double) -> Double {
        self.plus(Double { high: -other.high, low: -other.low })
    }

    fn product(a: f64, b: f64) -> Double {
        let high = a * b;
        Double { high, low: a.mul_add(b, -high) }
    }
}

/// For each of the ascending figures, the sum of preferences over all figures below it.
pub(super) fn beats(sorted: &[f64], preference: Preference) -> Vec<f64> {
    match preference {
        Preference::Usual => usual(sorted),
        Preference::Linear { indifference, preference } => linear(sorted, indifference, preference),
        Preference::Gaussian { .. } => {
            let figure =
                |at: usize| sorted[..at].iter().fold(0.0, |sum, below| sum + preference.of(sorted[at] - below));
            blocks::map(sorted.len(), figure)
        }
    }
}

/// How many figures are smaller.
fn usual(sorted: &[f64]) -> Vec<f64> {
    let (mut out, mut below) = (Vec::with_capacity(sorted.len()), 0);
    for (at, value) in sorted.iter().enumerate() {
        if sorted[below] < *value {
            below = at;
        }
        out.push(below as f64);
    }
    out
}

/// Figures that are `preference` or more below count 1, those by more than `indifference` in part.
fn linear(sorted: &[f64], indifference: f64, preference: f64) -> Vec<f64> {
    let (mut near, mut far, mut between) = (0, 0, Double::ZERO);
    let mut out = Vec::with_capacity(sorted.len());
    for value in sorted {
        // The figures from `far` to `near` count in part; `between` is their sum.
        while value - sorted[near] > indifference {
            between = between.plus(Double { high: sorted[near], low: 0.0 });
            near += 1;
        }
        while far < near && value - sorted[far] >= preference {
            between = between.minus(Double { high: sorted[far], low: 0.0 });
            far += 1;
        }
        let count = (near - far) as f64;
        let part = if near == far {
            between = Double::ZERO;
            0.0
        } else {
            let gaps = Double::product(count, *value).minus(between);
            let part = gaps.minus(Double::product(count, indifference)).high / (preference - indifference);
            part.clamp(0.0, count)
        };
        out.push(far as f64 + part);
    }
    out
}
