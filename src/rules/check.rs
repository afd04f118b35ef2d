//! All rule files of a project, from text to typed programs.
//!
//! In: the project, the schema of its tables, its rule files, the run's dates. Out: [`Compiled`]: one program a step, the
//! schema with the steps' columns, and every finding that no comment on its line allows. Must not know: files, data. Start
//! at [`compile`].

use super::ast::File;
use super::resolve::{Resolved, resolve};
use super::schema::{ColumnSchema, Schema, column_type};
use super::typeck::{Environment, RunDates, typecheck, typecheck_anew};
use super::typed::{Output, Program};
use super::{allow, lint, stack, syntax};
use crate::diag::{Diagnostic, ids};
use crate::manifest::model::{Project, Step};
use crate::source::{FileId, SourceMap};
use std::collections::HashMap;
use std::sync::Arc;

/// A project's rules, checked.
#[derive(Debug)]
pub struct Compiled {
    /// One program for each step, in order; fewer where a step has errors.
    pub programs: Vec<Program>,
    /// The rule that gives customers' columns of the next year, if the project has one and it has no errors.
    pub outlook: Option<Program>,
    /// The schema with the columns of all steps that could be checked.
    pub schema: Schema,
    /// Findings of all files and steps, sorted by place.
    pub diagnostics: Vec<Diagnostic>,
    /// The files as they were read; none where one could not be.
    pub trees: Arc<Vec<File>>,
    /// Whether every step was checked: where one has errors that hide its columns, later ones were not.
    pub complete: bool,
}

/// Parses, resolves and typechecks the rule files of a project. The same for `check` and for a run.
///
/// # Errors
/// The diagnostics of the result: every id of syntax, names, types and units.
pub fn compile(project: &Project, schema: Schema, files: &[FileId], dates: RunDates, sources: &SourceMap) -> Compiled {
    // Long chains of operators are deep trees: walk them where the stack is deep.
    stack::with_deep_stack(|| {
        let mut diagnostics = Vec::new();
        let mut trees = Vec::with_capacity(files.len());
        for file in files {
            let (tree, found) = syntax::parse(*file, &sources.file(*file).text);
            diagnostics.extend(found);
            trees.push(tree);
        }
        // Names and types of a file that was read in part would be reported wrongly.
        if diagnostics.iter().any(Diagnostic::is_error) {
            crate::diag::sort(&mut diagnostics);
            let (programs, trees) = Default::default();
            return Compiled { programs, outlook: None, schema, diagnostics, trees, complete: false };
        }
        let mut compiled = check_steps(project, schema, &Arc::new(trees), dates, sources, true);
        compiled.diagnostics.extend(diagnostics);
        allow::retain(&mut compiled.diagnostics, sources);
        crate::diag::sort(&mut compiled.diagnostics);
        compiled
    })
}

/// The same for rules that were compiled before, under other parameters or dates: they are not read again, and nobody looks for
/// what is unused.
///
/// # Errors
/// As [`compile`], but those of syntax.
pub fn compile_again(
    project: &Project,
    schema: Schema,
    trees: &Arc<Vec<File>>,
    dates: RunDates,
    sources: &SourceMap,
) -> Compiled {
    stack::with_deep_stack(|| {
        let mut compiled = check_steps(project, schema, trees, dates, sources, false);
        allow::retain(&mut compiled.diagnostics, sources);
        crate::diag::sort(&mut compiled.diagnostics);
        compiled
    })
}

fn check_steps(
    project: &Project,
    mut schema: Schema,
    trees: &Arc<Vec<File>>,
    dates: RunDates,
    sources: &SourceMap,
    look: bool,
) -> Compiled {
    let (resolved, mut diagnostics) = resolve(trees);
    let mut programs = Vec::new();
    let mut complete = true;
    for step in &project.steps {
        let Some(place) = step_function(step, &resolved, sources, &mut diagnostics) else {
            complete = false;
            break;
        };
        let env = Environment { schema: &schema, parameters: &project.parameters, dates, sources, resolved: &resolved };
        let checked = typecheck(env, &step.name, place);
        diagnostics.extend(checked.diagnostics);
        let units = checked.program.as_ref().map(|p| lint::units::units(p, &schema, &project.parameters, sources));
        let units = units.unwrap_or_default();
        diagnostics.extend(units.diagnostics);
        programs.extend(checked.program);
        // Without this step's columns the next ones would be full of unknown ones.
        let Some(output) = checked.output else {
            if !diagnostics.iter().any(Diagnostic::is_error) {
                let message = format!("nothing tells the columns of the step `{}`", step.name);
                diagnostics.push(Diagnostic::error(ids::NOT_A_COLUMN, message).at(resolved.function(place).name.span));
            }
            complete = false;
            break;
        };
        add_columns(&mut schema, &output, &units.columns);
    }
    let mut outlook = None;
    if complete && let Some(rule) = project.strategic.as_ref().and_then(|plan| plan.outlook.as_ref()) {
        let env = Environment { schema: &schema, parameters: &project.parameters, dates, sources, resolved: &resolved };
        outlook = check_outlook(rule, project, env, &mut diagnostics);
    }
    // Where something is wrong, what seems unused may be what was meant. Unlike units hide nothing.
    if look && complete && !diagnostics.iter().any(|d| d.is_error() && d.id != ids::UNIT_MISMATCH) {
        // What the outlook reads is used, too.
        let steps = programs.len();
        programs.extend(outlook.take());
        let rules = lint::Rules { project, schema: &schema, resolved: &resolved, programs: &programs, sources };
        diagnostics.extend(lint::lint(rules));
        outlook = programs.drain(steps..).next();
    }
    Compiled { programs, outlook, schema, diagnostics, trees: Arc::clone(trees), complete }
}

/// The outlook, which sees all columns and adds none; what it returns is held against them elsewhere.
fn check_outlook(
    rule: &Step,
    project: &Project,
    env: Environment<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Program> {
    if project.steps.iter().any(|step| step.name == rule.name) {
        let message = format!("`{}` is a step and cannot be the outlook, too", rule.name);
        diagnostics.push(Diagnostic::error(ids::NAME_CLASH, message).at(rule.span));
        return None;
    }
    let place = step_function(rule, env.resolved, env.sources, diagnostics)?;
    let (schema, parameters, sources) = (env.schema, env.parameters, env.sources);
    let checked = typecheck_anew(env, &rule.name, place);
    diagnostics.extend(checked.diagnostics);
    let units = checked.program.as_ref().map(|p| lint::units::units(p, schema, parameters, sources));
    diagnostics.extend(units.into_iter().flat_map(|units| units.diagnostics));
    checked.program
}

fn step_function(
    step: &Step,
    resolved: &Resolved<'_>,
    sources: &SourceMap,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<super::resolve::Place> {
    let path = format!("rules/{}.rhai", step.name);
    let found = resolved.functions.get(&step.name).copied().filter(|place| {
        let span = resolved.function(*place).span;
        sources.file(span.file).path == path
    });
    let Some(place) = found else {
        diagnostics.push(
            Diagnostic::error(ids::STEP_MISSING, format!("the step `{}` has no function", step.name))
                .at(step.span)
                .help(format!("write `fn {}(c) {{ … }}` in {path}", step.name)),
        );
        return None;
    };
    let function = resolved.function(place);
    if function.params.len() != 1 {
        diagnostics.push(
            Diagnostic::error(ids::STEP_MISSING, format!("the step `{}` takes the customer alone", step.name))
                .at(function.name.span)
                .help(format!("write `fn {}(c) {{ … }}`", step.name)),
        );
        return None;
    }
    Some(place)
}

fn add_columns(schema: &mut Schema, output: &Output, units: &HashMap<String, String>) {
    for index in &output.order {
        let Some((name, ty)) = output.columns.get(*index) else { continue };
        let Some(dtype) = column_type(ty) else { continue };
        let unit = units.get(name).cloned();
        let column =
            ColumnSchema { name: name.clone(), dtype, optional: ty.optional, added: true, minor_units: false, unit };
        schema.add_column(column);
    }
}
