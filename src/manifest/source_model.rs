//! What a manifest says of a workbook or a database that holds a table's rows.
//!
//! In: nothing; these are plain values made by the readers beside this file. Out: [`Excel`], [`Rows`], [`Postgres`].
//! Must not know: YAML, files, databases.

use super::text_format::Numbers;

/// A sheet of a workbook, or a part of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Excel {
    /// Which sheet; the only one unless said.
    pub sheet: Option<Sheet>,
    /// Which cells; all that are used unless said.
    pub range: Option<CellRange>,
    /// Which row names the columns.
    pub header: HeaderRow,
    /// How numbers are written in cells that hold texts.
    pub numbers: Numbers,
}

/// A sheet by its name or its number, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sheet {
    /// Its name.
    Name(String),
    /// Its place among the workbook's sheets, from 1.
    Number(u32),
}

/// A rectangle of cells; rows and columns count from 0, ends are included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CellRange {
    /// First and last column.
    pub columns: (u32, u32),
    /// First row, and the last one if it has one.
    pub rows: (u32, Option<u32>),
}

/// Which row names the columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HeaderRow {
    /// The first of the range that is not empty.
    #[default]
    First,
    /// This row of the sheet, from 0.
    Row(u32),
    /// None: columns are taken in the manifest's order.
    None,
}

/// Rows of a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    /// Which.
    pub what: Relation,
    /// Columns of the manifest by which they are sorted; empty leaves it to the table's key or to the query.
    pub order_by: Vec<String>,
    /// Milliseconds that reading them may take.
    pub timeout: u64,
}

/// A table or a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Relation {
    /// A table or view: `orders`, `public.orders`.
    Table(String),
    /// One statement that reads.
    Query(String),
}

impl Relation {
    /// How messages and records name it: the table's name, or `query`.
    pub fn shown(&self) -> &str {
        match self {
            Relation::Table(name) => name,
            Relation::Query(_) => "query",
        }
    }
}

/// Rows of a PostgreSQL database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Postgres {
    /// The environment variable that says where the database is and how to log in.
    pub connection: String,
    /// Which rows.
    pub rows: Rows,
}
