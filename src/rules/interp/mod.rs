//! The interpreter: it defines what rules mean.
//!
//! In: a typed [`Program`](super::typed::Program), tables as [`Data`](super::data::Data), the customers to evaluate. Out:
//! [`StepResult`](super::context::StepResult): columns, undetermined customers with their causes, how many elements `known` dropped. Must not know:
//! files, manifests' YAML, runs. The result does not depend on the number of threads.
//!
//! [`Tracer`], [`Outcomes`] and [`branches_taken`] do the same with notes of what was evaluated.
//!
//! A step is rewritten into a Rhai text ([`rewrite`]) whose operations are native functions ([`natives`]), which Rhai's
//! engine runs once for each customer ([`engine`]). One native function computes a whole expression of them that has nothing to
//! note ([`fuse`]); with notes each is called by the engine, and `rules::equality` holds that both mean the same. Start at [`run_step`].

mod asking;
mod engine;
mod evaluate;
mod fuse;
mod fuse_choice;
mod fused;
mod meter;
mod natives;
mod operation;
mod outcomes;
mod over;
mod probe;
mod recorder;
mod rewrite;
mod rewrite_expr;
mod rewrite_list;
mod rows;
mod site;
mod standings;
mod step;
#[cfg(test)]
mod tests;
mod told;
mod tracer;
mod values;

pub use engine::{STACK_SIZE, thread_pool};
pub use outcomes::{Asked, Outcomes};
pub use standings::{populations, run_argument};
pub use step::{run_rows, run_step};
pub use tracer::{Tracer, branches_taken};
