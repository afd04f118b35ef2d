//! Weights of criteria, by judgement or from the data, and scores of alternatives by several criteria.
//!
//! In: pairwise judgements, or a [`Table`] of alternatives by criteria. Out: weights that sum to 1; scores, regrets,
//! flows. Must not know: customers, tables of files, rules, how anything is shown. Start at [`ahp`], [`critic`] and
//! [`topsis`].
//!
//! All figures are finite: alternatives with missing figures are removed before. Results have the same bits at any
//! number of threads and on any platform.

mod ahp;
mod fault;
mod flows;
mod objective;
mod promethee;
mod scores;
mod table;
mod vikor;

pub use ahp::{Ahp, Consistency, Priority, RANDOM_INDEX, ahp, complete};
pub use fault::Fault;
pub use objective::{critic, entropy, equal, standard_deviation};
pub use promethee::{Flows, MOST_PAIRED, Preference, promethee};
pub use scores::{topsis, weighted_sum};
pub use table::{Direction, Table};
pub use vikor::{Vikor, vikor};

#[cfg(test)]
mod tests;
