//! Eigenvector centrality: a node counts as much as the nodes that are tied to it.
//!
//! In: a graph. Out: one score per node. Must not know: groups and customers. Start at [`eigenvector`].
//!
//! A graph is cut into classes of nodes that lead to one another. One of them has the largest eigenvalue; it alone decides. What it leads
//! to follows from its scores, all else has 0.

use rayon::prelude::*;

use super::classes::Classes;
use super::fault::Fault;
use super::graph::Graph;
use super::principal::{Block, Root, Without, Work, divide};

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
    /// In a directed graph the iteration ends when ‖Ax − λx‖ is at most this times λ, for ‖x‖ = 1. 1e-12 unless told.
    pub tolerance: f64,
    /// How many entries of rows and vectors are visited at most: 1.6 × 10^10 unless told, some seconds.
    pub work: u64,
}

impl Default for EigenvectorOptions {
    fn default() -> Self {
        Self { scale: EigenvectorScale::Unit, tolerance: 1e-12, work: 16_000_000_000 }
    }
}

/// Eigenvector centrality and what it rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Eigenvector {
    /// One score per node, not negative.
    pub scores: Vec<f64>,
    /// The largest eigenvalue of the matrix of strengths; 0 for a graph without nodes.
    pub eigenvalue: f64,
    /// Whether the graph is connected (strongly, if directed). Only then are all scores positive.
    pub connected: bool,
}

/// Two largest eigenvalues that differ by less than this part of them are not told apart.
const ALIKE: f64 = 1e-10;

/// Eigenvector centrality (Bonacich 1972), from incoming ties in a directed graph, weighted by strength.
///
/// In a graph that is not connected one part has the largest eigenvalue. Its people have the scores that they have among
/// themselves; whom they lead to in a directed graph follows from these, and everybody else has 0. Within a part the vector is found
/// by Lanczos' method where ties have no direction, else by powers of the matrix with a shift.
///
/// # Errors
/// [`Fault::NoCycle`] when the largest eigenvalue is zero: a graph without ties, or a directed graph without a cycle.
/// [`Fault::Alike`] where several parts have the largest eigenvalue: nothing tells how their people compare, and where one
/// leads to another the scores of the second outgrow all bounds. [`Fault::NotConverged`] where the two largest eigenvalues of one part
/// can hardly be told apart. A tolerance that is not above zero.
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
    let nodes = graph.nodes();
    if nodes == 0 {
        return Ok(Eigenvector { scores: Vec::new(), eigenvalue: 0.0, connected: true });
    }
    let classes = Classes::of(graph.out_rows(), nodes);
    let mut work = Work(options.work);
    let (first, root) = strongest(graph, &classes, options.tolerance, &mut work)?;
    let mut scores = vec![0.0; nodes];
    for (&node, score) in classes.members(first).iter().zip(&root.vector) {
        scores[node as usize] = *score;
    }
    if graph.directed() {
        downstream(graph, &classes, (first, root.value), &mut scores, &mut work)?;
        divide(&mut scores);
    }
    if options.scale == EigenvectorScale::Maximum {
        let largest = scores.iter().copied().fold(0.0, f64::max);
        scores.par_iter_mut().for_each(|score| *score /= largest);
    }
    Ok(Eigenvector { scores, eigenvalue: root.value, connected: classes.len() == 1 })
}

/// The class of the largest eigenvalue, and its root.
fn strongest(graph: &Graph, classes: &Classes, tolerance: f64, work: &mut Work) -> Result<(usize, Root), Fault> {
    let several = (0..classes.len()).filter(|&class| classes.members(class).len() > 1);
    let mut open: Vec<(usize, Block)> = several.map(|class| (class, Block::of(graph, classes, class))).collect();
    open.sort_by(|(one, a), (other, b)| b.bound.total_cmp(&a.bound).then(one.cmp(other)));
    let mut best: Option<(usize, Root)> = None;
    let mut alike = 1;
    for (class, block) in open {
        let most = best.as_ref().map_or(0.0, |(_, root)| root.value);
        if block.bound < most * (1.0 - ALIKE) {
            break;
        }
        match block.root(most * (1.0 - ALIKE), tolerance, work) {
            Ok(root) if root.value > most * (1.0 + ALIKE) => (best, alike) = (Some((class, root)), 1),
            Ok(root) => alike += usize::from(root.value >= most * (1.0 - ALIKE)),
            Err(Without::Below) => {}
            Err(Without::Unsettled { steps, residual }) => return Err(not_settled(steps, residual)),
        }
    }
    match best {
        None => Err(Fault::NoCycle),
        Some(_) if alike > 1 => Err(Fault::Alike { parts: alike }),
        Some(best) => Ok(best),
    }
}

/// The scores of the classes that the strongest leads to: what arrives from outside, once and round in circles, each time divided by the
/// eigenvalue.
fn downstream(
    graph: &Graph,
    classes: &Classes,
    (first, value): (usize, f64),
    scores: &mut [f64],
    work: &mut Work,
) -> Result<(), Fault> {
    let rows = graph.in_rows();
    // Ties lead to lower numbers, so that all which leads to a class has its scores before it.
    for class in (0..first).rev() {
        let members = classes.members(class);
        let part = |node: usize, inside: bool, scores: &[f64]| {
            let ties = rows.ties(node).filter(|(end, _)| (classes.labels[*end as usize] as usize == class) == inside);
            ties.fold(0.0, |sum, (end, strength)| sum + strength / value * scores[end as usize])
        };
        let outside: Vec<f64> = members.iter().map(|&node| part(node as usize, false, scores)).collect();
        members.iter().zip(&outside).for_each(|(&node, arrives)| scores[node as usize] = *arrives);
        if members.len() == 1 || outside.iter().all(|arrives| *arrives == 0.0) {
            continue;
        }
        let cost = members.iter().map(|&node| rows.degree(node as usize) as u64 + 1).sum();
        for steps in 1.. {
            let mut moved: f64 = 0.0;
            for (&node, arrives) in members.iter().zip(&outside) {
                let score = arrives + part(node as usize, true, scores);
                moved = moved.max((score - scores[node as usize]) / score.max(f64::MIN_POSITIVE));
                scores[node as usize] = score;
            }
            if moved <= 1e-14 {
                break;
            }
            if !work.take(cost) {
                return Err(not_settled(steps, moved));
            }
        }
    }
    Ok(())
}

fn not_settled(iterations: usize, residual: f64) -> Fault {
    Fault::NotConverged { measure: "eigenvector centrality", iterations, residual }
}
