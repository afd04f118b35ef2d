//! A step for all customers: populations first, then the step itself.
//!
//! In: a compiled step, the typed step that it was made of, a [`Context`]. Out: [`StepResult`]. Must not know: chunks, kernels.

use super::bind::Bound;
use super::checks::What;
use super::evaluate::{Evaluated, evaluate};
use super::output::repr_of;
use super::parameters::Tables;
use super::population;
use super::standings::Standings;
use crate::error::Stop;
use crate::rules::cause::{Cause, CauseKind};
use crate::rules::codegen::{self, Program};
use crate::rules::context::{Context, StepResult};
use crate::rules::interp;
use crate::rules::site::Failure;
use crate::rules::typed;
use crate::rules::types::Kind;
use crate::source::SourceMap;
use polars::prelude::Series;
use std::collections::HashMap;

/// Runs one step.
///
/// # Errors
/// [`Stop::Findings`] with `limit`, if a customer goes over a limit; [`Stop::Error`] for a defect of ours.
pub fn run_step(step: &codegen::Step, program: &typed::Program, context: &Context<'_>) -> Result<StepResult, Stop> {
    context.pool.install(|| {
        let tables = Tables::new(&program.tables);
        let (standings, fittings) = population::standings(step, program, context, &tables)?;
        Ok(StepResult { fittings, ..main(step, program, context, &tables, &standings)? })
    })
}

/// Runs another program than the step's own, over the same customers: its columns, which are of these kinds and have no value for a
/// customer that is not active, and the rows that it was not evaluated for because of their size.
///
/// # Errors
/// As [`run_step`].
pub fn run_other(
    (step, other): (&codegen::Step, &Program),
    program: &typed::Program,
    context: &Context<'_>,
    kinds: &[Kind],
) -> Result<(Vec<Series>, Vec<u32>), Stop> {
    context.pool.install(|| {
        let tables = Tables::new(&program.tables);
        let (standings, _) = population::standings(step, program, context, &tables)?;
        let bound = Bound::new(other, context, &tables, &standings);
        let reprs: Vec<_> = kinds.iter().map(repr_of).collect();
        let evaluated = evaluate(&bound, &reprs, context.active)?;
        let columns = evaluated.columns.into_iter().zip(kinds);
        let columns = columns.map(|(column, kind)| column.series("", kind, bound.sources()));
        Ok((columns.collect::<Result<_, _>>()?, evaluated.left))
    })
}

fn main(
    step: &codegen::Step,
    program: &typed::Program,
    context: &Context<'_>,
    tables: &Tables,
    standings: &[Standings],
) -> Result<StepResult, Stop> {
    let bound = Bound::new(&step.main, context, tables, standings);
    let wanted = &program.output.columns;
    let reprs: Vec<_> = wanted.iter().map(|(_, ty)| repr_of(&ty.kind)).collect();
    let mut evaluated = evaluate(&bound, &reprs, context.active)?;
    let mut undetermined = causes(&step.main, std::mem::take(&mut evaluated.failed), context.sources);
    let mut dropped = dropped(&step.main, &evaluated.dropped, context.sources);
    if !evaluated.left.is_empty() {
        let left = interp::run_rows(program, context, &evaluated.left)?;
        take_over(&mut evaluated, program, &left);
        undetermined.extend(left.undetermined);
        undetermined.sort_by_key(|(row, _)| *row);
        add_dropped(&mut dropped, left.dropped_unknown);
    }
    let mut columns = Vec::with_capacity(wanted.len());
    for (column, (name, ty)) in evaluated.columns.into_iter().zip(wanted) {
        columns.push(column.series(name, &ty.kind, bound.sources())?);
    }
    Ok(StepResult {
        columns: StepResult::in_order(program, columns)?,
        undetermined,
        dropped_unknown: dropped,
        fittings: Vec::new(),
    })
}

/// Takes over the interpreter's values of the rows that were left to it.
fn take_over(evaluated: &mut Evaluated, program: &typed::Program, left: &StepResult) {
    for ((_, series), position) in left.columns.iter().zip(&program.output.order) {
        let Some(column) = evaluated.columns.get_mut(*position) else { continue };
        for row in &evaluated.left {
            if let Ok(value) = series.get(*row as usize) {
                column.set(*row as usize, &value);
            }
        }
    }
}

/// Causes of what failed. Rows that fail alike have equal causes, which are made once.
fn causes(program: &Program, failed: Vec<(u32, What)>, sources: &SourceMap) -> Vec<(u32, Cause)> {
    let mut known: HashMap<(u32, Failure), Cause> = HashMap::new();
    let mut cause = |what: What| match what {
        What::Missing(subject) => known
            .entry((subject, Failure::default()))
            .or_insert_with(|| match program.subjects.get(subject as usize) {
                Some(subject) => subject.cause(CauseKind::Missing, sources),
                None => Cause::new(CauseKind::Missing, "", ""),
            })
            .clone(),
        What::Failed(site, failure) => known
            .entry((site, failure))
            .or_insert_with(|| match (program.sites.get(site as usize), failure.read()) {
                (Some(site), Some((kind, part))) => site.cause(kind, part, sources),
                _ => Cause::new(CauseKind::Missing, "", ""),
            })
            .clone(),
        What::Thrown(site, text) => match program.sites.get(site as usize) {
            Some(site) => site.thrown(&text, sources),
            None => Cause::new(CauseKind::Thrown, "", &*text),
        },
    };
    failed.into_iter().map(|(row, what)| (row, cause(what))).collect()
}

/// Where `known` dropped elements, and how many.
fn dropped(program: &Program, counts: &[u64], sources: &SourceMap) -> Vec<(String, u64)> {
    StepResult::by_place(program.counters.iter().copied().zip(counts.iter().copied()), sources)
}

fn add_dropped(all: &mut Vec<(String, u64)>, more: Vec<(String, u64)>) {
    for (place, count) in more {
        match all.iter_mut().find(|(known, _)| *known == place) {
            Some((_, total)) => *total += count,
            None => all.push((place, count)),
        }
    }
}
