//! Integration tests, one binary.

mod project;
mod readers;
mod runs;
mod suite;
mod tidy;
