//! Days as workbooks number them: 45292 is 2024-01-01, 45292.5 is noon of that day.
//!
//! In: a text with such a number. Out: a date or datetime. Must not know: workbooks, columns. Start at [`read`].
//!
//! The numbers are those of the 1900 date system: days since 1899-12-30. Those below 61 are no days here, because that
//! system has a 29th of February 1900, before which programs count in two ways.

use super::value::{Cell, day_cell, local_cell};
pub use crate::manifest::model::SERIAL as FORMAT;
use jiff::tz::TimeZone;

/// The number of 1970-01-01.
const EPOCH: f64 = 25_569.0;
const MILLIS: f64 = 86_400_000.0;
/// The first day that is counted in one way, and the number behind the last day of 9999.
const NUMBERS: std::ops::Range<f64> = 61.0..2_958_466.0;

/// The day or instant of a number; `None` if the text is no such number. A datetime is local in `zone`, to the
/// millisecond, as workbooks show it.
pub fn read(text: &str, is_date: bool, zone: &TimeZone) -> Option<Result<Cell, String>> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && !text.starts_with('.');
    let number: f64 = text.parse().ok().filter(|number| is_number && NUMBERS.contains(number))?;
    if is_date {
        let day = (number - EPOCH) as i32;
        return Some(if number.fract() == 0.0 { day_cell(day) } else { Err("a date with a time of day".to_owned()) });
    }
    Some(local_cell(((number - EPOCH) * MILLIS).round() as i64 * 1000, zone))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::value::date_text;

    #[test]
    fn numbers_are_the_days_that_workbooks_show() {
        let day = |text| match read(text, true, &TimeZone::UTC) {
            Some(Ok(Cell::Date(day))) => Some(date_text(day)),
            _ => None,
        };
        assert_eq!(day("45292").as_deref(), Some("2024-01-01"));
        assert_eq!(day("61").as_deref(), Some("1900-03-01"));
        assert_eq!(day("2958465").as_deref(), Some("9999-12-31"));
        assert_eq!(day("45292.0").as_deref(), Some("2024-01-01"));
        for text in ["60", "2958466", "45292.5", "-1", "1e5", "", ".5", "inf"] {
            assert_eq!(day(text), None, "{text}");
        }
    }

    #[test]
    fn a_part_of_a_day_is_a_time() {
        let noon = 1_704_110_400_000_000;
        assert_eq!(read("45292.5", false, &TimeZone::UTC), Some(Ok(Cell::DateTime(noon))));
        let third = read("45292.3333333333", false, &TimeZone::UTC);
        assert_eq!(third, Some(Ok(Cell::DateTime(noon - 4 * 3_600_000_000))), "to the millisecond: 08:00");
    }
}
