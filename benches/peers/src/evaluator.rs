//! The evaluators of a step, one function each: the place to swap them.
//!
//! In: a typed program and its context. Out: the step's columns. Must not know: customers, measurements.

use tierwright::error::Stop;
use tierwright::rules::context::{Context, StepResult};
use tierwright::rules::codegen;
use tierwright::rules::interp;
use tierwright::rules::lower::lower;
use tierwright::rules::typed::Program;
use tierwright::rules::vm;

/// Evaluates one step; whatever it prepares for that is in the time.
pub type Evaluator = fn(&Program, &Context<'_>) -> Result<StepResult, Stop>;

/// Row by row.
pub fn interpreted(program: &Program, context: &Context<'_>) -> Result<StepResult, Stop> {
    interp::run_step(program, context)
}

/// As column programs; compiling is in the time.
pub fn compiled(program: &Program, context: &Context<'_>) -> Result<StepResult, Stop> {
    let lowered = lower(program, context.schema).unwrap_or_else(|why| panic!("step {}: {}", program.step, why.why));
    vm::run_step(&codegen::Step::compile(&lowered, context.schema)?, program, context)
}

/// The compiler's.
pub const COMPILED: Option<Evaluator> = Some(compiled);
