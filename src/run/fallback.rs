//! Steps that run on the interpreter, and what is said of them.
//!
//! In: what lowering gives as the reason. Out: [`Fallback`]s, their warnings, their rows of the run record. Must not know:
//! data, how long anything takes ([`super::rate`]).

use super::record::NotCompiled;
use crate::diag::{Diagnostic, ids};
use crate::manifest::model::{Project, Step};
use crate::rules::{allow, lower};
use crate::source::{SourceMap, Span};

/// What runs on the interpreter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runs {
    /// The step.
    Step,
    /// The tracing of customers for what decides their tier; the step itself is compiled.
    Tracing,
}

/// A step that runs on the interpreter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fallback {
    /// What of it does.
    pub runs: Runs,
    /// The step.
    pub step: String,
    /// What of the rule causes it.
    pub span: Span,
    /// The same as `file:line:column`.
    pub place: String,
    /// Why.
    pub why: String,
    /// What to write instead.
    pub instead: String,
}

impl Fallback {
    /// A step with the reason that lowering gave.
    pub fn new(runs: Runs, step: &str, reason: lower::NotCompiled, sources: &SourceMap) -> Fallback {
        let lower::NotCompiled { span, why, instead, .. } = reason;
        Fallback { runs, step: step.to_owned(), span, place: sources.place(span), why, instead }
    }

    /// Its row in the run record.
    pub fn record(&self) -> NotCompiled {
        NotCompiled {
            step: self.step.clone(),
            place: self.place.clone(),
            why: self.why.clone(),
            instead: self.instead.clone(),
        }
    }

    /// The project's step.
    pub fn step_of<'p>(&self, project: &'p Project) -> Option<&'p Step> {
        project.steps.iter().find(|step| step.name == self.step)
    }

    /// Whether the step says `interpret: true`.
    fn is_said(&self, project: &Project) -> bool {
        self.step_of(project).is_some_and(|step| step.interpret)
    }

    /// Customers above which a run refuses it; `None` where the step says `interpret: true`, and for tracing.
    pub fn refused_above(&self, project: &Project) -> Option<usize> {
        (self.runs == Runs::Step && !self.is_said(project)).then_some(project.interpret_limit)
    }

    /// The warning `not-compiled`.
    pub fn warning(&self, project: &Project) -> Diagnostic {
        let found = Diagnostic::warning(ids::NOT_COMPILED, self.message()).at_with(self.span, self.why.clone());
        let found = found.help(self.instead.clone());
        match self.refused_above(project) {
            Some(limit) => found.note(format!("a run of more than {limit} customers (`interpret_limit`) refuses it")),
            None => found,
        }
    }

    /// The refusal `interpret-limit` of a run of so many customers.
    pub fn refusal(&self, step: &Step, customers: usize, limit: usize) -> Diagnostic {
        let name = &self.step;
        let message = format!("step `{name}` would run row by row for {customers} customers; the limit is {limit}");
        let found = Diagnostic::error(ids::INTERPRET_LIMIT, message).at_with(self.span, self.why.clone());
        found
            .label(step.span, "this step")
            .help(self.instead.clone())
            .help(format!("or write `{{ name: {name}, interpret: true }}` under `steps`, or raise `interpret_limit`"))
    }

    /// What the warning says in one line, which tells steps apart.
    pub fn message(&self) -> String {
        match self.runs {
            Runs::Step => format!("step `{}` is not compiled and runs row by row", self.step),
            Runs::Tracing => format!("what decides in step `{}` is traced row by row", self.step),
        }
    }
}

/// The warnings that neither the step's `interpret: true` nor a comment on the line takes away.
pub fn warnings<'f>(
    fallbacks: impl Iterator<Item = &'f Fallback>,
    project: &Project,
    sources: &SourceMap,
) -> Vec<Diagnostic> {
    let silent = |f: &&Fallback| f.is_said(project) || allow::allowed(sources, f.span, ids::NOT_COMPILED);
    fallbacks.filter(|f| !silent(f)).map(|f| f.warning(project)).collect()
}
