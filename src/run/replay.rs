//! Customers whose columns are there, and steps that are evaluated on them once more.
//!
//! In: a plan, tables as a run saw them, each customer's columns of the steps before. Out: [`Replay`], a [`Compute`] of the steps from one on. Must
//! not know: files, where the columns come from, years.

use crate::error::{Error, Result};
use crate::rules;
use crate::rules::cause::Cause;
use crate::rules::codegen;
use crate::rules::context::{Context, StepResult};
use crate::rules::data::{ColumnData, Data, NO_ROW, TableData};
use crate::rules::typed::{ExprKind, Program};
use crate::rules::walk;
use crate::run::compute::{Compute, LoadFailed, Loaded, StepColumns};
use crate::run::execute::key_of;
use crate::run::given;
use crate::run::keys::Keys;
use crate::run::ledger::without;
use crate::run::plan::{Engine, Plan};
use crate::run::prior::Prior;
use crate::run::record::TableRow;
use crate::run::withheld;
use crate::source::SourceMap;
use crate::table::drift::Earlier;
use jiff::tz::TimeZone;
use polars::prelude::{DataFrame, Series};
use std::collections::HashMap;
use std::sync::Arc;

/// What replays have in common.
#[derive(Clone, Copy)]
pub struct World<'a> {
    /// Texts of the rules.
    pub sources: &'a SourceMap,
    /// The project's time zone.
    pub zone: &'a TimeZone,
    /// Threads.
    pub pool: &'a rayon::ThreadPool,
    /// How steps are evaluated.
    pub engine: Engine,
}

impl World<'_> {
    /// One rule of a plan for the active customers; `keys` are all rows in key order.
    fn evaluate(
        &self,
        plan: &Plan,
        (program, compiled): (&Program, Option<&codegen::Step>),
        data: &Data,
        (keys, active): (&[u32], &[u32]),
    ) -> Result<StepResult> {
        let context = Context {
            schema: &plan.schema,
            data,
            sources: self.sources,
            active,
            keys,
            limits: &plan.project.limits,
            zone: self.zone,
            pool: self.pool,
        };
        rules::run_step(program, compiled.filter(|_| self.engine == Engine::Local), &context)
    }
}

/// Customers with what is known of them before the first step that is evaluated.
#[derive(Clone, Debug)]
pub struct Given {
    /// Columns of the customer table, then of the steps before `from`, by the schema's positions; none for one that was not
    /// laid out. Who asks for it gets an error, and no missing values.
    pub columns: Vec<Option<Series>>,
    /// The first step that is evaluated.
    pub from: usize,
    /// Customers that are undetermined at a step, by row.
    pub failed: Vec<(usize, u32, Cause)>,
    /// Tables of the project with their references; columns of the customers are not used.
    pub tables: Vec<TableData>,
}

impl Given {
    /// How many customers.
    pub fn customers(&self) -> usize {
        self.columns.iter().flatten().next().map_or(0, |column| column.len())
    }

    /// The customers that stay, in the same order; references to others lead nowhere.
    ///
    /// # Errors
    /// [`Error::Defect`].
    pub fn keep(self, stays: &[bool], plan: &Plan) -> Result<Given, Error> {
        let rows: Vec<u32> = (0..).zip(stays).filter(|(_, stays)| **stays).map(|(row, _)| row).collect();
        let mut place = vec![NO_ROW; stays.len()];
        (0..).zip(&rows).for_each(|(new, old)| place[*old as usize] = new);
        let lost = |e| Error::Defect(format!("customers who stay: {e}"));
        let take = |column: &Option<Series>| {
            column
                .as_ref()
                .map(|column| column.take_slice(&rows).map(|column| column.rechunk()).map_err(lost))
                .transpose()
        };
        let columns = self.columns.iter().map(take).collect::<Result<_, _>>()?;
        let moved = |(step, row, cause): (usize, u32, Cause)| {
            place.get(row as usize).copied().filter(|row| *row != NO_ROW).map(|row| (step, row, cause))
        };
        let failed = self.failed.into_iter().filter_map(moved).collect();
        let mut tables = self.tables;
        let customer = plan.schema.customer;
        for (table, schema) in tables.iter_mut().zip(&plan.schema.tables) {
            for (rows, reference) in table.references.iter_mut().zip(&schema.references) {
                if reference.target == customer {
                    *rows = rows.iter().map(|row| place.get(*row as usize).copied().unwrap_or(NO_ROW)).collect();
                }
            }
        }
        if let Some(table) = tables.get_mut(usize::from(customer.0)) {
            for references in &mut table.references {
                *references = rows.iter().map(|row| references.get(*row as usize).copied().unwrap_or(NO_ROW)).collect();
            }
        }
        Ok(Given { columns, from: self.from, failed, tables })
    }

    /// The customers as the run's other stages take them.
    pub fn loaded(&self, plan: &Plan) -> Loaded {
        let own = own_columns(plan);
        let (rows, none) = (self.customers() as u64, DataFrame::default());
        let table = plan.project.customer.clone();
        Loaded {
            customers: self.columns.iter().take(own).flatten().cloned().collect(),
            tables: vec![TableRow { table, read: rows, kept: rows, quarantined: 0, removed: 0 }],
            quality: none.clone(),
            quarantine: none,
            ..Loaded::default()
        }
    }
}

/// How many columns the customer table has, before those of the steps.
pub fn own_columns(plan: &Plan) -> usize {
    plan.project.tables.get(&plan.project.customer).map_or(0, |table| table.columns.len())
}

/// The steps of a plan from one on, for given customers.
pub struct Replay<'a> {
    plan: &'a Plan,
    world: World<'a>,
    given: &'a Given,
    data: Data,
    keys: Vec<u32>,
    withheld: Vec<bool>,
}

impl<'a> Replay<'a> {
    /// A replay of a plan.
    pub fn new(plan: &'a Plan, world: World<'a>, given: &'a Given) -> Replay<'a> {
        let withheld = withheld::steps(&plan.project, &plan.programs, &plan.schema);
        Replay { plan, world, given, data: Data::default(), keys: Vec::new(), withheld }
    }

    /// The tables with the columns of all steps so far.
    pub fn into_data(self) -> Data {
        self.data
    }

    /// The columns that a step before the first one gave, but those that were not laid out.
    fn columns_of(&self, step: usize) -> Vec<Series> {
        let widths = self.plan.programs.iter().map(|program| program.output.order.len());
        let before: usize = widths.take(step).sum::<usize>() + own_columns(self.plan);
        let width = self.plan.programs.get(step).map_or(0, |program| program.output.order.len());
        self.given.columns.iter().skip(before).take(width).flatten().cloned().collect()
    }

    /// Columns that were not laid out keep their places behind those that are there; no step reads them.
    fn leave_places(&mut self) {
        let customer = usize::from(self.plan.schema.customer.0);
        let rows = self.given.customers();
        let (Some(schema), Some(table)) = (self.plan.schema.tables.get(customer), self.data.tables.get_mut(customer))
        else {
            return;
        };
        while let (Some(None), Some(column)) =
            (self.given.columns.get(table.columns.len()), schema.columns.get(table.columns.len()))
        {
            table.columns.push(ColumnData::missing(rows, column));
        }
    }

    /// Adds columns of the customers behind those that are there.
    fn add(&mut self, columns: &[Series]) -> Result<(), Error> {
        let customer = usize::from(self.plan.schema.customer.0);
        self.leave_places();
        for series in columns {
            let (Some(schema), Some(table)) =
                (self.plan.schema.tables.get(customer), self.data.tables.get_mut(customer))
            else {
                return Err(Error::Defect("no table of customers".to_owned()));
            };
            table.add_columns(std::slice::from_ref(series), schema)?;
            self.leave_places();
        }
        Ok(())
    }

    /// That a step reads no column that was not laid out.
    fn reads_what_is_there(&self, program: &Program) -> Result<(), Error> {
        let schema = &self.plan.schema;
        let mut lacks = None;
        walk::exprs(program, &mut |expr| {
            let ExprKind::Column { table, column, .. } = &expr.kind else { return };
            let at = usize::from(column.0);
            if *table == schema.customer && matches!(self.given.columns.get(at), Some(None)) {
                lacks = schema.table(*table).columns.get(at);
            }
        });
        let lacks =
            lacks.map(|column| format!("step {} reads `{}`, which was not laid out", program.step, column.name));
        lacks.map_or(Ok(()), |message| Err(Error::Defect(message)))
    }
}

/// Evaluates one rule of a plan on tables that are there.
///
/// # Errors
/// [`crate::error::Stop`]: a limit.
pub fn outlook(plan: &Plan, world: World<'_>, data: &Data, keys: &[u32], active: &[u32]) -> Result<Option<StepResult>> {
    let Some(rule) = &plan.outlook else { return Ok(None) };
    let mut result = world.evaluate(plan, (&rule.program, rule.compiled.as_ref()), data, (keys, active))?;
    let rules = plan.programs.iter().chain([&rule.program]);
    if withheld::steps(&plan.project, rules, &plan.schema).last() == Some(&true) {
        withheld::withhold(&mut result.undetermined);
    }
    Ok(Some(result))
}

impl Compute for Replay<'_> {
    fn pool(&self) -> &rayon::ThreadPool {
        self.world.pool
    }

    fn load(&mut self, _earlier: Option<&Earlier>) -> Result<Loaded, LoadFailed> {
        Ok(self.given.loaded(self.plan))
    }

    fn data(&self) -> Option<&Data> {
        Some(&self.data)
    }

    fn begin(&mut self, prior: Option<(&Prior, &[Option<u32>])>, order: &[u32]) -> Result<()> {
        let schema = &self.plan.schema;
        let customer = usize::from(schema.customer.0);
        let own = own_columns(self.plan);
        let mut tables = self.given.tables.clone();
        let Some(table) = tables.get_mut(customer) else {
            return Err(Error::Defect("no table of customers".into()).into());
        };
        table.rows = self.given.customers();
        table.columns = Vec::new();
        let key = key_of(&self.plan.project)?;
        let keys = || {
            let column = self.given.columns.iter().flatten().find(|column| column.name() == key);
            Keys::new(column.ok_or_else(|| Error::Defect("the customers have no key".to_owned()))?)
        };
        let earlier = given::add(&mut tables, schema, prior, keys)?;
        // No step that is evaluated reads other related rows.
        for (table, schema) in tables.iter_mut().zip(&schema.tables) {
            table.many = vec![Arc::default(); schema.many.len()];
        }
        given::relate(&mut tables, schema, earlier.as_ref());
        self.data = Data { tables };
        self.keys = order.to_vec();
        let columns: Vec<Series> = self.given.columns.iter().take(own).flatten().cloned().collect();
        Ok(self.add(&columns)?)
    }

    fn step(&mut self, step: usize, active: &[u32]) -> Result<StepColumns> {
        let failed = self.given.failed.iter().filter(|(at, ..)| *at == step);
        let mut known: HashMap<u32, Cause> = failed.map(|(_, row, cause)| (*row, cause.clone())).collect();
        known.retain(|row, _| active.binary_search(row).is_ok());
        let mut result = match self.plan.programs.get(step).filter(|_| step >= self.given.from) {
            None => StepColumns { columns: self.columns_of(step), ..StepColumns::default() },
            Some(program) => {
                self.reads_what_is_there(program)?;
                let rule = (program, self.plan.compiled.step(step));
                // Who is known to fail here is among the others all the same: standings are among all who come to this step.
                let mut result = self.world.evaluate(self.plan, rule, &self.data, (&self.keys, active))?;
                result.undetermined.retain(|(row, _)| !known.contains_key(row));
                if self.withheld.get(step).copied().unwrap_or(false) {
                    withheld::withhold(&mut result.undetermined);
                }
                let failed: Vec<(u32, Cause)> = known.iter().map(|(row, cause)| (*row, cause.clone())).collect();
                let columns = result.columns.iter().map(|(_, series)| match failed.is_empty() {
                    true => Ok(series.clone()),
                    false => without(series, &failed),
                });
                StepColumns {
                    columns: columns.collect::<Result<_, _>>()?,
                    undetermined: result.undetermined,
                    dropped: result.dropped_unknown,
                    fittings: result.fittings,
                }
            }
        };
        result.undetermined.extend(known);
        result.undetermined.sort_by_key(|(row, _)| *row);
        Ok(result)
    }

    fn keep(&mut self, columns: &[Series]) -> Result<()> {
        Ok(self.add(columns)?)
    }
}
