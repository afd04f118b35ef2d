//! What an expression gives, as its column declares it.
//!
//! In: a series of a rule's type. Out: a series of the column's type, and the rows whose value does not fit it. Must not
//! know: expressions. Start at [`to_declared`].
//!
//! A float becomes the decimal of the column's scale that is nearest to it, halves away from zero. It is taken as its first 15
//! digits say it, where these reach behind the scale: the product of 1 and 2.675 is the double just below, and means the
//! half. So amounts are those that a computation in decimals gives, as long as they have no more digits than that.

use crate::dtype::DataType;
use crate::error::Error;
use crate::manifest::model::Column;
use crate::rules::data::{Cell as RuleCell, ColumnData};
use crate::rules::schema::ColumnSchema;
use crate::table::batch::ColumnBuilder;
use crate::table::value::{Cell, check_precision};
use polars::prelude::Series;

/// The series as the column is declared, and the rows whose value it cannot hold, each with why.
pub fn to_declared(series: &Series, given: DataType, column: &Column) -> Result<(Series, Vec<(u32, String)>), Error> {
    if given == column.dtype {
        return Ok((series.clone().with_name(column.name.as_str().into()).rechunk(), Vec::new()));
    }
    let schema = ColumnSchema {
        name: column.name.clone(),
        dtype: given,
        optional: true,
        added: false,
        minor_units: false,
        unit: None,
    };
    let data = ColumnData::from_series(series, &schema)?;
    let mut builder = ColumnBuilder::new(&column.name, column.dtype, data.len());
    let mut unfit = Vec::new();
    for row in 0..data.len() {
        let cell = match (data.get(row), column.dtype) {
            (None, _) => Ok(Cell::Missing),
            (Some(RuleCell::Int(v)), DataType::Float) => Ok(Cell::Float(v as f64)),
            (Some(RuleCell::Int(v)), DataType::Decimal { precision, scale }) => {
                let power = if column.minor_units { 1 } else { 10_i128.pow(u32::from(scale)) };
                let units = i128::from(v).checked_mul(power).unwrap_or(i128::MAX);
                check_precision(units, precision, scale).map(Cell::Decimal)
            }
            (Some(RuleCell::Float(v)), DataType::Decimal { precision, scale }) => {
                let units = units(v, scale).unwrap_or(i128::MAX);
                check_precision(units, precision, scale).map(Cell::Decimal)
            }
            _ => return Err(Error::Defect(format!("column {} is computed as {given}", column.name))),
        };
        match cell {
            Ok(cell) => builder.push(cell, None),
            Err(why) => {
                builder.push(Cell::Missing, None);
                unfit.push((row as u32, why));
            }
        }
    }
    Ok((builder.finish(), unfit))
}

/// Digits looked at behind those that stay. A double that close to a half and unlike it does not occur.
const FURTHER: usize = 40;
/// Digits that every double holds.
const HELD: usize = 15;

/// The units of 10^-scale nearest to a float, halves away from zero; `None` where 128 bits do not hold them.
pub fn units(value: f64, scale: u8) -> Option<i128> {
    let scale = usize::from(scale);
    let written = |further: usize| format!("{:.*}", scale + further, value.abs());
    let mut text = written(FURTHER);
    // What is below 1 has no digits before the point.
    let before = text.split_once('.')?.0.trim_start_matches('0').len();
    if before + scale < HELD {
        text = written(HELD - before - scale);
    }
    let (whole, fraction) = text.split_once('.')?;
    let (kept, rest) = fraction.split_at_checked(scale)?;
    let units: i128 = format!("{whole}{kept}").parse().ok()?;
    let units = units.checked_add(i128::from(rest.as_bytes().first().is_some_and(|digit| *digit >= b'5')))?;
    Some(if value < 0.0 { -units } else { units })
}

#[cfg(test)]
mod tests {
    use super::units;

    #[test]
    fn halves_go_away_from_zero() {
        for (value, scale, expected) in [
            (0.125, 2, 13),
            (-0.125, 2, -13),
            (1.005, 2, 101),
            (3.0 * 1.115, 2, 335),
            (0.145, 2, 15),
            (0.1449999999999, 2, 14),
            (2.675, 2, 268),
            (9007199254740994.0, 2, 900_719_925_474_099_400),
            (0.1 + 0.2, 2, 30),
            (0.5, 0, 1),
            (-0.0, 2, 0),
            (1e22, 2, 1_000_000_000_000_000_000_000_000),
            (1e-300, 30, 0),
        ] {
            assert_eq!(units(value, scale), Some(expected), "{value}");
        }
        assert_eq!(units(1e300, 2), None);
        assert_eq!(units(f64::NAN, 2), None);
    }
}
