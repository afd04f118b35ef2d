//! Projects that are far too long, wide or sly, and systems that give less than is asked for: how long it takes, how much
//! is said, with which status.

use crate::project::{Done, Project};
use std::time::{Duration, Instant};

const PROJECT: &str = "\
name: p
customer: t
steps: [tier]
decision: { tier: tier, value: value, order: [a, b] }
as_of: 2018-01-01
";
const TABLE: &str = "source: t.csv\ncolumns: { id: int, amt: float }\nkey: id\n";
const RULE: &str = "fn tier(c) { #{ tier: \"a\", value: 1.0 } }\n";

fn project(changes: &[(&str, &str)]) -> Project {
    let project = Project::new(&[
        ("tierwright.yaml", PROJECT),
        ("datasets/t.yaml", TABLE),
        ("datasets/t.csv", "id,amt\n1,2.5\n2,3.5\n"),
        ("rules/tier.rhai", RULE),
    ]);
    changes.iter().for_each(|(path, text)| project.write(path, text));
    project
}

/// Checks, and holds it to a time and to a size of what is said.
#[track_caller]
fn soon(project: &Project, args: &[&str], most: Duration, bytes: usize) -> Done {
    let begun = Instant::now();
    let done = project.tierwright(args);
    assert!(begun.elapsed() < most, "{:?}", begun.elapsed());
    assert!(done.err.len() < bytes, "{} bytes of messages", done.err.len());
    done
}

#[test]
fn a_long_chain_of_conditions_says_little() {
    let arms: String = (0..400).map(|n| format!("else if c.id > {n} {{ \"a\" }} ")).collect();
    let rule = format!("fn tier(c) {{ #{{ value: 1.0, tier: if c.id > 0 {{ \"a\" }} {arms} else {{ \"b\" }} }} }}");
    let project = project(&[("rules/tier.rhai", &rule)]);
    let done = soon(&project, &["check"], Duration::from_secs(20), 400_000).expect(0);
    assert!(done.err.contains("decided by this"), "{}", done.err);
    assert!(done.err.contains("and 300 more of `constant-condition`"), "{}", &done.err[done.err.len() - 300..]);
    let rule = "fn tier(c) { #{ value: 1.0, tier:\n if c.id > 5 && c.id > 4 && c.id < 9 && c.id < 8 && c.id < 7 \
        && c.id > 9 { \"a\" } else { \"b\" } } }";
    project.write("rules/tier.rhai", rule);
    let done = project.tierwright(&["check"]).expect(0);
    assert_eq!(done.err.matches("decided by this").count(), 3, "{}", done.err);
    assert!(done.err.contains("decided by these 3 conditions and 2 more"), "{}", done.err);
}

#[test]
fn thousands_of_statements_on_one_line_are_read_soon() {
    let rule = format!("fn tier(c) {{ {} #{{ tier: \"a\", value: 1.0 }} }}", "let x=1;".repeat(10_000));
    let project = project(&[("rules/tier.rhai", &rule)]);
    let done = soon(&project, &["check"], Duration::from_secs(10), 200_000).expect(0);
    assert!(done.err.contains("more of `unused-variable`"), "{}", done.err);
    let lines: Vec<&str> = done.err.lines().filter(|line| line.contains("let x=1;")).collect();
    assert!(lines.iter().all(|line| line.len() < 260), "{}", lines[0]);
    assert!(done.err.contains("--> rules/tier.rhai:1:7"), "{}", &done.err[..500]);
}

#[test]
fn tens_of_thousands_of_functions_are_read_soon() {
    let functions: String = (0..20_000).map(|n| format!("fn f{n}(x) {{ x }}\n")).collect();
    let project = project(&[("rules/tier.rhai", &format!("{functions}{RULE}"))]);
    soon(&project, &["check"], Duration::from_secs(20), 200_000).expect(0);
}

#[test]
fn tens_of_thousands_of_columns_are_declared_soon() {
    let columns: String = (0..60_000).map(|n| format!("  c{n}: text\n")).collect();
    let table = format!("source: t.csv\ncolumns:\n  id: int\n{columns}key: id\n");
    let project = project(&[("datasets/t.yaml", &table)]);
    soon(&project, &["check"], Duration::from_secs(10), 200_000).expect(0);
}

#[test]
fn what_nobody_sees_is_written_out() {
    for hidden in ["\u{200b}", "\u{a0}", "\u{feff}", "\u{2060}"] {
        let csv = format!("id,a{hidden}mt\n1,2.5\n");
        let done = project(&[("datasets/t.csv", &csv)]).tierwright(&["run"]).expect(1);
        let shown = format!("a\\u{{{:x}}}mt", hidden.chars().next().map_or(0, u32::from));
        assert!(done.err.contains(&format!("did you mean `{shown}`?")), "{}", done.err);
        let table = TABLE.replace("amt", &format!("'a{hidden}mt'"));
        let done = project(&[("datasets/t.yaml", &table)]).tierwright(&["run"]).expect(1);
        assert!(done.err.contains(&format!("no column `{shown}`")), "{}", done.err);
        assert!(!done.err.contains(hidden), "{}", done.err);
    }
    let table = TABLE.replace("t.csv", "'a\u{200b}.csv'");
    let project = project(&[("datasets/t.yaml", &table), ("datasets/a\u{200b}.csv", "id,amt\nx,1\n")]);
    let done = project.tierwright(&["run"]).expect(1);
    assert!(done.err.contains("datasets/a\\u{200b}.csv:2"), "{}", done.err);
}

#[test]
fn long_names_are_cut() {
    let name = "x".repeat(100_000);
    let project = project(&[("datasets/t.yaml", &format!("{TABLE}filter: '{name} > 1'\n"))]);
    let done = soon(&project, &["check"], Duration::from_secs(10), 2_000).expect(2);
    assert!(done.err.contains(&format!("`{}…`", "x".repeat(200))), "{}", done.err);
}

/// The program under limits of a shell.
#[cfg(unix)]
fn limited(project: &Project, limits: &str, args: &str) -> (i32, String) {
    let line = format!("{limits}; exec \"$0\" {args}");
    let done = std::process::Command::new("sh")
        .args(["-c", &line, env!("CARGO_BIN_EXE_tierwright")])
        .current_dir(project.path(""))
        .output()
        .unwrap();
    (done.status.code().unwrap_or(-1), String::from_utf8_lossy(&done.stderr).into_owned())
}

#[test]
#[cfg(unix)]
fn a_limit_of_file_sizes_is_an_error_that_leaves_nothing() {
    let rows: String = (0..4_000).map(|n| format!("{n},{}\n", f64::from(n * 7919 % 4001) / 7.0)).collect();
    let project = project(&[("datasets/t.csv", &format!("id,amt\n{rows}"))]);
    // In blocks of 512 bytes by POSIX, of 1,024 in some shells.
    let (status, err) = limited(&project, "ulimit -f 8", "run --threads 1");
    assert_eq!(status, 4, "{err}");
    assert!(err.contains("cannot write") && err.contains("ulimit -f"), "{err}");
    assert!(!project.path("out/p/.staging").exists());
    project.tierwright(&["run"]).expect(0);
}

#[test]
#[cfg(target_os = "linux")]
fn threads_that_the_system_refuses_are_no_defect() {
    let (status, err) = limited(&project(&[]), "ulimit -v 3000000", "run --threads 1024");
    assert_eq!(status, 4, "{err}");
    assert!(err.contains("the system gives no threads") && err.contains("`--threads`"), "{err}");
    assert!(!err.contains("defect"), "{err}");
}

#[test]
fn a_committed_file_that_was_changed_is_no_defect() {
    let project = project(&[]);
    project.tierwright(&["run"]).expect(0);
    project.tierwright(&["run", "--force"]).expect(0);
    let cycle = crate::project::list(&project.path("out/p/runs")).remove(0);
    let file = crate::project::list(&cycle).remove(0).join("summary.parquet");
    std::fs::write(&file, "x").unwrap();
    let done = project.tierwright(&["run", "--force"]).expect(4);
    assert!(done.err.contains("summary.parquet was changed after it was committed"), "{}", done.err);
    assert!(!done.err.contains("defect") && done.err.contains("put the files back"), "{}", done.err);
}
