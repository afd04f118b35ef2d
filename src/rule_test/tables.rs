//! The rows of a case as tables that rules read.
//!
//! In: a [`Bound`] case; for a customer of the project's data, that data. Out: [`World`]. Must not know: evaluators, what is
//! expected.

use super::bind::{Bound, Row, step_of};
use super::real::Real;
use super::value::{self, Value};
use crate::dtype::DataType;
use crate::error::Error;
use crate::rules::data::{ColumnData, Data, NO_ROW, TableData};
use crate::rules::schema::TableSchema;
use crate::rules::tables::PRIOR;
use crate::run::Plan;
use crate::run::keys::Keys;
use std::sync::Arc;

/// What the steps of a case run on.
#[derive(Clone, Debug)]
pub struct World {
    /// The tables, with the columns of the steps that are not evaluated.
    pub data: Data,
    /// Rows of customers in key order.
    pub keys: Vec<u32>,
    /// Rows that are evaluated, ascending.
    pub active: Vec<u32>,
    /// The row that is tested.
    pub row: u32,
    /// Columns of steps that the case gives to a customer of the project's data: position and value.
    pub given: Vec<(usize, Value)>,
}

/// The tables of a case that gives its own.
///
/// # Errors
/// [`Error::Defect`].
pub fn own(bound: &Bound, plan: &Plan) -> Result<World, Error> {
    let schema = &plan.schema;
    let mut tables = Vec::with_capacity(schema.tables.len());
    for (number, (table, rows)) in schema.tables.iter().zip(&bound.tables).enumerate() {
        let is_customer = number == usize::from(schema.customer.0);
        // Columns of evaluated steps are added as these give them.
        let known = |column: &usize| !is_customer || step_of(plan, *column).is_none_or(|step| step < bound.from);
        let columns = (0..table.columns.len()).take_while(known);
        tables.push(table_data(table, rows, columns.count())?);
    }
    let mut data = Data { tables };
    data.relate(schema);
    let customers = &bound.tables[usize::from(schema.customer.0)];
    let keys = key_order(customers, plan)?;
    let mut active = bound.customers.clone();
    active.sort_unstable();
    Ok(World { data, keys, active, row: 0, given: Vec::new() })
}

fn table_data(table: &TableSchema, rows: &[Row], columns: usize) -> Result<TableData, Error> {
    let column = |at: usize| {
        let values: Vec<Value> = rows.iter().map(|row| row.values[at].clone()).collect();
        value::column(&table.columns[at], &values)
    };
    let reference = |at: usize| rows.iter().map(|row| row.references[at].unwrap_or(NO_ROW)).collect::<Arc<[u32]>>();
    Ok(TableData {
        rows: rows.len(),
        columns: (0..columns).map(column).collect::<Result<_, Error>>()?,
        references: (0..table.references.len()).map(reference).collect(),
        many: Vec::new(),
    })
}

/// Rows of customers in the order of their keys; in that of the file where one has none.
fn key_order(customers: &[Row], plan: &Plan) -> Result<Vec<u32>, Error> {
    let table = plan.project.tables.get(&plan.project.customer);
    let column = table.and_then(|table| table.columns.get_index_of(table.key.first()?));
    let schema = &plan.schema.table(plan.schema.customer).columns;
    let values = |column: usize| customers.iter().map(|row| row.values[column].clone()).collect::<Vec<Value>>();
    match column.map(|column| (column, values(column))) {
        Some((column, values)) if !values.iter().any(Value::is_missing) => {
            Ok(Keys::new(&value::series(&schema[column], &values)?)?.order())
        }
        _ => Ok((0..customers.len() as u32).collect()),
    }
}

/// The project's tables with what a case changes of its customer; `None` where there is no such customer. Where no step asks
/// for standings, that customer is evaluated alone.
///
/// # Errors
/// [`Error::Defect`].
pub fn real(bound: &Bound, plan: &Plan, real: &Real, standings: bool) -> Result<Option<World>, Error> {
    let schema = &plan.schema;
    let customer = usize::from(schema.customer.0);
    let table = schema.table(schema.customer);
    let Some(row) = bound.key.as_ref().and_then(|key| find(key, real, plan)) else { return Ok(None) };
    let mut data = real.data.clone();
    let changes = bound.tables.get(customer).and_then(|rows| rows.first());
    let mut given = Vec::new();
    for column in bound.said.iter().copied().filter(|column| !is_key(plan, *column)) {
        let value = changes.map_or(Value::Missing, |row| row.values[column].clone());
        match data.tables[customer].columns.get(column) {
            Some(whole) => data.tables[customer].columns[column] = changed(whole, plan, column, row, &value)?,
            None => given.push((column, value)),
        }
    }
    let prior = schema.tables.len() - 1;
    let decided = bound.tables.get(prior).filter(|rows| !rows.is_empty() && schema.tables[prior].name == PRIOR);
    if let (Some(rows), Some(reference)) = (decided, table.reference(PRIOR)) {
        data.tables[prior] = table_data(&schema.tables[prior], rows, schema.tables[prior].columns.len())?;
        let customers = &mut data.tables[customer];
        let rows = (0..customers.rows as u32).map(|own| if own == row { 0 } else { NO_ROW });
        customers.references[reference] = rows.collect();
    }
    let active = if standings { (0..data.tables[customer].rows as u32).collect() } else { vec![row] };
    Ok(Some(World { data, keys: real.keys.order(), active, row, given }))
}

fn is_key(plan: &Plan, column: usize) -> bool {
    let table = plan.project.tables.get(&plan.project.customer);
    table.and_then(|table| Some((table.columns.get_index(column)?.0, table))).is_some_and(|(n, t)| t.key.contains(n))
}

/// The row of a customer of the project's data.
fn find(key: &Value, real: &Real, plan: &Plan) -> Option<u32> {
    let table = plan.schema.table(plan.schema.customer);
    let manifest = plan.project.tables.get(&plan.project.customer)?;
    let column = manifest.columns.get_index_of(manifest.key.first()?)?;
    let one = value::series(&table.columns[column], std::slice::from_ref(key)).ok()?;
    Keys::new(&one).ok()?.find_in(&real.keys).first().copied().flatten()
}

/// A column with one cell changed.
fn changed(data: &ColumnData, plan: &Plan, column: usize, row: u32, value: &Value) -> Result<ColumnData, Error> {
    let schema = &plan.schema.table(plan.schema.customer).columns[column];
    let scale = match schema.dtype {
        DataType::Decimal { scale, .. } => scale,
        _ => 0,
    };
    let cell = |at: usize| if at == row as usize { value.clone() } else { Value::cell(data, scale, at) };
    value::column(schema, &(0..data.len()).map(cell).collect::<Vec<_>>())
}
