//! Where everything lies under `out/<project>/`.
//!
//! In: the output folder, a cycle, a run id. Out: paths. Must not know: what is in the files. The layout is part of the
//! contract: people and schedulers open these paths.

use std::path::{Path, PathBuf};

/// The run record inside a run's folder; a run folder with it is whole.
pub const RECORD: &str = "run.json";
/// What differs from run to run, inside a run's folder.
pub const TIMINGS: &str = "timings.json";
/// The texts that ran, inside a run's folder.
pub const TEXTS: &str = "project";
/// The decisions inside a run's folder.
pub const DECISIONS: &str = "decisions";

/// Paths of one project's output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    base: PathBuf,
}

impl Layout {
    /// The layout under `out/<project>`.
    pub fn new(out: &Path, project: &str) -> Layout {
        Layout { base: out.join(project) }
    }

    /// `out/<project>`.
    pub fn base(&self) -> &Path {
        &self.base
    }

    /// The lock file.
    pub fn lock(&self) -> PathBuf {
        self.base.join(".lock")
    }

    /// The current run of each slot.
    pub fn current(&self) -> PathBuf {
        self.base.join("CURRENT")
    }

    /// Every change of CURRENT.
    pub fn history(&self) -> PathBuf {
        self.base.join("history.jsonl")
    }

    /// The next text of CURRENT, while a run is committed.
    pub fn next_current(&self) -> PathBuf {
        self.staging().join("CURRENT")
    }

    /// The next text of the history, while a run is committed.
    pub fn next_history(&self) -> PathBuf {
        self.staging().join("history.jsonl")
    }

    /// The folder of all committed runs.
    pub fn runs(&self) -> PathBuf {
        self.base.join("runs")
    }

    /// The folder of one cycle's committed runs.
    pub fn cycle(&self, cycle: &str) -> PathBuf {
        self.runs().join(format!("cycle={cycle}"))
    }

    /// A committed run.
    ///
    /// ```
    /// use std::path::Path;
    /// use tierwright::run::layout::Layout;
    /// let run = Layout::new(Path::new("out"), "crm").run("FY2016", "0123456789abcdef");
    /// assert_eq!(run, Path::new("out/crm/runs/cycle=FY2016/0123456789abcdef"));
    /// ```
    pub fn run(&self, cycle: &str, id: &str) -> PathBuf {
        self.cycle(cycle).join(id)
    }

    /// A failed run.
    pub fn failed(&self, id: &str) -> PathBuf {
        self.base.join("failed").join(id)
    }

    /// The folder of runs being written.
    pub fn staging(&self) -> PathBuf {
        self.base.join(".staging")
    }

    /// A run being written.
    pub fn stage(&self, id: &str) -> PathBuf {
        self.staging().join(id)
    }
}
