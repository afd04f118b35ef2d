//! Positions of the smallest and the largest element, the first of equals.

use super::Lists;
use crate::rules::data::NO_ROW;
use crate::rules::vm::kernels::loops::visit;
use crate::rules::vm::kernels::text::order;
use crate::rules::vm::simd::multiversion;
use crate::rules::vm::text::{Text, Texts};
use crate::rules::vm::value::{Bits, Fails, Src};

/// Position of the kept element than which no other is better; [`NO_ROW`] for none.
#[inline(always)]
fn extreme<T: Copy>(
    lists: Lists<'_>,
    there: Bits<'_>,
    values: Src<'_, T>,
    (out, fails): (&mut [u32], &mut Fails),
    better: impl Fn(T, T) -> bool,
) {
    lists.note_missing(there, fails);
    lists.each(|owner, from, to| {
        out[owner] = match (lists.keep, values) {
            (Bits::All(true), Src::Each(values)) => match values[from..to].split_first() {
                Some((first, rest)) => {
                    // Element 0 is the first; of `rest` number n is element n + 1.
                    let keep = |(best, at): (T, usize), (n, value): (usize, &T)| {
                        if better(*value, best) { (*value, n.wrapping_add(1)) } else { (best, at) }
                    };
                    (from + rest.iter().enumerate().fold((*first, 0), keep).1) as u32
                }
                None => NO_ROW,
            },
            _ => {
                let mut best: Option<(T, u32)> = None;
                visit(lists.keep, from, to, |at| {
                    let value = values.get(at);
                    if best.is_none_or(|(best, _)| better(value, best)) {
                        best = Some((value, at as u32));
                    }
                });
                best.map_or(NO_ROW, |(_, at)| at)
            }
        };
    });
}

multiversion! {
    /// Position of the smallest float, the first of equals; [`NO_ROW`] for none.
    pub fn smallest_float(lists: Lists<'_>, there: Bits<'_>, values: Src<'_, f64>, out: &mut [u32], fails: &mut Fails) {
        extreme(lists, there, values, (out, fails), |x, best| x < best);
    }

    /// As [`smallest_float`].
    pub fn smallest_int(lists: Lists<'_>, there: Bits<'_>, values: Src<'_, i64>, out: &mut [u32], fails: &mut Fails) {
        extreme(lists, there, values, (out, fails), |x, best| x < best);
    }

    /// As [`smallest_float`].
    pub fn smallest_date(lists: Lists<'_>, there: Bits<'_>, values: Src<'_, i32>, out: &mut [u32], fails: &mut Fails) {
        extreme(lists, there, values, (out, fails), |x, best| x < best);
    }

    /// Position of the largest float, the first of equals; [`NO_ROW`] for none.
    pub fn largest_float(lists: Lists<'_>, there: Bits<'_>, values: Src<'_, f64>, out: &mut [u32], fails: &mut Fails) {
        extreme(lists, there, values, (out, fails), |x, best| x > best);
    }

    /// As [`largest_float`].
    pub fn largest_int(lists: Lists<'_>, there: Bits<'_>, values: Src<'_, i64>, out: &mut [u32], fails: &mut Fails) {
        extreme(lists, there, values, (out, fails), |x, best| x > best);
    }

    /// As [`largest_float`].
    pub fn largest_date(lists: Lists<'_>, there: Bits<'_>, values: Src<'_, i32>, out: &mut [u32], fails: &mut Fails) {
        extreme(lists, there, values, (out, fails), |x, best| x > best);
    }
}

/// As [`smallest_float`].
pub fn smallest_text(
    lists: Lists<'_>,
    there: Bits<'_>,
    values: Src<'_, Text>,
    texts: &Texts<'_>,
    out: &mut [u32],
    fails: &mut Fails,
) {
    extreme(lists, there, values, (out, fails), |x, best| order(texts, x, best).is_lt());
}

/// As [`largest_float`].
pub fn largest_text(
    lists: Lists<'_>,
    there: Bits<'_>,
    values: Src<'_, Text>,
    texts: &Texts<'_>,
    out: &mut [u32],
    fails: &mut Fails,
) {
    extreme(lists, there, values, (out, fails), |x, best| order(texts, x, best).is_gt());
}
