//! Seasonality of a series: indices and strength by classical decomposition.
//!
//! In: values at even steps and how many steps make a season's cycle. Out: a [`Season`]. Must not know: calendars, what
//! the values are. Start at [`season`].

/// The seasonal pattern of a series.
#[derive(Debug, Clone, PartialEq)]
pub struct Season {
    /// Strength from 0 (none) to 1 (nothing but season and trend): 1 − Var(rest) / Var(season + rest), not below 0
    /// (Hyndman & Athanasopoulos, *Forecasting: Principles and Practice*).
    pub strength: f64,
    /// What each place in the cycle adds to the trend, beginning with the place of the first value; the sum is 0.
    pub indices: Vec<f64>,
    /// By what each place multiplies the trend; the mean is 1. `None` where the trend is not above 0 throughout.
    pub factors: Option<Vec<f64>>,
}

/// Decomposes a series into trend, season and rest by the classical method.
///
/// The trend is the centred moving average over one cycle (for an even `period` of both neighbouring windows), so that
/// half a cycle at each end has none; a seasonal index is the mean of what its place in the cycle has above the trend,
/// the indices then centred. Season and rest are judged where the trend exists. With two to three cycles most places
/// have a single value to average, and strength is near 1 by construction: take three cycles or more to rely on it. A
/// constant series has strength 0.
///
/// `None` with fewer than two cycles, a `period` below 2, or a value that is not finite.
///
/// ```
/// use tierwright::measures::lifetime::season;
/// let quarters = [5.0, 1.0, 1.0, 1.0].repeat(4);
/// let season = season(&quarters, 4).ok_or("too short")?;
/// assert_eq!(season.indices, [3.0, -1.0, -1.0, -1.0]);
/// assert_eq!(season.strength, 1.0);
/// # Ok::<(), &str>(())
/// ```
pub fn season(values: &[f64], period: usize) -> Option<Season> {
    if period < 2 || values.len() / period < 2 || values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let trend = trend(values, period);
    let first = period / 2;
    let detrended: Vec<f64> = trend.iter().enumerate().map(|(at, level)| values[first + at] - level).collect();
    let indices = centred(&places(&detrended, first, period));
    let seasonal = |at: usize| indices[(first + at) % period];
    let rest: Vec<f64> = detrended.iter().enumerate().map(|(at, value)| value - seasonal(at)).collect();
    let (noise, all) = (variance(&rest), variance(&detrended));
    let largest = values.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
    // Below this there is nothing but the rounding of the averages.
    let rounding = 1e-13 * largest;
    let strength = if all <= rounding * rounding { 0.0 } else { (1.0 - noise / all).clamp(0.0, 1.0) };
    let factors = trend.iter().all(|level| *level > 0.0).then(|| {
        let ratios: Vec<f64> = trend.iter().enumerate().map(|(at, level)| values[first + at] / level).collect();
        let means = places(&ratios, first, period);
        let mean = mean(&means);
        means.iter().map(|value| if mean > 0.0 { value / mean } else { 1.0 }).collect()
    });
    strength.is_finite().then_some(Season { strength, indices, factors })
}

/// The centred moving average, from element `period / 2` on.
fn trend(values: &[f64], period: usize) -> Vec<f64> {
    let window = |from: usize| values[from..from + period].iter().fold(0.0, |sum, value| sum + value);
    let windows = values.len() - period + 1;
    if period % 2 == 1 {
        (0..windows).map(|from| window(from) / period as f64).collect()
    } else {
        (1..windows).map(|from| (window(from - 1) + window(from)) / (2 * period) as f64).collect()
    }
}

/// The mean at each place of the cycle of values that begin at element `first`.
fn places(values: &[f64], first: usize, period: usize) -> Vec<f64> {
    let (mut sums, mut counts) = (vec![0.0; period], vec![0.0; period]);
    for (at, value) in values.iter().enumerate() {
        sums[(first + at) % period] += value;
        counts[(first + at) % period] += 1.0;
    }
    sums.iter().zip(&counts).map(|(sum, count)| sum / count).collect()
}

fn centred(values: &[f64]) -> Vec<f64> {
    let mean = mean(values);
    values.iter().map(|value| value - mean).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |sum, value| sum + value) / values.len() as f64
}

fn variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().fold(0.0, |sum, value| sum + (value - mean) * (value - mean)) / values.len() as f64
}
