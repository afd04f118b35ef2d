//! Row numbers by text.

use super::super::loops::map;
use crate::rules::data::NO_ROW;
use crate::rules::vm::text::{Text, Texts};
use crate::rules::vm::value::Src;
use std::collections::HashMap;

/// 2^64 over the golden ratio: the high bits of products are spread.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

#[inline(always)]
fn spread(text: Text, factor: u64) -> usize {
    let folded = (text.0 as u64 ^ ((text.0 >> 64) as u64).rotate_left(29)).wrapping_mul(factor);
    (folded ^ (folded >> 32)) as usize
}

/// A factor that gives each short key a slot of its own, if one is found soon, and whether it does.
fn factor(keys: &[&str], size: usize) -> (u64, bool) {
    let short: Vec<Text> =
        keys.iter().map(|key| Text::new(key.as_bytes(), 0, 0)).filter(|text| text.is_short()).collect();
    for n in 0..if short.len() <= 64 { 256 } else { 1 } {
        let factor = SPREAD.wrapping_mul(2 * n + 1);
        let mut taken = vec![false; size];
        if short.iter().all(|text| !std::mem::replace(&mut taken[spread(*text, factor) & (size - 1)], true)) {
            return (factor, true);
        }
    }
    (SPREAD, false)
}

/// Rows by their keys. Short keys stand in a table with open addresses, mostly free, so that nearly each is at its own; long ones
/// in a map.
#[derive(Clone, Debug)]
pub struct Keys {
    /// A power of two; row [`NO_ROW`] where a slot is free.
    slots: Vec<(u128, u32)>,
    /// Spreads the keys over the slots.
    factor: u64,
    /// Whether each key is at its own slot.
    is_perfect: bool,
    long: HashMap<Box<str>, u32>,
}

impl Keys {
    /// Rows 0, 1, … by their keys; of equal keys the last row.
    pub fn new<'k>(keys: impl IntoIterator<Item = &'k str>) -> Keys {
        let keys: Vec<&str> = keys.into_iter().collect();
        let size = (4 * keys.len()).next_power_of_two().max(2);
        let (factor, is_perfect) = factor(&keys, size);
        let mut found = Keys { slots: vec![(0, NO_ROW); size], factor, is_perfect, long: HashMap::new() };
        for (row, key) in keys.into_iter().enumerate() {
            let text = Text::new(key.as_bytes(), 0, 0);
            if text.is_short() {
                let at = found.slot(text);
                found.slots[at] = (text.0, row as u32);
            } else {
                found.long.insert(key.into(), row as u32);
            }
        }
        found
    }

    /// The slot of a short text: its own, or the free one where it would be.
    #[inline(always)]
    fn slot(&self, text: Text) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = spread(text, self.factor) & mask;
        while self.slots[at].0 != text.0 && self.slots[at].1 != NO_ROW {
            at = (at + 1) & mask;
        }
        at
    }

    /// The row of each text, or [`NO_ROW`].
    pub fn rows(&self, texts: &Texts<'_>, keys: Src<'_, Text>, out: &mut [u32]) {
        if self.is_perfect && self.long.is_empty() {
            let mask = self.slots.len() - 1;
            return map(keys, out, |text| {
                let (key, row) = self.slots[spread(text, self.factor) & mask];
                if key == text.0 { row } else { NO_ROW }
            });
        }
        map(keys, out, |text| {
            if text.is_short() {
                return self.slots[self.slot(text)].1;
            }
            if self.long.is_empty() {
                return NO_ROW;
            }
            texts.with(text, |text| self.long.get(text).copied().unwrap_or(NO_ROW))
        });
    }
}
