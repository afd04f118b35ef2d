//! Tables loaded from small files in a temporary folder.

mod contracts;
mod dialects;
mod dirty;
mod encodings;
mod excel;
mod files;
mod ndjson;
mod parquet_files;
mod postgres;
mod references;
mod rows;
mod sqlite;
mod streaming;
mod workbooks;
mod written;

use super::*;
use crate::diag::Id;
use crate::dtype::DataType;
use crate::manifest::model::{
    Column, Compression, Csv, Decision, Delimiter, Duplicates, Encoding, Format, Limits, Numbers, Orphans, Output,
    Packing, Parameters, Planning, Reference, Source, Thousands, Undetermined,
};
use crate::source::{SourceMap, Span};
use crate::system::Os;
use polars::prelude::AnyValue;
use tempfile::TempDir;

/// A project in a temporary folder. The first table is the customers'.
pub struct Fixture {
    dir: TempDir,
    tables: Vec<Table>,
    zone: TimeZone,
    threads: usize,
}

pub fn column(name: &str, dtype: &str) -> Column {
    Column::new(name, DataType::parse(dtype).unwrap(), Span::default())
}

/// A table of `datasets/<name>.csv`, with columns as `id:int amount:float`, the first being the key.
pub fn table(name: &str, columns: &str) -> Table {
    let columns: IndexMap<String, Column> = columns
        .split_whitespace()
        .map(|c| c.split_once(':').unwrap())
        .map(|(name, dtype)| (name.to_owned(), column(name, dtype)))
        .collect();
    Table {
        name: name.into(),
        description: String::new(),
        source: Source {
            paths: vec![format!("{name}.csv")],
            format: Format::Csv(Csv::default()),
            packing: Packing::ByName,
            partitions: false,
            span: Span::default(),
        },
        key: vec![columns.keys().next().unwrap().clone()],
        columns,
        duplicates: Duplicates::Fail,
        references: Vec::new(),
        quarantine_limit: 1.0,
        may_be_empty: false,
        contract: Default::default(),
        span: Span::default(),
    }
}

pub fn reference(name: &str, column: &str, table: &str, orphans: Orphans) -> Reference {
    Reference {
        name: name.into(),
        columns: column.split('+').map(str::to_owned).collect(),
        table: table.into(),
        many: None,
        orphans,
        contract: Default::default(),
        span: Span::default(),
    }
}

pub fn project(tables: &[Table]) -> Project {
    Project {
        name: "p".into(),
        customer: tables[0].name.clone(),
        steps: Vec::new(),
        decision: Decision {
            tier: "tier".into(),
            value: "value".into(),
            order: Vec::new(),
            read_back: IndexMap::new(),
            earlier: None,
            places: IndexMap::new(),
            span: Span::default(),
        },
        planning: Planning::default(),
        aliases: None,
        shown: Default::default(),
        turnover: None,
        plan: None,
        scenarios: Vec::new(),
        strategic: None,
        as_of: None,
        output: Output {
            dir: "out".into(),
            columns: None,
            partition_by: Vec::new(),
            places: Default::default(),
            compression: Compression::None,
            rows_per_file: 1,
        },
        summaries: Vec::new(),
        undetermined_limit: 0.0,
        undetermined: Undetermined::Null,
        limits: Limits::default(),
        interpret_limit: 0,
        tables: tables.iter().map(|t| (t.name.clone(), t.clone())).collect(),
        parameters: Parameters::default(),
    }
}

impl Fixture {
    pub fn new(tables: Vec<Table>) -> Fixture {
        Fixture { dir: TempDir::new().unwrap(), tables, zone: TimeZone::UTC, threads: 2 }
    }

    /// One customer table whose file holds `bytes`.
    pub fn one(table: Table, bytes: impl AsRef<[u8]>) -> Fixture {
        let path = format!("{}.csv", table.name);
        Fixture::new(vec![table]).file(&path, bytes)
    }

    pub fn file(self, name: &str, bytes: impl AsRef<[u8]>) -> Fixture {
        let path = self.dir.path().join("datasets").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
        self
    }

    pub fn try_load(&self) -> Result<Loaded, LoadFailure> {
        let root = self.dir.path();
        let mut sources = SourceMap::default();
        sources.add("datasets/t.yaml", "source:\n");
        let pool = crate::rules::interp::thread_pool(self.threads).unwrap();
        #[allow(clippy::result_large_err, reason = "findings are rare")]
        let expand = |table: &Table| Ok(table.source.paths.iter().map(|p| root.join("datasets").join(p)).collect());
        let mut project = project(&self.tables);
        let dates = crate::rules::typeck::RunDates { as_of: 17_257, cycle_start: 16_892, cycle_end: 17_257 };
        let (rules, found) = crate::rules::rows::compile(&mut project, dates, &mut sources).unwrap();
        assert!(found.is_empty(), "{found:#?}");
        let world = World {
            rules: &rules,
            interpret: false,
            as_of: dates.as_of,
            limits: &project.limits,
            sources: &sources,
            zone: &self.zone,
            pool: &pool,
            earlier: None,
        };
        load(&Os, root, &project, &world, &expand)
    }

    pub fn load(&self) -> Loaded {
        self.try_load().unwrap()
    }

    /// The findings of a load that fails, and what was loaded all the same.
    pub fn fails(&self) -> (Vec<Diagnostic>, Loaded) {
        match self.try_load() {
            Err(LoadFailure::Findings(findings, loaded)) => (findings, *loaded),
            other => panic!("{other:?}"),
        }
    }
}

/// A cell as text; `-` where it is missing.
pub fn cell(loaded: &Loaded, table: &str, column: &str, row: usize) -> String {
    match loaded.tables[table].frame.column(column).unwrap().get(row).unwrap() {
        AnyValue::Null => "-".into(),
        value => value.get_str().map_or_else(|| value.to_string(), str::to_owned),
    }
}

/// A column as texts joined by blanks.
pub fn cells(loaded: &Loaded, table: &str, column: &str) -> String {
    let rows = 0..loaded.tables[table].rows();
    rows.map(|row| cell(loaded, table, column, row)).collect::<Vec<_>>().join(" ")
}

/// Rows that are in no table, as `line column id`.
pub fn rejected(loaded: &Loaded) -> Vec<String> {
    loaded.rejected.iter().map(|r| format!("{} {} {}", r.line, r.column, r.id.name())).collect()
}

pub fn ids(findings: &[Diagnostic]) -> Vec<Id> {
    findings.iter().map(|f| f.id).collect()
}

/// `read kept quarantined removed` of a table.
pub fn totals(loaded: &Loaded, table: &str) -> [u64; 4] {
    let figures = loaded.figures.iter().find(|f| f.table == table).unwrap();
    [figures.read, figures.kept, figures.quarantined, figures.removed]
}
