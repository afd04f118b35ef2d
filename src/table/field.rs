//! One field of a row as its source gives it: a text still to be read, or a value that the source has typed.
//!
//! In: what a reader found. Out: a [`Cell`], or what is wrong. Must not know: files. Start at [`Field`]; a reader keeps
//! the fields of its row in a [`FieldRow`].

use super::value::{Cell, Noted, date_text, decimal_text};
use crate::dtype::DataType;
use crate::manifest::model::Column;
use std::borrow::Cow;
use std::ops::Range;

/// One field of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Field<'t> {
    /// The source has no value.
    Missing,
    /// A text, read as its column declares.
    Text(&'t str),
    /// A number that the source itself holds, as a text: with a point, however the source writes numbers in texts.
    Number(&'t str),
    /// A value of the column's type; NaN and infinities are missing and counted, also in decimals.
    Typed(Cell),
    /// What cannot be a value of the column: as messages show it, and why, as a clause.
    Wrong(&'t str, &'t str),
    /// Bytes that are no UTF-8.
    Bytes(&'t [u8]),
}

impl<'t> Field<'t> {
    /// The value of a field that is no text, and what to count about it.
    ///
    /// # Errors
    /// What is wrong, as a clause.
    pub fn read(self) -> Result<(Cell, Option<Noted>), String> {
        match self {
            Field::Missing => Ok((Cell::Missing, None)),
            Field::Typed(Cell::Float(f)) if !f.is_finite() => Ok((Cell::Float(f), Some(Noted::NotFinite))),
            Field::Typed(cell) => Ok((cell, None)),
            Field::Text(_) | Field::Number(_) => Ok((Cell::Source, None)),
            Field::Wrong(_, why) => Err(why.to_owned()),
            Field::Bytes(_) => Err("not UTF-8".to_owned()),
        }
    }

    /// Its text, of one that has a text.
    pub fn text(self) -> Option<&'t str> {
        match self {
            Field::Text(text) | Field::Number(text) => Some(text),
            _ => None,
        }
    }

    /// It as messages show it.
    pub fn shown(self) -> Cow<'t, str> {
        match self {
            Field::Text(text) | Field::Number(text) | Field::Wrong(text, _) => text.into(),
            Field::Bytes(bytes) => String::from_utf8_lossy(bytes),
            Field::Missing | Field::Typed(_) => "".into(),
        }
    }
}

/// The fields of one row, in the order of the declared columns; used again for the next row.
#[derive(Debug, Default)]
pub struct FieldRow {
    text: String,
    bytes: Vec<u8>,
    slots: Vec<Slot>,
}

#[derive(Debug)]
enum Slot {
    Missing,
    Typed(Cell),
    Text(Range<usize>),
    Number(Range<usize>),
    Wrong(Range<usize>, Range<usize>),
    Bytes(Range<usize>),
}

impl FieldRow {
    /// Begins the next row.
    pub fn clear(&mut self) {
        self.text.clear();
        self.bytes.clear();
        self.slots.clear();
    }

    fn keep(&mut self, text: &str) -> Range<usize> {
        let start = self.text.len();
        self.text.push_str(text);
        start..self.text.len()
    }

    /// Appends a field without a value.
    pub fn missing(&mut self) {
        self.slots.push(Slot::Missing);
    }

    /// Appends a text.
    pub fn text(&mut self, text: &str) {
        let range = self.keep(text);
        self.slots.push(Slot::Text(range));
    }

    /// Appends a number as a text that is written with a point.
    pub fn number(&mut self, number: &str) {
        let range = self.keep(number);
        self.slots.push(Slot::Number(range));
    }

    /// Appends what should be a text.
    pub fn utf8(&mut self, bytes: &[u8]) {
        match std::str::from_utf8(bytes) {
            Ok(text) => self.text(text),
            Err(_) => {
                let start = self.bytes.len();
                self.bytes.extend_from_slice(bytes);
                self.slots.push(Slot::Bytes(start..self.bytes.len()));
            }
        }
    }

    /// Appends a value of the column's type. Where the manifest corrects texts of the column or names some that mean
    /// a missing value, the value's text is looked at.
    pub fn typed(&mut self, cell: Cell, column: &Column) {
        let text = match (cell, column.dtype) {
            _ if column.values.is_empty() && column.missing.is_empty() && column.contract.drops.is_empty() => None,
            (Cell::Int(v), _) => Some(v.to_string()),
            (Cell::Float(v), _) if v.is_finite() => Some(v.to_string()),
            (Cell::Bool(v), _) => Some(v.to_string()),
            (Cell::Decimal(v), DataType::Decimal { scale, .. }) => Some(decimal_text(v, scale)),
            (Cell::Date(v), _) if column.formats.is_empty() => Some(date_text(v)),
            _ => None,
        };
        match text {
            Some(text) => self.number(&text),
            None => self.slots.push(Slot::Typed(cell)),
        }
    }

    /// Appends what cannot be a value of the column: as messages show it, and why, as a clause.
    pub fn wrong(&mut self, shown: &str, why: &str) {
        let slot = Slot::Wrong(self.keep(shown), self.keep(why));
        self.slots.push(slot);
    }

    /// Appends a value, or what is wrong with it.
    pub fn result(&mut self, read: Result<Cell, String>, shown: &str, column: &Column) {
        match read {
            Ok(Cell::Missing) => self.missing(),
            Ok(cell) => self.typed(cell, column),
            Err(why) => self.wrong(shown, &why),
        }
    }

    /// The field of a declared column.
    pub fn field(&self, k: usize) -> Field<'_> {
        let text = |range: &Range<usize>| self.text.get(range.clone()).unwrap_or("");
        match self.slots.get(k) {
            None | Some(Slot::Missing) => Field::Missing,
            Some(Slot::Typed(cell)) => Field::Typed(*cell),
            Some(Slot::Text(range)) => Field::Text(text(range)),
            Some(Slot::Number(range)) => Field::Number(text(range)),
            Some(Slot::Wrong(shown, why)) => Field::Wrong(text(shown), text(why)),
            Some(Slot::Bytes(range)) => Field::Bytes(self.bytes.get(range.clone()).unwrap_or(b"")),
        }
    }
}
