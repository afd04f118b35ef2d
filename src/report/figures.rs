//! Figures of all customers: tiers, points, the Pareto curve, the matrix, the dimensions.
//!
//! In: the decisions. Out: JSON of each. Must not know: how they are drawn. Sums of floats fold left in key order.

use super::choice::Choice;
use super::decisions::{Decisions, number};
use crate::error::Error;
use crate::manifest::model::Project;
use crate::measures::lifetime;
use hashbrown::{HashMap, HashSet};
use serde_json::{Value, json};

/// Points that are drawn at most.
const POINTS: usize = 3_000;

/// Points of a curve.
const CURVE: usize = 200;

/// Rows and columns of the matrix at most; the largest are shown, the others are one.
const SIDE: usize = 24;

/// Tiers by number, the highest first, and each customer's.
pub(super) struct Ranks {
    pub(super) names: Vec<Option<String>>,
    pub(super) of: Vec<usize>,
}

impl Ranks {
    /// The project's tiers, highest first; then others that stand among the decisions; last customers without one.
    pub(super) fn new(decisions: &Decisions<'_>, project: &Project) -> Ranks {
        let mut names: Vec<Option<String>> = project.decision.order.iter().rev().cloned().map(Some).collect();
        let mut by_name: HashMap<Option<String>, usize> = names.iter().cloned().zip(0..).collect();
        let mut without = false;
        for tier in &decisions.tier {
            without |= tier.is_none();
            if tier.is_some() && !by_name.contains_key(tier) {
                by_name.insert(tier.clone(), names.len());
                names.push(tier.clone());
            }
        }
        if without {
            by_name.insert(None, names.len());
            names.push(None);
        }
        let of = decisions.tier.iter().map(|tier| by_name.get(tier).copied().unwrap_or(0)).collect();
        Ranks { names, of }
    }
}

/// What is summed, by customer.
pub(super) struct Sums<'a> {
    pub(super) ranks: &'a Ranks,
    pub(super) value: &'a [Option<f64>],
    pub(super) measure: Option<&'a [Option<f64>]>,
}

impl Sums<'_> {
    /// The measure of a customer, 0 where it is missing.
    pub(super) fn amount(&self, row: usize) -> f64 {
        self.measure.and_then(|measure| measure.get(row).copied().flatten()).unwrap_or(0.0)
    }
}

/// Customers, values and amounts of each tier, highest first.
pub(super) fn tiers(sums: &Sums<'_>) -> Value {
    let ranks = sums.ranks;
    let tier = |(n, name): (usize, &Option<String>)| {
        let rows: Vec<usize> = (0..ranks.of.len()).filter(|row| ranks.of[*row] == n).collect();
        let mut values: Vec<f64> = rows.iter().filter_map(|row| sums.value[*row]).collect();
        let sum: f64 = values.iter().sum();
        let amount: f64 = rows.iter().map(|row| sums.amount(*row)).sum();
        let mean = if values.is_empty() { Value::Null } else { number(sum / values.len() as f64) };
        values.sort_by(f64::total_cmp);
        let at = |q: f64| quantile(&values, q).map_or(Value::Null, number);
        let spread =
            if values.is_empty() { Value::Null } else { json!([at(0.0), at(0.25), at(0.5), at(0.75), at(1.0)]) };
        json!({
            "name": name, "customers": rows.len(), "valued": values.len(), "value_sum": number(sum), "value_mean": mean,
            "measure_sum": sums.measure.map(|_| number(amount)), "values": spread,
        })
    };
    ranks.names.iter().enumerate().map(tier).collect()
}

/// A quantile of sorted values: R's type 7.
fn quantile(sorted: &[f64], q: f64) -> Option<f64> {
    let at = q * (sorted.len().checked_sub(1)?) as f64;
    let (low, high) = (*sorted.get(at.floor() as usize)?, *sorted.get(at.ceil() as usize)?);
    Some(low + (at - at.floor()) * (high - low))
}

/// Customers in order of value, evenly taken where there are many: key, value, measure, tier.
pub(super) fn points(decisions: &Decisions<'_>, sums: &Sums<'_>) -> Value {
    let mut rows: Vec<usize> = (0..decisions.len()).filter(|row| sums.value[*row].is_some()).collect();
    rows.sort_by(|a, b| sums.value[*b].unwrap_or(0.0).total_cmp(&sums.value[*a].unwrap_or(0.0)).then(a.cmp(b)));
    let shown = taken(rows.len(), POINTS).map(|n| {
        let row = rows[n];
        let amount = sums.measure.and_then(|measure| measure[row]).map_or(Value::Null, number);
        json!([decisions.key[row], sums.value[row], amount, sums.ranks.of[row]])
    });
    json!({ "of": rows.len(), "rows": shown.collect::<Vec<Value>>() })
}

/// Positions of at most so many of `of`, the first and the last among them.
fn taken(of: usize, most: usize) -> impl Iterator<Item = usize> {
    let count = of.min(most);
    (0..count).map(move |n| if count < 2 { n } else { n * (of - 1) / (count - 1) })
}

/// Which share of the customers has which share of the amounts, the largest first; the share of the upper fifth, and the Gini
/// coefficient. Amounts below 0 count as 0.
pub(super) fn pareto(sums: &Sums<'_>, of: &str) -> Value {
    let amounts = sums.measure.unwrap_or(sums.value);
    let mut amounts: Vec<f64> = amounts.iter().map(|x| x.unwrap_or(0.0).max(0.0)).collect();
    amounts.sort_by(|a, b| b.total_cmp(a));
    let total: f64 = amounts.iter().sum();
    if amounts.is_empty() || total <= 0.0 {
        return Value::Null;
    }
    let count = amounts.len() as f64;
    let mut so_far = Vec::with_capacity(amounts.len() + 1);
    so_far.push(0.0);
    for amount in &amounts {
        so_far.push(so_far.last().copied().unwrap_or(0.0) + amount);
    }
    let curve: Vec<Value> = taken(so_far.len(), CURVE)
        .map(|n| json!([number(n as f64 / count), number((so_far[n] / total).min(1.0))]))
        .collect();
    let share = |figure: Option<f64>| figure.map_or(Value::Null, number);
    json!({
        "of": of,
        "curve": curve,
        "top20": share(lifetime::top_share(&amounts, 0.2)),
        "gini": share(lifetime::gini(&amounts)),
    })
}

/// The names of these customers by their keys.
pub(super) fn names(decisions: &Decisions<'_>, choice: &Choice, keys: &HashSet<&str>) -> Result<Value, Error> {
    let Some(column) = &choice.name else { return Ok(Value::Null) };
    let column = decisions.column(column)?;
    let mut names = serde_json::Map::new();
    for (key, name) in decisions.key.iter().zip(column.iter()) {
        if keys.contains(key.as_str()) && !name.is_null() {
            names.insert(key.clone(), Value::String(super::decisions::text(&name)));
        }
    }
    Ok(Value::Object(names))
}

/// Customers by two columns.
pub(super) fn matrix(decisions: &Decisions<'_>, sums: &Sums<'_>, choice: &Choice) -> Result<Value, Error> {
    let Some([rows, columns]) = &choice.matrix else { return Ok(Value::Null) };
    let (row_names, row_of) = sides(&decisions.column(rows)?);
    let (column_names, column_of) = sides(&decisions.column(columns)?);
    #[derive(Clone, Default)]
    struct Cell {
        customers: u64,
        key: u64,
        amount: f64,
        valued: u64,
        value: f64,
    }
    let mut cells = vec![Cell::default(); row_names.len() * column_names.len()];
    for row in 0..decisions.len() {
        let cell = &mut cells[row_of[row] * column_names.len() + column_of[row]];
        cell.customers += 1;
        cell.key += u64::from(decisions.tier[row].as_ref().is_some_and(|tier| choice.key_tiers.contains(tier)));
        cell.amount += sums.amount(row);
        if let Some(value) = sums.value[row] {
            cell.valued += 1;
            cell.value += value;
        }
    }
    let filled = cells.iter().enumerate().filter(|(_, cell)| cell.customers > 0).map(|(at, cell)| {
        let mean = if cell.valued > 0 { number(cell.value / cell.valued as f64) } else { Value::Null };
        let amount = sums.measure.map(|_| number(cell.amount));
        json!([at / column_names.len(), at % column_names.len(), cell.customers, cell.key, amount, mean])
    });
    let filled: Vec<Value> = filled.collect();
    Ok(json!({
        "rows": { "name": rows, "values": row_names }, "columns": { "name": columns, "values": column_names },
        "cells": filled,
    }))
}

/// The values of a column, those of the most customers if there are many, and each row's. `null` stands for a missing value, `…` for all others.
fn sides(column: &polars::prelude::Series) -> (Vec<Value>, Vec<usize>) {
    let texts: Vec<Option<String>> =
        column.iter().map(|value| (!value.is_null()).then(|| super::decisions::text(&value))).collect();
    let mut counts: HashMap<&Option<String>, usize> = HashMap::new();
    texts.iter().for_each(|text| *counts.entry(text).or_default() += 1);
    let mut names: Vec<(&Option<String>, usize)> = counts.into_iter().collect();
    names.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let rest = names.len() > SIDE;
    names.truncate(if rest { SIDE - 1 } else { SIDE });
    // By name, what is missing last.
    names.sort_by(|a, b| (a.0.is_none(), a.0).cmp(&(b.0.is_none(), b.0)));
    let place: HashMap<&Option<String>, usize> = names.iter().map(|(name, _)| *name).zip(0..).collect();
    let of = texts.iter().map(|text| place.get(text).copied().unwrap_or(names.len())).collect();
    let mut shown: Vec<Value> = names.iter().map(|(name, _)| json!(name)).collect();
    if rest {
        shown.push(json!("…"));
    }
    (shown, of)
}

/// Means of the dimensions, of all customers and by tier.
pub(super) fn dimensions(decisions: &Decisions<'_>, ranks: &Ranks, choice: &Choice) -> Result<Value, Error> {
    if choice.dimensions.is_empty() {
        return Ok(Value::Null);
    }
    let columns = choice.dimensions.iter().map(|name| decisions.numbers(name)).collect::<Result<Vec<_>, _>>()?;
    let mean = |column: &Vec<Option<f64>>, tier: Option<usize>| {
        let of = column.iter().zip(&ranks.of).filter(|(_, rank)| tier.is_none_or(|tier| tier == **rank));
        let known: Vec<f64> = of.filter_map(|(value, _)| *value).collect();
        if known.is_empty() { Value::Null } else { number(known.iter().sum::<f64>() / known.len() as f64) }
    };
    let means = |tier: Option<usize>| columns.iter().map(|column| mean(column, tier)).collect::<Vec<Value>>();
    let tiers = ranks.names.iter().enumerate().filter(|(_, name)| name.is_some());
    let tiers: Vec<Value> = tiers.map(|(n, name)| json!({ "name": name, "means": means(Some(n)) })).collect();
    Ok(json!({ "names": choice.dimensions, "all": means(None), "tiers": tiers }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pareto_curve_goes_from_nothing_to_all() {
        let ranks = Ranks { names: vec![Some("a".to_owned())], of: vec![0; 5] };
        let value = [Some(1.0); 5];
        let amounts = [Some(6.0), Some(1.0), None, Some(2.0), Some(1.0)];
        let sums = Sums { ranks: &ranks, value: &value, measure: Some(&amounts) };
        let found = pareto(&sums, "revenue");
        assert_eq!(found["top20"], json!(0.6));
        assert_eq!(found["curve"][0], json!([0.0, 0.0]));
        assert_eq!(found["curve"][1], json!([0.2, 0.6]));
        assert_eq!(found["curve"][5], json!([1.0, 1.0]));
        // Mean absolute difference over twice the mean, by hand: amounts 0 1 1 2 6, mean 2, sum of |a - b| over pairs 26.
        let gini = found["gini"].as_f64().unwrap();
        assert!((gini - 2.0 * 26.0 / (2.0 * 25.0 * 2.0)).abs() < 1e-12, "{gini}");
        let equal = Sums { ranks: &ranks, value: &value, measure: None };
        assert!(pareto(&equal, "value")["gini"].as_f64().unwrap().abs() < 1e-12);
        let nothing = Sums { ranks: &ranks, value: &value, measure: Some(&[None; 5]) };
        assert_eq!(pareto(&nothing, "revenue"), Value::Null);
    }

    #[test]
    fn quantiles_are_of_type_7() {
        let values = [1.0, 2.0, 4.0, 8.0];
        assert_eq!([0.0, 0.25, 0.5, 1.0].map(|q| quantile(&values, q)), [Some(1.0), Some(1.75), Some(3.0), Some(8.0)]);
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn points_are_taken_evenly_with_both_ends() {
        assert_eq!(taken(3, 10).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(taken(101, 5).collect::<Vec<_>>(), [0, 25, 50, 75, 100]);
        assert_eq!(taken(0, 5).count(), 0);
    }
}
