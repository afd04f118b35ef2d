//! Expected purchases of a customer who is alive, over a horizon.
//!
//! In: shapes of the customer's rate and dropout, the horizon on their scale. Out: the expected number of purchases.
//! Must not know: how the shapes are fitted, units of time. Start at [`purchases`].
//!
//! Fader, Hardie & Lee 2005, equation (10), has this number as (a + b + x − 1) / (a − 1) · (1 − (1 − z)^A ₂F₁(A, B; C −
//! 1; z)), which loses all digits near a = 1 and overflows for large x. Averaging over the purchases that would fall
//! into the horizon if the customer stayed, which are negative binomial, gives the same number as a sum of positive
//! terms: purchase j + 1 is made if purchases 1 to j did not end the relation, with probability (B)ⱼ / (C)ⱼ. Where the
//! sum is too long, the mean over the probability of dropout is taken by quadrature.

/// Terms of the sum at most; beyond, quadrature is faster.
const TERMS: f64 = 20_000.0;

/// Expected purchases in a horizon of a customer who is alive at its beginning.
///
/// The rate is gamma with shape `shape` and an inverse scale that makes the horizon `ratio` long; each purchase ends
/// the relation with a probability that is Beta(`ends`, `goes_on`). All positive; `ratio` may be 0, the answer then is
/// 0.
pub(super) fn purchases(shape: f64, ends: f64, goes_on: f64, ratio: f64) -> f64 {
    if ratio <= 0.0 {
        return 0.0;
    }
    let mean = shape * ratio;
    let length = mean + 40.0 * (1.0 + ratio) + 10.0 * (mean * (1.0 + ratio)).sqrt();
    if length <= TERMS { series(shape, ends, goes_on, ratio) } else { quadrature(shape, ends, goes_on, ratio) }
}

/// The sum over the number of purchases that would fall into the horizon.
///
/// Probabilities begin at 1 and are divided by their sum in the end, so that none underflows.
fn series(shape: f64, ends: f64, goes_on: f64, ratio: f64) -> f64 {
    let z = ratio / (1.0 + ratio);
    let (mut chance, mut made, mut next, mut k) = (1.0, 0.0, 1.0, 0.0);
    let (mut chances, mut total) = (1.0, 0.0);
    loop {
        let growth = z * (shape + k) / (k + 1.0);
        chance *= growth;
        made += next;
        next *= (goes_on + k) / (ends + goes_on + k);
        k += 1.0;
        chances += chance;
        total += chance * made;
        if chance > 1e250 {
            [&mut chance, &mut chances, &mut total].into_iter().for_each(|x| *x *= 1e-250);
        }
        let left = 1.0 - growth.max(z);
        // What is left: further chances fall at least geometrically, and each brings at most one purchase more.
        if left > 0.0 && chance * (made + 1.0 / left) <= 1e-17 * left * total {
            return total / chances;
        }
    }
}

/// The mean of (1 − (1 + ratio · y)^−shape) / y over the probability of dropout y.
///
/// The trapezoid rule in sinh⁻¹ of the logit of y, whose error falls exponentially with the number of nodes (Takahasi &
/// Mori 1974); the density is divided by its own quadrature.
fn quadrature(shape: f64, ends: f64, goes_on: f64, ratio: f64) -> f64 {
    let middle = libm::log(ends / goes_on);
    let width = (1.0 / ends + 1.0 / goes_on).sqrt();
    let height = log_density(ends, goes_on, middle);
    let node = |w: f64| {
        let logit = middle + width * libm::sinh(w);
        let weight = libm::exp(log_density(ends, goes_on, logit) - height) * libm::cosh(w);
        let y = 1.0 / (1.0 + libm::exp(-logit));
        let each = match y * ratio {
            small if small * shape < 1e-12 => shape * ratio,
            product => -libm::expm1(-shape * libm::log1p(product)) / y,
        };
        (weight, weight * each)
    };
    let mut last = 0.0;
    for level in 2..12 {
        let step = 1.0 / f64::from(1 << level);
        let (mut weights, mut total) = node(0.0);
        for side in [step, -step] {
            for at in 1..100_000 {
                let (weight, value) = node(side * f64::from(at));
                weights += weight;
                total += value;
                if value <= 1e-18 * total && weight <= 1e-18 * weights {
                    break;
                }
            }
        }
        let mean = total / weights;
        if (mean - last).abs() <= 1e-12 * mean {
            return mean;
        }
        last = mean;
    }
    last
}

/// The logarithm of a beta density in the logit of its variable, but for a constant.
fn log_density(ends: f64, goes_on: f64, logit: f64) -> f64 {
    let softplus = |v: f64| if v > 0.0 { v + libm::log1p(libm::exp(-v)) } else { libm::log1p(libm::exp(v)) };
    -ends * softplus(-logit) - goes_on * softplus(logit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sum_and_quadrature_agree() {
        for shape in [0.01, 0.3, 2.0, 40.0] {
            for (ends, goes_on) in [(0.02, 0.05), (1.0, 3.0), (0.8, 12.4), (30.0, 2.0), (5.0, 400.0)] {
                for ratio in [1e-6, 0.1, 1.0, 7.0, 90.0] {
                    let (sum, mean) = (series(shape, ends, goes_on, ratio), quadrature(shape, ends, goes_on, ratio));
                    assert!((sum - mean).abs() <= 1e-10 * sum, "{shape} {ends} {goes_on} {ratio}: {sum} {mean}");
                }
            }
        }
    }

    #[test]
    fn extremes_are_finite() {
        // Nobody ever leaves: the mean is shape times ratio.
        let stays = purchases(5.0, 1e-9, 1e3, 40.0);
        assert!((stays - 200.0).abs() < 1e-5, "{stays}");
        let large = purchases(1e5, 0.8, 1e5, 3.0);
        assert!(large > 0.0 && large < 3e5, "{large}");
        assert_eq!(purchases(1.0, 1.0, 1.0, 0.0), 0.0);
        let tiny = purchases(0.24, 0.79, 2.4, 1e-12);
        assert!((tiny / 0.24e-12 - 1.0).abs() < 1e-11, "{tiny}");
        assert!(purchases(0.2, 0.01, 0.02, 1e9).is_finite());
    }
}
