//! The annual business plan: what each customer and tier will bring in the planning year, what is aimed at, and whether it can be
//! carried out.
//!
//! In: amounts of customers by day, decisions, the project's `plan:`. Out: [`Made`]: the columns of the plan's files, figures for the record,
//! what the user should know. Must not know: files, how tables are read. Start at [`make`]; [`plan`] is the reckoning.

pub mod amounts;
pub mod check;
pub mod columns;
pub mod forecast;
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
use polars::prelude::Series;

/// A business plan as a run writes it.
#[derive(Debug)]
pub struct Made {
    /// Paths inside the run's folder, with their columns.
    pub files: Vec<(&'static str, Vec<Series>)>,
    /// For the record.
    pub figures: Figures,
    /// What the user should know.
    pub warnings: Vec<Diagnostic>,
}

/// Makes the business plan of a run; `None` where the project has none, or the run is of another phase than BP.
///
/// # Errors
/// Those of reading the amounts; [`crate::error::Error::Defect`].
pub fn make(
    run: &RunPlan,
    compute: &mut dyn Compute,
    outcome: &Outcome,
    pool: &rayon::ThreadPool,
) -> Result<Option<Made>> {
    let Some(said) = run.project.plan.as_ref().filter(|_| run.dates.slot_phase() == Phase::Bp) else { return Ok(None) };
    let (start, year) = match said.year {
        PlanYear::Next => (run.dates.end, run.dates.cycle.saturating_add(1)),
        PlanYear::This => (run.dates.start, run.dates.cycle),
    };
    let months = Months::new(calendar::day_number(start), calendar::day_number(run.dates.as_of));
    let mut amounts = Amounts::new(outcome.customers());
    compute.amounts(months, &mut amounts)?;
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
    Ok(Some(Made { files, warnings: warnings(&made, said), figures }))
}

fn warnings(plan: &plan::Plan, said: &BusinessPlan) -> Vec<Diagnostic> {
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
    if plan.undated > 0 {
        let message =
            format!("{} amounts of `{rows}` have no `{}`: the plan leaves them out", plan.undated, said.actuals.date);
        warn(message, "give them a day, or no amount in a computed column");
    }
    if plan.early > 0 {
        let message = format!("{} amounts of `{rows}` lie before `from`: the plan leaves them out", plan.early);
        warn(message, "move `plan: actuals: from:` if they belong to the history");
    }
    found
}
