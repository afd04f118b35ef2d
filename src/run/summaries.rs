//! Summaries that the project declares: groups and measures over the decisions.
//!
//! In: an [`Outcome`] and a [`Summary`]. Out: the columns of its file, one row a group, sorted by the groups' values with
//! missing last. Must not know: files. Sums of floats fold left in key order; sums of decimals are exact.

use super::outcome::Outcome;
use crate::diag::{Diagnostic, ids};
use crate::error::{Error, Stop};
use crate::manifest::model::{Measure, Summary};
use hashbrown::HashMap;
use polars::prelude::{DataType, Int128Chunked, IntoSeries, NamedFrom, NewChunkedArray, Series};

/// The columns of a summary: its groups, then its measures in their order.
///
/// # Errors
/// `value-wrong`: an int sum over 64 bits. [`Error::Defect`].
pub fn columns(outcome: &Outcome, summary: &Summary) -> Result<Vec<Series>, Stop> {
    let missing = |name: &str| Error::Defect(format!("summary {}: no column {name}", summary.name));
    let by: Vec<Series> =
        summary.by.iter().map(|name| outcome.column(name).ok_or_else(|| missing(name))).collect::<Result<_, _>>()?;
    let mut groups = vec![0_u32; outcome.customers()];
    let mut first: Vec<u32> = outcome.order.first().copied().into_iter().collect();
    for column in &by {
        (groups, first) = refine(column, &groups, &outcome.order)?;
    }
    let sorted = sorted(&by, &first)?;
    let mut position = vec![0; first.len()];
    sorted.iter().enumerate().for_each(|(place, group)| position[*group as usize] = place);
    let rows: Vec<u32> = sorted.iter().map(|group| first[*group as usize]).collect();
    let mut columns: Vec<Series> = Vec::new();
    for column in &by {
        columns.push(column.take_slice(&rows).map_err(|e| Error::Defect(format!("summary {}: {e}", summary.name)))?);
    }
    let members: Vec<(u32, usize)> =
        outcome.order.iter().map(|row| (*row, position[groups[*row as usize] as usize])).collect();
    for (name, measure) in &summary.measures {
        let column = match measure {
            Measure::Count => {
                let mut counts = vec![0_i64; rows.len()];
                members.iter().for_each(|(_, group)| counts[*group] += 1);
                Series::new(name.as_str().into(), counts)
            }
            Measure::Sum(of) => {
                let column = outcome.column(of).ok_or_else(|| missing(of))?;
                sum(name, &column, &members, rows.len(), summary)?
            }
            Measure::Mean(of) => {
                let column = outcome.column(of).ok_or_else(|| missing(of))?;
                mean(name, &column, &members, rows.len())?
            }
        };
        columns.push(column);
    }
    Ok(columns)
}

/// Groups split by one more column: each row's group, and each group's first row.
fn refine(column: &Series, groups: &[u32], order: &[u32]) -> Result<(Vec<u32>, Vec<u32>), Error> {
    let codes = codes(column)?;
    let mut seen: HashMap<(u32, u32), u32> = HashMap::new();
    let (mut next, mut first) = (vec![0; groups.len()], Vec::new());
    for row in order {
        let at = *row as usize;
        let id = *seen.entry((groups[at], codes[at])).or_insert_with(|| {
            first.push(*row);
            (first.len() - 1) as u32
        });
        next[at] = id;
    }
    Ok((next, first))
}

/// Equal codes for equal values; 0 for a missing one. -0.0 is 0.0.
///
/// # Errors
/// [`Error::Defect`]: a column of another kind.
pub fn codes(column: &Series) -> Result<Vec<u32>, Error> {
    fn number<K: std::hash::Hash + Eq>(values: impl Iterator<Item = Option<K>>) -> Vec<u32> {
        let mut seen: HashMap<K, u32> = HashMap::new();
        let mut code = |value: K| {
            let next = seen.len() as u32 + 1;
            *seen.entry(value).or_insert(next)
        };
        values.map(|v| v.map_or(0, &mut code)).collect()
    }
    let defect = |e| Error::Defect(format!("summary over {}: {e}", column.name()));
    let physical = column.to_physical_repr();
    Ok(match physical.dtype() {
        DataType::String => number(physical.str().map_err(defect)?.iter()),
        DataType::Boolean => number(physical.bool().map_err(defect)?.iter()),
        DataType::Int32 => number(physical.i32().map_err(defect)?.iter()),
        DataType::Int64 => number(physical.i64().map_err(defect)?.iter()),
        DataType::Int128 => number(physical.i128().map_err(defect)?.iter()),
        DataType::Float64 => number(physical.f64().map_err(defect)?.iter().map(|v| v.map(|x| (x + 0.0).to_bits()))),
        other => return Err(Error::Defect(format!("summary over {}, of type {other}", column.name()))),
    })
}

/// Groups in the order of their values, the first column first, missing last.
fn sorted(by: &[Series], first: &[u32]) -> Result<Vec<u32>, Error> {
    let mut ranks: Vec<Vec<u32>> = Vec::new();
    for column in by {
        let taken = column.take_slice(first).map_err(|e| Error::Defect(format!("summary: {e}")))?;
        let options = polars::prelude::SortOptions { nulls_last: true, multithreaded: false, ..Default::default() };
        let order = taken.arg_sort(options);
        let codes = codes(&taken)?;
        let (mut rank, mut last) = (vec![0; first.len()], None);
        let mut at = 0;
        for place in order.iter().flatten() {
            if last.is_some_and(|code| code != codes[place as usize]) {
                at += 1;
            }
            last = Some(codes[place as usize]);
            rank[place as usize] = at;
        }
        ranks.push(rank);
    }
    let mut groups: Vec<u32> = (0..first.len() as u32).collect();
    groups.sort_by_key(|group| ranks.iter().map(|rank| rank[*group as usize]).collect::<Vec<u32>>());
    Ok(groups)
}

fn sum(name: &str, column: &Series, members: &[(u32, usize)], groups: usize, of: &Summary) -> Result<Series, Stop> {
    let defect = |e| Error::Defect(format!("sum over {}: {e}", column.name()));
    match column.dtype() {
        DataType::Float64 => {
            let values = column.f64().map_err(defect)?;
            let mut sums = vec![0.0; groups];
            members.iter().for_each(|(row, group)| sums[*group] += values.get(*row as usize).unwrap_or(0.0));
            Ok(Series::new(name.into(), sums))
        }
        DataType::Decimal(_, scale) => {
            let sums = whole_sums(column, members, groups)?;
            let sums = Int128Chunked::from_iter_values(name.into(), sums.into_iter());
            Ok(sums.into_decimal(38, *scale).map_err(defect)?.into_series())
        }
        _ => {
            let sums = whole_sums(column, members, groups)?;
            let ints: Result<Vec<i64>, _> = sums.into_iter().map(i64::try_from).collect();
            let ints = ints.map_err(|_| {
                let message = format!("measure `{name}` of summary `{}` is over 64 bits", of.name);
                Stop::Findings(vec![Diagnostic::error(ids::VALUE_WRONG, message).at(of.span)])
            })?;
            Ok(Series::new(name.into(), ints))
        }
    }
}

fn whole_sums(column: &Series, members: &[(u32, usize)], groups: usize) -> Result<Vec<i128>, Error> {
    let defect = |e| Error::Defect(format!("sum over {}: {e}", column.name()));
    let wide = column.to_physical_repr().cast(&DataType::Int128).map_err(defect)?;
    let values = wide.i128().map_err(defect)?;
    let mut sums = vec![0_i128; groups];
    for (row, group) in members {
        sums[*group] = sums[*group].saturating_add(values.get(*row as usize).unwrap_or(0));
    }
    Ok(sums)
}

fn mean(name: &str, column: &Series, members: &[(u32, usize)], groups: usize) -> Result<Series, Error> {
    let defect = |e| Error::Defect(format!("mean over {}: {e}", column.name()));
    let floats = column.cast(&DataType::Float64).map_err(defect)?;
    let values = floats.f64().map_err(defect)?;
    let mut sums = vec![(0.0, 0_u64); groups];
    for (row, group) in members {
        if let Some(value) = values.get(*row as usize) {
            sums[*group].0 += value;
            sums[*group].1 += 1;
        }
    }
    let means: Vec<Option<f64>> = sums.into_iter().map(|(sum, n)| (n > 0).then(|| sum / n as f64)).collect();
    Ok(Series::new(name.into(), means))
}
