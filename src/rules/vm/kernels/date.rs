//! Operations of dates and instants.
//!
//! In: day numbers, ints, microseconds. Out: the same; an answer out of range is an overflow. Must not know: the rule language.
#![allow(unused_variables)]

use crate::rules::ir::DatePart;
use crate::rules::vm::value::{Fails, Src};
use jiff::tz::TimeZone;

/// Days from `from` to `to`.
pub fn days_between(from: Src<'_, i32>, to: Src<'_, i32>, out: &mut [i64]) {}
/// Whole months from `from` to `to`.
pub fn months_between(from: Src<'_, i32>, to: Src<'_, i32>, out: &mut [i64], fails: &mut Fails) {}
/// A part of each date.
pub fn part(part: DatePart, days: Src<'_, i32>, out: &mut [i64], fails: &mut Fails) {}
/// `count` days later.
pub fn plus_days(days: Src<'_, i32>, count: Src<'_, i64>, out: &mut [i32], fails: &mut Fails) {}
/// `count` days earlier.
pub fn minus_days(days: Src<'_, i32>, count: Src<'_, i64>, out: &mut [i32], fails: &mut Fails) {}
/// `count` months later.
pub fn plus_months(days: Src<'_, i32>, count: Src<'_, i64>, out: &mut [i32], fails: &mut Fails) {}
/// `count` months earlier.
pub fn minus_months(days: Src<'_, i32>, count: Src<'_, i64>, out: &mut [i32], fails: &mut Fails) {}

/// A time zone with the offsets that were looked up: one a thread, kept over chunks.
#[derive(Clone, Debug)]
pub struct Zone;
impl Zone {
    /// Of a time zone.
    pub fn new(zone: TimeZone) -> Zone {
        Zone
    }
    /// The day of each instant (microseconds).
    pub fn dates(&mut self, instants: Src<'_, i64>, out: &mut [i32], fails: &mut Fails) {}
}
