//! Amounts converted by a dated table of rates.
//!
//! In: the judged rows of the table of rates, a column to convert. Out: the amounts in the other currency, and the day of each
//! rate. Must not know: where currencies are declared. Start at [`RateBook::new`].
//!
//! The rate of a day is the latest on or before it, if it is not older than the manifest allows. A currency into itself is
//! converted by 1, with the day itself. Of a decimal amount and a decimal rate the product is exact, and rounded once to the
//! column's scale, halves away from zero; with a float among them it is the product of the nearest doubles.

use super::convert::units;
use super::values::{data, day_of};
use super::{Cause, Judged, World};
use crate::diag::ids;
use crate::dtype::DataType;
use crate::error::Error;
use crate::manifest::model::{Column, Convert, Currency, Rates};
use crate::rules::data::{Cell as RuleCell, ColumnData, nearest_double};
use crate::table::batch::{ColumnBuilder, cut, lacking};
use crate::table::read::RawTable;
use crate::table::rejected::Outcome;
use crate::table::value::{Cell, check_precision, date_text};
use crate::table::withhold::WITHHELD;
use hashbrown::HashMap;
use indexmap::IndexMap;

/// A number as it stands in a column.
#[derive(Clone, Copy, Debug)]
enum Number {
    /// Units of 10^-scale.
    Decimal(i128, u8),
    Float(f64),
}

impl Number {
    fn of(values: &ColumnData, row: usize) -> Option<Number> {
        match (values, values.get(row)?) {
            (ColumnData::Decimal { scale, .. }, _) => Some(Number::Decimal(values.decimal(row)?, *scale)),
            (_, RuleCell::Float(value)) => Some(Number::Float(value)),
            _ => None,
        }
    }

    fn is_positive(self) -> bool {
        match self {
            Number::Decimal(value, _) => value > 0,
            Number::Float(value) => value > 0.0,
        }
    }

    fn double(self) -> f64 {
        match self {
            Number::Decimal(value, scale) => nearest_double(value, scale),
            Number::Float(value) => value,
        }
    }

    /// The product as a value of the column; `None` where the column cannot hold it.
    fn times(self, rate: Number, column: &Column) -> Option<Cell> {
        let product = || Some(self.double() * rate.double()).filter(|product| product.is_finite());
        let DataType::Decimal { precision, scale } = column.dtype else { return product().map(Cell::Float) };
        let found = match (self, rate) {
            (Number::Decimal(a, of_a), Number::Decimal(b, of_b)) => rescaled(a.checked_mul(b)?, of_a + of_b, scale)?,
            _ => units(product()?, scale)?,
        };
        check_precision(found, precision, scale).ok().map(Cell::Decimal)
    }
}

/// Units of 10^-from as units of 10^-to, halves away from zero.
fn rescaled(value: i128, from: u8, to: u8) -> Option<i128> {
    if from <= to {
        return value.checked_mul(10_i128.checked_pow(u32::from(to - from))?);
    }
    let Some(divisor) = 10_i128.checked_pow(u32::from(from - to)) else { return Some(0) };
    let (whole, rest) = (value / divisor, value % divisor);
    let up = i128::from(rest.unsigned_abs() >= divisor.unsigned_abs() - divisor.unsigned_abs() / 2);
    whole.checked_add(if value < 0 { -up } else { up })
}

/// The rates of a table, by currency.
#[derive(Debug, Default)]
pub struct RateBook {
    /// By day, ascending.
    by_currency: HashMap<String, Vec<(i32, Number)>>,
}

impl RateBook {
    /// The rates of the rows that stay. Of a day with several rates the first counts; its repeated key fails the run.
    pub fn new(rates: &Rates, raw: &RawTable, judged: &Judged) -> Result<RateBook, Error> {
        let column = |name: &str| {
            let (position, _, column) = raw.table.columns.get_full(name)?;
            Some(raw.columns.get(position).map(|series| data(column, series)))
        };
        let found = |name: &str| {
            let found = column(name).flatten().transpose()?;
            found.ok_or_else(|| Error::Defect(format!("the rates have no column {name}")))
        };
        let (from, date, rate) = (found(&rates.from)?, found(&rates.date)?, found(&rates.rate)?);
        let mut book = RateBook::default();
        for row in judged.rows() {
            let row = row as usize;
            if let (Some(RuleCell::Text(from)), Some(RuleCell::Date(day)), Some(rate)) =
                (from.get(row), date.get(row), Number::of(&rate, row))
            {
                book.by_currency.entry_ref(from).or_default().push((day, rate));
            }
        }
        book.by_currency.values_mut().for_each(|rates| rates.sort_by_key(|(day, _)| *day));
        Ok(book)
    }

    /// The rate of a currency on a day, with the day that it is of.
    fn find(&self, currency: &str, day: i32, rates: &Rates) -> Option<(i32, Number)> {
        if currency == rates.to {
            return Some((day, Number::Decimal(1, 0)));
        }
        let known = self.by_currency.get(currency)?;
        let (of, _) = *known.get(known.partition_point(|(of, _)| *of <= day).checked_sub(1)?)?;
        let first = known.get(known.partition_point(|(earlier, _)| *earlier < of))?;
        let age = day.abs_diff(of);
        rates.max_age.is_none_or(|most| age <= most).then_some(*first)
    }
}

/// What the conversion of a row needs.
struct Given<'g> {
    amount: ColumnData,
    day: ColumnData,
    currency: Option<ColumnData>,
    one: &'g str,
    names: [&'g str; 3],
    /// Whether the currency is not shown.
    is_withheld: bool,
    world: &'g World<'g>,
}

impl Given<'_> {
    /// Amount, currency and day of a row, or which of them is missing.
    fn of(&self, row: usize) -> Result<(Number, &str, i32), String> {
        let missing = |name: &str| format!("`{name}` is missing");
        let amount = Number::of(&self.amount, row).ok_or_else(|| missing(self.names[0]))?;
        let day = match self.day.get(row) {
            Some(RuleCell::Date(day)) => Some(day),
            Some(RuleCell::DateTime(micros)) => day_of(micros, self.world.zone),
            _ => None,
        };
        let day = day.ok_or_else(|| missing(self.names[1]))?;
        let currency = match self.currency.as_ref().map(|column| column.get(row)) {
            None => self.one,
            Some(Some(RuleCell::Text(currency))) => currency,
            Some(_) => return Err(missing(self.names[2])),
        };
        Ok((amount, currency, day))
    }
}

/// Computes the converted column at a position, and that of the rates' days behind it.
pub fn column(
    raw: &mut RawTable,
    position: usize,
    convert: &Convert,
    book: &RateBook,
    world: &World,
    judged: &mut Judged,
) -> Result<(), Error> {
    let table = raw.table;
    let (Some((_, column)), Some(rates)) = (table.columns.get_index(position), &table.contract.rates) else {
        return Ok(());
    };
    let (mut amounts, mut days, failed) = {
        let given = given(raw, convert, world)?;
        let mut amounts = ColumnBuilder::new(&column.name, column.dtype, raw.rows());
        let mut days = ColumnBuilder::new(&format!("{}_rate_date", column.name), DataType::Date, raw.rows());
        let mut failed: IndexMap<String, Vec<u32>> = IndexMap::new();
        for row in 0..raw.rows() {
            let found = if judged.alive[row] { one(&given, row, book, rates, column) } else { Ok(None) };
            let (amount, day) = found.as_ref().ok().copied().flatten().unwrap_or((Cell::Missing, Cell::Missing));
            amounts.push(amount, None);
            days.push(day, None);
            if let Err(why) = found {
                failed.entry(why).or_default().push(row as u32);
            }
        }
        (amounts.finish(), days.finish(), failed)
    };
    if let [Some(first), Some(second)] =
        raw.columns.get_disjoint_mut([position, position + 1]).map_or([None, None], |[a, b]| [Some(a), Some(b)])
    {
        std::mem::swap(first, &mut amounts);
        std::mem::swap(second, &mut days);
    }
    settle(raw, position, column, rates, failed, judged);
    Ok(())
}

fn given<'g>(raw: &RawTable<'g>, convert: &'g Convert, world: &'g World<'g>) -> Result<Given<'g>, Error> {
    let values = |name: &str| {
        let found = raw.table.columns.get_full(name);
        let series = found.and_then(|(position, _, column)| Some((column, raw.columns.get(position)?)));
        let (column, series) = series.ok_or_else(|| Error::Defect(format!("no column {name} to convert")))?;
        data(column, series)
    };
    let currency = raw.table.columns.get(&convert.amount).and_then(|column| column.contract.currency.as_ref());
    let (one, by) = match currency {
        Some(Currency::One(code)) => (code.as_str(), None),
        Some(Currency::Column(column)) => ("", Some(column.as_str())),
        None => return Err(Error::Defect(format!("{} has no currency", convert.amount))),
    };
    Ok(Given {
        amount: values(&convert.amount)?,
        day: values(&convert.on)?,
        currency: by.map(values).transpose()?,
        one,
        is_withheld: by.is_some_and(|by| raw.table.has_sensitive(&[by.to_owned()])),
        names: [&convert.amount, &convert.on, by.unwrap_or_default()],
        world,
    })
}

type Converted = Option<(Cell, Cell)>;

/// The amount of a row and the day of its rate.
fn one(given: &Given, row: usize, book: &RateBook, rates: &Rates, column: &Column) -> Result<Converted, String> {
    let (amount, currency, day) = given.of(row)?;
    let Some((of, rate)) = book.find(currency, day, rates) else {
        let age = rates.max_age.map(|most| format!(" and at most {most} days before it")).unwrap_or_default();
        let known = book.by_currency.contains_key(currency);
        let currency = if given.is_withheld { WITHHELD.to_owned() } else { cut(currency) };
        return Err(match known {
            true => format!("no rate of {currency} to {} on {} or before it{age}", rates.to, date_text(day)),
            false => format!("no rate of {currency} to {}", rates.to),
        });
    };
    if !rate.is_positive() {
        return Err(format!("the rate of {currency} to {} of {} is not over 0", rates.to, date_text(of)));
    }
    let amount = amount.times(rate, column).ok_or_else(|| format!("the amount in {} does not fit", rates.to))?;
    Ok(Some((amount, Cell::Date(of))))
}

/// Rows that could not be converted: without a rate they go unless the manifest lets them stay; without an amount, a
/// currency or a day they go if the column must be there.
fn settle(
    raw: &RawTable,
    position: usize,
    column: &Column,
    rates: &Rates,
    failed: IndexMap<String, Vec<u32>>,
    judged: &mut Judged,
) {
    let is_needed = column.required || raw.table.key.contains(&column.name);
    let name = std::slice::from_ref(&column.name);
    for (why, rows) in failed {
        let is_missing = why.ends_with("is missing");
        if is_missing && is_needed {
            for row in rows {
                let message = format!("{}: {why}", lacking(ids::VALUE_REQUIRED));
                judged.leave(row, name, String::new(), Outcome::Quarantined, ids::VALUE_REQUIRED, message);
            }
        } else if !is_missing && (is_needed || !rates.may_lack) {
            for row in rows {
                judged.leave(row, name, String::new(), Outcome::Quarantined, ids::NO_RATE, why.clone());
            }
        } else {
            judged.causes.push((position, Cause { text: why, is_failure: false }, rows));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::rescaled;

    #[test]
    fn products_are_rounded_once() {
        for (value, from, to, expected) in [
            (12_345, 4, 2, 123),
            (12_350, 4, 2, 124),
            (-12_350, 4, 2, -124),
            (12_349, 4, 2, 123),
            (15, 1, 0, 2),
            (-14, 1, 0, -1),
            (7, 0, 2, 700),
        ] {
            assert_eq!(rescaled(value, from, to), Some(expected), "{value}");
        }
        assert_eq!(rescaled(i128::MAX, 0, 2), None);
        assert_eq!(rescaled(i128::MAX, 60, 2), Some(0));
    }
}
