//! Order and equality of texts.

use super::super::loops::{map2, map3, test, test2};
use crate::rules::cause::CauseKind;
use crate::rules::site::Failure;
use crate::rules::vm::text::{Text, Texts};
use crate::rules::vm::value::{Fails, Src};
use std::cmp::Ordering;

/// The 12 bytes of a short text, largest place first, then its length: short texts are ordered as these numbers.
#[inline(always)]
fn short_key(text: Text) -> u128 {
    (text.0.swap_bytes() << 32) | u128::from(text.0 as u32)
}

#[inline(always)]
fn prefix(text: Text) -> u32 {
    ((text.0 >> 32) as u32).swap_bytes()
}

/// How two texts compare, by their bytes.
#[inline(always)]
pub(in super::super) fn order(texts: &Texts<'_>, a: Text, b: Text) -> Ordering {
    if a.is_short() && b.is_short() {
        return short_key(a).cmp(&short_key(b));
    }
    match prefix(a).cmp(&prefix(b)) {
        Ordering::Equal => texts.compare(a, b),
        unlike => unlike,
    }
}

/// The first 12 bytes of a text, largest place first, then its length or 13: texts are ordered as these numbers, but for
/// two of 13 or more bytes whose numbers are equal. Holds of garbage, too, so that a sort by it always ends.
pub(in super::super) fn sort_key(texts: &Texts<'_>, text: Text) -> u128 {
    if text.is_short() {
        return short_key(text);
    }
    texts.with_bytes(text, |bytes| {
        let mut first = [0u8; 16];
        let n = bytes.len().min(12);
        first[..n].copy_from_slice(&bytes[..n]);
        u128::from_be_bytes(first) | bytes.len().min(13) as u128
    })
}

/// How two texts compare, by their bytes; garbage has none.
pub(in super::super) fn order_total(texts: &Texts<'_>, a: Text, b: Text) -> Ordering {
    let by_key = sort_key(texts, a).cmp(&sort_key(texts, b));
    if by_key.is_eq() && !a.is_short() && !b.is_short() { texts.compare(a, b) } else { by_key }
}

/// `a == b`.
pub fn equal(texts: &Texts<'_>, a: Src<'_, Text>, b: Src<'_, Text>, rows: usize, out: &mut [u64]) {
    match (a, b) {
        (each, Src::All(same)) | (Src::All(same), each) if same.is_short() => {
            test(each, rows, out, |text| text.0 == same.0);
        }
        _ => test2(a, b, rows, out, |a, b| texts.equal(a, b)),
    }
}

/// `a < b`, by bytes.
pub fn less(texts: &Texts<'_>, a: Src<'_, Text>, b: Src<'_, Text>, rows: usize, out: &mut [u64]) {
    test2(a, b, rows, out, |a, b| order(texts, a, b).is_lt());
}

/// `a <= b`, by bytes.
pub fn less_equal(texts: &Texts<'_>, a: Src<'_, Text>, b: Src<'_, Text>, rows: usize, out: &mut [u64]) {
    test2(a, b, rows, out, |a, b| order(texts, a, b).is_le());
}

/// The smaller, `a` if equal.
pub fn min(texts: &Texts<'_>, a: Src<'_, Text>, b: Src<'_, Text>, out: &mut [Text]) {
    map2(a, b, out, |a, b| if order(texts, b, a).is_lt() { b } else { a });
}

/// The larger, `a` if equal.
pub fn max(texts: &Texts<'_>, a: Src<'_, Text>, b: Src<'_, Text>, out: &mut [Text]) {
    map2(a, b, out, |a, b| if order(texts, b, a).is_gt() { b } else { a });
}

/// `x`, but at least `low` and at most `high`; `low > high` is out of range.
pub fn clamp(
    texts: &Texts<'_>,
    x: Src<'_, Text>,
    low: Src<'_, Text>,
    high: Src<'_, Text>,
    out: &mut [Text],
    fails: &mut Fails,
) {
    let mut wrong = false;
    map3(x, low, high, out, |x, low, high| {
        wrong |= order(texts, low, high).is_gt();
        match x {
            x if order(texts, x, low).is_lt() => low,
            x if order(texts, x, high).is_gt() => high,
            x => x,
        }
    });
    let rows = out.len();
    for row in (0..rows).filter(|_| wrong) {
        if order(texts, low.get(row), high.get(row)).is_gt() {
            fails.set(row, rows, Failure::whole(CauseKind::OutOfRange));
        }
    }
}
