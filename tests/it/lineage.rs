//! OpenLineage events of runs.
//!
//! The events are built with the classes of the Python package `openlineage-python`, where `TIERWRIGHT_PYTHON` (or
//! `python3`) has it; without it that test is skipped and says so. `.ci/run` installs it.

use crate::bytes::skipped;
use crate::project::{Project, chinese};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

/// The events of a file, each with what every event must have.
#[track_caller]
fn events(project: &Project) -> Vec<Value> {
    let text = fs::read_to_string(project.path("events.jsonl")).unwrap();
    assert!(text.ends_with('\n'));
    let event = |line: &str| {
        let event: Value = serde_json::from_str(line).unwrap();
        assert!(event["eventTime"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
        assert_eq!(event["schemaURL"], "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent");
        assert!(event["producer"].as_str().unwrap().starts_with("urn:tierwright:"));
        assert_eq!(event["job"]["namespace"], "tierwright");
        assert_eq!(event["job"]["facets"]["jobType"]["processingType"], "BATCH");
        event
    };
    text.lines().map(event).collect()
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["eventType"].as_str().unwrap()).collect()
}

fn run_ids(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["run"]["runId"].as_str().unwrap()).collect()
}

#[track_caller]
fn dataset<'e>(event: &'e Value, side: &str, end: &str) -> &'e Value {
    let mut all = event[side].as_array().unwrap().iter();
    all.find(|set| set["name"].as_str().unwrap().ends_with(end)).unwrap_or_else(|| panic!("no {end}: {event:#}"))
}

const ASKED: [&str; 3] = ["run", "--openlineage", "events.jsonl"];

#[test]
fn a_run_says_what_it_read_and_wrote() {
    let project = chinese();
    project.tierwright(&["run", "--as-of", "2017-04-01"]).expect(0);
    let answer = project.tierwright(&[&ASKED[..], &["--json"]].concat()).expect(0).json();
    let all = events(&project);
    assert_eq!(kinds(&all), ["START", "COMPLETE"]);
    assert_eq!(run_ids(&all)[0], run_ids(&all)[1]);
    assert_eq!(answer["openlineage"]["run"], run_ids(&all)[0]);
    assert_eq!(answer["openlineage"]["error"], Value::Null);
    for event in &all {
        assert_eq!(event["job"]["name"], "客户分级");
        let nominal = &event["run"]["facets"]["nominalTime"];
        // Midnights of Shanghai.
        assert_eq!(nominal["nominalStartTime"], "2017-03-31T16:00:00Z");
        assert_eq!(nominal["nominalEndTime"], "2017-12-31T16:00:00Z");
    }
    let root = fs::canonicalize(project.path("")).unwrap();
    let (start, complete) = (&all[0], &all[1]);
    assert_eq!(start["outputs"], serde_json::json!([]));
    for event in [start, complete] {
        let input = dataset(event, "inputs", "/datasets/客户.csv");
        assert_eq!(input["name"], root.join("datasets/客户.csv").to_str().unwrap());
        assert_eq!(input["namespace"], "file");
        let fields = input["facets"]["schema"]["fields"].as_array().unwrap();
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|f| (f["name"].as_str().unwrap(), f["type"].as_str().unwrap())).collect();
        assert_eq!(fields[2], ("金额", "decimal(12,2)"));
        assert_eq!(fields.len(), 5);
    }
    assert_eq!(dataset(start, "inputs", "客户.csv")["inputFacets"], Value::Null);
    let read = &dataset(complete, "inputs", "客户.csv")["inputFacets"]["inputStatistics"];
    let bytes = fs::metadata(project.path("datasets/客户.csv")).unwrap().len();
    assert_eq!((&read["rowCount"], &read["fileCount"]), (&7.into(), &1.into()));
    assert_eq!(read["size"], bytes);
    // The decisions of the cycle before are read, those of this one written, under one name.
    let prior = dataset(complete, "inputs", "/out/客户分级/decisions");
    assert_eq!(prior["facets"]["version"]["datasetVersion"], answer["record"]["identity"]["prior"]);
    let names: BTreeSet<&str> =
        complete["outputs"].as_array().unwrap().iter().map(|o| o["name"].as_str().unwrap()).collect();
    let base = root.join("out/客户分级");
    let wanted = [
        "decisions",
        "history",
        "migration",
        "profile",
        "quality",
        "quarantine",
        "summaries/按区域",
        "summary",
        "undetermined",
    ];
    let wanted: Vec<String> = wanted.iter().map(|name| base.join(name).to_str().unwrap().to_owned()).collect();
    assert_eq!(names, wanted.iter().map(String::as_str).collect());
    let decisions = dataset(complete, "outputs", "/decisions");
    assert_eq!(decisions["facets"]["version"]["datasetVersion"], answer["record"]["run"]);
    assert_eq!(decisions["name"], prior["name"]);
    let statistics = &decisions["outputFacets"]["outputStatistics"];
    assert_eq!((&statistics["rowCount"], &statistics["fileCount"]), (&6.into(), &3.into()));
    let fields = decisions["facets"]["schema"]["fields"].as_array().unwrap();
    let columns = answer["record"]["columns"].as_array().unwrap();
    let typed = |fields: &[Value]| -> BTreeSet<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        fields.iter().map(|field| (text(&field["name"]), text(&field["type"]))).collect()
    };
    assert_eq!(typed(fields), typed(columns));
    let place = decisions["facets"]["symlinks"]["identifiers"][0]["name"].as_str().unwrap();
    assert!(fs::metadata(place).unwrap().is_dir(), "{place}");
    let summary = dataset(complete, "outputs", "/summary")["facets"]["symlinks"]["identifiers"][0]["name"].as_str();
    assert!(fs::metadata(summary.unwrap()).unwrap().is_file(), "{summary:?}");
    // Again: another run of the job, with what is there.
    project.tierwright(&ASKED).expect(0);
    let again = events(&project);
    assert_eq!(kinds(&again), ["START", "COMPLETE", "START", "COMPLETE"]);
    assert_ne!(run_ids(&again)[2], run_ids(&again)[0]);
    assert_eq!(again[3]["outputs"], again[1]["outputs"]);
}

#[test]
fn a_run_that_fails_says_why() {
    let project = chinese();
    project.write("rules/价值.rhai", "fn 价值(c) {\n    c.金额 * days_between(c.开始, AS_OF).to_float() / (if c.更新 == () { 0.0 } else { 1.0 })\n}\n");
    project.tierwright(&ASKED).expect(1);
    let all = events(&project);
    assert_eq!(kinds(&all), ["START", "FAIL"]);
    let error = &all[1]["run"]["facets"]["errorMessage"];
    assert!(error["message"].as_str().unwrap().contains("error[too-many-undetermined]"), "{error}");
    assert_eq!(dataset(&all[1], "inputs", "客户.csv")["inputFacets"]["inputStatistics"]["rowCount"], 7);
    assert_eq!(all[1]["outputs"], serde_json::json!([]));
    // A rule that is none: there is no plan, and the job has the project's name all the same.
    project.write("rules/价值.rhai", "fn 价值(c) {");
    project.tierwright(&ASKED).expect(1);
    // A project that cannot be read: the job has the folder's name.
    project.write("tierwright.yaml", "name: [\n");
    project.tierwright(&ASKED).expect(2);
    let all = events(&project);
    assert_eq!(kinds(&all)[2..], ["START", "FAIL", "START", "FAIL"]);
    assert_eq!((&all[3]["job"]["name"], run_ids(&all)[2]), (&"客户分级".into(), run_ids(&all)[3]));
    let folder = fs::canonicalize(project.path("")).unwrap();
    assert_eq!(all[5]["job"]["name"], folder.file_name().unwrap().to_str().unwrap());
    assert!(all[5]["run"]["facets"]["errorMessage"]["message"].as_str().unwrap().contains("tierwright.yaml"));
}

#[test]
fn a_file_that_takes_no_events_loses_no_run() {
    let project = chinese();
    let done = project.tierwright(&["run", "--openlineage", "no/such/folder/events"]).expect(0);
    assert!(done.out.contains("committed out/客户分级/runs/cycle=FY2017/"), "{}", done.out);
    for kind in ["START", "COMPLETE"] {
        let warning =
            format!("warning: no OpenLineage event {kind}: cannot append to no/such/folder/events: No such file");
        assert!(done.err.contains(&warning), "{}", done.err);
    }
    let answer = project.tierwright(&["run", "--openlineage", "no/such/folder/events", "--json"]).expect(0).json();
    assert!(answer["openlineage"]["error"].as_str().unwrap().contains("no/such/folder/events"), "{answer}");
    let done = project.tierwright(&["run", "--openlineage", "-"]).expect(2);
    assert!(done.err.contains("name a file"), "{}", done.err);
    project.tierwright(&["run", "--dry-run", "--openlineage", "events.jsonl"]).expect(2);
    assert!(!project.path("events.jsonl").exists());
}

#[test]
fn databases_are_named_and_their_passwords_are_not() {
    let project = chinese();
    let table = "source: { format: postgres, connection: TW_LINEAGE, table: crm.orders }\ncolumns: { no: int, customer: text }\nkey: no\n";
    project.write("datasets/orders.yaml", table);
    let run = |url: Option<&str>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tierwright"));
        command.args(ASKED).current_dir(project.path("")).env_remove("TW_LINEAGE");
        url.into_iter().for_each(|url| {
            command.env("TW_LINEAGE", url);
        });
        assert_eq!(command.output().unwrap().status.code(), Some(1));
    };
    // Nobody listens there.
    run(Some("postgres://reader:s3cr3t%40x@127.0.0.1:9/sales?connect_timeout=1"));
    run(None);
    let text = fs::read_to_string(project.path("events.jsonl")).unwrap();
    assert!(!text.contains("s3cr3t"), "{text}");
    let all = events(&project);
    assert_eq!(kinds(&all), ["START", "FAIL", "START", "FAIL"]);
    let of = |event: &Value| {
        let set = dataset(event, "inputs", "crm.orders");
        format!("{} {}", set["namespace"].as_str().unwrap(), set["name"].as_str().unwrap())
    };
    assert_eq!(of(&all[1]), "postgres://127.0.0.1:9 sales.crm.orders");
    assert_eq!(of(&all[3]), "postgres:TW_LINEAGE crm.orders");
    assert!(all[1]["run"]["facets"]["errorMessage"]["message"].as_str().unwrap().contains("error[connection]"));
}

#[test]
fn events_are_what_the_package_of_openlineage_takes() {
    let python = std::env::var("TIERWRIGHT_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has = Command::new(&python).args(["-c", "import openlineage.client.generated.base"]).output();
    if !has.is_ok_and(|done| done.status.success()) {
        return skipped(&format!("{python} has no package openlineage-python"));
    }
    let project = chinese();
    project.tierwright(&["run", "--as-of", "2017-04-01", "--openlineage", "events.jsonl"]).expect(0);
    project.tierwright(&ASKED).expect(0);
    project.tierwright(&[&ASKED[..], &["--force"]].concat()).expect(0);
    project.write("rules/价值.rhai", "fn 价值(c) {");
    project.tierwright(&ASKED).expect(1);
    let task = "01890f5c-7b0a-7cc1-9d3e-0242ac120002";
    let started = |parent: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tierwright"));
        let command = command.args(ASKED).current_dir(project.path("")).env("OPENLINEAGE_PARENT_ID", parent);
        let done = command.env("OPENLINEAGE_NAMESPACE", "tierwright").output().unwrap();
        assert_eq!(done.status.code(), Some(1));
        String::from_utf8(done.stderr).unwrap()
    };
    started(&format!("airflow/grade_customers.run/{task}"));
    assert_eq!(events(&project)[9]["run"]["facets"]["parent"]["run"]["runId"], task);
    let check = |file: &str| {
        Command::new(&python)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/openlineage_events.py"))
            .arg(project.path(file))
            .output()
            .unwrap()
    };
    let done = check("events.jsonl");
    let said = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{said}");
    assert!(said.contains("10 events"), "{said}");
    let said = started("grade_customers");
    let warning =
        "warning: `OPENLINEAGE_PARENT_ID` is `grade_customers`, and names no run: write it as namespace/job/UUID";
    assert!(said.contains(warning), "{said}");
    assert!(events(&project)[11]["run"]["facets"]["parent"].is_null());
    // The check is one that can fail.
    let text = fs::read_to_string(project.path("events.jsonl")).unwrap();
    for (from, to) in [
        ("\"runId\":\"", "\"runId\":\"x"),
        ("\"nominalStartTime\"", "\"nominalStart\""),
        ("\"rowCount\":6", "\"rowCount\":\"6\""),
        ("NominalTimeRunFacet.json", "NominalTime.json"),
        ("\"eventType\":\"START\"", "\"eventType\":\"BEGIN\""),
    ] {
        assert!(text.contains(from), "{from}");
        project.write("wrong.jsonl", &text.replacen(from, to, 1));
        assert!(!check("wrong.jsonl").status.success(), "{to} passes");
    }
}
