//! Checks across the files of a project.
//!
//! In: the project file and the manifests as read. Out: diagnostics. Must not know: YAML, data, rules. Start at
//! [`project`].

use super::contract::{completeness, money};
use super::field::{Findings, listed};
use super::model::{Reference, Table};
use super::project::ProjectFile;
use super::table::{ReferencePlaces, TableFile};
use super::{carried, network_check};
use crate::diag::{Diagnostic, ids};
use crate::source::Span;
use indexmap::IndexMap;
use std::collections::HashMap;

/// Tables that can be told of: those read, and those whose manifest cannot be read, about which nothing is known.
pub struct Tables<'t> {
    /// By name.
    pub read: &'t IndexMap<String, TableFile>,
    /// Names of manifests that cannot be read.
    pub broken: &'t [String],
}

impl Tables<'_> {
    /// A table of this name; where there is none, a finding.
    pub(super) fn table(&self, name: &str, span: Span, findings: &mut Findings) -> Option<&Table> {
        findings.extend(self.unknown(name, span));
        self.read.get(name).map(|file| &file.table)
    }

    fn unknown(&self, name: &str, span: Span) -> Option<Diagnostic> {
        if self.read.contains_key(name) || self.broken.iter().any(|broken| broken == name) {
            return None;
        }
        let found = Diagnostic::error(ids::UNKNOWN_TABLE, format!("no table `{name}`"))
            .at(span)
            .did_you_mean(name, self.read.keys().chain(self.broken).map(String::as_str));
        let names: Vec<String> = self.read.keys().map(|name| format!("`{name}`")).collect();
        Some(found.help(match names.len() {
            0 => "declare a table in datasets/<table>.yaml".to_owned(),
            1..=12 => format!("the tables are {}", listed(&names, "and")),
            n => format!("{n} tables are declared in datasets/"),
        }))
    }
}

/// Checks what names something in another file.
pub fn project(project: Option<&ProjectFile>, tables: &Tables<'_>, findings: &mut Findings) {
    if let Some(file) = project {
        customer(file, tables, findings);
        aliases(file, tables, findings);
    }
    for file in tables.read.values() {
        money::check_rates(&file.table, tables, findings);
        let customer = project.is_none_or(|project| project.project.customer == file.table.name);
        let all: Vec<&Table> = tables.read.values().map(|file| &file.table).collect();
        completeness::check(&file.table, customer, &all, tables.broken.is_empty(), findings);
        let customers = project.map_or("", |project| project.project.customer.as_str());
        network_check::check(&file.table, customers, tables, findings);
        for (reference, places) in file.table.references.iter().zip(&file.references) {
            target(file, reference, places, tables, findings);
        }
    }
    related(tables, findings);
}

fn customer(file: &ProjectFile, tables: &Tables<'_>, findings: &mut Findings) {
    let Some(span) = file.customer else { return };
    let name = &file.project.customer;
    findings.extend(tables.unknown(name, span));
    let Some(table) = tables.read.get(name).map(|file| &file.table) else { return };
    if table.key.len() != 1 {
        let message = match table.key.len() {
            0 => format!("the customer table `{name}` has no key"),
            n => format!("the customer table `{name}` has a key of {n} columns"),
        };
        let help = "give its manifest a `key` of one column, which names a customer";
        findings
            .push(Diagnostic::error(ids::MISSING_KEY, message).at(span).label(table.span, "its manifest").help(help));
    }
    let columns = table.columns.values().map(|c| (c.name.as_str(), c.span));
    let references = table.references.iter().map(|r| (r.name.as_str(), r.span));
    let related = tables.read.values().flat_map(|file| file.table.references.iter().zip(&file.references));
    let related = related.filter(|(reference, _)| reference.table == *name);
    let related = related.map(|(reference, places)| (reference.many.as_deref().unwrap_or_default(), places.many));
    for (_, span) in columns.chain(references).chain(related).filter(|(name, _)| *name == "prior") {
        findings.push(
            Diagnostic::error(ids::NAME_CLASH, "`prior` is the decision of the cycle before, in rules")
                .at(span)
                .help("give it another name"),
        );
    }
}

/// The table of aliases exists and has what the project file says.
fn aliases(file: &ProjectFile, tables: &Tables<'_>, findings: &mut Findings) {
    let Some(aliases) = &file.project.aliases else { return };
    findings.extend(tables.unknown(&aliases.table, aliases.span));
    let of = |name: &str| tables.read.get(name).map(|file| &file.table);
    if let Some(table) = of(&aliases.table) {
        carried::check_aliases(aliases, of(&file.project.customer), table, findings);
    }
}

/// The other table exists, has a key, and the key is of the same types.
fn target(
    file: &TableFile,
    reference: &Reference,
    places: &ReferencePlaces,
    tables: &Tables<'_>,
    findings: &mut Findings,
) {
    findings.extend(tables.unknown(&reference.table, places.table));
    let Some(other) = tables.read.get(&reference.table) else { return };
    if other.table.key.is_empty() {
        let message = format!("the table `{}` has no key to refer to", reference.table);
        findings.push(
            Diagnostic::error(ids::MISSING_KEY, message)
                .at(places.table)
                .help(format!("give datasets/{}.yaml a `key`", reference.table)),
        );
        return;
    }
    if reference.columns.is_empty() {
        return;
    }
    if reference.columns.len() != other.table.key.len() {
        let (theirs, mine) = (other.table.key.len(), reference.columns.len());
        let plural = if theirs == 1 { "" } else { "s" };
        let message =
            format!("the key of `{}` has {theirs} column{plural}, this reference has {mine}", reference.table);
        let key = other.table.key.join(", ");
        let found = Diagnostic::error(ids::WRONG_VALUE, message).at(places.columns);
        findings.push(found.help(format!("name one column for each of [{key}], in this order")));
        return;
    }
    for (name, key) in reference.columns.iter().zip(&other.table.key) {
        let (Some(mine), Some(theirs)) = (file.table.columns.get(name), other.table.columns.get(key)) else { continue };
        if mine.dtype != theirs.dtype && !file.untyped.contains(name) && !other.untyped.contains(key) {
            let message =
                format!("`{name}` is {}, but the key `{key}` of `{}` is {}", mine.dtype, reference.table, theirs.dtype);
            findings.push(
                Diagnostic::error(ids::TYPE_MISMATCH, message)
                    .at(places.columns)
                    .label(mine.span, mine.dtype.to_string())
                    .label(theirs.span, theirs.dtype.to_string()),
            );
        }
    }
}

/// The `many:` names of each table: unlike one another, and no column or reference of it.
fn related(tables: &Tables<'_>, findings: &mut Findings) {
    let mut seen: HashMap<(&str, &str), Span> = HashMap::new();
    for file in tables.read.values() {
        for (reference, places) in file.table.references.iter().zip(&file.references) {
            let Some(many) = reference.many.as_deref() else { continue };
            let Some(other) = tables.read.get(&reference.table).map(|file| &file.table) else { continue };
            if let Some(first) = seen.get(&(other.name.as_str(), many)) {
                findings.push(
                    Diagnostic::error(ids::DUPLICATE_NAME, format!("`{}` has two related tables `{many}`", other.name))
                        .at(places.many)
                        .label(*first, "first here"),
                );
                continue;
            }
            seen.insert((&other.name, many), places.many);
            if let Some((what, span)) = taken(other, many) {
                let message = format!("the related table `{many}` hides {what} of `{}`", other.name);
                let found = Diagnostic::error(ids::NAME_CLASH, message).at(places.many);
                findings.push(found.label(span, what).help("give it another name under `many`"));
            }
        }
    }
}

fn taken(table: &Table, name: &str) -> Option<(&'static str, Span)> {
    let column = table.columns.get(name).map(|column| ("a column", column.span));
    column.or_else(|| table.references.iter().find(|r| r.name == name).map(|r| ("a reference", r.span)))
}
