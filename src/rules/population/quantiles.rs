//! Quantiles of the groups of a population.
//!
//! In: a population. Out: its figures sorted, from which any quantile is read; or one quantile, by selection. Must not
//! know: what customers are compared for.

use super::groups::Plan;
use super::local::Local;
use super::partition::{Layout, cut, gather, pieces, sizes};
use super::ranking::{ONE_RANGE, RANGE};
use super::splitters::Splitters;
use super::{Column, Figures, Population, Score, bits, keys, parts};
use crate::rules::pages::Pages;
use rayon::prelude::*;
use std::borrow::Cow;

/// Figures of a sample that brackets a quantile.
const SAMPLE: usize = 1 << 14;

/// Quantiles of each group of a population.
#[derive(Clone, Debug)]
pub struct Quantiles {
    /// Sorted figures, group by group.
    sorted: Pages<f64>,
    /// Where each group starts, and the end.
    starts: Vec<usize>,
    counted: Vec<u64>,
    groups: Option<Box<[u32]>>,
}

/// Between which of `n` sorted figures a quantile lies, and how far: R's type 7.
fn place(n: usize, q: f64) -> (usize, usize, f64) {
    let place = (n - 1) as f64 * q;
    let low = (place.floor() as usize).min(n - 1);
    (low, (low + 1).min(n - 1), place - place.floor())
}

impl Population<'_> {
    /// Quantiles of the groups, by sorting.
    pub fn quantiles(&self) -> Quantiles {
        let (mut packed, lengths) = self.float_keys();
        let parts = parts(&mut packed, &lengths);
        let mut sorted = Pages::zeroed(self.members);
        let starts = match self.packed_groups() {
            None => {
                sort_group(parts, &mut sorted);
                vec![0, self.members]
            }
            Some((groups, plan)) => {
                sort_groups(parts, groups, &plan, &mut sorted);
                let mut starts = vec![0];
                starts.extend(plan.sizes.iter().scan(0, |end, size| {
                    *end += *size as usize;
                    Some(*end)
                }));
                starts
            }
        };
        Quantiles { sorted, starts, counted: self.counted.clone(), groups: self.groups.as_ref().map(|g| g.of.into()) }
    }

    /// One quantile of each row's group; without groups by selection, which sorts next to nothing.
    pub fn quantile(&self, q: f64) -> Column<f64> {
        let groups: Vec<f64> = match &self.groups {
            None => vec![self.selected(q)],
            Some(_) => {
                let quantiles = self.quantiles();
                quantiles.starts.windows(2).map(|w| of_sorted(&quantiles.sorted[w[0]..w[1]], q)).collect()
            }
        };
        self.by_row(Pages::zeroed(self.figures.len()), &groups, |quantile, _| Some(*quantile))
    }

    fn float_keys(&self) -> (Pages<u64>, Vec<usize>) {
        match self.figures {
            Figures::Float(v) => self.packed(v, keys::of_float),
            Figures::Int(v) => self.packed(v, |n| keys::of_float(n as f64)),
        }
    }

    fn selected(&self, q: f64) -> f64 {
        if self.members == 0 {
            return 0.0;
        }
        let (low, high, part) = place(self.members, q);
        let values = match self.figures {
            Figures::Float(v) => self.select(v, keys::of_float, low, high),
            Figures::Int(v) => self.select(v, |n| keys::of_float(n as f64), low, high),
        };
        let (low, high) = values.unwrap_or_else(|| {
            let sorted = self.quantiles().sorted;
            (sorted[low], sorted[high])
        });
        low + part * (high - low)
    }

    /// The sorted figures at two places that follow each other, or none where the sample misses them.
    fn select<T: Copy + Sync>(
        &self,
        figures: &[T],
        key: impl Fn(T) -> u64 + Sync,
        low: usize,
        high: usize,
    ) -> Option<(f64, f64)> {
        let (from, to) = self.bracket(figures, &key, low)?;
        let chunks = figures.par_chunks(super::CHUNK).zip(self.words()).map(|(figures, words)| {
            let (mut below, mut inside) = (0_usize, Vec::new());
            bits::each(words, |row| {
                let key = key(figures[row]);
                below = below.wrapping_add(usize::from(key < from));
                if key.wrapping_sub(from) <= to - from {
                    inside.push(key);
                }
            });
            (below, inside)
        });
        let chunks: Vec<(usize, Vec<u64>)> = chunks.collect();
        let below: usize = chunks.iter().map(|(below, _)| below).sum();
        let mut inside: Vec<u64> = chunks.into_iter().flat_map(|(_, inside)| inside).collect();
        if low < below || high - below >= inside.len() {
            return None;
        }
        if from < to {
            inside.par_sort_unstable();
        }
        Some((keys::to_float(inside[low - below]), keys::to_float(inside[high - below])))
    }

    /// Keys between which the place lies in all likelihood, by a fixed sample.
    fn bracket<T: Copy>(&self, figures: &[T], key: &impl Fn(T) -> u64, place: usize) -> Option<(u64, u64)> {
        if self.members < SAMPLE {
            return Some((0, u64::MAX));
        }
        let mut state = 1_u64;
        let mut sample = Vec::with_capacity(SAMPLE);
        for _ in 0..SAMPLE {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let row = (((state >> 32) as u128 * figures.len() as u128) >> 32) as usize;
            if bits::has(&self.counted, row) {
                sample.push(key(figures[row]));
            }
        }
        sample.sort_unstable();
        let n = sample.len();
        let middle = place as f64 / self.members as f64 * n as f64;
        let margin = 2.0 * (n as f64).sqrt() + 2.0;
        let from = if middle - margin < 0.0 { 0 } else { *sample.get((middle - margin) as usize)? };
        Some((from, sample.get((middle + margin) as usize).copied().unwrap_or(u64::MAX)))
    }
}

impl Quantiles {
    /// R's type 7 quantile `q` (0 to 1) of a row's group: lo + f * (hi - lo) at (n - 1) * q.
    pub fn at(&self, row: u32, q: f64) -> Score {
        let row = row as usize;
        if !bits::has(&self.counted, row) {
            return Score::Missing;
        }
        let group = self.groups.as_ref().map_or(0, |g| g[row] as usize);
        let value = of_sorted(&self.sorted[self.starts[group]..self.starts[group + 1]], q);
        if value.is_finite() { Score::Value(value) } else { Score::NotFinite }
    }

    /// The quantiles `qs` of the rows from `first` on: values (0 where there is none), the set of those with a value, and the
    /// set of those that are not finite; bit 0 is the first row's. Says whether the last set has any.
    pub fn fill(&self, first: u32, qs: &[f64], values: &mut [f64], there: &mut [u64], not_finite: &mut [u64]) -> bool {
        let mut any = false;
        for (i, (value, q)) in values.iter_mut().zip(qs).enumerate() {
            let (word, bit) = (i / bits::WORD, 1 << (i % bits::WORD));
            there[word] &= !bit;
            not_finite[word] &= !bit;
            *value = 0.0;
            match self.at(first + i as u32, *q) {
                Score::Missing => {}
                Score::Value(x) => {
                    *value = x;
                    there[word] |= bit;
                }
                Score::NotFinite => {
                    not_finite[word] |= bit;
                    any = true;
                }
            }
        }
        any
    }
}

/// A quantile of sorted figures; NaN where there are none.
fn of_sorted(sorted: &[f64], q: f64) -> f64 {
    if sorted.is_empty() {
        return f64::NAN;
    }
    let (low, high, part) = place(sorted.len(), q);
    sorted[low] + part * (sorted[high] - sorted[low])
}

/// Sorts the keys of one group into figures.
fn sort_group(mut parts: Vec<&mut [u64]>, sorted: &mut [f64]) {
    if sorted.len() <= ONE_RANGE {
        sort_range(&mut Local::default(), &parts, sorted);
        return;
    }
    let splitters = Splitters::sample(&parts, sorted.len(), sorted.len() / RANGE);
    let count = splitters.ranges();
    let partition = |buffer: &mut Vec<u64>, part: &mut &mut [u64]| {
        let layout = Layout::new(splitters.ranges_of(part), count);
        layout.apply(part, buffer);
        layout
    };
    let layouts: Vec<Layout> = parts.par_iter_mut().map_init(Vec::new, partition).collect();
    let targets: Vec<&mut [f64]> = cut(sorted, sizes(&layouts, count).into_iter()).collect();
    pieces(&mut parts, &layouts, count)
        .into_par_iter()
        .zip(targets)
        .for_each_init(Local::default, |local, (range, to)| sort_range(local, &range, to));
}

fn sort_range(local: &mut Local, pieces: &[&mut [u64]], sorted: &mut [f64]) {
    let mut keys = std::mem::take(&mut local.keys);
    gather(pieces, &mut keys);
    local.sort(&mut keys);
    sorted.iter_mut().zip(&keys).for_each(|(to, key)| *to = keys::to_float(*key));
    local.keys = keys;
}

/// Sorts the keys of groups into figures, group by group.
fn sort_groups(mut parts: Vec<&mut [u64]>, groups: Vec<Cow<'_, [u32]>>, plan: &Plan, sorted: &mut [f64]) {
    let grouped = plan.apply(&mut parts, &groups);
    drop(groups);
    let count = plan.ranges();
    let targets: Vec<&mut [f64]> = cut(sorted, sizes(&grouped.layouts, count).into_iter()).collect();
    let ranges = pieces(&mut parts, &grouped.layouts, count).into_par_iter().zip(targets).enumerate();
    ranges.for_each_init(Local::default, |local, (range, (pieces, to))| {
        let count = plan.groups(range).len();
        if count == 1 {
            return sort_group(pieces, to);
        }
        let layout = grouped.layout(range, count);
        let (mut keys, mut buffer) = (std::mem::take(&mut local.keys), std::mem::take(&mut local.buffer));
        gather(&pieces, &mut keys);
        layout.apply(&mut keys, &mut buffer);
        (0..count).for_each(|group| local.sort(&mut keys[layout.span(group)]));
        to.iter_mut().zip(&keys).for_each(|(to, key)| *to = keys::to_float(*key));
        (local.keys, local.buffer) = (keys, buffer);
    });
}
