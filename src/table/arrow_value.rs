//! Single values of arrow-rs arrays, read as the type that a manifest declares.
//!
//! In: an array of a Parquet file, a declared [`DataType`]. Out: texts, for a column of texts, or [`Cell`]s. Must not
//! know: files, rows' fates. Start at [`Values::reads`], the table of what may stand for what.
//!
//! | declared | what the file may hold |
//! |---|---|
//! | any | text (plain, large, view, dictionary, bytes that are UTF-8), read as in CSV; nothing but missing values |
//! | text | integers, decimals and floats, as people see them: `17850` of 17850.0 |
//! | int | integers of any width, within 64 bits signed; floats that are whole numbers below 2^53 |
//! | float | floats of 16, 32 and 64 bits; integers that a double holds exactly |
//! | decimal(p,s) | decimals of any width, integers; exact, else the value is wrong; floats, of the digits that people mean by them |
//! | bool | booleans |
//! | date | days, milliseconds at midnight; of the years 1 to 9999 |
//! | datetime | timestamps of any unit, cut to microseconds; without a zone they are in the project's, except INT96; of the years 1 to 9999 |

use super::decode;
use super::field::{Field, FieldRow};
use super::number::{EXACT, NOT_EXACT, double_as_decimal, whole};
use super::value::{Cell, Noted, check_precision, day_cell, instant_cell, local_cell};
use crate::calendar::{NO_DATA_DAY, NO_DATA_INSTANT};
use crate::dtype::DataType;
use crate::manifest::model::{Column, Encoding};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type,
    Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};
use arrow_array::{Array, BooleanArray, LargeStringArray, StringArray, StringViewArray};
use arrow_schema::{DataType as Arrow, TimeUnit};
use jiff::tz::TimeZone;

/// The values of one array.
pub struct Values<'a> {
    kind: Kind<'a>,
    array: &'a dyn Array,
    dtype: DataType,
}

enum Kind<'a> {
    Text(&'a StringArray),
    LargeText(&'a LargeStringArray),
    TextView(&'a StringViewArray),
    /// Texts without a word that they are; what is no UTF-8 is none.
    Binary(Box<dyn Fn(usize) -> &'a [u8] + 'a>),
    /// No values at all.
    Nothing,
    /// Values by key; the key of a missing row is any.
    Dictionary(Vec<usize>, Box<Values<'a>>),
    /// Value and the power of ten it is to be divided by.
    Exact(Box<dyn Fn(usize) -> Option<i128> + 'a>, i32),
    Float(Box<dyn Fn(usize) -> f64 + 'a>),
    Bool(&'a BooleanArray),
    /// Units since the epoch, units of a day.
    Days(Box<dyn Fn(usize) -> i64 + 'a>, i64),
    /// Units since the epoch, nanoseconds of a unit, the project's zone, and whether the values are local in it.
    Instant(Box<dyn Fn(usize) -> i64 + 'a>, i128, &'a TimeZone, bool),
}

fn is_text(found: &Arrow) -> bool {
    use Arrow::{Binary, BinaryView, LargeBinary, LargeUtf8, Utf8, Utf8View};
    matches!(found, Utf8 | LargeUtf8 | Utf8View | Binary | LargeBinary | BinaryView)
}

fn is_decimal(found: &Arrow) -> bool {
    use Arrow::{Decimal32, Decimal64, Decimal128, Decimal256};
    matches!(found, Decimal32(..) | Decimal64(..) | Decimal128(..) | Decimal256(..))
}

impl<'a> Values<'a> {
    /// Whether a column of this arrow type may stand for the declared type.
    pub fn reads(found: &Arrow, declared: DataType) -> bool {
        if let Arrow::Dictionary(_, values) = found {
            return Values::reads(values, declared);
        }
        is_text(found)
            || *found == Arrow::Null
            || match declared {
                DataType::Text => found.is_integer() || found.is_floating() || is_decimal(found),
                DataType::Int => found.is_integer() || found.is_floating(),
                DataType::Float => found.is_integer() || found.is_floating(),
                DataType::Decimal { .. } => found.is_integer() || found.is_floating() || is_decimal(found),
                DataType::Bool => *found == Arrow::Boolean,
                DataType::Date => matches!(found, Arrow::Date32 | Arrow::Date64),
                DataType::DateTime => matches!(found, Arrow::Timestamp(..)),
            }
    }

    /// The values of an array; `None` if its type may not stand for the declared one. Timestamps without a zone are
    /// local in `zone` unless they are known to be `instants`.
    pub fn new(array: &'a dyn Array, dtype: DataType, zone: &'a TimeZone, instants: bool) -> Option<Values<'a>> {
        if !Values::reads(array.data_type(), dtype) {
            return None;
        }
        let kind = match array.data_type() {
            Arrow::Utf8 => Kind::Text(array.as_string()),
            Arrow::LargeUtf8 => Kind::LargeText(array.as_string()),
            Arrow::Utf8View => Kind::TextView(array.as_string_view()),
            Arrow::Binary => {
                let array = array.as_binary::<i32>();
                Kind::Binary(Box::new(|row| array.value(row)))
            }
            Arrow::LargeBinary => {
                let array = array.as_binary::<i64>();
                Kind::Binary(Box::new(|row| array.value(row)))
            }
            Arrow::BinaryView => {
                let array = array.as_binary_view();
                Kind::Binary(Box::new(|row| array.value(row)))
            }
            Arrow::Null => Kind::Nothing,
            Arrow::Dictionary(..) => {
                let dictionary = array.as_any_dictionary_opt()?;
                let values = Values::new(dictionary.values().as_ref(), dtype, zone, instants)?;
                let keys = if values.array.is_empty() { vec![0; array.len()] } else { dictionary.normalized_keys() };
                Kind::Dictionary(keys, Box::new(values))
            }
            Arrow::Boolean => Kind::Bool(array.as_boolean()),
            Arrow::Date32 => Kind::Days(native::<Date32Type, _>(array, i64::from)?, 1),
            Arrow::Date64 => Kind::Days(native::<Date64Type, _>(array, |v| v)?, 86_400_000),
            Arrow::Timestamp(unit, has_zone) => {
                let (values, nanos) = timestamps(array, *unit)?;
                Kind::Instant(values, nanos, zone, has_zone.is_none() && !instants)
            }
            Arrow::Float16 if dtype == DataType::Float => Kind::Float(native::<Float16Type, _>(array, f64::from)?),
            Arrow::Float32 if dtype == DataType::Float => Kind::Float(native::<Float32Type, _>(array, f64::from)?),
            // The digits that people see of 0.1 are not those of the double of the same value.
            Arrow::Float16 => Kind::Float(native::<Float16Type, _>(array, as_shown)?),
            Arrow::Float32 => Kind::Float(native::<Float32Type, _>(array, as_shown)?),
            Arrow::Float64 => Kind::Float(native::<Float64Type, _>(array, |v| v)?),
            found => {
                let (values, scale) = exact(array, found)?;
                Kind::Exact(values, scale)
            }
        };
        Some(Values { kind, array, dtype })
    }

    /// What a row of a text column holds; `None` if the column is none.
    pub fn given(&self, row: usize) -> Option<Field<'_>> {
        let text = match &self.kind {
            _ if self.is_null(row) => return self.is_text().then_some(Field::Missing),
            Kind::Text(array) => array.value(row),
            Kind::LargeText(array) => array.value(row),
            Kind::TextView(array) => array.value(row),
            Kind::Dictionary(keys, values) => return values.given(keys[row]),
            Kind::Binary(value) => {
                let bytes = value(row);
                return Some(std::str::from_utf8(bytes).map_or(Field::Bytes(bytes), Field::Text));
            }
            _ => return None,
        };
        Some(Field::Text(text))
    }

    /// Whether the column holds texts, or nothing.
    pub fn is_text(&self) -> bool {
        use Kind::{Binary, Dictionary, LargeText, Nothing, Text, TextView};
        match &self.kind {
            Dictionary(_, values) => values.is_text(),
            kind => matches!(kind, Text(_) | LargeText(_) | TextView(_) | Binary(_) | Nothing),
        }
    }

    /// Appends the value of a row of a column that holds no texts, to be read as `column` declares.
    pub fn field(&self, row: usize, column: &Column, fields: &mut FieldRow) {
        if column.dtype != DataType::Text || self.is_null(row) {
            let cell = self.cell(row).map(|(cell, _)| cell);
            return fields.result(cell, &self.shown(row), column);
        }
        match self.float(row) {
            Some(value) if !value.is_finite() => fields.typed(Cell::Float(value), column),
            Some(value) if value.abs() >= EXACT => fields.wrong(&self.shown(row), NOT_EXACT),
            _ => fields.text(&self.shown(row)),
        }
    }

    fn float(&self, row: usize) -> Option<f64> {
        match &self.kind {
            Kind::Dictionary(keys, values) => values.float(keys[row]),
            Kind::Float(value) => Some(value(row)),
            _ => None,
        }
    }

    /// Whether the row has no value.
    pub fn is_null(&self, row: usize) -> bool {
        match &self.kind {
            Kind::Dictionary(keys, values) => self.array.is_null(row) || values.is_null(keys[row]),
            Kind::Nothing => true,
            _ => self.array.is_null(row),
        }
    }

    /// The value of a row of a column that holds no texts.
    ///
    /// # Errors
    /// Why it is not a value of the declared type.
    pub fn cell(&self, row: usize) -> Result<(Cell, Option<Noted>), String> {
        if self.array.is_null(row) {
            return Ok((Cell::Missing, None));
        }
        let cell = match &self.kind {
            Kind::Dictionary(keys, values) => return values.cell(keys[row]),
            Kind::Bool(array) => Cell::Bool(array.value(row)),
            Kind::Float(value) => {
                let value = value(row);
                let noted = (!value.is_finite()).then_some(Noted::NotFinite);
                return match self.dtype {
                    _ if noted.is_some() => Ok((Cell::Float(value), noted)),
                    DataType::Int => whole(value).map(|value| (Cell::Int(value), None)),
                    DataType::Decimal { precision, scale } => {
                        double_as_decimal(value, precision, scale).map(|units| (Cell::Decimal(units), None))
                    }
                    _ => Ok((Cell::Float(value), None)),
                };
            }
            Kind::Days(value, day) => {
                let value = value(row);
                let days = i32::try_from(value.div_euclid(*day)).map_err(|_| NO_DATA_DAY)?;
                if value.rem_euclid(*day) != 0 {
                    return Err("a date with a time of day".into());
                }
                day_cell(days)?
            }
            Kind::Instant(value, nanos, zone, local) => {
                let micros = (i128::from(value(row)) * nanos).div_euclid(1000);
                let micros = i64::try_from(micros).map_err(|_| NO_DATA_INSTANT)?;
                if *local { local_cell(micros, zone)? } else { instant_cell(micros, zone)? }
            }
            Kind::Exact(value, scale) => self.exact(value(row), *scale)?,
            _ => Cell::Source,
        };
        Ok((cell, None))
    }

    fn exact(&self, value: Option<i128>, scale: i32) -> Result<Cell, String> {
        let value = value.ok_or("a decimal beyond 38 digits")?;
        match self.dtype {
            DataType::Int => i64::try_from(value).map(Cell::Int).map_err(|_| "an int beyond 64 bits".into()),
            DataType::Float => {
                let float = value as f64;
                let same = float.abs() <= (1_u64 << 63) as f64 * 2.0 && float as i128 == value;
                if same { Ok(Cell::Float(float)) } else { Err("an integer that a float does not hold exactly".into()) }
            }
            DataType::Decimal { precision, scale: declared } => {
                let shift = i32::from(declared) - scale;
                let power = 10_i128.checked_pow(shift.unsigned_abs());
                let units = match power {
                    Some(power) if shift >= 0 => value.checked_mul(power),
                    Some(power) if value % power == 0 => Some(value / power),
                    None if value == 0 => Some(0),
                    _ if shift < 0 => {
                        return Err(format!("a decimal with more than {declared} digits behind the point"));
                    }
                    _ => None,
                };
                check_precision(units.unwrap_or(i128::MAX), precision, declared).map(Cell::Decimal)
            }
            _ => Err(format!("not {}", self.dtype)),
        }
    }

    /// A value as messages show it.
    pub fn shown(&self, row: usize) -> String {
        match &self.kind {
            _ if self.is_null(row) => String::new(),
            Kind::Dictionary(keys, values) => values.shown(keys[row]),
            Kind::Exact(value, scale) => match (value(row), u8::try_from(*scale)) {
                (Some(value), Ok(scale)) => super::value::decimal_text(value, scale),
                (Some(value), Err(_)) => format!("{value}e{}", -scale),
                (None, _) => {
                    let wide = self.array.as_primitive_opt::<Decimal256Type>();
                    wide.map_or_else(String::new, |array| array.value_as_string(row))
                }
            },
            Kind::Float(value) => value(row).to_string(),
            Kind::Bool(array) => array.value(row).to_string(),
            Kind::Days(value, day) if value(row) % day == 0 => {
                i32::try_from(value(row) / day).map_or_else(|_| value(row).to_string(), super::value::date_text)
            }
            Kind::Days(value, _) | Kind::Instant(value, ..) => value(row).to_string(),
            _ => match self.given(row) {
                Some(Field::Text(text)) => text.to_owned(),
                Some(Field::Bytes(bytes)) => decode::shown(bytes, Encoding::Utf8),
                Some(_) | None => String::new(),
            },
        }
    }
}

/// The double that is written like a narrower float.
fn as_shown(value: impl ToString) -> f64 {
    value.to_string().parse().unwrap_or(f64::NAN)
}

/// The values of a primitive array.
fn native<'a, T: ArrowPrimitiveType, V>(
    array: &'a dyn Array,
    convert: impl Fn(T::Native) -> V + 'a,
) -> Option<Box<dyn Fn(usize) -> V + 'a>> {
    let array = array.as_primitive_opt::<T>()?;
    Some(Box::new(move |row| convert(array.value(row))))
}

type Read<'a, V> = Box<dyn Fn(usize) -> V + 'a>;

/// The values of a timestamp array, and the nanoseconds of one.
fn timestamps(array: &dyn Array, unit: TimeUnit) -> Option<(Read<'_, i64>, i128)> {
    Some(match unit {
        TimeUnit::Second => (native::<TimestampSecondType, _>(array, |v| v)?, 1_000_000_000),
        TimeUnit::Millisecond => (native::<TimestampMillisecondType, _>(array, |v| v)?, 1_000_000),
        TimeUnit::Microsecond => (native::<TimestampMicrosecondType, _>(array, |v| v)?, 1000),
        TimeUnit::Nanosecond => (native::<TimestampNanosecondType, _>(array, |v| v)?, 1),
    })
}

/// The values of an integer or decimal array (`None` beyond 128 bits), and their scale.
fn exact<'a>(array: &'a dyn Array, found: &Arrow) -> Option<(Read<'a, Option<i128>>, i32)> {
    Some(match found {
        Arrow::Int8 => (native::<Int8Type, _>(array, |v| Some(v.into()))?, 0),
        Arrow::Int16 => (native::<Int16Type, _>(array, |v| Some(v.into()))?, 0),
        Arrow::Int32 => (native::<Int32Type, _>(array, |v| Some(v.into()))?, 0),
        Arrow::Int64 => (native::<Int64Type, _>(array, |v| Some(v.into()))?, 0),
        Arrow::UInt8 => (native::<UInt8Type, _>(array, |v| Some(v.into()))?, 0),
        Arrow::UInt16 => (native::<UInt16Type, _>(array, |v| Some(v.into()))?, 0),
        Arrow::UInt32 => (native::<UInt32Type, _>(array, |v| Some(v.into()))?, 0),
        Arrow::UInt64 => (native::<UInt64Type, _>(array, |v| Some(v.into()))?, 0),
        Arrow::Decimal32(_, scale) => (native::<Decimal32Type, _>(array, |v| Some(v.into()))?, i32::from(*scale)),
        Arrow::Decimal64(_, scale) => (native::<Decimal64Type, _>(array, |v| Some(v.into()))?, i32::from(*scale)),
        Arrow::Decimal128(_, scale) => (native::<Decimal128Type, _>(array, Some)?, i32::from(*scale)),
        Arrow::Decimal256(_, scale) => (native::<Decimal256Type, _>(array, |v| v.to_i128())?, i32::from(*scale)),
        _ => return None,
    })
}
