//! Bins: which values of a column are counted together, so that a later run can tell whether they moved.
//!
//! In: how often values occur. Out: bins with their rows, as texts that say what they hold; from such texts of an earlier run a
//! [`Division`], which counts later values by them. Must not know: runs, what is made of the counts. Start at [`bins`].
//!
//! Numbers and days of at most [`VALUES`] unlike values have one bin for each (`3`), others one between each two deciles:
//! `(12.5, 40]` holds what is over 12.5 and at most 40; the first and the last are open (`(-inf, 12.5]`, `(40, inf)`). Texts
//! and bools have one bin for each value, where there are at most [`TEXTS`].

use super::histogram::Histogram;
use super::keys::Part;
use super::value::{date_text, datetime_text, decimal_text};
use crate::calendar;
use crate::dtype::DataType;
use hashbrown::HashMap;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rayon::prelude::*;

/// Unlike numbers or days that have a bin each.
pub const VALUES: usize = 10;
/// Unlike texts that have a bin each.
pub const TEXTS: usize = 50;

/// A bin as text, and its rows.
pub type Bin = (String, u64);

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
    /// The values of a column in order; none of texts and bools.
    pub(super) fn sorted(part: &Part) -> Option<Ordered> {
        fn sort<T: Ord + Send>(mut values: Vec<T>) -> Vec<T> {
            if !values.is_sorted() {
                values.par_sort_unstable();
            }
            values
        }
        Some(Ordered::Narrow(sort(match part {
            Part::Int(a) | Part::DateTime(a) => a.iter().flatten().copied().collect(),
            Part::Date(a) => a.iter().flatten().map(|day| i64::from(*day)).collect(),
            Part::Float(a) => a.iter().flatten().map(|x| of_float(*x)).collect(),
            Part::Decimal(a, _) => match a.iter().flatten().map(|units| i64::try_from(*units).ok()).collect() {
                Some(narrow) => narrow,
                None => return Some(Ordered::Wide(sort(a.iter().flatten().copied().collect()))),
            },
            Part::Text(_) | Part::Bool(_) => return None,
        })))
    }

    /// Counts the values.
    pub fn count(&self, histogram: &mut Histogram) {
        match self {
            Ordered::Narrow(values) => histogram.add(values),
            Ordered::Wide(values) => histogram.add(values),
        }
    }
}

/// The bins of values of a type.
pub fn bins(histogram: &Histogram, dtype: DataType) -> Vec<Bin> {
    let text = |value| value_text(value, dtype, &TimeZone::UTC);
    if let Some(values) = histogram.values(VALUES) {
        return values.iter().map(|(value, rows)| (text(*value), *rows)).collect();
    }
    let mut bins = Vec::new();
    let (mut from, mut left) = ("(-inf".to_owned(), histogram.rows());
    for (end, rows) in histogram.quantiles(10) {
        let to = text(end);
        bins.push((format!("{from}, {to}]"), rows));
        (from, left) = (format!("({to}"), left - rows);
    }
    bins.push((format!("{from}, inf)"), left));
    bins
}

/// A value of [`Ordered`] as text. Bins have instants in UTC, so that they can be told whatever the project's zone.
pub fn value_text(value: i128, dtype: DataType, zone: &TimeZone) -> String {
    let narrow = || i64::try_from(value).unwrap_or_default();
    match dtype {
        DataType::Float => f64::from_bits(turned(narrow()) as u64).to_string(),
        DataType::Date => date_text(i32::try_from(value).unwrap_or_default()),
        DataType::DateTime => datetime_text(narrow(), zone),
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

/// How the bins of an earlier run divide values, and how many values fell into each so far; what falls into none is in one
/// more.
#[derive(Clone, Debug)]
pub struct Division {
    by: By,
    counts: Vec<u64>,
}

#[derive(Clone, Debug)]
enum By {
    /// Upper ends in order; what is over the last is in the last bin.
    Ends(Vec<i128>),
    /// Values in order.
    Values(Vec<i128>),
    /// Texts with their places.
    Texts(HashMap<String, usize>),
}

impl Division {
    /// That of a column's bins; none if there are none, or if they are of no shape that a run writes.
    pub fn new(bins: &[Bin], dtype: DataType) -> Option<Division> {
        let counts = vec![0; bins.len() + 1];
        let first = bins.first()?;
        if matches!(dtype, DataType::Text | DataType::Bool) {
            let places = bins.iter().zip(0..).map(|((text, _), place)| (text.clone(), place)).collect();
            return Some(Division { by: By::Texts(places), counts });
        }
        let ordered = |values: Option<Vec<i128>>| values.filter(|values| values.is_sorted());
        let by = if first.0.starts_with('(') {
            let end = |(text, _): &Bin| value_of(text.strip_suffix(']')?.rsplit_once(", ")?.1, dtype);
            By::Ends(ordered(bins.split_last()?.1.iter().map(end).collect())?)
        } else {
            By::Values(ordered(bins.iter().map(|(text, _)| value_of(text, dtype)).collect())?)
        };
        Some(Division { by, counts })
    }

    /// Counts ordered values.
    pub fn add(&mut self, values: &Ordered) {
        fn rows<T: Copy + Into<i128>>(sorted: &[T], by: &By, counts: &mut [u64]) {
            let up_to = |end: i128| sorted.partition_point(|value| (*value).into() <= end);
            let mut add = |place: usize, rows: usize| counts[place] += rows as u64;
            match by {
                By::Ends(ends) => {
                    let mut before = 0;
                    for (place, end) in ends.iter().enumerate() {
                        let there = up_to(*end);
                        add(place, there - before);
                        before = there;
                    }
                    add(ends.len(), sorted.len() - before);
                }
                By::Values(values) => {
                    let mut others = sorted.len();
                    for (place, value) in values.iter().enumerate() {
                        let there = up_to(*value) - sorted.partition_point(|other| (*other).into() < *value);
                        add(place, there);
                        others -= there;
                    }
                    add(values.len(), others);
                }
                By::Texts(_) => {}
            }
        }
        match values {
            Ordered::Narrow(values) => rows(values, &self.by, &mut self.counts),
            Ordered::Wide(values) => rows(values, &self.by, &mut self.counts),
        }
    }

    /// Counts rows of a text.
    pub fn add_text(&mut self, text: &str, rows: u64) {
        if let By::Texts(places) = &self.by {
            let place = places.get(text).copied().unwrap_or(self.counts.len() - 1);
            self.counts[place] += rows;
        }
    }

    /// The values of each bin, and of none.
    pub fn counts(self) -> Vec<u64> {
        self.counts
    }
}
