//! Ranks of one group, in place.
//!
//! In: the keys of all members, in parts. Out: in each key's place what `emit` makes of how many are smaller and how many
//! equal. Must not know: figures, missing rows, groups.
//!
//! Splitters cut the keys into ranges of a few thousand; each part is put in the order of ranges; each range is ranked in
//! cache; the parts are put back in their order.

use super::local::Local;
use super::partition::{Layout, gather, pieces, sizes, undo, write_back};
use super::splitters::Splitters;
use rayon::prelude::*;

/// Keys of a range, about.
pub(super) const RANGE: usize = 4_096;

/// Up to here one range is fastest.
pub(super) const ONE_RANGE: usize = 8_192;

/// Replaces each key of a group by `emit(smaller, equal)`.
pub(super) fn rank_in_place(mut parts: Vec<&mut [u64]>, emit: &(impl Fn(usize, usize) -> u64 + Sync)) {
    let n: usize = parts.iter().map(|p| p.len()).sum();
    if n <= ONE_RANGE {
        rank_range(&mut Local::default(), parts, 0, emit);
        return;
    }
    let splitters = Splitters::sample(&parts, n, n / RANGE);
    let count = splitters.ranges();
    let partition = |buffer: &mut Vec<u64>, part: &mut &mut [u64]| {
        let layout = Layout::new(splitters.ranges_of(part), count);
        layout.apply(part, buffer);
        layout
    };
    let layouts: Vec<Layout> = parts.par_iter_mut().map_init(Vec::new, partition).collect();
    let mut starts = sizes(&layouts, count);
    starts.iter_mut().fold(0, |before, size| before + std::mem::replace(size, before));
    pieces(&mut parts, &layouts, count)
        .into_par_iter()
        .zip(starts)
        .for_each_init(Local::default, |local, (range, base)| rank_range(local, range, base, emit));
    undo(parts, layouts);
}

fn rank_range(local: &mut Local, mut pieces: Vec<&mut [u64]>, base: usize, emit: &impl Fn(usize, usize) -> u64) {
    if let [piece] = &mut pieces[..] {
        local.rank(piece, base, emit);
        return;
    }
    let mut keys = std::mem::take(&mut local.keys);
    gather(&pieces, &mut keys);
    local.rank(&mut keys, base, emit);
    write_back(&keys, pieces);
    local.keys = keys;
}
