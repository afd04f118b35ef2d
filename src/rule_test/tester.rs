//! Cases, evaluated one by one.
//!
//! In: the project of a request, [`Ready`] cases. Out: [`Tested`] ones. Must not know: files of cases, what is shown. A case with a date
//! or parameters of its own has the project checked anew with them; the project's data is read once for each of those.
//! Start at [`Tester::test`].

use super::bind::Bound;
use super::evaluate::{Evaluator, Outcome, Watch};
use super::real::{self, Graded, Real};
use super::tables::{self, World};
use super::value::Value;
use super::{On, Ready, Tested, Verdict, judge, zone};
use crate::diag::{Diagnostic, ids, suggest};
use crate::error::{Error, Result, Stop};
use crate::run::{Engine, Plan, Request, plan, withheld};
use crate::source::SourceMap;
use crate::system::System;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// The project with other dates or parameters.
struct Variant {
    plan: Plan,
    sources: SourceMap,
    real: Option<Real>,
}

/// As-of date and parameters of cases that are evaluated alike.
type Setting = (Option<Date>, Vec<String>);

/// Evaluates cases.
pub struct Tester<'a> {
    system: &'a dyn System,
    request: &'a Request,
    pool: &'a rayon::ThreadPool,
    zone: TimeZone,
    /// The steps by which cases are known.
    steps: Vec<String>,
    variants: BTreeMap<Setting, Variant>,
}

fn steps(plan: &Plan) -> Vec<String> {
    plan.programs.iter().map(|program| program.step.clone()).collect()
}

impl<'a> Tester<'a> {
    /// A tester of the project of this request, which is checked.
    ///
    /// # Errors
    /// [`Error::Defect`].
    pub fn new(
        system: &'a dyn System,
        request: &'a Request,
        plan: &Plan,
        pool: &'a rayon::ThreadPool,
    ) -> Result<Tester<'a>, Error> {
        Ok(Tester { system, request, pool, zone: zone(plan)?, steps: steps(plan), variants: BTreeMap::new() })
    }

    /// The customers of the project's data as they are graded now, without prior decisions: a row each, the project's columns and
    /// then those of all steps.
    ///
    /// # Errors
    /// As [`Tester::test`].
    pub fn customers(&mut self) -> Result<Graded> {
        let setting = (None, Vec::new());
        self.load_real(&setting)?;
        let variant = self.at(&setting)?;
        let real = variant.real.as_ref().ok_or_else(lost)?;
        real::graded(&self.evaluator(variant), real)
    }

    /// The time zone of instants.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Evaluates a case on both evaluators and judges it.
    ///
    /// # Errors
    /// What is wrong with the project's data, for a case with a key; a file that cannot be read; a defect of ours.
    pub fn test(&mut self, number: usize, ready: &Ready) -> Result<Tested> {
        let (case, bound) = (&ready.case, &ready.bound);
        let world = match self.prepared(ready)? {
            Ok(setting) => self.world(&setting, ready)?,
            Err(found) => Err(found),
        };
        let (variant, world) = match world {
            Ok(world) => world,
            Err(found) => {
                let verdict = Verdict::Refused(found.at(case.span));
                return Ok(Tested { case: number, verdict, on: On::Both, outcome: None });
            }
        };
        let plan = &variant.plan;
        let is_compiled = |step: usize| plan.compiled.step(step).is_some();
        let on = match (bound.from..=bound.to).all(is_compiled) {
            false => On::Interpreter,
            true if world.active.len() > plan.project.interpret_limit => On::Columns,
            true => On::Both,
        };
        let (interpreted, compiled) = outcomes(&self.evaluator(variant), world, bound, on)?;
        let verdict = match interpreted.agrees(&compiled) {
            false => Verdict::Unlike(unlike(&interpreted, &compiled, plan, &self.zone)),
            true => match judge::judge(bound, &interpreted, plan, &variant.sources, &self.zone) {
                found if found.is_empty() => Verdict::Passed,
                found => Verdict::Failed(found),
            },
        };
        Ok(Tested { case: number, verdict, on, outcome: Some(interpreted) })
    }

    /// Evaluates a case before the eyes of somebody, who is told the row that is tested; nothing of a case that cannot be.
    ///
    /// # Errors
    /// As [`Tester::test`].
    pub fn watched<W: Watch>(&mut self, ready: &Ready, watch: impl FnOnce(u32) -> W) -> Result<Option<W>> {
        let Ok(setting) = self.prepared(ready)? else { return Ok(None) };
        let Ok((variant, mut world)) = self.world(&setting, ready)? else { return Ok(None) };
        let mut watch = watch(world.row);
        let steps = (ready.bound.from, ready.bound.to);
        self.evaluator(variant).run_watched(&mut world, steps, Engine::Local, &mut watch)?;
        Ok(Some(watch))
    }

    fn evaluator<'v>(&'v self, variant: &'v Variant) -> Evaluator<'v> {
        Evaluator { plan: &variant.plan, sources: &variant.sources, zone: &self.zone, pool: self.pool }
    }

    /// Has the project of a case at hand, or why it cannot be.
    fn prepared(&mut self, ready: &Ready) -> Result<Result<Setting, Diagnostic>> {
        let case = &ready.case;
        let date = case.as_of.map(|(date, _)| date);
        let setting: Setting = (date, case.set.iter().map(|(assignment, _)| assignment.clone()).collect());
        match self.check(&setting) {
            Ok(()) => {}
            Err(Stop::Configuration(found) | Stop::Findings(found)) => {
                let why = found.iter().find(|found| found.is_error()).map_or("", |found| found.message.as_str());
                let message = format!("with this date and these parameters the project has errors: {why}");
                return Ok(Err(Diagnostic::error(ids::WRONG_VALUE, message)));
            }
            Err(stop) => return Err(stop),
        }
        let own = steps(&self.at(&setting)?.plan);
        if own != self.steps {
            let message = format!("on this date the project has other steps, those of its phase: {}", own.join(", "));
            let found = Diagnostic::error(ids::WRONG_VALUE, message);
            return Ok(Err(found.help("cases are evaluated by the steps of the project's own as-of date")));
        }
        if case.key.is_some() {
            self.load_real(&setting)?;
        }
        Ok(Ok(setting))
    }

    /// What the case is evaluated on, or why it cannot be.
    fn world(&self, setting: &Setting, ready: &Ready) -> Result<Result<(&Variant, World), Diagnostic>> {
        let (case, bound) = (&ready.case, &ready.bound);
        let variant = self.at(setting)?;
        let Some(key) = &case.key else { return Ok(Ok((variant, tables::own(bound, &variant.plan)?))) };
        let real = variant.real.as_ref().ok_or_else(lost)?;
        let standings = asks_standings(&variant.plan, bound);
        Ok(match tables::real(bound, &variant.plan, real, standings)? {
            Some(world) => Ok((variant, world)),
            None => Err(no_customer(&key.source, real)),
        })
    }

    /// Checks the project with this date and these parameters, if that was not done before.
    fn check(&mut self, setting: &Setting) -> Result<()> {
        if !self.variants.contains_key(setting) {
            let (as_of, set) = setting.clone();
            let request = Request { as_of: as_of.or(self.request.as_of), set, ..self.request.clone() };
            let mut sources = SourceMap::default();
            let plan = plan::plan(self.system, &request, &mut sources)?;
            self.variants.insert(setting.clone(), Variant { plan, sources, real: None });
        }
        Ok(())
    }

    /// Reads the project's tables, if that was not done before.
    fn load_real(&mut self, setting: &Setting) -> Result<()> {
        self.check(setting)?;
        let (system, pool) = (self.system, self.pool);
        let variant = self.variants.get_mut(setting).ok_or_else(lost)?;
        if variant.real.is_none() {
            // A case must not depend on the runs that lie about: nobody has a prior decision.
            variant.real = Some(real::load(system, &variant.plan, &variant.sources, pool, None)?);
        }
        Ok(())
    }

    fn at(&self, setting: &Setting) -> Result<&Variant, Error> {
        self.variants.get(setting).ok_or_else(lost)
    }
}

fn lost() -> Error {
    Error::Defect("a project of a case was lost".to_owned())
}

fn asks_standings(plan: &Plan, bound: &Bound) -> bool {
    plan.programs.iter().take(bound.to + 1).skip(bound.from).any(|program| !program.populations.is_empty())
}

/// The outcomes on the interpreter and over columns; one twice where the other is not asked.
fn outcomes(evaluator: &Evaluator<'_>, world: World, bound: &Bound, on: On) -> Result<(Outcome, Outcome)> {
    let steps = (bound.from, bound.to);
    let mut interpreted = match on {
        On::Both | On::Interpreter => Some(evaluator.run(world.clone(), steps, Engine::Interpret)?),
        On::Columns => None,
    };
    let mut compiled = evaluator.run(world, steps, Engine::Local)?;
    if bound.key.is_some() {
        // What is sensitive in the project's data is told nowhere.
        let plan = evaluator.plan;
        let hides = withheld::steps(&plan.project, &plan.programs, &plan.schema);
        for (step, cause) in interpreted.iter_mut().chain([&mut compiled]).filter_map(|o| o.failure.as_mut()) {
            if hides.get(*step).copied().unwrap_or(false) {
                withheld::withhold_one(cause);
            }
        }
    }
    Ok((interpreted.unwrap_or_else(|| compiled.clone()), compiled))
}

/// Where two evaluators differ.
fn unlike(interpreted: &Outcome, compiled: &Outcome, plan: &Plan, zone: &TimeZone) -> Vec<[String; 3]> {
    let table = plan.schema.table(plan.schema.customer);
    let mut found = Vec::new();
    let cause =
        |outcome: &Outcome| outcome.failure.as_ref().map_or("decided".to_owned(), |(_, cause)| cause.to_string());
    if interpreted.failure != compiled.failure {
        found.push(["undetermined".to_owned(), cause(interpreted), cause(compiled)]);
    }
    for (at, column) in table.columns.iter().enumerate() {
        let (one, other) = (interpreted.columns.get(&at), compiled.columns.get(&at));
        let text = |value: Option<&Value>| value.map_or("nothing".to_owned(), |value| value.text(zone));
        let differs = match (one, other) {
            (Some(one), Some(other)) => !one.same(other),
            (one, other) => one.is_some() != other.is_some(),
        };
        if differs {
            found.push([column.name.clone(), text(one), text(other)]);
        }
    }
    found
}

fn no_customer(key: &str, real: &Real) -> Diagnostic {
    let found = Diagnostic::error(ids::WRONG_VALUE, format!("the project's data has no customer `{key}`"));
    match suggest::nearest(key, real.names.iter().map(String::as_str)) {
        Some(name) => found.help(format!("did you mean `{name}`?")),
        None => found,
    }
}
