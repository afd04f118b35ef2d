//! The plan's Parquet files.
//!
//! In: a [`Plan`], the [`Outcome`] it was made of. Out: the columns of each file, and figures for the record. Must not know: where files
//! lie. `docs/planning.md` says what they hold.

use super::amounts::YEAR;
use super::forecast::{Forecast, Model, Score};
use super::plan::{Own, Plan, Tier, column, numbers};
use crate::error::Error;
use crate::manifest::model::{BusinessPlan, Capacity};
use crate::run::outcome::Outcome;
use crate::run::summaries::codes;
use crate::run::tables::{ints, key_name};
use hashbrown::HashMap;
use polars::prelude::{DataType, IdxCa, NamedFrom, Series, SortOptions};
use serde::{Deserialize, Serialize};

/// One row for each customer and month of the planning year.
pub const PLAN: &str = "plan/plan.parquet";
/// One row for each tier and month, those that are over among them.
pub const FORECAST: &str = "plan/forecast.parquet";
/// The error of each model on the months held back.
pub const ACCURACY: &str = "plan/accuracy.parquet";
/// Targets by tier and by the project's columns.
pub const TARGETS: &str = "plan/targets.parquet";
/// What is asked of owners, and what they can do.
pub const CAPACITY: &str = "plan/capacity.parquet";

/// A plan in the run record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// The planning year.
    pub year: String,
    /// Months of it that were over on the as-of date.
    pub months_over: u64,
    /// Months of history.
    pub history: u64,
    /// What the year will bring, months that are over as they were.
    pub forecast: f64,
    /// What is aimed at by the customers that have a target.
    pub target: f64,
    /// Customers without a target.
    pub without_target: u64,
    /// Error of the forecast of all on the months held back: sum of absolute errors by the sum of amounts.
    pub wape: Option<f64>,
    /// Owners who are asked more than they can do.
    pub overloaded: Option<u64>,
}

fn fault(error: polars::prelude::PolarsError) -> Error {
    Error::Defect(format!("plan: {error}"))
}

fn texts(name: &str, values: Vec<Option<String>>) -> Series {
    Series::new(name.into(), values)
}

fn floats(name: &str, values: Vec<Option<f64>>) -> Series {
    Series::new(name.into(), values)
}

fn dates(name: &str, values: Vec<Option<i32>>) -> Result<Series, Error> {
    Series::new(name.into(), values).cast(&DataType::Date).map_err(fault)
}

fn tier_name(outcome: &Outcome, tier: Option<u32>) -> Option<String> {
    tier.and_then(|tier| outcome.tiers.get(tier as usize)).cloned()
}

/// `plan.parquet`, in key order: customer, tier, month of the planning year and its first day, what came where it is over, the plan, the
/// target.
///
/// # Errors
/// [`Error::Defect`].
pub fn plan(outcome: &Outcome, plan: &Plan) -> Result<Vec<Series>, Error> {
    let rows: Vec<(u32, usize)> = outcome.order.iter().flat_map(|row| (0..YEAR as usize).map(|m| (*row, m))).collect();
    let own = |row: u32| -> &Own { &plan.customers[row as usize] };
    let key = column(outcome, &outcome.key)?.take_slice(&rows.iter().map(|(row, _)| *row).collect::<Vec<u32>>());
    let key = key
        .map_err(fault)?
        .with_name(key_name(&outcome.key, &["tier", "month", "from", "actual", "plan", "target"]).as_str().into());
    let amount = |row: u32, month: usize| own(row).months[month];
    Ok(vec![
        key,
        outcome.tier_column("tier", rows.iter().map(|(row, _)| outcome.tier[*row as usize])),
        ints("month", rows.iter().map(|(_, month)| *month as u64 + 1)),
        dates("from", rows.iter().map(|(_, month)| plan.months.first_day(*month as i32)).collect())?,
        floats("actual", rows.iter().map(|(row, m)| (*m < plan.from).then(|| amount(*row, *m))).collect()),
        floats("plan", rows.iter().map(|(row, month)| Some(amount(*row, *month))).collect()),
        floats("target", rows.iter().map(|(row, m)| Some(amount(*row, *m) * (1.0 + own(*row).growth?))).collect()),
    ])
}

/// `forecast.parquet`: tiers highest first, then customers without one, then all; the months of the history, then those of the planning year
/// that are to come.
///
/// # Errors
/// [`Error::Defect`].
pub fn forecast(outcome: &Outcome, plan: &Plan) -> Result<Vec<Series>, Error> {
    let mut rows: Vec<(&Tier, i32, Option<f64>, Option<f64>)> = Vec::new();
    for tier in &plan.tiers {
        rows.extend((plan.first..).zip(&tier.history).map(|(month, amount)| (tier, month, Some(*amount), None)));
        let ahead = (plan.months.known()..).zip(&tier.forecast.months);
        rows.extend(ahead.map(|(month, amount)| (tier, month, None, Some(*amount))));
    }
    let level = |tier: &Tier| if tier.all { "all" } else { "tier" };
    Ok(vec![
        Series::new("level".into(), rows.iter().map(|row| level(row.0)).collect::<Vec<&str>>()),
        texts("tier", rows.iter().map(|row| tier_name(outcome, row.0.tier)).collect()),
        dates("from", rows.iter().map(|row| plan.months.first_day(row.1)).collect())?,
        floats("actual", rows.iter().map(|row| row.2).collect()),
        floats("forecast", rows.iter().map(|row| row.3).collect()),
    ])
}

/// The error of one model for one series.
struct Tried<'a> {
    level: &'static str,
    tier: Option<String>,
    customer: Option<u32>,
    forecast: &'a Forecast,
    score: Option<Score>,
}

impl<'a> Tried<'a> {
    /// A row for each model that was tried; one alone where none could be judged.
    fn all(level: &'static str, tier: Option<String>, customer: Option<u32>, forecast: &'a Forecast) -> Vec<Tried<'a>> {
        let row = |score: Option<Score>| Tried { level, tier: tier.clone(), customer, forecast, score };
        match forecast.scores.is_empty() {
            true => vec![row(None)],
            false => forecast.scores.iter().map(|score| row(Some(*score))).collect(),
        }
    }

    fn model(&self) -> Model {
        self.score.map_or(self.forecast.model, |score| score.model)
    }
}

/// `accuracy.parquet`: for all, each tier and each customer the error of every model that was tried, and which was taken.
///
/// # Errors
/// [`Error::Defect`].
pub fn accuracy(outcome: &Outcome, plan: &Plan) -> Result<Vec<Series>, Error> {
    let mut rows: Vec<Tried<'_>> = Vec::new();
    for tier in &plan.tiers {
        let level = if tier.all { "all" } else { "tier" };
        rows.extend(Tried::all(level, tier_name(outcome, tier.tier), None, &tier.forecast));
    }
    for row in &outcome.order {
        if let Some(forecast) = &plan.customers[*row as usize].forecast {
            let tier = tier_name(outcome, outcome.tier[*row as usize]);
            rows.extend(Tried::all("customer", tier, Some(*row), forecast));
        }
    }
    let places = IdxCa::new("rows".into(), rows.iter().map(|row| row.customer).collect::<Vec<Option<u32>>>());
    let own = ["level", "tier", "model", "taken", "history", "held_back", "mae", "rmse", "wape", "bias"];
    let key = column(outcome, &outcome.key)?.take(&places).map_err(fault)?;
    let taken = |row: &Tried<'_>| row.model() == row.forecast.model;
    Ok(vec![
        Series::new("level".into(), rows.iter().map(|row| row.level).collect::<Vec<&str>>()),
        texts("tier", rows.iter().map(|row| row.tier.clone()).collect()),
        key.with_name(key_name(&outcome.key, &own).as_str().into()),
        Series::new("model".into(), rows.iter().map(|row| row.model().word()).collect::<Vec<&str>>()),
        Series::new("taken".into(), rows.iter().map(taken).collect::<Vec<bool>>()),
        ints("history", rows.iter().map(|row| row.forecast.history as u64)),
        ints("held_back", rows.iter().map(|row| row.forecast.held.len() as u64)),
        floats("mae", rows.iter().map(|row| Some(row.score?.mae)).collect()),
        floats("rmse", rows.iter().map(|row| Some(row.score?.rmse)).collect()),
        floats("wape", rows.iter().map(|row| row.score?.wape).collect()),
        floats("bias", rows.iter().map(|row| row.score?.bias).collect()),
    ])
}

/// Sums of customers.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    customers: u64,
    last_year: f64,
    forecast: f64,
    target: f64,
    without: u64,
}

impl Sum {
    fn add(&mut self, own: &Own) {
        self.customers += 1;
        self.last_year += own.last_year;
        self.forecast += own.total();
        match own.target() {
            Some(target) => self.target += target,
            None => self.without += 1,
        }
    }
}

/// `targets.parquet`: sums of all customers, then by tier, highest first, then by each column that the project names, its values in order
/// and missing ones last. The sums of each column are those of all.
///
/// # Errors
/// [`Error::Defect`].
pub fn targets(outcome: &Outcome, plan: &Plan, said: &BusinessPlan) -> Result<Vec<Series>, Error> {
    let mut rows: Vec<(String, Option<String>, Sum)> = Vec::new();
    let mut all = Sum::default();
    outcome.order.iter().for_each(|row| all.add(&plan.customers[*row as usize]));
    rows.push(("all".to_owned(), None, all));
    for tier in plan.tiers.iter().filter(|tier| !tier.all) {
        let mut sum = Sum::default();
        let members = outcome.order.iter().filter(|row| outcome.tier[**row as usize] == tier.tier);
        members.for_each(|row| sum.add(&plan.customers[*row as usize]));
        rows.push(("tier".to_owned(), tier_name(outcome, tier.tier), sum));
    }
    for name in &said.by {
        rows.extend(grouped(outcome, plan, name)?.into_iter().map(|(value, sum)| (name.clone(), value, sum)));
    }
    Ok(vec![
        texts("by", rows.iter().map(|row| Some(row.0.clone())).collect()),
        texts("value", rows.iter().map(|row| row.1.clone()).collect()),
        ints("customers", rows.iter().map(|row| row.2.customers)),
        floats("last_year", rows.iter().map(|row| Some(row.2.last_year)).collect()),
        floats("forecast", rows.iter().map(|row| Some(row.2.forecast)).collect()),
        floats("target", rows.iter().map(|row| Some(row.2.target)).collect()),
        ints("without_target", rows.iter().map(|row| row.2.without)),
    ])
}

/// Places of different values in their order, a missing one last.
fn in_order(values: &Series) -> Vec<u32> {
    let options = SortOptions { nulls_last: true, multithreaded: false, ..Default::default() };
    values.arg_sort(options).iter().flatten().collect()
}

/// Sums by the values of a column, as texts, in the order of the values; a missing one last.
fn grouped(outcome: &Outcome, plan: &Plan, name: &str) -> Result<Vec<(Option<String>, Sum)>, Error> {
    let values = column(outcome, name)?;
    let codes = codes(&values)?;
    let mut sums: HashMap<u32, (u32, Sum)> = HashMap::new();
    for row in &outcome.order {
        let (_, sum) = sums.entry(codes[*row as usize]).or_insert((*row, Sum::default()));
        sum.add(&plan.customers[*row as usize]);
    }
    let firsts: Vec<u32> = sums.values().map(|(row, _)| *row).collect();
    let taken = values.take_slice(&firsts).map_err(fault)?;
    let shown = taken.cast(&DataType::String).map_err(fault)?;
    let shown = shown.str().map_err(fault)?;
    let mut rows = Vec::new();
    for at in in_order(&taken) {
        let code = codes[firsts[at as usize] as usize];
        let sum = sums.get(&code).map(|(_, sum)| *sum).unwrap_or_default();
        rows.push((shown.get(at as usize).map(str::to_owned), sum));
    }
    Ok(rows)
}

/// Who is asked more than they can do, and the columns of `capacity.parquet`: owners in order, those without a capacity and capacities
/// without customers among them; customers without an owner last.
///
/// # Errors
/// [`Error::Defect`].
pub fn capacity(outcome: &Outcome, said: &Capacity, table: &Capacities) -> Result<(Vec<Series>, u64), Error> {
    let owners = column(outcome, &said.owner)?;
    let demand = numbers(outcome, &said.demand)?;
    let rows = owners.len();
    let mut all = owners.clone();
    all.append(&table.owners.clone().with_name(owners.name().clone())).map_err(fault)?;
    let codes = codes(&all)?;
    #[derive(Clone, Copy, Default)]
    struct Load {
        place: u32,
        customers: u64,
        demand: f64,
        unknown: u64,
        capacity: Option<f64>,
    }
    let mut loads: HashMap<u32, Load> = HashMap::new();
    for row in &outcome.order {
        let load = loads.entry(codes[*row as usize]).or_insert(Load { place: *row, ..Load::default() });
        load.customers += 1;
        match demand[*row as usize] {
            Some(demand) => load.demand += demand,
            None => load.unknown += 1,
        }
    }
    for (at, capacity) in table.capacities.iter().enumerate() {
        let place = rows + at;
        // Capacities of nobody belong to nobody.
        if codes[place] != 0 {
            let load = loads.entry(codes[place]).or_insert(Load { place: place as u32, ..Load::default() });
            load.capacity = capacity.map(|more| load.capacity.unwrap_or(0.0) + more).or(load.capacity);
        }
    }
    let mut loads: Vec<Load> = loads.into_values().collect();
    let places: Vec<u32> = loads.iter().map(|load| load.place).collect();
    let taken = all.take_slice(&places).map_err(fault)?;
    let order = in_order(&taken);
    let taken = taken.take_slice(&order).map_err(fault)?;
    loads = order.iter().map(|at| loads[*at as usize]).collect();
    let is_over = |load: &Load| load.capacity.map(|capacity| load.demand > capacity);
    let over = loads.iter().filter(|load| is_over(load) == Some(true)).count() as u64;
    let share = |load: &Load| Some(load.demand / load.capacity.filter(|capacity| *capacity > 0.0)?);
    let columns = vec![
        taken.with_name(
            key_name(&said.owner, &["customers", "demand", "without_demand", "capacity", "load", "over"])
                .as_str()
                .into(),
        ),
        ints("customers", loads.iter().map(|load| load.customers)),
        floats("demand", loads.iter().map(|load| Some(load.demand)).collect()),
        ints("without_demand", loads.iter().map(|load| load.unknown)),
        floats("capacity", loads.iter().map(|load| load.capacity).collect()),
        floats("load", loads.iter().map(share).collect()),
        Series::new("over".into(), loads.iter().map(is_over).collect::<Vec<Option<bool>>>()),
    ];
    Ok((columns, over))
}

/// The table of capacities.
#[derive(Clone, Debug)]
pub struct Capacities {
    /// Owners.
    pub owners: Series,
    /// What each can do.
    pub capacities: Vec<Option<f64>>,
}

/// What the record says of a plan.
pub fn figures(plan: &Plan, year: String, overloaded: Option<u64>) -> Figures {
    let mut sum = Sum::default();
    plan.customers.iter().for_each(|own| sum.add(own));
    let all = plan.tiers.last();
    Figures {
        year,
        months_over: plan.from as u64,
        history: all.map_or(0, |tier| tier.history.len() as u64),
        forecast: all.map_or(0.0, |tier| tier.months.iter().sum()),
        target: sum.target,
        without_target: sum.without,
        wape: all.and_then(|tier| tier.forecast.score()).and_then(|score| score.wape),
        overloaded,
    }
}
