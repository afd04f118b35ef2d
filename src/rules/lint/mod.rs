//! What a rule says and no customer can tell: code that nothing reaches, conditions that are decided, what is unused.
//!
//! In: a project whose rules have no errors: its trees, names, typed programs, schema. Out: warnings, and from
//! [`units`] errors of unlike units. Must not know: data, files. A finding must be true of every customer; what is not
//! sure is not said. Functions are typed once for each combination of argument types: a finding on one must hold in all
//! of them (see `agree`). Start at [`lint`]; each module is one kind of finding.

mod agree;
mod atoms;
mod bounds;
mod columns;
mod conditions;
mod constant;
mod defaults;
mod facts;
mod reach;
mod texts;
pub(in crate::rules) mod units;
mod unused;
mod weights;

use super::resolve::Resolved;
use super::schema::Schema;
use super::typed::{Instance, Program};
use super::walk;
use crate::diag::Diagnostic;
use crate::manifest::model::Project;
use crate::source::SourceMap;

/// A project's rules, without errors.
#[derive(Clone, Copy)]
pub(in crate::rules) struct Rules<'a> {
    /// The project.
    pub project: &'a Project,
    /// Tables, with the columns of all steps.
    pub schema: &'a Schema,
    /// Names.
    pub resolved: &'a Resolved<'a>,
    /// One program a step.
    pub programs: &'a [Program],
    /// Texts.
    pub sources: &'a SourceMap,
}

/// Every warning of rules that have no errors.
pub(in crate::rules) fn lint(rules: Rules<'_>) -> Vec<Diagnostic> {
    let mut found = reach::find(rules.resolved);
    found.extend(unused::find(rules));
    found.extend(columns::find(rules));
    let conditions = conditions::find(rules);
    found.extend(defaults::find(rules, &conditions));
    found.extend(conditions);
    found.extend(weights::find(rules));
    found
}

/// The instances that a step can call: its function, what it calls, arguments of population functions.
fn instances(program: &Program) -> Vec<&Instance> {
    let mut ids = walk::reachable(program, program.entry);
    for population in &program.populations {
        for entry in population.arguments.iter().copied().chain(population.group) {
            ids.extend(walk::reachable(program, entry));
        }
    }
    ids.sort();
    ids.dedup();
    ids.into_iter().filter_map(|id| program.instances.get(id.0 as usize)).collect()
}
