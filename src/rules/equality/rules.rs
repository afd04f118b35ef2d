//! Rule files from texts to typed programs.
//!
//! In: files and steps, the schema of `world`. Out: [`Compiled`], step by step as a project is checked. Must not know:
//! how the texts were made, evaluators.

use super::world::{DATES, parameters, schema};
use crate::diag::Diagnostic;
use crate::rules::ast::File;
use crate::rules::resolve::resolve;
use crate::rules::schema::{ColumnSchema, Schema, column_type};
use crate::rules::syntax;
use crate::rules::typeck::{Environment, typecheck};
use crate::rules::typed::{Output, Program};
use crate::source::{SourceMap, Span};

/// The texts of rule files. The name of a step is that of its file.
#[derive(Clone, Debug, Default)]
pub(super) struct Texts {
    /// Path below `rules/`, without `.rhai`, and text.
    pub(super) files: Vec<(String, String)>,
    pub(super) steps: Vec<String>,
}

impl Texts {
    /// All files with their names, as cases of `tests/suite` write them.
    pub(super) fn shown(&self) -> String {
        self.files.iter().map(|(name, text)| format!("// rules/{name}.rhai\n{text}\n")).collect()
    }
}

/// Programs, each with the schema it was checked against.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) sources: SourceMap,
    pub(super) steps: Vec<(Program, Schema)>,
}

/// The programs of rule files; else the errors that forbid them.
pub(super) fn compile(texts: &Texts) -> Result<Compiled, Vec<Diagnostic>> {
    let mut sources = SourceMap::default();
    let parameters = parameters(Span::new(sources.add("rules/parameters.yaml", ""), 0, 0));
    let ids: Vec<_> =
        texts.files.iter().map(|(name, text)| sources.add(format!("rules/{name}.rhai"), text.as_str())).collect();
    let mut found = Vec::new();
    let mut trees: Vec<File> = Vec::new();
    for id in ids {
        let (tree, more) = syntax::parse(id, &sources.file(id).text);
        trees.push(tree);
        found.extend(more);
    }
    let errors = |found: Vec<Diagnostic>| found.into_iter().filter(Diagnostic::is_error).collect::<Vec<_>>();
    if found.iter().any(Diagnostic::is_error) {
        return Err(errors(found));
    }
    let (resolved, more) = resolve(&trees);
    if more.iter().any(Diagnostic::is_error) {
        return Err(errors(more));
    }
    let mut schema = schema();
    let mut steps = Vec::new();
    for step in &texts.steps {
        let place = resolved.functions[step];
        let env = Environment {
            schema: &schema,
            parameters: &parameters,
            dates: DATES,
            sources: &sources,
            resolved: &resolved,
        };
        let checked = typecheck(env, step, place);
        let Some(program) = checked.program else { return Err(errors(checked.diagnostics)) };
        let before = schema.clone();
        for column in columns(&program.output) {
            schema.add_column(column);
        }
        steps.push((program, before));
    }
    Ok(Compiled { sources, steps })
}

/// The columns that a step adds to the customers, in the order written.
pub(super) fn columns(output: &Output) -> Vec<ColumnSchema> {
    let column = |index: &usize| {
        let (name, ty) = &output.columns[*index];
        let dtype = column_type(ty).unwrap();
        ColumnSchema { name: name.clone(), dtype, optional: ty.optional, added: true, minor_units: false, unit: None }
    };
    output.order.iter().map(column).collect()
}
