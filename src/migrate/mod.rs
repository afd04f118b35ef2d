//! Migration: how customers move between tiers from one planning year to another, and how probable each move is.
//!
//! In: a [`Panel`], each customer's path over planning years. Out: [`Flow`]s between two years, their [`Figures`] and
//! [`Stability`], [`transitions`] with their probabilities, and columns for Parquet. Must not know: runs, files, where a path
//! comes from, how anything is shown. Start at [`Flow::count`] and [`transitions`]; docs/migration.md has the formulas with
//! an example worked by hand.

pub mod cohort;
pub mod columns;
pub mod flow;
pub mod interval;
pub mod matrix;
pub mod panel;
pub mod singular;
pub mod stability;

pub use cohort::{Exits, Method, Transition, transitions};
pub use columns::{history_columns, transition_columns};
pub use flow::{Cell, Figures, Flow};
pub use matrix::Matrix;
pub use panel::{Observation, Panel, State};
pub use stability::Stability;

#[cfg(test)]
mod tests;
