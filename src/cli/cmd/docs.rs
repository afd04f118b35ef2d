//! `tierwright docs`: the data dictionary of a project.

use crate::cli::args::DocsArgs;
use crate::cli::output::{Output, printable};
use crate::cli::place;
use crate::edit::dictionary::{Dictionary, markdown};
use crate::error::{Error, Exit};
use crate::run::{Request, plan};
use crate::source::SourceMap;
use crate::system::System;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Prints the dictionary, or writes it into a folder.
pub fn run(system: &dyn System, output: &mut Output, options: &DocsArgs) -> Exit {
    let root = place::project(system, options.project.as_deref());
    let source_roots = place::source_roots(system, &options.source_root);
    let request = Request { root, source_roots, ..Request::default() };
    let mut sources = SourceMap::default();
    let plan = match plan::plan(system, &request, &mut sources) {
        Ok(plan) => plan,
        Err(stop) => return output.stop(&stop, &sources, json!({})),
    };
    let dictionary = Dictionary::of(&plan, &sources);
    let document = match serde_json::to_value(&dictionary) {
        Ok(document) => document,
        Err(error) => {
            let defect = Error::Defect(format!("the dictionary as JSON: {error}"));
            return output.stop(&defect.into(), &sources, json!({}));
        }
    };
    let text = markdown::document(&dictionary, options.lang);
    match &options.out {
        Some(folder) => match write(system, folder, &text, &document) {
            Ok(files) => written(output, &files),
            Err(error) => return output.stop(&error.into(), &sources, json!({})),
        },
        None if output.json => output.document(&json!({ "status": "ok", "exit": 0, "dictionary": document })),
        None => output.data(&text),
    }
    Exit::Done
}

/// Writes the dictionary for people and for programs.
fn write(system: &dyn System, folder: &Path, text: &str, document: &Value) -> Result<[PathBuf; 2], Error> {
    system.create_dir(folder)?;
    let files = [folder.join("dictionary.md"), folder.join("dictionary.json")];
    system.write(&files[0], text.as_bytes())?;
    system.write(&files[1], format!("{document:#}\n").as_bytes())?;
    Ok(files)
}

fn written(output: &mut Output, files: &[PathBuf]) {
    if output.json {
        let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
        output.document(&json!({ "status": "ok", "exit": 0, "files": files }));
        return;
    }
    let text: String = files.iter().map(|file| format!("wrote {}\n", printable(&place::shown(file)))).collect();
    output.data(&text);
}
