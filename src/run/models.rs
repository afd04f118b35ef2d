//! Models that rules asked: what was fitted, for the record, and what speaks against it, for whoever reads the run.
//!
//! In: the [`Fitting`]s of a step. Out: [`ModelRow`]s and warnings. Must not know: models' sums.

use super::record::{ModelRow, ParameterRow};
use crate::diag::{Diagnostic, ids};
use crate::rules::context::Fitting;
use polars::prelude::Series;

/// A model as a run's record keeps it; `keys` are the customers' keys by row.
pub fn row(step: &str, fitting: &Fitting, keys: &Series) -> ModelRow {
    let fitted = &fitting.fitted;
    let parameters = fitted.fit.parameters.iter();
    ModelRow {
        step: step.to_owned(),
        place: fitting.place.clone(),
        function: fitting.function.to_owned(),
        model: fitted.model.to_owned(),
        group_of: fitted.group_of.and_then(|row| key_text(keys, row)),
        customers: fitted.fit.customers as u64,
        log_likelihood: fitted.fit.log_likelihood,
        parameters: parameters
            .map(|(name, value, error)| ParameterRow { name: (*name).to_owned(), value: *value, error: *error })
            .collect(),
        doubts: fitted.fit.doubts.clone(),
    }
}

/// What speaks against the models: a warning for each call, with its first doubt and how many groups have one.
pub fn warnings(models: &[ModelRow]) -> Vec<Diagnostic> {
    let mut found: Vec<(&ModelRow, usize)> = Vec::new();
    for model in models.iter().filter(|model| !model.doubts.is_empty()) {
        match found.iter_mut().find(|(first, _)| (&first.place, &first.model) == (&model.place, &model.model)) {
            Some((_, more)) => *more += 1,
            None => found.push((model, 0)),
        }
    }
    found.into_iter().map(|(model, more)| warning(model, more)).collect()
}

fn warning(model: &ModelRow, more: usize) -> Diagnostic {
    let group = model.group_of.as_ref().map_or_else(String::new, |key| format!(" in the group of {key}"));
    let more = if more == 0 { String::new() } else { format!("; so in {more} further groups") };
    let name = if model.model.is_empty() { String::new() } else { format!("{}: ", model.model) };
    let message = format!("`{}`{group}: {name}{}{more}", model.function, model.doubts.join("; "));
    let found = Diagnostic::warning(ids::MODEL_DOUBT, message).located(model.place.clone());
    found.help("`models` of the run's record has parameters, standard errors and doubts of each group")
}

fn key_text(keys: &Series, row: u32) -> Option<String> {
    let value = keys.get(row as usize).ok()?;
    Some(value.get_str().map_or_else(|| value.to_string(), str::to_owned))
}
