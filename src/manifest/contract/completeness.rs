//! How complete a customer is: which fields count.
//!
//! In: the field `completeness` of a manifest, its columns, all tables. Out: [`Completeness`], the column that holds the share
//! of the fields that are there, and diagnostics. Must not know: data. Start at [`read`].

use super::super::field::{Field, Findings};
use super::super::model::{Column, Table};
use super::super::project::repeated;
use super::ColumnContract;
use crate::diag::{Diagnostic, ids};
use crate::dtype::DataType;
use crate::source::Span;
use indexmap::IndexMap;

/// The column that holds the share.
pub const COLUMN: &str = "completeness";

/// What a complete row has.
#[derive(Clone, Debug)]
pub struct Completeness {
    /// Columns of the table, and related tables.
    pub fields: Vec<CompletenessField>,
    /// Where it is declared.
    pub span: Span,
}

/// A field that counts.
#[derive(Clone, Debug)]
pub struct CompletenessField {
    /// A column, the `many` name of a reference, or a table.
    pub name: String,
    /// Where it is named.
    pub span: Span,
}

/// Reads the fields, and adds the column.
pub fn read(
    field: &Field<'_>,
    columns: &mut IndexMap<String, Column>,
    findings: &mut Findings,
) -> Option<Completeness> {
    let mut fields = Vec::new();
    for item in field.list(findings)? {
        fields.extend(item.text(findings).map(|name| CompletenessField { name, span: item.place() }));
    }
    if fields.is_empty() {
        findings.push(field.wrong_value(format!("{} must name at least one field", field.title)));
        return None;
    }
    repeated("the field", fields.iter().map(|f| (f.name.as_str(), f.span)), findings);
    if let Some(column) = columns.get(COLUMN) {
        let message = format!("the column `{COLUMN}` is declared, and `{COLUMN}` makes one of that name");
        let found = Diagnostic::error(ids::NAME_CLASH, message).at(field.at).label(column.span, "the column");
        findings.push(found.help("give the column another name; `from` keeps its name in the source"));
        return None;
    }
    columns.insert(COLUMN.to_owned(), column(field.at));
    Some(Completeness { fields, span: field.at })
}

fn column(span: Span) -> Column {
    Column {
        required: true,
        description: "Share of the fields that are there".to_owned(),
        contract: ColumnContract { is_completeness: true, ..ColumnContract::default() },
        ..Column::new(COLUMN, DataType::Float, span)
    }
}

/// Checks that the fields are there. `all` are the tables; `complete` says whether every manifest could be read.
pub fn check(table: &Table, is_customer: bool, all: &[&Table], complete: bool, findings: &mut Findings) {
    let Some(completeness) = &table.contract.completeness else { return };
    if !is_customer {
        let message = format!("`{}` is not the table of the customers", table.name);
        let found = Diagnostic::error(ids::WRONG_VALUE, message).at(completeness.span);
        findings.push(found.help("`completeness` is a key of the customer table's manifest"));
        return;
    }
    for field in &completeness.fields {
        if field.name == COLUMN {
            let message = format!("`{COLUMN}` cannot count itself");
            findings.push(Diagnostic::error(ids::WRONG_VALUE, message).at(field.span).help("leave it out"));
        } else if !table.columns.contains_key(&field.name) && path(all, table, &field.name).is_none() && complete {
            let related = all.iter().flat_map(|table| &table.references).filter_map(|r| r.many.as_deref());
            let names = table.columns.keys().map(String::as_str).filter(|name| *name != COLUMN);
            let tables = all.iter().map(|table| table.name.as_str());
            let message = format!("no column of `{}` and no related table is named `{}`", table.name, field.name);
            let found = Diagnostic::error(ids::UNKNOWN_COLUMN, message).at(field.span);
            findings.push(found.did_you_mean(&field.name, names.chain(related).chain(tables)));
        }
    }
}

/// The way from the rows of a related table to `to`: tables and references by number. The related table goes by the
/// `many` name of its reference, or by its own name.
pub fn path(tables: &[&Table], to: &Table, name: &str) -> Option<Vec<(usize, usize)>> {
    let starts = |table: &Table, many: Option<&str>, by_many: bool| match by_many {
        true => many == Some(name),
        false => table.name == name,
    };
    for by_many in [true, false] {
        let mut found: Option<Vec<(usize, usize)>> = None;
        for (number, table) in tables.iter().enumerate() {
            for (position, reference) in table.references.iter().enumerate() {
                if !starts(table, reference.many.as_deref(), by_many) {
                    continue;
                }
                let further = way(tables, &reference.table, &to.name, &mut vec![table.name.as_str()]);
                let whole = further.map(|further| [vec![(number, position)], further].concat());
                found = match (found, whole) {
                    (Some(old), Some(new)) if new.len() < old.len() => Some(new),
                    (old, new) => old.or(new),
                };
            }
        }
        if found.is_some() {
            return found;
        }
    }
    None
}

/// The shortest way along references, never twice through a table.
fn way<'t>(tables: &[&'t Table], from: &str, to: &str, seen: &mut Vec<&'t str>) -> Option<Vec<(usize, usize)>> {
    if from == to {
        return Some(Vec::new());
    }
    let number = tables.iter().position(|table| table.name == from && !seen.contains(&table.name.as_str()))?;
    seen.push(&tables[number].name);
    let ways = tables[number].references.iter().enumerate().filter_map(|(position, reference)| {
        let further = way(tables, &reference.table, to, &mut seen.clone())?;
        Some([vec![(number, position)], further].concat())
    });
    ways.min_by_key(Vec::len)
}
