//! Sorting and ranking of a few thousand keys in one thread's cache.
//!
//! In: keys. Out: the keys ascending, or in each key's place what `emit` makes of how many are smaller and how many are
//! equal. Must not know: populations, threads.
//!
//! A key's distance from the smallest, moved up to the top bit, takes its position in the low bits, so that single
//! words are sorted: two counting passes over the top 22 bits, and insertion for the little that is left.

use super::radix::sort;

/// Buffers for one thread.
#[derive(Default)]
pub(super) struct Local {
    packed: Vec<u64>,
    other: Vec<u64>,
    /// For callers: the keys of a range.
    pub(super) keys: Vec<u64>,
    /// For callers: to put them in another order.
    pub(super) buffer: Vec<u64>,
}

impl Local {
    /// Sorts keys.
    pub(super) fn sort(&mut self, keys: &mut [u64]) {
        let Some((low, high)) = bounds(keys) else { return };
        if low == high {
            return;
        }
        let up = (high - low).leading_zeros();
        keys.iter_mut().for_each(|key| *key = (*key - low) << up);
        sort(keys, &mut self.other);
        keys.iter_mut().for_each(|key| *key = (*key >> up) + low);
    }

    /// Replaces each key by `emit(smaller, equal)`; `smaller` starts from `base`.
    pub(super) fn rank(&mut self, keys: &mut [u64], base: usize, emit: &impl Fn(usize, usize) -> u64) {
        let Some((low, high)) = bounds(keys) else { return };
        if low == high {
            keys.fill(emit(base, keys.len()));
            return;
        }
        let position_bits = usize::BITS - (keys.len() - 1).leading_zeros();
        let positions = (1_u64 << position_bits) - 1;
        let up = (high - low).leading_zeros();
        self.packed.clear();
        self.packed.extend(keys.iter().enumerate().map(|(i, key)| (((key - low) << up) & !positions) | i as u64));
        sort(&mut self.packed, &mut self.other);
        let n = keys.len();
        let is_exact = up >= position_bits;
        let mut start = 0;
        while start < n {
            let distance = self.packed[start] >> position_bits;
            let same = self.packed[start..].iter().take_while(|p| **p >> position_bits == distance).count();
            let run = &mut self.packed[start..start + same];
            if is_exact || same == 1 {
                let value = emit(base + start, same);
                run.iter().for_each(|p| keys[(p & positions) as usize] = value);
            } else {
                rank_alike(run, positions, keys, base + start, emit);
            }
            start += same;
        }
    }
}

/// Ranks keys whose packed words differ in positions alone: by the whole keys.
fn rank_alike(run: &mut [u64], positions: u64, keys: &mut [u64], base: usize, emit: &impl Fn(usize, usize) -> u64) {
    run.sort_unstable_by_key(|p| keys[(p & positions) as usize]);
    let mut start = 0;
    while start < run.len() {
        let key = keys[(run[start] & positions) as usize];
        let same = run[start..].iter().take_while(|p| keys[(**p & positions) as usize] == key).count();
        let value = emit(base + start, same);
        run[start..start + same].iter().for_each(|p| keys[(p & positions) as usize] = value);
        start += same;
    }
}

/// The smallest and the largest key.
fn bounds(keys: &[u64]) -> Option<(u64, u64)> {
    let first = *keys.first()?;
    Some(keys.iter().fold((first, first), |(low, high), key| (low.min(*key), high.max(*key))))
}
