//! The rule language.
//!
//! In: texts of rule files, a schema, parameters. Out: diagnostics and typed programs, and their evaluation on the
//! interpreter or as column programs. Must not know: files, manifests' YAML, runs.
//!
//! | stage | from | to |
//! |---|---|---|
//! | [`syntax::parse`] | text | [`ast::File`], a spanned tree held against Rhai's own reading |
//! | [`resolve::resolve`] | trees of all files | [`resolve::Resolved`], what each name means |
//! | [`typeck::typecheck`] | one step, a [`schema::Schema`] | [`typed::Program`] |
//! | `lint` | trees and programs without errors | warnings: what is unused, never reached, always true |
//! | [`lower::lower`] | a [`typed::Program`] | [`ir::Step`], or what keeps it from being compiled |
//! | [`codegen::Step::compile`] | an [`ir::Step`] | [`codegen::Step`]: programs over registers |
//! | [`vm::run_step`], [`interp::run_step`] | one of these, a [`context::Context`] | columns and causes |
//!
//! [`check::compile`] runs those down to `lint`. Start there. `docs/compiler.md` explains the others.

pub mod allow;
pub mod ast;
pub mod builtin;
pub mod cause;
pub mod check;
pub mod codegen;
pub mod context;
pub mod data;
pub(crate) mod defect;
#[cfg(test)]
mod equality;
pub mod figure;
pub mod foreign;
pub mod format;
pub mod interp;
pub mod ir;
pub mod lineage;
mod lint;
pub mod lower;
pub mod model;
pub mod pages;
pub mod population;
pub mod resolve;
pub mod rows;
pub mod schema;
pub mod site;
pub mod stack;
pub mod standing;
pub mod syntax;
pub mod tables;
pub mod trace;
mod tree;
pub mod typeck;
pub mod typed;
mod typed_print;
pub mod types;
pub mod vm;
pub mod walk;

use crate::error::Stop;
use context::{Context, StepResult};
use typed::Program;

/// Evaluates a rule: as the column program that it is given with, else on the interpreter.
///
/// # Errors
/// As [`vm::run_step`] and [`interp::run_step`]: a limit, a defect.
pub fn run_step(
    program: &Program,
    compiled: Option<&codegen::Step>,
    context: &Context<'_>,
) -> Result<StepResult, Stop> {
    match compiled {
        Some(compiled) => vm::run_step(compiled, program, context),
        None => interp::run_step(program, context),
    }
}
