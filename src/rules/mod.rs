//! The rule language.
//!
//! In: texts of rule files, a schema, parameters. Out: diagnostics and typed programs, and their evaluation on the
//! interpreter. Must not know: files, manifests' YAML, runs. Start at [`ast`], then [`typed`].

pub mod ast;
pub mod builtin;
pub mod cause;
pub mod check;
pub mod resolve;
pub mod schema;
pub mod stack;
pub mod syntax;
pub mod tables;
pub mod typeck;
pub mod typed;
pub mod types;
