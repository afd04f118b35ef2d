//! Eigenvector centrality: a node counts as much as the nodes that are tied to it.
//!
//! In: a graph. Out: one score per node. Must not know: groups and customers. Start at [`eigenvector`].

use crate::measures::blocks;
use rayon::prelude::*;

use super::components::{acyclic, connected};
use super::fault::Fault;
use super::graph::Graph;

/// How the scores are scaled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EigenvectorScale {
    /// The squares of the scores add up to 1, as in networkx.
    #[default]
    Unit,
    /// The largest score is 1, as in igraph.
    Maximum,
}

/// How eigenvector centrality is computed.
#[derive(Debug, Clone, PartialEq)]
pub struct EigenvectorOptions {
    /// How scores are scaled.
    pub scale: EigenvectorScale,
    /// The iteration ends when ‖Ax − λx‖ is at most this times λ, for ‖x‖ = 1. 1e-12 unless told.
    pub tolerance: f64,
    /// The most iterations. Unless told, as many as visit 2 × 10^10 ties, from 1000 up to a million.
    pub max_iterations: Option<usize>,
}

impl Default for EigenvectorOptions {
    fn default() -> Self {
        Self { scale: EigenvectorScale::Unit, tolerance: 1e-12, max_iterations: None }
    }
}

/// Eigenvector centrality and what it rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Eigenvector {
    /// One score per node, not negative.
    pub scores: Vec<f64>,
    /// The largest eigenvalue of the matrix of strengths; 0 for a graph without nodes.
    pub eigenvalue: f64,
    /// Whether the graph is connected (strongly, if directed). Only then are the scores positive and the only ones.
    pub connected: bool,
}

/// Eigenvector centrality (Bonacich 1972), from incoming ties in a directed graph, weighted by strength.
///
/// Power iteration from equal scores, with a shift of an eighth of the eigenvalue, so that graphs of two sides
/// (bipartite) settle too. In a graph that is not connected the component of the largest eigenvalue keeps the scores
/// and those of all others tend to zero; components with the same largest eigenvalue share in proportion to their
/// part of the equal scores. `connected` tells such cases.
///
/// # Errors
/// [`Fault::NoCycle`] when the largest eigenvalue is zero: a graph without ties, or a directed graph without a cycle.
/// [`Fault::NotConverged`] where the two largest eigenvalues can hardly be told apart, for instance in a directed
/// graph where one part feeds another with the same eigenvalue. A tolerance that is not above zero.
///
/// ```
/// use tierwright::measures::network::{EigenvectorOptions, Graph, eigenvector};
///
/// // A star of three: its two sides make plain power iteration swing for ever.
/// let star = Graph::new(3, &[0, 0], &[1, 2], None, false)?;
/// let centrality = eigenvector(&star, &EigenvectorOptions::default())?;
/// assert!((centrality.scores[0] - 0.5_f64.sqrt()).abs() < 1e-10);
/// assert!((centrality.eigenvalue - 2_f64.sqrt()).abs() < 1e-10);
/// # Ok::<(), tierwright::measures::network::Fault>(())
/// ```
pub fn eigenvector(graph: &Graph, options: &EigenvectorOptions) -> Result<Eigenvector, Fault> {
    if !(options.tolerance > 0.0 && options.tolerance.is_finite()) {
        return Err(Fault::Setting { name: "tolerance", value: options.tolerance, allowed: "above 0" });
    }
    if graph.nodes() == 0 {
        return Ok(Eigenvector { scores: Vec::new(), eigenvalue: 0.0, connected: true });
    }
    if graph.in_rows().len() == 0 || (graph.directed() && acyclic(graph)) {
        return Err(Fault::NoCycle);
    }
    let (mut scores, eigenvalue) = iterate(graph, options)?;
    if options.scale == EigenvectorScale::Maximum {
        let largest = scores.iter().copied().fold(0.0, f64::max);
        scores.par_iter_mut().for_each(|score| *score /= largest);
    }
    Ok(Eigenvector { scores, eigenvalue, connected: connected(graph) })
}

/// Shifted power iteration; returns the vector of length 1 and its eigenvalue.
fn iterate(graph: &Graph, options: &EigenvectorOptions) -> Result<(Vec<f64>, f64), Fault> {
    let nodes = graph.nodes();
    let affordable = 20_000_000_000 / (nodes + graph.in_rows().len());
    let iterations = options.max_iterations.unwrap_or(affordable.clamp(1000, 1_000_000));
    let mut vector = vec![1.0 / (nodes as f64).sqrt(); nodes];
    let mut residual = f64::INFINITY;
    for _ in 0..iterations {
        let mut image = graph.in_rows().times(&vector);
        let eigenvalue = blocks::sum(nodes, |node| vector[node] * image[node]);
        let distance = |node: usize| image[node] - eigenvalue * vector[node];
        residual = blocks::sum(nodes, |node| distance(node) * distance(node)).sqrt() / eigenvalue;
        if residual <= options.tolerance {
            return Ok((vector, eigenvalue));
        }
        let shift = blocks::sum(nodes, |node| image[node] * image[node]).sqrt() / 8.0;
        image.par_iter_mut().zip(&vector).for_each(|(new, old)| *new += shift * old);
        let length = blocks::sum(nodes, |node| image[node] * image[node]).sqrt();
        image.par_iter_mut().for_each(|score| *score /= length);
        vector = image;
    }
    Err(Fault::NotConverged { measure: "eigenvector centrality", iterations, residual })
}
