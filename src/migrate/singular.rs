//! Singular values of small matrices.
//!
//! In: the rows of a square matrix. Out: its singular values. Must not know: what they are for.
//!
//! One-sided Jacobi rotations (M. R. Hestenes, *Inversion of matrices by biorthogonalization and related results*, Journal of
//! SIAM 6, 1958) make the columns orthogonal; their lengths are then the singular values. A matrix of tiers has some ten
//! rows, and for that size the method is as short as it is accurate (J. Demmel and K. Veselić, *Jacobi's method is more
//! accurate than QR*, SIAM Journal on Matrix Analysis 13, 1992): a crate of linear algebra would bring dozens of others for
//! these lines.

/// Sweeps at most; convergence is quadratic, and some six are enough for any matrix of doubles.
const SWEEPS: usize = 60;

/// The singular values of the square matrix of these rows, largest first.
pub fn singular_values(rows: &[Vec<f64>]) -> Vec<f64> {
    let size = rows.len();
    let mut columns: Vec<Vec<f64>> = (0..size).map(|at| rows.iter().map(|row| row[at]).collect()).collect();
    for _ in 0..SWEEPS {
        let mut turned = false;
        for right in 1..size {
            let (before, after) = columns.split_at_mut(right);
            for left in before {
                turned |= orthogonal(left, &mut after[0]);
            }
        }
        if !turned {
            break;
        }
    }
    let mut values: Vec<f64> = columns.iter().map(|column| dot(column, column).sqrt()).collect();
    values.sort_by(|a, b| b.total_cmp(a));
    values
}

/// Turns two columns in their plane until they are orthogonal; whether they were not.
fn orthogonal(left: &mut [f64], right: &mut [f64]) -> bool {
    let (a, b, product) = (dot(left, left), dot(right, right), dot(left, right));
    if product == 0.0 || product.abs() <= f64::EPSILON * (a * b).sqrt() {
        return false;
    }
    let zeta = (b - a) / (2.0 * product);
    let tangent = zeta.signum() / (zeta.abs() + (1.0 + zeta * zeta).sqrt());
    let cosine = 1.0 / (1.0 + tangent * tangent).sqrt();
    let sine = cosine * tangent;
    for (x, y) in left.iter_mut().zip(right) {
        (*x, *y) = (cosine * *x - sine * *y, sine * *x + cosine * *y);
    }
    true
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rows: &[&[f64]], expected: &[f64]) {
        let found = singular_values(&rows.iter().map(|row| row.to_vec()).collect::<Vec<_>>());
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-14 * (1.0 + expected), "{found} {expected}");
        }
    }

    #[test]
    fn matrices_whose_values_are_known() {
        check(&[], &[]);
        check(&[&[-2.0]], &[2.0]);
        check(&[&[0.0, 0.0], &[0.0, 0.0]], &[0.0, 0.0]);
        check(&[&[1.0, 0.0], &[0.0, -3.0]], &[3.0, 1.0]);
        // Its squares are the roots of x² - 50 x + 225.
        check(&[&[3.0, 0.0], &[4.0, 5.0]], &[45.0_f64.sqrt(), 5.0_f64.sqrt()]);
        // One column is a multiple of the other: the rank is 1.
        check(&[&[1.0, 2.0], &[2.0, 4.0]], &[5.0, 0.0]);
        // Equal lengths, where the angle is an eighth of a circle.
        check(&[&[-0.5, 0.5], &[0.5, -0.5]], &[1.0, 0.0]);
        // A permutation, scaled.
        check(&[&[0.0, 2.0, 0.0], &[0.0, 0.0, 7.0], &[5.0, 0.0, 0.0]], &[7.0, 5.0, 2.0]);
    }

    #[test]
    fn lengths_and_volume_are_kept() {
        let rows: Vec<Vec<f64>> = (0..9)
            .map(|i| (0..9).map(|j| f64::from((i * 31 + j * 17 + i * j * 7) % 23) / 23.0 - 0.4).collect())
            .collect();
        let values = singular_values(&rows);
        let (squares, length): (f64, f64) =
            (values.iter().map(|v| v * v).sum(), rows.iter().flatten().map(|x| x * x).sum());
        assert!((squares - length).abs() < 1e-12, "{squares} {length}");
        let turned: Vec<Vec<f64>> = (0..9).map(|at| rows.iter().map(|row| row[at]).collect()).collect();
        for (own, other) in values.iter().zip(singular_values(&turned)) {
            assert!((own - other).abs() < 1e-12, "those of the transposed matrix: {own} {other}");
        }
    }
}
