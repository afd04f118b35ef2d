//! Integration tests, one binary.

mod readers;
mod rhai_meaning;
mod rhai_shape;
mod suite;
mod tidy;
