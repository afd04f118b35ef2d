//! Conversions between numbers, and functions of floats with failures of several kinds.
#![allow(unused_variables)]

use crate::rules::vm::value::{Bits, Fails, Src};

/// Half away from zero, as `f64::round`, in a form that vectorises.
#[inline(always)]
pub fn round_half_away(x: f64) -> f64 {
    x
}
/// Truncated; beyond 64 bits overflows.
pub fn float_to_int(x: Src<'_, f64>, out: &mut [i64], fails: &mut Fails) {}
/// Nearest doubles.
pub fn int_to_float(x: Src<'_, i64>, out: &mut [f64]) {}
/// 0 and 1.
pub fn bool_to_int(x: Bits<'_>, out: &mut [i64]) {}
/// Rounded to digits behind the point.
pub fn round_to(x: Src<'_, f64>, digits: Src<'_, i64>, out: &mut [f64], fails: &mut Fails) {}
/// Where `x` lies between `low` and `high`, from 0 to 1.
pub fn scale(x: Src<'_, f64>, low: Src<'_, f64>, high: Src<'_, f64>, out: &mut [f64], fails: &mut Fails) {}
/// `a % b`.
pub fn remainder(a: Src<'_, f64>, b: Src<'_, f64>, out: &mut [f64], fails: &mut Fails) {}
/// `libm::pow`.
pub fn pow(a: Src<'_, f64>, b: Src<'_, f64>, out: &mut [f64], fails: &mut Fails) {}
/// `libm::log`.
pub fn ln(x: Src<'_, f64>, out: &mut [f64], fails: &mut Fails) {}
/// `libm::exp`.
pub fn exp(x: Src<'_, f64>, out: &mut [f64], fails: &mut Fails) {}
/// Square root.
pub fn sqrt(x: Src<'_, f64>, out: &mut [f64], fails: &mut Fails) {}
