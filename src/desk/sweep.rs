//! A parameter through a range, and how far weights may go.
//!
//! In: a [`Desk`], what was typed. Out: a row for each value of a sweep; for each weight the range within which no customer changes tier. Must not know:
//! how answers come about.

use super::stand::Stand;
use super::what_if::{Answer, Desk};
use crate::diag::{Diagnostic, ids};
use crate::error::{Result, Stop};
use crate::manifest::model::{Parameter, ParameterValue, Parameters};
use indexmap::IndexMap;
use serde::Serialize;

/// A parameter and the values that it is given, one after the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    /// `P.lines.strategic`.
    pub name: String,
    /// As they are set.
    pub values: Vec<String>,
}

/// Values of a sweep at most.
const MOST: usize = 1_000;

impl Sweep {
    /// Reads `P.lines.strategic=70..90/1`: from, to and step, both ends among the values. The values have the decimals that are typed.
    ///
    /// # Errors
    /// `usage`: not of that form, or more than 1,000 values.
    ///
    /// ```
    /// use tierwright::desk::sweep::Sweep;
    /// let sweep = Sweep::parse("P.band=0..1/0.25").ok().map(|sweep| sweep.values);
    /// assert_eq!(sweep.unwrap_or_default(), ["0.00", "0.25", "0.50", "0.75", "1.00"]);
    /// assert!(Sweep::parse("P.band=3").is_err());
    /// ```
    pub fn parse(typed: &str) -> Result<Sweep, Diagnostic> {
        let wrong = |what: &str| {
            let found = Diagnostic::error(ids::USAGE, format!("`{typed}` is no sweep: {what}")).located("--sweep");
            found.help("write parameter, ends and step, such as P.lines.strategic=70..90/1")
        };
        let (name, range) = typed.rsplit_once('=').ok_or_else(|| wrong("it has no `=`"))?;
        let (ends, step) = range.split_once('/').ok_or_else(|| wrong("it has no step"))?;
        let (from, to) = ends.split_once("..").ok_or_else(|| wrong("it has no `..` between its ends"))?;
        let number = |text: &str| text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
        let (Some(first), Some(last), Some(width)) = (number(from), number(to), number(step)) else {
            return Err(wrong("ends and step must be numbers"));
        };
        if width <= 0.0 || last < first {
            return Err(wrong("the step must be above 0, and the ends ascend"));
        }
        let decimals = |text: &str| text.trim().split_once('.').map_or(0, |(_, digits)| digits.len());
        let digits = [from, to, step].map(decimals).into_iter().max().unwrap_or(0);
        let count = ((last - first) / width + 1e-9).floor() + 1.0;
        if count > MOST as f64 {
            return Err(wrong("it has more than 1,000 values"));
        }
        let values = (0..count as usize).map(|nth| format!("{:.digits$}", first + nth as f64 * width)).collect();
        Ok(Sweep { name: name.trim().to_owned(), values })
    }
}

/// A value of a sweep, and what would be.
#[derive(Clone, Debug, Serialize)]
pub struct Point {
    /// The value.
    pub value: String,
    /// Customers by tier, those of the desk's decisions, highest first; then those without.
    pub tiers: Vec<u64>,
    /// Of a higher and of a lower tier than in the run.
    pub up: u64,
    /// See `up`.
    pub down: u64,
    /// The value of all, then the measures.
    pub totals: Vec<f64>,
}

/// Walks through a sweep, with further parameters set.
///
/// # Errors
/// As [`Desk::ask`], for each value.
pub fn sweep(desk: &mut Desk<'_>, sweep: &Sweep, set: &[String]) -> Result<Vec<Point>> {
    let mut points = Vec::with_capacity(sweep.values.len());
    for value in &sweep.values {
        let mut all = set.to_vec();
        all.push(format!("{}={value}", sweep.name));
        let answer = desk.ask(&all)?;
        points.push(point(value, &answer, &desk.before.tiers));
    }
    Ok(points)
}

fn point(value: &str, answer: &Answer, names: &[String]) -> Point {
    let stand = &answer.stand;
    let mut counts = vec![0; stand.tiers.len()];
    stand.tier.iter().flatten().for_each(|tier| counts[*tier as usize] += 1);
    let of = |name: &String| stand.tiers.iter().position(|own| own == name).map_or(0, |at| counts[at]);
    let mut tiers: Vec<u64> = names.iter().rev().map(of).collect();
    tiers.push(stand.len() as u64 - tiers.iter().sum::<u64>());
    let found = &answer.comparison;
    Point {
        value: value.to_owned(),
        tiers,
        up: found.up,
        down: found.down,
        totals: found.totals.iter().map(|total| total.after).collect(),
    }
}

/// How far a weight may go before a customer changes tier.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Leeway {
    /// `P.weights.economic`.
    pub name: String,
    /// Its value.
    pub value: f64,
    /// The ends that it may take.
    pub range: (f64, f64),
    /// The smallest value down to which nobody was found to change tier; none where nobody does down to the range's end.
    pub down_to: Option<f64>,
    /// Customers that change tier just below, and one of them.
    pub below: (u64, Option<String>),
    /// The same upwards.
    pub up_to: Option<f64>,
    /// See `below`.
    pub above: (u64, Option<String>),
}

/// A number among the parameters, and the others of its group that it shares a sum with.
struct Weight {
    name: String,
    value: f64,
    range: (f64, f64),
    /// Other members and the sum.
    group: Option<(Vec<(String, f64)>, f64)>,
}

/// How far each weight may go, the others of its group in proportion, before a customer changes tier: each direction is walked through in steps, and
/// the first one with a move is narrowed down.
///
/// # Errors
/// As [`Desk::ask`].
pub fn sensitivity(desk: &mut Desk<'_>, set: &[String]) -> Result<Vec<Leeway>> {
    let parameters = desk.parameters(set)?;
    let base = desk.stand(set)?;
    let mut found = Vec::new();
    for weight in weights(&parameters) {
        let mut end = |to: f64| narrowed(desk, set, &weight, to, &base);
        let (down, up) = (end(weight.range.0)?, end(weight.range.1)?);
        let below = down.as_ref().map_or((0, None), |(_, count, who)| (*count, who.clone()));
        let above = up.as_ref().map_or((0, None), |(_, count, who)| (*count, who.clone()));
        found.push(Leeway {
            name: weight.name.clone(),
            value: weight.value,
            range: weight.range,
            down_to: down.map(|(value, ..)| value),
            below,
            up_to: up.map(|(value, ..)| value),
            above,
        });
    }
    Ok(found)
}

/// Steps in which a direction is walked through, and halvings of the one with the first move.
const STEPS: u32 = 8;
const HALVINGS: u32 = 10;

/// The last value towards an end at which nobody changes tier, with how many do just behind it, and one of them; `None` if nobody does.
fn narrowed(
    desk: &mut Desk<'_>,
    set: &[String],
    weight: &Weight,
    to: f64,
    base: &Stand,
) -> Result<Option<(f64, u64, Option<String>)>> {
    // `None` where the others of the group leave their own ranges: so far the weight cannot go.
    let mut moves = |value: f64| -> Result<Option<(u64, Option<String>)>> {
        let all: Vec<String> = set.iter().cloned().chain(assignments(weight, value)).collect();
        let stand = match desk.stand(&all) {
            Ok(stand) => stand,
            Err(Stop::Configuration(_)) => return Ok(None),
            Err(stop) => return Err(stop),
        };
        let moved: Vec<usize> = (0..stand.len()).filter(|row| stand.tier[*row] != base.tier[*row]).collect();
        let first = moved.first().map(|row| super::compare::text(&stand.key, *row));
        Ok(Some((moved.len() as u64, first)))
    };
    let at = |share: f64| weight.value + (to - weight.value) * share;
    let (mut calm, mut stirred) = (0.0, None);
    for step in 1..=STEPS {
        let share = f64::from(step) / f64::from(STEPS);
        let Some((count, who)) = moves(at(share))? else { break };
        if count > 0 {
            stirred = Some((share, count, who));
            break;
        }
        calm = share;
    }
    let Some((mut share, mut count, mut who)) = stirred else { return Ok(None) };
    for _ in 0..HALVINGS {
        let middle = calm + (share - calm) / 2.0;
        let Some((some, one)) = moves(at(middle))? else { break };
        if some > 0 {
            (share, count, who) = (middle, some, one);
        } else {
            calm = middle;
        }
    }
    Ok(Some((at(calm), count, who)))
}

/// What is set so that a weight has a value and its group keeps its sum.
fn assignments(weight: &Weight, value: f64) -> Vec<String> {
    let mut set = vec![format!("{}={value:?}", weight.name)];
    if let Some((others, sum)) = &weight.group {
        let all: f64 = others.iter().map(|(_, value)| value).sum();
        let left = sum - value;
        for (name, other) in others {
            let share = if all > 0.0 { other / all } else { 1.0 / others.len() as f64 };
            set.push(format!("{name}={:?}", left * share));
        }
    }
    set
}

/// The weights: floats of groups that sum to something, and other floats with a range.
fn weights(parameters: &Parameters) -> Vec<Weight> {
    let mut found = Vec::new();
    below(&parameters.entries, "P", &mut found);
    found
}

fn below(entries: &IndexMap<String, Parameter>, path: &str, found: &mut Vec<Weight>) {
    for (name, parameter) in entries {
        let Parameter::Group { entries, sum_to, .. } = parameter else { continue };
        let path = format!("{path}.{name}");
        if let Some(sum) = sum_to {
            let leaf = |(name, parameter): (&String, &Parameter)| match parameter {
                Parameter::Leaf(leaf) => match leaf.value {
                    ParameterValue::Float(value) => Some((format!("{path}.{name}"), value, leaf.range)),
                    _ => None,
                },
                _ => None,
            };
            let members: Vec<_> = entries.iter().filter_map(leaf).collect();
            for (name, value, range) in &members {
                let others: Vec<(String, f64)> = members
                    .iter()
                    .filter(|(other, ..)| other != name)
                    .map(|(other, value, _)| (other.clone(), *value))
                    .collect();
                if others.is_empty() {
                    continue;
                }
                let (low, high) = range.map_or((0.0, *sum), |range| (range.0.max(0.0), range.1.min(*sum)));
                let group = Some((others, *sum));
                found.push(Weight { name: name.clone(), value: *value, range: (low, high), group });
            }
        }
        below(entries, &path, found);
    }
}

/// What was typed for a sweep, or a finding.
///
/// # Errors
/// As [`Sweep::parse`].
pub fn typed(text: &str) -> Result<Sweep> {
    Sweep::parse(text).map_err(|found| Stop::Configuration(vec![found]))
}
