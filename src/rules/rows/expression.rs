//! One expression, from its text to a program.
//!
//! In: an [`Expression`], the schema of its table. Out: a [`RowRule`], or what is wrong with it, at its place in the manifest.
//! Must not know: what the expression is for. Start at [`check`].
//!
//! The text is parsed as the body of a function of one row. A `let` is put before it for each column that it names, so that
//! everything behind the parser sees an ordinary step.

use super::RowRule;
use super::place::{Placed, ROW, place};
use crate::diag::{Diagnostic, ids};
use crate::error::Error;
use crate::manifest::model::{Expression, Project};
use crate::rules::ast::{Expr, ExprKind, File, Name, Stmt, StmtKind};
use crate::rules::codegen;
use crate::rules::lower::lower;
use crate::rules::resolve::{GLOBALS, Place, resolve};
use crate::rules::schema::Schema;
use crate::rules::site::on_one_line;
use crate::rules::typeck::{Environment, RunDates, typecheck};
use crate::rules::typed::{self, Program};
use crate::rules::{allow, lint, stack, syntax, tree, walk};
use crate::source::{SourceMap, Span};

/// What the check of one expression gives.
pub(super) struct Checked {
    /// The program, where there is no error.
    pub rule: Option<RowRule>,
    /// Findings.
    pub diagnostics: Vec<Diagnostic>,
}

/// Checks and compiles one expression; `name` is that of the column it gives.
pub(super) fn check(
    expression: &Expression,
    name: &str,
    schema: &Schema,
    project: &Project,
    dates: RunDates,
    sources: &mut SourceMap,
) -> Result<Checked, Error> {
    let placed = place(expression, sources);
    let sources = &*sources;
    stack::with_deep_stack(|| {
        let mut diagnostics = Vec::new();
        let program = program(&placed, name, schema, project, dates, sources, &mut diagnostics);
        diagnostics.retain(|found| found.id != ids::MISSING_VALUE);
        for found in &mut diagnostics {
            // What is said of the whole function is of the whole expression.
            let text = placed.start..placed.start + expression.text.len();
            let inside =
                found.span.is_some_and(|span| span.file == placed.file && text.contains(&(span.start as usize)));
            if !inside {
                found.span = Some(expression.span);
            }
        }
        allow::retain(&mut diagnostics, sources);
        let Some(program) = program.filter(|_| !diagnostics.iter().any(Diagnostic::is_error)) else {
            return Ok(Checked { rule: None, diagnostics });
        };
        let compiled = match lower(&program, schema) {
            Ok(step) => Some(codegen::Step::compile(&step, schema)?),
            Err(_) => None,
        };
        let reads = reads(&program);
        let rule = RowRule { program, compiled, text: on_one_line(&expression.text), reads };
        Ok(Checked { rule: Some(rule), diagnostics })
    })
}

fn program(
    placed: &Placed,
    name: &str,
    schema: &Schema,
    project: &Project,
    dates: RunDates,
    sources: &SourceMap,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Program> {
    let (mut file, found) = syntax::parse(placed.file, &placed.text);
    diagnostics.extend(found);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return None;
    }
    if !is_one_body(&file, placed) {
        let message = "this is more than one expression";
        diagnostics.push(Diagnostic::error(ids::SYNTAX, message).help("write one expression over the row's columns"));
        return None;
    }
    bind_columns(&mut file, schema, placed);
    let trees = [file];
    let (resolved, found) = resolve(&trees);
    diagnostics.extend(found.into_iter().map(|found| as_column(found, schema, sources)));
    let parameters = &project.parameters;
    let env = Environment { schema, parameters, dates, sources, resolved: &resolved };
    let checked = typecheck(env, name, Place { file: 0, item: 0 });
    diagnostics.extend(checked.diagnostics);
    let program = checked.program?;
    diagnostics.extend(lint::units::units(&program, schema, parameters, sources).diagnostics);
    if let Some(population) = program.populations.first() {
        let message = "an expression of a manifest sees one row, and no others to compare it with";
        let found = Diagnostic::error(ids::UNSUPPORTED, message).at(population.span);
        diagnostics.push(found.help("write a rule: a step sees all customers"));
    }
    if program.output.is_map {
        let found = Diagnostic::error(ids::NOT_A_COLUMN, "an expression of a manifest gives one value, this is a map");
        diagnostics.push(found);
    }
    Some(program)
}

/// Whether the text is the body of the one function, and does not close it and open another.
fn is_one_body(file: &File, placed: &Placed) -> bool {
    let end = file.functions.first().map_or(0, |function| function.span.end as usize);
    file.functions.len() == 1 && file.constants.is_empty() && end == placed.text.len()
}

/// Puts `let column = row.column;` before the body for each column that it names.
fn bind_columns(file: &mut File, schema: &Schema, placed: &Placed) {
    let table = schema.table(schema.customer);
    let Some(function) = file.functions.first_mut() else { return };
    let mut named: Vec<(String, Span)> = Vec::new();
    tree::block(&function.body, &mut |node| {
        if let tree::Node::Expr(Expr { kind: ExprKind::Name(name), span, .. }) = node
            && table.column(name).is_some()
            && !GLOBALS.contains(&name.as_str())
            && named.iter().all(|(known, _)| known != name)
        {
            named.push((name.clone(), *span));
        }
    });
    // A column with the parameter's own name hides it from there on.
    named.sort_by_key(|(name, _)| name == ROW);
    let mut lets = Vec::new();
    for (number, (name, span)) in named.into_iter().enumerate() {
        // Where a variable is declared tells it apart: behind the text stands no other.
        let at = placed.text.len() + 1 + number;
        let own = Name { text: name.clone(), span: Span::new(placed.file, at, at) };
        let row = Expr { id: file.nodes, span, kind: ExprKind::Name(ROW.to_owned()) };
        let field = ExprKind::Field { base: Box::new(row), name: Name { text: name, span }, safe: false };
        let value = Expr { id: file.nodes + 1, span, kind: field };
        file.nodes += 2;
        lets.push(Stmt { span, kind: StmtKind::Let { name: own, value: Some(value), constant: false } });
    }
    function.body.stmts.splice(0..0, lets);
}

/// A name that stands for nothing is meant for a column here.
fn as_column(found: Diagnostic, schema: &Schema, sources: &SourceMap) -> Diagnostic {
    let Some(span) = found.span.filter(|_| found.id == ids::UNKNOWN_NAME) else { return found };
    let table = schema.table(schema.customer);
    let name = sources.text(span);
    let message = format!("no column `{name}` in `{}`", table.name);
    let found = Diagnostic::error(ids::UNKNOWN_COLUMN, message).at(span).did_you_mean(name, table.names());
    match found.help.is_empty() {
        true => found.help("an expression of a manifest sees the columns of its own table"),
        false => found,
    }
}

/// Positions of the columns that a program reads, ascending.
fn reads(program: &Program) -> Vec<usize> {
    let mut columns = Vec::new();
    walk::exprs(program, &mut |e| {
        if let typed::ExprKind::Column { column, .. } = &e.kind {
            columns.push(usize::from(column.0));
        }
    });
    columns.sort_unstable();
    columns.dedup();
    columns
}
