//! `tierwright verify`: a committed run is computed again and compared.

use super::run::tell;
use crate::cli::args::VerifyArgs;
use crate::cli::log::Level;
use crate::cli::output::{Output, printable};
use crate::cli::place;
use crate::diag::{Diagnostic, ids, render};
use crate::error::{Exit, Result, Stop};
use crate::manifest::model::Project;
use crate::run::layout::Layout;
use crate::run::parts::Memory;
use crate::run::record::Record;
use crate::run::watch::Event;
use crate::run::{Report, engine, flow, history, plan, verify};
use crate::source::SourceMap;
use crate::system::System;
use serde_json::json;

/// Computes the run again and says whether it is the same.
pub fn run(system: &dyn System, output: &mut Output, options: &VerifyArgs) -> Exit {
    output.log_all();
    let opened = place::runs(system, output, &options.at.runs);
    let (project, _, layout) = match opened {
        Ok(opened) => opened,
        Err(exit) => return exit,
    };
    let mut sources = SourceMap::default();
    let done = named(system, &layout, &options.run)
        .and_then(|record| again(system, output, &mut sources, options, (&project, &layout), &record));
    match done {
        Ok(report) => {
            output.findings_logged(&report.warnings, &sources);
            show(output, &report, &sources);
            Exit::Done
        }
        Err(stop) => output.stop(&stop, &sources, json!({ "run": options.run })),
    }
}

/// The committed run that is meant.
pub(super) fn named(system: &dyn System, layout: &Layout, text: &str) -> Result<Record> {
    let records = history::committed(system, layout)?;
    let mut meant = records.iter().filter(|record| !text.is_empty() && record.run.starts_with(text));
    let found = match (meant.next(), meant.next()) {
        (Some(only), None) => return Ok(only.clone()),
        (Some(_), Some(_)) => Diagnostic::error(ids::USAGE, format!("several runs begin with `{}`", printable(text))),
        (None, _) => {
            let base = place::shown(layout.base());
            Diagnostic::error(ids::USAGE, format!("no committed run `{}` in {base}", printable(text)))
        }
    };
    Err(Stop::Configuration(vec![found.help("`tierwright runs` lists them")]))
}

fn again(
    system: &dyn System,
    output: &mut Output,
    sources: &mut SourceMap,
    options: &VerifyArgs,
    (project, layout): (&Project, &Layout),
    record: &Record,
) -> Result<Report> {
    let base = place::request(system, project, &options.at, options.engine);
    let (run, cycle) = (&record.run, &record.identity.cycle);
    output.about("run", json!(run));
    output.about("cycle", json!(cycle));
    let said = format!("run {run} of {cycle} is computed again");
    output.event(Level::Info, "started", &said, json!({ "as_of": record.identity.as_of }));
    let request = verify::request(record, &layout.run(cycle, run), base)?;
    let plan = plan::plan(system, &request, sources)?;
    let pool = engine::thread_pool(request.threads)?;
    let memory = Memory { bytes: options.memory, ..Memory::default() };
    let mut compute = engine::LocalEngine::new(system, &plan, sources, &pool)?.with(request.engine).with_memory(memory);
    let mut watch = |event: &Event<'_>| tell(output, event);
    let ended = flow::run_watched(system, &plan, &request, sources, &mut compute, &pool, &mut watch);
    ended.map_err(|failure| failure.stop)
}

fn show(output: &mut Output, report: &Report, sources: &SourceMap) {
    let record = &report.record;
    let (files, inputs) = (record.outputs.len(), record.identity.inputs.len());
    if output.json {
        let fields = json!({ "files": files, "millis": report.millis });
        output.event(Level::Info, "ended", "verified", fields);
        output.document(&json!({
            "status": "ok", "exit": 0, "run": record.run, "cycle": record.identity.cycle, "outcome": "verified",
            "files": files, "inputs": inputs, "findings": render::json(&report.warnings, sources), "millis": report.millis,
        }));
        return;
    }
    let (run, cycle) = (printable(&record.run), printable(&record.identity.cycle));
    output.data(&format!(
        "run {run} of {cycle} is what it was: {files} files equal, computed again from {inputs} inputs in {} ms\n",
        report.millis.round()
    ));
}
