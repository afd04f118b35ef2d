//! Arithmetic of floats.
//!
//! In: doubles. Out: IEEE results, and where they are not finite, failures. Must not know: which rows matter. Whether any result of a
//! chunk is not finite is found in the loop that computes; which rows are, in a second one, if any.

use super::super::simd::multiversion;
use super::super::value::{Fails, Src};
use super::loops::{map, map2};
use crate::rules::cause::CauseKind;
use crate::rules::defect::{Defect, seeded};
use crate::rules::site::Failure;

const NOT_FINITE: Failure = Failure::whole(CauseKind::NotFinite);
const BY_ZERO: Failure = Failure::whole(CauseKind::DivisionByZero);

/// Bits of the exponent, all of which are set where a double is not finite.
const EXPONENT: u64 = 0x7FF0_0000_0000_0000;
/// The lowest of them: added to a full exponent it carries into the sign.
const CARRY: u64 = 0x0010_0000_0000_0000;

/// A number whose highest bit says whether a double is not finite.
#[inline(always)]
fn mark(value: f64) -> u64 {
    (value.to_bits() & EXPONENT).wrapping_add(CARRY)
}

/// Whether any result is not finite.
#[inline(always)]
fn binary(a: Src<'_, f64>, b: Src<'_, f64>, out: &mut [f64], operation: impl Fn(f64, f64) -> f64) -> bool {
    let mut marks = 0;
    map2(a, b, out, |a, b| {
        let value = operation(a, b);
        marks |= mark(value);
        value
    });
    marks >> 63 == 1
}

multiversion! {
    fn sum(a: Src<'_, f64>, b: Src<'_, f64>, out: &mut [f64]) -> bool {
        binary(a, b, out, |a, b| a + b)
    }
    fn difference(a: Src<'_, f64>, b: Src<'_, f64>, out: &mut [f64]) -> bool {
        binary(a, b, out, |a, b| a - b)
    }
    fn product(a: Src<'_, f64>, b: Src<'_, f64>, out: &mut [f64]) -> bool {
        binary(a, b, out, |a, b| a * b)
    }
    fn quotient(a: Src<'_, f64>, b: Src<'_, f64>, out: &mut [f64]) -> bool {
        binary(a, b, out, |a, b| a / b)
    }
    /// Whether any of these is not finite.
    fn any_not_finite(values: &[f64]) -> bool {
        values.iter().fold(0, |marks, value| marks | mark(*value)) >> 63 == 1
    }
    /// `-a`.
    pub fn negate(a: Src<'_, f64>, out: &mut [f64]) {
        map(a, out, |a| -a);
    }
    /// `a` without its sign.
    pub fn abs(a: Src<'_, f64>, out: &mut [f64]) {
        map(a, out, |a| a.abs());
    }
    /// The nearest whole number, half away from zero.
    pub fn round(a: Src<'_, f64>, out: &mut [f64]) {
        if seeded(Defect::HalfToEven) {
            return map(a, out, |a| a.round_ties_even());
        }
        map(a, out, |a| {
            // The difference is exact, and so is the sum: whole numbers with halves between are below 2^52.
            let whole = a.trunc();
            let up = if (a - whole).abs() >= 0.5 { 1.0f64 } else { 0.0 };
            whole + up.copysign(a)
        });
    }
    /// The largest whole number that is not larger.
    pub fn floor(a: Src<'_, f64>, out: &mut [f64]) {
        map(a, out, |a| a.floor());
    }
    /// The smallest whole number that is not smaller.
    pub fn ceil(a: Src<'_, f64>, out: &mut [f64]) {
        map(a, out, |a| a.ceil());
    }
}

/// Notes the rows whose result is not finite.
#[cold]
fn not_finite(out: &[f64], fails: &mut Fails) {
    for (row, _) in out.iter().enumerate().filter(|(_, v)| !v.is_finite()) {
        fails.set(row, out.len(), NOT_FINITE);
    }
}

/// `a + b`.
pub fn add(a: Src<'_, f64>, b: Src<'_, f64>, out: &mut [f64], fails: &mut Fails) {
    if sum(a, b, out) && fails.wanted() {
        not_finite(out, fails);
    }
}

/// `a - b`.
pub fn subtract(a: Src<'_, f64>, b: Src<'_, f64>, out: &mut [f64], fails: &mut Fails) {
    if difference(a, b, out) && fails.wanted() {
        not_finite(out, fails);
    }
}

/// `a * b`.
pub fn multiply(a: Src<'_, f64>, b: Src<'_, f64>, out: &mut [f64], fails: &mut Fails) {
    if product(a, b, out) && fails.wanted() {
        not_finite(out, fails);
    }
}

/// `a / b`. What is divided by zero is never finite.
pub fn divide(a: Src<'_, f64>, b: Src<'_, f64>, out: &mut [f64], fails: &mut Fails) {
    let wrong = match b {
        Src::All(b) if seeded(Defect::Reciprocal) => product(a, Src::All(1.0 / b), out),
        _ => quotient(a, b, out),
    };
    if wrong && fails.wanted() {
        for row in 0..out.len() {
            if !out[row].is_finite() {
                fails.set(row, out.len(), if b.get(row) == 0.0 { BY_ZERO } else { NOT_FINITE });
            }
        }
    }
}

/// The values themselves fail where they are not finite.
pub fn check(values: Src<'_, f64>, rows: usize, fails: &mut Fails) {
    match values {
        Src::Each(values) => {
            if any_not_finite(values) {
                not_finite(values, fails);
            }
        }
        Src::All(value) => {
            for row in (0..rows).filter(|_| !value.is_finite()) {
                fails.set(row, rows, NOT_FINITE);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Binary = fn(Src<'_, f64>, Src<'_, f64>, &mut [f64], &mut Fails);
    type One = fn(f64, f64) -> f64;

    fn run(kernel: Binary, a: Src<'_, f64>, b: Src<'_, f64>, rows: usize) -> (Vec<f64>, Fails) {
        let (mut out, mut fails) = (vec![0.0; rows], Fails::default());
        kernel(a, b, &mut out, &mut fails);
        (out, fails)
    }

    #[test]
    fn results_are_those_of_one_row() {
        let a: Vec<f64> = (0..131).map(|n| f64::from(n) * 0.37 - 9.0).collect();
        let b: Vec<f64> = (0..131).map(|n| f64::from(n % 13) + 0.5).collect();
        let cases: [(Binary, One); 4] =
            [(add, |a, b| a + b), (subtract, |a, b| a - b), (multiply, |a, b| a * b), (divide, |a, b| a / b)];
        for (kernel, one) in cases {
            for (x, y) in [
                (Src::Each(&a[..]), Src::Each(&b[..])),
                (Src::Each(&a[..]), Src::All(3.0)),
                (Src::All(-7.0), Src::Each(&b[..])),
                (Src::All(1.0), Src::All(3.0)),
            ] {
                let (out, fails) = run(kernel, x, y, 131);
                let expected: Vec<f64> = (0..131).map(|row| one(x.get(row), y.get(row))).collect();
                assert_eq!(out, expected);
                assert!(!fails.any());
            }
        }
    }

    #[test]
    fn what_is_not_finite_fails_in_its_row() {
        let mut a = vec![1.0; 100];
        a[70] = 1e308;
        let (_, fails) = run(multiply, Src::Each(&a), Src::All(1e10), 100);
        assert_eq!((fails.get(70), fails.get(71)), (NOT_FINITE, Failure::default()));
        let mut b = vec![2.0; 100];
        (b[3], b[99]) = (0.0, -0.0);
        a[99] = 0.0;
        let (_, fails) = run(divide, Src::Each(&a), Src::Each(&b), 100);
        assert_eq!((fails.get(3), fails.get(99), fails.get(70)), (BY_ZERO, BY_ZERO, Failure::default()));
        let (_, fails) = run(divide, Src::All(f64::MAX), Src::All(1e-10), 2);
        assert_eq!(fails.get(1), NOT_FINITE);
        let mut ignored = Fails::ignored();
        divide(Src::All(1.0), Src::Each(&b), &mut a, &mut ignored);
        assert!(!ignored.any());
        let mut fails = Fails::default();
        check(Src::Each(&[1.0, f64::NAN]), 2, &mut fails);
        assert_eq!((fails.get(0), fails.get(1)), (Failure::default(), NOT_FINITE));
    }

    #[test]
    fn rounding_is_half_away_from_zero() {
        let largest = 4_503_599_627_370_496.0;
        let values = [0.0, -0.0, 0.5, -0.5, 0.499_999_999_999_999_94, -0.3, 2.5, -2.5, 1e300, largest - 0.5, -largest];
        let mut out = vec![0.0; values.len()];
        round(Src::Each(&values), &mut out);
        let bits = |v: &[f64]| v.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&out), bits(&values.map(f64::round)));
        floor(Src::Each(&values), &mut out);
        assert_eq!(bits(&out), bits(&values.map(f64::floor)));
        ceil(Src::Each(&values), &mut out);
        assert_eq!(bits(&out), bits(&values.map(f64::ceil)));
        negate(Src::Each(&values), &mut out);
        assert_eq!(bits(&out), bits(&values.map(|x| -x)));
        abs(Src::Each(&values), &mut out);
        assert_eq!(bits(&out), bits(&values.map(f64::abs)));
    }
}
