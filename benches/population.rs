//! What does a standing of all customers cost, for each function and each shape of figures?
//!
//! Data: 5,000,000 made-up rows (or as many as the first number among the arguments says; a word among them keeps the lines
//! that contain it), two threads. Printed: nanoseconds a row, of processor time and of wall time, best of five.
//! Run with `cargo bench --profile release --bench population`, which builds no dependency again.
//! The lines `sorted pairs` are the plain way to ranks, for comparison: (key, row) pairs in the standard unstable sort,
//! in parallel, and results written by row.

use rayon::prelude::*;
use std::hint::black_box;
use std::time::Instant;
use tierwright::rules::population::{Figures, Population, ntiles};

struct Random(u64);

impl Random {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let (a, b) = (1.0 - self.unit(), self.unit());
        (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()
    }

    fn below(&mut self, n: usize) -> usize {
        (self.unit() * n as f64) as usize
    }
}

/// Nanoseconds that all threads of this process have run.
fn processor_time() -> f64 {
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else { return f64::NAN };
    let ran = |path: std::path::PathBuf| -> Option<f64> {
        std::fs::read_to_string(path.join("schedstat")).ok()?.split(' ').next()?.parse().ok()
    };
    threads.filter_map(|t| ran(t.ok()?.path())).sum()
}

struct Bench {
    rows: usize,
    word: Option<String>,
    pool: rayon::ThreadPool,
}

impl Bench {
    fn line<T: Send>(&self, what: &str, f: impl Fn() -> T + Sync) {
        if self.word.as_ref().is_some_and(|w| !what.contains(w.as_str())) {
            return;
        }
        let (mut processor, mut wall) = (f64::INFINITY, f64::INFINITY);
        for _ in 0..5 {
            let (before, start) = (processor_time(), Instant::now());
            self.pool.install(|| drop(black_box(f())));
            processor = processor.min(processor_time() - before);
            wall = wall.min(start.elapsed().as_nanos() as f64);
        }
        let rows = self.rows as f64;
        println!("{what:60} {:6.2} {:6.2}", processor / rows, wall / rows);
    }
}

/// Percent ranks by sorting pairs.
fn sorted_pairs(figures: &[f64]) -> Vec<f64> {
    let key = |x: &f64| {
        let bits = (x + 0.0).to_bits();
        bits ^ (((bits as i64 >> 63) as u64) | 1 << 63)
    };
    let mut pairs: Vec<(u64, u32)> = figures.par_iter().enumerate().map(|(i, x)| (key(x), i as u32)).collect();
    pairs.par_sort_unstable();
    let (mut ranks, mut smaller) = (vec![0.0; pairs.len()], 0);
    for (i, (key, row)) in pairs.iter().enumerate() {
        if i > 0 && pairs[i - 1].0 != *key {
            smaller = i;
        }
        ranks[*row as usize] = smaller as f64 / (pairs.len() - 1) as f64;
    }
    ranks
}

fn float_shapes(n: usize) -> Vec<(&'static str, Vec<f64>)> {
    let mut random = Random(1);
    let mut of = |f: &dyn Fn(&mut Random) -> f64| -> Vec<f64> { (0..n).map(|_| f(&mut random)).collect() };
    let mut shapes = vec![
        ("uniform", of(&|r| r.unit() * 1e6)),
        ("log-normal", of(&|r| (2.0 * r.normal()).exp())),
        ("normal, both signs", of(&|r| r.normal())),
        ("amounts in cents", of(&|r| (r.unit() * 1e5).round() / 100.0)),
        ("nine tenths zero", of(&|r| if r.unit() < 0.9 { 0.0 } else { r.unit() * 1e6 })),
        ("twelve values", of(&|r| r.below(12) as f64)),
        ("one far away", of(&|r| if r.below(1_000_000) == 0 { 1e300 } else { 1.0 + r.unit() * 1e-9 })),
    ];
    let mut sorted = shapes[0].1.clone();
    sorted.sort_by(f64::total_cmp);
    shapes.extend([("already sorted", sorted), ("all equal", vec![0.1; n])]);
    shapes
}

fn int_shapes(n: usize) -> Vec<(&'static str, Vec<i64>)> {
    let mut random = Random(2);
    let mut of = |span: usize| -> Vec<i64> { (0..n).map(|_| random.below(span) as i64 - 5).collect() };
    vec![
        ("12 ints", of(12)),
        ("3,000 ints", of(3_000)),
        ("2,000,000 ints", of(2_000_000)),
        ("ints of a wide span", of(1 << 40)),
    ]
}

fn group_shapes(n: usize) -> Vec<(&'static str, Vec<u32>)> {
    let mut random = Random(3);
    let mut of = |f: &dyn Fn(&mut Random) -> usize| -> Vec<u32> { (0..n).map(|_| f(&mut random) as u32).collect() };
    vec![
        ("4 groups", of(&|r| r.below(4))),
        ("1,000 groups", of(&|r| r.below(1_000))),
        ("100,000 groups", of(&|r| r.below(100_000))),
        ("groups of about two", of(&|r| r.below(n / 2))),
        ("half in one, the others in groups of ten", of(&|r| if r.unit() < 0.5 { 7 } else { r.below(n / 20) })),
    ]
}

fn functions(bench: &Bench, shape: &str, population: &Population<'_>) {
    bench.line(&format!("pct_rank, {shape}"), || population.pct_rank());
    bench.line(&format!("quantiles, {shape}"), || population.quantiles());
    bench.line(&format!("quantile of 0.9, {shape}"), || population.quantile(0.9));
    bench.line(&format!("zscore, {shape}"), || population.zscore());
    bench.line(&format!("min_max, {shape}"), || population.min_max());
    bench.line(&format!("share, {shape}"), || population.share());
    bench.line(&format!("mean_of, {shape}"), || population.mean_of());
}

fn by_chunks(bench: &Bench, all: &Population<'_>) {
    let (ranks, quantiles) = bench.pool.install(|| (all.pct_rank(), all.quantiles()));
    let (ns, qs) = (vec![10; 1_024], [0.1, 0.5, 0.9, 0.99].repeat(256));
    bench.line("ntiles, in chunks of 1,024", || {
        let mut tiles = vec![0; 1_024];
        ranks
            .values
            .chunks(1_024)
            .zip(ranks.there.chunks(16))
            .for_each(|(r, t)| ntiles(r, t, &ns, &mut tiles[..r.len()]));
        tiles
    });
    bench.line("quantiles by row, in chunks of 1,024", || {
        let (mut values, mut there, mut bad) = (vec![0.0; 1_024], [0; 16], [0; 16]);
        for start in (0..ranks.values.len()).step_by(1_024) {
            let n = 1_024.min(ranks.values.len() - start);
            quantiles.fill(start as u32, &qs[..n], &mut values[..n], &mut there, &mut bad);
        }
        values
    });
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let rows = args.iter().find_map(|a| a.parse().ok()).unwrap_or(5_000_000);
    let word = args.into_iter().find(|a| a.parse::<usize>().is_err());
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("threads");
    let bench = Bench { rows, word, pool };
    let all = vec![u64::MAX; rows.div_ceil(64)];
    let keys: Vec<u32> = (0..rows as u32).collect();
    let floats = float_shapes(rows);
    println!("{:60} {:>6} {:>6}", format!("{rows} rows, two threads, nanoseconds a row"), "cpu", "wall");
    for (shape, figures) in &floats {
        bench.line(&format!("sorted pairs, {shape}"), || sorted_pairs(figures));
        functions(&bench, shape, &Population::new(Figures::Float(figures), &all, None, &keys));
    }
    for (shape, figures) in &int_shapes(rows) {
        let population = Population::new(Figures::Int(figures), &all, None, &keys);
        bench.line(&format!("rank, {shape}"), || population.rank());
        bench.line(&format!("zscore, {shape}"), || population.zscore());
    }
    let uniform = &floats[0].1;
    for (shape, groups) in &group_shapes(rows) {
        functions(&bench, shape, &Population::new(Figures::Float(uniform), &all, Some(groups), &keys));
        bench.line(&format!("new, {shape}"), || Population::new(Figures::Float(uniform), &all, Some(groups), &keys));
    }
    let mut random = Random(4);
    let some: Vec<u64> = all.iter().map(|_| (0..64).filter(|_| random.unit() > 0.05).map(|i| 1 << i).sum()).collect();
    functions(&bench, "one in twenty missing", &Population::new(Figures::Float(uniform), &some, None, &keys));
    let mut shuffled = keys.clone();
    (1..rows).rev().for_each(|i| shuffled.swap(i, random.below(i + 1)));
    functions(&bench, "keys in no order of rows", &Population::new(Figures::Float(uniform), &all, None, &shuffled));
    if bench.word.is_none() {
        by_chunks(&bench, &Population::new(Figures::Float(uniform), &all, None, &keys));
    }
}
