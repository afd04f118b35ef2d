//! Figures of one column.
//!
//! In: a column in one chunk. Out: [`Figures`]. Must not know: manifests, what the figures are for. Start at [`figures`].
//!
//! Numbers and days are sorted once: unlike values, ends and bins are read off. Texts are entered in one hash table, and
//! what is asked of each text is asked of the unlike ones only.

use super::batch::cut;
use super::bins::{Ordered, TEXTS, value_text};
use super::keys::Part;
use super::value::datetime_text;
use crate::dtype::DataType;
use crate::error::Error;
use crate::rules::standing::block_sum;
use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};
use jiff::tz::TimeZone;
use polars::prelude::{DataType as Frame, Series};
use polars_arrow::array::{BooleanArray, Utf8ViewArray};
use std::hash::BuildHasher;

/// What the values of a column look like.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// Rows without a value.
    pub missing: u64,
    /// Unlike values.
    pub distinct: u64,
    /// Smallest value as text.
    pub min: Option<String>,
    /// Largest value as text.
    pub max: Option<String>,
    /// Mean of numbers.
    pub mean: Option<f64>,
    /// Characters of the shortest and of the longest text.
    pub lengths: Option<(u64, u64)>,
    /// Values by bin.
    pub bins: Vec<(String, u64)>,
}

/// What is asked.
pub struct Wanted<'z> {
    /// Whether bins are.
    pub bins: bool,
    /// The zone in which instants are shown.
    pub zone: &'z TimeZone,
}

/// The figures of a column.
///
/// # Errors
/// [`Error::Defect`] if it is of no type that tables have.
pub fn figures(series: &Series, wanted: &Wanted) -> Result<Figures, Error> {
    let other = || Error::Defect(format!("column {} ({}) has no figures", series.name(), series.dtype()));
    let part = Part::new(series).ok_or_else(other)?;
    let mut figures = match (&part, Ordered::new(&part)) {
        (Part::Text(texts), _) => of_texts(texts),
        (Part::Bool(flags), _) => of_bools(flags),
        (_, Some(values)) => {
            let dtype = type_of(series.dtype()).ok_or_else(other)?;
            Figures { mean: mean(&part), ..of_ordered(values.sorted(), dtype, wanted.zone) }
        }
        (_, None) => return Err(other()),
    };
    figures.missing = series.null_count() as u64;
    if !wanted.bins {
        figures.bins.clear();
    }
    Ok(figures)
}

fn type_of(frame: &Frame) -> Option<DataType> {
    Some(match frame {
        Frame::Int64 => DataType::Int,
        Frame::Float64 => DataType::Float,
        Frame::Date => DataType::Date,
        Frame::Datetime(..) => DataType::DateTime,
        Frame::Decimal(precision, scale) => DataType::Decimal { precision: *precision as u8, scale: *scale as u8 },
        _ => return None,
    })
}

fn of_ordered(values: Ordered, dtype: DataType, zone: &TimeZone) -> Figures {
    let (distinct, bins) = values.bins(&|value| value_text(value, dtype));
    let shown = |value: i128| match dtype {
        DataType::DateTime => datetime_text(i64::try_from(value).unwrap_or_default(), zone),
        _ => value_text(value, dtype),
    };
    let (min, max) = (values.get(0).map(shown), values.len().checked_sub(1).and_then(|k| values.get(k)).map(shown));
    Figures { distinct, min, max, bins, ..Figures::default() }
}

/// Sums of ints and decimals are exact and rounded once, those of floats add up in the order of rows, as in rules.
fn mean(part: &Part) -> Option<f64> {
    match part {
        Part::Int(a) => exact(a.iter().flatten().map(|v| i128::from(*v))).map(|(sum, n)| sum as f64 / n as f64),
        Part::Decimal(a, scale) => {
            let units = 10_f64.powi(i32::from(*scale));
            exact(a.iter().flatten().copied()).map(|(sum, n)| sum as f64 / units / n as f64)
        }
        Part::Float(a) => {
            let count = a.iter().flatten().count();
            let sum = block_sum(a.iter().flatten().copied());
            Some(sum / count as f64).filter(|mean| mean.is_finite())
        }
        _ => None,
    }
}

/// Sum and number of values; none without values, or if the sum is over 127 bits.
fn exact(mut values: impl Iterator<Item = i128>) -> Option<(i128, u64)> {
    let (sum, count) =
        values.try_fold((0_i128, 0), |(sum, count), value| Some((sum.checked_add(value)?, count + 1)))?;
    (count > 0).then_some((sum, count))
}

fn of_bools(flags: &BooleanArray) -> Figures {
    let mut counts = [0_u64; 2];
    flags.iter().flatten().for_each(|flag| counts[usize::from(flag)] += 1);
    let there = ["false", "true"].into_iter().zip(counts).filter(|(_, rows)| *rows > 0);
    let bins: Vec<(String, u64)> = there.map(|(text, rows)| (text.to_owned(), rows)).collect();
    let end = |bin: Option<&(String, u64)>| bin.map(|(text, _)| text.clone());
    Figures { distinct: bins.len() as u64, min: end(bins.first()), max: end(bins.last()), bins, ..Figures::default() }
}

struct Text {
    hash: u64,
    row: u32,
    rows: u32,
}

fn of_texts(texts: &Utf8ViewArray) -> Figures {
    let hasher = DefaultHashBuilder::default();
    let mut table: HashTable<Text> = HashTable::new();
    let text = |entry: &Text| texts.get(entry.row as usize).unwrap_or_default();
    for (row, value) in texts.iter().enumerate().filter_map(|(row, value)| Some((row, value?))) {
        let hash = hasher.hash_one(value.as_bytes());
        match table.entry(hash, |held| held.hash == hash && text(held) == value, |held| held.hash) {
            Entry::Occupied(mut held) => held.get_mut().rows += 1,
            Entry::Vacant(free) => {
                free.insert(Text { hash, row: row as u32, rows: 1 });
            }
        }
    }
    let lengths = table.iter().map(|held| text(held).chars().count() as u64);
    let lengths = lengths.fold(None, |ends: Option<(u64, u64)>, n| {
        Some(ends.map_or((n, n), |(shortest, longest)| (shortest.min(n), longest.max(n))))
    });
    let mut bins = Vec::new();
    // A text that is cut would no longer be told from others that begin like it.
    if table.len() <= TEXTS && table.iter().all(|held| cut(text(held)) == text(held)) {
        bins = table.iter().map(|held| (text(held).to_owned(), u64::from(held.rows))).collect();
        bins.sort();
    }
    let (min, max) = (table.iter().map(text).min().map(cut), table.iter().map(text).max().map(cut));
    Figures { distinct: table.len() as u64, min, max, lengths, bins, ..Figures::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::bins::counts;
    use polars::prelude::NamedFrom;

    fn of(series: &Series) -> Figures {
        figures(series, &Wanted { bins: true, zone: &TimeZone::UTC }).unwrap()
    }

    #[test]
    fn bins_hold_each_value_once_and_are_read_back() {
        let floats: Vec<Option<f64>> =
            (0..1000).map(|k| (k % 7 > 0).then_some(f64::from(k * k) / 3.0 - 50_000.0)).collect();
        let ints: Vec<i64> = (0..1000).map(|k| if k < 600 { 0 } else { k - 800 }).collect();
        for (series, dtype) in [
            (Series::new("x".into(), floats), DataType::Float),
            (Series::new("x".into(), ints), DataType::Int),
            (Series::new("x".into(), vec![i64::MIN, -1, i64::MAX]), DataType::Int),
            (Series::new("x".into(), vec![-0.0, 0.0, -1.5]), DataType::Float),
            (Series::new("x".into(), vec![Some("(1, 2]"), Some(", "), None, Some("")]), DataType::Text),
            (Series::new("x".into(), vec![Some(true), None]), DataType::Bool),
        ] {
            let figures = of(&series);
            let rows: Vec<u64> = figures.bins.iter().map(|(_, rows)| *rows).collect();
            assert_eq!(rows.iter().sum::<u64>() + figures.missing, series.len() as u64, "{figures:?}");
            let again = counts(&series, dtype, &figures.bins).unwrap();
            assert_eq!(again, [rows, vec![0]].concat(), "{figures:?}");
        }
    }

    #[test]
    fn ends_means_and_lengths() {
        let ints = of(&Series::new("x".into(), vec![Some(i64::MAX), None, Some(i64::MAX), Some(-3)]));
        assert_eq!((ints.missing, ints.distinct, ints.min.as_deref()), (1, 2, Some("-3")));
        assert_eq!(ints.mean, Some((2.0 * i64::MAX as f64 - 3.0) / 3.0));
        let texts = of(&Series::new("x".into(), vec!["战略客户", "b", "战略客户"]));
        assert_eq!((texts.lengths, texts.max.as_deref(), texts.mean), (Some((1, 4)), Some("战略客户"), None));
        let none = of(&Series::new("x".into(), vec![None::<f64>, None]));
        assert_eq!(none, Figures { missing: 2, ..Figures::default() });
        let hundred: Vec<String> = (0..100).map(|k| format!("t{k}")).collect();
        assert_eq!(of(&Series::new("x".into(), hundred)).bins, []);
    }
}
