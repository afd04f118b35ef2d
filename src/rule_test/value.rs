//! One value of a case: as its file writes it, as a column holds it, as people read it.
//!
//! In: scalars of YAML, cells of columns. Out: [`Value`]. Must not know: cases, rules. A value is read as the cell of a
//! table would be, and written so that reading gives it back.

use crate::dtype::DataType;
use crate::error::Error;
use crate::manifest::model::Column;
use crate::manifest::yaml::{Kind, Node};
use crate::rules::data::{self, ColumnData, Values};
use crate::rules::format;
use crate::rules::schema::ColumnSchema;
use crate::source::Span;
use crate::table::value::{Cell, CellParser, Memo, datetime_text, decimal_text};
use jiff::tz::TimeZone;
use polars::prelude::{AnyValue, Int128Chunked, IntoSeries, NewChunkedArray, Series};

/// A value of a column.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "as in the column types")]
pub enum Value {
    Missing,
    Text(Box<str>),
    Int(i64),
    Float(f64),
    Bool(bool),
    Date(i32),
    DateTime(i64),
    /// Smallest units, and the digits behind the point.
    Decimal(i128, u8),
}

impl Value {
    /// The value that a scalar writes, for a column of this type.
    ///
    /// # Errors
    /// Why it is none, as a clause: `not an int`.
    pub fn read(node: &Node, dtype: DataType, zone: &TimeZone) -> Result<Value, String> {
        if matches!(node.kind, Kind::Null) {
            return Ok(Value::Missing);
        }
        let Some(text) = node.scalar_text() else { return Err("no single value".to_owned()) };
        if dtype == DataType::Text {
            return Ok(Value::Text(text.into()));
        }
        Value::parse(text, dtype, zone)
    }

    /// The value of a text, for a column of this type.
    ///
    /// # Errors
    /// As [`Value::read`].
    pub fn parse(text: &str, dtype: DataType, zone: &TimeZone) -> Result<Value, String> {
        let column = Column::new("", dtype, Span::default());
        let (cell, _) = CellParser::new(&column, zone).parse(text, &mut Memo::default())?;
        Ok(match cell {
            Cell::Missing => Value::Missing,
            Cell::Source | Cell::Corrected(_) => Value::Text(text.into()),
            Cell::Int(n) => Value::Int(n),
            Cell::Float(x) => Value::Float(x),
            Cell::Bool(b) => Value::Bool(b),
            Cell::Date(day) => Value::Date(day),
            Cell::DateTime(micros) => Value::DateTime(micros),
            Cell::Decimal(units) => match dtype {
                DataType::Decimal { scale, .. } => Value::Decimal(units, scale),
                _ => Value::Missing,
            },
        })
    }

    /// The value of a row of a series with a column's type.
    ///
    /// # Errors
    /// [`Error::Defect`]: there is no such row, or it has another type.
    pub fn of(series: &Series, row: usize) -> Result<Value, Error> {
        let defect = |what: String| Error::Defect(format!("column {}, row {row}: {what}", series.name()));
        Ok(match series.get(row).map_err(|e| defect(e.to_string()))? {
            AnyValue::Null => Value::Missing,
            AnyValue::String(text) => Value::Text(text.into()),
            AnyValue::StringOwned(text) => Value::Text(text.as_str().into()),
            AnyValue::Int64(n) => Value::Int(n),
            AnyValue::Float64(x) => Value::Float(x),
            AnyValue::Boolean(b) => Value::Bool(b),
            AnyValue::Date(day) => Value::Date(day),
            AnyValue::Datetime(micros, ..) => Value::DateTime(micros),
            AnyValue::Decimal(units, _, scale) => Value::Decimal(units, u8::try_from(scale).unwrap_or(u8::MAX)),
            other => return Err(defect(format!("no value of a column: {other}"))),
        })
    }

    /// The value of a cell as a column holds it; a decimal has `scale` digits behind the point.
    pub fn cell(data: &ColumnData, scale: u8, row: usize) -> Value {
        use crate::rules::data::Cell;
        match data {
            ColumnData::Decimal { .. } | ColumnData::MinorUnits(_) => {
                data.decimal(row).map_or(Value::Missing, |units| Value::Decimal(units, scale))
            }
            _ => match data.get(row) {
                None | Some(Cell::TooLarge) => Value::Missing,
                Some(Cell::Text(text)) => Value::Text(text.into()),
                Some(Cell::Int(n)) => Value::Int(n),
                Some(Cell::Float(x)) => Value::Float(x),
                Some(Cell::Bool(b)) => Value::Bool(b),
                Some(Cell::Date(day)) => Value::Date(day),
                Some(Cell::DateTime(micros)) => Value::DateTime(micros),
            },
        }
    }

    /// Whether it is the same, floats by their bits.
    pub fn same(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
            _ => self == other,
        }
    }

    /// Whether it is missing.
    pub fn is_missing(&self) -> bool {
        matches!(self, Value::Missing)
    }

    /// Its number, if it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Value::Int(n) => Some(*n as f64),
            Value::Float(x) => Some(*x),
            Value::Decimal(units, scale) => Some(data::nearest_double(*units, *scale)),
            _ => None,
        }
    }

    /// Its text, for people; a missing value is `~`, as in YAML.
    pub fn text(&self, zone: &TimeZone) -> String {
        match self {
            Value::Missing => "~".to_owned(),
            Value::Text(text) => text.to_string(),
            Value::Int(n) => n.to_string(),
            Value::Float(x) => format::float(*x),
            Value::Bool(b) => b.to_string(),
            Value::Date(day) => format::date(*day),
            Value::DateTime(micros) => datetime_text(*micros, zone),
            Value::Decimal(units, scale) => decimal_text(*units, *scale),
        }
    }

    /// Its text as YAML writes it, within brackets too.
    pub fn yaml(&self, zone: &TimeZone) -> String {
        match self {
            Value::Text(text) => quoted(text),
            // Days and instants are texts to YAML that need no quotes.
            other => other.text(zone),
        }
    }
}

/// A text as a scalar of YAML, in quotes where it would be read as something else.
pub fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.' | '/' | '%' | '+' | '(' | ')' | ';');
    let is_word = text.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && text.chars().all(plain)
        && text.trim() == text;
    let taken = ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf"];
    if is_word && !taken.contains(&text.to_lowercase().as_str()) {
        return text.to_owned();
    }
    // A text of JSON is one of YAML.
    serde_json::Value::from(text).to_string()
}

/// A column of values, one a row.
///
/// # Errors
/// [`Error::Defect`]: a value is of another type than the column.
pub fn series(column: &ColumnSchema, values: &[Value]) -> Result<Series, Error> {
    let wrong = || Error::Defect(format!("a value of `{}` is no {}", column.name, column.dtype));
    macro_rules! gathered {
        ($kind:ident, $convert:expr) => {{
            let one = |value: &Value| match value {
                Value::Missing => Ok(None),
                Value::$kind(inner) => Ok(Some($convert(inner))),
                _ => Err(wrong()),
            };
            data::series(&column.name, Values::$kind(values.iter().map(one).collect::<Result<_, Error>>()?))
        }};
    }
    Ok(match column.dtype {
        DataType::Text => gathered!(Text, Clone::clone),
        DataType::Int => gathered!(Int, |n: &i64| *n),
        DataType::Float => gathered!(Float, |x: &f64| *x),
        DataType::Bool => gathered!(Bool, |b: &bool| *b),
        DataType::Date => gathered!(Date, |day: &i32| *day),
        DataType::DateTime => gathered!(DateTime, |micros: &i64| *micros),
        DataType::Decimal { precision, scale } => {
            let one = |value: &Value| match value {
                Value::Missing => Ok(None),
                Value::Decimal(units, own) if *own == scale => Ok(Some(*units)),
                _ => Err(wrong()),
            };
            let ints: Vec<Option<i128>> = values.iter().map(one).collect::<Result<_, Error>>()?;
            let ints = Int128Chunked::from_iter_options(column.name.as_str().into(), ints.into_iter());
            let decimals = ints.into_decimal(usize::from(precision), usize::from(scale));
            decimals.map(IntoSeries::into_series).map_err(|e| Error::Defect(format!("`{}`: {e}", column.name)))?
        }
    })
}

/// A column of values as rules read it.
///
/// # Errors
/// As [`series`].
pub fn column(schema: &ColumnSchema, values: &[Value]) -> Result<ColumnData, Error> {
    ColumnData::from_series(&series(schema, values)?, schema)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::yaml;
    use crate::source::FileId;

    fn node(text: &str) -> Node {
        yaml::parse(FileId(0), text).unwrap()
    }

    #[test]
    fn what_is_written_is_read_back() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let decimal = DataType::Decimal { precision: 12, scale: 2 };
        for (value, dtype, text) in [
            (Value::Missing, DataType::Int, "~"),
            (Value::Text("战略/客户 A".into()), DataType::Text, "战略/客户 A"),
            (Value::Text("007".into()), DataType::Text, "\"007\""),
            (Value::Text("no".into()), DataType::Text, "\"no\""),
            (Value::Text("a: b, #c".into()), DataType::Text, "\"a: b, #c\""),
            (Value::Text(" a\"\n".into()), DataType::Text, "\" a\\\"\\n\""),
            (Value::Text("".into()), DataType::Text, "\"\""),
            (Value::Int(-3), DataType::Int, "-3"),
            (Value::Float(75.0), DataType::Float, "75.0"),
            (Value::Float(0.1 + 0.2), DataType::Float, "0.30000000000000004"),
            (Value::Float(1e21), DataType::Float, "1e21"),
            (Value::Bool(true), DataType::Bool, "true"),
            (Value::Date(17_257), DataType::Date, "2017-04-01"),
            (Value::Decimal(-5, 2), decimal, "-0.05"),
            (Value::Decimal(12_345, 2), decimal, "123.45"),
        ] {
            assert_eq!(value.yaml(&zone), text);
            let back = Value::read(&node(&format!("[{text}]")).first(), dtype, &zone);
            assert_eq!(back.as_ref(), Ok(&value), "{text}");
        }
        let instant = Value::DateTime(1_485_907_200_000_000);
        assert_eq!(Value::read(&node(&instant.yaml(&zone)), DataType::DateTime, &zone), Ok(instant));
    }

    impl Node {
        fn first(&self) -> Node {
            match &self.kind {
                Kind::List(items) => items[0].clone(),
                _ => panic!(),
            }
        }
    }

    #[test]
    fn what_is_no_value_says_why() {
        let read = |text: &str, dtype| Value::read(&node(text), dtype, &TimeZone::UTC).unwrap_err();
        assert_eq!(read("a", DataType::Int), "not an int");
        assert_eq!(read("[1]", DataType::Int), "no single value");
        assert!(!read("2017-02-29", DataType::Date).is_empty());
        assert!(!read("1.234", DataType::Decimal { precision: 5, scale: 2 }).is_empty());
    }

    #[test]
    fn floats_are_the_same_by_their_bits() {
        assert!(!Value::Float(0.0).same(&Value::Float(-0.0)));
        assert!(Value::Float(f64::NAN).same(&Value::Float(f64::NAN)));
        assert!(Value::Missing.same(&Value::Missing));
    }
}
