//! Numbers of one kind read as another, without a loss.
//!
//! In: doubles, integers, numbers as they are written. Out: values of declared types, or why not. Must not know: where
//! the numbers come from. Start at [`double_as_decimal`].

use super::value::{Cell, check_precision, decimal};
use crate::dtype::DataType;
use crate::manifest::model::Column;
use std::borrow::Cow;

/// Below this a double that is a whole number is the one that was meant; it itself may have been one more.
pub const EXACT: f64 = 9_007_199_254_740_992.0;

/// The same number without an exponent; `None` if that has too many digits for any decimal.
pub fn without_exponent(number: &str) -> Option<Cow<'_, str>> {
    let Some((mantissa, exponent)) = number.split_once(['e', 'E']) else { return Some(number.into()) };
    let (sign, unsigned) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = format!("{whole}{fraction}");
    if digits.bytes().all(|b| b == b'0') {
        return Some("0".into());
    }
    let point = i64::try_from(whole.len()).ok()?.checked_add(exponent.parse::<i64>().ok()?)?;
    if !(-60..=60).contains(&point) {
        return None;
    }
    let plain = match usize::try_from(point) {
        Ok(point) if point >= digits.len() => format!("{digits}{}", "0".repeat(point - digits.len())),
        Ok(point) => format!("{}.{}", &digits[..point], &digits[point..]),
        Err(_) => format!("0.{}{digits}", "0".repeat(usize::try_from(-point).ok()?)),
    };
    Some(format!("{sign}{plain}").into())
}

/// Whether the column holds days, also with a time.
pub fn is_day(column: &Column) -> bool {
    matches!(column.dtype, DataType::Date | DataType::DateTime)
}

/// A type with its article, for messages: `an int`, `a date`.
pub fn a(dtype: DataType) -> String {
    if dtype == DataType::Int { "an int".to_owned() } else { format!("a {dtype}") }
}

/// An integer as a value of a column that is no text.
///
/// # Errors
/// Why it is none.
pub fn integer(value: i64, dtype: DataType) -> Result<Cell, String> {
    match dtype {
        DataType::Int => Ok(Cell::Int(value)),
        DataType::Float => {
            let float = value as f64;
            let same = float as i128 == i128::from(value);
            if same { Ok(Cell::Float(float)) } else { Err("an integer that a float does not hold exactly".into()) }
        }
        DataType::Decimal { precision, scale } => {
            let units = i128::from(value).checked_mul(10_i128.pow(u32::from(scale))).unwrap_or(i128::MAX);
            check_precision(units, precision, scale).map(Cell::Decimal)
        }
        _ => Err(format!("an integer, not {}", a(dtype))),
    }
}

/// Why a double is no int where it is too large to be sure.
pub const NOT_EXACT: &str = "a number of 2^53 or more, which a double does not hold exactly";

/// A double as the whole number that it is.
///
/// # Errors
/// Why it is none.
pub fn whole(value: f64) -> Result<i64, String> {
    match value {
        _ if value.abs() >= EXACT => Err(NOT_EXACT.to_owned()),
        _ if value.fract() == 0.0 => Ok(value as i64),
        _ => Err("not a whole number".to_owned()),
    }
}

/// A double as the decimal that people mean by it: of the shortest digits that give the same double, or, where these go
/// on behind the scale, of the 15 digits that every double of such a text keeps (`0.30000000000000004` is 0.3).
///
/// # Errors
/// Why it is none.
pub fn double_as_decimal(value: f64, precision: u8, scale: u8) -> Result<i128, String> {
    if value.abs() >= EXACT {
        return Err(NOT_EXACT.to_owned());
    }
    let shortest = decimal(&value.to_string(), precision, scale);
    let Err(why) = shortest else { return shortest };
    let fifteen = format!("{value:.14e}");
    let fifteen = without_exponent(&fifteen).map(|plain| decimal(&plain, precision, scale));
    fifteen.and_then(Result::ok).ok_or(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponents_are_resolved_exactly() {
        let plain = |number| without_exponent(number).map(Cow::into_owned);
        for (number, expected) in [
            ("12.5", "12.5"),
            ("1e2", "100"),
            ("-1.25E+1", "-12.5"),
            ("12345e-2", "123.45"),
            ("5e-3", "0.005"),
            ("0e999999999999999999999", "0"),
        ] {
            assert_eq!(plain(number).as_deref(), Some(expected), "{number}");
        }
        assert_eq!(plain("1e61"), None);
        assert_eq!(plain("1e99999999999999999999"), None);
    }

    #[test]
    fn doubles_are_the_decimals_that_people_mean() {
        let units = |value| double_as_decimal(value, 18, 2);
        assert_eq!(units(19.99), Ok(1999));
        assert_eq!(units(0.1 + 0.2), Ok(30));
        assert_eq!(units(-1234567.89), Ok(-123_456_789));
        assert_eq!(units(1e15), Ok(100_000_000_000_000_000));
        assert_eq!(units(0.0), Ok(0));
        assert_eq!(units(1.005).unwrap_err(), "a decimal with more than 2 digits behind the point");
        assert!(units(1e16).unwrap_err().contains("2^53"));
        assert!(units(f64::NAN).is_err());
        assert_eq!(double_as_decimal(1e15, 5, 2).unwrap_err(), "a decimal with more than 3 digits before the point");
    }

    #[test]
    fn integers_keep_every_digit() {
        assert_eq!(integer(i64::MAX, DataType::Int), Ok(Cell::Int(i64::MAX)));
        assert_eq!(integer(1 << 53, DataType::Float), Ok(Cell::Float(EXACT)));
        assert!(integer((1 << 53) + 1, DataType::Float).is_err());
        let decimal = DataType::Decimal { precision: 38, scale: 2 };
        assert_eq!(integer(i64::MIN, decimal), Ok(Cell::Decimal(i128::from(i64::MIN) * 100)));
        assert!(integer(1, DataType::Decimal { precision: 38, scale: 38 }).is_err());
        assert!(integer(1, DataType::Date).is_err());
    }
}
