//! Integration tests, one binary.

mod readers;
mod tidy;
