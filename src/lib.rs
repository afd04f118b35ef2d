//! Grades business customers: analysts' rules over customer tables, every decision with its reason.

pub mod calendar;
pub mod cli;
pub mod diag;
pub mod dtype;
pub mod error;
pub mod manifest;
pub mod rules;
pub mod run;
pub mod source;
pub mod system;
pub mod table;
