//! What is made of a group's sums for each row: z-scores, shares, means.
//!
//! In: a population. Out: columns by row. Must not know: how sums are folded ([`super::sums`]).

use super::groups::{Plan, by_group, groups_of_ranges, sizes};
use super::partition::Scattered;
use super::sums::{Moments, Want};
use super::{CHUNK, Column, Figures, Population, bits};
use rayon::prelude::*;
use std::borrow::Cow;

impl Population<'_> {
    /// `(x - mean) / std`, std over n in two passes; 0 where all are equal.
    pub fn zscore(&self) -> Column<f64> {
        let prepare = |m: &Moments| {
            let (mean, deviation) = (m.sum / m.n, (m.squares / m.n).sqrt());
            (m.low == m.high, mean, deviation)
        };
        let score = |group: &(bool, f64, f64), x: f64| Some(if group.0 { 0.0 } else { (x - group.1) / group.2 });
        self.scored(Want::All, prepare, score)
    }

    /// `(x - min) / (max - min)`; 0 where all are equal.
    pub fn min_max(&self) -> Column<f64> {
        let score = |m: &Moments, x: f64| {
            let span = m.high - m.low;
            Some(match span {
                0.0 => 0.0,
                span if span.is_finite() => (x - m.low) / span,
                _ => f64::NAN,
            })
        };
        self.scored(Want::Bounds, |m| *m, score)
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

    /// Scores by what `prepare` makes of a group's moments; a value that is not finite marks a row, none is no score.
    fn scored<G: Send + Sync>(
        &self,
        want: Want,
        prepare: impl Fn(&Moments) -> G,
        score: impl Fn(&G, f64) -> Option<f64> + Sync,
    ) -> Column<f64> {
        let groups: Vec<G> = self.moments(want).iter().map(prepare).collect();
        match self.figures {
            Figures::Float(v) => self.by_row(v, |x| x, &groups, score),
            Figures::Int(v) => self.by_row(v, |n| n as f64, &groups, score),
        }
    }

    /// A score for each row that counts.
    pub(super) fn by_row<T: Copy + Sync, G: Sync>(
        &self,
        figures: &[T],
        float: impl Fn(T) -> f64 + Sync,
        groups: &[G],
        score: impl Fn(&G, f64) -> Option<f64> + Sync,
    ) -> Column<f64> {
        let mut values = vec![0.0; figures.len()];
        let mut there = self.counted.clone();
        let chunks = values.par_chunks_mut(CHUNK).zip(there.par_chunks_mut(CHUNK / bits::WORD)).zip(self.words());
        let failed = chunks.enumerate().map(|(chunk, ((values, there), words))| {
            let start = chunk * CHUNK;
            let figures = &figures[start..start + values.len()];
            let numbers = self.groups.as_ref().map(|g| &g.of[start..start + values.len()]);
            let mut failed = Vec::new();
            let mut take = |row: usize, group: &G| {
                let value = score(group, float(figures[row]));
                match value {
                    Some(value) if value.is_finite() => values[row] = value,
                    other => {
                        there[row / bits::WORD] &= !(1 << (row % bits::WORD));
                        failed.extend(other.map(|_| (start + row) as u32));
                    }
                }
            };
            match (numbers, groups) {
                (Some(numbers), _) => bits::each(words, |row| take(row, &groups[numbers[row] as usize])),
                (None, [group, ..]) => bits::each(words, |row| take(row, group)),
                (None, []) => {}
            }
            failed
        });
        let failed: Vec<Vec<u32>> = failed.collect();
        let not_finite = failed.iter().any(|f| !f.is_empty()).then(|| {
            let mut set = vec![0_u64; there.len()];
            failed.iter().flatten().for_each(|row| set[*row as usize / bits::WORD] |= 1 << (row % bits::WORD as u32));
            set
        });
        Column { values, there, not_finite }
    }

    /// The moments of each group; of those without members, no matter what.
    fn moments(&self, want: Want) -> Vec<Moments> {
        let pieces = self.in_key_order();
        let Some(groups) = &self.groups else {
            let pieces: Vec<&[f64]> = pieces.iter().map(|p| &**p).collect();
            return vec![Moments::of(&pieces, want)];
        };
        let numbers: Vec<Cow<'_, [u32]>> =
            self.keys.par_chunks(CHUNK).map(|keys| self.numbers(keys, groups.of)).collect();
        let plan = Plan::new(sizes(&numbers, groups.count));
        let scatter = |(part, numbers): (&Cow<'_, [f64]>, &Cow<'_, [u32]>)| {
            Scattered::new(part, plan.ranges_of(numbers), plan.ranges())
        };
        let scattered: Vec<Scattered<f64>> = pieces.par_iter().zip(&numbers).map(scatter).collect();
        drop(pieces);
        let along = groups_of_ranges(&scattered, &numbers);
        let of_range = |range: usize| {
            let within = plan.groups(range);
            let pieces: Vec<&[f64]> = scattered.iter().map(|part| part.of(range)).collect();
            if within.len() == 1 {
                return vec![Moments::of(&pieces, want)];
            }
            let numbers: Vec<&[u32]> = scattered.iter().zip(&along).map(|(part, n)| &n[part.span(range)]).collect();
            let grouped = by_group(&pieces.concat(), &numbers.concat(), within.clone());
            (0..within.len()).map(|group| Moments::of(&[grouped.of(group)], want)).collect()
        };
        let moments: Vec<Vec<Moments>> = (0..plan.ranges()).into_par_iter().map(of_range).collect();
        moments.concat()
    }

    /// The figures of those who count in key order, in pieces.
    fn in_key_order(&self) -> Vec<Cow<'_, [f64]>> {
        let piece = |keys: &[u32]| match self.figures {
            Figures::Float(v) => match self.run(keys) {
                Some(rows) => Cow::Borrowed(&v[rows]),
                None => Cow::Owned(self.pick(keys, |row| v[row])),
            },
            Figures::Int(v) => Cow::Owned(self.pick(keys, |row| v[row] as f64)),
        };
        self.keys.par_chunks(CHUNK).map(piece).collect()
    }

    /// The group numbers of those among keys who count.
    fn numbers<'g>(&self, keys: &[u32], groups: &'g [u32]) -> Cow<'g, [u32]> {
        match self.run(keys) {
            Some(rows) => Cow::Borrowed(&groups[rows]),
            None => Cow::Owned(self.pick(keys, |row| groups[row])),
        }
    }

    /// The rows, where keys are rows that follow each other from a word's start and all count.
    fn run(&self, keys: &[u32]) -> Option<std::ops::Range<usize>> {
        let first = *keys.first()? as usize;
        let is_run = keys.iter().enumerate().all(|(i, row)| *row as usize == first + i);
        let words = self.counted.get(first / bits::WORD..(first + keys.len()).div_ceil(bits::WORD))?;
        (is_run && first.is_multiple_of(bits::WORD) && bits::count(words) == keys.len())
            .then_some(first..first + keys.len())
    }

    fn pick<T>(&self, keys: &[u32], value: impl Fn(usize) -> T) -> Vec<T> {
        let mut picked = Vec::with_capacity(keys.len());
        picked.extend(keys.iter().map(|row| *row as usize).filter(|row| bits::has(&self.counted, *row)).map(value));
        picked
    }
}
