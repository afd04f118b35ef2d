//! A run's tables and steps, with traces of the customers that are asked for.
//!
//! In: the engine of a run, keys of customers. Out: [`Tracing`], a [`Compute`] that does what the engine does and keeps what is
//! told of each step. Must not know: what a run does with the columns. So the populations, the prior decisions and the steps' order are
//! those of the run.

use super::model::Before;
use super::step::{Telling, Told, tell};
use crate::diag::Diagnostic;
use crate::error::{Error, Result};
use crate::rules::format;
use crate::rules::interp::{self, Tracer};
use crate::rules::types::{ColumnId, TableId};
use crate::rules::vm;
use crate::run::business::amounts::{Amounts, Months};
use crate::run::business::columns::Capacities;
use crate::run::compute::{Compute, LoadFailed, Loaded, StepColumns};
use crate::run::engine::LocalEngine;
use crate::run::identity::InputFile;
use crate::run::plan::Plan;
use crate::run::prior::Prior;
use crate::run::reasons::sensitive_columns;
use crate::run::withheld;
use crate::table::drift::Earlier;
use hashbrown::HashMap;
use polars::prelude::{AnyValue, Series};
use std::collections::HashSet;

/// What is told of a customer, step by step.
pub(super) struct Asked {
    /// Its key.
    pub(super) key: String,
    row: u32,
    pub(super) before: Option<Before>,
    pub(super) steps: Vec<Told>,
}

/// An engine that keeps what is told of some customers.
pub struct Tracing<'a> {
    engine: LocalEngine<'a>,
    plan: &'a Plan,
    keys: Vec<String>,
    /// Whether rows behind aggregates are wanted.
    rows: bool,
    sensitive: HashSet<(TableId, ColumnId)>,
    withheld: Vec<bool>,
    /// For each column that a step has added, the step.
    made_by: Vec<(String, String)>,
    pub(super) asked: Vec<Asked>,
}

impl<'a> Tracing<'a> {
    /// The same engine, with traces of these customers; `rows` asks for the rows behind aggregates.
    pub fn new(engine: LocalEngine<'a>, plan: &'a Plan, keys: Vec<String>, rows: bool) -> Tracing<'a> {
        let sensitive = sensitive_columns(&plan.project);
        let withheld = withheld::steps(&plan.project, &plan.programs, &plan.schema);
        Tracing { engine, plan, keys, rows, sensitive, withheld, made_by: Vec::new(), asked: Vec::new() }
    }

    /// Finds the rows of the customers that are asked for.
    fn find(&mut self, loaded: &Loaded) -> Result<(), Error> {
        let name = self.plan.project.customer_key();
        let column = loaded.customers.iter().find(|column| Some(column.name().as_str()) == name);
        let column = column.ok_or_else(|| Error::Defect("the customers have no key".to_owned()))?;
        let rows: HashMap<String, u32> = key_texts(column).into_iter().zip(0..).collect();
        for key in &self.keys {
            let row = rows.get(key).copied();
            let row = row.ok_or_else(|| Error::Defect(format!("customer `{key}` was decided and is not read")))?;
            self.asked.push(Asked { key: key.clone(), row, before: None, steps: Vec::new() });
        }
        Ok(())
    }

    /// Traces a step for the customers that are still determined.
    fn trace(&mut self, position: usize, active: &[u32]) -> Result<()> {
        let Some(program) = self.plan.programs.get(position) else {
            return Err(Error::Defect(format!("no step {position}")).into());
        };
        let compiled = self.plan.compiled.step(position);
        let withheld = self.withheld.get(position).copied().unwrap_or(false);
        let rows: Vec<u32> =
            self.asked.iter().map(|asked| asked.row).filter(|row| active.binary_search(row).is_ok()).collect();
        let mut told: HashMap<u32, Told> = HashMap::new();
        self.engine.with_rows(position, active, &rows, &mut |context, rows| {
            let populations = match compiled {
                Some(compiled) => vm::populations(compiled, program, context)?,
                None => interp::populations(program, context)?,
            };
            let mut tracer = Tracer::new(program, context, &populations)?;
            let telling = Telling {
                program,
                context,
                populations: &populations,
                decision: &self.plan.project.decision,
                made_by: &self.made_by,
                sensitive: &self.sensitive,
                withheld,
                rows: self.rows,
            };
            for row in rows {
                told.insert(*row, context.pool.install(|| tell(&telling, &mut tracer, *row))?);
            }
            Ok(())
        })?;
        for asked in &mut self.asked {
            asked.steps.extend(told.remove(&asked.row));
        }
        let step = &program.step;
        self.made_by.extend(program.output.columns.iter().map(|(name, _)| (step.clone(), name.clone())));
        Ok(())
    }
}

/// The texts of a key column.
pub fn key_texts(column: &Series) -> Vec<String> {
    let text = |value: AnyValue<'_>| match value {
        AnyValue::String(text) => text.to_owned(),
        AnyValue::StringOwned(text) => text.to_string(),
        AnyValue::Date(days) => format::date(days),
        other => other.to_string(),
    };
    column.iter().map(text).collect()
}

fn before(prior: &Prior, row: usize) -> Option<Before> {
    let text = |series: &Series| match series.get(row).ok()? {
        AnyValue::String(text) => Some(text.to_owned()),
        AnyValue::StringOwned(text) => Some(text.to_string()),
        AnyValue::Date(days) => Some(format::date(days)),
        _ => None,
    };
    let number = |series: &Series| series.get(row).ok()?.extract::<f64>();
    Some(Before {
        run: prior.run.clone(),
        cycle: prior.cycle.clone(),
        tier: text(&prior.tier)?,
        value: number(&prior.value),
        decided: text(&prior.decided),
        since: text(&prior.since),
        cycles: prior.cycles.get(row).ok().and_then(|value| value.extract::<i64>()),
    })
}

impl Compute for Tracing<'_> {
    fn pool(&self) -> &rayon::ThreadPool {
        self.engine.pool()
    }

    fn load(&mut self, earlier: Option<&Earlier>) -> Result<Loaded, LoadFailed> {
        let loaded = self.engine.load(earlier)?;
        self.find(&loaded).map_err(LoadFailed::Error)?;
        Ok(loaded)
    }

    fn amounts(&mut self, months: Months, amounts: &mut Amounts) -> Result<()> {
        self.engine.amounts(months, amounts)
    }

    fn capacities(&mut self) -> Result<Option<Capacities>> {
        self.engine.capacities()
    }

    fn reads_the_same(&self, inputs: &[InputFile]) -> Result<bool, Error> {
        self.engine.reads_the_same(inputs)
    }

    fn tables(&self) -> Option<String> {
        self.engine.tables()
    }

    fn changed(&self) -> Result<Vec<Diagnostic>, Error> {
        self.engine.changed()
    }

    fn release(&mut self) {
        self.engine.release();
    }

    fn begin(&mut self, prior: Option<(&Prior, &[Option<u32>])>, order: &[u32]) -> Result<()> {
        self.engine.begin(prior, order)?;
        for asked in &mut self.asked {
            let found = prior.and_then(|(prior, rows)| Some((prior, (*rows.get(asked.row as usize)?)?)));
            asked.before = found.and_then(|(prior, row)| before(prior, row as usize));
        }
        Ok(())
    }

    fn step(&mut self, step: usize, active: &[u32]) -> Result<StepColumns> {
        self.trace(step, active)?;
        self.engine.step(step, active)
    }

    fn keep(&mut self, columns: &[Series]) -> Result<()> {
        self.engine.keep(columns)
    }
}
