//! What later runs may rely on: prior decisions that are what was committed, years that are told, standings and paths that are those of everybody.

use crate::cycles::{rows, texts};
use crate::project::{Done, Project, files};
use std::fs;
use std::path::PathBuf;

const TIER: &str = "fn tier(c) {
    let points = c.points + 0.0; // allow: missing-value
    #{ tier: if points > 5.0 { \"high\" } else if points > 2.0 { \"mid\" } else { \"low\" }, value: points, p: c.prior?.tier ?? \"()\", n: c.decisions.len() }
}
";

fn project(more: &str) -> Project {
    let head =
        "name: p\ncustomer: customers\nsteps: [tier]\ndecision: { order: [low, mid, high], earlier: decisions }\n";
    let project = Project::new(&[
        ("tierwright.yaml", &format!("{head}{more}")),
        (
            "datasets/customers.yaml",
            "source: customers.csv\ncolumns: { customer: { type: text, required: true }, points: float }\nkey: customer\n",
        ),
    ]);
    project.write("rules/tier.rhai", TIER);
    project
}

/// The run of a year in which customers have these points.
fn year(project: &Project, year: u16, points: &str) -> Done {
    project.write("datasets/customers.csv", &format!("customer,points\n{points}"));
    project.tierwright(&["run", "--as-of", &format!("{year}-04-01"), "--json"]).expect(0)
}

fn id(done: &Done) -> String {
    done.json()["record"]["run"].as_str().unwrap().to_owned()
}

fn folder(project: &Project, done: &Done) -> PathBuf {
    project.path(done.json()["folder"].as_str().unwrap())
}

const POINTS: &str = "A,9\nB,3\nC,1\n";

#[test]
fn decisions_that_were_changed_are_no_prior_ones() {
    let project = project("");
    let first = year(&project, 2016, POINTS);
    let second = id(&year(&project, 2017, POINTS));
    let folder = folder(&project, &first);
    let decisions =
        files(&folder).into_iter().map(|(name, _)| name).find(|name| name.starts_with("decisions")).unwrap();
    let bytes = fs::read(folder.join(&decisions)).unwrap();
    for at in [40, bytes.len() / 2, bytes.len() - 20] {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        fs::write(folder.join(&decisions), &changed).unwrap();
        for args in [&["run", "--as-of", "2017-03-01"][..], &["verify", &second], &["run", "--as-of", "2017-04-01"]] {
            let done = project.tierwright(args).expect(4);
            let told = format!("{decisions} was changed after it was committed");
            assert!(done.err.contains(&told) && !done.err.contains("defect"), "{args:?}: {}", done.err);
        }
    }
    fs::write(folder.join(&decisions), &bytes).unwrap();
    project.tierwright(&["verify", &second]).expect(0);
}

#[test]
fn a_run_is_all_of_its_files_and_no_other() {
    let project = project("");
    let first = year(&project, 2016, POINTS);
    let (run, folder) = (id(&first), folder(&project, &first));
    let told = |wanted: &str| {
        let done = project.tierwright(&["verify", &run]).expect(4);
        assert!(done.err.contains(wanted) && !done.err.contains("defect"), "{}", done.err);
    };
    let record = fs::read_to_string(folder.join("run.json")).unwrap();
    for (was, is) in [("\"decided\": 3", "\"decided\": 4"), ("2016-04-01", "2016-03-31")] {
        assert!(record.contains(was), "{record}");
        fs::write(folder.join("run.json"), record.replace(was, is)).unwrap();
        told("run.json was changed after it was committed");
    }
    fs::write(folder.join("run.json"), &record).unwrap();
    let decisions =
        files(&folder).into_iter().map(|(name, _)| name).find(|name| name.starts_with("decisions")).unwrap();
    let beside = folder.join(decisions.replace("part-0000", "part-0001"));
    fs::copy(folder.join(&decisions), &beside).unwrap();
    told("part-0001.parquet was put there after it was committed");
    fs::remove_file(&beside).unwrap();
    project.tierwright(&["verify", &run]).expect(0);
    // What is gone is not done.
    let done = project.tierwright(&["run", "--as-of", "2016-04-01"]).expect(0);
    assert!(done.out.contains("already"), "{}", done.out);
    fs::remove_file(folder.join(&decisions)).unwrap();
    let done = project.tierwright(&["run", "--as-of", "2016-04-01"]).expect(4);
    assert!(done.err.contains(&format!("{decisions} is gone")), "{}", done.err);
}

#[test]
fn other_bytes_of_a_data_file_are_another_run() {
    let project = project("");
    let first = year(&project, 2016, POINTS);
    // The same bytes written once more, then others of the same size, then the same again.
    let again = year(&project, 2016, POINTS);
    assert_eq!((id(&again), again.json()["outcome"].as_str()), (id(&first), Some("already done")));
    let other = year(&project, 2016, "A,8\nB,3\nC,1\n");
    assert_ne!(id(&other), id(&first));
    let back = year(&project, 2016, POINTS);
    assert_eq!((id(&back), back.json()["outcome"].as_str()), (id(&first), Some("already done")));
    let current = fs::read_to_string(project.path("out/p/CURRENT")).unwrap();
    assert!(current.contains(&id(&first)) && !current.contains(&id(&other)), "{current}");
}

#[test]
fn a_year_that_was_missed_is_told() {
    let project = project("");
    let first = id(&year(&project, 2016, POINTS));
    let done = year(&project, 2018, POINTS);
    let found = done.json()["findings"].clone();
    let text = found.to_string();
    assert!(text.contains("FY2016 was not decided, so that everybody counts as new; FY2015 was, by run"), "{text}");
    assert!(text.contains(&format!("`--prior {first}`")), "{text}");
    // It does not follow from what the run is, and is no part of it.
    let record = fs::read_to_string(folder(&project, &done).join("run.json")).unwrap();
    assert!(!record.contains("was not decided"), "{record}");
    project.tierwright(&["verify", &id(&done)]).expect(0);
    let named = project.tierwright(&["run", "--as-of", "2018-04-01", "--prior", &first, "--json"]).expect(0);
    assert_eq!(named.json()["findings"], serde_json::json!([]));
}

#[test]
fn a_key_may_have_another_name() {
    let project = project("");
    year(&project, 2016, POINTS);
    let manifest = fs::read_to_string(project.path("datasets/customers.yaml")).unwrap();
    project.write(
        "datasets/customers.yaml",
        &manifest.replace("customer: {", "kunde: {").replace("key: customer", "key: kunde"),
    );
    project.write("datasets/customers.csv", "kunde,points\nA,9\nB,3\nC,1\n");
    let done = project.tierwright(&["run", "--as-of", "2017-04-01", "--json"]).expect(0);
    let said = done.json()["findings"].to_string();
    assert!(said.contains("the key `kunde` was named `customer` in the prior run"), "{said}");
    let mut decided = texts(&rows(&folder(&project, &done).join("decisions")), &["kunde", "p", "n", "move"]);
    decided.sort();
    assert_eq!(decided, ["A high 1 same", "B mid 1 same", "C low 1 same"]);
    project.tierwright(&["verify", &id(&done)]).expect(0);
    // A key of another type is another key.
    project.write("datasets/customers.yaml", &manifest.replace("customer: { type: text", "customer: { type: int"));
    project.write("datasets/customers.csv", "customer,points\n1,9\n2,3\n");
    let done = project.tierwright(&["run", "--as-of", "2017-04-01"]).expect(1);
    assert!(done.err.contains("give the key the type that it had, or begin anew: `--prior none`"), "{}", done.err);
}

#[test]
fn decisions_of_a_later_year_are_no_prior_ones() {
    let project = project("");
    year(&project, 2016, POINTS);
    let later = id(&year(&project, 2017, POINTS));
    let done = project.tierwright(&["run", "--as-of", "2016-04-01", "--prior", &later]).expect(1);
    assert!(done.err.contains("is of FY2016, which comes after FY2015"), "{}", done.err);
    let done = project.tierwright(&["run", "--as-of", "2017-03-01", "--cycle", "FY2016", "--prior", &later]).expect(0);
    assert!(done.err.contains("is of FY2016 itself"), "{}", done.err);
}

#[test]
fn who_merges_has_the_path_of_the_decision_that_was_taken() {
    let project = project(
        "undetermined: { at_most: 0.9 }\naliases: { table: renames, old: old_key, new: new_key, from: since, merge: higher }\n",
    );
    project.write(
        "datasets/renames.yaml",
        "source: renames.csv\nempty: allowed\ncolumns: { old_key: { type: text, required: true }, new_key: { type: text, required: true }, since: { type: date, required: true } }\n",
    );
    let renames = |rows: &str| project.write("datasets/renames.csv", &format!("old_key,new_key,since\n{rows}"));
    renames("");
    year(&project, 2015, "A,\nB,4\nD,9\nX,1\n");
    renames("D,E,2015-06-01\n");
    year(&project, 2016, "A,3\nB,1\nX,1\n");
    renames("B,A,2016-06-01\nD,E,2015-06-01\n");
    let done = year(&project, 2017, "A,3\nE,9\nX,1\n");
    // A was undetermined in FY2014, and what B was then is not its past. Nobody but D became E.
    let history = rows(&folder(&project, &done).join("history.parquet"));
    let wanted = ["A FY2015 mid", "E FY2014 high", "X FY2014 low", "X FY2015 low"];
    assert_eq!(texts(&history, &["customer", "decided_cycle", "tier"]), wanted);
    let decided = rows(&folder(&project, &done).join("decisions"));
    let mut decided = texts(&decided, &["customer", "n"]);
    decided.sort();
    assert_eq!(decided, ["A 1", "E 1", "X 2"]);
}

#[test]
fn nobody_may_come_to_the_tier() {
    for (points, more) in [("A,\n", ""), ("A,\nB,\nC,\n", "undetermined: { at_most: 1.0 }\n")] {
        let project = project(more);
        let file = fs::read_to_string(project.path("tierwright.yaml")).unwrap();
        project.write("tierwright.yaml", &file.replace("steps: [tier]", "steps: [score, tier]"));
        project.write("rules/score.rhai", "fn score(c) { #{ score: c.points * 2.0 } } // allow: missing-value\n");
        for engine in [&["--threads", "2"][..], &["--engine", "interpret", "--force"]] {
            project.write("datasets/customers.csv", &format!("customer,points\n{points}"));
            let done =
                project.tierwright(&[&["run", "--as-of", "2016-04-01", "--json"][..], engine].concat()).expect(0);
            assert_eq!(done.json()["record"]["counts"]["decided"].as_u64(), Some(0), "{}", done.out);
        }
    }
}

#[test]
fn an_outlook_that_changes_nothing_moves_nobody() {
    let project = Project::new(&[
        (
            "tierwright.yaml",
            "name: p\ncustomer: customers\nsteps: [value, tier]\ndecision: { order: [low, high] }\nundetermined: { at_most: 0.5 }\n\
             strategic_plan: { years: 2, outlook: outlook }\n",
        ),
        (
            "datasets/customers.yaml",
            "source: customers.csv\ncolumns: { customer: { type: text, required: true }, points: { type: float, required: true }, grade: float }\nkey: customer\n",
        ),
        ("datasets/customers.csv", "customer,points,grade\nA,10,1\nB,20,\nC,30,1\nD,40,\nE,50,1\nF,60,1\n"),
        (
            "rules/value.rhai",
            "fn value(c) { let r = pct_rank(c.points); r * 100.0 * c.grade } // allow: missing-value\n",
        ),
        ("rules/tier.rhai", "fn tier(c) { if c.value >= 75.0 { \"high\" } else { \"low\" } }\n"),
        ("rules/outlook.rhai", "fn outlook(c) { #{ points: c.points } }\n"),
    ]);
    // B and D fail in the step that ranks them, this year and in those to come.
    for engine in ["local", "interpret"] {
        let done = project
            .tierwright(&["run", "--phase", "SP", "--as-of", "2017-04-01", "--json", "--engine", engine, "--force"])
            .expect(0);
        let found = rows(&folder(&project, &done).join("scenarios/customers.parquet"));
        let of = |year: &str| {
            let own: Vec<_> = found.iter().filter(|row| row["year"] == year).cloned().collect();
            texts(&own, &["customer", "tier", "value"])
        };
        assert_eq!(of("0"), ["A low 0.0", "B - -", "C low 40.0", "D - -", "E high 80.0", "F high 100.0"]);
        assert_eq!((of("1"), of("2")), (of("0"), of("0")));
    }
}
