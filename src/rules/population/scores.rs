//! What is made of a group's sums for each row: z-scores, shares, means.
//!
//! In: a population. Out: columns by row. Must not know: how sums are folded ([`super::sums`]).

use super::groups::{Plan, sizes};
use super::partition::{cut, gather, pieces};
use super::sums::{Moments, Want};
use super::{CHUNK, Column, Figures, Population, bits};
use crate::rules::pages::Pages;
use rayon::prelude::*;
use std::borrow::Cow;
use std::ops::Range;

impl Population<'_> {
    /// `(x - mean) / std`, std over n in two passes; 0 where all are equal.
    pub fn zscore(&self) -> Column<f64> {
        let prepare = |m: &Moments| {
            // No deviation is negative; this one says that all are equal.
            (m.sum / m.n, if m.low == m.high { -1.0 } else { (m.squares / m.n).sqrt() })
        };
        let score = |(mean, deviation): &(f64, f64), x: f64| {
            Some(match *deviation {
                deviation if deviation < 0.0 => 0.0,
                f64::INFINITY => f64::NAN,
                deviation => (x - mean) / deviation,
            })
        };
        self.scored(Want::All, prepare, score)
    }

    /// `(x - min) / (max - min)`; 0 where all are equal.
    pub fn min_max(&self) -> Column<f64> {
        let score = |(low, span): &(f64, f64), x: f64| {
            Some(match *span {
                0.0 => 0.0,
                span if span.is_finite() => (x - low) / span,
                _ => f64::NAN,
            })
        };
        self.scored(Want::Bounds, |m| (m.low, m.high - m.low), score)
    }

    /// `x / sum`; missing where the sum is 0.
    pub fn share(&self) -> Column<f64> {
        let score = |sum: &f64, x: f64| match *sum {
            0.0 => None,
            sum if sum.is_finite() => Some(x / sum),
            _ => Some(f64::NAN),
        };
        self.scored(Want::Sum, |m| m.sum, score)
    }

    /// Mean of the group.
    pub fn mean_of(&self) -> Column<f64> {
        self.scored(Want::Sum, |m| m.sum / m.n, |mean: &f64, _| Some(*mean))
    }

    /// Scores by what `prepare` makes of a group's moments.
    fn scored<G: Copy + Default + Send + Sync>(
        &self,
        want: Want,
        prepare: impl Fn(&Moments) -> G + Sync,
        score: impl Fn(&G, f64) -> Option<f64> + Sync,
    ) -> Column<f64> {
        // The column's memory holds the figures in key order, first.
        let mut values = Pages::zeroed(self.figures.len());
        let groups = self.of_groups(&mut values, &|pieces| prepare(&Moments::of(pieces, want)));
        self.by_row(values, &groups, score)
    }

    /// A score for each row that counts; one that is not finite marks a row, none is no score. What `values` holds does not
    /// matter.
    pub(super) fn by_row<G: Sync>(
        &self,
        values: Pages<f64>,
        groups: &[G],
        score: impl Fn(&G, f64) -> Option<f64> + Sync,
    ) -> Column<f64> {
        match self.figures {
            Figures::Float(v) => self.by_row_of(values, |row| v[row], groups, score),
            Figures::Int(v) => self.by_row_of(values, |row| v[row] as f64, groups, score),
        }
    }

    fn by_row_of<G: Sync>(
        &self,
        mut values: Pages<f64>,
        figure: impl Fn(usize) -> f64 + Sync,
        groups: &[G],
        score: impl Fn(&G, f64) -> Option<f64> + Sync,
    ) -> Column<f64> {
        let mut there = self.counted.clone();
        let chunks = values.par_chunks_mut(CHUNK).zip(there.par_chunks_mut(CHUNK / bits::WORD)).zip(self.words());
        let failed = chunks.enumerate().map(|(chunk, ((values, there), words))| {
            values.fill(0.0);
            let start = chunk * CHUNK;
            let mut failed = Vec::new();
            let mut take = |row: usize, group: &G| match score(group, figure(start + row)) {
                Some(value) if value.is_finite() => values[row] = value,
                other => {
                    there[row / bits::WORD] &= !(1 << (row % bits::WORD));
                    failed.extend(other.map(|_| start + row));
                }
            };
            match (&self.groups, groups) {
                (Some(numbers), _) => {
                    let numbers = &numbers.of[start..];
                    bits::each(words, |row| take(row, &groups[numbers[row] as usize]));
                }
                (None, [group, ..]) => bits::each(words, |row| take(row, group)),
                (None, []) => {}
            }
            failed
        });
        let failed: Vec<Vec<usize>> = failed.collect();
        let not_finite = failed.iter().any(|f| !f.is_empty()).then(|| {
            let mut set = vec![0_u64; there.len()];
            failed.iter().flatten().for_each(|row| set[row / bits::WORD] |= 1 << (row % bits::WORD));
            set
        });
        Column { values, there, not_finite }
    }

    /// What `make` makes of each group's figures in key order, in pieces; for groups without members the default. `space`,
    /// as long as there are rows, is overwritten.
    fn of_groups<G: Copy + Default + Send + Sync>(
        &self,
        space: &mut [f64],
        make: &(impl Fn(&[&[f64]]) -> G + Sync),
    ) -> Vec<G> {
        let Some(groups) = &self.groups else {
            let pieces: Vec<&[f64]> = self
                .keys
                .par_chunks(CHUNK)
                .zip(space.par_chunks_mut(CHUNK))
                .map(|(keys, to)| self.piece(keys, to))
                .collect();
            return vec![make(&pieces)];
        };
        let fill = |(keys, to): (&[u32], &mut [f64])| self.fill(keys, to);
        let lengths: Vec<usize> = self.keys.par_chunks(CHUNK).zip(space.par_chunks_mut(CHUNK)).map(fill).collect();
        let mut parts: Vec<&mut [f64]> =
            space.chunks_mut(CHUNK).zip(&lengths).map(|(part, length)| &mut part[..*length]).collect();
        let numbers: Vec<Cow<'_, [u32]>> =
            self.keys.par_chunks(CHUNK).map(|keys| self.numbers(keys, groups.of)).collect();
        let plan = Plan::new(sizes(&numbers, groups.count));
        let grouped = plan.apply(&mut parts, &numbers);
        drop(numbers);
        let mut made = vec![G::default(); groups.count];
        let targets: Vec<&mut [G]> = cut(&mut made, (0..plan.ranges()).map(|range| plan.groups(range).len())).collect();
        let ranges = pieces(&mut parts, &grouped.layouts, plan.ranges()).into_par_iter().zip(targets).enumerate();
        ranges.for_each_init(
            Default::default,
            |(figures, buffer): &mut (Vec<f64>, Vec<f64>), (range, (pieces, to))| {
                if let [to] = to {
                    *to = make(&pieces.iter().map(|p| &**p).collect::<Vec<_>>());
                    return;
                }
                gather(&pieces, figures);
                let layout = grouped.layout(range, to.len());
                layout.apply(figures, buffer);
                let members = |group: usize| Some(&figures[layout.span(group)]).filter(|m| !m.is_empty());
                to.iter_mut().enumerate().for_each(|(group, to)| {
                    if let Some(members) = members(group) {
                        *to = make(&[members]);
                    }
                });
            },
        );
        made
    }

    /// The figures of those among keys who count.
    fn piece<'p>(&'p self, keys: &[u32], to: &'p mut [f64]) -> &'p [f64] {
        match (self.figures, self.run(keys)) {
            (Figures::Float(v), Some(rows)) => &v[rows],
            _ => {
                let length = self.fill(keys, to);
                &to[..length]
            }
        }
    }

    /// Writes the figures of those among keys who count, and says how many.
    fn fill(&self, keys: &[u32], to: &mut [f64]) -> usize {
        let mut length = 0;
        let mut write = |row: u32, x: f64| {
            // Written in any case, and kept where the row counts: no branch.
            to[length] = x;
            length += usize::from(bits::has(&self.counted, row as usize));
        };
        match self.figures {
            Figures::Float(v) => keys.iter().for_each(|row| write(*row, v[*row as usize])),
            Figures::Int(v) => keys.iter().for_each(|row| write(*row, v[*row as usize] as f64)),
        }
        length
    }

    /// The group numbers of those among keys who count.
    fn numbers<'g>(&self, keys: &[u32], groups: &'g [u32]) -> Cow<'g, [u32]> {
        match self.run(keys) {
            Some(rows) => Cow::Borrowed(&groups[rows]),
            None => {
                let mut numbers = Vec::with_capacity(keys.len());
                let counted = keys.iter().map(|row| *row as usize).filter(|row| bits::has(&self.counted, *row));
                numbers.extend(counted.map(|row| groups[row]));
                Cow::Owned(numbers)
            }
        }
    }

    /// The rows, where keys are rows that follow each other from a word's start and all count.
    fn run(&self, keys: &[u32]) -> Option<Range<usize>> {
        let first = *keys.first()? as usize;
        let is_run = keys.iter().enumerate().all(|(i, row)| *row as usize == first + i);
        let words = self.counted.get(first / bits::WORD..(first + keys.len()).div_ceil(bits::WORD))?;
        let all_count = first.is_multiple_of(bits::WORD) && bits::count(words) == keys.len();
        (is_run && all_count).then_some(first..first + keys.len())
    }
}
