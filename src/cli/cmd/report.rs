//! `tierwright report`: what a run decided, as a page, a workbook, a table.

use super::explain;
use crate::cli::args::ReportArgs;
use crate::cli::output::{Output, printable};
use crate::cli::place;
use crate::diag::Diagnostic;
use crate::error::{Error, Exit, Result, Stop};
use crate::manifest::model::Project;
use crate::report::page::page;
use crate::report::sheets::workbook;
use crate::report::{Decisions, Report, explanations, table};
use crate::run::Engine;
use crate::run::layout::Layout;
use crate::run::record::Record;
use crate::source::SourceMap;
use crate::system::System;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

/// Writes what is asked for, of the run that is named, else of the newest one.
pub fn run(system: &dyn System, output: &mut Output, options: &ReportArgs) -> Exit {
    let opened = place::runs(system, output, &options.at.runs);
    let (project, sources, layout) = match opened {
        Ok(opened) => opened,
        Err(exit) => return exit,
    };
    match write(system, output, options, (&project, &layout)) {
        Ok((record, written)) => {
            let shown: Vec<String> = written.iter().map(|path| place::shown(path)).collect();
            if output.json {
                output.document(&json!({ "status": "ok", "exit": 0, "run": record.run, "written": shown }));
            } else {
                shown.iter().for_each(|path| output.note(&format!("wrote {path}\n")));
            }
            Exit::Done
        }
        Err(stop) => output.stop(&stop, &sources, json!({})),
    }
}

/// The run, and the files that were written.
fn write(
    system: &dyn System,
    output: &mut Output,
    options: &ReportArgs,
    (project, layout): (&Project, &Layout),
) -> Result<(Record, Vec<PathBuf>)> {
    let record = explain::meant(system, layout, project, options.run.as_deref())?;
    let mut written = Vec::new();
    let html = match (&options.html, options.xlsx.is_some() || options.csv.is_some()) {
        (Some(path), _) => Some(path.clone()),
        (None, true) => None,
        (None, false) => Some(PathBuf::from(format!("{}-{}.html", project.name, record.identity.cycle))),
    };
    let decisions = Decisions::read(system, layout, &record, project)?;
    if html.is_some() || options.xlsx.is_some() {
        let report = Report::gather(&decisions, layout, project)?;
        if let Some(path) = html {
            let mut document = report.document.clone();
            match explained(system, output, options, (project, layout, &record), &report) {
                Ok(told) => document["explanations"] = Value::Object(told),
                Err(why) => document["unexplained"] = Value::String(why),
            }
            let title = format!("{} · {}", project.name, record.identity.cycle);
            put(system, output, &path, page(&title, &document, options.lang).as_bytes(), &mut written)?;
        }
        if let Some(path) = &options.xlsx {
            put(system, output, path, &workbook(&decisions, &report, options.lang)?, &mut written)?;
        }
    }
    if let Some(path) = &options.csv {
        put(system, output, path, &table::csv(&decisions)?, &mut written)?;
    }
    Ok((record, written))
}

/// Why the first of the key accounts have their tiers. Where that cannot be told any more, the page is without it, and says why, as the command does.
fn explained(
    system: &dyn System,
    output: &mut Output,
    options: &ReportArgs,
    (project, layout, record): (&Project, &Layout, &Record),
    report: &Report,
) -> std::result::Result<Map<String, Value>, String> {
    let base = place::request(system, project, &options.at, Engine::default());
    let most = usize::try_from(options.explained).unwrap_or(usize::MAX);
    let keys: Vec<String> = report.key_accounts.iter().take(most).cloned().collect();
    let mut sources = SourceMap::default();
    match explanations(system, layout, record, base, &keys, &mut sources) {
        Ok(told) => {
            if told.len() < report.key_accounts.len() {
                let (told, all) = (told.len(), report.key_accounts.len());
                output.note(&format!(
                    "{told} of {all} key accounts are explained in the page; `tierwright explain` tells of the others\n"
                ));
            }
            Ok(told)
        }
        Err(stop) => {
            let why = reason(&stop);
            output.note(&format!("the page is without explanations: {}\n", printable(&why)));
            Err(why)
        }
    }
}

fn reason(stop: &Stop) -> String {
    match stop {
        Stop::Configuration(found) | Stop::Findings(found) => {
            let told =
                |finding: &Diagnostic| [vec![finding.message.clone()], finding.notes.clone()].concat().join("; ");
            found.iter().map(told).collect::<Vec<String>>().join("; ")
        }
        Stop::Error(error) => error.to_string(),
    }
}

/// Writes a file as a whole: what was there before stands until the new one is complete. `-` is standard output.
fn put(
    system: &dyn System,
    output: &mut Output,
    path: &Path,
    bytes: &[u8],
    written: &mut Vec<PathBuf>,
) -> Result<(), Error> {
    if path == Path::new("-") {
        output.bytes(bytes);
        return Ok(());
    }
    let path = if path.parent() == Some(Path::new("")) { &Path::new(".").join(path) } else { path };
    let mut name = path.file_name().map(|name| name.to_owned()).unwrap_or_default();
    name.push(".part");
    let part = path.with_file_name(name);
    system.write(&part, bytes)?;
    system.rename(&part, path)?;
    written.push(path.to_owned());
    Ok(())
}
