//! Concentration: how much of a total a few hold.
//!
//! In: non-negative values, one per customer. Out: Gini, Herfindahl, the share of the largest. Must not know: what the
//! values are. Start at [`gini`].
//!
//! Every figure is `None` for no values, a total of 0, and values that are negative or not finite: shares do not exist
//! then.

use crate::measures::blocks;
use rayon::prelude::*;

/// The Gini coefficient: half the mean difference of all pairs, divided by the mean (Gini 1912).
///
/// From 0, all equal, to 1 − 1/n, one holds all. Pairs of a value with itself count, as is usual for a whole
/// population; times n / (n − 1) it is the estimate for a sample.
///
/// ```
/// use tierwright::measures::lifetime::gini;
/// assert_eq!(gini(&[0.0, 0.0, 0.0, 8.0]), Some(0.75));
/// assert_eq!(gini(&[2.0, 2.0]), Some(0.0));
/// assert_eq!(gini(&[-1.0, 2.0]), None);
/// ```
pub fn gini(values: &[f64]) -> Option<f64> {
    let total = total(values)?;
    let sorted = sorted(values);
    let n = sorted.len() as f64;
    // Value at rank k of n, from 0, is the larger one in k pairs and the smaller one in n - 1 - k.
    let differences = blocks::sum(sorted.len(), |rank| (2.0 * rank as f64 + 1.0 - n) * (sorted[rank] / total));
    Some((differences / n).clamp(0.0, 1.0))
}

/// The Herfindahl-Hirschman index: the sum of squared shares, from 1/n, all equal, to 1, one holds all.
///
/// ```
/// use tierwright::measures::lifetime::herfindahl;
/// assert_eq!(herfindahl(&[1.0, 1.0, 2.0]), Some(0.375));
/// ```
pub fn herfindahl(values: &[f64]) -> Option<f64> {
    let total = total(values)?;
    Some(blocks::sum(values.len(), |at| (values[at] / total) * (values[at] / total)))
}

/// The share of the total that the largest `share` of the customers hold.
///
/// `share` is 0 to 1, else `None`. A count of customers that is not whole is rounded to the nearest, halves up, and at least
/// one counts: 20 % of 4,338 are 868, 20 % of 3 are 1. A share of 0 is nobody, and holds 0.
///
/// ```
/// use tierwright::measures::lifetime::top_share;
/// assert_eq!(top_share(&[1.0, 1.0, 6.0, 1.0, 1.0], 0.2), Some(0.6));
/// ```
pub fn top_share(values: &[f64], share: f64) -> Option<f64> {
    if !(0.0..=1.0).contains(&share) {
        return None;
    }
    let total = total(values)?;
    if share == 0.0 {
        return Some(0.0);
    }
    let sorted = sorted(values);
    let count = ((share * sorted.len() as f64).round() as usize).clamp(1, sorted.len());
    let top = blocks::sum(count, |at| sorted[sorted.len() - 1 - at] / total);
    Some(top.clamp(0.0, 1.0))
}

/// The total, where shares of it exist.
fn total(values: &[f64]) -> Option<f64> {
    if !values.iter().all(|value| *value >= 0.0 && value.is_finite()) {
        return None;
    }
    let total = blocks::sum(values.len(), |at| values[at]);
    (total > 0.0 && total.is_finite()).then_some(total)
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.par_sort_unstable_by(f64::total_cmp);
    sorted
}
