//! Integration tests, one binary.

mod bad_input;
mod bytes;
mod checks;
mod contracts;
mod cycles;
mod databases;
mod dirty;
mod fallback;
mod hostile;
mod messages;
mod migration;
mod parts;
mod planning;
mod project;
mod quality;
mod ratings;
mod readers;
mod readme;
mod rhai_meaning;
mod rhai_shape;
mod runs;
mod sources;
mod stages;
mod suite;
mod tidy;
mod verify;
