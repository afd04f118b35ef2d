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

/// Counts the different ones of an owner's kept elements by comparing them.
#[inline(always)]
fn compared<K: Copy + Default>(
    (keep, from, to): (Bits<'_>, usize, usize),
    key: impl Fn(usize) -> K,
    same: impl Fn(K, K) -> bool,
    sort: impl Fn(&mut [K]),
    buffer: &mut Vec<K>,
) -> usize {
    let mut seen = [K::default(); FEW];
    let mut n = 0;
    let many = try_visit(keep, from, to, |at| {
        let key = key(at);
        // No early end: so comparisons are made side by side.
        if !seen[..n].iter().fold(false, |found, other| found | same(*other, key)) {
            if n == FEW {
                return ControlFlow::Break(());
            }
            seen[n] = key;
            n += 1;
        }
        ControlFlow::Continue(())
    });
    if many.is_continue() {
        return n;
    }
    buffer.clear();
    visit(keep, from, to, |at| buffer.push(key(at)));
    sort(buffer);
    buffer.chunk_by(|a, b| same(*a, *b)).count()
}

/// As [`compared`], of keys that are numbers.
#[inline(always)]
fn numbers(list: (Bits<'_>, usize, usize), key: impl Fn(usize) -> u64, buffer: &mut Vec<u64>) -> usize {
    compared(list, key, |a, b| a == b, |keys: &mut [u64]| keys.sort_unstable(), buffer)
}

/// As [`numbers`], where the numbers of one list are often near each other: then each is a bit of a set.
#[inline(always)]
fn near_numbers(list: (Bits<'_>, usize, usize), key: impl Fn(usize) -> u64, buffer: &mut Vec<u64>) -> usize {
    let (keep, from, to) = list;
    let (mut low, mut high) = (u64::MAX, 0);
    visit(keep, from, to, |at| (low, high) = (low.min(key(at)), high.max(key(at))));
    // Of none the difference wraps around to 1, and the set is empty.
    if high.wrapping_sub(low) >= u64::from(u128::BITS) {
        return numbers(list, key, buffer);
    }
    let mut set = 0u128;
    visit(keep, from, to, |at| set |= 1u128 << (key(at).wrapping_sub(low) % u64::from(u128::BITS)));
    set.count_ones() as usize
}

multiversion! {
    /// How many different floats; both zeros are one.
    pub fn distinct_floats(
        lists: Lists<'_>, there: Bits<'_>, values: Src<'_, f64>, scratch: &mut Scratch, out: &mut [i64], fails: &mut Fails,
    ) {
        lists.note_missing(there, fails);
        // Adding 0.0 makes one zero of both.
        let key = |at| (values.get(at) + 0.0).to_bits();
        lists.each(|owner, from, to| out[owner] = numbers((lists.keep, from, to), key, &mut scratch.keys) as i64);
    }

    /// How many different ints.
    pub fn distinct_ints(
        lists: Lists<'_>, there: Bits<'_>, values: Src<'_, i64>, scratch: &mut Scratch, out: &mut [i64], fails: &mut Fails,
    ) {
        lists.note_missing(there, fails);
        // The sign turned, numbers without one have the order of ints.
        let key = |at| values.get(at) as u64 ^ 1 << 63;
        lists.each(|owner, from, to| out[owner] = near_numbers((lists.keep, from, to), key, &mut scratch.keys) as i64);
    }

    /// How many different dates.
    pub fn distinct_dates(
        lists: Lists<'_>, there: Bits<'_>, values: Src<'_, i32>, scratch: &mut Scratch, out: &mut [i64], fails: &mut Fails,
    ) {
        lists.note_missing(there, fails);
        let key = |at| u64::from(values.get(at) as u32);
        lists.each(|owner, from, to| out[owner] = numbers((lists.keep, from, to), key, &mut scratch.keys) as i64);
    }

    /// How many different rows.
    pub fn distinct_rows(
        lists: Lists<'_>, there: Bits<'_>, values: Src<'_, u32>, scratch: &mut Scratch, out: &mut [i64], fails: &mut Fails,
    ) {
        lists.note_missing(there, fails);
        let key = |at| u64::from(values.get(at));
        lists.each(|owner, from, to| out[owner] = numbers((lists.keep, from, to), key, &mut scratch.keys) as i64);
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
    let key = |at| values.get(at);
    let same = |a, b| texts.equal(a, b);
    let sort = |keys: &mut [Text]| keys.sort_unstable_by(|a, b| order_total(texts, *a, *b));
    let buffer = &mut scratch.texts;
    lists.each(|owner, from, to| out[owner] = compared((lists.keep, from, to), key, same, sort, buffer) as i64);
}
