//! Types of table columns, as manifests declare them.
//!
//! In: the words of a manifest (`text`, `decimal(12,2)`). Out: [`DataType`]. Must not know: frames, files, rules.

use std::fmt;

/// The type of a table column.
///
/// ```
/// use tierwright::dtype::DataType;
/// assert_eq!(DataType::parse("decimal(12, 2)"), Some(DataType::Decimal { precision: 12, scale: 2 }));
/// assert_eq!(DataType::parse("text"), Some(DataType::Text));
/// assert_eq!(DataType::parse("number"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DataType {
    /// UTF-8 text.
    Text,
    /// 64-bit signed integer.
    Int,
    /// 64-bit IEEE float; never NaN or infinite in a loaded table.
    Float,
    /// True or false.
    Bool,
    /// A calendar day, stored as days since 1970-01-01.
    Date,
    /// An instant, stored as microseconds since 1970-01-01T00:00:00Z.
    DateTime,
    /// Exact decimal: an integer of at most `precision` digits over 10^`scale`.
    Decimal {
        /// Digits in all, 1 to 38.
        precision: u8,
        /// Digits behind the point, at most `precision`.
        scale: u8,
    },
}

impl DataType {
    /// The names a manifest may use, for messages.
    pub const NAMES: [&'static str; 7] = ["text", "int", "float", "bool", "date", "datetime", "decimal(p,s)"];

    /// Reads the word of a manifest; `None` if it names no type.
    pub fn parse(word: &str) -> Option<DataType> {
        Some(match word.trim() {
            "text" => DataType::Text,
            "int" => DataType::Int,
            "float" => DataType::Float,
            "bool" => DataType::Bool,
            "date" => DataType::Date,
            "datetime" => DataType::DateTime,
            other => {
                let inner = other.strip_prefix("decimal(")?.strip_suffix(')')?;
                let (p, s) = inner.split_once(',')?;
                let (precision, scale) = (p.trim().parse().ok()?, s.trim().parse().ok()?);
                if precision == 0 || precision > 38 || scale > precision {
                    return None;
                }
                DataType::Decimal { precision, scale }
            }
        })
    }
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DataType::Text => f.write_str("text"),
            DataType::Int => f.write_str("int"),
            DataType::Float => f.write_str("float"),
            DataType::Bool => f.write_str("bool"),
            DataType::Date => f.write_str("date"),
            DataType::DateTime => f.write_str("datetime"),
            DataType::Decimal { precision, scale } => write!(f, "decimal({precision},{scale})"),
        }
    }
}
