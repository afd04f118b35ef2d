//! Values found by row number: of parents, of positions, of tables.
//!
//! In: values, row numbers, [`NO_ROW`] for none. Out: a value for each row number; the default for none. Must not know:
//! domains, schemas.

use super::super::simd::multiversion;
use super::super::text::Text;
use super::super::value::{Bits, Fails, Src};
use super::bits::BitColumn;
use super::loops::{map, test};
use crate::rules::cause::CauseKind;
use crate::rules::data::{NO_ROW, nearest_double};
use crate::rules::site::Failure;
use polars_arrow::array::View;

/// Values at row numbers.
#[inline(always)]
pub fn at<T: Copy + Default>(values: Src<'_, T>, rows: Src<'_, u32>, out: &mut [T]) {
    match values {
        Src::Each(values) => map(rows, out, |row| values.get(row as usize).copied().unwrap_or_default()),
        Src::All(value) => out.fill(value),
    }
}

/// Values at row numbers of which the last value stands for all that are not there.
#[inline(always)]
pub fn padded<T: Copy + Default>(values: &[T], rows: Src<'_, u32>, out: &mut [T]) {
    let Some(last) = values.len().checked_sub(1) else { return out.fill(T::default()) };
    map(rows, out, |row| values[(row as usize).min(last)]);
}

multiversion! {
    /// Bits at row numbers.
    pub fn bits_at(values: Bits<'_>, at: Src<'_, u32>, out: &mut [u64], rows: usize) {
        match values {
            Bits::Each(words) => test(at, rows, out, |row| {
                words.get(row as usize / 64).is_some_and(|word| word >> (row % 64) & 1 == 1)
            }),
            Bits::All(all) => test(at, rows, out, |_| all),
        }
    }
    /// Whether there are rows and their bits are set.
    pub fn column_bits(column: BitColumn<'_>, at: Src<'_, u32>, out: &mut [u64], rows: usize) {
        test(at, rows, out, |row| column.get(row as usize));
    }
}

/// Rows of targets; [`NO_ROW`] for none.
pub fn references(targets: &[u32], rows: Src<'_, u32>, out: &mut [u32]) {
    map(rows, out, |row| targets.get(row as usize).copied().unwrap_or(NO_ROW));
}

/// Texts of a column whose first buffer has the number `base`.
pub fn views(views: &[View], base: u32, rows: Src<'_, u32>, out: &mut [Text]) {
    let text = |view: &View| Text::of_view(*view, base);
    map(rows, out, |row| views.get(row as usize).map(text).unwrap_or_default());
}

/// Nearest doubles of decimals.
pub fn decimals(values: &[i128], scale: u8, rows: Src<'_, u32>, out: &mut [f64]) {
    map(rows, out, |row| values.get(row as usize).map_or(0.0, |value| nearest_double(*value, scale)));
}

/// Nearest doubles of decimals of neighbouring rows.
pub fn load_decimals(values: &[i128], scale: u8, out: &mut [f64]) {
    out.iter_mut().zip(values).for_each(|(out, value)| *out = nearest_double(*value, scale));
}

/// Decimals as ints of their smallest units, which can be too large.
pub fn minor_units(values: &[i128], rows: Src<'_, u32>, out: &mut [i64], fails: &mut Fails) {
    let mut any = false;
    let int = |row: u32| values.get(row as usize).map_or(Some(0), |value| i64::try_from(*value).ok());
    map(rows, out, |row| {
        let value = int(row);
        any |= value.is_none();
        value.unwrap_or(0)
    });
    if any {
        let count = out.len();
        for row in (0..count).filter(|row| int(rows.get(*row)).is_none()) {
            fails.set(row, count, Failure::whole(CauseKind::Overflow));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_row() {
        let mut out = [7.0; 4];
        at(Src::Each(&[1.0, 2.0]), Src::Each(&[1, NO_ROW, 0, 2]), &mut out);
        assert_eq!(out, [2.0, 0.0, 1.0, 0.0]);
        let mut words = [0];
        bits_at(Bits::Each(&[0b10]), Src::Each(&[1, 0, NO_ROW, 1]), &mut words, 4);
        assert_eq!(words[0], 0b1001);
        bits_at(Bits::All(true), Src::Each(&[1, 0]), &mut words, 2);
        assert_eq!(words[0], 0b11);
        let mut rows = [0; 3];
        references(&[5, NO_ROW], Src::Each(&[0, 1, NO_ROW]), &mut rows);
        assert_eq!(rows, [5, NO_ROW, NO_ROW]);
        column_bits(BitColumn::new(None, 2), Src::Each(&[1, 2, NO_ROW]), &mut words, 3);
        assert_eq!(words[0], 0b001);
    }

    #[test]
    fn decimals_are_doubles_or_ints() {
        let mut out = [7.0; 3];
        decimals(&[110, -5], 2, Src::Each(&[0, 1, NO_ROW]), &mut out);
        assert_eq!(out, [1.1, -0.05, 0.0]);
        load_decimals(&[110, -5], 1, &mut out[..2]);
        assert_eq!(out, [11.0, -0.5, 0.0]);
        let (mut ints, mut fails) = ([7; 3], Fails::default());
        minor_units(&[110, i128::MAX], Src::Each(&[0, 1, NO_ROW]), &mut ints, &mut fails);
        assert_eq!((ints[0], fails.get(0), fails.get(2)), (110, Failure::default(), Failure::default()));
        assert_eq!(fails.get(1), Failure::whole(CauseKind::Overflow));
    }
}
