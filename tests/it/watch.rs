//! `tierwright watch`, driven as an analyst drives it: a parameter, a rule, a rule that is broken and mended.

use crate::project::{Project, chinese};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

struct Watching {
    child: Child,
    lines: Receiver<String>,
}

impl Watching {
    fn start(project: &Project) -> Watching {
        let mut child = Command::new(env!("CARGO_BIN_EXE_tierwright"))
            .args(["watch", "--json"])
            .current_dir(project.path(""))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (send, lines) = channel();
        let out = child.stdout.take().unwrap();
        std::thread::spawn(move || {
            BufReader::new(out).lines().map_while(Result::ok).try_for_each(|line| send.send(line))
        });
        Watching { child, lines }
    }

    #[track_caller]
    fn answer(&self) -> Value {
        let line = self.lines.recv_timeout(PATIENCE).expect("an answer");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn project() -> Project {
    let project = chinese();
    project.write("rules/parameters.yaml", "线: 1000.0\n");
    project.write("rules/等级.rhai", "fn 等级(c) {\n    if c.价值 >= P.线 { \"战略/客户 A\" } else { \"一般\" }\n}\n");
    project.write(
        "rules/tests/等级.rtest",
        "cases:\n- case: 高\n  customer: { 区域: 华东, 金额: 5000.0 }\n  expect: { 等级: 战略/客户 A }\n",
    );
    project
}

fn customers(answer: &Value, tier: &str) -> (Option<u64>, u64) {
    let row = answer["tiers"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["tier"] == tier)
        .unwrap_or_else(|| panic!("{answer}"));
    (row["before"].as_u64(), row["customers"].as_u64().unwrap())
}

#[test]
fn every_save_is_answered() {
    let project = project();
    let mut watching = Watching::start(&project);
    // Nothing was run yet: the tier table alone.
    let first = watching.answer();
    assert_eq!((first["status"].as_str(), first["cases"]["passed"].as_u64()), (Some("ok"), Some(1)), "{first}");
    assert_eq!((customers(&first, "战略/客户 A"), customers(&first, "一般")), ((None, 3), (None, 2)));
    assert!(first["against"].is_null() && !project.path("out").exists());
    project.tierwright(&["run"]).expect(0);

    // A parameter, against the run.
    project.write("rules/parameters.yaml", "线: 20.0\n");
    let moved = watching.answer();
    assert_eq!(moved["saved"], serde_json::json!(["rules/parameters.yaml"]));
    assert_eq!((customers(&moved, "战略/客户 A"), customers(&moved, "一般")), ((Some(3), 4), (Some(2), 1)));
    assert_eq!(moved["against"]["comparison"]["up"], 1, "{moved}");
    assert_eq!(moved["against"]["changed"], serde_json::json!(["rules/parameters.yaml"]));

    // A rule that the case contradicts, saved by an editor that renames.
    let rule = fs::read_to_string(project.path("rules/等级.rhai")).unwrap();
    let rename = |text: &str| {
        project.write("rules/.等级.rhai.swp", text);
        fs::rename(project.path("rules/.等级.rhai.swp"), project.path("rules/等级.rhai")).unwrap();
    };
    rename(&rule.replace(">=", "<"));
    let turned = watching.answer();
    assert_eq!((turned["status"].as_str(), turned["exit"].as_u64()), (Some("failed"), Some(1)));
    assert_eq!(turned["cases"]["failed"][0]["case"], "高", "{turned}");
    assert_eq!(turned["cases"]["failed"][0]["differences"][0]["got"], "一般", "{turned}");

    // A rule that is none, and is mended.
    rename("fn 等级(c) { c.价 }\n");
    let broken = watching.answer();
    let ids: Vec<&str> = broken["findings"].as_array().unwrap().iter().filter_map(|f| f["id"].as_str()).collect();
    assert!(broken["status"] == "failed" && ids.contains(&"unknown-column"), "{broken}");
    rename(&rule);
    let mended = watching.answer();
    assert_eq!((mended["status"].as_str(), customers(&mended, "战略/客户 A")), (Some("ok"), (Some(3), 4)), "{mended}");

    // The same text again and files of data are no save; a new file of cases is one.
    project.write("rules/等级.rhai", &rule);
    project.write("datasets/客户.txt", "x");
    std::thread::sleep(Duration::from_millis(400));
    assert!(watching.lines.try_recv().is_err());
    project.write(
        "rules/tests/more.rtest",
        "cases:\n- case: 低\n  customer: { 区域: 华北, 金额: 1.0 }\n  expect: { 等级: 一般 }\n",
    );
    assert_eq!(watching.answer()["cases"]["passed"], 2);
    #[cfg(unix)]
    {
        let pid = rustix::process::Pid::from_child(&watching.child);
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
        assert_eq!(watching.child.wait().unwrap().code(), Some(130));
    }
}

#[test]
fn once_answers_and_ends_with_what_it_says() {
    let project = project();
    let done = project.tierwright(&["watch", "--once"]).expect(0);
    assert!(done.out.starts_with("1 case: all passed\n"), "{}", done.out);
    assert!(done.out.contains("战略/客户 A") && done.out.contains("nothing was written"), "{}", done.out);
    project.tierwright(&["run"]).expect(0);
    project.write("rules/parameters.yaml", "线: 10000.0\n");
    let done = project.tierwright(&["watch", "--once"]).expect(0);
    assert!(done.out.contains("rules/parameters.yaml is not what ran"), "{}", done.out);
    assert!(done.out.contains("3 of 6 customers: 3 down"), "{}", done.out);
    project.write("rules/parameters.yaml", "线: 20000.0\n");
    let failed = project.tierwright(&["watch", "--once"]).expect(1);
    assert!(
        failed.out.contains("1 case: 0 passed, 1 failed") && failed.out.contains("rules/tests/等级.rtest:2"),
        "{}",
        failed.out
    );
    project.write("rules/parameters.yaml", "线: [\n");
    let broken = project.tierwright(&["watch", "--once"]).expect(2);
    assert!(broken.err.contains("error[yaml]"), "{}", broken.err);
}
