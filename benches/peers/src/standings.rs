//! Ranks and quantiles: our population functions beside polars' `rank`.
//!
//! In: the customers. Out: rows for the report. Must not know: rules.

use crate::measure::{Cost, measure};
use polars::prelude::*;
use tierwright::rules::population::{Figures, Population};
use tierwright::rules::standing;

/// A measured function with a name for the table.
pub struct Standing {
    pub name: &'static str,
    pub column: &'static str,
    /// Whether the others of this column are compared with it.
    pub is_peer: bool,
    pub run: fn(&Series, &[u32]),
}

/// In the order in which they are measured.
pub const ALL: [Standing; 12] = [
    Standing { name: "polars `rank(average)`", column: "revenue_counted", is_peer: true, run: average },
    Standing { name: "polars `rank(min)`", column: "revenue_counted", is_peer: true, run: min },
    Standing { name: "`pct_rank`", column: "revenue_counted", is_peer: false, run: pct_rank },
    Standing { name: "`rank`", column: "revenue_counted", is_peer: false, run: rank },
    Standing { name: "`quantile_of`, one quantile", column: "revenue_counted", is_peer: false, run: quantile },
    Standing { name: "`quantile_of`, any quantile", column: "revenue_counted", is_peer: false, run: quantiles },
    Standing { name: "`pct_rank` of the interpreter", column: "revenue_counted", is_peer: false, run: interpreted },
    Standing { name: "polars `rank(average)`", column: "contacts", is_peer: true, run: average },
    Standing { name: "polars `rank(min)`", column: "contacts", is_peer: true, run: min },
    Standing { name: "`pct_rank`", column: "contacts", is_peer: false, run: pct_rank },
    Standing { name: "`rank`", column: "contacts", is_peer: false, run: rank },
    Standing { name: "`quantile_of`, one quantile", column: "contacts", is_peer: false, run: quantile },
];

fn by(series: &Series, method: RankMethod) {
    let ranks = series.rank(RankOptions { method, descending: false }, None);
    assert_eq!(ranks.len(), series.len());
}

fn average(series: &Series, _: &[u32]) {
    by(series, RankMethod::Average);
}

fn min(series: &Series, _: &[u32]) {
    by(series, RankMethod::Min);
}

/// The population of a column, over its own buffer, without groups; every customer counts.
fn population<'a>(series: &'a Series, keys: &'a [u32]) -> Population<'a> {
    let figures = match series.dtype() {
        DataType::Float64 => Figures::Float(series.f64().expect("floats").cont_slice().expect("no missing one")),
        _ => Figures::Int(series.i64().expect("ints").cont_slice().expect("no missing one")),
    };
    let mut counted = vec![u64::MAX; series.len().div_ceil(64)];
    if let (Some(last), rest @ 1..) = (counted.last_mut(), series.len() % 64) {
        *last = (1 << rest) - 1;
    }
    Population::new(figures, &counted, None, keys)
}

fn pct_rank(series: &Series, keys: &[u32]) {
    let ranks = population(series, keys).pct_rank();
    assert_eq!(ranks.values.len(), series.len());
}

fn rank(series: &Series, keys: &[u32]) {
    let ranks = population(series, keys).rank();
    assert_eq!(ranks.values.len(), series.len());
}

fn quantile(series: &Series, keys: &[u32]) {
    let quantiles = population(series, keys).quantile(0.9);
    assert_eq!(quantiles.values.len(), series.len());
}

fn quantiles(series: &Series, keys: &[u32]) {
    // Figures are sorted once, for every quantile that a rule may ask for.
    std::hint::black_box(population(series, keys).quantiles());
}

fn interpreted(series: &Series, keys: &[u32]) {
    let figures = match series.dtype() {
        DataType::Float64 => standing::Figures::Float(series.f64().expect("floats").iter().collect()),
        _ => standing::Figures::Int(series.i64().expect("ints").iter().collect()),
    };
    let ranks = standing::Population::new(figures, None, keys).pct_rank();
    assert_eq!(ranks.len(), series.len());
}

/// Checks once that our ranks are those of polars.
pub fn check(frame: &DataFrame, keys: &[u32]) {
    for name in ["revenue_counted", "contacts"] {
        let series = frame.column(name).expect("a column").as_materialized_series();
        let theirs = series.rank(RankOptions { method: RankMethod::Min, descending: true }, None);
        let ours = population(series, keys).rank();
        let theirs = theirs.cast(&DataType::Int64).expect("ints");
        let same = theirs.i64().expect("ints").iter().zip(ours.values.iter()).all(|(a, b)| a == Some(*b));
        assert!(same, "ranks of {name}");
    }
}

/// Costs of all, in alternating rounds.
pub fn rounds(frame: &DataFrame, keys: &[u32], threads: &rayon::ThreadPool, rounds: usize) -> Vec<Vec<Cost>> {
    let mut costs = vec![Vec::new(); ALL.len()];
    for _ in 0..rounds {
        for (standing, costs) in ALL.iter().zip(&mut costs) {
            let series = frame.column(standing.column).expect("a column").as_materialized_series();
            // polars takes its own threads, ours those of the rules.
            let ((), cost) = measure(|| threads.install(|| (standing.run)(series, keys)));
            costs.push(cost);
        }
    }
    costs
}
