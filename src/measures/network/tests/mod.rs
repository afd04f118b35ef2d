//! Tests of the measures: published networks, brute force, faults, and the same bits at any number of threads.
//!
//! In: small networks, seeded random ones. Out: nothing. Must not know: anything outside `network`. Start at
//! `published`.

mod determinism;
mod faults;
mod principal;
mod published;
mod reach;
mod sampled;

use super::graph::Graph;
use super::sample::SplitMix;

/// Asserts that two numbers agree to a tolerance.
fn close(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "found {found}, expected {expected}");
}

/// An undirected graph without strengths from pairs.
fn undirected(nodes: usize, pairs: &[(u32, u32)]) -> Graph {
    let (from, to): (Vec<u32>, Vec<u32>) = pairs.iter().copied().unzip();
    Graph::new(nodes, &from, &to, None, false).expect("valid ties")
}

/// Random columns of ties, some of them self ties and repeats.
fn random_ties(random: &mut SplitMix, nodes: usize, count: usize) -> (Vec<u32>, Vec<u32>, Vec<f64>) {
    let mut columns = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..count {
        columns.0.push(random.below(nodes as u64) as u32);
        columns.1.push(random.below(nodes as u64) as u32);
        columns.2.push(0.5 * (1 + random.below(6)) as f64);
    }
    columns
}
