//! Figures of one column.
//!
//! In: a column in one chunk, or in several, each of one part of its table. Out: [`Figures`], the same however its rows were
//! divided. Must not know: manifests, what the figures are for. Start at [`Tally`].
//!
//! Numbers and days are sorted: how often each occurs, ends and bins are read off. Texts are entered in one hash table, and
//! what is asked of each text is asked of the unlike ones only.

use super::batch::cut;
use super::bins::{self, Bin, Division, Ordered, TEXTS, value_text};
use super::contracts::day_of;
use super::histogram::{Histogram, MOST};
use super::keys::Part;
use super::sums::Sum;
use crate::dtype::DataType;
use crate::error::Error;
use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};
use jiff::tz::TimeZone;
use polars::prelude::Series;
use polars_arrow::array::{BooleanArray, Utf8ViewArray};
use std::collections::{BTreeMap, HashSet};
use std::hash::BuildHasher;

/// What the values of a column look like.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// Rows without a value.
    pub missing: u64,
    /// Unlike values; none above [`MOST`].
    pub distinct: Option<u64>,
    /// Smallest value as text.
    pub min: Option<String>,
    /// Largest value as text.
    pub max: Option<String>,
    /// Mean of numbers.
    pub mean: Option<f64>,
    /// Characters of the shortest and of the longest text.
    pub lengths: Option<(u64, u64)>,
    /// Values by bin.
    pub bins: Vec<Bin>,
    /// Values by bin of an earlier run, with one more for those in none, where there are such bins.
    pub moved: Option<Vec<u64>>,
}

/// What is asked of a column.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Whether bins are.
    pub bins: bool,
    /// Bins of an earlier run.
    pub earlier: Option<Division>,
    /// Whether its rows come in several parts.
    pub in_parts: bool,
}

/// The figures of a column so far.
#[derive(Clone, Debug)]
pub struct Tally {
    dtype: DataType,
    wanted: Wanted,
    missing: u64,
    values: Values,
}

#[derive(Clone, Debug)]
enum Values {
    Ordered(Histogram, Option<Sum>),
    Bools([u64; 2]),
    Texts(Texts),
}

impl Tally {
    /// Of a column without rows.
    pub fn new(dtype: DataType, wanted: Wanted) -> Tally {
        let values = match dtype {
            DataType::Text => Values::Texts(Texts::new(wanted.in_parts)),
            DataType::Bool => Values::Bools([0; 2]),
            DataType::Int | DataType::Decimal { .. } => Values::Ordered(Histogram::default(), Some(Sum::ints())),
            DataType::Float => Values::Ordered(Histogram::default(), Some(Sum::floats())),
            DataType::Date | DataType::DateTime => Values::Ordered(Histogram::default(), None),
        };
        Tally { dtype, wanted, missing: 0, values }
    }

    /// Adds rows.
    ///
    /// # Errors
    /// [`Error::Defect`] if they are of another type.
    pub fn add(&mut self, series: &Series) -> Result<(), Error> {
        let refused = || Error::Defect(format!("column {} ({}) has no figures", series.name(), series.dtype()));
        let part = Part::new(series).ok_or_else(refused)?;
        self.missing += series.null_count() as u64;
        let division = self.wanted.earlier.as_mut();
        match (&mut self.values, &part) {
            (Values::Texts(held), Part::Text(texts)) => held.add(texts, division),
            (Values::Bools(held), Part::Bool(flags)) => add_bools(held, flags, division),
            (Values::Ordered(histogram, sum), _) => {
                let sorted = Ordered::sorted(&part).ok_or_else(refused)?;
                sorted.count(histogram);
                division.into_iter().for_each(|division| division.add(&sorted));
                sum.iter_mut().for_each(|sum| add_numbers(sum, &part));
            }
            _ => return Err(refused()),
        }
        Ok(())
    }

    /// The last day of a column of days or instants.
    pub fn newest(&self, zone: &TimeZone) -> Option<i32> {
        let Values::Ordered(histogram, _) = &self.values else { return None };
        let (_, last) = histogram.ends()?;
        match self.dtype {
            DataType::Date => i32::try_from(last).ok(),
            DataType::DateTime => day_of(i64::try_from(last).ok()?, zone),
            _ => None,
        }
    }

    /// The figures; instants are shown in a zone.
    pub fn finish(self, zone: &TimeZone) -> Figures {
        let Tally { dtype, wanted, missing, values } = self;
        let figures = match values {
            Values::Texts(texts) => texts.finish(),
            Values::Bools(counts) => of_bools(counts),
            Values::Ordered(histogram, sum) => {
                let unit =
                    if let DataType::Decimal { scale, .. } = dtype { 10_f64.powi(i32::from(scale)) } else { 1.0 };
                let (min, max) = histogram.ends().unzip();
                Figures {
                    distinct: histogram.distinct(),
                    min: min.map(|value| value_text(value, dtype, zone)),
                    max: max.map(|value| value_text(value, dtype, zone)),
                    mean: sum.and_then(|sum| sum.mean(unit)),
                    bins: if wanted.bins && histogram.rows() > 0 { bins::bins(&histogram, dtype) } else { Vec::new() },
                    ..Figures::default()
                }
            }
        };
        let bins = if wanted.bins { figures.bins } else { Vec::new() };
        Figures { missing, bins, moved: wanted.earlier.map(Division::counts), ..figures }
    }
}

fn add_numbers(sum: &mut Sum, part: &Part) {
    match part {
        Part::Int(a) => a.iter().flatten().for_each(|value| sum.add_int(i128::from(*value))),
        Part::Decimal(a, _) => a.iter().flatten().for_each(|value| sum.add_int(*value)),
        Part::Float(a) => a.iter().flatten().for_each(|value| sum.add_float(*value)),
        _ => {}
    }
}

fn add_bools(counts: &mut [u64; 2], flags: &BooleanArray, division: Option<&mut Division>) {
    let mut more = [0_u64; 2];
    flags.iter().flatten().for_each(|flag| more[usize::from(flag)] += 1);
    if let Some(division) = division {
        ["false", "true"].into_iter().zip(more).for_each(|(text, rows)| division.add_text(text, rows));
    }
    counts.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
}

fn of_bools(counts: [u64; 2]) -> Figures {
    let there = ["false", "true"].into_iter().zip(counts).filter(|(_, rows)| *rows > 0);
    let bins: Vec<Bin> = there.map(|(text, rows)| (text.to_owned(), rows)).collect();
    let end = |bin: Option<&Bin>| bin.map(|(text, _)| text.clone());
    let (min, max) = (end(bins.first()), end(bins.last()));
    Figures { distinct: Some(bins.len() as u64), min, max, bins, ..Figures::default() }
}

/// Texts so far.
#[derive(Clone, Debug)]
struct Texts {
    unlike: Unlike,
    ends: Option<(String, String)>,
    lengths: Option<(u64, u64)>,
    /// Rows of each text; none where there are more than have bins, or one is too long for a bin.
    bins: Option<BTreeMap<String, u64>>,
}

/// Which unlike texts there are.
#[derive(Clone, Debug)]
enum Unlike {
    /// So many, all from one part.
    Count(u64),
    /// Those of several parts, by hash.
    Hashes(HashSet<u128>),
    /// More than are counted.
    Many,
}

/// A text of one part by its first row, with all of its rows.
struct Text {
    hash: u64,
    row: u32,
    rows: u32,
}

impl Texts {
    fn new(in_parts: bool) -> Texts {
        let unlike = if in_parts { Unlike::Hashes(HashSet::new()) } else { Unlike::Count(0) };
        Texts { unlike, ends: None, lengths: None, bins: Some(BTreeMap::new()) }
    }

    fn add(&mut self, texts: &Utf8ViewArray, mut division: Option<&mut Division>) {
        let text = |row: u32| texts.get(row as usize).unwrap_or_default();
        let Some(table) = unlike(texts) else {
            (self.unlike, self.bins) = (Unlike::Many, None);
            texts.iter().flatten().for_each(|text| self.see(text, 1, division.as_deref_mut()));
            return;
        };
        if table.len() > TEXTS {
            self.bins = None;
        }
        table.iter().for_each(|held| self.see(text(held.row), u64::from(held.rows), division.as_deref_mut()));
        match &mut self.unlike {
            Unlike::Count(count) => *count += table.len() as u64,
            Unlike::Hashes(hashes) => {
                hashes.extend(table.iter().map(|held| digest(text(held.row))));
                if hashes.len() > MOST {
                    self.unlike = Unlike::Many;
                }
            }
            Unlike::Many => {}
        }
    }

    /// Notes rows of one text.
    fn see(&mut self, text: &str, rows: u64, division: Option<&mut Division>) {
        division.into_iter().for_each(|division| division.add_text(text, rows));
        let length = text.chars().count() as u64;
        self.lengths = Some(self.lengths.map_or((length, length), |(a, b)| (a.min(length), b.max(length))));
        match &mut self.ends {
            None => self.ends = Some((text.to_owned(), text.to_owned())),
            Some((min, _)) if text < min.as_str() => text.clone_into(min),
            Some((_, max)) if text > max.as_str() => text.clone_into(max),
            Some(_) => {}
        }
        if let Some(bins) = &mut self.bins {
            if let Some(held) = bins.get_mut(text) {
                *held += rows;
            } else if bins.len() < TEXTS && cut(text) == text {
                bins.insert(text.to_owned(), rows);
            } else {
                // A text that is cut would no longer be told from others that begin like it.
                self.bins = None;
            }
        }
    }

    fn finish(self) -> Figures {
        let distinct = match self.unlike {
            Unlike::Count(count) => Some(count),
            Unlike::Hashes(hashes) => Some(hashes.len() as u64),
            Unlike::Many => None,
        };
        let (min, max) = self.ends.map(|(min, max)| (cut(&min), cut(&max))).unzip();
        let bins = self.bins.unwrap_or_default().into_iter().collect();
        Figures { distinct, min, max, lengths: self.lengths, bins, ..Figures::default() }
    }
}

/// The unlike texts; none if there are more than are counted.
fn unlike(texts: &Utf8ViewArray) -> Option<HashTable<Text>> {
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
        if table.len() > MOST {
            return None;
        }
    }
    Some(table)
}

fn digest(text: &str) -> u128 {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&blake3::hash(text.as_bytes()).as_bytes()[..16]);
    u128::from_le_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::NamedFrom;

    fn wanted() -> Wanted {
        Wanted { bins: true, ..Wanted::default() }
    }

    fn of(series: &Series, dtype: DataType, wanted: Wanted) -> Figures {
        let mut tally = Tally::new(dtype, wanted);
        tally.add(series).unwrap();
        tally.finish(&TimeZone::UTC)
    }

    fn columns() -> Vec<(Series, DataType)> {
        let floats: Vec<Option<f64>> =
            (0..1000).map(|k| (k % 7 > 0).then_some(f64::from(k * k) / 3.0 - 50_000.0)).collect();
        let ints: Vec<i64> = (0..1000).map(|k| if k < 600 { 0 } else { k - 800 }).collect();
        let texts: Vec<Option<&str>> =
            (0..1000).map(|k| ["(1, 2]", ", ", "", "战略客户"].get(k % 5).copied()).collect();
        let many: Vec<String> = (0..1000).map(|k| format!("t{k}")).collect();
        vec![
            (Series::new("x".into(), floats), DataType::Float),
            (Series::new("x".into(), ints), DataType::Int),
            (Series::new("x".into(), vec![i64::MIN, -1, i64::MAX]), DataType::Int),
            (Series::new("x".into(), vec![-0.0, 0.0, -1.5]), DataType::Float),
            (Series::new("x".into(), texts), DataType::Text),
            (Series::new("x".into(), many), DataType::Text),
            (Series::new("x".into(), vec![Some(true), None]), DataType::Bool),
        ]
    }

    #[test]
    fn bins_hold_each_value_once_and_are_read_back() {
        for (series, dtype) in columns() {
            let figures = of(&series, dtype, wanted());
            let rows: Vec<u64> = figures.bins.iter().map(|(_, rows)| *rows).collect();
            if rows.is_empty() {
                assert_eq!((dtype, figures.distinct), (DataType::Text, Some(1000)), "{figures:?}");
                continue;
            }
            assert_eq!(rows.iter().sum::<u64>() + figures.missing, series.len() as u64, "{figures:?}");
            let earlier = Division::new(&figures.bins, dtype);
            assert!(earlier.is_some(), "{figures:?}");
            let again = of(&series, dtype, Wanted { earlier, ..wanted() });
            assert_eq!(again.moved, Some([rows, vec![0]].concat()), "{figures:?}");
        }
    }

    #[test]
    fn parts_give_what_the_whole_gives() {
        for (series, dtype) in columns() {
            let earlier = Division::new(&of(&series.head(Some(400)), dtype, wanted()).bins, dtype);
            let whole = of(&series, dtype, Wanted { earlier: earlier.clone(), ..wanted() });
            for parts in [1, 2, 7] {
                let mut tally = Tally::new(dtype, Wanted { earlier: earlier.clone(), in_parts: true, ..wanted() });
                for part in (0..parts).rev() {
                    let rows: Vec<u32> = (0..series.len() as u32).filter(|row| row % parts == part).collect();
                    tally.add(&series.take_slice(&rows).unwrap().rechunk()).unwrap();
                }
                assert_eq!(tally.finish(&TimeZone::UTC), whole, "{dtype} in {parts}");
            }
        }
    }

    #[test]
    fn ends_means_and_lengths() {
        let ints = Series::new("x".into(), vec![Some(i64::MAX), None, Some(i64::MAX), Some(-3)]);
        let ints = of(&ints, DataType::Int, wanted());
        assert_eq!((ints.missing, ints.distinct, ints.min.as_deref()), (1, Some(2), Some("-3")));
        assert_eq!(ints.mean, Some((2.0 * i64::MAX as f64 - 3.0) / 3.0));
        let texts = of(&Series::new("x".into(), vec!["战略客户", "b", "战略客户"]), DataType::Text, wanted());
        assert_eq!((texts.lengths, texts.max.as_deref(), texts.mean), (Some((1, 4)), Some("战略客户"), None));
        let none = of(&Series::new("x".into(), vec![None::<f64>, None]), DataType::Float, wanted());
        assert_eq!(none, Figures { missing: 2, distinct: Some(0), ..Figures::default() });
    }
}
