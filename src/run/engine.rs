//! The project's tables and steps: what a run computes with.
//!
//! In: a [`Plan`]. Out: a [`Compute`] over `table::load` and the interpreter. Must not know: staging, commits. Start at
//! [`Engine::new`].

use super::compute::{Compute, LoadFailed, Loaded, StepColumns};
use super::identity::InputFile;
use super::plan::Plan;
use super::prior::Prior;
use super::record::TableRow;
use crate::diag::{Diagnostic, ids};
use crate::error::{Error, Result, Stop};
use crate::manifest::glob;
use crate::manifest::model::Table;
use crate::rules::interp;
use crate::rules::interp::data::{ColumnData, Data, NO_ROW, Related, TableData};
use crate::rules::schema::TableSchema;
use crate::rules::tables::PRIOR;
use crate::source::SourceMap;
use crate::system::System;
use crate::table::{self, LoadFailure, relations};
use jiff::tz::TimeZone;
use polars::prelude::{DataFrame, Series};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Tables and interpreter.
pub struct Engine<'a> {
    system: &'a dyn System,
    plan: &'a Plan,
    sources: &'a SourceMap,
    pool: &'a rayon::ThreadPool,
    zone: TimeZone,
    tables: Option<table::Loaded>,
    data: Data,
    keys: Vec<u32>,
}

/// A pool of threads that can run rules; one for each processor unless named.
///
/// # Errors
/// [`Error::Defect`]: the system gives no threads.
pub fn thread_pool(threads: Option<usize>) -> Result<rayon::ThreadPool, Error> {
    interp::thread_pool(threads.unwrap_or(0))
}

impl<'a> Engine<'a> {
    /// The engine of a plan.
    ///
    /// # Errors
    /// `wrong-value`: a time zone that does not exist.
    pub fn new(
        system: &'a dyn System,
        plan: &'a Plan,
        sources: &'a SourceMap,
        pool: &'a rayon::ThreadPool,
    ) -> Result<Engine<'a>> {
        let name = &plan.project.planning.time_zone;
        let zone = TimeZone::get(name).map_err(|_| {
            Stop::Configuration(vec![Diagnostic::error(ids::WRONG_VALUE, format!("no time zone `{name}`"))])
        })?;
        Ok(Engine { system, plan, sources, pool, zone, tables: None, data: Data::default(), keys: Vec::new() })
    }

    fn expand(&self, table: &Table) -> Result<Vec<PathBuf>, Diagnostic> {
        let found = glob::files(self.system, &self.plan.root, "datasets", &table.source);
        match found {
            Ok(files) => Ok(files.into_iter().map(|file| PathBuf::from(file.shown)).collect()),
            // One finding a table; the others show when it is mended.
            Err(mut findings) => Err(match findings.len() {
                0 => Diagnostic::error(ids::FILE_MISSING, format!("no files for table `{}`", table.name)),
                _ => findings.remove(0),
            }),
        }
    }

    fn loaded(&self, loaded: &table::Loaded) -> Loaded {
        let customers = loaded.tables.get(&self.plan.project.customer);
        let series = |c: &polars::prelude::Column| c.as_materialized_series().clone();
        let input = |i: &table::Input| InputFile {
            table: i.table.clone(),
            path: i.path.clone(),
            bytes: i.bytes,
            rows: i.rows,
            hash: i.hash.clone(),
        };
        let row = |t: &table::quality::TableQuality| TableRow {
            table: t.table.clone(),
            read: t.read,
            kept: t.kept,
            quarantined: t.quarantined,
            removed: t.removed,
        };
        Loaded {
            customers: customers.map(|t| t.frame.columns().iter().map(series).collect()).unwrap_or_default(),
            tables: loaded.figures.iter().map(row).collect(),
            quality: loaded.quality.clone(),
            quarantine: loaded.quarantine.clone(),
            inputs: loaded.inputs.iter().map(input).collect(),
            warnings: Vec::new(),
        }
    }

    fn build(&self, prior: Option<(&Prior, &[Option<u32>])>) -> Result<Data, Error> {
        let schema = &self.plan.schema;
        let tables = self.tables.as_ref().ok_or_else(|| defect("rules before tables"))?;
        let mut many = relations::related(schema, &tables.tables);
        let mut data = Data::default();
        for (position, table) in schema.tables.iter().enumerate() {
            let related = many.get_mut(position).map(std::mem::take).unwrap_or_default();
            let mut built =
                match tables.tables.get(&table.name).filter(|_| table.name != PRIOR || !self.is_prior(position)) {
                    Some(loaded) => {
                        // Columns of steps come later, one step after the other.
                        let own = TableSchema { columns: own_columns(table, &loaded.frame), ..table.clone() };
                        let mut built = TableData::from_frame(&loaded.frame, &own)?;
                        built.references = loaded.references.iter().map(|r| Arc::from(r.as_slice())).collect();
                        built
                    }
                    None => prior_table(prior.map(|(p, _)| p), table)?,
                };
            if position == usize::from(schema.customer.0) {
                let rows = match prior {
                    Some((_, rows)) => rows.iter().map(|row| row.unwrap_or(NO_ROW)).collect(),
                    None => vec![NO_ROW; built.rows],
                };
                built.references.push(Arc::from(rows));
            }
            let related = related.into_iter().map(|r| Arc::new(Related { offsets: r.offsets, rows: r.rows }));
            built.many = related.collect();
            data.tables.push(built);
        }
        Ok(data)
    }

    /// The table of prior decisions stands behind those of the manifests.
    fn is_prior(&self, position: usize) -> bool {
        position >= self.plan.project.tables.len()
    }
}

fn own_columns(table: &TableSchema, frame: &DataFrame) -> Vec<crate::rules::schema::ColumnSchema> {
    table.columns.iter().take(frame.width()).cloned().collect()
}

fn prior_table(prior: Option<&Prior>, table: &TableSchema) -> Result<TableData, Error> {
    let Some(prior) = prior else {
        let columns = table.columns.iter().map(|column| ColumnData::missing(0, column)).collect();
        return Ok(TableData { rows: 0, columns, ..TableData::default() });
    };
    let mut by_name: BTreeMap<&str, &Series> = prior.read_back.iter().map(|s| (s.name().as_str(), s)).collect();
    // The schema's first two columns are the tier and the value, whatever the project names them.
    let first = table.columns.iter().zip([&prior.tier, &prior.value]);
    by_name.extend(first.map(|(column, series)| (column.name.as_str(), series)));
    let column = |column: &crate::rules::schema::ColumnSchema| {
        let series = by_name.get(column.name.as_str());
        ColumnData::from_series(series.ok_or_else(|| defect(&format!("no prior column {}", column.name)))?, column)
    };
    let columns = table.columns.iter().map(column).collect::<Result<_, Error>>()?;
    Ok(TableData { rows: prior.keys.len(), columns, ..TableData::default() })
}

impl Compute for Engine<'_> {
    fn load(&mut self) -> Result<Loaded, LoadFailed> {
        let expand = |table: &Table| self.expand(table);
        let (plan, sources) = (self.plan, self.sources);
        let read = table::load(self.system, &plan.root, &plan.project, sources, &self.zone, self.pool, &expand);
        match read {
            Ok(tables) => {
                let loaded = self.loaded(&tables);
                self.tables = Some(tables);
                Ok(loaded)
            }
            Err(LoadFailure::Findings(found, tables)) => {
                Err(LoadFailed::Findings(found, Box::new(self.loaded(&tables))))
            }
            Err(LoadFailure::Error(error)) => Err(LoadFailed::Error(error)),
        }
    }

    fn begin(&mut self, prior: Option<(&Prior, &[Option<u32>])>, order: &[u32]) -> Result<()> {
        self.data = self.build(prior)?;
        self.keys = order.to_vec();
        Ok(())
    }

    fn step(&mut self, step: usize, active: &[u32]) -> Result<StepColumns> {
        let program = self.plan.programs.get(step).ok_or_else(|| defect("a step without a program"))?;
        let context = interp::Context {
            schema: &self.plan.schema,
            data: &self.data,
            sources: self.sources,
            active,
            keys: &self.keys,
            limits: &self.plan.project.limits,
            zone: &self.zone,
            pool: self.pool,
        };
        let result = interp::run_step(program, &context)?;
        let columns = result.columns.into_iter().map(|(name, series)| series.with_name(name.as_str().into())).collect();
        Ok(StepColumns { columns, undetermined: result.undetermined, dropped: result.dropped_unknown })
    }

    fn keep(&mut self, columns: &[Series]) -> Result<()> {
        let schema = self.plan.schema.table(self.plan.schema.customer);
        let table = self.data.tables.get_mut(usize::from(self.plan.schema.customer.0));
        let table = table.ok_or_else(|| defect("no customer table"))?;
        for series in columns {
            let column = schema.columns.get(table.columns.len()).filter(|c| c.name == series.name().as_str());
            let column = column.ok_or_else(|| defect(&format!("column {} comes out of turn", series.name())))?;
            table.columns.push(ColumnData::from_series(series, column)?);
        }
        Ok(())
    }
}

fn defect(what: &str) -> Error {
    Error::Defect(what.to_owned())
}
