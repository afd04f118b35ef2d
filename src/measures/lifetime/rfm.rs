//! Scores of recency, frequency and monetary value by quintiles (Hughes 1994).
//!
//! In: three columns, one row per customer; a group of each customer if scores are relative to groups. Out: scores from
//! 1 to 5, 5 best. Must not know: units, dates. Start at [`rfm`].

use super::fault::{Fault, same_length};
use rayon::prelude::*;

/// A customer's three scores, each from 1 to 5, 5 best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Rfm {
    /// Who bought most recently has 5.
    pub recency: u8,
    /// Who buys most often has 5.
    pub frequency: u8,
    /// Who spends most has 5.
    pub monetary: u8,
}

impl Rfm {
    /// The cell as three digits, recency first: from 111 to 555.
    pub fn cell(self) -> u16 {
        100 * u16::from(self.recency) + 10 * u16::from(self.frequency) + u16::from(self.monetary)
    }
}

/// Scores three columns: `recency` is the time since the last purchase, of which less is better; of `frequency` and
/// `monetary` more is better.
///
/// Each column is cut into fifths of its own, of all customers or of each group in `groups`. The columns have equal
/// length and finite values. Faults: different lengths, a value that is not finite.
///
/// Ties: equal values have equal scores, the score of the middle of their ranks; so fifths may be of unequal size, all
/// equal values score 3, and turning a column around turns its scores around.
///
/// ```
/// use tierwright::measures::lifetime::rfm;
/// let scores = rfm(&[9.0, 1.0, 4.0, 7.0, 2.0], &[1.0, 8.0, 2.0, 2.0, 5.0], &[50.0; 5], None)?;
/// assert_eq!(scores.iter().map(|s| s.cell()).collect::<Vec<_>>(), [113, 553, 333, 233, 443]);
/// # Ok::<(), tierwright::measures::lifetime::Fault>(())
/// ```
pub fn rfm(recency: &[f64], frequency: &[f64], monetary: &[f64], groups: Option<&[u32]>) -> Result<Vec<Rfm>, Fault> {
    let rows = recency.len();
    let columns = [("recency", recency), ("frequency", frequency), ("monetary", monetary)];
    columns.iter().try_for_each(|(name, column)| same_length(name, column.len(), rows))?;
    if let Some(groups) = groups {
        same_length("groups", groups.len(), rows)?;
    }
    let [recency, frequency, monetary] = columns.map(|(name, column)| quintiles(name, column, groups));
    let (recency, frequency, monetary) = (recency?, frequency?, monetary?);
    let score = |row: usize| Rfm { recency: 6 - recency[row], frequency: frequency[row], monetary: monetary[row] };
    Ok((0..rows).map(score).collect())
}

/// Scores one column, more is better: floor(5 (l + e/2) / n) + 1 with l smaller values, e equal ones, of n in the
/// group.
fn quintiles(name: &'static str, values: &[f64], groups: Option<&[u32]>) -> Result<Vec<u8>, Fault> {
    if let Some(row) = values.iter().position(|value| !value.is_finite()) {
        return Err(Fault::Row { row, column: name, value: values[row], must: "finite" });
    }
    let group = |row: usize| groups.map_or(0, |groups| groups[row]);
    let mut order: Vec<(u32, f64, usize)> =
        values.iter().enumerate().map(|(row, value)| (group(row), value + 0.0, row)).collect();
    order.par_sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)));
    let mut scores = vec![0; values.len()];
    for members in order.chunk_by(|a, b| a.0 == b.0) {
        let mut less = 0;
        for equal in members.chunk_by(|a, b| a.1 == b.1) {
            let score = 1 + 5 * (2 * less + equal.len()) / (2 * members.len());
            equal.iter().for_each(|&(_, _, row)| scores[row] = score as u8);
            less += equal.len();
        }
    }
    Ok(scores)
}
