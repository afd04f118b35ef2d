//! Pivots: the nodes that stand for all nodes where an exact measure would take too long.
//!
//! In: the size of a graph and the options. Out: node indices in ascending order. Must not know: what is measured.
//! Start at [`Sampling`].

use super::fault::Fault;
use super::graph::Graph;

/// When a measure over shortest paths is exact and when it rests on a sample of pivots.
///
/// The measure is exact when nodes × (nodes + ties) is at most `exact_work`, or when there are no more nodes than
/// pivots. Otherwise `pivots` nodes are drawn without replacement, every set of that size being equally likely. The
/// draw depends on `seed`, the number of nodes and the number of pivots alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampling {
    /// How many pivots to draw; at least 2. 256 unless told.
    pub pivots: usize,
    /// The most tie visits for which a measure is exact; `u64::MAX` never samples, 0 samples whenever it can. 10^10
    /// unless told, which is of the order of a minute.
    pub exact_work: u64,
    /// The seed of the draw; 1 unless told.
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { pivots: 256, exact_work: 10_000_000_000, seed: 1 }
    }
}

impl Sampling {
    /// The pivots for this graph, ascending: all nodes where the measure is exact.
    pub(super) fn pivots_of(&self, graph: &Graph) -> Result<Vec<u32>, Fault> {
        if self.pivots < 2 {
            return Err(Fault::Setting { name: "pivots", value: self.pivots as f64, allowed: "2 or more" });
        }
        let nodes = graph.nodes();
        let work = (nodes as u128) * ((nodes + graph.out_rows().len()) as u128);
        let mut all: Vec<u32> = (0..nodes as u32).collect();
        if work <= u128::from(self.exact_work) || nodes <= self.pivots {
            return Ok(all);
        }
        let mut random = SplitMix::new(self.seed);
        for at in 0..self.pivots {
            let other = at + random.below((nodes - at) as u64) as usize;
            all.swap(at, other);
        }
        all.truncate(self.pivots);
        all.sort_unstable();
        Ok(all)
    }
}

/// The generator SplitMix64 (Steele, Lea and Flood 2014): small, seeded, the same on every machine.
pub(super) struct SplitMix(u64);

impl SplitMix {
    /// A generator that starts from this seed.
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub(super) fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// A number from 0 to `bound - 1`; its bias is below `bound` / 2^64.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.draw()) * u128::from(bound)) >> 64) as u64
    }
}
