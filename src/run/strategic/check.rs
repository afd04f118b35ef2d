//! What `strategic_plan:` says, held against rules and columns.
//!
//! In: the project, its checked rules. Out: findings, and from which step on scenarios evaluate anew. Must not know: data. Start at
//! [`plan`].

use crate::diag::{Diagnostic, ids};
use crate::dtype::DataType;
use crate::manifest::model::{Measure, Project, StrategicPlan};
use crate::rules::check::Compiled;
use crate::rules::schema::{ColumnSchema, Schema, column_type};
use crate::rules::typed::Program;
use crate::rules::types::{Kind, Type};
use crate::run::parts::reads;
use crate::run::plan::available;
use crate::source::Span;

/// The first step from which on none reads rows of related tables: what a customer has done is known for no year to come, so
/// the columns of the steps before are carried on, and this one and those after it are evaluated in every year.
pub fn first_step(programs: &[Program], schema: &Schema, tables: usize) -> usize {
    let all: Vec<usize> = (0..tables).collect();
    programs.iter().rposition(|program| reads(program, schema, &all)).map_or(0, |last| last + 1)
}

/// Holds the strategic plan against the rules.
pub fn plan(project: &Project, compiled: &Compiled) -> Vec<Diagnostic> {
    let Some(said) = &project.strategic else { return Vec::new() };
    let from = first_step(&compiled.programs, &compiled.schema, project.tables.len());
    let mut found: Vec<Diagnostic> = decides(project, said, compiled, from).into_iter().collect();
    found.extend(compiled.outlook.iter().flat_map(|outlook| outlooks(project, said, compiled, from, outlook)));
    found.extend(measured(said, &compiled.schema));
    found
}

/// The step that gives the tier must be among those that are evaluated anew.
fn decides(project: &Project, said: &StrategicPlan, compiled: &Compiled, from: usize) -> Option<Diagnostic> {
    let at = compiled.programs.iter().position(|program| program.gives(&project.decision.tier))?;
    let last = compiled.programs.get(from.checked_sub(1)?).filter(|_| at < from)?;
    let message = format!(
        "scenarios could not change the tier: the step `{}`, and with it all up to there, reads rows of related tables, which are \
         known for no year to come",
        last.step
    );
    let found = Diagnostic::error(ids::STRATEGIC_PLAN, message).at(said.span);
    Some(
        found
            .help("read related tables in a step before, such as `profile`, and decide in later ones from its columns"),
    )
}

fn outlooks(
    project: &Project,
    said: &StrategicPlan,
    compiled: &Compiled,
    from: usize,
    outlook: &Program,
) -> Vec<Diagnostic> {
    let place = outlook.instances.get(outlook.entry.0 as usize).map_or(said.span, |instance| instance.span);
    let all: Vec<usize> = (0..project.tables.len()).collect();
    let mut found = Vec::new();
    if reads(outlook, &compiled.schema, &all) {
        let message = "the outlook reads rows of related tables, which are known for no year to come";
        let finding = Diagnostic::error(ids::STRATEGIC_PLAN, message).at(place);
        found.push(finding.help("let a step such as `profile` make a column of them, which the outlook can carry on"));
    }
    let own = project.tables.get(&project.customer);
    let key = own.and_then(|table| table.key.first());
    let computed = || compiled.programs.iter().skip(from);
    let customers = compiled.schema.table(compiled.schema.customer);
    for (name, ty) in &outlook.output.columns {
        let wrong = |message: String| Diagnostic::error(ids::STRATEGIC_PLAN, message).at(place);
        if said.leaves.as_ref() == Some(name) {
            found.extend(leaves(ty).map(|why| wrong(format!("`{name}` says who leaves and {why}"))));
            continue;
        }
        let step = computed().find(|program| program.gives(name));
        if let Some(step) = step {
            let message =
                format!("the outlook gives `{name}`, which the step `{}` computes anew in every year", step.step);
            found.push(wrong(message).help("give the columns that it is computed from"));
        } else if Some(name) == key {
            found.push(wrong(format!("the outlook gives `{name}`, the customers' key")));
        } else {
            match customers.columns.iter().find(|column| column.name == *name) {
                Some(column) => found.extend(fits(column, ty).map(wrong)),
                None => {
                    let names = customers.columns.iter().map(|column| column.name.as_str());
                    let message = format!("the outlook gives `{name}`, which customers do not have");
                    found.push(wrong(message).did_you_mean(name, names));
                }
            }
        }
    }
    if let Some(leaves) = said.leaves.as_ref().filter(|name| !outlook.gives(name)) {
        let names = outlook.output.columns.iter().map(|(name, _)| name.as_str());
        let message = format!("`leaves` names `{leaves}`, which the outlook does not give");
        found.push(Diagnostic::error(ids::STRATEGIC_PLAN, message).at(said.span).did_you_mean(leaves, names));
    }
    found
}

fn leaves(ty: &Type) -> Option<&'static str> {
    match (&ty.kind, ty.optional) {
        (Kind::Bool, false) => None,
        (Kind::Bool, true) => Some("may be missing: say what is meant then with `??`"),
        _ => Some("must be true or false"),
    }
}

/// Why a column cannot take the outlook's values.
fn fits(column: &ColumnSchema, ty: &Type) -> Option<String> {
    let name = &column.name;
    if matches!(column.dtype, DataType::Decimal { .. }) {
        return Some(format!(
            "the outlook gives `{name}`, a decimal of the table, which rules cannot make: carry on a float that a step gives"
        ));
    }
    let given = column_type(ty);
    if given != Some(column.dtype) {
        let given = given.map_or_else(|| "no column".to_owned(), |dtype| dtype.to_string());
        return Some(format!("the outlook gives `{name}` as {given}; the customers' column is {}", column.dtype));
    }
    (ty.optional && !column.optional).then(|| {
        format!(
            "the outlook's `{name}` may be missing, and rules count on the column: say what is meant then with `??`"
        )
    })
}

/// Columns that measures of the portfolio name.
fn measured(said: &StrategicPlan, schema: &Schema) -> Vec<Diagnostic> {
    let columns = available(schema);
    let mut found = Vec::new();
    let mut wrong = |message: String, span: Span, name: &str| {
        let names = columns.keys().map(String::as_str);
        found.push(Diagnostic::error(ids::UNKNOWN_COLUMN, message).at(span).did_you_mean(name, names));
    };
    for (measure, kind) in &said.measures {
        let (Measure::Sum(name) | Measure::Mean(name)) = kind else { continue };
        match columns.get(name) {
            None => wrong(
                format!("the measure `{measure}` names `{name}`, which no table and no step has"),
                said.span,
                name,
            ),
            Some(DataType::Int | DataType::Float | DataType::Decimal { .. }) => {}
            Some(dtype) => {
                wrong(format!("the measure `{measure}` adds `{name}`, which is {dtype} and no number"), said.span, "");
            }
        }
    }
    found
}
