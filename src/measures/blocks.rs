//! Sums that have the same bits at any number of threads.
//!
//! In: a number of terms and a function that adds the term at a place. Out: blocks of 4,096 terms folded left from 0.0,
//! then the blocks' sums folded left from 0.0. Must not know: what is summed. Start at [`sum`].

use rayon::prelude::*;
use std::ops::Range;

/// Terms folded at once.
pub(crate) const BLOCK: usize = 4_096;

/// The sum of `term(0)` to `term(n - 1)`.
pub(crate) fn sum(n: usize, term: impl Fn(usize) -> f64 + Sync) -> f64 {
    sums(n, |range, [total]: &mut [f64; 1]| range.for_each(|at| *total += term(at)))[0]
}

/// The same to the last bit, on this thread alone: for terms that cost less than it takes to wake another.
pub(crate) fn sum_here(n: usize, term: impl Fn(usize) -> f64) -> f64 {
    let block = |start: usize| (start..(start + BLOCK).min(n)).fold(0.0, |total, at| total + term(at));
    (0..n).step_by(BLOCK).map(block).fold(0.0, |total, part| total + part)
}

/// Several sums at once: `add` folds the terms of a block into totals that begin at 0.0.
pub(crate) fn sums<const N: usize>(n: usize, add: impl Fn(Range<usize>, &mut [f64; N]) + Sync) -> [f64; N] {
    let block = |number: usize| {
        let mut total = [0.0; N];
        add(number * BLOCK..((number + 1) * BLOCK).min(n), &mut total);
        total
    };
    let blocks = n.div_ceil(BLOCK);
    let parts: Vec<[f64; N]> = match blocks {
        0 | 1 => (0..blocks).map(block).collect(),
        _ => (0..blocks).into_par_iter().map(block).collect(),
    };
    let mut totals = [0.0; N];
    for part in parts {
        totals.iter_mut().zip(part).for_each(|(total, part)| *total += part);
    }
    totals
}

/// `figure(0)` to `figure(n - 1)`, on all threads.
pub(crate) fn map<T: Send>(n: usize, figure: impl Fn(usize) -> T + Sync + Send) -> Vec<T> {
    (0..n).into_par_iter().with_min_len(BLOCK / 4).map(figure).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_folded_left() {
        let value = |at: usize| 1.0 / (1.0 + at as f64);
        let mut expected = 0.0;
        for start in (0..10_000).step_by(BLOCK) {
            let mut block = 0.0;
            (start..(start + BLOCK).min(10_000)).for_each(|at| block += value(at));
            expected += block;
        }
        assert_eq!(sum(10_000, value).to_bits(), f64::to_bits(expected));
        assert_eq!(sum_here(10_000, value).to_bits(), f64::to_bits(expected));
        assert_eq!(sum(0, value), 0.0);
    }
}
