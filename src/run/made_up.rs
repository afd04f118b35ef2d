//! Tables of made-up rows for a schema, so that a step can be timed before there is data.
//!
//! In: a schema, a typed step, the as-of date. Out: [`Data`]: every value is there, every reference finds a row, every
//! customer has four rows of each table that refers to it. Texts are those that the step names, dates lie in the two years
//! before the as-of date, ints are 1 to 12. Must not know: the project's files. The same for the same step.

use crate::dtype::DataType;
use crate::error::Error;
use crate::rules::data::{ColumnData, Data, TableData, Values, series};
use crate::rules::schema::{ColumnSchema, Schema};
use crate::rules::tables::PRIOR;
use crate::rules::typed::Program;
use crate::rules::walk;
use polars::prelude::{Int128Chunked, IntoSeries, NewChunkedArray, Series};
use std::sync::Arc;

/// Customers that are made up.
pub const CUSTOMERS: usize = 8_192;

/// Rows of another table for each of them.
const ROWS_EACH: usize = 4;

/// Made-up tables for a step.
///
/// # Errors
/// [`Error::Defect`]: a column's type has no values here.
pub fn data(schema: &Schema, program: &Program, as_of: i32) -> Result<Data, Error> {
    let mut texts: Vec<&str> = walk::texts(program).into_iter().collect();
    texts.sort_unstable();
    texts.push("made up");
    let rows_of = |n: usize| {
        let one_each = n == schema.customer.0 as usize || schema.tables.get(n).is_some_and(|t| t.name == PRIOR);
        if one_each { CUSTOMERS } else { CUSTOMERS * ROWS_EACH }
    };
    let mut tables = Vec::with_capacity(schema.tables.len());
    for (n, table) in schema.tables.iter().enumerate() {
        let rows = rows_of(n);
        let columns = table.columns.iter().enumerate();
        let columns =
            columns.map(|(at, column)| ColumnData::from_series(&values(column, rows, at, &texts, as_of)?, column));
        let references = table.references.iter().map(|reference| {
            let targets = rows_of(reference.target.0 as usize);
            // Rows that belong to one row of the target are spread over the table.
            (0..rows).map(|row| (row % targets) as u32).collect::<Arc<[u32]>>()
        });
        let columns = columns.collect::<Result<_, Error>>()?;
        tables.push(TableData { rows, columns, references: references.collect(), many: Vec::new() });
    }
    let mut data = Data { tables };
    data.relate(schema);
    Ok(data)
}

/// A column's values; `at` keeps columns of one type from being equal.
fn values(column: &ColumnSchema, rows: usize, at: usize, texts: &[&str], as_of: i32) -> Result<Series, Error> {
    // Spread by a multiplication with a number that shares no divisor with the sizes.
    let number = |row: usize, below: usize| (row.wrapping_mul(7_919).wrapping_add(at * 31) / 3) % below;
    let days = |row: usize| as_of.saturating_sub(1 + number(row, 730) as i32);
    let all = 0..rows;
    let values = match column.dtype {
        DataType::Text => {
            Values::Text(all.map(|row| texts.get(number(row, texts.len())).map(|t| (*t).into())).collect())
        }
        DataType::Int => Values::Int(all.map(|row| Some(1 + number(row, 12) as i64)).collect()),
        DataType::Float => Values::Float(all.map(|row| Some(number(row, 1_000) as f64 / 8.0)).collect()),
        DataType::Bool => Values::Bool(all.map(|row| Some(number(row, 2) == 0)).collect()),
        DataType::Date => Values::Date(all.map(|row| Some(days(row))).collect()),
        DataType::DateTime => Values::DateTime(all.map(|row| Some(i64::from(days(row)) * 86_400_000_000)).collect()),
        DataType::Decimal { precision, scale } => {
            let ints = all.map(|row| Some(number(row, 1_000) as i128));
            let ints = Int128Chunked::from_iter_options(column.name.as_str().into(), ints);
            let decimals = ints.into_decimal(usize::from(precision), usize::from(scale));
            return decimals
                .map(IntoSeries::into_series)
                .map_err(|e| Error::Defect(format!("made-up `{}`: {e}", column.name)));
        }
    };
    Ok(series(&column.name, values))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::schema::{ManySchema, ReferenceSchema, TableSchema};
    use crate::rules::typed::{InstanceId, Output};
    use crate::rules::types::TableId;

    fn column(name: &str, dtype: DataType) -> ColumnSchema {
        ColumnSchema { name: name.into(), dtype, optional: true, minor_units: false, unit: None, added: false }
    }

    #[test]
    fn every_value_is_there_and_every_customer_has_four_rows_of_each_table() {
        let types = [
            DataType::Text,
            DataType::Int,
            DataType::Float,
            DataType::Bool,
            DataType::Date,
            DataType::DateTime,
            DataType::Decimal { precision: 12, scale: 2 },
        ];
        let columns: Vec<_> = types.iter().map(|dtype| column("列", *dtype)).collect();
        let reference = |target| ReferenceSchema { name: "to".into(), target: TableId(target), optional: true };
        let many = |table, path: &[(u16, usize)]| ManySchema {
            name: "many".into(),
            table: TableId(table),
            path: path.iter().map(|(t, r)| (TableId(*t), *r)).collect(),
        };
        let table = |name: &str, references, many| TableSchema {
            name: name.into(),
            columns: columns.clone(),
            references,
            many,
        };
        let schema = Schema {
            tables: vec![
                table("客户", vec![], vec![many(1, &[(1, 0)]), many(2, &[(2, 0), (1, 0)])]),
                table("orders", vec![reference(0)], vec![many(2, &[(2, 0)])]),
                table("lines", vec![reference(1)], vec![]),
            ],
            customer: TableId(0),
        };
        let output = Output { is_map: false, columns: vec![], order: vec![] };
        let program = Program {
            step: "s".into(),
            instances: vec![],
            entry: InstanceId(0),
            populations: vec![],
            output,
            tables: vec![],
        };
        let data = data(&schema, &program, 17_000).unwrap();
        for table in &data.tables {
            assert_eq!(table.columns.len(), types.len());
            assert!(table.columns.iter().all(|c| c.len() == table.rows && (0..c.len()).all(|r| c.get(r).is_some())));
        }
        let customers = &data.tables[0];
        assert_eq!(customers.rows, CUSTOMERS);
        for many in &customers.many {
            assert!((0..CUSTOMERS).all(|row| many.of(row).len() == ROWS_EACH));
        }
        assert!((0..10).all(|row| data.tables[1].many[0].of(row).len() == 1));
    }
}
