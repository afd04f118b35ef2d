//! The Parquet files of a strategic plan.
//!
//! In: the [`Outcome`] of each scenario and year. Out: the columns of each file, and figures for the record. Must not know: where files lie, how
//! outcomes came about. `docs/planning.md` says what they hold.

use crate::error::{Error, Stop};
use crate::manifest::model::{Measure, Project, Summary};
use crate::run::outcome::Outcome;
use crate::run::record::{MoveRow, TierRow};
use crate::run::tables::{self, ints, key_name};
use crate::run::{added, summaries};
use indexmap::IndexMap;
use polars::prelude::{DataType, NamedFrom, Series};
use serde::{Deserialize, Serialize};

/// One row for each scenario, year and tier.
pub const PORTFOLIO: &str = "scenarios/portfolio.parquet";
/// The same, a column for each scenario.
pub const SIDE_BY_SIDE: &str = "scenarios/side_by_side.parquet";
/// Moves from year to year.
pub const MOVES: &str = "scenarios/moves.parquet";
/// One row for each scenario, year and customer.
pub const CUSTOMERS: &str = "scenarios/customers.parquet";

/// A strategic plan in the run record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Years after the run's cycle.
    pub years: u32,
    /// The last of them.
    pub last: String,
    /// The first step that was evaluated anew.
    pub from: String,
    /// The scenarios, the base first.
    pub scenarios: Vec<ScenarioRow>,
}

/// Where a scenario leads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScenarioRow {
    /// Its name.
    pub name: String,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meaning: Option<String>,
    /// The tiers of the last year.
    pub tiers: Vec<TierRow>,
    /// Customers who left, in all years.
    pub left: u64,
    /// Customers undetermined in the last year.
    pub undetermined: u64,
}

/// A scenario and a year of it.
#[derive(Clone, Copy, Debug)]
pub struct At<'a> {
    /// The scenario.
    pub scenario: &'a str,
    /// 0 is the run itself.
    pub year: u32,
    /// `FY2018`.
    pub cycle: &'a str,
}

/// A row of the portfolio.
struct Row {
    scenario: String,
    year: u32,
    cycle: String,
    tier: TierRow,
    measures: Vec<Option<f64>>,
}

/// Collects the files' rows, scenario after scenario, year after year.
pub struct Builder<'a> {
    project: &'a Project,
    measures: &'a IndexMap<String, Measure>,
    rows: Vec<Row>,
    moves: Vec<(String, u32, String, MoveRow)>,
    customers: Vec<Series>,
}

impl<'a> Builder<'a> {
    /// Nothing yet.
    pub fn new(project: &'a Project, measures: &'a IndexMap<String, Measure>) -> Builder<'a> {
        Builder { project, measures, rows: Vec::new(), moves: Vec::new(), customers: Vec::new() }
    }

    /// Adds a year of a scenario; its tiers come back.
    ///
    /// # Errors
    /// `value-wrong`: a sum of ints that does not fit. [`Error::Defect`].
    pub fn add(&mut self, at: At<'_>, outcome: &Outcome) -> Result<Vec<TierRow>, Stop> {
        let tiers = tables::tiers(outcome, self.project.decision.order.len());
        let mut by_tier = self.measured(outcome)?;
        for tier in &tiers {
            let none = || vec![None; self.measures.len()];
            self.rows.push(Row {
                scenario: at.scenario.to_owned(),
                year: at.year,
                cycle: at.cycle.to_owned(),
                tier: tier.clone(),
                measures: by_tier.shift_remove(&tier.tier).unwrap_or_else(none),
            });
        }
        if at.year > 0 {
            let own = |row| (at.scenario.to_owned(), at.year, at.cycle.to_owned(), row);
            self.moves.extend(tables::migration(outcome).into_iter().map(own));
        }
        self.add_customers(at, outcome)?;
        Ok(tiers)
    }

    /// The measures of each tier.
    fn measured(&self, outcome: &Outcome) -> Result<IndexMap<Option<String>, Vec<Option<f64>>>, Stop> {
        let by = vec![self.project.decision.tier.clone()];
        let span = self.project.strategic.as_ref().map_or(self.project.decision.span, |plan| plan.span);
        let summary = Summary { name: "scenarios".into(), by, measures: self.measures.clone(), span };
        let mut columns = summaries::columns(outcome, &summary)?.into_iter();
        let Some(tiers) = columns.next() else { return Ok(IndexMap::new()) };
        let tiers = tiers.str().map_err(fault)?.clone();
        let mut found: IndexMap<Option<String>, Vec<Option<f64>>> =
            tiers.iter().map(|tier| (tier.map(str::to_owned), Vec::new())).collect();
        for column in columns {
            let column = column.cast(&DataType::Float64).map_err(fault)?;
            let numbers = column.f64().map_err(fault)?;
            found.values_mut().zip(numbers.iter()).for_each(|(measures, number)| measures.push(number));
        }
        Ok(found)
    }

    fn add_customers(&mut self, at: At<'_>, outcome: &Outcome) -> Result<(), Error> {
        let count = outcome.customers();
        let decision = &self.project.decision;
        let wanted = [&outcome.key, &decision.tier, &decision.value];
        let added = [added::MOVE, added::STEP, added::CAUSE];
        let mut columns = vec![
            Series::new("scenario".into(), vec![at.scenario; count]),
            Series::new("year".into(), vec![i64::from(at.year); count]),
            Series::new("planning_year".into(), vec![at.cycle; count]),
        ];
        let key = key_name(
            &outcome.key,
            &["scenario", "year", "planning_year", "tier", "value", "move", added::STEP, added::CAUSE],
        );
        let names = [key.as_str(), "tier", "value"].into_iter().chain(added);
        for (from, name) in wanted.into_iter().map(String::as_str).chain(added).zip(names) {
            let column = outcome.column(from).ok_or_else(|| Error::Defect(format!("no column {from}")))?;
            let mut column = column.take_slice(&outcome.order).map_err(fault)?.with_name(name.into());
            if name == "value" {
                column = column.cast(&DataType::Float64).map_err(fault)?;
            }
            columns.push(column);
        }
        if self.customers.is_empty() {
            self.customers = columns;
            return Ok(());
        }
        for (all, own) in self.customers.iter_mut().zip(&columns) {
            all.append(own).map_err(fault)?;
        }
        Ok(())
    }

    /// The columns of all files.
    pub fn finish(self, scenarios: &[String]) -> Vec<(&'static str, Vec<Series>)> {
        vec![
            (PORTFOLIO, self.portfolio()),
            (SIDE_BY_SIDE, self.side_by_side(scenarios)),
            (MOVES, self.moves()),
            (CUSTOMERS, self.customers.iter().map(|column| column.rechunk()).collect()),
        ]
    }

    fn portfolio(&self) -> Vec<Series> {
        let rows = &self.rows;
        let mut columns = vec![
            texts("scenario", rows.iter().map(|row| Some(row.scenario.as_str()))),
            ints("year", rows.iter().map(|row| u64::from(row.year))),
            texts("planning_year", rows.iter().map(|row| Some(row.cycle.as_str()))),
            texts("tier", rows.iter().map(|row| row.tier.tier.as_deref())),
            ints("customers", rows.iter().map(|row| row.tier.customers)),
            numbers("share", rows.iter().map(|row| Some(row.tier.share))),
            numbers("value", rows.iter().map(|row| Some(row.tier.value_sum))),
        ];
        for (nth, name) in self.measures.keys().enumerate() {
            columns.push(numbers(name, rows.iter().map(|row| row.measures.get(nth).copied().flatten())));
        }
        columns
    }

    /// Year, cycle, tier and measure, then a column for each scenario.
    fn side_by_side(&self, scenarios: &[String]) -> Vec<Series> {
        type Place<'r> = (u32, &'r str, Option<&'r str>);
        let mut cells: IndexMap<Place<'_>, Vec<Option<&Row>>> = IndexMap::new();
        for row in &self.rows {
            let place = (row.year, row.cycle.as_str(), row.tier.tier.as_deref());
            let cell = cells.entry(place).or_insert_with(|| vec![None; scenarios.len()]);
            if let Some(nth) = scenarios.iter().position(|name| *name == row.scenario) {
                cell[nth] = Some(row);
            }
        }
        let known = &self.project.decision.order;
        // Tiers in their order, highest first; then those of earlier cycles, by name; none last.
        let rank = |tier: Option<&str>| match tier {
            None => (2, 0),
            Some(tier) => known.iter().rposition(|own| own == tier).map_or((1, 0), |at| (0, known.len() - at)),
        };
        cells.sort_by(|a, _, b, _| (a.0, rank(a.2), a.2).cmp(&(b.0, rank(b.2), b.2)));
        let names: Vec<&str> =
            ["customers", "value"].into_iter().chain(self.measures.keys().map(String::as_str)).collect();
        let places = || cells.keys().flat_map(|place| names.iter().map(move |name| (place, *name)));
        let mut columns = vec![
            ints("year", places().map(|((year, ..), _)| u64::from(*year))),
            texts("planning_year", places().map(|((_, cycle, _), _)| Some(*cycle))),
            texts("tier", places().map(|((.., tier), _)| *tier)),
            texts("measure", places().map(|(_, measure)| Some(measure))),
        ];
        for (nth, scenario) in scenarios.iter().enumerate() {
            let values = cells.values().flat_map(|cell| {
                (0..names.len()).map(move |measure| match (cell[nth], measure) {
                    // Nobody is in a tier that a scenario does not have.
                    (row, 0) => Some(row.map_or(0, |row| row.tier.customers) as f64),
                    (row, 1) => Some(row.map_or(0.0, |row| row.tier.value_sum)),
                    (row, more) => row?.measures.get(more - 2).copied().flatten(),
                })
            });
            columns.push(numbers(scenario, values));
        }
        columns
    }

    fn moves(&self) -> Vec<Series> {
        let rows: Vec<MoveRow> = self.moves.iter().map(|(.., row)| row.clone()).collect();
        let mut columns = vec![
            texts("scenario", self.moves.iter().map(|(scenario, ..)| Some(scenario.as_str()))),
            ints("year", self.moves.iter().map(|(_, year, ..)| u64::from(*year))),
            texts("planning_year", self.moves.iter().map(|(_, _, cycle, _)| Some(cycle.as_str()))),
        ];
        columns.extend(tables::migration_columns(&rows));
        columns
    }
}

fn fault(error: polars::prelude::PolarsError) -> Error {
    Error::Defect(format!("scenarios: {error}"))
}

fn texts<'t>(name: &str, values: impl Iterator<Item = Option<&'t str>>) -> Series {
    Series::new(name.into(), values.collect::<Vec<Option<&str>>>())
}

fn numbers(name: &str, values: impl Iterator<Item = Option<f64>>) -> Series {
    Series::new(name.into(), values.collect::<Vec<Option<f64>>>())
}
