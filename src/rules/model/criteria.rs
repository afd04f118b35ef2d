//! Scores over several criteria, and weights that the figures themselves give.
//!
//! In: the criteria's figures of a group's customers. Out: [`Asked`]. Must not know: what the criteria are.

use super::{Asked, Model, Setting};
use crate::measures::weights::{self, Direction, Table};
use crate::rules::standing::Score;

/// Scores over several criteria.
pub(super) fn ask(model: Model, columns: &[&[f64]]) -> Asked {
    let (values, weights) = columns.split_at(columns.len() / 2);
    let first: Vec<f64> = weights.iter().filter_map(|column| column.first().copied()).collect();
    if weights.iter().zip(&first).any(|(column, first)| column.iter().any(|weight| weight != first)) {
        return Asked::nothing(columns, "the weights are not the same for all customers");
    }
    let directions = vec![Direction::Benefit; values.len()];
    let table = match Table::new(values, &directions) {
        Ok(table) => table,
        Err(fault) => return Asked::nothing(columns, &fault.to_string()),
    };
    let found = match model {
        Model::Topsis => weights::topsis(&table, &first),
        Model::Vikor => {
            weights::vikor(&table, &first, 0.5).map(|vikor| vikor.compromise.iter().map(|q| 1.0 - q).collect())
        }
        _ => weights::promethee(&table, &first, &vec![weights::Preference::Usual; values.len()]).map(|flows| flows.net),
    };
    match found {
        Ok(scores) => Asked { scores: scores.into_iter().map(Score::of).collect(), fits: Vec::new() },
        Err(fault) => Asked::nothing(columns, &fault.to_string()),
    }
}

/// The weight of one criterion, made of the figures themselves.
pub(super) fn weight(model: Model, setting: &Setting, columns: &[&[f64]]) -> Asked {
    let directions = vec![Direction::Benefit; columns.len()];
    let made = Table::new(columns, &directions).and_then(|table| match model {
        Model::EntropyWeight => weights::entropy(&table),
        _ => Ok(weights::critic(&table)),
    });
    let rows = columns.first().map_or(0, |column| column.len());
    match made.map(|weights| weights.get(setting.key).copied()) {
        Ok(Some(weight)) => Asked { scores: vec![Score::of(weight); rows], fits: Vec::new() },
        Ok(None) => Asked::nothing(columns, "no such criterion"),
        Err(weights::Fault::Value { value, must, .. }) => {
            Asked::nothing(columns, &format!("a figure is {value}, it must be {must}"))
        }
        Err(fault) => Asked::nothing(columns, &fault.to_string()),
    }
}
