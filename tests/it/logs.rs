//! Standard error beside a JSON answer: one JSON object a line, with the fields that docs/scheduling.md names.

use crate::project::{Done, chinese};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;

const MANUAL: &str = include_str!("../../docs/scheduling.md");

/// The log's lines, each an object that says when, how much it matters, what and in words.
#[track_caller]
pub fn lines(err: &str) -> Vec<Value> {
    let line = |text: &str| {
        let line: Value = serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"));
        let time = line["time"].as_str().unwrap();
        assert!(time.ends_with('Z') && time.parse::<jiff::Timestamp>().is_ok(), "{text}");
        assert!(["info", "warning", "error"].contains(&line["level"].as_str().unwrap()), "{text}");
        assert!(line["event"].is_string() && line["message"].is_string(), "{text}");
        line
    };
    assert!(err.is_empty() || err.ends_with('\n'), "{err}");
    let lines: Vec<Value> = err.lines().map(line).collect();
    let times: Vec<&str> = lines.iter().map(|line| line["time"].as_str().unwrap()).collect();
    let parsed: Vec<jiff::Timestamp> = times.iter().map(|time| time.parse().unwrap()).collect();
    assert!(parsed.is_sorted(), "{times:?}");
    lines
}

fn events(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["event"].as_str().unwrap()).collect()
}

#[track_caller]
fn find<'l>(lines: &'l [Value], event: &str) -> &'l Value {
    lines.iter().find(|line| line["event"] == event).unwrap_or_else(|| panic!("no `{event}` in {lines:?}"))
}

/// Names in the first column of the manual's table below a heading.
fn manual(heading: &str) -> BTreeSet<String> {
    let table = MANUAL.split(heading).nth(1).unwrap_or_else(|| panic!("no {heading}"));
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let cells = rows.filter_map(|row| row.split('|').nth(1)).flat_map(|cell| cell.split(','));
    cells.map(|cell| cell.trim().trim_matches('`').to_owned()).collect()
}

/// Fails where a line has an event or a field that the manual does not name.
#[track_caller]
fn documented(lines: &[Value], seen: &mut BTreeSet<String>) {
    let (named, fields) = (manual("| event | "), manual("| field | "));
    for line in lines {
        assert!(named.contains(line["event"].as_str().unwrap()), "{line}");
        let keys = line.as_object().unwrap().keys();
        let unknown: Vec<&String> = keys.filter(|key| !fields.contains(*key)).collect();
        assert!(unknown.is_empty(), "{unknown:?} of {line}");
        seen.insert(line["event"].as_str().unwrap().to_owned());
    }
}

#[test]
fn a_run_tells_what_happens_line_by_line() {
    let project = chinese();
    let done = project.tierwright(&["run", "--json", "--phase", "BP", "--threads", "2"]).expect(0);
    let (answer, lines) = (done.json(), lines(&done.err));
    let run = answer["record"]["run"].as_str().unwrap();
    assert_eq!(
        events(&lines),
        ["started", "begun", "stage", "table", "named", "stage", "stage", "stage", "stage", "finding", "ended"]
    );
    let stages: Vec<&str> = lines.iter().filter_map(|line| line["stage"].as_str()).collect();
    assert_eq!(stages, ["load", "step 价值", "step 等级", "decide", "write"]);
    for line in &lines {
        assert_eq!((&line["project"], &line["cycle"]), (&"客户分级".into(), &"FY2017".into()), "{line}");
        assert_eq!((&line["phase"], &line["scenario"]), (&"BP".into(), &"base".into()), "{line}");
    }
    // The run's id is known once its data are.
    let named = events(&lines).iter().position(|event| *event == "named").unwrap();
    assert!(lines[..named].iter().all(|line| line["run"].is_null()));
    assert!(lines[named..].iter().all(|line| line["run"] == run));
    let table = find(&lines, "table");
    assert_eq!((&table["table"], &table["rows"], &table["kept"]), (&"客户".into(), &7.into(), &6.into()));
    assert_eq!((&table["quarantined"], &table["removed"]), (&1.into(), &0.into()));
    let step = lines.iter().find(|line| line["stage"] == "step 等级").unwrap();
    assert_eq!((&step["rows"], &step["evaluator"]), (&5.into(), &"columns".into()));
    assert!(lines.iter().filter(|line| line["event"] == "stage").all(|line| line["millis"].is_f64()));
    let ended = find(&lines, "ended");
    assert_eq!(
        (&ended["message"], &ended["rows"], &ended["undetermined"]),
        (&"committed".into(), &6.into(), &1.into())
    );
    assert_eq!(ended["folder"], answer["folder"]);
    let again = project.tierwright(&["run", "--json", "--phase", "BP"]).expect(0);
    let again = self::lines(&again.err);
    assert_eq!(find(&again, "ended")["message"], "already done");
    let verified = project.tierwright(&["verify", run, "--json"]).expect(0);
    let verified = self::lines(&verified.err);
    assert_eq!(find(&verified, "ended")["message"], "verified");
    assert!(verified.iter().all(|line| line["run"] == run && line["cycle"] == "FY2017"));
}

#[test]
fn findings_have_their_places_and_failures_their_status() {
    let project = chinese();
    project.write("rules/等级.rhai", "fn 等级(c) {\n    if c.价直 >= 1.0 { \"一般\" } else { \"一般\" }\n}\n");
    let done = project.tierwright(&["run", "--json"]).expect(1);
    let found = lines(&done.err);
    assert_eq!(done.json()["status"], "failed");
    let unknown = found.iter().find(|line| line["id"] == "unknown-column").unwrap();
    assert_eq!((&unknown["event"], &unknown["level"]), (&"finding".into(), &"error".into()));
    assert_eq!(
        (&unknown["file"], &unknown["line"], &unknown["column"]),
        (&"rules/等级.rhai".into(), &2.into(), &10.into())
    );
    assert_eq!(unknown["help"][0], "did you mean `价值`?");
    let failed = find(&found, "failed");
    assert_eq!((&failed["exit"], &failed["level"]), (&1.into(), &"error".into()));

    let project = chinese();
    project.write("datasets/客户.csv", "编号,区域,金额,开始,更新\n丙,华东,x,2017-01-31,\n丁,华东,y,2017-01-31,\n");
    let done = project.tierwright(&["run", "--json"]).expect(1);
    let found = lines(&done.err);
    let evidence = find(&found, "evidence");
    assert_eq!(evidence["folder"], done.json()["folder"]);
    assert!(found.iter().any(|line| line["event"] == "finding" && line["level"] == "error"), "{found:?}");

    let held = chinese();
    fs::create_dir_all(held.path("out/客户分级")).unwrap();
    let lock = fs::File::create(held.path("out/客户分级/.lock")).unwrap();
    lock.lock().unwrap();
    fs::write(held.path("out/客户分级/.lock"), "process 7 on 主机").unwrap();
    let found = lines(&held.tierwright(&["run", "--json"]).expect(3).err);
    let failed = find(&found, "failed");
    assert!(failed["message"].as_str().unwrap().contains("process 7 on 主机"), "{failed}");
    assert_eq!(failed["exit"], 3);
}

/// Everything that is said, of commands that work long and of others.
fn said() -> Vec<Done> {
    let project = chinese();
    let run = |args: &[&str]| project.tierwright(args);
    let mut said = vec![
        run(&["run", "--json", "--threads", "0"]),
        run(&["run", "--json"]),
        run(&["verify", "ffff0000", "--json"]),
        run(&["runs", "--json"]),
        run(&["check", "--json"]),
        run(&["quality", "--json"]),
        run(&["runs", "prune", "--keep", "1", "--json"]),
        run(&["run", "--json", "--openlineage", "no/such/folder/events"]),
    ];
    project.write(
        "rules/等级.rhai",
        "fn 等级(c) {\n    let x = 1;\n    if c.价值 >= 1.0 { \"一般\" } else { \"一般\" }\n}\n",
    );
    said.push(run(&["run", "--json"]));
    project.write("rules/价值.rhai", "fn 价值(c) {\n    c.金额 * days_between(c.开始, AS_OF).to_float() / (if c.更新 == () { 0.0 } else { 1.0 })\n}\n");
    said.push(run(&["run", "--json"]));
    let empty = crate::project::Project::new(&[("tierwright.yaml", "name: x\n")]);
    said.push(empty.tierwright(&["run", "--json"]));
    said.push(empty.tierwright(&["quality", "--json"]));
    said
}

#[test]
fn every_line_has_its_event_and_fields_in_the_manual() {
    let mut seen = BTreeSet::new();
    let all = said();
    for done in &all {
        done.json();
        documented(&lines(&done.err), &mut seen);
    }
    // What only a defect or a full disk brings, and what only some commands note.
    let rare = ["panic", "note"];
    let named: Vec<String> = manual("| event | ").into_iter().filter(|event| !rare.contains(&event.as_str())).collect();
    let missing: Vec<&String> = named.iter().filter(|event| !seen.contains(*event)).collect();
    assert!(missing.is_empty(), "events of the manual that nothing told: {missing:?}");
}

#[test]
fn without_json_nothing_is_logged() {
    let project = chinese();
    let done = project.tierwright(&["run"]).expect(0);
    let (head, found) = done.err.split_once('\n').unwrap();
    assert_eq!(head, "客户分级: as-of 2018-01-01 (of the project file), cycle FY2017");
    assert!(found.starts_with("warning[missing-value]: ") && found.ends_with("\n1 warning\n"), "{found}");
    let done = project.tierwright(&["verify", "ffff0000"]).expect(2);
    assert!(done.err.starts_with("error[usage]: no committed run `ffff0000`"), "{}", done.err);
    let done = project.tierwright(&["runs"]).expect(0);
    assert_eq!(done.err, "");
}
