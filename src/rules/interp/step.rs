//! A step for all customers: populations first, then the step in chunks on all threads.
//!
//! In: a typed step and its [`Context`]. Out: [`StepResult`]. Must not know: how an operation is computed. Chunks are put
//! back in order, so that the result does not depend on the number of threads.

use super::data::{self, Data, Values};
use super::engine::{Plan, RowResult, Worker};
use super::meter;
use super::natives::{Args, Closure, float, int};
use super::rewrite::{Rewritten, World, rewrite};
use super::site::{Failure, Meaning, Outcome, Over, Part};
use super::walk;
use crate::diag::{Diagnostic, ids};
use crate::error::{Error, Stop};
use crate::manifest::model::Limits;
use crate::rules::builtin::Standing;
use crate::rules::cause::{Cause, CauseKind};
use crate::rules::schema::Schema;
use crate::rules::standing::{Figures, NO_GROUP, Population, Score, ntile};
use crate::rules::typed::{self, InstanceId, Program};
use crate::rules::types::{Kind, Type};
use crate::source::{SourceMap, Span};
use jiff::tz::TimeZone;
use polars::prelude::Series;
use rayon::prelude::*;
use rhai::Dynamic;
use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Customers evaluated at once by one thread.
const CHUNK: usize = 1_024;

/// Nodes that a step may evaluate without being counted.
const UNCOUNTED: u64 = 50_000;

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

/// Runs one step.
///
/// # Errors
/// [`Stop::Findings`] with `limit`, if a customer goes over a limit; [`Stop::Error`] for a defect of ours.
pub fn run_step(step: &Program, context: &Context<'_>) -> Result<StepResult, Stop> {
    // The deep recursion of rewriting, compiling and evaluating needs the pool's stacks.
    context.pool.install(|| {
        let standings = populations(step, context)?;
        let world = world(step, context, &standings);
        let shape: Vec<Wanted> = if step.output.is_map {
            step.output
                .columns
                .iter()
                .map(|(key, ty)| Wanted { key: Some(key.clone()), kind: ty.kind.clone() })
                .collect()
        } else {
            step.output.columns.iter().map(|(_, ty)| Wanted { key: None, kind: ty.kind.clone() }).collect()
        };
        let evaluated = evaluate(world, context, step.entry, &shape)?;
        let mut columns: Vec<Option<Values>> = evaluated.columns.into_iter().map(Some).collect();
        let mut named = Vec::with_capacity(columns.len());
        for position in &step.output.order {
            let (Some((name, _)), Some(values)) =
                (step.output.columns.get(*position), columns.get_mut(*position).and_then(Option::take))
            else {
                let message = format!("step `{}` orders a column that it does not have", step.step);
                return Err(Error::Defect(message).into());
            };
            named.push((name.clone(), data::series(name, values)));
        }
        Ok(StepResult {
            columns: named,
            undetermined: evaluated.undetermined,
            dropped_unknown: evaluated.dropped_unknown,
        })
    })
}

fn world<'a>(step: &'a Program, context: &Context<'a>, standings: &'a [Closure]) -> World<'a> {
    World { program: step, schema: context.schema, data: context.data, zone: context.zone, standings }
}

/// A column to make of an instance's values: an entry of a map, or the value itself.
struct Wanted {
    key: Option<String>,
    kind: Kind,
}

/// An instance's values for all customer rows.
struct Evaluated {
    columns: Vec<Values>,
    undetermined: Vec<(u32, Cause)>,
    dropped_unknown: Vec<(String, u64)>,
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

fn evaluate(world: World<'_>, context: &Context<'_>, entry: InstanceId, shape: &[Wanted]) -> Result<Evaluated, Stop> {
    let rewritten = rewrite(world, entry, false)?;
    // What neither loops nor repeats uses few operations and little stack: it is not counted.
    let metered = walk::work(world.program, entry) > UNCOUNTED.min(context.limits.operations / 4);
    let plan = Plan::new(&rewritten, context.limits, metered);
    let workers: Mutex<Vec<Worker>> = Mutex::new(Vec::new());
    let broken = AtomicUsize::new(usize::MAX);
    let chunk = |(n, rows): (usize, &[u32])| {
        // A broken chunk ends the run at the first such chunk, whichever thread comes to it first.
        if broken.load(Ordering::Relaxed) < n {
            return Err(Broken::Skipped);
        }
        let idle = workers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let result = idle.map_or_else(|| plan.worker(), Ok).map_err(Broken::Defect).and_then(|mut worker| {
            let results = worker.run(rows).map_err(Broken::Defect)?;
            workers.lock().unwrap_or_else(PoisonError::into_inner).push(worker);
            collect(results, &rewritten, context.sources, shape)
        });
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
            Err(Broken::Limit(row, over)) => return Err(over_limit(world, context, entry, row, over)),
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
    shape: &[Wanted],
) -> Result<Chunk, Broken> {
    let columns = shape.iter().map(|w| Values::missing(&w.kind, 0)).collect();
    let mut chunk = Chunk { rows: Vec::with_capacity(results.len()), columns, undetermined: Vec::new() };
    for (row, result) in results {
        match result {
            Ok(value) => {
                chunk.rows.push(row);
                chunk.add(&value, shape).map_err(Broken::Defect)?;
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

impl Chunk {
    fn add(&mut self, value: &Dynamic, shape: &[Wanted]) -> Result<(), Error> {
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

fn dropped(rewritten: &Rewritten, sources: &SourceMap) -> Vec<(String, u64)> {
    // A function of several instances has its places several times.
    let mut places: BTreeMap<_, u64> = BTreeMap::new();
    for (span, count) in &rewritten.dropped {
        *places.entry(*span).or_default() += count.load(Ordering::Relaxed);
    }
    places.into_iter().filter(|(_, n)| *n > 0).map(|(span, n)| (sources.place(span), n)).collect()
}

impl Values {
    /// `rows` missing values of a kind.
    fn missing(kind: &Kind, rows: usize) -> Values {
        match kind {
            Kind::Int | Kind::Row(_) => Values::Int(vec![None; rows]),
            Kind::Float => Values::Float(vec![None; rows]),
            Kind::Bool => Values::Bool(vec![None; rows]),
            Kind::Date => Values::Date(vec![None; rows]),
            Kind::DateTime => Values::DateTime(vec![None; rows]),
            _ => Values::Text(vec![None; rows]),
        }
    }

    /// Appends a value of the engine, missing if `None`.
    fn push(&mut self, value: Option<&Dynamic>) -> Result<(), Error> {
        let wrong = |_| Error::Defect("a step gave a value that is not of its type".to_owned());
        match self {
            Values::Text(v) => {
                let text = |d: &Dynamic| d.as_immutable_string_ref().map(|t| Box::from(t.as_str()));
                v.push(value.map(text).transpose().map_err(wrong)?);
            }
            Values::Int(v) | Values::DateTime(v) => v.push(value.map(Dynamic::as_int).transpose().map_err(wrong)?),
            Values::Float(v) => v.push(value.map(Dynamic::as_float).transpose().map_err(wrong)?),
            Values::Bool(v) => v.push(value.map(Dynamic::as_bool).transpose().map_err(wrong)?),
            Values::Date(v) => {
                let day = value.map(Dynamic::as_int).transpose().map_err(wrong)?;
                v.push(day.map(i32::try_from).transpose().map_err(|_| wrong(""))?);
            }
        }
        Ok(())
    }

    /// Puts the values of `part` at `rows`.
    fn scatter(&mut self, rows: &[u32], part: Values) {
        fn put<T>(all: &mut [Option<T>], rows: &[u32], part: Vec<Option<T>>) {
            for (row, value) in rows.iter().zip(part) {
                if let Some(slot) = all.get_mut(*row as usize) {
                    *slot = value;
                }
            }
        }
        match (self, part) {
            (Values::Text(all), Values::Text(part)) => put(all, rows, part),
            (Values::Int(all), Values::Int(part)) | (Values::DateTime(all), Values::DateTime(part)) => {
                put(all, rows, part);
            }
            (Values::Float(all), Values::Float(part)) => put(all, rows, part),
            (Values::Bool(all), Values::Bool(part)) => put(all, rows, part),
            (Values::Date(all), Values::Date(part)) => put(all, rows, part),
            // Both were made from one shape.
            _ => {}
        }
    }
}

/// The finding for a customer who went over a limit. The customer runs again with marks, so that it names the statement.
fn over_limit(world: World<'_>, context: &Context<'_>, entry: InstanceId, row: u32, over: Over) -> Stop {
    let (step, limits) = (&world.program.step, context.limits);
    let (what, raise) = match over {
        Over::Time => (format!("{} milliseconds", limits.millis), Some("time")),
        Over::Work => (format!("{} operations", limits.operations), Some("operations")),
        Over::Stack => ("nested calls within nested expressions".to_owned(), None),
        Over::Depth => (format!("{} nested calls", limits.call_depth), Some("call_depth")),
        Over::Collection => (format!("{} elements of a list or map", limits.collection), Some("collection")),
        Over::Text => (format!("{} bytes of a text", limits.text), Some("text")),
    };
    let message = format!("step `{step}` goes over the limit of {what} for one customer");
    let help = match raise {
        Some(key) => {
            format!("look for a loop or recursion without an end, or raise `limits: {key}` in the project file")
        }
        None => "look for a recursion without an end, or give parts of long expressions a name with `let`".to_owned(),
    };
    let mut finding = Diagnostic::error(ids::LIMIT, message)
        .help(help)
        .note(format!("the first such customer is in row {} of the customer table", u64::from(row) + 1));
    if let Some(span) = marked_place(world, context, entry, row) {
        finding = finding.at_with(span, "reached while this runs");
    }
    Stop::Findings(vec![finding])
}

/// The statement that a customer runs when it goes over a limit.
fn marked_place(world: World<'_>, context: &Context<'_>, entry: InstanceId, row: u32) -> Option<Span> {
    let whole = world.program.instances.get(entry.0 as usize).map(|i| i.span);
    let Ok(rewritten) = rewrite(world, entry, true) else { return whole };
    // The statement is known long before the time is over again.
    let limits = Limits { millis: context.limits.millis.min(1_000), ..*context.limits };
    let Ok(mut worker) = Plan::new(&rewritten, &limits, true).worker() else { return whole };
    let ran = worker.run(&[row]);
    let is_over = ran.is_ok_and(|results| results.iter().any(|(_, r)| r.is_err()));
    let span = if is_over { rewritten.marks.get(meter::mark() as usize).copied() } else { None };
    span.or(whole)
}

/// Which limit the work of the customer that ran last on this thread went over.
fn worked(over: Over) -> Over {
    match over {
        Over::Work if meter::is_late() => Over::Time,
        Over::Work if meter::is_deep() => Over::Stack,
        over => over,
    }
}

/// For each population of a step the function that gives this customer's standing.
fn populations(step: &Program, context: &Context<'_>) -> Result<Vec<Closure>, Stop> {
    step.populations.iter().map(|population| standing(step, context, population)).collect()
}

fn standing(step: &Program, context: &Context<'_>, population: &typed::Population) -> Result<Closure, Stop> {
    let figures = match argument(step, context, population.argument)?.0 {
        Values::Float(v) => Figures::Float(v),
        Values::Int(v) | Values::DateTime(v) => Figures::Int(v),
        Values::Date(v) => Figures::Int(v.into_iter().map(|d| d.map(i64::from)).collect()),
        Values::Bool(_) | Values::Text(_) => {
            let message = format!("`{}` of what is no number", population.standing.name());
            return Err(Error::Defect(message).into());
        }
    };
    let groups = match population.group {
        Some(group) => Some(groups(argument(step, context, group)?)),
        None => None,
    };
    let population_of = Population::new(figures, groups.as_deref(), context.keys);
    Ok(closure(population.standing, &population_of))
}

/// A population argument's values by row, and the rows where it fails.
fn argument(step: &Program, context: &Context<'_>, id: InstanceId) -> Result<(Values, Vec<u32>), Stop> {
    let result = step.instances.get(id.0 as usize).map_or_else(Type::never, |i| i.result.clone());
    let shape = [Wanted { key: None, kind: result.kind }];
    let mut evaluated = evaluate(world(step, context, &[]), context, id, &shape)?;
    let values = evaluated.columns.pop().unwrap_or(Values::Int(Vec::new()));
    Ok((values, evaluated.undetermined.into_iter().map(|(row, _)| row).collect()))
}

/// Numbers of groups by row; those without a group are one, those whose group fails are none.
fn groups((values, failed): (Values, Vec<u32>)) -> Vec<u32> {
    fn number<T: Eq + Hash>(values: Vec<Option<T>>) -> Vec<u32> {
        let mut numbers = HashMap::new();
        let mut of = |value: Option<T>| {
            let next = numbers.len() as u32;
            *numbers.entry(value).or_insert(next)
        };
        values.into_iter().map(&mut of).collect()
    }
    let mut groups = match values {
        Values::Text(v) => number(v),
        Values::Int(v) | Values::DateTime(v) => number(v),
        // Adding 0.0 makes one zero of both.
        Values::Float(v) => number(v.into_iter().map(|x| x.map(|x| (x + 0.0).to_bits())).collect()),
        Values::Bool(v) => number(v),
        Values::Date(v) => number(v),
    };
    for row in failed {
        if let Some(group) = groups.get_mut(row as usize) {
            *group = NO_GROUP;
        }
    }
    groups
}

fn closure(standing: Standing, population: &Population) -> Closure {
    let scored = |scores: Vec<Score>| -> Closure {
        Arc::new(move |_: Args<'_, '_>| value_of(scores.get(meter::row() as usize).copied().unwrap_or(Score::Missing)))
    };
    match standing {
        Standing::PctRank => scored(population.pct_rank()),
        Standing::ZScore => scored(population.zscore()),
        Standing::MinMax => scored(population.min_max()),
        Standing::Share => scored(population.share()),
        Standing::MeanOf => scored(population.mean_of()),
        Standing::Rank => {
            let ranks = population.rank();
            Arc::new(move |_: Args<'_, '_>| {
                let rank = ranks.get(meter::row() as usize).copied().flatten();
                Ok(rank.map_or(Dynamic::UNIT, Dynamic::from_int))
            })
        }
        Standing::Ntile => {
            let ranks = population.pct_rank();
            Arc::new(move |args: Args<'_, '_>| {
                let n = int(args, 0)?;
                if n < 1 {
                    return Err(Failure::At(CauseKind::OutOfRange, Part::Operand(0)));
                }
                Ok(match ranks.get(meter::row() as usize) {
                    Some(Score::Value(rank)) => Dynamic::from_int(ntile(*rank, n)),
                    _ => Dynamic::UNIT,
                })
            })
        }
        Standing::QuantileOf => {
            let quantiles = population.quantiles();
            Arc::new(move |args: Args<'_, '_>| {
                let q = float(args, 0)?;
                if !(0.0..=1.0).contains(&q) {
                    return Err(Failure::At(CauseKind::OutOfRange, Part::Operand(0)));
                }
                value_of(quantiles.at(meter::row(), q))
            })
        }
    }
}

fn value_of(score: Score) -> Outcome {
    match score {
        Score::Missing => Ok(Dynamic::UNIT),
        Score::Value(x) => Ok(Dynamic::from_float(x)),
        Score::NotFinite => Err(Failure::whole(CauseKind::NotFinite)),
    }
}
