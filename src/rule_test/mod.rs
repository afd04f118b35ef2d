//! `tierwright test`: example customers and what each must get.
//!
//! In: a checked project, its files of cases. Out: [`Tested`] cases, each evaluated on both evaluators. Must not know:
//! terminals. A case is read by `manifest::cases`, held against the project by [`bind`], made tables by [`tables`],
//! evaluated by [`evaluate`], judged by [`judge`]; [`update`] writes what came into the file. There is no evaluator of its own: steps
//! are those of a run. Start at [`ready`] and [`Tester::test`].

pub mod bind;
pub mod evaluate;
pub mod generate;
pub mod judge;
pub mod reads;
pub mod tables;
pub mod update;
pub mod value;

use crate::diag::{self, Diagnostic, ids, suggest};
use crate::error::{Error, Result, Stop};
use crate::manifest::cases::{self, Case, CaseFile};
use crate::rules::data::ColumnData;
use crate::run::compute::Compute;
use crate::run::engine::LocalEngine;
use crate::run::keys::Keys;
use crate::run::parts::Memory;
use crate::run::{Engine, Plan, Request, plan, withheld};
use crate::source::SourceMap;
use crate::system::System;
use bind::Bound;
use evaluate::{Evaluator, Outcome};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use judge::Difference;
use std::collections::BTreeMap;
use tables::{Real, World};
use value::Value;

/// A case that can be evaluated.
#[derive(Clone, Debug)]
pub struct Ready {
    /// The number of its file.
    pub file: usize,
    /// What the file says.
    pub case: Case,
    /// What that means.
    pub bound: Bound,
}

/// The cases of a project.
#[derive(Clone, Debug, Default)]
pub struct Cases {
    /// Their files.
    pub files: Vec<CaseFile>,
    /// Those without errors, in the order of files and lines.
    pub ready: Vec<Ready>,
    /// What is wrong with others.
    pub findings: Vec<Diagnostic>,
}

/// Reads the project's cases and holds them against its rules and tables. No data is read.
///
/// # Errors
/// [`Error::Defect`]: a time zone that the check of the project let through.
pub fn ready(system: &dyn System, plan: &Plan, sources: &mut SourceMap) -> Result<Cases, Error> {
    let zone = zone(plan)?;
    let (files, mut findings) = cases::load(system, &plan.root, sources);
    let mut ready = Vec::new();
    for (number, file) in files.iter().enumerate() {
        for case in &file.cases {
            if case.as_of.is_none() && plan.project.as_of.is_none() {
                let message = format!("the case `{}` needs `as_of`: the project file has none", case.name);
                let found = Diagnostic::error(ids::MISSING_KEY, message).at(case.span);
                findings.push(found.help("write it at the top of the file, for all of its cases"));
            }
            match bind::bind(case, plan, &zone, sources) {
                Ok(bound) => ready.push(Ready { file: number, case: case.clone(), bound }),
                Err(found) => findings.extend(found),
            }
        }
    }
    diag::sort(&mut findings);
    Ok(Cases { files, ready, findings })
}

fn zone(plan: &Plan) -> Result<TimeZone, Error> {
    let name = &plan.project.planning.time_zone;
    TimeZone::get(name).map_err(|e| Error::Defect(format!("time zone {name}: {e}")))
}

/// A case held against the project, of no file.
///
/// # Errors
/// What is wrong with it.
pub fn of_text(
    path: &str,
    text: &str,
    plan: &Plan,
    zone: &TimeZone,
    sources: &mut SourceMap,
) -> Result<Vec<Ready>, Vec<Diagnostic>> {
    let (cases, mut findings) = cases::parse(path, text, sources);
    let mut ready = Vec::new();
    for case in cases {
        match bind::bind(&case, plan, zone, sources) {
            Ok(bound) => ready.push(Ready { file: 0, case, bound }),
            Err(found) => findings.extend(found),
        }
    }
    if findings.is_empty() { Ok(ready) } else { Err(findings) }
}

/// What came of a case.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// What was expected.
    Passed,
    /// Something else.
    Failed(Vec<Difference>),
    /// It cannot be evaluated: why.
    Refused(Diagnostic),
    /// The evaluators came to unlike results, which is a defect of ours: column or cause, on the interpreter, over columns.
    Unlike(Vec<[String; 3]>),
}

/// A case with its verdict.
#[derive(Clone, Debug)]
pub struct Tested {
    /// Position in [`Cases::ready`].
    pub case: usize,
    /// What came of it.
    pub verdict: Verdict,
    /// Whether a step of it ran on the interpreter alone.
    pub interpreted: bool,
    /// What the customer got, where it was evaluated.
    pub outcome: Option<Outcome>,
}

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
    variants: BTreeMap<Setting, Variant>,
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
        Ok(Tester { system, request, pool, zone: zone(plan)?, variants: BTreeMap::new() })
    }

    /// The customers of the project's data as they are graded now: a row each, the project's columns and then those of all
    /// steps; a customer who is undetermined has no row.
    ///
    /// # Errors
    /// As [`Tester::test`].
    pub fn customers(&mut self) -> Result<Graded> {
        let (system, pool, zone) = (self.system, self.pool, self.zone.clone());
        let variant = self.at((None, Vec::new()))?;
        if variant.real.is_none() {
            variant.real = Some(load(system, &variant.plan, &variant.sources, pool)?);
        }
        let Some(real) = &variant.real else { return Err(Error::Defect("no tables".to_owned()).into()) };
        graded(&Evaluator { plan: &variant.plan, sources: &variant.sources, zone: &zone, pool }, real)
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
        let refused = |found: Diagnostic| Tested {
            case: number,
            verdict: Verdict::Refused(found.at(case.span)),
            interpreted: false,
            outcome: None,
        };
        let (system, pool, zone) = (self.system, self.pool, self.zone.clone());
        let variant = match self.variant(case) {
            Ok(variant) => variant,
            Err(Stop::Configuration(found) | Stop::Findings(found)) => {
                let why = found.iter().find(|found| found.is_error()).map_or("", |found| found.message.as_str());
                let message = format!("with this date and these parameters the project has errors: {why}");
                return Ok(refused(Diagnostic::error(ids::WRONG_VALUE, message)));
            }
            Err(stop) => return Err(stop),
        };
        let world = match &case.key {
            None => tables::own(bound, &variant.plan)?,
            Some(key) => {
                let standings = asks_standings(&variant.plan, bound);
                if variant.real.is_none() {
                    variant.real = Some(load(system, &variant.plan, &variant.sources, pool)?);
                }
                let Some(real) = &variant.real else { return Err(Error::Defect("no tables".to_owned()).into()) };
                match tables::real(bound, &variant.plan, real, standings)? {
                    Some(world) => world,
                    None => return Ok(refused(no_customer(&key.source, real))),
                }
            }
        };
        let plan = &variant.plan;
        let evaluator = Evaluator { plan, sources: &variant.sources, zone: &zone, pool };
        let (interpreted, compiled) = both(&evaluator, world, bound, case.key.is_some())?;
        let alone = (bound.from..=bound.to).any(|step| plan.compiled.get(step).is_none_or(Option::is_none));
        let verdict = match interpreted.agrees(&compiled) {
            false => Verdict::Unlike(unlike(&interpreted, &compiled, plan, &zone)),
            true => match judge::judge(bound, &interpreted, plan, &variant.sources, &zone) {
                found if found.is_empty() => Verdict::Passed,
                found => Verdict::Failed(found),
            },
        };
        Ok(Tested { case: number, verdict, interpreted: alone, outcome: Some(interpreted) })
    }

    /// The project with the case's date and parameters.
    fn variant(&mut self, case: &Case) -> Result<&mut Variant> {
        let date = case.as_of.map(|(date, _)| date);
        self.at((date, case.set.iter().map(|(assignment, _)| assignment.clone()).collect()))
    }

    fn at(&mut self, setting: Setting) -> Result<&mut Variant> {
        if !self.variants.contains_key(&setting) {
            let (as_of, set) = setting.clone();
            let request = Request { as_of: as_of.or(self.request.as_of), set, ..self.request.clone() };
            let mut sources = SourceMap::default();
            let plan = plan::plan(self.system, &request, &mut sources)?;
            self.variants.insert(setting.clone(), Variant { plan, sources, real: None });
        }
        self.variants.get_mut(&setting).ok_or_else(|| Error::Defect("a project was lost".to_owned()).into())
    }
}

/// All customers of the project's data, graded.
#[derive(Clone, Debug)]
pub struct Graded {
    /// Their columns, by the schema.
    pub columns: Vec<ColumnData>,
    /// Rows of those who are decided.
    pub rows: Vec<u32>,
    /// Keys by row, as texts.
    pub names: Vec<String>,
}

fn graded(evaluator: &Evaluator<'_>, real: &Real) -> Result<Graded> {
    let plan = evaluator.plan;
    let customer = usize::from(plan.schema.customer.0);
    let count = real.names.len() as u32;
    // No customer is tested: the row is one that there is not.
    let mut world = World {
        data: real.data.clone(),
        keys: real.keys.order(),
        active: (0..count).collect(),
        row: u32::MAX,
        given: Vec::new(),
    };
    let last = plan.programs.len().saturating_sub(1);
    let mut rows = world.active.clone();
    evaluator.run_on(&mut world, (0, last), Engine::Local, &mut |_, ledger| {
        rows.retain(|row| ledger.failure(*row).is_none());
    })?;
    let columns = world.data.tables.get(customer).map(|table| table.columns.clone()).unwrap_or_default();
    Ok(Graded { columns, rows, names: real.names.clone() })
}

fn asks_standings(plan: &Plan, bound: &Bound) -> bool {
    plan.programs.iter().take(bound.to + 1).skip(bound.from).any(|program| !program.populations.is_empty())
}

/// The outcomes on the interpreter and over columns.
fn both(evaluator: &Evaluator<'_>, world: World, bound: &Bound, real: bool) -> Result<(Outcome, Outcome)> {
    let steps = (bound.from, bound.to);
    let mut outcomes =
        [evaluator.run(world.clone(), steps, Engine::Interpret)?, evaluator.run(world, steps, Engine::Local)?];
    if real {
        // What is sensitive in the project's data is told nowhere.
        let plan = evaluator.plan;
        let hides = withheld::steps(&plan.project, &plan.programs, &plan.schema);
        for outcome in &mut outcomes {
            if let Some((step, cause)) = outcome.failure.as_mut().filter(|(step, _)| hides.get(*step) == Some(&true)) {
                let mut causes = [(*step as u32, cause.clone())];
                withheld::withhold(&mut causes);
                let [(_, told)] = causes;
                *cause = told;
            }
        }
    }
    let [interpreted, compiled] = outcomes;
    Ok((interpreted, compiled))
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

/// The project's tables before any step, without prior decisions: a case must not depend on the runs that lie about.
fn load(system: &dyn System, plan: &Plan, sources: &SourceMap, pool: &rayon::ThreadPool) -> Result<Real> {
    let whole = Memory { bytes: Some(u64::MAX), dry_run: true, ..Memory::default() };
    let mut engine = LocalEngine::new(system, plan, sources, pool)?.with_memory(whole);
    let loaded = match engine.load(None) {
        Ok(loaded) => loaded,
        Err(crate::run::compute::LoadFailed::Findings(found, _)) => return Err(Stop::Findings(found)),
        Err(crate::run::compute::LoadFailed::Error(error)) => return Err(error.into()),
    };
    let key = plan.project.tables.get(&plan.project.customer).and_then(|table| table.key.first());
    let column = loaded.customers.iter().find(|column| key.is_some_and(|key| column.name() == key.as_str()));
    let column = column.ok_or_else(|| Error::Defect("the customers have no key".to_owned()))?;
    let keys = Keys::new(column)?;
    engine.begin(None, &keys.order())?;
    let zone = zone(plan)?;
    let name = |row: usize| Ok(Value::of(column, row)?.text(&zone));
    let names = (0..column.len()).map(name).collect::<Result<_, Error>>()?;
    Ok(Real { data: engine.data().cloned().unwrap_or_default(), keys, names })
}
