//! Rows whose nodes are renumbered so that often visited nodes lie close together in memory.
//!
//! In: a graph. Out: [`Relabelled`], its outgoing rows in another numbering. Must not know: what is searched for in
//! them. Start at [`Relabelled::by_degree`]. A search visits a node once per tie, so nodes with most ties come first.

use rayon::prelude::*;

use super::graph::{Graph, Rows};

/// Outgoing rows in another numbering; rows keep the order of their ties and are not sorted.
pub(super) struct Relabelled {
    /// The rows, by new number and with new numbers in them.
    pub(super) rows: Rows,
    /// The new number of every node.
    pub(super) rank: Vec<u32>,
}

impl Relabelled {
    /// Numbers nodes by falling number of incoming ties, those with as many by their old number.
    pub(super) fn by_degree(graph: &Graph) -> Self {
        let nodes = graph.nodes();
        let mut order: Vec<u32> = (0..nodes as u32).collect();
        order.par_sort_by_key(|&node| std::cmp::Reverse(graph.in_rows().degree(node as usize)));
        let mut rank = vec![0; nodes];
        order.iter().enumerate().for_each(|(new, &old)| rank[old as usize] = new as u32);
        let old = graph.out_rows();
        let mut rows = Rows {
            offsets: Vec::with_capacity(nodes + 1),
            ends: Vec::with_capacity(old.len()),
            strengths: old.strengths.as_ref().map(|_| Vec::with_capacity(old.len())),
        };
        rows.offsets.push(0);
        for node in order {
            rows.ends.extend(old.row(node as usize).iter().map(|&end| rank[end as usize]));
            if let (Some(new), Some(old_strengths)) = (&mut rows.strengths, &old.strengths) {
                new.extend_from_slice(&old_strengths[old.range(node as usize)]);
            }
            rows.offsets.push(rows.ends.len());
        }
        Self { rows, rank }
    }
}
