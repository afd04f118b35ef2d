//! Degree and strength: how many ties a node has, and how strong they are together.
//!
//! In: a graph. Out: one number per node. Must not know: groups and customers. Start at [`degree`].

use rayon::prelude::*;

use super::graph::Graph;

/// Which ties of a node count. In an undirected graph all three are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Ties that arrive at the node.
    In,
    /// Ties that leave the node.
    Out,
    /// Both. In a directed graph a pair that is tied in both directions counts twice.
    All,
}

/// The number of ties per node (Freeman 1979), one count per node in the order of nodes.
///
/// ```
/// use tierwright::measures::network::{Direction, Graph, degree};
///
/// let advice = Graph::new(3, &[0, 1], &[2, 2], None, true)?;
/// assert_eq!(degree(&advice, Direction::In), [0, 0, 2]);
/// # Ok::<(), tierwright::measures::network::Fault>(())
/// ```
pub fn degree(graph: &Graph, direction: Direction) -> Vec<u32> {
    per_node(graph, direction, |rows, node| rows.degree(node) as u32)
}

/// The summed strength of the ties per node (Barrat and others 2004); the degree where ties have no strengths.
pub fn strength(graph: &Graph, direction: Direction) -> Vec<f64> {
    per_node(graph, direction, |rows, node| rows.strength(node))
}

/// The degree divided by the number of other nodes (Freeman 1979); 1 for a graph of a single node, as networkx has it.
pub fn degree_centrality(graph: &Graph, direction: Direction) -> Vec<f64> {
    let others = graph.nodes().saturating_sub(1) as f64;
    let share = |degree: u32| if others == 0.0 { 1.0 } else { f64::from(degree) / others };
    degree(graph, direction).into_iter().map(share).collect()
}

/// Applies a measure of a row to the rows of the direction.
fn per_node<T: Send + std::ops::Add<Output = T>>(
    graph: &Graph,
    direction: Direction,
    measure: impl Fn(&super::graph::Rows, usize) -> T + Sync,
) -> Vec<T> {
    let (inward, outward) = (graph.in_rows(), graph.out_rows());
    let both = direction == Direction::All && graph.directed();
    let rows = if direction == Direction::In { inward } else { outward };
    let of = |node| if both { measure(inward, node) + measure(outward, node) } else { measure(rows, node) };
    (0..graph.nodes()).into_par_iter().with_min_len(1024).map(of).collect()
}
