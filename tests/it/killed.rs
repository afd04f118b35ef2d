//! A run that is ended as `kill -9` does at every point that docs/output.md names: what readers see then is what the
//! table says, whole, and the next run gives the bytes of a run that nobody disturbed.

use crate::child::{Act, Task, base, run};
use crate::project::{Project, chinese, list};
use crate::whole::{Seen, nothing_staged, same, settled, whole};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use tierwright::error::Exit;
use tierwright::system::Os;

/// Where nothing is lost with the power: syncs cost nothing there, and a process that ends does not care for them.
pub fn quick_folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

const RULE: &str = "fn 等级(c) {\n    if c.价值 >= 2000.0 { \"战略/客户 A\" } else { \"一般\" }\n}\n";

/// An output folder and a project that is run on it.
struct Scenario {
    name: &'static str,
    project: Project,
    /// The output folder, as each run finds it.
    before: tempfile::TempDir,
    /// What an undisturbed run leaves.
    settled: Vec<(String, Vec<u8>)>,
    /// How it ends.
    exit: u8,
}

impl Scenario {
    fn new(name: &'static str, project: Project, before: tempfile::TempDir) -> Scenario {
        let undisturbed = quick_folder();
        copy(before.path(), undisturbed.path());
        let exit = ended(run(&Os, &project.path(""), undisturbed.path(), 2));
        whole(&base(undisturbed.path()));
        Scenario { name, project, before, settled: settled(&base(undisturbed.path())), exit }
    }

    /// No output yet.
    fn first() -> Scenario {
        Scenario::new("a first run", chinese(), quick_folder())
    }

    /// A run of the cycle before, and one of this cycle by another rule.
    fn second() -> Scenario {
        let (project, before) = graded_before();
        Scenario::new("a second run", project, before)
    }

    /// A run that was ended after its commit, on a disk that lost the end of the history as well.
    fn recovered() -> Scenario {
        let (project, before) = graded_before();
        let base = base(before.path());
        let (history, current) = (base.join("history.jsonl"), base.join("CURRENT"));
        let texts = (fs::read_to_string(&history).unwrap(), fs::read(&current).unwrap());
        assert_eq!(ended(run(&Os, &project.path(""), before.path(), 2)), 0);
        let last = fs::read_to_string(&history).unwrap();
        let last = last.lines().last().unwrap();
        fs::write(&history, format!("{}{}", texts.0, &last[..40])).unwrap();
        fs::write(&current, texts.1).unwrap();
        fs::create_dir_all(base.join(".staging/0123456789abcdef")).unwrap();
        fs::write(base.join(".staging/0123456789abcdef/summary.parquet"), "half").unwrap();
        Scenario::new("a run after a crash", project, before)
    }

    /// A run that fails on its rules, and has done so before.
    fn failing() -> Scenario {
        let (project, before) = graded_before();
        project.write("rules/价值.rhai", "fn 价值(c) {\n    c.金额 * days_between(c.开始, AS_OF).to_float() / (if c.更新 == () { 0.0 } else { 1.0 })\n}\n");
        assert_eq!(ended(run(&Os, &project.path(""), before.path(), 2)), 1);
        Scenario::new("a run that fails", project, before)
    }

    /// A copy of the output folder as runs find it.
    fn folder(&self) -> tempfile::TempDir {
        let folder = quick_folder();
        copy(self.before.path(), folder.path());
        folder
    }

    fn root(&self) -> PathBuf {
        self.project.path("")
    }

    /// The names of a run's moments, in order.
    fn moments(&self) -> Vec<String> {
        let (out, trace) = (self.folder(), quick_folder());
        let trace = trace.path().join("trace");
        let task = Task { root: &self.root(), out: out.path(), at: u64::MAX, act: Act::Kill, trace: &trace };
        assert!(task.start().wait().unwrap().success());
        same(&settled(&base(out.path())), &self.settled, self.name);
        task.moments()
    }

    /// Ends a run at a moment: the point, and what readers see then.
    fn killed(&self, at: u64) -> (String, tempfile::TempDir, Seen) {
        use std::os::unix::process::ExitStatusExt;
        let (out, trace) = (self.folder(), quick_folder());
        let trace = trace.path().join("trace");
        let task = Task { root: &self.root(), out: out.path(), at, act: Act::Kill, trace: &trace };
        let status = task.start().wait().unwrap();
        assert_eq!(status.signal(), Some(9), "{}: moment {at}: {status}", self.name);
        let moments = task.moments();
        assert_eq!(moments.len() as u64, at);
        let seen = whole(&base(out.path()));
        (moments.last().unwrap().clone(), out, seen)
    }

    /// The next run completes, and leaves what an undisturbed one leaves.
    fn next(&self, out: &Path, when: &str) {
        assert_eq!(ended(run(&Os, &self.root(), out, 2)), self.exit, "{when}");
        same(&settled(&base(out)), &self.settled, when);
        nothing_staged(&base(out), when);
    }
}

fn graded_before() -> (Project, tempfile::TempDir) {
    let (project, before) = (chinese(), quick_folder());
    let out = before.path().to_string_lossy().into_owned();
    project.tierwright(&["run", "--out", &out, "--as-of", "2017-04-01"]).expect(0);
    project.tierwright(&["run", "--out", &out]).expect(0);
    project.write("rules/等级.rhai", RULE);
    (project, before)
}

fn ended(result: Result<tierwright::run::Report, tierwright::run::Failure>) -> u8 {
    result.map_or_else(|failure| failure.stop.exit(), |_| Exit::Done) as u8
}

fn copy(from: &Path, to: &Path) {
    for path in list(from) {
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// Rows of the table of points in the manual: for each point what readers find of runs, history and CURRENT.
fn manual() -> BTreeMap<String, [String; 3]> {
    let text = include_str!("../../docs/output.md");
    let table = text.split("| ended after | ").nth(1).expect("the table of points");
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let cells = rows.map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>());
    cells.map(|c| (c[0].clone(), [c[1].clone(), c[2].clone(), c[3].clone()])).collect()
}

/// `new` where something is there that was not before.
fn word(is_new: bool) -> String {
    if is_new { "new".to_owned() } else { "old".to_owned() }
}

#[test]
fn a_run_ended_at_any_point_leaves_what_the_manual_says() {
    let manual = manual();
    let mut reached: BTreeSet<String> = BTreeSet::new();
    let mut count = 0;
    for scenario in [Scenario::first(), Scenario::second(), Scenario::recovered(), Scenario::failing()] {
        let before = base(scenario.before.path());
        // What a disk has lost is no state that a run left.
        let before = (scenario.name != "a run after a crash").then(|| whole(&before));
        let moments = scenario.moments();
        assert!(moments.len() > 15, "{}: {moments:?}", scenario.name);
        for at in 1..=moments.len() as u64 {
            let (point, out, seen) = match before {
                Some(_) => scenario.killed(at),
                None => scenario.recovering(at),
            };
            assert_eq!(point, moments[at as usize - 1], "{}: moment {at}", scenario.name);
            let when = format!("{}, ended at moment {at}, after `{point}`", scenario.name);
            let row = manual.get(&point).unwrap_or_else(|| panic!("{when}: docs/output.md does not name the point"));
            if let Some(before) = &before {
                let found = [seen.runs != before.runs, seen.history != before.history, seen.current != before.current];
                assert_eq!(found.map(word), *row, "{when}");
            }
            scenario.next(out.path(), &when);
            reached.insert(point);
            count += 1;
        }
    }
    let named: BTreeSet<String> = manual.into_keys().collect();
    assert_eq!(reached, named, "points of docs/output.md that no run was ended at");
    println!("{count} moments at {} points", reached.len());
    assert!(count > 150, "only {count} moments");
}

impl Scenario {
    /// As [`Scenario::killed`], where the history is torn until it is replaced.
    fn recovering(&self, at: u64) -> (String, tempfile::TempDir, Seen) {
        let (out, trace) = (self.folder(), quick_folder());
        let trace = trace.path().join("trace");
        let task = Task { root: &self.root(), out: out.path(), at, act: Act::Kill, trace: &trace };
        assert!(!task.start().wait().unwrap().success());
        let point = task.moments().last().unwrap().clone();
        let history = base(out.path()).join("history.jsonl");
        let torn = fs::read_to_string(&history).unwrap();
        // The program reads it as if the half line were not there; so does this.
        let kept = torn.rfind('\n').map_or("", |end| &torn[..=end]);
        fs::write(&history, kept).unwrap();
        let seen = whole(&base(out.path()));
        fs::write(&history, torn).unwrap();
        (point, out, seen)
    }
}
