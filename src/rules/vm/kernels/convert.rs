//! Conversions between numbers, and functions of floats that fail in more than one way.
//!
//! In: operands by row. Out: results by row, and failures. Must not know: graphs. A column is computed first, and only looked at
//! again if any of its rows failed.

use super::loops::{map, map2, map3};
use crate::rules::cause::CauseKind;
use crate::rules::defect::{Defect, seeded};
use crate::rules::site::Failure;
use crate::rules::vm::simd::multiversion;
use crate::rules::vm::value::{Bits, Fails, Src};

const OVERFLOW: Failure = Failure::whole(CauseKind::Overflow);
const NOT_FINITE: Failure = Failure::whole(CauseKind::NotFinite);
const BY_ZERO: Failure = Failure::whole(CauseKind::DivisionByZero);

/// 2^63: floats below it in size truncate to an int.
const INT_END: f64 = 9_223_372_036_854_775_808.0;

/// Half away from zero, the same bits as `f64::round` for what is no NaN, in a form that vectorises.
#[inline(always)]
pub fn round_half_away(x: f64) -> f64 {
    let whole = x.trunc();
    whole + if (x - whole).abs() >= 0.5 { 1f64.copysign(x) } else { 0f64.copysign(x) }
}

/// Notes what `failure` says of rows, if any is `wrong`.
fn note(wrong: u64, rows: usize, fails: &mut Fails, failure: impl Fn(usize) -> Option<Failure>) {
    for row in (0..rows).filter(|_| wrong != 0) {
        if let Some(failure) = failure(row) {
            fails.set(row, rows, failure);
        }
    }
}

fn not_finite(x: f64) -> Option<Failure> {
    (!x.is_finite()).then_some(NOT_FINITE)
}

/// `out[row] = f(a[row])`; what is not finite fails.
#[inline(always)]
fn finite(a: Src<'_, f64>, out: &mut [f64], fails: &mut Fails, f: impl Fn(f64) -> f64) {
    let mut wrong = 0;
    map(a, out, |a| {
        let value = f(a);
        wrong |= u64::from(!value.is_finite());
        value
    });
    note(wrong, out.len(), fails, |row| not_finite(out[row]));
}

/// `x` rounded to `digits` behind the point by a function that rounds to whole numbers.
#[inline(always)]
fn rounded(x: Src<'_, f64>, digits: Src<'_, i64>, out: &mut [f64], fails: &mut Fails, round: impl Fn(f64) -> f64) {
    if let Src::All(digits) = digits {
        let power = power_of_ten(digits);
        if power.is_finite() && digits >= 0 {
            return finite(x, out, fails, |x| round(x * power) / power);
        }
        if power.is_finite() {
            return finite(x, out, fails, |x| round(x / power) * power);
        }
    }
    map2(x, digits, out, |x, digits| {
        let power = power_of_ten(digits);
        if digits >= 0 { round(x * power) / power } else { round(x / power) * power }
    });
    note(1, out.len(), fails, |row| match power_of_ten(digits.get(row)).is_finite() {
        true => not_finite(out[row]),
        false => Some(Failure::operand(CauseKind::OutOfRange, 1)),
    });
}

multiversion! {
    /// Truncated; beyond 64 bits overflows.
    pub fn float_to_int(x: Src<'_, f64>, out: &mut [i64], fails: &mut Fails) {
        let fits = |x: f64| (-INT_END..INT_END).contains(&x);
        let mut wrong = 0;
        map(x, out, |x| {
            wrong |= u64::from(!fits(x));
            x as i64
        });
        note(wrong, out.len(), fails, |row| (!fits(x.get(row))).then_some(OVERFLOW));
    }

    /// Nearest doubles.
    pub fn int_to_float(x: Src<'_, i64>, out: &mut [f64]) {
        map(x, out, |x| x as f64);
    }

    /// `x` rounded to `digits` behind the point (before it, if negative), half away from zero. A power of ten that is not finite is
    /// out of range at operand 1.
    pub fn round_to(x: Src<'_, f64>, digits: Src<'_, i64>, out: &mut [f64], fails: &mut Fails) {
        if seeded(Defect::HalfToEven) {
            return rounded(x, digits, out, fails, f64::round_ties_even);
        }
        rounded(x, digits, out, fails, round_half_away);
    }

    /// Where `x` lies between `low` and `high`: 0.0 at `low` and before it, 1.0 at `high` and behind it. No span is a division by
    /// zero.
    pub fn scale(x: Src<'_, f64>, low: Src<'_, f64>, high: Src<'_, f64>, out: &mut [f64], fails: &mut Fails) {
        let works = |x: f64, low: f64, high: f64| {
            let (over, span) = (x - low, high - low);
            over.is_finite() & span.is_finite() & (over / span).is_finite()
        };
        let mut wrong = 0;
        map3(x, low, high, out, |x, low, high| {
            let share = (x - low) / (high - low);
            wrong |= u64::from(!(works(x, low, high) & (high != low)));
            let positive = if share < 0.0 { 0.0 } else { share };
            if positive > 1.0 { 1.0 } else { positive }
        });
        note(wrong, out.len(), fails, |row| {
            let (x, low, high) = (x.get(row), low.get(row), high.get(row));
            if high == low { Some(BY_ZERO) } else { (!works(x, low, high)).then_some(NOT_FINITE) }
        });
    }

    /// Square root.
    pub fn sqrt(x: Src<'_, f64>, out: &mut [f64], fails: &mut Fails) {
        finite(x, out, fails, f64::sqrt);
    }
}

/// The nearest double of 10^|`digits`|; infinite if there is none.
fn power_of_ten(digits: i64) -> f64 {
    const POWERS: [f64; 23] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ];
    let digits = digits.unsigned_abs();
    let exact = usize::try_from(digits).ok().and_then(|n| POWERS.get(n).copied());
    // The standard library reads decimal text to the nearest double.
    let read = || if digits > 308 { None } else { format!("1e{digits}").parse().ok() };
    exact.or_else(read).unwrap_or(f64::INFINITY)
}

/// 0 and 1.
pub fn bool_to_int(x: Bits<'_>, out: &mut [i64]) {
    let rows = out.len();
    for (n, out) in out.chunks_mut(64).enumerate() {
        let word = x.word(n, rows);
        out.iter_mut().enumerate().for_each(|(bit, out)| *out = (word >> bit & 1) as i64);
    }
}

/// `a % b`, of the sign of `a`; by zero fails.
pub fn remainder(a: Src<'_, f64>, b: Src<'_, f64>, out: &mut [f64], fails: &mut Fails) {
    let mut wrong = 0;
    map2(a, b, out, |a, b| {
        // By zero is NaN.
        let value = a % b;
        wrong |= u64::from(!value.is_finite());
        value
    });
    note(wrong, out.len(), fails, |row| if b.get(row) == 0.0 { Some(BY_ZERO) } else { not_finite(out[row]) });
}

/// `libm::pow`.
pub fn pow(a: Src<'_, f64>, b: Src<'_, f64>, out: &mut [f64], fails: &mut Fails) {
    let mut wrong = 0;
    map2(a, b, out, |a, b| {
        let value = libm::pow(a, b);
        wrong |= u64::from(!value.is_finite());
        value
    });
    note(wrong, out.len(), fails, |row| not_finite(out[row]));
}

/// `libm::log`.
pub fn ln(x: Src<'_, f64>, out: &mut [f64], fails: &mut Fails) {
    finite(x, out, fails, libm::log);
}

/// `libm::exp`.
pub fn exp(x: Src<'_, f64>, out: &mut [f64], fails: &mut Fails) {
    finite(x, out, fails, libm::exp);
}

#[cfg(test)]
mod tests;
