//! Why a figure cannot be computed, and why a computed one deserves doubt.
//!
//! In: nothing. Out: [`Fault`], [`Flat`]. Must not know: models, how a message is shown. Start at [`Fault`].

use std::fmt;

/// Input that a function of this module refuses.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// There are no rows to work on.
    Empty,
    /// A column has another number of rows than the first column.
    Lengths {
        /// The column.
        column: &'static str,
        /// How many rows it has.
        rows: usize,
        /// How many the first column has.
        expected: usize,
    },
    /// A value that its column does not allow.
    Row {
        /// The row, counted from 0.
        row: usize,
        /// The column.
        column: &'static str,
        /// The value.
        value: f64,
        /// What the value must be, to follow "must be".
        must: &'static str,
    },
    /// A parameter outside its range.
    Parameter {
        /// Its name.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What it must be, to follow "must be".
        must: &'static str,
    },
    /// Nobody bought a second time, so that the data say nothing about rates of purchase.
    NoRepeats,
    /// Fewer usable customers than parameters.
    TooFew {
        /// Usable customers.
        usable: usize,
        /// The fewest that would do.
        needed: usize,
    },
    /// The likelihood is not finite anywhere the search began.
    NoStart,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Empty => write!(f, "there are no rows"),
            Fault::Lengths { column, rows, expected } => {
                write!(f, "column {column} has {rows} rows, the first column {expected}")
            }
            Fault::Row { row, column, value, must } => {
                write!(f, "row {row}: {column} is {value}, it must be {must}")
            }
            Fault::Parameter { name, value, must } => write!(f, "{name} is {value}, it must be {must}"),
            Fault::NoRepeats => write!(f, "no customer bought a second time: the rates of purchase are unknown"),
            Fault::TooFew { usable, needed } => {
                write!(f, "{usable} customers have repeat purchases and spend, at least {needed} are needed")
            }
            Fault::NoStart => write!(f, "the likelihood is not finite for any start of the search"),
        }
    }
}

impl std::error::Error for Fault {}

/// Why the maximum of a likelihood is not a point that the data determine.
///
/// The parameters of such a fit may still predict well, yet each alone means little. Standard errors exist for
/// [`Flat::Wide`] only.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Flat {
    /// The likelihood still grows where the search ends, as when every customer seems alive and `b` grows without end.
    Bound {
        /// The parameter.
        parameter: &'static str,
        /// Its value at the end of the search.
        value: f64,
    },
    /// The information matrix is not positive definite: parameters can be exchanged for one another.
    Singular,
    /// A parameter is known to no better than a factor of 20 either way.
    Wide {
        /// The parameter.
        parameter: &'static str,
        /// The standard error of its natural logarithm.
        log_error: f64,
    },
    /// The search used up its steps; the gradient is not yet zero.
    Unfinished,
}

impl fmt::Display for Flat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Flat::Bound { parameter, value } => {
                write!(f, "the likelihood is flat: {parameter} runs to {value:e}, the end of the search")
            }
            Flat::Singular => write!(f, "the likelihood is flat: its information matrix is not positive definite"),
            Flat::Wide { parameter, log_error } => {
                write!(f, "the likelihood is flat: ln {parameter} has a standard error of {log_error:.1}")
            }
            Flat::Unfinished => write!(f, "the search for the maximum did not settle"),
        }
    }
}

/// Faults a column whose length is not `expected`.
pub(super) fn same_length(column: &'static str, rows: usize, expected: usize) -> Result<(), Fault> {
    if rows == expected { Ok(()) } else { Err(Fault::Lengths { column, rows, expected }) }
}

/// Faults a parameter for which `good` is false; NaN is never good.
pub(super) fn parameter(name: &'static str, value: f64, good: bool, must: &'static str) -> Result<(), Fault> {
    if good && value.is_finite() { Ok(()) } else { Err(Fault::Parameter { name, value, must }) }
}
