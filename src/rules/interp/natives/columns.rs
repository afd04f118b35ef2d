//! Functions that read tables: columns, references, related rows, parameter tables, standings.
//!
//! In: what a table holds, shared. Out: closures over it. A row is its number; a missing row is a failure unless the
//! access is safe.

use super::lists::NO_ELEMENT;
use super::{Args, Closure, int, list, text};
use crate::calendar;
use crate::manifest::model::{ParameterTable, ParameterValue};
use crate::rules::cause::CauseKind;
use crate::rules::data::{Cell, ColumnData, NO_ROW, Related, nearest_double};
use crate::rules::format;
use crate::rules::interp::meter;
use crate::rules::interp::site::{Failure, Outcome};
use jiff::tz::TimeZone;
use rhai::{Array, Dynamic, ImmutableString, Map};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The value of a cell.
fn value_of(cell: Option<Cell<'_>>) -> Outcome {
    Ok(match cell {
        None => Dynamic::UNIT,
        Some(Cell::Text(text)) => ImmutableString::from(text).into(),
        Some(Cell::Int(n)) | Some(Cell::DateTime(n)) => Dynamic::from_int(n),
        Some(Cell::Float(x)) => Dynamic::from_float(x),
        Some(Cell::Bool(b)) => b.into(),
        Some(Cell::Date(days)) => Dynamic::from_int(i64::from(days)),
        Some(Cell::TooLarge) => return Err(Failure::whole(CauseKind::Overflow)),
    })
}

/// The row that is argument 0; `None` where a safe access meets a missing one.
fn row(args: &[&mut Dynamic], safe: bool) -> Outcome<Option<usize>> {
    if safe && args[0].is_unit() {
        return Ok(None);
    }
    Ok(Some(int(args, 0)? as usize))
}

/// `row ↦ cell`.
pub(in crate::rules::interp) fn column(data: ColumnData, safe: bool) -> Closure {
    match data {
        ColumnData::Float(values) => Arc::new(move |args: Args<'_, '_>| {
            use polars::prelude::StaticArray;
            let Some(row) = row(args, safe)? else { return Ok(Dynamic::UNIT) };
            Ok(values.get(row).map_or(Dynamic::UNIT, Dynamic::from_float))
        }),
        data => Arc::new(move |args: Args<'_, '_>| match row(args, safe)? {
            Some(row) => value_of(data.get(row)),
            None => Ok(Dynamic::UNIT),
        }),
    }
}

/// `rows ↦ list of cells`; a missing row is a missing element unless the access is safe.
pub(in crate::rules::interp) fn pluck(data: ColumnData, safe: bool) -> Closure {
    Arc::new(move |args: Args<'_, '_>| {
        let rows = list(args, 0)?;
        meter::charge(rows.len());
        let cell = |row: &Dynamic| match row.as_int() {
            Ok(row) => value_of(data.get(row as usize)),
            Err(_) if safe => Ok(Dynamic::UNIT),
            Err(_) => Err(NO_ELEMENT),
        };
        Ok(rows.iter().map(cell).collect::<Outcome<Array>>()?.into())
    })
}

/// `row ↦ row of the target`.
pub(in crate::rules::interp) fn reference(targets: Arc<[u32]>, safe: bool) -> Closure {
    Arc::new(move |args: Args<'_, '_>| {
        let target = row(args, safe)?.and_then(|row| targets.get(row).copied()).filter(|t| *t != NO_ROW);
        Ok(target.map_or(Dynamic::UNIT, |t| Dynamic::from_int(i64::from(t))))
    })
}

/// `row ↦ list of the rows that lead to it`.
pub(in crate::rules::interp) fn related(many: Arc<Related>, safe: bool) -> Closure {
    Arc::new(move |args: Args<'_, '_>| {
        let Some(row) = row(args, safe)? else { return Ok(Dynamic::UNIT) };
        let rows = many.of(row);
        meter::check_collection(rows.len())?;
        meter::charge(rows.len());
        Ok(rows.iter().map(|r| Dynamic::from_int(i64::from(*r))).collect::<Array>().into())
    })
}

/// `rows ↦ exact sum of a decimal column`, as its nearest double.
pub(in crate::rules::interp) fn sum_decimals(data: ColumnData, scale: u8) -> Closure {
    Arc::new(move |args: Args<'_, '_>| {
        let rows = list(args, 0)?;
        meter::charge(rows.len());
        let mut sum = 0i128;
        for row in rows.iter() {
            let value = row.as_int().ok().and_then(|row| data.decimal(row as usize)).ok_or(NO_ELEMENT)?;
            sum = sum.checked_add(value).ok_or(Failure::whole(CauseKind::Overflow))?;
        }
        Ok(Dynamic::from_float(nearest_double(sum, scale)))
    })
}

/// `list ↦ its elements that are there`; how many were dropped is counted.
pub(in crate::rules::interp) fn known(dropped: Arc<AtomicU64>) -> Closure {
    Arc::new(move |args: Args<'_, '_>| keep_known(args, &dropped, |item| !item.is_unit()))
}

/// `rows ↦ those whose decimal is there`; how many were dropped is counted.
pub(in crate::rules::interp) fn known_decimals(data: ColumnData, dropped: Arc<AtomicU64>) -> Closure {
    Arc::new(move |args: Args<'_, '_>| {
        keep_known(args, &dropped, |row| row.as_int().is_ok_and(|row| data.decimal(row as usize).is_some()))
    })
}

fn keep_known(args: Args<'_, '_>, dropped: &AtomicU64, is_known: impl Fn(&Dynamic) -> bool) -> Outcome {
    let items = list(args, 0)?;
    meter::charge(items.len());
    let kept: Array = items.iter().filter(|item| is_known(item)).cloned().collect();
    if kept.len() < items.len() {
        dropped.fetch_add((items.len() - kept.len()) as u64, Ordering::Relaxed);
    }
    Ok(kept.into())
}

/// `key ↦ value or row of a parameter table`; missing where there is no such key.
pub(in crate::rules::interp) fn parameter_table(table: &ParameterTable) -> Closure {
    let row = |values: &Vec<ParameterValue>| -> Dynamic {
        if table.plain {
            return values.first().map_or(Dynamic::UNIT, parameter);
        }
        let entries = table.columns.iter().zip(values).map(|(name, v)| (name.as_str().into(), parameter(v)));
        entries.collect::<Map>().into()
    };
    let rows: HashMap<String, Dynamic> = table.rows.iter().map(|(key, values)| (key.clone(), row(values))).collect();
    Arc::new(move |args: Args<'_, '_>| Ok(rows.get(text(args, 0)?.as_str()).cloned().unwrap_or_default()))
}

fn parameter(value: &ParameterValue) -> Dynamic {
    match value {
        ParameterValue::Int(n) => Dynamic::from_int(*n),
        ParameterValue::Float(x) => Dynamic::from_float(*x),
        ParameterValue::Bool(b) => (*b).into(),
        ParameterValue::Text(text) => text.as_str().into(),
        ParameterValue::Date(date) => Dynamic::from_int(i64::from(calendar::day_number(*date))),
        ParameterValue::List(items) => items.iter().map(parameter).collect::<Array>().into(),
    }
}

/// `datetime ↦ date` in the project's time zone.
pub(in crate::rules::interp) fn date_of(zone: TimeZone) -> Closure {
    Arc::new(move |args: Args<'_, '_>| {
        let days = calendar::day_of_instant(int(args, 0)?, &zone).ok_or(Failure::whole(CauseKind::Overflow))?;
        Ok(Dynamic::from_int(i64::from(days)))
    })
}

/// `datetime ↦ text` in the project's time zone.
pub(in crate::rules::interp) fn text_of_datetime(zone: TimeZone) -> Closure {
    Arc::new(move |args: Args<'_, '_>| Ok(format::datetime(int(args, 0)?, &zone).into()))
}
