//! Keys: values of some columns of a row, compared and hashed where they stand.
//!
//! In: columns of one table in one chunk each. Out: equality, order and texts of rows' keys, also across tables, and
//! [`KeyIndex`], the row of each key. Must not know: what the keys are for. Start at [`Keys::new`].

use super::value::{date_text, datetime_text, decimal_text};
use crate::error::Error;
use hashbrown::{DefaultHashBuilder, HashTable};
use jiff::tz::TimeZone;
use polars::prelude::{DataType, Series};
use polars_arrow::array::{Array, BooleanArray, PrimitiveArray, StaticArray, Utf8ViewArray};
use std::cmp::Ordering;
use std::hash::{BuildHasher, Hash, Hasher};

/// One column of a key over its buffers.
#[derive(Clone, Copy)]
pub(super) enum Part<'a> {
    Text(&'a Utf8ViewArray),
    Int(&'a PrimitiveArray<i64>),
    DateTime(&'a PrimitiveArray<i64>),
    Date(&'a PrimitiveArray<i32>),
    Float(&'a PrimitiveArray<f64>),
    Bool(&'a BooleanArray),
    Decimal(&'a PrimitiveArray<i128>, u8),
}

/// The keys of a table's rows.
#[derive(Clone)]
pub struct Keys<'a> {
    parts: Vec<Part<'a>>,
    rows: usize,
}

impl<'a> Part<'a> {
    /// The column, if it has one chunk of a type that tables have.
    pub(super) fn new(series: &'a Series) -> Option<Part<'a>> {
        let [chunk] = series.chunks().as_slice() else { return None };
        let any = chunk.as_any();
        Some(match series.dtype() {
            DataType::String => Part::Text(any.downcast_ref()?),
            DataType::Int64 => Part::Int(any.downcast_ref()?),
            DataType::Datetime(..) => Part::DateTime(any.downcast_ref()?),
            DataType::Date => Part::Date(any.downcast_ref()?),
            DataType::Float64 => Part::Float(any.downcast_ref()?),
            DataType::Boolean => Part::Bool(any.downcast_ref()?),
            DataType::Decimal(_, scale) => Part::Decimal(any.downcast_ref()?, *scale as u8),
            _ => return None,
        })
    }

    fn is_missing(&self, row: usize) -> bool {
        match self {
            Part::Text(a) => a.is_null(row),
            Part::Int(a) | Part::DateTime(a) => a.is_null(row),
            Part::Date(a) => a.is_null(row),
            Part::Float(a) => a.is_null(row),
            Part::Bool(a) => a.is_null(row),
            Part::Decimal(a, _) => a.is_null(row),
        }
    }

    fn hash(&self, row: usize, state: &mut impl Hasher) {
        match self {
            Part::Text(a) => a.get(row).hash(state),
            Part::Int(a) | Part::DateTime(a) => a.get(row).hash(state),
            Part::Date(a) => a.get(row).hash(state),
            // -0.0 equals 0.0; NaN does not occur.
            Part::Float(a) => a.get(row).map(|f| (f + 0.0).to_bits()).hash(state),
            Part::Bool(a) => a.get(row).hash(state),
            Part::Decimal(a, _) => a.get(row).hash(state),
        }
    }

    /// Missing before all others. Parts of unlike types are in no order.
    fn compare(&self, row: usize, other: &Part, other_row: usize) -> Option<Ordering> {
        match (self, other) {
            (Part::Text(a), Part::Text(b)) => Some(a.get(row).cmp(&b.get(other_row))),
            (Part::Int(a), Part::Int(b)) | (Part::DateTime(a), Part::DateTime(b)) => {
                Some(a.get(row).cmp(&b.get(other_row)))
            }
            (Part::Date(a), Part::Date(b)) => Some(a.get(row).cmp(&b.get(other_row))),
            (Part::Float(a), Part::Float(b)) => a.get(row).partial_cmp(&b.get(other_row)),
            (Part::Bool(a), Part::Bool(b)) => Some(a.get(row).cmp(&b.get(other_row))),
            (Part::Decimal(a, s), Part::Decimal(b, t)) if s == t => Some(a.get(row).cmp(&b.get(other_row))),
            _ => None,
        }
    }

    fn text(&self, row: usize, zone: &TimeZone) -> String {
        match self {
            Part::Text(a) => a.get(row).map(str::to_owned),
            Part::Int(a) => a.get(row).map(|v| v.to_string()),
            Part::DateTime(a) => a.get(row).map(|v| datetime_text(v, zone)),
            Part::Date(a) => a.get(row).map(date_text),
            Part::Float(a) => a.get(row).map(|v| v.to_string()),
            Part::Bool(a) => a.get(row).map(|v| v.to_string()),
            Part::Decimal(a, scale) => a.get(row).map(|v| decimal_text(v, *scale)),
        }
        .unwrap_or_default()
    }
}

impl<'a> Keys<'a> {
    /// The keys made of these columns, which have one chunk each and one length.
    ///
    /// # Errors
    /// [`Error::Defect`] if a column is of no type that tables have.
    pub fn new(columns: &[&'a Series]) -> Result<Keys<'a>, Error> {
        let part = |series: &&'a Series| {
            Part::new(series).ok_or_else(|| {
                Error::Defect(format!("column {} ({}) cannot be compared", series.name(), series.dtype()))
            })
        };
        let parts = columns.iter().map(part).collect::<Result<_, _>>()?;
        Ok(Keys { parts, rows: columns.first().map_or(0, |c| c.len()) })
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether a part of the row's key is missing.
    pub fn is_missing(&self, row: usize) -> bool {
        self.parts.iter().any(|part| part.is_missing(row))
    }

    /// Whether a row of these has the key of a row of others; never where their types are unlike.
    pub fn equal(&self, row: usize, other: &Keys, other_row: usize) -> bool {
        self.parts.len() == other.parts.len()
            && self.parts.iter().zip(&other.parts).all(|(a, b)| a.compare(row, b, other_row) == Some(Ordering::Equal))
    }

    /// The order of two rows' keys: missing first, text by UTF-8 bytes.
    pub fn compare(&self, row: usize, other_row: usize) -> Ordering {
        let orders = self.parts.iter().map(|part| part.compare(row, part, other_row).unwrap_or(Ordering::Equal));
        orders.fold(Ordering::Equal, Ordering::then)
    }

    /// The key as text, its parts joined by `, `.
    pub fn text(&self, row: usize, zone: &TimeZone) -> String {
        self.parts.iter().map(|part| part.text(row, zone)).collect::<Vec<_>>().join(", ")
    }

    /// The same for equal keys, as long as the hasher is the same.
    pub fn hash(&self, row: usize, hasher: &DefaultHashBuilder) -> u64 {
        let mut state = hasher.build_hasher();
        self.parts.iter().for_each(|part| part.hash(row, &mut state));
        state.finish()
    }
}

/// The row of each key.
pub struct KeyIndex<'a> {
    keys: Keys<'a>,
    hasher: DefaultHashBuilder,
    rows: HashTable<u32>,
}

impl<'a> KeyIndex<'a> {
    /// An index without rows, with room for some.
    pub fn new(keys: Keys<'a>, capacity: usize) -> KeyIndex<'a> {
        KeyIndex { keys, hasher: DefaultHashBuilder::default(), rows: HashTable::with_capacity(capacity) }
    }

    /// The keys that are indexed.
    pub fn keys(&self) -> &Keys<'a> {
        &self.keys
    }

    /// Enters a row, unless its key stands there already: then the row that had it is returned, and the new one takes
    /// its place if `replace` says so.
    pub fn enter(&mut self, row: usize, replace: impl FnOnce(&Keys, u32) -> bool) -> Option<u32> {
        let hash = self.keys.hash(row, &self.hasher);
        let (keys, hasher) = (&self.keys, &self.hasher);
        match self.rows.find_mut(hash, |other| keys.equal(*other as usize, keys, row)) {
            Some(held) => {
                let old = *held;
                if replace(keys, old) {
                    *held = row as u32;
                }
                Some(old)
            }
            None => {
                self.rows.insert_unique(hash, row as u32, |other| keys.hash(*other as usize, hasher));
                None
            }
        }
    }

    /// The row that has the key of a row of `others`.
    pub fn find(&self, others: &Keys, row: usize) -> Option<u32> {
        let hash = others.hash(row, &self.hasher);
        self.rows.find(hash, |held| self.keys.equal(*held as usize, others, row)).copied()
    }
}

/// How many unlike values a column has, missing ones left out.
///
/// # Errors
/// As [`Keys::new`].
pub fn unlike(column: &Series) -> Result<usize, Error> {
    let mut index = KeyIndex::new(Keys::new(&[column])?, 0);
    for row in 0..column.len() {
        if !index.keys.is_missing(row) {
            index.enter(row, |_, _| false);
        }
    }
    Ok(index.rows.len())
}
