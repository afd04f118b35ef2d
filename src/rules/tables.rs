//! The schema that rules see, from the manifests.
//!
//! In: a validated [`Project`]. Out: a [`Schema`] with the references' targets, the related tables (also through several
//! tables), the `prior` table and that of earlier decisions; name clashes as diagnostics. Must not know: data. Start at [`schema_of`].

use super::schema::{ColumnSchema, ManySchema, ReferenceSchema, Schema, TableSchema};
use super::types::TableId;
use crate::diag::{Diagnostic, ids};
use crate::dtype::DataType;
use crate::manifest::model::{Orphans, Project, Table};
use std::collections::HashSet;

/// The name of the reference to a customer's decision in the cycle before, and of its table.
pub const PRIOR: &str = "prior";

/// The name of the table of a customer's decisions in all earlier cycles, where the project names it for rules.
pub const EARLIER: &str = "earlier";

/// What `c.prior` tells beside what was decided: cycle of the decision, the day since which the tier is held, and in how
/// many cycles running. A column that is read back under one of these names goes before.
pub const TENURE: [(&str, DataType); 3] =
    [("cycle", DataType::Text), ("since", DataType::Date), ("cycles", DataType::Int)];

/// The schema of a project's tables, in the manifests' order; then the table of earlier decisions, where rules see it;
/// the table `prior` last.
///
/// # Errors
/// `name-clash`, where a reference or a related table would hide a column or another of its kind.
pub fn schema_of(project: &Project) -> (Schema, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let mut tables: Vec<TableSchema> = project.tables.values().map(|t| table_schema(project, t)).collect();
    let customer = project.tables.get_index_of(&project.customer).unwrap_or(0);
    let earlier = earlier_table(project, TableId(customer as u16));
    let decisions = TableId(tables.len() as u16);
    tables.extend(earlier);
    let prior = TableId(tables.len() as u16);
    tables.push(prior_table(project));
    if let Some(table) = tables.get_mut(customer) {
        table.references.push(ReferenceSchema { name: PRIOR.to_owned(), target: prior, optional: true });
    }
    relate(project, &mut tables, &mut diagnostics);
    if let (Some(name), Some(table)) = (&project.decision.earlier, tables.get_mut(customer)) {
        if table.many.iter().any(|many| many.name == *name) {
            let message = format!("`{}` has a related table `{name}` already", table.name);
            let help = "give earlier decisions another name under `decision: earlier:`";
            diagnostics.push(Diagnostic::error(ids::NAME_CLASH, message).at(project.decision.span).help(help));
        }
        table.many.push(ManySchema { name: name.clone(), table: decisions, path: vec![(decisions, 0)] });
    }
    for (table, manifest) in tables.iter().zip(project.tables.values()) {
        clashes(table, manifest, &mut diagnostics);
    }
    (Schema { tables, customer: TableId(customer as u16) }, diagnostics)
}

fn table_schema(project: &Project, table: &Table) -> TableSchema {
    let columns = table.columns.values().map(|column| ColumnSchema {
        name: column.name.clone(),
        dtype: column.dtype,
        optional: !(column.required || table.key.contains(&column.name)),
        added: false,
        minor_units: column.minor_units,
        unit: column.unit.clone(),
    });
    let references = table.references.iter().map(|reference| ReferenceSchema {
        name: reference.name.clone(),
        target: TableId(project.tables.get_index_of(&reference.table).unwrap_or(0) as u16),
        optional: reference.orphans == Orphans::Count,
    });
    TableSchema {
        name: table.name.clone(),
        columns: columns.collect(),
        references: references.collect(),
        many: Vec::new(),
    }
}

fn plain(name: &str, dtype: DataType, optional: bool) -> ColumnSchema {
    ColumnSchema { name: name.to_owned(), dtype, optional, added: false, minor_units: false, unit: None }
}

/// One row for each decision of an earlier cycle.
fn earlier_table(project: &Project, customer: TableId) -> Option<TableSchema> {
    let decision = &project.decision;
    decision.earlier.as_ref()?;
    let columns = vec![
        plain("cycle", DataType::Text, false),
        plain("as_of", DataType::Date, false),
        plain(&decision.tier, DataType::Text, false),
        plain(&decision.value, DataType::Float, true),
    ];
    let references = vec![ReferenceSchema { name: "customer".to_owned(), target: customer, optional: true }];
    Some(TableSchema { name: EARLIER.to_owned(), columns, references, many: Vec::new() })
}

fn prior_table(project: &Project) -> TableSchema {
    let decision = &project.decision;
    let mut columns = vec![plain(&decision.tier, DataType::Text, false), plain(&decision.value, DataType::Float, true)];
    for (name, dtype) in decision.read_back.iter().map(|(name, dtype)| (name.as_str(), *dtype)).chain(TENURE) {
        if columns.iter().all(|c| c.name != *name) {
            columns.push(plain(name, dtype, name != TENURE[0].0 || decision.read_back.contains_key(name)));
        }
    }
    TableSchema { name: PRIOR.to_owned(), columns, references: Vec::new(), many: Vec::new() }
}

/// Enters each reference's `many:` name at its target and at every table that the target leads to.
fn relate(project: &Project, tables: &mut [TableSchema], diagnostics: &mut Vec<Diagnostic>) {
    let mut doubtful: HashSet<(TableId, &str)> = HashSet::new();
    for (index, manifest) in project.tables.values().enumerate() {
        for (position, reference) in manifest.references.iter().enumerate() {
            let Some(many) = &reference.many else { continue };
            let start = TableId(index as u16);
            let mut ways = Vec::new();
            walk(tables, &mut vec![start], &mut vec![(start, position)], &mut ways);
            for (target, path) in ways {
                let direct = path.len() == 1;
                let entries = &mut tables[target.0 as usize].many;
                let entry = ManySchema { name: many.clone(), table: start, path };
                match entries.iter().position(|m| m.name == *many) {
                    None if !direct && doubtful.contains(&(target, many.as_str())) => {}
                    None => entries.push(entry),
                    Some(old) if direct && entries[old].path.len() > 1 => entries[old] = entry,
                    Some(old) if !direct && entries[old].path.len() == 1 => {}
                    // A name of two ways through other tables is none; a direct one goes before.
                    Some(old) if !direct => {
                        entries.remove(old);
                        doubtful.insert((target, many.as_str()));
                    }
                    Some(_) => {
                        let target = &tables[target.0 as usize].name;
                        diagnostics.push(
                            Diagnostic::error(
                                ids::NAME_CLASH,
                                format!("two ways lead rows to `{target}` under the name `{many}`"),
                            )
                            .at(reference.span)
                            .help("give each reference its own `many:` name"),
                        );
                    }
                }
            }
        }
    }
}

type Way = (TableId, Vec<(TableId, usize)>);

/// Depth first along references, never through a table twice.
fn walk(tables: &[TableSchema], seen: &mut Vec<TableId>, path: &mut Vec<(TableId, usize)>, ways: &mut Vec<Way>) {
    let Some(&(table, position)) = path.last() else { return };
    let Some(reference) = tables[table.0 as usize].references.get(position) else { return };
    let target = reference.target;
    ways.push((target, path.clone()));
    if seen.contains(&target) {
        return;
    }
    seen.push(target);
    for next in 0..tables[target.0 as usize].references.len() {
        if tables[target.0 as usize].references[next].name == PRIOR {
            continue;
        }
        let leads = tables[target.0 as usize].references[next].target;
        if !seen.contains(&leads) {
            path.push((target, next));
            walk(tables, seen, path, ways);
            path.pop();
        }
    }
    seen.pop();
}

fn clashes(table: &TableSchema, manifest: &Table, diagnostics: &mut Vec<Diagnostic>) {
    let mut clash = |what: &str, name: &str, other: &str, span| {
        diagnostics.push(
            Diagnostic::error(ids::NAME_CLASH, format!("{what} `{name}` has the name of {other} of `{}`", table.name))
                .at(span)
                .help("rename one of them: rules could not tell them apart"),
        );
    };
    for reference in &manifest.references {
        if table.column(&reference.name).is_some() {
            clash("the reference", &reference.name, "a column", reference.span);
        }
    }
    if let Some(column) = manifest.columns.get(PRIOR).filter(|_| table.reference(PRIOR).is_some()) {
        clash("the column", PRIOR, "the prior decision", column.span);
    }
    for many in &table.many {
        if table.column(&many.name).is_some() {
            clash("the related table", &many.name, "a column", manifest.span);
        }
        if table.reference(&many.name).is_some() {
            clash("the related table", &many.name, "a reference", manifest.span);
        }
    }
}
