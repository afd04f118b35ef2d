//! Scores of alternatives by a weighted sum and by TOPSIS.
//!
//! In: a [`Table`], one weight per criterion. Out: one score per alternative, more is better. Must not know: where
//! weights come from. Start at [`weighted_sum`].
//!
//! Weights are divided by their sum. Methods fault weights of another number than criteria, negative or not finite
//! ones, and all 0.

use super::fault::Fault;
use super::table::{Scale, Table};
use crate::measures::blocks;

/// The weighted sum of criteria scaled so that the worst alternative has 0 and the best 1 (min-max).
///
/// Scores are from 0 to 1. A criterion that is equal for all alternatives adds 0 to each, so that its weight is lost.
///
/// ```
/// use tierwright::measures::weights::{Direction::{Benefit, Cost}, Table, weighted_sum};
/// let table = Table::new(&[&[10.0, 20.0, 15.0], &[1.0, 3.0, 1.0]], &[Benefit, Cost])?;
/// assert_eq!(weighted_sum(&table, &[3.0, 1.0])?, [0.25, 0.75, 0.625]);
/// # Ok::<(), tierwright::measures::weights::Fault>(())
/// ```
pub fn weighted_sum(table: &Table<'_>, weights: &[f64]) -> Result<Vec<f64>, Fault> {
    let weights = table.weights(weights)?;
    let scales: Vec<Scale> = (0..table.criteria()).map(|criterion| table.scale(criterion)).collect();
    Ok(blocks::map(table.alternatives(), |row| {
        let merit = |k: usize| weights[k] * scales[k].merit(table.column(k)[row]);
        (0..scales.len()).fold(0.0, |sum, k| sum + merit(k))
    }))
}

/// TOPSIS (Hwang & Yoon 1981): closeness to the best figures of all criteria against the worst, with columns divided by
/// their Euclidean length and distances Euclidean.
///
/// Closeness is from 0, the worst in every criterion, to 1, the best in every criterion; 0.5 for all where no criterion
/// with a weight tells them apart.
///
/// ```
/// use tierwright::measures::weights::{Direction::Benefit, Table, topsis};
/// let columns: [&[f64]; 3] = [&[5.0, 7.0, 8.0, 7.0], &[8.0, 6.0, 8.0, 4.0], &[4.0, 8.0, 6.0, 6.0]];
/// let closeness = topsis(&Table::new(&columns, &[Benefit; 3])?, &[0.3, 0.4, 0.3])?;
/// // Tzeng & Huang 2011.
/// let rounded: Vec<String> = closeness.iter().map(|c| format!("{c:.4}")).collect();
/// assert_eq!(rounded, ["0.5037", "0.6581", "0.7482", "0.3340"]);
/// # Ok::<(), tierwright::measures::weights::Fault>(())
/// ```
pub fn topsis(table: &Table<'_>, weights: &[f64]) -> Result<Vec<f64>, Fault> {
    let weights = table.weights(weights)?;
    let axes: Vec<Axis> = (0..weights.len()).map(|k| Axis::of(table, k, weights[k])).collect();
    Ok(blocks::map(table.alternatives(), |row| {
        let (mut to_best, mut to_worst) = (0.0, 0.0);
        for (k, axis) in axes.iter().enumerate() {
            let at = axis.at(table.column(k)[row]);
            to_best += (at - axis.best) * (at - axis.best);
            to_worst += (at - axis.worst) * (at - axis.worst);
        }
        let (to_best, to_worst) = (to_best.sqrt(), to_worst.sqrt());
        if to_best + to_worst > 0.0 { to_worst / (to_best + to_worst) } else { 0.5 }
    }))
}

/// A criterion's weighted, normalised axis.
struct Axis {
    largest: f64,
    factor: f64,
    best: f64,
    worst: f64,
}

impl Axis {
    fn of(table: &Table<'_>, criterion: usize, weight: f64) -> Axis {
        let column = table.column(criterion);
        // Divided by the largest first, so that squares neither overflow nor vanish.
        let largest = column.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
        let largest = if largest > 0.0 { largest } else { 1.0 };
        let square = |row: usize| (column[row] / largest) * (column[row] / largest);
        let length = blocks::sum(table.alternatives(), square).sqrt();
        let factor = if length > 0.0 { weight / length } else { 0.0 };
        let mut axis = Axis { largest, factor, best: 0.0, worst: 0.0 };
        let low = column.iter().fold(f64::INFINITY, |low, value| low.min(*value));
        let high = column.iter().fold(f64::NEG_INFINITY, |high, value| high.max(*value));
        let (worst, best) = if table.is_cost(criterion) { (high, low) } else { (low, high) };
        (axis.best, axis.worst) = (axis.at(best), axis.at(worst));
        axis
    }

    fn at(&self, value: f64) -> f64 {
        value / self.largest * self.factor
    }
}
