//! One cell of a sheet, read as its column declares.
//!
//! In: a cell. Out: a field of a row. Must not know: sheets, rows. Start at [`Value::field`].
//!
//! | declared | what the cell may hold |
//! |---|---|
//! | any | a text, read as in CSV |
//! | text | a number as people see it: `17850` of 17850.0; a date as `2017-03-31`; `TRUE`, `FALSE` |
//! | int | a whole number below 2^53 |
//! | float | a number |
//! | decimal(p,s) | a number, of the digits that people mean by it |
//! | bool | `TRUE`, `FALSE` |
//! | date, datetime | a number whose cell has the format of a date, in the workbook's date system; another by the column's formats; a time without a day is wrong |

use super::super::field::FieldRow;
use super::super::number::{EXACT, NOT_EXACT, a, double_as_decimal, is_day, whole};
use super::super::value::{Cell, day_cell, local_cell};
use crate::dtype::DataType;
use crate::manifest::model::Column;
use calamine::{DataRef, ExcelDateTime};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// What a cell holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing.
    Empty,
    /// A text.
    Text(String),
    /// A number.
    Number(f64),
    /// True or false.
    Bool(bool),
    /// A day, and a time of it.
    Moment(DateTime),
    /// A time without a day, or a duration, as messages show it.
    Time(String),
    /// An error: `#N/A`.
    Error(String),
    /// A formula without a value: the program that wrote the workbook has not computed it.
    Unsaved(String),
}

impl From<DataRef<'_>> for Value {
    fn from(cell: DataRef<'_>) -> Value {
        match cell {
            DataRef::Empty => Value::Empty,
            DataRef::Int(value) => Value::Number(value as f64),
            DataRef::Float(value) => Value::Number(value),
            DataRef::String(text) => Value::Text(text),
            DataRef::SharedString(text) => Value::Text(text.to_owned()),
            DataRef::Bool(value) => Value::Bool(value),
            DataRef::DateTime(serial) => moment(serial),
            DataRef::DateTimeIso(text) => iso(&text).map_or(Value::Time(text), Value::Moment),
            DataRef::DurationIso(text) => Value::Time(text),
            DataRef::Error(error) => Value::Error(error.to_string()),
        }
    }
}

fn iso(text: &str) -> Option<DateTime> {
    let day = text.parse::<Date>().ok().filter(|_| !text.contains('T'));
    day.map(Date::into).or_else(|| text.parse::<DateTime>().ok())
}

/// A serial number with a date's format. Excel's first sixty days hold a 29th of February 1900 that never was; days below
/// one are times alone.
fn moment(serial: ExcelDateTime) -> Value {
    let number = serial.as_f64();
    let time = || Value::Time(number.to_string());
    if serial.is_duration() || !(0.0..2_958_466.0).contains(&number) {
        return time();
    }
    let (year, month, day, hour, minute, second, milli) = serial.to_ymd_hms_milli();
    if number < 1.0 && year < 1904 {
        return time();
    }
    let small = |part: u8| i8::try_from(part).unwrap_or(i8::MAX);
    let year = i16::try_from(year).unwrap_or(i16::MAX);
    let nanos = i32::from(milli) * 1_000_000;
    DateTime::new(year, small(month), small(day), small(hour), small(minute), small(second), nanos)
        .map_or_else(|_| time(), Value::Moment)
}

impl Value {
    /// It as people see it.
    pub fn shown(&self) -> String {
        match self {
            Value::Empty => String::new(),
            Value::Text(text) | Value::Time(text) | Value::Error(text) | Value::Unsaved(text) => text.clone(),
            Value::Number(value) => value.to_string(),
            Value::Bool(true) => "TRUE".to_owned(),
            Value::Bool(false) => "FALSE".to_owned(),
            Value::Moment(at) if at.time() == jiff::civil::Time::midnight() => at.date().to_string(),
            Value::Moment(at) => at.to_string(),
        }
    }

    /// Appends it to a row as a value of a column.
    pub fn field(&self, column: &Column, zone: &TimeZone, fields: &mut FieldRow) {
        match self {
            Value::Empty => fields.missing(),
            Value::Text(text) => fields.text(text),
            Value::Error(name) => fields.wrong(name, "an error of the sheet"),
            Value::Unsaved(formula) => fields.wrong(
                formula,
                "a formula without a saved value: open the workbook in Excel or LibreOffice and save it there",
            ),
            Value::Time(_) => fields.wrong(
                &self.shown(),
                &format!("a time, or a number that is no day of the workbook's calendar, not {}", a(column.dtype)),
            ),
            Value::Number(value) if column.dtype == DataType::Text && value.abs() < EXACT => {
                fields.text(&value.to_string());
            }
            Value::Number(value) if is_day(column) && !column.formats.is_empty() => fields.number(&value.to_string()),
            Value::Bool(_) | Value::Moment(_) if column.dtype == DataType::Text => fields.text(&self.shown()),
            _ => fields.result(self.typed(column.dtype, zone), &self.shown(), column),
        }
    }

    fn typed(&self, dtype: DataType, zone: &TimeZone) -> Result<Cell, String> {
        match (self, dtype) {
            // No number of a sheet is infinite; one that is written so large is read as if it were.
            (Value::Number(value), DataType::Float) if value.is_infinite() => Err("a float out of range".into()),
            (Value::Number(value), DataType::Float) => Ok(Cell::Float(*value)),
            (Value::Number(value), DataType::Decimal { precision, scale }) => {
                double_as_decimal(*value, precision, scale).map(Cell::Decimal)
            }
            (Value::Number(value), DataType::Int) => whole(*value).map(Cell::Int),
            (Value::Number(_), DataType::Text) => Err(NOT_EXACT.to_owned()),
            (Value::Number(_), DataType::Date | DataType::DateTime) => {
                Err(format!("a number whose cell has no date's format, not {}", a(dtype)))
            }
            (Value::Bool(value), DataType::Bool) => Ok(Cell::Bool(*value)),
            (Value::Moment(at), DataType::Date) if at.time() != jiff::civil::Time::midnight() => {
                Err("a date with a time of day".into())
            }
            (Value::Moment(at), DataType::Date) => day_cell(crate::calendar::day_number(at.date())),
            (Value::Moment(at), DataType::DateTime) => {
                let at = TimeZone::UTC.to_timestamp(*at).map_err(|_| crate::calendar::AFTER_LAST_INSTANT)?;
                local_cell(at.as_microsecond(), zone)
            }
            (Value::Number(_), _) => Err(format!("a number, not {}", a(dtype))),
            (Value::Moment(_), _) => Err(format!("a date, not {}", a(dtype))),
            _ => Err(format!("not {}", a(dtype))),
        }
    }
}
