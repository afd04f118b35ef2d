//! Row numbers by text.

use super::super::loops::map;
use crate::rules::data::NO_ROW;
use crate::rules::vm::text::{Text, Texts};
use crate::rules::vm::value::Src;
use std::collections::HashMap;

/// Rows by their keys. Short keys stand in a table with open addresses, mostly free, so that nearly each is at its own; long ones
/// in a map.
#[derive(Clone, Debug)]
pub struct Keys {
    /// A power of two; row [`NO_ROW`] where a slot is free.
    slots: Vec<(u128, u32)>,
    long: HashMap<Box<str>, u32>,
}

impl Keys {
    /// Rows 0, 1, … by their keys; of equal keys the last row.
    pub fn new<'k>(keys: impl IntoIterator<Item = &'k str>) -> Keys {
        let keys: Vec<&str> = keys.into_iter().collect();
        let size = (4 * keys.len()).next_power_of_two().max(2);
        let mut found = Keys { slots: vec![(0, NO_ROW); size], long: HashMap::new() };
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
        /// 2^64 over the golden ratio: the high bits of products are spread.
        const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;
        let mask = self.slots.len() - 1;
        let folded = (text.0 as u64 ^ ((text.0 >> 64) as u64).rotate_left(29)).wrapping_mul(SPREAD);
        let mut at = (folded ^ (folded >> 32)) as usize & mask;
        while self.slots[at].0 != text.0 && self.slots[at].1 != NO_ROW {
            at = (at + 1) & mask;
        }
        at
    }

    /// The row of each text, or [`NO_ROW`].
    pub fn rows(&self, texts: &Texts<'_>, keys: Src<'_, Text>, out: &mut [u32]) {
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
