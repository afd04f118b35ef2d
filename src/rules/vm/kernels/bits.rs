//! Bitsets: logic, and bits of Arrow's bitmaps.
//!
//! In: words, clean behind the last row. Out: words as clean. Must not know: what a bit says.

use super::super::value::{Bits, tail};
use polars_arrow::bitmap::Bitmap;

#[inline(always)]
fn binary(a: Bits<'_>, b: Bits<'_>, out: &mut [u64], rows: usize, operation: impl Fn(u64, u64) -> u64) {
    for (n, out) in out.iter_mut().enumerate() {
        *out = operation(a.word(n, rows), b.word(n, rows));
    }
}

/// `a && b`.
pub fn and(a: Bits<'_>, b: Bits<'_>, out: &mut [u64], rows: usize) {
    binary(a, b, out, rows, |a, b| a & b);
}

/// `a || b`.
pub fn or(a: Bits<'_>, b: Bits<'_>, out: &mut [u64], rows: usize) {
    binary(a, b, out, rows, |a, b| a | b);
}

/// `!a`.
pub fn not(a: Bits<'_>, out: &mut [u64], rows: usize) {
    for (n, out) in out.iter_mut().enumerate() {
        *out = a.word(n, rows) ^ tail(n, rows);
    }
}

/// `a == b`.
pub fn equal(a: Bits<'_>, b: Bits<'_>, out: &mut [u64], rows: usize) {
    for (n, out) in out.iter_mut().enumerate() {
        *out = a.word(n, rows) ^ b.word(n, rows) ^ tail(n, rows);
    }
}

/// `a < b`: false before true.
pub fn less(a: Bits<'_>, b: Bits<'_>, out: &mut [u64], rows: usize) {
    binary(a, b, out, rows, |a, b| !a & b);
}

/// `a <= b`.
pub fn less_equal(a: Bits<'_>, b: Bits<'_>, out: &mut [u64], rows: usize) {
    for (n, out) in out.iter_mut().enumerate() {
        *out = (a.word(n, rows) ^ tail(n, rows)) | b.word(n, rows);
    }
}

/// `a` where `condition` holds, else `b`.
pub fn select(condition: Bits<'_>, a: Bits<'_>, b: Bits<'_>, out: &mut [u64], rows: usize) {
    for (n, out) in out.iter_mut().enumerate() {
        let (c, a, b) = (condition.word(n, rows), a.word(n, rows), b.word(n, rows));
        *out = (c & a) | (!c & b);
    }
}

/// Rows that are set, ascending.
pub fn ones(words: &[u64]) -> impl Iterator<Item = usize> + '_ {
    words.iter().enumerate().flat_map(|(n, word)| {
        let mut left = *word;
        std::iter::from_fn(move || {
            let bit = left.trailing_zeros() as usize;
            left &= left.wrapping_sub(1);
            (bit < 64).then_some(n * 64 + bit)
        })
    })
}

/// Sets the bits from bit `at` on of bytes that are 0 there to those of `rows` rows.
pub fn put(words: &[u64], rows: usize, bytes: &mut [u8], at: usize) {
    let (first, shift) = (at / 8, at % 8);
    // Chunks begin at whole bytes, which nothing has written before.
    if shift == 0
        && let Some(out) = bytes.get_mut(first..first + rows.div_ceil(8))
    {
        for (out, word) in out.chunks_mut(8).zip(words) {
            out.iter_mut().zip(word.to_le_bytes()).for_each(|(out, byte)| *out |= byte);
        }
        return;
    }
    let wanted = words.iter().flat_map(|word| word.to_le_bytes()).take(rows.div_ceil(8));
    let mut carry = 0;
    let mut place = bytes.iter_mut().skip(first);
    for byte in wanted {
        let wide = u16::from(byte) << shift | carry;
        carry = wide >> 8;
        if let Some(out) = place.next() {
            *out |= wide as u8;
        }
    }
    if let Some(out) = place.next() {
        *out |= carry as u8;
    }
}

/// A bitmap of a column; without one all bits are set.
#[derive(Clone, Copy, Debug)]
pub struct BitColumn<'a> {
    bytes: &'a [u8],
    offset: usize,
    rows: usize,
    all: bool,
}

impl<'a> BitColumn<'a> {
    /// The bits of `rows` rows.
    pub fn new(bitmap: Option<&'a Bitmap>, rows: usize) -> BitColumn<'a> {
        match bitmap {
            Some(bitmap) => {
                let (bytes, offset, rows) = bitmap.as_slice();
                BitColumn { bytes, offset, rows, all: false }
            }
            None => BitColumn { bytes: &[], offset: 0, rows, all: true },
        }
    }

    /// The bits of `rows` rows in bytes.
    pub fn of_bytes(bytes: &'a [u8], rows: usize) -> BitColumn<'a> {
        BitColumn { bytes, offset: 0, rows, all: false }
    }

    /// The bit of a row; false for a row there is not.
    #[inline(always)]
    pub fn get(&self, row: usize) -> bool {
        if self.all {
            return row < self.rows;
        }
        let at = self.offset.wrapping_add(row);
        row < self.rows && self.bytes.get(at / 8).is_some_and(|byte| byte >> (at % 8) & 1 == 1)
    }

    /// The bits of the rows from `start` on.
    pub fn load(&self, start: usize, out: &mut [u64], rows: usize) {
        if self.all {
            for (n, out) in out.iter_mut().enumerate() {
                *out = tail(n, rows);
            }
            return;
        }
        let first = self.offset + start;
        let (byte, shift) = (first / 8, first % 8);
        for (n, out) in out.iter_mut().enumerate() {
            let bytes = self.bytes.get(byte + n * 8..).unwrap_or_default();
            let low = match bytes.first_chunk::<8>() {
                Some(eight) => u64::from_le_bytes(*eight),
                None => bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
            };
            let mut word = low >> shift;
            if shift > 0 {
                word |= u64::from(bytes.get(8).copied().unwrap_or(0)) << (64 - shift);
            }
            *out = word & tail(n, rows);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::value::words;
    use super::*;

    #[test]
    fn logic_keeps_bits_behind_the_last_row_clean() {
        let rows = 70;
        let (a, b) = ([0b1100, 0b10], [0b1010, 0b11]);
        let run = |f: fn(Bits<'_>, Bits<'_>, &mut [u64], usize), a: Bits<'_>, b: Bits<'_>| {
            let mut out = [u64::MAX; 2];
            f(a, b, &mut out, rows);
            out
        };
        let (x, y) = (Bits::Each(&a), Bits::Each(&b));
        assert_eq!(run(and, x, y), [0b1000, 0b10]);
        assert_eq!(run(or, x, y), [0b1110, 0b11]);
        assert_eq!(run(equal, x, y), [!0b0110, 0b11_1110]);
        assert_eq!(run(less, x, y), [0b0010, 0b01]);
        assert_eq!(run(less_equal, x, y), [!0b0100, 0b11_1111]);
        assert_eq!(run(and, Bits::All(true), Bits::All(true)), [u64::MAX, 0b11_1111]);
        let mut out = [0; 2];
        not(x, &mut out, rows);
        assert_eq!(out, [!0b1100, 0b11_1101]);
        select(x, Bits::All(true), y, &mut out, rows);
        assert_eq!(out, [0b1110, 0b11]);
        assert_eq!(ones(&a).collect::<Vec<_>>(), [2, 3, 65]);
    }

    #[test]
    fn bits_are_put_anywhere() {
        let words = [0x8000_0000_0000_0005, 0b11];
        for at in [0, 3, 8, 61] {
            for rows in [0, 1, 3, 64, 66] {
                let clean: Vec<u64> = words[..super::super::super::value::words(rows)]
                    .iter()
                    .enumerate()
                    .map(|(n, word)| word & tail(n, rows))
                    .collect();
                let mut bytes = vec![0; 20];
                put(&clean, rows, &mut bytes, at);
                let column = BitColumn::of_bytes(&bytes, 160);
                let found: Vec<usize> = (0..160).filter(|n| column.get(*n)).collect();
                assert_eq!(found, ones(&clean).map(|n| at + n).collect::<Vec<_>>(), "{at} {rows}");
            }
        }
    }

    #[test]
    fn bitmaps_are_loaded_from_any_bit() {
        let bit = |n: usize| n.is_multiple_of(3) || n % 7 == 2;
        let all: Bitmap = (0..300).map(bit).collect();
        for offset in [0, 1, 5, 8, 13] {
            let map = all.clone().sliced(offset, 300 - offset);
            let column = BitColumn::new(Some(&map), 300 - offset);
            for (start, rows) in [(0, 287), (64, 130), (3, 64), (128, 1), (200, 80), (0, 0)] {
                let mut out = vec![u64::MAX; words(rows)];
                column.load(start, &mut out, rows);
                let found: Vec<usize> = ones(&out).collect();
                let expected: Vec<usize> = (0..rows).filter(|n| bit(offset + start + n)).collect();
                assert_eq!(found, expected, "{offset} {start} {rows}");
                assert!((0..rows).all(|n| column.get(start + n) == bit(offset + start + n)));
            }
            assert!(!column.get(300 - offset) && !column.get(u32::MAX as usize));
        }
        let mut out = [0; 2];
        BitColumn::new(None, 100).load(10, &mut out, 65);
        assert_eq!(out, [u64::MAX, 1]);
        assert!(BitColumn::new(None, 100).get(99) && !BitColumn::new(None, 100).get(100));
    }
}
