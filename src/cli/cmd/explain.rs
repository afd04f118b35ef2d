//! `tierwright explain`: why a committed run decided as it did.

use super::lift;
use super::verify::named;
use crate::cli::args::ExplainArgs;
use crate::cli::output::{Output, printable};
use crate::cli::{explained, place};
use crate::diag::{Diagnostic, ids};
use crate::error::{Error, Exit, Result, Stop};
use crate::manifest::model::Project;
use crate::run::explain::committed::{self, Found, Wanted};
use crate::run::explain::{self, Explanation};
use crate::run::layout::Layout;
use crate::run::parts::Memory;
use crate::run::record::Record;
use crate::run::{Request, history, plan, verify};
use crate::source::SourceMap;
use crate::system::System;
use serde_json::json;

/// Computes the run again and tells of the customers that are asked for.
pub fn run(system: &dyn System, output: &mut Output, options: &ExplainArgs) -> Exit {
    let opened = place::runs(system, output, &options.at.runs);
    let (project, _, layout) = match opened {
        Ok(opened) => opened,
        Err(exit) => return exit,
    };
    if let Some(tier) = &options.lift {
        return match meant(system, &layout, &project, options.run.as_deref()) {
            Ok(record) => lift::run(system, output, options, (&layout, &base(system, options, &project), record), tier),
            Err(stop) => output.stop(&stop, &SourceMap::default(), json!({})),
        };
    }
    let mut sources = SourceMap::default();
    match answer(system, &mut sources, options, (&project, &layout)) {
        Ok((record, unknown, told)) => show(output, options, &record, unknown, &told),
        Err(stop) => output.stop(&stop, &sources, json!({})),
    }
}

/// The run, of how many customers the condition cannot be told, and what is told of the others.
fn answer(
    system: &dyn System,
    sources: &mut SourceMap,
    options: &ExplainArgs,
    (project, layout): (&Project, &Layout),
) -> Result<(Record, usize, Vec<Explanation>)> {
    let record = meant(system, layout, project, options.run.as_deref())?;
    let folder = layout.run(&record.identity.cycle, &record.run);
    let request = verify::request(&record, &folder, base(system, options, project))?;
    let plan = plan::plan(system, &request, sources)?;
    let wanted = match &options.condition {
        Some(condition) => Wanted::Where(condition),
        None => Wanted::Keys(&options.customers),
    };
    let limit = options.limit as usize;
    let Found { decisions, unknown } = committed::read(system, (&plan, &record, &folder), wanted, limit, sources)?;
    if decisions.is_empty() {
        return Ok((record, unknown, Vec::new()));
    }
    let parts = options.parts.map(usize::from);
    let memory = Memory { bytes: options.memory, parts, dry_run: true, whole_rows: true };
    let told = explain::explain(system, (&plan, &request), sources, memory, decisions, options.rows)?;
    Ok((record, unknown, told))
}

/// Where the project and its output are.
fn base(system: &dyn System, options: &ExplainArgs, project: &Project) -> Request {
    place::request(system, project, &options.at, options.engine)
}

/// The run that is named, else the newest one.
pub(super) fn meant(system: &dyn System, layout: &Layout, project: &Project, run: Option<&str>) -> Result<Record> {
    if let Some(run) = run {
        return named(system, layout, run);
    }
    let records = history::committed(system, layout)?;
    let current = history::read(system, layout)?;
    let newest = committed::newest(&records, &current, project.planning.prior_phase.name());
    newest.ok_or_else(|| {
        let message = format!("no runs in {}", place::shown(layout.base()));
        Stop::Configuration(vec![
            Diagnostic::error(ids::USAGE, message).help("`tierwright run` grades the customers first"),
        ])
    })
}

fn show(output: &mut Output, options: &ExplainArgs, record: &Record, unknown: usize, told: &[Explanation]) -> Exit {
    let identity = &record.identity;
    let wrong: Vec<String> = told
        .iter()
        .flat_map(|customer| {
            customer.differences.iter().map(|line| format!("{}: {line}", printable(&customer.customer)))
        })
        .collect();
    let exit = if wrong.is_empty() { Exit::Done } else { Exit::Defect };
    if output.json {
        let status = if wrong.is_empty() { "ok" } else { "failed" };
        output.document(&json!({
            "status": status, "exit": exit as u8, "run": record.run, "cycle": identity.cycle, "as_of": identity.as_of,
            "customers": told, "unknown": unknown,
        }));
        return exit;
    }
    if unknown > 0 {
        output.note(&format!("of {unknown} customers the condition cannot be told: what it needs is missing\n"));
    }
    if told.is_empty() {
        output.note("no customer is meant\n");
        return exit;
    }
    output.data(&format!(
        "run {} of {}, as-of {}\n",
        printable(&record.run),
        printable(&identity.cycle),
        printable(&identity.as_of)
    ));
    for customer in told {
        output.data(&format!("\n{}", explained::text(customer, options.full)));
    }
    if !wrong.is_empty() {
        let told = format!("what the rules give is not what run {} decided: {}", record.run, wrong.join("; "));
        output.note(&format!("error: {}\n", printable(&Error::Defect(told).to_string())));
    }
    exit
}
