//! Weights from the data alone: equal, standard deviation, entropy, CRITIC.
//!
//! In: a [`Table`]. Out: one weight per criterion, summing to 1. Must not know: judgements, how weights are used. Start
//! at [`critic`].
//!
//! A criterion that is equal for all alternatives tells them apart by nothing and weighs 0. Where no criterion tells
//! alternatives apart, as with one alternative, all weigh the same. A weight is never NaN.

use super::fault::Fault;
use super::table::{Scale, Table, mean, shares};
use crate::measures::blocks;

/// Conflict below this is the rounding of a correlation of 1.
const AGREE: f64 = 1e-12;

/// The same weight for all criteria; nothing for none.
///
/// ```
/// assert_eq!(tierwright::measures::weights::equal(4), [0.25; 4]);
/// ```
pub fn equal(criteria: usize) -> Vec<f64> {
    vec![1.0 / criteria as f64; criteria]
}

/// Weights by the standard deviations of the criteria scaled to 0..1 (Diakoulaki, Mavrotas & Papayannakis 1995).
///
/// ```
/// use tierwright::measures::weights::{Direction::Benefit, Table, standard_deviation};
/// let table = Table::new(&[&[1.0, 2.0, 3.0], &[5.0, 5.0, 5.0]], &[Benefit, Benefit])?;
/// assert_eq!(standard_deviation(&table), [1.0, 0.0]);
/// # Ok::<(), tierwright::measures::weights::Fault>(())
/// ```
pub fn standard_deviation(table: &Table<'_>) -> Vec<f64> {
    shares(&Spread::of(table).deviations).unwrap_or_else(|| equal(table.criteria()))
}

/// Weights by CRITIC: the standard deviation of a criterion scaled to 0..1, times its conflict with the others, the sum
/// of 1 − r over Pearson's correlations (Diakoulaki, Mavrotas & Papayannakis 1995).
///
/// Directions matter: a cost is turned around before correlations are taken. Constant criteria weigh 0 and conflict
/// with none. Where no criterion conflicts with another, as with one criterion that varies, the ones that vary weigh
/// the same.
///
/// ```
/// use tierwright::measures::weights::{Direction::Benefit, Table, critic};
/// let profit = [61.0, 20.7, 16.3, 9.0, 5.4, 4.0, -6.1, -34.6];
/// let share = [1.08, 0.26, 1.98, 3.29, 2.77, 4.12, 3.52, 3.31];
/// let productivity = [4.33, 4.34, 2.53, 1.65, 2.33, 1.21, 2.10, 0.98];
/// let weights = critic(&Table::new(&[&profit, &share, &productivity], &[Benefit; 3])?);
/// assert_eq!(weights.iter().map(|w| format!("{w:.4}")).collect::<Vec<_>>(), ["0.2022", "0.4809", "0.3169"]);
/// # Ok::<(), tierwright::measures::weights::Fault>(())
/// ```
pub fn critic(table: &Table<'_>) -> Vec<f64> {
    let spread = Spread::of(table);
    let varies: Vec<usize> = (0..table.criteria()).filter(|&k| spread.deviations[k] > 0.0).collect();
    let mut conflicts = vec![0.0; table.criteria()];
    for (at, &left) in varies.iter().enumerate() {
        for &right in &varies[at + 1..] {
            let conflict = 1.0 - spread.correlation(table, left, right);
            if conflict > AGREE {
                conflicts[left] += conflict;
                conflicts[right] += conflict;
            }
        }
    }
    let information: Vec<f64> = spread.deviations.iter().zip(&conflicts).map(|(s, c)| s * c).collect();
    let varying = || spread.deviations.iter().map(|s| if *s > 0.0 { 1.0 } else { 0.0 }).collect::<Vec<f64>>();
    shares(&information).or_else(|| shares(&varying())).unwrap_or_else(|| equal(table.criteria()))
}

/// Weights by entropy (Shannon 1948; Hwang & Yoon 1981): 1 − e, where e is the entropy of a column's shares of its sum,
/// divided by ln n.
///
/// Directions do not matter. A fault where a figure is negative: it has no share. A column of zeros counts as constant.
///
/// ```
/// use tierwright::measures::weights::{Direction::Benefit, Table, entropy};
/// let table = Table::new(&[&[1.0, 0.0], &[1.0, 1.0]], &[Benefit, Benefit])?;
/// assert_eq!(entropy(&table)?, [1.0, 0.0]);
/// # Ok::<(), tierwright::measures::weights::Fault>(())
/// ```
pub fn entropy(table: &Table<'_>) -> Result<Vec<f64>, Fault> {
    let n = table.alternatives();
    let mut degrees = vec![0.0; table.criteria()];
    for (criterion, degree) in degrees.iter_mut().enumerate() {
        let column = table.column(criterion);
        if let Some(row) = column.iter().position(|value| *value < 0.0) {
            return Err(Fault::Value { criterion, row, value: column[row], must: "0 or more" });
        }
        let largest = column.iter().fold(0.0, |largest: f64, value| largest.max(*value));
        if table.scale(criterion).constant() || largest == 0.0 {
            continue;
        }
        // A power of two, so that the sum cannot overflow and no digit is lost.
        let unit = if largest > 1e290 { f64::powi(0.5, 100) } else { 1.0 };
        let low = unit * column.iter().fold(largest, |low: f64, value| low.min(*value));
        let mean = low + blocks::sum(n, |row| unit * column[row] - low) / n as f64;
        let order = blocks::sum(n, |row| ordered((unit * column[row] - mean) / mean));
        *degree = order / n as f64 / libm::log(n as f64);
    }
    Ok(shares(&degrees).unwrap_or_else(|| equal(table.criteria())))
}

/// What a figure takes from the entropy of equal shares, by how far it lies from the mean as a share of it: (1 + d) ln(1 + d) − d.
///
/// Over all figures d sums to 0, so that it may be taken away; without it all that is left of figures far from zero would be rounding.
fn ordered(d: f64) -> f64 {
    if d <= -1.0 {
        return 1.0;
    }
    if d.abs() >= 0.05 {
        return (1.0 + d) * libm::log1p(d) - d;
    }
    // d²/2 − d³/6 + d⁴/12 − …, the terms d^k / (k (k − 1)); beyond d^14 they are below the last digit.
    let term = |k: i32| 1.0 / f64::from(k * (k - 1));
    d * d * (2..=14).rev().fold(0.0, |sum, k| term(k) - d * sum)
}

/// Means and standard deviations of the criteria scaled to 0..1; the deviation of a constant criterion is exactly 0.
struct Spread {
    scales: Vec<Scale>,
    means: Vec<f64>,
    deviations: Vec<f64>,
}

impl Spread {
    fn of(table: &Table<'_>) -> Spread {
        let n = table.alternatives();
        let scales: Vec<Scale> = (0..table.criteria()).map(|criterion| table.scale(criterion)).collect();
        let merit = |k: usize, row: usize| scales[k].merit(table.column(k)[row]);
        let means: Vec<f64> = (0..scales.len()).map(|k| mean(n, |row| merit(k, row))).collect();
        let square = |k: usize, row: usize| (merit(k, row) - means[k]) * (merit(k, row) - means[k]);
        let deviation = |k: usize| if scales[k].constant() { 0.0 } else { mean(n, |row| square(k, row)).sqrt() };
        let deviations = (0..scales.len()).map(deviation).collect();
        Spread { scales, means, deviations }
    }

    /// Pearson's correlation of two criteria that vary.
    fn correlation(&self, table: &Table<'_>, left: usize, right: usize) -> f64 {
        let away = |k: usize, row: usize| self.scales[k].merit(table.column(k)[row]) - self.means[k];
        let product = mean(table.alternatives(), |row| away(left, row) * away(right, row));
        (product / (self.deviations[left] * self.deviations[right])).clamp(-1.0, 1.0)
    }
}
