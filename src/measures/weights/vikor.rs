//! VIKOR: a compromise between the regret of all criteria and the worst regret (Opricovic 1998; Opricovic & Tzeng
//! 2004).
//!
//! In: a [`Table`], weights, how much the sum of regrets counts. Out: [`Vikor`]: S, R, Q and the compromise. Must not
//! know: where weights come from. Start at [`vikor`].

use super::fault::Fault;
use super::table::{Scale, Table};
use crate::measures::blocks;
use rayon::prelude::*;

/// Sums of regrets that differ by no more than this differ by rounding alone.
const ROUNDING: f64 = 1e-13;

/// Regrets of alternatives, less is better, and the compromise.
#[derive(Debug, Clone, PartialEq)]
pub struct Vikor {
    /// S: the weighted sum of regrets, 0 to 1.
    pub sum: Vec<f64>,
    /// R: the largest weighted regret, 0 to 1.
    pub largest: Vec<f64>,
    /// Q: the two, scaled to 0..1 over alternatives, weighted by v and 1 − v.
    pub compromise: Vec<f64>,
    /// The alternatives that are proposed, best first by Q, of equal ones the first row first.
    pub proposed: Vec<usize>,
    /// Whether the best is ahead of the second by 1 / (n − 1) or more in Q: acceptable advantage. True for one
    /// alternative.
    pub advantage: bool,
    /// Whether the best is also best by S or by R: acceptable stability.
    pub stable: bool,
}

/// Ranks alternatives by VIKOR; `v`, 0 to 1 and usually 0.5, is the weight of S against R.
///
/// A regret is 0 for the best figure of a criterion, its weight for the worst, and 0 for all where a criterion is
/// constant. Where all S or all R are equal within 1e-13, that part of Q is 0. If the best has advantage and is stable
/// it is proposed alone; without stability with the second; without advantage with all that are less than 1 / (n − 1)
/// behind.
///
/// Faults: `v` outside 0..1; weights as in [`weighted_sum`](super::weighted_sum).
///
/// ```
/// use tierwright::measures::weights::{Direction::Benefit, Table, vikor};
/// let table = Table::new(&[&[9.0, 4.0, 1.0], &[8.0, 5.0, 2.0]], &[Benefit, Benefit])?;
/// let vikor = vikor(&table, &[1.0, 1.0], 0.5)?;
/// assert_eq!((vikor.compromise[0], vikor.compromise[2]), (0.0, 1.0));
/// assert_eq!(vikor.proposed, [0]);
/// # Ok::<(), tierwright::measures::weights::Fault>(())
/// ```
pub fn vikor(table: &Table<'_>, weights: &[f64], v: f64) -> Result<Vikor, Fault> {
    if !(0.0..=1.0).contains(&v) {
        return Err(Fault::Parameter { name: "v", value: v, must: "from 0 to 1" });
    }
    let weights = table.weights(weights)?;
    let scales: Vec<Scale> = (0..weights.len()).map(|criterion| table.scale(criterion)).collect();
    let regrets: Vec<(f64, f64)> = blocks::map(table.alternatives(), |row| {
        (0..scales.len()).fold((0.0, 0.0), |(sum, largest): (f64, f64), k| {
            let regret = weights[k] * scales[k].regret(table.column(k)[row]);
            (sum + regret, largest.max(regret))
        })
    });
    let (sum, largest): (Vec<f64>, Vec<f64>) = regrets.into_iter().unzip();
    let (sums, larges) = (Range::of(&sum), Range::of(&largest));
    let compromise = blocks::map(sum.len(), |row| v * sums.share(sum[row]) + (1.0 - v) * larges.share(largest[row]));
    Ok(propose(sum, largest, compromise, sums.low, larges.low))
}

/// Applies the conditions of the compromise.
fn propose(sum: Vec<f64>, largest: Vec<f64>, compromise: Vec<f64>, least_sum: f64, least_largest: f64) -> Vikor {
    let mut order: Vec<usize> = (0..compromise.len()).collect();
    order.par_sort_unstable_by(|a, b| compromise[*a].total_cmp(&compromise[*b]).then(a.cmp(b)));
    let best = order[0];
    let need = if order.len() > 1 { 1.0 / (order.len() - 1) as f64 } else { 0.0 };
    let behind = |row: usize| compromise[row] - compromise[best];
    let advantage = order.get(1).is_none_or(|&second| behind(second) >= need);
    let stable = sum[best] <= least_sum + ROUNDING || largest[best] <= least_largest + ROUNDING;
    let count = match (advantage, stable) {
        (true, true) => 1,
        (true, false) => 2,
        (false, _) => order.partition_point(|&row| behind(row) < need),
    };
    order.truncate(count);
    Vikor { sum, largest, compromise, proposed: order, advantage, stable }
}

/// The least and the most of a column.
struct Range {
    low: f64,
    high: f64,
}

impl Range {
    fn of(values: &[f64]) -> Range {
        let low = values.iter().fold(f64::INFINITY, |low, value| low.min(*value));
        let high = values.iter().fold(f64::NEG_INFINITY, |high, value| high.max(*value));
        Range { low, high }
    }

    fn share(&self, value: f64) -> f64 {
        if self.high - self.low > ROUNDING { (value - self.low) / (self.high - self.low) } else { 0.0 }
    }
}
