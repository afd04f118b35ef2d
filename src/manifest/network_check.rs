//! What networks name in other tables is there, and of the right type.
//!
//! In: all manifests. Out: diagnostics. Must not know: YAML, data. Start at [`check`].

use super::check::Tables;
use super::contract::network::{Named, Network, Of, Reach};
use super::field::Findings;
use super::model::Table;
use crate::diag::{Diagnostic, ids};
use crate::dtype::DataType;

/// Checks what a table's network and its measured columns name in other tables.
pub fn check(table: &Table, customer: &str, tables: &Tables<'_>, findings: &mut Findings) {
    if let Some(network) = &table.contract.network {
        ties(table, network, tables, findings);
        if let Some(reach) = &network.reach {
            people(table, reach, customer, findings);
        }
    }
    for measured in table.columns.values().filter_map(|column| column.contract.measured.as_ref()) {
        let of = match &measured.people {
            Some(people) => tables.table(people, measured.span, findings),
            None => Some(table),
        };
        let Some(of) = of else { continue };
        let wrong = |message: String| Diagnostic::error(ids::WRONG_VALUE, message).at(measured.span);
        match &of.contract.network {
            None => findings.push(
                wrong(format!("`{}` declares no network", of.name))
                    .help(format!("say `graph: {{ ties: …, from: …, to: … }}` in datasets/{}.yaml", of.name)),
            ),
            Some(network) if network.reach.is_none() && measured.measure.of() != Of::Person => findings.push(
                wrong(format!("`{}` needs `reach` in `graph` of `{}`", measured.measure.word(), of.name))
                    .help("it says who is one of ours, and which customer a person belongs to"),
            ),
            Some(_) if measured.people.is_some() && table.name != customer => {
                findings.push(wrong(format!(
                    "`{}` is a customer's, `{}` is not their table",
                    measured.measure.word(),
                    table.name
                )));
            }
            Some(_) => {}
        }
    }
}

fn ties(people: &Table, network: &Network, tables: &Tables<'_>, findings: &mut Findings) {
    let Some(ties) = tables.table(&network.ties.0, network.ties.1, findings) else { return };
    for (name, span) in [&network.from, &network.to] {
        let found = ties.references.iter().find(|reference| reference.name == *name);
        if found.is_none_or(|reference| reference.table != people.name) {
            let message = format!("`{name}` is no reference of `{}` to `{}`", ties.name, people.name);
            let known = ties.references.iter().filter(|r| r.table == people.name).map(|r| r.name.as_str());
            findings.push(Diagnostic::error(ids::UNKNOWN_COLUMN, message).at(*span).did_you_mean(name, known));
        }
    }
    if network.from.0 == network.to.0 {
        let message = "`from` and `to` are one reference: every tie would lead back to where it starts";
        findings.push(Diagnostic::error(ids::WRONG_VALUE, message).at(network.to.1));
    }
    if let Some(weight) = &network.weight {
        column(ties, weight, "a number", is_number, findings);
    }
}

fn people(table: &Table, reach: &Reach, customer: &str, findings: &mut Findings) {
    let (name, span) = &reach.customer;
    let leads = table.references.iter().find(|reference| reference.name == *name);
    if leads.is_none_or(|reference| reference.table != customer) {
        let message = format!("`{name}` is no reference of `{}` to the customers", table.name);
        let known = table.references.iter().filter(|r| r.table == customer).map(|r| r.name.as_str());
        findings.push(Diagnostic::error(ids::UNKNOWN_COLUMN, message).at(*span).did_you_mean(name, known));
    }
    column(table, &reach.ours, "bool", |dtype| dtype == DataType::Bool, findings);
    if let Some(influence) = &reach.influence {
        column(table, influence, "a number", is_number, findings);
    }
    if let Some(role) = &reach.role {
        column(table, role, "text", |dtype| dtype == DataType::Text, findings);
    }
    if reach.role.is_none() && !reach.roles.is_empty() {
        let message = "`roles` names roles, and no `role` names the column that has them";
        findings.push(Diagnostic::error(ids::MISSING_KEY, message).at(reach.ours.1));
    }
}

/// A column that is there, is of the source or computed, and has a fitting type.
fn column(table: &Table, (name, span): &Named, wanted: &str, fits: impl Fn(DataType) -> bool, findings: &mut Findings) {
    let Some(found) = table.columns.get(name) else {
        let message = format!("no column `{name}` in `{}`", table.name);
        let known = table.columns.keys().map(String::as_str);
        findings.push(Diagnostic::error(ids::UNKNOWN_COLUMN, message).at(*span).did_you_mean(name, known));
        return;
    };
    if found.contract.measured.is_some() {
        let message = format!("`{name}` is measured on the network, and cannot be a part of it");
        findings.push(Diagnostic::error(ids::WRONG_VALUE, message).at(*span));
    } else if !fits(found.dtype) {
        let message = format!("`{name}` is {}; it must be {wanted}", found.dtype);
        findings.push(Diagnostic::error(ids::TYPE_MISMATCH, message).at(*span).label(found.span, "declared here"));
    }
}

fn is_number(dtype: DataType) -> bool {
    matches!(dtype, DataType::Int | DataType::Float | DataType::Decimal { .. })
}
