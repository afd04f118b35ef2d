//! What analysts ask of committed runs: what would be otherwise under other rules and parameters, and why two runs differ.
//!
//! In: committed runs, the project as it stands, what is to be changed. Out: who moves, from where to where, and how much with it. Must not know:
//! terminals; nothing here writes. Start at [`what_if::Desk`]; [`compare`] is what two decisions of the same customers have apart.

pub mod committed;
pub mod compare;
pub mod diff;
mod ground;
pub mod lift;
pub mod reads;
mod reasons;
pub mod stand;
pub mod sweep;
pub mod what_if;

#[cfg(test)]
mod tests;
