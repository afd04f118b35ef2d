//! How long do measures of a large network take?
//!
//! Data: 1,000,000 people and 10,000,000 ties (or as many as the first two arguments say) in 100,000 customers, a few with very many ties. `cargo bench --profile release --bench network`,
//! behind `--` as well `[people] [ties] [customers] [pivots] [--weighted] [--directed] [--no-paths]`.

use std::time::Instant;

use tierwright::measures::network::*;

struct Random(u64);

impl Random {
    fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.draw()) * bound as u128) >> 64) as usize
    }
}

fn timed<T>(name: &str, work: impl FnOnce() -> T) -> T {
    let (start, busy) = (Instant::now(), cpu());
    let result = work();
    println!("{name:<28} {:>8.2} s, cpu {:>8.2} s, peak {} MB", start.elapsed().as_secs_f64(), cpu() - busy, peak());
    result
}

/// Seconds of processor time of all threads so far, at 100 ticks a second.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// Four ties in ten stay in the group; of the others, half go to few: the node of rank r gets about r^(-2/3) of them.
fn ties(nodes: usize, count: usize, groups: usize) -> (Vec<u32>, Vec<u32>) {
    let mut random = Random(7);
    let (mut from, mut to): (Vec<u32>, Vec<u32>) = (Vec::with_capacity(count), Vec::with_capacity(count));
    for _ in 0..count {
        let a = random.below(nodes);
        let kind = random.below(10);
        let b = if kind < 4 {
            (a + groups * (1 + random.below(nodes / groups - 1))) % nodes
        } else if kind < 7 {
            let u = (random.draw() >> 11) as f64 / (1_u64 << 53) as f64;
            (nodes as f64 * u * u * u) as usize * 611_953 % nodes
        } else {
            random.below(nodes)
        };
        from.push(a as u32);
        to.push(b as u32);
    }
    (from, to)
}

fn main() -> Result<(), Fault> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let numbers: Vec<usize> = arguments.iter().filter_map(|text| text.parse().ok()).collect();
    let number = |at: usize, default: usize| numbers.get(at).copied().unwrap_or(default);
    let (nodes, count, groups) = (number(0, 1_000_000), number(1, 10_000_000), number(2, 100_000));
    let flag = |name: &str| arguments.iter().any(|text| text == name);
    let (from, to) = timed("generate", || ties(nodes, count, groups));
    let weight: Option<Vec<f64>> = flag("--weighted").then(|| {
        let mut random = Random(9);
        (0..count).map(|_| 1.0 + random.below(20) as f64).collect()
    });
    let graph = timed("build", || Graph::new(nodes, &from, &to, weight.as_deref(), flag("--directed")))?;
    drop((from, to));
    let largest = degree(&graph, Direction::All).into_iter().max();
    println!("{:?}, largest degree {largest:?}, threads {}", graph.counts(), rayon::current_num_threads());
    timed("strength", || strength(&graph, Direction::All));
    println!("components {}", timed("components", || components(&graph)).sizes.len());
    timed("pagerank", || pagerank(&graph, &PageRankOptions::default()))?;
    match timed("eigenvector", || eigenvector(&graph, &EigenvectorOptions::default())) {
        Ok(found) => println!("eigenvalue {}", found.eigenvalue),
        Err(fault) => println!("{fault}"),
    }
    timed("structural holes", || structural_holes(&graph));
    timed("clustering", || clustering(&graph));
    for own in [2000, 50] {
        for steps in [2, 3, 4] {
            reached(&graph, groups, own, steps)?;
        }
    }
    if !flag("--no-paths") {
        let sampling = Sampling { pivots: number(3, 256), ..Sampling::default() };
        let near = ClosenessOptions { sampling: sampling.clone() };
        let found = timed("closeness (sampled)", || closeness(&graph, &near))?;
        println!("pivots {}, closeness[0] {} ± {}", found.pivots, found.closeness[0], found.closeness_errors[0]);
        let between = BetweennessOptions { sampling, ..BetweennessOptions::default() };
        let found = timed("betweenness (sampled)", || betweenness(&graph, &between))?;
        println!("pivots {}", found.pivots);
    }
    Ok(())
}

fn reached(graph: &Graph, groups: usize, own: usize, steps: u32) -> Result<(), Fault> {
    let nodes = graph.nodes();
    let stride = nodes / own;
    let ours: Vec<bool> = (0..nodes).map(|node| node.is_multiple_of(stride)).collect();
    let group: Vec<Option<u32>> =
        (0..nodes).map(|node| (!ours[node] && node % 10 != 3).then_some((node % groups) as u32)).collect();
    let influence: Vec<f64> =
        (0..nodes).map(|node| if (node / groups).is_multiple_of(3) { 1.0 + (node % 7) as f64 } else { 0.0 }).collect();
    let people = People { group: &group, groups, ours: &ours, influence: &influence };
    let options = ReachOptions { steps, decay: 1.0 };
    let found = timed(&format!("reach own={own} k={steps}"), || reach(graph, &people, &options))?;
    let mean =
        found.groups.iter().map(|group| group.reach).filter(|reach| !reach.is_nan()).sum::<f64>() / groups as f64;
    println!("  mean reach {mean:.4}, unreached people {}", found.gains.len());
    let options = ReachOptions { steps, decay: 0.5 };
    timed(&format!("reach own={own} k={steps} decay .5"), || reach(graph, &people, &options))?;
    Ok(())
}
