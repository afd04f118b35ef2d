//! A run: plan, execute, stage, commit.
//!
//! In: a [`Request`]. Out: a [`Report`] of a committed run, or why there is none. Must not know: terminals, exit
//! statuses. Start at [`run`]; the stages are [`plan`], [`execute`], [`stage`] and [`commit`].

pub mod added;
pub mod aliases;
pub mod business;
pub mod chain;
pub mod columns;
pub mod commit;
pub mod compute;
pub mod cycle;
pub mod decided;
pub mod engine;
pub mod execute;
pub mod explain;
pub mod fallback;
pub mod flow;
mod given;
pub mod history;
pub mod identity;
pub mod intact;
pub mod keys;
pub mod layout;
pub mod ledger;
pub mod lineage;
pub mod made_up;
pub mod models;
pub mod outcome;
pub mod parquet;
pub mod partition;
pub mod parts;
pub mod past;
pub mod plan;
pub mod prior;
pub mod programs;
pub mod prune;
pub mod quality;
pub mod rate;
pub mod reasons;
pub mod record;
pub mod renamed;
pub mod replay;
mod room;
pub mod stage;
pub mod strategic;
pub mod summaries;
pub mod tables;
pub mod turnover;
pub mod verify;
pub mod watch;
pub mod withheld;

pub use flow::{Ending, Failure, Report, run, run_watched};
pub use plan::{Engine, Plan, Request};

#[cfg(test)]
mod tests;
