//! What is in a text. Bytes are looked at, not characters: no part of a character is a character in UTF-8.

use super::super::loops::{map, test, test2};
use crate::rules::vm::simd::multiversion;
use crate::rules::vm::text::{Text, Texts};
use crate::rules::vm::value::Src;
use std::str;

/// Longer texts are searched by the standard library, whose time is linear in any case.
const SIMPLE: usize = 128;

/// Where `part` first stands in `whole`. What is no UTF-8 (garbage) has no parts.
pub(in super::super) fn find(whole: &[u8], part: &[u8]) -> Option<usize> {
    let Some(first) = part.first() else { return Some(0) };
    if whole.len() <= SIMPLE {
        return whole.windows(part.len()).position(|window| window[0] == *first && window == part);
    }
    str::from_utf8(whole).ok()?.find(str::from_utf8(part).ok()?)
}

/// Bit `row` of `out`: whether `holds` of the bytes of two texts.
fn test_bytes(
    texts: &Texts<'_>,
    whole: Src<'_, Text>,
    part: Src<'_, Text>,
    rows: usize,
    out: &mut [u64],
    holds: impl Fn(&[u8], &[u8]) -> bool,
) {
    match part {
        Src::All(part) => texts.with_bytes(part, |part| {
            test(whole, rows, out, |whole| texts.with_bytes(whole, |whole| holds(whole, part)));
        }),
        Src::Each(_) => test2(whole, part, rows, out, |whole, part| {
            texts.with_bytes(part, |part| texts.with_bytes(whole, |whole| holds(whole, part)))
        }),
    }
}

/// Whether `part` is in `whole`.
pub fn contains(texts: &Texts<'_>, whole: Src<'_, Text>, part: Src<'_, Text>, rows: usize, out: &mut [u64]) {
    test_bytes(texts, whole, part, rows, out, |whole, part| find(whole, part).is_some());
}

/// Whether `whole` starts with `part`.
pub fn starts_with(texts: &Texts<'_>, whole: Src<'_, Text>, part: Src<'_, Text>, rows: usize, out: &mut [u64]) {
    match part {
        // Four bytes of a text stand in every view.
        Src::All(part) if part.len() <= 4 => {
            let bytes = part.len() as u32;
            let (wanted, mask) = (part.0 >> 32, (1u128 << (8 * bytes)) - 1);
            test(whole, rows, out, |whole| ((whole.0 >> 32) ^ wanted) & mask == 0 && whole.0 as u32 >= bytes);
        }
        _ => test_bytes(texts, whole, part, rows, out, |whole, part| whole.starts_with(part)),
    }
}

/// Whether `whole` ends with `part`.
pub fn ends_with(texts: &Texts<'_>, whole: Src<'_, Text>, part: Src<'_, Text>, rows: usize, out: &mut [u64]) {
    test_bytes(texts, whole, part, rows, out, |whole, part| whole.ends_with(part));
}

/// Whether a text has no bytes.
pub fn is_empty(a: Src<'_, Text>, rows: usize, out: &mut [u64]) {
    test(a, rows, out, Text::is_empty);
}

multiversion! {
    /// Characters.
    pub fn len(texts: &Texts<'_>, a: Src<'_, Text>, out: &mut [i64]) {
        map(a, out, |text| {
            if text.is_short() {
                // Bytes that go on with a character start with the bits 10.
                let bytes = text.0 >> 32;
                let following = (bytes >> 7) & !(bytes >> 6) & LOWEST;
                return text.len() as i64 - i64::from(following.count_ones());
            }
            texts.with_bytes(text, |bytes| bytes.iter().filter(|b| **b & 0xC0 != 0x80).count() as i64)
        });
    }
}

/// The lowest bit of each of 12 bytes.
const LOWEST: u128 = 0x0101_0101_0101_0101_0101_0101;
