//! Texts made of texts. What does not change is not copied.

use super::super::loops::try_visit;
use super::{find, part_of};
use crate::rules::cause::CauseKind;
use crate::rules::site::Failure;
use crate::rules::vm::text::{SHORT, Text, Texts, TooLong};
use crate::rules::vm::value::{Bits, Fails, Src};
use std::ops::ControlFlow;

/// `out[row] = f(row)` for the rows of the mask, until one does not fit.
pub(super) fn make(
    mask: Bits<'_>,
    out: &mut [Text],
    mut f: impl FnMut(usize) -> Result<Text, TooLong>,
) -> Result<(), TooLong> {
    out.fill(Text::default());
    let made = try_visit(mask, 0, out.len(), |row| match f(row) {
        Ok(text) => {
            out[row] = text;
            ControlFlow::Continue(())
        }
        Err(error) => ControlFlow::Break(error),
    });
    made.break_value().map_or(Ok(()), Err)
}

/// A result that is a text of a column: it can be longer than computed ones may be.
fn fitting(texts: &Texts<'_>, text: Text) -> Result<Text, TooLong> {
    if text.len() > texts.limit() { Err(TooLong) } else { Ok(text) }
}

/// Joined.
///
/// # Errors
/// [`TooLong`].
pub fn join(texts: &mut Texts<'_>, parts: &[Src<'_, Text>], mask: Bits<'_>, out: &mut [Text]) -> Result<(), TooLong> {
    let mut joined = String::new();
    make(mask, out, |row| {
        let len = parts.iter().fold(0, |sum: usize, part| sum.saturating_add(part.get(row).len()));
        if len <= SHORT && len <= texts.limit() {
            let shifted = |(bytes, at): (u128, u32), part: &Src<'_, Text>| {
                let part = part.get(row);
                // Behind 12 bytes only empty parts follow.
                (bytes | (part.0 >> 32).checked_shl(at).unwrap_or(0), at + 8 * part.len() as u32)
            };
            let (bytes, _) = parts.iter().fold((0, 32), shifted);
            return Ok(Text(bytes | len as u128));
        }
        if len > texts.limit() {
            return Err(TooLong);
        }
        joined.clear();
        parts.iter().for_each(|part| texts.with(part.get(row), |part| joined.push_str(part)));
        texts.push(&joined)
    })
}

/// The highest bit of each of 12 bytes.
const HIGHEST: u128 = 0x8080_8080_8080_8080_8080_8080;
/// The lowest bit of each of 12 bytes.
const LOWEST: u128 = HIGHEST >> 7;

/// A short ASCII text with the case of its bytes `from..=to` changed.
#[inline(always)]
fn change_ascii(text: Text, from: u8, to: u8) -> Option<Text> {
    let bytes = text.0 >> 32;
    if !text.is_short() || bytes & HIGHEST != 0 {
        return None;
    }
    // With bytes below 128 no sum carries over; its highest bit says whether a byte is at least so much.
    let at_least = bytes.wrapping_add(LOWEST * u128::from(0x80 - from));
    let above = bytes.wrapping_add(LOWEST * u128::from(0x7F - to));
    let case = (at_least & !above & HIGHEST) >> 2;
    Some(Text(text.0 ^ (case << 32)))
}

/// Changes the case of texts: of short ASCII ones by `ascii`, of others by `full`, which appends to an empty text.
fn change(
    texts: &mut Texts<'_>,
    a: Src<'_, Text>,
    mask: Bits<'_>,
    out: &mut [Text],
    ascii: (u8, u8),
    full: impl Fn(&str, &mut String),
) -> Result<(), TooLong> {
    let mut changed = String::new();
    let mut last = (Text::default(), Text::default());
    make(mask, out, |row| {
        let text = a.get(row);
        if let Some(short) = change_ascii(text, ascii.0, ascii.1) {
            return Ok(short);
        }
        if text != last.0 {
            changed.clear();
            let same = texts.with(text, |text| {
                full(text, &mut changed);
                text == changed
            });
            last = (text, if same { fitting(texts, text)? } else { texts.push(&changed)? });
        }
        Ok(last.1)
    })
}

/// In lower case.
///
/// # Errors
/// [`TooLong`].
pub fn lower(texts: &mut Texts<'_>, a: Src<'_, Text>, mask: Bits<'_>, out: &mut [Text]) -> Result<(), TooLong> {
    change(texts, a, mask, out, (b'A', b'Z'), |text, lower| {
        // The only character whose lower case depends on its neighbours.
        if text.contains('Σ') {
            lower.push_str(&text.to_lowercase());
        } else {
            lower.extend(text.chars().flat_map(char::to_lowercase));
        }
    })
}

/// In upper case.
///
/// # Errors
/// [`TooLong`].
pub fn upper(texts: &mut Texts<'_>, a: Src<'_, Text>, mask: Bits<'_>, out: &mut [Text]) -> Result<(), TooLong> {
    change(texts, a, mask, out, (b'a', b'z'), |text, upper| {
        upper.extend(text.chars().flat_map(char::to_uppercase));
    })
}

/// Without white space at both ends. Nothing is copied.
///
/// # Errors
/// [`TooLong`].
pub fn trim(texts: &Texts<'_>, a: Src<'_, Text>, mask: Bits<'_>, out: &mut [Text]) -> Result<(), TooLong> {
    make(mask, out, |row| {
        let whole = a.get(row);
        let trimmed = texts.with(whole, |text| {
            let from = text.len() - text.trim_start().len();
            let to = from + text.trim().len();
            if to - from == text.len() { whole } else { part_of(whole, text.as_bytes(), from, to) }
        });
        fitting(texts, trimmed)
    })
}

/// `whole` with every `from` replaced by `to`; an empty `from` is out of range at operand 1.
///
/// # Errors
/// [`TooLong`].
pub fn replace(
    texts: &mut Texts<'_>,
    whole: Src<'_, Text>,
    from: Src<'_, Text>,
    to: Src<'_, Text>,
    mask: Bits<'_>,
    out: &mut [Text],
    fails: &mut Fails,
) -> Result<(), TooLong> {
    let rows = out.len();
    let mut replaced = String::new();
    make(mask, out, |row| {
        let (whole, from, to) = (whole.get(row), from.get(row), to.get(row));
        if from.is_empty() {
            fails.set(row, rows, Failure::operand(CauseKind::OutOfRange, 1));
            return Ok(Text::default());
        }
        if texts.with_bytes(whole, |whole| texts.with_bytes(from, |from| find(whole, from).is_none())) {
            return fitting(texts, whole);
        }
        replaced.clear();
        let limit = texts.limit();
        texts.with(whole, |whole| {
            texts.with(from, |from| texts.with(to, |to| write_replaced(&mut replaced, [whole, from, to], limit)))
        })?;
        texts.push(&replaced)
    })
}

/// Appends a text with its parts replaced, if it fits: a few bytes can become very many.
fn write_replaced(out: &mut String, [whole, from, to]: [&str; 3], limit: usize) -> Result<(), TooLong> {
    let mut pieces = whole.split(from);
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        out.push_str(to);
        out.push_str(piece);
        if out.len() > limit {
            return Err(TooLong);
        }
    }
    Ok(())
}
