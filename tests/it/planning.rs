//! The annual business plan: forecasts, targets and capacity add up, and are what the data says.

use crate::cycles::{rows, texts, write_renames};
use crate::dirty::Run;
use crate::project::{Project, files};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Amounts of a month of the planning year, April first: a season that the forecast must find.
const SEASON: [i64; 12] = [100, 110, 120, 90, 60, 50, 80, 100, 130, 160, 240, 300];

/// Five customers of two regions and owners, with orders in each month of four years before 2018-04-01: a and b with a season, c level,
/// d new, e without any order. Two amounts have no day.
fn project(more: &str) -> Project {
    let project = Project::new(&[
        (
            "tierwright.yaml",
            &format!(
                "name: p
customer: customers
steps: [tier]
decision: {{ order: [普通, 战略], value: size }}
planning: {{ phases: {{ BP: [01-01, 04-01], monitor: [04-01, 01-01] }} }}
plan:
  actuals: {{ rows: orders, date: day, amount: amount{more} }}
  growth: growth
  by: [region, owner]
  capacity: {{ demand: visits, owner: owner, table: owners, key: owner, capacity: visits }}
"
            ),
        ),
        (
            "datasets/customers.yaml",
            "source: { path: customers.csv, format: csv }
columns: { customer: text, region: text, owner: text, size: { type: float, required: true } }
key: customer
",
        ),
        (
            "datasets/customers.csv",
            "customer,region,owner,size\na,东,王,9\nb,west,li,8\nc,west,王,1\nd,,li,1\ne,东,,1\n",
        ),
        (
            "datasets/orders.yaml",
            "source: { path: orders.csv, format: csv }
columns: { customer: text, day: date, amount: 'decimal(10,2)' }
references: { buyer: { table: customers, column: customer, many: orders, orphans: fail } }
",
        ),
        (
            "datasets/owners.yaml",
            "source: { path: owners.csv, format: csv }\ncolumns: { owner: text, visits: int }\nkey: owner\n",
        ),
        ("datasets/owners.csv", "owner,visits\n王,5\nli,6\n赵,4\n"),
        (
            "rules/tier.rhai",
            "fn tier(c) {
    let key = c.size > 5.0;
    #{
        tier: if key { \"战略\" } else { \"普通\" },
        visits: if key { 4 } else { 2 },
        growth: if c.customer == \"d\" { () } else if key { 0.1 } else { 0.0 },
    }
}
",
        ),
    ]);
    let mut orders = "customer,day,amount\n".to_owned();
    for year in 0..4 {
        for (month, amount) in SEASON.iter().enumerate() {
            let (y, m) = (2014 + year + (month as i64 + 3) / 12, (month + 3) % 12 + 1);
            // Two orders of a month, which add up; b is half of a.
            orders +=
                &format!("a,{y}-{m:02}-01,{amount}.50\na,{y}-{m:02}-28,{amount}.50\nb,{y}-{m:02}-15,{amount}.50\n");
            orders += &format!("c,{y}-{m:02}-10,40\n");
        }
    }
    orders += "d,2018-03-05,12\nd,2018-03-06,-2\na,,999\nb,,1\na,2018-04-01,100000\n";
    project.write("datasets/orders.csv", &orders);
    project
}

fn folder(project: &Project, args: &[&str]) -> (PathBuf, serde_json::Value) {
    let done = project.tierwright(&[&["run", "--json"], args].concat()).expect(0);
    let answer = done.json();
    (project.path(answer["folder"].as_str().unwrap()), answer)
}

fn sum<'a>(rows: impl Iterator<Item = &'a BTreeMap<String, String>>, column: &str) -> f64 {
    rows.map(|row| row[column].parse::<f64>().unwrap_or(0.0)).sum()
}

#[track_caller]
fn near(a: f64, b: f64) {
    assert!((a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0), "{a} and {b}");
}

#[test]
fn everything_adds_up_and_the_season_is_found() {
    let project = project("");
    let (folder, answer) = folder(&project, &["--as-of", "2018-04-01"]);
    let figures = &answer["record"]["plan"];
    assert_eq!((figures["year"].as_str(), figures["months_over"].as_i64()), (Some("FY2018"), Some(0)));
    assert_eq!(figures["history"].as_i64(), Some(48));
    let all = figures["forecast"].as_f64().unwrap();
    // Each year brought a 3 092 (two orders of a month and their halves), b half of it, c 480.
    let year: i64 = SEASON.iter().sum();
    let expected = (2 * year + 12 + year + 6 + 480) as f64;
    assert!((all / expected - 1.0).abs() < 0.05, "{all} against {expected}");
    assert!(figures["wape"].as_f64().unwrap() < 0.02, "{figures}");

    let plan = rows(&folder.join("plan/plan.parquet"));
    assert_eq!(plan.len(), 5 * 12);
    near(sum(plan.iter(), "plan"), all);
    assert_eq!(
        texts(&plan[..2], &["customer", "tier", "month", "from", "actual"]),
        ["a 战略 1 2018-04-01 -", "a 战略 2 2018-05-01 -"]
    );
    let of = |key: &str| plan.iter().filter(|row| row["customer"] == key).collect::<Vec<_>>();
    let a: Vec<f64> = of("a").iter().map(|row| row["plan"].parse().unwrap()).collect();
    // March is the strongest month of a, September the weakest.
    assert!(a[11] > 4.0 * a[5] && a.iter().all(|amount| *amount >= 0.0), "{a:?}");
    near(sum(of("a").into_iter(), "target"), 1.1 * a.iter().sum::<f64>());
    near(sum(of("e").into_iter(), "plan"), 0.0);
    assert!(of("d").iter().all(|row| row["target"] == "-"));

    // Any grouping sums to all.
    let targets = rows(&folder.join("plan/targets.parquet"));
    for column in ["customers", "last_year", "forecast", "target", "without_target"] {
        let by = |name: &str| sum(targets.iter().filter(|row| row["by"] == name), column);
        for name in ["tier", "region", "owner"] {
            near(by(name), by("all"));
        }
    }
    assert_eq!(
        texts(&targets, &["by", "value", "customers", "without_target"]),
        [
            "all - 5 1",
            "tier 战略 2 0",
            "tier 普通 3 1",
            "region west 2 0",
            "region 东 2 0",
            "region - 1 1",
            "owner li 2 1",
            "owner 王 2 0",
            "owner - 1 0"
        ]
    );
    near(sum(targets.iter().take(1), "last_year"), expected + 10.0);

    let forecast = rows(&folder.join("plan/forecast.parquet"));
    let (tiers, whole): (Vec<_>, Vec<_>) = forecast.iter().partition(|row| row["level"] == "tier");
    assert_eq!((tiers.len(), whole.len()), (2 * 60, 60));
    for column in ["actual", "forecast"] {
        near(sum(tiers.iter().copied(), column), sum(whole.iter().copied(), column));
    }

    let accuracy = rows(&folder.join("plan/accuracy.parquet"));
    let taken = |level: &str, tier: &str| {
        let row = accuracy.iter().find(|row| row["level"] == level && row["tier"] == tier && row["taken"] == "true");
        texts(&[row.unwrap().clone()], &["model", "history", "held_back"]).remove(0)
    };
    assert!(["season 48 12", "last year 48 12"].contains(&taken("tier", "战略").as_str()), "{}", taken("tier", "战略"));
    assert!(taken("all", "-").ends_with(" 48 12"));
    let tried: Vec<_> = accuracy.iter().filter(|row| row["level"] == "all").map(|row| row["model"].as_str()).collect();
    assert_eq!(tried, ["sum of tiers", "mean", "last year", "trend", "season"]);
    let models = accuracy.iter().filter(|row| row["customer"] == "a").count();
    assert_eq!(models, 4, "each model has its error");
    let new: Vec<_> = accuracy.iter().filter(|row| row["customer"] == "d").cloned().collect();
    assert_eq!(texts(&new, &["model", "taken", "history", "held_back", "mae"]), ["mean true 1 0 -"]);

    let capacity = rows(&folder.join("plan/capacity.parquet"));
    assert_eq!(
        texts(&capacity, &["owner", "customers", "demand", "without_demand", "capacity", "load", "over"]),
        ["li 2 6.0 0 6.0 1.0 false", "王 2 6.0 0 5.0 1.2 true", "赵 0 0.0 0 4.0 0.0 false", "- 1 2.0 0 - - -"]
    );
    assert_eq!(figures["overloaded"].as_i64(), Some(1));
    assert!(answer["findings"].to_string().contains("2 amounts of `orders` have no `day`"), "{}", answer["findings"]);
}

#[test]
fn a_plan_is_the_same_in_parts_and_at_any_number_of_threads() {
    let project = project("");
    let (first, _) = folder(&project, &["--as-of", "2018-04-01", "--threads", "1"]);
    let whole = files(&first);
    for more in [["--threads", "2"], ["--parts", "3"]] {
        fs::remove_dir_all(project.path("out")).unwrap();
        let (again, _) = folder(&project, &[&["--as-of", "2018-04-01"], &more[..]].concat());
        assert!(files(&again) == whole, "{more:?}");
    }
}

#[test]
fn months_that_are_over_are_as_they_were() {
    let project = project("");
    let text = fs::read_to_string(project.path("tierwright.yaml")).unwrap();
    project.write("tierwright.yaml", &text.replace("  growth: growth", "  year: this\n  growth: growth"));
    // In the middle of FY2017, on a day within a month: four months are over.
    let (folder, answer) = folder(&project, &["--as-of", "2017-08-20", "--phase", "BP"]);
    let figures = &answer["record"]["plan"];
    assert_eq!((figures["year"].as_str(), figures["months_over"].as_i64()), (Some("FY2017"), Some(4)));
    let plan = rows(&folder.join("plan/plan.parquet"));
    let a: Vec<String> = texts(&plan[..5], &["month", "from", "actual"]);
    assert_eq!(
        a,
        ["1 2017-04-01 201.0", "2 2017-05-01 221.0", "3 2017-06-01 241.0", "4 2017-07-01 181.0", "5 2017-08-01 -"]
    );
    assert!(plan[..4].iter().all(|row| row["actual"] == row["plan"]));
}

#[test]
fn only_bp_runs_plan_and_what_the_plan_names_must_be_there() {
    let project = project(", from: 2015-04-01");
    let (monitor, answer) = folder(&project, &["--as-of", "2017-08-20"]);
    assert!(answer["record"]["plan"].is_null() && !monitor.join("plan").exists());
    let (_, answer) = folder(&project, &["--as-of", "2018-04-01"]);
    assert_eq!(answer["record"]["plan"]["history"].as_i64(), Some(36));
    assert!(answer["findings"].to_string().contains("lie before `from`"), "{}", answer["findings"]);
    let text = fs::read_to_string(project.path("tierwright.yaml")).unwrap();
    for (from, to, told) in [
        ("rows: orders", "rows: order", "no rows lead to customers under the name `order`"),
        ("date: day", "date: amount", "`amount` of the plan's rows is decimal(10,2); it must be a date"),
        ("amount: amount", "amount: customer", "must be a number"),
        ("growth: growth", "growth: region", "`region` of the plan is text; it must be a number"),
        ("by: [region", "by: [regoin", "the plan names `regoin`, which no table and no step has"),
        ("table: owners", "table: owner", "no table `owner`"),
        ("key: owner,", "key: visits,", "`visits` is int, and the owners of the decisions are of another type"),
    ] {
        {
            project.write("tierwright.yaml", &text.replace(from, to));
            let done = project.tierwright(&["check"]).expect(2);
            assert!(done.err.contains(told), "{}", done.err);
        }
    }
}

/// The project with the orders of the first two months of FY2018: a as last year, b nothing, c 38 of 40 a month, d more than planned; e
/// is gone, f is new, and c rises.
fn under_way(more: &str) -> Project {
    let project = project(more);
    project.tierwright(&["run", "--as-of", "2018-04-01", "--json"]).expect(0);
    let orders = fs::read_to_string(project.path("datasets/orders.csv")).unwrap();
    let mut orders = orders.replace("a,2018-04-01,100000\n", "");
    for (month, amount) in [("04", 100), ("05", 110)] {
        orders += &format!(
            "a,2018-{month}-02,{amount}.50\na,2018-{month}-03,{amount}.50\nc,2018-{month}-04,38\nd,2018-{month}-04,500\n"
        );
    }
    orders += "a,2018-06-01,77777\nf,2018-05-05,9\n";
    project.write("datasets/orders.csv", &orders);
    let customers = "customer,region,owner,size\na,东,王,9\nb,west,li,3\nc,west,王,7\nd,,li,1\nf,东,王,1\n";
    project.write("datasets/customers.csv", customers);
    project
}

#[test]
fn a_year_under_way_is_held_against_its_plan() {
    let project = under_way("");
    let text = fs::read_to_string(project.path("tierwright.yaml")).unwrap();
    let monitor = "  monitor: { owner: owner, short: 0.1, severe: 0.5, least: 10 }\n  growth: growth";
    project.write("tierwright.yaml", &text.replace("  growth: growth", monitor));
    let (folder, answer) = folder(&project, &["--as-of", "2018-06-10"]);
    let record = &answer["record"];
    let figures = &record["monitor"];
    assert_eq!((figures["year"].as_str(), figures["months_over"].as_i64()), (Some("FY2018"), Some(2)));
    assert_eq!(figures["plan_run"], record["identity"]["plan"]);
    let rows_of = |file: &str| rows(&folder.join("plan").join(file));
    let monitor = rows_of("monitor.parquet");
    assert_eq!(
        texts(&monitor, &["customer", "owner", "plan_tier", "tier", "move", "severity"]),
        [
            "a 王 战略 战略 same -",
            "b li 战略 普通 down critical",
            "c 王 普通 战略 up -",
            "d li 普通 普通 same -",
            "f 王 - 普通 new -",
            "e - 普通 - gone -",
        ]
    );
    // Of a both months came, 201 and 221; what came after they were over is not looked at.
    let number = |row: usize, column: &str| monitor[row][column].parse::<f64>().unwrap();
    near(number(0, "actual"), 422.0);
    near(number(1, "actual"), 0.0);
    near(number(2, "actual"), 76.0);
    near(number(1, "gap_share"), -1.0);
    near(figures["actual"].as_f64().unwrap(), 422.0 + 76.0 + 1000.0 + 9.0);
    // The plan to date is that of the BP run, two months of twelve.
    let plan = rows(
        &project.path("out/p/runs/cycle=FY2017").join(figures["plan_run"].as_str().unwrap()).join("plan/plan.parquet"),
    );
    let first: Vec<_> = plan.iter().filter(|row| ["1", "2"].contains(&row["month"].as_str())).collect();
    near(sum(first.iter().copied(), "plan"), figures["plan"].as_f64().unwrap());
    near(sum(first.iter().copied(), "target"), figures["target"].as_f64().unwrap());
    near(sum(monitor.iter(), "plan"), figures["plan"].as_f64().unwrap());
    assert_eq!(
        (figures["behind"].as_i64(), figures["critical"].as_i64(), figures["moved"].as_i64()),
        (Some(1), Some(1), Some(2))
    );
    let alerts = rows_of("alerts.parquet");
    assert_eq!(
        texts(&alerts, &["severity", "kind", "customer", "owner", "text"]),
        [
            "critical behind plan b li 100 % of the plan to date is missing",
            "critical gone e - 普通 in the plan, no customer now",
            "warning tier fell b li 战略 in the plan, 普通 now",
        ]
    );
    let drift = rows_of("drift.parquet");
    assert_eq!(
        texts(&drift, &["plan_tier", "tier", "move", "customers"]),
        ["战略 战略 same 1", "战略 普通 down 1", "普通 战略 up 1", "普通 普通 same 1", "普通 - gone 1", "- 普通 new 1"]
    );
    near(sum(drift.iter(), "actual"), figures["actual"].as_f64().unwrap());
    let run = record["run"].as_str().unwrap();
    project.tierwright(&["verify", run, "--threads", "1"]).expect(0);
    // The plan stays with the run that was held against it.
    project.tierwright(&["runs", "prune", "--keep", "1"]).expect(0);
    project.tierwright(&["verify", run]).expect(0);
    let said = project.tierwright(&["run", "--as-of", "2018-06-10", "--dry-run"]).expect(0).out;
    assert!(said.contains("FY2018 after 2 months: 1,507.00 of "), "{said}");
    assert!(
        said.contains("1 customer behind their plan, 1 of them critically; 2 have another tier than in the plan"),
        "{said}"
    );
}

#[test]
fn a_monitor_run_without_a_plan_says_so() {
    let project = project("");
    let (folder, answer) = folder(&project, &["--as-of", "2017-08-20"]);
    assert!(
        answer["findings"].to_string().contains("no plan of FY2017 to hold this run against"),
        "{}",
        answer["findings"]
    );
    assert!(answer["record"]["monitor"].is_null() && !folder.join("plan").exists());
    // A BP run of the year before, which plans another year.
    let text = fs::read_to_string(project.path("tierwright.yaml")).unwrap();
    project.write("tierwright.yaml", &text.replace("  growth: growth", "  year: this\n  growth: growth"));
    project.tierwright(&["run", "--as-of", "2017-04-01", "--json"]).expect(0);
    project.write("tierwright.yaml", &text);
    let done = project.tierwright(&["run", "--as-of", "2017-08-20"]).expect(0);
    assert!(done.err.contains("plan-missing"), "{}", done.err);
}

#[test]
fn the_sales_of_four_years_have_a_season() {
    let Some(run) = Run::of("saas_sales", "saas_sales") else { return };
    let plan = &run.record["plan"];
    assert_eq!((plan["year"].as_str(), plan["history"].as_i64()), (Some("FY2024"), Some(48)));
    let id = run.record["run"].as_str().unwrap();
    let folder = run.dir.path().join("out/saas_sales/runs/cycle=FY2023").join(id);
    let accuracy = rows(&folder.join("plan/accuracy.parquet"));
    // All sales of the last year, month by month, by models that saw three years: 18 % off at most; last year's months are more.
    let all = accuracy.iter().find(|row| row["level"] == "all" && row["taken"] == "true").unwrap();
    let off: f64 = all["wape"].parse().unwrap();
    assert!(off < 0.18, "{off}");
    let last: f64 = accuracy.iter().find(|row| row["level"] == "all" && row["model"] == "last year").unwrap()["wape"]
        .parse()
        .unwrap();
    assert!(last > 0.22, "{last}");
    check_sums(&folder, plan["forecast"].as_f64().unwrap());
}

fn check_sums(folder: &Path, all: f64) {
    let plan = rows(&folder.join("plan/plan.parquet"));
    assert_eq!(plan.len(), 99 * 12);
    near(sum(plan.iter(), "plan"), all);
    let targets = rows(&folder.join("plan/targets.parquet"));
    for by in ["tier", "industry"] {
        near(sum(targets.iter().filter(|row| row["by"] == by), "forecast"), all);
    }
}

#[test]
fn a_monitor_follows_customers_whose_keys_change() {
    let project = project("");
    let text = fs::read_to_string(project.path("tierwright.yaml")).unwrap();
    let text = text + "aliases: { table: renames, old: old_key, new: new_key, from: since }\n";
    project.write("tierwright.yaml", &text);
    write_renames(&project);
    project.tierwright(&["run", "--as-of", "2018-04-01", "--json"]).expect(0);
    // b is called B, c merged into a, and e is not called E before July.
    let b_and_c = |text: String| text.replace("\nb,", "\nB,").replace("\nc,", "\na,");
    let orders = fs::read_to_string(project.path("datasets/orders.csv")).unwrap();
    project.write("datasets/orders.csv", &b_and_c(orders.replace("a,2018-04-01,100000\n", "")));
    project.write("datasets/customers.csv", "customer,region,owner,size\na,东,王,9\nB,west,li,8\nd,,li,1\ne,东,,1\n");
    project.write("datasets/renames.csv", "old_key,new_key,since\nb,B,2018-05-01\nc,a,2018-05-01\ne,E,2018-07-01\n");
    let (folder, answer) = folder(&project, &["--as-of", "2018-06-10"]);
    let monitor = rows(&folder.join("plan/monitor.parquet"));
    assert_eq!(
        texts(&monitor, &["customer", "plan_tier", "tier", "move"]),
        ["B 战略 战略 same", "a 战略 战略 same", "d 普通 普通 same", "e 普通 普通 same"]
    );
    let record = &answer["record"]["monitor"];
    let of_plan = project.path("out/p/runs/cycle=FY2017").join(record["plan_run"].as_str().unwrap());
    let plan = rows(&of_plan.join("plan/plan.parquet"));
    let months: Vec<_> = plan.iter().filter(|row| ["1", "2"].contains(&row["month"].as_str())).collect();
    let of = |keys: &[&str]| sum(months.iter().filter(|row| keys.contains(&row["customer"].as_str())).copied(), "plan");
    near(monitor[1]["plan"].parse().unwrap(), of(&["a", "c"]));
    near(monitor[0]["plan"].parse().unwrap(), of(&["b"]));
    near(sum(monitor.iter(), "plan"), record["plan"].as_f64().unwrap());
    let run = answer["record"]["run"].as_str().unwrap();
    project.tierwright(&["verify", run, "--engine", "interpret"]).expect(0);
}
