//! A network in compressed sparse rows: per node the sorted list of the nodes that it is tied to.
//!
//! In: columns of ties. Out: [`Graph`], with rows for both directions. Must not know: any measure, or what a node
//! stands for. Start at [`Graph::new`]; how the rows are filled is in `build`.

use rayon::prelude::*;

use super::build;
use super::fault::Fault;

/// A network of `nodes` people, numbered from 0, and the ties between them.
///
/// A tie has a strength: more is closer, and where a measure needs a distance it is 1 / strength. A graph that is
/// built without strengths counts every tie as 1. In a directed graph the tie a → b is not the tie b → a; in an
/// undirected graph they are one.
#[derive(Debug, Clone)]
pub struct Graph {
    pub(super) nodes: usize,
    pub(super) outward: Rows,
    /// Rows of incoming ties; none in an undirected graph, where they are the outward rows.
    pub(super) inward: Option<Rows>,
    pub(super) counts: TieCounts,
}

/// What became of the rows from which a graph was built: `rows = self_ties + merged + ties`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TieCounts {
    /// Rows that were given.
    pub rows: usize,
    /// Rows from a node to itself; they are dropped.
    pub self_ties: usize,
    /// Rows that were merged into an earlier row of the same pair.
    pub merged: usize,
    /// Ties of the graph; an undirected tie counts once.
    pub ties: usize,
}

impl Graph {
    /// Builds a graph from columns of equal length: tie `i` runs from `from[i]` to `to[i]` with strength `weight[i]`.
    ///
    /// Rows of the same pair become one tie whose strength is their sum in the order of the rows; in an undirected
    /// graph a-b and b-a are the same pair. Without a weight column repeated rows say nothing new: the tie counts as 1
    /// (to count contacts, give each row the weight 1). Takes O(nodes + rows) time and, at its peak, about twice the
    /// memory of the finished graph.
    ///
    /// # Errors
    /// Columns of unequal length, a node that is not below `nodes`, a strength that is not a finite (normal) number
    /// above zero, strengths whose sum is not finite, or 2^32 - 1 nodes and more.
    ///
    /// ```
    /// use tierwright::measures::network::Graph;
    ///
    /// // Two meetings of 0 and 1, and one person who wrote to himself.
    /// let graph = Graph::new(2, &[0, 1, 1], &[1, 0, 1], Some(&[2.0, 3.0, 9.0]), false)?;
    /// assert_eq!(graph.ties_from(0).collect::<Vec<_>>(), [(1, 5.0)]);
    /// assert_eq!((graph.counts().self_ties, graph.counts().merged), (1, 1));
    /// # Ok::<(), tierwright::measures::network::Fault>(())
    /// ```
    pub fn new(nodes: usize, from: &[u32], to: &[u32], weight: Option<&[f64]>, directed: bool) -> Result<Self, Fault> {
        build::graph(nodes, from, to, weight, directed)
    }

    /// How many nodes the graph has.
    pub fn nodes(&self) -> usize {
        self.nodes
    }

    /// How many ties it has, and how many rows were dropped or merged.
    pub fn counts(&self) -> TieCounts {
        self.counts
    }

    /// Whether ties have a direction.
    pub fn directed(&self) -> bool {
        self.inward.is_some()
    }

    /// Whether ties have strengths of their own.
    pub fn weighted(&self) -> bool {
        self.outward.strengths.is_some()
    }

    /// The ties that leave a node, as (other node, strength), ascending by node; none for a node out of range.
    pub fn ties_from(&self, node: u32) -> impl Iterator<Item = (u32, f64)> {
        self.outward.ties(node as usize)
    }

    /// The ties that arrive at a node, as (other node, strength), ascending by node; none for a node out of range.
    pub fn ties_to(&self, node: u32) -> impl Iterator<Item = (u32, f64)> {
        self.in_rows().ties(node as usize)
    }

    /// Rows of outgoing ties.
    pub(super) fn out_rows(&self) -> &Rows {
        &self.outward
    }

    /// Rows of incoming ties.
    pub(super) fn in_rows(&self) -> &Rows {
        self.inward.as_ref().unwrap_or(&self.outward)
    }
}

/// Compressed sparse rows: row `v` is `ends[offsets[v]..offsets[v + 1]]`, ascending, with strengths beside it.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    pub(super) offsets: Vec<usize>,
    pub(super) ends: Vec<u32>,
    pub(super) strengths: Option<Vec<f64>>,
}

impl Rows {
    /// Entries in all rows.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Where row `node` begins and ends; empty for a node out of range.
    #[inline]
    pub(super) fn range(&self, node: usize) -> std::ops::Range<usize> {
        match (self.offsets.get(node), self.offsets.get(node + 1)) {
            (Some(&start), Some(&end)) => start..end,
            _ => 0..0,
        }
    }

    /// The other ends of the ties of a node.
    #[inline]
    pub(super) fn row(&self, node: usize) -> &[u32] {
        &self.ends[self.range(node)]
    }

    /// How many ties a node has.
    #[inline]
    pub(super) fn degree(&self, node: usize) -> usize {
        self.range(node).len()
    }

    /// The strength of the entry at this position; 1 where ties have none of their own.
    #[inline]
    pub(super) fn strength_at(&self, at: usize) -> f64 {
        self.strengths.as_ref().map_or(1.0, |strengths| strengths[at])
    }

    /// The ties of a node with their strengths.
    pub(super) fn ties(&self, node: usize) -> impl Iterator<Item = (u32, f64)> {
        self.range(node).map(|at| (self.ends[at], self.strength_at(at)))
    }

    /// The strengths of a node's ties, added in the order of its row.
    pub(super) fn strength(&self, node: usize) -> f64 {
        match &self.strengths {
            None => self.degree(node) as f64,
            Some(strengths) => strengths[self.range(node)].iter().sum(),
        }
    }

    /// The sum over a node's ties of strength × the other end's value: one entry of a matrix-vector product.
    #[inline]
    pub(super) fn dot(&self, node: usize, values: &[f64]) -> f64 {
        let range = self.range(node);
        match &self.strengths {
            None => self.ends[range].iter().map(|&end| values[end as usize]).sum(),
            Some(strengths) => {
                let ends = &self.ends[range.clone()];
                ends.iter().zip(&strengths[range]).map(|(&end, strength)| strength * values[end as usize]).sum()
            }
        }
    }

    /// The product of the rows, seen as a matrix, with a vector.
    pub(super) fn times(&self, values: &[f64]) -> Vec<f64> {
        (0..values.len()).into_par_iter().with_min_len(256).map(|node| self.dot(node, values)).collect()
    }
}
