//! What a step runs on.

use super::data::Data;
use crate::manifest::model::Limits;
use crate::rules::schema::Schema;
use crate::source::SourceMap;
use jiff::tz::TimeZone;

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
    /// Threads with [`super::STACK_SIZE`], as [`super::thread_pool`] makes them.
    pub pool: &'a rayon::ThreadPool,
}
