//! Strongly connected classes: nodes that lead to one another along ties.
//!
//! In: the outgoing ties of all nodes. Out: [`Classes`], numbered so that ties lead to lower numbers. Must not know: what is measured
//! within a class. Start at [`Classes::of`].

use super::graph::Rows;

/// The classes of a graph. In an undirected graph they are its components.
pub(super) struct Classes {
    /// The class of every node. A tie between two classes leads from the higher number to the lower.
    pub(super) labels: Vec<u32>,
    /// The place of every node among those of its class.
    pub(super) places: Vec<u32>,
    offsets: Vec<usize>,
    members: Vec<u32>,
}

impl Classes {
    /// Finds the classes by one search in depth (Tarjan 1972), without recursion. O(nodes + ties).
    pub(super) fn of(rows: &Rows, nodes: usize) -> Self {
        let mut search = Search {
            found: vec![OPEN; nodes],
            lowest: vec![OPEN; nodes],
            labels: vec![OPEN; nodes],
            waiting: Vec::new(),
            count: 0,
            classes: 0,
        };
        for start in 0..nodes as u32 {
            if search.found[start as usize] == OPEN {
                search.from(start, rows);
            }
        }
        Self::sorted(search.labels, search.classes as usize)
    }

    /// Sorts nodes by class; within one they ascend.
    fn sorted(labels: Vec<u32>, classes: usize) -> Self {
        let mut offsets = vec![0; classes + 1];
        labels.iter().for_each(|&label| offsets[label as usize + 1] += 1);
        for class in 0..classes {
            offsets[class + 1] += offsets[class];
        }
        let mut next = offsets.clone();
        let mut members = vec![0; labels.len()];
        let mut places = vec![0; labels.len()];
        for (node, &label) in labels.iter().enumerate() {
            let at = &mut next[label as usize];
            members[*at] = node as u32;
            places[node] = (*at - offsets[label as usize]) as u32;
            *at += 1;
        }
        Self { labels, places, offsets, members }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The nodes of a class, ascending.
    pub(super) fn members(&self, class: usize) -> &[u32] {
        &self.members[self.offsets[class]..self.offsets[class + 1]]
    }
}

/// Not yet numbered.
const OPEN: u32 = u32::MAX;

struct Search {
    /// When a node was found.
    found: Vec<u32>,
    /// The earliest node that is known to be in its class.
    lowest: Vec<u32>,
    labels: Vec<u32>,
    /// Nodes whose class is not closed.
    waiting: Vec<u32>,
    count: u32,
    classes: u32,
}

impl Search {
    fn from(&mut self, start: u32, rows: &Rows) {
        // Nodes on the way, each with its next tie.
        let mut way = vec![(start, 0)];
        self.find(start);
        while let Some((node, next)) = way.last_mut() {
            let here = *node as usize;
            if let Some(&end) = rows.row(here).get(*next) {
                *next += 1;
                if self.found[end as usize] == OPEN {
                    self.find(end);
                    way.push((end, 0));
                } else if self.labels[end as usize] == OPEN {
                    self.lowest[here] = self.lowest[here].min(self.found[end as usize]);
                }
                continue;
            }
            way.pop();
            if let Some(&(before, _)) = way.last() {
                let before = before as usize;
                self.lowest[before] = self.lowest[before].min(self.lowest[here]);
            }
            if self.lowest[here] == self.found[here] {
                self.close(here as u32);
            }
        }
    }

    fn find(&mut self, node: u32) {
        self.found[node as usize] = self.count;
        self.lowest[node as usize] = self.count;
        self.count += 1;
        self.waiting.push(node);
    }

    fn close(&mut self, first: u32) {
        while let Some(node) = self.waiting.pop() {
            self.labels[node as usize] = self.classes;
            if node == first {
                break;
            }
        }
        self.classes += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::super::Graph;
    use super::*;

    #[test]
    fn ties_lead_to_lower_classes() {
        // Two circles, 0 → 1 → 2 → 0 and 3 ⇄ 4, a tie between them, and a node at each end.
        let graph =
            Graph::new(7, &[0, 1, 2, 3, 4, 2, 5, 4], &[1, 2, 0, 4, 3, 3, 0, 6], None, true).expect("valid ties");
        let classes = Classes::of(graph.out_rows(), 7);
        assert_eq!(classes.len(), 4);
        let [first, second] = [0, 3].map(|node| classes.labels[node] as usize);
        assert_eq!((classes.members(first), classes.members(second)), (&[0, 1, 2][..], &[3, 4][..]));
        assert_eq!(classes.places, [0, 1, 2, 0, 1, 0, 0]);
        let label = |node: usize| classes.labels[node];
        assert!(label(5) > label(0) && label(0) > label(3) && label(3) > label(6));
        let apart = Graph::new(5, &[0, 1], &[2, 3], None, false).expect("valid ties");
        assert_eq!(Classes::of(apart.out_rows(), 5).len(), 3);
    }
}
