//! The strategic plan: scenarios over several years, and the tiers of customers under each.
//!
//! In: a run's decisions, tables as its last step saw them, the project's scenarios. Out: [`Made`]: columns of the plan's files, figures for the
//! record. Must not know: files, how tables are read. Start at [`make`].
//!
//! Each year follows from the one before. The outlook gives the columns of the customers' next year, the steps from the first one on that
//! reads no related rows are evaluated on them, and what they decide is what the year after has as `c.prior`.

pub mod check;
pub mod columns;

use super::business::Made;
use super::compute::Compute;
use super::execute::{Executed, execute_unwatched, over_limit};
use super::plan::{Engine, Plan, varied};
use super::prior::Prior;
use super::replay::{self, Given, Replay, World, own_columns};
use crate::calendar;
use crate::diag::{Diagnostic, Severity, ids};
use crate::error::{Error, Result, Stop};
use crate::manifest;
use crate::manifest::model::{BASE, Scenario, StrategicPlan};
use crate::rules::data::Data;
use crate::rules::pages::Keeper;
use crate::run::cycle::Dates;
use crate::run::ledger::Ledger;
use crate::source::SourceMap;
use crate::system::System;
use columns::{At, Builder, Figures, ScenarioRow};
use jiff::tz::TimeZone;
use polars::prelude::Series;
use std::collections::HashSet;

/// What a strategic plan is made with.
#[derive(Clone, Copy)]
pub struct Workshop<'a> {
    /// The outside world, for the time.
    pub system: &'a dyn System,
    /// The run's plan.
    pub plan: &'a Plan,
    /// Texts of its rules.
    pub sources: &'a SourceMap,
    /// Threads.
    pub pool: &'a rayon::ThreadPool,
    /// How steps are evaluated.
    pub engine: Engine,
}

/// Makes the strategic plan of a run; `None` where the project has none.
///
/// # Errors
/// Rules that do not bear a scenario's parameters, a limit, a year that the calendar does not have; [`Error::Defect`].
pub fn make(workshop: Workshop<'_>, compute: &dyn Compute, executed: &Executed) -> Result<Option<Made>> {
    let plan = workshop.plan;
    let Some(said) = &plan.project.strategic else { return Ok(None) };
    let Some(data) = compute.data() else { return Ok(None) };
    interpretable(plan, said, workshop.engine, executed.outcome.customers())?;
    let zone = TimeZone::get(&plan.project.planning.time_zone)
        .map_err(|e| Error::Defect(format!("time zone {}: {e}", plan.project.planning.time_zone)))?;
    let world = World { sources: workshop.sources, zone: &zone, pool: workshop.pool, engine: workshop.engine };
    let years = dates(plan, said)?;
    // One pass after another over the same customers.
    let _keeper = Keeper::new();
    let mut builder = Builder::new(&plan.project, &said.measures);
    let (mut rows, mut warnings, mut names) = (Vec::new(), Vec::new(), Vec::new());
    for scenario in scenarios(plan, said) {
        let path = Path { workshop, world, said, scenario: &scenario, years: &years };
        let row = path.walk(data, executed, &mut builder, &mut warnings)?;
        names.push(scenario.name.clone());
        rows.push(row);
    }
    let from = check::first_step(&plan.programs, &plan.schema, plan.project.tables.len());
    let figures = Figures {
        years: said.years,
        last: years.last().map(Dates::cycle_name).unwrap_or_default(),
        from: plan.project.steps.get(from).map(|step| step.name.clone()).unwrap_or_default(),
        scenarios: rows,
    };
    let files = builder.finish(&names);
    Ok(Some(Made { files, figures: None, monitor: None, strategic: Some(figures), warnings }))
}

/// An outlook on the interpreter above the project's limit is refused.
fn interpretable(plan: &Plan, said: &StrategicPlan, engine: Engine, customers: usize) -> Result<()> {
    let limit = plan.project.interpret_limit;
    let fallback = plan.outlook.as_ref().and_then(|outlook| outlook.fallback.as_ref());
    let Some(fallback) = fallback.filter(|_| engine == Engine::Local && customers > limit) else { return Ok(()) };
    let message = format!("the outlook would run row by row for {customers} customers; the limit is {limit}");
    let found = Diagnostic::error(ids::INTERPRET_LIMIT, message).at_with(fallback.span, fallback.why.clone());
    let found = found.help(fallback.instead.clone()).help("or raise `interpret_limit`");
    Err(Stop::Findings(vec![found.label(said.span, "the strategic plan")]))
}

/// The base, then the project's scenarios.
fn scenarios(plan: &Plan, said: &StrategicPlan) -> Vec<Scenario> {
    let declared = &plan.project.scenarios;
    let base = declared.iter().find(|scenario| scenario.name == BASE).cloned();
    let mut all = vec![base.unwrap_or_else(|| Scenario::base(said.span))];
    all.extend(declared.iter().filter(|scenario| scenario.name != BASE).cloned());
    all
}

/// The dates of the years to come: the same day, years later.
fn dates(plan: &Plan, said: &StrategicPlan) -> Result<Vec<Dates>> {
    let planning = &plan.project.planning;
    let year = |n: u32| {
        let as_of = calendar::plus_months(calendar::day_number(plan.dates.as_of), i64::from(n) * 12);
        let cycle = plan.dates.cycle.checked_add(i16::try_from(n).ok()?)?;
        let (start, end) = calendar::cycle_bounds(cycle, planning.start_month, planning.start_day)?;
        let as_of = as_of.and_then(calendar::civil)?;
        Some(Dates { as_of, cycle, start, end, ..plan.dates.clone() })
    };
    let found: Option<Vec<Dates>> = (1..=said.years).map(year).collect();
    found.ok_or_else(|| {
        let message = format!("the strategic plan looks {} years ahead, beyond the year 9999", said.years);
        Stop::Configuration(vec![Diagnostic::error(ids::STRATEGIC_PLAN, message).at(said.span)])
    })
}

/// One scenario.
struct Path<'a> {
    workshop: Workshop<'a>,
    world: World<'a>,
    said: &'a StrategicPlan,
    scenario: &'a Scenario,
    years: &'a [Dates],
}

impl Path<'_> {
    /// Walks through the years.
    fn walk(
        &self,
        data: &Data,
        executed: &Executed,
        builder: &mut Builder<'_>,
        warnings: &mut Vec<Diagnostic>,
    ) -> Result<ScenarioRow> {
        let plan = self.workshop.plan;
        let name = &self.scenario.name;
        let now = plan.dates.cycle_name();
        let mut tiers = builder.add(At { scenario: name, year: 0, cycle: &now }, &executed.outcome)?;
        let mut prior = {
            let as_of = calendar::day_number(plan.dates.as_of);
            Prior::of(&executed.outcome, &plan.project, (&now, as_of), executed.carried.past.as_ref())?
        };
        let mut given = first(plan, data, executed);
        let mut ledger = executed.outcome.ledger.clone();
        let mut order = executed.outcome.order.clone();
        let mut own: Option<Data> = None;
        let (mut left, mut undetermined) = (0, 0);
        for (year, dates) in (1..).zip(self.years) {
            let varied = self.plan_of(year, dates)?;
            let (next, gone) = self.next(&varied, given, own.as_ref().unwrap_or(data), &ledger, &order)?;
            given = next;
            left += gone;
            let loaded = given.loaded(&varied);
            let mut replay = Replay::new(&varied, self.world, &given);
            let system = self.workshop.system;
            let done = execute_unwatched(system, &varied, self.world.engine, &mut replay, &loaded, Some(&prior))?;
            let cycle = dates.cycle_name();
            tiers = builder.add(At { scenario: name, year, cycle: &cycle }, &done.outcome)?;
            warnings.extend(self.doubtful(&varied, &done, &cycle));
            undetermined = done.outcome.ledger.failed() as u64;
            let as_of = calendar::day_number(dates.as_of);
            prior = Prior::of(&done.outcome, &varied.project, (&cycle, as_of), Some(&prior.past))?;
            own = Some(replay.into_data());
            (ledger, order) = (done.outcome.ledger, done.outcome.order);
        }
        let meaning = self.scenario.meaning.clone();
        Ok(ScenarioRow { name: name.clone(), meaning, tiers, left, undetermined })
    }

    /// The plan of a year under this scenario.
    fn plan_of(&self, year: u32, dates: &Dates) -> Result<Plan> {
        let plan = self.workshop.plan;
        let mut parameters = plan.at_rest.clone();
        let found = manifest::set_all(&mut parameters, self.scenario.in_year(year));
        if !found.is_empty() {
            return Err(Stop::Configuration(found));
        }
        let name = |finding: Diagnostic| {
            let (scenario, cycle) = (&self.scenario.name, dates.cycle_name());
            finding.note(format!("in the scenario `{scenario}`, {cycle}"))
        };
        varied(plan, parameters, dates.clone(), self.workshop.sources).map_err(|stop| match stop {
            Stop::Findings(found) => Stop::Findings(found.into_iter().map(name).collect()),
            other => other,
        })
    }

    /// The customers of the next year, and how many left. `data`, `ledger` and `order` are those of the year before.
    fn next(&self, plan: &Plan, given: Given, data: &Data, ledger: &Ledger, order: &[u32]) -> Result<(Given, u64)> {
        let active = ledger.active();
        let Some(result) = replay::outlook(plan, self.world, data, order, &active)? else { return Ok((given, 0)) };
        let mut given = given;
        // What becomes of a customer next year follows from this one: who is undetermined stays so.
        given.failed = (0..ledger.rows() as u32)
            .filter_map(|row| ledger.failure(row).map(|failure| (failure.step, row, failure.cause.clone())))
            .collect();
        let failed: HashSet<u32> = result.undetermined.iter().map(|(row, _)| *row).collect();
        let settled: Vec<u32> = active.iter().copied().filter(|row| !failed.contains(row)).collect();
        given.failed.extend(result.undetermined.into_iter().map(|(row, cause)| (given.from, row, cause)));
        let mut leaves = None;
        for (name, series) in result.columns {
            if self.said.leaves.as_ref() == Some(&name) {
                leaves = Some(series);
            } else if let Some(column) =
                given.columns.iter_mut().flatten().find(|column| column.name() == name.as_str())
            {
                *column = kept(column, &series, &settled)?;
            }
        }
        let Some(leaves) = leaves else { return Ok((given, 0)) };
        let leaves = leaves.bool().map_err(|e| Error::Defect(format!("who leaves: {e}")))?;
        let stays: Vec<bool> = leaves.iter().map(|leaves| leaves != Some(true)).collect();
        let gone = stays.iter().filter(|stays| !**stays).count() as u64;
        Ok((given.keep(&stays, plan)?, gone))
    }

    /// More customers undetermined than the project allows: no reason to stop, but to doubt.
    fn doubtful(&self, plan: &Plan, done: &Executed, cycle: &str) -> Option<Diagnostic> {
        let mut finding = over_limit(plan, &done.outcome)?;
        finding.severity = Severity::Warning;
        finding.message = format!("in the scenario `{}`, {cycle}: {}", self.scenario.name, finding.message);
        Some(finding)
    }
}

/// The new values of the customers for whom the outlook has an answer, the old ones of the others.
fn kept(old: &Series, new: &Series, settled: &[u32]) -> Result<Series, Error> {
    let lost = |e| Error::Defect(format!("the outlook's {}: {e}", old.name()));
    if settled.len() == old.len() {
        return Ok(new.clone());
    }
    let count = old.len() as u32;
    let mut rows: Vec<u32> = (0..count).collect();
    settled.iter().for_each(|row| rows[*row as usize] = count + row);
    let mut both = old.clone();
    both.append(new).map_err(lost)?;
    Ok(both.take_slice(&rows).map_err(lost)?.rechunk())
}

/// The customers of the run, before the first step that is evaluated anew.
fn first(plan: &Plan, data: &Data, executed: &Executed) -> Given {
    let count = plan.project.tables.len();
    let from = check::first_step(&plan.programs, &plan.schema, count);
    let own = own_columns(plan);
    let before: usize = plan.programs.iter().take(from).map(|program| program.output.order.len()).sum();
    let columns = executed.outcome.columns.iter().take(own + before).cloned().map(Some).collect();
    let mut tables: Vec<_> = data.tables.iter().take(count).cloned().collect();
    if let Some(table) = tables.get_mut(usize::from(plan.schema.customer.0)) {
        // The last one leads to the prior decisions, which every year has anew.
        table.references.pop();
    }
    let ledger = &executed.outcome.ledger;
    let failed = (0..ledger.rows() as u32).filter_map(|row| {
        let failure = ledger.failure(row).filter(|failure| failure.step < from)?;
        Some((failure.step, row, failure.cause.clone()))
    });
    Given { columns, from, failed: failed.collect(), tables }
}
