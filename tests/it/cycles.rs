//! Several planning years one after the other: rules that hold a tier, keys that change, the roster's turnover.

use crate::project::{Project, files};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

const GUIDE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/cycles.md");

/// The block of the guide that begins with this word.
fn block(kind: &str) -> String {
    let text = fs::read_to_string(GUIDE).unwrap();
    let at = text.find(&format!("```{kind}\n")).unwrap_or_else(|| panic!("no block `{kind}`"));
    text[at..].lines().skip(1).take_while(|line| *line != "```").map(|line| format!("{line}\n")).collect()
}

/// A project whose customers have a value of their own each year, in `datasets/customers.csv`.
fn project(more: &str, columns: &str) -> Project {
    let decision = format!("decision: {{ order: [general, partner, strategic]{columns} }}\n");
    let head = "name: p\ncustomer: customers\nsteps: [tier]\n";
    let project = Project::new(&[
        ("tierwright.yaml", &format!("{head}{decision}undetermined: {{ at_most: 0.5 }}\n{more}")),
        (
            "datasets/customers.yaml",
            "source: { path: customers.csv, format: csv }\ncolumns: { customer: text, value: float }\nkey: customer\n",
        ),
    ]);
    project.write("rules/tier.rhai", &block("rhai cycles rules/tier.rhai"));
    project.write("rules/parameters.yaml", &block("yaml cycles rules/parameters.yaml"));
    project
}

fn year(project: &Project, year: u16, rows: &[(&str, &str)]) -> crate::project::Done {
    let rows: String = rows.iter().map(|(key, value)| format!("{key},{value}\n")).collect();
    project.write("datasets/customers.csv", &format!("customer,value\n{rows}"));
    project.tierwright(&["run", "--as-of", &format!("{year}-04-01"), "--json"])
}

fn folder(done: &crate::project::Done, project: &Project) -> PathBuf {
    project.path(done.json()["folder"].as_str().unwrap())
}

/// Rows of a Parquet file, or of all files below a folder: texts by column, `-` for a missing one. Folders' values are no columns.
pub fn rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    let mut paths = vec![path.to_owned()];
    if path.is_dir() {
        paths = files(path).into_iter().map(|(name, _)| path.join(name)).collect();
    }
    let mut found = Vec::new();
    for path in paths {
        let reader = SerializedFileReader::new(File::open(&path).unwrap()).unwrap();
        for row in reader.get_row_iter(None).unwrap() {
            let text = |field: &Field| match field {
                Field::Null => "-".to_owned(),
                Field::Str(text) => text.clone(),
                Field::Double(number) => format!("{number:?}"),
                other => other.to_string(),
            };
            found.push(row.unwrap().get_column_iter().map(|(name, field)| (name.clone(), text(field))).collect());
        }
    }
    found
}

/// Some columns of rows, joined by blanks.
pub fn texts(rows: &[BTreeMap<String, String>], columns: &[&str]) -> Vec<String> {
    let line = |row: &BTreeMap<String, String>| columns.iter().map(|c| row[*c].as_str()).collect::<Vec<_>>().join(" ");
    rows.iter().map(line).collect()
}

/// The tier of each customer in a run.
fn tiers(folder: &Path) -> BTreeMap<String, String> {
    let rows = rows(&folder.join("profile"));
    rows.into_iter().map(|row| (row["customer"].clone(), row["tier"].clone())).collect()
}

#[test]
fn the_guide_s_rules_hold_a_tier_as_the_guide_says() {
    let project = project("", ", read_back: { weak_cycles: int }");
    let table = block("csv cycles expected");
    let cases: Vec<Vec<Vec<&str>>> =
        table.lines().skip(1).map(|line| line.split(',').map(|cell| cell.split(' ').collect()).collect()).collect();
    let names: Vec<String> = cases.iter().map(|case| case[0].join(" ")).collect();
    assert_eq!(names.len(), 6);
    for cycle in 0..8 {
        let values: Vec<(&str, &str)> =
            names.iter().zip(&cases).map(|(name, case)| (name.as_str(), case[1][cycle])).collect();
        let done = year(&project, 2011 + cycle as u16, &values).expect(0);
        let tiers = tiers(&folder(&done, &project));
        for (name, case) in names.iter().zip(&cases) {
            assert_eq!(tiers[name], case[2][cycle], "{name}, cycle {cycle}");
        }
    }
    // An account that swings changes its tier once.
    for case in &cases[..2] {
        assert_eq!(case[2].windows(2).filter(|pair| pair[0] != pair[1]).count(), 1);
    }
}

#[test]
fn since_when_and_what_was_before_is_known() {
    let project = project("", ", read_back: { weak_cycles: int }, earlier: decisions");
    project.write(
        "rules/seen.rhai",
        "fn seen(c) {
    #{
        held_since: c.prior?.since,
        held_cycles: c.prior?.cycles,
        decided_in: c.prior?.cycle,
        known: c.decisions.len(),
        best: c.decisions.map(|d| d.value).known().max(),
        first: c.decisions.first()?.tier,
        was_general: c.decisions.some(|d| d.tier == \"general\"),
        latest: c.decisions.map(|d| d.as_of).max(),
    }
}
",
    );
    let text = fs::read_to_string(project.path("tierwright.yaml")).unwrap();
    project.write("tierwright.yaml", &text.replace("steps: [tier]", "steps: [tier, seen]"));
    year(&project, 2016, &[("甲", "10"), ("b", "61")]).expect(0);
    year(&project, 2017, &[("甲", "65"), ("b", "")]).expect(0);
    year(&project, 2018, &[("甲", "66"), ("b", "62"), ("c", "80")]).expect(0);
    let done = year(&project, 2019, &[("甲", "67"), ("b", "64"), ("c", "81"), ("d", "1")]).expect(0);
    let folder = folder(&done, &project);
    let seen = rows(&folder.join("profile"));
    let columns =
        ["customer", "held_since", "held_cycles", "decided_in", "known", "best", "first", "was_general", "latest"];
    assert_eq!(
        texts(&seen, &columns),
        [
            // Undetermined in 2017: it counts in no row and breaks none.
            "b 2016-04-01 2 FY2017 2 62.0 partner false 2018-04-01",
            "c 2018-04-01 1 FY2017 1 80.0 strategic false 2018-04-01",
            "d - - - 0 - - false -",
            "甲 2017-04-01 2 FY2017 3 66.0 general true 2018-04-01",
        ]
    );
    let decided = rows(&folder.join("decisions"));
    let mut decided = texts(&decided, &["customer", "decided_since", "decided_cycles", "decided_cycle"]);
    decided.sort();
    assert_eq!(
        decided,
        ["b 2016-04-01 3 FY2018", "c 2018-04-01 2 FY2018", "d 2019-04-01 1 FY2018", "甲 2017-04-01 3 FY2018"]
    );
    let history = rows(&folder.join("history.parquet"));
    assert_eq!(
        texts(&history, &["customer", "decided_cycle", "as_of", "tier", "value"]),
        [
            "b FY2015 2016-04-01 partner 61.0",
            "b FY2017 2018-04-01 partner 62.0",
            "c FY2017 2018-04-01 strategic 80.0",
            "甲 FY2015 2016-04-01 general 10.0",
            "甲 FY2016 2017-04-01 partner 65.0",
            "甲 FY2017 2018-04-01 partner 66.0",
        ]
    );
    // Interpreted and at another number of threads: the same bytes.
    let run = done.json()["record"]["run"].as_str().unwrap().to_owned();
    project.tierwright(&["verify", &run, "--engine", "interpret", "--threads", "1"]).expect(0);
}

/// A project with a table of changed keys; the last column is what `aliases` says beside the columns.
fn renamed(merge: &str) -> Project {
    let aliases = format!("aliases: {{ table: renames, old: old_key, new: new_key, from: since{merge} }}\n");
    let project = project(&aliases, ", read_back: { weak_cycles: int }, earlier: decisions");
    write_renames(&project);
    project
}

/// Writes a table of changed keys that has no rows yet.
pub fn write_renames(project: &Project) {
    project.write(
        "datasets/renames.yaml",
        "source: { path: renames.csv, format: csv }
empty: allowed
columns:
  old_key: { type: text, required: true }
  new_key: { type: text, required: true }
  since: { type: date, required: true }
",
    );
    project.write("datasets/renames.csv", "old_key,new_key,since\n");
}

#[test]
fn decisions_follow_customers_whose_keys_change() {
    let project = renamed("");
    let before = [("a", "80"), ("b", "62"), ("c", "10"), ("d", "63"), ("e", "90"), ("f", "77"), ("合", "61")];
    year(&project, 2016, &before).expect(0);
    year(&project, 2017, &before).expect(0);
    project.write(
        "datasets/renames.csv",
        "old_key,new_key,since
a,a2,2016-07-01
a2,a3,2017-08-01
b,合,2017-12-31
c,合,2017-12-31
d,d2,2018-04-01
e,e2,2018-03-31
f,f2,2017-05-01
nobody,x,2017-05-01
",
    );
    // a is a3 now; b and c are part of 合; d is renamed only from the as-of date on; e2 is nobody; f is here still.
    let now = [("a3", "70"), ("合", "55"), ("d", "63"), ("f", "77"), ("f2", "1")];
    let done = year(&project, 2018, &now).expect(0);
    assert!(done.out.contains("alias-kept"), "{}", done.out);
    let folder = folder(&done, &project);
    let tiers = tiers(&folder);
    // Held in their first weak cycle, which they could not be without what they had before.
    let expected = [("a3", "strategic"), ("d", "partner"), ("f", "strategic"), ("f2", "general"), ("合", "partner")];
    assert_eq!(tiers.iter().map(|(k, t)| (k.as_str(), t.as_str())).collect::<Vec<_>>(), expected);
    let aliases = rows(&folder.join("aliases.parquet"));
    assert_eq!(
        texts(&aliases, &["old_key", "new_key", "from", "effect", "taken", "tier", "value", "decided_cycle"]),
        [
            "a a3 2016-07-01 renamed true strategic 80.0 FY2016",
            "a2 a3 2017-08-01 unused false - - -",
            "d d2 2018-04-01 later false - - -",
            "e e2 2018-03-31 gone false strategic 90.0 FY2016",
            "f f2 2017-05-01 kept true strategic 77.0 FY2016",
            "nobody x 2017-05-01 unused false - - -",
            "合 合 - merged false partner 61.0 FY2016",
            "b 合 2017-12-31 merged true partner 62.0 FY2016",
            "c 合 2017-12-31 merged false general 10.0 FY2016",
        ]
    );
    let record = &done.json()["record"];
    let moved = |word: &str| -> i64 {
        let moves = record["moves"].as_array().unwrap().iter().filter(|m| m["move"] == word);
        moves.map(|m| m["customers"].as_i64().unwrap()).sum()
    };
    assert_eq!((moved("merged"), moved("gone"), moved("new"), moved("same")), (2, 1, 1, 4));
    // Every customer of the cycle before is somewhere.
    let from: i64 = record["moves"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|m| !m["from"].is_null())
        .map(|m| m["customers"].as_i64().unwrap())
        .sum();
    assert_eq!(from, 7);
    // A reader that takes columns from folders named `cycle=FY2017` hides none of the files' own.
    for file in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
        if file.extension().is_some_and(|end| end == "parquet") {
            assert!(rows(&file).iter().all(|row| !row.contains_key("cycle")), "{}", file.display());
        }
    }
    // One decision for each customer and cycle, under the keys of now, also of those who are gone.
    let history = rows(&folder.join("history.parquet"));
    let keys = ["a3", "a3", "d", "d", "e2", "e2", "f", "f", "合", "合"];
    assert_eq!(texts(&history, &["customer"]), keys);
    assert_eq!(
        texts(&history[8..], &["decided_cycle", "tier", "value"]),
        ["FY2015 partner 62.0", "FY2016 partner 62.0"]
    );
    let decided = rows(&folder.join("decisions"));
    let tenure: Vec<String> = texts(&decided, &["customer", "decided_since", "decided_cycles"]);
    assert!(tenure.contains(&"a3 2016-04-01 3".to_owned()), "{tenure:?}");
    let run = record["run"].as_str().unwrap();
    project.tierwright(&["verify", run, "--threads", "1", "--engine", "interpret"]).expect(0);
    // The migration knows customers by their keys of now: f2 came, e left, and whoever merged is one customer.
    let flow = project.tierwright(&["migration", "--json"]).expect(0).json();
    let of = |name: &str| flow["matrix"][name].as_i64();
    assert_eq!((of("entries"), of("exits")), (Some(1), Some(1)), "{flow}");
    // So does the difference of two runs.
    let runs = project.tierwright(&["runs", "--json"]).expect(0).json();
    let id = |cycle: &str| {
        let of = runs["runs"].as_array().unwrap().iter().find(|run| run["cycle"] == cycle).unwrap();
        of["run"].as_str().unwrap().to_owned()
    };
    let found = project.tierwright(&["diff", &id("FY2016"), run, "--json"]).expect(0).json();
    assert_eq!((found["renamed"].as_i64(), found["merged"].as_i64()), (Some(3), Some(2)), "{found}");
    let whole = &found["whole"]["comparison"];
    assert_eq!((whole["new"].as_i64(), whole["gone"].as_i64()), (Some(1), Some(1)), "{whole}");
    assert_eq!((whole["up"].as_i64(), whole["down"].as_i64()), (Some(0), Some(0)), "{whole}");
    // Over two years the keys that the runs between found changed are followed, too.
    let found = project.tierwright(&["diff", &id("FY2015"), run]).expect(0).out;
    assert!(found.contains("3 customers with another one, 2 became part of another customer"), "{found}");
    let said = project.tierwright(&["run", "--as-of", "2018-04-01", "--dry-run"]).expect(0).out;
    assert!(said.contains("aliases of keys: 1 renamed, 2 merged, 1 kept, 1 gone, 2 unused, 1 later\n"), "{said}");
}

#[test]
fn a_merger_takes_what_the_project_says() {
    for (merge, value) in [("", "90.0"), (", merge: lower", "10.0"), (", merge: own", "62.0")] {
        let project = renamed(merge);
        year(&project, 2016, &[("a", "90"), ("b", "62"), ("c", "10")]).expect(0);
        project.write("datasets/renames.csv", "old_key,new_key,since\na,b,2016-07-01\nc,b,2016-07-01\n");
        let done = year(&project, 2017, &[("b", "64")]).expect(0);
        let aliases = rows(&folder(&done, &project).join("aliases.parquet"));
        let taken: Vec<_> = aliases.iter().filter(|row| row["taken"] == "true").collect();
        assert_eq!((taken.len(), taken[0]["value"].as_str()), (1, value), "{merge}");
    }
}

#[test]
fn keys_that_contradict_each_other_fail_the_run() {
    for (table, told) in [
        ("a,x,2016-07-01\na,y,2016-08-01\n", "gives the key `a` two new keys"),
        ("a,x,2016-07-01\nx,y,2016-08-01\ny,a,2016-09-01\n", "leads back to itself"),
    ] {
        let project = renamed("");
        year(&project, 2016, &[("a", "90")]).expect(0);
        project.write("datasets/renames.csv", &format!("old_key,new_key,since\n{table}"));
        let done = year(&project, 2017, &[("x", "64")]).expect(1);
        assert!(done.out.contains("alias-conflict") && done.out.contains(told), "{}", done.out);
    }
}

#[test]
fn a_table_of_aliases_that_says_too_little_is_refused() {
    let project = renamed("");
    let manifest = fs::read_to_string(project.path("datasets/renames.yaml")).unwrap();
    for (from, to, told) in [
        ("old_key: { type: text, required: true }", "old_key: text", "`old_key` may be missing"),
        ("since: { type: date, required: true }", "since: text", "`since` of the aliases is text; it must be date"),
        ("new_key: {", "new: {", "the table `renames` has no column `new_key`"),
    ] {
        project.write("datasets/renames.yaml", &manifest.replace(from, to));
        let done = project.tierwright(&["check"]).expect(2);
        assert!(done.err.contains(told), "{}", done.err);
    }
}

#[test]
fn a_turnover_above_the_budget_is_told_or_fails() {
    let rows_of =
        |done: &crate::project::Done, project: &Project| rows(&folder(done, project).join("turnover.parquet"));
    for (over, status) in [("report", 0), ("fail", 1)] {
        let budget = format!("turnover: {{ tiers: [partner, strategic], at_most: 0.25, over: {over} }}\n");
        let project = project(&budget, ", read_back: { weak_cycles: int }");
        let first = year(&project, 2016, &[("a", "80"), ("b", "61"), ("c", "62"), ("d", "10"), ("e", "63")]).expect(0);
        assert!(first.json()["record"]["turnover"].is_null());
        // Nobody leaves but who is gone: b is undetermined and keeps its place, c is weak for the first time.
        let calm = year(&project, 2017, &[("a", "80"), ("b", ""), ("c", "5"), ("d", "10")]).expect(0);
        let figures = calm.json()["record"]["turnover"].clone();
        assert_eq!((figures["before"].as_i64(), figures["now"].as_i64()), (Some(4), Some(3)));
        assert_eq!(figures["turnover"].as_f64(), Some(1.0 / 7.0));
        assert_eq!(
            texts(&rows_of(&calm, &project), &["customer", "change", "move", "from_tier", "to_tier", "prior_value"]),
            ["e left gone partner - 63.0"]
        );
        let wild = [("a", "80"), ("b", "61"), ("d", "99"), ("f", "99"), ("g", "99")];
        let done = year(&project, 2018, &wild).expect(status);
        assert!(
            done.err.contains("turnover-budget") || done.out.contains("turnover-budget"),
            "{}{}",
            done.err,
            done.out
        );
        // c left; d, f and g entered: 4 of 3 before and 5 now.
        let answer = done.json();
        let told = answer["findings"].as_array().unwrap().iter().find(|f| f["id"] == "turnover-budget").unwrap();
        assert!(
            told["message"].as_str().unwrap().starts_with("50.0 % of the roster of partner and strategic"),
            "{told}"
        );
        let listed = rows(&project.path(answer["folder"].as_str().unwrap()).join("turnover.parquet"));
        assert_eq!(
            texts(&listed, &["customer", "change", "move", "from_tier", "to_tier"]),
            [
                "d entered up general strategic",
                "f entered new - strategic",
                "g entered new - strategic",
                "c left gone partner -"
            ]
        );
    }
}

#[test]
fn a_prior_run_of_an_earlier_version_counts_from_now_on() {
    let project = project("", ", read_back: { weak_cycles: int }");
    let done = year(&project, 2016, &[("a", "80")]).expect(0);
    // As that version wrote it: without the two columns.
    let record = folder(&done, &project).join("run.json");
    let mut text: serde_json::Value = serde_json::from_str(&fs::read_to_string(&record).unwrap()).unwrap();
    let columns = text["columns"].as_array_mut().unwrap();
    columns.retain(|c| !matches!(c["from"].as_str(), Some("decided_since" | "decided_cycles")));
    fs::write(&record, text.to_string()).unwrap();
    let done = year(&project, 2017, &[("a", "80")]).expect(0);
    assert!(done.out.contains("does not say since when tiers are held"), "{}", done.out);
    let decided = rows(&folder(&done, &project).join("decisions"));
    assert_eq!(texts(&decided, &["decided_since", "decided_cycles", "prior_tier"]), ["- - strategic"]);
}

#[test]
fn prior_tiers_that_are_none_any_more_are_told() {
    let project = project("turnover: { tiers: [strategic], at_most: 0.9 }\n", ", read_back: { weak_cycles: int }");
    year(&project, 2017, &[("a", "90"), ("b", "10"), ("c", "90")]).expect(0);
    let text = fs::read_to_string(project.path("tierwright.yaml")).unwrap();
    project.write("tierwright.yaml", &text.replace("strategic]", "关键]"));
    let rules = fs::read_to_string(project.path("rules/tier.rhai")).unwrap();
    project.write("rules/tier.rhai", &rules.replace("2 => \"strategic\"", "2 => \"关键\""));
    let done = year(&project, 2018, &[("a", "90"), ("b", "10"), ("c", "90")]).expect(0);
    let found = done.json()["findings"].to_string();
    assert!(
        found.contains("2 customers with a tier before that `decision: order:` does not have: `strategic`"),
        "{found}"
    );
}
