//! The output that README shows is what the program prints.

use std::path::Path;
use std::process::Command;

/// Blocks of README that show a run: those that start with the as-of line.
fn shown() -> Vec<String> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let blocks = text.split("```").skip(1).step_by(2);
    blocks.map(str::trim).filter(|block| block.starts_with("crm: as-of")).map(normal).collect()
}

/// Without what differs from machine to machine: the folder before the project's and the time in the last line; and
/// without the run's id, which changes with every change of a rule.
fn normal(text: &str) -> String {
    let line = |line: &str| {
        let line = line.trim_end();
        if line.ends_with(" steps") {
            return "… steps".to_owned();
        }
        match line.strip_prefix("committed ").and_then(|path| path.split_once("crm/runs/")) {
            Some((_, path)) => format!("committed crm/runs/{}", path.split('/').next().unwrap_or("")),
            None => line.to_owned(),
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
    let shown = shown();
    assert_eq!(shown.len(), printed.len());
    for (shown, printed) in shown.iter().zip(&printed) {
        assert_eq!(shown, printed, "README shows\n{shown}\n\nthe program prints\n{printed}");
    }
}
