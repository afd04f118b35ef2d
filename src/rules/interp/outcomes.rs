//! For many customers: the tests that a step asks, and what a column would be if each of them came out otherwise.
//!
//! In: a typed step, its [`Context`], the step's populations, the column. Out: an [`Outcome`] of each customer. Must not know: what is
//! made of it.
//!
//! It says of each customer what a [`Tracer`](super::Tracer) says, by the same notes of the same tests. But nothing else is noted, so that what asks
//! no test is computed in one call, and a chunk of customers with all their tests are two calls of the engine.

use super::engine::{Plan, RowResult, Worker};
use super::evaluate::world;
use super::natives::Closure;
use super::probe::Notes;
use super::recorder::{Kept, NONE, Record};
use super::rewrite::{Rewritten, rewrite};
use super::site::Meaning;
use super::standings;
use super::told::{limit, test, value_of};
use super::tracer::lenient;
use crate::error::{Error, Stop};
use crate::rules::context::Context;
use crate::rules::standing::Population;
use crate::rules::trace::{Test, Value};
use crate::rules::typed::Program;
use crate::rules::types::Type;
use rhai::Dynamic;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Evaluations of one call of the engine.
const JOBS: usize = 4_096;

/// What a step asks of a customer.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The column's value; `None` of an undetermined customer.
    pub own: Option<Value>,
    /// Tests outside of lambdas, in the order in which they are asked. Values are those of comparisons of numbers and days, and
    /// missing in others.
    pub tests: Vec<Test>,
    /// For each of these what the column would be if it came out otherwise, and all else were as it is; `None` where the customer
    /// would be undetermined, or the rule has no meaning then. Of an undetermined customer there are none.
    pub otherwise: Vec<Option<Value>>,
}

/// A step that can be asked for outcomes of its customers.
pub struct Outcomes<'a> {
    step: &'a Program,
    context: Context<'a>,
    closures: Vec<Closure>,
    rewritten: Rewritten,
    plan: Plan,
    idle: Mutex<Vec<Worker>>,
    column: (&'a str, &'a Type),
}

impl<'a> Outcomes<'a> {
    /// Outcomes of a step in one of its columns; `populations` are those of [`super::populations`] or
    /// [`crate::rules::vm::populations`].
    ///
    /// # Errors
    /// [`Error::Defect`]: the step has no such column.
    pub fn new(
        step: &'a Program,
        context: &Context<'a>,
        populations: &[Population],
        column: &str,
    ) -> Result<Outcomes<'a>, Error> {
        let found = step.output.columns.iter().find(|(name, _)| name == column);
        let unknown = || Error::Defect(format!("step `{}` has no column `{column}`", step.step));
        let column = found.map(|(name, ty)| (name.as_str(), ty)).ok_or_else(unknown)?;
        context.pool.install(|| {
            let closures = standings::closures(step, populations);
            let rewritten = rewrite(world(step, context, &closures), step.entry, Notes::Tests)?;
            let plan = Plan::new(&rewritten, &lenient(context.limits), true);
            Ok(Outcomes { step, context: *context, closures, rewritten, plan, idle: Mutex::default(), column })
        })
    }

    /// The outcomes of the customers in these rows, in their order. To be called on a thread of the context's pool, by as
    /// many as there are.
    ///
    /// # Errors
    /// [`Stop::Findings`] with `limit`, if a customer goes over a limit; [`Stop::Error`] for a defect of ours.
    pub fn of(&self, rows: &[u32]) -> Result<Vec<Outcome>, Stop> {
        let idle = self.idle().pop();
        let mut worker = idle.map_or_else(|| self.plan.worker(), Ok)?;
        let asked = self.asked(&mut worker, rows)?;
        let of_row = |(row, outcome): (&u32, &Outcome)| {
            let (row, tests) = (*row, if outcome.own.is_some() { outcome.tests.len() } else { 0 });
            (0..tests).map(move |test| (row, test))
        };
        let jobs: Vec<(u32, usize)> = rows.iter().zip(&asked).flat_map(of_row).collect();
        let mut turned = Vec::with_capacity(jobs.len());
        for jobs in jobs.chunks(JOBS) {
            let ran = run(&mut worker, jobs)?;
            turned.extend(ran.into_iter().zip(jobs).map(|((result, _), (row, _))| self.turned(*row, result)));
        }
        self.idle().push(worker);
        let mut turned = turned.into_iter();
        let with = |mut outcome: Outcome| {
            let tests = if outcome.own.is_some() { outcome.tests.len() } else { 0 };
            outcome.otherwise = turned.by_ref().take(tests).collect();
            outcome
        };
        Ok(asked.into_iter().map(with).collect())
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Worker>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Outcomes with all tests as they come out.
    fn asked(&self, worker: &mut Worker, rows: &[u32]) -> Result<Vec<Outcome>, Stop> {
        let jobs: Vec<(u32, usize)> = rows.iter().map(|row| (*row, NONE)).collect();
        let outcome = |((result, record), row): ((RowResult, Record), &u32)| {
            let tests = record.tests.iter().filter_map(|asked| test(&self.rewritten.probes, asked)).collect();
            Ok(Outcome { own: self.value(*row, result)?, tests, otherwise: Vec::new() })
        };
        run(worker, &jobs)?.into_iter().zip(rows).map(outcome).collect()
    }

    /// What types promise holds on the ways that customers take, and not where a test came out otherwise: the engine may fail there.
    fn turned(&self, row: u32, result: RowResult) -> Option<Value> {
        self.value(row, result).ok().flatten()
    }

    /// The column's value; `None` of an undetermined customer.
    fn value(&self, row: u32, result: RowResult) -> Result<Option<Value>, Stop> {
        let value = match result {
            Ok(value) => value,
            Err(error) => {
                return match self.rewritten.sites.read(&error, self.context.sources) {
                    Meaning::Undetermined(_) => Ok(None),
                    Meaning::Limit(over) => {
                        let world = world(self.step, &self.context, &self.closures);
                        Err(limit(&self.context, world, self.step.entry, row, over))
                    }
                    Meaning::Defect(message) => Err(Error::Defect(message).into()),
                };
            }
        };
        let (name, ty) = self.column;
        let found: Dynamic = match value.as_map_ref() {
            Ok(entries) if self.step.output.is_map => entries.get(name).cloned().unwrap_or_default(),
            _ => value.clone(),
        };
        Ok(Some(value_of(&Kept::Whole(found), ty)))
    }
}

/// The result and notes of each; one that goes over a limit ends a call of the engine, and the next goes on.
fn run(worker: &mut Worker, jobs: &[(u32, usize)]) -> Result<Vec<(RowResult, Record)>, Error> {
    let mut done = Vec::with_capacity(jobs.len());
    while let Some(left) = jobs.get(done.len()..).filter(|left| !left.is_empty()) {
        let before = done.len();
        done.extend(worker.run_noting(left)?);
        if done.len() == before {
            return Err(Error::Defect("a customer was not evaluated".to_owned()));
        }
    }
    Ok(done)
}
