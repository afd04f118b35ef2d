//! What the report of a project shows: `report:` of the project file.
//!
//! In: its tree. Out: [`Shown`] and diagnostics. Must not know: data, runs. Start at [`read`]; whether the columns are there is checked
//! once the steps are known.

use super::field::{Field, Fields, Findings};
use super::model::Decision;
use super::shape::project::REPORT;
use crate::diag::{Diagnostic, ids};
use crate::source::Span;

/// What the report shows beside tiers and values. What is not said is found among the decisions' columns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shown {
    /// Column by which people know a customer, where the key is a number.
    pub name: Option<(String, Span)>,
    /// Column of an amount, such as the revenue.
    pub measure: Option<(String, Span)>,
    /// Two columns that customers are counted by: those who care for them, and where they are.
    pub matrix: Vec<(String, Span)>,
    /// Columns that make up the value.
    pub dimensions: Vec<(String, Span)>,
    /// Tiers whose customers are listed one by one.
    pub key_tiers: Vec<String>,
}

/// Reads `report: { name, measure, matrix, dimensions, key_tiers }`.
pub fn read(field: &Field<'_>, decision: &Decision, findings: &mut Findings) -> Option<Shown> {
    let fields = Fields::open(field, "`report`", &REPORT, findings)?;
    let name = fields.get("name").and_then(|f| Some((f.name(findings)?, f.place())));
    let measure = fields.get("measure").and_then(|f| Some((f.name(findings)?, f.place())));
    let matrix = fields.get("matrix").map(|f| (names(&f, findings), f));
    if let Some((_, f)) = matrix.as_ref().filter(|(names, _)| names.len() != 2) {
        findings.push(f.wrong_value("`matrix` must name two columns: that of the rows, then that of the columns"));
    }
    let dimensions = fields.get("dimensions").map(|f| names(&f, findings)).unwrap_or_default();
    let listed = fields.get("key_tiers");
    let key_tiers = listed.as_ref().map(|f| f.texts_once(findings)).unwrap_or_default();
    let order = || decision.order.iter().map(String::as_str);
    for tier in key_tiers.iter().filter(|tier| !decision.order.is_empty() && !decision.order.contains(tier)) {
        let place = listed.as_ref().map_or(field.at, |f| f.place());
        let message = format!("`{tier}` is no tier of `decision: order:`");
        findings.push(Diagnostic::error(ids::WRONG_VALUE, message).at(place).did_you_mean(tier, order()));
    }
    Some(Shown { name, measure, matrix: matrix.map(|(names, _)| names).unwrap_or_default(), dimensions, key_tiers })
}

fn names(field: &Field<'_>, findings: &mut Findings) -> Vec<(String, Span)> {
    let items = field.list(findings).unwrap_or_default();
    items.iter().filter_map(|item| Some((item.name(findings)?, item.place()))).collect()
}
