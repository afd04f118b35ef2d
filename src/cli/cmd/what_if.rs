//! `tierwright what-if`: who would move under other rules and parameters.

use super::verify::named;
use crate::cli::args::WhatIfArgs;
use crate::cli::output::{Output, printable};
use crate::cli::{apart, place};
use crate::desk::committed;
use crate::desk::sweep::{self, Leeway, Point};
use crate::desk::what_if::{Answer, Desk, From, Study};
use crate::diag::{Diagnostic, ids};
use crate::error::{Exit, Result, Stop};
use crate::run::engine;
use crate::source::SourceMap;
use crate::system::System;
use crate::system::patchwork::{Patchwork, files_below};
use serde_json::{Value, json};
use std::path::Path;

/// Asks and shows.
pub fn run(system: &dyn System, output: &mut Output, options: &WhatIfArgs) -> Exit {
    let begun = system.now_micros();
    let (project, _, layout) = match place::runs(system, output, &options.at.runs) {
        Ok(opened) => opened,
        Err(exit) => return exit,
    };
    let root = place::project(system, options.at.runs.project.as_deref());
    if let Some(rules) = options.rules.as_ref().filter(|rules| !system.is_dir(rules)) {
        return output.usage(&format!("error: --rules {}: no such folder\n", place::shown(rules)));
    }
    let other = options.rules.as_ref().map(|rules| {
        let files = files_below(system, rules)?;
        let parameters = Path::new("parameters.yaml");
        if !files.contains_key(parameters) && system.exists(&root.join("rules").join(parameters)) {
            let message = format!("{} has no parameters.yaml, and the project has one", place::shown(rules));
            let found = Diagnostic::error(ids::USAGE, message).located("--rules");
            let help = "the folder stands in place of all of `rules`: copy that and change the copy";
            return Err(Stop::Configuration(vec![found.help(help)]));
        }
        Ok::<_, Stop>(Patchwork::new(system, root.join("rules"), files))
    });
    let other = match other.transpose() {
        Ok(other) => other,
        Err(stop) => return output.stop(&stop, &SourceMap::default(), json!({})),
    };
    let request = place::request(system, &project, &options.at, options.engine);
    let ended = (|| {
        let none = |stop: Stop| (stop, SourceMap::default());
        let record = match &options.run {
            Some(run) => named(system, &layout, run),
            None => committed::last(system, &layout),
        };
        let record = record.map_err(none)?;
        let pool = engine::thread_pool(request.threads).map_err(|e| none(e.into()))?;
        let system = other.as_ref().map_or(system, |other| other as &dyn System);
        let study = Study { system, layout: &layout, request: &request, pool: &pool, data: options.data };
        let mut desk = Desk::open(study, record, &options.by, options.top)?;
        match ask(&mut desk, options) {
            Ok(asked) => Ok((asked, head(&desk, &options.set))),
            Err(stop) => Err((stop, desk.into_sources())),
        }
    })();
    match ended {
        Ok((asked, head)) => {
            let millis = system.now_micros().saturating_sub(begun) as f64 / 1000.0;
            show(output, &asked, &head, millis);
            Exit::Done
        }
        Err((stop, sources)) => output.stop(&stop, &sources, json!({})),
    }
}

/// What was asked, answered.
enum Asked {
    One(Box<Answer>),
    Sweep(String, Vec<Point>),
    Sensitivity(Vec<Leeway>),
}

fn ask(desk: &mut Desk<'_>, options: &WhatIfArgs) -> Result<Asked> {
    if let Some(typed) = &options.sweep {
        let meant = sweep::typed(typed)?;
        let points = sweep::sweep(desk, &meant, &options.set)?;
        return Ok(Asked::Sweep(meant.name, points));
    }
    if options.sensitivity {
        return Ok(Asked::Sensitivity(sweep::sensitivity(desk, &options.set)?));
    }
    Ok(Asked::One(Box::new(desk.ask_why(&options.set)?)))
}

fn show(output: &mut Output, asked: &Asked, head: &apart::Head, millis: f64) {
    if output.json {
        output.document(&document(asked, head, millis));
        return;
    }
    let mut text = apart::head(head);
    match asked {
        Asked::One(answer) => {
            text += &match &answer.from {
                From::Run => "nothing differs from the run\n".to_owned(),
                From::Profile(Some(step)) => {
                    format!("from the run's own columns, evaluated from step `{}` on\n", printable(step))
                }
                From::Profile(None) => {
                    "from the run's own columns: the project has no step that did not run as it stands\n".to_owned()
                }
                From::Tables => "from the tables as they are now\n".to_owned(),
            };
            answer
                .data
                .iter()
                .for_each(|line| text += &format!("  {}: part of what moves is due to that\n", printable(line)));
            text += &apart::comparison(&answer.comparison, head);
        }
        Asked::Sweep(name, points) => text += &apart::sweep(name, points, head),
        Asked::Sensitivity(found) => text += &apart::sensitivity(found),
    }
    text += &format!("\n{} ms; nothing was written\n", millis.round());
    output.data(&text);
}

fn document(asked: &Asked, head: &apart::Head, millis: f64) -> Value {
    let answer = match asked {
        Asked::One(answer) => {
            let from = match &answer.from {
                From::Run => json!("run"),
                From::Profile(step) => json!({ "step": step }),
                From::Tables => json!("tables"),
            };
            json!({ "from": from, "data": answer.data, "comparison": answer.comparison })
        }
        Asked::Sweep(name, points) => json!({ "sweep": name, "points": points }),
        Asked::Sensitivity(found) => json!({ "sensitivity": found }),
    };
    let mut document = json!({
        "status": "ok", "exit": 0, "run": head.run, "cycle": head.cycle, "set": head.set, "changed": head.changed,
        "measures": head.measures, "tiers": head.tiers, "millis": millis,
    });
    if let (Value::Object(document), Value::Object(answer)) = (&mut document, answer) {
        document.extend(answer);
    }
    document
}

/// What an answer is about.
fn head(desk: &Desk<'_>, set: &[String]) -> apart::Head {
    let record = desk.record();
    apart::Head {
        run: record.run.clone(),
        cycle: record.identity.cycle.clone(),
        set: set.to_vec(),
        changed: desk.changed(),
        measures: desk.question().measures.iter().map(|measure| measure.name.clone()).collect(),
        tiers: desk.before.tiers.clone(),
    }
}
