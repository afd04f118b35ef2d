//! Plain Rhai, row by row: what a rules engine does that evaluates a script for each customer.
//!
//! In: the rules' own texts, customers. Out: the rules' columns, as far as they are compared. Must not know: tierwright's
//! evaluators. Missing values are `()`, and an error makes a customer undetermined. Functions of our dialect that Rhai does
//! not have are registered natively.

use crate::project::{POLICY, TIER, Variant, value_text};
use polars::prelude::*;
use rayon::prelude::*;
use rhai::{AST, Dynamic, Engine, Map, Module, Scope};

/// Scripts and engine, ready to run.
pub struct Rules {
    engine: Engine,
    script: AST,
}

fn map(entries: &[(&str, Dynamic)]) -> Dynamic {
    let entries = entries.iter().map(|(name, value)| ((*name).into(), value.clone()));
    Dynamic::from_map(entries.collect::<Map>())
}

fn figures(entries: &[(&str, f64)]) -> Dynamic {
    map(&entries.iter().map(|(name, x)| (*name, Dynamic::from_float(*x))).collect::<Vec<_>>())
}

/// The parameters that the rules read, as `workload/rules/parameters.yaml` has them.
fn parameters() -> Dynamic {
    let parts = |entries: &[(&str, f64)], more: &[(&str, f64)]| {
        let mut all = vec![("parts", figures(entries))];
        all.extend(more.iter().map(|(name, x)| (*name, Dynamic::from_float(*x))));
        map(&all)
    };
    let terms = |cap: f64, credit: i64, visits: i64, sponsor: bool, level: &str, months: i64| {
        map(&[
            ("discount_cap", cap.into()),
            ("credit_days", credit.into()),
            ("visits_per_quarter", visits.into()),
            ("sponsor", sponsor.into()),
            ("service_level", level.to_owned().into()),
            ("review_months", months.into()),
        ])
    };
    map(&[
        (
            "weights",
            figures(&[
                ("economic", 0.35),
                ("traction", 0.20),
                ("improvement", 0.10),
                ("fit", 0.15),
                ("long_term", 0.20),
            ]),
        ),
        (
            "economic",
            parts(
                &[("revenue", 0.75), ("price", 0.10), ("pipeline", 0.15)],
                &[("price_low", 0.90), ("price_high", 1.05)],
            ),
        ),
        (
            "traction",
            parts(
                &[("breadth", 0.5), ("series", 0.2), ("new_series", 0.3)],
                &[("products_full", 7.0), ("series_full", 3.0), ("asked", 0.5)],
            ),
        ),
        (
            "improvement",
            parts(
                &[("discipline", 0.6), ("speed", 0.4)],
                &[("win_low", 0.4), ("win_high", 0.9), ("days_short", 30.0), ("days_long", 90.0)],
            ),
        ),
        ("fit", parts(&[("sector", 0.7), ("region", 0.3)], &[("region_unknown", 0.5)])),
        (
            "long_term",
            parts(
                &[("sustained", 0.4), ("rhythm", 0.3), ("growth", 0.3)],
                &[
                    ("months_full", 12.0),
                    ("silence_short", 15.0),
                    ("silence_long", 60.0),
                    ("growth_low", -0.5),
                    ("growth_high", 0.5),
                ],
            ),
        ),
        (
            "relationship",
            parts(
                &[("breadth", 0.5), ("recency", 0.5)],
                &[("floor", 0.9), ("cap", 1.1), ("contacts_full", 10.0), ("recent", 0.0), ("stale", 45.0)],
            ),
        ),
        ("sector_priority", figures(&crate::hand::SECTORS)),
        ("region_priority", figures(&crate::hand::REGIONS)),
        ("lines", figures(&[("strategic", 75.0), ("partner", 65.0), ("commercial", 52.0)])),
        ("band", 3.0.into()),
        ("price_floor", 0.7.into()),
        ("repeat", map(&[("months", 3i64.into()), ("days", 3i64.into())])),
        (
            "policy",
            map(&[
                ("strategic", terms(0.25, 90, 6, true, "dedicated team", 3)),
                ("partner", terms(0.18, 60, 3, false, "named engineer", 6)),
                ("commercial", terms(0.12, 45, 1, false, "priority desk", 12)),
                ("general", terms(0.08, 30, 0, false, "standard desk", 12)),
            ]),
        ),
    ])
}

fn scale(x: f64, low: f64, high: f64) -> f64 {
    ((x - low) / (high - low)).clamp(0.0, 1.0)
}

impl Rules {
    /// Compiles the three texts, the ranks given as columns.
    pub fn new() -> Rules {
        let mut engine = Engine::new();
        engine
            .register_fn("scale", scale)
            .register_fn("scale", |x: i64, low: f64, high: f64| scale(x as f64, low, high));
        engine.register_fn("clamp", |x: f64, low: f64, high: f64| x.clamp(low, high));
        engine.register_fn("round", |x: f64, digits: i64| {
            let power = 10f64.powi(digits as i32);
            (x * power).round() / power
        });
        // A day is a number here; the reviews that the policy asks for are three.
        engine.register_fn("plus_months", |_: i64, months: i64| match months {
            3 => 17_622i64,
            6 => 17_713,
            _ => 17_897,
        });
        let mut globals = Module::new();
        globals.set_var("P", parameters());
        globals.set_var("AS_OF", 17_532i64);
        engine.register_global_module(globals.into());
        let text = format!("{}\n{TIER}\n{POLICY}", value_text(Variant::RanksGiven));
        let script = engine.compile(text).expect("the rules are Rhai");
        Rules { engine, script }
    }

    fn customer(&self, c: &mut Map) -> Option<()> {
        for step in ["value", "tier", "policy"] {
            let argument = Dynamic::from_map(c.clone());
            let result = self.engine.call_fn::<Map>(&mut Scope::new(), &self.script, step, (argument,)).ok()?;
            c.extend(result);
        }
        Some(())
    }

    /// Tier and value of every customer, on all threads.
    pub fn run(&self, frame: &DataFrame, threads: &rayon::ThreadPool) -> DataFrame {
        let names: Vec<rhai::Identifier> = frame.columns().iter().map(|c| c.name().as_str().into()).collect();
        let series: Vec<&Series> = frame.columns().iter().map(|c| c.as_materialized_series()).collect();
        let prior = |c: &mut Map| {
            let (tier, cycles) = (c.remove("prior_tier"), c.remove("prior_cycles_held"));
            let prior = match tier.filter(|t| !t.is_unit()) {
                Some(tier) => map(&[("tier", tier), ("cycles_held", cycles.unwrap_or(Dynamic::UNIT))]),
                None => Dynamic::UNIT,
            };
            c.insert("prior".into(), prior);
        };
        let row = |row: usize| {
            let cell = |series: &&Series| match series.get(row).expect("a row") {
                AnyValue::Int64(n) => Dynamic::from_int(n),
                AnyValue::Float64(x) => Dynamic::from_float(x),
                AnyValue::Boolean(b) => Dynamic::from_bool(b),
                AnyValue::String(s) => s.to_owned().into(),
                _ => Dynamic::UNIT,
            };
            let mut c: Map = names.iter().cloned().zip(series.iter().map(cell)).collect();
            prior(&mut c);
            self.customer(&mut c)?;
            Some((c["tier"].clone().into_string().ok()?, c["value"].as_float().ok()?))
        };
        let rows: Vec<Option<(String, f64)>> =
            threads.install(|| (0..frame.height()).into_par_iter().map(row).collect());
        let tier =
            StringChunked::from_iter_options("tier".into(), rows.iter().map(|r| r.as_ref().map(|r| r.0.as_str())));
        let value = Float64Chunked::from_iter_options("value".into(), rows.iter().map(|r| r.as_ref().map(|r| r.1)));
        DataFrame::new(frame.height(), vec![tier.into_column(), value.into_column()]).expect("columns of one length")
    }
}
