//! Values as text and back: what interpolation, `to_text`, `to_int` and `to_float` mean.
//!
//! In: a value or a text. Out: its text, or the number it writes. Must not know: engines; every evaluator prints through
//! this module, so that one value has one text. Ints are plain; floats always show that they are floats; dates and
//! datetimes are ISO 8601.

use crate::calendar;
use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;
use jiff::tz::TimeZone;
use std::fmt::Write;

/// Above this a float is written with an exponent: 1e13 as a 32-bit float, as Rhai has it.
const LARGEST_PLAIN: f64 = 10_000_000_000_000.0_f32 as f64;
/// Below this, too: 1e-13 as a 32-bit float.
const SMALLEST_PLAIN: f64 = 0.000_000_000_000_1_f32 as f64;

/// Appends a float as Rhai prints it: `1.0`, `0.1`, `1e21`; both zeros are `0.0`.
///
/// ```
/// use tierwright::rules::format::float;
/// assert_eq!([float(1.0), float(-0.0), float(0.25), float(1e21)], ["1.0", "0.0", "0.25", "1e21"]);
/// ```
pub fn write_float(out: &mut String, value: f64) {
    let size = value.abs();
    // Writing to a String cannot fail.
    let _ = if size == 0.0 {
        out.write_str("0.0")
    } else if !(SMALLEST_PLAIN..=LARGEST_PLAIN).contains(&size) {
        write!(out, "{value:e}")
    } else if size.fract() == 0.0 {
        write!(out, "{value}.0")
    } else {
        write!(out, "{value}")
    };
}

/// A float as Rhai prints it; see [`write_float`].
pub fn float(value: f64) -> String {
    let mut out = String::new();
    write_float(&mut out, value);
    out
}

/// Appends a day number as `2017-04-01`; a number that is no day (never in a loaded table) as the number.
pub fn write_date(out: &mut String, days: i32) {
    let _ = match calendar::parts(days) {
        Some((year @ 0..=9999, month, day)) => write!(out, "{year:04}-{month:02}-{day:02}"),
        _ => match calendar::civil(days) {
            Some(date) => write!(out, "{date}"),
            None => write!(out, "{days}"),
        },
    };
}

/// A day number as `2017-04-01`.
pub fn date(days: i32) -> String {
    let mut out = String::with_capacity(10);
    write_date(&mut out, days);
    out
}

/// Appends an instant (microseconds since 1970-01-01T00:00:00Z) in a time zone with its offset:
/// `2017-04-01T08:00:00+08:00`, with a fraction of a second only where there is one.
pub fn write_datetime(out: &mut String, micros: i64, zone: &TimeZone) {
    static PRINTER: DateTimePrinter = DateTimePrinter::new();
    let _ = match Timestamp::from_microsecond(micros) {
        Ok(instant) => {
            out.push_str(&PRINTER.timestamp_with_offset_to_string(&instant, zone.to_offset(instant)));
            Ok(())
        }
        Err(_) => write!(out, "{micros}"),
    };
}

/// An instant in a time zone; see [`write_datetime`].
pub fn datetime(micros: i64, zone: &TimeZone) -> String {
    let mut out = String::with_capacity(25);
    write_datetime(&mut out, micros, zone);
    out
}

/// Why a text is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotANumber {
    /// It writes something else.
    Text,
    /// It writes a number too large.
    TooLarge,
}

/// The int that a text writes: an optional sign and decimal digits, nothing else.
///
/// # Errors
/// [`NotANumber::TooLarge`] beyond 64 bits, else [`NotANumber::Text`].
pub fn parse_int(text: &str) -> Result<i64, NotANumber> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(NotANumber::Text);
    }
    text.parse().map_err(|_| NotANumber::TooLarge)
}

/// The nearest double of the decimal number that a text writes: an optional sign, digits with an optional point, an
/// optional exponent; no blanks, no `inf`, no `NaN`.
///
/// # Errors
/// [`NotANumber::TooLarge`] beyond the largest double, else [`NotANumber::Text`].
pub fn parse_float(text: &str) -> Result<f64, NotANumber> {
    let plain = |b: u8| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E');
    if !text.bytes().all(plain) {
        return Err(NotANumber::Text);
    }
    let value: f64 = text.parse().map_err(|_| NotANumber::Text)?;
    if value.is_finite() { Ok(value) } else { Err(NotANumber::TooLarge) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_print_as_in_rhai() {
        let edge = 9_999_999_827_968.0;
        let cases: Vec<f64> = vec![
            0.0,
            -0.0,
            1.0,
            -1.0,
            0.1,
            1.5,
            100.0,
            1e13,
            -1e13,
            edge,
            edge + 1.0,
            1e12,
            1e21,
            123_456_789.125,
            1e-12,
            1e-13,
            9.9e-14,
            1e-14,
            5e-324,
            f64::MAX,
            f64::MIN,
            0.1 + 0.2,
            1.0 / 3.0,
            2.5e-13,
        ];
        for value in cases {
            let expected = rhai::Dynamic::from_float(value).to_string();
            assert_eq!(float(value), expected, "{value:e}");
        }
        assert_eq!((float(1.0), float(1e21), float(-0.0)), ("1.0".into(), "1e21".into(), "0.0".into()));
    }

    #[test]
    fn dates_print_as_iso() {
        assert_eq!(date(17_257), "2017-04-01");
        assert_eq!(date(calendar::FIRST_DAY), "-009999-01-01");
        let shanghai = TimeZone::get("Asia/Shanghai").unwrap();
        let midnight = 17_257 * 86_400_000_000;
        assert_eq!(datetime(midnight, &shanghai), "2017-04-01T08:00:00+08:00");
        assert_eq!(datetime(midnight, &TimeZone::UTC), "2017-04-01T00:00:00+00:00");
        assert_eq!(datetime(midnight + 1_500, &shanghai), "2017-04-01T08:00:00.0015+08:00");
    }

    #[test]
    fn numbers_are_read_strictly() {
        assert_eq!((parse_int("42"), parse_int("-42"), parse_int("+7")), (Ok(42), Ok(-42), Ok(7)));
        assert_eq!(parse_int("-9223372036854775808"), Ok(i64::MIN));
        assert_eq!(parse_int("9223372036854775808"), Err(NotANumber::TooLarge));
        for wrong in ["", "-", "1.0", " 1", "1 ", "0x10", "1_000", "１", "--1"] {
            assert_eq!(parse_int(wrong), Err(NotANumber::Text), "{wrong}");
        }
        assert_eq!((parse_float("1"), parse_float("-0.5e3"), parse_float(".5")), (Ok(1.0), Ok(-500.0), Ok(0.5)));
        assert_eq!(parse_float("1e999"), Err(NotANumber::TooLarge));
        for wrong in ["", "inf", "NaN", "infinity", " 1.0", "1,5", "e5", ".", "1e"] {
            assert_eq!(parse_float(wrong), Err(NotANumber::Text), "{wrong}");
        }
    }
}
