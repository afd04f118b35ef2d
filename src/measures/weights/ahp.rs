//! Weights from judgements of pairs: the analytic hierarchy process (Saaty 1977, 1980).
//!
//! In: a pairwise matrix, in which element (i, j) says how many times as important criterion i is as criterion j. Out:
//! [`Ahp`]: weights and how consistent the judgements are. Must not know: names of criteria, alternatives. Start at
//! [`ahp`].

use super::fault::Fault;

/// Random indices of matrices of 1 to 15 rows: the mean consistency index of random judgements (Saaty 1980, *The
/// Analytic Hierarchy Process*).
pub const RANDOM_INDEX: [f64; 15] =
    [0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59];

/// How far the product of two judgements of one pair may be from 1.
const RECIPROCAL: f64 = 1e-6;

/// How weights come from a pairwise matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// The principal eigenvector (Saaty 1977).
    Eigenvector,
    /// Geometric means of rows: logarithmic least squares (Crawford & Williams 1985).
    GeometricMean,
}

/// How much contradiction is allowed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Consistency {
    /// A consistency ratio up to this.
    Within(f64),
    /// Any: the ratio is reported only.
    Any,
}

impl Consistency {
    /// Saaty's rule: a ratio up to 0.1.
    pub const SAATY: Consistency = Consistency::Within(0.1);
}

/// Weights and consistency of a pairwise matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct Ahp {
    /// The weights, in the order of rows; their sum is 1.
    pub weights: Vec<f64>,
    /// λ max: the principal eigenvalue; with geometric means the mean of (A w)ᵢ / wᵢ. The number of rows if consistent.
    pub lambda: f64,
    /// The consistency index (λ max − n) / (n − 1), not below 0; 0 for up to two rows.
    pub index: f64,
    /// The index divided by the random index; 0 for up to two rows, `None` above 15.
    pub ratio: Option<f64>,
}

/// Weights from a square matrix of positive, reciprocal judgements.
///
/// Faults: no rows, not square, a judgement that is not finite and positive, a pair whose judgements do not multiply to
/// 1 within a millionth (see [`complete`]), a consistency ratio above what is allowed, more than 15 rows where
/// consistency is asked for.
///
/// ```
/// use tierwright::measures::weights::{Consistency, Priority, ahp, complete};
/// let matrix = complete(3, &[2.0, 6.0, 3.0])?;
/// let ahp = ahp(&matrix, Priority::Eigenvector, Consistency::SAATY)?;
/// assert_eq!(ahp.weights.iter().map(|w| format!("{w:.3}")).collect::<Vec<_>>(), ["0.600", "0.300", "0.100"]);
/// assert!(ahp.index < 1e-12);
/// # Ok::<(), tierwright::measures::weights::Fault>(())
/// ```
pub fn ahp(matrix: &[Vec<f64>], priority: Priority, consistency: Consistency) -> Result<Ahp, Fault> {
    check(matrix)?;
    let mut weights = geometric(matrix);
    if priority == Priority::Eigenvector {
        weights = principal(matrix, weights);
    }
    let n = matrix.len() as f64;
    let image = times(matrix, &weights);
    let lambda = image.iter().zip(&weights).fold(0.0, |sum, (image, weight)| sum + image / weight) / n;
    let index = if matrix.len() <= 2 { 0.0 } else { ((lambda - n) / (n - 1.0)).max(0.0) };
    let random = RANDOM_INDEX.get(matrix.len() - 1);
    let ratio = random.map(|random| if *random > 0.0 { index / random } else { 0.0 });
    match (consistency, ratio) {
        (Consistency::Within(limit), Some(ratio)) if ratio <= limit => {}
        (Consistency::Within(limit), Some(ratio)) => return Err(Fault::Inconsistent { ratio, limit }),
        (Consistency::Within(_), None) => return Err(Fault::NoRandomIndex { rows: matrix.len() }),
        (Consistency::Any, _) => {}
    }
    Ok(Ahp { weights, lambda, index, ratio })
}

/// A full matrix of `rows` rows from the judgements above its diagonal, row by row: (0,1), (0,2), …, (1,2), ….
///
/// Faults: another number of judgements than rows · (rows − 1) / 2, no rows, a judgement that is not finite and
/// positive.
///
/// ```
/// use tierwright::measures::weights::complete;
/// assert_eq!(complete(2, &[4.0])?, [[1.0, 4.0], [0.25, 1.0]]);
/// # Ok::<(), tierwright::measures::weights::Fault>(())
/// ```
pub fn complete(rows: usize, upper: &[f64]) -> Result<Vec<Vec<f64>>, Fault> {
    if rows == 0 {
        return Err(Fault::Empty);
    }
    let expected = rows.saturating_mul(rows - 1) / 2;
    if upper.len() != expected {
        return Err(Fault::Lengths { what: "judgements above the diagonal", found: upper.len(), expected });
    }
    let mut matrix = vec![vec![1.0; rows]; rows];
    let pairs = (0..rows).flat_map(|row| (row + 1..rows).map(move |column| (row, column)));
    for ((row, column), value) in pairs.zip(upper) {
        positive(row, column, *value)?;
        matrix[row][column] = *value;
        matrix[column][row] = 1.0 / value;
    }
    Ok(matrix)
}

fn positive(row: usize, column: usize, value: f64) -> Result<(), Fault> {
    let usable = (1e-100..=1e100).contains(&value);
    if usable { Ok(()) } else { Err(Fault::NotPositive { row, column, value }) }
}

fn check(matrix: &[Vec<f64>]) -> Result<(), Fault> {
    let rows = matrix.len();
    if rows == 0 {
        return Err(Fault::Empty);
    }
    if let Some(row) = matrix.iter().position(|row| row.len() != rows) {
        return Err(Fault::NotSquare { row, length: matrix[row].len(), rows });
    }
    let mut places = (0..rows).flat_map(|row| (0..rows).map(move |column| (row, column)));
    places.clone().try_for_each(|(row, column)| positive(row, column, matrix[row][column]))?;
    let product = |row: usize, column: usize| matrix[row][column] * matrix[column][row];
    match places.find(|&(row, column)| (product(row, column) - 1.0).abs() > RECIPROCAL) {
        Some((row, column)) => Err(Fault::NotReciprocal { row, column, product: product(row, column) }),
        None => Ok(()),
    }
}

/// Geometric means of rows, summing to 1.
fn geometric(matrix: &[Vec<f64>]) -> Vec<f64> {
    let n = matrix.len() as f64;
    let mean = |row: &Vec<f64>| row.iter().fold(0.0, |sum, value| sum + libm::log(*value)) / n;
    let logs: Vec<f64> = matrix.iter().map(mean).collect();
    let largest = logs.iter().fold(f64::NEG_INFINITY, |largest, log| largest.max(*log));
    divided(logs.iter().map(|log| libm::exp(log - largest)).collect())
}

/// The principal eigenvector by powers of the matrix, summing to 1.
fn principal(matrix: &[Vec<f64>], start: Vec<f64>) -> Vec<f64> {
    let mut weights = start;
    for _ in 0..10_000 {
        let next = divided(times(matrix, &weights));
        let change = next.iter().zip(&weights).fold(0.0, |most: f64, (a, b)| most.max((a - b).abs() / a));
        weights = next;
        if change <= 1e-15 {
            break;
        }
    }
    weights
}

fn times(matrix: &[Vec<f64>], vector: &[f64]) -> Vec<f64> {
    matrix.iter().map(|row| row.iter().zip(vector).fold(0.0, |sum, (a, b)| sum + a * b)).collect()
}

fn divided(values: Vec<f64>) -> Vec<f64> {
    let total = values.iter().fold(0.0, |sum, value| sum + value);
    values.iter().map(|value| value / total).collect()
}
