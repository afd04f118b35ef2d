//! Betweenness: how often a node lies on the shortest paths between others.
//!
//! In: a graph. Out: one score per node and, from a sample, its standard error. Must not know: groups and customers.
//! Start at [`betweenness`].

use super::fault::Fault;
use super::fold::{fold_blocks, search_block};
use super::graph::Graph;
use super::paths::Search;
use super::sample::Sampling;

/// How betweenness is computed.
#[derive(Debug, Clone, PartialEq)]
pub struct BetweennessOptions {
    /// Divide by the number of ordered pairs of other nodes, (n − 1)(n − 2). True unless told.
    pub normalized: bool,
    /// When to be exact and when to sample.
    pub sampling: Sampling,
}

impl Default for BetweennessOptions {
    fn default() -> Self {
        Self { normalized: true, sampling: Sampling::default() }
    }
}

/// Betweenness of every node.
#[derive(Debug, Clone, PartialEq)]
pub struct Betweenness {
    /// One score per node; 0 in graphs of fewer than three nodes.
    pub scores: Vec<f64>,
    /// The standard error of every score; all 0 where the measure is exact. A node that lies on no path from any
    /// pivot has the error 0 too: the sample says nothing of how rare its paths are.
    pub standard_errors: Vec<f64>,
    /// How many nodes paths were searched from; as many as there are nodes where the measure is exact.
    pub pivots: usize,
}

/// Betweenness (Freeman 1977) by the algorithm of Brandes (2001); pivots as in Brandes and Pich (2007).
///
/// Ties with strengths have the length 1 / strength; lengths of paths that differ by less than 1e-12 of themselves
/// are equal. Not normalized, an undirected pair counts once. From a sample of k pivots the score is n / k times the
/// sum over pivots, which is right on average, and its standard error is that of a sample without replacement.
///
/// # Errors
/// Fewer than two pivots, or more shortest paths than a 64-bit float can count.
///
/// ```
/// use tierwright::measures::network::{BetweennessOptions, Graph, betweenness};
///
/// let row = Graph::new(3, &[0, 1], &[1, 2], None, false)?;
/// assert_eq!(betweenness(&row, &BetweennessOptions::default())?.scores, [0.0, 1.0, 0.0]);
/// # Ok::<(), tierwright::measures::network::Fault>(())
/// ```
pub fn betweenness(graph: &Graph, options: &BetweennessOptions) -> Result<Betweenness, Fault> {
    let pivots = options.sampling.pivots_of(graph)?;
    let nodes = graph.nodes();
    let mut sums = Sums::new(nodes);
    let work = |sources: &[u32]| dependencies(graph, sources);
    fold_blocks(&pivots, search_block(pivots.len()), work, |part| sums.add(&part))?;
    let scale = scale(graph, options.normalized);
    let (n, k) = (nodes as f64, pivots.len() as f64);
    let scores = sums.first.iter().map(|sum| sum * (n / k) * scale).collect();
    let error = |(sum, squares): (&f64, &f64)| {
        let variance = ((squares - sum * sum / k) / (k - 1.0)).max(0.0);
        n * ((1.0 - k / n) * variance / k).sqrt() * scale
    };
    let exact = pivots.len() == nodes;
    let standard_errors =
        if exact { vec![0.0; nodes] } else { sums.first.iter().zip(&sums.second).map(error).collect() };
    Ok(Betweenness { scores, standard_errors, pivots: pivots.len() })
}

/// What the sum over ordered pairs is multiplied by.
fn scale(graph: &Graph, normalized: bool) -> f64 {
    let nodes = graph.nodes() as f64;
    match (normalized, graph.directed()) {
        (true, _) if nodes > 2.0 => 1.0 / ((nodes - 1.0) * (nodes - 2.0)),
        (false, false) => 0.5,
        _ => 1.0,
    }
}

/// Sums over sources of the dependency on each node, and of its square.
struct Sums {
    first: Vec<f64>,
    second: Vec<f64>,
}

impl Sums {
    fn new(nodes: usize) -> Self {
        Self { first: vec![0.0; nodes], second: vec![0.0; nodes] }
    }

    fn add(&mut self, other: &Self) {
        self.first.iter_mut().zip(&other.first).for_each(|(sum, value)| *sum += value);
        self.second.iter_mut().zip(&other.second).for_each(|(sum, value)| *sum += value);
    }
}

/// The dependencies of some sources on all nodes: how many of a source's paths go through a node.
fn dependencies(graph: &Graph, sources: &[u32]) -> Result<Sums, Fault> {
    let mut sums = Sums::new(graph.nodes());
    let mut search = Search::new(graph.nodes());
    for &source in sources {
        search.run(graph.out_rows(), source, true);
        accumulate(graph, &mut search, source, &mut sums)?;
    }
    Ok(sums)
}

/// Goes back from the farthest node to the source. A node that is done keeps (1 + dependency) / paths in its mark,
/// which is all that the nodes before it need.
fn accumulate(graph: &Graph, search: &mut Search, source: u32, sums: &mut Sums) -> Result<(), Fault> {
    let rows = graph.out_rows();
    for &node in search.order.iter().rev() {
        let mark = search.marks[node as usize];
        if !mark.value.is_finite() {
            return Err(Fault::TooManyPaths { source });
        }
        let mut onward = 0.0;
        match &rows.strengths {
            None => {
                for &end in rows.row(node as usize) {
                    let next = search.marks[end as usize];
                    onward += if next.distance > mark.distance { next.value } else { 0.0 };
                }
            }
            Some(strengths) => {
                for at in rows.range(node as usize) {
                    let next = search.marks[rows.ends[at] as usize];
                    onward += if mark.precedes(1.0 / strengths[at], next) { next.value } else { 0.0 };
                }
            }
        }
        let dependency = mark.value * onward;
        search.marks[node as usize].value = (1.0 + dependency) / mark.value;
        if node != source {
            sums.first[node as usize] += dependency;
            sums.second[node as usize] += dependency * dependency;
        }
    }
    Ok(())
}
