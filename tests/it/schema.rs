//! `tierwright schema`: what it prints and writes, and what the Python package `jsonschema` says of the project's files.
//!
//! Needs Python with jsonschema and PyYAML for the last: `TIERWRIGHT_PYTHON`, or `python3`. Without them that test says that it is skipped;
//! the schemas are also held against every file and against the parser beside the code.

use crate::project::{Project, chinese};
use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const KINDS: [&str; 4] = ["project", "table", "parameters", "cases"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn one_is_printed_or_all_are_listed() {
    let project = Project::new(&[]);
    let listed = project.tierwright(&["schema"]).expect(0);
    assert!(KINDS.iter().all(|kind| listed.out.contains(kind)), "{}", listed.out);
    let listed = project.tierwright(&["schema", "--json"]).expect(0).json();
    assert_eq!(listed["kinds"].as_array().unwrap().len(), KINDS.len());
    for kind in KINDS {
        let schema = project.tierwright(&["schema", kind]).expect(0).json();
        assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#", "{kind}");
    }
    let table = project.tierwright(&["schema", "table"]).expect(0).json();
    assert_eq!(table["additionalProperties"], json!(false));
    assert_eq!(table["required"], json!(["source", "columns"]));
    assert_eq!(table["properties"]["empty"]["enum"], json!(["allowed", "fail"]));
    assert_eq!(table["properties"]["empty"]["default"], "fail");
    let done = project.tierwright(&["schema", "tabel"]).expect(2);
    assert!(done.err.contains("one of project, table, parameters, cases"), "{}", done.err);
}

#[test]
fn a_project_gets_the_schemas_and_each_file_names_its_own_once() {
    let project = chinese();
    project.write("rules/parameters.yaml", "线: 3.0\n");
    project.write("rules/tests/深/等级.rtest", "\u{feff}cases: []\r\n");
    project.write("datasets/旧.yml", "source: a.csv\n");
    let done = project.tierwright(&["schema", "--write"]).expect(0);
    for (file, line) in [
        ("tierwright.yaml", "# yaml-language-server: $schema=.tierwright/schema/project.json\nname: 客户分级\n"),
        ("datasets/客户.yaml", "# yaml-language-server: $schema=../.tierwright/schema/table.json\nsource: "),
        ("rules/parameters.yaml", "# yaml-language-server: $schema=../.tierwright/schema/parameters.json\n线: 3.0\n"),
        (
            "rules/tests/深/等级.rtest",
            "\u{feff}# yaml-language-server: $schema=../../../.tierwright/schema/cases.json\r\ncases",
        ),
    ] {
        let text = fs::read_to_string(project.path(file)).unwrap();
        assert!(text.starts_with(line), "{file}: {text}");
        assert!(done.out.contains(&format!("named its schema in {file}\n")), "{}", done.out);
        let up = line.split("$schema=").nth(1).unwrap().split(['\r', '\n']).next().unwrap();
        assert!(project.path(file).parent().unwrap().join(up).is_file(), "{file}: {up} leads nowhere");
    }
    assert_eq!(fs::read_to_string(project.path("datasets/旧.yml")).unwrap(), "source: a.csv\n");
    assert!(!project.path("tierwright.yaml.new").exists());
    let again = project.tierwright(&["schema", "--write", "--json"]).expect(0).json();
    assert_eq!((&again["schemas"], &again["headed"]), (&json!([]), &json!([])));
    let nowhere = Project::new(&[]).tierwright(&["schema", "--write"]).expect(2);
    assert!(nowhere.err.contains("no `tierwright.yaml` in this folder"), "{}", nowhere.err);
}

/// The project's YAML files, by their paths in it.
fn files(project: &Path) -> Vec<(String, PathBuf)> {
    let (mut found, mut folders) = (Vec::new(), vec![project.join("datasets"), project.join("rules")]);
    found.push(project.join("tierwright.yaml"));
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            match path.extension().and_then(|e| e.to_str()) {
                _ if path.is_dir() => folders.push(path),
                Some("yaml" | "rtest") => found.push(path),
                _ => {}
            }
        }
    }
    let name = |path: &Path| path.strip_prefix(project).unwrap().to_string_lossy().replace('\\', "/");
    found.into_iter().map(|path| (name(&path), path)).collect()
}

#[test]
fn the_repositorys_own_schemas_and_lines_are_those_that_would_be_written() {
    for kind in KINDS {
        let printed = Project::new(&[]).tierwright(&["schema", kind]).expect(0).out;
        let kept = fs::read_to_string(root().join(format!(".tierwright/schema/{kind}.json"))).unwrap_or_default();
        assert_eq!(kept, printed, "{kind}: run `tierwright schema --write` in the repository");
    }
    for (name, path) in files(root()) {
        let text = fs::read_to_string(&path).unwrap();
        let up =
            text.strip_prefix("# yaml-language-server: $schema=").unwrap_or_else(|| panic!("{name} names no schema"));
        assert!(path.parent().unwrap().join(up.lines().next().unwrap()).is_file(), "{name}");
    }
}

#[test]
fn python_finds_right_files_valid_and_wrong_ones_not() {
    let python = std::env::var("TIERWRIGHT_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let there = Command::new(&python).args(["-c", "import jsonschema, yaml"]).output();
    if !there.is_ok_and(|done| done.status.success()) {
        return eprintln!("skipped: no jsonschema and yaml in {python}, TIERWRIGHT_PYTHON may name another");
    }
    let folder = tempfile::tempdir().unwrap();
    let schema = |kind: &str| folder.path().join(format!("{kind}.json"));
    for kind in KINDS {
        fs::write(schema(kind), Project::new(&[]).tierwright(&["schema", kind]).expect(0).out).unwrap();
    }
    let case = |name: &str, kind: &str, text: &str, valid: bool| json!({ "name": name, "schema": schema(kind), "text": text, "valid": valid });
    let mut cases = Vec::new();
    let drafted = Project::new(&[]);
    drafted.tierwright(&["init"]).expect(0);
    let mut projects = vec![root().to_owned(), drafted.path("")];
    projects
        .extend(fs::read_dir(root().join("tests/projects")).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()));
    for project in projects {
        for (name, path) in files(&project) {
            let kind = match name.as_str() {
                "tierwright.yaml" => "project",
                "rules/parameters.yaml" => "parameters",
                name if name.ends_with(".rtest") => "cases",
                _ => "table",
            };
            cases.push(case(&path.display().to_string(), kind, &fs::read_to_string(&path).unwrap(), true));
        }
    }
    let manual = fs::read_to_string(root().join("docs/manifests.md")).unwrap();
    for block in manual.split("\n```yaml ").skip(1) {
        let (head, text) = block.split_once('\n').unwrap();
        let kind = if head == "tierwright" { "project" } else { head.split(' ').next().unwrap() };
        let text = text.split("```").next().unwrap();
        cases.push(case(head, kind, text, true));
        // A key that is misspelt, and one that is missing.
        let (first, rest) = text.split_once(':').unwrap();
        if kind != "parameters" {
            cases.push(case(&format!("{head}, misspelt"), kind, &format!("{first}x:{rest}"), false));
        }
    }
    for (kind, text) in [
        ("project", "name: a\ncustomer: a\nsteps: tier\ndecision: { order: [low] }\n"),
        ("project", "name: a\ncustomer: a\nsteps: [tier]\n"),
        ("table", "source: a.csv\ncolumns: { a: { type: text, requird: true } }\n"),
        ("table", "source: a.csv\ncolumns: { a: { type: text, required: yes } }\n"),
        ("table", "columns: { a: text }\n"),
        ("parameters", "line: { value: 3, meening: x }\n"),
        ("parameters", "line: { unit: x }\n"),
        ("cases", "cases: [{ case: a, expects: { tier: x } }]\n"),
    ] {
        cases.push(case(text, kind, text, false));
    }
    let mut child = Command::new(&python)
        .arg(root().join("tests/oracle/schemas.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(Value::Array(cases.clone()).to_string().as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    let said = String::from_utf8(done.stdout).unwrap();
    assert!(done.status.success(), "{said}{}", String::from_utf8_lossy(&done.stderr));
    assert!(cases.len() > 80, "{}", cases.len());
    assert_eq!(said, format!("{} files\n", cases.len()));
}
