//! Columns that are of a type but for a few values, and days that are written in two ways.
//!
//! In: the texts of a column that no single declaration reads. Out: a declaration with two formats ([`two_formats`]), or words on what nearly
//! fits ([`although`]). Must not know: other columns, files.

use super::column::{DATES, INSTANTS, Values, of_numbers};
use super::marks;
use super::names::{is_customer, is_identifier_like, is_sensitive};
use crate::dtype::DataType;
use crate::manifest::model::Column;
use crate::table::value::{Cell, CellParser, Memo};
use std::collections::HashMap;

/// The share of values that must be of a type to be worth a word.
const NEARLY: f64 = 0.95;
/// Values below which nothing is said.
const ENOUGH: usize = 20;
/// Unlike texts by which declarations are tried.
const TRIED: usize = 1000;

/// What a column would be but for some of its values, in words; `counts` says how often each text stands there.
pub(super) fn although(
    values: &Values<'_>,
    counts: &HashMap<&str, usize>,
    base: &Column,
    commas: bool,
) -> Option<String> {
    let rows = |text: &&&str| counts.get(**text).copied().unwrap_or(1);
    let total: usize = values.known.iter().map(|text| rows(&text)).sum();
    // What names somebody is a text that may look like a number.
    if total < ENOUGH || is_identifier_like(&base.name) || is_customer(&base.name) {
        return None;
    }
    let dated = |dtype: DataType, format: &&str| {
        let formats = if format.is_empty() { Vec::new() } else { vec![(*format).to_owned()] };
        Column { dtype, formats, ..base.clone() }
    };
    let numbers = match values.known.iter().any(|text| marks::is_zero_led(text)) {
        true => Vec::new(),
        false => of_numbers(values, base, commas, &marks::of(&base.name, &values.known).taken),
    };
    let kinds = [
        ("numbers", numbers),
        ("days", DATES.iter().map(|format| dated(DataType::Date, format)).collect()),
        ("times", INSTANTS.iter().map(|format| dated(DataType::DateTime, format)).collect()),
        ("bools", vec![Column { dtype: DataType::Bool, ..base.clone() }]),
    ];
    let sample: Vec<&&str> = values.known.iter().step_by(values.known.len() / TRIED + 1).collect();
    let all: usize = sample.iter().map(rows).sum();
    let mut best: Option<(usize, &str, &Column)> = None;
    for (kind, columns) in &kinds {
        for column in columns {
            let reads = read_by(values, column);
            let found: usize = sample.iter().filter(|text| reads(text)).map(rows).sum();
            // The sample may have more of the odd ones than its share.
            if found as f64 >= (NEARLY - 0.05) * all as f64 && best.is_none_or(|(most, ..)| found > most) {
                best = Some((found, *kind, column));
            }
        }
    }
    let (_, kind, column) = best?;
    let reads = read_by(values, column);
    let found: usize = values.known.iter().filter(|text| reads(text)).map(|text| rows(&text)).sum();
    if found == total || (found as f64) < NEARLY * total as f64 {
        return None;
    }
    let odd = values.known.iter().find(|text| !reads(text))?;
    let shown: String = odd.chars().take(40).collect();
    let one = if is_sensitive(&base.name) { "one".to_owned() } else { format!("`{}`", shown.escape_debug()) };
    let [found, total] = [found, total].map(super::yaml::count);
    Some(format!(
        "although {found} of {total} values are {kind}: {one} is not; correct it with `values`, or name it under `missing`"
    ))
}

fn read_by<'v>(values: &'v Values<'_>, column: &'v Column) -> impl Fn(&str) -> bool + use<'v> {
    let parser = CellParser::new(column, &values.zone);
    move |text| parser.parse(text, &mut Memo::default()).is_ok()
}

/// A declaration with two formats by which all texts are days, where neither can be read another way; `Err` says why there is none although
/// two would read all.
pub(super) fn two_formats(values: &Values<'_>, base: &Column) -> Result<Option<Column>, String> {
    for (dtype, formats) in [(DataType::Date, &DATES), (DataType::DateTime, &INSTANTS)] {
        let with = |formats: &[&str]| {
            let formats = formats.iter().map(|format| (*format).to_owned()).collect();
            Column { dtype, formats, ..base.clone() }
        };
        let sample: Vec<&&str> = values.known.iter().step_by(values.known.len() / TRIED + 1).collect();
        let days = |format: &str| -> Vec<Option<i64>> {
            let column = with(&[format]);
            let parser = CellParser::new(&column, &values.zone);
            let mut memo = Memo::default();
            let day = |text: &&&str| match parser.parse(text, &mut memo).ok()?.0 {
                Cell::Date(day) => Some(i64::from(day)),
                Cell::DateTime(micros) => Some(micros),
                _ => None,
            };
            sample.iter().map(day).collect()
        };
        let read: Vec<(&str, Vec<Option<i64>>)> =
            formats.iter().filter(|format| !format.is_empty()).map(|format| (*format, days(format))).collect();
        let count = |days: &[Option<i64>]| days.iter().flatten().count();
        let Some(first) = read.iter().rev().max_by_key(|(_, days)| count(days)) else { continue };
        let left = |days: &[Option<i64>]| {
            days.iter().zip(&first.1).filter(|(own, other)| own.is_some() && other.is_none()).count()
        };
        let Some(second) = read.iter().rev().max_by_key(|(_, days)| left(days)) else { continue };
        let (most, fewer) = (count(&first.1), left(&second.1));
        // Two texts of a kind at least: one may be mistyped.
        if most < 2 || fewer < 2 || values.odd(&with(&[first.0, second.0])).is_none() {
            continue;
        }
        let unlike = first.1.iter().zip(&second.1).any(|(one, other)| one.is_some() && other.is_some() && one != other);
        let turns = |(format, own): &(&str, Vec<Option<i64>>), many: usize| {
            let turned = super::column::turned(format);
            // Only of those texts that this format is needed for.
            let needed = |at: &usize| own[*at].is_some() && (many == most || first.1[*at].is_none());
            let can_turn = format.contains(['/', '-']) && !format.starts_with("%Y") && turned != *format;
            can_turn && {
                let other = days(&turned);
                (0..own.len()).filter(needed).all(|at| other[at].is_some())
            }
        };
        if unlike || turns(first, most) || turns(second, fewer) {
            return Err(format!(
                "although all values are days, written as {} and {}: of one of them day and month can be exchanged; say under `formats` which it is",
                first.0, second.0
            ));
        }
        return Ok(Some(with(&[first.0, second.0])));
    }
    Ok(None)
}
