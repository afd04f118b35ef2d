//! Rows that are not in their table.
//!
//! In: nothing. Out: [`Rejected`], which lists one. Must not know: how rows are judged.
//!
//! A filter may take away millions of rows, so that what many of them have in common is held once: see [`Shared`].

use crate::diag::Id;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// A text that many rows have in common.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shared(Arc<str>);

impl Shared {
    /// The text, held by the row before if that has the same.
    pub fn with(before: Option<&Shared>, text: &str) -> Shared {
        match before {
            Some(before) if before.as_str() == text => before.clone(),
            _ => Shared(Arc::from(text)),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for Shared {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Shared {
    fn from(text: &str) -> Shared {
        Shared(Arc::from(text))
    }
}

impl From<String> for Shared {
    fn from(text: String) -> Shared {
        Shared(Arc::from(text))
    }
}

impl PartialEq<str> for Shared {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Shared {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl fmt::Display for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.as_str(), f)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

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
    pub table: Shared,
    /// Path of the file, relative to the project.
    pub file: Shared,
    /// Line of the record's start, from 1; for Parquet the row, from 1.
    pub line: u32,
    /// The columns that it goes for; empty for the row as a whole.
    pub column: Shared,
    /// What stands there, cut to 200 characters.
    pub text: String,
    /// Quarantined or removed.
    pub outcome: Outcome,
    /// What kind of fault it is.
    pub id: Id,
    /// What is wrong, as a clause.
    pub message: Shared,
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
