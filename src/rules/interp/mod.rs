//! The interpreter.
pub mod data;
