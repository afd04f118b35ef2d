//! What-if from a run's own columns: the same as from the tables, whatever the steps that are evaluated read.

use crate::project::{Done, Project};
use serde_json::{Value, json};

const PROJECT: &str = "name: p
customer: firms
steps: [history, value, tier, policy, review]
decision: { order: [low, middle, high], read_back: { calls: int } }
as_of: 2018-04-01
undetermined: { at_most: 0.9, tier: keep_prior }
summaries: [{ name: all, by: [region, tier], measures: { sales: sum(sales), visits: sum(visits), cost: sum(cost) } }]
";
const HISTORY: &str = "fn history(c) {
    let won = c.orders.filter(|o| o.day < AS_OF && o.day >= AS_OF.minus_months(P.months));
    #{ sales: won.map(|o| o.amount).sum(), deals: won.len() }
}
";
const VALUE: &str = "fn value(c) {
    if c.deals > P.most { throw \"too many\"; }
    let size = P.weights.sales * pct_rank(c.sales);
    let busy = P.weights.deals * scale(c.deals, 0.0, 5.0);
    #{ size: size, busy: busy, value: 100.0 * (size + busy) }
}
";
const TIER: &str = "fn tier(c) {
    if c.value >= P.lines.high { \"high\" } else if c.value >= P.lines.middle { \"middle\" } else if c.value > P.floor { \"low\" } else { \"none\" }
}
";
/// It reads neither the tier nor the value.
const POLICY: &str = "fn policy(c) {
    if c.deals == P.odd { throw \"odd\"; }
    #{ visits: c.deals + P.visits, cost: P.price * c.size }
}
";
const REVIEW: &str = "fn review(c) {
    #{ calls: if c.tier == \"high\" { P.calls } else { (c.prior?.calls ?? 0) + 1 } }
}
";
const PARAMETERS: &str = "months: { value: 12 }
most: { value: 90 }
floor: { value: 3.0 }
odd: { value: 77 }
visits: { value: 2 }
price: { value: 1.5 }
calls: { value: 4 }
weights: { sum_to: 1.0, sales: { value: 0.7, range: [0, 1] }, deals: { value: 0.3, range: [0, 1] } }
lines: { high: { value: 70.0, range: [0, 100] }, middle: { value: 40.0, range: [0, 100] } }
";

fn project() -> Project {
    let project = Project::new(&[
        ("tierwright.yaml", PROJECT),
        (
            "datasets/firms.yaml",
            "source: { path: firms.csv, format: csv }\ncolumns: { firm: text, region: text, staff: int }\nkey: firm\n",
        ),
        (
            "datasets/orders.yaml",
            "source: { path: orders.csv, format: csv }
columns: { firm: text, day: { type: date, required: true }, amount: { type: float, required: true } }
references: { buyer: { table: firms, column: firm, many: orders, orphans: fail } }
",
        ),
        ("rules/history.rhai", HISTORY),
        ("rules/value.rhai", VALUE),
        ("rules/tier.rhai", TIER),
        ("rules/policy.rhai", POLICY),
        ("rules/review.rhai", REVIEW),
        ("rules/parameters.yaml", PARAMETERS),
    ]);
    let row = |n: usize| format!("F{n:02},{},{n}\n", ["north", "south", ""][n % 3]);
    let firms: String = ["firm,region,staff\n".to_owned()].into_iter().chain((0..40).map(row)).collect();
    project.write("datasets/firms.csv", &firms);
    let mut orders = "firm,day,amount\n".to_owned();
    for n in 0..40 {
        for nth in 0..(n * 7 % 6) {
            let day = ["2016-06-01", "2017-02-03", "2017-05-05", "2017-09-09", "2018-01-02"][nth % 5];
            orders += &format!("F{n:02},{day},{}\n", n * 37 % 101 + nth);
        }
    }
    // One is undetermined in the second year and had a tier in the first.
    (0..95).for_each(|_| orders += "F11,2017-08-08,1\n");
    project.write("datasets/orders.csv", &orders);
    project.tierwright(&["run", "--as-of", "2017-04-01"]).expect(0);
    project.tierwright(&["run"]).expect(0);
    project
}

fn what_if(project: &Project, args: &[&str]) -> Done {
    project.tierwright(&[&["what-if"], args].concat()).expect(0)
}

/// An answer without why, which the tables do not tell, and where it came from.
fn answer(project: &Project, args: &[&str]) -> (Value, Value) {
    let mut answer = what_if(project, &[&["--json", "--top", "60"], args].concat()).json();
    for mover in answer["comparison"]["movers"].as_array_mut().unwrap() {
        mover["reason"].take();
    }
    (answer["comparison"].take(), answer["from"].take())
}

/// From the run's columns on both evaluators as from the tables; the first step that was evaluated comes back.
#[track_caller]
fn same(project: &Project, args: &[&str]) -> (Value, Value) {
    let (wanted, from) = answer(project, &[args, &["--data"]].concat());
    assert_eq!(from, "tables", "{args:?}");
    let (found, from) = answer(project, args);
    assert_eq!(found, wanted, "{args:?} from {from}");
    let (found, _) = answer(project, &[args, &["--engine", "interpret"]].concat());
    assert_eq!(found, wanted, "{args:?} on the interpreter");
    (found, from)
}

/// Numbers from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// A parameter with a value that is not its own.
fn assignment(dice: &mut Dice) -> Vec<String> {
    let n = dice.below(100);
    match dice.below(9) {
        0 => vec![format!("P.most={n}")],
        1 => vec![format!("P.floor={n}.5")],
        2 => vec![format!("P.odd={}", n % 6)],
        3 => vec![format!("P.visits={}", n + 3)],
        4 => vec![format!("P.price={n}.25")],
        5 => vec![format!("P.calls={}", n + 5)],
        6 => vec![format!("P.weights.sales=0.{n:02}"), format!("P.weights.deals={:?}", (100 - n) as f64 / 100.0)],
        7 => vec![format!("P.lines.high={n}")],
        _ => vec![format!("P.lines.middle={n}")],
    }
}

#[test]
fn an_answer_from_the_runs_columns_is_that_from_the_tables() {
    let project = project();
    let mut dice = Dice(7);
    let mut steps: Vec<Value> = Vec::new();
    for _ in 0..24 {
        let set: Vec<String> = (0..1 + dice.below(2)).flat_map(|_| assignment(&mut dice)).collect();
        let mut names = std::collections::HashSet::new();
        let set: Vec<&String> = set.iter().filter(|text| names.insert(text.split('=').next())).collect();
        let args: Vec<&str> = set.iter().flat_map(|text| ["--set", text.as_str()]).collect();
        steps.push(same(&project, &args).1);
    }
    for step in ["value", "tier", "policy", "review"] {
        assert!(steps.contains(&json!({ "step": step })), "{step}: {steps:?}");
    }
}

#[test]
fn an_answer_of_other_rules_and_steps_is_that_from_the_tables() {
    let project = project();
    for (file, from, to, step) in [
        ("review", "+ 1 }", "+ 2 }", "review"),
        ("policy", "P.price * c.size", "P.price * c.staff.to_float()", "policy"),
        ("policy", "cost: P.price * c.size", "cost: P.price + c.value", "policy"),
        ("tier", "c.value > P.floor", "c.staff > 3", "tier"),
        ("value", "100.0 *", "90.0 *", "value"),
    ] {
        let path = format!("rules/{file}.rhai");
        let text = std::fs::read_to_string(project.path(&path)).unwrap();
        project.write(&path, &text.replace(from, to));
        project.write("tierwright.yaml", PROJECT);
        // A parameter that no rule reads any more is worth a warning, and an answer.
        assert_eq!(same(&project, &[]).1, json!({ "step": step }), "{file}");
        project.write(&path, &text);
    }
    for (steps, order, kept, step) in [
        ("[history, value, tier, policy]", "[low, middle, high]", "keep_prior", Value::Null),
        ("[history, value, tier, policy, review, finish]", "[low, middle, high]", "keep_prior", json!("finish")),
        ("[history, value, tier, policy, review]", "[low, middle, high]", "none", Value::Null),
        ("[history, value, tier, policy, review]", "[none, low, middle, high]", "keep_prior", json!("tier")),
        ("[history, value, tier, policy, review]", "[middle, low, high]", "keep_prior", json!("tier")),
    ] {
        project.write("rules/finish.rhai", "fn finish(c) { #{ end: c.deals + 1 } }\n");
        let text = PROJECT
            .replace("[history, value, tier, policy, review]", steps)
            .replace("[low, middle, high]", order)
            .replace("keep_prior", kept);
        let text = if steps.contains("review") { text } else { text.replace(", read_back: { calls: int }", "") };
        project.write("tierwright.yaml", &text);
        assert_eq!(same(&project, &[]).1, json!({ "step": step }), "{steps} {order} {kept}");
    }
}

/// Firms with one number, and rules that grade them by it.
fn firms(steps: &str, rows: &[(&str, u32)]) -> Project {
    let project = Project::new(&[
        (
            "datasets/firms.yaml",
            "source: firms.csv\ncolumns: { firm: text, revenue: { type: float, required: true } }\nkey: firm\n",
        ),
        ("rules/value.rhai", "fn value(c) { c.revenue * 1.0 }\n"),
        ("rules/tier.rhai", "fn tier(c) { if c.revenue >= P.line { \"key\" } else { \"general\" } }\n"),
        ("rules/policy.rhai", "fn policy(c) { #{ visits: P.visits } }\n"),
        ("rules/parameters.yaml", "visits: { value: 6 }\nline: { value: 50.0 }\n"),
    ]);
    let row = |(firm, revenue): &(&str, u32)| format!("{firm},{revenue}\n");
    project.write(
        "datasets/firms.csv",
        &["firm,revenue\n".to_owned()].into_iter().chain(rows.iter().map(row)).collect::<String>(),
    );
    declare(&project, steps, "[general, key]");
    project.tierwright(&["run"]).expect(0);
    project
}

fn declare(project: &Project, steps: &str, order: &str) {
    let text = format!(
        "name: p\ncustomer: firms\nsteps: [{steps}]\ndecision: {{ order: {order} }}\nas_of: 2026-01-01\nundetermined: {{ at_most: 0.9 }}\n"
    );
    let sums = "summaries: [{ name: all, by: [], measures: { visits: sum(visits) } }]\n";
    project.write("tierwright.yaml", &format!("{text}{}", if steps.contains("policy") { sums } else { "" }));
}

#[test]
fn steps_that_read_no_tier_leave_tier_and_value_as_they_ran() {
    let project = firms("value, tier, policy", &[("A", 10), ("B", 80)]);
    // Nobody moves, and what differs is shown all the same.
    let text = what_if(&project, &["--set", "P.visits=3"]).out;
    assert!(text.contains("no customer of 2 changes tier; 0 have another value\n\n"), "{text}");
    assert!(text.contains("\n  visits   12.00   6.00   -6.00          0.00\n"), "{text}");
    assert!(text.contains("\n  value    90.00  90.00    0.00          0.00\n"), "{text}");
    let text = what_if(&project, &["--set", "P.line=5"]).out;
    assert!(
        text.contains("1 of 2 customers: 1 up") && text.contains("A: general → key, value 10.00 → 10.00"),
        "{text}"
    );
    let points = what_if(&project, &["--json", "--sweep", "P.visits=3..6/3"]).json();
    let totals: Vec<&Value> = points["points"].as_array().unwrap().iter().map(|point| &point["totals"]).collect();
    assert_eq!(totals, [&json!([90.0, 6.0]), &json!([90.0, 12.0])]);
}

#[test]
fn steps_that_went_or_came_at_the_end_are_no_reason_to_be_undetermined() {
    let project = firms("value, tier, policy", &[("A", 10), ("B", 80)]);
    declare(&project, "value, tier", "[general, key]");
    let text = what_if(&project, &[]).out;
    assert!(text.contains("the project has no step that did not run"), "{text}");
    assert!(text.contains("no customer of 2 changes tier; 0 have another value"), "{text}");
    project.write("rules/finish.rhai", "fn finish(c) { #{ end: c.revenue } }\n");
    declare(&project, "value, tier, policy, finish", "[general, key]");
    let text = what_if(&project, &[]).out;
    assert!(
        text.contains("evaluated from step `finish` on") && text.contains("no customer of 2 changes tier"),
        "{text}"
    );
}

#[test]
fn tiers_are_compared_in_the_order_of_now() {
    let project = firms("value, tier, policy", &[("A", 10), ("B", 35), ("C", 60), ("D", 95)]);
    declare(&project, "value, tier, policy", "[general, senior, key]");
    project.write(
        "rules/tier.rhai",
        "fn tier(c) { if c.value >= 90.0 { \"key\" } else if c.value >= 30.0 { \"senior\" } else { \"general\" } }\n",
    );
    let text = what_if(&project, &[]).out;
    assert!(text.contains("2 of 4 customers: 1 up, 1 down\n"), "{text}");
    assert!(text.contains("  from \\ to  key  senior  general\n"), "{text}");
    // Who is undetermined stands last, who is so now apart from who is so no more.
    project.write(
        "rules/tier.rhai",
        "fn tier(c) { if c.value < 20.0 { throw \"small\"; } if c.value >= 90.0 { \"key\" } else { \"senior\" } }\n",
    );
    let text = what_if(&project, &[]).out;
    assert!(text.contains("3 of 4 customers: 1 up, 1 down, 1 undetermined now\n"), "{text}");
    assert!(text.contains("key  senior  general  (undetermined)\n  key "), "{text}");
    let id = |run: &Value| run["record"]["run"].as_str().unwrap().to_owned();
    let second = project.tierwright(&["run", "--json"]).expect(0).json();
    project.write("rules/tier.rhai", "fn tier(c) { if c.value >= 90.0 { \"key\" } else { \"senior\" } }\n");
    assert!(what_if(&project, &[]).out.contains("1 of 4 customers: 1 decided now\n"));
    let third = project.tierwright(&["run", "--json"]).expect(0).json();
    let text = project.tierwright(&["diff", &id(&second), &id(&third)]).expect(0).out;
    let head = text.lines().find(|line| line.contains("due to")).unwrap();
    let all = text.lines().find(|line| line.starts_with("  all")).unwrap();
    assert!(head.contains("decided  undecided"), "{text}");
    assert_eq!(all.split_whitespace().collect::<Vec<_>>()[..7], ["all", "0", "0", "0", "0", "1", "0"], "{text}");
}

#[test]
fn long_keys_are_told_apart() {
    let keys = ["a customer with a long name, branch number 1", "a customer with a long name, branch number 2"];
    let longer = keys.map(|key| format!("\"{key}{}\"", &key[40..].repeat(20)));
    let project = firms("value, tier, policy", &[(&format!("\"{}\"", keys[0]), 10), (&format!("\"{}\"", keys[1]), 20)]);
    let text = what_if(&project, &["--set", "P.line=5"]).out;
    assert!(keys.iter().all(|key| text.contains(&format!("  {key}: general → key"))), "{text}");
    let project = firms("value, tier, policy", &[(&longer[0], 10), (&longer[1], 20)]);
    let text = what_if(&project, &["--set", "P.line=5"]).out;
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("general → key")).collect();
    assert!(lines.len() == 2 && lines.iter().all(|line| line.contains('…')), "{text}");
    assert_ne!(lines[0].split(": general").next(), lines[1].split(": general").next());
}

/// Firms whose value goes down with one of their columns.
fn returning() -> Project {
    let project = Project::new(&[
        (
            "tierwright.yaml",
            "name: p\ncustomer: firms\nsteps: [value, tier]\ndecision: { order: [general, key] }\nas_of: 2026-01-01\n",
        ),
        (
            "datasets/firms.yaml",
            "source: firms.csv\ncolumns:\n  firm: text\n  revenue: { type: float, required: true }\n  deals: { type: float, required: true }\n  returned: { type: \
             float, required: true }\nkey: firm\n",
        ),
        ("datasets/firms.csv", "firm,revenue,deals,returned\nA,10,10,0\nB,80,0,0.5\nC,0,80,1\n"),
        ("rules/value.rhai", "fn value(c) { (0.5 * c.revenue + 0.5 * c.deals) * (1.0 - 0.5 * c.returned) }\n"),
        ("rules/tier.rhai", "fn tier(c) { if c.value >= P.line { \"key\" } else { \"general\" } }\n"),
        ("rules/parameters.yaml", "line: { value: 60.0 }\n"),
    ]);
    project.tierwright(&["run"]).expect(0);
    project
}

#[test]
fn a_column_at_its_better_end_stays_there() {
    let project = returning();
    let found = project.tierwright(&["explain", "A", "--lift", "key", "--json"]).expect(0).json();
    let together = &found["lifts"][0]["together"];
    let needs: Vec<&str> = together["needs"].as_array().unwrap().iter().map(|need| need[0].as_str().unwrap()).collect();
    assert_eq!(needs, ["revenue", "deals"], "{together}");
    // 10 + 70 × 5/7 = 60, with no more than that.
    assert!((together["size"].as_f64().unwrap() - 5.0 / 7.0).abs() < 1e-3, "{together}");
    let two = ["explain", "A", "--lift", "key", "--json", "--change", "revenue", "--change", "deals"];
    assert_eq!(&project.tierwright(&two).expect(0).json()["lifts"][0]["together"], together);
}

#[test]
fn what_would_raise_a_customer_follows_the_rules_that_ran() {
    let project = returning();
    let lift = || project.tierwright(&["explain", "A", "--lift", "key", "--json"]).expect(0).json()["lifts"].take();
    let ran = lift();
    project.write("rules/parameters.yaml", "line: { value: 5.0 }\n");
    assert_eq!(lift(), ran);
    project.write("rules/value.rhai", "fn value(c) { c.nothing }\n");
    assert_eq!(lift(), ran);
}
