//! The strategic plan: years follow each other under each scenario, and are what the same runs one by one would be.

use crate::cycles::{rows, texts};
use crate::project::{Project, files};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Four customers whose sales stand in the profile; the tier has a band, and a fall takes two weak cycles.
fn project(plan: &str, outlook: &str) -> Project {
    let project = Project::new(&[
        (
            "tierwright.yaml",
            &format!(
                "name: p
customer: customers
steps: [profile, value, tier]
decision: {{ order: [普通, 战略], read_back: {{ weak: int }}, earlier: decisions }}
planning: {{ phases: {{ SP: [09-01, 12-01], monitor: {{ window: [04-01, 09-01], set: {{ P.line: 90.0 }}, steps: [profile, value, early] }} }} }}
as_of: 2018-04-01
{plan}"
            ),
        ),
        (
            "datasets/customers.yaml",
            "source: { path: customers.csv, format: csv }
columns: { customer: text, sector: text }
key: customer
references: { parent: { table: customers, column: sector, many: children } }
",
        ),
        ("datasets/customers.csv", "customer,sector\n甲,云\nb,\nc,甲\nd,云\n"),
        (
            "datasets/orders.yaml",
            "source: { path: orders.csv, format: csv }
columns: { customer: text, day: { type: date, required: true }, amount: { type: float, required: true } }
references: { buyer: { table: customers, column: customer, many: orders, orphans: fail } }
",
        ),
        ("datasets/orders.csv", "customer,day,amount\n甲,2018-01-01,60\n甲,2018-02-01,40\nb,2018-01-05,75\nc,2018-01-05,70\n"),
        (
            "rules/profile.rhai",
            "fn profile(c) {
    let won = c.orders.filter(|o| o.day < AS_OF);
    #{ sales: won.map(|o| o.amount).sum(), bought: won.len(), of_parent: c.parent?.customer }
}
",
        ),
        (
            "rules/value.rhai",
            "fn value(c) { if c.sales < 0.0 { throw \"负\"; } #{ value: c.sales, rank: rank(c.sales), since: AS_OF } }\n",
        ),
        (
            "rules/tier.rhai",
            "fn tier(c) {
    let held = c.prior?.tier ?? \"普通\";
    let weak = if c.value < P.line { (c.prior?.weak ?? 0) + 1 } else { 0 };
    let stays = held == \"战略\" && weak < 2;
    #{
        tier: if c.value >= P.line || stays { \"战略\" } else { \"普通\" },
        weak: weak,
        seen: c.decisions.len(),
        above: c.parent?.customer,
    }
}
",
        ),
        ("rules/early.rhai", "fn early(c) { #{ tier: if c.value > P.line { \"战略\" } else { \"普通\" }, weak: 0 } }\n"),
        (
            "rules/parameters.yaml",
            "line: { value: 72.0, range: [0, 100] }
growth: { value: 0.0, range: [-1, 1] }
weights: { sum_to: 1.0, a: { value: 0.5 }, b: { value: 0.5 } }
",
        ),
    ]);
    if !outlook.is_empty() {
        project.write("rules/outlook.rhai", outlook);
    }
    project
}

const PLAN: &str =
    "strategic_plan: { years: 4, outlook: outlook, measures: { sales: sum(sales), mean_rank: mean(rank) } }
scenarios:
  繁荣: { meaning: 两年好, set: { P.growth: 0.1 }, from_year: { 3: { P.growth: 0.0, P.line: 95.0 } } }
  shrink: { set: { P.growth: -0.2 } }
";
const OUTLOOK: &str = "fn outlook(c) { #{ sales: c.sales * (1.0 + P.growth) } }\n";

fn run(project: &Project, args: &[&str]) -> (PathBuf, serde_json::Value) {
    let answer = project.tierwright(&[&["run", "--json", "--phase", "SP"], args].concat()).expect(0).json();
    (project.path(answer["folder"].as_str().unwrap()), answer)
}

fn customers(folder: &std::path::Path) -> Vec<BTreeMap<String, String>> {
    rows(&folder.join("scenarios/customers.parquet"))
}

/// Tier and value of a customer in each year of a scenario.
fn path(all: &[BTreeMap<String, String>], scenario: &str, customer: &str) -> Vec<String> {
    let own = all.iter().filter(|row| row["scenario"] == scenario && row["customer"] == customer);
    own.map(|row| format!("{} {} {}", row["tier"], row["value"], row["move"])).collect()
}

#[test]
fn years_follow_each_other() {
    let project = project(PLAN, OUTLOOK);
    project.tierwright(&["check"]).expect(0);
    let (folder, answer) = run(&project, &[]);
    let all = customers(&folder);
    // Sales shrink by a fifth a year: 100, 80, 64, 51.2, 40.96. Below the line of 72 in year 2, the tier is lost in year 3.
    let shown = ["战略 100.0 new", "战略 80.0 same", "战略 64.0 same", "普通 51.2 down", "普通 40.96 same"];
    assert_eq!(path(&all, "shrink", "甲").iter().map(|s| round(s)).collect::<Vec<_>>(), shown);
    // 70 grows by a tenth, and rises in year 1; then the line is 95.
    let shown = ["普通 70.0 new", "战略 77.0 up", "战略 84.7 same", "战略 84.7 same", "普通 84.7 down"];
    assert_eq!(path(&all, "繁荣", "c").iter().map(|s| round(s)).collect::<Vec<_>>(), shown);
    assert!(path(&all, "base", "b").iter().all(|year| year.starts_with("战略 75.0")));
    assert_eq!(all.len(), 3 * 5 * 4);
    assert_eq!(texts(&all[3..5], &["year", "planning_year"]), ["0 FY2017", "1 FY2018"]);
    let plan = &answer["record"]["strategic"];
    assert_eq!((&plan["from"], &plan["last"]), (&"value".into(), &"FY2021".into()));
    let names: Vec<&str> = plan["scenarios"].as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["base", "繁荣", "shrink"]);
}

/// The same with floats as short as they may be.
fn round(text: &str) -> String {
    let parts: Vec<String> = text
        .split(' ')
        .map(|part| part.parse::<f64>().map_or(part.to_owned(), |x| format!("{:?}", (x * 1e9).round() / 1e9)))
        .collect();
    parts.join(" ")
}

#[test]
fn portfolios_add_up_and_stand_side_by_side() {
    let project = project(PLAN, OUTLOOK);
    let (folder, _) = run(&project, &[]);
    let (portfolio, all) = (rows(&folder.join("scenarios/portfolio.parquet")), customers(&folder));
    assert_eq!(portfolio.len(), 3 * 5 * 2);
    for row in &portfolio {
        let own: Vec<_> =
            all.iter().filter(|c| ["scenario", "year", "tier"].iter().all(|name| c[*name] == row[*name])).collect();
        assert_eq!(own.len().to_string(), row["customers"], "{row:?}");
        let value: f64 = own.iter().map(|c| c["value"].parse::<f64>().unwrap()).sum();
        assert!((value - row["value"].parse::<f64>().unwrap()).abs() < 1e-9, "{row:?}");
        if !own.is_empty() {
            assert!((value - row["sales"].parse::<f64>().unwrap()).abs() < 1e-9, "{row:?}");
        }
    }
    let side = rows(&folder.join("scenarios/side_by_side.parquet"));
    assert_eq!(side.len(), 5 * 2 * 4);
    for row in side.iter().filter(|row| row["measure"] == "customers") {
        for scenario in ["base", "繁荣", "shrink"] {
            let same = |p: &&BTreeMap<String, String>| {
                p["scenario"] == scenario && p["year"] == row["year"] && p["tier"] == row["tier"]
            };
            let counted: f64 = portfolio.iter().find(same).unwrap()["customers"].parse().unwrap();
            assert_eq!(row[scenario].parse::<f64>().unwrap(), counted, "{row:?}");
        }
    }
    assert_eq!((side[0]["tier"].as_str(), side[4]["tier"].as_str()), ("战略", "普通"));
    let moves = rows(&folder.join("scenarios/moves.parquet"));
    let down = moves.iter().find(|m| m["scenario"] == "shrink" && m["year"] == "3" && m["move"] == "down").unwrap();
    assert_eq!((&*down["from_tier"], &*down["to_tier"], &*down["customers"]), ("战略", "普通", "1"));
}

#[test]
fn years_are_what_runs_one_after_the_other_would_be() {
    // Sales that stay, and rules that read the cycle before and all earlier ones: real runs on the same data decide the same.
    let plan = "strategic_plan: { years: 3 }\nscenarios: { higher: { set: { P.line: 74.0 } } }\n";
    let project = project(plan, "");
    let (folder, _) = run(&project, &[]);
    let all = customers(&folder);
    let mut real = Vec::new();
    for year in 2018..2022 {
        let date = format!("{year}-04-01");
        let answer = project.tierwright(&["run", "--json", "--as-of", &date]).expect(0).json();
        let parts = project.path(answer["folder"].as_str().unwrap()).join("profile/part-0000.parquet");
        real.extend(rows(&parts));
    }
    let base: Vec<_> = all.iter().filter(|row| row["scenario"] == "base").collect();
    assert_eq!(base.len(), real.len());
    for (simulated, real) in base.iter().zip(&real) {
        for name in ["customer", "tier", "value"] {
            assert_eq!(simulated[name], real[name], "{simulated:?} {real:?}");
        }
    }
    // The first cycle has no earlier decision, each further one sees one more.
    assert_eq!(real.iter().map(|row| row["seen"].as_str()).collect::<Vec<_>>()[..5], ["0", "0", "0", "0", "1"]);
}

#[test]
fn who_leaves_is_gone_and_references_hold() {
    let plan = "strategic_plan: { years: 2, outlook: outlook, leaves: leaves, measures: { sales: sum(sales) } }\nscenarios: { shrink: { set: { P.growth: -0.2 } } }\n";
    let outlook = "fn outlook(c) {
    if c.customer == \"b\" && c.value < 70.0 { throw \"b 不明\"; }
    #{ sales: c.sales * (1.0 + P.growth), leaves: c.bought == 0 }
}
";
    let project = project(plan, outlook);
    let (folder, answer) = run(&project, &[]);
    let all = customers(&folder);
    let of = |scenario: &str, year: &str| -> Vec<String> {
        let own = all.iter().filter(|row| row["scenario"] == scenario && row["year"] == year);
        own.map(|row| row["customer"].clone()).collect()
    };
    assert_eq!(of("base", "0"), ["b", "c", "d", "甲"]);
    assert_eq!(of("base", "1"), ["b", "c", "甲"]);
    assert_eq!(of("base", "2"), ["b", "c", "甲"]);
    let last = &answer["record"]["strategic"]["scenarios"][1];
    assert_eq!((&last["left"], &last["undetermined"]), (&1.into(), &1.into()));
    // 75, 60: the outlook of year 2 throws, and says where.
    let b: Vec<_> = all.iter().filter(|row| row["scenario"] == "shrink" && row["customer"] == "b").collect();
    assert_eq!((b[1]["value"].as_str(), b[2]["value"].as_str()), ("60.0", "-"));
    assert!(b[2]["cause"].starts_with("rules/outlook.rhai:2:") && b[2]["cause"].contains("b 不明"), "{:?}", b[2]);
    // Its sales of the year before stay in the portfolio.
    let portfolio = rows(&folder.join("scenarios/portfolio.parquet"));
    let none =
        portfolio.iter().find(|row| row["scenario"] == "shrink" && row["year"] == "2" && row["tier"] == "-").unwrap();
    assert_eq!((&*none["customers"], &*none["sales"]), ("1", "60.0"));
    let moves = rows(&folder.join("scenarios/moves.parquet"));
    assert!(
        moves
            .iter()
            .any(|m| m["scenario"] == "base" && m["year"] == "1" && m["move"] == "gone" && m["customers"] == "1")
    );
}

#[test]
fn the_same_bytes_in_any_way() {
    let project = project(PLAN, OUTLOOK);
    let (folder, answer) = run(&project, &[]);
    let first = files(&folder.join("scenarios"));
    for (args, out) in [
        (&["--threads", "1"][..], "one"),
        (&["--threads", "8"], "eight"),
        (&["--engine", "interpret"], "rows"),
        (&["--parts", "3"], "parts"),
    ] {
        let (folder, _) = run(&project, &[args, &["--out", out]].concat());
        assert_eq!(files(&folder.join("scenarios")), first, "{args:?}");
    }
    project.tierwright(&["verify", answer["record"]["run"].as_str().unwrap()]).expect(0);
}

#[test]
fn a_scenario_decides_beside_the_base() {
    let project = project("scenarios: { 严: { set: { P.line: 74.0 } } }\n", "");
    let tiers = |args: &[&str]| {
        let answer = project.tierwright(&[&["run", "--json"], args].concat()).expect(0).json();
        answer["record"]["tiers"][0]["customers"].as_u64().unwrap()
    };
    assert_eq!((tiers(&[]), tiers(&["--scenario", "严"])), (2, 2));
    let text = std::fs::read_to_string(project.path("tierwright.yaml")).unwrap();
    project.write("tierwright.yaml", &text.replace("74.0", "80.0"));
    assert_eq!(tiers(&["--scenario", "严"]), 1);
    let done = project.tierwright(&["run", "--scenario", "言"]).expect(2);
    assert!(done.err.contains("the project has no scenario `言`"), "{}", done.err);
    // Neither has one that declares none; what ran is what it is.
    let (_, under) = run(&project, &["--scenario", "严"]);
    project.write("tierwright.yaml", &text.replace("scenarios: { 严: { set: { P.line: 74.0 } } }\n", ""));
    let done = project.tierwright(&["run", "--scenario", "严"]).expect(2);
    assert!(
        done.err.contains("the project has no scenario `严`") && done.err.contains("which has none"),
        "{}",
        done.err
    );
    project.tierwright(&["verify", under["record"]["run"].as_str().unwrap()]).expect(0);
    project.write("tierwright.yaml", &text.replace("74.0", "80.0"));
    // The monitor has a line and steps of its own.
    let answer = project.tierwright(&["run", "--json", "--phase", "monitor"]).expect(0).json();
    assert_eq!(answer["record"]["tiers"][0]["customers"], 1);
    assert!(answer["record"]["columns"].as_array().unwrap().iter().all(|column| column["name"] != "seen"));
}

#[test]
fn what_cannot_be_planned_is_told_by_check() {
    let told = |plan: &str, outlook: &str| {
        let done = project(plan, outlook).tierwright(&["check"]);
        assert!(done.status != 0, "{plan} {outlook}: {}", done.err);
        done.err
    };
    let strategic = |keys: &str| format!("strategic_plan: {{ years: 2, outlook: outlook{keys} }}\n");
    let give = |field: &str| format!("fn outlook(c) {{ #{{ {field} }} }}\n");
    for (plan, outlook, wanted) in [
        (strategic(""), give("salez: 1.0"), "`salez`, which customers do not have"),
        (strategic(""), give("sales: 1"), "`sales` as int; the customers' column is float"),
        (strategic(""), give("sales: c.parent?.customer == \"b\""), "as bool"),
        (strategic(""), give("value: 1.0"), "which the step `value` computes anew"),
        (strategic(""), give("customer: \"x\""), "the customers' key"),
        (strategic(""), give("bought: c.orders.len()"), "reads rows of related tables"),
        (strategic(""), give("sales: if c.sales > 1.0 { c.sales } else { () }"), "may be missing"),
        (strategic(", leaves: gone"), give("sales: c.sales"), "which the outlook does not give"),
        (strategic(", leaves: gone"), give("sales: c.sales, gone: 1"), "must be true or false"),
        (strategic(", measures: { m: sum(salez) }"), give("sales: c.sales"), "names `salez`"),
        (strategic(", measures: { value: sum(sales) }"), give("sales: c.sales"), "a column `value` of its own"),
        (strategic(""), String::new(), "the step `outlook` has no function"),
        ("strategic_plan: { leaves: gone }\n".into(), String::new(), "there is none"),
        ("strategic_plan: { years: 0 }\n".into(), String::new(), "1 to 50"),
        ("scenarios: { s: { set: { P.lime: 3 } } }\n".into(), String::new(), "no parameter `P.lime`"),
        ("scenarios: { s: { set: { P.line: 300 } } }\n".into(), String::new(), "P.line"),
        ("scenarios: { s: { set: { P.weights.a: 0.7 } } }\n".into(), String::new(), "sum to 1.2, not to 1"),
        ("scenarios: { s: { from_year: { 0: { P.line: 3 } } } }\n".into(), String::new(), "is no year"),
        ("scenarios: { base: { set: { P.line: 3 } } }\n".into(), String::new(), "sets nothing"),
        ("scenarios: { tier: { set: { P.line: 3 } } }\n".into(), String::new(), "no scenario can be named `tier`"),
        ("scenarios: { \"a b/c\": { set: { P.line: 3 } } }\n".into(), String::new(), "cannot be used"),
    ] {
        let text = told(&plan, &outlook);
        assert!(text.contains(wanted) && text.contains(".yaml:") | text.contains(".rhai:"), "{plan}{outlook}: {text}");
    }
    // A step of another phase.
    let project = project("", "");
    project.write("rules/early.rhai", "fn early(c) { #{ tier: c.nothing, weak: 0 } }\n");
    let done = project.tierwright(&["check"]).expect(1);
    assert!(done.err.contains("in the phase monitor") && done.err.contains("nothing"), "{}", done.err);
}

#[test]
fn an_outlook_that_is_not_compiled_is_told_and_refused_for_many() {
    let outlook = "fn outlook(c) {
    let sales = c.sales;
    while sales > 1000.0 { sales = sales / 2.0; }
    #{ sales: sales }
}
";
    let plan = "strategic_plan: { years: 2, outlook: outlook }\n";
    let own = project(plan, outlook);
    let done = own.tierwright(&["check"]).expect(0);
    assert!(
        done.err.contains("`outlook` is not compiled") && done.err.contains("rules/outlook.rhai:3"),
        "{}",
        done.err
    );
    run(&own, &[]);
    let few = project(&format!("{plan}interpret_limit: 3\n"), outlook);
    let done = few.tierwright(&["run", "--phase", "SP"]).expect(1);
    assert!(done.err.contains("interpret-limit") && done.err.contains("rules/outlook.rhai:3"), "{}", done.err);
    few.tierwright(&["run", "--phase", "SP", "--engine", "interpret"]).expect(0);
}
