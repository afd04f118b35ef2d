//! Comparisons.
//!
//! In: operands of one representation. Out: bits. Must not know: rows. Floats are compared by IEEE order. Texts have [`super::text`].

use super::super::simd::multiversion;
use super::super::value::{Bits, Src};
use super::bits;
use super::loops::{test, test2};
use crate::rules::defect::{Defect, seeded};
use crate::rules::ir::Order;

multiversion! {
    /// Floats.
    pub fn floats(order: Order, a: Src<'_, f64>, b: Src<'_, f64>, out: &mut [u64], rows: usize) {
        match order {
            Order::Equal if seeded(Defect::FloatTolerance) => {
                test2(a, b, rows, out, |a, b| (a - b).abs() <= f64::EPSILON);
            }
            Order::Equal => test2(a, b, rows, out, |a, b| a == b),
            Order::Less => test2(a, b, rows, out, |a, b| a < b),
            Order::LessEqual => test2(a, b, rows, out, |a, b| a <= b),
        }
    }
    /// Ints.
    pub fn ints(order: Order, a: Src<'_, i64>, b: Src<'_, i64>, out: &mut [u64], rows: usize) {
        match order {
            Order::Equal => test2(a, b, rows, out, |a, b| a == b),
            Order::Less => test2(a, b, rows, out, |a, b| a < b),
            Order::LessEqual => test2(a, b, rows, out, |a, b| a <= b),
        }
    }
    /// Dates.
    pub fn dates(order: Order, a: Src<'_, i32>, b: Src<'_, i32>, out: &mut [u64], rows: usize) {
        match order {
            Order::Equal => test2(a, b, rows, out, |a, b| a == b),
            Order::Less => test2(a, b, rows, out, |a, b| a < b),
            Order::LessEqual => test2(a, b, rows, out, |a, b| a <= b),
        }
    }
    /// Rows and other numbers.
    pub fn rows(order: Order, a: Src<'_, u32>, b: Src<'_, u32>, out: &mut [u64], rows: usize) {
        match order {
            Order::Equal => test2(a, b, rows, out, |a, b| a == b),
            Order::Less => test2(a, b, rows, out, |a, b| a < b),
            Order::LessEqual => test2(a, b, rows, out, |a, b| a <= b),
        }
    }
    /// Whether rows are rows: not `NO_ROW`.
    pub fn rows_there(a: Src<'_, u32>, out: &mut [u64], rows: usize) {
        test(a, rows, out, |row| row != crate::rules::data::NO_ROW);
    }
}

/// Bools.
pub fn bools(order: Order, a: Bits<'_>, b: Bits<'_>, out: &mut [u64], rows: usize) {
    match order {
        Order::Equal => bits::equal(a, b, out, rows),
        Order::Less => bits::less(a, b, out, rows),
        Order::LessEqual => bits::less_equal(a, b, out, rows),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_compare_by_ieee_order() {
        let values = [0.0, -0.0, f64::NAN, 1.0];
        let run = |order, b| {
            let mut out = [0];
            floats(order, Src::Each(&values), Src::All(b), &mut out, 4);
            out[0]
        };
        assert_eq!(
            [run(Order::Equal, 0.0), run(Order::Less, 1.0), run(Order::LessEqual, -0.0)],
            [0b0011, 0b0011, 0b0011]
        );
        assert_eq!(run(Order::Equal, f64::NAN), 0);
    }

    #[test]
    fn dates_ints_bools_and_rows() {
        let mut out = [0];
        dates(Order::LessEqual, Src::Each(&[-1, 0, 1]), Src::All(0), &mut out, 3);
        assert_eq!(out[0], 0b011);
        ints(Order::Less, Src::All(i64::MIN), Src::Each(&[i64::MIN, i64::MAX]), &mut out, 2);
        assert_eq!(out[0], 0b10);
        bools(Order::Less, Bits::Each(&[0b0011]), Bits::Each(&[0b0101]), &mut out, 4);
        assert_eq!(out[0], 0b0100);
        rows_there(Src::Each(&[0, u32::MAX, 7]), &mut out, 3);
        assert_eq!(out[0], 0b101);
    }
}
