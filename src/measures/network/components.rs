//! Connected components.
//!
//! In: a graph. Out: one label per node. Must not know: groups and customers. Start at [`components`].

use super::graph::Graph;

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
