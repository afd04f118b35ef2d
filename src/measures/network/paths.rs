//! Shortest paths from one node: breadth-first where ties have no strengths, else by Dijkstra (1959).
//!
//! In: rows of ties and a source. Out: [`Search`], with the nodes in the order of their distance. Must not know: which
//! centrality uses it. Start at [`Search::run`].

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::graph::Rows;

/// Two lengths of paths that differ by less than this, relatively, are the same: sums of 1 / strength carry rounding.
const SAME: f64 = 1.0 + 1e-12;

/// What a search knows of a node.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    /// The number of shortest paths; a user of the search may put its own value here afterwards.
    pub(super) value: f64,
    /// The distance from the source; infinite where there is no path.
    pub(super) distance: f64,
}

/// The mark of a node that no path has reached.
const UNSEEN: Mark = Mark { value: 0.0, distance: f64::INFINITY };

impl Mark {
    /// Whether a shortest path goes from here over a tie of this length to the node of the other mark.
    #[inline]
    pub(super) fn precedes(self, length: f64, next: Self) -> bool {
        self.distance < next.distance && self.distance + length <= next.distance * SAME
    }
}

/// A search from one source at a time, with memory that is used again from search to search.
pub(super) struct Search {
    /// One mark per node.
    pub(super) marks: Vec<Mark>,
    /// The reached nodes by ascending distance, the source first.
    pub(super) order: Vec<u32>,
    heap: BinaryHeap<Reverse<(u64, u32)>>,
}

impl Search {
    /// A search over so many nodes.
    pub(super) fn new(nodes: usize) -> Self {
        Self { marks: vec![UNSEEN; nodes], order: Vec::new(), heap: BinaryHeap::new() }
    }

    /// Finds distances from the source and, if `count`, the number of shortest paths to every node.
    pub(super) fn run(&mut self, rows: &Rows, source: u32, count: bool) {
        for &node in &self.order {
            self.marks[node as usize] = UNSEEN;
        }
        self.order.clear();
        self.marks[source as usize] = Mark { value: 1.0, distance: 0.0 };
        match &rows.strengths {
            None => self.breadth_first(rows, source),
            Some(strengths) => {
                self.dijkstra(rows, strengths, source);
                if count {
                    self.count_paths(rows, strengths);
                }
            }
        }
    }

    /// Breadth-first search, which counts paths as it goes.
    fn breadth_first(&mut self, rows: &Rows, source: u32) {
        self.order.push(source);
        let mut at = 0;
        while at < self.order.len() {
            let node = self.order[at] as usize;
            at += 1;
            let Mark { value, distance } = self.marks[node];
            let next = distance + 1.0;
            for &end in rows.row(node) {
                let mark = &mut self.marks[end as usize];
                if mark.distance == f64::INFINITY {
                    *mark = Mark { value, distance: next };
                    self.order.push(end);
                } else if mark.distance == next {
                    mark.value += value;
                }
            }
        }
    }

    /// Dijkstra's search. Distances are not negative, so their bits are in the order of their values.
    fn dijkstra(&mut self, rows: &Rows, strengths: &[f64], source: u32) {
        self.heap.push(Reverse((0.0_f64.to_bits(), source)));
        while let Some(Reverse((bits, node))) = self.heap.pop() {
            let distance = f64::from_bits(bits);
            if distance > self.marks[node as usize].distance {
                continue;
            }
            self.order.push(node);
            for at in rows.range(node as usize) {
                let end = rows.ends[at];
                let next = distance + 1.0 / strengths[at];
                let mark = &mut self.marks[end as usize];
                if next < mark.distance {
                    mark.distance = next;
                    self.heap.push(Reverse((next.to_bits(), end)));
                }
            }
        }
    }

    /// Counts shortest paths along the order of distances.
    fn count_paths(&mut self, rows: &Rows, strengths: &[f64]) {
        for &node in &self.order {
            let mark = self.marks[node as usize];
            for at in rows.range(node as usize) {
                let next = &mut self.marks[rows.ends[at] as usize];
                if mark.precedes(1.0 / strengths[at], *next) {
                    next.value += mark.value;
                }
            }
        }
    }
}
