//! Arithmetic, comparison and functions of numbers.
//!
//! Ints are checked, floats are IEEE and finite: a result that is not is a failure. `ln exp pow` are `libm`'s, so that
//! bits do not depend on the platform.

use super::order::compare;
use super::{Args, as_number, boolean, float, int, natives, present};
use crate::rules::cause::CauseKind;
use crate::rules::format;
use crate::rules::interp::site::{Failure, Outcome};
use crate::rules::site::Part;
use rhai::Dynamic;
use std::cmp::Ordering;

natives! {
    ADD_INT "add_i" |a| ints(a, i64::checked_add);
    SUBTRACT_INT "sub_i" |a| ints(a, i64::checked_sub);
    MULTIPLY_INT "mul_i" |a| ints(a, i64::checked_mul);
    REMAINDER_INT "rem_i" |a| divided(a, i64::checked_rem);
    /// Truncates toward zero.
    IDIV "idiv" |a| divided(a, i64::checked_div);
    NEGATE_INT "neg_i" |a| int(a, 0)?.checked_neg().map(Dynamic::from_int).ok_or(OVERFLOW);
    ABS_INT "abs_i" |a| int(a, 0)?.checked_abs().map(Dynamic::from_int).ok_or(OVERFLOW);
    ADD "add_f" |a| floats(a, |x, y| x + y);
    SUBTRACT "sub_f" |a| floats(a, |x, y| x - y);
    MULTIPLY "mul_f" |a| floats(a, |x, y| x * y);
    DIVIDE "div_f" |a| quotient(a, |x, y| x / y);
    REMAINDER "rem_f" |a| quotient(a, |x, y| x % y);
    NEGATE "neg_f" |a| finite(-float(a, 0)?);
    ABS "abs_f" |a| finite(float(a, 0)?.abs());
    /// Half away from zero.
    ROUND "round" |a| finite(float(a, 0)?.round());
    ROUND_TO "round_to" |a| round_to(float(a, 0)?, int(a, 1)?);
    FLOOR "floor" |a| finite(float(a, 0)?.floor());
    CEIL "ceil" |a| finite(float(a, 0)?.ceil());
    SQRT "sqrt" |a| finite(float(a, 0)?.sqrt());
    LN "ln" |a| finite(libm::log(float(a, 0)?));
    EXP "exp" |a| finite(libm::exp(float(a, 0)?));
    POW "pow" |a| floats(a, libm::pow);
    SCALE "scale" |a| scale(float(a, 0)?, float(a, 1)?, float(a, 2)?);
    /// Clamps between two bounds of its kind.
    CLAMP "clamp" clamp;
    /// Smallest argument; the first of equals.
    MIN "min" |a| extreme(a, Ordering::Less);
    /// Largest argument; the first of equals.
    MAX "max" |a| extreme(a, Ordering::Greater);
    /// The nearest double of an int.
    TO_FLOAT "to_f" |a| Ok(Dynamic::from_float(float(a, 0)?));
    /// An int of a float (truncated), text or bool.
    TO_INT "to_int" to_int;
    /// A float of an int or text.
    PARSE_FLOAT "parse_f" parse_float;
    EQUAL_FLOAT "eq_f" |a| relation(a, |x, y| x == y);
    NOT_EQUAL_FLOAT "ne_f" |a| relation(a, |x, y| x != y);
    LESS_FLOAT "lt_f" |a| relation(a, |x, y| x < y);
    LESS_EQUAL_FLOAT "le_f" |a| relation(a, |x, y| x <= y);
    GREATER_FLOAT "gt_f" |a| relation(a, |x, y| x > y);
    GREATER_EQUAL_FLOAT "ge_f" |a| relation(a, |x, y| x >= y);
    EQUAL "eq" |a| ordered(a, Ordering::is_eq);
    NOT_EQUAL "ne" |a| ordered(a, Ordering::is_ne);
    LESS "lt" |a| ordered(a, Ordering::is_lt);
    LESS_EQUAL "le" |a| ordered(a, Ordering::is_le);
    GREATER "gt" |a| ordered(a, Ordering::is_gt);
    GREATER_EQUAL "ge" |a| ordered(a, Ordering::is_ge);
    NOT "not" |a| Ok((!boolean(a, 0)?).into());
    /// A bool that must be there.
    CONDITION "cond" |a| Ok(boolean(a, 0)?.into());
    /// A value that must be there.
    PRESENT "need" |a| { present(a, 0)?; Ok(a[0].clone()) };
    /// Whether a value is missing.
    IS_MISSING "gone" |a| Ok(a[0].is_unit().into());
    /// Whether a value is there and equals a literal of its kind.
    SAME "same" |a| Ok((!a[0].is_unit() && compare(a[0], a[1])?.is_eq()).into());
    /// Whether a value is there and from argument 1 to before argument 2.
    WITHIN "within" |a| Ok((!a[0].is_unit() && (int(a, 1)?..int(a, 2)?).contains(&int(a, 0)?)).into());
    /// Whether a value is there and from argument 1 to argument 2.
    WITHIN_INCLUSIVE "within_eq" |a| Ok((!a[0].is_unit() && (int(a, 1)?..=int(a, 2)?).contains(&int(a, 0)?)).into());
}

const OVERFLOW: Failure = Failure::At(CauseKind::Overflow, Part::Whole);
const BY_ZERO: Failure = Failure::At(CauseKind::DivisionByZero, Part::Whole);

/// A float, if it is finite.
pub(super) fn finite(value: f64) -> Outcome {
    if value.is_finite() { Ok(Dynamic::from_float(value)) } else { Err(Failure::whole(CauseKind::NotFinite)) }
}

fn ints(args: Args<'_, '_>, operation: fn(i64, i64) -> Option<i64>) -> Outcome {
    operation(int(args, 0)?, int(args, 1)?).map(Dynamic::from_int).ok_or(OVERFLOW)
}

fn divided(args: Args<'_, '_>, operation: fn(i64, i64) -> Option<i64>) -> Outcome {
    match (int(args, 0)?, int(args, 1)?) {
        (_, 0) => Err(BY_ZERO),
        (x, y) => operation(x, y).map(Dynamic::from_int).ok_or(OVERFLOW),
    }
}

#[inline]
fn floats(args: Args<'_, '_>, operation: impl Fn(f64, f64) -> f64) -> Outcome {
    finite(operation(float(args, 0)?, float(args, 1)?))
}

#[inline]
fn quotient(args: Args<'_, '_>, operation: impl Fn(f64, f64) -> f64) -> Outcome {
    let (x, y) = (float(args, 0)?, float(args, 1)?);
    if y == 0.0 { Err(BY_ZERO) } else { finite(operation(x, y)) }
}

#[inline]
fn relation(args: Args<'_, '_>, holds: impl Fn(f64, f64) -> bool) -> Outcome {
    Ok(holds(float(args, 0)?, float(args, 1)?).into())
}

#[inline]
fn ordered(args: Args<'_, '_>, holds: fn(Ordering) -> bool) -> Outcome {
    Ok(holds(compare(present(args, 0)?, present(args, 1)?)?).into())
}

fn extreme(args: Args<'_, '_>, wanted: Ordering) -> Outcome {
    let mut best = present(args, 0)?;
    for n in 1..args.len() {
        let value = present(args, n)?;
        if compare(value, best)? == wanted {
            best = value;
        }
    }
    Ok(best.clone())
}

fn clamp(args: Args<'_, '_>) -> Outcome {
    let (x, low, high) = (present(args, 0)?, present(args, 1)?, present(args, 2)?);
    if compare(low, high)?.is_gt() {
        return Err(Failure::whole(CauseKind::OutOfRange));
    }
    let bounded = if compare(x, low)?.is_lt() {
        low
    } else if compare(x, high)?.is_gt() {
        high
    } else {
        x
    };
    Ok(bounded.clone())
}

/// The nearest double of 10^`exponent`, if it is finite.
fn power_of_ten(exponent: u64) -> Option<f64> {
    format!("1e{exponent}").parse().ok().filter(|p: &f64| p.is_finite())
}

fn round_to(x: f64, digits: i64) -> Outcome {
    let power = power_of_ten(digits.unsigned_abs());
    let power = power.ok_or(Failure::At(CauseKind::OutOfRange, Part::Operand(1)))?;
    if digits >= 0 { finite((x * power).round() / power) } else { finite((x / power).round() * power) }
}

fn scale(x: f64, low: f64, high: f64) -> Outcome {
    if high == low {
        return Err(BY_ZERO);
    }
    let (over, span) = (x - low, high - low);
    let share = over / span;
    if !(over.is_finite() && span.is_finite() && share.is_finite()) {
        return Err(Failure::whole(CauseKind::NotFinite));
    }
    let clamped = if share < 0.0 { 0.0 } else { share };
    finite(if clamped > 1.0 { 1.0 } else { clamped })
}

/// 2^63: floats below it in size truncate to an int.
const INT_END: f64 = 9_223_372_036_854_775_808.0;

fn to_int(args: Args<'_, '_>) -> Outcome {
    let value = present(args, 0)?;
    if let Ok(x) = value.as_float() {
        let whole = x.trunc();
        let fits = (-INT_END..INT_END).contains(&whole);
        return if fits { Ok(Dynamic::from_int(whole as i64)) } else { Err(OVERFLOW) };
    }
    if let Ok(b) = value.as_bool() {
        return Ok(Dynamic::from_int(i64::from(b)));
    }
    if let Ok(text) = value.as_immutable_string_ref() {
        return match format::parse_int(&text) {
            Ok(n) => Ok(Dynamic::from_int(n)),
            Err(format::NotANumber::TooLarge) => Err(OVERFLOW),
            Err(format::NotANumber::Text) => Err(Failure::whole(CauseKind::NotANumber)),
        };
    }
    Ok(Dynamic::from_int(int(args, 0)?))
}

fn parse_float(args: Args<'_, '_>) -> Outcome {
    let value = present(args, 0)?;
    if let Ok(text) = value.as_immutable_string_ref() {
        return match format::parse_float(&text) {
            Ok(number) => Ok(Dynamic::from_float(number)),
            Err(format::NotANumber::TooLarge) => Err(Failure::whole(CauseKind::NotFinite)),
            Err(format::NotANumber::Text) => Err(Failure::whole(CauseKind::NotANumber)),
        };
    }
    if let Ok(b) = value.as_bool() {
        return Ok(Dynamic::from_float(f64::from(u8::from(b))));
    }
    as_number(value).map(Dynamic::from_float).ok_or(Failure::Defect("to_float of a value that is no number"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::interp::natives::Native;

    fn run(native: Native, values: &[Dynamic]) -> Result<Dynamic, (CauseKind, Part)> {
        let mut values = values.to_vec();
        let mut args: Vec<&mut Dynamic> = values.iter_mut().collect();
        (native.run)(&mut args).map_err(|f| match f {
            Failure::At(kind, part) => (kind, part),
            other => panic!("{other:?}"),
        })
    }

    fn f(x: f64) -> Dynamic {
        Dynamic::from_float(x)
    }

    fn i(x: i64) -> Dynamic {
        Dynamic::from_int(x)
    }

    fn float_of(result: Result<Dynamic, (CauseKind, Part)>) -> f64 {
        result.unwrap().as_float().unwrap()
    }

    #[test]
    fn ints_are_checked() {
        assert_eq!(run(ADD_INT, &[i(2), i(3)]).unwrap().as_int(), Ok(5));
        let whole = |kind| Some((kind, Part::Whole));
        assert_eq!(run(ADD_INT, &[i(i64::MAX), i(1)]).err(), whole(CauseKind::Overflow));
        assert_eq!(run(NEGATE_INT, &[i(i64::MIN)]).err(), whole(CauseKind::Overflow));
        assert_eq!(run(ABS_INT, &[i(i64::MIN)]).err(), whole(CauseKind::Overflow));
        assert_eq!(run(IDIV, &[i(-7), i(2)]).unwrap().as_int(), Ok(-3));
        assert_eq!(run(REMAINDER_INT, &[i(-7), i(2)]).unwrap().as_int(), Ok(-1));
        assert_eq!(run(IDIV, &[i(1), i(0)]).err(), whole(CauseKind::DivisionByZero));
        assert_eq!(run(REMAINDER_INT, &[i(i64::MIN), i(-1)]).err(), whole(CauseKind::Overflow));
        let missing = Some((CauseKind::Missing, Part::Operand(1)));
        assert_eq!(run(MULTIPLY_INT, &[i(1), Dynamic::UNIT]).err(), missing);
    }

    #[test]
    fn floats_stay_finite() {
        let whole = |kind| Some((kind, Part::Whole));
        assert_eq!(run(DIVIDE, &[f(1.0), f(-0.0)]).err(), whole(CauseKind::DivisionByZero));
        assert_eq!(run(REMAINDER, &[f(1.0), f(0.0)]).err(), whole(CauseKind::DivisionByZero));
        assert_eq!(run(MULTIPLY, &[f(1e300), f(1e300)]).err(), whole(CauseKind::NotFinite));
        assert_eq!(run(LN, &[f(-1.0)]).err(), whole(CauseKind::NotFinite));
        assert_eq!(run(LN, &[f(0.0)]).err(), whole(CauseKind::NotFinite));
        assert_eq!(run(SQRT, &[f(-1.0)]).err(), whole(CauseKind::NotFinite));
        assert_eq!(float_of(run(REMAINDER, &[f(-7.5), f(2.0)])), -1.5);
        assert!(run(EQUAL_FLOAT, &[f(0.0), f(-0.0)]).unwrap().as_bool().unwrap());
        assert!(!run(EQUAL_FLOAT, &[f(0.1 + 0.2), f(0.3)]).unwrap().as_bool().unwrap());
    }

    #[test]
    fn rounding_is_half_away_from_zero() {
        assert_eq!(float_of(run(ROUND, &[f(2.5)])), 3.0);
        assert_eq!(float_of(run(ROUND, &[f(-2.5)])), -3.0);
        assert_eq!(float_of(run(ROUND_TO, &[f(2.345), i(2)])), (2.345f64 * 100.0).round() / 100.0);
        assert_eq!(float_of(run(ROUND_TO, &[f(150.0), i(-2)])), 200.0);
        assert_eq!(float_of(run(ROUND_TO, &[f(-149.0), i(-2)])), -100.0);
        assert_eq!(run(ROUND_TO, &[f(1.0), i(400)]).err(), Some((CauseKind::OutOfRange, Part::Operand(1))));
    }

    #[test]
    fn scale_and_clamp_have_bounds() {
        assert_eq!(float_of(run(SCALE, &[f(0.25), f(-0.5), f(0.5)])), 0.75);
        assert_eq!(float_of(run(SCALE, &[f(9.0), f(0.0), f(1.0)])), 1.0);
        assert_eq!(float_of(run(SCALE, &[f(0.0), f(1.0), f(0.0)])), 1.0);
        assert_eq!(run(SCALE, &[f(0.0), f(1.0), f(1.0)]).err(), Some((CauseKind::DivisionByZero, Part::Whole)));
        assert_eq!(float_of(run(CLAMP, &[f(7.0), f(0.0), f(1.0)])), 1.0);
        assert_eq!(run(CLAMP, &[i(-7), i(0), i(1)]).unwrap().as_int(), Ok(0));
        assert_eq!(run(CLAMP, &[f(7.0), f(2.0), f(1.0)]).err(), Some((CauseKind::OutOfRange, Part::Whole)));
    }

    #[test]
    fn conversions_are_strict() {
        let whole = |kind| Some((kind, Part::Whole));
        assert_eq!(run(TO_INT, &[f(-2.9)]).unwrap().as_int(), Ok(-2));
        assert_eq!(run(TO_INT, &[f(1e19)]).err(), whole(CauseKind::Overflow));
        assert_eq!(run(TO_INT, &[f(-INT_END)]).unwrap().as_int(), Ok(i64::MIN));
        assert_eq!(run(TO_INT, &["12".into()]).unwrap().as_int(), Ok(12));
        assert_eq!(run(TO_INT, &["12.0".into()]).err(), whole(CauseKind::NotANumber));
        assert_eq!(run(TO_INT, &[true.into()]).unwrap().as_int(), Ok(1));
        assert_eq!(float_of(run(PARSE_FLOAT, &["1.5".into()])), 1.5);
        assert_eq!(run(PARSE_FLOAT, &["inf".into()]).err(), whole(CauseKind::NotANumber));
        assert_eq!(float_of(run(TO_FLOAT, &[i(9_007_199_254_740_993)])), 9_007_199_254_740_992.0);
    }
}
