//! The commands, one file each.
//!
//! In: options, a system. Out: text and an exit status. Must not know: how rules or runs work; each calls one use case
//! and shows its answer.

pub mod check;
pub mod diff;
pub mod docs;
pub mod explain;
pub mod init;
mod lift;
pub mod migration;
pub mod prune;
pub mod quality;
pub mod report;
pub mod run;
pub mod runs;
pub mod schema;
pub mod shell;
pub mod test;
pub mod verify;
pub mod watch;
pub mod what_if;
