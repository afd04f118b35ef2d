//! One value of SQLite, read as its column declares.
//!
//! In: a value, a declared column. Out: a field of a row, and the bytes that stand for the value in the hash of all
//! rows. Must not know: statements, rows. Start at [`field`].
//!
//! | declared | what SQLite may hold |
//! |---|---|
//! | any | a text, read as in CSV |
//! | text | an integer, as its digits |
//! | int | an integer |
//! | float | a real; an integer that a double holds exactly |
//! | decimal(p,s) | an integer; a real, of the digits that people mean by it |
//! | bool | the integers 0 and 1 |
//! | date, datetime | texts; numbers by the column's formats |

use super::super::field::FieldRow;
use super::super::number::{a, double_as_decimal, integer, is_day};
use super::super::value::Cell;
use crate::dtype::DataType;
use crate::manifest::model::Column;
use rusqlite::types::ValueRef;

/// Appends a value to a row.
pub fn field(value: ValueRef, column: &Column, fields: &mut FieldRow) {
    match (value, column.dtype) {
        (ValueRef::Null, _) => fields.missing(),
        (ValueRef::Text(bytes), _) => fields.utf8(bytes),
        (ValueRef::Integer(value), DataType::Text) => fields.text(&value.to_string()),
        (ValueRef::Integer(value), DataType::Bool) => {
            let read = match value {
                0 => Ok(Cell::Bool(false)),
                1 => Ok(Cell::Bool(true)),
                // It may be corrected: texts of it are looked at.
                _ if !column.values.is_empty() || !column.missing.is_empty() => return fields.text(&value.to_string()),
                _ => Err("not true or false (1 or 0)".to_owned()),
            };
            fields.result(read, &value.to_string(), column);
        }
        (ValueRef::Integer(value), _) if is_day(column) && !column.formats.is_empty() => {
            fields.number(&value.to_string());
        }
        (ValueRef::Integer(value), dtype) => fields.result(integer(value, dtype), &value.to_string(), column),
        (ValueRef::Real(value), DataType::Float) => fields.typed(Cell::Float(value), column),
        // NaN and infinities are missing and counted.
        (ValueRef::Real(value), DataType::Decimal { .. }) if !value.is_finite() => {
            fields.typed(Cell::Float(value), column);
        }
        (ValueRef::Real(value), DataType::Decimal { precision, scale }) => {
            let read = double_as_decimal(value, precision, scale).map(Cell::Decimal);
            fields.result(read, &value.to_string(), column);
        }
        (ValueRef::Real(value), _) if is_day(column) && !column.formats.is_empty() => fields.number(&value.to_string()),
        (ValueRef::Real(value), dtype) => fields.wrong(&format!("{value:?}"), &format!("a float, not {}", a(dtype))),
        (ValueRef::Blob(bytes), dtype) => {
            let shown: String = bytes.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
            fields.wrong(&format!("x'{shown}'"), &format!("bytes (a blob), not {}", a(dtype)));
        }
    }
}

/// Appends what stands for a value in the hash of all rows: its kind, and its bytes with their number.
pub fn hashed(value: ValueRef, raw: &mut Vec<u8>) {
    let mut counted = |kind: u8, bytes: &[u8]| {
        raw.push(kind);
        raw.extend((bytes.len() as u64).to_le_bytes());
        raw.extend(bytes);
    };
    match value {
        ValueRef::Null => raw.push(0),
        ValueRef::Integer(value) => counted(1, &value.to_le_bytes()),
        ValueRef::Real(value) => counted(2, &value.to_le_bytes()),
        ValueRef::Text(bytes) => counted(3, bytes),
        ValueRef::Blob(bytes) => counted(4, bytes),
    }
}
