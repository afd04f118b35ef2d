//! Scores over several criteria, and weights that the figures themselves give.
//!
//! In: the criteria's figures of a group's customers. Out: [`Asked`]. Must not know: what the criteria are.

use super::{Asked, Fit, Model, Setting};
use crate::measures::short::short;
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
        Err(fault) => return Asked::nothing(columns, &told(&fault)),
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
        Err(fault) => Asked::nothing(columns, &told(&fault)),
    }
}

/// A fault for whoever wrote the rule: criteria in the order of their names, and no numbers of rows.
fn told(fault: &weights::Fault) -> String {
    match fault {
        weights::Fault::Value { criterion, value, must, .. } => {
            format!("a figure of criterion {} (by the alphabet) is {}, it must be {must}", criterion + 1, short(*value))
        }
        fault => fault.to_string(),
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
        Ok(Some(weight)) => {
            let alike = columns.iter().all(|column| column.iter().all(|x| *x == column[0]));
            let doubts = vec!["no criterion tells the customers apart, so all weigh the same".to_owned()];
            let fits = if alike { vec![("", Fit { customers: rows, doubts, ..Fit::default() })] } else { Vec::new() };
            Asked { scores: vec![Score::of(weight); rows], fits }
        }
        Ok(None) => Asked::nothing(columns, "no such criterion"),
        Err(fault) => Asked::nothing(columns, &told(&fault)),
    }
}
