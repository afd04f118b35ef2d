//! Ranks of one group, in place.
//!
//! In: the keys of all members, in parts. Out: in each key's place what `emit` makes of how many are smaller and how many
//! equal. Must not know: figures, missing rows, groups.
//!
//! Splitters cut the keys into ranges of a few thousand; each part is scattered by range in cache; each range is ranked
//! in cache; the results go back part by part.

use super::local::Local;
use super::partition::{Scattered, gather, pieces, restore, sizes};
use super::splitters::Splitters;
use rayon::prelude::*;

/// Keys of a range, about.
pub(super) const RANGE: usize = 4_096;

/// Up to here one range is fastest.
pub(super) const ONE_RANGE: usize = 8_192;

/// Replaces each key of a group by `emit(smaller, equal)`.
pub(super) fn rank_in_place(parts: Vec<&mut [u64]>, emit: &(impl Fn(usize, usize) -> u64 + Sync)) {
    let n: usize = parts.iter().map(|p| p.len()).sum();
    if n <= ONE_RANGE {
        rank_range(&mut Local::default(), parts, 0, emit);
        return;
    }
    let splitters = Splitters::sample(&parts, n, n / RANGE);
    let count = splitters.ranges();
    let scatter = |part: &&mut [u64]| Scattered::new(part, splitters.ranges_of(part), count);
    let mut scattered: Vec<Scattered<u64>> = parts.par_iter().map(scatter).collect();
    let mut starts = sizes(&scattered, count);
    starts.iter_mut().fold(0, |before, size| before + std::mem::replace(size, before));
    let ranges = pieces(&mut scattered, count);
    ranges
        .into_par_iter()
        .zip(starts)
        .for_each_init(Local::default, |local, (range, base)| rank_range(local, range, base, emit));
    restore(scattered, parts);
}

fn rank_range(local: &mut Local, pieces: Vec<&mut [u64]>, base: usize, emit: &impl Fn(usize, usize) -> u64) {
    let mut keys = std::mem::take(&mut local.keys);
    gather(&pieces, &mut keys);
    local.rank(&mut keys, base, emit);
    write_back(&keys, pieces);
    local.keys = keys;
}

/// Writes what was gathered back to its pieces.
pub(super) fn write_back(mut from: &[u64], pieces: Vec<&mut [u64]>) {
    for piece in pieces {
        let (ranked, behind) = from.split_at(piece.len());
        piece.copy_from_slice(ranked);
        from = behind;
    }
}
