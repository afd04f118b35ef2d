//! What a step runs on, and what it gives: the same for every evaluator.
//!
//! In: nothing. Out: [`Context`], [`StepResult`]. Must not know: engines.

use super::cause::Cause;
use super::data::Data;
use crate::manifest::model::Limits;
use crate::rules::schema::Schema;
use crate::source::SourceMap;
use jiff::tz::TimeZone;
use polars::prelude::Series;

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
}
