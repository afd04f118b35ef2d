//! Why the key accounts have their tiers.
//!
//! In: a run, keys of customers. Out: what `explain` tells of each, in JSON. Must not know: how it is shown.

use crate::error::Result;
use crate::run::explain::committed::{self, Wanted};
use crate::run::explain::{Explanation, explain};
use crate::run::layout::Layout;
use crate::run::parts::Memory;
use crate::run::record::Record;
use crate::run::{Request, plan, verify};
use crate::source::SourceMap;
use crate::system::System;
use serde_json::{Map, Value};

/// Bytes that explanations may take in a page.
const BYTES: usize = 24 << 20;

/// Leaves what the page shows: the tree of the tier, and the values of the steps behind it. What is behind the value are its parts.
fn shorten(explanation: &mut Explanation) {
    let decides = explanation.steps.iter().position(|step| Some(&step.step) == explanation.tier_step.as_ref());
    for (n, step) in explanation.steps.iter_mut().enumerate() {
        if decides.is_some_and(|decides| n < decides) {
            step.columns.clear();
        }
        for column in &mut step.columns {
            let shown = decides == Some(n) && column.name == explanation.tier_column;
            column.tree = column.tree.take().filter(|_| shown);
        }
    }
}

/// What is told of these customers, as far as it is not too much for a page. `base` says where the project and its output are.
///
/// # Errors
/// `inputs-changed`: what the run read is not there any more. Those of [`explain`].
pub fn explanations(
    system: &dyn System,
    layout: &Layout,
    record: &Record,
    base: Request,
    keys: &[String],
    sources: &mut SourceMap,
) -> Result<Map<String, Value>> {
    let mut told = Map::new();
    if keys.is_empty() {
        return Ok(told);
    }
    let folder = layout.run(&record.identity.cycle, &record.run);
    let request = verify::request(record, &folder, base)?;
    let plan = plan::plan(system, &request, sources)?;
    let found = committed::read(system, (&plan, record, &folder), Wanted::Keys(keys), keys.len(), sources)?;
    let memory = Memory { dry_run: true, whole_rows: true, ..Memory::default() };
    let mut bytes = 0;
    for mut explanation in explain(system, (&plan, &request), sources, memory, found.decisions, false)? {
        shorten(&mut explanation);
        let value = serde_json::to_value(&explanation)
            .map_err(|e| crate::error::Error::Defect(format!("an explanation as JSON: {e}")))?;
        bytes += value.to_string().len();
        if bytes > BYTES {
            break;
        }
        told.insert(explanation.customer.clone(), value);
    }
    Ok(told)
}
