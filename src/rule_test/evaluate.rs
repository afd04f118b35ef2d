//! The steps of a case, on one evaluator.
//!
//! In: a checked project, the [`World`] of a case. Out: [`Outcome`]: what the tested customer got. Must not know: what is
//! expected. The evaluators are those of a run: column programs, and the interpreter.

use super::tables::World;
use super::value::{self, Value};
use crate::diag::Diagnostic;
use crate::error::{Error, Result, Stop};
use crate::rules::cause::Cause;
use crate::rules::context::Context;
use crate::rules::data::ColumnData;
use crate::rules::typed::Program;
use crate::rules::{self, codegen};
use crate::run::ledger::{Ledger, unknown_tiers, without};
use crate::run::{Engine, Plan};
use crate::source::SourceMap;
use jiff::tz::TimeZone;
use polars::prelude::Series;
use std::collections::BTreeMap;

/// What a customer got.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Values by the position of the column, of the steps that were evaluated and did not fail.
    pub columns: BTreeMap<usize, Value>,
    /// The step that failed, and why.
    pub failure: Option<(usize, Cause)>,
    /// What stopped the run.
    pub stopped: Option<Diagnostic>,
}

impl Outcome {
    /// Whether another evaluator came to the same, floats by their bits. What a limit stops depends on how rules are evaluated.
    pub fn agrees(&self, other: &Outcome) -> bool {
        let same = |(a, b): ((&usize, &Value), (&usize, &Value))| a.0 == b.0 && a.1.same(b.1);
        self.stopped.is_some()
            || other.stopped.is_some()
            || (self.failure == other.failure
                && self.columns.len() == other.columns.len()
                && self.columns.iter().zip(&other.columns).all(same))
    }
}

/// What steps are evaluated with.
#[derive(Clone, Copy)]
pub struct Evaluator<'a> {
    /// The project.
    pub plan: &'a Plan,
    /// Its texts.
    pub sources: &'a SourceMap,
    /// Its time zone.
    pub zone: &'a TimeZone,
    /// Threads that can run rules.
    pub pool: &'a rayon::ThreadPool,
}

/// Who looks on while steps are evaluated.
pub trait Watch {
    /// A step is about to be evaluated, on columns if it is compiled.
    ///
    /// # Errors
    /// Those of what is done then.
    fn before(&mut self, program: &Program, compiled: Option<&codegen::Step>, context: &Context<'_>) -> Result<()> {
        let _ = (program, compiled, context);
        Ok(())
    }

    /// It is evaluated: who is undetermined since.
    fn after(&mut self, ledger: &Ledger) {
        let _ = ledger;
    }
}

/// Nobody.
struct Unwatched;
impl Watch for Unwatched {}

impl Evaluator<'_> {
    /// Evaluates the steps `from..=to`.
    ///
    /// # Errors
    /// [`Stop::Error`]: a defect of ours. A limit is an outcome.
    pub fn run(&self, mut world: World, steps: (usize, usize), engine: Engine) -> Result<Outcome> {
        self.run_watched(&mut world, steps, engine, &mut Unwatched)
    }

    /// The same, before the eyes of somebody; the columns of the steps stay in the world.
    ///
    /// # Errors
    /// As [`Evaluator::run`], and those of who watches.
    pub fn run_watched(
        &self,
        world: &mut World,
        (from, to): (usize, usize),
        engine: Engine,
        watch: &mut dyn Watch,
    ) -> Result<Outcome> {
        let plan = self.plan;
        let customer = usize::from(plan.schema.customer.0);
        let rows = world.data.tables.get(customer).map_or(0, |table| table.rows);
        let mut ledger = Ledger::new(rows);
        let mut outcome = Outcome::default();
        for (step, program) in plan.programs.iter().enumerate().take(to + 1).skip(from) {
            let failed = |row: &u32| ledger.failure(*row).is_some();
            let active: Vec<u32> = world.active.iter().copied().filter(|row| !failed(row)).collect();
            let context = Context {
                schema: &plan.schema,
                data: &world.data,
                sources: self.sources,
                active: &active,
                keys: &world.keys,
                limits: &plan.project.limits,
                zone: self.zone,
                pool: self.pool,
            };
            let compiled = plan.compiled.step(step).filter(|_| engine == Engine::Local);
            watch.before(program, compiled, &context)?;
            let result = match rules::run_step(program, compiled, &context) {
                Ok(result) => result,
                Err(Stop::Findings(found) | Stop::Configuration(found)) => {
                    outcome.stopped = found.into_iter().next();
                    return Ok(outcome);
                }
                Err(stop) => return Err(stop),
            };
            ledger.enter(step, result.undetermined)?;
            let columns = result.columns.into_iter().map(|(_, series)| series).collect();
            let columns = self.known_tiers(step, columns, &active, &mut ledger)?;
            if let Some(failure) = ledger.failure(world.row) {
                outcome.failure = Some((failure.step, failure.cause.clone()));
                return Ok(outcome);
            }
            watch.after(&ledger);
            self.keep(world, &columns, &mut outcome)?;
        }
        Ok(outcome)
    }

    /// Makes customers undetermined whose tier the project's order does not have, as a run does.
    fn known_tiers(
        &self,
        step: usize,
        columns: Vec<Series>,
        active: &[u32],
        ledger: &mut Ledger,
    ) -> Result<Vec<Series>, Error> {
        let decision = &self.plan.project.decision;
        let Some(tier) = columns.iter().find(|column| column.name() == decision.tier.as_str()) else {
            return Ok(columns);
        };
        let decided: Vec<u32> = active.iter().copied().filter(|row| ledger.failure(*row).is_none()).collect();
        let place = self.plan.step_places.get(step).map_or("", String::as_str);
        let unknown = unknown_tiers(tier, &decision.order, &decided, place)?;
        if unknown.is_empty() {
            return Ok(columns);
        }
        let columns = columns.iter().map(|column| without(column, &unknown)).collect::<Result<_, Error>>()?;
        ledger.enter(step, unknown)?;
        Ok(columns)
    }

    /// Makes a step's columns visible to later ones, with what the case gives in their place.
    fn keep(&self, world: &mut World, columns: &[Series], outcome: &mut Outcome) -> Result<(), Error> {
        let customer = usize::from(self.plan.schema.customer.0);
        let (schema, row) = (self.plan.schema.table(self.plan.schema.customer), world.row as usize);
        for series in columns {
            let at = world.data.tables[customer].columns.len();
            let column = schema.columns.get(at);
            let column = column.ok_or_else(|| Error::Defect(format!("column `{}` has no place", series.name())))?;
            let given = world.given.iter().find(|(given, _)| *given == at).map(|(_, value)| value.clone());
            let data = match &given {
                None => ColumnData::from_series(series, column)?,
                Some(given) => {
                    let value = |at: usize| if at == row { Ok(given.clone()) } else { Value::of(series, at) };
                    let values = (0..series.len()).map(value).collect::<Result<Vec<Value>, Error>>()?;
                    value::column(column, &values)?
                }
            };
            if row < series.len() {
                outcome.columns.insert(at, given.map_or_else(|| Value::of(series, row), Ok)?);
            }
            world.data.tables[customer].columns.push(data);
        }
        Ok(())
    }
}
