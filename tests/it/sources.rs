//! Data files that lie elsewhere and are written as others write them, from arguments to the record of the run.

use crate::project::Project;
use std::path::Path;
use std::process::Command;

const TABLE: &str =
    "key: id\nquarantine: { at_most: 0.5 }\ncolumns: { id: text, revenue: { type: decimal(12,2), required: true } }\n";

fn project(source: &str) -> Project {
    Project::new(&[
        (
            "tierwright.yaml",
            "name: 客户分级\ncustomer: customers\nsteps: [value, tier]\ndecision: { order: [low, high] }\nas_of: 2018-01-01\n",
        ),
        ("datasets/customers.yaml", &format!("source: {source}\n{TABLE}")),
        ("rules/value.rhai", "fn value(c) {\n    c.revenue\n}\n"),
        ("rules/tier.rhai", "fn tier(c) {\n    if c.value > 20.0 { \"high\" } else { \"low\" }\n}\n"),
    ])
}

/// A file as a German spreadsheet writes it, with a note at the end of one row.
fn export(folder: &Path) {
    let text = "# Umsatz\r\nid;revenue\r\nMüller;1.234,50\r\nKöln AG;0,5;geschätzt\r\nÄ;n/a\r\n";
    let bytes: Vec<u8> = text.chars().map(|c| c as u8).collect();
    std::fs::write(folder.join("export.csv"), bytes).unwrap();
}

fn run(project: &Project, args: &[&str], root: Option<&Path>) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tierwright"));
    command.args(args).current_dir(project.path("")).env("NO_COLOR", "1").env_remove("TIERWRIGHT_SOURCE_ROOT");
    if let Some(root) = root {
        command.env("TIERWRIGHT_SOURCE_ROOT", root);
    }
    let done = command.output().expect("the program starts");
    let text = [done.stdout, done.stderr].concat();
    (done.status.code().unwrap_or(-1), String::from_utf8(text).expect("UTF-8"))
}

#[test]
fn a_folder_that_the_user_names_may_be_read_and_no_other() {
    let outside = tempfile::tempdir().unwrap();
    export(outside.path());
    let path = outside.path().join("export.csv");
    let written = "delimiter: ';', encoding: latin-1, decimal: ',', thousands: '.', comment: '#', long_rows: cut";
    let project = project(&format!("{{ path: '{}', {written} }}", path.display()));
    for args in [&["run"][..], &["check"]] {
        let (status, said) = run(&project, args, None);
        assert_eq!(status, 1, "{said}");
        assert!(said.contains("error[wrong-value]: ") && said.contains("leads out of the project"), "{said}");
        assert!(said.contains("--source-root"), "{said}");
    }
    let other = tempfile::tempdir().unwrap();
    let (status, said) = run(&project, &["run"], Some(other.path()));
    assert_eq!(status, 1, "{said}");
    assert!(said.contains("and of the folders named by `--source-root`"), "{said}");
    let root = outside.path().to_str().unwrap();
    let (status, said) = run(&project, &["run", "--dry-run", "--source-root", root], None);
    assert_eq!(status, 0, "{said}");
    let (status, said) = run(&project, &["run"], Some(outside.path()));
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("3 rows, 1 quarantined, 1 long rows cut"), "{said}");
    assert_eq!(run(&project, &["check"], Some(outside.path())).0, 0);
}
