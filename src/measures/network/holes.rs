//! Structural holes: how far a node's contacts are tied to each other, and so repeat or bind one another.
//!
//! In: a graph. Out: constraint, effective size and efficiency per node. Must not know: groups and customers. Start at
//! [`structural_holes`].

use rayon::prelude::*;

use super::graph::{Graph, Rows};

/// Nodes that share one working memory.
const BLOCK: usize = 8192;

/// Burt's measures of every node. All are NaN (missing) for a node without ties.
#[derive(Debug, Clone, PartialEq)]
pub struct StructuralHoles {
    /// Constraint: the sum over contacts j of (p_ij + Σ_q p_iq p_qj)². High where contacts are few or know each other.
    pub constraint: Vec<f64>,
    /// Effective size: the sum over contacts j of 1 − Σ_q p_iq m_jq. The number of contacts where none know each other.
    pub effective_size: Vec<f64>,
    /// Efficiency: effective size divided by the number of contacts.
    pub efficiency: Vec<f64>,
}

/// Constraint, effective size and efficiency (Burt 1992), as `networkx.constraint` and `networkx.effective_size`.
///
/// Between two nodes counts the strength of their ties in both directions. p_ij is that strength as a share of all of
/// i's; m_jq is that of j and q as a share of j's largest. Time grows with the sum over ties of the smaller of the two
/// degrees.
///
/// ```
/// use tierwright::measures::network::{Graph, structural_holes};
///
/// // Node 0 joins two people who do not know each other.
/// let graph = Graph::new(3, &[0, 0], &[1, 2], None, false)?;
/// let holes = structural_holes(&graph);
/// assert_eq!((holes.constraint[0], holes.effective_size[0]), (0.5, 2.0));
/// # Ok::<(), tierwright::measures::network::Fault>(())
/// ```
pub fn structural_holes(graph: &Graph) -> StructuralHoles {
    let both;
    let rows = match &graph.inward {
        None => graph.out_rows(),
        Some(inward) => {
            both = mutual(graph.out_rows(), inward);
            &both
        }
    };
    let nodes = graph.nodes();
    let totals: Vec<(f64, f64)> = (0..nodes).into_par_iter().map(|node| total_and_largest(rows, node)).collect();
    let block = |at: usize| {
        let mut near = Near { strength: vec![0.0; nodes] };
        (at * BLOCK..nodes.min((at + 1) * BLOCK)).map(|node| near.measure(rows, &totals, node)).collect::<Vec<_>>()
    };
    let measured: Vec<(f64, f64)> =
        (0..nodes.div_ceil(BLOCK)).into_par_iter().with_max_len(1).flat_map_iter(block).collect();
    let share = |(node, (_, size)): (usize, &(f64, f64))| size / rows.degree(node) as f64;
    StructuralHoles {
        constraint: measured.iter().map(|pair| pair.0).collect(),
        effective_size: measured.iter().map(|pair| pair.1).collect(),
        efficiency: measured.iter().enumerate().map(share).collect(),
    }
}

/// The sum and the largest of a node's strengths.
fn total_and_largest(rows: &Rows, node: usize) -> (f64, f64) {
    (rows.strength(node), rows.ties(node).fold(0.0, |largest, (_, strength)| strength.max(largest)))
}

/// The strengths of one node's ties, by the other node; 0 where there is no tie.
struct Near {
    strength: Vec<f64>,
}

impl Near {
    /// Constraint and effective size of one node.
    fn measure(&mut self, rows: &Rows, totals: &[(f64, f64)], node: usize) -> (f64, f64) {
        if rows.degree(node) == 0 {
            return (f64::NAN, f64::NAN);
        }
        rows.ties(node).for_each(|(end, strength)| self.strength[end as usize] = strength);
        let (total, _) = totals[node];
        let (mut constraint, mut size) = (0.0, 0.0);
        for (contact, strength) in rows.ties(node) {
            let (over, same) = self.through(rows, totals, node, contact as usize);
            let bound = (strength + over) / total;
            constraint += bound * bound;
            size += 1.0 - same / (total * totals[contact as usize].1);
        }
        rows.row(node).iter().for_each(|&end| self.strength[end as usize] = 0.0);
        (constraint, size)
    }

    /// Sums over the people q whom the node and its contact have in common: Σ a_iq a_qj / total_q, and Σ a_iq a_jq.
    fn through(&self, rows: &Rows, totals: &[(f64, f64)], node: usize, contact: usize) -> (f64, f64) {
        let (mut over, mut same) = (0.0, 0.0);
        let mut meet = |q: u32, mine: f64, theirs: f64| {
            over += mine * theirs / totals[q as usize].0;
            same += mine * theirs;
        };
        let (my_degree, their_degree) = (rows.degree(node), rows.degree(contact));
        if their_degree <= my_degree.saturating_mul(8) {
            for (q, theirs) in rows.ties(contact) {
                let mine = self.strength[q as usize];
                if mine > 0.0 {
                    meet(q, mine, theirs);
                }
            }
        } else {
            let (theirs, start) = (rows.row(contact), rows.range(contact).start);
            for (q, mine) in rows.ties(node) {
                if let Ok(at) = theirs.binary_search(&q) {
                    meet(q, mine, rows.strength_at(start + at));
                }
            }
        }
        (over, same)
    }
}

/// Rows in which every pair that is tied in either direction has the sum of both strengths.
pub(super) fn mutual(outward: &Rows, inward: &Rows) -> Rows {
    let nodes = outward.offsets.len() - 1;
    let block = |at: usize| merge_block(outward, inward, at * BLOCK..nodes.min((at + 1) * BLOCK));
    let blocks: Vec<Rows> = (0..nodes.div_ceil(BLOCK)).into_par_iter().with_max_len(1).map(block).collect();
    let len = blocks.iter().map(Rows::len).sum();
    let (mut offsets, mut ends, mut strengths) =
        (Vec::with_capacity(nodes + 1), Vec::with_capacity(len), Vec::with_capacity(len));
    offsets.push(0);
    for mut block in blocks {
        let before = ends.len();
        offsets.extend(block.offsets.iter().map(|end| before + end));
        ends.append(&mut block.ends);
        strengths.extend(block.strengths.into_iter().flatten());
    }
    Rows { offsets, ends, strengths: Some(strengths) }
}

/// The merged rows of one block of nodes; `offsets` has the end of each row only.
fn merge_block(outward: &Rows, inward: &Rows, nodes: std::ops::Range<usize>) -> Rows {
    let (mut offsets, mut ends, mut strengths) = (Vec::with_capacity(nodes.len()), Vec::new(), Vec::new());
    for node in nodes {
        for (end, strength) in merge_row(outward, inward, node) {
            ends.push(end);
            strengths.push(strength);
        }
        offsets.push(ends.len());
    }
    Rows { offsets, ends, strengths: Some(strengths) }
}

/// Merges the two sorted rows of a node.
fn merge_row<'a>(outward: &'a Rows, inward: &'a Rows, node: usize) -> impl Iterator<Item = (u32, f64)> + 'a {
    let (mut left, mut right) = (outward.ties(node).peekable(), inward.ties(node).peekable());
    std::iter::from_fn(move || match (left.peek().copied(), right.peek().copied()) {
        (Some(a), Some(b)) if a.0 == b.0 => {
            left.next();
            right.next();
            Some((a.0, a.1 + b.1))
        }
        (Some(a), Some(b)) if a.0 < b.0 => {
            left.next();
            Some(a)
        }
        (Some(a), None) => {
            left.next();
            Some(a)
        }
        (_, Some(b)) => {
            right.next();
            Some(b)
        }
        (None, None) => None,
    })
}
