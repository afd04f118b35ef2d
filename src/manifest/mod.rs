//! A project's YAML files.
//!
//! In: texts of `tierwright.yaml`, `datasets/*.yaml`, `rules/parameters.yaml`. Out: [`model`] values and diagnostics.
//! Must not know: data, rules.

pub mod model;
