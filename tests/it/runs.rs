//! The program's runs, from arguments to files.

use crate::project::{Project, chinese, files, list, program};
use std::fs;
use std::io::Read;
use std::process::{Command, Stdio};

#[test]
fn a_run_shows_where_the_result_is_and_its_tiers() {
    let project = chinese();
    let done = project.tierwright(&["run"]).expect(0);
    assert!(done.err.contains("客户分级: as-of 2018-01-01 (of the project file), cycle FY2017"), "{}", done.err);
    assert!(done.out.contains("committed out/客户分级/runs/cycle=FY2017/"), "{}", done.out);
    let shown: Vec<&str> = done.out.lines().filter(|l| l.starts_with("  战略") || l.starts_with("  一般")).collect();
    assert!(shown[0].contains(" 3 ") && shown[0].contains("50.0 %"), "{}", done.out);
    assert!(shown[1].contains(" 2 "), "{}", done.out);
    assert!(done.out.contains("7 customers read: 5 decided, 1 undetermined, 1 quarantined"), "{}", done.out);
    assert!(done.out.contains("undetermined.parquet") && done.out.contains("quarantine.parquet"), "{}", done.out);
    let width = |line: &str| unicode_width::UnicodeWidthStr::width(line);
    let table: Vec<usize> = done.out.lines().skip(2).take(4).map(width).collect();
    assert_eq!(table, [table[0]; 4], "{}", done.out);
}

#[test]
fn the_same_again_is_done_and_another_number_of_threads_gives_the_same_bytes() {
    let project = chinese();
    project.tierwright(&["run", "--threads", "1"]).expect(0);
    let first = files(&project.run_folder("FY2017"));
    let again = project.tierwright(&["run"]).expect(0);
    assert!(again.out.starts_with("already done: out/客户分级/runs/cycle=FY2017/"), "{}", again.out);
    let forced = project.tierwright(&["run", "--force"]).expect(0);
    assert!(forced.out.starts_with("computed again, every file equal"), "{}", forced.out);
    for threads in ["2", "8"] {
        let out = format!("elsewhere-{threads}");
        project.tierwright(&["run", "--threads", threads, "--out", &out, "--engine", "interpret"]).expect(0);
        let run = list(&project.path(&format!("{out}/客户分级/runs/cycle=FY2017"))).remove(0);
        assert_eq!(files(&run), first);
    }
}

#[test]
fn json_is_one_document() {
    let project = chinese();
    let done = project.tierwright(&["run", "--json"]).expect(0);
    let answer = done.json();
    assert_eq!(answer["outcome"], "committed");
    assert_eq!(answer["record"]["counts"]["undetermined"], 1);
    assert_eq!(answer["record"]["tiers"][0]["tier"], "战略/客户 A");
    assert!(crate::logs::lines(&done.err).len() > 5, "{}", done.err);
    let runs = project.tierwright(&["runs", "--json"]).expect(0).json();
    assert_eq!(runs["runs"][0]["current"], true);
    assert_eq!(runs["runs"][0]["run"], answer["record"]["run"]);
    let check = project.tierwright(&["check", "--json"]).expect(0).json();
    assert_eq!(check["columns"][0]["name"], "编号");
}

#[test]
fn a_folder_below_the_project_finds_it() {
    let project = chinese();
    let done = program(&project.path("datasets"), &["check"]).expect(0);
    assert!(done.out.contains("客户分级: 1 table, 2 steps: no errors"), "{}", done.out);
    program(&project.path("rules"), &["run"]).expect(0);
    assert!(project.run_folder("FY2017").join("run.json").is_file());
}

#[test]
fn the_next_cycle_shows_the_moves() {
    let project = chinese();
    project.tierwright(&["run", "--as-of", "2017-04-01"]).expect(0);
    project
        .write("rules/等级.rhai", "fn 等级(c) {\n    if c.价值 >= 2000.0 { \"战略/客户 A\" } else { \"一般\" }\n}\n");
    let done = project.tierwright(&["run", "--as-of", "2018-04-01"]).expect(0);
    assert!(done.out.contains("moves against the cycle before: 1 down, 4 same, 1 undetermined"), "{}", done.out);
}

#[test]
fn a_dry_run_leaves_nothing() {
    let project = chinese();
    let done = project.tierwright(&["run", "--dry-run"]).expect(0);
    assert!(done.out.starts_with("dry run: nothing was written"), "{}", done.out);
    assert!(!project.path("out").exists());
}

#[test]
fn too_many_undetermined_end_with_status_1_and_leave_evidence() {
    let project = chinese();
    project.write("rules/价值.rhai", "fn 价值(c) {\n    c.金额 * days_between(c.开始, AS_OF).to_float() / (if c.更新 == () { 0.0 } else { 1.0 })\n}\n");
    let done = project.tierwright(&["run"]).expect(1);
    assert!(done.err.contains("too-many-undetermined") && done.err.contains("division by zero"), "{}", done.err);
    let failed = list(&project.path("out/客户分级/failed"));
    let names: Vec<String> =
        list(&failed[0]).iter().map(|p| p.file_name().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(names, ["quality.parquet", "quarantine.parquet", "run.json", "timings.json", "undetermined.parquet"]);
    assert!(!project.path("out/客户分级/CURRENT").exists());
}

#[test]
fn findings_of_the_project_end_with_their_status() {
    let project = chinese();
    project.write("rules/等级.rhai", "fn 等级(c) {\n    if c.价直 >= 1.0 { \"一般\" } else { \"一般\" }\n}\n");
    let done = project.tierwright(&["check"]).expect(1);
    assert!(done.err.contains("rules/等级.rhai:2:10") && done.err.contains("did you mean `价值`?"), "{}", done.err);
    let json = project.tierwright(&["run", "--json"]).expect(1).json();
    let ids: Vec<&str> = json["findings"].as_array().unwrap().iter().map(|f| f["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["missing-value", "unknown-column"]);
    project.write("datasets/客户.csv", "编号,区域\n甲,华北\n");
    project.write("rules/等级.rhai", "fn 等级(c) { \"一般\" }\n");
    let done = project.tierwright(&["run"]).expect(1);
    assert!(done.err.contains("column-missing"), "{}", done.err);
    project.write("tierwright.yaml", "name: x\n");
    project.tierwright(&["run"]).expect(2);
    Project::new(&[]).tierwright(&["run"]).expect(2);
}

#[test]
fn usage_errors_end_with_status_2() {
    let project = chinese();
    for wrong in
        [&["run", "--as-of", "1.4.2017"][..], &["run", "--phase", "plan"], &["runn"], &["run", "--threads", "0"]]
    {
        let done = project.tierwright(wrong).expect(2);
        assert!(done.out.is_empty() && done.err.contains("error:"), "{wrong:?}: {}", done.err);
    }
    assert!(project.tierwright(&["--version"]).expect(0).out.starts_with("tierwright "));
}

#[test]
fn an_output_that_is_no_folder_ends_with_status_4() {
    let project = chinese();
    project.write("out", "");
    fs::remove_file(project.path("datasets/客户.csv")).unwrap();
    let done = project.tierwright(&["run"]).expect(4);
    assert!(done.err.contains("out/客户分级"), "{}", done.err);
}

#[test]
fn a_held_lock_ends_with_status_3_and_names_its_holder() {
    let project = chinese();
    fs::create_dir_all(project.path("out/客户分级")).unwrap();
    let held = fs::File::create(project.path("out/客户分级/.lock")).unwrap();
    held.lock().unwrap();
    fs::write(project.path("out/客户分级/.lock"), "process 7 on 主机").unwrap();
    let done = project.tierwright(&["run"]).expect(3);
    assert!(done.err.contains("process 7 on 主机"), "{}", done.err);
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let project = chinese();
    let mut child = Command::new(env!("CARGO_BIN_EXE_tierwright"))
        .args(["run", "--json"])
        .current_dir(project.path("."))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(crate::logs::lines(&said).iter().all(|line| line["level"] != "error"), "{said}");
}

#[test]
fn what_a_killed_run_leaves_is_removed_by_the_next() {
    let project = chinese();
    let stage = "out/客户分级/.staging/0123456789abcdef/decisions/part-0000.parquet";
    project.write(stage, "half a fi");
    project.tierwright(&["run"]).expect(0);
    assert!(!project.path(stage).exists());
}
