//! Splitters: keys that cut a population into ranges of about equal numbers.
//!
//! In: parts of a population's keys. Out: the range of any key. A fixed sample is sorted; its quantiles cut. A key so
//! frequent that it is several quantiles has a range of its own. Must not know: what is done with ranges.
//!
//! The search is a walk down a tree in an array, without branches, for eight keys at once: 10 levels took 4 ns a key.

/// Splitters at most, and one.
const NODES: usize = 2_048;

/// Keys of the sample for each range.
const SAMPLE: usize = 16;

/// A tree of splitters.
pub(super) struct Splitters {
    /// The root at 1, the children of `i` at `2 i` and `2 i + 1`.
    tree: Box<[u64; NODES]>,
    depth: u32,
}

impl Splitters {
    /// Splitters for about `ranges` ranges, at most 1,024, of the `n` keys of the parts.
    pub(super) fn sample(parts: &[&mut [u64]], n: usize, ranges: usize) -> Splitters {
        let ranges = ranges.clamp(1, NODES / 2);
        let mut sample = Vec::with_capacity(ranges * SAMPLE + parts.len());
        let mut state = 1_u64;
        for part in parts.iter().filter(|p| !p.is_empty()) {
            for _ in 0..(part.len() as u128 * (ranges * SAMPLE) as u128).div_ceil(n.max(1) as u128) {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                sample.push(part[(((state >> 32) as u128 * part.len() as u128) >> 32) as usize]);
            }
        }
        sample.sort_unstable();
        let quantile = |i: usize| sample[(i as u128 * sample.len() as u128 / ranges as u128) as usize];
        let mut cuts: Vec<u64> = Vec::with_capacity(NODES);
        let mut previous = None;
        for cut in (1..ranges).map(quantile) {
            if previous == Some(cut) && cut > 0 {
                // The keys up to the one before, then this key alone.
                cuts.push(cut - 1);
            }
            cuts.push(cut);
            previous = Some(cut);
        }
        cuts.sort_unstable();
        cuts.dedup();
        Splitters::tree(&cuts)
    }

    /// The tree of ascending splitters.
    fn tree(cuts: &[u64]) -> Splitters {
        let depth = (cuts.len() + 1).next_power_of_two().trailing_zeros();
        // No key is larger than the filling, so that ranges behind the last splitter stay empty.
        let mut tree = Box::new([u64::MAX; NODES]);
        for level in 0..depth {
            let step = 1_usize << (depth - level);
            for i in 0..1_usize << level {
                tree[(1 << level) + i] = cuts.get(i * step + step / 2 - 1).copied().unwrap_or(u64::MAX);
            }
        }
        Splitters { tree, depth }
    }

    /// How many ranges there are; some may be empty.
    pub(super) fn ranges(&self) -> usize {
        1 << self.depth
    }

    /// The ranges of keys: how many splitters are smaller than each.
    pub(super) fn ranges_of(&self, keys: &[u64]) -> Vec<u16> {
        let mut ranges = Vec::with_capacity(keys.len());
        let (eights, rest) = keys.as_chunks::<8>();
        for eight in eights {
            ranges.extend_from_slice(&self.descend(eight));
        }
        for key in rest {
            ranges.extend_from_slice(&self.descend(&[*key]));
        }
        ranges
    }

    fn descend<const N: usize>(&self, keys: &[u64; N]) -> [u16; N] {
        let mut at = [1_usize; N];
        for _ in 0..self.depth {
            for (at, key) in at.iter_mut().zip(keys) {
                let node = *at & (NODES - 1);
                *at = 2 * node + usize::from(*key > self.tree[node]);
            }
        }
        at.map(|at| (at - (1 << self.depth)) as u16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_the_number_of_smaller_splitters() {
        for count in [0, 1, 2, 3, 6, 7, 8, 1_500, NODES - 1] {
            let cuts: Vec<u64> = (0..count as u64).map(|i| i * 10).collect();
            let splitters = Splitters::tree(&cuts);
            let keys: Vec<u64> = (0..count as u64 * 10 + 20).chain([u64::MAX]).collect();
            let ranges = splitters.ranges_of(&keys);
            let expected = |key: u64| cuts.iter().filter(|c| **c < key).count();
            assert!(keys.iter().zip(&ranges).all(|(key, range)| expected(*key) == usize::from(*range)));
            assert!(count < splitters.ranges());
        }
    }

    #[test]
    fn frequent_keys_have_a_range_of_their_own() {
        let mut keys: Vec<u64> = (0..10_000).map(|i| if i % 2 == 0 { 5_000 } else { i }).collect();
        let splitters = Splitters::sample(&[&mut keys[..]], 10_000, 64);
        let ranges = splitters.ranges_of(&[4_999, 5_000, 5_001]);
        assert!(ranges[0] < ranges[1] && ranges[1] < ranges[2]);
    }
}
