//! The maximum of a smooth function of a few positive parameters.
//!
//! In: a function with its gradient and curvature, starts, the scales of its parameters. Out: the highest [`Peak`], and
//! the inverse of its information matrix. Must not know: what is fitted. Start at [`highest`].
//!
//! Newton's method in the logarithms of the parameters; where the curvature does not bend down, or a step does not
//! climb, a multiple of its largest diagonal entry is taken off the diagonal (Levenberg 1944). The parameters stay
//! within a factor of [`REACH`] of their scales: a likelihood that grows without end stops there.

use super::fault::Flat;

/// How far a parameter may go from its scale, as a factor.
pub(super) const REACH: f64 = 1e6;

/// Steps at most.
const STEPS: usize = 200;

/// A slope, per observation, that counts as zero.
const LEVEL: f64 = 1e-11;

/// A pivot of the information matrix, scaled to a unit diagonal, that counts as zero.
const PIVOT: f64 = 1e-11;

/// A standard error of a logarithm beyond which a parameter counts as unknown: a factor of 20 either way.
const WIDE: f64 = 3.0;

/// A function's value, gradient and curvature with respect to its parameters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point<const N: usize> {
    /// The value, larger is better.
    pub(super) value: f64,
    /// First derivatives.
    pub(super) gradient: [f64; N],
    /// Second derivatives.
    pub(super) curvature: [[f64; N]; N],
}

/// Where a climb ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peak<const N: usize> {
    /// The parameters.
    pub(super) at: [f64; N],
    /// The function there, with derivatives in the logarithms of the parameters.
    pub(super) point: Point<N>,
    logs: [f64; N],
    settled: bool,
}

/// The function to climb, and the scale of each parameter.
pub(super) struct Slope<'a, const N: usize, F> {
    /// Value and derivatives at given parameters.
    pub(super) function: F,
    /// A typical size of each parameter.
    pub(super) scale: [f64; N],
    /// The parameters' names.
    pub(super) names: &'a [&'static str; N],
    /// Observations, by which slopes are divided.
    pub(super) weight: f64,
}

/// The highest peak that is reached from any of the starts, of equal ones the first; `None` if the function is not
/// finite at any start.
pub(super) fn highest<const N: usize, F: Fn(&[f64; N]) -> Point<N>>(
    slope: &Slope<'_, N, F>,
    starts: &[[f64; N]],
) -> Option<Peak<N>> {
    let peaks = starts.iter().filter_map(|start| slope.climb(start));
    peaks.reduce(|best, peak| if peak.point.value > best.point.value { peak } else { best })
}

impl<const N: usize, F: Fn(&[f64; N]) -> Point<N>> Slope<'_, N, F> {
    /// The function and its derivatives at logarithms of parameters; `None` where they are not finite.
    fn at(&self, logs: [f64; N]) -> Option<Peak<N>> {
        let at = logs.map(libm::exp);
        let mut point = (self.function)(&at);
        point.gradient.iter_mut().zip(at).for_each(|(slope, at)| *slope *= at);
        for i in 0..N {
            for j in 0..N {
                point.curvature[i][j] *= at[i] * at[j];
            }
            point.curvature[i][i] += point.gradient[i];
        }
        let finite = point.value.is_finite()
            && point.gradient.iter().all(|x| x.is_finite())
            && point.curvature.iter().flatten().all(|x| x.is_finite());
        finite.then_some(Peak { at, point, logs, settled: false })
    }

    /// The peak above one start.
    fn climb(&self, start: &[f64; N]) -> Option<Peak<N>> {
        let (mut peak, mut damping) = (self.at(start.map(libm::log))?, 0.0);
        for _ in 0..STEPS {
            let free = self.free(&peak);
            let steepest = (0..N).filter(|&i| free[i]).map(|i| peak.point.gradient[i].abs()).fold(0.0, f64::max);
            if steepest <= LEVEL * self.weight {
                peak.settled = true;
                break;
            }
            match self.step(&peak, &free, &mut damping) {
                Some(next) => peak = next,
                // No step climbs: the value is as high as its rounding shows.
                None => {
                    peak.settled = steepest <= 1e-5 * self.weight;
                    break;
                }
            }
        }
        Some(peak)
    }

    /// A step that climbs, with as much damping as it takes.
    fn step(&self, peak: &Peak<N>, free: &[bool; N], damping: &mut f64) -> Option<Peak<N>> {
        let largest = (0..N).map(|i| peak.point.curvature[i][i].abs()).fold(f64::MIN_POSITIVE, f64::max);
        while *damping < 1e12 {
            let step = direction(&peak.point, free, *damping * largest);
            let next = step.and_then(|step| {
                let longest = step.iter().fold(0.0, |a: f64, b| a.max(b.abs()));
                let shorten = if longest > 2.0 { 2.0 / longest } else { 1.0 };
                let logs = std::array::from_fn(|i| self.bounded(i, peak.logs[i] + shorten * step[i]));
                self.at(logs)
            });
            if let Some(next) = next.filter(|next| next.point.value > peak.point.value) {
                *damping = if *damping < 1e-8 { 0.0 } else { *damping * 0.1 };
                return Some(next);
            }
            *damping = if *damping == 0.0 { 1e-6 } else { *damping * 10.0 };
        }
        None
    }

    fn limits(&self, i: usize) -> (f64, f64) {
        let (middle, reach) = (libm::log(self.scale[i]), libm::log(REACH));
        (middle - reach, middle + reach)
    }

    fn bounded(&self, i: usize, log: f64) -> f64 {
        let (low, high) = self.limits(i);
        log.clamp(low, high)
    }

    /// Which parameters may move: those that do not press against their limits.
    fn free(&self, peak: &Peak<N>) -> [bool; N] {
        std::array::from_fn(|i| {
            let (low, high) = self.limits(i);
            let slope = peak.point.gradient[i];
            !(peak.logs[i] <= low && slope < 0.0 || peak.logs[i] >= high && slope > 0.0)
        })
    }

    /// Standard errors of the parameters by the delta method from the observed information, and why the data do not
    /// determine the parameters, if they do not.
    pub(super) fn errors(&self, peak: &Peak<N>) -> (Option<[f64; N]>, Option<Flat>) {
        for (i, parameter) in self.names.iter().enumerate() {
            let (low, high) = self.limits(i);
            if peak.logs[i] <= low + 1.0 || peak.logs[i] >= high - 1.0 {
                return (None, Some(Flat::Bound { parameter, value: peak.at[i] }));
            }
        }
        if !peak.settled {
            return (None, Some(Flat::Unfinished));
        }
        let information = peak.point.curvature.map(|row| row.map(|x| -x));
        let Some(covariance) = inverse(&information) else { return (None, Some(Flat::Singular)) };
        let log_errors: [f64; N] = std::array::from_fn(|i| covariance[i][i].sqrt());
        let wide = (0..N).find(|&i| log_errors[i] > WIDE);
        let flat = wide.map(|i| Flat::Wide { parameter: self.names[i], log_error: log_errors[i] });
        (Some(std::array::from_fn(|i| peak.at[i] * log_errors[i])), flat)
    }
}

/// The damped Newton step of the free parameters; `None` where the damped curvature does not bend down.
fn direction<const N: usize>(point: &Point<N>, free: &[bool; N], damping: f64) -> Option<[f64; N]> {
    let mut matrix = point.curvature.map(|row| row.map(|x| -x));
    let mut slope = point.gradient;
    for i in 0..N {
        matrix[i][i] += damping;
        for j in 0..N {
            if !free[i] || !free[j] {
                matrix[i][j] = if i == j { 1.0 } else { 0.0 };
            }
        }
        if !free[i] {
            slope[i] = 0.0;
        }
    }
    let factor = cholesky(&matrix, 1e-14)?;
    Some(solve(&factor, slope))
}

/// The inverse of a symmetric positive definite matrix; `None` if it is not, by rows and columns scaled to a unit
/// diagonal.
fn inverse<const N: usize>(matrix: &[[f64; N]; N]) -> Option<[[f64; N]; N]> {
    let scale: [f64; N] = std::array::from_fn(|i| matrix[i][i].sqrt());
    if !scale.iter().all(|x| *x > 0.0) {
        return None;
    }
    let scaled = std::array::from_fn(|i| std::array::from_fn(|j| matrix[i][j] / scale[i] / scale[j]));
    let factor = cholesky(&scaled, PIVOT)?;
    let columns: [[f64; N]; N] =
        std::array::from_fn(|j| solve(&factor, std::array::from_fn(|i| if i == j { 1.0 } else { 0.0 })));
    Some(std::array::from_fn(|i| std::array::from_fn(|j| columns[j][i] / scale[i] / scale[j])))
}

/// The lower Cholesky factor; `None` if a pivot is not above `least` times the diagonal entry it comes from.
fn cholesky<const N: usize>(matrix: &[[f64; N]; N], least: f64) -> Option<[[f64; N]; N]> {
    let mut factor = [[0.0; N]; N];
    for i in 0..N {
        for j in 0..=i {
            let inner = (0..j).fold(0.0, |sum, k| sum + factor[i][k] * factor[j][k]);
            let rest = matrix[i][j] - inner;
            if i == j {
                if !(rest > 0.0 && rest > least * matrix[i][i]) {
                    return None;
                }
                factor[i][i] = rest.sqrt();
            } else {
                factor[i][j] = rest / factor[j][j];
            }
        }
    }
    Some(factor)
}

/// Solves a system by its Cholesky factor.
fn solve<const N: usize>(factor: &[[f64; N]; N], right: [f64; N]) -> [f64; N] {
    let mut x = right;
    for i in 0..N {
        x[i] = (x[i] - (0..i).fold(0.0, |sum, k| sum + factor[i][k] * x[k])) / factor[i][i];
    }
    for i in (0..N).rev() {
        x[i] = (x[i] - (i + 1..N).fold(0.0, |sum, k| sum + factor[k][i] * x[k])) / factor[i][i];
    }
    x
}
