//! Parameter tables as columns.
//!
//! In: a step's parameter tables. Out: rows by key, cells by row. Must not know: programs, chunks.

use super::bind::{buffer, place};
use super::kernels::text::Keys;
use super::text::{FIRST, Text};
use crate::calendar;
use crate::manifest::model::{ParameterTable, ParameterValue};
use polars_arrow::array::Utf8ViewArray;
use std::sync::Arc;

/// Number of the buffer in which long texts of parameter tables lie.
const BUFFER: u32 = FIRST + 1;

/// The parameter tables of a step.
#[derive(Debug)]
pub(super) struct Tables {
    tables: Vec<Table>,
    texts: Utf8ViewArray,
}

#[derive(Debug)]
struct Table {
    keys: Keys,
    columns: Vec<Cells>,
}

/// A column of a parameter table, by row; behind the last row a value for those that are not there.
#[derive(Debug)]
pub(super) enum Cells {
    Int(Vec<i64>),
    Float(Vec<f64>),
    Bool(Vec<u64>),
    Date(Vec<i32>),
    Text(Vec<Text>),
}

impl Tables {
    pub(super) fn new(tables: &[Arc<ParameterTable>]) -> Tables {
        let mut bytes = Vec::new();
        let tables = tables.iter().map(|table| Table::new(table, &mut bytes)).collect();
        Tables { tables, texts: buffer(bytes) }
    }

    pub(super) fn texts(&self) -> &Utf8ViewArray {
        &self.texts
    }

    pub(super) fn keys(&self, table: u32) -> Option<&Keys> {
        self.tables.get(table as usize).map(|t| &t.keys)
    }

    pub(super) fn cells(&self, table: u32, column: u32) -> Option<&Cells> {
        self.tables.get(table as usize)?.columns.get(column as usize)
    }
}

impl Table {
    fn new(table: &ParameterTable, bytes: &mut Vec<u8>) -> Table {
        let columns = (0..table.columns.len()).map(|n| Cells::new(table, n, bytes)).collect();
        Table { keys: Keys::new(table.rows.keys().map(String::as_str)), columns }
    }
}

impl Cells {
    /// A column: all its values are of one type, which the first row has.
    fn new(table: &ParameterTable, column: usize, bytes: &mut Vec<u8>) -> Cells {
        let first = table.rows.values().next().and_then(|row| row.get(column));
        let values = || table.rows.values().map(move |row| row.get(column)).chain([None]);
        match first {
            Some(ParameterValue::Float(_)) => {
                Cells::Float(values().map(|v| if let Some(ParameterValue::Float(x)) = v { *x } else { 0.0 }).collect())
            }
            Some(ParameterValue::Bool(_)) => {
                let mut words = vec![0; table.rows.len().div_ceil(64)];
                for (row, value) in values().enumerate() {
                    words[row / 64] |= u64::from(value == Some(&ParameterValue::Bool(true))) << (row % 64);
                }
                Cells::Bool(words)
            }
            Some(ParameterValue::Text(_)) => {
                let text = |value: &str| place(value, BUFFER, bytes);
                let texts = values().map(|v| if let Some(ParameterValue::Text(t)) = v { t.as_str() } else { "" });
                Cells::Text(texts.map(text).collect())
            }
            Some(ParameterValue::Date(_)) => {
                let day = |v: Option<&ParameterValue>| match v {
                    Some(ParameterValue::Date(date)) => calendar::day_number(*date),
                    _ => 0,
                };
                Cells::Date(values().map(day).collect())
            }
            Some(ParameterValue::Int(_) | ParameterValue::List(_)) | None => {
                Cells::Int(values().map(|v| if let Some(ParameterValue::Int(n)) = v { *n } else { 0 }).collect())
            }
        }
    }
}
