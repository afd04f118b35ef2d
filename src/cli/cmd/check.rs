//! `tierwright check`: everything that can be known without running; with `--explain`, the page of one finding's id.

use crate::cli::args::CheckArgs;
use crate::cli::output::Output;
use crate::cli::place;
use crate::cli::table;
use crate::diag::{self, Diagnostic, Id, ids, render};
use crate::error::{Exit, Stop};
use crate::rule_test;
use crate::run::cycle::Phase;
use crate::run::fallback::{Fallback, Runs};
use crate::run::rate::{self, Rate};
use crate::run::{Plan, Request, plan};
use crate::source::SourceMap;
use crate::system::System;
use serde_json::{Value, json};

/// Checks a project and gives the status: 0 also where there are warnings.
pub fn run(system: &dyn System, output: &mut Output, options: &CheckArgs) -> Exit {
    if let Some(name) = &options.explain {
        return explain(output, name);
    }
    let root = place::project(system, options.project.as_deref());
    let source_roots = place::source_roots(system, &options.source_root);
    let request = Request { root, source_roots, as_of: options.as_of, ..Request::default() };
    let mut sources = SourceMap::default();
    let plan = match plan::plan(system, &request, &mut sources) {
        Ok(plan) => plan,
        Err(stop) => return output.stop(&stop, &sources, json!({})),
    };
    if let Err((stop, sources)) = other_phases(system, &request, &plan) {
        return output.stop(&stop, &sources, json!({}));
    }
    let missing = plan::data_files(system, &plan);
    let cases = match rule_test::ready(system, &plan, &mut sources) {
        Ok(cases) => cases,
        Err(error) => return output.stop(&Stop::Error(error), &sources, json!({})),
    };
    if !cases.findings.is_empty() {
        let found = plan.warnings.into_iter().chain(missing).chain(cases.findings).collect();
        return output.stop(&Stop::Configuration(found), &sources, json!({}));
    }
    if !missing.is_empty() {
        let found = plan.warnings.into_iter().chain(missing).collect();
        return output.stop(&Stop::Findings(found), &sources, json!({}));
    }
    let fallbacks = match fallbacks(system, &plan, &sources) {
        Ok(fallbacks) => fallbacks,
        Err(stop) => return output.stop(&stop, &sources, json!({})),
    };
    let warnings = with_rates(&plan.warnings, &fallbacks);
    output.findings(&warnings, &sources);
    if output.json {
        output.document(&json!({
            "status": "ok",
            "exit": 0,
            "project": plan.project.name,
            "tables": plan.project.tables.len(),
            "cases": cases.ready.len(),
            "steps": plan.project.steps.iter().map(|s| &s.name).collect::<Vec<_>>(),
            "columns": plan.selection.columns.iter().map(|c| json!({ "name": c.name, "type": c.dtype.to_string() })).collect::<Vec<_>>(),
            "not_compiled": not_compiled(&fallbacks, Runs::Step, &plan),
            "traced": not_compiled(&fallbacks, Runs::Tracing, &plan),
            "findings": render::json(&warnings, &sources),
        }));
    } else {
        let (tables, steps) = (plan.project.tables.len(), plan.project.steps.len());
        let plural = |n: usize, noun: &str| format!("{n} {noun}{}", if n == 1 { "" } else { "s" });
        let name = crate::cli::output::printable(&plan.project.name);
        let cases = match cases.ready.len() {
            0 => String::new(),
            n => format!(", {}", plural(n, "case")),
        };
        output.data(&format!("{name}: {}, {}{cases}: no errors\n", plural(tables, "table"), plural(steps, "step")));
    }
    Exit::Done
}

/// Phases with steps or parameters of their own are projects of their own: what is wrong in one is found before its window opens.
fn other_phases(system: &dyn System, request: &Request, plan: &Plan) -> Result<(), (Stop, SourceMap)> {
    let other = |phase: &Phase| plan.dates.phase != Some(*phase);
    for phase in plan.project.planning.variants.iter().map(|(phase, _)| *phase).filter(other) {
        let mut sources = SourceMap::default();
        let request = Request { phase: Some(phase), ..request.clone() };
        let Err(stop) = plan::plan(system, &request, &mut sources) else { continue };
        let note = |found: Vec<Diagnostic>| {
            let errors = found.into_iter().filter(Diagnostic::is_error);
            errors.map(|finding| finding.note(format!("in the phase {}", phase.name()))).collect()
        };
        let stop = match stop {
            Stop::Findings(found) => Stop::Findings(note(found)),
            Stop::Configuration(found) => Stop::Configuration(note(found)),
            other => other,
        };
        return Err((stop, sources));
    }
    Ok(())
}

/// What runs on the interpreter, each with its rate there.
fn fallbacks<'p>(
    system: &dyn System,
    plan: &'p Plan,
    sources: &SourceMap,
) -> Result<Vec<(&'p Fallback, Option<Rate>)>, Stop> {
    let fallbacks: Vec<&Fallback> = plan.compiled.fallbacks().collect();
    let rates = rate::rates(system, plan, &fallbacks, sources)?;
    Ok(fallbacks.into_iter().zip(rates).collect())
}

/// The warnings, those of steps on the interpreter with what the step costs. A run's warnings are without it, because
/// they stand in its record.
fn with_rates(warnings: &[Diagnostic], fallbacks: &[(&Fallback, Option<Rate>)]) -> Vec<Diagnostic> {
    let cost = |warning: &Diagnostic| {
        let of_step = |f: &&(&Fallback, Option<Rate>)| f.0.message() == warning.message;
        fallbacks.iter().filter(|_| warning.id == ids::NOT_COMPILED).find(of_step).map(|(_, rate)| in_words(*rate))
    };
    let all = warnings.iter();
    all.map(|warning| cost(warning).into_iter().fold(warning.clone(), Diagnostic::note)).collect()
}

/// Customers a second, in so many digits as say something.
fn speed(per_second: f64) -> String {
    if per_second < 10.0 { format!("{per_second:.2}") } else { table::count(per_second as u64) }
}

/// The same as a number.
fn rounded(per_second: f64) -> f64 {
    let digits = if per_second < 10.0 { 100.0 } else { 1.0 };
    (per_second * digits).round() / digits
}

fn in_words(rate: Option<Rate>) -> String {
    let Some(rate) = rate else {
        return "its cost is not known: it is too long to be measured, or made-up customers drive it over a limit"
            .to_owned();
    };
    let (traced, measured) = (speed(rate.per_second), table::count(rate.customers as u64));
    let less = match rate.undetermined {
        0 => String::new(),
        n => format!(", of whom {} were undetermined", table::count(n as u64)),
    };
    let untraced = match rate.untraced {
        Some(untraced) => format!(" ({} without tracing what decides the tier of each)", speed(untraced)),
        None => String::new(),
    };
    format!("{traced} customers a second on one thread here{untraced}, measured on {measured} made-up ones{less}")
}

/// Rows of what runs on the interpreter in this way.
fn not_compiled(fallbacks: &[(&Fallback, Option<Rate>)], runs: Runs, plan: &Plan) -> Vec<Value> {
    fallbacks.iter().filter(|(f, _)| f.runs == runs).map(|(fallback, rate)| row_by_row(fallback, *rate, plan)).collect()
}

fn row_by_row(fallback: &Fallback, rate: Option<Rate>, plan: &Plan) -> Value {
    json!({
        "step": fallback.step,
        "place": fallback.place,
        "why": fallback.why,
        "instead": fallback.instead,
        "refused_above": fallback.refused_above(&plan.project),
        "customers_per_second": rate.map(|r| rounded(r.per_second)),
        "customers_per_second_untraced": rate.and_then(|r| r.untraced).map(rounded),
        "measured_on": "made-up customers, one thread",
        "measured_customers": rate.map(|r| r.customers),
        "measured_undetermined": rate.map(|r| r.undetermined),
    })
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
