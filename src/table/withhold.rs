//! What people read of the values of sensitive columns: nothing.
//!
//! In: a text of some columns of a table. Out: the text, or [`WITHHELD`]. Must not know: who shows it. Every text of a cell
//! or a row that leaves the frames for a message, a report or a list goes through here.

use crate::manifest::model::Table;

/// What stands for a value that is not shown.
pub const WITHHELD: &str = "(withheld)";

/// The text of the columns that `column` names (joined by `, `, or none for the row as a whole), unless one of them is
/// sensitive. A text of nothing stays.
pub fn text<'t>(table: &Table, column: &str, text: &'t str) -> &'t str {
    // A column's name may hold a comma itself: what could be meant is withheld.
    let meant = |name: &str| column.is_empty() || column.contains(name);
    let sensitive = table.columns.values().any(|c| c.contract.sensitive && meant(&c.name));
    if sensitive && !text.is_empty() { WITHHELD } else { text }
}

/// The same for a list of columns.
pub fn of_columns<'t>(table: &Table, columns: &[String], text: &'t str) -> &'t str {
    if table.has_sensitive(columns) && !text.is_empty() { WITHHELD } else { text }
}
