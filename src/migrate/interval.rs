//! Confidence intervals of a share.
//!
//! In: how many of how many. Out: the ends of the interval. Must not know: what is counted.

/// The 0.975 quantile of the standard normal distribution: two-sided 95 %.
pub const Z: f64 = 1.959_963_984_540_054;

/// The interval of E. B. Wilson at 95 % for the share `part / all`, both ends in 0 to 1; none for `all` = 0. With
/// `p = part / all` and `n = all`:
///
/// ```text
/// (p + z²/2n ± z sqrt(p (1 - p) / n + z²/4n²)) / (1 + z²/n)
/// ```
///
/// Unlike `p ± z sqrt(p (1 - p) / n)` it has a width where `part` is 0 or `all`, and holds its level for few customers.
/// Source: *Probable inference, the law of succession, and statistical inference*, Journal of the American Statistical
/// Association 22 (1927); L. D. Brown, T. T. Cai and A. DasGupta, *Interval estimation for a binomial proportion*,
/// Statistical Science 16 (2001).
///
/// ```
/// let (low, high) = tierwright::migrate::interval::wilson(0, 10).unwrap();
/// assert!(low == 0.0 && (high - 0.27754).abs() < 1e-5);
/// ```
pub fn wilson(part: u64, all: u64) -> Option<(f64, f64)> {
    if all == 0 || part > all {
        return None;
    }
    let (n, p, square) = (all as f64, part as f64 / all as f64, Z * Z);
    let centre = p + square / (2.0 * n);
    let half = Z * (p * (1.0 - p) / n + square / (4.0 * n * n)).sqrt();
    let scale = 1.0 + square / n;
    // At the ends the formula gives them up to rounding.
    let low = if part == 0 { 0.0 } else { (centre - half) / scale };
    let high = if part == all { 1.0 } else { (centre + half) / scale };
    Some((low, high))
}
