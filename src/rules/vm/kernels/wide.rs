//! Loops over rows, in the form that compilers vectorise.
//!
//! In: operands, an operation of one row. Out: results by row, or bits. Must not know: operations. All of these are to be inlined into
//! functions of [`super::super::simd::multiversion`], once for each combination of columns and constants.

use super::super::value::{Src, tail, words};

/// Calls `put` for each row with its result's place and its operand.
#[inline(always)]
pub fn one<T: Copy, R>(a: Src<'_, T>, out: &mut [R], mut put: impl FnMut(&mut R, T)) {
    match a {
        Src::Each(a) => out.iter_mut().zip(a).for_each(|(out, a)| put(out, *a)),
        Src::All(a) => out.iter_mut().for_each(|out| put(out, a)),
    }
}

/// Calls `put` for each row with its result's place and its two operands.
#[inline(always)]
pub fn two<A: Copy, B: Copy, R>(a: Src<'_, A>, b: Src<'_, B>, out: &mut [R], mut put: impl FnMut(&mut R, A, B)) {
    match (a, b) {
        (Src::Each(a), Src::Each(b)) => out.iter_mut().zip(a).zip(b).for_each(|((out, a), b)| put(out, *a, *b)),
        (Src::Each(a), Src::All(b)) => out.iter_mut().zip(a).for_each(|(out, a)| put(out, *a, b)),
        (Src::All(a), Src::Each(b)) => out.iter_mut().zip(b).for_each(|(out, b)| put(out, a, *b)),
        (Src::All(a), Src::All(b)) => out.iter_mut().for_each(|out| put(out, a, b)),
    }
}

/// Calls `put` for each row with its result's place and its three operands, of which the last two are usually constants.
#[inline(always)]
pub fn three<T: Copy, R>(
    a: Src<'_, T>,
    b: Src<'_, T>,
    c: Src<'_, T>,
    out: &mut [R],
    mut put: impl FnMut(&mut R, T, T, T),
) {
    match (a, b, c) {
        (Src::Each(a), Src::All(b), Src::All(c)) => out.iter_mut().zip(a).for_each(|(out, a)| put(out, *a, b, c)),
        (Src::Each(a), Src::Each(b), Src::Each(c)) => {
            out.iter_mut().zip(a).zip(b).zip(c).for_each(|(((out, a), b), c)| put(out, *a, *b, *c));
        }
        (a, b, c) => out.iter_mut().enumerate().for_each(|(row, out)| put(out, a.get(row), b.get(row), c.get(row))),
    }
}

/// A word of bits, bit `j` of which is whether `holds(j)`. Four bits at a time, each in a number of its own, so that a
/// register holds four comparisons.
#[inline(always)]
fn word(holds: impl Fn(usize) -> bool) -> u64 {
    let mut lanes = [0u64; 4];
    for step in 0..16 {
        for (lane, bits) in lanes.iter_mut().enumerate() {
            let j = 4 * step + lane;
            *bits |= u64::from(holds(j)) << j;
        }
    }
    lanes[0] | lanes[1] | lanes[2] | lanes[3]
}

/// The bits of the rows behind the last whole word.
#[inline(always)]
fn rest(rows: usize, holds: impl Fn(usize) -> bool) -> u64 {
    (0..rows).fold(0, |word, j| word | u64::from(holds(j)) << j)
}

/// For each of `rows` rows whether it holds of its operand.
#[inline(always)]
pub fn test<T: Copy>(a: Src<'_, T>, out: &mut [u64], rows: usize, holds: impl Fn(T) -> bool) {
    test_two(a, Src::All(()), out, rows, |a, ()| holds(a));
}

/// For each of `rows` rows whether it holds of its two operands.
#[inline(always)]
pub fn test_two<A: Copy, B: Copy>(
    a: Src<'_, A>,
    b: Src<'_, B>,
    out: &mut [u64],
    rows: usize,
    holds: impl Fn(A, B) -> bool,
) {
    let (whole, last) = (rows / 64, rows % 64);
    match (a, b) {
        (Src::Each(a), Src::Each(b)) => {
            let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<64>(), b.as_chunks::<64>());
            for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
                *out = word(|j| holds(a[j], b[j]));
            }
            if last > 0 {
                out[whole] = rest(last, |j| holds(a_rest[j], b_rest[j]));
            }
        }
        (Src::Each(a), Src::All(b)) => {
            let (a, a_rest) = a.as_chunks::<64>();
            for (out, a) in out.iter_mut().zip(a) {
                *out = word(|j| holds(a[j], b));
            }
            if last > 0 {
                out[whole] = rest(last, |j| holds(a_rest[j], b));
            }
        }
        (Src::All(a), Src::Each(b)) => {
            let (b, b_rest) = b.as_chunks::<64>();
            for (out, b) in out.iter_mut().zip(b) {
                *out = word(|j| holds(a, b[j]));
            }
            if last > 0 {
                out[whole] = rest(last, |j| holds(a, b_rest[j]));
            }
        }
        (Src::All(a), Src::All(b)) => {
            let all = holds(a, b);
            for (n, out) in out.iter_mut().enumerate().take(words(rows)) {
                *out = if all { tail(n, rows) } else { 0 };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_stand_where_their_rows_do() {
        for rows in [0, 1, 63, 64, 65, 127, 128, 200] {
            let values: Vec<i64> = (0..rows as i64).map(|n| n * 7919 % 10).collect();
            let expected = |holds: &dyn Fn(i64) -> bool| -> Vec<u64> {
                let mut bits = vec![0; words(rows)];
                values.iter().enumerate().for_each(|(i, v)| bits[i / 64] |= u64::from(holds(*v)) << (i % 64));
                bits
            };
            let mut out = vec![u64::MAX; words(rows)];
            test_two(Src::Each(&values), Src::All(5), &mut out, rows, |a, b| a < b);
            assert_eq!(out, expected(&|v| v < 5), "{rows}");
            test_two(Src::All(5), Src::Each(&values), &mut out, rows, |a, b| a < b);
            assert_eq!(out, expected(&|v| 5 < v), "{rows}");
            test_two(Src::Each(&values), Src::Each(&values), &mut out, rows, |a, b| a == b);
            assert_eq!(out, expected(&|_| true), "{rows}");
            test(Src::All(1), &mut out, rows, |a| a == 2);
            assert_eq!(out, expected(&|_| false), "{rows}");
        }
    }
}
