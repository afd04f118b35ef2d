//! What `plan:` says of tables and columns, held against them.
//!
//! In: the project, the schema with all steps. Out: findings, and where the amounts stand. Must not know: data. Start at [`plan`].

use crate::diag::{Diagnostic, ids};
use crate::dtype::DataType;
use crate::manifest::model::{BusinessPlan, Capacity, Project, Table};
use crate::rules::schema::{ColumnSchema, Schema};
use crate::run::added::ADDED;
use crate::source::Span;
use indexmap::IndexMap;

/// Where the amounts of a plan stand in the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which of the customers' related tables.
    pub many: usize,
    /// The table.
    pub table: usize,
    /// Its column of days.
    pub date: usize,
    /// Its column of amounts.
    pub amount: usize,
}

/// Where the amounts of the plan stand; `None` where they do not, which is a finding of [`plan`].
pub fn place(said: &BusinessPlan, schema: &Schema) -> Option<Place> {
    let customers = schema.table(schema.customer);
    let many = customers.many.iter().position(|many| many.name == said.actuals.rows)?;
    let table = customers.many.get(many)?.table;
    let column = |name: &str| schema.table(table).columns.iter().position(|column| column.name == name);
    let (date, amount) = (column(&said.actuals.date)?, column(&said.actuals.amount)?);
    Some(Place { many, table: usize::from(table.0), date, amount })
}

/// Holds the plan against tables and columns. `available` are the columns of the customer table and of the steps.
pub fn plan(project: &Project, schema: &Schema, available: &IndexMap<String, DataType>) -> Vec<Diagnostic> {
    let Some(said) = &project.plan else { return Vec::new() };
    let mut found = actuals(said, schema);
    // Columns of the decisions that the plan names, and whether they must be numbers.
    let mut wanted: Vec<(&str, Span, bool)> = Vec::new();
    wanted.extend(said.growth.iter().map(|name| (name.as_str(), said.span, true)));
    wanted.extend(said.by.iter().chain(&said.course.owner).map(|name| (name.as_str(), said.span, false)));
    if let Some(capacity) = &said.capacity {
        wanted.extend([(&*capacity.demand, capacity.span, true), (&*capacity.owner, capacity.span, false)]);
    }
    for (name, span, number) in wanted {
        let message = match available.get(name) {
            Some(dtype) if !number || is_number(*dtype) => continue,
            Some(dtype) => format!("`{name}` of the plan is {dtype}; it must be a number"),
            None if ADDED.contains(&name) && !number => continue,
            None => format!("the plan names `{name}`, which no table and no step has"),
        };
        let names = available.keys().map(String::as_str);
        found.push(Diagnostic::error(ids::UNKNOWN_COLUMN, message).at(span).did_you_mean(name, names));
    }
    if let Some(capacity) = &said.capacity {
        found.extend(capacities(capacity, project, available));
    }
    found
}

fn is_number(dtype: DataType) -> bool {
    matches!(dtype, DataType::Int | DataType::Float | DataType::Decimal { .. })
}

fn actuals(said: &BusinessPlan, schema: &Schema) -> Vec<Diagnostic> {
    let actuals = &said.actuals;
    let customers = schema.table(schema.customer);
    let Some(many) = customers.many.iter().find(|many| many.name == actuals.rows) else {
        let message = format!("no rows lead to customers under the name `{}`", actuals.rows);
        let names = customers.many.iter().map(|many| many.name.as_str());
        let found = Diagnostic::error(ids::UNKNOWN_TABLE, message).at(actuals.span).did_you_mean(&actuals.rows, names);
        return vec![found.help("name them as rules do: the `many:` name of a reference to customers")];
    };
    let table = schema.table(many.table);
    let mut found = Vec::new();
    let mut check = |name: &str, fits: &dyn Fn(&ColumnSchema) -> bool, kind: &str| {
        let message = match table.columns.iter().find(|column| column.name == name) {
            Some(column) if fits(column) => return,
            Some(column) => format!("`{name}` of the plan's rows is {}; it must be {kind}", column.dtype),
            None => format!("the table `{}` has no column `{name}`", table.name),
        };
        let names = table.columns.iter().map(|column| column.name.as_str());
        found.push(Diagnostic::error(ids::UNKNOWN_COLUMN, message).at(actuals.span).did_you_mean(name, names));
    };
    check(&actuals.date, &|c| matches!(c.dtype, DataType::Date | DataType::DateTime), "a date or a datetime");
    check(&actuals.amount, &|c| is_number(c.dtype) && !c.minor_units, "a number, and not in minor units");
    found
}

/// The table of capacities.
fn capacities(capacity: &Capacity, project: &Project, available: &IndexMap<String, DataType>) -> Vec<Diagnostic> {
    let Some(table) = project.tables.get(&capacity.table) else {
        let found = Diagnostic::error(ids::UNKNOWN_TABLE, format!("no table `{}`", capacity.table)).at(capacity.span);
        return vec![found.did_you_mean(&capacity.table, project.tables.keys().map(String::as_str))];
    };
    let mut found = Vec::new();
    found.extend(column(capacity, table, &capacity.key, available.get(&capacity.owner).copied()));
    let number = table.columns.get(&capacity.capacity).is_none_or(|column| !is_number(column.dtype));
    if number {
        let message = format!("`{}` must be a column of numbers in `{}`", capacity.capacity, table.name);
        let names = table.columns.keys().map(String::as_str);
        found.push(
            Diagnostic::error(ids::UNKNOWN_COLUMN, message).at(capacity.span).did_you_mean(&capacity.capacity, names),
        );
    }
    found
}

fn column(capacity: &Capacity, table: &Table, name: &str, owner: Option<DataType>) -> Option<Diagnostic> {
    let message = match table.columns.get(name) {
        Some(column) if owner.is_none_or(|owner| owner == column.dtype) => return None,
        Some(column) => format!("`{name}` is {}, and the owners of the decisions are of another type", column.dtype),
        None => format!("the table `{}` has no column `{name}`", table.name),
    };
    let names = table.columns.keys().map(String::as_str);
    Some(Diagnostic::error(ids::UNKNOWN_COLUMN, message).at(capacity.span).did_you_mean(name, names))
}
