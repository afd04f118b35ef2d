//! The project's own tables and steps, as a run computes with them.
//!
//! In: a [`Plan`]. Out: [`LocalEngine`], the [`Compute`] of real runs: tables through `table`, steps as column programs, or on the interpreter.
//! Must not know: staging, commits. Start at [`LocalEngine::new`].

use super::aliases::AliasRows;
use super::business::amounts::{Amounts, Months};
use super::business::check::{self, Place};
use super::business::columns::Capacities;
use super::compute::{Compute, LoadFailed, Loaded, StepColumns};
use super::given;
use super::identity::InputFile;
use super::keys::Keys;
use super::outcome::floats;
use super::parts::{self, Decision, Joined, Memory};
use super::plan::{Engine, Plan};
use super::prior::Prior;
use super::reasons::{Columns, Finder, Reasons};
use super::record::TableRow;
use super::withheld;
use crate::calendar;
use crate::diag::Diagnostic;
use crate::error::{Error, Result};
use crate::manifest::glob;
use crate::manifest::model::{Format, Project, Table};
use crate::rules;
use crate::rules::allow;
use crate::rules::codegen;
use crate::rules::context::{Context, StepResult};
use crate::rules::data::{Cell, Data, Related, TableData};
use crate::rules::interp;
use crate::rules::schema::{Schema, TableSchema};
use crate::source::SourceMap;
use crate::system::System;
use crate::table;
use crate::table::LoadFailure;
use crate::table::drift::Earlier;
use crate::table::parts::{Parted, Unparted, World};
use jiff::tz::TimeZone;
use polars::prelude::Series;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Tables and steps of a project.
pub struct LocalEngine<'a> {
    system: &'a dyn System,
    plan: &'a Plan,
    sources: &'a SourceMap,
    pool: &'a rayon::ThreadPool,
    zone: TimeZone,
    tables: table::Loaded,
    data: Data,
    keys: Vec<u32>,
    engine: Engine,
    /// For each step whether the text of a `throw` is withheld.
    withheld: Vec<bool>,
    memory: Memory,
    /// Tables whose rows are in parts.
    parted: Option<Parted>,
    /// Where they are; removed with the engine.
    folder: Option<PathBuf>,
    how: Option<String>,
}

/// A pool of threads that can run rules; one for each processor unless named.
///
/// # Errors
/// [`Error::Threads`]: the system gives no threads.
pub fn thread_pool(threads: Option<usize>) -> Result<rayon::ThreadPool, Error> {
    interp::thread_pool(threads.unwrap_or(0))
}

impl<'a> LocalEngine<'a> {
    /// An engine for a plan; `pool` is one of [`crate::rules::interp::thread_pool`].
    ///
    /// # Errors
    /// [`Error::Defect`]: a time zone that the project file's check let through is not known.
    pub fn new(
        system: &'a dyn System,
        plan: &'a Plan,
        sources: &'a SourceMap,
        pool: &'a rayon::ThreadPool,
    ) -> Result<LocalEngine<'a>, Error> {
        let zone = TimeZone::get(&plan.project.planning.time_zone)
            .map_err(|e| Error::Defect(format!("time zone {}: {e}", plan.project.planning.time_zone)))?;
        let (tables, data) = (table::Loaded::default(), Data::default());
        let withheld = withheld::steps(&plan.project, &plan.programs, &plan.schema);
        Ok(LocalEngine {
            system,
            plan,
            sources,
            pool,
            zone,
            tables,
            data,
            keys: Vec::new(),
            engine: Engine::Local,
            memory: Memory::default(),
            parted: None,
            folder: None,
            how: None,
            withheld,
        })
    }

    /// The same engine with its steps evaluated as said.
    #[must_use]
    pub fn with(mut self, engine: Engine) -> Self {
        self.engine = engine;
        self
    }

    /// The same engine with so much memory for tables.
    #[must_use]
    pub fn with_memory(mut self, memory: Memory) -> Self {
        self.memory = memory;
        self
    }

    /// Loads tables, in parts where they are too large.
    fn read_tables(&mut self, earlier: Option<&Earlier>) -> Result<table::Loaded, LoadFailure> {
        let (system, plan) = (self.system, self.plan);
        let expand = |table: &Table| {
            let files = glob::files(system, plan.reach(), glob::DATASETS, &table.source)?;
            // Relative to the project's folder, as `table::load` takes them.
            Ok(files.into_iter().map(|file| PathBuf::from(file.shown)).collect())
        };
        let (project, sources, zone) = (&plan.project, self.sources, &self.zone);
        let judging = table::World {
            rules: &plan.row_rules,
            interpret: self.engine == Engine::Interpret,
            as_of: calendar::day_number(plan.dates.as_of),
            limits: &project.limits,
            sources,
            zone,
            pool: self.pool,
            earlier,
        };
        let cut = match parts::decide(system, plan, &self.memory)? {
            Decision::Parts(cut) => cut,
            Decision::Whole(why) => {
                self.how = why.map(|why| format!("in memory: {why}"));
                return table::load(system, &plan.root, project, &judging, &expand);
            }
        };
        let world = World { system, root: &plan.root, project, sources, zone, judging: &judging, expand: &expand };
        self.folder = Some(cut.folder.clone());
        let count = cut.parts;
        match self.pool.install(|| table::parts::load(&world, cut)) {
            Ok((loaded, parted)) => {
                self.how = Some(format!("in {count} parts"));
                self.parted = Some(parted);
                Ok(loaded)
            }
            Err(Unparted::Failed(failure)) => Err(failure),
            Err(Unparted::Torn(table)) => {
                let why = format!("a row of `{table}` belongs to several customers through several tables");
                self.how = Some(format!("in memory: {why}"));
                table::load(system, &plan.root, project, &judging, &expand)
            }
        }
    }

    fn context<'c>(&'c self, data: &'c Data, active: &'c [u32]) -> Context<'c> {
        Context {
            schema: &self.plan.schema,
            data,
            sources: self.sources,
            active,
            keys: &self.keys,
            limits: &self.plan.project.limits,
            zone: &self.zone,
            pool: self.pool,
        }
    }

    /// The tables in parts, if a step reads one of them.
    fn parted_for(&self, step: usize) -> Option<&Parted> {
        self.parted.as_ref().filter(|parted| {
            let tables: Vec<usize> = parted.tables().collect();
            self.plan.programs.get(step).is_some_and(|program| parts::reads(program, &self.plan.schema, &tables))
        })
    }

    /// Calls `each` with what a step sees for some of the active customers: for all of them at once, or part by part where
    /// the step reads a table in parts.
    ///
    /// # Errors
    /// Those of `each`; a part that cannot be read.
    pub fn with_rows(
        &self,
        step: usize,
        active: &[u32],
        rows: &[u32],
        each: &mut dyn FnMut(&Context<'_>, &[u32]) -> Result<()>,
    ) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let Some(parted) = self.parted_for(step) else { return each(&self.context(&self.data, active), rows) };
        for part in 0..parted.spread.parts {
            let of = |rows: &[u32]| rows.iter().copied().filter(|row| parted.spread.part(*row) == part).collect();
            let own: Vec<u32> = of(rows);
            if own.is_empty() {
                continue;
            }
            let active: Vec<u32> = of(active);
            let data =
                self.pool.install(|| parts::part_data(self.system, parted, part, &self.plan.schema, &self.data))?;
            each(&self.context(&data, &active), &own)?;
        }
        Ok(())
    }

    /// How a step is compiled, if it is evaluated so.
    fn compiled(&self, step: usize) -> Option<&codegen::Step> {
        self.plan.compiled.step(step).filter(|_| self.engine == Engine::Local)
    }

    fn evaluate(&self, step: usize, data: &Data, active: &[u32]) -> Result<StepResult> {
        let Some(program) = self.plan.programs.get(step) else {
            return Err(Error::Defect(format!("no step {step}")).into());
        };
        let mut result = rules::run_step(program, self.compiled(step), &self.context(data, active))?;
        if self.withheld.get(step).copied().unwrap_or(false) {
            withheld::withhold(&mut result.undetermined);
        }
        Ok(result)
    }

    fn in_parts(&self, step: usize, parted: &Parted, active: &[u32]) -> Result<StepColumns> {
        let mut joined = Joined::default();
        for part in 0..parted.spread.parts {
            let own: Vec<u32> = active.iter().copied().filter(|row| parted.spread.part(*row) == part).collect();
            // The first part is evaluated in any case, as it gives the columns.
            if own.is_empty() && part > 0 {
                continue;
            }
            let data =
                self.pool.install(|| parts::part_data(self.system, parted, part, &self.plan.schema, &self.data))?;
            joined.add(self.evaluate(step, &data, &own)?, &own)?;
        }
        let customers = self.data.tables.get(self.customer()).map_or(0, |table| table.rows);
        Ok(joined.finish(customers)?)
    }

    fn customer(&self) -> usize {
        self.plan.schema.customer.0 as usize
    }

    fn customer_keys(&self) -> Result<Keys, Error> {
        let project = &self.plan.project;
        let table = self.tables.tables.get(&project.customer);
        let column = project.customer_key().and_then(|name| table?.frame.column(name).ok());
        let column = column.ok_or_else(|| Error::Defect("the customers have no key".to_owned()))?;
        Keys::new(column.as_materialized_series())
    }

    /// A table of the project as rules see it before any step, without its relations.
    fn columns_of(&self, schema: &TableSchema, manifest: &Table) -> Result<TableData, Error> {
        let Some(loaded) = self.tables.tables.get(&manifest.name) else {
            return Err(Error::Defect(format!("table `{}` was not loaded", manifest.name)));
        };
        let own = TableSchema { columns: schema.columns[..manifest.columns.len()].to_vec(), ..schema.clone() };
        let mut data = TableData::from_frame(&loaded.frame, &own)?;
        data.references = loaded.references.iter().map(|r| Arc::from(r.as_slice())).collect();
        Ok(data)
    }
}

impl Compute for LocalEngine<'_> {
    fn pool(&self) -> &rayon::ThreadPool {
        self.pool
    }

    fn tables(&self) -> Option<String> {
        self.how.clone()
    }

    fn reads_the_same(&self, inputs: &[InputFile]) -> Result<bool, Error> {
        let plan = self.plan;
        let mut files = Vec::new();
        for (name, table) in &plan.project.tables {
            // Rows of a database are those of a moment: it has to be asked.
            if matches!(table.source.format, Format::Sqlite(_) | Format::Postgres(_)) {
                return Ok(false);
            }
            let Ok(found) = glob::files(self.system, plan.reach(), glob::DATASETS, &table.source) else {
                return Ok(false);
            };
            files.extend(found.into_iter().map(|file| (name.clone(), file.shown)));
        }
        let listed: BTreeMap<(&str, &str), &InputFile> =
            inputs.iter().map(|input| ((input.table.as_str(), input.path.as_str()), input)).collect();
        let found: Vec<Option<&InputFile>> =
            files.iter().map(|(table, path)| listed.get(&(table.as_str(), path.as_str())).copied()).collect();
        if found.len() != listed.len() || found.iter().any(Option::is_none) {
            return Ok(false);
        }
        let same =
            |input: &&InputFile| table::is_same(self.system, &plan.root, &input.path, (input.bytes, &input.hash));
        let all: Vec<Result<bool, Error>> =
            self.pool.install(|| found.into_iter().flatten().collect::<Vec<_>>().par_iter().map(same).collect());
        all.into_iter().try_fold(true, |all, one| Ok(all && one?))
    }

    fn load(&mut self, earlier: Option<&Earlier>) -> Result<Loaded, LoadFailed> {
        let project = &self.plan.project;
        match self.read_tables(earlier) {
            Ok(loaded) => {
                let mut summary = summary(&loaded, project);
                allow::retain(&mut summary.warnings, self.sources);
                self.tables = loaded;
                Ok(summary)
            }
            Err(table::LoadFailure::Findings(found, loaded)) => {
                Err(LoadFailed::Findings(found, Box::new(summary(&loaded, project))))
            }
            Err(table::LoadFailure::Error(error)) => Err(LoadFailed::Error(error)),
        }
    }

    fn amounts(&mut self, months: Months, amounts: &mut Amounts) -> Result<()> {
        let place = self.plan.project.plan.as_ref().and_then(|said| check::place(said, &self.plan.schema));
        let Some(place) = place else { return Ok(()) };
        let from = self.plan.project.plan.as_ref().and_then(|said| said.actuals.from).map(calendar::day_number);
        let reader = AmountReader { place, months, from, customer: self.customer(), zone: &self.zone };
        match self.parted.as_ref().filter(|parted| parted.tables().any(|table| table == place.table)) {
            None => Ok(reader.read(&self.data, amounts)?),
            Some(parted) => {
                for part in 0..parted.spread.parts {
                    let data = self
                        .pool
                        .install(|| parts::part_data(self.system, parted, part, &self.plan.schema, &self.data))?;
                    reader.read(&data, amounts)?;
                }
                Ok(())
            }
        }
    }

    fn capacities(&mut self) -> Result<Option<Capacities>> {
        let said = self.plan.project.plan.as_ref().and_then(|plan| plan.capacity.as_ref());
        let Some(said) = said else { return Ok(None) };
        let fault = |what: &dyn std::fmt::Display| Error::Defect(format!("capacities of `{}`: {what}", said.table));
        let table = self.tables.tables.get(&said.table).ok_or_else(|| fault(&"not loaded"))?;
        let column = |name: &str| {
            let column = table.frame.column(name).map_err(|e| fault(&e))?;
            Ok::<Series, Error>(column.as_materialized_series().clone())
        };
        Ok(Some(Capacities { owners: column(&said.key)?, capacities: floats(&column(&said.capacity)?)? }))
    }

    fn changed(&self) -> Result<Vec<Diagnostic>, Error> {
        table::changed(self.system, &self.plan.root, &self.tables.inputs)
    }

    fn release(&mut self) {
        self.parted = None;
        if let Some(folder) = self.folder.take() {
            // What cannot be removed lies in staging, which the next run clears.
            let _ = self.system.remove_dir(&folder);
        }
    }

    fn data(&self) -> Option<&Data> {
        Some(&self.data)
    }

    fn begin(&mut self, prior: Option<(&Prior, &[Option<u32>])>, order: &[u32]) -> Result<()> {
        let schema = &self.plan.schema;
        let mut tables = Vec::with_capacity(schema.tables.len());
        for (schema, manifest) in schema.tables.iter().zip(self.plan.project.tables.values()) {
            tables.push(self.columns_of(schema, manifest)?);
        }
        let past = given::add(&mut tables, schema, prior, || self.customer_keys())?;
        for (table, many) in tables.iter_mut().zip(related(schema, &self.tables)) {
            table.many = many;
        }
        given::relate(&mut tables, schema, past.as_ref());
        self.data = Data { tables };
        self.keys = order.to_vec();
        Ok(())
    }

    fn step(&mut self, step: usize, active: &[u32]) -> Result<StepColumns> {
        if let Some(parted) = self.parted_for(step) {
            return self.in_parts(step, parted, active);
        }
        let result = self.evaluate(step, &self.data, active)?;
        let columns = result.columns.into_iter().map(|(_, series)| series).collect();
        Ok(StepColumns {
            columns,
            undetermined: result.undetermined,
            dropped: result.dropped_unknown,
            fittings: result.fittings,
        })
    }

    fn reasons(&mut self, step: usize, active: &[u32], undetermined: &[u32]) -> Result<Option<Columns>> {
        let Some(program) = self.plan.programs.get(step) else { return Ok(None) };
        let compiled = (self.compiled(step), self.plan.compiled.teller.as_ref());
        let Some(finder) = Finder::new(&self.plan.project, program, compiled) else { return Ok(None) };
        // Nobody may come to the step, and everybody has a row all the same.
        let mut reasons = Reasons::empty(self.data.tables.get(self.customer()).map_or(0, |table| table.rows));
        self.with_rows(step, active, active, &mut |context, rows| {
            let part = finder.find(context, undetermined)?;
            if rows.len() == active.len() {
                reasons = part;
            } else {
                reasons.take(&part, rows);
            }
            Ok(())
        })?;
        Ok(Some(reasons.columns(self.sources)?))
    }

    fn keep(&mut self, columns: &[Series]) -> Result<()> {
        let customer = self.customer();
        let (Some(schema), Some(data)) = (self.plan.schema.tables.get(customer), self.data.tables.get_mut(customer))
        else {
            return Err(Error::Defect("no table of customers".into()).into());
        };
        Ok(data.add_columns(columns, schema)?)
    }
}

impl Drop for LocalEngine<'_> {
    fn drop(&mut self) {
        self.release();
    }
}

fn related(schema: &Schema, tables: &table::Loaded) -> Vec<Vec<Arc<Related>>> {
    let all = table::related(schema, &tables.tables);
    all.into_iter().map(|many| many.into_iter().map(Arc::new).collect()).collect()
}

/// Reads the amounts of a business plan out of related rows.
struct AmountReader<'a> {
    place: Place,
    months: Months,
    from: Option<i32>,
    customer: usize,
    zone: &'a TimeZone,
}

impl AmountReader<'_> {
    /// Adds the amounts of all customers, each customer's in the order of its rows.
    fn read(&self, data: &Data, amounts: &mut Amounts) -> Result<(), Error> {
        let customers = data.tables.get(self.customer).and_then(|table| table.many.get(self.place.many));
        let rows = data.tables.get(self.place.table);
        let column = |at: usize| rows.and_then(|rows| rows.columns.get(at));
        let (Some(related), Some(days), Some(values)) = (customers, column(self.place.date), column(self.place.amount))
        else {
            return Err(Error::Defect("the amounts of the plan are not there".to_owned()));
        };
        for customer in 0..amounts.customers() {
            for row in related.of(customer as usize) {
                let row = *row as usize;
                let amount = match values.get(row) {
                    Some(Cell::Float(amount)) => amount,
                    Some(Cell::Int(amount)) => amount as f64,
                    _ => continue,
                };
                let day = match days.get(row) {
                    Some(Cell::Date(day)) => Some(day),
                    Some(Cell::DateTime(micros)) => calendar::day_of_instant(micros, self.zone),
                    _ => None,
                };
                match day {
                    None => amounts.undated += 1,
                    Some(day) if self.from.is_some_and(|from| day < from) => amounts.early += 1,
                    Some(day) => {
                        if let Some(month) = self.months.of(day) {
                            amounts.add(customer, month, amount)?;
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

/// The columns of the table of aliases.
fn alias_rows(loaded: &table::Loaded, project: &Project) -> Option<AliasRows> {
    let aliases = project.aliases.as_ref()?;
    let frame = &loaded.tables.get(&aliases.table)?.frame;
    let column = |name: &str| frame.column(name).ok().map(|column| column.as_materialized_series().clone());
    Some(AliasRows { old: column(&aliases.old)?, new: column(&aliases.new)?, from: column(&aliases.from)? })
}

fn summary(loaded: &table::Loaded, project: &Project) -> Loaded {
    let customers = loaded
        .tables
        .get(&project.customer)
        .map(|table| table.frame.columns().iter().map(|column| column.as_materialized_series().clone()).collect());
    let tables = loaded.figures.iter().map(|figures| TableRow {
        table: figures.table.clone(),
        read: figures.read,
        kept: figures.kept,
        quarantined: figures.quarantined,
        removed: figures.removed,
    });
    let inputs = loaded.inputs.iter().map(|input| InputFile {
        table: input.table.clone(),
        path: input.path.clone(),
        bytes: input.bytes,
        rows: input.rows,
        hash: input.hash.clone(),
    });
    Loaded {
        customers: customers.unwrap_or_default(),
        tables: tables.collect(),
        quality: loaded.quality.clone(),
        quarantine: loaded.quarantine.clone(),
        aliases: alias_rows(loaded, project),
        inputs: inputs.collect(),
        warnings: loaded.warnings.clone(),
    }
}
