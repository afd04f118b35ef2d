//! A step for single customers, with all that it evaluated; and for many, with the branches that they took.
//!
//! In: a typed step, its [`Context`], the step's populations. Out: [`Trace`], [`Taken`]. Must not know: what is shown of them.
//!
//! The step is rewritten as for a run, with notes between its operations ([`super::probe`]), and runs on the same engine. So a
//! trace says what the interpreter does, and there is no second evaluator. Start at [`Tracer::trace`] and [`branches_taken`].

use super::engine::{Plan, RowResult, Worker, Workers};
use super::evaluate::world;
use super::natives::Closure;
use super::probe::{Notes, Probe};
use super::recorder::{self, Kept, NONE, Record};
use super::rewrite::{Rewritten, World, rewrite};
use super::site::Meaning;
use super::standings;
use super::told::{column_of, limit, test, value, value_of};
use crate::error::{Error, Stop};
use crate::manifest::model::Limits;
use crate::rules::context::Context;
use crate::rules::standing::Population;
use crate::rules::trace::{Branch, Element, Ended, Frame, Taken, Trace, UNFINISHED};
use crate::rules::typed::{InstanceId, Program};
use crate::rules::types::Type;
use rayon::prelude::*;
use rhai::Dynamic;
use std::collections::HashMap;

/// Customers evaluated at once by one thread.
const CHUNK: usize = 256;

/// How many times as much a step may use with notes as without.
const LENIENCE: u64 = 20;

pub(super) fn lenient(limits: &Limits) -> Limits {
    Limits {
        operations: limits.operations.saturating_mul(LENIENCE),
        millis: limits.millis.saturating_mul(LENIENCE),
        ..*limits
    }
}

/// A step that can be evaluated for one customer after the other, with a trace.
pub struct Tracer<'a> {
    step: &'a Program,
    context: Context<'a>,
    closures: Vec<Closure>,
    rewritten: Rewritten,
    worker: Worker,
}

impl<'a> Tracer<'a> {
    /// A tracer of a step; `populations` are those of [`super::populations`] or [`crate::rules::vm::populations`].
    ///
    /// # Errors
    /// [`Error::Defect`].
    pub fn new(step: &'a Program, context: &Context<'a>, populations: &[Population]) -> Result<Tracer<'a>, Error> {
        context.pool.install(|| {
            let closures = standings::closures(step, populations);
            let rewritten = rewrite(world(step, context, &closures), step.entry, Notes::Everything)?;
            let worker = Plan::new(&rewritten, &lenient(context.limits), true).worker()?;
            Ok(Tracer { step, context: *context, closures, rewritten, worker })
        })
    }

    /// Everything that the step evaluates for the customer in a row.
    ///
    /// # Errors
    /// [`Stop::Findings`] with `limit`, if the customer goes over a limit; [`Stop::Error`] for a defect of ours.
    pub fn trace(&mut self, row: u32) -> Result<Trace, Stop> {
        let (record, ended) = self.run(row, &[])?;
        Ok(self.told(record, ended))
    }

    /// What the step would evaluate if some tests came out otherwise. They are numbered, from 0, in the order in which they
    /// are asked on that very way: what one of them changes is behind it. `None` where the rule has no meaning then: it goes over
    /// a limit, as a loop that does not end, or takes for a list what is missing.
    ///
    /// # Errors
    /// [`Stop::Error`]: the engine cannot be set up.
    pub fn trace_otherwise(&mut self, row: u32, tests: &[usize]) -> Result<Option<Trace>, Stop> {
        let ran = self.run_otherwise(row, tests)?;
        Ok(ran.map(|(record, ended)| self.told(record, ended)))
    }

    fn told(&self, record: Record, ended: Ended) -> Trace {
        let mut calls =
            Calls { probes: &self.rewritten.probes.exprs, branches: &self.rewritten.probes.branches, record };
        let tests = std::mem::take(&mut calls.record.tests);
        let elements = std::mem::take(&mut calls.record.elements);
        let undetermined = matches!(ended, Ended::Undetermined(_));
        let element = |(lambda, value): (usize, Dynamic)| {
            let (span, ty) = self.rewritten.probes.lambdas.get(lambda)?;
            Some(Element { lambda: *span, value: value_of(&Kept::Whole(value), ty) })
        };
        Trace {
            tests: tests.iter().filter_map(|asked| test(&self.rewritten.probes, asked)).collect(),
            elements: if undetermined { elements.into_iter().filter_map(element).collect() } else { Vec::new() },
            cut: calls.record.cut,
            frame: calls.frame(0),
            ended,
        }
    }

    /// How the step would end for the customer in a row if one of [`Trace::tests`] came out otherwise, and all else were as it is; `None`
    /// as of [`Tracer::trace_otherwise`].
    ///
    /// # Errors
    /// As [`Tracer::trace_otherwise`].
    pub fn otherwise(&mut self, row: u32, test: usize) -> Result<Option<Ended>, Stop> {
        Ok(self.run_otherwise(row, &[test])?.map(|(_, ended)| ended))
    }

    /// What types promise holds on the ways that customers take, and not where a test came out otherwise: the engine may fail there.
    fn run_otherwise(&mut self, row: u32, otherwise: &[usize]) -> Result<Option<(Record, Ended)>, Stop> {
        match self.run(row, otherwise) {
            Ok(ran) => Ok(Some(ran)),
            Err(Stop::Findings(_) | Stop::Error(Error::Defect(_))) => Ok(None),
            Err(stop) => Err(stop),
        }
    }

    fn run(&mut self, row: u32, otherwise: &[usize]) -> Result<(Record, Ended), Stop> {
        let worker = &mut self.worker;
        let (ran, record) = self.context.pool.install(|| {
            recorder::begin(otherwise);
            (worker.run(&[row]), recorder::take())
        });
        let result = ran?.pop().map(|(_, result)| result);
        let result = result.ok_or_else(|| Error::Defect("a customer was not traced".to_owned()))?;
        let world = world(self.step, &self.context, &self.closures);
        Ok((record, ended(self.step, &self.context, world, &self.rewritten, (row, result))?))
    }
}

fn ended(
    step: &Program,
    context: &Context<'_>,
    world: World<'_>,
    rewritten: &Rewritten,
    came: (u32, RowResult),
) -> Result<Ended, Stop> {
    Ok(match value(world, context, (step.entry, rewritten), came)? {
        Err(cause) => Ended::Undetermined(cause),
        Ok(value) => {
            let column = |(name, ty): &(String, Type)| (name.clone(), column_of(step, &value, name, ty));
            Ended::Columns(step.output.columns.iter().map(column).collect())
        }
    })
}

/// Turns what was noted into frames.
struct Calls<'a> {
    probes: &'a [Probe],
    branches: &'a [Branch],
    record: Record,
}

impl Calls<'_> {
    fn frame(&mut self, call: usize) -> Frame {
        let Some(slot) = self.record.calls.get_mut(call) else { return Frame::default() };
        let call = std::mem::take(slot);
        let mut values = HashMap::with_capacity(call.values.len());
        for (probe, (kept, turns)) in &call.values {
            if let Some(probe) = self.probes.get(*probe) {
                values.insert(probe.identity, (value_of(kept, &probe.ty), *turns));
            }
        }
        let branches = call.branches.iter().filter_map(|branch| self.branches.get(*branch).copied()).collect();
        let mut calls: HashMap<usize, Vec<Frame>> = HashMap::new();
        for below in call.calls {
            let by = self.record.calls.get(below).map_or(NONE, |below| below.by);
            let frame = self.frame(below);
            // A call that failed has no value and is not told by its expression.
            let identity = self.probes.get(by).map_or(UNFINISHED, |probe| probe.identity);
            calls.entry(identity).or_default().push(frame);
        }
        Frame { instance: InstanceId(call.instance as u32), values, calls, branches }
    }
}

/// Which branches of a step each of these customers takes: in the step, in the functions that it calls, and in the arguments of
/// its populations, which are evaluated for all customers.
///
/// # Errors
/// [`Stop::Findings`] with `limit`, if a customer goes over a limit; [`Stop::Error`] for a defect of ours.
pub fn branches_taken(
    step: &Program,
    context: &Context<'_>,
    populations: &[Population],
    rows: &[u32],
) -> Result<Taken, Stop> {
    context.pool.install(|| {
        let closures = standings::closures(step, populations);
        let mut all: Vec<(Branch, Vec<u32>)> = Vec::new();
        let arguments = step.populations.iter().flat_map(|p| p.arguments.iter().copied().chain(p.group));
        for entry in std::iter::once(step.entry).chain(arguments) {
            let of = if entry == step.entry { closures.as_slice() } else { &[] };
            for (branch, taken) in taken_from(world(step, context, of), context, entry, rows)? {
                match all.iter_mut().find(|(own, _)| (own.whole, own.kind) == (branch.whole, branch.kind)) {
                    Some((_, known)) => known.extend(taken),
                    None => all.push((branch, taken)),
                }
            }
        }
        all.sort_by_key(|(branch, _)| *branch);
        let mut by_row: HashMap<u32, Vec<u32>> = HashMap::new();
        for ((_, taken), position) in all.iter().zip(0..) {
            for row in taken {
                let own = by_row.entry(*row).or_default();
                if own.last() != Some(&position) {
                    own.push(position);
                }
            }
        }
        let rows = rows.iter().map(|row| (*row, by_row.remove(row).unwrap_or_default())).collect();
        Ok(Taken { branches: all.into_iter().map(|(branch, _)| branch).collect(), rows })
    })
}

/// Rows with the branches that each takes, as bits.
type RowBits = Vec<(u32, Vec<u64>)>;

/// The branches that an instance reaches, each with the rows that take it.
fn taken_from(
    world: World<'_>,
    context: &Context<'_>,
    entry: InstanceId,
    rows: &[u32],
) -> Result<Vec<(Branch, Vec<u32>)>, Stop> {
    let rewritten = rewrite(world, entry, Notes::Branches)?;
    let plan = Plan::new(&rewritten, &lenient(context.limits), true);
    let workers = Workers::new(plan);
    let chunk = |rows: &[u32]| -> Result<RowBits, Stop> {
        let (results, record) = workers.with(|worker| {
            recorder::begin(&[]);
            let results = worker.run(rows);
            let record = recorder::take();
            Ok((results?, record))
        })?;
        for (row, result) in results {
            match result.map_err(|error| rewritten.sites.read(&error, context.sources)) {
                Ok(_) | Err(Meaning::Undetermined(_)) => {}
                Err(Meaning::Limit(over)) => return Err(limit(context, world, entry, row, over)),
                Err(Meaning::Defect(message)) => return Err(Error::Defect(message).into()),
            }
        }
        Ok(record.taken)
    };
    let chunks: Vec<Result<RowBits, Stop>> = rows.par_chunks(CHUNK).map(chunk).collect();
    let mut taken = vec![Vec::new(); rewritten.probes.branches.len()];
    for chunk in chunks {
        for (row, bits) in chunk? {
            for (position, rows) in taken.iter_mut().enumerate() {
                if bits.get(position / 64).is_some_and(|word| word >> (position % 64) & 1 == 1) {
                    rows.push(row);
                }
            }
        }
    }
    Ok(rewritten.probes.branches.iter().copied().zip(taken).collect())
}
