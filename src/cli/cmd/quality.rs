//! `tierwright quality`: what a run found in its tables.

use crate::cli::args::QualityArgs;
use crate::cli::output::{Output, printable};
use crate::cli::{figures, place};
use crate::diag::{Diagnostic, ids};
use crate::error::{Error, Exit, Stop};
use crate::run::layout::Layout;
use crate::run::quality;
use crate::run::record::Record;
use crate::run::{history, layout};
use crate::system::System;
use crate::table::report::Line;
use serde_json::json;
use std::path::PathBuf;

/// Shows the quality report of the run that is named, else of the one that was current last.
pub fn run(system: &dyn System, output: &mut Output, options: &QualityArgs) -> Exit {
    let opened = place::runs(system, output, &options.runs);
    let (_, sources, layout) = match opened {
        Ok(opened) => opened,
        Err(exit) => return exit,
    };
    let read = find(system, &layout, options.run.as_deref()).and_then(|folder| match folder {
        Some(folder) => Ok(Some((
            Record::read(system, &folder.join(layout::RECORD))?,
            quality::lines(system, &folder)?.ok_or_else(|| earlier_version(&folder))?,
            folder,
        ))),
        None => Ok(None),
    });
    match read {
        Ok(Some((record, lines, folder))) => {
            if output.json {
                let figures: Vec<_> = lines.iter().map(document).collect();
                let folder = place::shown(&folder);
                output.document(
                    &json!({ "status": "ok", "exit": 0, "run": record.run, "folder": folder, "figures": figures }),
                );
            } else {
                output.data(&format!("{}\n\n{}", head(&record), figures::report(&lines, options.full)));
            }
            Exit::Done
        }
        Ok(None) => match &options.run {
            Some(run) => {
                let message = format!("no run `{}` in {}", printable(run), place::shown(layout.base()));
                let found = Diagnostic::error(ids::USAGE, message).help("`tierwright runs` lists them");
                output.stop(&Stop::Configuration(vec![found]), &sources, json!({}))
            }
            None => {
                output.note(&format!("no runs in {}\n", place::shown(layout.base())));
                Exit::Done
            }
        },
        Err(error) => output.stop(&Stop::Error(error), &sources, json!({})),
    }
}

/// A run whose report an earlier version wrote.
fn earlier_version(folder: &std::path::Path) -> Error {
    Error::Format {
        path: folder.join(quality::QUALITY),
        message: "an earlier version wrote this report, without the figures that are shown here; run again".to_owned(),
    }
}

/// The folder of the run, committed or failed.
fn find(system: &dyn System, layout: &Layout, run: Option<&str>) -> Result<Option<PathBuf>, Error> {
    let Some(run) = run else {
        return Ok(history::last(system, layout)?.map(|(slot, run)| layout.run(&slot.cycle, &run)));
    };
    match history::named(system, &layout.base().join("failed"), run)? {
        Some(failed) => Ok(Some(failed)),
        None => history::folder(system, layout, run),
    }
}

fn head(record: &Record) -> String {
    let identity = &record.identity;
    let prior = identity.prior.as_ref().map(|prior| format!(", compared with run {prior}")).unwrap_or_default();
    let (run, cycle, as_of) = (printable(&record.run), printable(&identity.cycle), printable(&identity.as_of));
    format!("run {run} of {cycle}, as-of {as_of}{prior}")
}

fn document(line: &Line) -> serde_json::Value {
    json!({
        "table": line.table, "column": line.column, "measure": line.measure, "detail": line.detail,
        "count": line.count, "value": line.value,
    })
}
