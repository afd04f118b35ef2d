//! OpenLineage events of a run, a line each at the end of a file.
//!
//! In: the file that was named, what becomes of the run. Out: lines in the file. Must not know: what an event says. What
//! cannot be written is told and loses no run: the run goes on, and ends with its own status.

use super::log::Level;
use super::output::{Output, printable};
use super::place;
use crate::error::Stop;
use crate::run::lineage::Lineage;
use crate::run::{Failure, Plan, Report};
use crate::source::SourceMap;
use crate::system::System;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The events of one run; none where no file was named.
pub struct Events<'s> {
    system: &'s dyn System,
    file: Option<PathBuf>,
    lineage: Option<Lineage>,
    lost: Option<String>,
}

impl<'s> Events<'s> {
    /// Events at the end of this file.
    pub fn new(system: &'s dyn System, file: Option<&Path>) -> Events<'s> {
        Events { system, file: file.map(Path::to_owned), lineage: None, lost: None }
    }

    /// The run begins.
    pub fn start(&mut self, output: &mut Output, plan: &Plan) {
        if self.file.is_some() {
            let lineage = Lineage::new(self.system, plan);
            if let Some(text) = lineage.warning() {
                warn(output, &printable(&text));
            }
            self.put(output, &lineage.start(self.system, Some(plan)));
            self.lineage = Some(lineage);
        }
    }

    /// The run cannot begin: its project is not one that can be run.
    pub fn unplanned(&mut self, output: &mut Output, root: &Path, stop: &Stop, sources: &SourceMap) {
        if self.file.is_some() {
            let lineage = Lineage::unplanned(self.system, root);
            if let Some(text) = lineage.warning() {
                warn(output, &printable(&text));
            }
            self.put(output, &lineage.start(self.system, None));
            self.put(output, &lineage.fail(self.system, None, None, stop, sources));
            self.lineage = Some(lineage);
        }
    }

    /// The run has ended.
    pub fn end(&mut self, output: &mut Output, plan: &Plan, ended: &Result<Report, Failure>, sources: &SourceMap) {
        let Some(lineage) = &self.lineage else { return };
        let event = match ended {
            Ok(report) => lineage.complete(self.system, plan, report),
            Err(Failure { stop, folder }) => lineage.fail(self.system, Some(plan), folder.as_deref(), stop, sources),
        };
        self.put(output, &event);
    }

    /// What the JSON answer says of them; null where none were asked for.
    pub fn document(&self) -> Value {
        let Some(file) = &self.file else { return Value::Null };
        json!({
            "file": place::shown(file),
            "run": self.lineage.as_ref().map(Lineage::run),
            "error": self.lost,
        })
    }

    fn put(&mut self, output: &mut Output, event: &Value) {
        let Some(file) = &self.file else { return };
        if let Err(error) = self.system.append(file, &event.to_string()) {
            let error = printable(&error.to_string());
            let kind = event["eventType"].as_str().unwrap_or_default();
            warn(output, &format!("no OpenLineage event {kind}: {error}; the run does not depend on it"));
            self.lost = Some(error);
        }
    }
}

fn warn(output: &mut Output, text: &str) {
    match output.json {
        true => output.event(Level::Warning, "openlineage", text, json!({})),
        false => output.note(&format!("warning: {text}\n")),
    }
}
