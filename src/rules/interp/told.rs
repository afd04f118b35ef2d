//! What was noted of a customer, as rules have it.
//!
//! In: values of the engine with their types, tests that were noted. Out: [`Value`]s, [`Test`]s. Must not know: who asks.

use super::engine::RowResult;
use super::over;
use super::probe::{Operand, Probes};
use super::recorder::{Asked, Kept};
use super::rewrite::{Rewritten, World};
use super::site::{Meaning, Over};
use crate::error::{Error, Stop};
use crate::rules::cause::Cause;
use crate::rules::context::Context;
use crate::rules::trace::{Test, Value};
use crate::rules::typed::{InstanceId, Program};
use crate::rules::types::{Kind, Type};
use rhai::Dynamic;

/// The finding of a customer that went over a limit.
pub(super) fn limit(context: &Context<'_>, world: World<'_>, entry: InstanceId, row: u32, over: Over) -> Stop {
    over::finding(world, context, entry, row, super::evaluate::worked(over))
}

/// What the engine gave for the customer in a row, or why the customer is undetermined.
///
/// # Errors
/// [`Stop::Findings`] with `limit`, if the customer went over a limit, and was the last on this thread; [`Stop::Error`] for a defect
/// of ours.
pub(super) fn value(
    world: World<'_>,
    context: &Context<'_>,
    (entry, rewritten): (InstanceId, &Rewritten),
    (row, result): (u32, RowResult),
) -> Result<Result<Dynamic, Cause>, Stop> {
    match result.map_err(|error| rewritten.sites.read(&error, context.sources)) {
        Ok(value) => Ok(Ok(value)),
        Err(Meaning::Undetermined(cause)) => Ok(Err(cause)),
        Err(Meaning::Limit(over)) => Err(limit(context, world, entry, row, over)),
        Err(Meaning::Defect(message)) => Err(Error::Defect(message).into()),
    }
}

/// A column of what the engine gave for a step.
pub(super) fn column_of(step: &Program, value: &Dynamic, name: &str, ty: &Type) -> Value {
    let found = match value.as_map_ref() {
        Ok(entries) if step.output.is_map => entries.get(name).cloned().unwrap_or_default(),
        _ => value.clone(),
    };
    value_of(&Kept::Whole(found), ty)
}

/// A test as it was asked.
pub(super) fn test(probes: &Probes, asked: &Asked) -> Option<Test> {
    let probe = probes.exprs.get(asked.probe)?;
    let value = |(n, operand): (usize, &Operand)| {
        let kept = asked.values.get(n).and_then(Option::as_ref);
        kept.map(|kept| value_of(kept, &operand.ty)).or_else(|| operand.literal.clone()).unwrap_or(Value::Missing)
    };
    Some(Test {
        span: probe.span,
        op: probe.op,
        operands: probe.operands.iter().map(|operand| operand.span).collect(),
        values: probe.operands.iter().enumerate().map(value).collect(),
        holds: asked.holds,
    })
}

/// A value of the engine, of which the type is known.
pub(super) fn value_of(kept: &Kept, ty: &Type) -> Value {
    match kept {
        Kept::Whole(value) if value.is_unit() => Value::Missing,
        Kept::Whole(value) => match value.as_array_ref() {
            Ok(list) => list_of(list.len(), &list, ty),
            Err(_) => scalar(value, ty),
        },
        Kept::List(count, items) => list_of(*count, items, ty),
    }
}

fn list_of(count: usize, items: &[Dynamic], ty: &Type) -> Value {
    let rows = |items: &[Dynamic]| items.iter().map(|row| row.as_int().map_or(u32::MAX, |row| row as u32)).collect();
    match &ty.kind {
        Kind::Decimals { table, .. } => Value::Rows { table: *table, count, rows: rows(items) },
        Kind::List(element) => match element.kind {
            Kind::Row(table) => Value::Rows { table, count, rows: rows(items) },
            _ => {
                let items = items.iter().map(|item| value_of(&Kept::Whole(item.clone()), element)).collect();
                Value::List { count, items }
            }
        },
        _ => Value::List { count, items: Vec::new() },
    }
}

fn scalar(value: &Dynamic, ty: &Type) -> Value {
    let int = || value.as_int().unwrap_or_default();
    match &ty.kind {
        Kind::Int => Value::Int(int()),
        Kind::Float => Value::Float(value.as_float().unwrap_or_default()),
        Kind::Bool => Value::Bool(value.as_bool().unwrap_or_default()),
        Kind::Date => Value::Date(int() as i32),
        Kind::DateTime => Value::DateTime(int()),
        Kind::Row(table) => Value::Row(*table, int() as u32),
        Kind::Text => Value::Text(value.clone().into_string().unwrap_or_default()),
        Kind::Map(entries) => {
            Value::Map(entries_of(value, |key| entries.iter().find(|(own, _)| own == key).map(|(_, ty)| ty)))
        }
        Kind::Dict(of) => Value::Map(entries_of(value, |_| Some(of))),
        Kind::Never | Kind::List(_) | Kind::Decimals { .. } => Value::Missing,
    }
}

fn entries_of<'t>(map: &Dynamic, ty: impl Fn(&str) -> Option<&'t Type>) -> Vec<(String, Value)> {
    let Ok(map) = map.as_map_ref() else { return Vec::new() };
    let entry = |(key, value): (&rhai::Identifier, &Dynamic)| {
        Some((key.to_string(), value_of(&Kept::Whole(value.clone()), ty(key)?)))
    };
    map.iter().filter_map(entry).collect()
}
