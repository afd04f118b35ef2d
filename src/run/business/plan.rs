//! The plan: forecasts of tiers and customers that add up, targets, capacity.
//!
//! In: an [`Outcome`], [`Amounts`], the project's [`BusinessPlan`]. Out: [`Plan`]. Must not know: files. Start at [`make`].
//!
//! Tiers are forecast from the sums of their customers, since single customers are too irregular; and where the forecast of the sum of
//! all was less off than the sum of theirs, they are fitted to it. Each customer has the share of its tier's forecast that its own
//! has among them (forecast proportions, Athanasopoulos, Ahmed & Hyndman 2009). So customers sum to tiers, tiers to the whole, and
//! any other grouping to the same.

use super::amounts::{Amounts, Months, YEAR};
use super::forecast::{Forecast, Model, forecast, score};
use crate::error::Error;
use crate::manifest::model::BusinessPlan;
use crate::run::outcome::{Outcome, floats};
use polars::prelude::Series;
use rayon::prelude::*;

/// Twelve months of a planning year.
pub type Year = [f64; YEAR as usize];

/// A customer's plan.
#[derive(Clone, Debug)]
pub struct Own {
    /// Amounts of the months: what came where the month is over, else what is forecast.
    pub months: Year,
    /// By which share the target lies above the plan; `None` where the decisions do not say.
    pub growth: Option<f64>,
    /// Sum of the twelve months before the planning year's first or before the as-of date, whichever is earlier.
    pub last_year: f64,
    /// Its own forecast, before it was fitted to the tier's; `None` for one without any amount.
    pub forecast: Option<Forecast>,
}

impl Own {
    /// Sum of the twelve months.
    pub fn total(&self) -> f64 {
        self.months.iter().sum()
    }

    /// What is aimed at in the year.
    pub fn target(&self) -> Option<f64> {
        Some(self.total() * (1.0 + self.growth?))
    }
}

/// A tier's plan; the last one of a plan is that of all customers.
#[derive(Clone, Debug)]
pub struct Tier {
    /// Position among the outcome's tiers; `None` for customers without one, and for all.
    pub tier: Option<u32>,
    /// Whether it is that of all.
    pub all: bool,
    /// Amounts of the months that are over, from [`Plan::first`] on.
    pub history: Vec<f64>,
    /// Amounts of the planning year's months.
    pub months: Year,
    /// How the months to come were forecast.
    pub forecast: Forecast,
}

/// The business plan of a year.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The planning year by its months.
    pub months: Months,
    /// The first month of the history.
    pub first: i32,
    /// The first month of the planning year that is forecast, 0 to 12.
    pub from: usize,
    /// One for each customer, in the source's order.
    pub customers: Vec<Own>,
    /// Tiers that have customers, highest first, then those without; all at last.
    pub tiers: Vec<Tier>,
}

/// Makes the plan.
///
/// # Errors
/// [`Error::Defect`]: a column that the check let through is not there.
pub fn make(
    outcome: &Outcome,
    amounts: &Amounts,
    months: Months,
    said: &BusinessPlan,
    pool: &rayon::ThreadPool,
) -> Result<Plan, Error> {
    let known = months.known();
    let said_first = said.actuals.from.and_then(|day| months.of(crate::calendar::day_number(day)));
    let first = said_first.or_else(|| amounts.first()).unwrap_or(known).min(known);
    let from = usize::try_from(known.clamp(0, YEAR)).unwrap_or(0);
    let last = known.min(0);
    let growth = match &said.growth {
        Some(name) => Some(numbers(outcome, name)?),
        None => None,
    };
    let all = pool.install(|| own_forecasts(amounts, first, known, said.models));
    let customers: Vec<Own> = (0_u32..)
        .zip(all)
        .map(|(row, forecast)| Own {
            months: actual(amounts.months(row, 0, YEAR), from),
            growth: growth.as_ref().map_or(Some(0.0), |growth| growth[row as usize]),
            last_year: amounts.months(row, last - YEAR, last).iter().sum(),
            forecast,
        })
        .collect();
    let mut plan = Plan { months, first, from, customers, tiers: Vec::new() };
    let mut tiers = pool.install(|| of_tiers(outcome, amounts, &plan));
    let mut all = whole(&tiers);
    fit_to(&all, &mut tiers);
    for tier in &mut tiers {
        tier.months = year(&tier.history, &tier.forecast, &plan);
    }
    // The sum of what stands in the tiers, so that all adds up in the last digit that can.
    all.months = std::array::from_fn(|month| tiers.iter().map(|tier| tier.months[month]).sum());
    plan.tiers = tiers;
    share_out(outcome, &mut plan);
    plan.tiers.push(all);
    Ok(plan)
}

/// The months that are over; the others are 0 until they are forecast.
fn actual(months: Vec<f64>, from: usize) -> Year {
    let mut year = [0.0; YEAR as usize];
    year.iter_mut().zip(months).take(from).for_each(|(slot, amount)| *slot = amount);
    year
}

/// Each customer's own forecast, of all months from the first that is not known to the end of the planning year. The customers with the
/// largest amounts have all models tried.
fn own_forecasts(amounts: &Amounts, first: i32, known: i32, models: usize) -> Vec<Option<Forecast>> {
    let customers = amounts.customers();
    let ahead = usize::try_from(YEAR - known).unwrap_or(0);
    let size = |row: &u32| amounts.months(*row, known - YEAR, known).iter().sum::<f64>();
    let mut order: Vec<(f64, u32)> = (0..customers).map(|row| (size(&row), row)).collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut rich = vec![false; customers as usize];
    order.iter().take(models).for_each(|(_, row)| rich[*row as usize] = true);
    (0..customers)
        .into_par_iter()
        .map(|row| {
            // Before its first purchase a customer was none: those months say nothing of it.
            let begun = amounts.first_of(row).filter(|month| *month < known)?.max(first);
            Some(forecast(&amounts.months(row, begun, known), ahead, rich[row as usize]))
        })
        .collect()
}

/// The tiers that have customers: sums of their history, forecast.
fn of_tiers(outcome: &Outcome, amounts: &Amounts, plan: &Plan) -> Vec<Tier> {
    let known = plan.months.known();
    let length = usize::try_from(known - plan.first).unwrap_or(0);
    let places = outcome.tiers.len();
    let mut sums: Vec<Option<Vec<f64>>> = vec![None; places + 1];
    for row in &outcome.order {
        let place = outcome.tier[*row as usize].map_or(places, |tier| tier as usize);
        let sum = sums[place].get_or_insert_with(|| vec![0.0; length]);
        let own = amounts.months(*row, plan.first, known);
        sum.iter_mut().zip(own).for_each(|(sum, own)| *sum += own);
    }
    let ahead = usize::try_from(YEAR - known).unwrap_or(0);
    // Highest first, those without a tier last.
    let order: Vec<usize> = (0..places).rev().chain([places]).filter(|place| sums[*place].is_some()).collect();
    let made = order.into_par_iter().map(|place| {
        let history = sums[place].clone().unwrap_or_default();
        let forecast = forecast(&history, ahead, true);
        let tier = (place < places).then_some(place as u32);
        Tier { tier, all: false, months: [0.0; YEAR as usize], history, forecast }
    });
    made.collect()
}

/// The planning year: what came in the months that are over, then the forecast, of which months before the year are left out.
fn year(history: &[f64], forecast: &Forecast, plan: &Plan) -> Year {
    let ahead = forecast.months.len().saturating_sub(YEAR as usize - plan.from);
    let came = |month: usize| {
        let at = usize::try_from(month as i32 - plan.first).ok()?;
        history.get(at).copied()
    };
    std::array::from_fn(|month| match month.checked_sub(plan.from) {
        None => came(month).unwrap_or(0.0),
        Some(after) => forecast.months.get(ahead + after).copied().unwrap_or(0.0),
    })
}

/// Gives each customer its share of the tier's forecast.
fn share_out(outcome: &Outcome, plan: &mut Plan) {
    let from = plan.from;
    for tier in &plan.tiers {
        let members: Vec<usize> =
            outcome.order.iter().map(|row| *row as usize).filter(|row| outcome.tier[*row] == tier.tier).collect();
        let own = |plan: &Plan, row: usize, month: usize| -> f64 {
            let Some(forecast) = &plan.customers[row].forecast else { return 0.0 };
            let ahead = forecast.months.len().saturating_sub(YEAR as usize - from);
            forecast.months.get(ahead + month - from).copied().unwrap_or(0.0).max(0.0)
        };
        for month in from..YEAR as usize {
            let weights: Vec<f64> = members.iter().map(|row| own(plan, *row, month)).collect();
            let all: f64 = weights.iter().sum();
            for (row, weight) in members.iter().zip(&weights) {
                // Where nobody is expected to have anything, all have the same part of what the tier has.
                let share = if all > 0.0 { weight / all } else { 1.0 / members.len() as f64 };
                plan.customers[*row].months[month] = tier.months[month] * share;
            }
        }
    }
}

/// All customers: the sum of the tiers' forecasts, or that of the sum of all, whichever was less off on the months held back.
fn whole(tiers: &[Tier]) -> Tier {
    let add = |sum: &mut Vec<f64>, part: &[f64]| {
        sum.resize(sum.len().max(part.len()), 0.0);
        sum.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
    };
    let (mut history, mut ahead, mut held, mut given) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for tier in tiers {
        add(&mut history, &tier.history);
        add(&mut ahead, &tier.forecast.months);
        add(&mut held, &tier.forecast.held);
        add(&mut given, &tier.forecast.held_forecast);
    }
    let direct = forecast(&history, ahead.len(), true);
    let judged = !held.is_empty() && held.len() == given.len();
    let sum = judged.then(|| score(Model::Sum, &given, &held));
    let better = sum.is_some_and(|sum| direct.score().is_some_and(|own| own.mae < sum.mae));
    let scores = sum.into_iter().chain(direct.scores.iter().copied()).collect();
    let forecast = match better {
        true => Forecast { scores, ..direct },
        false => {
            Forecast { model: Model::Sum, months: ahead, history: history.len(), held, held_forecast: given, scores }
        }
    };
    Tier { tier: None, all: true, history, months: [0.0; YEAR as usize], forecast }
}

/// Fits the tiers' forecasts to that of all, in proportion.
fn fit_to(whole: &Tier, tiers: &mut [Tier]) {
    if whole.forecast.model == Model::Sum {
        return;
    }
    let last = |tier: &Tier| tier.history.iter().rev().take(YEAR as usize).sum::<f64>().max(0.0);
    let sizes: Vec<f64> = tiers.iter().map(last).collect();
    for (month, all) in whole.forecast.months.iter().enumerate() {
        let own: Vec<f64> = tiers.iter().map(|tier| tier.forecast.months[month].max(0.0)).collect();
        // Where no tier is expected to have anything, by what they had in the year before.
        let parts = if own.iter().sum::<f64>() > 0.0 { own } else { sizes.clone() };
        let sum: f64 = parts.iter().sum();
        for (tier, part) in tiers.iter_mut().zip(&parts) {
            let share = if sum > 0.0 { part / sum } else { 1.0 / parts.len() as f64 };
            tier.forecast.months[month] = all * share;
        }
    }
}

/// A column of the decisions as floats, in the source's order.
///
/// # Errors
/// [`Error::Defect`].
pub fn numbers(outcome: &Outcome, name: &str) -> Result<Vec<Option<f64>>, Error> {
    floats(&column(outcome, name)?)
}

/// A column of the decisions.
///
/// # Errors
/// [`Error::Defect`].
pub fn column(outcome: &Outcome, name: &str) -> Result<Series, Error> {
    outcome.column(name).ok_or_else(|| Error::Defect(format!("the plan names `{name}`, which no decision has")))
}
