//! How long does a step take on the interpreter, for each customer?
//!
//! Data: 200,000 made-up customers (or as many as the first argument says), value, tier and policy in one step with eight
//! columns and a rank among all. Run with `cargo bench --profile release --bench interpreter`, which builds no dependency again.

use std::fmt::Write;
use std::path::Path;
use std::time::Instant;
use tierwright::run::compute::Compute;
use tierwright::run::engine::LocalEngine;
use tierwright::run::{Engine, Request, plan};
use tierwright::source::SourceMap;
use tierwright::system::Os;

const PROJECT: &str = "name: bench
customer: customers
steps: [{name: grade, interpret: true}]
decision: { tier: tier, value: value, order: [general, commercial, partner, strategic] }
as_of: 2018-01-01
";

const MANIFEST: &str = "source: customers.csv
columns:
  id: { type: int, required: true }
  revenue: { type: float, required: true }
  growth: float
  products: { type: int, required: true }
key: id
";

const RULES: &str = r#"
fn grade(c) {
    let economic = 0.7 * pct_rank(c.revenue) + 0.3 * scale(c.growth ?? 0.0, -0.5, 0.5);
    let traction = clamp(c.products.to_float() / 10.0, 0.0, 1.0);
    let value = 100.0 * (0.6 * economic + 0.4 * traction);
    let held = c.prior?.tier ?? "general";
    let tier = if value >= 75.0 || (held == "strategic" && value >= 75.0 - 3.0) { "strategic" }
        else if value >= 60.0 || (held == "partner" && value >= 60.0 - 3.0) { "partner" }
        else if value >= 40.0 { "commercial" }
        else { "general" };
    let policy = switch tier {
        "strategic" => #{ discount_cap: 0.25, credit_days: 90, visits: 6, sponsor: true },
        "partner"   => #{ discount_cap: 0.18, credit_days: 60, visits: 3, sponsor: false },
        _           => #{ discount_cap: 0.08, credit_days: 30, visits: 0, sponsor: false },
    };
    #{ economic: economic, traction: traction, value: value, tier: tier, discount_cap: policy.discount_cap,
       credit_days: policy.credit_days, visits: policy.visits, sponsor: policy.sponsor }
}
"#;

/// Writes the project; every twentieth customer has no growth.
fn project(root: &Path, customers: usize) {
    let mut state = 1_u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / f64::from(1_u32 << 31)
    };
    let mut csv = "id,revenue,growth,products\n".to_owned();
    for id in 0..customers {
        let (revenue, growth, products) = (random() * 1e6, random() - 0.5, (random() * 12.0) as u32);
        let growth = if id % 20 == 0 { String::new() } else { growth.to_string() };
        let _ = writeln!(csv, "{id},{revenue},{growth},{products}");
    }
    for (path, text) in [
        ("tierwright.yaml", PROJECT),
        ("datasets/customers.yaml", MANIFEST),
        ("datasets/customers.csv", &csv),
        ("rules/grade.rhai", RULES),
    ] {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(root)).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
}

fn main() {
    let customers = std::env::args().skip(1).find_map(|a| a.parse().ok()).unwrap_or(200_000);
    let root = tempfile::tempdir().expect("a temporary folder");
    project(root.path(), customers);
    let request = Request { root: root.path().to_owned(), ..Request::default() };
    for threads in [1, 2] {
        let mut sources = SourceMap::default();
        let plan = plan::plan(&Os, &request, &mut sources).expect("the project's plan");
        let pool = tierwright::rules::interp::thread_pool(threads).expect("threads");
        // The step is compiled as well: without a word the compiled program would be measured.
        let engine = LocalEngine::new(&Os, &plan, &sources, &pool).expect("an engine");
        let mut engine = engine.with(Engine::Interpret);
        engine.load(None).expect("tables");
        let rows: Vec<u32> = (0..customers as u32).collect();
        engine.begin(None, &rows).expect("data");
        let mut best = f64::INFINITY;
        for _ in 0..5 {
            let start = Instant::now();
            let result = engine.step(0, &rows).expect("a step");
            best = best.min(start.elapsed().as_secs_f64());
            assert!(result.undetermined.is_empty());
        }
        let micros = best * 1e6 / customers as f64;
        println!("{customers} customers, {threads} threads: {micros:.2} microseconds a customer, best of 5");
    }
}
