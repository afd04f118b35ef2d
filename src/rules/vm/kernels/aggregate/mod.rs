//! One value of the elements of a list, for each row of its owner.
//!
//! In: [`Lists`], values by element. Out: a value by owner, and failures by owner. Must not know: where elements come from. `out` has one
//! entry an owner, or one bit an owner in exactly `words(owners)` words.
#![allow(unused_variables)]

use crate::rules::vm::text::{Text, Texts};
use crate::rules::vm::value::{Bits, Fails, Src};

/// Lists of elements by owner: owner `i` has elements `offsets[i]` to before `offsets[i + 1]`, of which those in `keep` count.
#[derive(Clone, Copy, Debug)]
pub struct Lists<'a> {
    /// One more than owners, ascending.
    pub offsets: &'a [u32],
    /// By element.
    pub keep: Bits<'a>,
}

/// Buffers that aggregates reuse: one a thread.
#[derive(Clone, Debug, Default)]
pub struct Scratch;

/// How many.
pub fn count(lists: Lists<'_>, out: &mut [i64]) {}
/// Whether any kept element holds.
pub fn any(lists: Lists<'_>, holds: Bits<'_>, out: &mut [u64]) {}
/// Left fold from 0.0.
pub fn sum_floats(lists: Lists<'_>, there: Bits<'_>, values: Src<'_, f64>, out: &mut [f64], fails: &mut Fails) {}
/// Sum, checked at each addition.
pub fn sum_ints(lists: Lists<'_>, there: Bits<'_>, values: Src<'_, i64>, out: &mut [i64], fails: &mut Fails) {}
/// Exact sum of the decimals of `rows`, as its nearest double. `decimal` gives none for a row whose cell is missing; a row that is none is not asked for.
pub fn sum_decimals(
    lists: Lists<'_>,
    rows: Src<'_, u32>,
    scale: u8,
    decimal: impl Fn(u32) -> Option<i128>,
    out: &mut [f64],
    fails: &mut Fails,
) {
}
/// Mean; garbage for none.
pub fn mean(lists: Lists<'_>, there: Bits<'_>, values: Src<'_, f64>, out: &mut [f64], fails: &mut Fails) {}
/// Standard deviation over n; garbage for none.
pub fn deviation(lists: Lists<'_>, there: Bits<'_>, values: Src<'_, f64>, out: &mut [f64], fails: &mut Fails) {}
/// Quantile of type 7, `q` by owner; garbage for none.
pub fn quantile(
    lists: Lists<'_>,
    there: Bits<'_>,
    values: Src<'_, f64>,
    q: Src<'_, f64>,
    scratch: &mut Scratch,
    out: &mut [f64],
    fails: &mut Fails,
) {
}

/// Position of the smallest float, the first of equals; `NO_ROW` for none.
pub fn smallest_float(lists: Lists<'_>, there: Bits<'_>, values: Src<'_, f64>, out: &mut [u32], fails: &mut Fails) {}
/// As [`smallest_float`].
pub fn smallest_int(lists: Lists<'_>, there: Bits<'_>, values: Src<'_, i64>, out: &mut [u32], fails: &mut Fails) {}
/// As [`smallest_float`].
pub fn smallest_date(lists: Lists<'_>, there: Bits<'_>, values: Src<'_, i32>, out: &mut [u32], fails: &mut Fails) {}
/// As [`smallest_float`].
pub fn smallest_text(
    lists: Lists<'_>,
    there: Bits<'_>,
    values: Src<'_, Text>,
    texts: &Texts<'_>,
    out: &mut [u32],
    fails: &mut Fails,
) {
}
/// Position of the largest float, the first of equals; `NO_ROW` for none.
pub fn largest_float(lists: Lists<'_>, there: Bits<'_>, values: Src<'_, f64>, out: &mut [u32], fails: &mut Fails) {}
/// As [`largest_float`].
pub fn largest_int(lists: Lists<'_>, there: Bits<'_>, values: Src<'_, i64>, out: &mut [u32], fails: &mut Fails) {}
/// As [`largest_float`].
pub fn largest_date(lists: Lists<'_>, there: Bits<'_>, values: Src<'_, i32>, out: &mut [u32], fails: &mut Fails) {}
/// As [`largest_float`].
pub fn largest_text(
    lists: Lists<'_>,
    there: Bits<'_>,
    values: Src<'_, Text>,
    texts: &Texts<'_>,
    out: &mut [u32],
    fails: &mut Fails,
) {
}

/// How many different floats; both zeros are one.
pub fn distinct_floats(
    lists: Lists<'_>,
    there: Bits<'_>,
    values: Src<'_, f64>,
    scratch: &mut Scratch,
    out: &mut [i64],
    fails: &mut Fails,
) {
}
/// How many different ints.
pub fn distinct_ints(
    lists: Lists<'_>,
    there: Bits<'_>,
    values: Src<'_, i64>,
    scratch: &mut Scratch,
    out: &mut [i64],
    fails: &mut Fails,
) {
}
/// How many different dates.
pub fn distinct_dates(
    lists: Lists<'_>,
    there: Bits<'_>,
    values: Src<'_, i32>,
    scratch: &mut Scratch,
    out: &mut [i64],
    fails: &mut Fails,
) {
}
/// How many different rows.
pub fn distinct_rows(
    lists: Lists<'_>,
    there: Bits<'_>,
    values: Src<'_, u32>,
    scratch: &mut Scratch,
    out: &mut [i64],
    fails: &mut Fails,
) {
}
/// How many different bools.
pub fn distinct_bools(lists: Lists<'_>, there: Bits<'_>, values: Bits<'_>, out: &mut [i64], fails: &mut Fails) {}
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
}

/// Position of the first kept element; `NO_ROW` for none.
pub fn first(lists: Lists<'_>, out: &mut [u32]) {}
/// Position of the last kept element; `NO_ROW` for none.
pub fn last(lists: Lists<'_>, out: &mut [u32]) {}
/// Position of the kept element with an index by owner, from the end if negative; out of range fails.
pub fn at(lists: Lists<'_>, index: Src<'_, i64>, out: &mut [u32], fails: &mut Fails) {}

/// Whether an element equals the owner's item.
pub fn holds_float(
    lists: Lists<'_>,
    there: Bits<'_>,
    values: Src<'_, f64>,
    item: Src<'_, f64>,
    out: &mut [u64],
    fails: &mut Fails,
) {
}
/// As [`holds_float`].
pub fn holds_int(
    lists: Lists<'_>,
    there: Bits<'_>,
    values: Src<'_, i64>,
    item: Src<'_, i64>,
    out: &mut [u64],
    fails: &mut Fails,
) {
}
/// As [`holds_float`].
pub fn holds_date(
    lists: Lists<'_>,
    there: Bits<'_>,
    values: Src<'_, i32>,
    item: Src<'_, i32>,
    out: &mut [u64],
    fails: &mut Fails,
) {
}
/// As [`holds_float`].
pub fn holds_row(
    lists: Lists<'_>,
    there: Bits<'_>,
    values: Src<'_, u32>,
    item: Src<'_, u32>,
    out: &mut [u64],
    fails: &mut Fails,
) {
}
/// As [`holds_float`].
pub fn holds_bool(
    lists: Lists<'_>,
    there: Bits<'_>,
    values: Bits<'_>,
    item: Bits<'_>,
    out: &mut [u64],
    fails: &mut Fails,
) {
}
/// As [`holds_float`].
pub fn holds_text(
    lists: Lists<'_>,
    there: Bits<'_>,
    values: Src<'_, Text>,
    item: Src<'_, Text>,
    texts: &Texts<'_>,
    out: &mut [u64],
    fails: &mut Fails,
) {
}
