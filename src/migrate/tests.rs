//! The example of docs/migration.md, worked by hand there, and cases at the edges.

use super::*;
use crate::migrate::cohort::{Counts, horizons};
use crate::migrate::interval::wilson;

/// Codes of the example's tiers, lowest first.
const LOW: u16 = 0;
const MID: u16 = 1;
const HIGH: u16 = 2;
/// Tiers as they are shown.
const SHOWN: [u16; 3] = [HIGH, MID, LOW];

/// Paths as texts: each year a letter and the value, `?` undetermined, `-` no customer; `H90 M70 -`.
fn panel(first: i16, years: usize, paths: &[&str]) -> Panel {
    let tiers = ["low", "mid", "high", "former"].map(str::to_owned);
    let used = if paths.iter().any(|path| path.contains('F')) { 4 } else { 3 };
    let cycles: Vec<i16> = (first..).take(years).collect();
    let mut panel = Panel::new(tiers[..used].to_vec(), 3, &cycles).unwrap();
    for path in paths {
        let seen = path.split(' ').zip(&cycles).filter(|(word, _)| *word != "-").map(|(word, cycle)| {
            let (letter, value) = word.split_at(1);
            let tier = "LMHF".find(letter).map(|code| code as u16);
            Observation { cycle: *cycle, tier, value: value.parse().ok() }
        });
        panel.add(&seen.collect::<Vec<_>>()).unwrap();
    }
    panel
}

/// The example, as docs/migration.md shows it.
fn example() -> Panel {
    let text = include_str!("../../docs/migration.md");
    let rows: Vec<Vec<&str>> = text
        .lines()
        .skip_while(|line| !line.starts_with("| customer | FY2015"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert_eq!(rows.len(), 14, "the customers of the example");
    let word = |cell: &str| match cell.split_once(' ') {
        Some((tier, value)) => format!("{}{value}", tier[..1].to_uppercase()),
        None => cell.replace("undetermined", "?"),
    };
    let paths: Vec<String> =
        rows.iter().map(|row| row[1..].iter().map(|cell| word(cell)).collect::<Vec<_>>().join(" ")).collect();
    panel(2015, 3, &paths.iter().map(String::as_str).collect::<Vec<_>>())
}

fn near(found: Option<f64>, expected: f64) {
    let found = found.expect("a figure");
    assert!((found - expected).abs() < 1e-12, "{found} instead of {expected}");
}

/// Customers of a matrix row by row: tiers highest first, undetermined, absent.
fn customers(flow: &Flow) -> Vec<Vec<u64>> {
    let states = flow.states();
    states.iter().map(|from| states.iter().map(|to| flow.cell(*from, *to).customers).collect()).collect()
}

#[test]
fn the_example_moves_as_counted_by_hand() {
    let panel = example();
    let flow = Flow::count(&panel, 2015, 2016).unwrap();
    let expected = [[2, 1, 0, 0, 0], [1, 2, 1, 0, 0], [0, 0, 2, 0, 2], [0, 0, 0, 0, 0], [0, 1, 1, 1, 0]];
    assert_eq!(customers(&flow), expected);
    let figures =
        Figures { before: 11, now: 12, stayed: 6, up: 1, down: 2, exits: 2, entries: 3, ..Figures::default() };
    assert_eq!(flow.figures(), figures);
    near(figures.turnover(), 5.0 / 23.0);
    near(figures.stays(), 6.0 / 9.0);
    let cell = flow.cell(State::Tier(HIGH), State::Tier(MID));
    assert_eq!((cell.before, cell.now), (82.0, 70.0));
    assert_eq!((flow.row(State::Tier(HIGH)).before, flow.column(State::Tier(HIGH)).now), (257.0, 259.0));
    let gone = flow.column(State::Absent);
    assert_eq!((gone.customers, gone.before, gone.now), (2, 30.0, 0.0));

    let flow = Flow::count(&panel, 2016, 2017).unwrap();
    let expected = [[1, 1, 0, 0, 1], [1, 3, 0, 0, 0], [0, 1, 2, 1, 0], [1, 0, 0, 0, 0], [0, 0, 1, 0, 0]];
    assert_eq!(customers(&flow), expected);
    let expected =
        Figures { before: 12, now: 12, stayed: 6, up: 2, down: 1, undetermined: 2, entries: 1, exits: 1, unranked: 0 };
    assert_eq!(flow.figures(), expected);
    near(expected.turnover(), 2.0 / 24.0);
}

#[test]
fn the_example_has_the_probabilities_worked_by_hand() {
    let panel = example();
    let one = Counts::of(&panel, 1);
    assert_eq!(one.pairs, 2);
    assert_eq!(SHOWN.map(|tier| one.at_risk(tier, Exits::Kept)), [6, 8, 7]);
    assert_eq!(SHOWN.map(|tier| one.at_risk(tier, Exits::Removed)), [5, 8, 5]);
    let ends = [Some(HIGH), Some(MID), Some(LOW), None];
    let kept = [
        [1.0 / 2.0, 1.0 / 3.0, 0.0, 1.0 / 6.0],
        [1.0 / 4.0, 5.0 / 8.0, 1.0 / 8.0, 0.0],
        [0.0, 1.0 / 7.0, 4.0 / 7.0, 2.0 / 7.0],
    ];
    let removed = [[0.6, 0.4, 0.0], [0.25, 0.625, 0.125], [0.0, 0.2, 0.8]];
    for (at, from) in SHOWN.into_iter().enumerate() {
        ends.iter().zip(kept[at]).for_each(|(to, p)| near(one.probability(from, *to, Exits::Kept), p));
        ends.iter().zip(removed[at]).for_each(|(to, p)| near(one.probability(from, *to, Exits::Removed), p));
    }
    let two = Counts::of(&panel, 2);
    let direct = [[1.0 / 3.0, 2.0 / 3.0, 0.0, 0.0], [0.25, 0.25, 0.25, 0.25], [0.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0]];
    let (power, gone) = (one.matrix(Exits::Removed).power(2), one.matrix(Exits::Kept).power(2));
    let squared = [[0.46, 0.49, 0.05], [0.30625, 0.515625, 0.178125], [0.05, 0.285, 0.665]];
    for (at, from) in SHOWN.into_iter().enumerate() {
        ends.iter().zip(direct[at]).for_each(|(to, p)| near(two.probability(from, *to, Exits::Kept), p));
        let row = power.row(usize::from(from)).unwrap();
        SHOWN.iter().zip(squared[at]).for_each(|(to, p)| near(Some(row[usize::from(*to)]), p));
    }
    let high = gone.row(usize::from(HIGH)).unwrap();
    for (to, p) in [(2, 1.0 / 3.0), (1, 3.0 / 8.0), (0, 1.0 / 24.0), (3, 1.0 / 4.0)] {
        near(high.get(to).copied(), p);
    }
}

#[test]
fn the_example_has_the_indices_worked_by_hand() {
    let panel = example();
    let first = Stability::of(&Flow::count(&panel, 2015, 2016).unwrap());
    assert_eq!(first.psi, Some(0.0), "the shares are 3, 4 and 4 of 11 in both years");
    near(first.trace, (3.0 - (2.0 / 3.0 + 1.0 / 2.0 + 1.0)) / 2.0);
    // The singular values come from another program (numpy).
    near(first.svd, 0.313_740_401_680_015_16);
    let second = Stability::of(&Flow::count(&panel, 2016, 2017).unwrap());
    near(second.psi, (5.0_f64 / 3.0).ln() / 11.0);
    assert!(second.psi < second.psi_chance, "of eleven customers that is chance");
    near(second.trace, (3.0 - (1.0 / 2.0 + 3.0 / 4.0 + 2.0 / 3.0)) / 2.0);
    near(second.svd, 0.407_256_327_498_777_7);
}

#[test]
fn rows_sum_to_the_customers_before_and_columns_to_those_now() {
    let mut seed = 7_u32;
    let mut draw = |sides: u32| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 16) % sides
    };
    for _ in 0..20 {
        let word = |n: u32| ["L1", "M2", "H4", "F8", "?", "-"][n as usize];
        let paths: Vec<String> =
            (0..draw(60)).map(|_| (0..4).map(|_| word(draw(6))).collect::<Vec<_>>().join(" ")).collect();
        let panel = panel(2010, 4, &paths.iter().map(String::as_str).collect::<Vec<_>>());
        let there = |year: usize| paths.iter().filter(|path| path.split(' ').nth(year) != Some("-")).count() as u64;
        let value = |year: usize| -> f64 {
            paths
                .iter()
                .map(|path| path.split(' ').nth(year).and_then(|w| w[1..].parse::<f64>().ok()).unwrap_or(0.0))
                .sum()
        };
        for (from, to) in [(0, 1), (1, 2), (2, 3), (0, 2), (0, 3)] {
            let flow = Flow::count(&panel, 2010 + from as i16, 2010 + to as i16).unwrap();
            let states = flow.states();
            let customers = states.iter().filter(|state| **state != State::Absent);
            let (rows, columns): (u64, u64) = (
                customers.clone().map(|state| flow.row(*state).customers).sum(),
                customers.map(|state| flow.column(*state).customers).sum(),
            );
            assert_eq!((rows, columns), (there(from), there(to)));
            let f = flow.figures();
            assert_eq!((f.before, f.now), (rows, columns));
            let both = f.stayed + f.up + f.down + f.unranked + f.undetermined;
            assert_eq!((both + f.exits, both + f.entries), (rows, columns));
            assert_eq!(flow.cell(State::Absent, State::Absent).customers, 0);
            // Values are small whole numbers, so that sums are exact in any order.
            let before: f64 = states.iter().map(|state| flow.row(*state).before).sum();
            let now: f64 = states.iter().map(|state| flow.column(*state).now).sum();
            assert_eq!((before, now), (value(from), value(to)));
        }
    }
}

#[test]
fn every_row_of_probabilities_sums_to_one_or_is_missing() {
    let panel = panel(2010, 4, &["H1 M1 ? L1", "M1 H1 H1 -", "? F1 M1 M1", "F1 - - F1", "H1 - H1 H1"]);
    let rows = transitions(&panel);
    assert_eq!(horizons(&panel), [1, 2, 3]);
    // Of cohorts 3 horizons, of powers 2; four tiers by five ends with exits, by four without.
    assert_eq!(rows.len(), (3 + 2) * (4 * 5 + 4 * 4));
    for row in rows.chunk_by(|a, b| (a.horizon, a.method, a.exits, a.from) == (b.horizon, b.method, b.exits, b.from)) {
        let known: Vec<f64> = row.iter().filter_map(|t| t.probability).collect();
        if known.is_empty() {
            assert!(row[0].at_risk == 0 || row[0].method == Method::Markov, "{row:?}");
        } else {
            assert_eq!(known.len(), row.len());
            near(Some(known.iter().sum()), 1.0);
        }
        for t in row.iter().filter(|t| t.method == Method::Cohort) {
            assert_eq!(t.interval, t.customers.and_then(|n| wilson(n, t.at_risk)));
        }
    }
}

#[test]
fn tiers_without_customers_are_missing_and_not_0() {
    let panel = panel(2015, 3, &["H1 H1 H1", "H1 M1 -", "H1 H1 M1"]);
    let one = Counts::of(&panel, 1);
    assert_eq!((one.at_risk(LOW, Exits::Kept), one.probability(LOW, Some(LOW), Exits::Kept)), (0, None));
    // Whoever was in the middle is gone: with exits there is a row, without them nobody tells it.
    near(one.probability(MID, None, Exits::Kept), 1.0);
    assert_eq!(one.probability(MID, Some(MID), Exits::Removed), None);
    let power = one.matrix(Exits::Removed).power(2);
    assert_eq!(power.row(usize::from(HIGH)), None, "after a year some are in the middle, whose row is missing");
    let power = one.matrix(Exits::Kept).power(2);
    near(power.row(usize::from(HIGH)).map(|row| row[usize::from(HIGH)]), 0.36);
    let stability = Stability::of(&Flow::count(&panel, 2016, 2017).unwrap());
    assert_eq!((stability.trace, stability.svd), (None, None));
}

#[test]
fn years_that_are_missing_make_no_pairs() {
    let mut panel = Panel::new(vec!["low".into()], 1, &[2014, 2016, 2017]).unwrap();
    let at = |cycle| Observation { cycle, tier: Some(LOW), value: None };
    panel.add(&[at(2017), at(2014)]).unwrap();
    panel.add(&[at(2016), at(2017), at(2014)]).unwrap();
    assert_eq!(horizons(&panel), [1, 2, 3]);
    let counts = |years| (Counts::of(&panel, years).pairs, Counts::of(&panel, years).at_risk(LOW, Exits::Kept));
    assert_eq!([counts(1), counts(2), counts(3), counts(4)], [(1, 1), (1, 2), (1, 2), (0, 0)]);
    assert!(Flow::count(&panel, 2014, 2015).is_none());
}

#[test]
fn paths_that_are_none_are_refused() {
    let panel = || Panel::new(vec!["low".into()], 1, &[2016, 2017]).unwrap();
    let seen = |cycle, tier| Observation { cycle, tier: Some(tier), value: None };
    let refused = |path: &[Observation]| panel().add(path).unwrap_err().to_string();
    assert!(refused(&[seen(2015, 0)]).contains("a path in FY2015: no such year"));
    assert!(refused(&[seen(2016, 1)]).contains("a path in FY2016: no such tier"));
    assert!(refused(&[seen(2016, 0), seen(2016, 0)]).contains("a path in FY2016: the year stands there twice"));
    assert!(Panel::new(vec!["low".into()], 1, &[2017, 2016]).is_err());
    assert!(Panel::new(vec!["low".into()], 2, &[2016]).is_err());
}

#[test]
fn intervals_are_those_of_the_formula() {
    assert_eq!(wilson(0, 0), None);
    assert_eq!(wilson(2, 1), None);
    // For none of n, and all of n, the formula is that of one term.
    let square = interval::Z * interval::Z;
    let (low, high) = wilson(0, 10).unwrap();
    assert!(low == 0.0 && (high - square / (10.0 + square)).abs() < 1e-15, "{low} {high}");
    let (low, high) = wilson(10, 10).unwrap();
    assert!(high == 1.0 && (low - 10.0 / (10.0 + square)).abs() < 1e-15, "{low} {high}");
    // From another program (Python).
    for (part, all, expected) in [
        (3, 6, (0.187_616_306_482_650_6, 0.812_383_693_517_349_4)),
        (47, 100, (0.375_108_179_593_412_7, 0.567_111_430_299_006_3)),
    ] {
        let (low, high) = wilson(part, all).unwrap();
        assert!((low - expected.0).abs() < 1e-14 && (high - expected.1).abs() < 1e-14, "{low} {high}");
    }
}

#[test]
fn mobility_is_0_where_nobody_moves_and_p_where_all_move_alike() {
    let alike = |size: usize, p: f64| {
        let other = p / (size as f64 - 1.0);
        let row = |at: usize| Some((0..size).map(|to| if to == at { 1.0 - p } else { other }).collect());
        Matrix::new((0..size).map(row).collect()).unwrap()
    };
    for size in 2..8 {
        assert_eq!((stability::trace(&alike(size, 0.0)), stability::svd(&alike(size, 0.0))), (Some(0.0), Some(0.0)));
        near(stability::svd(&alike(size, 0.3)), 0.3);
        let n = size as f64;
        near(stability::trace(&alike(size, 0.3)), 0.3 * n / (n - 1.0));
        near(stability::trace(&alike(size, (n - 1.0) / n)), 1.0);
    }
    assert_eq!(stability::trace(&Matrix::new(vec![Some(vec![1.0])]).unwrap()), None);
    let missing = Matrix::new(vec![Some(vec![1.0, 0.0]), None]).unwrap();
    assert_eq!((stability::trace(&missing), stability::svd(&missing)), (None, None));
    assert!(Matrix::new(vec![Some(vec![1.0]), Some(vec![1.0, 0.0])]).is_none());
}

#[test]
fn columns_hold_what_is_counted() {
    let panel = example();
    let columns = history_columns(&panel);
    let names: Vec<&str> = columns.iter().map(|c| c.name().as_str()).collect();
    let expected = "from_cycle to_cycle from_state from_tier to_state to_tier customers value prior_value";
    assert_eq!(names.join(" "), expected);
    // Two pairs of years, five places by five, but for nobody to nowhere.
    assert!(columns.iter().all(|column| column.len() == 2 * 24), "{columns:?}");
    let text = |name: &str, row: usize| -> Option<String> {
        let column = columns.iter().find(|c| c.name() == name).unwrap();
        column.str().unwrap().get(row).map(str::to_owned)
    };
    let words = |row: usize| {
        ["from_cycle", "to_cycle", "from_state", "from_tier", "to_state", "to_tier"].map(|name| text(name, row))
    };
    let some = |word: &str| Some(word.to_owned());
    let high_to_mid = [some("FY2015"), some("FY2016"), some("tier"), some("high"), some("tier"), some("mid")];
    assert_eq!(words(1), high_to_mid);
    assert_eq!(words(14), [some("FY2015"), some("FY2016"), some("tier"), some("low"), some("gone"), None]);
    assert_eq!(words(47), [some("FY2016"), some("FY2017"), some("new"), None, some("undetermined"), None]);
    let customers: i64 = columns[6].i64().unwrap().iter().flatten().sum();
    assert_eq!(customers, (11 + 3) + (12 + 1));
    assert_eq!((columns[7].f64().unwrap().get(1), columns[8].f64().unwrap().get(1)), (Some(70.0), Some(82.0)));

    let columns = transition_columns(&panel);
    let names: Vec<&str> = columns.iter().map(|c| c.name().as_str()).collect();
    assert_eq!(names.join(" "), "horizon method exits from_tier to_tier customers at_risk probability low high");
    let rows = transitions(&panel);
    assert!(columns.iter().all(|column| column.len() == rows.len()) && rows.len() == (2 + 1) * (12 + 9));
    assert_eq!(
        columns[7].f64().unwrap().iter().collect::<Vec<_>>(),
        rows.iter().map(|t| t.probability).collect::<Vec<_>>()
    );
    let markov = rows.iter().position(|t| t.method == Method::Markov).unwrap();
    assert_eq!(columns[1].str().unwrap().get(markov), Some("markov"));
    assert!([5, 8, 9].into_iter().all(|at: usize| columns[at].null_count() == 12 + 9), "of powers nobody is counted");
    assert_eq!(columns[4].null_count(), 3 * 3, "gone");
}
