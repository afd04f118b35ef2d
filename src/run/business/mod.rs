//! The annual business plan: what each customer and tier will bring in the planning year, what is aimed at, whether it can be
//! carried out, and how it goes.
//!
//! In: amounts of customers by day, decisions, the project's `plan:`. Out: [`Made`]: the columns of the plan's files, figures for the record,
//! what the user should know. Must not know: files, how tables are read. Start at [`make`]; [`plan`] is the reckoning,
//! [`monitor`] the year under way.

pub mod amounts;
pub mod check;
pub mod columns;
pub mod forecast;
pub mod monitor;
pub mod plan;
pub mod smoothing;

use super::compute::Compute;
use super::cycle::Phase;
use super::outcome::Outcome;
use super::plan::Plan as RunPlan;
use crate::calendar;
use crate::diag::{Diagnostic, ids};
use crate::error::Result;
use crate::manifest::model::{BusinessPlan, PlanYear};
use amounts::{Amounts, Months};
use columns::Figures;
use jiff::civil::Date;
use monitor::Planned;
use polars::prelude::Series;

/// A business plan as a run writes it.
#[derive(Debug)]
pub struct Made {
    /// Paths inside the run's folder, with their columns.
    pub files: Vec<(&'static str, Vec<Series>)>,
    /// Of a plan, for the record.
    pub figures: Option<Figures>,
    /// Of a year under way, for the record.
    pub monitor: Option<monitor::Figures>,
    /// Of a strategic plan, for the record.
    pub strategic: Option<super::strategic::columns::Figures>,
    /// What the user should know.
    pub warnings: Vec<Diagnostic>,
}

/// Makes the business plan of a BP run, or holds a monitor run against the plan of its year; `None` where the project has none, and in other
/// phases.
///
/// # Errors
/// Those of reading the amounts; [`crate::error::Error::Defect`].
pub fn make(
    run: &RunPlan,
    compute: &mut dyn Compute,
    outcome: &Outcome,
    planned: Option<&Planned>,
    pool: &rayon::ThreadPool,
) -> Result<Option<Made>> {
    match (run.project.plan.as_ref(), run.dates.slot_phase()) {
        (Some(said), Phase::Bp) => Ok(Some(make_plan(run, said, compute, outcome, pool)?)),
        (Some(said), Phase::Monitor) => under_way(run, said, compute, outcome, planned),
        _ => Ok(None),
    }
}

/// The year under way against its plan.
fn under_way(
    run: &RunPlan,
    said: &BusinessPlan,
    compute: &mut dyn Compute,
    outcome: &Outcome,
    planned: Option<&Planned>,
) -> Result<Option<Made>> {
    let Some(planned) = planned else {
        let year = run.dates.cycle_name();
        let found = Diagnostic::warning(ids::PLAN_MISSING, format!("no plan of {year} to hold this run against"));
        let found = found
            .at(said.span)
            .help("run the phase BP that plans the year first; `tierwright runs` lists what is there");
        return Ok(Some(Made {
            files: Vec::new(),
            figures: None,
            monitor: None,
            strategic: None,
            warnings: vec![found],
        }));
    };
    let (months, amounts) = gather(run, run.dates.start, compute, outcome)?;
    let year = run.dates.cycle_name();
    let world = monitor::World { outcome, amounts: &amounts, months, course: &said.course, year };
    let (files, figures) = monitor::compare(&world, planned)?;
    Ok(Some(Made { files, figures: None, monitor: Some(figures), strategic: None, warnings: Vec::new() }))
}

/// The months of a planning year that starts on a day, and what came in them.
fn gather(run: &RunPlan, start: Date, compute: &mut dyn Compute, outcome: &Outcome) -> Result<(Months, Amounts)> {
    let months = Months::new(calendar::day_number(start), calendar::day_number(run.dates.as_of));
    let mut amounts = Amounts::new(outcome.customers());
    compute.amounts(months, &mut amounts)?;
    Ok((months, amounts))
}

fn make_plan(
    run: &RunPlan,
    said: &BusinessPlan,
    compute: &mut dyn Compute,
    outcome: &Outcome,
    pool: &rayon::ThreadPool,
) -> Result<Made> {
    let (start, year) = match said.year {
        PlanYear::Next => (run.dates.end, run.dates.cycle.saturating_add(1)),
        PlanYear::This => (run.dates.start, run.dates.cycle),
    };
    let (months, amounts) = gather(run, start, compute, outcome)?;
    let made = plan::make(outcome, &amounts, months, said, pool)?;
    let mut files = vec![
        (columns::PLAN, columns::plan(outcome, &made)?),
        (columns::FORECAST, columns::forecast(outcome, &made)?),
        (columns::ACCURACY, columns::accuracy(outcome, &made)?),
        (columns::TARGETS, columns::targets(outcome, &made, said)?),
    ];
    let mut overloaded = None;
    if let (Some(capacity), Some(table)) = (&said.capacity, compute.capacities()?) {
        let (columns, over) = columns::capacity(outcome, capacity, &table)?;
        files.push((columns::CAPACITY, columns));
        overloaded = Some(over);
    }
    let figures = columns::figures(&made, calendar::cycle_name(year), overloaded);
    Ok(Made {
        files,
        warnings: warnings(&made, &amounts, said),
        figures: Some(figures),
        monitor: None,
        strategic: None,
    })
}

fn warnings(plan: &plan::Plan, amounts: &Amounts, said: &BusinessPlan) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let rows = &said.actuals.rows;
    let mut warn = |message: String, help: &str| {
        found.push(Diagnostic::warning(ids::PLAN_HISTORY, message).at(said.actuals.span).help(help));
    };
    let history = plan.tiers.last().map_or(0, |tier| tier.history.len());
    if history == 0 {
        warn(
            format!("`{rows}` have no amount in a whole month before the as-of date"),
            "a plan needs a history: all forecasts are 0",
        );
    }
    if amounts.undated > 0 {
        let message = format!(
            "{} amounts of `{rows}` have no `{}`: the plan leaves them out",
            amounts.undated, said.actuals.date
        );
        warn(message, "give them a day, or no amount in a computed column");
    }
    if amounts.early > 0 {
        let message = format!("{} amounts of `{rows}` lie before `from`: the plan leaves them out", amounts.early);
        warn(message, "move `plan: actuals: from:` if they belong to the history");
    }
    found
}
