//! Values as text and back; what each value's text is says [`format`].

use super::super::loops::visit;
use super::build::make;
use crate::rules::cause::CauseKind;
use crate::rules::format::{self, NotANumber};
use crate::rules::site::Failure;
use crate::rules::vm::text::{Text, Texts, TooLong};
use crate::rules::vm::value::{Bits, Fails, Src};
use jiff::tz::TimeZone;
use std::fmt::Write;

/// Texts of values, each written only where it differs from the row before.
fn print<T: Copy + PartialEq>(
    texts: &mut Texts<'_>,
    a: Src<'_, T>,
    mask: Bits<'_>,
    out: &mut [Text],
    write: impl Fn(&mut String, T),
) -> Result<(), TooLong> {
    let mut written = String::new();
    let mut last: Option<(T, Text)> = None;
    make(mask, out, |row| {
        let value = a.get(row);
        match last {
            Some((same, text)) if same == value => Ok(text),
            _ => {
                written.clear();
                write(&mut written, value);
                let text = texts.push(&written)?;
                last = Some((value, text));
                Ok(text)
            }
        }
    })
}

/// Of ints.
///
/// # Errors
/// [`TooLong`].
pub fn of_ints(texts: &mut Texts<'_>, a: Src<'_, i64>, mask: Bits<'_>, out: &mut [Text]) -> Result<(), TooLong> {
    // Writing to a String cannot fail.
    print(texts, a, mask, out, |out, n| write!(out, "{n}").unwrap_or_default())
}

/// Of floats.
///
/// # Errors
/// [`TooLong`].
pub fn of_floats(texts: &mut Texts<'_>, a: Src<'_, f64>, mask: Bits<'_>, out: &mut [Text]) -> Result<(), TooLong> {
    // Zeros of either sign are equal, and have one text.
    print(texts, a, mask, out, format::write_float)
}

/// Of bools.
pub fn of_bools(a: Bits<'_>, out: &mut [Text]) {
    let texts = [Text::new(b"false", 0, 0), Text::new(b"true", 0, 0)];
    out.iter_mut().enumerate().for_each(|(row, out)| *out = texts[usize::from(a.get(row))]);
}

/// Of dates.
///
/// # Errors
/// [`TooLong`].
pub fn of_dates(texts: &mut Texts<'_>, a: Src<'_, i32>, mask: Bits<'_>, out: &mut [Text]) -> Result<(), TooLong> {
    print(texts, a, mask, out, format::write_date)
}

/// Of instants (microseconds), in a time zone.
///
/// # Errors
/// [`TooLong`].
pub fn of_instants(
    texts: &mut Texts<'_>,
    a: Src<'_, i64>,
    zone: &TimeZone,
    mask: Bits<'_>,
    out: &mut [Text],
) -> Result<(), TooLong> {
    print(texts, a, mask, out, |out, micros| format::write_datetime(out, micros, zone))
}

/// Numbers that texts write.
fn read<T: Copy + Default>(
    texts: &Texts<'_>,
    a: Src<'_, Text>,
    mask: Bits<'_>,
    (out, fails): (&mut [T], &mut Fails),
    parse: impl Fn(&str) -> Result<T, NotANumber>,
    too_large: CauseKind,
) {
    let rows = out.len();
    out.fill(T::default());
    visit(mask, 0, rows, |row| match texts.with(a.get(row), &parse) {
        Ok(number) => out[row] = number,
        Err(NotANumber::TooLarge) => fails.set(row, rows, Failure::whole(too_large)),
        Err(NotANumber::Text) => fails.set(row, rows, Failure::whole(CauseKind::NotANumber)),
    });
}

/// Ints that texts write; rows outside the mask give 0 and do not fail.
pub fn to_ints(texts: &Texts<'_>, a: Src<'_, Text>, mask: Bits<'_>, out: &mut [i64], fails: &mut Fails) {
    read(texts, a, mask, (out, fails), format::parse_int, CauseKind::Overflow);
}

/// Floats that texts write; rows outside the mask give 0.0 and do not fail.
pub fn to_floats(texts: &Texts<'_>, a: Src<'_, Text>, mask: Bits<'_>, out: &mut [f64], fails: &mut Fails) {
    read(texts, a, mask, (out, fails), format::parse_float, CauseKind::NotFinite);
}
