//! From a plan to decisions: tables, steps in order, failures, prior decisions.
//!
//! In: a [`Plan`], a [`Compute`], the prior decisions. Out: [`Executed`]. Must not know: output files. The grain is the
//! step: a customer that fails one is left out of those that follow.

use super::aliases::{self, Followed, Told};
use super::business::Made;
use super::compute::{Compute, Loaded};
use super::fallback::Fallback;
use super::keys::Keys;
use super::ledger::{Ledger, unknown_tiers, without};
use super::models;
use super::outcome::{Outcome, Parts, decide};
use super::past::Past;
use super::plan::{Engine, Plan};
use super::prior::Prior;
use super::record::{Counts, ModelRow, Stage, TableRow};
use super::tables::ints;
use super::watch::{Event, Watch};
use crate::calendar;
use crate::diag::{Diagnostic, ids};
use crate::error::{Error, Result, Stop};
use crate::manifest::model::Project;
use crate::system::System;
use polars::prelude::{DataFrame, NamedFrom, Series};
use std::collections::BTreeMap;

/// What a run computed.
#[derive(Debug)]
pub struct Executed {
    /// The decisions.
    pub outcome: Outcome,
    /// Customers by what became of their rows.
    pub counts: Counts,
    /// `quality.parquet`, with the elements that steps dropped.
    pub quality: DataFrame,
    /// What became of aliases, and what else was carried over from the cycle before.
    pub carried: Carried,
    /// The business plan.
    pub business: Option<Made>,
    /// Models that rules asked, as fitted.
    pub models: Vec<ModelRow>,
}

/// What was carried over from the cycle before.
#[derive(Debug, Default)]
pub struct Carried {
    /// Earlier decisions, under the keys of now.
    pub past: Option<Past>,
    /// What became of aliases.
    pub aliases: Option<Told>,
    /// What the user should know.
    pub warnings: Vec<Diagnostic>,
}

/// Times by stage, told to who watches.
pub struct Clock<'w> {
    last: i64,
    watch: &'w mut Watch<'w>,
    /// Stages so far.
    pub stages: Vec<Stage>,
}

impl<'w> Clock<'w> {
    /// A clock that starts now.
    pub fn new(system: &dyn System, watch: &'w mut Watch<'w>) -> Clock<'w> {
        Clock { last: system.now_micros(), watch, stages: Vec::new() }
    }

    /// Tells of what is no stage.
    pub fn tell(&mut self, event: Event<'_>) {
        (self.watch)(&event);
    }

    /// Ends a stage.
    pub fn stage(&mut self, system: &dyn System, name: impl Into<String>) {
        self.end(system, Stage { stage: name.into(), millis: 0.0, evaluator: None, customers: None });
    }

    /// Ends a step that was evaluated for so many customers.
    fn step(&mut self, system: &dyn System, name: &str, evaluator: &str, customers: usize) {
        let (evaluator, customers) = (Some(evaluator.to_owned()), Some(customers as u64));
        self.end(system, Stage { stage: format!("step {name}"), millis: 0.0, evaluator, customers });
    }

    fn end(&mut self, system: &dyn System, stage: Stage) {
        let now = system.now_micros();
        let stage = Stage { millis: now.saturating_sub(self.last) as f64 / 1000.0, ..stage };
        self.last = now;
        self.tell(Event::Stage(&stage));
        self.stages.push(stage);
    }
}

/// Evaluates all steps and joins the decisions.
///
/// # Errors
/// `limit`, `interpret-limit`; [`Error::Defect`] where a customer would be lost.
pub fn execute(
    system: &dyn System,
    plan: &Plan,
    engine: Engine,
    compute: &mut dyn Compute,
    loaded: &Loaded,
    prior: Option<&Prior>,
    clock: &mut Clock<'_>,
) -> Result<Executed> {
    let project = &plan.project;
    let key = key_of(project)?;
    let key = loaded.customers.iter().find(|c| c.name() == key).ok_or_else(|| defect("no key column"))?;
    let keys = Keys::new(key)?;
    interpretable(plan, engine, keys.len())?;
    let mut carried = Carried::default();
    let before = prior;
    let followed = follow(plan, loaded, key, prior, &mut carried)?;
    let prior = followed.as_ref().map(|(prior, _)| prior).or(prior);
    carried.past = prior.map(|prior| prior.past.clone());
    let found = prior.map(|p| keys.find_in(&p.keys));
    let order = compute.pool().install(|| keys.order());
    compute.begin(prior.zip(found.as_deref()), &order)?;
    let mut ledger = Ledger::new(keys.len());
    let mut steps: Vec<(String, Vec<Series>)> = Vec::new();
    let mut dropped: BTreeMap<(String, String), u64> = BTreeMap::new();
    let mut models = Vec::new();
    let mut reasons = None;
    for (position, step) in project.steps.iter().enumerate() {
        let active = ledger.active();
        let result = compute.step(position, &active)?;
        ledger.enter(position, result.undetermined)?;
        let mut columns = result.columns;
        if let Some(tier) = columns.iter().find(|c| c.name() == project.decision.tier.as_str()) {
            let place = plan.step_places.get(position).map_or("", String::as_str);
            let unknown = unknown_tiers(tier, &project.decision.order, &ledger.active(), place)?;
            if !unknown.is_empty() {
                columns = columns.iter().map(|c| without(c, &unknown)).collect::<Result<_, _>>()?;
                ledger.enter(position, unknown)?;
            }
        }
        models.extend(result.fittings.iter().map(|fitting| models::row(&step.name, fitting, key)));
        for (place, count) in result.dropped {
            *dropped.entry((place, step.name.clone())).or_default() += count;
        }
        if columns.iter().any(|c| c.name() == project.decision.tier.as_str()) {
            reasons = compute.reasons(position, &active, &ledger.lost(&active))?;
        }
        compute.keep(&columns)?;
        steps.push((step.name.clone(), columns));
        let compiled = engine == Engine::Local && plan.compiled.step(position).is_some();
        clock.step(system, &step.name, if compiled { "columns" } else { "interpreter" }, active.len());
    }
    let parts = Parts {
        project,
        cycle: &plan.dates.cycle_name(),
        as_of: calendar::day_number(plan.dates.as_of),
        order,
        customers: loaded.customers.clone(),
        steps,
        ledger,
        prior: prior.zip(found),
        reasons,
        merged: before.zip(followed.as_ref().map(|(_, merged)| merged.as_slice())),
    };
    let outcome = compute.pool().install(|| decide(parts))?;
    let counts = counts(plan, loaded, Some(&outcome));
    if !counts.reconcile() {
        return Err(defect(&format!("customers do not add up: {counts:?}")).into());
    }
    let quality = with_dropped(&loaded.quality, &dropped)?;
    clock.stage(system, "decide");
    Ok(Executed { outcome, counts, quality, carried, business: None, models })
}

/// The same where nobody watches.
///
/// # Errors
/// As [`execute`].
pub fn execute_unwatched(
    system: &dyn System,
    plan: &Plan,
    engine: Engine,
    compute: &mut dyn Compute,
    loaded: &Loaded,
    prior: Option<&Prior>,
) -> Result<Executed> {
    let mut watch = |_: &Event<'_>| {};
    execute(system, plan, engine, compute, loaded, prior, &mut Clock::new(system, &mut watch))
}

/// The prior decisions under the customers' keys of now, and rows of those who merged into others; `None` where nothing
/// follows.
pub(crate) fn follow(
    plan: &Plan,
    loaded: &Loaded,
    keys: &Series,
    prior: Option<&Prior>,
    carried: &mut Carried,
) -> Result<Option<(Prior, Vec<u32>)>> {
    let (Some(aliases), Some(rows), Some(prior)) = (&plan.project.aliases, &loaded.aliases, prior) else {
        return Ok(None);
    };
    let order = plan.project.decision.order.as_slice();
    let rule = aliases::Rule { aliases, order, as_of: calendar::day_number(plan.dates.as_of) };
    let Followed { prior, merged, told, warnings } = aliases::follow(prior, keys, rows, &rule)?;
    carried.aliases = Some(told);
    carried.warnings = warnings;
    Ok(Some((prior, merged)))
}

/// Customers by what became of their rows; without decisions those that were kept are counted nowhere.
pub fn counts(plan: &Plan, loaded: &Loaded, outcome: Option<&Outcome>) -> Counts {
    let none = TableRow { table: String::new(), read: 0, kept: 0, quarantined: 0, removed: 0 };
    let rows = loaded.tables.iter().find(|t| t.table == plan.project.customer).unwrap_or(&none);
    match outcome {
        Some(outcome) => outcome.counts(rows.read, rows.quarantined, rows.removed),
        None => Counts { read: rows.read, quarantined: rows.quarantined, removed: rows.removed, ..Counts::default() },
    }
}

/// More customers undetermined than the project allows, as a finding; a single one never is.
pub fn over_limit(plan: &Plan, outcome: &Outcome) -> Option<Diagnostic> {
    let (undetermined, all) = (outcome.ledger.failed(), outcome.customers());
    let limit = plan.project.undetermined_limit;
    if undetermined <= 1 || undetermined as f64 / all as f64 <= limit {
        return None;
    }
    let share = 100.0 * undetermined as f64 / all as f64;
    let message = format!(
        "{undetermined} of {all} customers are undetermined ({share:.1} %); the project allows {} %",
        100.0 * limit
    );
    let mut causes: BTreeMap<(String, String), usize> = BTreeMap::new();
    for row in &outcome.order {
        if let Some(failure) = outcome.ledger.failure(*row) {
            *causes.entry((failure.cause.place.clone(), failure.cause.to_string())).or_default() += 1;
        }
    }
    let mut causes: Vec<(usize, (String, String))> = causes.into_iter().map(|(cause, n)| (n, cause)).collect();
    causes.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let mut finding = Diagnostic::error(ids::TOO_MANY_UNDETERMINED, message);
    finding.location = causes.first().map(|(_, (place, _))| place.clone());
    for (count, (_, cause)) in causes.iter().take(5) {
        finding = finding.note(format!("{count} of them: {cause}"));
    }
    if causes.len() > 5 {
        finding = finding.note(format!("and {} further causes", causes.len() - 5));
    }
    Some(finding.help("mend the data or take the missing value on purpose in the rule (`??`, `is_missing`), or raise `undetermined.at_most`"))
}

/// Steps on the interpreter above the project's limit are refused, unless the project or the command says so.
fn interpretable(plan: &Plan, engine: Engine, customers: usize) -> Result<()> {
    let limit = plan.project.interpret_limit;
    if customers <= limit || engine == Engine::Interpret {
        return Ok(());
    }
    let refused = |fallback: &Fallback| {
        let step = fallback.step_of(&plan.project).filter(|step| !step.interpret)?;
        Some(fallback.refusal(step, customers, limit))
    };
    let found: Vec<Diagnostic> = plan.compiled.not_compiled.iter().filter_map(refused).collect();
    if found.is_empty() { Ok(()) } else { Err(Stop::Findings(found)) }
}

fn with_dropped(quality: &DataFrame, dropped: &BTreeMap<(String, String), u64>) -> Result<DataFrame, Error> {
    if dropped.is_empty() {
        return Ok(quality.clone());
    }
    let text = |name: &str, values: Vec<&str>| Series::new(name.into(), values).into();
    let more = DataFrame::new_infer_height(vec![
        text("table", vec!["rules"; dropped.len()]),
        text("column", dropped.keys().map(|(place, _)| place.as_str()).collect()),
        text("measure", vec!["dropped_unknown"; dropped.len()]),
        text("detail", dropped.keys().map(|(_, step)| step.as_str()).collect()),
        ints("count", dropped.values().copied()).into(),
        Series::new("value".into(), vec![None::<f64>; dropped.len()]).into(),
    ]);
    let joined = more.and_then(|more| if quality.width() == 0 { Ok(more) } else { quality.vstack(&more) });
    joined.map_err(|e| defect(&format!("quality table: {e}")))
}

/// The name of the customers' key column.
///
/// # Errors
/// [`Error::Defect`]: there is none.
pub fn key_of(project: &Project) -> Result<&str, Error> {
    project.customer_key().ok_or_else(|| defect("the customer table has no key"))
}

fn defect(what: &str) -> Error {
    Error::Defect(what.to_owned())
}
