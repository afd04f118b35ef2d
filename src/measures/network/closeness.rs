//! Closeness and harmonic centrality: how near a node is to all others.
//!
//! In: a graph. Out: two scores per node and, from a sample, their standard errors. Must not know: groups and
//! customers. Start at [`closeness`].

use rayon::prelude::*;

use super::fault::Fault;
use super::fold::{fold_blocks, search_block};
use super::graph::Graph;
use super::sample::Sampling;
use super::sweep::{Heard, hear};

/// How closeness is computed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ClosenessOptions {
    /// When to be exact and when to sample.
    pub sampling: Sampling,
}

/// Closeness and harmonic centrality of every node.
#[derive(Debug, Clone, PartialEq)]
pub struct Closeness {
    /// Closeness: with r other nodes that reach the node, r / (n − 1) × r / (sum of their distances). 0 where none does.
    pub closeness: Vec<f64>,
    /// Harmonic centrality: the sum of 1 / distance over the others that reach the node; not divided by n − 1.
    pub harmonic: Vec<f64>,
    /// The standard error of closeness; 0 where exact, NaN (unknown) where fewer than two pivots reach the node.
    pub closeness_errors: Vec<f64>,
    /// The standard error of harmonic centrality; 0 where exact, NaN where fewer than two pivots reach the node.
    pub harmonic_errors: Vec<f64>,
    /// How many nodes distances were measured from; as many as there are nodes where the measure is exact.
    pub pivots: usize,
}

/// Closeness (Freeman 1979) as improved by Wasserman and Faust (1994, p. 201), and harmonic centrality (Marchiori and
/// Latora 2000).
///
/// Distances run to the node along the direction of ties, as in networkx; a tie with a strength has the length
/// 1 / strength. In a large graph distances from a sample of pivots stand for all (Eppstein and Wang 2004); the
/// standard errors are those of a sample without replacement, for closeness to first order (delta method).
///
/// # Errors
/// Fewer than two pivots.
///
/// ```
/// use tierwright::measures::network::{ClosenessOptions, Graph, closeness};
///
/// let row = Graph::new(3, &[0, 1], &[1, 2], None, false)?;
/// let near = closeness(&row, &ClosenessOptions::default())?;
/// assert_eq!((near.closeness[1], near.harmonic[0]), (1.0, 1.5));
/// # Ok::<(), tierwright::measures::network::Fault>(())
/// ```
pub fn closeness(graph: &Graph, options: &ClosenessOptions) -> Result<Closeness, Fault> {
    let pivots = options.sampling.pivots_of(graph)?;
    let nodes = graph.nodes();
    let rows = graph.out_rows();
    let block = if graph.weighted() { search_block(pivots.len()) } else { search_block(pivots.len()).max(64) };
    let mut heard = vec![Heard::default(); nodes];
    let take = |part: Vec<Heard>| heard.par_iter_mut().zip(&part).for_each(|(sum, more)| sum.add(more));
    fold_blocks(&pivots, block, |sources| Ok(hear(rows, nodes, sources)), take)?;
    let mut drawn = vec![0_u8; nodes];
    pivots.iter().for_each(|&pivot| drawn[pivot as usize] = 1);
    let estimate =
        |(heard, own): (&Heard, &u8)| Estimate::of(heard, nodes as f64 - 1.0, pivots.len() as f64 - f64::from(*own));
    let all: Vec<Estimate> = heard.par_iter().zip(&drawn).map(estimate).collect();
    let column = |part: fn(&Estimate) -> f64| all.par_iter().map(part).collect();
    Ok(Closeness {
        closeness: column(|e| e.closeness),
        harmonic: column(|e| e.harmonic),
        closeness_errors: column(|e| e.closeness_error),
        harmonic_errors: column(|e| e.harmonic_error),
        pivots: pivots.len(),
    })
}

/// The scores of one node.
struct Estimate {
    closeness: f64,
    harmonic: f64,
    closeness_error: f64,
    harmonic_error: f64,
}

impl Estimate {
    /// The scores of a node from what it heard of `asked` of its `others`.
    fn of(heard: &Heard, others: f64, asked: f64) -> Self {
        let exact = asked >= others;
        if heard.count == 0.0 {
            let unknown = if exact { 0.0 } else { f64::NAN };
            return Self { closeness: 0.0, harmonic: 0.0, closeness_error: unknown, harmonic_error: unknown };
        }
        let closeness = (heard.count / asked) * (heard.count / heard.distance);
        let harmonic = if exact { heard.nearness } else { heard.nearness / asked * others };
        if exact || heard.count < 2.0 {
            let unknown = if exact { 0.0 } else { f64::NAN };
            return Self { closeness, harmonic, closeness_error: unknown, harmonic_error: unknown };
        }
        // Closeness is a² / b for the means a of "reaches" and b of the distance; to first order its error is that of
        // the mean of 2a / b × reaches − a² / b² × distance.
        let (a, b) = (heard.count / asked, heard.distance / asked);
        let (p, q) = (2.0 * a / b, a * a / (b * b));
        let sum = p * heard.count - q * heard.distance;
        let squares = p * p * heard.count - 2.0 * p * q * heard.distance + q * q * heard.distance_squared;
        let error = |sum: f64, squares: f64| {
            let variance = ((squares - sum * sum / asked) / (asked - 1.0)).max(0.0);
            ((1.0 - asked / others) * variance / asked).sqrt()
        };
        let harmonic_error = others * error(heard.nearness, heard.nearness_squared);
        Self { closeness, harmonic, closeness_error: error(sum, squares), harmonic_error }
    }
}
