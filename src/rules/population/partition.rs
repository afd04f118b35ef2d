//! Stable partitions of parts of a population in their place, and their inversion.
//!
//! In: one part's values (keys, figures), and the range of each. Out: the same by range, each range in the part's order;
//! and, after the ranges were rewritten, back in the part's order. Must not know: what values or ranges are.
//!
//! Parts stay apart: part by part everything happens in one thread's cache, nothing is written by two threads, and the
//! results of a range come back to their rows by reading as many streams as there are ranges, not by writing at random.
//! In place, because pages that are touched for the first time cost more than the sorting does.

use rayon::prelude::*;
use std::ops::Range;

/// What is partitioned: keys, figures, numbers of groups.
pub(super) trait Word: Copy + Default + Send + Sync {}

impl<T: Copy + Default + Send + Sync> Word for T {}

/// Where the members of one part stand by range.
pub(super) struct Layout {
    ranges: Vec<u16>,
    /// Where each range starts, and the end.
    starts: Vec<u32>,
}

impl Layout {
    /// The layout of members by their ranges, which are below `count`.
    pub(super) fn new(ranges: Vec<u16>, count: usize) -> Layout {
        let mut starts = vec![0_u32; count + 1];
        for range in &ranges {
            let size = &mut starts[usize::from(*range) + 1];
            *size = size.wrapping_add(1);
        }
        for i in 0..count {
            starts[i + 1] += starts[i];
        }
        Layout { ranges, starts }
    }

    /// Where a range stands.
    pub(super) fn span(&self, range: usize) -> Range<usize> {
        self.starts[range] as usize..self.starts[range + 1] as usize
    }

    /// Puts the part's values in the order of ranges; `buffer` is overwritten.
    pub(super) fn apply<T: Word>(&self, values: &mut [T], buffer: &mut Vec<T>) {
        buffer.clear();
        buffer.extend_from_slice(values);
        let mut next = self.starts.clone();
        for (value, range) in buffer.iter().zip(&self.ranges) {
            let next = &mut next[usize::from(*range)];
            values[*next as usize] = *value;
            *next = next.wrapping_add(1);
        }
    }

    /// Puts the values back in the part's order.
    pub(super) fn undo<T: Word>(mut self, values: &mut [T], buffer: &mut Vec<T>) {
        buffer.clear();
        buffer.extend_from_slice(values);
        for (value, range) in values.iter_mut().zip(&self.ranges) {
            let next = &mut self.starts[usize::from(*range)];
            *value = buffer[*next as usize];
            *next = next.wrapping_add(1);
        }
    }
}

/// How many members of all parts each range has.
pub(super) fn sizes(layouts: &[Layout], count: usize) -> Vec<usize> {
    let mut sizes = vec![0; count];
    for layout in layouts {
        for (range, size) in sizes.iter_mut().enumerate() {
            *size += layout.span(range).len();
        }
    }
    sizes
}

/// For each range its piece of each part, in the order of parts.
pub(super) fn pieces<'p, T: Word>(
    parts: &'p mut [&mut [T]],
    layouts: &[Layout],
    count: usize,
) -> Vec<Vec<&'p mut [T]>> {
    let mut pieces: Vec<Vec<&mut [T]>> = (0..count).map(|_| Vec::with_capacity(layouts.len())).collect();
    for (part, layout) in parts.iter_mut().zip(layouts) {
        let lengths = (0..count).map(|range| layout.span(range).len());
        pieces.iter_mut().zip(cut(part, lengths)).for_each(|(pieces, piece)| pieces.push(piece));
    }
    pieces
}

/// Puts the values of all parts back in their order.
pub(super) fn undo<T: Word>(parts: Vec<&mut [T]>, layouts: Vec<Layout>) {
    layouts.into_par_iter().zip(parts).for_each_init(Vec::new, |buffer, (layout, part)| layout.undo(part, buffer));
}

/// Pieces in one row.
pub(super) fn gather<T: Word>(pieces: &[&mut [T]], to: &mut Vec<T>) {
    to.clear();
    pieces.iter().for_each(|piece| to.extend_from_slice(piece));
}

/// Writes what was gathered back to its pieces.
pub(super) fn write_back<T: Word>(mut from: &[T], pieces: Vec<&mut [T]>) {
    for piece in pieces {
        let (own, behind) = from.split_at(piece.len());
        piece.copy_from_slice(own);
        from = behind;
    }
}

/// Pieces of the lengths given, cut off one after the other.
pub(super) fn cut<T>(mut rest: &mut [T], lengths: impl Iterator<Item = usize>) -> impl Iterator<Item = &mut [T]> {
    lengths.map(move |length| {
        let (piece, behind) = std::mem::take(&mut rest).split_at_mut(length);
        rest = behind;
        piece
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_is_stable_and_comes_back() {
        let layout = Layout::new(vec![2, 0, 2, 1, 0], 4);
        let (mut values, mut buffer) = (vec![10, 11, 12, 13, 14], Vec::new());
        layout.apply(&mut values, &mut buffer);
        assert_eq!(values, [11, 14, 13, 10, 12]);
        assert_eq!([0, 1, 2, 3].map(|range| layout.span(range)), [0..2, 2..3, 3..5, 5..5]);
        layout.undo(&mut values, &mut buffer);
        assert_eq!(values, [10, 11, 12, 13, 14]);
    }
}
