//! Integration tests, one binary.

mod bad_input;
mod bytes;
mod checks;
#[cfg(unix)]
mod child;
mod contracts;
mod cycles;
mod databases;
mod desk;
mod dirty;
mod docs;
mod explain;
mod fallback;
#[cfg(unix)]
mod held;
mod hostile;
mod init;
#[cfg(unix)]
mod killed;
#[cfg(unix)]
mod kills;
mod lineage;
mod logs;
mod measures;
mod messages;
mod migration;
mod model;
mod parts;
mod planning;
mod project;
mod quality;
mod ratings;
mod readers;
mod readme;
mod recipes;
mod report;
mod rhai_meaning;
mod rhai_shape;
#[cfg(target_os = "linux")]
mod room;
mod rtests;
mod runs;
mod scenarios;
mod schema;
mod shell;
mod shown;
mod sources;
mod stages;
mod suite;
mod tidy;
mod trust;
mod tutorial;
mod verify;
mod watch;
mod what_if;
mod whole;
