//! A project's YAML files.
//!
//! In: texts of `tierwright.yaml`, `datasets/*.yaml`, `rules/parameters.yaml`, and of the cases of `test`. Out: [`model`]
//! values, [`cases`], and diagnostics.
//! Must not know: data, rules. Start at [`load`].
//!
//! ```text
//! text ─ yaml ─▶ spanned tree ─ field ─▶ typed values ─ project, table, column, parameters ─▶ model ─ check ─▶ Project
//! ```

mod assign;
mod business_plan;
mod carried;
pub mod cases;
mod check;
mod column;
mod contract;
mod csv_keys;
mod field;
mod files;
pub mod glob;
mod judged;
mod load;
pub mod model;
mod network_check;
mod parameter_table;
mod parameter_value;
mod parameters;
mod planning;
mod project;
mod scenarios;
pub mod schema;
mod secrets;
pub mod shape;
mod shown;
mod source;
mod source_database;
mod source_excel;
mod source_kind;
mod source_model;
pub mod sql;
mod table;
mod text_format;
pub mod yaml;

pub use assign::{set_parameter, weights};
pub use contract::spread_sensitivity;
pub use field::name_fault;
pub use files::of_rules;
pub use load::load;
pub use project::bytes;
pub use scenarios::set_all;

#[cfg(test)]
mod held;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod validator_tests;
