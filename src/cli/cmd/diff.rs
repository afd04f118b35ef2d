//! `tierwright diff`: the moves between two runs, and what they are due to.

use super::verify::named;
use crate::cli::args::DiffArgs;
use crate::cli::output::Output;
use crate::cli::{apart, place};
use crate::desk::diff::{Difference, Ground, diff};
use crate::error::{Exit, Stop};
use crate::run::engine;
use crate::source::SourceMap;
use crate::system::System;
use serde_json::{Value, json};

/// Splits the difference and shows it.
pub fn run(system: &dyn System, output: &mut Output, options: &DiffArgs) -> Exit {
    let begun = system.now_micros();
    let (project, _, layout) = match place::runs(system, output, &options.at.runs) {
        Ok(opened) => opened,
        Err(exit) => return exit,
    };
    let request = place::request(system, &project, &options.at, options.engine);
    let ended = (|| {
        let none = |stop: Stop| (stop, SourceMap::default());
        let meant = |typed: &str| named(system, &layout, typed).map_err(none);
        let records = (meant(&options.from)?, meant(&options.to)?);
        let pool = engine::thread_pool(request.threads).map_err(|e| none(e.into()))?;
        let ground = Ground { system, layout: &layout, request: &request, pool: &pool };
        diff(ground, records, &options.by, options.top)
    })();
    match ended {
        Ok(found) => {
            let millis = system.now_micros().saturating_sub(begun) as f64 / 1000.0;
            show(output, &found, millis);
            Exit::Done
        }
        Err((stop, sources)) => output.stop(&stop, &sources, json!({})),
    }
}

fn show(output: &mut Output, found: &Difference, millis: f64) {
    if !output.json {
        let text = apart::difference(found);
        return output.data(&format!("{text}\n{} ms; nothing was written\n", millis.round()));
    }
    let mut document = json!({ "status": "ok", "exit": 0, "millis": millis });
    if let (Value::Object(document), Ok(Value::Object(found))) = (&mut document, serde_json::to_value(found)) {
        document.extend(found);
    }
    output.document(&document);
}
