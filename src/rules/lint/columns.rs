//! Columns that nothing reads and the output leaves out.
//!
//! In: the typed programs, the project file, the manifest of the customers. Out: `unused-column`, and only where
//! `output.columns` selects what is written: without it every column is in the decisions. Must not know: data.

use super::{Rules, instances};
use crate::diag::{Diagnostic, ids};
use crate::manifest::model::{Duplicates, Measure, Project, completeness};
use crate::rules::ast::{Expr as Tree, ExprKind as Form};
use crate::rules::tree::{self, Node};
use crate::rules::typed::{Expr, ExprKind, Program};
use crate::rules::types::ColumnId;
use crate::rules::walk;
use crate::rules::{allow, rows};
use crate::source::Span;
use std::collections::HashSet;

/// Columns of steps, and of the customers' manifest, that nobody uses.
pub(super) fn find(rules: Rules<'_>) -> Vec<Diagnostic> {
    if rules.project.output.columns.is_none() {
        return Vec::new();
    }
    let read = read_by_rules(rules);
    let used = used_by_project(rules.project);
    let customer = rules.schema.table(rules.schema.customer);
    let unused = |name: &str| !used.contains(name) && !customer.column(name).is_some_and(|c| read.contains(&c));
    let mut found = Vec::new();
    for program in rules.programs {
        for index in &program.output.order {
            let Some((name, _)) = program.output.columns.get(*index).filter(|(name, _)| unused(name)) else { continue };
            let message = format!("nothing reads `{name}`, and `output.columns` leaves it out");
            let place = place_of(rules, program, name);
            found.push(
                Diagnostic::warning(ids::UNUSED_COLUMN, message)
                    .at(place)
                    .help("write it, use it in a later step or a summary, or do not compute it"),
            );
        }
    }
    found.extend(of_the_manifest(rules, &unused));
    found
}

/// Columns of the customer table that some rule reads, of whatever row.
fn read_by_rules(rules: Rules<'_>) -> HashSet<ColumnId> {
    let mut read = HashSet::new();
    for instance in rules.programs.iter().flat_map(instances) {
        walk::block(&instance.body, &mut |node| {
            if let walk::Node::Expr(Expr { kind: ExprKind::Column { table, column, .. }, .. }) = node
                && *table == rules.schema.customer
            {
                read.insert(*column);
            }
        });
    }
    read
}

/// Names that the project file and the customers' manifest use.
fn used_by_project(project: &Project) -> HashSet<&str> {
    let mut used: HashSet<&str> = HashSet::from([project.decision.tier.as_str(), project.decision.value.as_str()]);
    used.extend(project.decision.read_back.keys().map(String::as_str));
    used.extend(project.output.columns.iter().flatten().map(|(from, _)| from.as_str()));
    // A partition column may be named as it is written.
    used.extend(project.output.partition_by.iter().map(String::as_str));
    for summary in &project.summaries {
        used.extend(summary.by.iter().map(String::as_str));
        used.extend(summary.measures.values().filter_map(|measure| match measure {
            Measure::Sum(column) | Measure::Mean(column) => Some(column.as_str()),
            Measure::Count => None,
        }));
    }
    if let Some(table) = project.tables.get(&project.customer) {
        used.extend(table.key.iter().map(String::as_str));
        if let Some(completeness) = &table.contract.completeness {
            used.insert(completeness::COLUMN);
            used.extend(completeness.fields.iter().map(|field| field.name.as_str()));
        }
        used.extend(table.references.iter().flat_map(|r| &r.columns).map(String::as_str));
        used.extend(rows::used(table));
        if let Duplicates::Last(Some(column)) = &table.duplicates {
            used.insert(column);
        }
    }
    used
}

/// Where a step's rule writes a column: its key in the step's function, else in another, else the step's name.
fn place_of(rules: Rules<'_>, program: &Program, column: &str) -> Span {
    let Some(step) = rules.resolved.functions.get(&program.step) else { return Span::default() };
    let own = rules.resolved.function(*step);
    if !program.output.is_map {
        return own.name.span;
    }
    let others = rules.resolved.functions.values().map(|place| rules.resolved.function(*place));
    std::iter::once(own)
        .chain(others)
        .find_map(|function| {
            let mut place = None;
            tree::block(&function.body, &mut |node| {
                if let Node::Expr(Tree { kind: Form::Map(entries), .. }) = node {
                    place = place.or(entries.iter().find(|(key, _)| key.text == column).map(|(key, _)| key.span));
                }
            });
            place
        })
        .unwrap_or(own.name.span)
}

/// One finding for all unused columns of the customers' manifest.
fn of_the_manifest(rules: Rules<'_>, unused: &dyn Fn(&str) -> bool) -> Option<Diagnostic> {
    let table = rules.project.tables.get(&rules.project.customer)?;
    let left = |span| !allow::allowed(rules.sources, span, ids::UNUSED_COLUMN);
    let columns: Vec<_> = table.columns.values().filter(|c| unused(&c.name) && left(c.span)).collect();
    let (first, rest) = columns.split_first()?;
    let names: Vec<&str> = columns.iter().map(|c| c.name.as_str()).collect();
    let message =
        format!("nothing uses `{}` of `{}`, and `output.columns` leaves it out", names.join("`, `"), table.name);
    let found = Diagnostic::warning(ids::UNUSED_COLUMN, message).at(first.span);
    let found = rest.iter().fold(found, |found, column| found.label(column.span, "nor this"));
    Some(found.help("write it or take it out of the manifest: a column that is not declared is not read"))
}
