//! Connected components, and two questions about connection that other measures ask.
//!
//! In: a graph. Out: one label per node. Must not know: groups and customers. Start at [`components`].

use super::graph::{Graph, Rows};

/// The weakly connected components of a graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Components {
    /// The component of every node. Components are numbered from 0 in the order of their smallest nodes.
    pub labels: Vec<u32>,
    /// How many nodes each component has.
    pub sizes: Vec<u32>,
}

/// The weakly connected components: nodes that are joined by ties, whatever their direction. O(nodes + ties).
///
/// ```
/// use tierwright::measures::network::{Graph, components};
///
/// let graph = Graph::new(4, &[3], &[1], None, true)?;
/// let found = components(&graph);
/// assert_eq!((found.labels, found.sizes), (vec![0, 1, 2, 1], vec![1, 2, 1]));
/// # Ok::<(), tierwright::measures::network::Fault>(())
/// ```
pub fn components(graph: &Graph) -> Components {
    let mut labels = vec![u32::MAX; graph.nodes()];
    let mut sizes = Vec::new();
    let mut queue = Vec::new();
    for start in 0..graph.nodes() {
        if labels[start] != u32::MAX {
            continue;
        }
        let label = sizes.len() as u32;
        labels[start] = label;
        queue.clear();
        queue.push(start as u32);
        let mut at = 0;
        while at < queue.len() {
            let node = queue[at] as usize;
            at += 1;
            let backward: &[u32] = graph.inward.as_ref().map_or(&[], |rows| rows.row(node));
            for &end in graph.out_rows().row(node).iter().chain(backward) {
                if labels[end as usize] == u32::MAX {
                    labels[end as usize] = label;
                    queue.push(end);
                }
            }
        }
        sizes.push(queue.len() as u32);
    }
    Components { labels, sizes }
}

/// Whether every node leads to every other: along ties of either direction if undirected, of their own if directed.
pub(super) fn connected(graph: &Graph) -> bool {
    let all = graph.nodes();
    all == 0 || (spread(graph.out_rows(), all) == all && graph.inward.as_ref().is_none_or(|r| spread(r, all) == all))
}

/// How many nodes are reachable from node 0, itself included.
fn spread(rows: &Rows, nodes: usize) -> usize {
    let mut seen = vec![false; nodes];
    let mut queue = vec![0_u32];
    seen[0] = true;
    let mut at = 0;
    while at < queue.len() {
        for &end in rows.row(queue[at] as usize) {
            if !seen[end as usize] {
                seen[end as usize] = true;
                queue.push(end);
            }
        }
        at += 1;
    }
    queue.len()
}

/// Whether a directed graph has no cycle: nodes without incoming ties are taken away until none is left (Kahn 1962).
pub(super) fn acyclic(graph: &Graph) -> bool {
    let mut open: Vec<usize> = (0..graph.nodes()).map(|node| graph.in_rows().degree(node)).collect();
    let mut free: Vec<u32> = (0..graph.nodes() as u32).filter(|&node| open[node as usize] == 0).collect();
    let mut taken = 0;
    while let Some(node) = free.pop() {
        taken += 1;
        for &end in graph.out_rows().row(node as usize) {
            open[end as usize] -= 1;
            if open[end as usize] == 0 {
                free.push(end);
            }
        }
    }
    taken == graph.nodes()
}
