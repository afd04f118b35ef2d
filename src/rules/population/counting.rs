//! Ranks of small ints by counting.
//!
//! In: ints, who counts, groups. Out: ranks by row, where the ints lie in so small a span that a counter for each int of
//! each group takes no more memory than a few bytes a row. Must not know: other figures.

use super::{CHUNK, Groups, bits};
use crate::rules::pages::Pages;
use rayon::prelude::*;

/// Counters that are always worth it.
const ALWAYS: usize = 4_096;

/// Counters at most: with millions, which no cache holds, sorting is faster (47 against 29 ns a row).
const MOST: usize = 1 << 18;

/// Counters: one for each int of a span, for each group.
pub(super) struct Counting<'a> {
    figures: &'a [i64],
    counted: &'a [u64],
    groups: Option<&'a Groups<'a>>,
    low: i64,
    /// Ints of the span.
    width: usize,
    cells: usize,
}

impl<'a> Counting<'a> {
    /// None where the ints lie too far apart.
    pub(super) fn of(figures: &'a [i64], counted: &'a [u64], groups: Option<&'a Groups<'a>>) -> Option<Counting<'a>> {
        let bounds = figures.par_chunks(CHUNK).zip(counted.par_chunks(CHUNK / bits::WORD)).map(|(figures, words)| {
            let mut bounds = (i64::MAX, i64::MIN);
            bits::each(words, |i| bounds = (bounds.0.min(figures[i]), bounds.1.max(figures[i])));
            bounds
        });
        let (low, high) = bounds.reduce(|| (i64::MAX, i64::MIN), |a, b| (a.0.min(b.0), a.1.max(b.1)));
        let width = usize::try_from(high.checked_sub(low)?).ok()?.checked_add(1)?;
        let cells = width.checked_mul(groups.map_or(1, |g| g.count))?;
        (cells <= ALWAYS.max(figures.len() / 2).min(MOST)).then_some(Counting {
            figures,
            counted,
            groups,
            low,
            width,
            cells,
        })
    }

    /// `emit(smaller, equal, members)` for each row that counts, else 0.
    pub(super) fn rank(&self, emit: &(impl Fn(usize, usize, usize) -> u64 + Sync)) -> Pages<u64> {
        let results = self.results(&self.count(), emit);
        let mut ranks = Pages::zeroed(self.figures.len());
        ranks.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, ranks)| {
            self.each(chunk..chunk + 1, |i, cell| ranks[i] = results[cell]);
        });
        ranks
    }

    /// Calls `see` with each row of the chunks that counts, from the first chunk's start, and its cell.
    fn each(&self, chunks: std::ops::Range<usize>, mut see: impl FnMut(usize, usize)) {
        let start = chunks.start * CHUNK;
        let end = (chunks.end * CHUNK).min(self.figures.len());
        let words = &self.counted[start / bits::WORD..end.div_ceil(bits::WORD)];
        let figures = &self.figures[start..end];
        match self.groups {
            None => bits::each(words, |i| see(i, figures[i].wrapping_sub(self.low) as usize)),
            Some(groups) => {
                let of = &groups.of[start..end];
                let cell = |i: usize| (of[i] as usize).wrapping_mul(self.width);
                bits::each(words, |i| see(i, cell(i).wrapping_add(figures[i].wrapping_sub(self.low) as usize)));
            }
        }
    }

    fn count(&self) -> Vec<u32> {
        let rows = self.figures.len();
        let chunks = rows.div_ceil(CHUNK);
        // Each thread's counters; together not more than a few bytes a row.
        let shares = rayon::current_num_threads().min(2 * rows / self.cells.max(1)).clamp(1, chunks.max(1));
        let share = |i: usize| {
            let mut counts = vec![0_u32; self.cells];
            self.each(i * chunks / shares..(i + 1) * chunks / shares, |_, cell| {
                counts[cell] = counts[cell].wrapping_add(1);
            });
            counts
        };
        let add = |mut a: Vec<u32>, b: Vec<u32>| {
            a.iter_mut().zip(&b).for_each(|(a, b)| *a = a.wrapping_add(*b));
            a
        };
        (0..shares).into_par_iter().map(share).reduce_with(add).unwrap_or_default()
    }

    fn results(&self, counts: &[u32], emit: &(impl Fn(usize, usize, usize) -> u64 + Sync)) -> Vec<u64> {
        let mut results = vec![0; counts.len()];
        results.par_chunks_mut(self.width).zip(counts.par_chunks(self.width)).for_each(|(results, counts)| {
            let members = counts.iter().map(|c| *c as usize).sum();
            let mut smaller = 0_usize;
            for (result, equal) in results.iter_mut().zip(counts).filter(|(_, equal)| **equal > 0) {
                *result = emit(smaller, *equal as usize, members);
                smaller += *equal as usize;
            }
        });
        results
    }
}
