//! Migration of credit ratings as it was published, against the estimation of [`tierwright::migrate`].
//!
//! S&P's tables of 1981 to 2016 have for each rating the per cent of issuers in each rating, in default (D) and without a
//! rating (NR) after 1, 2, 3, 5, 7, 10, 15 and 20 years. They are no part of the repository: they lie in `../shared/data`
//! beside it, or where `TIERWRIGHT_SHARED` says; without them these tests say that they are skipped. Rows of the source sum to
//! 99.98 to 100.01; each is divided by its own sum.

use std::path::{Path, PathBuf};
use std::process::Command;
use tierwright::migrate::cohort::Counts;
use tierwright::migrate::{Exits, Matrix, Observation, Panel, interval, stability};

/// Years after which the published blocks look.
const YEARS: [u32; 8] = [1, 2, 3, 5, 7, 10, 15, 20];
/// Ratings that issuers start from: AAA to CCC.
const RATINGS: usize = 7;
/// The default, as one more rating, which nobody leaves.
const STATES: usize = RATINGS + 1;
/// A power of twenty adds up some 20 times 8 products a cell, each rounded to 1.1e-16 of at most 1: 2e-14 at worst.
const ROUNDING: f64 = 1e-13;

/// The largest and the mean difference, in any cell, between the power of the one-year block and the block of that many
/// years, both without NR; from numpy's `matrix_power`.
const DEPARTURES: [(f64, f64); 8] = [
    (0.0, 0.0),
    (0.019_837_350_074_451_143, 0.002_915_676_342_701_086_6),
    (0.043_061_858_387_283_6, 0.005_247_530_426_822_346),
    (0.075_178_352_729_396_88, 0.010_312_755_328_334_925),
    (0.125_017_539_887_811_4, 0.015_199_288_543_594_374),
    (0.168_522_407_430_724, 0.021_862_284_927_798_13),
    (0.230_407_773_080_199_44, 0.032_557_167_302_473_85),
    (0.222_108_276_461_247_76, 0.035_802_352_494_996_005),
];

/// The file, if it is there.
fn file() -> Option<PathBuf> {
    let named = std::env::var_os("TIERWRIGHT_SHARED").map(PathBuf::from);
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let is_named = named.is_some();
    let path = named.unwrap_or_else(beside).join("rating_migration/sp_1981-2016_multi_tenor.csv");
    if !path.is_file() {
        assert!(!is_named, "TIERWRIGHT_SHARED names a folder without rating_migration");
        eprintln!("skipped: no rating_migration in ../shared/data, and TIERWRIGHT_SHARED is not set");
        return None;
    }
    Some(path)
}

/// The published rows, hundredths of a per cent: for each number of years and rating the nine ends, D and NR last.
fn published(path: &Path) -> Vec<Vec<Vec<u64>>> {
    let text = std::fs::read_to_string(path).unwrap();
    let cell = |text: &str| -> u64 {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        format!("{whole}{part:0<2}").parse().unwrap_or_else(|_| panic!("no figure: {text}"))
    };
    let row = |line: &str| line.split(',').take(STATES + 1).map(cell).collect();
    let rows: Vec<Vec<u64>> = text.lines().skip(2).filter(|line| !line.trim().is_empty()).map(row).collect();
    assert_eq!(rows.len(), YEARS.len() * RATINGS);
    rows.chunks(RATINGS).map(<[Vec<u64>]>::to_vec).collect()
}

/// A block without NR, each row divided by what is left of it, and the default that nobody leaves.
fn without_nr(block: &[Vec<u64>]) -> Vec<Vec<f64>> {
    let row = |row: &Vec<u64>| {
        let rated: u64 = row[..STATES].iter().sum();
        row[..STATES].iter().map(|n| *n as f64 / rated as f64).collect()
    };
    let default = (0..STATES).map(|to| f64::from(u8::from(to == RATINGS))).collect();
    block.iter().map(row).chain([default]).collect()
}

fn matrix(rows: Vec<Vec<f64>>) -> Matrix {
    Matrix::new(rows.into_iter().map(Some).collect()).unwrap()
}

/// The differences of two matrices, cell by cell, of the ratings that issuers start from.
fn differences(a: &Matrix, b: &[Vec<f64>]) -> Vec<f64> {
    let row = |at: usize| a.row(at).unwrap().iter().zip(&b[at]).map(|(x, y)| (x - y).abs()).collect::<Vec<_>>();
    (0..RATINGS).flat_map(row).collect()
}

#[test]
fn the_power_of_one_year_departs_from_history_as_another_program_finds() {
    let Some(path) = file() else { return };
    let blocks = published(&path);
    let one = matrix(without_nr(&blocks[0]));
    for ((years, block), (largest, mean)) in YEARS.into_iter().zip(&blocks).zip(DEPARTURES) {
        let differences = differences(&one.power(years), &without_nr(block));
        let found = differences.iter().copied().fold(0.0, f64::max);
        assert!((found - largest).abs() < ROUNDING, "{years} years: {found} instead of {largest}");
        let found = differences.iter().sum::<f64>() / differences.len() as f64;
        assert!((found - mean).abs() < ROUNDING, "{years} years: {found} instead of {mean}");
        // Figures are rounded to 0.005 %: over a row of eight, of which 85 % are rated, that moves a power by at most 0.0005
        // a year. What is more is history: it is no Markov chain.
        let rounding = 0.0005 * f64::from(years);
        assert!(years == 1 || largest > 2.0 * rounding, "{years} years");
    }
    // Where default is likely the chain finds too few, and those that are without a rating have gone from it.
    let (chain, history) = (one.power(10), without_nr(&blocks[5]));
    assert!(history[5][RATINGS] - chain.row(5).unwrap()[RATINGS] > 0.16, "B defaults within ten years");
    assert!((stability::trace(&one).unwrap() - 0.164_069_706_379_424_9).abs() < ROUNDING);
    assert!((stability::svd(&one).unwrap() - 0.164_964_456_618_499_07).abs() < ROUNDING);
}

/// Issuers in exact proportion to the published row of a year, 10,000 of each rating or as many as its rounded figures sum to,
/// and some in default, who stay there.
fn issuers(block: &[Vec<u64>]) -> Panel {
    // Lowest first, as tiers are ordered: D, CCC, …, AAA.
    let names = ["D", "CCC", "B", "BB", "BBB", "A", "AA", "AAA"].map(str::to_owned).to_vec();
    let code = |state: usize| (RATINGS - state.min(RATINGS)) as u16;
    // AAA is 7, CCC is 1, D is 0.
    let mut panel = Panel::new(names, STATES, &[2015, 2016]).unwrap();
    let start = |from: usize| Observation { cycle: 2015, tier: Some(code(from)), value: None };
    for (from, row) in block.iter().enumerate() {
        for (to, issuers) in row.iter().enumerate() {
            let end = (to < STATES).then(|| Observation { cycle: 2016, ..start(to) });
            let path: Vec<Observation> = [start(from)].into_iter().chain(end).collect();
            (0..*issuers).for_each(|_| panel.add(&path).unwrap());
        }
    }
    for _ in 0..100 {
        panel.add(&[start(RATINGS), Observation { cycle: 2016, ..start(RATINGS) }]).unwrap();
    }
    panel
}

#[test]
fn cohorts_of_exact_counts_give_the_matrix_back() {
    let Some(path) = file() else { return };
    let blocks = published(&path);
    let panel = issuers(&blocks[0]);
    assert!((69_900..70_300).contains(&panel.customers()), "{}", panel.customers());
    let counts = Counts::of(&panel, 1);
    let code = |state: usize| (RATINGS - state) as u16;
    let rated = without_nr(&blocks[0]);
    for (from, row) in blocks[0].iter().enumerate() {
        let all: u64 = row.iter().sum();
        assert_eq!(counts.at_risk(code(from), Exits::Kept), all);
        for (to, issuers) in row.iter().enumerate() {
            let end = (to < STATES).then(|| code(to));
            // The same two whole numbers are divided: not a bit may differ.
            assert_eq!(counts.probability(code(from), end, Exits::Kept), Some(*issuers as f64 / all as f64));
            if let Some(end) = end {
                assert_eq!(counts.probability(code(from), Some(end), Exits::Removed), Some(rated[from][to]));
            }
            let share = *issuers as f64 / all as f64;
            let (low, high) = interval::wilson(*issuers, all).unwrap();
            assert!(low <= share && share <= high && high - low < 0.02, "{low} {share} {high}");
        }
    }
    // Estimated and raised to powers it is the chain of the published matrix.
    let (estimated, one) = (counts.matrix(Exits::Removed), matrix(rated));
    for years in YEARS {
        let (estimated, one) = (estimated.power(years), one.power(years));
        for from in 0..STATES {
            let row = estimated.row(usize::from(code(from))).unwrap();
            let back = (0..STATES).map(|to| row[usize::from(code(to))]);
            for (found, expected) in back.zip(one.row(from).unwrap()) {
                assert!((found - expected).abs() < ROUNDING, "{years} years from {from}: {found} {expected}");
            }
        }
    }
}

/// Powers and departures by numpy, as one line of JSON.
const NUMPY: &str = r#"
import csv, json, sys, numpy
rows = [r[:9] for r in csv.reader(open(sys.argv[1]))][2:]
table = numpy.array(rows, dtype=float).reshape(8, 7, 9)
def rated(block):
    return numpy.vstack([block[:, :8] / block[:, :8].sum(axis=1, keepdims=True), numpy.eye(8)[7]])
one = rated(table[0])
powers = [numpy.linalg.matrix_power(one, k) for k in (1, 2, 3, 5, 7, 10, 15, 20)]
departs = [numpy.abs(p - rated(b))[:7] for p, b in zip(powers, table)]
values = numpy.linalg.svd(one - numpy.eye(8), compute_uv=False)
print(json.dumps({
    "powers": [p.tolist() for p in powers],
    "departures": [[d.max(), d.mean()] for d in departs],
    "svd": values.mean(), "trace": (8 - numpy.trace(one)) / 7,
}))
"#;

#[test]
fn numpy_finds_the_same() {
    let Some(path) = file() else { return };
    let python = std::env::var("TIERWRIGHT_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has = Command::new(&python).args(["-c", "import numpy"]).output().is_ok_and(|done| done.status.success());
    if !has {
        return eprintln!("skipped: no numpy in {python}, TIERWRIGHT_PYTHON may name another");
    }
    let done = Command::new(python).args(["-B", "-c", NUMPY]).arg(&path).output().unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&done.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&done.stderr)));
    let near = |found: f64, value: &serde_json::Value| {
        let value = value.as_f64().unwrap();
        assert!((found - value).abs() < ROUNDING, "{found} {value}");
    };
    let one = matrix(without_nr(&published(&path)[0]));
    for (at, years) in YEARS.into_iter().enumerate() {
        let power = one.power(years);
        for from in 0..STATES {
            let row = power.row(from).unwrap();
            (0..STATES).for_each(|to| near(row[to], &answer["powers"][at][from][to]));
        }
        near(DEPARTURES[at].0, &answer["departures"][at][0]);
        near(DEPARTURES[at].1, &answer["departures"][at][1]);
    }
    near(stability::trace(&one).unwrap(), &answer["trace"]);
    near(stability::svd(&one).unwrap(), &answer["svd"]);
}
