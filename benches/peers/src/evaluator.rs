//! The evaluators of a step, one function each: the place to swap them.
//!
//! In: a typed program and its context. Out: the step's columns. Must not know: customers, measurements.

use tierwright::error::Stop;
use tierwright::rules::context::{Context, StepResult};
use tierwright::rules::interp;
use tierwright::rules::typed::Program;

/// Evaluates one step; whatever it prepares for that is in the time.
pub type Evaluator = fn(&Program, &Context<'_>) -> Result<StepResult, Stop>;

/// Row by row.
pub fn interpreted(program: &Program, context: &Context<'_>) -> Result<StepResult, Stop> {
    interp::run_step(program, context)
}

/// The compiler's, once it is there: `codegen::compile(program, context.schema)`, then `vm::run_step`.
pub const COMPILED: Option<Evaluator> = None;
