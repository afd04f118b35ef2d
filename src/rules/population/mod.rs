//! Standings of all customers at once, for the compiled evaluator: ranks, scores, shares and quantiles.
//!
//! In: a figure for each customer row, the set of rows that count, group numbers, the rows in key order. Out: columns by
//! row with the set of rows that have a standing. Must not know: rules, tables, the engine.
//!
//! The meaning is that of [`crate::rules::standing`], bit for bit; the two share no code. Everything runs on the current
//! thread pool, and no result depends on how many threads it has.
//!
//! | file | what |
//! |---|---|
//! | `keys` | figures as unsigned keys |
//! | `bits` | sets of rows |
//! | `counting` | ranks of small ints |
//! | `ranking`, `splitters`, `partition` | ranks of one group: keys cut into ranges that fit a cache |
//! | `local`, `radix` | ranks and sorting of one range |
//! | `groups` | groups packed into ranges |
//! | `sums`, `scores` | sums in key order; what is made of them row by row |
//! | `quantiles` | sorted figures; selection of one quantile |
//!
//! Start at [`Population`].
//!
//! Measured on 5 million rows and two threads, nanoseconds of processor time a row (`benches/population.rs`), on a machine
//! busy with other work: percent ranks of floats 27 (log-normal, of cents, mostly zero, already sorted: 27 to 28), against
//! 68 for (key, row) pairs in the standard unstable sort with results written by row; of small ints 11; within groups 30 to 56;
//! z-scores and shares 7 to 9. About 6 of each are for memory that is touched for the first time; with huge pages percent
//! ranks took 22, sums 3. Walks of 4 keys at a time instead of 8, and ranges of 8,192 or 16,384, were not faster.

mod bits;
mod counting;
mod groups;
mod keys;
mod local;
mod partition;
mod quantiles;
mod radix;
mod ranking;
mod scores;
mod splitters;
mod sums;
#[cfg(test)]
mod tests;

pub use quantiles::Quantiles;

use super::defect::{Defect, seeded};
use crate::rules::pages::Pages;
use bits::WORD;
use bytemuck::Pod;
use counting::Counting;
use groups::Plan;
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::HashMap;

/// Rows of a task. A multiple of 64, so that tasks share no word of a set. Tests have several tasks of few rows.
const CHUNK: usize = if cfg!(test) { 1 << 15 } else { 1 << 17 };

/// Figures by customer row; what stands in rows that do not count is not read.
#[derive(Clone, Copy, Debug)]
pub enum Figures<'a> {
    /// Finite floats.
    Float(&'a [f64]),
    /// Ints, dates or datetimes: ranked as they are, else used as nearest doubles.
    Int(&'a [i64]),
}

impl Figures<'_> {
    fn len(&self) -> usize {
        match self {
            Figures::Int(v) => v.len(),
            Figures::Float(v) => v.len(),
        }
    }
}

/// Standings by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Column<T: Pod> {
    /// By row; 0 where there is no standing.
    pub values: Pages<T>,
    /// Rows with a standing: one bit each, the lowest of a word first.
    pub there: Vec<u64>,
    /// Rows whose standing is not finite, if any: they are not among `there`.
    pub not_finite: Option<Vec<u64>>,
}

/// One standing of one customer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Score {
    /// None: the customer does not count.
    Missing,
    /// A finite value.
    Value(f64),
    /// It cannot be computed: a difference is not finite.
    NotFinite,
}

/// Group numbers of rows.
#[derive(Clone, Debug)]
struct Groups<'a> {
    of: &'a [u32],
    /// One more than the largest number of a row that counts.
    count: usize,
}

/// A population: figures, in groups, in key order.
#[derive(Clone, Debug)]
pub struct Population<'a> {
    figures: Figures<'a>,
    counted: Vec<u64>,
    members: usize,
    groups: Option<Groups<'a>>,
    keys: &'a [u32],
}

impl<'a> Population<'a> {
    /// The population of the rows of the set `counted`. `groups` gives each row's group, by dense numbers: those that are
    /// not below the number of rows, as [`crate::rules::standing::NO_GROUP`], do not count; without it all are one group.
    /// `keys` are all rows in key order.
    ///
    /// ```
    /// use tierwright::rules::population::{Figures, Population};
    /// let ranks = Population::new(Figures::Float(&[10.0, 30.0, f64::NAN, 10.0]), &[0b1011], None, &[0, 1, 2, 3]).pct_rank();
    /// assert_eq!((&ranks.values[..], &ranks.there[..]), (&[0.0, 1.0, 0.0, 0.0][..], &[0b1011][..]));
    /// ```
    pub fn new(figures: Figures<'a>, counted: &[u64], groups: Option<&'a [u32]>, keys: &'a [u32]) -> Population<'a> {
        let rows = figures.len();
        let mut counted = bits::first_rows(counted, rows);
        let groups = groups.map(|of| Groups { of, count: admit(&mut counted, of, rows) });
        Population { figures, members: bits::count(&counted), counted, groups, keys }
    }

    /// `(r - 1) / (n - 1)` with r = 1 + how many are smaller; 0 for n = 1. So the smallest have 0.
    pub fn pct_rank(&self) -> Column<f64> {
        if seeded(Defect::TiesInOrder) {
            return self.ties_in_order();
        }
        let share = |smaller: usize, _: usize, members: usize| {
            if members > 1 { (smaller as f64 / (members - 1) as f64).to_bits() } else { 0 }
        };
        let values = self.ranked(&share).cast();
        Column { values, there: self.counted.clone(), not_finite: None }
    }

    /// Percent ranks with [`Defect::TiesInOrder`]: of equal figures each ranks above those of the rows before it.
    #[cold]
    fn ties_in_order(&self) -> Column<f64> {
        let smaller = self.ranked(&|smaller, _, _| smaller as u64);
        let members = self.ranked(&|_, _, members| members as u64);
        let mut before = HashMap::new();
        let mut values = Pages::zeroed(smaller.len());
        bits::each(&self.counted, |row| {
            let group = self.groups.as_ref().map(|groups| groups.of[row]);
            let equal: &mut u64 = before.entry((group, smaller[row])).or_default();
            if members[row] > 1 {
                values[row] = (smaller[row] + *equal) as f64 / (members[row] - 1) as f64;
            }
            *equal += 1;
        });
        Column { values, there: self.counted.clone(), not_finite: None }
    }

    /// 1 + how many are larger: 1 is the largest.
    pub fn rank(&self) -> Column<i64> {
        let place = |smaller: usize, equal: usize, members: usize| (members - smaller - equal + 1) as u64;
        let values = self.ranked(&place).cast();
        Column { values, there: self.counted.clone(), not_finite: None }
    }

    /// `emit(smaller, equal, members of the group)` by row, 0 where a row does not count.
    fn ranked(&self, emit: &(impl Fn(usize, usize, usize) -> u64 + Sync)) -> Pages<u64> {
        if let Figures::Int(figures) = self.figures
            && let Some(counting) = Counting::of(figures, &self.counted, self.groups.as_ref())
        {
            return counting.rank(emit);
        }
        let (mut ranks, sizes) = match self.figures {
            Figures::Float(v) => self.packed(v, keys::of_float),
            Figures::Int(v) => self.packed(v, keys::of_int),
        };
        let parts = parts(&mut ranks, &sizes);
        match self.packed_groups() {
            None => ranking::rank_in_place(parts, &|smaller, equal| emit(smaller, equal, self.members)),
            Some((groups, plan)) => groups::rank_groups(parts, groups, &plan, emit),
        }
        ranks.par_chunks_mut(CHUNK).zip(self.words()).for_each(|(ranks, words)| bits::spread(ranks, words));
        ranks
    }

    /// The keys of the rows that count, at the start of each chunk, and how many each chunk has.
    fn packed<T: Copy + Sync>(&self, figures: &[T], key: impl Fn(T) -> u64 + Sync) -> (Pages<u64>, Vec<usize>) {
        let mut keys = Pages::zeroed(figures.len());
        let chunks = keys.par_chunks_mut(CHUNK).zip(figures.par_chunks(CHUNK)).zip(self.words());
        let sizes = chunks.map(|((keys, figures), words)| {
            let size = bits::count(words);
            if size == keys.len() {
                keys.iter_mut().zip(figures).for_each(|(to, x)| *to = key(*x));
                return size;
            }
            let mut next = 0;
            bits::each(words, |row| {
                keys[next] = key(figures[row]);
                next += 1;
            });
            size
        });
        let sizes = sizes.collect();
        (keys, sizes)
    }

    /// The groups of the rows that count, chunk by chunk, and a plan of them.
    fn packed_groups(&self) -> Option<(Vec<Cow<'a, [u32]>>, Plan)> {
        let groups = self.groups.as_ref()?;
        let packed: Vec<Cow<'a, [u32]>> = groups
            .of
            .par_chunks(CHUNK)
            .zip(self.words())
            .map(|(of, words)| {
                let size = bits::count(words);
                if size == of.len() {
                    return Cow::Borrowed(of);
                }
                let mut packed = Vec::with_capacity(size);
                bits::each(words, |row| packed.push(of[row]));
                Cow::Owned(packed)
            })
            .collect();
        let plan = Plan::new(groups::sizes(&packed, groups.count));
        Some((packed, plan))
    }

    /// The set of rows that count, chunk by chunk.
    fn words(&self) -> rayon::slice::Chunks<'_, u64> {
        self.counted.par_chunks(CHUNK / WORD)
    }
}

/// Takes rows whose group is no dense number out of a set; one more than the largest number that is left.
fn admit(counted: &mut [u64], groups: &[u32], rows: usize) -> usize {
    let admit_chunk = |(chunk, words): (usize, &mut [u64])| {
        let of = groups.get(chunk * CHUNK..).unwrap_or(&[]);
        let (mut count, mut refused) = (0, Vec::new());
        bits::each(words, |row| match of.get(row).map(|g| *g as usize) {
            Some(group) if group < rows => count = count.max(group + 1),
            _ => refused.push(row),
        });
        refused.into_iter().for_each(|row| words[row / WORD] &= !(1 << (row % WORD)));
        count
    };
    counted.par_chunks_mut(CHUNK / WORD).enumerate().map(admit_chunk).max().unwrap_or(0)
}

/// The starts of chunks, of the sizes given.
fn parts<'k>(keys: &'k mut [u64], sizes: &[usize]) -> Vec<&'k mut [u64]> {
    keys.chunks_mut(CHUNK).zip(sizes).map(|(chunk, size)| &mut chunk[..*size]).collect()
}

/// `min(n, floor(pct_rank * n) + 1)` for percent ranks, 0 where bit `i` of `there` says that rank `i` is not there. `n` is at
/// least 1.
///
/// ```
/// use tierwright::rules::population::ntiles;
/// let mut tiles = [0; 4];
/// ntiles(&[0.0, 0.25, 0.0, 1.0], &[0b1011], &[4; 4], &mut tiles);
/// assert_eq!(tiles, [1, 2, 0, 4]);
/// ```
pub fn ntiles(pct_ranks: &[f64], there: &[u64], ns: &[i64], tiles: &mut [i64]) {
    for (i, ((tile, rank), n)) in tiles.iter_mut().zip(pct_ranks).zip(ns).enumerate() {
        // Ranks are 0 to 1: the cast truncates, which is `floor` here, and saturates.
        let place = ((rank * *n as f64) as i64).saturating_add(1).min(*n);
        *tile = if bits::has(there, i) { place } else { 0 };
    }
}
