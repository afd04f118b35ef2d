//! How many customers a second a step takes on the interpreter, measured before there is data.
//!
//! In: a [`Plan`], the number of a step. Out: [`Rate`]. Must not know: files of data, what is printed. The step itself is
//! evaluated, on one thread of this machine, for the customers of [`super::made_up`]; as many as take [`ENOUGH`]. Real
//! customers with more related rows take longer.

use super::made_up::{self, CUSTOMERS};
use super::plan::Plan;
use crate::error::{Error, Stop};
use crate::manifest::model::Limits;
use crate::rules::context::Context;
use crate::rules::interp;
use crate::rules::typed::Program;
use crate::source::SourceMap;
use crate::system::System;
use jiff::tz::TimeZone;

/// Microseconds after which no more customers are tried.
const ENOUGH: i64 = 50_000;

/// Customers that are tried first; then four times as many, and so on.
const FIRST: usize = 32;

/// Milliseconds that one made-up customer may take.
const PATIENCE: u64 = 200;

/// Bytes of a step's functions above which it is not measured: the interpreter reads long texts slowly.
const LONG: usize = 200_000;

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Customers a second on one thread.
    pub per_second: f64,
    /// Made-up customers evaluated.
    pub customers: usize,
    /// Those of them who were undetermined, and so took less.
    pub undetermined: usize,
}

/// The rate of each of these steps; `None` for one that is too long, or that a made-up customer drives over a limit.
///
/// # Errors
/// [`Error::Threads`]; [`Error::Defect`]: no time zone, or the interpreter fails.
pub fn rates(
    system: &dyn System,
    plan: &Plan,
    steps: &[&str],
    sources: &SourceMap,
) -> Result<Vec<Option<Rate>>, Error> {
    if steps.is_empty() {
        return Ok(Vec::new());
    }
    let pool = interp::thread_pool(1)?;
    let name = &plan.project.planning.time_zone;
    let zone = TimeZone::get(name).map_err(|e| Error::Defect(format!("time zone {name}: {e}")))?;
    let limits = Limits { millis: plan.project.limits.millis.min(PATIENCE), ..plan.project.limits };
    let as_of = super::plan::run_dates(&plan.dates).as_of;
    let of_step = |step: &&str| {
        let Some(program) = plan.programs.iter().find(|p| p.step == **step) else {
            return Err(Error::Defect(format!("no program of step `{step}`")));
        };
        let length: usize = program.instances.iter().map(|instance| instance.body.span.range().len()).sum();
        if length > LONG {
            return Ok(None);
        }
        let data = made_up::data(&plan.schema, program, as_of)?;
        let (schema, active, keys) = (&plan.schema, [].as_slice(), [].as_slice());
        let none = Context { schema, data: &data, sources, active, keys, limits: &limits, zone: &zone, pool: &pool };
        measure(system, program, &none)
    };
    steps.iter().map(of_step).collect()
}

/// Evaluates a step for more and more of the made-up customers, until that takes long enough to tell.
fn measure(system: &dyn System, program: &Program, context: &Context<'_>) -> Result<Option<Rate>, Error> {
    let rows: Vec<u32> = (0..CUSTOMERS as u32).collect();
    let mut customers = FIRST.min(CUSTOMERS);
    loop {
        let rows = &rows[..customers];
        let begun = system.now_micros();
        let result = match interp::run_step(program, &Context { active: rows, keys: rows, ..*context }) {
            Ok(result) => result,
            Err(Stop::Error(error)) => return Err(error),
            Err(_) => return Ok(None),
        };
        let micros = system.now_micros().saturating_sub(begun).max(1);
        if micros >= ENOUGH || customers == CUSTOMERS {
            let per_second = customers as f64 * 1e6 / micros as f64;
            return Ok(Some(Rate { per_second, customers, undetermined: result.undetermined.len() }));
        }
        customers = (customers * 4).min(CUSTOMERS);
    }
}
