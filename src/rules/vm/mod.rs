//! The evaluator of compiled steps: programs of column operations over chunks of customers.
//!
//! In: a compiled step, tables as [`Data`](super::data::Data). Out: [`StepResult`](super::context::StepResult), equal to the
//! interpreter's in every bit. Must not know: the rule language's trees, files, runs.

pub mod kernels;
pub mod simd;
pub mod text;
pub mod value;
