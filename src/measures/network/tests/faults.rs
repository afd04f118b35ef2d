//! What is refused, and graphs at the edge: none, one and two nodes, repeats and self ties.

use super::super::*;
use super::undirected;

#[test]
fn columns_are_checked() {
    let graph = |from: &[u32], to: &[u32], weight: Option<&[f64]>| Graph::new(3, from, to, weight, true).unwrap_err();
    assert_eq!(graph(&[0, 3], &[1, 1], None), Fault::NodeOutOfRange { tie: 1, node: 3, nodes: 3 });
    assert_eq!(graph(&[0], &[], None), Fault::Length { column: "to", expected: 1, found: 0 });
    assert_eq!(graph(&[0], &[1], Some(&[])), Fault::Length { column: "weight", expected: 1, found: 0 });
    for bad in [0.0, -1.0, f64::INFINITY, 1e-310] {
        assert_eq!(graph(&[0, 0], &[1, 2], Some(&[1.0, bad])), Fault::Strength { tie: 1, strength: bad });
    }
    assert!(matches!(graph(&[0, 0], &[1, 2], Some(&[f64::NAN, 1.0])), Fault::Strength { tie: 0, .. }));
    assert_eq!(graph(&[0, 0], &[1, 2], Some(&[1e308, 1e308])), Fault::StrengthSum);
    assert!(matches!(Graph::new(u32::MAX as usize, &[], &[], None, true), Err(Fault::TooManyNodes { .. })));
}

#[test]
fn repeats_merge_by_direction() {
    let (from, to, weight) = ([0, 1, 0, 2, 1], [1, 0, 1, 2, 2], [1.0, 2.0, 4.0, 8.0, 16.0]);
    let directed = Graph::new(3, &from, &to, Some(&weight), true).expect("valid ties");
    assert_eq!(directed.counts(), TieCounts { rows: 5, self_ties: 1, merged: 1, ties: 3 });
    assert_eq!(directed.ties_from(0).collect::<Vec<_>>(), [(1, 5.0)]);
    assert_eq!(directed.ties_to(0).collect::<Vec<_>>(), [(1, 2.0)]);
    let undirected = Graph::new(3, &from, &to, Some(&weight), false).expect("valid ties");
    assert_eq!(undirected.counts(), TieCounts { rows: 5, self_ties: 1, merged: 2, ties: 2 });
    assert_eq!(undirected.ties_from(1).collect::<Vec<_>>(), [(0, 7.0), (2, 16.0)]);
    assert_eq!(undirected.ties_from(7).count(), 0);
}

#[test]
fn empty_graphs_have_values() {
    for nodes in [0, 1, 2] {
        let graph = undirected(nodes, &[]);
        let share = if nodes == 0 { 0.0 } else { 1.0 / nodes as f64 };
        assert_eq!(pagerank(&graph, &PageRankOptions::default()).expect("shares"), vec![share; nodes]);
        let zeros = vec![0.0; nodes];
        assert_eq!(betweenness(&graph, &BetweennessOptions::default()).expect("scores").scores, zeros);
        let near = closeness(&graph, &ClosenessOptions::default()).expect("scores");
        assert_eq!((&near.closeness, &near.harmonic, &near.closeness_errors), (&zeros, &zeros, &zeros));
        assert_eq!(components(&graph).sizes, vec![1; nodes]);
        assert!(structural_holes(&graph).constraint.iter().all(|value| value.is_nan()));
        let found = eigenvector(&graph, &EigenvectorOptions::default());
        assert_eq!(found.is_ok(), nodes == 0);
    }
}

#[test]
fn eigenvectors_that_do_not_exist_are_refused() {
    let options = EigenvectorOptions::default();
    let chain = Graph::new(3, &[0, 1], &[1, 2], None, true).expect("valid ties");
    assert_eq!(eigenvector(&chain, &options), Err(Fault::NoCycle));
    // One pair feeds another of the same eigenvalue: shares move over for ever. And a pair beside a pair.
    let fed = Graph::new(4, &[0, 1, 1, 2, 3], &[1, 0, 2, 3, 2], None, true).expect("valid ties");
    assert_eq!(eigenvector(&fed, &options), Err(Fault::Alike { parts: 2 }));
    assert_eq!(eigenvector(&undirected(5, &[(0, 1), (2, 3)]), &options), Err(Fault::Alike { parts: 2 }));
    let apart = eigenvector(&undirected(5, &[(0, 1), (1, 2), (2, 0), (3, 4)]), &options).expect("scores");
    assert!(!apart.connected && apart.scores[3] == 0.0);
    assert!(eigenvector(&chain, &EigenvectorOptions { tolerance: 0.0, ..options }).is_err());
}

#[test]
fn settings_are_checked() {
    let graph = undirected(3, &[(0, 1)]);
    assert!(pagerank(&graph, &PageRankOptions { damping: 1.0, ..PageRankOptions::default() }).is_err());
    assert!(pagerank(&graph, &PageRankOptions { tolerance: f64::NAN, ..PageRankOptions::default() }).is_err());
    let short = PageRankOptions { max_iterations: 2, ..PageRankOptions::default() };
    assert!(matches!(pagerank(&graph, &short), Err(Fault::NotConverged { iterations: 2, .. })));
    let sampling = Sampling { pivots: 1, ..Sampling::default() };
    assert!(closeness(&graph, &ClosenessOptions { sampling }).is_err());
}

#[test]
fn people_are_checked() {
    let graph = undirected(2, &[(0, 1)]);
    let good = People { group: &[None, Some(0)], groups: 1, ours: &[true, false], influence: &[0.0, 1.0] };
    let fault = |people: &People<'_>, steps, decay| reach(&graph, people, &ReachOptions { steps, decay }).unwrap_err();
    assert!(reach(&graph, &good, &ReachOptions::default()).is_ok());
    assert!(matches!(fault(&good, 0, 1.0), Fault::Setting { name: "steps", .. }));
    assert!(matches!(fault(&good, 1, 0.0), Fault::Setting { name: "decay", .. }));
    assert!(matches!(fault(&good, 1, f64::NAN), Fault::Setting { name: "decay", .. }));
    assert!(matches!(fault(&People { groups: 0, ..good }, 1, 1.0), Fault::GroupOutOfRange { node: 1, .. }));
    assert!(matches!(fault(&People { ours: &[true, true], ..good }, 1, 1.0), Fault::OursInGroup { node: 1, group: 0 }));
    assert!(matches!(fault(&People { influence: &[0.0, -1.0], ..good }, 1, 1.0), Fault::Influence { node: 1, .. }));
    assert!(matches!(fault(&People { ours: &[true], ..good }, 1, 1.0), Fault::Length { column: "ours", .. }));
}

/// A ladder in which every step doubles the paths: after 1100 steps a 64-bit float cannot count them.
#[test]
fn too_many_paths_are_a_fault() {
    let (mut from, mut to) = (Vec::new(), Vec::new());
    for step in 0..1100 {
        for (a, b) in [(0, 2), (0, 3), (1, 2), (1, 3)] {
            from.push(2 * step + a);
            to.push(2 * step + b);
        }
    }
    let graph = Graph::new(2202, &from, &to, None, true).expect("valid ties");
    let found = betweenness(&graph, &BetweennessOptions::default());
    assert!(matches!(found, Err(Fault::TooManyPaths { .. })));
}
