//! A small project made by hand, tables and steps that stand in, and a system that fails, for the tests of this folder.

use super::super::columns::select;
use super::super::compute::{Compute, LoadFailed, Loaded, StepColumns};
use super::super::cycle::{Phase, dates};
use super::super::engine::thread_pool;
use super::super::flow::{Failure, Report, run};
use super::super::identity::{InputFile, hash};
use super::super::plan::{Plan, Request, available};
use super::super::prior::Prior;
use super::super::programs::Programs;
use super::super::record::TableRow;
use crate::diag::{Diagnostic, ids};
use crate::dtype::DataType;
use crate::error::{Error, Result};
use crate::manifest::model::*;
use crate::rules::cause::{Cause, CauseKind};
use crate::rules::schema::{ColumnSchema, Schema, TableSchema};
use crate::rules::types::TableId;
use crate::source::{SourceMap, Span};
use crate::system::{Lock, Os, OutFile, System};
use crate::table::drift::Earlier;
use indexmap::IndexMap;
use jiff::civil::date;
use polars::prelude::{DataFrame, NamedFrom, Series};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::sync::{Arc, LazyLock};

/// A column of a manifest.
pub fn column(name: &str, dtype: DataType, required: bool) -> Column {
    Column {
        name: name.into(),
        from: name.into(),
        dtype,
        required,
        formats: vec![],
        values: IndexMap::new(),
        missing: vec![],
        empty_is_text: false,
        minor_units: false,
        unit: None,
        description: String::new(),
        contract: Default::default(),
        span: Span::default(),
    }
}

/// Customers `id`, `区域`; steps `value` and `tier`.
pub fn project() -> Project {
    let columns = [column("id", DataType::Text, true), column("区域", DataType::Text, false)];
    let table = Table {
        name: "客户".into(),
        description: String::new(),
        source: Source {
            paths: vec![],
            format: Format::Parquet,
            packing: crate::manifest::model::Packing::ByName,
            partitions: false,
            span: Span::default(),
        },
        columns: columns.into_iter().map(|c| (c.name.clone(), c)).collect(),
        key: vec!["id".into()],
        duplicates: Duplicates::Fail,
        references: vec![],
        quarantine_limit: 0.0,
        may_be_empty: false,
        contract: Default::default(),
        span: Span::default(),
    };
    let step = |name: &str| Step { name: name.into(), interpret: false, span: Span::default() };
    Project {
        name: "客户分级".into(),
        customer: "客户".into(),
        steps: vec![step("value"), step("tier")],
        decision: Decision {
            tier: "tier".into(),
            value: "value".into(),
            order: vec!["general".into(), "战略/A".into()],
            read_back: IndexMap::new(),
            earlier: None,
            places: IndexMap::new(),
            span: Span::default(),
        },
        planning: Planning { time_zone: "Asia/Shanghai".into(), ..Planning::default() },
        aliases: None,
        shown: Default::default(),
        turnover: None,
        plan: None,
        scenarios: Vec::new(),
        strategic: None,
        as_of: Some(date(2018, 1, 1)),
        output: Output {
            dir: "out".into(),
            columns: None,
            partition_by: vec!["tier".into()],
            places: Default::default(),
            compression: Compression::Zstd(3),
            rows_per_file: 2,
        },
        summaries: vec![Summary {
            name: "by_区域".into(),
            by: vec!["区域".into()],
            measures: [
                ("n".to_owned(), Measure::Count),
                ("sum".to_owned(), Measure::Sum("value".into())),
                ("mean".to_owned(), Measure::Mean("value".into())),
            ]
            .into(),
            span: Span::default(),
        }],
        undetermined_limit: 0.3,
        undetermined: Undetermined::Null,
        limits: Limits::default(),
        interpret_limit: 100,
        tables: [("客户".to_owned(), table)].into(),
        parameters: Parameters::default(),
    }
}

/// One customer of [`Fake`]: key, region, value (none fails the step `value`), tier.
pub type Row = (&'static str, Option<&'static str>, Option<f64>, &'static str);

/// Tables and steps that stand in for real ones.
pub struct Fake {
    pub rows: Vec<Row>,
    /// A finding instead of tables.
    pub broken: bool,
    /// Whether it panics where steps begin.
    pub panics: bool,
    /// Rows lost on the way, to see that it is noticed.
    pub lost: u64,
    pub prior_tiers: Vec<Option<String>>,
}

impl Fake {
    pub fn new(rows: &[Row]) -> Fake {
        Fake { rows: rows.to_vec(), broken: false, panics: false, lost: 0, prior_tiers: Vec::new() }
    }
}

fn quality() -> DataFrame {
    let text = |name: &str, value: &str| Series::new(name.into(), [value]).into();
    let columns = vec![
        text("table", "客户"),
        text("column", "区域"),
        text("measure", "missing"),
        text("detail", ""),
        Series::new("count".into(), [1_i64]).into(),
        Series::new("value".into(), [None::<f64>]).into(),
    ];
    DataFrame::new_infer_height(columns).unwrap()
}

fn quarantine() -> DataFrame {
    let text = |name: &str| Series::new(name.into(), ["x"]).into();
    let columns = ["table", "file", "column", "text", "reason"].map(text);
    DataFrame::new_infer_height(columns.to_vec()).unwrap()
}

impl Compute for Fake {
    fn pool(&self) -> &rayon::ThreadPool {
        static POOL: LazyLock<rayon::ThreadPool> = LazyLock::new(|| thread_pool(Some(1)).unwrap());
        &POOL
    }

    fn load(&mut self, _earlier: Option<&Earlier>) -> Result<Loaded, LoadFailed> {
        let n = self.rows.len() as u64;
        let data = format!("{:?}", self.rows);
        let loaded = Loaded {
            aliases: None,
            customers: vec![
                Series::new("id".into(), self.rows.iter().map(|r| r.0).collect::<Vec<_>>()),
                Series::new("区域".into(), self.rows.iter().map(|r| r.1).collect::<Vec<_>>()),
            ],
            tables: vec![TableRow {
                table: "客户".into(),
                read: n + 1 + self.lost,
                kept: n,
                quarantined: 1,
                removed: 0,
            }],
            quality: quality(),
            quarantine: quarantine(),
            inputs: vec![InputFile {
                table: "客户".into(),
                path: "datasets/客户.csv".into(),
                bytes: data.len() as u64,
                rows: n + 1,
                hash: hash(data.as_bytes()),
            }],
            warnings: vec![],
        };
        match self.broken {
            false => Ok(loaded),
            true => Err(LoadFailed::Findings(
                vec![Diagnostic::error(ids::KEY_REPEATED, "key `a` stands twice").located("datasets/客户.csv:3")],
                Box::new(loaded),
            )),
        }
    }

    fn begin(&mut self, prior: Option<(&Prior, &[Option<u32>])>, _order: &[u32]) -> Result<()> {
        assert!(!self.panics, "no room for an encoder");
        if let Some((prior, rows)) = prior {
            let tiers = prior.tier.str().unwrap();
            let tier = |row: &Option<u32>| row.and_then(|r| tiers.get(r as usize)).map(str::to_owned);
            self.prior_tiers = rows.iter().map(tier).collect();
        }
        Ok(())
    }

    fn step(&mut self, step: usize, active: &[u32]) -> Result<StepColumns> {
        let active_row = |row: usize| active.contains(&(row as u32));
        if step == 0 {
            let value: Vec<Option<f64>> = self.rows.iter().map(|r| r.2).collect();
            let cause = Cause::new(CauseKind::Missing, "rules/value.rhai:2:5", "客户.区域");
            let failed = (0..).zip(&value).filter(|(_, v)| v.is_none()).map(|(r, _)| (r, cause.clone())).collect();
            return Ok(StepColumns {
                columns: vec![Series::new("value".into(), value)],
                undetermined: failed,
                dropped: vec![],
                fittings: vec![],
            });
        }
        let tier = |(row, r): (usize, &Row)| active_row(row).then_some(r.3);
        let tiers: Vec<Option<&str>> = self.rows.iter().enumerate().map(tier).collect();
        let dropped = vec![("rules/tier.rhai:1:1".to_owned(), 2)];
        Ok(StepColumns {
            columns: vec![Series::new("tier".into(), tiers)],
            undetermined: vec![],
            dropped,
            fittings: vec![],
        })
    }

    fn keep(&mut self, _columns: &[Series]) -> Result<()> {
        Ok(())
    }
}

/// A run of the small project in a folder.
pub struct Bench {
    pub out: PathBuf,
    pub project: Project,
    pub request: Request,
    pub sources: SourceMap,
    pub threads: usize,
}

impl Bench {
    pub fn new(out: &Path) -> Bench {
        let mut sources = SourceMap::default();
        sources.add("tierwright.yaml", "name: 客户分级");
        sources.add("rules/tier.rhai", "fn tier(c) { \"general\" }");
        Bench { out: out.to_owned(), project: project(), request: Request::default(), sources, threads: 2 }
    }

    pub fn plan(&self) -> Plan {
        let project = self.project.clone();
        let column = |name: &str, dtype| ColumnSchema {
            name: name.into(),
            dtype,
            optional: true,
            added: false,
            minor_units: false,
            unit: None,
        };
        let columns = vec![
            column("id", DataType::Text),
            column("区域", DataType::Text),
            column("value", DataType::Float),
            column("tier", DataType::Text),
        ];
        let table = TableSchema { name: "客户".into(), columns, references: vec![], many: vec![] };
        let schema = Schema { tables: vec![table], customer: TableId(0) };
        let request = &self.request;
        let (dates, warnings) = dates(&project, request.as_of, request.cycle, request.phase, 0).unwrap();
        Plan {
            row_rules: Default::default(),
            root: PathBuf::new(),
            source_roots: Vec::new(),
            out: self.out.clone(),
            selection: select(&project, &available(&schema)).unwrap(),
            project,
            dates,
            scenario: request.scenario.clone().unwrap_or_else(|| "base".into()),
            schema,
            programs: vec![],
            step_places: vec!["rules/value.rhai:1:1".into(), "rules/tier.rhai:1:1".into()],
            compiled: Programs::default(),
            outlook: None,
            at_rest: Default::default(),
            trees: Default::default(),
            warnings,
        }
    }

    pub fn run_with(&self, system: &dyn System, fake: &mut Fake) -> Result<Report, Failure> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads).build().unwrap();
        run(system, &self.plan(), &self.request, &self.sources, fake, &pool)
    }

    pub fn run(&self, rows: &[Row]) -> Result<Report, Failure> {
        self.run_with(&Faulty::new(i64::MAX, false), &mut Fake::new(rows))
    }

    pub fn cycle(&mut self, year: i16, phase: Option<Phase>) -> &mut Bench {
        self.request.as_of = Some(date(year + 1, 4, 1));
        self.request.phase = phase;
        self
    }

    pub fn base(&self) -> PathBuf {
        self.out.join("客户分级")
    }
}

/// The paths of all files below a folder, sorted, with a hash of each.
pub fn tree(folder: &Path) -> Vec<(String, String)> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(at) = folders.pop() {
        for entry in std::fs::read_dir(&at).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                files.push((name, hash(&std::fs::read(&path).unwrap())));
            }
        }
    }
    files.sort();
    files
}

/// The operating system without its syncs, which take time, and whose n-th writing operation fails; afterwards everything
/// fails (a crash), or nothing does.
pub struct Faulty {
    left: Arc<AtomicI64>,
    crash: bool,
    now: i64,
}

impl Faulty {
    pub fn new(after: i64, crash: bool) -> Faulty {
        Faulty { left: Arc::new(AtomicI64::new(after)), crash, now: 1_500_000_000_000_000 }
    }

    /// Whether the failure has come.
    pub fn came(&self) -> bool {
        self.left.load(SeqCst) < 0
    }

    fn allow(&self) -> std::io::Result<()> {
        allow(&self.left, self.crash)
    }

    fn writing(&self, path: &Path) -> Result<(), Error> {
        self.allow().map_err(Error::io("write", path))
    }
}

fn allow(left: &AtomicI64, crash: bool) -> std::io::Result<()> {
    let before = left.fetch_sub(1, SeqCst);
    match before == 0 || (crash && before < 0) {
        true => Err(std::io::Error::other("the device is gone")),
        false => Ok(()),
    }
}

struct FaultyFile {
    inner: Box<dyn OutFile>,
    left: Arc<AtomicI64>,
    crash: bool,
}

impl Write for FaultyFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if let Err(e) = allow(&self.left, self.crash) {
            // What a full disk does: a part arrives.
            let _ = self.inner.write(&bytes[..bytes.len() / 2]);
            return Err(e);
        }
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}

impl OutFile for FaultyFile {
    fn finish(&mut self) -> std::io::Result<()> {
        allow(&self.left, self.crash)?;
        self.inner.flush()
    }
}

impl System for Faulty {
    fn now_micros(&self) -> i64 {
        self.now
    }
    fn env(&self, _name: &str) -> Option<String> {
        None
    }
    fn holder(&self) -> String {
        "process 7 on 主机".into()
    }
    fn open(&self, path: &Path) -> Result<(File, u64), Error> {
        Os.open(path)
    }
    fn list(&self, path: &Path) -> Result<Vec<PathBuf>, Error> {
        Os.list(path)
    }
    fn exists(&self, path: &Path) -> bool {
        Os.exists(path)
    }
    fn is_dir(&self, path: &Path) -> bool {
        Os.is_dir(path)
    }
    fn create_dir(&self, path: &Path) -> Result<(), Error> {
        self.writing(path)?;
        Os.create_dir(path)
    }
    fn create(&self, path: &Path) -> Result<Box<dyn OutFile>, Error> {
        self.writing(path)?;
        Ok(Box::new(FaultyFile { inner: Os.create(path)?, left: self.left.clone(), crash: self.crash }))
    }
    fn append(&self, path: &Path, line: &str) -> Result<(), Error> {
        let allowed = self.writing(path);
        let line = format!("{line}\n");
        let torn = if allowed.is_ok() { line.len() } else { line.len() / 2 };
        let mut file =
            std::fs::OpenOptions::new().create(true).append(true).open(path).map_err(Error::io("append to", path))?;
        file.write_all(&line.as_bytes()[..torn]).map_err(Error::io("append to", path))?;
        allowed
    }
    fn rename(&self, from: &Path, to: &Path) -> Result<(), Error> {
        self.writing(to)?;
        std::fs::rename(from, to).map_err(Error::io("rename", to))
    }
    fn sync_dir(&self, path: &Path) -> Result<(), Error> {
        self.writing(path)
    }
    fn remove_dir(&self, path: &Path) -> Result<(), Error> {
        self.writing(path)?;
        Os.remove_dir(path)
    }
    fn lock(&self, path: &Path, holder: &str) -> Result<Box<dyn Lock>, Error> {
        self.writing(path)?;
        Os.lock(path, holder)
    }
}
