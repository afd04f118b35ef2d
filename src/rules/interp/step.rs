//! A step for all customers: populations first, then the step itself.
//!
//! In: a typed step and its [`Context`]. Out: [`StepResult`]. Must not know: how customers are spread over threads, how an
//! operation is computed.

use super::evaluate::{Wanted, evaluate, world};
use super::standings;
use crate::error::Stop;
use crate::rules::context::{Context, Fitting, StepResult};
use crate::rules::data;
use crate::rules::typed::Program;

/// Runs one step.
///
/// # Errors
/// [`Stop::Findings`] with `limit`, if a customer goes over a limit; [`Stop::Error`] for a defect of ours.
pub fn run_step(step: &Program, context: &Context<'_>) -> Result<StepResult, Stop> {
    run_rows(step, context, context.active)
}

/// Runs one step for some of the active customers; its populations are those of all.
///
/// # Errors
/// As [`run_step`].
pub fn run_rows(step: &Program, context: &Context<'_>, rows: &[u32]) -> Result<StepResult, Stop> {
    // The deep recursion of rewriting, compiling and evaluating needs the pool's stacks.
    context.pool.install(|| {
        let populations = standings::populations(step, context)?;
        let fitted = step.populations.iter().zip(&populations);
        let fittings = fitted.flat_map(|(said, population)| Fitting::of(said, population, context.sources)).collect();
        let standings = standings::closures(step, &populations);
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
        let only = Context { active: rows, ..*context };
        let evaluated = evaluate(world, &only, step.entry, &shape)?;
        let wanted = step.output.columns.iter();
        let columns = wanted.zip(evaluated.columns).map(|((name, _), values)| data::series(name, values)).collect();
        Ok(StepResult {
            columns: StepResult::in_order(step, columns)?,
            undetermined: evaluated.undetermined,
            dropped_unknown: evaluated.dropped_unknown,
            fittings,
        })
    })
}
