//! Operations of texts.
//!
//! In: [`Text`](crate::rules::vm::text::Text)s, the [`Texts`](crate::rules::vm::text::Texts) that have their bytes. Out: bits, numbers,
//! texts. Must not know: which column a text comes from. A kernel that makes texts takes the rows that matter: others get the empty
//! text. `out` has one entry a row, or one bit a row in exactly `words(rows)` words.
#![allow(unused_variables)]

use crate::rules::vm::text::{Text, Texts, TooLong};
use crate::rules::vm::value::{Bits, Fails, Src};
use jiff::tz::TimeZone;
use polars_arrow::array::View;

/// `a == b`.
pub fn equal(texts: &Texts<'_>, a: Src<'_, Text>, b: Src<'_, Text>, rows: usize, out: &mut [u64]) {}
/// `a < b`, by bytes.
pub fn less(texts: &Texts<'_>, a: Src<'_, Text>, b: Src<'_, Text>, rows: usize, out: &mut [u64]) {}
/// `a <= b`, by bytes.
pub fn less_equal(texts: &Texts<'_>, a: Src<'_, Text>, b: Src<'_, Text>, rows: usize, out: &mut [u64]) {}
/// Whether `part` is in `whole`.
pub fn contains(texts: &Texts<'_>, whole: Src<'_, Text>, part: Src<'_, Text>, rows: usize, out: &mut [u64]) {}
/// Whether `whole` starts with `part`.
pub fn starts_with(texts: &Texts<'_>, whole: Src<'_, Text>, part: Src<'_, Text>, rows: usize, out: &mut [u64]) {}
/// Whether `whole` ends with `part`.
pub fn ends_with(texts: &Texts<'_>, whole: Src<'_, Text>, part: Src<'_, Text>, rows: usize, out: &mut [u64]) {}
/// Whether a text has no bytes.
pub fn is_empty(a: Src<'_, Text>, rows: usize, out: &mut [u64]) {}
/// Characters.
pub fn len(texts: &Texts<'_>, a: Src<'_, Text>, out: &mut [i64]) {}
/// The smaller, `a` if equal.
pub fn min(texts: &Texts<'_>, a: Src<'_, Text>, b: Src<'_, Text>, out: &mut [Text]) {}
/// The larger, `a` if equal.
pub fn max(texts: &Texts<'_>, a: Src<'_, Text>, b: Src<'_, Text>, out: &mut [Text]) {}
/// `x` within `low` and `high`; `low > high` is out of range.
pub fn clamp(
    texts: &Texts<'_>,
    x: Src<'_, Text>,
    low: Src<'_, Text>,
    high: Src<'_, Text>,
    out: &mut [Text],
    fails: &mut Fails,
) {
}

/// Joined.
pub fn join(texts: &mut Texts<'_>, parts: &[Src<'_, Text>], mask: Bits<'_>, out: &mut [Text]) -> Result<(), TooLong> {
    Ok(())
}
/// In lower case.
pub fn lower(texts: &mut Texts<'_>, a: Src<'_, Text>, mask: Bits<'_>, out: &mut [Text]) -> Result<(), TooLong> {
    Ok(())
}
/// In upper case.
pub fn upper(texts: &mut Texts<'_>, a: Src<'_, Text>, mask: Bits<'_>, out: &mut [Text]) -> Result<(), TooLong> {
    Ok(())
}
/// Without white space at both ends; nothing is copied.
pub fn trim(texts: &Texts<'_>, a: Src<'_, Text>, mask: Bits<'_>, out: &mut [Text]) {}
/// `whole` with every `from` replaced by `to`; an empty `from` is out of range at operand 1.
pub fn replace(
    texts: &mut Texts<'_>,
    whole: Src<'_, Text>,
    from: Src<'_, Text>,
    to: Src<'_, Text>,
    mask: Bits<'_>,
    out: &mut [Text],
    fails: &mut Fails,
) -> Result<(), TooLong> {
    Ok(())
}

/// Of ints.
pub fn of_ints(texts: &mut Texts<'_>, a: Src<'_, i64>, mask: Bits<'_>, out: &mut [Text]) -> Result<(), TooLong> {
    Ok(())
}
/// Of floats.
pub fn of_floats(texts: &mut Texts<'_>, a: Src<'_, f64>, mask: Bits<'_>, out: &mut [Text]) -> Result<(), TooLong> {
    Ok(())
}
/// Of bools.
pub fn of_bools(a: Bits<'_>, out: &mut [Text]) {}
/// Of dates.
pub fn of_dates(texts: &mut Texts<'_>, a: Src<'_, i32>, mask: Bits<'_>, out: &mut [Text]) -> Result<(), TooLong> {
    Ok(())
}
/// Of instants, in a time zone.
pub fn of_instants(
    texts: &mut Texts<'_>,
    a: Src<'_, i64>,
    zone: &TimeZone,
    mask: Bits<'_>,
    out: &mut [Text],
) -> Result<(), TooLong> {
    Ok(())
}
/// Ints that texts write; rows outside the mask give 0 and do not fail.
pub fn to_ints(texts: &Texts<'_>, a: Src<'_, Text>, mask: Bits<'_>, out: &mut [i64], fails: &mut Fails) {}
/// Floats that texts write; rows outside the mask give 0.0 and do not fail.
pub fn to_floats(texts: &Texts<'_>, a: Src<'_, Text>, mask: Bits<'_>, out: &mut [f64], fails: &mut Fails) {}

/// The views of a column's slice whose array's first buffer is number `base`.
pub fn load(views: &[View], base: u32, out: &mut [Text]) {}

/// Row numbers by text.
#[derive(Clone, Debug, Default)]
pub struct Keys;
impl Keys {
    /// Rows 0, 1, … by their keys; of equal keys the last row.
    pub fn new<'k>(keys: impl IntoIterator<Item = &'k str>) -> Keys {
        Keys
    }
    /// The row of each text, or `NO_ROW`.
    pub fn rows(&self, texts: &Texts<'_>, keys: Src<'_, Text>, out: &mut [u32]) {}
}
