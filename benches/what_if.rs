//! How long does an analyst wait for an answer of `what-if`?
//!
//! Data: 1,000,000 made-up customers (or as many as the first argument says) in two planning years, so that the second one's rules read the first one's
//! decisions: a profile of their own columns, a value with a rank among all, a tier with a band, a policy. The run that is asked about is committed; each
//! answer opens it anew, as the command does. Run with `cargo bench --profile release --bench what_if`, which builds no dependency again.

use std::fmt::Write;
use std::path::Path;
use std::time::Instant;
use tierwright::desk::committed;
use tierwright::desk::sweep::{Sweep, sweep};
use tierwright::desk::what_if::{Desk, Study};
use tierwright::run::layout::Layout;
use tierwright::run::{Request, engine, flow, plan};
use tierwright::source::SourceMap;
use tierwright::system::Os;

const PROJECT: &str = "name: bench
customer: customers
steps: [profile, value, tier, policy]
decision: { tier: tier, value: value, order: [general, commercial, partner, strategic] }
as_of: 2018-01-01
output: { columns: [id, tier, value] }
summaries:
  - { name: by_sector, by: [sector, tier], measures: { revenue: sum(revenue), visits: sum(visits) } }
";

const MANIFEST: &str = "source: customers.csv
columns:
  id: { type: int, required: true }
  sector: { type: text, required: true }
  revenue: { type: float, required: true }
  growth: float
  products: { type: int, required: true }
key: id
";

const RULES: [(&str, &str); 5] = [
    (
        "rules/profile.rhai",
        "fn profile(c) {
    #{ breadth: clamp(c.products.to_float() / 10.0, 0.0, 1.0), trend: scale(c.growth ?? 0.0, -0.5, 0.5) }
}
",
    ),
    (
        "rules/value.rhai",
        "fn value(c) {
    let economic = 0.7 * pct_rank(c.revenue) + 0.3 * c.trend;
    #{ economic: economic, traction: c.breadth,
       value: 100.0 * (P.weights.economic * economic + P.weights.traction * c.breadth) }
}
",
    ),
    (
        "rules/tier.rhai",
        "fn tier(c) {
    let held = c.prior?.tier ?? \"general\";
    if c.value >= P.lines.strategic || (held == \"strategic\" && c.value >= P.lines.strategic - P.band) { \"strategic\" }
    else if c.value >= P.lines.partner || (held == \"partner\" && c.value >= P.lines.partner - P.band) { \"partner\" }
    else if c.value >= P.lines.commercial { \"commercial\" }
    else { \"general\" }
}
",
    ),
    (
        "rules/policy.rhai",
        "fn policy(c) {
    switch c.tier {
        \"strategic\" => #{ discount_cap: 0.25, credit_days: 90, visits: 6, sponsor: true },
        \"partner\"   => #{ discount_cap: 0.18, credit_days: 60, visits: 3, sponsor: false },
        _           => #{ discount_cap: 0.08, credit_days: 30, visits: 0, sponsor: false },
    }
}
",
    ),
    (
        "rules/parameters.yaml",
        "weights: { sum_to: 1.0, economic: { value: 0.6 }, traction: { value: 0.4 } }
lines: { strategic: { value: 75.0 }, partner: { value: 60.0 }, commercial: { value: 40.0 } }
band: { value: 3.0 }
",
    ),
];

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap_or(root)).expect("a folder");
    std::fs::write(path, text).expect("a file");
}

/// Writes the project; every twentieth customer has no growth.
fn project(root: &Path, customers: usize) {
    let mut state = 1_u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / f64::from(1_u32 << 31)
    };
    let mut csv = "id,sector,revenue,growth,products\n".to_owned();
    for id in 0..customers {
        let (revenue, growth, products) = (random() * 1e6, random() - 0.5, (random() * 12.0) as u32);
        let growth = if id % 20 == 0 { String::new() } else { growth.to_string() };
        let _ = writeln!(csv, "{id},sector {},{revenue},{growth},{products}", id % 11);
    }
    write(root, "tierwright.yaml", PROJECT);
    write(root, "datasets/customers.yaml", MANIFEST);
    write(root, "datasets/customers.csv", &csv);
    RULES.iter().for_each(|(path, text)| write(root, path, text));
}

/// Commits the run of a date.
fn commit(request: &Request) {
    let mut sources = SourceMap::default();
    let plan = plan::plan(&Os, request, &mut sources).expect("the project's plan");
    let pool = engine::thread_pool(Some(2)).expect("threads");
    let mut compute = engine::LocalEngine::new(&Os, &plan, &sources, &pool).expect("an engine");
    flow::run(&Os, &plan, request, &sources, &mut compute, &pool).expect("a run");
}

fn main() {
    let customers = std::env::args().skip(1).find_map(|a| a.parse().ok()).unwrap_or(1_000_000);
    let root = tempfile::tempdir().expect("a temporary folder");
    project(root.path(), customers);
    let request = Request { root: root.path().to_owned(), out: Some(root.path().join("out")), ..Request::default() };
    for year in ["2017-01-01", "2018-01-01"] {
        commit(&Request { as_of: Some(year.parse().expect("a date")), ..request.clone() });
    }
    let layout = Layout::new(&root.path().join("out"), "bench");
    let pool = engine::thread_pool(Some(2)).expect("threads");
    let open = || {
        let record = committed::last(&Os, &layout).expect("the last run");
        let study = Study { system: &Os, layout: &layout, request: &request, pool: &pool, data: false };
        Desk::open(study, record, &[], 10).map_err(|(stop, _)| stop).expect("a desk")
    };
    println!("{customers} customers, 2 threads, seconds of wall time");
    for (name, set) in [
        ("a line", vec!["P.lines.strategic=82".to_owned()]),
        ("weights", vec!["P.weights.economic=0.65".to_owned(), "P.weights.traction=0.35".to_owned()]),
    ] {
        let mut times: Vec<f64> = Vec::new();
        let mut moved = 0;
        for _ in 0..5 {
            let start = Instant::now();
            let answer = open().ask_why(&set).expect("an answer");
            times.push(start.elapsed().as_secs_f64());
            moved = answer.comparison.up + answer.comparison.down;
        }
        times.sort_by(f64::total_cmp);
        println!("{name}: {:.3} best, {:.3} median; {moved} move", times[0], times[2]);
    }
    let start = Instant::now();
    let mut desk = open();
    let meant = Sweep::parse("P.lines.strategic=70..90/1").map_err(|found| found.message).expect("a sweep");
    let points = sweep(&mut desk, &meant, &[]).expect("points");
    println!("a sweep of {} values: {:.3}", points.len(), start.elapsed().as_secs_f64());
}
