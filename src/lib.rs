//! Grades business customers: analysts' rules over customer tables, every decision with its reason.
//!
//! A project is a folder of YAML files and Rhai rules. [`run::plan::plan`] reads and checks it, [`run::flow::run`] loads
//! its tables, runs the rules step by step and commits the decisions as Parquet:
//!
//! ```text
//! manifest ─▶ rules (syntax ─▶ resolve ─▶ typeck ─▶ lower ─▶ codegen) ─▶ run::plan ─▶ table ─▶ rules::vm ─▶ run::stage ─▶ run::commit
//! ```
//!
//! ```no_run
//! use tierwright::run::{Request, engine, flow, plan};
//! use tierwright::{source::SourceMap, system::Os};
//!
//! # fn main() -> Result<(), Box<dyn std::fmt::Debug>> {
//! # fn debug<E: std::fmt::Debug + 'static>(e: E) -> Box<dyn std::fmt::Debug> { Box::new(e) }
//! let request = Request { root: ".".into(), ..Request::default() };
//! let mut sources = SourceMap::default();
//! let plan = plan::plan(&Os, &request, &mut sources).map_err(debug)?;
//! let pool = engine::thread_pool(request.threads).map_err(debug)?;
//! let mut compute = engine::LocalEngine::new(&Os, &plan, &sources, &pool).map_err(debug)?;
//! let report = flow::run(&Os, &plan, &request, &sources, &mut compute, &pool).map_err(debug)?;
//! println!("{:?}", report.folder);
//! # Ok(())
//! # }
//! ```
//!
//! Modules stand on floors, and import lower ones only; ARCHITECTURE.md shows them.

pub mod calendar;
pub mod cli;
pub mod desk;
pub mod diag;
pub mod dtype;
pub mod edit;
pub mod error;
pub mod language;
pub mod manifest;
pub mod measures;
pub mod migrate;
pub mod report;
pub mod rule_test;
pub mod rules;
pub mod run;
pub mod source;
pub mod system;
pub mod table;
