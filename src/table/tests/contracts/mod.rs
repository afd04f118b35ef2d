//! Contracts of manifests as they are written, on small files: each key with a row that keeps it and one that does not.

mod computed;
mod mending;
mod money;
mod report;
mod sensitive;
mod values;
mod whole;

use super::*;
use crate::rules::rows::{RowRules, compile};
use crate::rules::typeck::RunDates;
use crate::table::drift::Earlier;

/// The as-of date of these tests: 2017-04-01.
pub const AS_OF: i32 = 17_257;

/// A project whose customer table is `t`, from the texts of its files below `datasets/`.
pub struct Written {
    dir: TempDir,
}

impl Written {
    /// Files below `datasets/`; `t.yaml` and `t.csv` are the customers'.
    pub fn new(files: &[(&str, &str)]) -> Written {
        let dir = TempDir::new().unwrap();
        let written = Written { dir };
        written.write(
            "tierwright.yaml",
            "name: p\ncustomer: t\nsteps: [tier]\ndecision: { order: [general] }\nplanning: { time_zone: Asia/Shanghai }\n",
        );
        files.iter().for_each(|(path, text)| written.write(&format!("datasets/{path}"), text));
        written
    }

    /// One table of the columns `columns`, whose rows may all go to quarantine, with `more` keys of the manifest.
    pub fn table(columns: &str, more: &str, csv: &str) -> Written {
        let columns = columns.lines().map(|line| format!("  {}\n", line.trim())).collect::<String>();
        let manifest = format!("source: t.csv\nquarantine: {{ at_most: 1.0 }}\nkey: k\n{more}\ncolumns:\n{columns}");
        Written::new(&[("t.yaml", &manifest), ("t.csv", csv)])
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn project(&self) -> (Result<(Project, RowRules), Vec<Diagnostic>>, SourceMap) {
        let mut sources = SourceMap::default();
        let (project, mut found) = crate::manifest::load(&Os, self.dir.path(), &mut sources);
        let Some(mut project) = project else { return (Err(found), sources) };
        let dates = RunDates { as_of: AS_OF, cycle_start: AS_OF - 365, cycle_end: AS_OF };
        let (rules, more) = compile(&mut project, dates, &mut sources).unwrap();
        found.extend(more);
        match found.is_empty() {
            true => (Ok((project, rules)), sources),
            false => (Err(found), sources),
        }
    }

    /// What is wrong with the manifests, as `file:line:column id: message; help`.
    pub fn wrong(&self) -> Vec<String> {
        let (project, sources) = self.project();
        let found = project.expect_err("findings");
        let line = |d: &Diagnostic| {
            let place = d.span.map(|span| sources.place(span)).or(d.location.clone()).unwrap_or_default();
            format!("{place} {}: {}; {}", d.id.name(), d.message, d.help.join("; "))
        };
        found.iter().map(line).collect()
    }

    fn load_with(&self, threads: usize, interpret: bool, earlier: Option<&Earlier>) -> Result<Loaded, LoadFailure> {
        let (project, sources) = self.project();
        let (project, rules) = project.unwrap_or_else(|found| panic!("{found:#?}"));
        let pool = crate::rules::interp::thread_pool(threads).unwrap();
        let zone = TimeZone::get(&project.planning.time_zone).unwrap();
        let limits = &project.limits;
        let (sources, zone, pool) = (&sources, &zone, &pool);
        let world = World { rules: &rules, interpret, as_of: AS_OF, limits, sources, zone, pool, earlier };
        let root = self.dir.path();
        #[allow(clippy::result_large_err, reason = "findings are rare")]
        let expand = |table: &Table| Ok(table.source.paths.iter().map(|p| root.join("datasets").join(p)).collect());
        load(&Os, root, &project, &world, &expand)
    }

    /// The tables, which are the same compiled and interpreted and at any number of threads.
    pub fn load(&self) -> Loaded {
        self.load_after(None)
    }

    /// The same, compared with an earlier run.
    pub fn load_after(&self, earlier: Option<&Earlier>) -> Loaded {
        let loaded = self.load_with(1, false, earlier).unwrap();
        let again = self.load_with(4, true, earlier).unwrap();
        assert!(loaded.quality.equals_missing(&again.quality));
        assert_eq!(loaded.rejected, again.rejected);
        assert_eq!(loaded.figures, again.figures);
        for (name, table) in &loaded.tables {
            assert!(table.frame.equals_missing(&again.tables[name].frame), "{name}");
        }
        loaded
    }

    /// What fails a load, as id and message.
    pub fn fails(&self) -> Vec<String> {
        match self.load_with(2, false, None) {
            Err(LoadFailure::Findings(found, _)) => {
                found.iter().filter(|d| d.is_error()).map(|d| format!("{}: {}", d.id.name(), d.message)).collect()
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Rows that are in no table, as `line column id: message [text]`.
pub fn gone(loaded: &Loaded) -> Vec<String> {
    let line = |r: &Rejected| format!("{} {} {}: {} [{}]", r.line, r.column, r.id.name(), r.message, r.text);
    loaded.rejected.iter().map(line).collect()
}

/// The warnings, each with its notes.
pub fn warnings(loaded: &Loaded) -> Vec<String> {
    let line = |d: &Diagnostic| format!("{}: {} ({})", d.id.name(), d.message, d.notes.join(", "));
    loaded.warnings.iter().map(line).collect()
}
