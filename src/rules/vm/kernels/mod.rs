//! Loops over columns, one function an operation.
//!
//! In: operands by row, the results' place. Out: results, and failures where an operation has them. Must not know: graphs, domains,
//! what a row is. No kernel is shared with the interpreter.

pub mod aggregate;
pub mod bits;
pub mod compare;
pub mod convert;
pub mod date;
pub mod domain;
pub mod float;
pub mod gather;
pub mod int;
mod loops;
pub mod select;
pub mod text;
