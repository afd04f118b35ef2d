//! Exponential smoothing of a series without season: a level, and where it explains more than it costs, a trend that may flatten out.
//!
//! In: a series. Out: [`Smoothed`], which can be carried on. Must not know: what the series is. Start at [`fit`].
//!
//! Level and trend are those of Holt 1957 with the damping of Gardner & McKenzie 1985, in the notation of Hyndman, Koehler, Ord & Snyder
//! 2008:
//!
//! ```text
//! e = y - (l + phi b)      l' = l + phi b + alpha e      b' = phi b + beta e      h steps ahead: l + (phi + … + phi^h) b
//! ```
//!
//! Parameters are those of a fixed grid with the smallest sum of squared errors one step ahead, and of the three forms (level, level and trend,
//! damped trend) the one with the smallest corrected information criterion (AICc). A grid instead of a search: the same series has the
//! same forecast on every machine.

/// Values of alpha that are tried, and of beta as a share of alpha.
const ALPHAS: usize = 24;
const BETAS: usize = 10;
/// Damping that is tried, beside none.
const DAMPING: [f64; 4] = [0.8, 0.87, 0.93, 0.98];
/// Observations from which the first level and trend are drawn (a line through them).
const FIRST: usize = 10;

/// The state after the last observation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Smoothed {
    /// Level.
    pub level: f64,
    /// Trend of a step; 0 in the form without.
    pub trend: f64,
    /// Damping of the trend, 1 for none.
    pub phi: f64,
    /// How fast the level follows, 0 to 1.
    pub alpha: f64,
    /// How fast the trend follows, 0 to alpha.
    pub beta: f64,
}

impl Smoothed {
    /// So many steps ahead.
    ///
    /// ```
    /// use tierwright::run::business::smoothing::fit;
    /// let line: Vec<f64> = (0..20).map(|n| 3.0 + 2.0 * n as f64).collect();
    /// let ahead = fit(&line).unwrap().ahead(2);
    /// assert!((ahead[0] - 43.0).abs() < 1e-6 && (ahead[1] - 45.0).abs() < 1e-6);
    /// ```
    pub fn ahead(&self, steps: usize) -> Vec<f64> {
        let (mut damped, mut sum) = (1.0, 0.0);
        let step = |_| {
            damped *= self.phi;
            sum += damped;
            self.level + sum * self.trend
        };
        (0..steps).map(step).collect()
    }
}

/// Fits a series; `None` for one of four values or fewer, which bear no parameter, or with values that are no numbers.
pub fn fit(series: &[f64]) -> Option<Smoothed> {
    if series.is_empty() || series.iter().any(|y| !y.is_finite()) {
        return None;
    }
    let (level, slope) = line(&series[..series.len().min(FIRST)]);
    let mean = series[..series.len().min(FIRST)].iter().sum::<f64>() / series.len().min(FIRST) as f64;
    let alphas = || (0..ALPHAS).map(|n| (n as f64 + 0.5) / ALPHAS as f64);
    let betas = || (0..BETAS).map(|n| n as f64 / BETAS as f64);
    let start = |alpha, beta, phi| Smoothed { level: level - slope, trend: slope / phi, phi, alpha, beta };
    let plain = alphas().map(|alpha| Smoothed { level: mean, trend: 0.0, phi: 1.0, alpha, beta: 0.0 });
    let trends = |phi: f64| alphas().flat_map(move |alpha| betas().map(move |beta| start(alpha, beta * alpha, phi)));
    let forms: [(usize, Vec<Smoothed>); 3] =
        [(2, plain.collect()), (4, trends(1.0).collect()), (5, DAMPING.into_iter().flat_map(trends).collect())];
    let mut best: Option<(f64, Smoothed)> = None;
    for (parameters, form) in forms {
        let mut of_form: Option<(f64, Smoothed)> = None;
        for first in form {
            let (errors, last) = run(first, series);
            if of_form.is_none_or(|(least, _)| errors < least) {
                of_form = Some((errors, last));
            }
        }
        let Some((errors, last)) = of_form.filter(|(errors, _)| errors.is_finite()) else { continue };
        let judged = criterion(errors, series.len(), parameters);
        if judged.is_finite() && best.is_none_or(|(least, _)| judged < least) {
            best = Some((judged, last));
        }
    }
    best.map(|(_, smoothed)| smoothed)
}

/// The sum of squared errors one step ahead, and the state at the end.
fn run(first: Smoothed, series: &[f64]) -> (f64, Smoothed) {
    let mut state = first;
    let mut sum = 0.0;
    for y in series {
        let expected = state.level + state.phi * state.trend;
        let error = y - expected;
        sum += error * error;
        state.level = expected + state.alpha * error;
        state.trend = state.phi * state.trend + state.beta * error;
    }
    (sum, state)
}

/// AICc of a sum of squared errors: the smaller the better; infinite where there are too few observations for the parameters.
fn criterion(errors: f64, observations: usize, parameters: usize) -> f64 {
    // The variance of the errors is a parameter too.
    let (n, k) = (observations as f64, parameters as f64 + 1.0);
    if n - k - 1.0 <= 0.0 {
        return f64::INFINITY;
    }
    n * libm::log((errors / n).max(f64::MIN_POSITIVE)) + 2.0 * k + 2.0 * k * (k + 1.0) / (n - k - 1.0)
}

/// Level at the first observation and slope of the line of least squares.
fn line(series: &[f64]) -> (f64, f64) {
    let n = series.len() as f64;
    let middle = (n - 1.0) / 2.0;
    let mean = series.iter().sum::<f64>() / n;
    let (mut above, mut below) = (0.0, 0.0);
    for (x, y) in series.iter().enumerate() {
        let x = x as f64 - middle;
        above += x * (y - mean);
        below += x * x;
    }
    let slope = if below > 0.0 { above / below } else { 0.0 };
    (mean - slope * middle, slope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_stays_and_a_line_goes_on() {
        let level = fit(&[7.0; 12]).unwrap();
        assert_eq!((level.level, level.trend, level.ahead(2)), (7.0, 0.0, vec![7.0, 7.0]));
        let line: Vec<f64> = (0..15).map(|n| 100.0 - 4.0 * n as f64).collect();
        let ahead = fit(&line).unwrap().ahead(3);
        assert!(ahead.iter().zip([40.0, 36.0, 32.0]).all(|(a, b): (&f64, f64)| (a - b).abs() < 1e-6), "{ahead:?}");
    }

    #[test]
    fn states_are_as_reckoned_by_hand() {
        let first = Smoothed { level: 10.0, trend: 2.0, phi: 0.5, alpha: 0.5, beta: 0.25 };
        // Expected 11, error 3, level 12.5, trend 1.75; expected 13.375, error -1.375, level 12.6875, trend 0.53125.
        let (errors, last) = run(first, &[14.0, 12.0]);
        assert_eq!(errors, 9.0 + 1.375 * 1.375);
        assert_eq!((last.level, last.trend), (12.6875, 0.53125));
        assert_eq!(last.ahead(2), [12.6875 + 0.265625, 12.6875 + 0.3984375]);
    }

    #[test]
    fn a_new_level_is_followed_and_noise_is_not() {
        let step: Vec<f64> = (0..30).map(|n| if n < 15 { 10.0 } else { 20.0 }).collect();
        assert!((fit(&step).unwrap().ahead(1)[0] - 20.0).abs() < 0.5);
        let noise: Vec<f64> = (0..40).map(|n| 50.0 + if n % 2 == 0 { 5.0 } else { -5.0 }).collect();
        assert!((fit(&noise).unwrap().ahead(1)[0] - 50.0).abs() < 1.5);
    }

    #[test]
    fn too_little_is_no_fit() {
        assert_eq!(fit(&[1.0, 2.0]), None);
        assert_eq!(fit(&[1.0, f64::NAN, 2.0]), None);
        assert!(fit(&[1.0, 2.0, 3.0, 2.0]).is_none(), "four values bear no parameter");
        assert!(fit(&[1.0, 2.0, 3.0, 2.0, 1.0]).is_some());
    }
}
