//! One row of a CSV text, cut into fields.
//!
//! In: the bytes of a row, its [`Dialect`]. Out: a [`Record`]. Must not know: columns, values, lines. Start at
//! [`Record::split`].

use super::csv_rows::{Dialect, closing};
use crate::manifest::model::Delimiter;

/// The fields of one row. It is used for one row after the other.
#[derive(Default)]
pub struct Record {
    fields: Vec<Field>,
    /// Fields that do not stand in the row as they are, one after the other.
    unquoted: Vec<u8>,
    fault: Option<&'static str>,
}

#[derive(Clone, Copy)]
struct Field {
    start: usize,
    end: usize,
    is_unquoted: bool,
}

impl Record {
    /// Cuts a row, which has no line end behind it.
    pub fn split(&mut self, row: &[u8], dialect: &Dialect) {
        self.fields.clear();
        self.unquoted.clear();
        self.fault = None;
        // A character of the other kind of line end is looked for only where there is one.
        let stray = if dialect.line_end == b'\n' { b'\r' } else { b'\n' };
        let stray = row.contains(&stray).then_some(stray);
        let mut at = 0;
        loop {
            at = dialect.field_start(row, at);
            if at == row.len() && dialect.delimiter == Delimiter::Blanks {
                return;
            }
            at = match dialect.quote {
                Some(quote) if row.get(at) == Some(&quote) => self.quoted(row, at, quote, dialect),
                _ => {
                    let end = dialect.field_end(row, at);
                    if let Some(stray) = stray.filter(|stray| row[at..end].contains(stray)) {
                        self.fault = Some(stray_end(stray));
                    }
                    self.fields.push(Field { start: at, end, is_unquoted: false });
                    end
                }
            };
            if at >= row.len() {
                return;
            }
            at += dialect.delimiter_length();
        }
    }

    /// Takes the field whose quote opens at `open`; gives the place of the delimiter behind it.
    fn quoted(&mut self, row: &[u8], open: usize, quote: u8, dialect: &Dialect) -> usize {
        // The row was found by its quotes, so that one is there.
        let close = closing(row, open + 1, quote).unwrap_or(row.len());
        let inner = &row[open + 1..close];
        if inner.contains(&quote) {
            let start = self.unquoted.len();
            let mut doubled = false;
            for byte in inner {
                doubled = *byte == quote && !doubled;
                if !doubled {
                    self.unquoted.push(*byte);
                }
            }
            self.fields.push(Field { start, end: self.unquoted.len(), is_unquoted: true });
        } else {
            self.fields.push(Field { start: open + 1, end: close, is_unquoted: false });
        }
        let from = (close + 1).min(row.len());
        let end = dialect.field_end(row, from);
        if end != from {
            self.fault = Some("text behind a closing quote");
        }
        end
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Takes the last field away if it is empty; whether it was.
    pub fn drop_empty_last(&mut self) -> bool {
        let is_empty = self.fields.last().is_some_and(|field| field.start == field.end);
        if is_empty {
            self.fields.pop();
        }
        is_empty
    }

    /// What is wrong with the row as a whole.
    pub fn fault(&self) -> Option<&'static str> {
        self.fault
    }

    /// The bytes of a field; none if it is not there. `row` is the row that was cut.
    pub fn bytes<'r>(&'r self, row: &'r [u8], field: usize) -> Option<&'r [u8]> {
        let field = self.fields.get(field)?;
        let from = if field.is_unquoted { &self.unquoted[..] } else { row };
        from.get(field.start..field.end)
    }

    /// The text of a field, if the row is text.
    pub fn text<'r>(&'r self, row: &'r str, field: usize) -> Option<&'r str> {
        let field = self.fields.get(field)?;
        match field.is_unquoted {
            true => std::str::from_utf8(self.unquoted.get(field.start..field.end)?).ok(),
            false => row.get(field.start..field.end),
        }
    }
}

fn stray_end(byte: u8) -> &'static str {
    match byte {
        b'\r' => "a carriage return that ends no line (quote it, or say `line_ends: cr`)",
        _ => "a line feed that ends no line (quote it, or say `line_ends: lf`)",
    }
}
