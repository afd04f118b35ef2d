//! One value of PostgreSQL's binary form, read as its column declares.
//!
//! In: bytes, a type, a declared column. Out: a field of a row. Must not know: statements, rows. Start at [`How::of`], the
//! table of what may stand for what.
//!
//! | declared | what the database may have |
//! |---|---|
//! | any | text, varchar, char(n), name, citext, enums, read as in CSV |
//! | text | anything else, as the database writes it |
//! | int | smallint, integer, bigint, oid; numeric, of whole numbers |
//! | float | real, double precision; integers that a double holds exactly; numeric, as the nearest double |
//! | decimal(p,s) | numeric, integers; exact, else the value is wrong |
//! | bool | boolean |
//! | date | date; not infinity |
//! | datetime | timestamptz; timestamp, which is in the project's zone; not infinity |

use crate::calendar::{NO_DATA_DAY, NO_DATA_INSTANT};
use crate::dtype::DataType;
use crate::manifest::model::Column;
use crate::table::field::FieldRow;
use crate::table::number::{a, integer};
use crate::table::value::{Cell, day_cell, decimal, instant_cell, local_cell};
use jiff::tz::TimeZone;
use postgres::types::{Kind, Type};

/// How the values of a column are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// UTF-8.
    Text,
    /// UTF-8 of a value that the database has made a text.
    Cast,
    /// A signed integer of two, four or eight bytes.
    Integer,
    /// An unsigned one of four bytes.
    Oid,
    /// A float of four or eight bytes.
    Float,
    /// Digits to the base 10,000.
    Numeric,
    /// One byte.
    Bool,
    /// Days since 2000-01-01.
    Date,
    /// Microseconds since 2000-01-01T00:00:00Z.
    Instant,
    /// Microseconds since 2000-01-01T00:00:00 local time.
    Local,
}

/// Days from 1970-01-01 to 2000-01-01.
const MILLENNIUM: i32 = 10_957;
const DAY: i64 = 86_400_000_000;

impl How {
    /// How a column of this type is read as the declared one; `None` if it may not stand for it.
    pub fn of(found: &Type, declared: DataType) -> Option<How> {
        let is_text = [Type::TEXT, Type::VARCHAR].contains(found);
        let casts = [Type::BPCHAR, Type::NAME, Type::CHAR, Type::UNKNOWN].contains(found)
            || matches!(found.kind(), Kind::Enum(_))
            || found.name() == "citext";
        if is_text {
            return Some(How::Text);
        }
        if casts || declared == DataType::Text {
            return Some(How::Cast);
        }
        let whole = [Type::INT2, Type::INT4, Type::INT8].contains(found);
        let how = match *found {
            Type::OID => How::Oid,
            Type::NUMERIC => How::Numeric,
            Type::FLOAT4 | Type::FLOAT8 => How::Float,
            Type::BOOL => How::Bool,
            Type::DATE => How::Date,
            Type::TIMESTAMPTZ => How::Instant,
            Type::TIMESTAMP => How::Local,
            _ if whole => How::Integer,
            _ => return None,
        };
        let fits = match declared {
            DataType::Int => matches!(how, How::Integer | How::Oid | How::Numeric),
            DataType::Float => matches!(how, How::Integer | How::Oid | How::Numeric | How::Float),
            DataType::Decimal { .. } => matches!(how, How::Integer | How::Oid | How::Numeric),
            DataType::Bool => how == How::Bool,
            DataType::Date => how == How::Date,
            DataType::DateTime => matches!(how, How::Instant | How::Local),
            DataType::Text => false,
        };
        fits.then_some(how)
    }

    /// Appends a value to a row.
    pub fn field(self, bytes: &[u8], column: &Column, zone: &TimeZone, fields: &mut FieldRow) {
        if matches!(self, How::Text | How::Cast) {
            return fields.utf8(bytes);
        }
        let (read, shown) = self.typed(bytes, column.dtype, zone);
        fields.result(read, &shown, column);
    }

    /// The value, and it as messages show it where it is wrong.
    fn typed(self, bytes: &[u8], dtype: DataType, zone: &TimeZone) -> (Result<Cell, String>, String) {
        let garbled = || (Err(format!("{} bytes that are no such value", bytes.len())), String::new());
        let shown = |read: Result<Cell, String>, text: String| (read, text);
        match self {
            How::Numeric => match numeric(bytes) {
                Some(text) => shown(of_numeric(&text, dtype), text),
                None => garbled(),
            },
            How::Integer => match signed(bytes) {
                Some(value) => shown(integer(value, dtype), value.to_string()),
                None => garbled(),
            },
            How::Oid => match <[u8; 4]>::try_from(bytes).map(u32::from_be_bytes) {
                Ok(value) => shown(integer(i64::from(value), dtype), value.to_string()),
                Err(_) => garbled(),
            },
            How::Float => match float(bytes) {
                Some(value) => shown(Ok(Cell::Float(value)), value.to_string()),
                None => garbled(),
            },
            How::Bool => match bytes {
                [byte] => (Ok(Cell::Bool(*byte != 0)), String::new()),
                _ => garbled(),
            },
            How::Date => match <[u8; 4]>::try_from(bytes).map(i32::from_be_bytes) {
                Ok(days) => date(days),
                Err(_) => garbled(),
            },
            How::Instant | How::Local => match <[u8; 8]>::try_from(bytes).map(i64::from_be_bytes) {
                Ok(micros) => datetime(micros, zone, self == How::Local),
                Err(_) => garbled(),
            },
            How::Text | How::Cast => garbled(),
        }
    }
}

fn signed(bytes: &[u8]) -> Option<i64> {
    match bytes.len() {
        2 => bytes.try_into().map(i16::from_be_bytes).ok().map(i64::from),
        4 => bytes.try_into().map(i32::from_be_bytes).ok().map(i64::from),
        _ => bytes.try_into().map(i64::from_be_bytes).ok(),
    }
}

fn float(bytes: &[u8]) -> Option<f64> {
    match bytes.len() {
        4 => bytes.try_into().map(f32::from_be_bytes).ok().map(f64::from),
        _ => bytes.try_into().map(f64::from_be_bytes).ok(),
    }
}

fn infinite(positive: bool) -> String {
    if positive { "infinity".to_owned() } else { "-infinity".to_owned() }
}

fn date(since: i32) -> (Result<Cell, String>, String) {
    if since == i32::MAX || since == i32::MIN {
        return (Err("infinity, which is no date".into()), infinite(since > 0));
    }
    let read = since.checked_add(MILLENNIUM).ok_or_else(|| NO_DATA_DAY.to_owned()).and_then(day_cell);
    (read, format!("day {since} since 2000-01-01"))
}

fn datetime(since: i64, zone: &TimeZone, local: bool) -> (Result<Cell, String>, String) {
    if since == i64::MAX || since == i64::MIN {
        return (Err("infinity, which is no datetime".into()), infinite(since > 0));
    }
    let read = since.checked_add(i64::from(MILLENNIUM) * DAY).ok_or_else(|| NO_DATA_INSTANT.to_owned());
    let read = read.and_then(|micros| if local { local_cell(micros, zone) } else { instant_cell(micros, zone) });
    (read, format!("microsecond {since} since 2000-01-01"))
}

/// The digits of a numeric: `-12.50`, `NaN`, `Infinity`.
fn numeric(bytes: &[u8]) -> Option<String> {
    let word = |at: usize| Some(u16::from_be_bytes(bytes.get(at * 2..at * 2 + 2)?.try_into().ok()?));
    let (count, weight, sign, scale) = (usize::from(word(0)?), i32::from(word(1)? as i16), word(2)?, word(3)?);
    match sign {
        0xc000 => return Some("NaN".to_owned()),
        0xd000 => return Some("Infinity".to_owned()),
        0xf000 => return Some("-Infinity".to_owned()),
        _ => {}
    }
    if bytes.len() != 8 + count * 2 {
        return None;
    }
    let digit = |place: i32| usize::try_from(place).ok().filter(|place| *place < count).and_then(|p| word(4 + p));
    let mut text = String::from(if sign == 0x4000 { "-" } else { "" });
    if weight < 0 {
        text.push('0');
    }
    for place in 0..=weight.max(-1) {
        let digit = digit(place).unwrap_or(0);
        text.push_str(&if place == 0 { digit.to_string() } else { format!("{digit:04}") });
    }
    if scale > 0 {
        let end = text.len() + 1 + usize::from(scale);
        text.push('.');
        let mut place = weight + 1;
        // Digits before the first that is kept are zeros.
        if weight < -1 {
            place = 0;
            text.push_str(&"0".repeat(usize::try_from(-(weight + 1)).ok()? * 4));
        }
        while text.len() < end {
            text.push_str(&format!("{:04}", digit(place).unwrap_or(0)));
            place += 1;
        }
        text.truncate(end);
    }
    Some(text)
}

fn of_numeric(text: &str, dtype: DataType) -> Result<Cell, String> {
    let not_finite = match text {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ => None,
    };
    if let Some(value) = not_finite {
        return Ok(Cell::Float(value));
    }
    match dtype {
        DataType::Decimal { precision, scale } => decimal(text, precision, scale).map(Cell::Decimal),
        DataType::Int => {
            let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
            if fraction.bytes().any(|b| b != b'0') {
                return Err("not an int".into());
            }
            whole.parse().map(Cell::Int).map_err(|_| "an int beyond 64 bits".into())
        }
        DataType::Float => match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Cell::Float(value)),
            _ => Err("a float out of range".into()),
        },
        _ => Err(format!("not {}", a(dtype))),
    }
}

#[cfg(test)]
mod tests;
