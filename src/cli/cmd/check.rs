//! `tierwright check`: everything that can be known without running; with `--explain`, the page of one finding's id.

use crate::cli::args::CheckArgs;
use crate::cli::output::Output;
use crate::cli::place;
use crate::diag::{self, Id, ids, render};
use crate::error::{Exit, Stop};
use crate::run::{Request, plan};
use crate::source::SourceMap;
use crate::system::System;
use serde_json::json;

/// Checks a project and gives the status: 0 also where there are warnings.
pub fn run(system: &dyn System, output: &mut Output, options: &CheckArgs) -> Exit {
    if let Some(name) = &options.explain {
        return explain(output, name);
    }
    let root = place::project(system, options.project.as_deref());
    let request = Request { root, as_of: options.as_of, ..Request::default() };
    let mut sources = SourceMap::default();
    let plan = match plan::plan(system, &request, &mut sources) {
        Ok(plan) => plan,
        Err(stop) => return output.stop(&stop, &sources, json!({})),
    };
    let missing = plan::data_files(system, &plan);
    if !missing.is_empty() {
        let found = plan.warnings.into_iter().chain(missing).collect();
        return output.stop(&Stop::Findings(found), &sources, json!({}));
    }
    output.findings(&plan.warnings, &sources);
    if output.json {
        output.document(&json!({
            "status": "ok",
            "exit": 0,
            "project": plan.project.name,
            "tables": plan.project.tables.len(),
            "steps": plan.project.steps.iter().map(|s| &s.name).collect::<Vec<_>>(),
            "columns": plan.selection.columns.iter().map(|c| json!({ "name": c.name, "type": c.dtype.to_string() })).collect::<Vec<_>>(),
            "findings": render::json(&plan.warnings, &sources),
        }));
    } else {
        let (tables, steps) = (plan.project.tables.len(), plan.project.steps.len());
        let plural = |n: usize, noun: &str| format!("{n} {noun}{}", if n == 1 { "" } else { "s" });
        let name = crate::cli::output::printable(&plan.project.name);
        output.data(&format!("{name}: {}, {}: no errors\n", plural(tables, "table"), plural(steps, "step")));
    }
    Exit::Done
}

/// Prints the page of an id.
fn explain(output: &mut Output, name: &str) -> Exit {
    let Some(id) = Id::find(name.trim()) else {
        let names = ids::ALL.iter().map(|(id, _)| id.name());
        let meant = match diag::suggest::nearest(name, names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "docs/checks.md lists all ids".to_owned(),
        };
        return output.usage(&format!("error: no finding has the id `{name}`: {meant}\n"));
    };
    if output.json {
        let (name, summary, page) = (id.name(), id.summary(), id.page());
        output.document(&json!({ "status": "ok", "exit": 0, "id": name, "summary": summary, "page": page }));
    } else {
        output.data(id.page());
    }
    Exit::Done
}
