//! What holds of an output folder at any moment, whoever was ended while writing to it.

use crate::project::{files, list};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What readers see in an output folder.
#[derive(Debug, PartialEq, Eq)]
pub struct Seen {
    /// Committed runs.
    pub runs: BTreeSet<String>,
    /// The runs that became current, the newest last.
    pub history: Vec<String>,
    /// The runs that are current by CURRENT.
    pub current: BTreeSet<String>,
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

fn entries(folder: &Path) -> Vec<std::path::PathBuf> {
    if folder.exists() { list(folder) } else { Vec::new() }
}

/// Fails unless a run's folder holds its record, the timings, every file that the record names, as it names it, and
/// nothing else.
#[track_caller]
fn run_is_whole(folder: &Path, status: &str) {
    let record: Value = serde_json::from_str(&text(&folder.join("run.json"))).unwrap();
    assert_eq!(record["status"], status, "{}", folder.display());
    assert_eq!(record["run"], name(folder).as_str());
    let outputs = record["outputs"].as_array().unwrap();
    assert!(outputs.len() >= 3, "{}", folder.display());
    for output in outputs {
        let bytes = fs::read(folder.join(output["path"].as_str().unwrap())).unwrap();
        assert_eq!(output["bytes"], bytes.len(), "{}", output["path"]);
        assert_eq!(output["hash"], blake3::hash(&bytes).to_hex().as_str(), "{}", output["path"]);
    }
    assert_eq!(files(folder).len(), outputs.len() + 1, "{}", folder.display());
    serde_json::from_str::<Value>(&text(&folder.join("timings.json"))).unwrap();
}

/// What readers see, if everything that they may open is whole: each run, committed or failed, each line of the history,
/// CURRENT, and all that these name.
#[track_caller]
pub fn whole(base: &Path) -> Seen {
    let mut runs = BTreeSet::new();
    for cycle in entries(&base.join("runs")) {
        for run in list(&cycle) {
            run_is_whole(&run, "committed");
            runs.insert(name(&run));
        }
    }
    entries(&base.join("failed")).iter().for_each(|run| run_is_whole(run, "failed"));
    let lines = if base.join("history.jsonl").exists() { text(&base.join("history.jsonl")) } else { String::new() };
    assert!(lines.is_empty() || lines.ends_with('\n'), "half a line: {lines}");
    let history = lines.lines().map(|line| {
        let entry: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        entry["run"].as_str().unwrap().to_owned()
    });
    let history: Vec<String> = history.collect();
    let mut current = BTreeSet::new();
    if base.join("CURRENT").exists() {
        let file: Value = serde_json::from_str(&text(&base.join("CURRENT"))).unwrap();
        let named = file["current"].as_array().unwrap().iter().map(|slot| slot["run"].as_str().unwrap().to_owned());
        current.extend(named);
    }
    for run in history.iter().chain(&current) {
        assert!(runs.contains(run), "{run} is named and not there");
    }
    Seen { runs, history, current }
}

/// Fails unless nothing is left of what was staged.
#[track_caller]
pub fn nothing_staged(base: &Path, when: &str) {
    assert!(entries(&base.join(".staging")).is_empty(), "{when}");
}

/// All files of an output folder with their bytes, without what differs from run to run: timings, the lock's holder, the
/// times of the history.
pub fn settled(base: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = files(base);
    found.retain(|(path, _)| path != ".lock");
    for (_, bytes) in found.iter_mut().filter(|(path, _)| path == "history.jsonl") {
        let without_time = |line: &str| {
            let mut entry: Value = serde_json::from_str(line).unwrap();
            entry.as_object_mut().unwrap().shift_remove("at").unwrap();
            format!("{entry}\n")
        };
        *bytes = std::str::from_utf8(bytes).unwrap().lines().map(without_time).collect::<String>().into_bytes();
    }
    found
}

/// Fails unless two folders hold the same files with the same bytes; says which do not.
#[track_caller]
pub fn same(found: &[(String, Vec<u8>)], wanted: &[(String, Vec<u8>)], when: &str) {
    let names = |tree: &[(String, Vec<u8>)]| tree.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
    assert_eq!(names(found), names(wanted), "{when}");
    let differ: Vec<&str> = found.iter().zip(wanted).filter(|(a, b)| a != b).map(|(a, _)| a.0.as_str()).collect();
    assert!(differ.is_empty(), "{when}: {differ:?}");
}
