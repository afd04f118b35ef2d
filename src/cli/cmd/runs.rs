//! `tierwright runs`: the committed runs of a project.

use crate::cli::args::{RunsAction, RunsArgs};
use crate::cli::output::{Output, printable};
use crate::cli::{place, table};
use crate::error::{Exit, Stop};
use crate::run::history::{self, OnDisk, Slot};
use crate::system::System;
use serde_json::json;

/// Lists the runs, cycle by cycle, the current ones marked, or does with them what is asked.
pub fn run(system: &dyn System, output: &mut Output, options: &RunsArgs) -> Exit {
    if let Some(RunsAction::Prune(options)) = &options.action {
        return super::prune::run(system, output, options);
    }
    let opened = place::runs(system, output, &options.runs);
    let (project, sources, layout) = match opened {
        Ok(opened) => opened,
        Err(exit) => return exit,
    };
    let read = history::read(system, &layout).and_then(|current| Ok((current, history::on_disk(system, &layout)?)));
    let (current, OnDisk { runs: records, damaged }) = match read {
        Ok(read) => read,
        Err(error) => return output.stop(&Stop::Error(error), &sources, json!({})),
    };
    let is_current = |r: &crate::run::record::Record| current.run(&Slot::of(r)) == Some(r.run.as_str());
    if output.json {
        let runs: Vec<_> = records
            .iter()
            .map(|r| {
                json!({
                    "run": r.run, "cycle": r.identity.cycle, "phase": r.identity.phase, "scenario": r.identity.scenario,
                    "as_of": r.identity.as_of, "prior": r.identity.prior, "current": is_current(r),
                    "prior_replaced_by": current.replaced_prior(r, &records),
                    "customers": r.counts.decided + r.counts.undetermined, "undetermined": r.counts.undetermined,
                    "folder": place::shown(&layout.run(&r.identity.cycle, &r.run)),
                })
            })
            .collect();
        let damaged: Vec<_> = damaged
            .iter()
            .map(|(folder, error)| json!({ "folder": place::shown(folder), "error": error.to_string() }))
            .collect();
        let project = &project.name;
        output.document(&json!({ "status": "ok", "exit": 0, "project": project, "runs": runs, "damaged": damaged }));
        return Exit::Done;
    }
    for (folder, error) in &damaged {
        let folder = place::shown(folder);
        output.note(&format!(
            "{folder} is no whole run: {}; put its files back, or remove the folder and run again\n",
            printable(&error.to_string())
        ));
    }
    if records.is_empty() {
        output.note(&format!("no runs in {}\n", place::shown(layout.base())));
        return Exit::Done;
    }
    let mut rows =
        table::plain(&["run", "cycle", "phase", "scenario", "as-of", "customers", "undetermined", "current"]);
    for r in &records {
        rows.add_row([
            printable(&r.run),
            printable(&r.identity.cycle),
            printable(r.identity.phase.as_deref().unwrap_or("-")),
            printable(&r.identity.scenario),
            printable(&r.identity.as_of),
            table::count(r.counts.decided + r.counts.undetermined),
            table::count(r.counts.undetermined),
            if is_current(r) { "current".to_owned() } else { "-".to_owned() },
        ]);
    }
    output.data(&table::lines(&rows));
    for (r, prior) in records.iter().filter_map(|r| Some((r, r.identity.prior.as_deref()?))) {
        if let Some(now) = current.replaced_prior(r, &records) {
            let (run, cycle) = (printable(&r.run), printable(&r.identity.cycle));
            output.note(&format!(
                "{cycle} {run} stands on the decisions of {}, in whose place {} is current now; `tierwright run --as-of {}` follows it\n",
                printable(prior),
                printable(now),
                printable(&r.identity.as_of)
            ));
        }
    }
    Exit::Done
}
