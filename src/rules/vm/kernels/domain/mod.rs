//! Making the elements of lists.
//!
//! In: rows of owners, their values. Out: offsets by owner, and what says which elements they are. Must not know: graphs. Every
//! function that makes elements takes how many there may be at most. `Vec`s are cleared first.
#![allow(unused_variables)]

use crate::rules::data::Related;
use crate::rules::vm::text::{Text, Texts};
use crate::rules::vm::value::{Bits, Fails, Src};

/// A chunk has more elements than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany;

/// The first row, if the rows are consecutive: then columns are read as slices.
pub fn first_of_run(rows: &[u32]) -> Option<u32> {
    None
}
/// The rows that lead to each owner's row; none for `NO_ROW` and outside the mask.
pub fn related(
    related: &Related,
    rows: Src<'_, u32>,
    owners: usize,
    mask: Bits<'_>,
    max: usize,
    offsets: &mut Vec<u32>,
    elements: &mut Vec<u32>,
) -> Result<(), TooMany> {
    Ok(())
}
/// The owner of each element.
pub fn parents(offsets: &[u32], out: &mut Vec<u32>) {}
/// Offsets from owners to the elements of their elements.
pub fn compose(outer: &[u32], inner: &[u32], out: &mut Vec<u32>) {}

/// Offsets of lists of `len` elements each.
pub fn written(owners: usize, len: usize, max: usize, offsets: &mut Vec<u32>) -> Result<(), TooMany> {
    Ok(())
}
/// Values of written lists: element `j` of owner `i` is row `i` of operand `j`. `out` has owners times operands entries.
pub fn interleave<T: Copy>(operands: &[Src<'_, T>], out: &mut [T]) {}
/// As [`interleave`], of bools.
pub fn interleave_bits(operands: &[Bits<'_>], owners: usize, out: &mut [u64]) {}

/// A key by which elements are sorted.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "names say it")]
pub enum SortKey<'a> {
    Float(Src<'a, f64>),
    Int(Src<'a, i64>),
    Date(Src<'a, i32>),
    Text(Src<'a, Text>, &'a Texts<'a>),
    Bool(Bits<'a>),
}
/// Buffers that sorting reuses: one a thread.
#[derive(Clone, Debug, Default)]
pub struct Sorter;
impl Sorter {
    /// Sorts the kept elements of each owner. `base` are the base's elements by owner; positions are in the base.
    pub fn sort(
        &mut self,
        base: &[u32],
        keep: Bits<'_>,
        key: SortKey<'_>,
        descending: bool,
        offsets: &mut Vec<u32>,
        positions: &mut Vec<u32>,
    ) {
    }
}

/// Offsets of the differences of neighbours in the lists of `base`.
pub fn between(base: &[u32], offsets: &mut Vec<u32>) {}
/// Differences; `keys` by element of the base, `offsets` those of [`between`].
pub fn gaps_of_ints(base: &[u32], offsets: &[u32], keys: Src<'_, i64>, out: &mut [i64], fails: &mut Fails) {}
/// As [`gaps_of_ints`].
pub fn gaps_of_dates(base: &[u32], offsets: &[u32], keys: Src<'_, i32>, out: &mut [i64]) {}
/// As [`gaps_of_ints`].
pub fn gaps_of_floats(base: &[u32], offsets: &[u32], keys: Src<'_, f64>, out: &mut [f64], fails: &mut Fails) {}

/// The parts of texts; none for an empty separator and outside the mask. Nothing is copied.
pub fn split(
    texts: &Texts<'_>,
    whole: Src<'_, Text>,
    separator: Src<'_, Text>,
    owners: usize,
    mask: Bits<'_>,
    max: usize,
    offsets: &mut Vec<u32>,
    parts: &mut Vec<Text>,
) -> Result<(), TooMany> {
    Ok(())
}
