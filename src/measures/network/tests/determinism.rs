//! The same bits at any number of threads.

use super::super::sample::SplitMix;
use super::super::*;
use super::random_ties;

/// Every measure of a graph that is large enough to be cut into many blocks, as bits.
fn everything(weighted: bool, directed: bool) -> Vec<Vec<u64>> {
    let nodes = 12_000;
    let (from, to, weight) = random_ties(&mut SplitMix::new(3), nodes, 50_000);
    let graph = Graph::new(nodes, &from, &to, weighted.then_some(&weight), directed).expect("valid ties");
    let sampling = Sampling { pivots: 70, exact_work: 0, seed: 4 };
    let between = BetweennessOptions { sampling: sampling.clone(), ..BetweennessOptions::default() };
    let between = betweenness(&graph, &between).expect("scores");
    let near = closeness(&graph, &ClosenessOptions { sampling }).expect("scores");
    let holes = structural_holes(&graph);
    let group: Vec<Option<u32>> = (0..nodes as u32).map(|node| (node % 50 > 1).then_some(node % 997)).collect();
    let ours: Vec<bool> = (0..nodes).map(|node| node % 50 == 0).collect();
    let influence: Vec<f64> = (0..nodes).map(|node| (node % 7) as f64 / 3.0).collect();
    let people = People { group: &group, groups: 997, ours: &ours, influence: &influence };
    let found = reach(&graph, &people, &ReachOptions { steps: 3, decay: 0.7 }).expect("valid people");
    let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<u64>>();
    vec![
        bits(&strength(&graph, Direction::All)),
        bits(&pagerank(&graph, &PageRankOptions::default()).expect("shares")),
        bits(&eigenvector(&graph, &EigenvectorOptions::default()).expect("scores").scores),
        bits(&between.scores),
        bits(&between.standard_errors),
        bits(&near.closeness),
        bits(&near.harmonic_errors),
        bits(&holes.constraint),
        bits(&holes.effective_size),
        bits(&clustering(&graph)),
        bits(&found.loss),
        found.groups.iter().map(|group| group.thread.share.to_bits()).collect(),
        found.gains.iter().map(|gain| gain.gain.to_bits() ^ u64::from(gain.node)).collect(),
    ]
}

#[test]
fn threads_do_not_show() {
    for (weighted, directed) in [(false, false), (true, true)] {
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            pool.install(|| everything(weighted, directed))
        };
        let one = with(1);
        for threads in [2, 5] {
            assert!(with(threads) == one, "{threads} threads");
        }
    }
}
