//! Populations of a step: their figures and groups, evaluated for all customers.
//!
//! In: the compiled arguments and groups of a step. Out: [`Standings`] of each population. Must not know: how a standing is computed.
//! A customer for whom the argument or the group fails, or who has no figure, does not count.

use super::bind::Bound;
use super::checks::What;
use super::evaluate::{Evaluated, evaluate};
use super::kernels::bits::BitColumn;
use super::output::{Cells, repr_of};
use super::parameters::Tables;
use super::standings::{self, Dense, NONE, Standings};
use crate::error::{Error, Stop};
use crate::rules::builtin::Standing;
use crate::rules::codegen::{self, Program};
use crate::rules::context::{Context, Fitting};
use crate::rules::interp;
use crate::rules::model::Fits;
use crate::rules::standing::{self, Figures};
use crate::rules::typed::{self, InstanceId};
use crate::rules::types::Kind;
use polars::prelude::Series;
use polars_arrow::array::Utf8ViewArray;
use std::collections::HashMap;
use std::hash::Hash;

/// The populations of a step: the argument of each, evaluated for all active customers.
///
/// # Errors
/// As [`super::run_step`].
pub fn populations(
    step: &codegen::Step,
    program: &typed::Program,
    context: &Context<'_>,
) -> Result<Vec<standing::Population>, Stop> {
    context.pool.install(|| {
        let tables = Tables::new(&program.tables);
        let mut fits = Fits::default();
        let mut all = Vec::with_capacity(program.populations.len());
        for (compiled, said) in step.populations.iter().zip(&program.populations) {
            all.push(population(compiled, program, said, (context, &tables), &mut fits)?);
        }
        Ok(all)
    })
}

/// A population: each argument, evaluated for all active customers.
fn population(
    (arguments, group): &(Vec<Program>, Option<Program>),
    program: &typed::Program,
    said: &typed::Population,
    (context, tables): (&Context<'_>, &Tables),
    fits: &mut Fits,
) -> Result<standing::Population, Stop> {
    let mut columns = Vec::with_capacity(arguments.len());
    for (argument, id) in arguments.iter().zip(&said.arguments) {
        let (figures, counted) = figures(run(argument, program, *id, context, tables)?)?;
        columns.push(by_row(&figures, &counted));
    }
    let groups = grouped(group.as_ref(), program, said, (context, tables))?;
    let groups = groups.as_deref();
    match said.standing {
        Standing::Model(model) => {
            Ok(standing::Population::of_model((model, &said.setting, fits), columns, groups, context.keys))
        }
        _ => {
            let figures = columns.pop().ok_or_else(|| Error::Defect("a population of nothing".to_owned()))?;
            Ok(standing::Population::new(figures, groups, context.keys))
        }
    }
}

/// The groups of a population, if it has any.
fn grouped(
    group: Option<&Program>,
    program: &typed::Program,
    said: &typed::Population,
    (context, tables): (&Context<'_>, &Tables),
) -> Result<Option<Vec<u32>>, Stop> {
    match (group, said.group) {
        (Some(group), Some(id)) => Ok(Some(groups(run(group, program, id, context, tables)?)?)),
        _ => Ok(None),
    }
}

/// Figures by row, missing where a customer has none.
fn by_row(figures: &Dense, counted: &[u8]) -> Figures {
    match figures {
        Dense::Floats(v) => {
            let counted = BitColumn::of_bytes(counted, v.len());
            Figures::Float((0..v.len()).map(|row| counted.get(row).then(|| v[row])).collect())
        }
        Dense::Ints(v) => {
            let counted = BitColumn::of_bytes(counted, v.len());
            Figures::Int((0..v.len()).map(|row| counted.get(row).then(|| v[row])).collect())
        }
    }
}

/// The standings of all customers in each population of a step, and the models that were fitted.
pub(super) fn standings(
    step: &codegen::Step,
    program: &typed::Program,
    context: &Context<'_>,
    tables: &Tables,
) -> Result<(Vec<Standings>, Vec<Fitting>), Stop> {
    if step.populations.len() != program.populations.len() {
        return Err(Error::Defect(format!("step `{}` has other populations when compiled", program.step)).into());
    }
    let (mut all, mut fittings) = (Vec::with_capacity(program.populations.len()), Vec::new());
    let mut fits = Fits::default();
    for (compiled, said) in step.populations.iter().zip(&program.populations) {
        if let Standing::Model(_) = said.standing {
            let population = population(compiled, program, said, (context, tables), &mut fits)?;
            all.push(standings::modelled(population.modelled()));
            fittings.extend(Fitting::of(said, &population, context.sources));
            continue;
        }
        let (arguments, group) = compiled;
        let (Some(argument), Some(id)) = (arguments.first(), said.arguments.first()) else {
            return Err(Error::Defect(format!("step `{}` has a population of nothing", program.step)).into());
        };
        let (figures, counted) = figures(run(argument, program, *id, context, tables)?)?;
        let groups = grouped(group.as_ref(), program, said, (context, tables))?;
        all.push(standings::compute(said.standing, &figures, &counted, groups.as_deref(), context.keys)?);
    }
    Ok((all, fittings))
}

fn run(
    compiled: &Program,
    program: &typed::Program,
    id: InstanceId,
    context: &Context<'_>,
    tables: &Tables,
) -> Result<Argument, Stop> {
    let bound = Bound::new(compiled, context, tables, &[]);
    let kind = program.instances.get(id.0 as usize).map_or(Kind::Never, |i| i.result.kind.clone());
    let mut evaluated = evaluate(&bound, &[repr_of(&kind)], context.active)?;
    if !evaluated.left.is_empty() {
        let (series, failed) = interp::run_argument(program, context, id, &evaluated.left)?;
        for row in &evaluated.left {
            if let (Some(column), Ok(value)) = (evaluated.columns.first_mut(), series.get(*row as usize)) {
                column.set(*row as usize, &value);
            }
        }
        evaluated.failed.extend(failed.into_iter().map(|row| (row, What::Missing(0))));
    }
    let sources = bound.sources().to_vec();
    Ok(Argument { evaluated, sources })
}

/// A population's argument or group.
struct Argument {
    evaluated: Evaluated,
    /// Arrays in whose buffers its texts lie.
    sources: Vec<Utf8ViewArray>,
}

/// Figures, and bits of who has one.
fn figures(argument: Argument) -> Result<(Dense, Vec<u8>), Error> {
    let Some(column) = argument.evaluated.columns.into_iter().next() else {
        return Err(Error::Defect("a population without figures".to_owned()));
    };
    let dense = match column.values {
        Cells::Floats(v) => Dense::Floats(v),
        Cells::Ints(v) => Dense::Ints(v),
        Cells::Dates(v) => Dense::Ints(v.iter().map(|day| i64::from(*day)).collect::<Vec<_>>().into()),
        Cells::Bools(_) | Cells::Texts(_) => {
            return Err(Error::Defect("a population of what is no number".to_owned()));
        }
    };
    Ok((dense, column.there))
}

/// Numbers of groups by row; those without a group are one, those whose group fails are none.
fn groups(group: Argument) -> Result<Vec<u32>, Error> {
    fn number<T: Eq + Hash>(rows: usize, there: BitColumn<'_>, value: impl Fn(usize) -> T) -> Vec<u32> {
        let mut numbers = HashMap::new();
        let mut of = |row: usize| {
            let next = numbers.len() as u32;
            *numbers.entry(there.get(row).then(|| value(row))).or_insert(next)
        };
        (0..rows).map(&mut of).collect()
    }
    let failed = group.evaluated.failed;
    let Some(column) = group.evaluated.columns.into_iter().next() else {
        return Err(Error::Defect("a population without groups".to_owned()));
    };
    let rows = column.rows;
    let there = BitColumn::of_bytes(&column.there, rows);
    let mut groups = match &column.values {
        Cells::Floats(v) => number(rows, there, |row| (v[row] + 0.0).to_bits()),
        Cells::Ints(v) => number(rows, there, |row| v[row]),
        Cells::Dates(v) => number(rows, there, |row| v[row]),
        Cells::Bools(v) => number(rows, there, |row| BitColumn::of_bytes(v, rows).get(row)),
        Cells::Texts(_) => {
            let series = column.series("", &Kind::Text, &group.sources)?;
            return text_groups(&series, &failed);
        }
    };
    leave_out(&mut groups, &failed);
    Ok(groups)
}

fn text_groups(series: &Series, failed: &[(u32, What)]) -> Result<Vec<u32>, Error> {
    let texts = series.str().map_err(|e| Error::Defect(format!("groups that are no texts: {e}")))?;
    let mut numbers: HashMap<Option<&str>, u32> = HashMap::new();
    let mut of = |text| {
        let next = numbers.len() as u32;
        *numbers.entry(text).or_insert(next)
    };
    let mut groups: Vec<u32> = texts.iter().map(&mut of).collect();
    leave_out(&mut groups, failed);
    Ok(groups)
}

fn leave_out(groups: &mut [u32], failed: &[(u32, What)]) {
    for (row, _) in failed {
        if let Some(group) = groups.get_mut(*row as usize) {
            *group = NONE;
        }
    }
}
