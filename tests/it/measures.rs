//! Networks, models of buyers and rankings over criteria, as a run gives them: published figures, independent evaluations, faults.
//!
//! Projects are written into temporary folders. What needs public data is skipped, and says so, where [`crate::dirty::data`] does not find
//! it; what needs Python with networkx and scipy, where that is not there. The oracles are `tests/oracle/networks.py`,
//! `lifetimes.py` and `criteria.py`.

mod criteria;
mod lifetimes;
mod networks;
mod reach;
mod refused;

use crate::project::{Project, list};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

const TIER: &str = "fn tier(c) { if c.value > 0.5 { \"high\" } else { \"low\" } }\n";

/// A project that writes one file of decisions; `steps` go before `tier`, and one of them gives a value.
fn project(customer: &str, steps: &str, files: &[(&str, &str)]) -> Project {
    let project = Project::new(files);
    let text = format!(
        "name: measures\ncustomer: {customer}\nsteps: [{steps}, tier]\ndecision: {{ order: [low, high] }}\nas_of: 2024-01-01\n\
         undetermined: {{ at_most: 0.9 }}\noutput: {{ partition_by: [] }}\n"
    );
    project.write("tierwright.yaml", &text);
    project.write("rules/tier.rhai", TIER);
    project
}

/// Runs a project, whose files of data lie in it or in `data`, and gives the folder of the run.
#[track_caller]
fn run(project: &Project, data: Option<&Path>, more: &[&str]) -> PathBuf {
    let mut args = vec!["run"];
    args.extend(more);
    let data = data.map(|data| data.to_string_lossy().into_owned());
    args.extend(data.iter().flat_map(|data| ["--source-root", data]));
    project.tierwright(&args).expect(0);
    let cycles = list(&project.path("out/measures/runs"));
    list(&cycles[0]).remove(0)
}

/// One row of the decisions.
pub struct Row(HashMap<String, Field>);

impl Row {
    /// A number; `None` where it is missing.
    #[track_caller]
    pub fn number(&self, column: &str) -> Option<f64> {
        match &self.0[column] {
            Field::Double(value) => Some(*value),
            Field::Long(value) => Some(*value as f64),
            Field::Null => None,
            other => panic!("{column} is {other}"),
        }
    }

    /// A text; `None` where it is missing.
    #[track_caller]
    pub fn text(&self, column: &str) -> Option<&str> {
        match &self.0[column] {
            Field::Str(text) => Some(text),
            Field::Null => None,
            other => panic!("{column} is {other}"),
        }
    }

    /// Whether a number is this one, to half a unit of its last digit.
    #[track_caller]
    fn is(&self, column: &str, published: f64, digits: i32) {
        let found = self.number(column).unwrap_or_else(|| panic!("{column} is missing"));
        let within = 0.500_001 * 10_f64.powi(-digits);
        assert!((found - published).abs() <= within, "{column} is {found}, published {published}");
    }
}

/// The rows of a Parquet file.
fn rows(file: &Path) -> Vec<Row> {
    let file = std::fs::File::open(file).unwrap();
    let reader = SerializedFileReader::new(file).unwrap();
    let row = |row: parquet::record::Row| {
        Row(row.get_column_iter().map(|(name, field)| (name.clone(), field.clone())).collect())
    };
    reader.get_row_iter(None).unwrap().map(|found| row(found.unwrap())).collect()
}

/// The decisions of a run, by the text of their key.
pub fn decisions(run: &Path, key: &str) -> HashMap<String, Row> {
    let named = |row: Row| match &row.0[key] {
        Field::Str(text) => (text.clone(), row),
        other => (other.to_string(), row),
    };
    rows(&run.join("decisions/part-0000.parquet")).into_iter().map(named).collect()
}

/// The models of a run's record.
fn models(run: &Path) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(run.join("run.json")).unwrap();
    let record: serde_json::Value = serde_json::from_str(&text).unwrap();
    record["models"].as_array().unwrap().clone()
}

/// Asks an oracle, which ends well where everything agrees; nothing where Python or its packages are not there.
#[track_caller]
fn oracle(script: &str, paths: &[&Path], options: &str) {
    let python = std::env::var("TIERWRIGHT_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let modules = "import networkx, numpy, polars, pyarrow, scipy";
    if !Command::new(&python).args(["-c", modules]).output().is_ok_and(|done| done.status.success()) {
        let _ = writeln!(std::io::stderr(), "skipped: no networkx or scipy in {python}; .ci/run installs them");
        return;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle").join(script);
    let done = Command::new(python).arg("-B").arg(script).args(paths).args(options.split_whitespace()).output();
    let done = done.expect("the interpreter starts");
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{options}: {said}{}", String::from_utf8_lossy(&done.stderr));
    assert!(said.contains(" 0 differ"), "{said}");
}

/// Numbers that are the same in every run of the tests (SplitMix64).
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    /// A whole number from 0 to `n` - 1.
    fn below(&mut self, n: usize) -> usize {
        (self.bits() % n as u64) as usize
    }

    /// A number above 0 and up to 1.
    fn share(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 1.0) / (1_u64 << 53) as f64
    }

    /// One of some.
    fn of<'a>(&mut self, some: &[&'a str]) -> &'a str {
        some[self.below(some.len())]
    }

    /// A time to an event of this rate.
    fn wait(&mut self, rate: f64) -> f64 {
        -self.share().ln() / rate
    }
}
