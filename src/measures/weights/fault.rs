//! Why weights or scores cannot be computed.
//!
//! In: nothing. Out: [`Fault`]. Must not know: methods, how a message is shown. Start at [`Fault`].

use crate::measures::short::short;
use std::fmt;

/// Input that a function of this module refuses.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// There are no criteria or no alternatives.
    Empty,
    /// Two parts of the input differ in length.
    Lengths {
        /// What is of the wrong length.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The length it must have.
        expected: usize,
    },
    /// A figure of an alternative that the method does not allow.
    Value {
        /// The criterion, counted from 0.
        criterion: usize,
        /// The alternative, counted from 0.
        row: usize,
        /// The figure.
        value: f64,
        /// What it must be, to follow "must be".
        must: &'static str,
    },
    /// A weight or a parameter outside its range.
    Parameter {
        /// Its name.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What it must be, to follow "must be".
        must: &'static str,
    },
    /// No weight is above 0.
    NoWeight,
    /// A pairwise matrix whose row has another length than the matrix has rows.
    NotSquare {
        /// The row, counted from 0.
        row: usize,
        /// Its length.
        length: usize,
        /// Rows of the matrix.
        rows: usize,
    },
    /// A judgement that is not finite and above 0.
    NotPositive {
        /// The row, counted from 0.
        row: usize,
        /// The column, counted from 0.
        column: usize,
        /// The judgement.
        value: f64,
    },
    /// Two judgements of one pair that are not the inverse of each other.
    NotReciprocal {
        /// The row, counted from 0.
        row: usize,
        /// The column, counted from 0; the row itself if the diagonal is not 1.
        column: usize,
        /// The product of the two judgements, which should be 1.
        product: f64,
    },
    /// Judgements that contradict each other too much.
    Inconsistent {
        /// The consistency ratio.
        ratio: f64,
        /// The most that was allowed.
        limit: f64,
    },
    /// A matrix larger than the table of random indices, so that its consistency cannot be judged.
    NoRandomIndex {
        /// Rows of the matrix.
        rows: usize,
    },
    /// More alternatives than a method that compares all pairs can take.
    TooMany {
        /// Alternatives.
        rows: usize,
        /// The most it takes.
        most: usize,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Empty => write!(f, "there are no criteria or no alternatives"),
            Fault::Lengths { what, found, expected } => write!(f, "{what}: {found}, expected {expected}"),
            Fault::Value { criterion, row, value, must } => {
                write!(f, "the figure {} of criterion {}, row {row}, must be {must}", short(*value), criterion + 1)
            }
            Fault::Parameter { name, value, must } => write!(f, "{name} is {}, it must be {must}", short(*value)),
            Fault::NoWeight => write!(f, "no weight is above 0"),
            Fault::NotSquare { row, length, rows } => {
                write!(
                    f,
                    "the pairwise matrix is not square: row {row} has {length} judgements, the matrix {rows} rows"
                )
            }
            Fault::NotPositive { row, column, value } => {
                write!(f, "judgement {} of row {row}, column {column} is not finite and above 0", short(*value))
            }
            Fault::NotReciprocal { row, column, product } => write!(
                f,
                "judgements ({row}, {column}) and ({column}, {row}) are not reciprocal: their product is {}, not 1",
                short(*product)
            ),
            Fault::Inconsistent { ratio, limit } => {
                write!(
                    f,
                    "the judgements contradict each other: consistency ratio {ratio:.3}, at most {limit} is allowed"
                )
            }
            Fault::NoRandomIndex { rows } => {
                write!(f, "no random index is known for {rows} rows: consistency cannot be judged")
            }
            Fault::TooMany { rows, most } => write!(f, "{rows} alternatives; all pairs of at most {most} are compared"),
        }
    }
}

impl std::error::Error for Fault {}
