//! The column program that tells of all customers at once why each has its tier.
//!
//! In: the step that gives the tier, its schema. Out: a [`Teller`], or why there is none. Must not know: data, how its columns are
//! read ([`super::Finder`]).

use super::{sensitive_columns, sensitive_places};
use crate::error::Error;
use crate::manifest::model::Project;
use crate::rules::codegen;
use crate::rules::lower::{self, Ladder, NotCompiled};
use crate::rules::schema::Schema;
use crate::rules::typed::Program;
use crate::source::Span;

/// Three columns for each customer: the test that decides, the nearest that fails, its distance.
#[derive(Clone, Debug)]
pub struct Teller {
    /// The program.
    pub(super) program: codegen::Program,
    /// Places of the tests that its columns are positions of.
    pub(super) tests: Vec<Span>,
}

impl Teller {
    /// What tells of the customers of the step that gives the tier, as [`lower::decisive`] puts it. Within: why they are traced
    /// one by one instead.
    ///
    /// # Errors
    /// [`Error::Defect`]: a graph that no program can be made of.
    pub fn compile(
        project: &Project,
        program: &Program,
        schema: &Schema,
    ) -> Result<Result<Teller, NotCompiled>, Error> {
        let hidden = sensitive_places(program, &sensitive_columns(project));
        let hides = |span: Span| hidden.contains(&span);
        let ladder = Ladder { column: &project.decision.tier, order: &project.decision.order };
        Ok(match lower::decisive(program, schema, &ladder, &hides) {
            Ok(found) => Ok(Teller { program: codegen::compile(&found.lowered, schema)?, tests: found.tests }),
            Err(reason) => Err(reason),
        })
    }
}
