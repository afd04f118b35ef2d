//! Stable partitions of parts of a population, and their inversion.
//!
//! In: one part's keys (or values), and the range of each. Out: the same by range, each range in the part's order; and,
//! after the ranges were rewritten, back in the part's order. Must not know: what keys or ranges are.
//!
//! Parts stay apart: part by part everything happens in one thread's cache, nothing is written by two threads, and the
//! results of a range come back to their rows by reading as many streams as there are ranges, not by writing at random.

use rayon::prelude::*;

/// What is scattered: keys, values, numbers of groups.
pub(super) trait Word: Copy + Default + Send + Sync {}

impl<T: Copy + Default + Send + Sync> Word for T {}

/// One part by range.
pub(super) struct Scattered<T> {
    ranges: Vec<u16>,
    /// Where each range starts in `values`, and the end.
    starts: Vec<u32>,
    /// The values by range.
    pub(super) values: Vec<T>,
}

impl<T: Word> Scattered<T> {
    /// Scatters a part's values by their ranges, which are below `count`.
    pub(super) fn new(values: &[T], ranges: Vec<u16>, count: usize) -> Scattered<T> {
        let mut starts = vec![0_u32; count + 1];
        for range in &ranges {
            let size = &mut starts[usize::from(*range) + 1];
            *size = size.wrapping_add(1);
        }
        for i in 0..count {
            starts[i + 1] += starts[i];
        }
        let values = scatter(values, &ranges, &starts);
        Scattered { ranges, starts, values }
    }

    /// Other values of the part's members by range.
    pub(super) fn along<U: Word>(&self, values: &[U]) -> Vec<U> {
        scatter(values, &self.ranges, &self.starts)
    }

    /// Where a range stands in `values`.
    pub(super) fn span(&self, range: usize) -> std::ops::Range<usize> {
        self.starts[range] as usize..self.starts[range + 1] as usize
    }

    /// The values of a range.
    pub(super) fn of(&self, range: usize) -> &[T] {
        &self.values[self.span(range)]
    }

    /// Puts the values back in the part's order.
    pub(super) fn restore(mut self, to: &mut [T]) {
        for (to, range) in to.iter_mut().zip(&self.ranges) {
            let next = &mut self.starts[usize::from(*range)];
            *to = self.values[*next as usize];
            *next = next.wrapping_add(1);
        }
    }
}

fn scatter<T: Word>(values: &[T], ranges: &[u16], starts: &[u32]) -> Vec<T> {
    let mut next = starts.to_vec();
    let mut scattered = vec![T::default(); values.len()];
    for (value, range) in values.iter().zip(ranges) {
        let next = &mut next[usize::from(*range)];
        scattered[*next as usize] = *value;
        *next = next.wrapping_add(1);
    }
    scattered
}

/// How many members of all parts each range has.
pub(super) fn sizes<T: Word>(parts: &[Scattered<T>], count: usize) -> Vec<usize> {
    let mut sizes = vec![0; count];
    for part in parts {
        for (range, size) in sizes.iter_mut().enumerate() {
            *size += part.span(range).len();
        }
    }
    sizes
}

/// For each range its piece of each part, in the order of parts.
pub(super) fn pieces<T: Word>(parts: &mut [Scattered<T>], count: usize) -> Vec<Vec<&mut [T]>> {
    let mut pieces: Vec<Vec<&mut [T]>> = (0..count).map(|_| Vec::with_capacity(parts.len())).collect();
    for part in parts {
        let mut rest = &mut part.values[..];
        for (range, pieces) in pieces.iter_mut().enumerate() {
            let length = (part.starts[range + 1] - part.starts[range]) as usize;
            let (piece, behind) = rest.split_at_mut(length);
            pieces.push(piece);
            rest = behind;
        }
    }
    pieces
}

/// Puts the values of all parts back in their order.
pub(super) fn restore<T: Word>(parts: Vec<Scattered<T>>, to: Vec<&mut [T]>) {
    parts.into_par_iter().zip(to).for_each(|(part, to)| part.restore(to));
}

/// Pieces in one row.
pub(super) fn gather<T: Word>(pieces: &[&mut [T]], to: &mut Vec<T>) {
    to.clear();
    pieces.iter().for_each(|piece| to.extend_from_slice(piece));
}

/// Pieces of the lengths given, cut off one after the other.
pub(super) fn cut<T>(mut rest: &mut [T], lengths: impl Iterator<Item = usize>) -> Vec<&mut [T]> {
    lengths
        .map(|length| {
            let (piece, behind) = std::mem::take(&mut rest).split_at_mut(length);
            rest = behind;
            piece
        })
        .collect()
}
