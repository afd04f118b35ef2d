//! Measures of the field that are more than a formula: how long customers stay and what they will buy, weights of criteria and rankings by them, networks of people.
//!
//! In: columns of finite numbers. Out: figures, with what speaks against them. Must not know: tables, rules, files. Start at [`lifetime`], [`weights`], [`network`].

mod blocks;
pub mod lifetime;
pub mod network;
pub(crate) mod short;
pub mod weights;
