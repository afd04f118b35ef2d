//! Column programs of a plan's rules, and why some have none.
//!
//! In: typed programs, their schema. Out: [`Programs`] of the steps, the [`Outlook`]. Must not know: data, how a program runs.

use super::fallback::{Fallback, Runs};
use super::reasons::Teller;
use crate::error::Error;
use crate::manifest::model::Project;
use crate::rules::codegen;
use crate::rules::lower::lower;
use crate::rules::schema::Schema;
use crate::rules::typed::Program;
use crate::source::SourceMap;

/// What the steps are compiled to.
#[derive(Clone, Debug, Default)]
pub struct Programs {
    /// For each step its column program; `None` for one that runs on the interpreter.
    pub steps: Vec<Option<codegen::Step>>,
    /// Steps that run on the interpreter, and why.
    pub not_compiled: Vec<Fallback>,
    /// What tells why customers have their tier; `None` where the step that gives it runs on the interpreter, where they are
    /// traced, and where nobody asks.
    pub teller: Option<Teller>,
    /// Why customers of a compiled step are traced for that.
    pub traced: Option<Fallback>,
}

impl Programs {
    /// The column programs of all steps, without what tells of customers.
    ///
    /// # Errors
    /// [`Error::Defect`]: a graph that no program can be made of.
    pub fn compile(programs: &[Program], schema: &Schema, sources: &SourceMap) -> Result<Programs, Error> {
        let mut made = Programs::default();
        for program in programs {
            match lower(program, schema) {
                Ok(step) => made.steps.push(Some(codegen::Step::compile(&step, schema)?)),
                Err(reason) => {
                    made.steps.push(None);
                    made.not_compiled.push(Fallback::new(Runs::Step, &program.step, reason, sources));
                }
            }
        }
        Ok(made)
    }

    /// Adds what tells why customers have their tier, if the step that gives it has a column program.
    ///
    /// # Errors
    /// As [`Programs::compile`].
    pub fn tell(
        &mut self,
        project: &Project,
        programs: &[Program],
        schema: &Schema,
        sources: &SourceMap,
    ) -> Result<(), Error> {
        let compiled = programs.iter().zip(&self.steps).filter(|(_, step)| step.is_some());
        let Some((program, _)) = compiled.into_iter().find(|(program, _)| program.gives(&project.decision.tier)) else {
            return Ok(());
        };
        match Teller::compile(project, program, schema)? {
            Ok(teller) => self.teller = Some(teller),
            Err(reason) => self.traced = Some(Fallback::new(Runs::Tracing, &program.step, reason, sources)),
        }
        Ok(())
    }

    /// The column program of a step; `None` for one that runs on the interpreter.
    pub fn step(&self, position: usize) -> Option<&codegen::Step> {
        self.steps.get(position).and_then(Option::as_ref)
    }

    /// All that runs row by row.
    pub fn fallbacks(&self) -> impl Iterator<Item = &Fallback> {
        self.not_compiled.iter().chain(&self.traced)
    }
}

/// The rule that gives customers' columns of the next year.
#[derive(Clone, Debug)]
pub struct Outlook {
    /// Its program.
    pub program: Program,
    /// The same for columns; `None` if it runs on the interpreter.
    pub compiled: Option<codegen::Step>,
    /// Why it does.
    pub fallback: Option<Fallback>,
}

impl Outlook {
    /// With its column program, if it has one.
    ///
    /// # Errors
    /// As [`Programs::compile`].
    pub fn compile(program: Program, schema: &Schema, sources: &SourceMap) -> Result<Outlook, Error> {
        let (compiled, fallback) = match lower(&program, schema) {
            Ok(step) => (Some(codegen::Step::compile(&step, schema)?), None),
            Err(reason) => (None, Some(Fallback::new(Runs::Step, &program.step, reason, sources))),
        };
        Ok(Outlook { program, compiled, fallback })
    }
}
