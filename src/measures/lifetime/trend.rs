//! Trend of a short series: least squares and Theil-Sen.
//!
//! In: values at even steps. Out: slopes per step. Must not know: how long a step is, what the values are. Start at
//! [`line`].

/// A straight line through a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// Change per step.
    pub slope: f64,
    /// The line's value at the first element.
    pub intercept: f64,
    /// The slope divided by the size of the mean: change per step as a share of the level; `None` if the mean is 0.
    pub relative: Option<f64>,
}

/// The least-squares line through values at steps 0, 1, 2 and so on.
///
/// `None` with fewer than 2 values, or where one is not finite or the sums overflow.
///
/// ```
/// use tierwright::measures::lifetime::line;
/// let line = line(&[10.0, 12.0, 14.0]).ok_or("too short")?;
/// assert_eq!((line.slope, line.intercept), (2.0, 10.0));
/// assert_eq!(line.relative.map(|share| format!("{share:.4}")), Some("0.1667".to_owned()));
/// # Ok::<(), &str>(())
/// ```
pub fn line(values: &[f64]) -> Option<Line> {
    if values.len() < 2 {
        return None;
    }
    let n = values.len() as f64;
    let mean = values.iter().fold(0.0, |sum, value| sum + value) / n;
    let middle = (n - 1.0) / 2.0;
    let (mut products, mut squares) = (0.0, 0.0);
    for (step, value) in values.iter().enumerate() {
        let away = step as f64 - middle;
        products += away * (value - mean);
        squares += away * away;
    }
    let slope = products / squares;
    let line = Line { slope, intercept: mean - slope * middle, relative: (mean != 0.0).then(|| slope / mean.abs()) };
    (slope.is_finite() && mean.is_finite()).then_some(line)
}

/// The Theil-Sen slope per step (Theil 1950, Sen 1968): the median of the slopes of all pairs of values.
///
/// Up to 29 % of the values may be outliers without much effect. `None` with fewer than 2 values or where one is not
/// finite. Time and memory grow with the square of the length: for series of up to some thousand values.
///
/// ```
/// use tierwright::measures::lifetime::theil_sen;
/// assert_eq!(theil_sen(&[1.0, 2.0, 3.0, 4.0, 900.0]), Some(1.0));
/// ```
pub fn theil_sen(values: &[f64]) -> Option<f64> {
    if values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let mut slopes: Vec<f64> = Vec::with_capacity(values.len() * values.len().saturating_sub(1) / 2);
    for (step, value) in values.iter().enumerate() {
        slopes.extend(values[..step].iter().enumerate().map(|(before, low)| (value - low) / (step - before) as f64));
    }
    median(&mut slopes)
}

/// The median, the mean of the middle two of an even number; `None` of nothing.
fn median(values: &mut [f64]) -> Option<f64> {
    let half = values.len() / 2;
    if values.is_empty() {
        return None;
    }
    let even = values.len().is_multiple_of(2);
    let (below, upper, _) = values.select_nth_unstable_by(half, f64::total_cmp);
    let upper = *upper;
    let lower = if even { below.iter().copied().max_by(f64::total_cmp)? } else { upper };
    Some(lower + (upper - lower) / 2.0)
}
