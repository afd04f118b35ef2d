//! Every standing against the interpreter's own, bit for bit, on any number of threads.

use super::{Column, Figures, Population, Score, ntiles};
use crate::rules::standing::{self, NO_GROUP};

/// A population as a test has it.
#[derive(Clone, Debug, Default)]
struct Case {
    name: String,
    floats: Vec<Option<f64>>,
    ints: Vec<Option<i64>>,
    groups: Option<Vec<u32>>,
    keys: Vec<u32>,
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() >> 11) as usize % n
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn set(rows: usize, is_in: impl Fn(usize) -> bool) -> Vec<u64> {
    let mut words = vec![0; rows.div_ceil(64)];
    (0..rows).filter(|row| is_in(*row)).for_each(|row| words[row / 64] |= 1 << (row % 64));
    words
}

fn has(words: &[u64], row: usize) -> bool {
    words[row / 64] >> (row % 64) & 1 == 1
}

/// The scores of a column, each value as bits.
fn scores(column: &Column<f64>) -> Vec<(u64, u8)> {
    let rows = column.values.len();
    let bad = |row: usize| column.not_finite.as_ref().is_some_and(|set| has(set, row));
    let of = |row: usize| (column.values[row].to_bits(), u8::from(has(&column.there, row)) + 2 * u8::from(bad(row)));
    (0..rows).map(of).collect()
}

fn expected(scores: Vec<standing::Score>) -> Vec<(u64, u8)> {
    let of = |score: standing::Score| match score {
        standing::Score::Missing => (0, 0),
        standing::Score::Value(x) => (x.to_bits(), 1),
        standing::Score::NotFinite | standing::Score::Refused => (0, 2),
    };
    scores.into_iter().map(of).collect()
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, case: &Case, got: &[T], expected: &[T]) {
    assert_eq!(got.len(), expected.len(), "{what} of {}", case.name);
    if let Some(row) = (0..got.len()).find(|row| got[*row] != expected[*row]) {
        panic!("{what} of {}, row {row}: {:?}, expected {:?}", case.name, got[row], expected[row]);
    }
}

const QS: [f64; 7] = [0.0, 0.1, 0.25, 0.5, 0.9, 0.999, 1.0];

/// Runs all standings of a case, floats and ints, on 1, 2 and 5 threads.
fn check(case: &Case) {
    let garbage = |row: usize| [f64::NAN, f64::INFINITY, -1e308, 3.0][row % 4];
    if !case.floats.is_empty() {
        let values: Vec<f64> = case.floats.iter().enumerate().map(|(row, x)| x.unwrap_or(garbage(row))).collect();
        let counted = set(values.len(), |row| case.floats[row].is_some());
        check_figures(case, Figures::Float(&values), &counted, standing::Figures::Float(case.floats.clone()));
    }
    if !case.ints.is_empty() {
        let values: Vec<i64> = case.ints.iter().map(|n| n.unwrap_or(i64::MIN)).collect();
        let counted = set(values.len(), |row| case.ints[row].is_some());
        check_figures(case, Figures::Int(&values), &counted, standing::Figures::Int(case.ints.clone()));
    }
}

fn check_figures(case: &Case, figures: Figures<'_>, counted: &[u64], oracle: standing::Figures) {
    let oracle = standing::Population::new(oracle, case.groups.as_deref(), &case.keys);
    let pct_ranks = expected(oracle.pct_rank());
    let ranks: Vec<(i64, u8)> = oracle.rank().into_iter().map(|r| (r.unwrap_or(0), u8::from(r.is_some()))).collect();
    let zscores = expected(oracle.zscore());
    let (min_max, share, mean_of) = (expected(oracle.min_max()), expected(oracle.share()), expected(oracle.mean_of()));
    let quantiles = oracle.quantiles();
    let rows = case.keys.len();
    let qs = |row: usize| QS[row % QS.len()];
    let quantiles_by_row = expected((0..rows).map(|row| quantiles.at(row as u32, qs(row))).collect());
    let of_q = |q: f64| expected((0..rows).map(|row| quantiles.at(row as u32, q)).collect());
    for threads in [1, 2, 5] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let population = Population::new(figures, counted, case.groups.as_deref(), &case.keys);
            same("pct_rank", case, &scores(&population.pct_rank()), &pct_ranks);
            let rank = population.rank();
            let got: Vec<(i64, u8)> =
                rank.values.iter().enumerate().map(|(row, r)| (*r, u8::from(has(&rank.there, row)))).collect();
            same("rank", case, &got, &ranks);
            same("zscore", case, &scores(&population.zscore()), &zscores);
            same("min_max", case, &scores(&population.min_max()), &min_max);
            same("share", case, &scores(&population.share()), &share);
            same("mean_of", case, &scores(&population.mean_of()), &mean_of);
            let quantiles = population.quantiles();
            same("quantile by row", case, &by_row(&quantiles, rows, &qs), &quantiles_by_row);
            for q in [0.0, 0.37, 0.5, 1.0] {
                same("one quantile", case, &scores(&population.quantile(q)), &of_q(q));
            }
        });
    }
}

/// Quantiles by row in chunks of 100, and a few one by one.
fn by_row(quantiles: &super::Quantiles, rows: usize, qs: &impl Fn(usize) -> f64) -> Vec<(u64, u8)> {
    let mut all = Vec::new();
    for start in (0..rows).step_by(100) {
        let n = 100.min(rows - start);
        let qs: Vec<f64> = (start..start + n).map(qs).collect();
        let (mut values, mut there, mut bad) = (vec![7.0; n], vec![u64::MAX; 2], vec![u64::MAX; 2]);
        let any = quantiles.fill(start as u32, &qs, &mut values, &mut there, &mut bad);
        assert_eq!(any, (0..n).any(|i| has(&bad, i)));
        all.extend((0..n).map(|i| (values[i].to_bits(), u8::from(has(&there, i)) + 2 * u8::from(has(&bad, i)))));
        let one = match quantiles.at(start as u32, qs[0]) {
            Score::Missing => (0, 0),
            Score::Value(x) => (x.to_bits(), 1),
            Score::NotFinite => (0, 2),
        };
        assert_eq!(all[start], one);
    }
    all
}

fn shuffled(rows: usize, random: &mut Random) -> Vec<u32> {
    let mut keys: Vec<u32> = (0..rows as u32).collect();
    (1..rows).rev().for_each(|i| keys.swap(i, random.below(i + 1)));
    keys
}

fn int_of(x: f64) -> i64 {
    (x * 16.0) as i64
}

/// A case of floats and of ints made of them; `missing` of them are missing, keys are rows or shuffled rows.
fn case(name: &str, floats: Vec<f64>, missing: f64, is_shuffled: bool, groups: Option<Vec<u32>>) -> Case {
    let mut random = Random(floats.len() as u64 + 88_172_645_463_325_252);
    let keys = if is_shuffled { shuffled(floats.len(), &mut random) } else { (0..floats.len() as u32).collect() };
    let is_there: Vec<bool> = floats.iter().map(|_| random.unit() >= missing).collect();
    let keep = |(x, is_there): (&f64, &bool)| is_there.then_some(*x);
    let floats: Vec<Option<f64>> = floats.iter().zip(&is_there).map(keep).collect();
    let ints = floats.iter().map(|x| x.map(int_of)).collect();
    Case { name: name.to_owned(), floats, ints, groups, keys }
}

/// Figures by name, `n` each.
fn shapes(n: usize) -> Vec<(&'static str, Vec<f64>)> {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut of = |f: &dyn Fn(&mut Random) -> f64| -> Vec<f64> { (0..n).map(|_| f(&mut random)).collect() };
    let extremes = [f64::MAX, f64::MIN, 5e-324, -5e-324, f64::MIN_POSITIVE, -0.0, 0.0, 1.0, -1.0, 1e300, -1e-300, 0.1];
    let finite = |r: &mut Random| loop {
        let x = f64::from_bits(r.next());
        if x.is_finite() {
            return x;
        }
    };
    vec![
        ("uniform", of(&|r| r.unit() * 1e6 - 1e5)),
        ("any bits", of(&finite)),
        ("cents", of(&|r| (r.unit() * 1e5).round() / 100.0)),
        ("few values", of(&|r| r.below(7) as f64 - 3.0)),
        ("mostly zero", of(&|r| if r.below(10) > 0 { [0.0, -0.0][r.below(2)] } else { r.unit() * 1e6 })),
        ("zeros of both signs", of(&|r| [0.0, -0.0][r.below(2)])),
        ("extremes", of(&|r| extremes[r.below(extremes.len())])),
        ("subnormals", of(&|r| f64::from_bits(r.next() >> 14) * [1.0, -1.0][r.below(2)])),
        ("one far away", of(&|r| if r.below(n.max(2)) == 0 { 1e300 } else { 1.0 + r.unit() * 1e-9 })),
        ("far and near", of(&|r| if r.below(2) == 0 { 1e300 } else { 1.0 + (r.next() >> 40) as f64 * 1e-14 })),
        ("equal", vec![0.1; n]),
        ("ascending", (0..n).map(|i| i as f64 * 0.7).collect()),
        ("descending", (0..n).map(|i| -(i as f64) * 1e3).collect()),
    ]
}

#[test]
fn one_group() {
    for n in [0, 1, 2, 3, 64, 65, 700, 8_192, 8_193, 20_000] {
        for (name, floats) in shapes(n) {
            check(&case(name, floats, [0.0, 0.2][n % 2], n % 3 == 0, None));
        }
    }
}

#[test]
fn several_chunks() {
    let n = 2 * super::CHUNK + 777;
    for (i, (name, floats)) in shapes(n).into_iter().enumerate().filter(|(i, _)| i % 2 == 1 || *i < 3) {
        check(&case(name, floats, [0.0, 0.03][i % 2], i % 3 == 1, None));
    }
}

#[test]
fn groups_of_all_sizes() {
    let n = super::CHUNK + 7_000;
    let mut random = Random(77);
    let mut numbered =
        |f: &dyn Fn(&mut Random) -> usize| -> Vec<u32> { (0..n).map(|_| f(&mut random) as u32).collect() };
    let groupings = [
        ("one", numbered(&|_| 0)),
        ("two", numbered(&|r| r.below(2))),
        ("a huge one among small ones", numbered(&|r| if r.below(3) > 0 { 40 } else { r.below(100) })),
        ("a thousand", numbered(&|r| r.below(1_000))),
        ("pairs", numbered(&|r| r.below(n / 2))),
        ("each its own, and groups without members", numbered(&|r| n - 1 - r.below(n))),
        ("few of very many numbers", numbered(&|r| r.below(3) * (n / 3))),
        ("some none", numbered(&|r| if r.below(5) == 0 { NO_GROUP as usize } else { r.below(30) })),
    ];
    for (i, (grouping, groups)) in groupings.into_iter().enumerate() {
        for (shape, floats) in shapes(n).into_iter().skip(i % 4).step_by(4) {
            check(&case(&format!("{shape}, groups: {grouping}"), floats, 0.05, i % 2 == 0, Some(groups.clone())));
        }
    }
}

#[test]
fn groups_where_nobody_counts() {
    check(&case("nobody", vec![1.0; 300], 1.1, false, None));
    check(&case("nobody in groups", vec![1.0; 300], 1.1, true, Some((0..300).map(|i| i % 7).collect())));
    check(&case("none in a group", vec![1.0; 300], 0.0, true, Some(vec![NO_GROUP; 300])));
}

#[test]
fn ints_of_all_spans() {
    let mut random = Random(5);
    for n in [100, 30_000] {
        let mut of = |f: &dyn Fn(&mut Random) -> i64| -> Vec<Option<i64>> {
            (0..n).map(|_| Some(f(&mut random)).filter(|n| n % 13 != 5)).collect()
        };
        let ints = [
            ("products", of(&|r| r.below(12) as i64)),
            ("days", of(&|r| 17_000 + r.below(3_000) as i64)),
            ("up to the span that is counted", of(&|r| -77 + r.below(14_000) as i64)),
            ("a wide span", of(&|r| r.below(10_000_000) as i64)),
            ("the ends", of(&|r| [i64::MIN, i64::MAX, i64::MIN + 1, i64::MAX - 1, 0][r.below(5)])),
            ("more than doubles tell apart", of(&|r| (1 << 60) + r.below(300) as i64)),
            ("any", of(&|r| r.next() as i64)),
        ];
        for (i, (name, ints)) in ints.into_iter().enumerate() {
            let keys = if i % 2 == 0 { (0..n as u32).collect() } else { shuffled(n, &mut Random(3)) };
            let groups = (i % 3 > 0).then(|| (0..n).map(|row| (row * 7 % 5) as u32).collect());
            check(&Case { name: name.to_owned(), ints, groups, keys, ..Case::default() });
        }
    }
}

#[test]
fn ntiles_are_the_interpreters() {
    let mut random = Random(11);
    let ranks: Vec<f64> = (0..1_000).map(|i| [random.unit(), (i % 101) as f64 / 100.0][i % 2]).collect();
    let ns: Vec<i64> = (0..1_000).map(|i| [1, 3, 4, 10, 100, i64::MAX][i % 6]).collect();
    let there = set(1_000, |i| i % 9 != 0);
    let mut tiles = vec![-1; 1_000];
    ntiles(&ranks, &there, &ns, &mut tiles);
    for i in 0..1_000 {
        assert_eq!(tiles[i], if i % 9 == 0 { 0 } else { standing::ntile(ranks[i], ns[i]) });
    }
}
