//! What-if and diff: the same as a run would decide, nothing written, parts that sum to the whole.

use crate::cycles::rows;
use crate::project::{Done, Project, files};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

const PROJECT: &str = "name: p
customer: customers
steps: [profile, value, tier]
decision: { order: [普通, 伙伴, 战略], read_back: { weak: int } }
as_of: 2018-04-01
scenarios: { other: {}, more: {} }
summaries: [{ name: by_sector, by: [sector, tier], measures: { sales: sum(sales), visits: sum(visits) } }]
";
const RULES: [(&str, &str); 4] = [
    (
        "rules/profile.rhai",
        "fn profile(c) {
    let won = c.orders.filter(|o| o.day < AS_OF && o.day >= AS_OF.minus_months(P.months));
    #{ sales: won.map(|o| o.amount).sum(), deals: won.len() }
}
",
    ),
    (
        "rules/value.rhai",
        "fn value(c) {
    if c.deals > 90 { throw \"too many\"; }
    let size = P.weights.sales * pct_rank(c.sales);
    let busy = P.weights.deals * scale(c.deals, 0.0, 5.0);
    #{ size: size, busy: busy, value: 100.0 * (size + busy) + (if c.sector != () { P.bonus[c.sector] ?? 0.0 } else { 0.0 }) }
}
",
    ),
    (
        "rules/tier.rhai",
        "fn tier(c) {
    let held = c.prior?.tier ?? \"普通\";
    let weak = (c.prior?.weak ?? 0) + 1;
    let tier = if c.value >= P.lines.top { \"战略\" } else if c.value >= P.lines.middle || held == \"战略\" { \"伙伴\" } else { \"普通\" };
    #{ tier: tier, weak: weak, visits: switch tier { \"战略\" => 6, \"伙伴\" => 3, _ => 0 } }
}
",
    ),
    (
        "rules/parameters.yaml",
        "months: { value: 12 }
bonus: { table: { 云: 0.0, retail: 0.0 } }
weights: { sum_to: 1.0, sales: { value: 0.7, range: [0, 1] }, deals: { value: 0.3, range: [0, 1] } }
lines: { top: { value: 70.0, range: [0, 100] }, middle: { value: 40.0, range: [0, 100] } }
",
    ),
];

/// Sixty customers with orders in two years; one has so many that it is undetermined in the second.
fn project() -> Project {
    let project = Project::new(&[
        ("tierwright.yaml", PROJECT),
        (
            "datasets/customers.yaml",
            "source: { path: customers.csv, format: csv }
columns: { customer: text, sector: text, 秘密: { type: text, sensitive: true } }
key: customer
",
        ),
        (
            "datasets/orders.yaml",
            "source: { path: orders.csv, format: csv }
columns: { customer: text, day: { type: date, required: true }, amount: { type: float, required: true } }
references: { buyer: { table: customers, column: customer, many: orders, orphans: fail } }
",
        ),
    ]);
    RULES.iter().for_each(|(path, text)| project.write(path, text));
    project.write("datasets/customers.csv", &customers(60));
    project.write("datasets/orders.csv", &orders(60, 1.0));
    project
}

fn customers(count: usize) -> String {
    let row = |n: usize| format!("客{n:03},{},s{n}\n", ["云", "retail", ""][n % 3]);
    ["customer,sector,秘密\n".to_owned()].into_iter().chain((0..count).map(row)).collect()
}

fn orders(count: usize, factor: f64) -> String {
    let mut text = "customer,day,amount\n".to_owned();
    for n in 0..count {
        for nth in 0..(n * 7 % 6) {
            let day = ["2016-06-01", "2017-02-03", "2017-05-05", "2017-09-09", "2018-01-02"][nth % 5];
            text += &format!("客{n:03},{day},{}\n", (n * 37 % 101) as f64 * factor + nth as f64);
        }
    }
    for _ in 0..95 {
        text += "客007,2017-08-08,1\n";
    }
    text
}

fn run(project: &Project, args: &[&str]) -> Value {
    project.tierwright(&[&["run", "--json"], args].concat()).json()
}

fn id(answer: &Value) -> &str {
    answer["record"]["run"].as_str().unwrap()
}

/// Tier and value by customer.
fn decided(folder: &Path) -> BTreeMap<String, (String, String)> {
    rows(&folder.join("profile"))
        .into_iter()
        .map(|row| (row["customer"].clone(), (row["tier"].clone(), row["value"].clone())))
        .collect()
}

fn moved(before: &BTreeMap<String, (String, String)>, after: &BTreeMap<String, (String, String)>) -> (u64, u64, u64) {
    let order = ["普通", "伙伴", "战略"];
    let at = |tier: &str| order.iter().position(|own| *own == tier);
    let mut counts = (0, 0, 0);
    for (customer, (tier, _)) in before {
        match (at(tier), after.get(customer).and_then(|(tier, _)| at(tier))) {
            (Some(from), Some(to)) if to > from => counts.0 += 1,
            (Some(from), Some(to)) if to < from => counts.1 += 1,
            (Some(_), Some(_)) => {}
            (None, None) => {}
            _ => counts.2 += 1,
        }
    }
    counts
}

fn counts(found: &Value) -> (u64, u64, u64) {
    let n = |key: &str| found[key].as_u64().unwrap();
    (n("up"), n("down"), n("undetermined"))
}

fn what_if(project: &Project, args: &[&str]) -> Done {
    project.tierwright(&[&["what-if"], args].concat()).expect(0)
}

#[test]
fn an_answer_is_what_a_run_decides() {
    let project = project();
    project.write("tierwright.yaml", &format!("{PROJECT}undetermined: {{ at_most: 0.5 }}\n"));
    run(&project, &["--as-of", "2017-04-01"]);
    let base = run(&project, &[]);
    let before = decided(&project.path(base["folder"].as_str().unwrap()));
    let parameters = RULES[3].1;
    for (set, from, to, step) in [
        ("P.lines.top=60", "value: 70.0", "value: 60.0", "tier"),
        ("P.lines.middle=90.5", "value: 40.0", "value: 90.5", "tier"),
        ("P.bonus[\"云\"]=30", "云: 0.0", "云: 30.0", "value"),
        ("P.months=8", "months: { value: 12 }", "months: { value: 8 }", ""),
    ] {
        let told = files(&project.path("out"));
        let answer = what_if(&project, &["--json", "--run", id(&base), "--set", set]).json();
        assert_eq!(files(&project.path("out")), told, "nothing is written");
        project.write("rules/parameters.yaml", &parameters.replacen(from, to, 1));
        // The same run beside it, with the prior decisions that it had.
        let again = run(&project, &["--scenario", "other"]);
        let after = decided(&project.path(again["folder"].as_str().unwrap()));
        project.write("rules/parameters.yaml", parameters);
        let found = &answer["comparison"];
        assert_eq!(counts(found), moved(&before, &after), "{set}");
        assert_ne!(counts(found), (0, 0, 0), "{set}");
        match step {
            "" => assert_eq!(answer["from"], "tables"),
            step => assert_eq!(answer["from"]["step"], step),
        }
        let sum: f64 = after.values().filter_map(|(_, value)| value.parse::<f64>().ok()).sum();
        assert!((found["totals"][0]["after"].as_f64().unwrap() - sum).abs() < 1e-9, "{set}");
        // The interpreter gives the same answer.
        let rows = what_if(&project, &["--json", "--run", id(&base), "--set", set, "--engine", "interpret"]).json();
        assert_eq!(&rows["comparison"], found);
    }
}

#[test]
fn segments_totals_and_movers_are_of_the_moves() {
    let project = project();
    project.write("tierwright.yaml", &format!("{PROJECT}undetermined: {{ at_most: 0.5 }}\n"));
    let base = run(&project, &[]);
    let answer =
        what_if(&project, &["--json", "--set", "P.weights.sales=0.2", "--set", "P.weights.deals=0.8", "--top", "60"])
            .json();
    let found = &answer["comparison"];
    let movers = found["movers"].as_array().unwrap();
    assert_eq!(movers.len() as u64, found["up"].as_u64().unwrap() + found["down"].as_u64().unwrap());
    assert!(movers.iter().all(|mover| !mover["reason"].as_array().unwrap().is_empty()));
    let weights: Vec<f64> = movers.iter().map(|mover| mover["weight"].as_f64().unwrap()).collect();
    assert!(weights.is_sorted_by(|a, b| a >= b), "{weights:?}");
    let moved: f64 = weights.iter().sum();
    assert!((found["totals"][1]["moved"].as_f64().unwrap() - moved).abs() < 1e-6);
    let up: u64 = found["segments"].as_array().unwrap().iter().map(|s| s["up"].as_u64().unwrap()).sum();
    assert_eq!(up, found["up"].as_u64().unwrap());
    let cells: u64 = found["cells"].as_array().unwrap().iter().map(|cell| cell["customers"].as_u64().unwrap()).sum();
    assert_eq!(cells, base["record"]["counts"]["read"].as_u64().unwrap());
    // As a page it fits a terminal.
    let text = what_if(&project, &["--set", "P.lines.top=60"]).out;
    assert!(text.contains("from \\ to") && text.contains("nothing was written"), "{text}");
}

#[test]
fn rules_of_another_folder_and_edited_ones() {
    let project = project();
    project.write("tierwright.yaml", &format!("{PROJECT}undetermined: {{ at_most: 0.5 }}\n"));
    run(&project, &[]);
    let unlike = RULES[2].1.replace("c.value >= P.lines.top", "c.value >= 10.0");
    for (path, text) in RULES {
        project.write(&path.replace("rules/", "draft/"), if path.ends_with("tier.rhai") { &unlike } else { text });
    }
    let draft = what_if(&project, &["--json", "--rules", "draft"]).json();
    assert_eq!(draft["changed"], serde_json::json!(["rules/tier.rhai"]));
    assert!(draft["comparison"]["up"].as_u64().unwrap() > 0);
    project.write("rules/tier.rhai", &unlike);
    assert_eq!(what_if(&project, &["--json"]).json()["comparison"], draft["comparison"]);
    project.write("rules/tier.rhai", "fn tier(c) { c.valeu }\n");
    let done = project.tierwright(&["what-if"]).expect(1);
    assert!(done.err.contains("rules/tier.rhai:1") && done.err.contains("value"), "{}", done.err);
}

#[test]
fn sweeps_and_leeways() {
    let project = project();
    project.write("tierwright.yaml", &format!("{PROJECT}undetermined: {{ at_most: 0.5 }}\n"));
    run(&project, &[]);
    let answer = what_if(&project, &["--json", "--sweep", "P.lines.top=50..90/10"]).json();
    let points = answer["points"].as_array().unwrap();
    assert_eq!(points.iter().map(|p| p["value"].as_str().unwrap()).collect::<Vec<_>>(), ["50", "60", "70", "80", "90"]);
    for point in points {
        let set = format!("P.lines.top={}", point["value"].as_str().unwrap());
        let one = what_if(&project, &["--json", "--set", &set]).json();
        assert_eq!((&point["up"], &point["down"]), (&one["comparison"]["up"], &one["comparison"]["down"]), "{set}");
        let all: u64 = point["tiers"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).sum();
        assert_eq!(all, 60);
    }
    // Just within its leeway a weight moves nobody, just outside somebody.
    let answer = what_if(&project, &["--json", "--sensitivity"]).json();
    let weights = answer["sensitivity"].as_array().unwrap();
    assert_eq!(
        weights.iter().map(|w| w["name"].as_str().unwrap()).collect::<Vec<_>>(),
        ["P.weights.sales", "P.weights.deals"]
    );
    for (end, out) in [("down_to", -1e-3), ("up_to", 1e-3)] {
        let end = weights[0][end].as_f64().unwrap();
        let moves = |value: f64| {
            let (sales, deals) = (format!("P.weights.sales={value:?}"), format!("P.weights.deals={:?}", 1.0 - value));
            let found = what_if(&project, &["--json", "--set", &sales, "--set", &deals]).json();
            found["comparison"]["up"].as_u64().unwrap() + found["comparison"]["down"].as_u64().unwrap()
        };
        assert_eq!(moves(end), 0, "{end}");
        assert!(moves(end + out) > 0, "{end}");
    }
    for (args, wanted) in [
        (&["--sweep", "P.lines.top"][..], "is no sweep"),
        (&["--sweep", "P.lines.top=9..1/1"], "ascend"),
        (&["--set", "P.lines.tap=3"], "did you mean `top`"),
        (&["--set", "P.weights.sales=0.9"], "sum to 1.2, not to 1"),
        (&["--by", "sektor"], "did you mean `sector`"),
        (&["--run", "zzz"], "no committed run `zzz`"),
        (&["--rules", "datasets"], "datasets has no parameters.yaml"),
    ] {
        let done = project.tierwright(&[&["what-if"], args].concat()).expect(2);
        assert!(done.err.contains(wanted), "{args:?}: {}", done.err);
    }
}

#[test]
fn parts_of_a_difference_sum_to_the_whole() {
    let project = project();
    project.write("tierwright.yaml", &format!("{PROJECT}undetermined: {{ at_most: 0.5 }}\n"));
    let first = run(&project, &["--as-of", "2017-04-01"]);
    project.write("datasets/customers.csv", &customers(64));
    project.write("datasets/orders.csv", &orders(64, 1.3));
    project.write("rules/tier.rhai", &RULES[2].1.replace("held == \"战略\"", "held == \"伙伴\""));
    project.write("rules/parameters.yaml", &RULES[3].1.replace("value: 70.0", "value: 64.0"));
    let last = run(&project, &[]);
    let told = files(&project.path("out"));
    let found = project.tierwright(&["diff", id(&first), id(&last), "--json", "--top", "100"]).expect(0).json();
    assert_eq!(files(&project.path("out")), told, "nothing is written");
    let effects = found["effects"].as_array().unwrap();
    let parts: Vec<&str> = effects.iter().map(|effect| effect["parts"][0].as_str().unwrap()).collect();
    assert_eq!(parts, ["data", "rules", "parameters"]);
    let net: i64 = effects.iter().map(|effect| effect["net_steps"].as_i64().unwrap()).sum();
    assert_eq!(net, found["whole"]["net_steps"].as_i64().unwrap());
    for (nth, total) in found["whole"]["comparison"]["totals"].as_array().unwrap().iter().enumerate() {
        let ends = |effect: &Value| {
            let total = &effect["comparison"]["totals"][nth];
            (total["before"].as_f64().unwrap(), total["after"].as_f64().unwrap())
        };
        let stages: Vec<(f64, f64)> = effects.iter().map(ends).collect();
        assert_eq!((stages[0].0, stages[2].1), ends(&found["whole"]), "{total}");
        assert!((stages[0].1, stages[1].1) == (stages[1].0, stages[2].0));
    }
    assert_eq!(found["whole"]["comparison"]["new"], 4);
    let (a, b) = (
        decided(&project.path(first["folder"].as_str().unwrap())),
        decided(&project.path(last["folder"].as_str().unwrap())),
    );
    assert_eq!(counts(&found["whole"]["comparison"]), moved(&a, &b));
    for path in found["paths"].as_array().unwrap() {
        let customer = path["customer"].as_str().unwrap();
        let tiers = path["tiers"].as_array().unwrap();
        assert_eq!(
            (tiers[0].as_str().unwrap_or("-"), tiers[3].as_str().unwrap_or("-")),
            (&*a[customer].0, &*b[customer].0)
        );
    }
    let text = project.tierwright(&["diff", id(&first), id(&last)]).expect(0).out;
    assert!(text.contains("data: ") && text.contains("rules/tier.rhai has changed"), "{text}");
    // Rules that need what the earlier data do not have are put in place with it; data that are gone are told.
    project.write("rules/value.rhai", &RULES[1].1.replace("P.weights.deals *", "P.weights.more *"));
    project.write("rules/parameters.yaml", &RULES[3].1.replace("deals:", "more:"));
    let third = run(&project, &["--scenario", "more"]);
    let found = project.tierwright(&["diff", id(&last), id(&third), "--json"]).expect(0).json();
    assert_eq!(found["effects"][0]["parts"], serde_json::json!(["rules", "parameters"]));
    assert!(found["effects"][0]["joined"].as_str().unwrap().contains("more"), "{found}");
    project.write("datasets/orders.csv", &orders(64, 1.4));
    let done = project.tierwright(&["diff", id(&first), id(&last)]).expect(1);
    assert!(done.err.contains("inputs-changed") && done.err.contains("orders.csv"), "{}", done.err);
}

#[test]
fn a_lift_is_what_the_rules_say() {
    let project = project();
    // What the deciding steps read is the profile's, and one column of the table with a range.
    project.write("datasets/customers.yaml", "source: { path: customers.csv, format: csv }
columns: { customer: text, sector: text, 秘密: { type: text, sensitive: true }, rating: { type: float, required: true, unit: stars, range: [0, 5] } }
key: customer
");
    let row = |n: usize| format!("客{n:03},{},s{n},{}\n", ["云", "retail"][n % 2], n % 3);
    project.write(
        "datasets/customers.csv",
        &["customer,sector,秘密,rating\n".to_owned()].into_iter().chain((0..60).map(row)).collect::<String>(),
    );
    project.write(
        "rules/value.rhai",
        "fn value(c) {
    let size = P.weights.sales * pct_rank(c.sales);
    #{ size: size, value: 100.0 * size + 6.0 * c.rating - 0.001 * c.deals.to_float() }
}
",
    );
    project.write(
        "rules/parameters.yaml",
        &RULES[3].1.replace("deals:", "more:").replace("weights:", "# allow: unused-parameter\nweights:"),
    );
    let base = run(&project, &[]);
    let before = decided(&project.path(base["folder"].as_str().unwrap()));
    let (poor, _) =
        before.iter().find(|(_, (tier, value))| tier == "普通" && value.parse::<f64>().unwrap() > 25.0).unwrap();
    let done = project.tierwright(&["explain", poor, "--lift", "伙伴", "--json"]).expect(0).json();
    let lift = &done["lifts"][0];
    let singles = lift["single"].as_array().unwrap();
    assert_eq!(singles.len(), 3, "{lift}");
    let rating = singles.iter().find(|change| change["column"] == "rating").unwrap();
    assert_eq!(
        (&rating["unit"], &rating["declared"], &rating["bounds"]),
        (&"stars".into(), &true.into(), &serde_json::json!([0.0, 5.0]))
    );
    // Moved by just what is told, the customer has the tier; by a little less it has not.
    let (is, needs) = (rating["is"].as_f64().unwrap(), rating["needs"].as_f64().unwrap());
    let value: f64 = before[poor].1.parse().unwrap();
    assert!(value + 6.0 * (needs - is) >= 40.0 && value + 6.0 * (needs - is - 0.01) < 40.0, "{rating} {value}");
    let ints = singles.iter().find(|change| change["column"] == "deals").unwrap();
    assert!(ints["needs"].is_null(), "more deals lower the value: {ints}");
    let sales = singles.iter().find(|change| change["column"] == "sales").unwrap();
    assert_eq!(sales["declared"], false);
    if let Some(needs) = sales["needs"].as_f64() {
        assert!(needs > sales["is"].as_f64().unwrap());
    }
    // None within bounds, alone or together, is an answer.
    let done = project.tierwright(&["explain", poor, "--lift", "战略", "--change", "deals"]).expect(0);
    assert!(done.out.contains("none within bounds"), "{}", done.out);
    let (rich, _) = before.iter().find(|(_, (tier, _))| tier == "战略").unwrap();
    let done = project.tierwright(&["explain", rich, "--lift", "伙伴"]).expect(0);
    assert!(done.out.contains("already"), "{}", done.out);
    for (args, wanted) in [
        (&["explain", poor, "--lift", "战"][..], "no tier `战`"),
        (&["explain", poor, "--lift", "gold"], "the tiers are `战略`, `伙伴`, `普通`, highest first"),
        (&["explain", "客01", "--lift", "战略"], "did you mean `客001`"),
        (&["explain", "nobody", "--lift", "战略"], "no customer `nobody`"),
        (&["explain", poor, "--lift", "战略", "--change", "salez"], "did you mean `sales`"),
    ] {
        let done = project.tierwright(args).expect(2);
        assert!(done.err.contains(wanted), "{args:?}: {}", done.err);
    }
}

#[test]
fn data_that_changed_and_columns_that_went_are_told() {
    let project = project();
    project.write("tierwright.yaml", &format!("{PROJECT}undetermined: {{ at_most: 0.5 }}\n"));
    run(&project, &[]);
    project.write("datasets/orders.csv", &orders(60, 2.5));
    let done = what_if(&project, &["--data"]);
    assert!(done.out.contains("datasets/orders.csv (of `orders`) has changed"), "{}", done.out);
    // A column that the run summed by is another now.
    let manifest = std::fs::read_to_string(project.path("datasets/customers.yaml")).unwrap();
    project.write("datasets/customers.yaml", &manifest.replace("sector: text", "branch: { type: text, from: sector }"));
    project.write(
        "tierwright.yaml",
        &format!("{}undetermined: {{ at_most: 0.5 }}\n", PROJECT.replace("[sector, tier]", "[branch, tier]")),
    );
    project.write("rules/value.rhai", &RULES[1].1.replace("c.sector", "c.branch"));
    let answer = what_if(&project, &["--json", "--set", "P.lines.top=60"]).json();
    assert_eq!((&answer["from"], &answer["comparison"]["segments"]), (&"tables".into(), &serde_json::json!([])));
}
