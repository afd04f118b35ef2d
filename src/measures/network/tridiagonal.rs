//! The largest eigenvalue of a symmetric matrix that is 0 but on the diagonal and beside it, and its vector.
//!
//! In: the diagonal, and what stands beside it. Out: value and vector. Must not know: graphs. Start at [`top`].

/// The largest eigenvalue, and its vector of length 1. `beside` is one shorter than `diagonal`, which is not empty.
///
/// The value by bisection, to the last bit; the vector from the two factorisations that meet where they agree best (Dhillon 1997),
/// so that no entry is lost to cancellation.
pub(super) fn top(diagonal: &[f64], beside: &[f64]) -> (f64, Vec<f64>) {
    let value = largest(diagonal, beside);
    (value, vector(diagonal, beside, value))
}

fn largest(diagonal: &[f64], beside: &[f64]) -> f64 {
    let next = |at: usize| beside.get(at).map_or(0.0, |x| x.abs());
    let before = |at: usize| if at == 0 { 0.0 } else { next(at - 1) };
    let mut low = diagonal.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut high = (0..diagonal.len()).fold(low, |most, at| most.max(diagonal[at] + next(at) + before(at)));
    loop {
        let middle = low + (high - low) / 2.0;
        if !(middle > low && middle < high) {
            return high;
        }
        if is_above(diagonal, beside, middle) { high = middle } else { low = middle }
    }
}

/// Whether no eigenvalue is as large: all pivots of the shifted matrix are negative.
fn is_above(diagonal: &[f64], beside: &[f64], value: f64) -> bool {
    let mut pivot = 1.0;
    diagonal.iter().enumerate().all(|(at, entry)| {
        let taken = if at == 0 { 0.0 } else { beside[at - 1] * beside[at - 1] / pivot };
        pivot = entry - value - taken;
        pivot < 0.0
    })
}

fn vector(diagonal: &[f64], beside: &[f64], value: f64) -> Vec<f64> {
    let size = diagonal.len();
    let solid = |pivot: f64| if pivot.abs() < f64::MIN_POSITIVE { -f64::MIN_POSITIVE } else { pivot };
    let (mut down, mut up) = (vec![0.0; size], vec![0.0; size]);
    for at in 0..size {
        let taken = if at == 0 { 0.0 } else { beside[at - 1] * (beside[at - 1] / down[at - 1]) };
        down[at] = solid(diagonal[at] - value - taken);
    }
    for at in (0..size).rev() {
        let taken = if at + 1 == size { 0.0 } else { beside[at] * (beside[at] / up[at + 1]) };
        up[at] = solid(diagonal[at] - value - taken);
    }
    let gap = |at: usize| (down[at] + up[at] - (diagonal[at] - value)).abs();
    let meet = (1..size).fold(0, |best, at| if gap(at) < gap(best) { at } else { best });
    let mut vector = vec![0.0; size];
    vector[meet] = 1.0;
    for at in (0..meet).rev() {
        vector[at] = -(beside[at] / down[at]) * vector[at + 1];
    }
    for at in meet + 1..size {
        vector[at] = -(beside[at - 1] / up[at]) * vector[at - 1];
    }
    let length = vector.iter().fold(0.0, |sum, x| sum + x * x).sqrt();
    vector.iter_mut().for_each(|x| *x /= length);
    vector
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Eigenvalues 2 cos(k π / (n + 1)), the first vector sin(i π / (n + 1)).
    #[test]
    fn the_matrix_of_a_path() {
        for size in [1_usize, 2, 7, 200] {
            let angle = std::f64::consts::PI / (size + 1) as f64;
            let (value, vector) = top(&vec![0.0; size], &vec![1.0; size - 1]);
            assert!((value - 2.0 * angle.cos()).abs() < 1e-14, "{value}");
            let scale = (2.0 / (size + 1) as f64).sqrt();
            for (at, x) in vector.iter().enumerate() {
                assert!((x.abs() - scale * (angle * (at + 1) as f64).sin()).abs() < 1e-10, "{size}, {at}: {x}");
            }
        }
    }
}
