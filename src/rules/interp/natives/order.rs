//! Order and equality of values of one kind.
//!
//! Ints, dates and datetimes by number, floats by IEEE order (-0.0 equals 0.0), bools false before true, text by UTF-8
//! bytes.

use crate::rules::interp::site::{Failure, Outcome};
use rhai::{Dynamic, ImmutableString};
use std::cmp::Ordering;

/// How two values that are there compare.
///
/// # Errors
/// [`Failure::Defect`] for values that have no order, or of two kinds.
pub(in crate::rules::interp) fn compare(a: &Dynamic, b: &Dynamic) -> Outcome<Ordering> {
    const UNLIKE: Failure = Failure::Defect("a comparison of unlike values");
    if let (Ok(x), Ok(y)) = (a.as_int(), b.as_int()) {
        return Ok(x.cmp(&y));
    }
    if let (Some(x), Some(y)) = (super::as_number(a), super::as_number(b)) {
        return x.partial_cmp(&y).ok_or(UNLIKE);
    }
    if let (Ok(x), Ok(y)) = (a.as_immutable_string_ref(), b.as_immutable_string_ref()) {
        return Ok(x.as_str().cmp(y.as_str()));
    }
    if let (Ok(x), Ok(y)) = (a.as_bool(), b.as_bool()) {
        return Ok(x.cmp(&y));
    }
    Err(UNLIKE)
}

/// A value by which equal values are found.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(in crate::rules::interp) enum Key {
    Missing,
    Int(i64),
    Bits(u64),
    Bool(bool),
    Text(ImmutableString),
}

impl Key {
    /// The key of a scalar; `None` for lists and maps.
    pub(in crate::rules::interp) fn of(value: &Dynamic) -> Option<Key> {
        if value.is_unit() {
            return Some(Key::Missing);
        }
        if let Ok(n) = value.as_int() {
            return Some(Key::Int(n));
        }
        if let Ok(x) = value.as_float() {
            // Adding 0.0 makes one zero of both.
            return Some(Key::Bits((x + 0.0).to_bits()));
        }
        if let Ok(b) = value.as_bool() {
            return Some(Key::Bool(b));
        }
        value.as_immutable_string_ref().ok().map(|t| Key::Text(t.clone()))
    }
}
