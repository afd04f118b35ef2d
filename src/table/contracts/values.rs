//! Rules over the values of one column: allowed, range, pattern, length.
//!
//! In: a column of a table. Out: the rows that break each rule. Must not know: other columns. Start at [`check`]. A missing
//! value breaks none of them: `required` asks for a value.

use super::{Broken, Judged, World};
use crate::diag::ids;
use crate::error::Error;
use crate::manifest::model::{Column, Range, Rule, Scalar};
use crate::rules::data::{Cell, ColumnData};
use crate::rules::schema::ColumnSchema;
use crate::source::Span;
use crate::table::batch::cut;
use crate::table::keys::Keys;
use crate::table::read::RawTable;
use hashbrown::HashSet;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use polars::prelude::Series;
use rayon::prelude::*;

/// The column over its buffers.
pub fn data(column: &Column, series: &Series) -> Result<ColumnData, Error> {
    let schema = ColumnSchema {
        name: column.name.clone(),
        dtype: column.dtype,
        optional: true,
        added: false,
        minor_units: false,
        unit: None,
    };
    ColumnData::from_series(series, &schema)
}

/// Holds the values of a column against its rules, in the order of the manual.
pub fn check(raw: &RawTable, position: usize, world: &World, judged: &mut Judged) -> Result<(), Error> {
    let Some((_, column)) = raw.table.columns.get_index(position) else { return Ok(()) };
    let contract = &column.contract;
    let quiet = contract.allowed.is_none()
        && contract.range.is_none()
        && contract.pattern.is_none()
        && contract.length.is_none();
    let Some(series) = raw.columns.get(position).filter(|_| !quiet) else { return Ok(()) };
    let values = Values { column, data: data(column, series)?, keys: Keys::new(&[series])?, zone: world.zone };
    if let Some(rule) = &contract.allowed {
        let texts: HashSet<&str> = rule.is.iter().filter_map(text).collect();
        let holds = |row: usize| match values.data.get(row) {
            Some(Cell::Text(value)) => texts.contains(value),
            _ => rule.is.iter().any(|allowed| values.equals(row, allowed)),
        };
        values.judge(rule, "allowed", "not an allowed value".into(), &holds, judged);
    }
    if let Some(rule) = &contract.range {
        let what = format!("range: {}", rule.is.text);
        values.judge(rule, &what, format!("not within {}", rule.is.text), &|row| values.within(row, &rule.is), judged);
    }
    if let Some(rule) = &contract.pattern {
        let holds = |row: usize| match values.data.get(row) {
            Some(Cell::Text(value)) => rule.is.regex.is_match(value),
            _ => true,
        };
        let what = format!("pattern: {}", rule.is.text);
        values.judge(rule, &what, format!("not of the pattern {}", rule.is.text), &holds, judged);
    }
    if let Some(rule) = &contract.length {
        let holds = |row: usize| match values.data.get(row) {
            Some(Cell::Text(value)) => rule.is.hold(value.chars().count() as u64),
            _ => true,
        };
        let what = format!("length: {}", rule.is);
        values.judge(rule, &what, format!("its length is not within {}", rule.is), &holds, judged);
    }
    Ok(())
}

fn text(value: &Scalar) -> Option<&str> {
    match value {
        Scalar::Text(text) => Some(text),
        _ => None,
    }
}

struct Values<'v> {
    column: &'v Column,
    data: ColumnData,
    keys: Keys<'v>,
    zone: &'v TimeZone,
}

impl Values<'_> {
    fn judge<T>(
        &self,
        rule: &Rule<T>,
        what: &str,
        message: String,
        holds: &(dyn Fn(usize) -> bool + Sync),
        judged: &mut Judged,
    ) {
        let alive = &judged.alive;
        let breaks = |row: &usize| alive[*row] && self.data.get(*row).is_some() && !holds(*row);
        let rows: Vec<u32> = (0..alive.len()).into_par_iter().filter(breaks).map(|row| row as u32).collect();
        let text = |row: u32| cut(&self.keys.text(row as usize, self.zone));
        let span: Span = rule.span;
        let name = &self.column.name;
        let broken = Broken {
            severity: rule.severity,
            columns: vec![name.clone()],
            id: ids::NOT_ALLOWED,
            message,
            rule: format!("`{what}` of `{name}`"),
            span,
            text: &text,
        };
        judged.take(broken, rows);
    }

    fn equals(&self, row: usize, value: &Scalar) -> bool {
        match (value, self.data.get(row)) {
            (Scalar::Int(a), Some(Cell::Int(b))) => *a == b,
            (Scalar::Bool(a), Some(Cell::Bool(b))) => *a == b,
            (Scalar::Day(a), Some(Cell::Date(b))) => *a == b,
            (Scalar::Units(a), Some(_)) => self.data.decimal(row) == Some(*a),
            _ => false,
        }
    }

    fn within(&self, row: usize, range: &Range) -> bool {
        let (from, to) = (range.from.as_ref(), range.to.as_ref());
        match self.data.get(row) {
            Some(Cell::Int(v)) => between(v, from, to, |s| if let Scalar::Int(v) = s { Some(*v) } else { None }),
            Some(Cell::Date(v)) => between(v, from, to, day),
            Some(Cell::DateTime(v)) => day_of(v, self.zone).is_some_and(|v| between(v, from, to, day)),
            Some(Cell::Float(v)) => match self.data.decimal(row) {
                Some(v) => between(v, from, to, |s| if let Scalar::Units(v) = s { Some(*v) } else { None }),
                None => between(v, from, to, |s| if let Scalar::Float(v) = s { Some(*v) } else { None }),
            },
            _ => true,
        }
    }
}

fn day(value: &Scalar) -> Option<i32> {
    if let Scalar::Day(day) = value { Some(*day) } else { None }
}

fn between<T: PartialOrd>(
    value: T,
    from: Option<&Scalar>,
    to: Option<&Scalar>,
    read: impl Fn(&Scalar) -> Option<T>,
) -> bool {
    from.is_none_or(|from| read(from).is_some_and(|from| value >= from))
        && to.is_none_or(|to| read(to).is_some_and(|to| value <= to))
}

/// The day that clocks of the zone show at an instant, in days since 1970-01-01.
pub fn day_of(micros: i64, zone: &TimeZone) -> Option<i32> {
    let instant = Timestamp::from_microsecond(micros).ok()?;
    Some(crate::calendar::day_number(zone.to_datetime(instant).date()))
}
