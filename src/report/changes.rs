//! Who moved since the prior cycle, and who is gone.
//!
//! In: the decisions, the run that they were compared with. Out: JSON. Must not know: how it is shown.

use super::decisions::{Decisions, number};
use super::figures::Sums;
use crate::error::Error;
use crate::run::added::{DECISIVE_RULE, DISTANCE, NEAREST_MISS};
use crate::run::decided;
use crate::run::explain::tracing::key_texts;
use crate::run::history;
use crate::run::layout::{Layout, RECORD};
use crate::run::record::Record;
use crate::system::System;
use hashbrown::{HashMap, HashSet};
use polars::prelude::DataType;
use serde_json::{Value, json};

/// Rows of each list at most.
const LISTED: usize = 500;

/// Tier and value.
type Decided = (Option<String>, Option<f64>);

/// The decisions that the run's were compared with.
pub(super) struct Prior {
    pub(super) run: String,
    pub(super) cycle: String,
    /// By key: tier and value.
    decided: HashMap<String, Decided>,
    /// Keys in the files' order.
    keys: Vec<String>,
}

/// The prior run, if there is one; without decisions if it was deleted since.
pub(super) fn prior(system: &dyn System, layout: &Layout, record: &Record, key: &str) -> Result<Option<Prior>, Error> {
    let Some(run) = &record.identity.prior else { return Ok(None) };
    let Some(folder) = history::folder(system, layout, run)? else {
        let (decided, keys) = Default::default();
        return Ok(Some(Prior { run: run.clone(), cycle: String::new(), decided, keys }));
    };
    let before = Record::read(system, &folder.join(RECORD))?;
    let mut prior =
        Prior { run: run.clone(), cycle: before.identity.cycle.clone(), decided: HashMap::new(), keys: Vec::new() };
    if let Some(found) = decided::read(system, &folder, &before, key)? {
        let wrong = |e: polars::prelude::PolarsError| Error::Format { path: folder.clone(), message: e.to_string() };
        let values = found.value.cast(&DataType::Float64).map_err(wrong)?;
        let (tiers, values) = (found.tier.str().map_err(wrong)?.clone(), values.f64().map_err(wrong)?.clone());
        prior.keys = key_texts(&found.key);
        for (n, key) in prior.keys.iter().enumerate() {
            prior.decided.insert(key.clone(), (tiers.get(n).map(str::to_owned), values.get(n)));
        }
    }
    Ok(Some(prior))
}

/// Customers by tier before and now; none in a first cycle.
pub(super) fn migration(record: &Record) -> Value {
    if record.identity.prior.is_none() {
        return Value::Null;
    }
    let row = |row: &crate::run::record::MoveRow| {
        let to = match row.movement.as_str() {
            word @ ("gone" | "merged" | "undetermined") => word.to_owned(),
            _ => row.to.clone().unwrap_or_else(|| "undetermined".to_owned()),
        };
        // Undetermined now, and without a decision before: a newcomer, or undetermined then, too.
        let from = row.from.clone().or_else(|| (row.movement == "new").then(|| "new".to_owned()));
        json!({ "from": from, "to": to, "customers": row.customers, "value": number(row.value) })
    };
    record.moves.iter().map(row).collect()
}

/// Lists of who went up, down, came or is gone, the largest amounts first, with the condition that decided and how far it is off; and of the
/// key accounts that keep their tier with less value than before, those that lost most first.
pub(super) fn changes(
    decisions: &Decisions<'_>,
    sums: &Sums<'_>,
    record: &Record,
    prior: Option<&Prior>,
    key_tiers: &[String],
) -> Result<Value, Error> {
    let mut counts = serde_json::Map::new();
    for row in &record.moves {
        let so_far = counts.get(&row.movement).and_then(Value::as_u64).unwrap_or(0);
        counts.insert(row.movement.clone(), json!(so_far + row.customers));
    }
    let Some(prior) = prior else {
        return Ok(json!({ "counts": counts, "up": [], "down": [], "new": [], "gone": [], "slipping": [] }));
    };
    let held_up = decisions.texts_if(DECISIVE_RULE)?;
    let held_back = decisions.texts_if(NEAREST_MISS)?;
    let distance = decisions.numbers_if(DISTANCE)?;
    let value_before = |row: usize| prior.decided.get(&decisions.key[row]).and_then(|(_, value)| *value);
    let shown = |row: usize, reasons: &Option<Vec<Option<String>>>, distance: Option<&Vec<Option<f64>>>| {
        let amount = sums.measure.and_then(|measure| measure[row]).map_or(Value::Null, number);
        json!({
            "key": decisions.key[row], "from": decisions.before[row], "to": decisions.tier[row], "value": sums.value[row],
            "before": value_before(row).map_or(Value::Null, number), "measure": amount,
            "reason": reasons.as_ref().and_then(|reasons| reasons[row].clone()),
            "short": distance.and_then(|distance| distance[row]).map_or(Value::Null, number),
        })
    };
    let rows_of = |movement: &str| -> Vec<usize> {
        (0..decisions.len()).filter(|row| decisions.movement[*row].as_deref() == Some(movement)).collect()
    };
    let list = |movement: &str, reasons: &Option<Vec<Option<String>>>, distance: Option<&Vec<Option<f64>>>| {
        let mut rows = rows_of(movement);
        let size = |row: usize| if sums.measure.is_some() { sums.amount(row) } else { sums.value[row].unwrap_or(0.0) };
        rows.sort_by(|a, b| size(*b).total_cmp(&size(*a)).then(a.cmp(b)));
        rows.into_iter().take(LISTED).map(|row| shown(row, reasons, distance)).collect::<Vec<Value>>()
    };
    let is_key = |row: usize| decisions.tier[row].as_ref().is_some_and(|tier| key_tiers.contains(tier));
    let lost = |row: usize| Some((value_before(row)? - sums.value[row]?, row)).filter(|(lost, _)| *lost > 0.0);
    let mut slipping: Vec<(f64, usize)> =
        rows_of("same").into_iter().filter(|row| is_key(*row)).filter_map(lost).collect();
    slipping.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    counts.insert("slipping".to_owned(), json!(slipping.len()));
    let slipping: Vec<Value> = slipping.into_iter().take(LISTED).map(|(_, row)| shown(row, &held_up, None)).collect();
    let now: HashSet<&String> = decisions.key.iter().collect();
    let is_gone = |key: &&String| !now.contains(key) && prior.decided.get(*key).is_some_and(|(tier, _)| tier.is_some());
    let mut gone: Vec<(&String, &Decided)> =
        prior.keys.iter().filter(is_gone).filter_map(|key| Some((key, prior.decided.get(key)?))).collect();
    gone.sort_by(|a, b| b.1.1.unwrap_or(0.0).total_cmp(&a.1.1.unwrap_or(0.0)).then_with(|| a.0.cmp(b.0)));
    let gone = gone.into_iter().take(LISTED).map(|(key, (tier, value))| {
        json!({ "key": key, "from": tier, "to": null, "value": null, "before": value, "measure": null, "reason": null, "short": null })
    });
    Ok(json!({
        "counts": counts, "up": list("up", &held_up, None), "down": list("down", &held_back, distance.as_ref()),
        "new": list("new", &held_up, None), "slipping": slipping,
        "gone": gone.collect::<Vec<Value>>(),
    }))
}
