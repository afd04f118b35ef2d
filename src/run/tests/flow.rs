//! Whole runs of a small project, with failures at every writing operation.

use super::super::layout::{Layout, RECORD};
use super::bench::{Bench, Fake, Faulty, Row, tree};
use crate::error::{Exit, Stop};
use crate::manifest::model::Undetermined;
use crate::run::cycle::Phase;
use crate::run::flow::{Ending, Failure};
use crate::run::history::{self, Slot};
use crate::system::{Os, System};
use std::path::Path;

const ROWS: [Row; 5] = [
    ("c", Some("东"), Some(1.0), "general"),
    ("a", None, Some(2.0), "战略/A"),
    ("b", Some("西"), None, "general"),
    ("e", Some("西"), Some(4.0), "general"),
    ("d", Some("东"), Some(3.0), "general"),
];

fn temp() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn results(folder: &Path) -> Vec<(String, String)> {
    tree(folder).into_iter().filter(|(name, _)| name != "timings.json").collect()
}

#[test]
fn a_run_commits_and_the_same_identity_is_already_done() {
    let dir = temp();
    let bench = Bench::new(dir.path());
    let report = bench.run(&ROWS).unwrap();
    assert_eq!(report.ending, Ending::Committed);
    let folder = report.folder.unwrap();
    let names: Vec<String> = tree(&folder).into_iter().map(|(name, _)| name).collect();
    let want = [
        "decisions/tier=__HIVE_DEFAULT_PARTITION__/part-0000.parquet",
        "decisions/tier=general/part-0000.parquet",
        "decisions/tier=general/part-0001.parquet",
        "decisions/tier=战略%2FA/part-0000.parquet",
        "migration.parquet",
        "profile/part-0000.parquet",
        "profile/part-0001.parquet",
        "profile/part-0002.parquet",
        "project/rules/tier.rhai",
        "project/tierwright.yaml",
        "quality.parquet",
        "quarantine.parquet",
        "run.json",
        "summaries/by_区域.parquet",
        "summary.parquet",
        "timings.json",
        "undetermined.parquet",
    ];
    assert_eq!(names, want);
    let record = &report.record;
    assert_eq!((record.counts.read, record.counts.decided, record.counts.undetermined), (6, 4, 1));
    assert_eq!(record.outputs.len(), want.len() - 2);
    let again = bench.run(&ROWS).unwrap();
    assert_eq!((again.ending, again.replaced.as_deref()), (Ending::AlreadyDone, None));
    assert_eq!(std::fs::read_to_string(bench.base().join("history.jsonl")).unwrap().lines().count(), 1);
    assert!(!bench.base().join(".staging").join(&record.run).exists());
}

#[test]
fn threads_and_places_do_not_change_a_byte() {
    let mut trees = Vec::new();
    for threads in [1, 2, 8] {
        let dir = temp();
        let mut bench = Bench::new(dir.path());
        bench.threads = threads;
        trees.push(results(&bench.run(&ROWS).unwrap().folder.unwrap()));
    }
    assert_eq!(trees[0], trees[1]);
    assert_eq!(trees[0], trees[2]);
}

#[test]
fn an_older_identity_becomes_current_again() {
    let dir = temp();
    let bench = Bench::new(dir.path());
    let first = bench.run(&ROWS).unwrap().record.run;
    let second = bench.run(&ROWS[..4]).unwrap();
    assert_eq!(second.replaced.as_deref(), Some(first.as_str()));
    let third = bench.run(&ROWS).unwrap();
    assert_eq!(third.ending, Ending::AlreadyDone);
    assert_eq!(third.replaced.as_deref(), Some(second.record.run.as_str()));
    let current = std::fs::read_to_string(bench.base().join("CURRENT")).unwrap();
    assert!(current.contains(&first) && !current.contains(&second.record.run));
}

#[test]
fn the_next_cycle_reads_the_decisions_of_the_one_before() {
    let dir = temp();
    let mut bench = Bench::new(dir.path());
    bench.cycle(2016, None).run(&ROWS).unwrap();
    let mut fake = Fake::new(&ROWS);
    let next = bench.cycle(2017, Some(Phase::Bp)).run_with(&Os, &mut fake).unwrap();
    assert!(next.record.identity.prior.is_some());
    let tier = |t: &str| Some(t.to_owned());
    assert_eq!(fake.prior_tiers, [tier("general"), tier("战略/A"), None, tier("general"), tier("general")]);
    let moves: Vec<(&str, u64)> = next.record.moves.iter().map(|m| (m.movement.as_str(), m.customers)).collect();
    assert_eq!(moves, [("same", 1), ("same", 3), ("undetermined", 1)]);
    // A monitoring run does not become the prior of the cycle after.
    let monitor = bench.cycle(2017, Some(Phase::Monitor)).run(&ROWS[..4]).unwrap();
    let after = bench.cycle(2018, None).run(&ROWS).unwrap();
    assert_eq!(after.record.identity.prior.as_deref(), Some(next.record.run.as_str()));
    assert_ne!(after.record.identity.prior.as_deref(), Some(monitor.record.run.as_str()));
}

#[test]
fn an_undetermined_customer_keeps_the_prior_tier_over_two_cycles() {
    let dir = temp();
    let mut bench = Bench::new(dir.path());
    bench.project.undetermined = Undetermined::KeepPrior;
    let mut rows = ROWS;
    rows[2].2 = Some(9.0);
    bench.cycle(2015, None).run(&rows).unwrap();
    bench.cycle(2016, None).run(&ROWS).unwrap();
    let mut fake = Fake::new(&ROWS);
    bench.cycle(2017, None).run_with(&Os, &mut fake).unwrap();
    assert_eq!(fake.prior_tiers[2].as_deref(), Some("general"));
}

#[test]
fn too_many_undetermined_fail_the_run_and_leave_the_evidence() {
    let dir = temp();
    let bench = Bench::new(dir.path());
    let mut rows = ROWS;
    rows[0].2 = None;
    let failure = bench.run(&rows).unwrap_err();
    assert_eq!(failure.stop.exit(), Exit::Failed);
    let Stop::Findings(found) = failure.stop else { panic!() };
    assert_eq!(found[0].id.name(), "too-many-undetermined");
    assert!(found[0].notes[0].contains("2 of them: rules/value.rhai:2:5: missing: 客户.区域"), "{:?}", found[0].notes);
    let names: Vec<String> = tree(&failure.folder.unwrap()).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["quality.parquet", "quarantine.parquet", "run.json", "timings.json", "undetermined.parquet"]);
    assert!(!bench.base().join("CURRENT").exists());
    assert!(!bench.base().join("runs").exists());
    // One alone never fails a run, whatever its share.
    let one = bench.run(&[ROWS[2]]).unwrap();
    assert_eq!(one.record.counts.undetermined, 1);
}

#[test]
fn broken_data_fails_the_run_and_can_fail_again() {
    let dir = temp();
    let bench = Bench::new(dir.path());
    for _ in 0..2 {
        let mut fake = Fake::new(&ROWS);
        fake.broken = true;
        let failure = bench.run_with(&Os, &mut fake).unwrap_err();
        let record = std::fs::read_to_string(failure.folder.unwrap().join(RECORD)).unwrap();
        assert!(record.contains("\"status\": \"failed\"") && record.contains("key-repeated"));
    }
}

#[test]
fn a_lost_customer_is_a_defect() {
    let dir = temp();
    let mut fake = Fake::new(&ROWS);
    fake.lost = 1;
    let failure = Bench::new(dir.path()).run_with(&Os, &mut fake).unwrap_err();
    assert_eq!(failure.stop.exit(), Exit::Defect);
}

#[test]
fn a_tier_outside_the_order_is_undetermined() {
    let dir = temp();
    let mut rows = ROWS;
    rows[2].2 = Some(1.0);
    rows[3].3 = "钻石";
    let report = Bench::new(dir.path()).run(&rows).unwrap();
    assert_eq!(report.record.counts.undetermined, 1);
    assert_eq!(report.record.tiers.last().unwrap().tier, None);
}

#[test]
fn force_compares_and_publishes_nothing() {
    let dir = temp();
    let mut bench = Bench::new(dir.path());
    bench.request.force = true;
    let folder = bench.run(&ROWS).unwrap().folder.unwrap();
    let before = unlocked(&bench);
    assert_eq!(bench.run(&ROWS).unwrap().ending, Ending::Verified);
    assert_eq!(unlocked(&bench), before);
    let part = folder.join("summary.parquet");
    let mut bytes = std::fs::read(&part).unwrap();
    bytes[10] ^= 1;
    std::fs::write(&part, bytes).unwrap();
    let failure = bench.run(&ROWS).unwrap_err();
    assert_eq!(failure.stop.exit(), Exit::InputOutput);
    let text = failure.stop_text();
    assert!(text.contains("summary.parquet was changed after it was committed") && !text.contains("defect"), "{text}");
}

#[test]
fn a_panic_is_a_defect_and_leaves_nothing_staged() {
    let dir = temp();
    let bench = Bench::new(dir.path());
    let mut fake = Fake::new(&ROWS);
    fake.panics = true;
    let failure = bench.run_with(&Os, &mut fake).unwrap_err();
    assert_eq!(failure.stop.exit(), Exit::Defect);
    assert!(failure.stop_text().contains("no room for an encoder"), "{}", failure.stop_text());
    assert!(!bench.base().join(".staging").exists());
    assert_eq!(bench.run(&ROWS).unwrap().ending, Ending::Committed);
}

#[test]
fn a_dry_run_writes_nothing() {
    let dir = temp();
    let mut bench = Bench::new(dir.path());
    bench.request.dry_run = true;
    let report = bench.run(&ROWS).unwrap();
    assert_eq!((report.ending, report.record.counts.decided), (Ending::DryRun, 4));
    assert!(tree(dir.path()).is_empty() && !bench.base().exists());
}

#[test]
fn another_run_holds_the_lock() {
    let dir = temp();
    let bench = Bench::new(dir.path());
    std::fs::create_dir_all(bench.base()).unwrap();
    let _held = Os.lock(&bench.base().join(".lock"), "process 7 on 主机").unwrap();
    let failure = bench.run(&ROWS).unwrap_err();
    assert_eq!(failure.stop.exit(), Exit::Locked);
    assert!(failure.stop_text().contains("process 7 on 主机"));
}

#[test]
fn an_unwritable_output_is_found_before_any_reading() {
    let dir = temp();
    let bench = Bench::new(&dir.path().join("file"));
    std::fs::write(dir.path().join("file"), "").unwrap();
    let mut fake = Fake::new(&ROWS);
    fake.broken = true;
    let failure = bench.run_with(&Os, &mut fake).unwrap_err();
    assert_eq!(failure.stop.exit(), Exit::InputOutput);
    assert!(failure.stop_text().contains("file"));
}

/// After a failure at any writing operation, and after a crash there: the old state or the new one stands whole, and the
/// next run gives the same bytes as one that was never disturbed.
#[test]
fn every_writing_operation_may_fail() {
    let clean = temp();
    let mut bench = Bench::new(clean.path());
    bench.run(&ROWS[..4]).unwrap();
    let undisturbed = results(&bench.run(&ROWS).unwrap().folder.unwrap());
    for crash in [true, false] {
        let mut n = 0;
        loop {
            let dir = temp();
            bench.out = dir.path().to_owned();
            bench.threads = 1;
            let old = bench.run(&ROWS[..4]).unwrap();
            let system = Faulty::new(n, crash);
            let result = bench.run_with(&system, &mut Fake::new(&ROWS));
            let current = history::read(&Os, &Layout::new(&bench.out, "客户分级")).unwrap();
            // What fails and goes on takes away what it staged.
            if result.is_err() && !crash {
                let staging = bench.base().join(".staging");
                assert!(!staging.exists() || tree(&staging).is_empty(), "operation {n}");
            }
            let slot = Slot::of(&old.record);
            let run = current.run(&slot).unwrap().to_owned();
            let folder = Layout::new(&bench.out, "客户分级").run("FY2017", &run);
            if run == old.record.run {
                assert!(result.is_err(), "operation {n}: reported as done, and not current");
                assert_eq!(results(&folder).len(), old.record.outputs.len() + 1);
            } else {
                assert_eq!(results(&folder), undisturbed, "operation {n}");
            }
            let next = bench.run(&ROWS).unwrap();
            assert_eq!(results(&next.folder.unwrap()), undisturbed, "operation {n}");
            let current = history::read(&Os, &Layout::new(&bench.out, "客户分级")).unwrap();
            assert_eq!(current.run(&slot), Some(next.record.run.as_str()));
            let left: Vec<String> = tree(&bench.base().join(".staging")).into_iter().map(|(name, _)| name).collect();
            assert!(left.is_empty(), "operation {n}: {left:?}");
            if !system.came() {
                assert!(n > 40, "only {n} writing operations");
                break;
            }
            n += 1;
        }
    }
}

#[test]
fn current_is_rebuilt_from_the_history() {
    let dir = temp();
    let bench = Bench::new(dir.path());
    bench.run(&ROWS[..4]).unwrap();
    let run = bench.run(&ROWS).unwrap().record.run;
    let current = std::fs::read(bench.base().join("CURRENT")).unwrap();
    let layout = Layout::new(dir.path(), "客户分级");
    for damage in ["", "{\"format\": 1, \"cur"] {
        std::fs::write(bench.base().join("CURRENT"), damage).unwrap();
        history::recover(&Os, &layout).unwrap();
        assert_eq!(std::fs::read(bench.base().join("CURRENT")).unwrap(), current);
    }
    // Without a history, CURRENT and the folders give one again, and what was current stays so.
    std::fs::remove_file(bench.base().join("history.jsonl")).unwrap();
    let found = history::recover(&Os, &layout).unwrap();
    assert_eq!(found.iter().map(|(_, run)| run.to_owned()).collect::<Vec<_>>(), [run]);
    assert_eq!(std::fs::read(bench.base().join("CURRENT")).unwrap(), current);
}

/// All files but the lock, which names its last holder.
fn unlocked(bench: &Bench) -> Vec<(String, String)> {
    tree(&bench.base()).into_iter().filter(|(name, _)| name != ".lock").collect()
}

impl Failure {
    fn stop_text(&self) -> String {
        match &self.stop {
            Stop::Error(error) => error.to_string(),
            other => format!("{other:?}"),
        }
    }
}
