//! What would raise a customer: the smallest change of its columns with which the rules give it a tier.
//!
//! In: a [`Desk`], a customer, a tier, columns. Out: [`Lift`]. Must not know: terminals. Start at [`lift`].
//!
//! Each change that is told was tried: the steps were evaluated on all customers with it, so that ranks are those that would be. A change is as large
//! as its share of the column's bounds. Each direction is walked through in steps, and the first one that lifts is narrowed down: where a column lifts,
//! lowers and lifts again within one step, the first may be missed.

use super::what_if::Desk;
use crate::diag::{Diagnostic, ids};
use crate::error::{Error, Result, Stop};
use crate::manifest::model::{Project, Scalar};
use crate::rules::schema::ColumnSchema;
use polars::prelude::{DataType, Series};
use serde::Serialize;

/// What would raise a customer.
#[derive(Clone, Debug, Serialize)]
pub struct Lift {
    /// The customer.
    pub customer: String,
    /// Its tier, and the one that is asked for.
    pub from: Option<String>,
    /// See `from`.
    pub to: String,
    /// Its value.
    pub value: Option<f64>,
    /// Whether it has that tier, or a higher one, already.
    pub there: bool,
    /// Columns one at a time, those that lift first, the smallest change first.
    pub single: Vec<Change>,
    /// All of them at once in proportion, where no single one lifts.
    pub together: Option<Together>,
}

/// One column's change.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// The column.
    pub column: String,
    /// Its unit, if one is declared.
    pub unit: Option<String>,
    /// Its value.
    pub is: Option<f64>,
    /// The bounds it may take, and where they are from: the manifest, or the other customers.
    pub bounds: (f64, f64),
    /// See `bounds`.
    pub declared: bool,
    /// The nearest value that lifts; none within the bounds.
    pub needs: Option<f64>,
    /// The tier that it then has.
    pub tier: Option<String>,
    /// Its value then.
    pub value: Option<f64>,
    /// The change as a share of the bounds.
    pub size: Option<f64>,
}

/// Several columns at once.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Together {
    /// Columns with what each needs.
    pub needs: Vec<(String, f64)>,
    /// The tier that it then has.
    pub tier: Option<String>,
    /// The share of the way to the better end of each column's bounds.
    pub size: f64,
}

const STEPS: u32 = 16;
const HALVINGS: u32 = 12;

/// A column that may change.
#[derive(Clone, Debug)]
struct Lever {
    at: usize,
    name: String,
    unit: Option<String>,
    is: Option<f64>,
    bounds: (f64, f64),
    declared: bool,
    whole: bool,
}

impl Lever {
    /// The value a share of the way towards an end.
    fn towards(&self, end: f64, share: f64) -> f64 {
        let from = self.is.unwrap_or(self.bounds.0);
        let value = from + (end - from) * share;
        if !self.whole {
            value
        } else if end >= from {
            value.ceil()
        } else {
            value.floor()
        }
    }

    fn size(&self, value: f64) -> f64 {
        let width = self.bounds.1 - self.bounds.0;
        if width > 0.0 { (value - self.is.unwrap_or(self.bounds.0)).abs() / width } else { 0.0 }
    }
}

/// Looks for what would raise a customer; without names, all numbers are tried that the deciding steps read.
///
/// # Errors
/// `usage`: no such customer, tier or column. As [`Desk::ask`].
pub fn lift(desk: &mut Desk<'_>, customer: &str, tier: &str, names: &[String]) -> Result<Lift> {
    let order = desk.project().decision.order.clone();
    let usage = |found: Diagnostic| Stop::Configuration(vec![found]);
    let Some(wanted) = order.iter().position(|own| own == tier) else {
        let found = Diagnostic::error(ids::USAGE, format!("no tier `{tier}`")).located("--lift");
        return Err(usage(found.did_you_mean(tier, order.iter().map(String::as_str))));
    };
    let row = (0..desk.before.len()).find(|row| super::compare::text(&desk.before.key, *row) == customer);
    let Some(row) = row else {
        return Err(usage(Diagnostic::error(ids::USAGE, format!("the run has no customer `{customer}`"))));
    };
    let levers = levers(desk, row, names)?;
    let now = desk.before.tier[row];
    let mut found = Lift {
        customer: customer.to_owned(),
        from: now.and_then(|tier| desk.before.tiers.get(tier as usize)).cloned(),
        to: tier.to_owned(),
        value: desk.before.value[row],
        there: now.is_some_and(|now| now as usize >= wanted && (now as usize) < order.len()),
        single: Vec::new(),
        together: None,
    };
    if found.there {
        return Ok(found);
    }
    let mut hunt = Hunt { desk, row, wanted, order: &order };
    let mut ends = Vec::new();
    for lever in &levers {
        let (change, end) = hunt.alone(lever)?;
        ends.push(end);
        found.single.push(change);
    }
    found.single.sort_by(|a, b| {
        let size = |change: &Change| change.size.unwrap_or(f64::INFINITY);
        size(a).total_cmp(&size(b)).then_with(|| a.column.cmp(&b.column))
    });
    if found.single.iter().all(|change| change.needs.is_none()) && levers.len() > 1 {
        found.together = hunt.together(&levers, &ends)?;
    }
    Ok(found)
}

/// The columns that may change, with their bounds.
fn levers(desk: &mut Desk<'_>, row: usize, names: &[String]) -> Result<Vec<Lever>> {
    let inputs = desk.inputs(names)?;
    let mut levers = Vec::new();
    for (at, schema, column) in inputs {
        let numbers = column.cast(&DataType::Float64).map_err(|e| Error::Defect(format!("{}: {e}", schema.name)))?;
        let numbers = numbers.f64().map_err(|e| Error::Defect(format!("{}: {e}", schema.name)))?;
        let declared = declared(desk.project(), &schema);
        let ends = numbers.iter().flatten().fold(None, |ends: Option<(f64, f64)>, x| {
            Some(ends.map_or((x, x), |(low, high)| (low.min(x), high.max(x))))
        });
        let Some(ends) = ends else { continue };
        let bounds = (declared.0.unwrap_or(ends.0), declared.1.unwrap_or(ends.1));
        levers.push(Lever {
            at,
            name: schema.name.clone(),
            unit: schema.unit.clone(),
            is: numbers.get(row),
            bounds,
            declared: declared != (None, None),
            whole: schema.dtype == crate::dtype::DataType::Int,
        });
    }
    Ok(levers)
}

/// The ends of the range that the customers' manifest declares for a column; steps declare none for theirs.
fn declared(project: &Project, schema: &ColumnSchema) -> (Option<f64>, Option<f64>) {
    let table = project.tables.get(&project.customer).filter(|_| !schema.added);
    let column = table.and_then(|table| table.columns.get(&schema.name));
    let Some(range) = column.and_then(|column| column.contract.range.as_ref()) else { return (None, None) };
    let number = |end: &Option<Scalar>| match end {
        Some(Scalar::Int(n)) => Some(*n as f64),
        Some(Scalar::Float(x)) => Some(*x),
        _ => None,
    };
    (number(&range.is.from), number(&range.is.to))
}

struct Hunt<'a, 'd> {
    desk: &'a mut Desk<'d>,
    row: usize,
    wanted: usize,
    order: &'a [String],
}

/// What a try gave: the tier's position and the value.
type Tried = (Option<usize>, Option<f64>);

impl Hunt<'_, '_> {
    fn try_out(&mut self, changes: &[(usize, f64)]) -> Result<Tried> {
        let (tier, value) = self.desk.with(self.row, changes)?;
        Ok((tier.and_then(|tier| self.order.iter().position(|own| *own == tier)), value))
    }

    fn lifts(&self, tried: &Tried) -> bool {
        tried.0.is_some_and(|tier| tier >= self.wanted)
    }

    /// The smallest change of one column, and the end of its bounds with the higher tier or value.
    fn alone(&mut self, lever: &Lever) -> Result<(Change, f64)> {
        let mut best: Option<(f64, Tried)> = None;
        let mut better = (f64::NEG_INFINITY, lever.bounds.1);
        for end in [lever.bounds.1, lever.bounds.0] {
            let from = lever.is.unwrap_or(lever.bounds.0);
            if end == from {
                continue;
            }
            let (mut calm, mut reached) = (0.0, None);
            for step in 1..=STEPS {
                let share = f64::from(step) / f64::from(STEPS);
                let tried = self.try_out(&[(lever.at, lever.towards(end, share))])?;
                if self.lifts(&tried) {
                    reached = Some((share, tried));
                    break;
                }
                calm = share;
                if step == STEPS && tried.1.is_some_and(|value| value > better.0) {
                    better = (tried.1.unwrap_or(better.0), end);
                }
            }
            let Some((mut share, mut tried)) = reached else { continue };
            for _ in 0..HALVINGS {
                let middle = calm + (share - calm) / 2.0;
                let value = lever.towards(end, middle);
                if value == lever.towards(end, share) {
                    break;
                }
                let other = self.try_out(&[(lever.at, value)])?;
                if self.lifts(&other) {
                    (share, tried) = (middle, other);
                } else {
                    calm = middle;
                }
            }
            let value = lever.towards(end, share);
            if best.as_ref().is_none_or(|(other, _)| lever.size(value) < lever.size(*other)) {
                best = Some((value, tried));
            }
        }
        let tier = |tried: &Tried| tried.0.and_then(|tier| self.order.get(tier)).cloned();
        let change = Change {
            column: lever.name.clone(),
            unit: lever.unit.clone(),
            is: lever.is,
            bounds: lever.bounds,
            declared: lever.declared,
            needs: best.as_ref().map(|(value, _)| *value),
            tier: best.as_ref().and_then(|(_, tried)| tier(tried)),
            value: best.as_ref().and_then(|(_, tried)| tried.1),
            size: best.as_ref().map(|(value, _)| lever.size(*value)),
        };
        Ok((change, better.1))
    }

    /// All columns at once, each towards its better end.
    fn together(&mut self, levers: &[Lever], ends: &[f64]) -> Result<Option<Together>> {
        let at = |share: f64| -> Vec<(usize, f64)> {
            levers.iter().zip(ends).map(|(lever, end)| (lever.at, lever.towards(*end, share))).collect()
        };
        let (mut calm, mut reached) = (0.0, None);
        for step in 1..=STEPS {
            let share = f64::from(step) / f64::from(STEPS);
            let tried = self.try_out(&at(share))?;
            if self.lifts(&tried) {
                reached = Some((share, tried));
                break;
            }
            calm = share;
        }
        let Some((mut share, mut tried)) = reached else { return Ok(None) };
        for _ in 0..HALVINGS {
            let middle = calm + (share - calm) / 2.0;
            let other = self.try_out(&at(middle))?;
            if self.lifts(&other) {
                (share, tried) = (middle, other);
            } else {
                calm = middle;
            }
        }
        let needs = levers.iter().zip(at(share)).map(|(lever, (_, value))| (lever.name.clone(), value)).collect();
        Ok(Some(Together { needs, tier: tried.0.and_then(|tier| self.order.get(tier)).cloned(), size: share }))
    }
}

/// A column with another number in one row.
///
/// # Errors
/// [`Error::Defect`]: a column of no numbers.
pub(super) fn replaced(column: &Series, row: usize, number: f64) -> Result<Series, Error> {
    let wrong = |e: &dyn std::fmt::Display| Error::Defect(format!("column {}: {e}", column.name()));
    let name = column.name().clone();
    match column.dtype() {
        DataType::Float64 => {
            let mut values: Vec<Option<f64>> = column.f64().map_err(|e| wrong(&e))?.iter().collect();
            if let Some(place) = values.get_mut(row) {
                *place = Some(number);
            }
            Ok(polars::prelude::NamedFrom::new(name, values))
        }
        DataType::Int64 => {
            let mut values: Vec<Option<i64>> = column.i64().map_err(|e| wrong(&e))?.iter().collect();
            if let Some(place) = values.get_mut(row) {
                *place = Some(number as i64);
            }
            Ok(polars::prelude::NamedFrom::new(name, values))
        }
        other => Err(wrong(&format!("a column of type {other} does not change"))),
    }
}
