//! Committed runs computed again, read as priors by name, and deleted.

use crate::project::{Project, chinese, files, list};
use std::fs;

const RULE: &str = "fn 等级(c) {\n    if c.价值 >= 2000.0 { \"战略/客户 A\" } else { \"一般\" }\n}\n";

/// The id of the run that an answer tells of.
fn id(project: &Project, args: &[&str]) -> String {
    let answer = project.tierwright(&[args, &["--json"]].concat()).expect(0).json();
    answer["record"]["run"].as_str().unwrap().to_owned()
}

#[test]
fn a_run_is_what_it_was_whatever_its_project_says_now() {
    let project = chinese();
    let first = id(&project, &["run", "--as-of", "2017-04-01"]);
    project.write("rules/等级.rhai", RULE);
    let second = id(&project, &["run", "--as-of", "2018-04-01"]);
    let before = files(&project.path("out/客户分级/runs"));
    // The rules that ran are those of the first run's own folder.
    let done = project.tierwright(&["verify", &first]).expect(0);
    assert!(done.out.starts_with(&format!("run {first} of FY2016 is what it was: ")), "{}", done.out);
    let done = project.tierwright(&["verify", &second[..8], "--threads", "1", "--engine", "interpret"]).expect(0);
    assert!(done.out.contains("computed again from "), "{}", done.out);
    let answer = project.tierwright(&["verify", &second, "--json"]).expect(0).json();
    assert_eq!((answer["outcome"].as_str(), answer["run"].as_str()), (Some("verified"), Some(second.as_str())));
    assert!(files(&project.path("out/客户分级/runs")) == before, "nothing is written");
}

#[test]
fn what_a_run_read_and_is_no_longer_there_is_named() {
    let project = chinese();
    let run = id(&project, &["run"]);
    let data = project.path("datasets/客户.csv");
    let text = fs::read_to_string(&data).unwrap();
    fs::write(&data, format!("{text}\n")).unwrap();
    let done = project.tierwright(&["verify", &run]).expect(1);
    assert!(done.err.contains("error[inputs-changed]"), "{}", done.err);
    assert!(done.err.contains("datasets/客户.csv (of `客户`) has changed"), "{}", done.err);
    assert!(!project.path("out/客户分级/failed").exists(), "it leaves no failed run");
    fs::remove_file(&data).unwrap();
    let done = project.tierwright(&["verify", &run]).expect(1);
    assert!(done.err.contains("datasets/客户.csv"), "{}", done.err);
    fs::write(&data, text).unwrap();
    project.tierwright(&["verify", &run]).expect(0);
    let summary = project.run_folder("FY2017").join("summary.parquet");
    let bytes = fs::read(&summary).unwrap();
    fs::write(&summary, &bytes[1..]).unwrap();
    let done = project.tierwright(&["verify", &run]).expect(4);
    assert!(done.err.contains("summary.parquet was changed after it was committed"), "{}", done.err);
}

#[test]
fn a_run_that_is_not_there_is_a_usage_error() {
    let project = chinese();
    let run = id(&project, &["run"]);
    for (text, told) in [("ffff0000", "no committed run `ffff0000`"), ("", "no committed run ``")] {
        let done = project.tierwright(&["verify", text]).expect(2);
        assert!(done.err.contains(told), "{}", done.err);
    }
    let done = project.tierwright(&["run", "--prior", "0123456789abcdef"]).expect(1);
    assert!(done.err.contains("there is no run `0123456789abcdef`"), "{}", done.err);
    project.tierwright(&["verify", &run]).expect(0);
}

#[test]
fn the_run_before_may_be_named() {
    let project = chinese();
    let first = id(&project, &["run", "--as-of", "2017-04-01"]);
    project.write("rules/等级.rhai", RULE);
    let second = id(&project, &["run", "--as-of", "2017-04-01"]);
    let next = ["run", "--as-of", "2018-04-01", "--json"];
    let prior = |more: &[&str]| {
        let answer = project.tierwright(&[&next[..], more].concat()).expect(0).json();
        answer["record"]["identity"]["prior"].as_str().map(str::to_owned)
    };
    assert_eq!(prior(&[]), Some(second));
    assert_eq!(prior(&["--prior", &first]), Some(first));
    assert_eq!(prior(&["--prior", "none"]), None);
    for folder in list(&project.path("out/客户分级/runs/cycle=FY2017")) {
        let run = folder.file_name().unwrap().to_string_lossy().into_owned();
        project.tierwright(&["verify", &run]).expect(0);
    }
}

#[test]
fn old_runs_go_and_those_that_others_need_stay() {
    let project = chinese();
    let first = id(&project, &["run", "--as-of", "2017-04-01"]);
    let with_first = id(&project, &["run", "--as-of", "2018-04-01"]);
    let rule = |n: usize| project.write("rules/等级.rhai", &format!("// {n}\n{RULE}"));
    let runs: Vec<String> = (0..3)
        .map(|n| {
            rule(n);
            id(&project, &["run", "--as-of", "2017-04-01"])
        })
        .collect();
    // The later cycle stands on decisions that are not the current ones any more, and is told so; nothing else is.
    let said = project.tierwright(&["runs"]).expect(0);
    let told: Vec<&str> = said.err.lines().chain(said.out.lines()).filter(|line| line.contains("stands on")).collect();
    let wanted = format!(
        "FY2017 {with_first} stands on the decisions of {first}, in whose place {} is current now; `tierwright run --as-of 2018-04-01` follows it",
        runs[2]
    );
    assert_eq!(told, [wanted]);
    let answer = project.tierwright(&["runs", "--json"]).expect(0).json();
    let replaced = answer["runs"].as_array().unwrap().iter().filter(|run| !run["prior_replaced_by"].is_null());
    let replaced: Vec<_> = replaced.map(|run| (run["run"].clone(), run["prior_replaced_by"].clone())).collect();
    assert_eq!(replaced, [(with_first.clone().into(), runs[2].clone().into())]);
    let listed = || -> Vec<String> {
        let answer = project.tierwright(&["runs", "--json"]).expect(0).json();
        let all = answer["runs"].as_array().unwrap().iter();
        all.map(|run| run["run"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(listed().len(), 5);
    let done = project.tierwright(&["runs", "prune", "--keep", "1", "--dry-run"]).expect(0);
    assert!(done.out.contains("2 runs would be deleted") && done.out.contains("3 stay"), "{}", done.out);
    assert_eq!(listed().len(), 5);
    let answer = project.tierwright(&["runs", "prune", "--keep", "1", "--json"]).expect(0).json();
    assert_eq!((answer["pruned"].as_array().unwrap().len(), answer["kept"].as_u64()), (2, Some(3)));
    let mut left = listed();
    left.sort();
    // The first run was the prior of one that stays.
    let mut wanted = [first, with_first.clone(), runs[2].clone()];
    wanted.sort();
    assert_eq!(left, wanted);
    assert!(!project.path("out/客户分级/.staging").exists());
    project.tierwright(&["verify", &with_first]).expect(0);
    let done = project.tierwright(&["runs", "prune", "--keep", "1"]).expect(0);
    assert!(done.out.starts_with("0 runs deleted"), "{}", done.out);
    // What was deleted can be computed again.
    rule(0);
    assert_eq!(id(&project, &["run", "--as-of", "2017-04-01"]), runs[0]);
    project.tierwright(&["runs", "prune"]).expect(2);
}

#[test]
fn the_manuals_units_are_what_systemd_takes() {
    let text = include_str!("../../docs/scheduling.md");
    let folder = tempfile::tempdir().unwrap();
    let mut units = Vec::new();
    for block in text.split("```ini ").skip(1) {
        let (name, rest) = block.split_once('\n').unwrap();
        // Whether the program is installed is no matter of the unit.
        let unit = rest.split("```").next().unwrap().replace("/usr/local/bin/tierwright", "/bin/true");
        let path = folder.path().join(name.replace('@', "@tmp"));
        fs::write(&path, unit).unwrap();
        units.push(path);
    }
    assert_eq!(units.len(), 2);
    let Ok(done) = std::process::Command::new("systemd-analyze").arg("verify").args(&units).output() else {
        println!("skipped: no systemd-analyze");
        return;
    };
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success() && !said.contains("tierwright@"), "{said}");
}

#[test]
fn an_output_folder_that_a_pattern_would_find_is_refused() {
    let project = chinese();
    let text = fs::read_to_string(project.path("tierwright.yaml")).unwrap();
    let inside = text.replace("output: {", "output: { dir: datasets/out,");
    project.write("tierwright.yaml", &inside);
    project.tierwright(&["check"]).expect(0);
    let manifest = fs::read_to_string(project.path("datasets/客户.yaml")).unwrap();
    project.write("datasets/客户.yaml", &manifest.replacen("path: 客户.csv", "path: \"**/*.csv\"", 1));
    for command in ["check", "run"] {
        let done = project.tierwright(&[command]).expect(2);
        assert!(done.err.contains("`**/*.csv` would find the files that runs write to `datasets/out/"), "{}", done.err);
    }
    assert!(!project.path("datasets/out").exists());
    let done = project.tierwright(&["run", "--out", "elsewhere"]).expect(0);
    assert!(done.out.contains("committed elsewhere/"), "{}", done.out);
}
