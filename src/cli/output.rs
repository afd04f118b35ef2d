//! Standard output and standard error.
//!
//! In: texts, findings, log lines. Out: bytes on the two streams. Must not know: commands. A closed pipe is no error: what
//! reads us has seen enough. Data that cannot be written otherwise, as to a full disk, is one.
//!
//! Where the answer is JSON, standard error is JSON as well: a line each for what is noted, and, of commands that say so
//! with [`Output::log_all`], for what happens and what is found.

use super::log::{self, Level};
use crate::diag::{self, Diagnostic, render};
use crate::error::{Error, Exit, Stop};
use crate::source::SourceMap;
use crate::system::System;
use serde_json::{Map, Value, json};
use std::io::{IsTerminal, Write};

/// Where a command's answer goes.
pub struct Output<'s> {
    system: &'s dyn System,
    data: Box<dyn Write>,
    notes: Box<dyn Write>,
    /// Whether the answer is one JSON document.
    pub json: bool,
    /// Whether findings and errors are logged besides.
    logs: bool,
    /// What every log line says, such as the run.
    about: Map<String, Value>,
    style: render::Style,
    lost: Option<std::io::Error>,
    /// Whether somebody sees what is under way, and whether a line of it stands there.
    progress: (bool, bool),
}

impl<'s> Output<'s> {
    /// The process's own streams. Colours only on a terminal and without `NO_COLOR`.
    pub fn terminal(system: &'s dyn System) -> Output<'s> {
        let plain =
            system.env("NO_COLOR").is_some_and(|v| !v.is_empty()) || system.env("TERM").as_deref() == Some("dumb");
        let colour = !plain && std::io::stderr().is_terminal();
        let width = system.columns().unwrap_or(render::Style::default().width);
        Output {
            system,
            data: Box::new(std::io::stdout()),
            notes: Box::new(std::io::stderr()),
            json: false,
            logs: false,
            about: Map::new(),
            style: render::Style { colour, width, concise: false },
            lost: None,
            progress: (!plain && std::io::stderr().is_terminal(), false),
        }
    }

    /// Says what is under way in one line of a terminal, in place of the line before; elsewhere nothing.
    pub fn progress(&mut self, text: &str) {
        if self.progress.0 && !self.json {
            let line = format!("\r\u{1b}[K{}", super::table::fit(&printable(text), 78));
            let _ = self.notes.write_all(line.as_bytes()).and_then(|()| self.notes.flush());
            self.progress.1 = true;
        }
    }

    /// Takes the line of what was under way away.
    fn settle(&mut self) {
        if std::mem::take(&mut self.progress.1) {
            let _ = self.notes.write_all(b"\r\x1b[K").and_then(|()| self.notes.flush());
        }
    }

    /// Writes data.
    pub fn data(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// Writes data that are no text.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.settle();
        let written = self.data.write_all(bytes).and_then(|()| self.data.flush());
        self.lost = self.lost.take().or(written.err().filter(|e| e.kind() != std::io::ErrorKind::BrokenPipe));
    }

    /// The status to end with: that of the command, unless its answer could not be written.
    pub fn end(&mut self, exit: Exit) -> Exit {
        match self.lost.take() {
            Some(error) => {
                let text = format!("cannot write to standard output: {error}");
                match self.json {
                    true => self.log(Level::Error, "error", &text, json!({})),
                    false => self.note(&format!("error: {text}\n")),
                }
                if exit == Exit::Done { Exit::InputOutput } else { exit }
            }
            None => exit,
        }
    }

    /// Writes what is no data.
    pub fn note(&mut self, text: &str) {
        match self.json {
            true => self.log(Level::Info, "note", text.trim_end(), json!({})),
            false => self.aside(text),
        }
    }

    /// Has findings and errors logged, and what [`Output::event`] tells.
    pub fn log_all(&mut self) {
        self.logs = true;
    }

    /// Has every log line from now on say this.
    pub fn about(&mut self, key: &str, value: Value) {
        self.about.insert(key.to_owned(), value);
    }

    /// Logs what happens, if all is logged; without JSON nothing is shown.
    pub fn event(&mut self, level: Level, event: &str, message: &str, fields: Value) {
        if self.logs {
            self.log(level, event, message, fields);
        }
    }

    /// Writes a log line, where the answer is JSON.
    fn log(&mut self, level: Level, event: &str, message: &str, fields: Value) {
        if self.json {
            let line = log::line(self.system.now_micros(), level, event, message, &self.about, fields);
            self.aside(&line);
        }
    }

    fn aside(&mut self, text: &str) {
        self.settle();
        let _ = self.notes.write_all(text.as_bytes()).and_then(|()| self.notes.flush());
    }

    /// Writes the answer's JSON document.
    pub fn document(&mut self, value: &Value) {
        self.data(&format!("{value:#}\n"));
    }

    /// Shows findings: as text on standard error, unless the answer is JSON, which holds them; then as log lines, if all is
    /// logged.
    pub fn findings(&mut self, found: &[Diagnostic], sources: &SourceMap) {
        if !self.json && !found.is_empty() {
            self.aside(&render::text(found, sources, self.style));
        }
        self.findings_logged(found, sources);
    }

    /// Logs findings, if all is logged; as text nothing is shown.
    pub fn findings_logged(&mut self, found: &[Diagnostic], sources: &SourceMap) {
        if self.json && self.logs {
            for (level, message, fields) in log::findings(found, sources) {
                self.log(level, "finding", &message, fields);
            }
        }
    }

    /// Shows why the command line is not understood, and gives the status of that.
    pub fn usage(&mut self, text: &str) -> Exit {
        let text = printable(text);
        if self.json {
            let error = text.strip_prefix("error: ").unwrap_or(&text).trim_end();
            self.log(Level::Error, "error", error, json!({ "exit": Exit::Usage as u8 }));
            self.document(&json!({ "status": "failed", "exit": Exit::Usage as u8, "findings": [], "error": error }));
        } else {
            self.note(&text);
        }
        Exit::Usage
    }

    /// Shows why a command stopped, and gives its status. `more` are further keys of the JSON document.
    pub fn stop(&mut self, stop: &Stop, sources: &SourceMap, more: Value) -> Exit {
        let exit = stop.exit();
        let (found, error): (&[Diagnostic], Option<&Error>) = match stop {
            Stop::Configuration(found) | Stop::Findings(found) => (found, None),
            Stop::Error(error) => (&[], Some(error)),
        };
        let said = error.map(|e| printable(&e.to_string()));
        self.findings(found, sources);
        if self.json {
            self.event(Level::Error, "failed", &failed(found, said.as_deref()), json!({ "exit": exit as u8 }));
            let mut document = json!({
                "status": "failed",
                "exit": exit as u8,
                "findings": render::json(found, sources),
                "error": said,
            });
            if let (Some(document), Value::Object(more)) = (document.as_object_mut(), more) {
                document.extend(more);
            }
            self.document(&document);
        } else if let Some(said) = said {
            self.note(&format!("error: {said}\n"));
        }
        exit
    }
}

/// Why a command stopped, in one line: the error, or how much was found.
fn failed(found: &[Diagnostic], error: Option<&str>) -> String {
    match (error, render::count(found)) {
        (Some(error), _) => error.to_owned(),
        (None, Some(count)) => count,
        (None, None) => "it stopped without a word".to_owned(),
    }
}

/// The text without characters that steer a terminal or that nobody sees.
pub fn printable(text: &str) -> String {
    diag::printable::printable(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_escaped() {
        assert_eq!(
            printable("a\u{1b}[31m\u{202e}b\u{2066}\u{9b}\r\n战略"),
            "a\\u{1b}[31m\\u{202e}b\\u{2066}\\u{9b}\\u{d}\n战略"
        );
    }
}
