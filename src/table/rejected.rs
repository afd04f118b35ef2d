//! Rows that are not in their table.
//!
//! In: nothing. Out: [`Rejected`], which lists one. Must not know: how rows are judged.

use crate::diag::Id;

/// What became of a row that is not in its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Something is wrong with it.
    Quarantined,
    /// The manifest says that it goes: another row has its key.
    Removed,
}

/// A row that is not in its table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// The table.
    pub table: String,
    /// Path of the file, relative to the project.
    pub file: String,
    /// Line of the record's start, from 1; for Parquet the row, from 1.
    pub line: u32,
    /// The columns that it goes for; empty for the row as a whole.
    pub column: String,
    /// What stands there, cut to 200 characters.
    pub text: String,
    /// Quarantined or removed.
    pub outcome: Outcome,
    /// What kind of fault it is.
    pub id: Id,
    /// What is wrong, as a clause.
    pub message: String,
}

impl Rejected {
    /// `datasets/orders.csv:17`.
    pub fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }

    /// The row in one line: ``datasets/orders.csv:17: `amount` is `abc`: not an int``.
    pub fn line_of_text(&self) -> String {
        let text = self.text.escape_debug();
        match (self.column.is_empty(), self.text.is_empty()) {
            (true, true) => format!("{}: {}", self.place(), self.message),
            (true, false) => format!("{}: {}: `{text}`", self.place(), self.message),
            (false, true) => format!("{}: `{}`: {}", self.place(), self.column, self.message),
            (false, false) => format!("{}: `{}` is `{text}`: {}", self.place(), self.column, self.message),
        }
    }
}
