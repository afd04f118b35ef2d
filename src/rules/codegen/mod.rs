//! From the intermediate representation to programs.
//!
//! In: [`ir::Lowered`](super::ir::Lowered). Out: [`Program`], instructions over few registers. Must not know: data. Start at
//! [`compile`].

mod print;
mod program;
mod registers;
mod schedule;
#[cfg(test)]
mod tests;

pub use program::{Arg, Compute, Counts, Instr, Link, ListDomain, Output, Place, Program};
pub use schedule::compile;

use super::ir;
use super::schema::Schema;

/// A whole step as programs.
#[derive(Clone, Debug, Default)]
pub struct Step {
    /// The step itself.
    pub main: Program,
    /// For each population its arguments and its group.
    pub populations: Vec<(Vec<Program>, Option<Program>)>,
}

impl Step {
    /// The programs of a lowered step.
    ///
    /// # Errors
    /// As [`compile`].
    pub fn compile(step: &ir::Step, schema: &Schema) -> Result<Step, crate::error::Error> {
        let population = |(arguments, group): &(Vec<ir::Lowered>, Option<ir::Lowered>)| {
            let group = group.as_ref().map(|g| compile(g, schema)).transpose()?;
            let arguments = arguments.iter().map(|argument| compile(argument, schema)).collect::<Result<_, _>>()?;
            Ok((arguments, group))
        };
        Ok(Step {
            main: compile(&step.main, schema)?,
            populations: step.populations.iter().map(population).collect::<Result<_, crate::error::Error>>()?,
        })
    }
}
