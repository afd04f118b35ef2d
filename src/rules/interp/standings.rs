//! Populations of a step, as functions that give this customer's standing.
//!
//! In: a step's population arguments, evaluated for all customers. Out: one closure for each population. Must not know:
//! how a standing is computed ([`crate::rules::standing`]).

use super::evaluate::{Wanted, evaluate, world};
use super::meter;
use super::natives::{Args, Closure, float, int};
use super::site::{Failure, Outcome};
use crate::error::{Error, Stop};
use crate::rules::builtin::Standing;
use crate::rules::cause::CauseKind;
use crate::rules::context::Context;
use crate::rules::data::{self, Values};
use crate::rules::model::Fits;
use crate::rules::site::Part;
use crate::rules::standing::{Figures, NO_GROUP, Population, Score, ntile};
use crate::rules::typed::{self, InstanceId, Program};
use crate::rules::types::Type;
use polars::prelude::Series;
use rhai::Dynamic;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

/// The populations of a step: the argument of each, evaluated for all active customers.
///
/// # Errors
/// As [`super::run_step`].
pub fn populations(step: &Program, context: &Context<'_>) -> Result<Vec<Population>, Stop> {
    let mut fits = Fits::default();
    context.pool.install(|| step.populations.iter().map(|said| population(step, context, said, &mut fits)).collect())
}

/// For each population of a step the function that gives this customer's standing.
pub(super) fn closures(step: &Program, populations: &[Population]) -> Vec<Closure> {
    step.populations.iter().zip(populations).map(|(said, population)| closure(said.standing, population)).collect()
}

fn population(
    step: &Program,
    context: &Context<'_>,
    said: &typed::Population,
    fits: &mut Fits,
) -> Result<Population, Stop> {
    let mut columns = Vec::with_capacity(said.arguments.len());
    for id in &said.arguments {
        columns.push(figures(argument(step, context, *id)?.0, said.standing)?);
    }
    let groups = match said.group {
        Some(group) => Some(groups(argument(step, context, group)?)),
        None => None,
    };
    let groups = groups.as_deref();
    match said.standing {
        Standing::Model(model) => Ok(Population::of_model((model, &said.setting, fits), columns, groups, context.keys)),
        _ => {
            let figures = columns.pop().ok_or_else(|| Error::Defect("a population of nothing".to_owned()))?;
            Ok(Population::new(figures, groups, context.keys))
        }
    }
}

fn figures(values: Values, standing: Standing) -> Result<Figures, Error> {
    Ok(match values {
        Values::Float(v) => Figures::Float(v),
        Values::Int(v) | Values::DateTime(v) => Figures::Int(v),
        Values::Date(v) => Figures::Int(v.into_iter().map(|d| d.map(i64::from)).collect()),
        Values::Bool(_) | Values::Text(_) => {
            return Err(Error::Defect(format!("`{}` of what is no number", standing.name())));
        }
    })
}

/// Runs a population's argument or group for some customers: its values by row, and the rows where it fails.
///
/// # Errors
/// As [`super::run_step`].
pub fn run_argument(
    step: &Program,
    context: &Context<'_>,
    id: InstanceId,
    rows: &[u32],
) -> Result<(Series, Vec<u32>), Stop> {
    context.pool.install(|| {
        let (values, failed) = argument(step, &Context { active: rows, ..*context }, id)?;
        Ok((data::series("", values), failed))
    })
}

/// A population argument's values by row, and the rows where it fails.
fn argument(step: &Program, context: &Context<'_>, id: InstanceId) -> Result<(Values, Vec<u32>), Stop> {
    let result = step.instances.get(id.0 as usize).map_or_else(Type::never, |i| i.result.clone());
    let shape = [Wanted { key: None, kind: result.kind }];
    let mut evaluated = evaluate(world(step, context, &[]), context, id, &shape)?;
    let values = evaluated.columns.pop().unwrap_or(Values::Int(Vec::new()));
    Ok((values, evaluated.undetermined.into_iter().map(|(row, _)| row).collect()))
}

/// Numbers of groups by row; those without a group are one, those whose group fails are none.
fn groups((values, failed): (Values, Vec<u32>)) -> Vec<u32> {
    fn number<T: Eq + Hash>(values: Vec<Option<T>>) -> Vec<u32> {
        let mut numbers = HashMap::new();
        let mut of = |value: Option<T>| {
            let next = numbers.len() as u32;
            *numbers.entry(value).or_insert(next)
        };
        values.into_iter().map(&mut of).collect()
    }
    let mut groups = match values {
        Values::Text(v) => number(v),
        Values::Int(v) | Values::DateTime(v) => number(v),
        // Adding 0.0 makes one zero of both.
        Values::Float(v) => number(v.into_iter().map(|x| x.map(|x| (x + 0.0).to_bits())).collect()),
        Values::Bool(v) => number(v),
        Values::Date(v) => number(v),
    };
    for row in failed {
        if let Some(group) = groups.get_mut(row as usize) {
            *group = NO_GROUP;
        }
    }
    groups
}

fn closure(standing: Standing, population: &Population) -> Closure {
    let scored = |scores: Vec<Score>| -> Closure {
        Arc::new(move |_: Args<'_, '_>| value_of(scores.get(meter::row() as usize).copied().unwrap_or(Score::Missing)))
    };
    match standing {
        Standing::PctRank => scored(population.pct_rank()),
        Standing::ZScore => scored(population.zscore()),
        Standing::MinMax => scored(population.min_max()),
        Standing::Share => scored(population.share()),
        Standing::MeanOf => scored(population.mean_of()),
        Standing::Model(_) => scored(population.modelled().to_vec()),
        Standing::Rank => {
            let ranks = population.rank();
            Arc::new(move |_: Args<'_, '_>| {
                let rank = ranks.get(meter::row() as usize).copied().flatten();
                Ok(rank.map_or(Dynamic::UNIT, Dynamic::from_int))
            })
        }
        Standing::Ntile => {
            let ranks = population.pct_rank();
            Arc::new(move |args: Args<'_, '_>| {
                let n = int(args, 0)?;
                if n < 1 {
                    return Err(Failure::At(CauseKind::OutOfRange, Part::Operand(0)));
                }
                Ok(match ranks.get(meter::row() as usize) {
                    Some(Score::Value(rank)) => Dynamic::from_int(ntile(*rank, n)),
                    _ => Dynamic::UNIT,
                })
            })
        }
        Standing::QuantileOf => {
            let quantiles = population.quantiles();
            Arc::new(move |args: Args<'_, '_>| {
                let q = float(args, 0)?;
                if !(0.0..=1.0).contains(&q) {
                    return Err(Failure::At(CauseKind::OutOfRange, Part::Operand(0)));
                }
                value_of(quantiles.at(meter::row(), q))
            })
        }
    }
}

fn value_of(score: Score) -> Outcome {
    match score {
        Score::Missing => Ok(Dynamic::UNIT),
        Score::Value(x) => Ok(Dynamic::from_float(x)),
        Score::NotFinite => Err(Failure::whole(CauseKind::NotFinite)),
        Score::Refused => Err(Failure::whole(CauseKind::OutOfRange)),
    }
}
