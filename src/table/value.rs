//! The text of a cell, read as its column declares.
//!
//! In: a declared [`Column`], the text of a cell as it stands in the source. Out: a [`Cell`], what is worth counting
//! about it ([`Noted`]), or why it is wrong. Must not know: files, rows, frames. Start at [`CellParser::parse`].
//!
//! The order is fixed: a text is mended where the column says so ([`CellParser::mend`]: characters, width, blanks at its ends,
//! then case); a text listed under `missing` is missing, before and after its case is changed; an empty text is missing,
//! for text columns too, unless `empty: text`; a text listed under `values` is replaced (once); then the text is read.
//!
//! | type | what is read |
//! |---|---|
//! | text | anything without a NUL character; `007` stays `007` |
//! | int | digits with an optional sign, within 64 bits |
//! | float | decimal or exponent notation; `NaN` and `inf` are missing and counted |
//! | decimal(p,s) | digits with an optional sign and point; further digits than `s` behind the point must be zeros |
//! | bool | `true` and `false` in any case; others through `values` |
//! | date | `YYYY-MM-DD`, or the declared formats in their order |
//! | datetime | ISO 8601 with offset, or without in the project's zone; or the declared formats |
//!
//! A date is of the years 1 to 9999, and so is a datetime where clocks of the project's zone show it.
//!
//! A local time that clocks skip is read with the offset before the gap, one that they show twice as the earlier.

use super::number_style::Style;
use super::serial;
use crate::calendar;
use crate::dtype::DataType;
use crate::manifest::model::{Column, Mended, Mending, Numbers};
use hashbrown::HashMap;
use jiff::civil::{Date, DateTime};
use jiff::fmt::{strtime, temporal};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};
use std::borrow::Cow;
use std::num::IntErrorKind;

/// A value read from a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell {
    /// None.
    Missing,
    /// The text as it stands in the source, mended.
    Source,
    /// The text of the correction with this number in [`Column::values`].
    Corrected(u32),
    /// An int.
    Int(i64),
    /// A finite float.
    Float(f64),
    /// A bool.
    Bool(bool),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01T00:00:00Z.
    DateTime(i64),
    /// Smallest units of a decimal.
    Decimal(i128),
}

/// What the quality report counts about a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noted {
    /// It held the text with this number in [`Column::missing`].
    Token(u32),
    /// It was corrected by the entry with this number in [`Column::values`].
    Corrected(u32),
    /// It held NaN or an infinity.
    NotFinite,
    /// Its text was mended; beside what else is noted about it.
    Mended(Mended),
    /// It is missing for the cause with this number among those of a table in parts.
    NotComputed(u32),
    /// Its row breaks the rule with this number among those of a table in parts, and stays.
    Broken(u32),
}

/// Texts already read by a format, so that a day that stands in a million rows is read once.
#[derive(Default)]
pub struct Memo(HashMap<String, Cell>);

/// Texts kept in a [`Memo`] at most.
const MEMO: usize = 65_536;

/// Reads the cells of one column.
pub struct CellParser<'a> {
    column: &'a Column,
    zone: &'a TimeZone,
    special: HashMap<&'a str, Noted>,
    /// Bit `n` is set if a special text has `n` bytes (63: or more), so that most cells need no look-up.
    lengths: u64,
    style: Style<'a>,
}

impl<'a> CellParser<'a> {
    /// The parser of this column; datetimes without offset are in `zone`.
    pub fn new(column: &'a Column, zone: &'a TimeZone) -> CellParser<'a> {
        let mut special = HashMap::new();
        for (i, from) in column.values.keys().enumerate() {
            special.insert(from.as_str(), Noted::Corrected(i as u32));
        }
        for (i, token) in column.missing.iter().enumerate() {
            special.insert(token.as_str(), Noted::Token(i as u32));
        }
        let lengths = special.keys().fold(0, |bits, text| bits | length_bit(text));
        CellParser { column, zone, special, lengths, style: Style::of(column, Numbers::default()) }
    }

    /// The same, with numbers written in this way.
    #[must_use]
    pub fn written(self, numbers: Numbers) -> CellParser<'a> {
        CellParser { style: Style::of(self.column, numbers), ..self }
    }

    /// The declared column.
    pub fn column(&self) -> &'a Column {
        self.column
    }

    /// The text of a cell as it is meant, and what was done to it.
    pub fn mend<'t>(&self, text: &'t str) -> (Cow<'t, str>, Mended) {
        let mending = self.column.contract.mending;
        if mending.is_none() {
            return (Cow::Borrowed(text), Mended::default());
        }
        let is_token = |text: &str| matches!(self.special.get(text), Some(Noted::Token(_)));
        if mending.case.is_some() {
            let before_case = Mending { case: None, ..mending }.apply(text);
            if is_token(&before_case.0) {
                return before_case;
            }
        }
        mending.apply(text)
    }

    /// Whether a row with this text is no data.
    pub fn drops(&self, text: &str) -> bool {
        let is = |text: &str| self.column.contract.drops.iter().any(|drop| drop.is(text));
        !self.column.contract.drops.is_empty() && (is(text) || is(&self.mend(text).0))
    }

    /// Whether texts of the column are looked at before its type.
    pub fn has_special(&self) -> bool {
        !self.special.is_empty() || !self.column.contract.drops.is_empty()
    }

    /// The value of a text once it is mended, and what to count about it beside that. A cell is [`Cell::Missing`] where
    /// the source holds none.
    ///
    /// # Errors
    /// Why the text is not a value of the column, as a clause without the text: `not an int`.
    pub fn parse(&self, text: &str, memo: &mut Memo) -> Result<(Cell, Option<Noted>), String> {
        self.parse_written(text, self.style, memo)
    }

    /// The same of a number that the source itself holds, which is written with a point whatever its texts are like.
    ///
    /// # Errors
    /// As [`CellParser::parse`].
    pub fn parse_number(&self, text: &str, memo: &mut Memo) -> Result<(Cell, Option<Noted>), String> {
        self.parse_written(text, Style::default(), memo)
    }

    fn parse_written(&self, text: &str, style: Style, memo: &mut Memo) -> Result<(Cell, Option<Noted>), String> {
        // A text that is mended already stays as it is.
        let (mended, _) = self.mend(text);
        let text = &*mended;
        if self.lengths & length_bit(text) != 0
            && let Some(noted) = self.special.get(text)
        {
            return match *noted {
                // An empty text is missing before corrections are looked at, see the module's head.
                Noted::Corrected(_) if text.is_empty() && !self.column.empty_is_text => Ok((Cell::Missing, None)),
                Noted::Corrected(number) => self.correct(number, memo).map(|cell| (cell, Some(*noted))),
                _ => Ok((Cell::Missing, Some(*noted))),
            };
        }
        if text.is_empty() {
            return Ok((if self.keeps_empty() { Cell::Source } else { Cell::Missing }, None));
        }
        self.read(text, style, memo).map(|cell| (cell, not_finite(cell)))
    }

    /// The text of a cell of a text column; `source` is its text before it was mended.
    pub fn text<'t>(&'t self, cell: Cell, source: &'t str) -> Option<Cow<'t, str>> {
        match cell {
            Cell::Source => Some(self.mend(source).0),
            Cell::Corrected(number) => {
                self.column.values.get_index(number as usize).map(|(_, to)| Cow::Borrowed(to.as_str()))
            }
            _ => None,
        }
    }

    fn keeps_empty(&self) -> bool {
        self.column.empty_is_text && self.column.dtype == DataType::Text
    }

    fn correct(&self, number: u32, memo: &mut Memo) -> Result<Cell, String> {
        let to = self.column.values.get_index(number as usize).map_or("", |(_, to)| to.as_str());
        if to.is_empty() && !self.keeps_empty() {
            return Ok(Cell::Missing);
        }
        match self.read(to, self.style, memo) {
            Ok(Cell::Source) => Ok(Cell::Corrected(number)),
            Ok(Cell::Float(f)) if !f.is_finite() => Ok(Cell::Missing),
            Ok(cell) => Ok(cell),
            Err(why) => Err(format!("its correction `{to}` is {why}")),
        }
    }

    /// Reads a text that is not empty. A float may come out as NaN or infinite here.
    fn read(&self, text: &str, style: Style, memo: &mut Memo) -> Result<Cell, String> {
        let formats = &self.column.formats;
        let read = match self.column.dtype {
            DataType::Text if text.as_bytes().contains(&0) => return Err("a text with a NUL character".into()),
            DataType::Text => Ok(Cell::Source),
            DataType::Int => style.plain(text).and_then(|t| int(&t)).map(Cell::Int),
            DataType::Float => style.plain(text).and_then(|t| float(&t)).map(Cell::Float),
            DataType::Bool => bool(text).map(Cell::Bool),
            DataType::Decimal { precision, scale } => {
                style.plain(text).and_then(|t| decimal(&t, precision, scale)).map(Cell::Decimal)
            }
            DataType::Date if formats.is_empty() => iso_date(text).and_then(day_cell),
            DataType::DateTime if formats.is_empty() => iso_datetime(text, self.zone),
            DataType::Date | DataType::DateTime => self.formatted(text, memo),
        };
        read.map_err(|why| if text.trim() == text { why } else { format!("{why} (blanks around it)") })
    }

    fn formatted(&self, text: &str, memo: &mut Memo) -> Result<Cell, String> {
        if let Some(cell) = memo.0.get(text) {
            return Ok(*cell);
        }
        let is_date = self.column.dtype == DataType::Date;
        let read = self.column.formats.iter().find_map(|format| {
            if format == serial::FORMAT {
                return serial::read(text, is_date, self.zone);
            }
            let parts = strtime::parse(format, text).ok().filter(|parts| is_of_full_width(parts, format, text))?;
            if is_date { formatted_date(&parts, text) } else { self.formatted_datetime(&parts, text) }
        });
        let Some(read) = read else {
            let kind = if is_date { "a date" } else { "a datetime" };
            return Err(format!("not {kind} of the form {}", self.column.formats.join(" or ")));
        };
        let cell = read?;
        if memo.0.len() < MEMO {
            memo.0.insert(text.to_owned(), cell);
        }
        Ok(cell)
    }

    fn formatted_datetime(&self, parts: &strtime::BrokenDownTime, text: &str) -> Option<Result<Cell, String>> {
        let local = parts.to_datetime().ok();
        if local.is_some_and(|local| !is_written_out(local.year(), text)) {
            return None;
        }
        let instant = match parts.to_timestamp() {
            Ok(instant) => Some(instant),
            Err(_) => {
                let zone = parts.iana_time_zone().map(TimeZone::get).transpose().ok()?;
                local_instant(local?, zone.as_ref().unwrap_or(self.zone))
            }
        };
        match instant {
            Some(instant) => Some(instant_cell(micros(instant), self.zone)),
            None => local.filter(is_at_the_end).map(|_| Err(calendar::AFTER_LAST_INSTANT.to_owned())),
        }
    }
}

/// Where numbers stand side by side, as in `%Y%m%d`, each has all its digits: of `2023105` nobody knows whether it is
/// October or January.
fn is_of_full_width(parts: &strtime::BrokenDownTime, format: &str, text: &str) -> bool {
    let is_number = |directive: char| "YyCmdeHIMSjGgUVWk".contains(directive);
    let mut directives = format.split('%').skip(1);
    let adjacent = format.contains('%') && {
        let mut before = false;
        directives.any(|directive| {
            let number = directive.starts_with(is_number);
            let both = before && number;
            before = number && directive.chars().count() == 1;
            both
        })
    };
    !adjacent || parts.to_string(format).is_ok_and(|written| written.len() == text.len())
}

/// `%Y` takes two digits for the year 17, which nobody means; four digits are that year.
fn is_written_out(year: i16, text: &str) -> bool {
    year >= 1000 || text.contains(&format!("{year:04}"))
}

fn formatted_date(parts: &strtime::BrokenDownTime, text: &str) -> Option<Result<Cell, String>> {
    let date = parts.to_date().ok().filter(|date| is_written_out(date.year(), text))?;
    Some(day_cell(calendar::day_number(date)))
}

/// A day that data may hold.
///
/// # Errors
/// Why it is none.
pub fn day_cell(days: i32) -> Result<Cell, String> {
    if calendar::DATA_DAYS.contains(&days) { Ok(Cell::Date(days)) } else { Err(calendar::NO_DATA_DAY.into()) }
}

/// An instant that data may hold, of microseconds since 1970-01-01T00:00:00Z.
///
/// # Errors
/// Why it is none.
pub fn instant_cell(micros: i64, zone: &TimeZone) -> Result<Cell, String> {
    calendar::data_instant(micros, zone).map(Cell::DateTime).map_err(str::to_owned)
}

/// The instant at which clocks of the zone show these microseconds since 1970-01-01T00:00:00 local time.
///
/// # Errors
/// Why it is none that data may hold.
pub fn local_cell(micros_local: i64, zone: &TimeZone) -> Result<Cell, String> {
    match local_micros(micros_local, zone) {
        Some(micros) => instant_cell(micros, zone),
        // Clocks of UTC at that time tell which end of time it lies beyond.
        None => Err(calendar::data_instant(micros_local, &TimeZone::UTC)
            .map_or_else(str::to_owned, |_| calendar::AFTER_LAST_INSTANT.to_owned())),
    }
}

/// The last two days of 9999, some of whose instants cannot be held.
fn is_at_the_end(local: &DateTime) -> bool {
    (local.year(), local.month()) == (9999, 12) && local.day() >= 30
}

fn length_bit(text: &str) -> u64 {
    1 << text.len().min(63)
}

fn not_finite(cell: Cell) -> Option<Noted> {
    match cell {
        Cell::Float(f) if !f.is_finite() => Some(Noted::NotFinite),
        _ => None,
    }
}

fn int(text: &str) -> Result<i64, String> {
    text.parse::<i64>().map_err(|e| match e.kind() {
        IntErrorKind::PosOverflow | IntErrorKind::NegOverflow => "an int beyond 64 bits".into(),
        _ => "not an int".into(),
    })
}

/// NaN or infinite only where the text says so.
fn float(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| "not a float")?;
    if value.is_infinite() && text.bytes().any(|b| b.is_ascii_digit()) {
        return Err("a float out of range".into());
    }
    Ok(value)
}

fn bool(text: &str) -> Result<bool, String> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Ok(true),
        _ if text.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err("not true or false".into()),
    }
}

/// The smallest units of an exact decimal.
///
/// # Errors
/// Why the text is none.
pub fn decimal(text: &str, precision: u8, scale: u8) -> Result<i128, String> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || whole.len() + fraction.len() == 0 {
        return Err(format!("not a decimal({precision},{scale})"));
    }
    let kept = fraction.len().min(usize::from(scale));
    if fraction.as_bytes()[kept..].iter().any(|b| *b != b'0') {
        return Err(format!("a decimal with more than {scale} digits behind the point"));
    }
    let zeros = std::iter::repeat_n(b'0', usize::from(scale) - kept);
    let mut units: i128 = 0;
    for digit in whole.bytes().chain(fraction.bytes().take(kept)).chain(zeros) {
        units = units.checked_mul(10).and_then(|u| u.checked_add(i128::from(digit - b'0'))).unwrap_or(i128::MAX);
    }
    check_precision(if text.starts_with('-') { -units } else { units }, precision, scale)
}

/// The same units, if they have no more digits than the precision.
pub fn check_precision(units: i128, precision: u8, scale: u8) -> Result<i128, String> {
    if units.unsigned_abs() >= 10_u128.pow(u32::from(precision)) {
        return Err(format!("a decimal with more than {} digits before the point", precision - scale));
    }
    Ok(units)
}

fn iso_date(text: &str) -> Result<i32, String> {
    let wrong = || "not a date of the form YYYY-MM-DD".to_owned();
    let bytes: &[u8; 10] = text.as_bytes().try_into().map_err(|_| wrong())?;
    let number = |range: std::ops::Range<usize>| {
        bytes[range].iter().try_fold(0_u32, |n, b| b.is_ascii_digit().then(|| n * 10 + u32::from(b - b'0')))
    };
    let (Some(year), Some(month), Some(day)) = (number(0..4), number(5..7), number(8..10)) else { return Err(wrong()) };
    if bytes[4] != b'-' || bytes[7] != b'-' {
        return Err(wrong());
    }
    if !(1..=12).contains(&month) || day == 0 || day > month_length(year, month) {
        return Err("a day that the calendar does not have".into());
    }
    Ok(days(year as i32, month, day))
}

fn month_length(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a day of the proleptic Gregorian calendar (Howard Hinnant, `days_from_civil`).
fn days(year: i32, month: u32, day: u32) -> i32 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400) as u32;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + (of_era * 365 + of_era / 4 - of_era / 100 + of_year) as i32 - 719_468
}

fn iso_datetime(text: &str, zone: &TimeZone) -> Result<Cell, String> {
    let has_offset = text.ends_with(['Z', 'z', ']']) || text.bytes().skip(10).any(|b| b == b'+' || b == b'-');
    let instant = if has_offset {
        text.parse::<Timestamp>().ok()
    } else {
        text.parse::<DateTime>().ok().and_then(|local| local_instant(local, zone))
    };
    match instant {
        Some(instant) => instant_cell(micros(instant), zone),
        None => Err(if ends_9999(text) { calendar::AFTER_LAST_INSTANT } else { "not an ISO 8601 datetime" }.into()),
    }
}

/// Whether a text that is no instant is one of the last two days of 9999.
fn ends_9999(text: &str) -> bool {
    let local = temporal::Pieces::parse(text).ok().and_then(|p| Some(p.date().to_datetime(p.time()?)));
    local.as_ref().is_some_and(is_at_the_end)
}

fn local_instant(local: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_ambiguous_timestamp(local).compatible().ok()
}

/// Whole microseconds, toward the past.
fn micros(instant: Timestamp) -> i64 {
    instant.as_nanosecond().div_euclid(1000) as i64
}

/// The instant at which clocks of the zone show these microseconds since 1970-01-01T00:00:00 local time.
fn local_micros(micros_local: i64, zone: &TimeZone) -> Option<i64> {
    let local = TimeZone::UTC.to_datetime(Timestamp::from_microsecond(micros_local).ok()?);
    local_instant(local, zone).map(micros)
}

/// A day as `2017-04-01`.
pub fn date_text(days: i32) -> String {
    let date = jiff::Span::new().try_days(i64::from(days)).and_then(|span| Date::new(1970, 1, 1)?.checked_add(span));
    date.map_or_else(|_| format!("day {days}"), |d| d.to_string())
}

/// An instant as `2017-04-01T08:00:00+08:00`, in the zone.
pub fn datetime_text(micros: i64, zone: &TimeZone) -> String {
    match Timestamp::from_microsecond(micros) {
        Ok(instant) => {
            let local = zone.to_datetime(instant);
            let offset = zone.to_offset(instant).round(Unit::Minute).unwrap_or(jiff::tz::Offset::UTC);
            format!("{local}{}", offset_text(offset))
        }
        Err(_) => format!("microsecond {micros}"),
    }
}

fn offset_text(offset: jiff::tz::Offset) -> String {
    let minutes = offset.seconds() / 60;
    format!("{}{:02}:{:02}", if minutes < 0 { '-' } else { '+' }, minutes.abs() / 60, minutes.abs() % 60)
}

/// A decimal as its digits with the point: `-0.05`.
pub fn decimal_text(units: i128, scale: u8) -> String {
    let scale = usize::from(scale);
    let digits = format!("{:0width$}", units.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let point = if scale == 0 { "" } else { "." };
    format!("{}{whole}{point}{fraction}", if units < 0 { "-" } else { "" })
}

#[cfg(test)]
mod tests;
