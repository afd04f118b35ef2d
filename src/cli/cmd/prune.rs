//! `tierwright runs prune`: old runs are deleted.

use crate::cli::args::PruneArgs;
use crate::cli::output::{Output, printable};
use crate::cli::{place, table};
use crate::error::{Error, Exit, Stop};
use crate::run::layout::Layout;
use crate::run::record::Record;
use crate::run::{history, prune};
use crate::system::System;
use serde_json::json;

/// Deletes what may go, and says what.
pub fn run(system: &dyn System, output: &mut Output, options: &PruneArgs) -> Exit {
    let opened = place::runs(system, output, &options.runs);
    let (_, sources, layout) = match opened {
        Ok(opened) => opened,
        Err(exit) => return exit,
    };
    let keep = usize::try_from(options.keep).unwrap_or(usize::MAX);
    let (gone, kept) = match pruned(system, &layout, keep, options.dry_run) {
        Ok(done) => done,
        Err(error) => return output.stop(&Stop::Error(error), &sources, json!({})),
    };
    let bytes: u64 = gone.iter().map(prune::bytes).sum();
    if output.json {
        let runs: Vec<_> = gone.iter().map(|r| json!({ "run": r.run, "cycle": r.identity.cycle })).collect();
        output.document(
            &json!({ "status": "ok", "exit": 0, "dry_run": options.dry_run, "pruned": runs, "kept": kept, "bytes": bytes }),
        );
        return Exit::Done;
    }
    let mut rows = table::plain(&["run", "cycle", "phase", "scenario", "as-of"]);
    for record in &gone {
        let identity = &record.identity;
        let cells = [&record.run, &identity.cycle, &record.slot_phase, &identity.scenario, &identity.as_of];
        rows.add_row(cells.map(|text| printable(text)));
    }
    let done = if options.dry_run { "would be deleted" } else { "deleted" };
    let mut text = if gone.is_empty() { String::new() } else { format!("{}\n", table::lines(&rows)) };
    let runs = table::counted(gone.len() as u64, "run");
    text += &format!("{runs} {done} ({}), {kept} stay\n", table::counted(bytes, "byte"));
    output.data(&text);
    Exit::Done
}

/// The runs that went, or would, and how many stay.
fn pruned(system: &dyn System, layout: &Layout, keep: usize, dry_run: bool) -> Result<(Vec<Record>, usize), Error> {
    if !system.is_dir(layout.base()) {
        return Ok((Vec::new(), 0));
    }
    let holder = format!("{} (runs prune), since {}", system.holder(), history::now(system));
    let lock = if dry_run { None } else { Some(system.lock(&layout.lock(), &holder)?) };
    let current = if dry_run { history::read(system, layout)? } else { history::recover(system, layout)? };
    let records = history::committed(system, layout)?;
    let order = history::order(system, layout)?;
    let places = prune::choose(&records, &current, &order, keep);
    let gone: Vec<Record> = places.iter().map(|place| records[*place].clone()).collect();
    if !dry_run {
        for record in &gone {
            prune::remove(system, layout, record)?;
        }
        if system.exists(&layout.staging()) {
            system.remove_dir(&layout.staging())?;
        }
    }
    drop(lock);
    Ok((gone, records.len() - places.len()))
}
