//! Runs that are made to wait in their middle: a second run beside one, a lock whose process is gone, data that changes
//! between its reading and the commit.

use crate::child::{Act, Task, base};
use crate::killed::quick_folder;
use crate::project::{Project, chinese, list};
use crate::whole::whole;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, Instant};

/// The number of the last moment of a point.
fn last_moment(root: &Path, point: &str) -> u64 {
    let (out, trace) = (quick_folder(), quick_folder());
    let trace = trace.path().join("trace");
    let task = Task { root, out: out.path(), at: u64::MAX, act: Act::Hold, trace: &trace };
    assert!(task.start().wait().unwrap().success());
    let moments = task.moments();
    1 + moments.iter().rposition(|name| name == point).unwrap_or_else(|| panic!("{point}: {moments:?}")) as u64
}

#[test]
fn a_second_run_ends_at_once_and_names_the_first_and_a_dead_ones_lock_is_free() {
    let (project, out, trace) = (chinese(), quick_folder(), quick_folder());
    let (root, trace) = (project.path(""), trace.path().join("trace"));
    let at = last_moment(&root, "the lock is taken");
    let task = Task { root: &root, out: out.path(), at, act: Act::Hold, trace: &trace };
    let mut first = task.start();
    task.wait_held();
    let out = out.path().to_string_lossy().into_owned();
    let names = format!("process {} on ", first.id());
    for args in [&["run", "--out", &out][..], &["runs", "prune", "--keep", "1", "--out", &out]] {
        let begun = Instant::now();
        let done = project.tierwright(args).expect(3);
        assert!(begun.elapsed() < Duration::from_secs(10), "{args:?}: {:?}", begun.elapsed());
        assert!(done.err.contains(&names) && done.err.contains(", since 20"), "{args:?}: {}", done.err);
    }
    let answer = project.tierwright(&["run", "--out", &out, "--json"]).expect(3).json();
    assert!(answer["error"].as_str().unwrap().contains(&names), "{answer}");
    first.kill().unwrap();
    first.wait().unwrap();
    // Its name still stands in the file.
    let held = fs::read_to_string(base(Path::new(&out)).join(".lock")).unwrap();
    assert!(held.starts_with(&names), "{held}");
    project.tierwright(&["run", "--out", &out]).expect(0);
}

/// Runs a project, does something to its data when all files are staged, and gives how the run ends.
fn changed_before_the_commit(change: impl FnOnce(&Path)) -> (u64, String, PathBuf, tempfile::TempDir) {
    let (project, out, trace) = (chinese(), quick_folder(), quick_folder());
    let (root, trace) = (project.path(""), trace.path().join("trace"));
    let at = last_moment(&root, "a file is staged");
    let task = Task { root: &root, out: out.path(), at, act: Act::Hold, trace: &trace };
    let mut child = task.start();
    task.wait_held();
    change(&project.path("datasets/客户.csv"));
    let (exit, said) = task.let_go(&mut child);
    (exit, said, base(out.path()), out)
}

#[test]
fn data_that_changes_between_its_reading_and_the_commit_fails_the_run() {
    let append = |path: &Path| {
        let mut file = fs::OpenOptions::new().append(true).open(path).unwrap();
        file.write_all("新,华东,1.00,2017-01-01,\n".as_bytes()).unwrap();
    };
    let replace = |path: &Path| {
        let text = fs::read_to_string(path).unwrap().replace("1000.10", "1000.11");
        let new = path.with_extension("new");
        fs::write(&new, text).unwrap();
        fs::rename(new, path).unwrap();
    };
    let remove = |path: &Path| fs::remove_file(path).unwrap();
    let changed = "`datasets/客户.csv` was changed after it was read, and before the run was committed";
    let changes: [&dyn Fn(&Path); 3] = [&append, &replace, &remove];
    for (change, message) in
        changes.into_iter().zip([changed, changed, "`datasets/客户.csv` is gone since it was read"])
    {
        let (exit, said, base, _out) = changed_before_the_commit(change);
        assert_eq!(exit, 1, "{said}");
        assert!(said.contains("file-changed") && said.contains(message), "{said}");
        let seen = whole(&base);
        assert!(seen.runs.is_empty() && seen.history.is_empty() && seen.current.is_empty());
        assert_eq!(list(&base.join("failed")).len(), 1);
        assert!(!base.join(".staging").exists());
    }
}

#[test]
fn data_that_is_only_touched_is_the_same_data() {
    let touch = |path: &Path| {
        let bytes = fs::read(path).unwrap();
        fs::write(path, bytes).unwrap();
    };
    let (exit, said, base, _out) = changed_before_the_commit(touch);
    assert_eq!((exit, said.as_str()), (0, "Committed"));
    assert_eq!(whole(&base).history.len(), 1);
}

#[test]
fn data_that_is_written_while_a_run_works_fails_it() {
    let rows: String = (0..200_000).map(|n| format!("k{n},{n}\n")).collect();
    let project = Project::new(&[
        (
            "tierwright.yaml",
            "name: p\ncustomer: t\nsteps: [tier]\ndecision: { tier: tier, value: value, order: [a, b] }\nas_of: 2018-01-01\n",
        ),
        ("datasets/t.yaml", "source: t.csv\ncolumns: { id: text, amt: float }\nkey: id\n"),
        ("datasets/t.csv", &format!("id,amt\n{rows}")),
        ("rules/tier.rhai", "fn tier(c) { #{ tier: \"a\", value: 1.0 } }\n"),
    ]);
    let path = project.path("datasets/t.csv");
    let done = AtomicBool::new(false);
    let said = std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
            let mut n = 0;
            while !done.load(SeqCst) {
                file.write_all(format!("more{n},1\n").as_bytes()).unwrap();
                n += 1;
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        let said = project.tierwright(&["run"]);
        done.store(true, SeqCst);
        said
    });
    let said = said.expect(1);
    assert!(said.err.contains("error[file-changed]: `datasets/t.csv` was changed"), "{}", said.err);
    assert!(!project.path("out/p/CURRENT").exists() && !project.path("out/p/runs").exists());
}
