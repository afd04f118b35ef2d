//! Ranks and quantiles: our population functions beside polars' `rank`.
//!
//! In: the customers. Out: rows for the report. Must not know: rules.

use crate::measure::{Cost, measure};
use polars::prelude::*;
use tierwright::rules::standing::{Figures, Population, Score};

/// A measured function with a name for the table.
pub struct Standing {
    pub name: &'static str,
    pub column: &'static str,
    /// Whether the others of this column are compared with it.
    pub is_peer: bool,
    pub run: fn(&Series, &[u32]),
}

/// In the order in which they are measured. The slot for another implementation of ours is one line.
pub const ALL: [Standing; 8] = [
    Standing { name: "polars `rank(average)`", column: "revenue_counted", is_peer: true, run: average },
    Standing { name: "polars `rank(min)`", column: "revenue_counted", is_peer: true, run: min },
    Standing { name: "`pct_rank`", column: "revenue_counted", is_peer: false, run: pct_rank },
    Standing { name: "`rank`", column: "revenue_counted", is_peer: false, run: rank },
    Standing { name: "`quantile_of`, 9 quantiles", column: "revenue_counted", is_peer: false, run: quantiles },
    Standing { name: "polars `rank(average)`", column: "contacts", is_peer: true, run: average },
    Standing { name: "polars `rank(min)`", column: "contacts", is_peer: true, run: min },
    Standing { name: "`pct_rank`", column: "contacts", is_peer: false, run: pct_rank },
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

/// The population of a column: what it is made from is in the time.
fn population(series: &Series, keys: &[u32]) -> Population {
    let figures = match series.dtype() {
        DataType::Float64 => Figures::Float(series.f64().expect("floats").iter().collect()),
        _ => Figures::Int(series.i64().expect("ints").iter().collect()),
    };
    Population::new(figures, None, keys)
}

fn pct_rank(series: &Series, keys: &[u32]) {
    let ranks = population(series, keys).pct_rank();
    assert_eq!(ranks.len(), series.len());
}

fn rank(series: &Series, keys: &[u32]) {
    let ranks = population(series, keys).rank();
    assert_eq!(ranks.len(), series.len());
}

fn quantiles(series: &Series, keys: &[u32]) {
    let quantiles = population(series, keys).quantiles();
    for tenth in 1..10 {
        assert!(matches!(quantiles.at(0, f64::from(tenth) / 10.0), Score::Value(_)));
    }
}

/// Checks once that our ranks are those of polars.
pub fn check(frame: &DataFrame, keys: &[u32]) {
    for name in ["revenue_counted", "contacts"] {
        let series = frame.column(name).expect("a column").as_materialized_series();
        let theirs = series.rank(RankOptions { method: RankMethod::Min, descending: true }, None);
        let ours = population(series, keys).rank();
        let theirs = theirs.cast(&DataType::Int64).expect("ints");
        let same = theirs.i64().expect("ints").iter().zip(&ours).all(|(a, b)| a == *b);
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
