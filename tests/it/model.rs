//! The customer model: what `docs/model.md` says of each row holds, and no rule of it can go without a case that fails.
//!
//! `model_void.txt` lists the rules that are made void. What needs the public sales looks for them as `dirty.rs` does, and says that it
//! is skipped without them; the comparison with `tests/oracle/relations.py` needs Python as `readers.rs` does.

use crate::dirty::{copy, data};
use crate::measures::decisions;
use crate::project::{Project, list, program};
use crate::readers::python;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const RELATIONS: &str = "tests/projects/relations";

/// A rule made void, and the case that fails of it.
struct Void {
    row: &'static str,
    /// Its folder in the repository; empty for the repository itself.
    project: &'static str,
    file: &'static str,
    old: &'static str,
    new: &'static str,
    cases: &'static str,
    case: &'static str,
}

fn voids() -> Vec<Void> {
    let blocks = include_str!("model_void.txt").split("\n\n").filter(|block| !block.starts_with('#'));
    let void = |block: &'static str| {
        let of = |key: &str| {
            let line = block.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
            line.unwrap_or_else(|| panic!("no {key}: {block}")).trim()
        };
        Void {
            row: of("row"),
            project: of("project"),
            file: of("file"),
            old: of("old"),
            new: of("new"),
            cases: of("cases"),
            case: of("case"),
        }
    };
    blocks.map(void).collect()
}

/// What a project needs for its cases, in a folder of its own.
fn copied(project: &str) -> tempfile::TempDir {
    let (from, dir) = (Path::new(ROOT).join(project), tempfile::tempdir().unwrap());
    fs::copy(from.join("tierwright.yaml"), dir.path().join("tierwright.yaml")).unwrap();
    for folder in ["datasets", "rules"] {
        copy(&from.join(folder), &dir.path().join(folder));
    }
    dir
}

fn text_of(path: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// A row of the table of `docs/model.md`: its number, its state, and where and by which cases, each as path, line and name.
struct Row {
    number: String,
    state: String,
    places: Vec<(String, Option<usize>, String)>,
    cases: Vec<(String, Option<usize>, String)>,
}

fn rows() -> Vec<Row> {
    let text = text_of("docs/model.md");
    let lines = text.lines().filter(|line| line.starts_with("| ")).skip(2);
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        assert_eq!(cells.len(), 7, "{line}");
        assert!(!cells[2].is_empty(), "{line}");
        Row { number: cells[1].to_owned(), state: cells[3].to_owned(), places: links(cells[4]), cases: links(cells[5]) }
    };
    lines.map(row).collect()
}

/// The links of a cell, each with the name in code behind it: ``[tier.rhai](../rules/tier.rhai#L12) `let weak` ``.
fn links(cell: &str) -> Vec<(String, Option<usize>, String)> {
    let link = |part: &str| {
        let (target, rest) = part.split_once(") `").unwrap_or_else(|| panic!("a link without a name: {part}"));
        let (path, line) = target.split_once("#L").map_or((target, None), |(path, line)| (path, Some(line)));
        let name = rest.split('`').next().unwrap_or_default();
        assert!(!name.is_empty(), "{part}");
        (path.to_owned(), line.map(|line| line.parse().expect("a line")), name.to_owned())
    };
    cell.split("](../").skip(1).map(link).collect()
}

#[test]
fn the_cases_of_the_project_pass_without_the_sales() {
    let dir = copied(RELATIONS);
    let document = program(dir.path(), &["test", "--json"]).expect(0).json();
    assert_eq!(document["failed"], 0);
    assert!(document["passed"].as_u64().unwrap() >= 130, "{}", document["passed"]);
}

#[test]
fn each_row_of_the_model_names_what_is_there() {
    let rows = rows();
    let numbers: Vec<String> = rows.iter().map(|row| row.number.clone()).collect();
    assert_eq!(numbers, (1..=38).map(|n| n.to_string()).collect::<Vec<_>>());
    for Row { number, state, places, cases } in &rows {
        match state.as_str() {
            "to come" => assert!(places.is_empty() && cases.is_empty(), "row {number} is to come"),
            "done" | "partly" => {
                assert!(!places.is_empty() && !cases.is_empty(), "row {number} lacks a place or a case")
            }
            other => panic!("row {number}: {other}"),
        }
        for (path, line, name) in places {
            let text = text_of(path);
            let line = line.unwrap_or_else(|| panic!("row {number}: no line of {path}"));
            let there = text.lines().nth(line - 1).unwrap_or_default();
            assert!(there.contains(name.as_str()), "row {number}: {path}:{line} is without `{name}`: {there}");
        }
        for (path, _, name) in cases {
            let text = text_of(path);
            let there = if path.ends_with(".rtest") {
                text.lines().any(|line| line.trim_start() == format!("- case: {name}"))
            } else {
                text.contains(&format!("fn {name}("))
            };
            assert!(there, "row {number}: {path} has no `{name}`");
        }
    }
}

#[test]
fn each_case_of_the_model_stands_for_a_rule_that_is_made_void() {
    let named = |row: Row| {
        let cases = row.cases.into_iter().filter(|(path, ..)| path.ends_with(".rtest"));
        cases.map(|(path, _, name)| (path, name)).map(|case| (row.number.clone(), case)).collect::<Vec<_>>()
    };
    let named: BTreeSet<(String, (String, String))> = rows().into_iter().flat_map(named).collect();
    let void = |void: &Void| {
        let path = Path::new(void.project).join(void.cases).to_string_lossy().replace('\\', "/");
        (void.row.to_owned(), (path, void.case.to_owned()))
    };
    let voids: BTreeSet<(String, (String, String))> = voids().iter().map(void).collect();
    let unnamed: Vec<_> = voids.difference(&named).collect();
    assert!(unnamed.is_empty(), "docs/model.md does not name {unnamed:?}");
    // A case may stand for several rows; it is made to fail once.
    let failing: BTreeSet<_> = voids.iter().map(|(_, case)| case).collect();
    let unproven: Vec<_> = named.iter().filter(|(_, case)| !failing.contains(case)).collect();
    assert!(unproven.is_empty(), "no rule is made void for {unproven:?}");
}

#[test]
fn a_rule_made_void_fails_its_case() {
    let mut wrong = Vec::new();
    let voids = voids();
    assert!(voids.len() >= 50, "{}", voids.len());
    for void in voids {
        let dir = copied(void.project);
        let path = dir.path().join(void.file);
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches(void.old).count(), 1, "row {}: `{}` in {}", void.row, void.old, void.file);
        fs::write(&path, text.replace(void.old, void.new)).unwrap();
        let done = program(dir.path(), &["test", "--filter", void.case]);
        if done.status != 1 || !done.out.contains(&format!("failed: {}", void.case)) {
            wrong.push(format!("row {}, {}: `{}`\n{}{}", void.row, void.file, void.old, done.out, done.err));
        }
    }
    assert!(wrong.is_empty(), "no case fails of\n{}", wrong.join("\n"));
}

/// The company of `network.rtest`, and one of whose people nobody is known: Lin, one of ours, knows Uma, who knows Dan.
const PEOPLE: &str = "person,customer_id,name,role,influence,known\nLin,,Lin,ours,,2023-01-01\nUma,K1,Uma,user,0.2,2023-01-01\n\
    Dan,K1,Dan,decider,1.0,2023-01-01\nBea,K1,Bea,budget,0.8,2023-01-01\nLate,K2,Late,decider,1.0,2024-01-01\n";
const TIES: &str = "a_id,b_id,strength,known\nLin,Uma,0.5,2023-01-01\nDan,Uma,0.5,2023-06-01\nBea,Lin,0.5,2024-01-01\n";
/// Products by the stage that they are in on 2024-01-01, at both sides of each boundary.
const PRODUCTS: &str = "product,introduced,general,withdrawn\nplanned at last,2024-01-01,2024-02-01,\nplanned,2024-01-02,2024-02-01,\n\
    introduction at first,2023-12-31,2024-02-01,\nintroduction at last,2023-06-01,2024-01-01,\ngeneral at first,2023-06-01,2023-12-31,\n\
    general at last,2022-01-01,2022-06-01,2024-01-01\nwithdrawn at first,2022-01-01,2022-06-01,2023-12-31\n";

/// Some rows for the project's own manifests, one text of which is changed.
fn small(file: &str, old: &str, new: &str) -> Project {
    let project = Project::new(&[
        (
            "tierwright.yaml",
            "name: small\ncustomer: customers\nsteps: [tier]\ndecision: { order: [low] }\nas_of: 2024-01-01\n\
            output: { partition_by: [] }\n",
        ),
        ("datasets/people.csv", PEOPLE),
        ("datasets/ties.csv", TIES),
        ("datasets/products.csv", PRODUCTS),
        ("rules/tier.rhai", "fn tier(c) {\n    #{ tier: \"low\", value: 1.0, stage: c.sold?.stage }\n}\n"),
    ]);
    for name in ["people", "ties", "products"] {
        let text = text_of(&format!("{RELATIONS}/datasets/{name}.yaml"));
        let changed = if name == file { text.replacen(old, new, 1) } else { text.clone() };
        assert_eq!(changed != text, name == file && old != new, "{old}");
        project.write(&format!("datasets/{name}.yaml"), &changed);
    }
    let text = text_of(&format!("{RELATIONS}/datasets/customers.yaml"));
    let measured: Vec<&str> = text.lines().filter(|line| line.contains("graph: people.")).collect();
    let columns = "source: customers.csv\ncolumns:\n  id: text\n  product: text\n";
    let end = "key: id\nreferences:\n  sold: { table: products, column: product }\n";
    project.write("datasets/customers.yaml", &format!("{columns}{}\n{end}", measured.join("\n")));
    let products = PRODUCTS.lines().skip(1).map(|line| line.split(',').next().unwrap_or_default());
    let rows =
        ["K1", "K2"].map(|id| format!("{id},\n")).into_iter().chain(products.map(|name| format!("{name},{name}\n")));
    project.write("datasets/customers.csv", &format!("id,product\n{}", rows.collect::<String>()));
    project
}

/// Whether reach and stages are what they are to be.
fn holds(project: &Project) -> bool {
    project.tierwright(&["run"]).expect(0);
    let run = list(&list(&project.path("out/small/runs"))[0]).remove(0);
    let found = decisions(&run, "id");
    let near =
        |of: &str, column: &str, wanted: f64| found[of].number(column).is_some_and(|is| (is - wanted).abs() < 1e-12);
    let reached = near("K1", "reach", 0.45) && near("K1", "coverage", 1.0 / 3.0) && near("K1", "next_gain", 0.4);
    let unknown = found["K2"].number("reach").is_none() && found["K2"].number("coverage").is_none();
    let named = found["K1"].text("contact_one") == Some("Uma");
    let stages = found.iter().filter(|(id, _)| !id.starts_with('K'));
    let staged = |(id, row): (&String, &crate::measures::Row)| id.split(' ').next() == row.text("stage");
    reached && unknown && named && stages.map(staged).collect::<Vec<_>>() == [true; 7]
}

#[test]
fn reach_by_the_manifest_of_people() {
    assert!(holds(&small("people", "", "")));
    for (old, new) in [
        ("decay: 0.7", "decay: 1.0"),
        ("steps: 2", "steps: 1"),
        ("influence: influence, ", ""),
        ("roles: [decider, budget, technical]", "roles: [decider, budget]"),
        ("filter: known < AS_OF\n", ""),
    ] {
        assert!(!holds(&small("people", old, new)), "{old}");
    }
    assert!(!holds(&small("ties", "filter: known < AS_OF\n", "")));
}

#[test]
fn the_stage_of_a_product_on_the_day() {
    for (old, new) in [
        ("AS_OF <= introduced", "AS_OF < introduced"),
        ("if AS_OF <= introduced { \"planned\" } else if", "if"),
        ("AS_OF <= general", "AS_OF < general"),
        ("AS_OF > withdrawn", "AS_OF >= withdrawn"),
        ("withdrawn != () && AS_OF > withdrawn", "false"),
    ] {
        assert!(!holds(&small("products", old, new)), "{old}");
    }
}

#[test]
fn two_cycles_on_the_sales_agree_with_the_independent_evaluation() {
    let Some(shared) = data("saas_sales") else { return };
    let dir = copied(RELATIONS);
    std::os::unix::fs::symlink(&shared, dir.path().join("datasets/shared")).unwrap();
    let root = shared.to_str().unwrap();
    program(dir.path(), &["check", "--source-root", root]).expect(0);
    let run = |day: &str| program(dir.path(), &["run", "--source-root", root, "--as-of", day]).expect(0);
    let (first, second) = (run("2023-01-01"), run("2024-01-01"));
    for done in [&first, &second] {
        assert!(done.out.contains("97 decided, 2 undetermined"), "{}{}", done.out, done.err);
    }
    assert!(!first.err.contains("turnover-budget") && second.err.contains("turnover-budget"), "{}", second.err);
    let Ok(python) = python() else { return eprintln!("skipped: Python's readers are not there") };
    let oracle = Path::new(ROOT).join("tests/oracle/relations.py");
    let out = dir.path().join("out/relations");
    let done =
        Command::new(python).arg("-B").arg(oracle).arg(out).arg(&shared).output().expect("the interpreter starts");
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{said}{}", String::from_utf8_lossy(&done.stderr));
    assert!(said.contains(" 0 differences"), "{said}");
}
