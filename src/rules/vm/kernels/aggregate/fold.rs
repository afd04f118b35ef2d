//! Sums, means and standard deviations. Floats fold left from 0.0 in the order of elements.

use super::{Lists, MISSING, OVERFLOW, note_not_finite};
use crate::rules::data::{NO_ROW, nearest_double};
use crate::rules::defect::{Defect, seeded};
use crate::rules::site::Failure;
use crate::rules::vm::kernels::loops::{try_visit, visit};
use crate::rules::vm::simd::multiversion;
use crate::rules::vm::value::{Bits, Fails, Src};
use std::ops::ControlFlow;

/// The kept ones of the elements `from..to`, folded left.
#[inline(always)]
fn fold<T: Copy, S: Copy>(
    keep: Bits<'_>,
    values: Src<'_, T>,
    (from, to): (usize, usize),
    start: S,
    add: impl Fn(S, T) -> S,
) -> S {
    match (keep, values) {
        (Bits::All(true), Src::Each(values)) => values[from..to].iter().fold(start, |sum, x| add(sum, *x)),
        _ => {
            let mut sum = start;
            visit(keep, from, to, |at| sum = add(sum, values.get(at)));
            sum
        }
    }
}

multiversion! {
    /// Left fold from 0.0.
    pub fn sum_floats(lists: Lists<'_>, there: Bits<'_>, values: Src<'_, f64>, out: &mut [f64], fails: &mut Fails) {
        if seeded(Defect::SumOrder) || seeded(Defect::MissingSkipped) {
            return wrong_sums(lists, there, values, out, fails);
        }
        lists.note_missing(there, fails);
        let mut wrong = false;
        lists.each(|owner, from, to| {
            let sum = fold(lists.keep, values, (from, to), 0.0, |sum, x| sum + x);
            wrong |= !sum.is_finite();
            out[owner] = sum;
        });
        note_not_finite(wrong, out, fails);
    }

    /// Mean; 0.0 for none.
    pub fn mean(lists: Lists<'_>, there: Bits<'_>, values: Src<'_, f64>, out: &mut [f64], fails: &mut Fails) {
        lists.note_missing(there, fails);
        let mut wrong = false;
        lists.each(|owner, from, to| {
            let sum = fold(lists.keep, values, (from, to), 0.0, |sum, x| sum + x);
            // Of none, 0.0 / 1.0.
            let mean = sum / lists.kept(from, to).max(1) as f64;
            wrong |= !mean.is_finite();
            out[owner] = mean;
        });
        note_not_finite(wrong, out, fails);
    }

    /// Standard deviation over n, in two passes; 0.0 for none.
    pub fn deviation(lists: Lists<'_>, there: Bits<'_>, values: Src<'_, f64>, out: &mut [f64], fails: &mut Fails) {
        lists.note_missing(there, fails);
        let mut wrong = false;
        lists.each(|owner, from, to| {
            let n = lists.kept(from, to).max(1) as f64;
            let mean = fold(lists.keep, values, (from, to), 0.0, |sum, x| sum + x) / n;
            let squares = fold(lists.keep, values, (from, to), 0.0, |sum, x| sum + (x - mean) * (x - mean));
            let deviation = (squares / n).sqrt();
            wrong |= !deviation.is_finite();
            out[owner] = deviation;
        });
        note_not_finite(wrong, out, fails);
    }

    /// Sum, checked at each addition; a missing element and an overflow fail in the order of elements.
    pub fn sum_ints(lists: Lists<'_>, there: Bits<'_>, values: Src<'_, i64>, out: &mut [i64], fails: &mut Fails) {
        let mut wrong = false;
        lists.each(|owner, from, to| {
            let (sum, over) = fold(lists.keep, values, (from, to), (0i64, false), |(sum, over), x| {
                let (sum, wrapped) = sum.overflowing_add(x);
                (sum, over | wrapped)
            });
            wrong |= over;
            out[owner] = sum;
        });
        // What is not there can have made a sum wrap: only the elements in order say what fails.
        if wrong || !matches!(there, Bits::All(true)) && lists.note_missing(there, &mut Fails::default()) {
            note_ints(lists, there, values, fails);
        }
    }
}

/// Sums of floats with the defect that is seeded: those of every other element added to those between, or of those that are there.
#[cold]
fn wrong_sums(lists: Lists<'_>, there: Bits<'_>, values: Src<'_, f64>, out: &mut [f64], fails: &mut Fails) {
    let skips = seeded(Defect::MissingSkipped);
    if !skips {
        lists.note_missing(there, fails);
    }
    lists.each(|owner, from, to| {
        let (mut lanes, mut n) = ([0.0; 2], 0);
        visit(lists.keep, from, to, |at| {
            if !skips || there.get(at) {
                lanes[n % 2] += values.get(at);
                n += usize::from(!skips);
            }
        });
        out[owner] = lanes[0] + lanes[1];
    });
    note_not_finite(true, out, fails);
}

/// What a sum does where an element is missing.
fn missing() -> ControlFlow<Failure> {
    if seeded(Defect::MissingSkipped) { ControlFlow::Continue(()) } else { ControlFlow::Break(MISSING) }
}

fn note_ints(lists: Lists<'_>, there: Bits<'_>, values: Src<'_, i64>, fails: &mut Fails) {
    let owners = lists.owners();
    lists.each(|owner, from, to| {
        let mut sum = 0i64;
        let stopped = try_visit(lists.keep, from, to, |at| {
            if !there.get(at) {
                return missing();
            }
            match sum.checked_add(values.get(at)) {
                Some(more) => sum = more,
                None => return ControlFlow::Break(OVERFLOW),
            }
            ControlFlow::Continue(())
        });
        if let ControlFlow::Break(failure) = stopped {
            fails.set(owner, owners, failure);
        }
    });
}

/// Exact sum of the decimals of `rows`, as its nearest double. `decimal` gives none for a row whose cell is missing; it is not
/// asked for [`NO_ROW`]. A missing element and a sum beyond 128 bits fail in the order of elements.
#[inline]
pub fn sum_decimals(
    lists: Lists<'_>,
    rows: Src<'_, u32>,
    scale: u8,
    decimal: impl Fn(u32) -> Option<i128>,
    out: &mut [f64],
    fails: &mut Fails,
) {
    let owners = lists.owners();
    lists.each(|owner, from, to| {
        let mut sum = 0i128;
        let stopped = try_visit(lists.keep, from, to, |at| {
            let row = rows.get(at);
            let value = if row == NO_ROW { None } else { decimal(row) };
            let Some(value) = value else { return missing() };
            match sum.checked_add(value) {
                Some(more) => sum = more,
                None => return ControlFlow::Break(OVERFLOW),
            }
            ControlFlow::Continue(())
        });
        out[owner] = match stopped {
            ControlFlow::Continue(()) => nearest_double(sum, scale),
            ControlFlow::Break(failure) => {
                fails.set(owner, owners, failure);
                0.0
            }
        };
    });
}
