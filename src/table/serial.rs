//! Days as workbooks number them: 45292 is 2024-01-01, 45292.5 is noon of that day.
//!
//! In: a text with such a number. Out: a date or datetime. Must not know: workbooks, columns. Start at [`read`].
//!
//! What numbers are days: [`crate::calendar::serial`].

use super::value::{Cell, day_cell, local_cell};
use crate::calendar::{SERIAL_OF_1970, serial};
pub use crate::manifest::model::SERIAL as FORMAT;
use jiff::tz::TimeZone;

const MILLIS: f64 = 86_400_000.0;

/// The day or instant of a number; `None` if the text is no such number. A datetime is local in `zone`, to the
/// millisecond, as workbooks show it.
pub fn read(text: &str, is_date: bool, zone: &TimeZone) -> Option<Result<Cell, String>> {
    let number = serial(text)?;
    let days = number - SERIAL_OF_1970;
    if is_date {
        let is_whole = number.fract() == 0.0;
        return Some(if is_whole { day_cell(days as i32) } else { Err("a date with a time of day".to_owned()) });
    }
    Some(local_cell((days * MILLIS).round() as i64 * 1000, zone))
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
