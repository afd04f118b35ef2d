//! A customer's standing among all: ranks, scores and shares of populations.
//!
//! In: a figure for each customer row (missing where it is, or could not be computed), group numbers, the rows in key
//! order. Out: for each row its standing. Must not know: rules, tables, the engine. Customers without a figure, or whose
//! group could not be computed, do not count and have no standing. -0.0 equals 0.0.
//!
//! Sums take the counted customers of a group in key order, fold blocks of 4,096 left from 0.0, then the block sums left;
//! so they do not depend on threads. Start at [`Population`].

use super::model::{Fit, Fits, Model, Setting};
use rayon::prelude::*;
use std::cmp::Ordering;

/// Group of a customer who does not count.
pub const NO_GROUP: u32 = u32::MAX;

/// Figures folded at once.
const BLOCK: usize = 4_096;

/// Figures by customer row.
#[derive(Clone, Debug)]
pub enum Figures {
    /// Ints, dates or datetimes: ranked as they are, else used as nearest doubles.
    Int(Vec<Option<i64>>),
    /// Finite floats.
    Float(Vec<Option<f64>>),
}

impl Figures {
    fn get(&self, row: u32) -> Option<f64> {
        match self {
            Figures::Int(v) => v.get(row as usize).copied().flatten().map(|n| n as f64),
            Figures::Float(v) => v.get(row as usize).copied().flatten(),
        }
    }

    fn len(&self) -> usize {
        match self {
            Figures::Int(v) => v.len(),
            Figures::Float(v) => v.len(),
        }
    }
}

/// One standing of one customer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Score {
    /// None: no figure, or a share of a total of 0.
    Missing,
    /// A finite value.
    Value(f64),
    /// It cannot be computed: a sum or difference is not finite.
    NotFinite,
    /// What the customer's own arguments say cannot be: out of range.
    Refused,
}

impl Score {
    /// A value, if it is finite.
    pub fn of(value: f64) -> Score {
        if value.is_finite() { Score::Value(value) } else { Score::NotFinite }
    }
}

/// A population: figures, in groups, in key order.
#[derive(Clone, Debug)]
pub struct Population {
    figures: Figures,
    /// Rows of the counted customers of each group, in key order.
    groups: Vec<Vec<u32>>,
    /// Group of each row, or [`NO_GROUP`] for one that does not count.
    group_of: Vec<u32>,
    /// What a model says, if one was asked.
    modelled: Vec<Score>,
    fitted: Vec<Fitted>,
}

/// A model that was fitted to a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    /// The row of the group's first customer in key order; `None` where all are one group.
    pub group_of: Option<u32>,
    /// Which model.
    pub model: &'static str,
    /// What was fitted.
    pub fit: Fit,
}

/// Where a customer stands in its group of a population.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Its figure.
    pub figure: f64,
    /// 1 + how many are larger: 1 is the largest.
    pub rank: usize,
    /// How many the group counts.
    pub size: usize,
}

/// Quantiles of each group of a population.
#[derive(Clone, Debug)]
pub struct Quantiles {
    sorted: Vec<Vec<f64>>,
    group_of: Vec<u32>,
}

impl Population {
    /// The population of the rows in `order` (all customers in key order) that have a figure. `groups` gives each row's
    /// group, numbered from 0, or [`NO_GROUP`]; without it all are one group.
    pub fn new(figures: Figures, groups: Option<&[u32]>, order: &[u32]) -> Population {
        let mut group_of = vec![NO_GROUP; figures.len()];
        let mut members: Vec<Vec<u32>> = Vec::new();
        for row in order {
            let group = groups.map_or(0, |g| g.get(*row as usize).copied().unwrap_or(NO_GROUP));
            if group == NO_GROUP || figures.get(*row).is_none() {
                continue;
            }
            if members.len() <= group as usize {
                members.resize(group as usize + 1, Vec::new());
            }
            members[group as usize].push(*row);
            group_of[*row as usize] = group;
        }
        Population { figures, groups: members, group_of, modelled: Vec::new(), fitted: Vec::new() }
    }

    /// The population of the rows in `order` that have all figures, and what a model says of them. `columns` has the figures of each argument.
    pub fn of_model(
        (model, setting, fits): (Model, &Setting, &mut Fits),
        columns: Vec<Figures>,
        groups: Option<&[u32]>,
        order: &[u32],
    ) -> Population {
        let there = |row: u32| columns.iter().all(|column| column.get(row).is_some());
        let rows = columns.first().map_or(0, Figures::len) as u32;
        let first: Vec<Option<f64>> = (0..rows).map(|row| columns[0].get(row).filter(|_| there(row))).collect();
        let mut population = Population::new(Figures::Float(first), groups, order);
        population.modelled = vec![Score::Missing; rows as usize];
        // Who stands where is told by what the model says.
        let figure = |score: &Score| if let Score::Value(value) = score { Some(*value) } else { None };
        for members in population.groups.iter().filter(|members| !members.is_empty()) {
            let values: Vec<Vec<f64>> =
                columns.iter().map(|column| members.iter().filter_map(|row| column.get(*row)).collect()).collect();
            let values: Vec<&[f64]> = values.iter().map(Vec::as_slice).collect();
            let asked = model.ask(setting, &values, fits);
            members.iter().zip(asked.scores).for_each(|(row, score)| population.modelled[*row as usize] = score);
            let group_of = groups.and_then(|_| members.first().copied());
            let fits = asked.fits.into_iter();
            population.fitted.extend(fits.map(|(model, fit)| Fitted { group_of, model, fit }));
        }
        population.figures = Figures::Float(population.modelled.iter().map(figure).collect());
        population
    }

    /// What a model says of each row; nothing where none was asked.
    pub fn modelled(&self) -> &[Score] {
        &self.modelled
    }

    /// The models that were fitted, group by group.
    pub fn fitted(&self) -> &[Fitted] {
        &self.fitted
    }

    /// `(r - 1) / (n - 1)` with r = 1 + how many are smaller; 0 for n = 1. So the smallest have 0.
    ///
    /// ```
    /// use tierwright::rules::standing::{Figures, Population, Score};
    /// let figures = Figures::Float(vec![Some(10.0), Some(30.0), None, Some(10.0)]);
    /// let ranks = Population::new(figures, None, &[0, 1, 2, 3]).pct_rank();
    /// assert_eq!(ranks, [Score::Value(0.0), Score::Value(1.0), Score::Missing, Score::Value(0.0)]);
    /// ```
    pub fn pct_rank(&self) -> Vec<Score> {
        let mut scores = vec![Score::Missing; self.group_of.len()];
        self.each_rank(|row, smaller, _, n| {
            let rank = if n > 1 { smaller as f64 / (n - 1) as f64 } else { 0.0 };
            scores[row as usize] = Score::Value(rank);
        });
        scores
    }

    /// 1 + how many are larger: 1 is the largest. Missing where there is no figure.
    pub fn rank(&self) -> Vec<Option<i64>> {
        let mut ranks = vec![None; self.group_of.len()];
        self.each_rank(|row, _, larger, _| ranks[row as usize] = Some(larger as i64 + 1));
        ranks
    }

    /// Calls `see` with a row, how many of its group are smaller, how many larger, and how many there are.
    fn each_rank(&self, mut see: impl FnMut(u32, usize, usize, usize)) {
        for members in &self.groups {
            let mut sorted = members.clone();
            match &self.figures {
                Figures::Int(v) => sorted.par_sort_by_key(|row| v[*row as usize]),
                Figures::Float(_) => sorted.par_sort_by(|a, b| self.order(*a, *b)),
            }
            let n = sorted.len();
            let mut start = 0;
            while start < n {
                let run = sorted[start..].iter().take_while(|row| self.order(sorted[start], **row).is_eq()).count();
                for row in &sorted[start..start + run] {
                    see(*row, start, n - start - run, n);
                }
                start += run;
            }
        }
    }

    /// Where a row stands in its group; `None` for one that does not count.
    ///
    /// ```
    /// use tierwright::rules::standing::{Figures, Place, Population};
    /// let figures = Figures::Float(vec![Some(10.0), Some(30.0), None, Some(20.0)]);
    /// let population = Population::new(figures, None, &[0, 1, 2, 3]);
    /// assert_eq!(population.place(3), Some(Place { figure: 20.0, rank: 2, size: 3 }));
    /// assert_eq!(population.place(2), None);
    /// ```
    pub fn place(&self, row: u32) -> Option<Place> {
        let group = self.group_of.get(row as usize).copied().filter(|group| *group != NO_GROUP)?;
        let members = self.groups.get(group as usize)?;
        let larger = members.iter().filter(|other| self.order(**other, row).is_gt()).count();
        Some(Place { figure: self.figures.get(row)?, rank: larger + 1, size: members.len() })
    }

    fn order(&self, a: u32, b: u32) -> Ordering {
        match &self.figures {
            Figures::Int(v) => v[a as usize].cmp(&v[b as usize]),
            // Figures are finite, so that they have an order, in which -0.0 equals 0.0.
            Figures::Float(v) => v[a as usize].partial_cmp(&v[b as usize]).unwrap_or(Ordering::Equal),
        }
    }

    /// `(x - mean) / std`, std over n in two passes; 0 where all are equal.
    pub fn zscore(&self) -> Vec<Score> {
        self.each_group(|figures| {
            let n = figures.len() as f64;
            let mean = block_sum(figures.iter().copied()) / n;
            let squares = block_sum(figures.iter().map(|x| (x - mean) * (x - mean)));
            let deviation = (squares / n).sqrt();
            let is_constant = bounds(figures).is_some_and(|(low, high)| low == high);
            Box::new(move |x| match deviation {
                _ if is_constant => Score::Value(0.0),
                // Divided by it everything would be 0.
                f64::INFINITY => Score::NotFinite,
                _ => Score::of((x - mean) / deviation),
            })
        })
    }

    /// `(x - min) / (max - min)`; 0 where all are equal.
    pub fn min_max(&self) -> Vec<Score> {
        self.each_group(|figures| {
            let (low, high) = bounds(figures).unwrap_or((0.0, 0.0));
            let span = high - low;
            Box::new(move |x| match span {
                0.0 => Score::Value(0.0),
                span if span.is_finite() => Score::of((x - low) / span),
                _ => Score::NotFinite,
            })
        })
    }

    /// `x / sum`; missing where the sum is 0.
    pub fn share(&self) -> Vec<Score> {
        self.each_group(|figures| {
            let total = block_sum(figures.iter().copied());
            Box::new(move |x| match total {
                0.0 => Score::Missing,
                total if total.is_finite() => Score::of(x / total),
                _ => Score::NotFinite,
            })
        })
    }

    /// Mean of the group.
    pub fn mean_of(&self) -> Vec<Score> {
        self.each_group(|figures| {
            let mean = Score::of(block_sum(figures.iter().copied()) / figures.len() as f64);
            Box::new(move |_| mean)
        })
    }

    /// Quantiles of the groups.
    pub fn quantiles(&self) -> Quantiles {
        let sorted = |members: &Vec<u32>| {
            let mut values = self.figures_of(members);
            values.par_sort_by(|a, b| a.partial_cmp(b).unwrap_or(Ordering::Equal));
            values
        };
        Quantiles { sorted: self.groups.iter().map(sorted).collect(), group_of: self.group_of.clone() }
    }

    fn figures_of(&self, members: &[u32]) -> Vec<f64> {
        members.iter().filter_map(|row| self.figures.get(*row)).collect()
    }

    /// Scores by a function that is made for each group from its figures in key order.
    fn each_group(&self, make: impl Fn(&[f64]) -> Box<dyn Fn(f64) -> Score>) -> Vec<Score> {
        let mut scores = vec![Score::Missing; self.group_of.len()];
        for members in &self.groups {
            let figures = self.figures_of(members);
            if figures.is_empty() {
                continue;
            }
            let score = make(&figures);
            for (row, x) in members.iter().zip(figures) {
                scores[*row as usize] = score(x);
            }
        }
        scores
    }
}

impl Quantiles {
    /// R's type 7 quantile `q` (0 to 1) of a row's group: lo + f * (hi - lo) at (n - 1) * q.
    pub fn at(&self, row: u32, q: f64) -> Score {
        let group = self.group_of.get(row as usize).copied().unwrap_or(NO_GROUP);
        let Some(sorted) = self.sorted.get(group as usize).filter(|s| !s.is_empty()) else { return Score::Missing };
        let place = (sorted.len() - 1) as f64 * q;
        let low = (place.floor() as usize).min(sorted.len() - 1);
        let high = (low + 1).min(sorted.len() - 1);
        Score::of(sorted[low] + (place - place.floor()) * (sorted[high] - sorted[low]))
    }
}

/// `min(n, floor(pct_rank * n) + 1)`: the n-tile of a percent rank, from 1. `n` is at least 1.
///
/// ```
/// use tierwright::rules::standing::ntile;
/// assert_eq!([ntile(0.0, 4), ntile(0.25, 4), ntile(0.99, 4), ntile(1.0, 4)], [1, 2, 4, 4]);
/// ```
pub fn ntile(pct_rank: f64, n: i64) -> i64 {
    let tile = (pct_rank * n as f64).floor();
    // Ranks are 0 to 1, so that the product is at most n, and the cast saturates.
    n.min((tile as i64).saturating_add(1))
}

/// The sum of figures in their order: blocks of 4,096 from 0.0, then the blocks' sums.
pub fn block_sum(figures: impl Iterator<Item = f64>) -> f64 {
    let (mut total, mut block, mut count) = (0.0, 0.0, 0);
    for x in figures {
        block += x;
        count += 1;
        if count == BLOCK {
            total += block;
            (block, count) = (0.0, 0);
        }
    }
    if count > 0 { total + block } else { total }
}

fn bounds(figures: &[f64]) -> Option<(f64, f64)> {
    let first = *figures.first()?;
    Some(
        figures.iter().fold((first, first), |(low, high), x| {
            (if *x < low { *x } else { low }, if *x > high { *x } else { high })
        }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(n: usize) -> Vec<u32> {
        (0..n as u32).collect()
    }

    fn floats(values: &[f64]) -> Population {
        Population::new(Figures::Float(values.iter().copied().map(Some).collect()), None, &all(values.len()))
    }

    fn values(scores: Vec<Score>) -> Vec<f64> {
        let value = |s: &Score| match s {
            Score::Value(x) => *x,
            other => panic!("{other:?}"),
        };
        scores.iter().map(value).collect()
    }

    #[test]
    fn ranks_share_ties() {
        let population = floats(&[20.0, 10.0, 20.0, 40.0, 30.0]);
        assert_eq!(values(population.pct_rank()), [0.25, 0.0, 0.25, 1.0, 0.75]);
        assert_eq!(population.rank(), [Some(3), Some(5), Some(3), Some(1), Some(2)]);
        assert_eq!(values(floats(&[-0.0, 0.0, 1.0]).pct_rank()), [0.0, 0.0, 1.0]);
        assert_eq!(values(floats(&[7.0]).pct_rank()), [0.0]);
        assert_eq!(floats(&[7.0]).rank(), [Some(1)]);
        assert_eq!((ntile(0.5, 1), ntile(1.0, i64::MAX), ntile(0.75, 4)), (1, i64::MAX, 4));
    }

    #[test]
    fn ints_rank_as_ints() {
        // Both are the same double.
        let (a, b) = (9_007_199_254_740_992, 9_007_199_254_740_993);
        let population = Population::new(Figures::Int(vec![Some(b), Some(a)]), None, &[0, 1]);
        assert_eq!(population.rank(), [Some(1), Some(2)]);
        assert_eq!(values(population.min_max()), [0.0, 0.0]);
    }

    #[test]
    fn missing_figures_do_not_count() {
        let figures = Figures::Float(vec![Some(1.0), None, Some(3.0), Some(5.0)]);
        let population = Population::new(figures, Some(&[0, 0, 0, NO_GROUP]), &all(4));
        assert_eq!(population.rank(), [Some(2), None, Some(1), None]);
        assert_eq!(population.share()[1], Score::Missing);
        assert_eq!(population.share()[2], Score::Value(0.75));
        assert_eq!(population.quantiles().at(1, 0.5), Score::Missing);
    }

    #[test]
    fn groups_are_apart() {
        let figures = Figures::Float(vec![Some(1.0), Some(2.0), Some(3.0), Some(6.0)]);
        let population = Population::new(figures, Some(&[1, 0, 1, 0]), &all(4));
        assert_eq!(population.rank(), [Some(2), Some(2), Some(1), Some(1)]);
        assert_eq!(values(population.share()), [0.25, 0.25, 0.75, 0.75]);
        assert_eq!(values(population.mean_of()), [2.0, 4.0, 2.0, 4.0]);
    }

    #[test]
    fn scores_follow_the_formulas() {
        // Mean 5, standard deviation over n 2.
        let population = floats(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]);
        assert_eq!(values(population.zscore()), [-1.5, -0.5, -0.5, -0.5, 0.0, 0.0, 1.0, 2.0]);
        assert_eq!(values(floats(&[10.0, 20.0, 50.0]).min_max()), [0.0, 0.25, 1.0]);
        let quantiles = floats(&[10.0, 40.0, 20.0]).quantiles();
        assert_eq!([0.0, 0.25, 0.5, 1.0].map(|q| quantiles.at(0, q)), [10.0, 15.0, 20.0, 40.0].map(Score::Value));
    }

    #[test]
    fn constants_give_zero_and_empty_totals_nothing() {
        let population = floats(&[0.1, 0.1, 0.1]);
        assert_eq!(values(population.zscore()), [0.0, 0.0, 0.0]);
        assert_eq!(values(population.min_max()), [0.0, 0.0, 0.0]);
        assert_eq!(floats(&[1.0, -1.0]).share(), [Score::Missing, Score::Missing]);
    }

    #[test]
    fn what_is_not_finite_says_so() {
        let population = floats(&[1e308, 1e308, -1e308]);
        assert_eq!(population.share()[0], Score::NotFinite);
        assert_eq!(population.mean_of()[0], Score::NotFinite);
        assert_eq!(population.min_max()[0], Score::NotFinite);
        assert_eq!(population.rank()[0], Some(1));
    }

    #[test]
    fn sums_fold_in_blocks_in_key_order() {
        // 1e16 + 1.0 loses the 1.0; in a block of their own the ones are kept.
        let mut figures = vec![1e16];
        figures.extend([0.0; BLOCK - 1]);
        figures.extend([1.0; 4]);
        assert_eq!(block_sum(figures.iter().copied()), 1e16 + 4.0);
        let reversed: Vec<u32> = (0..3).rev().collect();
        let figures = || Figures::Float(vec![Some(1.0), Some(1e16), Some(-1e16)]);
        let sum = |order: &[u32]| values(Population::new(figures(), None, order).mean_of())[0];
        assert_eq!((sum(&all(3)), sum(&reversed)), (0.0, 1.0 / 3.0));
    }
}
