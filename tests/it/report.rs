//! `tierwright report`: the page, the workbook and the CSV of runs, read again. What a browser shows is looked at by `.ci/run`.

use crate::project::{Project, chinese, program};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// The data of a page.
fn data(page: &str) -> Value {
    let from = page.find("id=\"data\">").expect("a page with data") + "id=\"data\">".len();
    let to = from + page[from..].find("</script>").expect("an end of the data");
    serde_json::from_str(&page[from..to]).expect("JSON")
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_page_of_the_default_project_has_the_runs_figures() {
    let out = tempfile::tempdir().unwrap();
    let to = out.path().to_str().unwrap();
    program(root(), &["run", "--as-of", "2017-04-01", "--out", to]).expect(0);
    let done = program(root(), &["run", "--out", to, "--json"]).expect(0).json();
    let page = program(root(), &["report", "--html", "-", "--out", to]).expect(0).out;
    assert_eq!(
        page,
        program(root(), &["report", "--html", "-", "--out", to]).expect(0).out,
        "the same run, the same bytes"
    );
    let data = data(&page);
    assert_eq!(data["run"]["id"], done["record"]["run"]);
    let tiers: Vec<(&str, u64)> = data["tiers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tier| (tier["name"].as_str().unwrap(), tier["customers"].as_u64().unwrap()))
        .collect();
    assert_eq!(tiers, [("strategic", 18), ("partner", 22), ("commercial", 33), ("general", 12)]);
    assert_eq!(data["measure"]["name"], "revenue_12m");
    let whole: f64 = data["tiers"].as_array().unwrap().iter().map(|tier| tier["measure_sum"].as_f64().unwrap()).sum();
    let cells = data["matrix"]["cells"].as_array().unwrap();
    assert_eq!(cells.iter().map(|cell| cell[2].as_u64().unwrap()).sum::<u64>(), 85);
    let of_cells: f64 = cells.iter().map(|cell| cell[4].as_f64().unwrap()).sum();
    assert!((whole - of_cells).abs() < 1e-6 * whole, "{whole} {of_cells}");
    assert_eq!(data["accounts"]["rows"].as_array().unwrap().len(), 40);
    assert_eq!(data["explanations"].as_object().unwrap().len(), 40);
    let moved: u64 = data["migration"].as_array().unwrap().iter().map(|row| row["customers"].as_u64().unwrap()).sum();
    assert_eq!(moved, 85);
    let ups = data["changes"]["up"].as_array().unwrap();
    assert_eq!(ups.len() as u64, data["changes"]["counts"]["up"].as_u64().unwrap());
    assert!(ups.iter().all(|row| row["reason"].as_str().is_some_and(|reason| reason.starts_with("rules/tier.rhai:"))));
    // The chart library's licence names its page; nothing is loaded from there.
    assert!(!page.contains("src=\"http") && !page.contains("href=\"http"));
}

#[test]
fn what_stands_in_the_data_is_neither_markup_nor_a_formula() {
    let project = hostile();
    project.tierwright(&["run"]).expect(0);
    project.tierwright(&["report", "--html", "a.html", "--xlsx", "a.xlsx", "--csv", "a.csv", "--lang", "zh"]).expect(0);
    let page = fs::read_to_string(project.path("a.html")).unwrap();
    assert!(page.contains("\\u003c/script\\u003e\\u003cimg") && !page.contains("</script><img"));
    let names: Vec<String> = data(&page)["points"]["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row[0].as_str().unwrap().to_owned())
        .collect();
    assert!(names.contains(&"</script><img src=x onerror=alert(1)>".to_owned()), "{names:?}");
    let csv = fs::read_to_string(project.path("a.csv")).unwrap();
    assert!(csv.starts_with("\u{feff}客户,"), "{csv}");
    assert!(
        csv.contains("\n'=cmd|' /C calc'!A1,") && csv.contains("\n'@SUM(A1),") && csv.contains("\n'-2+3,"),
        "{csv}"
    );
    let book = fs::read(project.path("a.xlsx")).unwrap();
    assert!(book.starts_with(b"PK"));
    let left: Vec<String> = fs::read_dir(project.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".part"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_workbook_is_read_again_as_it_was_written() {
    let project = hostile();
    project.tierwright(&["run"]).expect(0);
    project.tierwright(&["report", "--xlsx", "a.xlsx"]).expect(0);
    let first = fs::read(project.path("a.xlsx")).unwrap();
    project.tierwright(&["report", "--xlsx", "a.xlsx"]).expect(0);
    assert_eq!(first, fs::read(project.path("a.xlsx")).unwrap(), "the same run, the same bytes");
    // The program's own reader of workbooks: a project over the sheet of decisions.
    let again = Project::new(&[
        (
            "tierwright.yaml",
            "name: again\ncustomer: rows\nsteps: [value, tier]\ndecision: { tier: level, value: worth, order: [low, high] }\nas_of: 2018-01-01\n",
        ),
        (
            "datasets/rows.yaml",
            "source: { path: a.xlsx, format: excel, sheet: Decisions }\ncolumns: { 客户: text, 金额: float, value: float }\nkey: 客户\n",
        ),
        ("rules/value.rhai", "fn value(c) { #{ worth: c.金额 + (c.value ?? 0.0) } }\n"),
        ("rules/tier.rhai", "fn tier(c) { #{ level: if c.worth > 1.0 { \"high\" } else { \"low\" } } }\n"),
    ]);
    fs::copy(project.path("a.xlsx"), again.path("datasets/a.xlsx")).unwrap();
    let done = again.tierwright(&["run", "--json"]);
    assert_eq!(done.status, 0, "{}{}", done.out, done.err);
    assert_eq!(done.json()["record"]["counts"]["read"], 6);
}

#[test]
fn a_first_cycle_and_undetermined_customers_are_shown() {
    let project = chinese();
    project.tierwright(&["run"]).expect(0);
    let done = project.tierwright(&["report", "--html", "-", "--lang", "zh"]).expect(0);
    assert!(done.out.contains("lang=\"zh\""));
    let data = data(&done.out);
    assert_eq!((&data["migration"], &data["run"]["prior"]), (&Value::Null, &Value::Null));
    assert_eq!(data["undetermined"]["of"], 1);
    assert_eq!(data["undetermined"]["rows"][0]["key"], "乙");
    assert_eq!(data["accounts"]["key_tiers"], serde_json::json!(["战略/客户 A"]));
    assert_eq!(data["files"]["summaries/按区域.parquet"]["columns"][0]["name"], "区域");
    let quarantined = data["quality"]["tables"][0]["quarantined"].as_u64();
    assert_eq!(quarantined, Some(1));
}

#[test]
fn without_the_data_there_is_a_page_without_explanations() {
    let project = chinese();
    project.tierwright(&["run"]).expect(0);
    let data_file = project.path("datasets/客户.csv");
    fs::write(&data_file, fs::read_to_string(&data_file).unwrap().replace("1000.10", "1000.20")).unwrap();
    let done = project.tierwright(&["report", "--html", "a.html"]).expect(0);
    assert!(
        done.err.contains("the page is without explanations") && done.err.contains("datasets/客户.csv"),
        "{}",
        done.err
    );
    let page = fs::read_to_string(project.path("a.html")).unwrap();
    let data = data(&page);
    assert!(data["explanations"].is_null());
    assert!(data["unexplained"].as_str().unwrap().contains("datasets/客户.csv"), "{}", data["unexplained"]);
}

#[test]
fn what_the_report_names_must_be_there() {
    let project = chinese();
    let file = fs::read_to_string(project.path("tierwright.yaml")).unwrap();
    for (keys, id, column) in [
        ("measure: 金", "unknown-column", 20),
        ("measure: 区域", "type-mismatch", 20),
        ("matrix: [区域, 城市]", "unknown-column", 24),
        ("matrix: [区域]", "wrong-value", 19),
        ("key_tiers: [战略]", "wrong-value", 22),
        ("dimension: [价值]", "unknown-key", 11),
    ] {
        project.write("tierwright.yaml", &format!("{file}report: {{ {keys} }}\n"));
        let done = project.tierwright(&["check"]);
        assert_eq!(done.status, 2, "{keys}: {}{}", done.out, done.err);
        let said = format!("{}{}", done.out, done.err);
        assert!(said.contains(id) && said.contains(&format!("tierwright.yaml:11:{column}")), "{keys}: {said}");
    }
}

#[test]
fn no_run_and_a_wrong_path_are_told() {
    let project = chinese();
    let done = project.tierwright(&["report"]).expect(2);
    assert!(done.err.contains("no runs in"), "{}", done.err);
    project.tierwright(&["run"]).expect(0);
    let done = project.tierwright(&["report", "--html", "no/such/folder/a.html"]).expect(4);
    assert!(done.err.contains("no/such/folder"), "{}", done.err);
    let done = project.tierwright(&["report", "nosuchrun"]);
    assert!(done.status == 2 && done.err.contains("nosuchrun"), "{}", done.err);
}

/// Customers whose names are markup and formulas.
fn hostile() -> Project {
    Project::new(&[
        (
            "tierwright.yaml",
            "name: 敌意\ncustomer: 客户表\nsteps: [value, tier]\ndecision: { tier: tier, value: value, order: [low, '</script>'] }\nas_of: 2018-01-01\nreport: { measure: 金额 }\n",
        ),
        (
            "datasets/客户表.yaml",
            "source: { path: 客户.csv }\ncolumns:\n  客户: text\n  金额: { type: float, required: true }\nkey: 客户\n",
        ),
        (
            "datasets/客户.csv",
            "客户,金额\n</script><img src=x onerror=alert(1)>,5\n=cmd|' /C calc'!A1,4\n@SUM(A1),3\n-2+3,2\n\"a,\"\"b\"\"\",1\n{{data}},0.5\n",
        ),
        ("rules/value.rhai", "fn value(c) { c.金额 }\n"),
        ("rules/tier.rhai", "fn tier(c) { if c.value > 2.5 { \"</script>\" } else { \"low\" } }\n"),
    ])
}
