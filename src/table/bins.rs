//! Bins: which values of a column are counted together, so that a later run can tell whether they moved.
//!
//! In: a column. Out: its bins with their counts, as texts that say what they hold; for another column of the same type how
//! many of its values fall into them. Must not know: runs, what is made of the counts. Start at [`Ordered::bins`].
//!
//! Numbers and days of at most [`VALUES`] unlike values have one bin for each (`3`), others one between each two deciles:
//! `(12.5, 40]` holds what is over 12.5 and at most 40; the first and the last are open (`(-inf, 12.5]`, `(40, inf)`). Texts
//! and bools have one bin for each value, where there are at most [`TEXTS`].

use super::keys::Part;
use super::value::{date_text, datetime_text, decimal_text};
use crate::calendar;
use crate::dtype::DataType;
use hashbrown::HashMap;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use polars::prelude::Series;
use rayon::prelude::*;

/// Unlike numbers or days that have a bin each.
pub const VALUES: usize = 10;
/// Unlike texts that have a bin each.
pub const TEXTS: usize = 50;

/// A column's values that have an order, as whole numbers in that order, missing ones left out.
pub enum Ordered {
    /// Of at most 64 bits.
    Narrow(Vec<i64>),
    /// Further decimals.
    Wide(Vec<i128>),
}

/// Maps floats to whole numbers in the same order, and back. -0.0 is 0.0.
fn turned(bits: i64) -> i64 {
    if bits < 0 { bits ^ i64::MAX } else { bits }
}

fn of_float(x: f64) -> i64 {
    turned((x + 0.0).to_bits() as i64)
}

impl Ordered {
    /// The values of a column; none of a type without order but for texts.
    pub(super) fn new(part: &Part) -> Option<Ordered> {
        Some(Ordered::Narrow(match part {
            Part::Int(a) | Part::DateTime(a) => a.iter().flatten().copied().collect(),
            Part::Date(a) => a.iter().flatten().map(|day| i64::from(*day)).collect(),
            Part::Float(a) => a.iter().flatten().map(|x| of_float(*x)).collect(),
            Part::Decimal(a, _) => {
                let narrow = a.iter().flatten().map(|units| i64::try_from(*units).ok()).collect();
                match narrow {
                    Some(narrow) => narrow,
                    None => return Some(Ordered::Wide(a.iter().flatten().copied().collect())),
                }
            }
            Part::Text(_) | Part::Bool(_) => return None,
        }))
    }

    /// The same values in order.
    pub fn sorted(self) -> Ordered {
        fn sort<T: Ord + Send>(mut values: Vec<T>) -> Vec<T> {
            if !values.is_sorted() {
                values.par_sort_unstable();
            }
            values
        }
        match self {
            Ordered::Narrow(values) => Ordered::Narrow(sort(values)),
            Ordered::Wide(values) => Ordered::Wide(sort(values)),
        }
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        match self {
            Ordered::Narrow(values) => values.len(),
            Ordered::Wide(values) => values.len(),
        }
    }

    /// The value at a place.
    pub fn get(&self, place: usize) -> Option<i128> {
        match self {
            Ordered::Narrow(values) => values.get(place).map(|v| i128::from(*v)),
            Ordered::Wide(values) => values.get(place).copied(),
        }
    }

    /// Unlike values of those in order, and the first place of each of the first of them.
    fn firsts(&self) -> (u64, Vec<usize>) {
        fn firsts<T: PartialEq>(values: &[T]) -> (u64, Vec<usize>) {
            let (mut count, mut places) = (0, Vec::new());
            let first = |place: usize| place == 0 || values[place] != values[place - 1];
            for place in (0..values.len()).filter(|place| first(*place)) {
                count += 1;
                if places.len() <= VALUES {
                    places.push(place);
                }
            }
            (count, places)
        }
        match self {
            Ordered::Narrow(values) => firsts(values),
            Ordered::Wide(values) => firsts(values),
        }
    }

    /// How many unlike values there are, and the bins of those in order. `text` says what a value is.
    pub fn bins(&self, text: &dyn Fn(i128) -> String) -> (u64, Vec<(String, u64)>) {
        let (distinct, places) = self.firsts();
        let value = |place: usize| self.get(place).unwrap_or_default();
        if distinct as usize <= VALUES {
            let ends = places.iter().skip(1).copied().chain([self.len()]);
            let bins = places.iter().zip(ends).map(|(from, to)| (text(value(*from)), (to - from) as u64));
            return (distinct, bins.collect());
        }
        let mut bounds: Vec<i128> = (1..10).map(|k| value((k * self.len()).div_ceil(10).saturating_sub(1))).collect();
        bounds.dedup();
        let up_to = |bound: i128| match self {
            Ordered::Narrow(values) => values.partition_point(|v| i128::from(*v) <= bound),
            Ordered::Wide(values) => values.partition_point(|v| *v <= bound),
        };
        let mut bins = Vec::new();
        let (mut from, mut before) = ("(-inf".to_owned(), 0);
        for bound in bounds {
            let (to, places) = (text(bound), up_to(bound));
            bins.push((format!("{from}, {to}]"), (places - before) as u64));
            (from, before) = (format!("({to}"), places);
        }
        bins.push((format!("{from}, inf)"), (self.len() - before) as u64));
        (distinct, bins)
    }
}

/// A value of [`Ordered`] as text. Instants are in UTC, so that bins can be told whatever the project's zone.
pub fn value_text(value: i128, dtype: DataType) -> String {
    let narrow = || i64::try_from(value).unwrap_or_default();
    match dtype {
        DataType::Float => f64::from_bits(turned(narrow()) as u64).to_string(),
        DataType::Date => date_text(i32::try_from(value).unwrap_or_default()),
        DataType::DateTime => datetime_text(narrow(), &TimeZone::UTC),
        DataType::Decimal { scale, .. } => decimal_text(value, scale),
        _ => value.to_string(),
    }
}

fn value_of(text: &str, dtype: DataType) -> Option<i128> {
    Some(match dtype {
        DataType::Int => i128::from(text.parse::<i64>().ok()?),
        DataType::Float => i128::from(of_float(text.parse().ok()?)),
        DataType::Date => i128::from(calendar::parse_date_iso(text)?),
        DataType::DateTime => i128::from(text.parse::<Timestamp>().ok()?.as_microsecond()),
        DataType::Decimal { scale, .. } => {
            let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
            (fraction.len() == usize::from(scale)).then(|| format!("{whole}{fraction}").parse().ok())??
        }
        DataType::Text | DataType::Bool => return None,
    })
}

/// How the bins of an earlier run divide values.
enum Division {
    /// Upper ends in order; what is over the last is in one more bin.
    Ends(Vec<i128>),
    /// Values in order; all others are in one more bin.
    Values(Vec<i128>),
}

fn division(bins: &[(String, u64)], dtype: DataType) -> Option<Division> {
    let ordered = |values: Option<Vec<i128>>| values.filter(|values| values.is_sorted());
    if !bins.first()?.0.starts_with('(') {
        return ordered(bins.iter().map(|(text, _)| value_of(text, dtype)).collect()).map(Division::Values);
    }
    let end = |(text, _): &(String, u64)| value_of(text.strip_suffix(']')?.rsplit_once(", ")?.1, dtype);
    ordered(bins.split_last()?.1.iter().map(end).collect()).map(Division::Ends)
}

fn place(division: &Division, value: i128) -> usize {
    match division {
        Division::Ends(ends) => ends.partition_point(|end| *end < value),
        Division::Values(values) => values.binary_search(&value).unwrap_or(values.len()),
    }
}

/// How many values of a column of the same type fall into the bins, and into one more that holds the rest; none if the
/// bins are of no shape that a run writes.
pub fn counts(series: &Series, dtype: DataType, bins: &[(String, u64)]) -> Option<Vec<u64>> {
    let part = Part::new(series)?;
    let mut counts = vec![0; bins.len() + 1];
    if let Some(values) = Ordered::new(&part) {
        let division = division(bins, dtype)?;
        match values {
            Ordered::Narrow(values) => values.iter().for_each(|v| counts[place(&division, i128::from(*v))] += 1),
            Ordered::Wide(values) => values.iter().for_each(|v| counts[place(&division, *v)] += 1),
        }
        return Some(counts);
    }
    let places: HashMap<&str, usize> = bins.iter().zip(0..).map(|((text, _), place)| (text.as_str(), place)).collect();
    let place = |text: &str| places.get(text).copied().unwrap_or(bins.len());
    match part {
        Part::Text(texts) => texts.iter().flatten().for_each(|text| counts[place(text)] += 1),
        Part::Bool(flags) => {
            let (yes, no) = (place("true"), place("false"));
            flags.iter().flatten().for_each(|flag| counts[if flag { yes } else { no }] += 1);
        }
        _ => return None,
    }
    Some(counts)
}
