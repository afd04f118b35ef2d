//! Days, months, instants and the planning year.
//!
//! In: day numbers (days since 1970-01-01), microseconds since 1970-01-01T00:00:00Z, texts of dates, the planning year's
//! first day. Out: the same, computed; `None` where the answer lies outside the years -9999 to 9999 (a day that was
//! moved: outside the years 1 to 9999, which every reader of files knows) or the text is no date. Must not know: the clock, tables, rules. Start at [`civil`] and [`cycle_of`].

use jiff::civil::{Date, DateTime};
use jiff::fmt::{strtime, temporal};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// Day number of -9999-01-01, the first day there is.
pub const FIRST_DAY: i32 = -4_371_587;
/// Day number of 9999-12-31, the last day there is.
pub const LAST_DAY: i32 = 2_932_896;
/// The days that data may hold: those of the years 1 to 9999.
pub const DATA_DAYS: std::ops::RangeInclusive<i32> = -719_162..=LAST_DAY;

/// Why a day is none that data may hold.
pub const NO_DATA_DAY: &str = "a date outside of the years 1 to 9999";

/// The instant, if data may hold it: clocks of the zone show one of the years 1 to 9999, and it can be shown anywhere.
///
/// # Errors
/// Why data may not hold it, as a clause.
pub fn data_instant(micros: i64, zone: &TimeZone) -> Result<i64, &'static str> {
    // Wherever the zone is, clocks are within two days of UTC.
    if inner_data_instants().contains(&micros) {
        return Ok(micros);
    }
    let Ok(instant) = Timestamp::from_microsecond(micros) else {
        let last = i64::from(LAST_DAY) * DAY_MICROS + (DAY_MICROS - 1);
        return Err(if (0..=last).contains(&micros) { AFTER_LAST_INSTANT } else { NO_DATA_INSTANT });
    };
    if (1..=9999).contains(&zone.to_datetime(instant).year()) { Ok(micros) } else { Err(NO_DATA_INSTANT) }
}

/// Instants that data may hold whatever the zone is.
pub fn inner_data_instants() -> std::ops::Range<i64> {
    let day = |number: i32| i64::from(number) * DAY_MICROS;
    day(DATA_DAYS.start() + 2)..day(LAST_DAY - 1)
}

const DAY_MICROS: i64 = 86_400_000_000;
/// Why an instant is none that data may hold.
pub const NO_DATA_INSTANT: &str = "a datetime outside of the years 1 to 9999";
/// Why an instant of the last hours of 9999 is none: in some zone its day would be of the year 10000.
pub const AFTER_LAST_INSTANT: &str = "a datetime after 9999-12-30T22:00:00Z";

/// The day of a number; `None` outside [`FIRST_DAY`] to [`LAST_DAY`].
///
/// ```
/// use tierwright::calendar::{civil, day_number};
/// assert_eq!(civil(17_257).map(|d| d.to_string()).as_deref(), Some("2017-04-01"));
/// assert_eq!(civil(17_257).map(day_number), Some(17_257));
/// ```
pub fn civil(days: i32) -> Option<Date> {
    let (year, month, day) = parts(days)?;
    Date::new(year, month, day).ok()
}

/// Days since 1970-01-01.
pub fn day_number(date: Date) -> i32 {
    days_of(i32::from(date.year()), i32::from(date.month()), i32::from(date.day()))
}

/// Year, month and day of a day number; `None` outside [`FIRST_DAY`] to [`LAST_DAY`].
///
/// The proleptic Gregorian calendar in eras of 400 years that start on 1 March (Howard Hinnant, "chrono-compatible
/// low-level date algorithms", 2021).
pub fn parts(days: i32) -> Option<(i16, i8, i8)> {
    if !(FIRST_DAY..=LAST_DAY).contains(&days) {
        return None;
    }
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i32::from(month <= 2);
    Some((year as i16, month as i8, day as i8))
}

fn days_of(year: i32, month: i32, day: i32) -> i32 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted_month = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn days_in_month(year: i32, month: i32) -> i32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The day `count` days later (earlier if negative); `None` outside [`DATA_DAYS`].
pub fn plus_days(days: i32, count: i64) -> Option<i32> {
    let sum = i64::from(days).checked_add(count)?;
    i32::try_from(sum).ok().filter(|day| DATA_DAYS.contains(day))
}

/// The same day of the month `count` months later (earlier if negative), or that month's last day where it is shorter;
/// `None` outside [`DATA_DAYS`].
///
/// ```
/// use tierwright::calendar::{civil, day_number, plus_months};
/// use jiff::civil::date;
/// let end = plus_months(day_number(date(2016, 1, 31)), 1);
/// assert_eq!(end.and_then(civil), Some(date(2016, 2, 29)));
/// ```
pub fn plus_months(days: i32, count: i64) -> Option<i32> {
    let (year, month, day) = parts(days)?;
    let months = (i64::from(year) * 12 + i64::from(month) - 1).checked_add(count)?;
    let year = i32::try_from(months.div_euclid(12)).ok().filter(|y| (1..=9999).contains(y))?;
    let month = months.rem_euclid(12) as i32 + 1;
    Some(days_of(year, month, i32::from(day).min(days_in_month(year, month))))
}

/// Whole months from `a` to `b`: one less while the day of `b` is before the day of `a`; where `b` is earlier, minus the
/// months from `b` to `a`.
///
/// ```
/// use tierwright::calendar::{day_number, months_between};
/// use jiff::civil::date;
/// let (a, b) = (day_number(date(2016, 3, 31)), day_number(date(2016, 4, 30)));
/// assert_eq!((months_between(a, b), months_between(b, a)), (Some(0), Some(0)));
/// ```
pub fn months_between(a: i32, b: i32) -> Option<i64> {
    if b < a {
        return months_between(b, a).map(|m| -m);
    }
    let ((ya, ma, da), (yb, mb, db)) = (parts(a)?, parts(b)?);
    let months = (i64::from(yb) - i64::from(ya)) * 12 + i64::from(mb) - i64::from(ma);
    Some(months - i64::from(db < da))
}

/// The day of the week: 1 is Monday, 7 is Sunday.
pub fn weekday(days: i32) -> i64 {
    // 1970-01-01 was a Thursday.
    (i64::from(days) + 3).rem_euclid(7) + 1
}

/// The day of an instant in a time zone, as a day number; `None` for an instant outside the years there are.
pub fn day_of_instant(micros: i64, zone: &TimeZone) -> Option<i32> {
    let instant = Timestamp::from_microsecond(micros).ok()?;
    Some(day_number(zone.to_datetime(instant).date()))
}

/// Reads a date of the form `2017-04-01`, nothing else.
pub fn parse_date_iso(text: &str) -> Option<i32> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let number = |range: std::ops::Range<usize>| -> Option<i32> {
        bytes[range].iter().try_fold(0, |n, b| b.is_ascii_digit().then(|| n * 10 + i32::from(b - b'0')))
    };
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let valid = (1..=12).contains(&month) && day >= 1 && day <= days_in_month(year, month);
    valid.then(|| days_of(year, month, day))
}

/// Reads a date: by the first of the strptime `formats` that takes the whole text, by ISO 8601 if there are none.
///
/// ```
/// use tierwright::calendar::{parse_date, parse_date_iso};
/// let formats = ["%d/%m/%Y".to_owned()];
/// assert_eq!(parse_date("01/04/2017", &formats), parse_date_iso("2017-04-01"));
/// assert_eq!(parse_date("2017-04-01", &formats), None);
/// ```
pub fn parse_date(text: &str, formats: &[String]) -> Option<i32> {
    if formats.is_empty() {
        return parse_date_iso(text);
    }
    formats.iter().find_map(|format| strtime::parse(format, text).ok()?.to_date().ok()).map(day_number)
}

/// Reads an instant as microseconds since 1970-01-01T00:00:00Z: by the first of the strptime `formats` that takes the
/// whole text, by ISO 8601 if there are none (`T` or a blank before the time). A text without an offset is in `zone`;
/// what a change of clocks makes ambiguous is the earlier instant, what it skips is moved on by the length of the gap.
pub fn parse_datetime(text: &str, formats: &[String], zone: &TimeZone) -> Option<i64> {
    if formats.is_empty() {
        return parse_datetime_iso(text, zone);
    }
    formats.iter().find_map(|format| {
        let read = strtime::parse(format, text).ok()?;
        if read.offset().is_some() || read.timestamp().is_some() {
            return read.to_timestamp().ok().map(Timestamp::as_microsecond);
        }
        let local = read.to_datetime().or_else(|_| read.to_date().map(DateTime::from)).ok()?;
        instant_of(local, zone)
    })
}

fn parse_datetime_iso(text: &str, zone: &TimeZone) -> Option<i64> {
    static PARSER: temporal::DateTimeParser = temporal::DateTimeParser::new();
    if let Ok(instant) = PARSER.parse_timestamp(text) {
        return Some(instant.as_microsecond());
    }
    instant_of(PARSER.parse_datetime(text).ok()?, zone)
}

fn instant_of(local: DateTime, zone: &TimeZone) -> Option<i64> {
    zone.to_ambiguous_timestamp(local).compatible().ok().map(Timestamp::as_microsecond)
}

/// The number that workbooks give to 1970-01-01.
pub const SERIAL_OF_1970: f64 = 25_569.0;

/// A number that workbooks give to a day (1900 date system, days since 1899-12-30), with the part of the day behind the
/// point; `None` if the text is none.
///
/// Those below 61 are no days here, because that system has a 29th of February 1900, before which programs count in two
/// ways.
///
/// ```
/// use tierwright::calendar::serial;
/// assert_eq!(serial("25569.5"), Some(25_569.5));
/// assert_eq!(serial("60"), None);
/// ```
pub fn serial(text: &str) -> Option<f64> {
    /// The first day that is counted in one way, and the number behind the last day of 9999.
    const NUMBERS: std::ops::Range<f64> = 61.0..2_958_466.0;
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && !text.starts_with('.');
    text.parse().ok().filter(|number| is_number && NUMBERS.contains(number))
}

/// The planning year that contains the day before `as_of` (an exclusive end), by the year in which it starts.
///
/// ```
/// use tierwright::calendar::cycle_of;
/// use jiff::civil::date;
/// assert_eq!(cycle_of(date(2017, 4, 1), 4, 1), 2016);
/// assert_eq!(cycle_of(date(2017, 4, 2), 4, 1), 2017);
/// ```
pub fn cycle_of(as_of: Date, start_month: i8, start_day: i8) -> i16 {
    let last = as_of.checked_sub(1.day()).unwrap_or(as_of);
    let started = (last.month(), last.day()) >= (start_month, start_day);
    if started { last.year() } else { last.year().saturating_sub(1) }
}

/// First day and exclusive end of the planning year that starts in year `cycle`; `None` if it does not fit the years
/// there are, or the month has no such day.
pub fn cycle_bounds(cycle: i16, start_month: i8, start_day: i8) -> Option<(Date, Date)> {
    let start = Date::new(cycle, start_month, start_day).ok()?;
    let end = Date::new(cycle.checked_add(1)?, start_month, start_day).ok()?;
    Some((start, end))
}

/// The name of a planning year: `FY2016` is the one that starts in 2016.
pub fn cycle_name(cycle: i16) -> String {
    format!("FY{cycle:04}")
}

/// Reads the name of a planning year; `None` if it is not `FY` and four digits.
///
/// ```
/// assert_eq!(tierwright::calendar::parse_cycle("FY2016"), Some(2016));
/// assert_eq!(tierwright::calendar::parse_cycle("2016"), None);
/// ```
pub fn parse_cycle(name: &str) -> Option<i16> {
    let digits = name.strip_prefix("FY")?;
    (digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn day(year: i16, month: i8, day: i8) -> i32 {
        day_number(date(year, month, day))
    }

    #[test]
    fn day_numbers_agree_with_jiff() {
        assert_eq!((day_number(Date::MIN), day_number(Date::MAX)), (FIRST_DAY, LAST_DAY));
        let mut expected = Date::MIN;
        for days in FIRST_DAY..=LAST_DAY {
            assert_eq!(parts(days), Some((expected.year(), expected.month(), expected.day())));
            assert_eq!(day_number(expected), days);
            assert_eq!(weekday(days), i64::from(expected.weekday().to_monday_one_offset()));
            if days < LAST_DAY {
                expected = expected.tomorrow().unwrap();
            }
        }
        assert_eq!((parts(FIRST_DAY - 1), parts(LAST_DAY + 1)), (None, None));
    }

    #[test]
    fn data_holds_the_years_1_to_9999() {
        assert_eq!(DATA_DAYS, day(1, 1, 1)..=day(9999, 12, 31));
        let (utc, shanghai) = (TimeZone::UTC, TimeZone::get("Asia/Shanghai").unwrap());
        let first = i64::from(*DATA_DAYS.start()) * DAY_MICROS;
        assert_eq!(data_instant(first, &utc), Ok(first));
        assert_eq!(data_instant(first - 1, &utc), Err(NO_DATA_INSTANT));
        assert_eq!(data_instant(first - 1, &shanghai), Ok(first - 1), "clocks there show the year 1");
        let last = Timestamp::MAX.as_second() * 1_000_000;
        assert_eq!((data_instant(last, &utc), data_instant(last, &shanghai)), (Ok(last), Ok(last)));
        assert_eq!(data_instant(last + 1, &utc), Err(AFTER_LAST_INSTANT));
        for far in [i64::MIN, i64::MAX, (i64::from(LAST_DAY) + 1) * DAY_MICROS, first - 2 * DAY_MICROS] {
            assert_eq!(data_instant(far, &utc), Err(NO_DATA_INSTANT), "{far}");
        }
        let inner = inner_data_instants();
        for micros in [inner.start, inner.end - 1] {
            for zone in [TimeZone::fixed(jiff::tz::Offset::MIN), TimeZone::fixed(jiff::tz::Offset::MAX)] {
                assert!((1..=9999).contains(&zone.to_datetime(Timestamp::from_microsecond(micros).unwrap()).year()));
            }
        }
    }

    #[test]
    fn months_clamp_to_the_months_end() {
        assert_eq!(plus_months(day(2016, 1, 31), 1), Some(day(2016, 2, 29)));
        assert_eq!(plus_months(day(2017, 1, 31), 1), Some(day(2017, 2, 28)));
        assert_eq!(plus_months(day(2016, 2, 29), -12), Some(day(2015, 2, 28)));
        assert_eq!(plus_months(day(2016, 2, 29), 48), Some(day(2020, 2, 29)));
        assert_eq!(plus_months(day(2017, 1, 15), -1), Some(day(2016, 12, 15)));
        assert_eq!(plus_months(day(9999, 12, 1), 1), None);
        assert_eq!(plus_months(day(1, 1, 31), -1), None);
        assert_eq!(plus_months(day(1, 2, 28), -1), Some(day(1, 1, 28)));
        assert_eq!(plus_days(day(1, 1, 2), -1), Some(*DATA_DAYS.start()));
        assert_eq!(plus_days(day(1, 1, 1), -1), None);
        assert_eq!(plus_days(day(-1, 1, 1), 0), None);
        assert_eq!(plus_months(0, i64::MAX), None);
        assert_eq!(plus_months(0, i64::MIN), None);
        assert_eq!(plus_days(LAST_DAY, 1), None);
        assert_eq!(plus_days(0, i64::MIN), None);
        assert_eq!(plus_days(day(2017, 3, 31), 1), Some(day(2017, 4, 1)));
    }

    #[test]
    fn months_between_counts_whole_months_both_ways() {
        let m = |a, b| months_between(a, b).unwrap();
        assert_eq!(m(day(2017, 1, 31), day(2017, 2, 28)), 0);
        assert_eq!(m(day(2017, 1, 28), day(2017, 2, 28)), 1);
        assert_eq!(m(day(2016, 3, 15), day(2017, 3, 14)), 11);
        assert_eq!(m(day(2016, 3, 15), day(2017, 3, 15)), 12);
        assert_eq!(m(day(2017, 3, 14), day(2016, 3, 15)), -11);
        assert_eq!(m(day(2017, 3, 15), day(2017, 3, 15)), 0);
    }

    #[test]
    fn dates_are_read_strictly() {
        assert_eq!(parse_date_iso("2016-02-29"), Some(day(2016, 2, 29)));
        for wrong in ["2017-02-29", "2017-13-01", "2017-00-10", "2017-4-1", "2017-04-01T00:00", "２017-04-01", ""] {
            assert_eq!(parse_date_iso(wrong), None, "{wrong}");
        }
        let formats = ["%d.%m.%Y".to_owned(), "%Y%m%d".to_owned()];
        assert_eq!(parse_date("31.03.2017", &formats), Some(day(2017, 3, 31)));
        assert_eq!(parse_date("20170401", &formats), Some(day(2017, 4, 1)));
        assert_eq!(parse_date("31.02.2017", &formats), None);
        assert_eq!(parse_date("31.03.2017x", &formats), None);
    }

    #[test]
    fn datetimes_without_offset_are_in_the_zone() {
        let shanghai = TimeZone::get("Asia/Shanghai").unwrap();
        let midnight = i64::from(day(2017, 4, 1)) * 86_400_000_000;
        let eight_hours = 8 * 3_600_000_000;
        for (text, micros) in [
            ("2017-04-01T08:00:00+08:00", midnight),
            ("2017-04-01T00:00:00Z", midnight),
            ("2017-04-01T00:00:00", midnight - eight_hours),
            ("2017-04-01 00:00:00.000001", midnight - eight_hours + 1),
            ("2017-04-01", midnight - eight_hours),
        ] {
            assert_eq!(parse_datetime(text, &[], &shanghai), Some(micros), "{text}");
        }
        let formats = ["%d/%m/%Y %H:%M".to_owned(), "%Y-%m-%d %H:%M %z".to_owned()];
        assert_eq!(parse_datetime("01/04/2017 08:00", &formats, &shanghai), Some(midnight));
        assert_eq!(parse_datetime("2017-04-01 01:00 +0100", &formats, &shanghai), Some(midnight));
        assert_eq!(parse_datetime("nonsense", &[], &shanghai), None);
        assert_eq!(day_of_instant(midnight - eight_hours, &shanghai), Some(day(2017, 4, 1)));
        assert_eq!(day_of_instant(midnight - eight_hours - 1, &shanghai), Some(day(2017, 3, 31)));
        assert_eq!(day_of_instant(i64::MAX, &shanghai), None);
    }

    #[test]
    fn the_planning_year_is_half_open() {
        // 31 March belongs to the old year, 1 April starts the new; the as-of date is an exclusive end.
        assert_eq!(cycle_of(date(2017, 3, 31), 4, 1), 2016);
        assert_eq!(cycle_of(date(2017, 4, 1), 4, 1), 2016);
        assert_eq!(cycle_of(date(2017, 4, 2), 4, 1), 2017);
        assert_eq!(cycle_of(date(2018, 1, 1), 4, 1), 2017);
        assert_eq!(cycle_of(date(2017, 1, 1), 1, 1), 2016);
        assert_eq!(cycle_of(date(2016, 3, 1), 3, 1), 2015);
        assert_eq!(cycle_bounds(2016, 4, 1), Some((date(2016, 4, 1), date(2017, 4, 1))));
        assert_eq!(cycle_bounds(9999, 4, 1), None);
        assert_eq!((cycle_name(2016).as_str(), cycle_name(7).as_str()), ("FY2016", "FY0007"));
        assert_eq!((parse_cycle("FY0007"), parse_cycle("FY20166"), parse_cycle("fy2016")), (Some(7), None, None));
    }
}
