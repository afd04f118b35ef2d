//! Choices between values: by a bool, by size.
//!
//! In: operands of one representation. Out: for each row one of them. Must not know: operations.

use super::super::simd::multiversion;
use super::super::text::Text;
use super::super::value::{Bits, Fails, Src};
use super::loops::{low, map, map2, map3};
use crate::rules::cause::CauseKind;
use crate::rules::defect::{Defect, seeded};
use crate::rules::site::Failure;
use polars_arrow::array::View;

const OUT_OF_RANGE: Failure = Failure::whole(CauseKind::OutOfRange);

/// `a` where the condition holds, else `b`. `choose` makes the choice without a branch.
#[inline(always)]
fn select<T: Copy>(condition: Bits<'_>, a: Src<'_, T>, b: Src<'_, T>, out: &mut [T], choose: impl Fn(bool, T, T) -> T) {
    let words = match condition {
        Bits::Each(words) => words,
        Bits::All(all) => return copy(if all { a } else { b }, out),
    };
    let last = out.len() / 64 * 64;
    let bit = |row: usize| words[row / 64] >> (row % 64) & 1 == 1;
    let (blocks, rest) = out.as_chunks_mut::<64>();
    for (j, out) in rest.iter_mut().enumerate() {
        *out = choose(bit(last + j), a.get(last + j), b.get(last + j));
    }
    match (a, b) {
        (Src::Each(a), Src::Each(b)) => {
            let ((a, _), (b, _)) = (a.as_chunks::<64>(), b.as_chunks::<64>());
            for (((out, a), b), word) in blocks.iter_mut().zip(a).zip(b).zip(words) {
                (0..64).for_each(|j| out[j] = choose(word >> j & 1 == 1, a[j], b[j]));
            }
        }
        (Src::Each(a), Src::All(b)) => {
            for ((out, a), word) in blocks.iter_mut().zip(a.as_chunks::<64>().0).zip(words) {
                (0..64).for_each(|j| out[j] = choose(word >> j & 1 == 1, a[j], b));
            }
        }
        (Src::All(a), Src::Each(b)) => {
            for ((out, b), word) in blocks.iter_mut().zip(b.as_chunks::<64>().0).zip(words) {
                (0..64).for_each(|j| out[j] = choose(word >> j & 1 == 1, a, b[j]));
            }
        }
        (Src::All(a), Src::All(b)) => {
            for (out, word) in blocks.iter_mut().zip(words) {
                (0..64).for_each(|j| out[j] = choose(word >> j & 1 == 1, a, b));
            }
        }
    }
}

/// The values as they are.
#[inline(always)]
pub fn copy<T: Copy>(values: Src<'_, T>, out: &mut [T]) {
    match values {
        Src::Each(values) => out.copy_from_slice(values),
        Src::All(value) => out.fill(value),
    }
}

/// Whether a condition fails for so few rows that it is quicker to write all and mend those.
fn is_nearly_all(words: &[u64], rows: usize) -> bool {
    let held: usize = words.iter().map(|word| word.count_ones() as usize).sum();
    (rows - held.min(rows)) * 32 <= rows
}

/// Writes `none` where a condition does not hold.
fn mend<T: Copy>(words: &[u64], none: T, out: &mut [T]) {
    for (n, out) in out.chunks_mut(64).enumerate() {
        let mut failing = !words[n] & low(out.len());
        while failing != 0 {
            out[failing.trailing_zeros() as usize] = none;
            failing &= failing.wrapping_sub(1);
        }
    }
}

/// The values where the condition holds, else `none`; `choose` does it row by row.
pub fn valid<T: Copy>(
    condition: Bits<'_>,
    values: Src<'_, T>,
    none: T,
    out: &mut [T],
    choose: impl Fn(Bits<'_>, Src<'_, T>, Src<'_, T>, &mut [T]),
) {
    match condition {
        Bits::Each(words) if is_nearly_all(words, out.len()) => {
            copy(values, out);
            mend(words, none, out);
        }
        condition => choose(condition, values, Src::All(none), out),
    }
}

/// All bits set if the condition holds.
#[inline(always)]
fn mask(condition: bool) -> u64 {
    0u64.wrapping_sub(u64::from(condition))
}

multiversion! {
    /// Floats.
    pub fn floats(condition: Bits<'_>, a: Src<'_, f64>, b: Src<'_, f64>, out: &mut [f64]) {
        select(condition, a, b, out, |c, a, b| {
            let (a, b) = (a.to_bits(), b.to_bits());
            f64::from_bits(b ^ ((a ^ b) & mask(c)))
        });
    }
    /// Ints.
    pub fn ints(condition: Bits<'_>, a: Src<'_, i64>, b: Src<'_, i64>, out: &mut [i64]) {
        select(condition, a, b, out, |c, a, b| b ^ ((a ^ b) & mask(c) as i64));
    }
    /// Dates.
    pub fn dates(condition: Bits<'_>, a: Src<'_, i32>, b: Src<'_, i32>, out: &mut [i32]) {
        select(condition, a, b, out, |c, a, b| if c { a } else { b });
    }
    /// Rows.
    pub fn rows(condition: Bits<'_>, a: Src<'_, u32>, b: Src<'_, u32>, out: &mut [u32]) {
        select(condition, a, b, out, |c, a, b| if c { a } else { b });
    }
    /// Texts.
    pub fn texts(condition: Bits<'_>, a: Src<'_, Text>, b: Src<'_, Text>, out: &mut [Text]) {
        select(condition, a, b, out, |c, a, b| if c { a } else { b });
    }
    /// Views of texts; that of the empty text where the condition does not hold.
    pub fn views(condition: Bits<'_>, texts: Src<'_, Text>, out: &mut [View]) {
        match condition {
            Bits::All(true) => map(texts, out, Text::view),
            Bits::Each(words) if is_nearly_all(words, out.len()) => {
                map(texts, out, Text::view);
                mend(words, View::default(), out);
            }
            condition => {
                for (row, out) in out.iter_mut().enumerate() {
                    *out = if condition.get(row) { texts.get(row).view() } else { View::default() };
                }
            }
        }
    }
    /// The smaller float, `a` if equal.
    pub fn min_floats(a: Src<'_, f64>, b: Src<'_, f64>, out: &mut [f64]) {
        if seeded(Defect::LastOfEquals) {
            return map2(a, b, out, |a, b| if b <= a { b } else { a });
        }
        map2(a, b, out, |a, b| if b < a { b } else { a });
    }
    /// The larger float, `a` if equal.
    pub fn max_floats(a: Src<'_, f64>, b: Src<'_, f64>, out: &mut [f64]) {
        if seeded(Defect::LastOfEquals) {
            return map2(a, b, out, |a, b| if b >= a { b } else { a });
        }
        map2(a, b, out, |a, b| if b > a { b } else { a });
    }
    /// The smaller int.
    pub fn min_ints(a: Src<'_, i64>, b: Src<'_, i64>, out: &mut [i64]) {
        map2(a, b, out, |a, b| if b < a { b } else { a });
    }
    /// The larger int.
    pub fn max_ints(a: Src<'_, i64>, b: Src<'_, i64>, out: &mut [i64]) {
        map2(a, b, out, |a, b| if b > a { b } else { a });
    }
    /// The smaller date.
    pub fn min_dates(a: Src<'_, i32>, b: Src<'_, i32>, out: &mut [i32]) {
        map2(a, b, out, |a, b| if b < a { b } else { a });
    }
    /// The larger date.
    pub fn max_dates(a: Src<'_, i32>, b: Src<'_, i32>, out: &mut [i32]) {
        map2(a, b, out, |a, b| if b > a { b } else { a });
    }
    fn bounded_floats(x: Src<'_, f64>, low: Src<'_, f64>, high: Src<'_, f64>, out: &mut [f64]) -> bool {
        bounded(x, low, high, out)
    }
    fn bounded_ints(x: Src<'_, i64>, low: Src<'_, i64>, high: Src<'_, i64>, out: &mut [i64]) -> bool {
        bounded(x, low, high, out)
    }
    fn bounded_dates(x: Src<'_, i32>, low: Src<'_, i32>, high: Src<'_, i32>, out: &mut [i32]) -> bool {
        bounded(x, low, high, out)
    }
}

/// Whether any bounds are the wrong way round.
#[inline(always)]
fn bounded<T: Copy + PartialOrd>(x: Src<'_, T>, low: Src<'_, T>, high: Src<'_, T>, out: &mut [T]) -> bool {
    let mut wrong = false;
    map3(x, low, high, out, |x, low, high| {
        wrong |= low > high;
        let below = if x > high { high } else { x };
        if x < low { low } else { below }
    });
    wrong
}

#[cold]
fn wrong_bounds(rows: usize, fails: &mut Fails, is_wrong: impl Fn(usize) -> bool) {
    for row in (0..rows).filter(|row| is_wrong(*row)) {
        fails.set(row, rows, OUT_OF_RANGE);
    }
}

/// `x` between two floats.
pub fn clamp_floats(x: Src<'_, f64>, low: Src<'_, f64>, high: Src<'_, f64>, out: &mut [f64], fails: &mut Fails) {
    if bounded_floats(x, low, high, out) && fails.wanted() {
        wrong_bounds(out.len(), fails, |row| low.get(row) > high.get(row));
    }
}

/// `x` between two ints.
pub fn clamp_ints(x: Src<'_, i64>, low: Src<'_, i64>, high: Src<'_, i64>, out: &mut [i64], fails: &mut Fails) {
    if bounded_ints(x, low, high, out) && fails.wanted() {
        wrong_bounds(out.len(), fails, |row| low.get(row) > high.get(row));
    }
}

/// `x` between two dates.
pub fn clamp_dates(x: Src<'_, i32>, low: Src<'_, i32>, high: Src<'_, i32>, out: &mut [i32], fails: &mut Fails) {
    if bounded_dates(x, low, high, out) && fails.wanted() {
        wrong_bounds(out.len(), fails, |row| low.get(row) > high.get(row));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_has_its_choice() {
        for rows in [1usize, 63, 64, 65, 130] {
            let a: Vec<f64> = (0..rows).map(|n| n as f64).collect();
            let b: Vec<f64> = (0..rows).map(|n| -(n as f64) - 0.5).collect();
            let words = [0x1234_5678_9ABC_DEF0, u64::MAX, 0b10];
            let condition = Bits::Each(&words[..rows.div_ceil(64)]);
            for (x, y) in [
                (Src::Each(&a[..]), Src::Each(&b[..])),
                (Src::Each(&a[..]), Src::All(-0.0)),
                (Src::All(f64::NAN), Src::Each(&b[..])),
                (Src::All(1.0), Src::All(2.0)),
            ] {
                let mut out = vec![0.0; rows];
                floats(condition, x, y, &mut out);
                for (row, value) in out.iter().enumerate() {
                    let expected = if condition.get(row) { x.get(row) } else { y.get(row) };
                    assert_eq!(value.to_bits(), expected.to_bits(), "{rows} {row}");
                }
                floats(Bits::All(false), x, y, &mut out);
                assert_eq!(out[0].to_bits(), y.get(0).to_bits());
            }
        }
        let mut out = [0; 3];
        ints(Bits::Each(&[0b101]), Src::All(i64::MIN), Src::Each(&[1, 2, 3]), &mut out);
        assert_eq!(out, [i64::MIN, 2, i64::MIN]);
    }

    #[test]
    fn what_is_not_valid_is_none() {
        for rows in [1usize, 63, 64, 65, 200] {
            let values: Vec<i64> = (1..=rows as i64).collect();
            for step in [1, 2, 50, 1_000] {
                let mut words = vec![0u64; rows.div_ceil(64)];
                (0..rows).filter(|row| row % step > 0).for_each(|row| words[row / 64] |= 1 << (row % 64));
                let condition = Bits::Each(&words);
                for values in [Src::Each(&values[..]), Src::All(7)] {
                    let mut out = vec![-1; rows];
                    valid(condition, values, 0, &mut out, ints);
                    let expected = |row: usize| if condition.get(row) { values.get(row) } else { 0 };
                    assert!((0..rows).all(|row| out[row] == expected(row)), "{rows} {step}");
                }
                let mut out = vec![Text::new(b"b", 0, 0).view(); rows];
                views(condition, Src::All(Text::new(b"a", 0, 0)), &mut out);
                assert!((0..rows).all(|row| out[row].length == u32::from(condition.get(row))), "{rows} {step}");
            }
        }
    }

    #[test]
    fn the_first_of_equals_is_taken() {
        let mut out = [9.0; 2];
        min_floats(Src::Each(&[0.0, 5.0]), Src::Each(&[-0.0, 3.0]), &mut out);
        assert_eq!((out[0].to_bits(), out[1]), (0.0f64.to_bits(), 3.0));
        max_floats(Src::Each(&[-0.0, 5.0]), Src::Each(&[0.0, 7.0]), &mut out);
        assert_eq!((out[0].to_bits(), out[1]), ((-0.0f64).to_bits(), 7.0));
    }

    #[test]
    fn clamps_have_bounds() {
        let (mut out, mut fails) = ([0; 4], Fails::default());
        clamp_ints(Src::Each(&[-5, 5, 50, 5]), Src::Each(&[0, 0, 0, 9]), Src::All(8), &mut out, &mut fails);
        assert_eq!((&out[..3], fails.get(2), fails.get(3)), (&[0, 5, 8][..], Failure::default(), OUT_OF_RANGE));
        let mut floats = [0.0; 2];
        fails.clear();
        clamp_floats(Src::Each(&[-0.0, 0.5]), Src::All(0.0), Src::All(0.25), &mut floats, &mut fails);
        assert_eq!((floats[0].to_bits(), floats[1], fails.any()), ((-0.0f64).to_bits(), 0.25, false));
    }
}
