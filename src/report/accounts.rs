//! The key accounts, one by one, with all columns that may be shown.
//!
//! In: the decisions. Out: JSON, and the accounts' keys. Must not know: how they are shown.

use super::choice::{Choice, unit};
use super::decisions::{Decisions, value_of};
use super::figures::Ranks;
use crate::error::Error;
use crate::manifest::model::Project;
use crate::run::added::{DECIDED_CYCLE, DECIDED_TIER, DECIDED_VALUE, STATUS, STEP};
use crate::run::record::ColumnRow;
use serde_json::{Value, json};

/// Accounts that are listed at most.
const LISTED: usize = 5_000;

/// Columns that say of a decided customer what others say.
const LEFT_OUT: [&str; 5] = [STATUS, STEP, DECIDED_TIER, DECIDED_VALUE, DECIDED_CYCLE];

/// The customers of the key tiers, the highest first, then by value.
pub(super) fn accounts(
    decisions: &Decisions<'_>,
    ranks: &Ranks,
    choice: &Choice,
    project: &Project,
) -> Result<(Value, Vec<String>), Error> {
    let is_key = |row: &usize| decisions.tier[*row].as_ref().is_some_and(|tier| choice.key_tiers.contains(tier));
    let mut rows: Vec<usize> = (0..decisions.len()).filter(is_key).collect();
    let value = |row: usize| decisions.value[row].unwrap_or(f64::NEG_INFINITY);
    rows.sort_by(|a, b| ranks.of[*a].cmp(&ranks.of[*b]).then(value(*b).total_cmp(&value(*a))).then(a.cmp(b)));
    let of = rows.len();
    rows.truncate(LISTED);
    let columns = ordered(decisions, choice, project);
    let mut cells: Vec<Vec<Value>> = rows.iter().map(|row| vec![json!(decisions.key[*row])]).collect();
    for column in &columns {
        let series = decisions.column(&column.from)?;
        for (row, cells) in rows.iter().zip(&mut cells) {
            cells.push(series.get(*row).map_or(Value::Null, |value| value_of(&value)));
        }
    }
    let named = |column: &ColumnRow| {
        let kind = column.dtype.split('(').next().unwrap_or_default().trim().to_owned();
        json!({ "name": column.name, "kind": kind, "unit": unit(project, &column.from) })
    };
    let key = json!({ "name": decisions.key_name, "kind": "text", "unit": null });
    let heads: Vec<Value> = std::iter::once(key).chain(columns.iter().map(named)).collect();
    let keys = rows.iter().map(|row| decisions.key[*row].clone()).collect();
    Ok((json!({ "columns": heads, "rows": cells, "of": of, "key_tiers": choice.key_tiers }), keys))
}

/// Name, tier, value, measure, what the matrix goes by and the dimensions first, then the others.
fn ordered(decisions: &Decisions<'_>, choice: &Choice, project: &Project) -> Vec<ColumnRow> {
    let decision = &project.decision;
    let mut first: Vec<&str> = choice.name.iter().map(String::as_str).collect();
    first.extend([decision.tier.as_str(), &decision.value]);
    first.extend(choice.measure.as_deref());
    first.extend([crate::run::added::MOVE, crate::run::added::PRIOR_TIER]);
    first.extend(choice.matrix.iter().flatten().map(String::as_str));
    first.extend(choice.dimensions.iter().map(String::as_str));
    let shown = decisions
        .columns
        .iter()
        .filter(|column| column.from != decisions.key_name && !LEFT_OUT.contains(&column.from.as_str()));
    let mut columns: Vec<ColumnRow> = shown.cloned().collect();
    let rank = |column: &ColumnRow| first.iter().position(|name| *name == column.from).unwrap_or(first.len());
    columns.sort_by_key(rank);
    columns
}
