//! An instance for all customers, in chunks on all threads.
//!
//! In: a step, one of its instances, what is wanted of its values. Out: columns, undetermined customers with their causes.
//! Must not know: what the instance stands for, how an operation is computed. Chunks are put back in order, so that the
//! result does not depend on the number of threads.

use super::engine::{Plan, RowResult, Workers};
use super::meter;
use super::natives::Closure;
use super::over;
use super::probe::Notes;
use super::rewrite::{Rewritten, World, rewrite};
use super::site::{Meaning, Over};
use crate::error::{Error, Stop};
use crate::rules::cause::Cause;
use crate::rules::context::{Context, StepResult};
use crate::rules::data::Values;
use crate::rules::typed::{InstanceId, Program};
use crate::rules::types::Kind;
use crate::rules::walk;
use crate::source::SourceMap;
use rayon::prelude::*;
use rhai::Dynamic;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Customers evaluated at once by one thread.
const CHUNK: usize = 1_024;

/// Nodes that a step may evaluate without being counted.
const UNCOUNTED: u64 = 50_000;

pub(super) fn world<'a>(step: &'a Program, context: &Context<'a>, standings: &'a [Closure]) -> World<'a> {
    World { program: step, schema: context.schema, data: context.data, zone: context.zone, standings }
}

/// A column to make of an instance's values: an entry of a map, or the value itself.
pub(super) struct Wanted {
    pub(super) key: Option<String>,
    pub(super) kind: Kind,
}

/// An instance's values for all customer rows.
pub(super) struct Evaluated {
    pub(super) columns: Vec<Values>,
    pub(super) undetermined: Vec<(u32, Cause)>,
    pub(super) dropped_unknown: Vec<(String, u64)>,
}

/// One chunk of it: values of the determined rows.
struct Chunk {
    rows: Vec<u32>,
    columns: Vec<Values>,
    undetermined: Vec<(u32, Cause)>,
}

/// Why a chunk has no values.
enum Broken {
    Limit(u32, Over),
    Defect(Error),
    /// A chunk before it is broken.
    Skipped,
}

pub(super) fn evaluate(
    world: World<'_>,
    context: &Context<'_>,
    entry: InstanceId,
    shape: &[Wanted],
) -> Result<Evaluated, Stop> {
    let rewritten = rewrite(world, entry, Notes::Nothing)?;
    // What neither loops nor repeats uses few operations and little stack: it is not counted.
    let metered = walk::work(world.program, entry) > UNCOUNTED.min(context.limits.operations / 4);
    let plan = Plan::new(&rewritten, context.limits, metered);
    let orders = Order::of(&rewritten, shape);
    let workers = Workers::new(plan);
    let broken = AtomicUsize::new(usize::MAX);
    let chunk = |(n, rows): (usize, &[u32])| {
        // A broken chunk ends the run at the first such chunk, whichever thread comes to it first.
        if broken.load(Ordering::Relaxed) < n {
            return Err(Broken::Skipped);
        }
        let results = workers.with(|worker| worker.run(rows)).map_err(Broken::Defect);
        let result = results.and_then(|results| collect(results, &rewritten, context.sources, (shape, &orders)));
        if result.is_err() {
            broken.fetch_min(n, Ordering::Relaxed);
        }
        result
    };
    let chunks: Vec<Result<Chunk, Broken>> = context.active.par_chunks(CHUNK).enumerate().map(chunk).collect();
    let rows = context.data.table(context.schema.customer).map_or(0, |t| t.rows);
    let mut evaluated = Evaluated {
        columns: shape.iter().map(|w| Values::missing(&w.kind, rows)).collect(),
        undetermined: Vec::new(),
        dropped_unknown: dropped(&rewritten, context.sources),
    };
    for chunk in chunks {
        match chunk {
            Ok(chunk) => evaluated.put(chunk),
            Err(Broken::Limit(row, over)) => return Err(over::finding(world, context, entry, row, over)),
            Err(Broken::Defect(error)) => return Err(error.into()),
            Err(Broken::Skipped) => {
                return Err(Error::Defect("a chunk of customers was skipped".to_owned()).into());
            }
        }
    }
    Ok(evaluated)
}

fn collect(
    results: Vec<(u32, RowResult)>,
    rewritten: &Rewritten,
    sources: &SourceMap,
    (shape, orders): (&[Wanted], &[Order]),
) -> Result<Chunk, Broken> {
    let columns = shape.iter().map(|w| Values::missing(&w.kind, 0)).collect();
    let mut chunk = Chunk { rows: Vec::with_capacity(results.len()), columns, undetermined: Vec::new() };
    for (row, result) in results {
        match result {
            Ok(value) => {
                chunk.rows.push(row);
                chunk.add(&value, shape, orders).map_err(Broken::Defect)?;
            }
            Err(error) => match rewritten.sites.read(&error, sources) {
                Meaning::Undetermined(cause) => chunk.undetermined.push((row, cause)),
                Meaning::Limit(over) => return Err(Broken::Limit(row, worked(over))),
                Meaning::Defect(message) => return Err(Broken::Defect(Error::Defect(message))),
            },
        }
    }
    Ok(chunk)
}

/// For each column where its value stands in a list of a step's values.
struct Order(Vec<Option<usize>>);

impl Order {
    /// By the number that is a list's first value.
    fn of(rewritten: &Rewritten, shape: &[Wanted]) -> Vec<Order> {
        let order = |keys: &Vec<String>| {
            let position = |wanted: &Wanted| keys.iter().position(|key| Some(key) == wanted.key.as_ref());
            Order(shape.iter().map(|wanted| position(wanted).map(|position| position + 1)).collect())
        };
        rewritten.rows.iter().map(order).collect()
    }
}

impl Chunk {
    fn add(&mut self, value: &Dynamic, shape: &[Wanted], orders: &[Order]) -> Result<(), Error> {
        if let Ok(values) = value.as_array_ref() {
            let number = values.first().and_then(|number| usize::try_from(number.as_int().ok()?).ok());
            let order = number.and_then(|number| orders.get(number));
            let order = order.ok_or_else(|| Error::Defect("a step gave a list".to_owned()))?;
            for (column, position) in self.columns.iter_mut().zip(&order.0) {
                column.push(position.and_then(|position| values.get(position)).filter(|v| !v.is_unit()))?;
            }
            return Ok(());
        }
        let entries = value.as_map_ref().ok();
        for (wanted, column) in shape.iter().zip(&mut self.columns) {
            let found = match (&wanted.key, &entries) {
                (Some(key), Some(entries)) => entries.get(key.as_str()),
                (Some(_), None) => None,
                (None, _) => Some(value),
            };
            column.push(found.filter(|v| !v.is_unit()))?;
        }
        Ok(())
    }
}

impl Evaluated {
    fn put(&mut self, chunk: Chunk) {
        for (column, part) in self.columns.iter_mut().zip(chunk.columns) {
            column.scatter(&chunk.rows, part);
        }
        self.undetermined.extend(chunk.undetermined);
    }
}

/// Which limit the work of the customer that ran last on this thread went over.
pub(super) fn worked(over: Over) -> Over {
    match over {
        Over::Work if meter::is_late() => Over::Time,
        Over::Work if meter::is_deep() => Over::Stack,
        over => over,
    }
}

fn dropped(rewritten: &Rewritten, sources: &SourceMap) -> Vec<(String, u64)> {
    StepResult::by_place(rewritten.dropped.iter().map(|(span, n)| (*span, n.load(Ordering::Relaxed))), sources)
}
