//! The tables of a data dictionary.
//!
//! In: manifests, which rules read what. Out: [`TableEntry`]s. Must not know: data, how they are shown.

use super::Ground;
use super::contents::{ReadBy, ReferenceEntry, TableColumn, TableEntry};
use crate::calendar;
use crate::dtype::DataType;
use crate::manifest::model::{Column, Currency, Format, Relation, Scalar, Severity, Source, Table};

/// The tables, in the order of their files' names.
pub(super) fn entries(ground: &Ground<'_>) -> Vec<TableEntry> {
    ground.project.tables.values().map(|table| entry(ground, table)).collect()
}

fn entry(ground: &Ground<'_>, table: &Table) -> TableEntry {
    let reference = |reference: &crate::manifest::model::Reference| ReferenceEntry {
        name: reference.name.clone(),
        columns: reference.columns.clone(),
        table: reference.table.clone(),
        many: reference.many.clone(),
    };
    let contract = &table.contract;
    let mut checks: Vec<String> = contract
        .checks
        .iter()
        .map(|c| rule(&format!("{}: {}", c.name, c.rule.text), c.severity, Severity::Quarantine))
        .collect();
    for unique in &contract.unique {
        checks.push(rule(&format!("unique: {}", unique.is.join(", ")), unique.severity, Severity::Fail));
    }
    checks.extend(contract.rows.iter().map(|rows| rule(&format!("rows: {}", rows.is), rows.severity, Severity::Fail)));
    checks.extend(contract.freshness.iter().map(|fresh| {
        let text = format!("freshness: {} within {}d", fresh.column, fresh.within);
        rule(&text, fresh.severity, Severity::Fail)
    }));
    TableEntry {
        name: table.name.clone(),
        place: format!("datasets/{}.yaml", table.name),
        description: table.description.clone(),
        source: source(&table.source),
        key: table.key.clone(),
        references: table.references.iter().map(reference).collect(),
        filter: contract.filter.as_ref().map(|filter| filter.text.clone()),
        checks,
        columns: table.columns.values().map(|one| column(ground, table, one)).collect(),
    }
}

/// A rule with what happens where it does not hold, if that is not what happens anyway.
fn rule(text: &str, severity: Severity, unless_said: Severity) -> String {
    let word = match severity {
        Severity::Warn => "warn",
        Severity::Quarantine => "quarantine",
        Severity::Fail => "fail",
    };
    if severity == unless_said { text.to_owned() } else { format!("{text} ({word})") }
}

fn source(source: &Source) -> String {
    let of = |what: &Relation| match what {
        Relation::Table(name) => format!("table {name}"),
        Relation::Query(query) => query.split_whitespace().collect::<Vec<_>>().join(" "),
    };
    let paths = source.paths.join(", ");
    match &source.format {
        Format::Sqlite(rows) => format!("{paths}: {}", of(&rows.what)),
        Format::Postgres(postgres) => format!("{}: {}", postgres.connection, of(&postgres.rows.what)),
        _ => paths,
    }
}

fn column(ground: &Ground<'_>, table: &Table, column: &Column) -> TableColumn {
    let contract = &column.contract;
    let computed = match (&contract.compute, &contract.convert) {
        (Some(compute), _) => Some(compute.text.split_whitespace().collect::<Vec<_>>().join(" ")),
        (None, Some(convert)) => Some(format!("{} → {} ({})", convert.amount, convert.to, convert.on)),
        (None, None) => None,
    };
    TableColumn {
        name: column.name.clone(),
        source_name: (column.from != column.name && contract.is_of_source()).then(|| column.from.clone()),
        dtype: column.dtype.to_string(),
        unit: column.unit.clone(),
        description: column.description.clone(),
        computed,
        checks: checks(column),
        sensitive: contract.sensitive,
        read_by: read_by(ground, table, column),
    }
}

fn read_by(ground: &Ground<'_>, table: &Table, column: &Column) -> Vec<ReadBy> {
    let schema = &ground.plan.schema;
    let found = schema.find(&table.name).and_then(|id| Some((id, schema.table(id).column(&column.name)?)));
    found.map(|(table, column)| ground.read_by(table, column)).unwrap_or_default()
}

/// What the values of a column must keep, as the manifest says it.
fn checks(column: &Column) -> Vec<String> {
    let contract = &column.contract;
    let mut checks = Vec::new();
    if column.required {
        checks.push("required".to_owned());
    }
    if let Some(unique) = &contract.unique {
        checks.push(rule("unique", unique.severity, Severity::Fail));
    }
    if let Some(allowed) = &contract.allowed {
        let values: Vec<String> = allowed.is.iter().map(|value| scalar(value, column)).collect();
        checks.push(rule(&format!("allowed: {}", values.join(", ")), allowed.severity, Severity::Quarantine));
    }
    if let Some(range) = &contract.range {
        checks.push(rule(&format!("range: {}", range.is.text), range.severity, Severity::Quarantine));
    }
    if let Some(pattern) = &contract.pattern {
        checks.push(rule(&format!("pattern: {}", pattern.is.text), pattern.severity, Severity::Quarantine));
    }
    if let Some(length) = &contract.length {
        checks.push(rule(&format!("length: {}", length.is), length.severity, Severity::Quarantine));
    }
    if let Some(Currency::Column(by)) = &contract.currency {
        checks.push(format!("currency: {by}"));
    }
    checks
}

fn scalar(value: &Scalar, column: &Column) -> String {
    match value {
        Scalar::Text(text) => text.clone(),
        Scalar::Int(value) => value.to_string(),
        Scalar::Float(value) => value.to_string(),
        Scalar::Bool(value) => value.to_string(),
        Scalar::Day(day) => calendar::civil(*day).map_or_else(|| day.to_string(), |date| date.to_string()),
        Scalar::Units(units) => match column.dtype {
            DataType::Decimal { scale, .. } if scale > 0 => {
                let digits = format!("{:0>width$}", units.unsigned_abs(), width = usize::from(scale) + 1);
                let (whole, rest) = digits.split_at(digits.len() - usize::from(scale));
                format!("{}{whole}.{rest}", if *units < 0 { "-" } else { "" })
            }
            _ => units.to_string(),
        },
    }
}
