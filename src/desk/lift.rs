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
    /// Columns with what each needs; those that stay where they are are left out.
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

    /// Whether the column stands at an end of its bounds, or beyond: towards it there is no way.
    fn is_at(&self, end: f64) -> bool {
        let beyond = |is: f64| if end == self.bounds.1 { is >= end } else { is <= end };
        self.is.is_some_and(beyond)
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
        let found = found.did_you_mean(tier, order.iter().map(String::as_str));
        let tiers: Vec<String> = order.iter().rev().map(|tier| format!("`{tier}`")).collect();
        return Err(usage(found.help(format!("the tiers are {}, highest first", tiers.join(", ")))));
    };
    let name = |row: usize| super::compare::text(&desk.before.key, row);
    let Some(row) = (0..desk.before.len()).find(|row| name(*row) == customer) else {
        let found = Diagnostic::error(ids::USAGE, format!("the run has no customer `{customer}`"));
        let names: Vec<String> = (0..desk.before.len()).map(name).collect();
        return Err(usage(found.did_you_mean(customer, names.iter().map(String::as_str))));
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
    let stays = (now.map(|tier| tier as usize).filter(|tier| *tier < order.len()), found.value);
    let mut hunt = Hunt { desk, row, wanted, order: &order, stays };
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
    /// What the customer has as it is.
    stays: Tried,
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

    /// The smallest change of one column, and the better end of its bounds: the one with the higher tier, of equal ones the one with the higher value.
    /// There is none where the column stands at it already, or where both ends are worse than what it is.
    fn alone(&mut self, lever: &Lever) -> Result<(Change, Option<f64>)> {
        let mut best: Option<(f64, Tried)> = None;
        // A column that makes no difference alone may make one with others: it goes up, unless it stands there.
        let mut better: Option<(Tried, Option<f64>)> = lever.is_at(lever.bounds.1).then_some((self.stays, None));
        for end in [lever.bounds.1, lever.bounds.0] {
            if lever.is == Some(end) {
                continue;
            }
            match self.along(lever, end)? {
                (Some((value, tried)), _) => {
                    if best.as_ref().is_none_or(|(other, _)| lever.size(value) < lever.size(*other)) {
                        best = Some((value, tried));
                    }
                }
                (None, tried) => {
                    if !lever.is_at(end) && better.is_none_or(|(best, _)| is_above(&tried, &best)) {
                        better = Some((tried, Some(end)));
                    }
                }
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
        let end = better.filter(|(tried, _)| !is_above(&self.stays, tried)).and_then(|(_, end)| end);
        Ok((change, end))
    }

    /// The first value on the way to an end that lifts, with what it gave; and what the last value that was tried gave.
    fn along(&mut self, lever: &Lever, end: f64) -> Result<(Option<(f64, Tried)>, Tried)> {
        let (mut calm, mut reached) = (0.0, None);
        let mut last = (f64::NAN, self.stays);
        for step in 1..=STEPS {
            let share = f64::from(step) / f64::from(STEPS);
            let value = lever.towards(end, share);
            if value != last.0 {
                last = (value, self.try_out(&[(lever.at, value)])?);
            }
            if self.lifts(&last.1) {
                reached = Some((share, last.1));
                break;
            }
            calm = share;
        }
        let Some((mut share, mut tried)) = reached else { return Ok((None, last.1)) };
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
        Ok((Some((lever.towards(end, share), tried)), tried))
    }

    /// All columns at once, each towards its better end; those without one stay.
    fn together(&mut self, levers: &[Lever], ends: &[Option<f64>]) -> Result<Option<Together>> {
        let moved: Vec<(&Lever, f64)> =
            levers.iter().zip(ends).filter_map(|(lever, end)| Some((lever, (*end)?))).collect();
        if moved.len() < 2 {
            // One alone was tried.
            return Ok(None);
        }
        let at = |share: f64| -> Vec<(usize, f64)> {
            moved.iter().map(|(lever, end)| (lever.at, lever.towards(*end, share))).collect()
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
        let needs = moved.iter().zip(at(share)).map(|((lever, _), (_, value))| (lever.name.clone(), value)).collect();
        Ok(Some(Together { needs, tier: tried.0.and_then(|tier| self.order.get(tier)).cloned(), size: share }))
    }
}

/// Whether a try gave a higher tier than another, or a higher value with the same one.
fn is_above(tried: &Tried, other: &Tried) -> bool {
    let value = |tried: &Tried| tried.1.unwrap_or(f64::NEG_INFINITY);
    tried.0 > other.0 || (tried.0 == other.0 && value(tried) > value(other))
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
