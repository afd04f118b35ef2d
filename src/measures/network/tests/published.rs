//! Networks of the literature with published values, which networkx confirms.

use super::super::*;
use super::{close, undirected};

/// Ties of a karate club (Zachary 1977), members from 0.
#[rustfmt::skip]
const KARATE: &[(u32, u32)] = &[
    (0, 1), (0, 2), (0, 3), (0, 4), (0, 5), (0, 6), (0, 7), (0, 8), (0, 10), (0, 11), (0, 12), (0, 13), (0,
    17), (0, 19), (0, 21), (0, 31), (1, 2), (1, 3), (1, 7), (1, 13), (1, 17), (1, 19), (1, 21), (1, 30), (2,
    3), (2, 7), (2, 8), (2, 9), (2, 13), (2, 27), (2, 28), (2, 32), (3, 7), (3, 12), (3, 13), (4, 6), (4,
    10), (5, 6), (5, 10), (5, 16), (6, 16), (8, 30), (8, 32), (8, 33), (9, 33), (13, 33), (14, 32), (14,
    33), (15, 32), (15, 33), (18, 32), (18, 33), (19, 33), (20, 32), (20, 33), (22, 32), (22, 33), (23, 25),
    (23, 27), (23, 29), (23, 32), (23, 33), (24, 25), (24, 27), (24, 31), (25, 31), (26, 29), (26, 33), (27,
    33), (28, 31), (28, 33), (29, 32), (29, 33), (30, 32), (30, 33), (31, 32), (31, 33), (32, 33),
];

/// In how many settings the two members of each tie met.
#[rustfmt::skip]
const KARATE_STRENGTH: &[f64] = &[
    4.0, 5.0, 3.0, 3.0, 3.0, 3.0, 2.0, 2.0, 2.0, 3.0, 1.0, 3.0, 2.0, 2.0, 2.0, 2.0, 6.0, 3.0, 4.0, 5.0, 1.0,
    2.0, 2.0, 2.0, 3.0, 4.0, 5.0, 1.0, 3.0, 2.0, 2.0, 2.0, 3.0, 3.0, 3.0, 2.0, 3.0, 5.0, 3.0, 3.0, 3.0, 3.0,
    3.0, 4.0, 2.0, 3.0, 3.0, 2.0, 3.0, 4.0, 1.0, 2.0, 1.0, 3.0, 1.0, 2.0, 3.0, 5.0, 4.0, 3.0, 5.0, 4.0, 2.0,
    3.0, 2.0, 7.0, 4.0, 2.0, 4.0, 2.0, 2.0, 4.0, 2.0, 3.0, 3.0, 4.0, 4.0, 5.0,
];

/// Marriages of families of Florence (Padgett and Ansell 1993): 1 Medici, 4 Strozzi, 12 Guadagni.
#[rustfmt::skip]
const FLORENCE: &[(u32, u32)] = &[
    (0, 1), (1, 5), (1, 6), (1, 7), (1, 8), (1, 9), (2, 3), (2, 4), (2, 5), (3, 4), (3, 11), (4, 6), (4,
    11), (6, 7), (7, 12), (8, 13), (8, 12), (9, 10), (11, 12), (12, 14),
];

/// The kite of Krackhardt (1990): 3 Diane, 5 Fernando, 6 Garth, 7 Heather, 8 Ike, 9 Jane.
#[rustfmt::skip]
const KITE: &[(u32, u32)] = &[
    (0, 1), (0, 2), (0, 3), (0, 5), (1, 3), (1, 4), (1, 6), (2, 3), (2, 5), (3, 4), (3, 5), (3, 6), (4, 6),
    (5, 6), (5, 7), (6, 7), (7, 8), (8, 9),
];

fn scores_of(graph: &Graph) -> Vec<f64> {
    betweenness(graph, &BetweennessOptions::default()).expect("scores").scores
}

fn eigenvector_of(graph: &Graph) -> Vec<f64> {
    eigenvector(graph, &EigenvectorOptions::default()).expect("scores").scores
}

#[test]
fn karate_club() {
    let graph = undirected(34, KARATE);
    assert_eq!(graph.counts().ties, 78);
    let between = scores_of(&graph);
    for (node, score) in [(0, 0.43763528138528146), (33, 0.30407497594997596), (32, 0.145247113997114)] {
        close(between[node], score, 1e-12);
    }
    let shares = pagerank(&graph, &PageRankOptions::default()).expect("shares");
    close(shares.iter().sum(), 1.0, 1e-12);
    close(shares[33], 0.10091918233261697, 1e-11);
    let scores = eigenvector_of(&graph);
    close(scores[33], 0.3733634702914832, 1e-11);
    close(scores[0], 0.35549144452456644, 1e-11);
    let near = closeness(&graph, &ClosenessOptions::default()).expect("scores");
    close(near.closeness[0], 0.5689655172413793, 1e-12);
    close(near.harmonic[0], 23.16666666666666, 1e-12);
    let holes = structural_holes(&graph);
    close(holes.constraint[0], 0.15542329764660495, 1e-12);
    close(holes.effective_size[0], 13.75, 1e-12);
    close(holes.efficiency[0], 13.75 / 16.0, 1e-12);
    close(clustering(&graph)[0], 0.15, 1e-12);
}

#[test]
fn karate_club_with_strengths() {
    let (from, to): (Vec<u32>, Vec<u32>) = KARATE.iter().copied().unzip();
    let graph = Graph::new(34, &from, &to, Some(KARATE_STRENGTH), false).expect("valid ties");
    let between = scores_of(&graph);
    close(between[0], 0.39583333333333337, 1e-12);
    close(between[33], 0.32954545454545453, 1e-12);
    let near = closeness(&graph, &ClosenessOptions::default()).expect("scores");
    close(near.closeness[0], 1.5382907880133185, 1e-12);
    close(structural_holes(&graph).constraint[0], 0.19062348905638038, 1e-12);
    // Worked by hand: member 12 knows 0 (strength 1) and 3 (strength 3), who are tied with strength 3. Their largest
    // strengths are 5 and 3, so the size is 2 - 3/4 x 3/5 - 1/4 x 3/3.
    close(structural_holes(&graph).effective_size[12], 1.3, 1e-12);
    close(pagerank(&graph, &PageRankOptions::default()).expect("shares")[0], 0.08850031542803061, 1e-11);
    assert_eq!((strength(&graph, Direction::All)[0], degree(&graph, Direction::All)[0]), (42.0, 16));
}

#[test]
fn florentine_families() {
    let graph = undirected(15, FLORENCE);
    let between = scores_of(&graph);
    close(between[1], 0.521978021978022, 1e-12);
    close(between[12], 0.2545787545787546, 1e-12);
    close(between[4], 0.10256410256410257, 1e-12);
    let near = closeness(&graph, &ClosenessOptions::default()).expect("scores");
    close(near.closeness[1], 0.56, 1e-12);
    close(near.closeness[10], 0.2857142857142857, 1e-12);
    let scores = eigenvector_of(&graph);
    close(scores[1], 0.43030809404091597, 1e-11);
    close(scores[4], 0.3559804484113898, 1e-11);
    close(structural_holes(&graph).constraint[1], 0.2098765432098766, 1e-12);
    close(structural_holes(&graph).effective_size[1], 17.0 / 3.0, 1e-12);
    let options = EigenvectorOptions { scale: EigenvectorScale::Maximum, ..EigenvectorOptions::default() };
    let found = eigenvector(&graph, &options).expect("scores");
    assert_eq!((found.scores[1], found.connected), (1.0, true));
}

/// In the kite the most tied, the nearest and the most between are different people.
#[test]
fn krackhardt_kite() {
    let graph = undirected(10, KITE);
    assert_eq!(degree(&graph, Direction::All), [4, 4, 3, 6, 3, 5, 5, 3, 2, 1]);
    close(degree_centrality(&graph, Direction::All)[3], 6.0 / 9.0, 1e-12);
    let between = scores_of(&graph);
    close(between[7], 0.38888888888888884, 1e-12);
    close(between[5], 0.23148148148148148, 1e-12);
    close(between[8], 0.2222222222222222, 1e-12);
    let near = closeness(&graph, &ClosenessOptions::default()).expect("scores");
    close(near.closeness[5], 0.6428571428571429, 1e-12);
    close(near.closeness[9], 0.3103448275862069, 1e-12);
    let raw = BetweennessOptions { normalized: false, ..BetweennessOptions::default() };
    close(betweenness(&graph, &raw).expect("scores").scores[7], 14.0, 1e-12);
}

/// After a tie of length 1, two ways of equal length whose sums differ in the last bit.
#[test]
fn paths_of_equal_length_share() {
    assert_ne!(1.0 + 1.0 / 1.0 + 1.0 / 3.0, 1.0 + 1.0 / 3.0 + 1.0 / 1.0);
    let (from, to) = ([0, 1, 0, 2, 3], [1, 4, 2, 4, 0]);
    let graph = Graph::new(5, &from, &to, Some(&[1.0, 3.0, 3.0, 1.0, 1.0]), true).expect("valid ties");
    let raw = BetweennessOptions { normalized: false, ..BetweennessOptions::default() };
    let scores = betweenness(&graph, &raw).expect("scores").scores;
    assert_eq!(scores, [3.0, 1.0, 1.0, 0.0, 0.0]);
}
