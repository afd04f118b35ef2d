//! Local clustering: the share of a node's pairs of neighbours that are tied to each other.
//!
//! In: a graph. Out: one share per node. Must not know: groups and customers. Start at [`clustering`].

use super::graph::{Graph, Rows};
use super::holes::mutual;
use rayon::prelude::*;

/// The local clustering coefficient (Watts and Strogatz 1998): 0 for a node with fewer than two neighbours.
///
/// Directions and strengths are left aside: two nodes are neighbours where there is a tie either way.
///
/// ```
/// use tierwright::measures::network::{Graph, clustering};
///
/// // A triangle 0-1-2 with 3 hanging on 0.
/// let graph = Graph::new(4, &[0, 1, 2, 0], &[1, 2, 0, 3], None, false)?;
/// assert_eq!(clustering(&graph), [1.0 / 3.0, 1.0, 1.0, 0.0]);
/// # Ok::<(), tierwright::measures::network::Fault>(())
/// ```
pub fn clustering(graph: &Graph) -> Vec<f64> {
    let both = graph.inward.as_ref().map(|inward| mutual(graph.out_rows(), inward));
    let rows = both.as_ref().unwrap_or(graph.out_rows());
    let share = |node: usize| {
        let degree = rows.degree(node);
        if degree < 2 {
            return 0.0;
        }
        let pairs = degree as f64 * (degree as f64 - 1.0);
        rows.row(node).iter().map(|&end| common(rows, node, end as usize)).sum::<usize>() as f64 / pairs
    };
    (0..graph.nodes()).into_par_iter().with_max_len(1024).map(share).collect()
}

/// How many neighbours two nodes share: the shorter row is looked up in the longer, which is cut as we go.
fn common(rows: &Rows, a: usize, b: usize) -> usize {
    let (short, mut long) = if rows.degree(a) <= rows.degree(b) { (a, rows.row(b)) } else { (b, rows.row(a)) };
    let mut found = 0;
    for &end in rows.row(short) {
        let mut step = 1;
        while step < long.len() && long[step] < end {
            step *= 2;
        }
        let at = long[..long.len().min(step + 1)].partition_point(|&other| other < end);
        long = &long[at..];
        match long.first() {
            None => break,
            Some(&first) => found += usize::from(first == end),
        }
    }
    found
}
