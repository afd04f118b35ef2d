//! Names of a source against declared columns: other names, columns that a file may lack.
//!
//! In: the names in a file's header, a declared [`Column`]. Out: under which name it may stand, whether it lacks. Must not know: how files are written.

use crate::diag::{Diagnostic, ids};
use crate::manifest::model::{Column, Table};

/// The names under which a file may have a column.
pub fn names_of(column: &Column) -> impl Iterator<Item = &str> {
    std::iter::once(column.from.as_str()).chain(column.contract.also.iter().map(String::as_str))
}

fn is_in(column: &Column, names: &[&str]) -> bool {
    names_of(column).any(|own| names.contains(&own))
}

/// Columns that the file lacks, as it may.
pub fn lacking(names: &[&str], table: &Table) -> Vec<String> {
    let may = table.columns.values().filter(|column| column.contract.may_be_absent);
    may.filter(|column| !is_in(column, names)).map(|column| column.name.clone()).collect()
}

/// Whether every column stands there that must.
pub fn fits(names: &[&str], table: &Table) -> bool {
    let must = table.columns.values().filter(|column| !column.contract.may_be_absent);
    must.into_iter().all(|column| is_in(column, names))
}

/// The finding of a file that has a column under two of its names.
pub fn ambiguous(column: &Column, first: &str, second: &str, shown: &str, place: &str) -> Diagnostic {
    let message = format!("`{shown}` has both `{first}` and `{second}`, which are `{}`", column.name);
    let finding = Diagnostic::error(ids::COLUMN_REPEATED, message).located(place).label(column.span, "declared here");
    finding.help("take one of the names out of `from`")
}

/// The finding of a column that a file of a sensitive table lacks: what its first row holds may be values.
pub fn withheld(column: &Column, shown: &str) -> Diagnostic {
    let message = format!("no column `{}` in `{shown}`", column.from);
    let finding = Diagnostic::error(ids::COLUMN_MISSING, message).at_with(column.span, "declared here");
    finding.help("the first row of the file is withheld, because the table has sensitive columns; say `header: false` if it names no columns")
}
