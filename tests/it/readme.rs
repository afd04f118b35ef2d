//! The output that README shows is what the program prints.

use crate::shown;
use std::path::Path;
use std::process::Command;

/// Blocks of README that show a run: those that start with the as-of line.
fn blocks() -> Vec<String> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let blocks = shown::blocks(&text).into_iter().map(|block| block.text);
    blocks.filter(|text| text.starts_with("crm: as-of")).map(|text| normal(text.trim())).collect()
}

/// Without what differs from machine to machine: times, the ids of runs, and the folder before the project's.
fn normal(text: &str) -> String {
    let line = |line: &str| {
        let line = shown::normal(line);
        match line.strip_prefix("committed ").and_then(|path| path.split_once("crm/runs/")) {
            Some((_, path)) => format!("committed crm/runs/{path}"),
            None => line,
        }
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn run(out: &Path, args: &[&str]) -> String {
    let done = Command::new(env!("CARGO_BIN_EXE_tierwright"))
        .arg("run")
        .args(args)
        .arg("--out")
        .arg(out)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&done.stderr), String::from_utf8_lossy(&done.stdout));
    assert!(done.status.success(), "{text}");
    normal(text.trim())
}

#[test]
fn shows_what_the_program_prints() {
    let (alone, cycles) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let printed = [run(alone.path(), &[]), run(cycles.path(), &["--as-of", "2017-04-01"]), run(cycles.path(), &[])];
    let shown = blocks();
    assert_eq!(shown.len(), printed.len());
    for (shown, printed) in shown.iter().zip(&printed) {
        assert_eq!(shown, printed, "README shows\n{shown}\n\nthe program prints\n{printed}");
    }
}
