//! The keys of a table and of a reference that say what its rows must keep.
//!
//! In: the fields of a manifest, its columns. Out: a [`TableContract`], [`ReferenceContract`]s and diagnostics. Must not
//! know: other tables, data. Start at [`read`].

use super::read::{About, bounds, expression, rule, severity};
use super::{Check, ExactDuplicates, Freshness, ReferenceContract, Severity, TableContract, money};
use crate::diag::{Diagnostic, ids};
use crate::dtype::DataType;
use crate::manifest::field::{Field, Fields, Findings};
use crate::manifest::model::{Column, Orphans};
use crate::manifest::shape::{source::UNION, table as shape};
use crate::manifest::table::{column_of, columns_of};
use crate::manifest::yaml::Kind;
use indexmap::IndexMap;

type Columns = IndexMap<String, Column>;

/// Reads the contract of a table, and gives its columns the texts that mean a missing value in all of them.
pub fn read(fields: &Fields<'_>, columns: &mut Columns, findings: &mut Findings) -> TableContract {
    if let Some(field) = fields.get("missing") {
        missing_everywhere(&field, columns, findings);
    }
    if let Some(field) = fields.get("columns").filter(|_| !columns.is_empty())
        && columns.values().all(|column| !column.contract.is_of_source())
    {
        let wrong = field.wrong_value("every column is computed, and none comes from the source");
        findings.push(wrong.help("declare the columns that the expressions use"));
    }
    let duplicates = [
        ("remove", ExactDuplicates::Remove),
        ("warn", ExactDuplicates::Warn),
        ("fail", ExactDuplicates::Fail),
        ("keep", ExactDuplicates::Keep),
    ];
    let duplicates = fields.get("exact_duplicates").and_then(|f| f.choice(&duplicates, findings));
    let rates = fields.get("rates").and_then(|f| money::rates(&f, findings));
    money::check(columns, rates.as_ref(), findings);
    TableContract {
        rates,
        completeness: None,
        network: None,
        filter: fields.get("filter").and_then(|f| expression(&f, findings)),
        checks: fields.get("checks").map(|f| checks(&f, findings)).unwrap_or_default(),
        exact_duplicates: duplicates.unwrap_or_default(),
        unique: fields.get("unique").map(|f| unique(&f, columns, findings)).unwrap_or_default(),
        freshness: fields.get("freshness").and_then(|f| freshness(&f, columns, findings)),
        rows: fields.get("rows").and_then(|f| rule(&f, About::Table, Severity::Fail, findings, bounds)),
    }
}

/// A column's own corrections come before what is missing in all columns.
fn missing_everywhere(field: &Field<'_>, columns: &mut Columns, findings: &mut Findings) {
    let tokens = field.texts_once(findings);
    for column in columns.values_mut().filter(|column| column.contract.is_of_source()) {
        for token in &tokens {
            if !column.missing.contains(token) && !column.values.contains_key(token) {
                column.missing.push(token.clone());
            }
        }
    }
}

fn checks(field: &Field<'_>, findings: &mut Findings) -> Vec<Check> {
    let mut checks: Vec<Check> = Vec::new();
    for item in field.list(findings).unwrap_or_default() {
        let Some(fields) = Fields::open(&item, "a check", &shape::CHECK, findings) else { continue };
        let name = fields.need("name", findings);
        let rule = fields.need("rule", findings).and_then(|f| expression(&f, findings));
        let severity = fields.get("severity").and_then(|f| severity(&f, About::Rows, findings));
        let (Some(name), Some(rule)) = (name, rule) else { continue };
        let Some(text) = name.name(findings) else { continue };
        if checks.iter().any(|check| check.name == text) {
            findings.push(name.finding(ids::DUPLICATE_NAME, format!("two checks are named `{text}`")));
            continue;
        }
        let severity = severity.unwrap_or(Severity::Quarantine);
        checks.push(Check { name: text, rule, severity, span: name.place() });
    }
    checks
}

/// `unique: [[a, b]]`: each item is a list of columns, or `{ is: [a, b], severity: … }`.
fn unique(field: &Field<'_>, columns: &Columns, findings: &mut Findings) -> Vec<super::Rule<Vec<String>>> {
    let mut all = Vec::new();
    for item in field.list(findings).unwrap_or_default() {
        if !matches!(item.value.kind, Kind::List(_) | Kind::Map(_)) {
            let wrong = item.wrong("a list of columns");
            let text = item.value.source.clone();
            findings.push(wrong.help(format!("write `unique: [[{text}]]`, or `unique: true` at the column")));
            continue;
        }
        let read = |f: &Field<'_>, findings: &mut Findings| Some(columns_of(f, columns, findings));
        all.extend(rule(&item, About::Rows, Severity::Fail, findings, read).filter(|rule| !rule.is.is_empty()));
    }
    all
}

fn freshness(field: &Field<'_>, columns: &Columns, findings: &mut Findings) -> Option<Freshness> {
    let fields = Fields::open(field, "`freshness`", &shape::FRESHNESS, findings)?;
    let column = fields.need("column", findings);
    let within = fields.need("within", findings).and_then(|f| days(&f, findings));
    let max_future = fields.get("max_future").and_then(|f| days(&f, findings));
    let severity = fields.get("severity").and_then(|f| severity(&f, About::Table, findings));
    let place = column?;
    let column = column_of(&place, columns, findings)?;
    let dtype = columns.get(&column).map(|column| column.dtype);
    if !matches!(dtype, Some(DataType::Date | DataType::DateTime)) {
        findings.push(place.wrong_value(format!("`{column}` is no date and no datetime")));
        return None;
    }
    let severity = severity.unwrap_or(Severity::Fail);
    Some(Freshness { column, within: within?, max_future, severity, span: field.at })
}

/// `45d`
pub(super) fn days(field: &Field<'_>, findings: &mut Findings) -> Option<u32> {
    let text = field.value.scalar_text().unwrap_or_default();
    let days = text.strip_suffix('d').and_then(|days| days.parse().ok()).filter(|days: &u32| *days <= 100_000);
    if days.is_none() {
        findings.push(field.wrong("a number of days, as 45d"));
    }
    days
}

/// What happens to the orphans of a reference, in the short form or as `{ is: count, at_most: 0.01 }`, and its
/// cardinality.
pub fn reference(fields: &Fields<'_>, findings: &mut Findings) -> (Orphans, ReferenceContract) {
    let words = [("count", Orphans::Count), ("quarantine", Orphans::Quarantine), ("fail", Orphans::Fail)];
    let (mut orphans, mut contract) = (None, ReferenceContract::default());
    if let Some(field) = fields.get("orphans") {
        if field.as_map().is_some() {
            let long = Fields::open(&field, "`orphans`", &shape::ORPHANS, findings);
            let get = |key| long.as_ref().and_then(|long: &Fields<'_>| long.get(key));
            orphans = get("is").and_then(|f| f.choice(&words[..2], findings));
            contract.at_most = get("at_most").and_then(|f| f.share(findings));
        } else {
            orphans = field.choice(&words, findings);
        }
    }
    if let Some(field) = fields.get("cardinality") {
        let one = |f: &Field<'_>, findings: &mut Findings| f.choice(&[("one", true), ("many", false)], findings);
        let one = rule(&field, About::Rows, Severity::Fail, findings, one);
        contract.one = one.filter(|rule| rule.is).map(|rule| rule.severity);
        if fields.get("many").is_none() && contract.one.is_some() {
            let message = "`cardinality: one` is about the rows that `many` names";
            findings.push(Diagnostic::error(ids::MISSING_KEY, message).at(field.at).help("name them under `many`"));
        }
    }
    (orphans.unwrap_or(Orphans::Count), contract)
}

/// `source.union`: files may lack columns that are neither required nor part of the key.
pub fn union(source: &Fields<'_>, columns: &mut Columns, key: &[String], findings: &mut Findings) {
    let Some(field) = source.get("union") else { return };
    let fields = Fields::open(&field, "`union`", &UNION, findings);
    let allowed = fields.and_then(|fields| fields.need("missing_columns", findings));
    let allowed = allowed.and_then(|f| f.choice(&[("allowed", true), ("fail", false)], findings));
    for column in columns.values_mut().filter(|_| allowed == Some(true)) {
        let must = column.required || column.empty_is_text || !column.contract.is_of_source();
        column.contract.may_be_absent |= !(must || key.contains(&column.name));
    }
}
