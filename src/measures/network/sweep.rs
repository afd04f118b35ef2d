//! Distances from many sources at once: what each node hears of the sources that reach it.
//!
//! In: rows of ties and sources. Out: [`Heard`] per node: how many sources, how far. Must not know: which centrality
//! uses it. Start at [`hear`]. Without strengths 64 sources share one breadth-first search (Then and others 2014).

use super::graph::Rows;
use super::paths::Search;

/// Sums over the sources, other than itself, that reach a node.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Heard {
    /// How many sources.
    pub(super) count: f64,
    /// The sum of their distances.
    pub(super) distance: f64,
    /// The sum of the squares of their distances.
    pub(super) distance_squared: f64,
    /// The sum of the reciprocals of their distances.
    pub(super) nearness: f64,
    /// The sum of the squares of these reciprocals.
    pub(super) nearness_squared: f64,
}

impl Heard {
    /// Adds `count` sources at one distance.
    #[inline]
    fn hear(&mut self, count: f64, distance: f64) {
        let nearness = 1.0 / distance;
        self.count += count;
        self.distance += count * distance;
        self.distance_squared += count * distance * distance;
        self.nearness += count * nearness;
        self.nearness_squared += count * nearness * nearness;
    }

    /// Adds what was heard of other sources.
    pub(super) fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.distance += other.distance;
        self.distance_squared += other.distance_squared;
        self.nearness += other.nearness;
        self.nearness_squared += other.nearness_squared;
    }
}

/// What every node hears of these sources along the rows.
pub(super) fn hear(rows: &Rows, nodes: usize, sources: &[u32]) -> Vec<Heard> {
    let mut heard = vec![Heard::default(); nodes];
    if rows.strengths.is_some() {
        let mut search = Search::new(nodes);
        for &source in sources {
            search.run(rows, source, false);
            for &node in search.order.iter().skip(1) {
                heard[node as usize].hear(1.0, search.marks[node as usize].distance);
            }
        }
    } else {
        let mut sweep = Sweep::new(nodes);
        sources.chunks(64).for_each(|batch| sweep.run(rows, batch, &mut heard));
    }
    heard
}

/// A breadth-first search from up to 64 sources, one bit each.
struct Sweep {
    /// The sources that have reached a node.
    seen: Vec<u64>,
    /// Those that reached it in the last step.
    front: Vec<u64>,
    /// Those that reach it in this step.
    next: Vec<u64>,
}

impl Sweep {
    fn new(nodes: usize) -> Self {
        Self { seen: vec![0; nodes], front: vec![0; nodes], next: vec![0; nodes] }
    }

    /// Searches from one batch of sources.
    fn run(&mut self, rows: &Rows, batch: &[u32], heard: &mut [Heard]) {
        self.seen.fill(0);
        for (bit, &source) in batch.iter().enumerate() {
            self.seen[source as usize] |= 1 << bit;
            self.front[source as usize] |= 1 << bit;
        }
        let mut active = batch.to_vec();
        let mut touched = Vec::new();
        let mut distance = 0.0;
        while !active.is_empty() {
            distance += 1.0;
            self.advance(rows, &active, &mut touched);
            active.clear();
            for &node in &touched {
                let at = node as usize;
                let new = std::mem::take(&mut self.next[at]);
                self.seen[at] |= new;
                self.front[at] = new;
                heard[at].hear(f64::from(new.count_ones()), distance);
                active.push(node);
            }
            touched.clear();
        }
    }

    /// Passes the bits of the active nodes on to their neighbours that do not have them yet.
    fn advance(&mut self, rows: &Rows, active: &[u32], touched: &mut Vec<u32>) {
        for &node in active {
            let front = std::mem::take(&mut self.front[node as usize]);
            for &end in rows.row(node as usize) {
                let new = front & !self.seen[end as usize];
                if new != 0 {
                    if self.next[end as usize] == 0 {
                        touched.push(end);
                    }
                    self.next[end as usize] |= new;
                }
            }
        }
    }
}
