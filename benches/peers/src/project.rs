//! The measured project: its files, its plan, its rules' texts with or without population functions.
//!
//! In: the files under `workload/`, which are in the program. Out: [`Project`]. Must not know: customers, evaluators.

use std::fs;
use std::path::{Path, PathBuf};
use tierwright::run::Request;
use tierwright::run::plan::{Plan, plan};
use tierwright::source::SourceMap;
use tierwright::system::Os;

/// Where the two ranks come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// They are columns: row-level rules alone.
    RanksGiven,
    /// `pct_rank`, a population function.
    RanksComputed,
}

pub const VALUE: &str = include_str!("../workload/rules/value.rhai");
pub const TIER: &str = include_str!("../workload/rules/tier.rhai");
pub const POLICY: &str = include_str!("../workload/rules/policy.rhai");
const FILES: [(&str, &str); 6] = [
    ("tierwright.yaml", include_str!("../workload/tierwright.yaml")),
    ("datasets/customers.yaml", include_str!("../workload/datasets/customers.yaml")),
    ("rules/parameters.yaml", include_str!("../workload/rules/parameters.yaml")),
    ("rules/policy.csv", include_str!("../workload/rules/policy.csv")),
    ("rules/tier.rhai", TIER),
    ("rules/policy.rhai", POLICY),
];

/// The one line that tells the variants apart.
const COMPUTED: &str = "economic(c, pct_rank(c.revenue_counted), pct_rank(c.open_value))";
const GIVEN: &str = "economic(c, c.revenue_rank, c.pipeline_rank)";

/// The text of the value step.
pub fn value_text(variant: Variant) -> String {
    assert!(VALUE.contains(COMPUTED), "the value step ranks in one line");
    match variant {
        Variant::RanksGiven => VALUE.replace(COMPUTED, GIVEN),
        Variant::RanksComputed => VALUE.to_owned(),
    }
}

/// A checked project.
pub struct Project {
    pub plan: Plan,
    pub sources: SourceMap,
}

/// A folder that goes when this goes.
pub struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays behind in the temporary folder does no harm.
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Folder {
    /// The project's files in a folder of their own.
    pub fn new(variant: Variant) -> Folder {
        let root = std::env::temp_dir().join(format!("tierwright-peers-{}-{variant:?}", std::process::id()));
        let write = |path: &str, text: &str| {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap_or(&root)).expect("a temporary folder");
            fs::write(path, text).expect("a temporary file");
        };
        for (path, text) in FILES {
            write(path, text);
        }
        write("rules/value.rhai", &value_text(variant));
        Folder(root)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Reads and checks the project: YAML files, rules, types.
    pub fn plan(&self) -> Project {
        let mut sources = SourceMap::default();
        let request = Request { root: self.0.clone(), ..Request::default() };
        match plan(&Os, &request, &mut sources) {
            Ok(plan) => Project { plan, sources },
            Err(stop) => panic!("the measured project has findings: {stop:?}"),
        }
    }
}
