//! Public data as it was found, each set under a project of `tests/projects`: what is kept, mended, set aside, removed.
//!
//! The data is no part of the repository. It lies in `../shared/data` beside it, or where `TIERWRIGHT_SHARED` says; without
//! it these tests say that they are skipped. A copy of the project gets a link to it, and the run is told its folder.
//! Every figure below also comes from `tests/projects/count.py`, which knows nothing of the program.

use crate::project::list;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::RowAccessor;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of a set of data, if it is there.
pub fn data(set: &str) -> Option<PathBuf> {
    let named = std::env::var_os("TIERWRIGHT_SHARED").map(PathBuf::from);
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let is_named = named.is_some();
    let folder = named.unwrap_or_else(beside);
    if !folder.join(set).is_dir() {
        assert!(!is_named, "TIERWRIGHT_SHARED names a folder without {set}");
        eprintln!("skipped: no folder {set} in ../shared/data, and TIERWRIGHT_SHARED is not set");
        return None;
    }
    Some(folder.canonicalize().expect("the folder of the data"))
}

/// A copy of a folder, without the links that somebody put there by hand.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for path in list(from).into_iter().filter(|path| !path.is_symlink()) {
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() { copy(&path, &target) } else { fs::copy(&path, &target).map(|_| ()).unwrap() }
    }
}

/// A run of a project in a folder of its own.
pub struct Run {
    pub dir: tempfile::TempDir,
    name: &'static str,
    pub record: Value,
}

impl Run {
    /// Runs the project on its data, or says why not.
    pub fn of(name: &'static str, set: &str) -> Option<Run> {
        let data = data(set)?;
        let dir = tempfile::tempdir().unwrap();
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/projects").join(name), dir.path());
        std::os::unix::fs::symlink(&data, dir.path().join("datasets/shared")).unwrap();
        let done = Command::new(env!("CARGO_BIN_EXE_tierwright"))
            .args(["run", "--json", "--source-root"])
            .arg(&data)
            .current_dir(dir.path())
            .env_remove("TIERWRIGHT_SOURCE_ROOT")
            .output()
            .expect("the program starts");
        let said = [&done.stdout[..], &done.stderr].map(String::from_utf8_lossy);
        assert!(done.status.success(), "{}{}", said[0], said[1]);
        let answer: Value = serde_json::from_slice(&done.stdout).expect("one JSON document");
        Some(Run { dir, name, record: answer["record"].clone() })
    }

    fn rows(&self, file: &str) -> Vec<parquet::record::Row> {
        let runs = self.dir.path().join("out").join(self.name).join("runs");
        let cycle = list(&runs).remove(0);
        let path = list(&cycle).remove(0).join(file);
        let reader = SerializedFileReader::new(fs::File::open(path).unwrap()).unwrap();
        reader.get_row_iter(None).unwrap().map(Result::unwrap).collect()
    }

    /// What happened to the rows of all tables, and what was decided.
    fn story(&self) -> String {
        let mut tables: Vec<String> = Vec::new();
        for row in self.rows("quality.parquet") {
            let table = row.get_string(0).unwrap();
            if table != "rules" && !tables.contains(table) {
                tables.push(table.clone());
            }
        }
        let told = tables.iter().map(|table| format!("{table}\n  {}\n", self.told(table).replace('\n', "\n  ")));
        format!("{}decisions\n  {}\n", told.collect::<String>(), self.tiers())
    }

    /// What happened to the rows of a table, a line each: the balance, rows that left by cause and column, what was mended
    /// or stays and breaks a rule. What did not happen has no line.
    fn told(&self, table: &str) -> String {
        let mut counts: BTreeMap<String, i64> = BTreeMap::new();
        let mut lines = Vec::new();
        for row in self.rows("quality.parquet").iter().filter(|row| row.get_string(0).unwrap() == table) {
            let text = |k: usize| row.get_string(k).map_or("", |text| text.as_str());
            let (column, measure, detail) = (text(1), text(2), text(3));
            // What is no count, and what values look like, is told elsewhere.
            let Ok(count) = row.get_long(4) else { continue };
            match measure {
                "rows_read" | "rows_kept" | "rows_quarantined" | "rows_removed" => {
                    counts.insert(measure.to_owned(), count);
                }
                "missing" | "distinct" | "shortest" | "longest" | "bin" | "undeclared" => {}
                "quarantined" | "removed" => {}
                _ if count == 0 => {}
                _ => {
                    let words = [measure, column, detail.split(": e.g.").next().unwrap_or("")];
                    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
                    lines.push(format!("{}: {count}", words.join(" ")));
                }
            }
        }
        let mut left: BTreeMap<String, i64> = BTreeMap::new();
        for row in self.rows("quarantine.parquet").iter().filter(|row| row.get_string(0).unwrap() == table) {
            let text = |k: usize| row.get_string(k).map_or("", |text| text.as_str());
            let id = text(5).split(':').next().unwrap_or("").trim();
            assert!(row.get_long(2).unwrap() > 0, "a row has a line");
            *left.entry([text(6), id, text(3)].join(" ").trim_end().to_owned()).or_default() += 1;
        }
        let [read, kept, quarantined, removed] =
            ["rows_read", "rows_kept", "rows_quarantined", "rows_removed"].map(|key| counts[key]);
        assert_eq!(read, kept + quarantined + removed, "{table}");
        let listed = |outcome: &str| left.iter().filter(|(k, _)| k.starts_with(outcome)).map(|(_, n)| n).sum::<i64>();
        assert_eq!((listed("quarantined"), listed("removed")), (quarantined, removed), "{table}: each is listed");
        let balance = format!("{read} read = {kept} kept + {quarantined} quarantined + {removed} removed");
        let left = left.iter().map(|(cause, n)| format!("{cause}: {n}"));
        [balance].into_iter().chain(left).chain(lines).collect::<Vec<_>>().join("\n")
    }

    /// Customers decided and those of each tier, highest first.
    fn tiers(&self) -> String {
        let counts = &self.record["counts"];
        let of = |tier: &Value| match tier["tier"].as_str() {
            Some(name) => format!(", {name} {}", tier["customers"]),
            None => String::new(),
        };
        let tiers: String = self.record["tiers"].as_array().unwrap().iter().map(of).collect();
        format!("{} decided, {} undetermined{tiers}", counts["decided"], counts["undetermined"])
    }
}

/// Runs a project and holds it against its `expected.txt`, where lines with `#` are remarks. `None` if the data is absent.
#[track_caller]
fn as_expected(name: &'static str, set: &str) -> Option<Run> {
    let run = Run::of(name, set)?;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/projects").join(name).join("expected.txt");
    let expected = fs::read_to_string(path).unwrap_or_default();
    let lines = expected.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n"));
    let (expected, story) = (lines.collect::<String>(), run.story());
    assert!(story == expected, "{name}: {set}\n== expected\n{expected}== found\n{story}");
    Some(run)
}

#[test]
fn northwind_with_commas_that_are_not_quoted() {
    as_expected("northwind", "northwind");
}

#[test]
fn online_retail_packed_with_half_a_million_rows() {
    as_expected("online_retail", "online_retail");
}

#[test]
fn saas_sales_with_a_mark_in_front_and_days_written_in_two_ways() {
    let Some(run) = as_expected("saas_sales", "saas_sales") else { return };
    let profile = run.rows("profile/part-0000.parquet");
    let segments = profile[0].get_column_iter().position(|(name, _)| name == "segments").unwrap();
    let several = profile.iter().filter(|row| row.get_long(segments).unwrap() > 1).count();
    assert_eq!(several, 97, "companies in more than one segment");
}

#[test]
fn indian_orders_with_semicolons_months_and_first_names() {
    as_expected("india_ecommerce", "india_ecommerce_fy2018");
}

#[test]
fn cdnow_apart_by_blanks_with_and_without_a_header() {
    as_expected("cdnow", "cdnow");
}

#[test]
fn wholesale_customers_with_notes_beside_the_figures() {
    let Some(run) = as_expected("wholesale", "wholesale_customers") else { return };
    let rows = run.rows("quarantine.parquet");
    assert!(rows.iter().all(|row| row.get_string(4).unwrap().ends_with("<A0>")), "the byte is shown: {rows:?}");
}

#[test]
fn helpdesk_events_that_stand_there_twice() {
    as_expected("helpdesk", "helpdesk_tickets");
}

#[test]
fn managers_who_ask_one_another() {
    as_expected("managers", "org_networks");
}

#[test]
fn opportunities_with_names_spelt_in_two_ways() {
    as_expected("crm", "crm_sales_opportunities");
}
