//! Derivatives of the logarithm of the gamma function, and its differences without cancellation.
//!
//! In: positive numbers. Out: digamma, trigamma, the beta function, and ln Γ(z + n) − ln Γ(z) with two derivatives.
//! Must not know: models. Start at [`rising`].
//!
//! `libm` has ln Γ alone, and the crates that have digamma call the platform's `ln`, whose last bit differs between
//! systems. The expansions are Abramowitz & Stegun 1964, 6.1.40, 6.3.18 and 6.4.11.

/// From here on the asymptotic expansions hold to full precision.
const ASYMPTOTIC: f64 = 12.0;

/// Coefficients B(2k) / (2k (2k − 1)) of Stirling's series.
const STIRLING: [f64; 7] =
    [1.0 / 12.0, -1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0, 1.0 / 1188.0, -691.0 / 360_360.0, 1.0 / 156.0];

/// ψ(z) = d ln Γ(z) / dz for z > 0.
pub(super) fn digamma(z: f64) -> f64 {
    let (mut z, mut shift) = (z, 0.0);
    while z < ASYMPTOTIC {
        shift += 1.0 / z;
        z += 1.0;
    }
    libm::log(z) - 0.5 / z + tail(z)[1] - shift
}

/// ψ′(z) for z > 0.
pub(super) fn trigamma(z: f64) -> f64 {
    let (mut z, mut shift) = (z, 0.0);
    while z < ASYMPTOTIC {
        shift += 1.0 / (z * z);
        z += 1.0;
    }
    1.0 / z + 0.5 / (z * z) + tail(z)[2] + shift
}

/// ln Γ(z + n) − ln Γ(z) and its first two derivatives in z, for z > 0 and a whole n ≥ 0.
///
/// The value keeps its relative precision where z is huge and the two logarithms would cancel.
pub(super) fn rising(z: f64, n: f64) -> [f64; 3] {
    let (mut z, mut n) = (z, n);
    let mut out = [0.0; 3];
    while n > 0.0 && (z < ASYMPTOTIC || n <= 16.0) {
        let inverse = 1.0 / z;
        out[0] += libm::log(z);
        out[1] += inverse;
        out[2] -= inverse * inverse;
        z += 1.0;
        n -= 1.0;
    }
    if n > 0.0 {
        let rest = far(z, n);
        out.iter_mut().zip(rest).for_each(|(out, rest)| *out += rest);
    }
    out
}

/// [`rising`] for z ≥ 12 and any n > 0.
fn far(z: f64, n: f64) -> [f64; 3] {
    let (end, growth) = (z + n, libm::log1p(n / z));
    let (high, low) = (tail(end), tail(z));
    [
        (end - 0.5) * growth + n * libm::log(z) - n + (high[0] - low[0]),
        growth + 0.5 * (n / (z * end)) + (high[1] - low[1]),
        -n / (z * end) - 0.5 * n * (z + end) / (z * z * end * end) + (high[2] - low[2]),
    ]
}

/// −ln B(a, b), the beta function, for positive a and b.
pub(super) fn log_inverse_beta(a: f64, b: f64) -> f64 {
    let (small, large) = (a.min(b), a.max(b));
    if large >= ASYMPTOTIC {
        far(large, small)[0] - libm::lgamma(small)
    } else {
        libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b)
    }
}

/// Stirling's series at a large z, and its first two derivatives.
fn tail(z: f64) -> [f64; 3] {
    let inverse = 1.0 / z;
    let square = inverse * inverse;
    let (mut power, mut order) = (inverse, 1.0);
    let mut out = [0.0; 3];
    for coefficient in STIRLING {
        out[0] += coefficient * power;
        out[1] -= coefficient * order * power * inverse;
        out[2] += coefficient * order * (order + 1.0) * power * square;
        power *= square;
        order += 2.0;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64, tolerance: f64) {
        assert!((found - expected).abs() <= tolerance * (1.0 + expected.abs()), "{found} {expected}");
    }

    #[test]
    fn known_values() {
        near(digamma(1.0), -0.577_215_664_901_532_9, 1e-15);
        near(digamma(0.5), -1.963_510_026_021_423_5, 1e-15);
        near(digamma(100.0), 4.600_161_852_738_087, 1e-15);
        near(trigamma(1.0), 1.644_934_066_848_226_4, 1e-15);
        near(trigamma(0.1), 101.433_299_150_792_75, 1e-15);
        near(trigamma(100.0), 0.010_050_166_663_333_571, 1e-15);
    }

    #[test]
    fn beta_is_symmetric_and_known() {
        near(log_inverse_beta(1.0, 1.0), 0.0, 1e-15);
        near(log_inverse_beta(2.0, 3.0), libm::log(12.0), 1e-15);
        near(log_inverse_beta(1.0, 1e9), libm::log(1e9), 1e-15);
        near(log_inverse_beta(40.0, 2.0), libm::log(40.0 * 41.0), 1e-15);
    }

    #[test]
    fn rising_is_the_sum_of_its_factors() {
        for z in [1e-6, 0.3, 1.0, 5.5, 50.0, 1e6, 1e12] {
            for n in [0.0, 1.0, 7.0, 40.0, 1000.0] {
                let mut expected = [0.0; 3];
                (0..n as usize).map(|i| z + i as f64).for_each(|w| {
                    expected[0] += libm::log(w);
                    expected[1] += 1.0 / w;
                    expected[2] -= 1.0 / (w * w);
                });
                let found = rising(z, n);
                (0..3).for_each(|k| {
                    let scale = expected[k].abs().max(1e-300);
                    assert!((found[k] - expected[k]).abs() <= 4e-13 * scale, "{z} {n} {k}: {found:?} {expected:?}");
                });
            }
        }
    }
}
