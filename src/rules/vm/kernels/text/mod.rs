//! Operations of texts.
//!
//! In: [`Text`]s, the [`Texts`](crate::rules::vm::text::Texts) that have their bytes. Out: bits, numbers, texts. Must not
//! know: which column a text comes from. A kernel that makes texts takes the rows that matter: others get the empty text.
//! `out` has one entry a row, or one bit a row in exactly `words(rows)` words.

mod build;
mod column;
mod compare;
mod convert;
mod keys;
mod search;
#[cfg(test)]
mod tests;

pub use build::{join, lower, replace, trim, upper};
pub use column::load;
pub use compare::{clamp, equal, less, less_equal, max, min};
pub use convert::{of_bools, of_dates, of_floats, of_instants, of_ints, to_floats, to_ints};
pub use keys::Keys;
pub use search::{contains, ends_with, is_empty, len, starts_with};

pub(super) use compare::{order, order_total, sort_key};
pub(super) use search::find;

use crate::rules::vm::text::Text;

/// Bytes `from..to` of a text that has these `bytes`, without copying what is long.
pub(super) fn part_of(whole: Text, bytes: &[u8], from: usize, to: usize) -> Text {
    // A short text has no place; its parts are short, and need none.
    let view = whole.view();
    Text::new(&bytes[from..to], view.buffer_idx, view.offset.wrapping_add(from as u32))
}
