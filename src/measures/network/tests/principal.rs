//! Eigenvector centrality where the largest eigenvalue stands close to others, and where parts lead to one another.

use super::super::*;
use super::undirected;

fn found(graph: &Graph) -> Eigenvector {
    eigenvector(graph, &EigenvectorOptions::default()).expect("scores")
}

fn path(nodes: u32) -> Graph {
    undirected(nodes as usize, &(1..nodes).map(|node| (node - 1, node)).collect::<Vec<_>>())
}

/// The eigenvalues 2 cos(k π / (n + 1)) of a path differ by less and less; its first vector is sin(i π / (n + 1)).
#[test]
fn a_path_has_the_scores_of_a_sine() {
    for nodes in [2, 3, 10, 101, 1500] {
        let angle = std::f64::consts::PI / f64::from(nodes + 1);
        let made = found(&path(nodes));
        assert!((made.eigenvalue - 2.0 * angle.cos()).abs() < 1e-13, "{nodes}: {}", made.eigenvalue);
        let scale = (2.0 / f64::from(nodes + 1)).sqrt();
        for (at, score) in made.scores.iter().enumerate() {
            let wanted = scale * (angle * (at + 1) as f64).sin();
            assert!((score - wanted).abs() < 1e-9 * scale, "{nodes}, {at}: {score}, not {wanted}");
        }
    }
}

/// Scores fall by the same factor from link to link of a chain that hangs on a clique, down to 1e-100.
#[test]
fn small_scores_are_right_too() {
    let clique = (0..10).flat_map(|a| (0..a).map(move |b| (a, b)));
    let chain = (10..120).map(|node| (node - 1, node));
    let made = found(&undirected(120, &clique.chain(chain).collect::<Vec<_>>()));
    let factor = (made.eigenvalue + (made.eigenvalue * made.eigenvalue - 4.0).sqrt()) / 2.0;
    for node in 10..100 {
        let falls = made.scores[node - 1] / made.scores[node];
        assert!((falls / factor - 1.0).abs() < 1e-9, "{node}: {falls}, not {factor}");
    }
}

/// Two cliques tied by one weak tie: eigenvalues that differ by a few millionths.
#[test]
fn two_sides_that_are_nearly_alike() {
    let mut ties: Vec<(u32, u32)> = (0..6).flat_map(|a| (0..a).map(move |b| (a, b))).collect();
    ties.extend((6..12).flat_map(|a| (6..a).map(move |b| (a, b))));
    ties.push((5, 6));
    let (from, to): (Vec<u32>, Vec<u32>) = ties.into_iter().unzip();
    let mut weight = vec![1.0; from.len()];
    weight[from.len() - 1] = 1e-5;
    let made = found(&Graph::new(12, &from, &to, Some(&weight), false).expect("valid ties"));
    for node in 0..6 {
        assert!((made.scores[node] - made.scores[11 - node]).abs() < 1e-9, "{:?}", made.scores);
    }
}

/// 0 and 1 name each other; 2 hears of both, 3 of 2, and 3 and 4 name each other weakly. 5 names 0, and nobody names 5.
#[test]
fn whom_the_strongest_part_leads_to() {
    let (from, to) = ([0, 1, 0, 1, 2, 3, 4, 5], [1, 0, 2, 2, 3, 4, 3, 0]);
    let weight = [2.0, 2.0, 1.0, 1.0, 3.0, 1.0, 1.0, 9.0];
    let made = found(&Graph::new(6, &from, &to, Some(&weight), true).expect("valid ties"));
    // With 1 for the pair and λ = 2: x2 = 2/2, x3 = (3 x2 + x4)/2, x4 = x3/2.
    let wanted = [1.0, 1.0, 1.0, 2.0, 1.0, 0.0].map(|x: f64| x / 8.0_f64.sqrt());
    assert!((made.eigenvalue - 2.0).abs() < 1e-12 && !made.connected);
    for (score, wanted) in made.scores.iter().zip(wanted) {
        assert!((score - wanted).abs() < 1e-12, "{:?}", made.scores);
    }
}

/// Strengths whose squares a 64-bit float does not hold.
#[test]
fn strengths_of_any_size() {
    for size in [1e300, 1e-300] {
        let weight = [size, size, size];
        for directed in [false, true] {
            let graph = Graph::new(3, &[0, 1, 2], &[1, 2, 0], Some(&weight), directed).expect("valid ties");
            let made = found(&graph);
            assert!(made.scores.iter().all(|score| (score - 3.0_f64.sqrt().recip()).abs() < 1e-12), "{made:?}");
        }
    }
}

/// What cannot be brought to an end is given up as soon as that is seen: a long circle with one short cut.
#[test]
fn hopeless_work_is_not_begun() {
    let (mut from, mut to): (Vec<u32>, Vec<u32>) = (0..3000).map(|node| (node, (node + 1) % 3000)).unzip();
    from.push(0);
    to.push(7);
    let graph = Graph::new(3000, &from, &to, None, true).expect("valid ties");
    let options = EigenvectorOptions { work: 100_000_000, ..EigenvectorOptions::default() };
    match eigenvector(&graph, &options) {
        Err(Fault::NotConverged { iterations, .. }) => assert!(iterations < 2_500, "{iterations}"),
        other => panic!("{other:?}"),
    }
}
