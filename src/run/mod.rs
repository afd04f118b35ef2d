//! x
pub mod columns;
pub mod commit;
pub mod cycle;
pub mod history;
pub mod identity;
pub mod keys;
pub mod layout;
pub mod ledger;
pub mod outcome;
pub mod parquet;
pub mod partition;
pub mod prior;
pub mod record;
pub mod stage;
pub mod summaries;
pub mod tables;
