//! Integration tests, one binary.

mod readers;
mod suite;
mod tidy;
