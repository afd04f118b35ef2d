//! What a step runs on, and what it gives: the same for every evaluator.
//!
//! In: nothing. Out: [`Context`], [`StepResult`]. Must not know: engines.

use super::cause::Cause;
use super::data::Data;
use super::standing::{self, Fitted};
use super::typed::{self, Program};
use crate::error::Error;
use crate::manifest::model::Limits;
use crate::rules::schema::Schema;
use crate::source::{SourceMap, Span};
use jiff::tz::TimeZone;
use polars::prelude::Series;
use std::collections::BTreeMap;

/// What a step runs on.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// What the step's table and column ids mean.
    pub schema: &'a Schema,
    /// The tables, with the columns of the steps before.
    pub data: &'a Data,
    /// The rules' texts, for the places of causes.
    pub sources: &'a SourceMap,
    /// Customer rows to evaluate, ascending: those determined so far.
    pub active: &'a [u32],
    /// All customer rows in key order, for populations.
    pub keys: &'a [u32],
    /// Limits for one customer.
    pub limits: &'a Limits,
    /// The project's time zone.
    pub zone: &'a TimeZone,
    /// Threads with [`super::interp::STACK_SIZE`], as [`super::interp::thread_pool`] makes them.
    pub pool: &'a rayon::ThreadPool,
}

/// What a step gives.
#[derive(Clone, Debug)]
pub struct StepResult {
    /// Columns in the order in which the rule writes them, one value for each customer row; missing where a customer
    /// was not evaluated or is undetermined.
    pub columns: Vec<(String, Series)>,
    /// Undetermined customers by row, each with its first cause.
    pub undetermined: Vec<(u32, Cause)>,
    /// For each `known` of the rules that dropped elements its place and how many, by place.
    pub dropped_unknown: Vec<(String, u64)>,
    /// Models that were fitted to the customers.
    pub fittings: Vec<Fitting>,
}

/// A model that a rule asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitting {
    /// Where it is called.
    pub place: String,
    /// The function that was called.
    pub function: &'static str,
    /// What was fitted.
    pub fitted: Fitted,
}

impl Fitting {
    /// Those of a population.
    pub(super) fn of(said: &typed::Population, population: &standing::Population, sources: &SourceMap) -> Vec<Fitting> {
        let place = sources.place(said.span);
        let of =
            |fitted: &Fitted| Fitting { place: place.clone(), function: said.standing.name(), fitted: fitted.clone() };
        population.fitted().iter().map(of).collect()
    }
}

impl StepResult {
    /// A step's columns, given by the keys of its type, in the order in which the rule writes them.
    ///
    /// # Errors
    /// [`Error::Defect`]: the order names a column twice, or one that there is not.
    pub(super) fn in_order(step: &Program, columns: Vec<Series>) -> Result<Vec<(String, Series)>, Error> {
        let mut columns: Vec<Option<Series>> = columns.into_iter().map(Some).collect();
        let mut take = |position: &usize| {
            let column = columns.get_mut(*position).and_then(Option::take)?;
            Some((step.output.columns.get(*position)?.0.clone(), column))
        };
        let named = step.output.order.iter().map(&mut take).collect::<Option<_>>();
        named.ok_or_else(|| Error::Defect(format!("step `{}` orders a column that it does not have", step.step)))
    }

    /// Counts by place, of those that are not 0. A function of several instances has its places several times.
    pub(super) fn by_place(counts: impl Iterator<Item = (Span, u64)>, sources: &SourceMap) -> Vec<(String, u64)> {
        let mut places: BTreeMap<Span, u64> = BTreeMap::new();
        for (span, count) in counts {
            *places.entry(span).or_default() += count;
        }
        places.into_iter().filter(|(_, n)| *n > 0).map(|(span, n)| (sources.place(span), n)).collect()
    }
}
