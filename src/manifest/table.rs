//! A manifest, `datasets/<table>.yaml`.
//!
//! In: its tree. Out: a [`Table`] with what the checks across tables need, and diagnostics. Must not know: other tables,
//! data. Start at [`read`].

use super::column::{self, Columns};
use super::contract::table as contract;
use super::contract::{completeness, network};
use super::field::{Field, Fields, Findings};
use super::model::{Column, Duplicates, Reference, Table};
use super::project::repeated;
use super::shape::{source as source_shape, table as shape};
use super::source;
use super::source_database;
use super::yaml::Node;
use crate::diag::{Diagnostic, ids};
use crate::source::Span;
use indexmap::IndexMap;

/// A manifest as read, with the places that checks across tables need.
pub struct TableFile {
    /// What it says.
    pub table: Table,
    /// Columns whose type is wrong; their type stands as text.
    pub untyped: Vec<String>,
    /// Places of the references, in their order.
    pub references: Vec<ReferencePlaces>,
}

/// Where the parts of a reference are written.
pub struct ReferencePlaces {
    /// The other table's name.
    pub table: Span,
    /// The `many:` name.
    pub many: Span,
    /// The columns.
    pub columns: Span,
}

/// Reads a manifest; `None` if it is no map.
pub fn read(name: &str, root: &Node, findings: &mut Findings) -> Option<TableFile> {
    let field = Field::root(root, &format!("datasets/{name}.yaml"));
    let fields = Fields::open(&field, "a manifest", &shape::TABLE, findings)?;
    let description = fields.get("description").and_then(|f| f.text(findings)).unwrap_or_default();
    let source = fields.need("source", findings).and_then(|f| source::read(&f, findings));
    let Columns { mut columns, untyped } =
        fields.need("columns", findings).map(|f| column::read(&f, findings)).unwrap_or_default();
    let key = fields.get("key").map(|f| columns_of(&f, &columns, findings)).unwrap_or_default();
    for name in &key {
        if let Some(column) = columns.get_mut(name) {
            column.required = true;
        }
    }
    let mut contract = contract::read(&fields, &mut columns, findings);
    if let Some(source) = fields.get("source").filter(|f| f.as_map().is_some()) {
        let known = Fields::open(&source, "`source`", &source_shape::FILES, &mut Vec::new());
        known.iter().for_each(|source| contract::union(source, &mut columns, &key, findings));
    }
    let duplicates = fields.get("duplicates").map(|f| duplicates(&f, &columns, findings)).unwrap_or(Duplicates::Fail);
    if let Some(field) = fields.get("duplicates")
        && fields.get("key").is_none()
    {
        findings.push(Diagnostic::error(ids::MISSING_KEY, "`duplicates` needs a `key`").at(field.at));
    }
    let completeness = fields.get("completeness");
    contract.completeness = completeness.and_then(|f| completeness::read(&f, &mut columns, findings));
    contract.network = fields.get("graph").and_then(|f| network::read(&f, findings));
    let (references, places) = fields.get("references").map(|f| references(&f, &columns, findings)).unwrap_or_default();
    let quarantine_limit = fields.get("quarantine").map_or(0.0, |f| quarantine(&f, findings));
    let empty = [("allowed", true), ("fail", false)];
    let may_be_empty = fields.get("empty").and_then(|f| f.choice(&empty, findings)).unwrap_or(false);
    if let (Some(source), Some(field)) = (&source, fields.get("source")) {
        source_database::check(source, &field, &columns, findings);
    }
    let source = source.unwrap_or_else(|| source::none(root.span));
    source::check_positions(&source, &columns, findings);
    let table = Table {
        name: name.to_owned(),
        description,
        source,
        columns,
        key,
        duplicates,
        references,
        quarantine_limit,
        may_be_empty,
        contract,
        span: root.span,
    };
    Some(TableFile { table, untyped, references: places })
}

/// Names of columns that exist, each once.
pub(super) fn columns_of(
    field: &Field<'_>,
    columns: &IndexMap<String, Column>,
    findings: &mut Findings,
) -> Vec<String> {
    let items = field.one_or_more();
    if items.is_empty() {
        findings.push(field.wrong_value(format!("{} must name at least one column", field.title)));
    }
    let mut names = Vec::new();
    for item in &items {
        if let Some(name) = column_of(item, columns, findings) {
            names.push((name, item.place()));
        }
    }
    repeated("the column", names.iter().map(|(name, span)| (name.as_str(), *span)), findings);
    names.into_iter().map(|(name, _)| name).collect()
}

/// The name of a column that exists.
pub(super) fn column_of(
    field: &Field<'_>,
    columns: &IndexMap<String, Column>,
    findings: &mut Findings,
) -> Option<String> {
    let name = field.text(findings)?;
    if columns.contains_key(&name) {
        return Some(name);
    }
    let mut found = field
        .finding(ids::UNKNOWN_COLUMN, format!("no column `{name}` in this table"))
        .did_you_mean(&name, columns.keys().map(String::as_str));
    let from_there = |column: &&Column| column.from == name || column.contract.also.contains(&name);
    if let Some(column) = columns.values().find(from_there) {
        found.help = vec![format!("the manifest calls it `{}`", column.name)];
    }
    findings.push(found);
    None
}

fn duplicates(field: &Field<'_>, columns: &IndexMap<String, Column>, findings: &mut Findings) -> Duplicates {
    if field.as_map().is_some() {
        let by =
            Fields::open(field, "`duplicates`", &shape::LAST_BY, findings).and_then(|f| f.need("last_by", findings));
        let column = by.and_then(|by| column_of(&by, columns, findings));
        return column.map_or(Duplicates::Fail, |column| Duplicates::Last(Some(column)));
    }
    let words = [
        ("fail", Duplicates::Fail),
        ("first", Duplicates::First),
        ("last", Duplicates::Last(None)),
        ("quarantine", Duplicates::Quarantine),
    ];
    field.choice(&words, findings).unwrap_or(Duplicates::Fail)
}

fn references(
    field: &Field<'_>,
    columns: &IndexMap<String, Column>,
    findings: &mut Findings,
) -> (Vec<Reference>, Vec<ReferencePlaces>) {
    let mut found = (Vec::new(), Vec::new());
    for entry in field.entries(findings).unwrap_or_default() {
        if let Some((reference, places)) = reference(&entry, columns, findings) {
            found.0.push(reference);
            found.1.push(places);
        }
    }
    found
}

fn reference(
    field: &Field<'_>,
    columns: &IndexMap<String, Column>,
    findings: &mut Findings,
) -> Option<(Reference, ReferencePlaces)> {
    let what = format!("the reference `{}`", field.key);
    let fields = Fields::open(field, &what, &shape::REFERENCE, findings)?;
    let name_fault = super::field::name_fault(field.key);
    if let Some(fault) = name_fault {
        findings.push(Diagnostic::error(ids::WRONG_VALUE, format!("a reference's name {fault}")).at(field.at));
    }
    if let Some(column) = columns.get(field.key) {
        findings.push(
            Diagnostic::error(ids::NAME_CLASH, format!("the reference `{0}` hides the column `{0}`", field.key))
                .at(field.at)
                .label(column.span, "the column")
                .help("give the reference or the column another name; `from` keeps the column's name in the source"),
        );
    }
    let table = fields.need("table", findings);
    let name = table.as_ref().and_then(|f| f.name(findings));
    let (one, many) = (fields.get("column"), fields.get("columns"));
    if let (Some(one), Some(many)) = (&one, &many) {
        let clash = Diagnostic::error(ids::NAME_CLASH, "`column` and `columns` say the same thing");
        findings.push(clash.at(many.at).label(one.at, "also here"));
    }
    let place = many.or(one).or_else(|| fields.need("column", findings));
    let keys = place.as_ref().map(|f| columns_of(f, columns, findings)).unwrap_or_default();
    let many = fields.get("many");
    let (orphans, contract) = contract::reference(&fields, findings);
    let reference = Reference {
        name: field.key.to_owned(),
        columns: keys,
        table: name?,
        many: many.as_ref().and_then(|f| f.name(findings)),
        orphans,
        contract,
        span: field.at,
    };
    let places = ReferencePlaces {
        table: table.map_or(field.at, |f| f.place()),
        many: many.map_or(field.at, |f| f.place()),
        columns: place.map_or(field.at, |f| f.place()),
    };
    Some((reference, places))
}

fn quarantine(field: &Field<'_>, findings: &mut Findings) -> f64 {
    let fields = Fields::open(field, "`quarantine`", &shape::QUARANTINE, findings);
    let at_most = fields.and_then(|fields| fields.need("at_most", findings));
    at_most.and_then(|f| f.share(findings)).unwrap_or(0.0)
}
