//! Why a committed run decided as it did, customer by customer.
//!
//! In: the record of a run, keys of customers. Out: an [`Explanation`] of each. Must not know: terminals. The run is computed again
//! from the texts of its own folder, as `verify` does, with nothing written; what is told is what its steps evaluate on the way. Start at
//! [`explain`].
//!
//! | module | what it tells |
//! |---|---|
//! | [`tracing`] | which customers, step by step, as the run evaluates them |
//! | `step` | one step of one customer: columns, standings, tests, why it is undetermined |
//! | `scope` | where a value came from, along the branches taken |
//! | `tree` | the expressions that mattered |
//! | `terms` | the parts of the value |
//! | `condition` | the conditions that were asked; which of them decide is found by [`super::reasons`] |
//! | `committed` | what the run wrote, which customers a filter means |

pub mod committed;
mod condition;
pub mod model;
mod scope;
mod shown;
mod step;
mod terms;
pub mod tracing;
mod tree;

pub use model::{Explanation, Undetermined};
pub use shown::number;

use self::committed::Decision;
use self::step::Told;
use self::tracing::{Asked, Tracing};
use super::compute::Compute as _;
use super::parts::Memory;
use super::plan::{Plan, Request};
use super::{engine, flow};
use crate::error::Result;
use crate::source::SourceMap;
use crate::system::System;

/// Explains some customers of a run that `plan` computes again; `request` is that of [`super::verify::request`], `decisions` are
/// what the run wrote of these customers. `rows` asks for the rows behind aggregates.
///
/// # Errors
/// `inputs-changed`: what the run read is not there any more. Those of [`flow::run`].
pub fn explain(
    system: &dyn System,
    (plan, request): (&Plan, &Request),
    sources: &SourceMap,
    memory: Memory,
    decisions: Vec<Decision>,
    rows: bool,
) -> Result<Vec<Explanation>> {
    let pool = engine::thread_pool(request.threads)?;
    let engine = engine::LocalEngine::new(system, plan, sources, &pool)?.with(request.engine).with_memory(memory);
    let keys = decisions.iter().map(|decision| decision.key.clone()).collect();
    let mut tracing = Tracing::new(engine, plan, keys, rows);
    let request = Request { dry_run: true, ..request.clone() };
    flow::run(system, plan, &request, sources, &mut tracing, &pool).map_err(|failure| failure.stop)?;
    tracing.release();
    Ok(tracing.asked.into_iter().zip(decisions).map(|(asked, decision)| whole(plan, asked, decision)).collect())
}

/// What the steps told of a customer, put together and held against what the run decided.
fn whole(plan: &Plan, asked: Asked, decision: Decision) -> Explanation {
    let mut explanation = Explanation {
        customer: asked.key,
        tier: decision.tier.clone(),
        value: decision.value,
        movement: decision.movement.clone(),
        before: asked.before,
        undetermined: None,
        decisive: None,
        nearest: None,
        together: Vec::new(),
        tests: Vec::new(),
        contributions: None,
        steps: Vec::new(),
        value_step: None,
        tier_step: None,
        tier_column: plan.project.decision.tier.clone(),
        differences: Vec::new(),
    };
    let (mut tier, mut value) = (None, None);
    for Told {
        step,
        tier: gives_tier,
        value: gives_value,
        contributions,
        tests,
        decisive,
        nearest,
        together,
        undetermined,
    } in asked.steps
    {
        if let Some(given) = gives_tier {
            tier = given;
            explanation.tier_step = Some(step.step.clone());
            (explanation.tests, explanation.decisive) = (tests, decisive);
            (explanation.nearest, explanation.together) = (nearest, together);
        }
        if let Some(given) = gives_value {
            value = given;
            explanation.value_step = Some(step.step.clone());
            explanation.contributions = contributions;
        }
        explanation.undetermined = explanation.undetermined.or(undetermined);
        explanation.steps.push(step);
    }
    let (order, failed) = (&plan.project.decision.order, explanation.undetermined.is_some());
    let values = explanation.value_step.is_some();
    explanation.differences = decision.differences(order, (tier.as_deref(), value), failed, values);
    if let Some(cause) = decision.cause.filter(|_| !failed && !decision.decided) {
        // Not a step failed: the tier is none of the project's.
        let step = explanation.tier_step.clone().unwrap_or_default();
        explanation.undetermined = Some(Undetermined { step, cause, line: String::new(), rows: Vec::new() });
    }
    explanation
}
