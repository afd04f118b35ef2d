//! The evaluator of compiled steps: programs of column operations over chunks of customers.
//!
//! In: a compiled step, tables as [`Data`](super::data::Data). Out: [`StepResult`](super::context::StepResult), equal to the
//! interpreter's in every bit. Must not know: the rule language's trees, files, runs. Start at [`run_step`].

mod bind;
#[cfg(not(test))]
mod bounds;
#[cfg(test)]
pub(crate) mod bounds;
mod cells;
mod checks;
mod elements;
mod evaluate;
mod execute;
mod frame;
pub mod kernels;
mod lists;
mod output;
mod parameters;
mod population;
mod shapes;
pub mod simd;
mod standings;
mod step;
#[cfg(test)]
mod tests;
pub mod text;
pub mod value;

pub use population::populations;
pub use step::{run_other, run_step};
mod views;
