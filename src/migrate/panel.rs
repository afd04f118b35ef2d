//! Customers over planning years.
//!
//! In: each customer's path, one observation for each year in which it was a customer. Out: [`Panel`], from which states are
//! read year by year. Must not know: keys, runs. Customers keep the order in which their paths came, so that sums over them
//! have the same bits every time.

use crate::calendar;
use crate::error::Error;

/// Where a customer stands in a planning year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// In a tier, by its place in [`Panel::tiers`].
    Tier(u16),
    /// A customer for whom that year decided no tier.
    Undetermined,
    /// No customer that year: not yet, or no longer.
    Absent,
}

/// A customer in one planning year.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observation {
    /// The calendar year in which the planning year starts.
    pub cycle: i16,
    /// The tier decided that year, by its place in [`Panel::tiers`]; none if undetermined.
    pub tier: Option<u16>,
    /// The value decided that year.
    pub value: Option<f64>,
}

/// Paths of customers over planning years.
#[derive(Clone, Debug)]
pub struct Panel {
    tiers: Vec<String>,
    ranked: usize,
    years: Vec<Year>,
    customers: usize,
}

/// All customers in one planning year, in the order of their paths.
#[derive(Clone, Debug)]
struct Year {
    cycle: i16,
    states: Vec<State>,
    /// NaN where there is none: half the room of an option.
    values: Vec<f64>,
}

impl Panel {
    /// A panel without customers. The first `ranked` of `tiers` are ordered, lowest first; the others have no rank, as
    /// tiers of an earlier order. `cycles` are in ascending order.
    ///
    /// # Errors
    /// [`Error::Defect`]: cycles that do not ascend, more tiers than codes, or fewer than are ranked.
    pub fn new(tiers: Vec<String>, ranked: usize, cycles: &[i16]) -> Result<Panel, Error> {
        if !cycles.is_sorted_by(|a, b| a < b) || ranked > tiers.len() || tiers.len() > usize::from(u16::MAX) {
            let (tiers, cycles) = (tiers.len(), cycles.len());
            return Err(Error::Defect(format!("no panel of {cycles} cycles and {tiers} tiers, {ranked} ranked")));
        }
        let year = |cycle: &i16| Year { cycle: *cycle, states: Vec::new(), values: Vec::new() };
        Ok(Panel { tiers, ranked, years: cycles.iter().map(year).collect(), customers: 0 })
    }

    /// Adds a customer by its path, at most one observation a year, in any order. It is absent in years without one.
    ///
    /// # Errors
    /// [`Error::Defect`]: a year or tier that the panel does not have, or a year twice. The panel is then of no use.
    pub fn add(&mut self, path: &[Observation]) -> Result<(), Error> {
        for year in &mut self.years {
            year.states.push(State::Absent);
            year.values.push(f64::NAN);
        }
        for seen in path {
            let wrong = |what: &str| Error::Defect(format!("a path in {}: {what}", calendar::cycle_name(seen.cycle)));
            let Ok(at) = self.years.binary_search_by_key(&seen.cycle, |year| year.cycle) else {
                return Err(wrong("no such year"));
            };
            if seen.tier.is_some_and(|tier| usize::from(tier) >= self.tiers.len()) {
                return Err(wrong("no such tier"));
            }
            let year = &mut self.years[at];
            if year.states[self.customers] != State::Absent {
                return Err(wrong("the year stands there twice"));
            }
            year.states[self.customers] = seen.tier.map_or(State::Undetermined, State::Tier);
            year.values[self.customers] = seen.value.unwrap_or(f64::NAN);
        }
        self.customers += 1;
        Ok(())
    }

    /// Names of tiers by code: the ranked ones, lowest first, then those without a rank.
    pub fn tiers(&self) -> &[String] {
        &self.tiers
    }

    /// How many tiers have a rank.
    pub fn ranked(&self) -> usize {
        self.ranked
    }

    /// Codes of tiers as they are shown: the highest first, those without a rank last.
    pub fn shown(&self) -> Vec<u16> {
        shown(self.tiers.len(), self.ranked)
    }

    /// The planning years, oldest first.
    pub fn cycles(&self) -> impl ExactSizeIterator<Item = i16> + '_ {
        self.years.iter().map(|year| year.cycle)
    }

    /// Customers in all, of any year.
    pub fn customers(&self) -> usize {
        self.customers
    }

    /// All customers in a planning year, each with its value if it has one; none if the panel does not have the year.
    pub fn year(&self, cycle: i16) -> Option<impl ExactSizeIterator<Item = (State, Option<f64>)> + '_> {
        let at = self.years.binary_search_by_key(&cycle, |year| year.cycle).ok()?;
        let year = &self.years[at];
        let value = |value: &f64| (!value.is_nan()).then_some(*value);
        Some(year.states.iter().copied().zip(year.values.iter().map(value)))
    }
}

/// Codes of `tiers` tiers, the highest first, those from `ranked` on behind them.
pub(super) fn shown(tiers: usize, ranked: usize) -> Vec<u16> {
    (0..ranked).rev().chain(ranked..tiers).map(|tier| tier as u16).collect()
}
