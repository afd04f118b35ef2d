//! Contestants: each computes the rules' columns for all customers, in its own way.
//!
//! In: customers, a project, threads. Out: contestants by name, their costs in alternating rounds. Must not know: how a
//! report looks.

use crate::evaluator::{COMPILED, Evaluator, interpreted};
use crate::forms::{self, Form, Way};
use crate::hand::{Find, Style, Terms};
use crate::measure::{Cost, measure};
use crate::ours::{self, Loaded};
use crate::project::{Project, Variant};
use crate::rhai_rows::Rules;
use polars::prelude::*;

/// What all contestants work on.
pub struct Ground {
    pub variant: Variant,
    pub project: Project,
    pub threads: usize,
    /// Threads of the rules.
    pub pool: rayon::ThreadPool,
    /// All customers, and the first of them for those who go row by row.
    pub frame: DataFrame,
    pub loaded: Loaded,
    pub few: DataFrame,
    pub few_loaded: Loaded,
}

/// How a contestant computes.
#[derive(Clone, Debug)]
pub enum Kind {
    Compiled(Evaluator),
    Interpreted,
    Rhai,
    Polars(Way),
}

/// One of them.
#[derive(Clone, Debug)]
pub struct Contestant {
    pub name: String,
    pub kind: Kind,
}

/// What a contestant's rounds took, and for how many customers.
pub struct Entry {
    pub name: String,
    pub customers: usize,
    pub costs: Vec<Cost>,
}

const SLICE_STYLE: Style = Style { find: Find::Chain, terms: Terms::Gather, folded: true };

/// Hand-written forms of the report: the fastest found by `--tune` in each engine, folded and as the rules are written.
pub fn forms() -> Vec<Form> {
    let plain = Style { folded: false, ..SLICE_STYLE };
    let form = |name: &str, way| Form { name: name.to_owned(), way };
    vec![
        form("polars, whole table in memory", Way::Whole(plain)),
        form("polars, whole table in memory, constants folded", Way::Whole(SLICE_STYLE)),
        form("polars, slices of 64k rows", Way::Slices(65_536, plain)),
        form("polars, slices of 64k rows, constants folded", Way::Slices(65_536, SLICE_STYLE)),
        form("polars, streaming engine", Way::Streaming(plain)),
        form("polars, streaming engine, constants folded", Way::Streaming(SLICE_STYLE)),
        form("polars, series operations on slices of 16k rows, constants folded", Way::Eager(16_384)),
    ]
}

/// All contestants of a variant; plain Rhai knows no populations.
pub fn contestants(variant: Variant) -> Vec<Contestant> {
    let contestant = |name: &str, kind| Contestant { name: name.to_owned(), kind };
    let mut all: Vec<Contestant> =
        COMPILED.into_iter().map(|evaluate| contestant("compiled rules", Kind::Compiled(evaluate))).collect();
    all.extend(forms().into_iter().map(|form| Contestant { name: form.name, kind: Kind::Polars(form.way) }));
    all.push(contestant("interpreter", Kind::Interpreted));
    if variant == Variant::RanksGiven {
        all.push(contestant("plain Rhai, row by row", Kind::Rhai));
    }
    all
}

impl Contestant {
    /// Whether it goes through few customers only.
    pub fn is_slow(&self) -> bool {
        matches!(self.kind, Kind::Interpreted | Kind::Rhai)
    }

    /// One pass.
    pub fn run(&self, ground: &Ground, rules: &Rules) -> DataFrame {
        let ours = |evaluate: Evaluator, loaded: &Loaded| {
            let pass = ours::pass(&ground.project, loaded, evaluate, &ground.pool);
            let rows = pass.columns.first().map_or(0, Series::len);
            DataFrame::new(rows, pass.columns.into_iter().map(Series::into_column).collect()).expect("one length")
        };
        match &self.kind {
            Kind::Compiled(evaluate) => ours(*evaluate, &ground.loaded),
            Kind::Interpreted => ours(interpreted, &ground.few_loaded),
            Kind::Rhai => rules.run(&ground.few, &ground.pool),
            Kind::Polars(way) => forms::run(&ground.frame, ground.variant, *way, ground.threads),
        }
    }
}

/// Costs of all contestants, round by round, each round beginning with another one.
pub fn rounds(contestants: &[Contestant], ground: &Ground, rules: &Rules, rounds: usize) -> Vec<Entry> {
    let mut entries: Vec<Entry> = contestants
        .iter()
        .map(|c| {
            let customers = if c.is_slow() { ground.few.height() } else { ground.frame.height() };
            Entry { name: c.name.clone(), customers, costs: Vec::new() }
        })
        .collect();
    for round in 0..rounds {
        for position in 0..contestants.len() {
            let position = (position + round) % contestants.len();
            let (result, cost) = measure(|| contestants[position].run(ground, rules));
            drop(result);
            entries[position].costs.push(cost);
        }
        eprintln!("round {} of {rounds}", round + 1);
    }
    entries
}
