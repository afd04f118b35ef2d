//! Integration tests, in one binary.

mod rhai_meaning;
mod rhai_shape;
