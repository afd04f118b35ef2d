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
use crate::rules::typed::Program;
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
    /// Columns of the customer table, then of the steps before `from`, by the schema's positions.
    pub columns: Vec<Series>,
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
        self.columns.first().map_or(0, |column| column.len())
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
        let take = |column: &Series| column.take_slice(&rows).map(|column| column.rechunk()).map_err(lost);
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
            customers: self.columns.iter().take(own).cloned().collect(),
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

    /// The columns that a step before the first one gave.
    fn columns_of(&self, step: usize) -> Vec<Series> {
        let widths = self.plan.programs.iter().map(|program| program.output.order.len());
        let before: usize = widths.take(step).sum::<usize>() + own_columns(self.plan);
        let width = self.plan.programs.get(step).map_or(0, |program| program.output.order.len());
        self.given.columns.iter().skip(before).take(width).cloned().collect()
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
        let (Some(table), Some(columns)) = (tables.get_mut(customer), schema.tables.get(customer)) else {
            return Err(Error::Defect("no table of customers".into()).into());
        };
        let named = self.given.columns.iter().zip(&columns.columns).take(own);
        table.rows = self.given.customers();
        table.columns =
            named.map(|(series, column)| ColumnData::from_series(series, column)).collect::<Result<_, _>>()?;
        let key = key_of(&self.plan.project)?;
        let keys = || {
            let column = self.given.columns.iter().find(|column| column.name() == key);
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
        Ok(())
    }

    fn step(&mut self, step: usize, active: &[u32]) -> Result<StepColumns> {
        let failed = self.given.failed.iter().filter(|(at, ..)| *at == step);
        let mut known: HashMap<u32, Cause> = failed.map(|(_, row, cause)| (*row, cause.clone())).collect();
        known.retain(|row, _| active.binary_search(row).is_ok());
        let mut result = match self.plan.programs.get(step).filter(|_| step >= self.given.from) {
            None => StepColumns { columns: self.columns_of(step), ..StepColumns::default() },
            Some(program) => {
                let rule = (program, self.plan.compiled.get(step).and_then(Option::as_ref));
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
        let customer = usize::from(self.plan.schema.customer.0);
        let (Some(schema), Some(data)) = (self.plan.schema.tables.get(customer), self.data.tables.get_mut(customer))
        else {
            return Err(Error::Defect("no table of customers".into()).into());
        };
        Ok(data.add_columns(columns, schema)?)
    }
}
