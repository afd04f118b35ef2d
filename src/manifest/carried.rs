//! What one planning year carries to the next: `aliases:` and `turnover:` of the project file.
//!
//! In: their trees. Out: [`Aliases`], [`Turnover`] and diagnostics. Must not know: data, runs. Start at [`aliases`] and
//! [`turnover`]; what they say of tables is checked by [`check_aliases`], once these are read.

use super::field::{Field, Fields, Findings};
use super::model::{Decision, Table};
use super::shape::planning as shape;
use crate::diag::{Diagnostic, ids};
use crate::dtype::DataType;
use crate::source::Span;
use indexmap::IndexMap;

/// Which prior decision a customer has in whom several customers merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Merge {
    /// The one with the highest tier.
    #[default]
    Higher,
    /// The one with the lowest tier.
    Lower,
    /// Its own; without one, that with the highest tier.
    Own,
}

/// The table that says which customers' keys changed: one row for each old key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aliases {
    /// Name of the table.
    pub table: String,
    /// Its column of old keys.
    pub old: String,
    /// Its column of new keys.
    pub new: String,
    /// Its column of days from which the new key holds.
    pub from: String,
    /// What a merger takes.
    pub merge: Merge,
    /// Where the project file names the table.
    pub span: Span,
}

/// What a turnover above the budget does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Over {
    /// The run warns.
    #[default]
    Report,
    /// The run fails.
    Fail,
}

/// The turnover budget: how much of a roster may change from one cycle to the next.
#[derive(Clone, Debug, PartialEq)]
pub struct Turnover {
    /// Tiers that make the roster.
    pub tiers: Vec<String>,
    /// The largest turnover, 0 to 1.
    pub at_most: f64,
    /// What happens above it.
    pub over: Over,
    /// Where the project file declares it.
    pub span: Span,
}

/// Reads `aliases: { table, old, new, from, merge }`.
pub fn aliases(field: &Field<'_>, findings: &mut Findings) -> Option<Aliases> {
    let fields = Fields::open(field, "`aliases`", &shape::ALIASES, findings)?;
    let table = fields.need("table", findings);
    let span = table.as_ref().map_or(field.at, |f| f.place());
    let mut name = |key: &str| fields.need(key, findings).and_then(|f| f.name(findings));
    let (old, new, from) = (name("old"), name("new"), name("from"));
    let merges = [("higher", Merge::Higher), ("lower", Merge::Lower), ("own", Merge::Own)];
    let merge = fields.get("merge").and_then(|f| f.choice(&merges, findings)).unwrap_or_default();
    let table = table.and_then(|f| f.name(findings))?;
    Some(Aliases { table, old: old?, new: new?, from: from?, merge, span })
}

/// Reads `turnover: { tiers, at_most, over }`.
pub fn turnover(field: &Field<'_>, decision: &Decision, findings: &mut Findings) -> Option<Turnover> {
    let fields = Fields::open(field, "`turnover`", &shape::TURNOVER, findings)?;
    let listed = fields.need("tiers", findings);
    let tiers = listed.as_ref().map(|f| f.texts_once(findings)).unwrap_or_default();
    if let Some(listed) = listed.as_ref().filter(|_| tiers.is_empty()) {
        findings.push(listed.wrong_value("`tiers` must name at least one tier"));
    }
    let order = || decision.order.iter().map(String::as_str);
    for tier in tiers.iter().filter(|tier| !decision.order.is_empty() && !decision.order.contains(tier)) {
        let place = listed.as_ref().map_or(field.at, |f| f.place());
        let message = format!("`{tier}` is no tier of `decision: order:`");
        findings.push(Diagnostic::error(ids::WRONG_VALUE, message).at(place).did_you_mean(tier, order()));
    }
    let at_most = fields.need("at_most", findings).and_then(|f| f.share(findings));
    let overs = [("report", Over::Report), ("fail", Over::Fail)];
    let over = fields.get("over").and_then(|f| f.choice(&overs, findings)).unwrap_or_default();
    Some(Turnover { tiers, at_most: at_most?, over, span: field.at })
}

/// Checks what `aliases` says of its table against the tables.
pub fn check_aliases(aliases: &Aliases, customer: Option<&Table>, table: &Table, findings: &mut Findings) {
    if customer.is_some_and(|customer| customer.name == table.name) {
        let found = Diagnostic::error(ids::WRONG_VALUE, "the customer table cannot be its own table of aliases");
        findings.push(found.at(aliases.span).help("name a table with one row for each old key"));
        return;
    }
    let key = customer.and_then(|customer| customer.columns.get(customer.key.first()?)).map(|column| column.dtype);
    let wanted = [(&aliases.old, key), (&aliases.new, key), (&aliases.from, Some(DataType::Date))];
    for (name, wanted) in wanted {
        findings.extend(column_fault(aliases, &table.columns, &table.name, name, wanted));
    }
}

fn column_fault(
    aliases: &Aliases,
    columns: &IndexMap<String, super::model::Column>,
    table: &str,
    name: &str,
    wanted: Option<DataType>,
) -> Option<Diagnostic> {
    let Some(column) = columns.get(name) else {
        let found = Diagnostic::error(ids::UNKNOWN_COLUMN, format!("the table `{table}` has no column `{name}`"));
        return Some(found.at(aliases.span).did_you_mean(name, columns.keys().map(String::as_str)));
    };
    if let Some(wanted) = wanted.filter(|wanted| *wanted != column.dtype) {
        let message = format!("`{name}` of the aliases is {}; it must be {wanted}", column.dtype);
        let found = Diagnostic::error(ids::TYPE_MISMATCH, message).at(column.span).label(aliases.span, "aliases here");
        return Some(found.help("old and new keys have the type of the customers' key, `from` is a date"));
    }
    if !column.required {
        let message = format!("`{name}` may be missing, and an alias without it says nothing");
        let found = Diagnostic::error(ids::WRONG_VALUE, message).at(column.span).label(aliases.span, "aliases here");
        return Some(found.help("write `required: true`"));
    }
    None
}
