//! For many customers: the tests that a step asks, and what a column would be if each of them came out otherwise.
//!
//! In: a typed step, its [`Context`], the step's populations, the column. Out: what is [`Asked`] of each, and what it would be. Must not know: what
//! is made of it.
//!
//! It says of each customer what a [`Tracer`](super::Tracer) says, by the same notes of the same tests. But nothing else is noted, so that what asks
//! no test is computed in one call, and many customers with many of their tests are one call of the engine.

use super::engine::{Plan, RowResult, Workers};
use super::evaluate::world;
use super::natives::Closure;
use super::probe::Notes;
use super::recorder::{NONE, Record};
use super::rewrite::{Rewritten, rewrite};
use super::standings;
use super::told::{column_of, test, value};
use super::tracer::lenient;
use crate::error::{Error, Stop};
use crate::rules::context::Context;
use crate::rules::standing::Population;
use crate::rules::trace::{Test, Value};
use crate::rules::typed::Program;
use crate::rules::types::Type;

/// Evaluations of one call of the engine.
const JOBS: usize = 4_096;

/// What a step asks of a customer.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The column's value; `None` of an undetermined customer.
    pub value: Option<Value>,
    /// Tests outside of lambdas, in the order in which they are asked. Values are those of comparisons of numbers and days, and
    /// missing in others.
    pub tests: Vec<Test>,
}

/// A step that can be asked for outcomes of its customers.
pub struct Outcomes<'a> {
    step: &'a Program,
    context: Context<'a>,
    closures: Vec<Closure>,
    rewritten: Rewritten,
    workers: Workers,
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
            let workers = Workers::new(Plan::new(&rewritten, &lenient(context.limits), true));
            Ok(Outcomes { step, context: *context, closures, rewritten, workers, column })
        })
    }

    /// What is asked of the customers in these rows, in their order. To be called on a thread of the context's pool, by as
    /// many as there are.
    ///
    /// # Errors
    /// [`Stop::Findings`] with `limit`, if a customer goes over a limit; [`Stop::Error`] for a defect of ours.
    pub fn asked(&self, rows: &[u32]) -> Result<Vec<Asked>, Stop> {
        let jobs: Vec<(u32, usize)> = rows.iter().map(|row| (*row, NONE)).collect();
        // One who goes over a limit is the last: what the limit was is still known.
        let ran = self.workers.with(|worker| worker.run_noting(&jobs))?;
        let asked = |((result, record), row): ((RowResult, Record), &u32)| {
            let tests = record.tests.iter().filter_map(|asked| test(&self.rewritten.probes, asked)).collect();
            Ok(Asked { value: self.value(*row, result)?, tests })
        };
        ran.into_iter().zip(rows).map(asked).collect()
    }

    /// For each of these rows, with the position of one of its tests, what the column would be if that test came out otherwise, and
    /// all else were as it is; `None` where the customer would be undetermined, or the rule has no meaning then. To be called
    /// as [`Outcomes::asked`].
    ///
    /// # Errors
    /// [`Error::Defect`]: the engine fails outside the step.
    pub fn turned(&self, tests: &[(u32, usize)]) -> Result<Vec<Option<Value>>, Error> {
        let mut turned = Vec::with_capacity(tests.len());
        // One who goes over a limit ends a call of the engine, and the next goes on.
        while let Some(left) = tests.get(turned.len()..).filter(|left| !left.is_empty()) {
            let jobs = left.get(..JOBS).unwrap_or(left);
            let ran = self.workers.with(|worker| worker.run_noting(jobs))?;
            if ran.is_empty() {
                return Err(Error::Defect("a customer was not evaluated".to_owned()));
            }
            turned.extend(ran.into_iter().zip(jobs).map(|((result, _), (row, _))| self.after(*row, result)));
        }
        Ok(turned)
    }

    /// What types promise holds on the ways that customers take, and not where a test came out otherwise: the engine may fail there.
    fn after(&self, row: u32, result: RowResult) -> Option<Value> {
        self.value(row, result).ok().flatten()
    }

    /// The column's value; `None` of an undetermined customer.
    fn value(&self, row: u32, result: RowResult) -> Result<Option<Value>, Stop> {
        let world = world(self.step, &self.context, &self.closures);
        let came = value(world, &self.context, (self.step.entry, &self.rewritten), (row, result))?;
        let (name, ty) = self.column;
        Ok(came.ok().map(|value| column_of(self.step, &value, name, ty)))
    }
}
