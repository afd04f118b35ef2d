//! The pages of findings: that their examples bring what they say, that `--explain` shows them, that the list is whole;
//! and findings of whole projects: parameters and columns that nobody uses.

use crate::project::{Project, program};
use std::fs;
use std::path::Path;
use tierwright::diag::ids;

pub fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// The blocks of a Markdown text: what stands behind the fence, and the text.
pub fn blocks(text: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        if let Some(kind) = line.strip_prefix("```") {
            if !open {
                found.push((kind.to_owned(), String::new()));
            }
            open = !open;
        } else if open {
            let last = found.len() - 1;
            found[last].1 += &format!("{line}\n");
        }
    }
    assert!(!open, "a fence is not closed");
    found
}

/// The manual's project, with the customer's size for the value, so that a step `tier` alone will do.
pub fn manual() -> Project {
    let project = Project::new(&[]);
    for (kind, text) in blocks(&read("docs/rules.md")) {
        match kind.split(' ').collect::<Vec<_>>().as_slice() {
            ["yaml", "tierwright"] => {
                project.write(
                    "tierwright.yaml",
                    &text.replace("value: value", "value: employees").replace(", read_back: { cycles: int }", ""),
                );
            }
            ["yaml", "table", name] => project.write(&format!("datasets/{name}.yaml"), &text),
            ["yaml", "parameters"] => project.write("rules/parameters.yaml", &text),
            ["csv", file] => project.write(file, &text),
            _ => {}
        }
    }
    project.write("rules/tier.rhai", "fn tier(c) { if c.employees > 9 { \"general\" } else { \"partner\" } }\n");
    project
}

/// Ids and files of what `check` finds.
fn found(project: &Project) -> Vec<(String, String)> {
    let document = project.tierwright(&["check", "--json"]).json();
    let findings = document["findings"].as_array().expect("findings").clone();
    let text = |v: &serde_json::Value| v.as_str().unwrap_or_default().to_owned();
    findings.iter().map(|f| (text(&f["id"]), text(&f["file"]))).collect()
}

#[test]
fn examples_of_pages_bring_what_they_say() {
    let (mut gives, mut mended, mut wrong) = (0, 0, Vec::new());
    for (id, _) in ids::ALL {
        let name = id.name();
        for (kind, text) in blocks(id.page()) {
            let project = manual();
            let file = match kind.split(' ').collect::<Vec<_>>().as_slice() {
                ["rhai", "gives" | "mended"] => "rules/tier.rhai",
                ["yaml", "gives", file] => file,
                _ => continue,
            }
            .to_owned();
            project.write(&file, &text);
            let found = found(&project);
            if kind.contains("gives") {
                gives += 1;
                if !found.iter().any(|(id, at)| id == name && *at == file) {
                    wrong.push(format!("{name} does not give it: {found:?}\n{text}"));
                }
            } else {
                mended += 1;
                if found.iter().any(|(_, at)| *at == file) {
                    wrong.push(format!("{name} is not mended: {found:?}\n{text}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(gives >= 36 && mended >= 29, "{gives} examples, {mended} of them mended: are they read?");
}

#[test]
fn pages_have_a_head_an_example_and_a_length() {
    for (id, _) in ids::ALL {
        let page = id.page();
        assert!(page.starts_with(&format!("# {}\n\n", id.name())), "{id:?}");
        let lines = page.lines().count();
        assert!((9..=36).contains(&lines), "{id:?}: {lines} lines");
        assert!(!blocks(page).is_empty(), "{id:?}: no example");
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/diag/docs");
    assert_eq!(crate::project::list(&folder).len(), ids::ALL.len(), "a page without an id");
}

#[test]
fn the_list_of_checks_is_whole() {
    let text = read("docs/checks.md");
    let rows: Vec<&str> = text.lines().filter(|l| l.starts_with("| [`")).collect();
    let wanted: Vec<String> = ids::ALL
        .iter()
        .map(|(id, summary)| format!("| [`{0}`](../src/diag/docs/{0}.md) | {summary} |", id.name()))
        .collect();
    assert_eq!(rows, wanted);
}

#[test]
fn explain_needs_no_project() {
    let folder = tempfile::tempdir().unwrap();
    let explain = |args: &[&str]| program(folder.path(), &[&["check", "--explain"], args].concat());
    let page = explain(&["missing-default"]).expect(0);
    assert_eq!((page.out.as_str(), page.err.as_str()), (ids::MISSING_DEFAULT.page(), ""));
    let document = explain(&["orphan", "--json"]).expect(0).json();
    assert_eq!((document["id"].as_str(), document["exit"].as_i64()), (Some("orphan"), Some(0)));
    assert_eq!(document["page"].as_str(), Some(ids::ORPHAN.page()));
    let unknown = explain(&["unknow-column"]).expect(2);
    assert!(unknown.err.contains("did you mean `unknown-column`?") && unknown.out.is_empty(), "{}", unknown.err);
    let document = explain(&["客户", "--json"]).expect(2).json();
    assert_eq!(document["status"], "failed");
    assert!(document["error"].as_str().unwrap().contains("docs/checks.md"), "{document}");
    explain(&["orphan", "--project", "."]).expect(2);
}

#[test]
fn parameters_that_no_rule_reads() {
    let project = manual();
    project.write(
        "rules/parameters.yaml",
        "lines: { strategic: 75, partner: 60 }\ngroup: { a: 1, b: { d: 2 } }\nkept: 3  # allow: unused-parameter\n\
         priority: { table: { retail: 1 } }\nread: { table: { retail: 1 } }\n客户: 1\n",
    );
    project.write(
        "rules/tier.rhai",
        "fn tier(c) { if c.employees > P[\"lines\"].strategic && (P.read[c.region] ?? 0) < 9 \
         { \"general\" } else { \"partner\" } }\n",
    );
    let document = project.tierwright(&["check", "--json"]).expect(0).json();
    let messages: Vec<String> = document["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| f["id"] == "unused-parameter")
        .map(|f| format!("{}:{}", f["line"], f["message"].as_str().unwrap_or_default()))
        .collect();
    assert_eq!(
        messages,
        [
            "1:no rule reads the parameter `P.lines.partner`",
            "2:no rule reads any parameter of the group `P.group`",
            "4:no rule reads the table `P.priority`",
            "6:no rule reads the parameter `P.客户`",
        ]
    );
}

#[test]
fn columns_that_nobody_uses() {
    let project = Project::new(&[
        (
            "datasets/客户.yaml",
            "source: 客户.csv\ncolumns:\n  id: text\n  size: { type: int, required: true }\n  区域: text\n  spare: text\n  kept: text  # allow: unused-column\nkey: id\n",
        ),
        ("datasets/客户.csv", "id,size,区域,spare,kept\nA,1,East,x,y\n"),
        (
            "rules/value.rhai",
            "fn value(c) {\n#{ value: 1.0, used: c.size, 闲置: c.size + 1, summed: 2,\n  meant: 3 } // allow: unused-column\n}\n",
        ),
        ("rules/tier.rhai", "fn tier(c) { if c.used > 1 { \"a\" } else { \"b\" } }\n"),
    ]);
    let file = |output: &str| {
        format!(
            "name: m\ncustomer: 客户\nsteps: [value, tier]\ndecision: {{ order: [a, b] }}\nas_of: 2017-04-01\n{output}\
             summaries: [{{ name: s, by: [], measures: {{ s: sum(summed) }} }}]\n"
        )
    };
    project.write("tierwright.yaml", &file(""));
    assert_eq!(found(&project), []);
    project.write("tierwright.yaml", &file("output: { columns: [id, tier] }\n"));
    let document = project.tierwright(&["check", "--json"]).expect(0).json();
    let messages: Vec<&str> =
        document["findings"].as_array().unwrap().iter().map(|f| f["message"].as_str().unwrap()).collect();
    assert_eq!(
        messages,
        [
            "nothing uses `区域`, `spare` of `客户`, and `output.columns` leaves it out",
            "nothing reads `闲置`, and `output.columns` leaves it out",
        ]
    );
    project.write("tierwright.yaml", &file("output: { columns: [id, tier, 区域, spare, { 闲置: x }] }\n"));
    assert_eq!(found(&project), []);
}

#[test]
fn the_default_project_has_no_findings() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let document = program(root, &["check", "--json"]).expect(0).json();
    assert_eq!(document["findings"], serde_json::json!([]));
}

const TRIPS: [(&str, &str); 6] = [
    ("tierwright.yaml", "name: f\ncustomer: shippers\nsteps: [s]\ndecision: { order: [a] }\nas_of: 2017-04-01\n"),
    ("datasets/shippers.yaml", "source: shippers.csv\ncolumns: { s: text }\nkey: s\n"),
    ("datasets/hubs.yaml", "source: hubs.csv\ncolumns: { hub: text }\nkey: hub\n"),
    (
        "datasets/trips.yaml",
        "source: trips.csv\ncolumns: { t: text, s: text, from: text, to: text }\nkey: t\nreferences:\n  by: { table: shippers, column: s, many: trips }\n  from_hub: { table: hubs, column: from }\n  to_hub: { table: hubs, column: to }\n",
    ),
    (
        "datasets/events.yaml",
        "source: events.csv\ncolumns: { t: text, what: text }\nreferences: { trip: { table: trips, column: t, many: events } }\n",
    ),
    (
        "rules/s.rhai",
        "fn s(c) { #{ tier: \"a\", value: c.events.len() + 0.0 + c.trips.filter(|t| t.to_hub != ()).len() } }\n",
    ),
];

#[test]
fn a_name_that_two_ways_give_is_refused_where_a_rule_reads_it() {
    let project = Project::new(&TRIPS);
    let done = project.tierwright(&["check"]);
    assert!(!done.err.contains("name-clash"), "{}", done.err);
    let reads = "fn s(c) { #{ tier: \"a\", value: c.trips.map(|t| t.to_hub?.events.len() ?? 0).sum() + 0.0 } }\n";
    project.write("rules/s.rhai", reads);
    let done = project.tierwright(&["check"]).expect(1);
    assert!(done.err.contains("events"), "{}", done.err);
}

#[test]
fn what_never_has_a_value_is_an_error_with_its_place() {
    let project = Project::new(&TRIPS);
    for function in [
        "fn v(n) { if n > 0 { throw \"too large\"; } else { throw \"too small\"; } }",
        "fn v(n) { if n > 0 { v(n - 1) } else { v(n + 1) } }",
    ] {
        project.write("rules/s.rhai", &format!("fn s(c) {{ #{{ tier: \"a\", value: 0.0, r: v(1) }} }}\n{function}\n"));
        let done = project.tierwright(&["check"]).expect(1);
        assert!(done.err.contains("`r` never has a value"), "{}", done.err);
        assert!(done.err.contains("rules/s.rhai:1:37"), "{}", done.err);
    }
}
