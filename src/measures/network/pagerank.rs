//! PageRank: the share of time that a walker along ties spends at each node.
//!
//! In: a graph. Out: one share per node. Must not know: groups and customers. Start at [`pagerank`].

use crate::measures::blocks;
use rayon::prelude::*;

use super::fault::Fault;
use super::graph::Graph;

/// How PageRank is computed.
#[derive(Debug, Clone, PartialEq)]
pub struct PageRankOptions {
    /// The chance that the walker follows a tie instead of jumping anywhere; from 0 to below 1. 0.85 unless told.
    pub damping: f64,
    /// The iteration ends when the shares change by less than this in total (L1; the shares add up to 1). 1e-12
    /// unless told.
    pub tolerance: f64,
    /// The most iterations; 1000 unless told. A damping of 0.85 takes about 170.
    pub max_iterations: usize,
}

impl Default for PageRankOptions {
    fn default() -> Self {
        Self { damping: 0.85, tolerance: 1e-12, max_iterations: 1000 }
    }
}

/// The PageRank of every node (Brin and Page 1998): shares that add up to 1; empty for a graph without nodes.
///
/// The walker picks among the outgoing ties in proportion to their strengths; from a node without outgoing ties it
/// jumps to any node. Values agree with `networkx.pagerank` at a tight tolerance.
///
/// # Errors
/// A damping outside 0 ≤ damping < 1, a tolerance that is not above zero, or no convergence.
///
/// ```
/// use tierwright::measures::network::{Graph, PageRankOptions, pagerank};
///
/// // Two people ask a third for advice.
/// let graph = Graph::new(3, &[0, 1], &[2, 2], None, true)?;
/// let share = pagerank(&graph, &PageRankOptions::default())?;
/// assert!(share[2] > 2.0 * share[0]);
/// # Ok::<(), tierwright::measures::network::Fault>(())
/// ```
pub fn pagerank(graph: &Graph, options: &PageRankOptions) -> Result<Vec<f64>, Fault> {
    check(options)?;
    let nodes = graph.nodes();
    if nodes == 0 {
        return Ok(Vec::new());
    }
    let strengths: Vec<f64> = (0..nodes).into_par_iter().map(|node| graph.out_rows().strength(node)).collect();
    let mut shares = vec![1.0 / nodes as f64; nodes];
    let mut residual = f64::INFINITY;
    for _ in 0..options.max_iterations {
        let next = step(graph, &strengths, &shares, options.damping);
        residual = blocks::sum(nodes, |node| (next[node] - shares[node]).abs());
        shares = next;
        if residual < options.tolerance {
            let total = blocks::sum(nodes, |node| shares[node]);
            shares.par_iter_mut().for_each(|share| *share /= total);
            return Ok(shares);
        }
    }
    Err(Fault::NotConverged { measure: "PageRank", iterations: options.max_iterations, residual })
}

/// One step of the walk for all nodes.
fn step(graph: &Graph, strengths: &[f64], shares: &[f64], damping: f64) -> Vec<f64> {
    let nodes = shares.len();
    let dangling = blocks::sum(nodes, |node| if strengths[node] > 0.0 { 0.0 } else { shares[node] });
    let per_strength = |(share, strength): (&f64, &f64)| if *strength > 0.0 { share / strength } else { 0.0 };
    let sent: Vec<f64> = shares.par_iter().zip(strengths).map(per_strength).collect();
    let anywhere = (damping * dangling + (1.0 - damping)) / nodes as f64;
    let mut next = graph.in_rows().times(&sent);
    next.par_iter_mut().for_each(|share| *share = damping * *share + anywhere);
    next
}

/// Checks the options.
fn check(options: &PageRankOptions) -> Result<(), Fault> {
    if !(0.0..1.0).contains(&options.damping) {
        return Err(Fault::Setting { name: "damping", value: options.damping, allowed: "0 to below 1" });
    }
    if !(options.tolerance > 0.0 && options.tolerance.is_finite()) {
        return Err(Fault::Setting { name: "tolerance", value: options.tolerance, allowed: "above 0" });
    }
    Ok(())
}
