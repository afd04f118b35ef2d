//! Why a customer moves: the parts of its value that change, and the condition of the tier's step that comes out otherwise.
//!
//! In: movers, their columns before and after, the steps that gave the tier. Out: lines for each mover. Must not know: terminals. The conditions are those
//! that the step asked, traced by the interpreter on the movers alone.

use super::compare::Mover;
use super::reads::Reads;
use super::stand::Stand;
use crate::error::{Error, Result};
use crate::rules::context::Context;
use crate::rules::data::{ColumnData, Data, NO_ROW};
use crate::rules::interp::Tracer;
use crate::rules::trace::{Test, Value};
use crate::run::Plan;
use crate::source::SourceMap;
use jiff::tz::TimeZone;
use polars::prelude::Series;
use std::sync::Arc;

/// A decision of movers: rules, and the columns that these read.
pub(super) struct Side<'a> {
    /// The rules.
    pub plan: &'a Plan,
    /// Their texts.
    pub sources: &'a SourceMap,
    /// All customers' columns before the tier's step, by name; those that it does not read may be left out.
    pub columns: &'a [Series],
    /// The movers' rows in them.
    pub rows: Vec<u32>,
}

/// What traces have in common.
#[derive(Clone, Copy)]
pub(super) struct World<'a> {
    pub zone: &'a TimeZone,
    pub pool: &'a rayon::ThreadPool,
    /// Tables as the steps saw them, customers in key order.
    pub data: &'a Data,
}

/// The position of the step that gives the tier.
pub(super) fn tier_step(plan: &Plan) -> Option<usize> {
    let tier = &plan.project.decision.tier;
    plan.programs.iter().position(|program| program.gives(tier))
}

/// The three parts of a mover's value that change most.
pub(super) fn parts(mover: &Mover, before: &[Series], after: &Stand) -> Vec<String> {
    if mover.value.0.map(f64::to_bits) == mover.value.1.map(f64::to_bits) {
        return Vec::new();
    }
    let number = |column: &Series, row: u32| column.f64().ok().and_then(|numbers| numbers.get(row as usize));
    let mut parts: Vec<(&str, Option<f64>, Option<f64>)> = Vec::new();
    for column in before {
        let name = column.name().as_str();
        let (was, is) = (number(column, mover.rows.0), after.column(name).and_then(|c| number(c, mover.rows.1)));
        if was.map(f64::to_bits) != is.map(f64::to_bits) {
            parts.push((name, was, is));
        }
    }
    let size = |part: &(&str, Option<f64>, Option<f64>)| (part.2.unwrap_or(0.0) - part.1.unwrap_or(0.0)).abs();
    parts.sort_by(|a, b| size(b).total_cmp(&size(a)));
    let shown = |number: Option<f64>| number.map_or_else(|| "missing".to_owned(), |number| format!("{number:.3}"));
    parts.iter().take(3).map(|(name, was, is)| format!("{name} {} → {}", shown(*was), shown(*is))).collect()
}

/// For each mover the first condition of the tier's step that comes out otherwise, before and after.
///
/// # Errors
/// A limit; [`Error::Defect`].
pub(super) fn conditions(before: &Side<'_>, after: &Side<'_>, world: World<'_>) -> Result<Vec<Option<String>>> {
    let (old, new) = (tests(before, world)?, tests(after, world)?);
    let line = |(old, new): (&Vec<Test>, &Vec<Test>)| {
        let at = old.iter().zip(new).position(|(a, b)| a.holds != b.holds || before.text(a) != after.text(b))?;
        let (a, b) = (old.get(at)?, new.get(at)?);
        let place = after.sources.place(b.span);
        Some(format!("{}, and now {} ({place})", before.told(a), after.told(b)))
    };
    Ok(old.iter().zip(&new).map(line).collect())
}

impl Side<'_> {
    fn text(&self, test: &Test) -> String {
        self.sources.text(test.span).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn told(&self, test: &Test) -> String {
        let held = if test.holds { "holds" } else { "does not hold" };
        match (test.op, test.values.as_slice()) {
            (Some(op), [left, right]) => {
                format!("`{}` {held}: {} {} {}", self.text(test), shown(left), op.text(), shown(right))
            }
            _ => format!("`{}` {held}", self.text(test)),
        }
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Float(number) => {
            let text = format!("{number:.4}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        Value::Text(text) => format!("\"{text}\""),
        Value::Missing => "()".to_owned(),
        value => value.number().map_or_else(|| "…".to_owned(), |number| number.to_string()),
    }
}

/// The tests of the tier's step for each mover, in the order in which they were asked.
fn tests(side: &Side<'_>, world: World<'_>) -> Result<Vec<Vec<Test>>> {
    let none = || vec![Vec::new(); side.rows.len()];
    let Some(program) = tier_step(side.plan).and_then(|at| side.plan.programs.get(at)) else { return Ok(none()) };
    // Standings would need everybody, and earlier decisions are not at hand.
    let earlier = Reads::of([program], &side.plan.schema).earlier;
    if !program.populations.is_empty() || earlier {
        return Ok(none());
    }
    let data = movers_alone(side, world.data)?;
    let rows: Vec<u32> = (0..side.rows.len() as u32).collect();
    let context = Context {
        schema: &side.plan.schema,
        data: &data,
        sources: side.sources,
        active: &rows,
        keys: &rows,
        limits: &side.plan.project.limits,
        zone: world.zone,
        pool: world.pool,
    };
    let mut tracer = Tracer::new(program, &context, &[])?;
    rows.iter().map(|row| Ok(tracer.trace(*row)?.tests)).collect()
}

/// The tables with the movers as the only customers.
fn movers_alone(side: &Side<'_>, data: &Data) -> Result<Data, Error> {
    let schema = &side.plan.schema;
    let customer = usize::from(schema.customer.0);
    let mut data = data.clone();
    let Some(table) = data.tables.get_mut(customer) else { return Err(Error::Defect("no customers".to_owned())) };
    let wrong = |e| Error::Defect(format!("columns of movers: {e}"));
    table.columns = schema
        .table(schema.customer)
        .columns
        .iter()
        .map(|column| match side.columns.iter().find(|series| series.name() == column.name.as_str()) {
            Some(series) => ColumnData::from_series(&series.take_slice(&side.rows).map_err(wrong)?.rechunk(), column),
            None => Ok(ColumnData::missing(side.rows.len(), column)),
        })
        .collect::<Result<_, Error>>()?;
    table.rows = side.rows.len();
    let taken = |rows: &Arc<[u32]>| -> Arc<[u32]> {
        side.rows.iter().map(|row| rows.get(*row as usize).copied().unwrap_or(NO_ROW)).collect()
    };
    table.references = table.references.iter().map(taken).collect();
    table.many = table.many.iter().map(|_| Arc::default()).collect();
    Ok(data)
}
