//! The interpreter with notes as the second evaluator: a trace must say what a run does, and each branch that a trace has
//! must be among those counted.
//!
//! In: a typed step, its context. Out: the step's result as traces tell it. Must not know: how cases are made.

use crate::error::Stop;
use crate::rules::context::{Context, StepResult};
use crate::rules::data::{Values, series};
use crate::rules::interp::{self, Tracer, branches_taken, populations};
use crate::rules::schema::Schema;
use crate::rules::trace::{Ended, Trace, Value};
use crate::rules::typed::Program;
use crate::rules::types::Kind;

/// Customers that are traced of a case; the others are as the interpreter has them.
const TRACED: usize = 40;

/// What traces tell of a step.
pub(super) fn traced(program: &Program, _: &Schema, context: &Context<'_>) -> Option<Result<StepResult, Stop>> {
    Some(result(program, context))
}

fn result(program: &Program, context: &Context<'_>) -> Result<StepResult, Stop> {
    let plain = interp::run_step(program, context)?;
    let populations = populations(program, context)?;
    let mut tracer = Tracer::new(program, context, &populations)?;
    let rows: Vec<u32> = context.active.iter().copied().take(TRACED).collect();
    let mut traces = Vec::with_capacity(rows.len());
    for row in &rows {
        traces.push((*row, tracer.trace(*row)?));
    }
    counted(program, context, &rows, &traces, &populations)?;
    let mut undetermined = Vec::new();
    for (row, trace) in &traces {
        if let Ended::Undetermined(cause) = &trace.ended {
            undetermined.push((*row, cause.clone()));
        }
    }
    undetermined.extend(plain.undetermined.iter().filter(|(row, _)| !rows.contains(row)).cloned());
    let columns = plain.columns.iter().zip(&program.output.order).map(|((name, column), position)| {
        let kind = &program.output.columns[*position].1.kind;
        let all = column.len();
        let mut told = column.slice(0, 0);
        for row in 0..all as u32 {
            let value = match traces.iter().find(|(own, _)| *own == row) {
                Some((_, trace)) => of(kind, trace.ended.column(name).unwrap_or(&Value::Missing)),
                None => column.slice(i64::from(row), 1),
            };
            told.append(&value.with_name(column.name().clone())).unwrap();
        }
        (name.clone(), told)
    });
    Ok(StepResult {
        columns: columns.collect(),
        undetermined,
        dropped_unknown: plain.dropped_unknown.clone(),
        fittings: Vec::new(),
    })
}

/// The branches of a trace's own call are counted for its customer.
fn counted(
    program: &Program,
    context: &Context<'_>,
    rows: &[u32],
    traces: &[(u32, Trace)],
    populations: &[crate::rules::standing::Population],
) -> Result<(), Stop> {
    let taken = branches_taken(program, context, populations, rows)?;
    for ((row, trace), (counted, positions)) in traces.iter().zip(&taken.rows) {
        assert_eq!(row, counted);
        for branch in &trace.frame.branches {
            let is_counted = positions.iter().any(|position| taken.branches[*position as usize] == *branch);
            assert!(is_counted, "{branch:?} of customer {row} is not counted");
        }
    }
    Ok(())
}

fn of(kind: &Kind, value: &Value) -> polars::prelude::Series {
    let values = match (kind, value) {
        (Kind::Int, Value::Int(n)) => Values::Int(vec![Some(*n)]),
        (Kind::Int, _) => Values::Int(vec![None]),
        (Kind::Float, Value::Float(x)) => Values::Float(vec![Some(*x)]),
        (Kind::Float, _) => Values::Float(vec![None]),
        (Kind::Bool, Value::Bool(b)) => Values::Bool(vec![Some(*b)]),
        (Kind::Bool, _) => Values::Bool(vec![None]),
        (Kind::Date, Value::Date(days)) => Values::Date(vec![Some(*days)]),
        (Kind::Date, _) => Values::Date(vec![None]),
        (Kind::DateTime, Value::DateTime(micros)) => Values::DateTime(vec![Some(*micros)]),
        (Kind::DateTime, _) => Values::DateTime(vec![None]),
        (_, Value::Text(text)) => Values::Text(vec![Some(text.as_str().into())]),
        (_, _) => Values::Text(vec![None]),
    };
    series("", values)
}
