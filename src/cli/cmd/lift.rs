//! `tierwright explain CUSTOMER --lift TIER`: what would raise a customer.

use crate::cli::args::ExplainArgs;
use crate::cli::lifted;
use crate::cli::output::{Output, printable};
use crate::desk::lift::{Lift, lift};
use crate::desk::what_if::{Desk, Study};
use crate::error::{Exit, Stop};
use crate::run::layout::Layout;
use crate::run::record::Record;
use crate::run::{Request, engine};
use crate::source::SourceMap;
use crate::system::System;
use serde_json::json;

/// Looks for the changes and shows them.
pub fn run(
    system: &dyn System,
    output: &mut Output,
    options: &ExplainArgs,
    (layout, request, record): (&Layout, &Request, Record),
    tier: &str,
) -> Exit {
    let begun = system.now_micros();
    let (run, cycle) = (record.run.clone(), record.identity.cycle.clone());
    match look(system, options, (layout, request, record), tier) {
        Ok(found) => {
            let millis = system.now_micros().saturating_sub(begun) as f64 / 1000.0;
            if output.json {
                output.document(&json!({
                    "status": "ok", "exit": 0, "run": run, "cycle": cycle, "lifts": found, "millis": millis,
                }));
                return Exit::Done;
            }
            let mut text = format!("run {} of {}\n", printable(&run), printable(&cycle));
            found.iter().for_each(|lift| text += &format!("\n{}", lifted::text(lift)));
            output.data(&format!("{text}\n{} ms; each change was tried on all customers\n", millis.round()));
            Exit::Done
        }
        Err((stop, sources)) => output.stop(&stop, &sources, json!({})),
    }
}

fn look(
    system: &dyn System,
    options: &ExplainArgs,
    (layout, request, record): (&Layout, &Request, Record),
    tier: &str,
) -> Result<Vec<Lift>, (Stop, SourceMap)> {
    let pool = engine::thread_pool(request.threads).map_err(|e| (e.into(), SourceMap::default()))?;
    let study = Study { system, layout, request, pool: &pool, data: false };
    let mut desk = Desk::of_run(study, record)?;
    let mut found = Vec::with_capacity(options.customers.len());
    for customer in &options.customers {
        match lift(&mut desk, customer, tier, &options.change) {
            Ok(lift) => found.push(lift),
            Err(stop) => return Err((stop, desk.into_sources())),
        }
    }
    Ok(found)
}
