//! Arithmetic of ints.
//!
//! In: 64-bit ints. Out: results, and where no int holds them or a divisor is zero, failures. Must not know: which rows matter.

use super::super::simd::multiversion;
use super::super::value::{Fails, Src};
use super::loops::{map, map2};
use crate::rules::cause::CauseKind;
use crate::rules::defect::{Defect, seeded};
use crate::rules::site::Failure;

const OVERFLOW: Failure = Failure::whole(CauseKind::Overflow);
const BY_ZERO: Failure = Failure::whole(CauseKind::DivisionByZero);

/// Whether any row overflows: `marks` gives a number that is negative where one does.
#[inline(always)]
fn binary(
    a: Src<'_, i64>,
    b: Src<'_, i64>,
    out: &mut [i64],
    operation: impl Fn(i64, i64) -> i64,
    mark: impl Fn(i64, i64, i64) -> i64,
) -> bool {
    let mut marks = 0;
    map2(a, b, out, |a, b| {
        let value = operation(a, b);
        marks |= mark(a, b, value);
        value
    });
    marks < 0
}

multiversion! {
    fn sum(a: Src<'_, i64>, b: Src<'_, i64>, out: &mut [i64]) -> bool {
        // The sign of a sum that overflows is neither operand's.
        binary(a, b, out, i64::wrapping_add, |a, b, sum| (a ^ sum) & (b ^ sum))
    }
    fn difference(a: Src<'_, i64>, b: Src<'_, i64>, out: &mut [i64]) -> bool {
        binary(a, b, out, i64::wrapping_sub, |a, b, difference| (a ^ b) & (a ^ difference))
    }
    fn product(a: Src<'_, i64>, b: Src<'_, i64>, out: &mut [i64]) -> bool {
        let mut any = false;
        map2(a, b, out, |a, b| {
            let (value, over) = a.overflowing_mul(b);
            any |= over;
            value
        });
        any
    }
    fn negative(a: Src<'_, i64>, out: &mut [i64]) -> bool {
        let mut any = false;
        map(a, out, |a| {
            any |= a == i64::MIN;
            a.wrapping_neg()
        });
        any
    }
    fn size(a: Src<'_, i64>, out: &mut [i64]) -> bool {
        let mut any = false;
        map(a, out, |a| {
            any |= a == i64::MIN;
            a.wrapping_abs()
        });
        any
    }
}

/// Whether rows that overflow fail.
#[inline(always)]
fn are_checked(fails: &Fails) -> bool {
    fails.wanted() && !seeded(Defect::WrappedOverflow)
}

/// Notes the rows for which `failed` gives a failure.
#[cold]
fn note(rows: usize, fails: &mut Fails, failed: impl Fn(usize) -> Option<Failure>) {
    for row in 0..rows {
        if let Some(failure) = failed(row) {
            fails.set(row, rows, failure);
        }
    }
}

/// `a + b`.
pub fn add(a: Src<'_, i64>, b: Src<'_, i64>, out: &mut [i64], fails: &mut Fails) {
    if sum(a, b, out) && are_checked(fails) {
        note(out.len(), fails, |row| a.get(row).checked_add(b.get(row)).is_none().then_some(OVERFLOW));
    }
}

/// `a - b`.
pub fn subtract(a: Src<'_, i64>, b: Src<'_, i64>, out: &mut [i64], fails: &mut Fails) {
    if difference(a, b, out) && are_checked(fails) {
        note(out.len(), fails, |row| a.get(row).checked_sub(b.get(row)).is_none().then_some(OVERFLOW));
    }
}

/// `a * b`.
pub fn multiply(a: Src<'_, i64>, b: Src<'_, i64>, out: &mut [i64], fails: &mut Fails) {
    if product(a, b, out) && are_checked(fails) {
        note(out.len(), fails, |row| a.get(row).checked_mul(b.get(row)).is_none().then_some(OVERFLOW));
    }
}

/// `-a`.
pub fn negate(a: Src<'_, i64>, out: &mut [i64], fails: &mut Fails) {
    if negative(a, out) && fails.wanted() {
        note(out.len(), fails, |row| (a.get(row) == i64::MIN).then_some(OVERFLOW));
    }
}

/// `a` without its sign.
pub fn abs(a: Src<'_, i64>, out: &mut [i64], fails: &mut Fails) {
    if size(a, out) && fails.wanted() {
        note(out.len(), fails, |row| (a.get(row) == i64::MIN).then_some(OVERFLOW));
    }
}

#[inline(always)]
fn divided(
    a: Src<'_, i64>,
    b: Src<'_, i64>,
    out: &mut [i64],
    fails: &mut Fails,
    operation: impl Fn(i64, i64) -> Option<i64>,
) {
    let mut any = false;
    map2(a, b, out, |a, b| {
        let value = operation(a, b);
        any |= value.is_none();
        value.unwrap_or(0)
    });
    if any && fails.wanted() {
        note(out.len(), fails, |row| match (a.get(row), b.get(row)) {
            (_, 0) => Some(BY_ZERO),
            (a, b) => operation(a, b).is_none().then_some(OVERFLOW),
        });
    }
}

/// Whether the exact quotient is not whole and negative: where rounding down is not rounding toward zero.
fn is_between(a: i64, b: i64) -> bool {
    (a < 0) != (b < 0) && a % b != 0
}

/// The quotient toward zero.
pub fn idiv(a: Src<'_, i64>, b: Src<'_, i64>, out: &mut [i64], fails: &mut Fails) {
    if seeded(Defect::FloorDivision) {
        return divided(a, b, out, fails, |a, b| a.checked_div(b).map(|q| q - i64::from(is_between(a, b))));
    }
    divided(a, b, out, fails, i64::checked_div);
}

/// The remainder, with the sign of `a`.
pub fn remainder(a: Src<'_, i64>, b: Src<'_, i64>, out: &mut [i64], fails: &mut Fails) {
    if seeded(Defect::FloorDivision) {
        return divided(a, b, out, fails, |a, b| a.checked_rem(b).map(|r| if is_between(a, b) { r + b } else { r }));
    }
    divided(a, b, out, fails, i64::checked_rem);
}

#[cfg(test)]
mod tests {
    use super::*;

    type Binary = fn(Src<'_, i64>, Src<'_, i64>, &mut [i64], &mut Fails);
    type Checked = fn(i64, i64) -> Option<i64>;

    const EDGES: [i64; 9] = [i64::MIN, i64::MIN + 1, -3, -1, 0, 1, 2, i64::MAX - 1, i64::MAX];

    #[test]
    fn ints_are_checked_as_one_by_one() {
        let a: Vec<i64> = EDGES.iter().flat_map(|x| [*x; 9]).collect();
        let b: Vec<i64> = EDGES.iter().copied().cycle().take(81).collect();
        let cases: [(Binary, Checked); 5] = [
            (add, i64::checked_add),
            (subtract, i64::checked_sub),
            (multiply, i64::checked_mul),
            (idiv, i64::checked_div),
            (remainder, i64::checked_rem),
        ];
        for (n, (kernel, one)) in cases.into_iter().enumerate() {
            let divides = n >= 3;
            let sources = EDGES.iter().map(|y| (Src::Each(&a[..]), Src::All(*y)));
            for (x, y) in sources.chain([(Src::Each(&a[..]), Src::Each(&b[..]))]) {
                let (mut out, mut fails) = (vec![0; 81], Fails::default());
                kernel(x, y, &mut out, &mut fails);
                for (row, result) in out.iter().enumerate() {
                    let expected = one(x.get(row), y.get(row));
                    let failure = match expected {
                        Some(_) => Failure::default(),
                        None if divides && y.get(row) == 0 => BY_ZERO,
                        None => OVERFLOW,
                    };
                    assert_eq!(fails.get(row), failure, "{n}: {} {}", x.get(row), y.get(row));
                    if let Some(value) = expected {
                        assert_eq!(*result, value);
                    }
                }
            }
        }
    }

    #[test]
    fn signs_change_but_for_the_smallest() {
        let (mut out, mut fails) = (vec![0; 9], Fails::default());
        negate(Src::Each(&EDGES), &mut out, &mut fails);
        assert_eq!((out[1], fails.get(0), fails.get(1)), (i64::MAX, OVERFLOW, Failure::default()));
        fails.clear();
        abs(Src::Each(&EDGES), &mut out, &mut fails);
        assert_eq!((out[2], fails.get(0), fails.get(2)), (3, OVERFLOW, Failure::default()));
    }
}
