//! How many different values.

use super::{Lists, Scratch};
use crate::rules::vm::kernels::loops::{self, try_visit, visit};
use crate::rules::vm::kernels::text::order_total;
use crate::rules::vm::simd::multiversion;
use crate::rules::vm::text::{Text, Texts};
use crate::rules::vm::value::{Bits, Fails, Src};
use std::ops::ControlFlow;

/// So many different values are held against each element; a list with more is sorted.
const FEW: usize = 32;

/// How values are told apart.
struct Same<S, O> {
    same: S,
    /// Sorts, so that same values stand together.
    sort: O,
}

/// Counts the different keys of each owner's kept elements.
#[inline(always)]
fn distinct<K: Copy + Default>(
    lists: Lists<'_>,
    key: impl Fn(usize) -> K,
    told: Same<impl Fn(K, K) -> bool, impl Fn(&mut [K])>,
    buffer: &mut Vec<K>,
    out: &mut [i64],
) {
    let mut seen = [K::default(); FEW];
    lists.each(|owner, from, to| {
        let mut n = 0;
        let many = try_visit(lists.keep, from, to, |at| {
            let key = key(at);
            // No early end: this way the comparisons are made side by side.
            if !seen[..n].iter().fold(false, |found, other| found | (told.same)(*other, key)) {
                if n == FEW {
                    return ControlFlow::Break(());
                }
                seen[n] = key;
                n += 1;
            }
            ControlFlow::Continue(())
        });
        if many.is_break() {
            buffer.clear();
            visit(lists.keep, from, to, |at| buffer.push(key(at)));
            (told.sort)(buffer);
            n = buffer.chunk_by(|a, b| (told.same)(*a, *b)).count();
        }
        out[owner] = n as i64;
    });
}

/// As [`distinct`], of keys that are numbers.
#[inline(always)]
fn numbers<K: Copy + Default + Ord>(lists: Lists<'_>, key: impl Fn(usize) -> K, buffer: &mut Vec<K>, out: &mut [i64]) {
    distinct(lists, key, Same { same: |a, b| a == b, sort: |keys: &mut [K]| keys.sort_unstable() }, buffer, out);
}

multiversion! {
    /// How many different floats; both zeros are one.
    pub fn distinct_floats(
        lists: Lists<'_>, there: Bits<'_>, values: Src<'_, f64>, scratch: &mut Scratch, out: &mut [i64], fails: &mut Fails,
    ) {
        lists.note_missing(there, fails);
        // Adding 0.0 makes one zero of both.
        numbers(lists, |at| (values.get(at) + 0.0).to_bits(), &mut scratch.wide, out);
    }

    /// How many different ints.
    pub fn distinct_ints(
        lists: Lists<'_>, there: Bits<'_>, values: Src<'_, i64>, scratch: &mut Scratch, out: &mut [i64], fails: &mut Fails,
    ) {
        lists.note_missing(there, fails);
        numbers(lists, |at| values.get(at) as u64, &mut scratch.wide, out);
    }

    /// How many different dates.
    pub fn distinct_dates(
        lists: Lists<'_>, there: Bits<'_>, values: Src<'_, i32>, scratch: &mut Scratch, out: &mut [i64], fails: &mut Fails,
    ) {
        lists.note_missing(there, fails);
        numbers(lists, |at| values.get(at) as u32, &mut scratch.narrow, out);
    }

    /// How many different rows.
    pub fn distinct_rows(
        lists: Lists<'_>, there: Bits<'_>, values: Src<'_, u32>, scratch: &mut Scratch, out: &mut [i64], fails: &mut Fails,
    ) {
        lists.note_missing(there, fails);
        numbers(lists, |at| values.get(at), &mut scratch.narrow, out);
    }

    /// How many different bools.
    pub fn distinct_bools(lists: Lists<'_>, there: Bits<'_>, values: Bits<'_>, out: &mut [i64], fails: &mut Fails) {
        lists.note_missing(there, fails);
        let elements = lists.elements();
        lists.each(|owner, from, to| {
            let (keep, value) = (|n| lists.keep.word(n, elements), |n| values.word(n, elements));
            let (yes, no) = (loops::any(|n| keep(n) & value(n), from, to), loops::any(|n| keep(n) & !value(n), from, to));
            out[owner] = i64::from(yes) + i64::from(no);
        });
    }
}

/// How many different texts.
pub fn distinct_texts(
    lists: Lists<'_>,
    there: Bits<'_>,
    values: Src<'_, Text>,
    texts: &Texts<'_>,
    scratch: &mut Scratch,
    out: &mut [i64],
    fails: &mut Fails,
) {
    lists.note_missing(there, fails);
    let told = Same {
        same: |a, b| texts.equal(a, b),
        sort: |keys: &mut [Text]| keys.sort_unstable_by(|a, b| order_total(texts, *a, *b)),
    };
    distinct(lists, |at| values.get(at), told, &mut scratch.texts, out);
}
