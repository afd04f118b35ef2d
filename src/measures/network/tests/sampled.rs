//! Samples of pivots: right on average, with standard errors that tell how far off one of them is.

use super::super::sample::SplitMix;
use super::super::*;
use super::random_ties;

fn network(weighted: bool, directed: bool) -> Graph {
    let (from, to, weight) = random_ties(&mut SplitMix::new(5), 120, 400);
    Graph::new(120, &from, &to, weighted.then_some(&weight), directed).expect("valid ties")
}

fn sampling(seed: u64, pivots: usize) -> Sampling {
    Sampling { pivots, exact_work: 0, seed }
}

/// Over many draws: the mean error in standard errors is near 0 and its mean square near 1.
fn check(draws: &[(f64, f64)], exact: f64) {
    let count = draws.len() as f64;
    let mean = draws.iter().map(|draw| draw.0).sum::<f64>() / count;
    let variance = draws.iter().map(|draw| (draw.0 - exact) * (draw.0 - exact)).sum::<f64>() / count;
    let claimed = draws.iter().map(|draw| draw.1 * draw.1).sum::<f64>() / count;
    assert!((mean - exact).abs() < 4.0 * (variance / count).sqrt() + 0.01 * exact, "mean {mean}, exact {exact}");
    assert!(variance > 0.6 * claimed && variance < 1.6 * claimed, "variance {variance}, claimed {claimed}");
}

#[test]
fn samples_are_right_on_average() {
    for (weighted, directed) in [(false, false), (true, false), (false, true), (true, true)] {
        let graph = network(weighted, directed);
        let exact = betweenness(&graph, &BetweennessOptions::default()).expect("scores");
        assert_eq!(exact.pivots, 120);
        let near = closeness(&graph, &ClosenessOptions::default()).expect("scores");
        let busiest = (0..120).max_by(|&a, &b| exact.scores[a].total_cmp(&exact.scores[b])).expect("nodes");
        let (mut between, mut close, mut harmonic) = (Vec::new(), Vec::new(), Vec::new());
        for seed in 0..300 {
            let options = BetweennessOptions { sampling: sampling(seed, 40), ..BetweennessOptions::default() };
            let found = betweenness(&graph, &options).expect("scores");
            between.push((found.scores[busiest], found.standard_errors[busiest]));
            let found = closeness(&graph, &ClosenessOptions { sampling: sampling(seed, 40) }).expect("scores");
            close.push((found.closeness[busiest], found.closeness_errors[busiest]));
            harmonic.push((found.harmonic[busiest], found.harmonic_errors[busiest]));
        }
        check(&between, exact.scores[busiest]);
        check(&close, near.closeness[busiest]);
        check(&harmonic, near.harmonic[busiest]);
    }
}

#[test]
fn as_many_pivots_as_nodes_are_exact() {
    let graph = network(true, true);
    let exact = closeness(&graph, &ClosenessOptions::default()).expect("scores");
    assert_eq!(closeness(&graph, &ClosenessOptions { sampling: sampling(1, 120) }).expect("scores"), exact);
    assert!(exact.closeness_errors.iter().all(|&error| error == 0.0));
}
