//! How many customers a second a step takes on the interpreter, measured before there is data.
//!
//! In: a [`Plan`], what of it runs row by row. Out: [`Rate`]. Must not know: files of data, what is printed. The step itself is
//! evaluated, on one thread of this machine, for the customers of [`super::made_up`]; as many as take [`ENOUGH`]. If it gives the
//! tier, they are traced too for what decides, as a run does. Real customers with more related rows take longer.

use super::fallback::{Fallback, Runs};
use super::made_up::{self, CUSTOMERS};
use super::plan::Plan;
use super::reasons::Finder;
use crate::error::{Error, Stop};
use crate::manifest::model::Limits;
use crate::rules::context::Context;
use crate::rules::interp;
use crate::rules::typed::Program;
use crate::source::SourceMap;
use crate::system::System;
use jiff::tz::TimeZone;

/// Microseconds after which no more customers are tried, if they are [`FIRST`] at least.
const ENOUGH: i64 = 50_000;

/// Microseconds after which no more are tried at all.
const LATE: i64 = 250_000;

/// Customers that are tried first; then four times as many, and so on. One who is traced may take as long as thousands.
const FIRST: usize = 32;
const FIRST_TRACED: usize = 1;

/// Milliseconds that one made-up customer may take.
const PATIENCE: u64 = 200;

/// Bytes of a step's functions above which it is not measured: the interpreter reads long texts slowly.
const LONG: usize = 200_000;

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Customers a second on one thread; those of a step that gives the tier are traced too for what decides it, as in a run.
    pub per_second: f64,
    /// Those of such a step without that; `None` for others, and where nothing but the tracing runs row by row.
    pub untraced: Option<f64>,
    /// Made-up customers evaluated.
    pub customers: usize,
    /// Those of them who were undetermined, and so took less.
    pub undetermined: usize,
}

/// The rate of each of these; `None` for one that is too long, or that a made-up customer drives over a limit.
///
/// # Errors
/// [`Error::Threads`]; [`Error::Defect`]: no time zone, or the interpreter fails.
pub fn rates(
    system: &dyn System,
    plan: &Plan,
    fallbacks: &[&Fallback],
    sources: &SourceMap,
) -> Result<Vec<Option<Rate>>, Error> {
    if fallbacks.is_empty() {
        return Ok(Vec::new());
    }
    let pool = interp::thread_pool(1)?;
    let name = &plan.project.planning.time_zone;
    let zone = TimeZone::get(name).map_err(|e| Error::Defect(format!("time zone {name}: {e}")))?;
    let limits = Limits { millis: plan.project.limits.millis.min(PATIENCE), ..plan.project.limits };
    let as_of = super::plan::run_dates(&plan.dates).as_of;
    let rate = |fallback: &&Fallback| {
        let position = plan.programs.iter().position(|p| p.step == fallback.step);
        let Some((position, program)) = position.and_then(|n| Some((n, plan.programs.get(n)?))) else {
            return Err(Error::Defect(format!("no program of step `{}`", fallback.step)));
        };
        let length: usize = program.instances.iter().map(|instance| instance.body.span.range().len()).sum();
        if length > LONG {
            return Ok(None);
        }
        let data = made_up::data(&plan.schema, program, as_of)?;
        let (schema, active, keys) = (&plan.schema, [].as_slice(), [].as_slice());
        let none = Context { schema, data: &data, sources, active, keys, limits: &limits, zone: &zone, pool: &pool };
        let finder = Finder::new(&plan.project, program, (plan.compiled.step(position), None));
        let evaluated = (fallback.runs == Runs::Step).then_some(program);
        measure(system, (evaluated, finder.as_ref()), &none)
    };
    fallbacks.iter().map(rate).collect()
}

/// Evaluates a step, and traces what decides, for more and more of the made-up customers, until that takes long enough to tell.
fn measure(
    system: &dyn System,
    (program, finder): (Option<&Program>, Option<&Finder<'_>>),
    context: &Context<'_>,
) -> Result<Option<Rate>, Error> {
    let rows: Vec<u32> = (0..CUSTOMERS as u32).collect();
    let mut customers = if finder.is_some() { FIRST_TRACED } else { FIRST };
    loop {
        let rows = &rows[..customers];
        let context = Context { active: rows, keys: rows, ..*context };
        let begun = system.now_micros();
        let result = program.map(|program| within_limits(interp::run_step(program, &context))).transpose()?;
        let undetermined: Vec<u32> = match result {
            Some(None) => return Ok(None),
            Some(Some(result)) => result.undetermined.iter().map(|(row, _)| *row).collect(),
            None => Vec::new(),
        };
        let evaluated = system.now_micros();
        let traced = finder.map(|finder| within_limits(finder.find(&context, &undetermined))).transpose()?;
        if traced.is_some_and(|found| found.is_none()) {
            return Ok(None);
        }
        let ended = system.now_micros();
        let taken = ended.saturating_sub(begun);
        // Of few customers much of it is the step's own preparation.
        if taken >= if customers < FIRST { LATE } else { ENOUGH } || customers == CUSTOMERS {
            let per_second = |until: i64| customers as f64 * 1e6 / until.saturating_sub(begun).max(1) as f64;
            let untraced = finder.and(program).map(|_| per_second(evaluated));
            let undetermined = undetermined.len();
            return Ok(Some(Rate { per_second: per_second(ended), untraced, customers, undetermined }));
        }
        customers = (customers * 4).min(CUSTOMERS);
    }
}

/// What was found, if made-up customers kept the limits.
fn within_limits<T>(found: Result<T, Stop>) -> Result<Option<T>, Error> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(Stop::Error(error)) => Err(error),
        Err(_) => Ok(None),
    }
}
