//! `tierwright schema`: JSON Schemas of the project's YAML files, for editors.

use crate::cli::args::SchemaArgs;
use crate::cli::output::{Output, printable};
use crate::cli::place;
use crate::edit::schemas::{self, Written};
use crate::error::Exit;
use crate::manifest::schema::File;
use crate::source::SourceMap;
use crate::system::System;
use serde_json::json;

/// Prints a schema, lists what there is, or writes all into the project.
pub fn run(system: &dyn System, output: &mut Output, options: &SchemaArgs) -> Exit {
    if let Some(kind) = options.kind {
        output.data(&schemas::text(kind));
        return Exit::Done;
    }
    if !options.write {
        list(output);
        return Exit::Done;
    }
    let root = place::project(system, options.project.as_deref());
    match schemas::write(system, &root) {
        Ok(written) => {
            show(output, &written);
            Exit::Done
        }
        Err(stop) => output.stop(&stop, &SourceMap::default(), json!({})),
    }
}

fn list(output: &mut Output) {
    if output.json {
        let kinds = File::ALL.map(|file| json!({ "kind": file.name(), "files": file.files() }));
        output.document(&json!({ "status": "ok", "exit": 0, "kinds": kinds }));
        return;
    }
    let line = |file: File| format!("{:<12}{}\n", file.name(), file.files());
    output.data(&File::ALL.map(line).concat());
    output.note("`tierwright schema KIND` prints one; `tierwright schema --write` puts all into the project\n");
}

fn show(output: &mut Output, written: &Written) {
    if output.json {
        let Written { schemas, headed } = written;
        output.document(&json!({ "status": "ok", "exit": 0, "schemas": schemas, "headed": headed }));
        return;
    }
    let line = |verb: &str, name: &String| format!("{verb} {}\n", printable(name));
    let schemas = written.schemas.iter().map(|name| line("wrote", name));
    let headed = written.headed.iter().map(|name| line("named its schema in", name));
    let text: String = schemas.chain(headed).collect();
    output.data(if text.is_empty() { "all is there already\n" } else { &text });
}
