//! The steps of one case, run by two evaluators side by side.
//!
//! In: compiled rules, tables, the second evaluator. Out: the first difference, and how many customers were decided. Must
//! not know: how rules and tables were made. The next step always stands on the interpreter's columns.

use super::compare::{Difference, difference};
use super::rules::{Compiled, columns};
use super::tables::Tables;
use crate::error::Stop;
use crate::manifest::model::Limits;
use crate::rules::context::{Context, StepResult};
use crate::rules::data::ColumnData;
use crate::rules::interp;
use crate::rules::schema::Schema;
use crate::rules::typed::Program;
use jiff::tz::TimeZone;

/// What the second evaluator makes of a step; `None` where it has no plan for it.
pub(super) type Second = dyn Fn(&Program, &Schema, &Context<'_>) -> Option<Result<StepResult, Stop>> + Sync;

/// What became of a case.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome {
    /// Step and difference.
    pub(super) difference: Option<(String, Difference)>,
    pub(super) steps: usize,
    /// Steps that the second evaluator ran.
    pub(super) compiled: usize,
    pub(super) customers: usize,
    pub(super) decided: usize,
    /// The interpreter stopped: a limit, or a defect.
    pub(super) stopped: Option<String>,
}

/// Enough for rules that end, little enough for those that do not.
pub(super) fn limits() -> Limits {
    Limits { operations: 1_000_000, ..Limits::default() }
}

/// What is held against the interpreter, and what both run with.
#[derive(Clone, Copy)]
pub(super) struct Setting<'a> {
    pub(super) second: &'a Second,
    pub(super) limits: Limits,
    pub(super) pool: &'a rayon::ThreadPool,
}

/// Runs all steps until one differs or stops.
pub(super) fn run(compiled: &Compiled, tables: &Tables, setting: &Setting<'_>) -> Outcome {
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    let mut outcome = Outcome::default();
    let (mut data, mut active) = (tables.data.clone(), tables.active.clone());
    for (program, schema) in &compiled.steps {
        let context = Context {
            schema,
            data: &data,
            sources: &compiled.sources,
            active: &active,
            keys: &tables.keys,
            limits: &setting.limits,
            zone: &zone,
            pool: setting.pool,
        };
        let first = match interp::run_step(program, &context) {
            Ok(result) => result,
            Err(stop) => {
                outcome.stopped = Some(format!("{stop:?}"));
                return outcome;
            }
        };
        outcome.steps += 1;
        outcome.customers += active.len();
        outcome.decided += active.len() - first.undetermined.len();
        if let Some(result) = (setting.second)(program, schema, &context) {
            outcome.compiled += 1;
            let found = match result {
                Ok(second) => difference(&first, &second),
                Err(stop) => Some(Difference { row: None, first: "a result".into(), second: format!("{stop:?}") }),
            };
            if let Some(found) = found {
                outcome.difference = Some((program.step.clone(), found));
                return outcome;
            }
        }
        for (column, (_, series)) in columns(&program.output).iter().zip(&first.columns) {
            data.tables[0].columns.push(ColumnData::from_series(series, column).unwrap());
        }
        active.retain(|row| first.undetermined.iter().all(|(u, _)| u != row));
    }
    outcome
}
