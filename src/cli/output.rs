//! Standard output and standard error.
//!
//! In: texts, findings. Out: bytes on the two streams. Must not know: commands. A closed pipe is no error: what reads us
//! has seen enough. Data that cannot be written otherwise, as to a full disk, is one.

use crate::diag::{self, Diagnostic, render};
use crate::error::{Error, Exit, Stop};
use crate::source::SourceMap;
use crate::system::System;
use serde_json::{Value, json};
use std::io::{IsTerminal, Write};

/// Where a command's answer goes.
pub struct Output {
    data: Box<dyn Write>,
    notes: Box<dyn Write>,
    /// Whether the answer is one JSON document.
    pub json: bool,
    style: render::Style,
    lost: Option<std::io::Error>,
}

impl Output {
    /// The process's own streams. Colours only on a terminal and without `NO_COLOR`.
    pub fn terminal(system: &dyn System) -> Output {
        let plain =
            system.env("NO_COLOR").is_some_and(|v| !v.is_empty()) || system.env("TERM").as_deref() == Some("dumb");
        let colour = !plain && std::io::stderr().is_terminal();
        let width = system.env("COLUMNS").and_then(|c| c.parse().ok()).unwrap_or(render::Style::default().width);
        Output {
            data: Box::new(std::io::stdout()),
            notes: Box::new(std::io::stderr()),
            json: false,
            style: render::Style { colour, width, concise: false },
            lost: None,
        }
    }

    /// Writes data.
    pub fn data(&mut self, text: &str) {
        let written = self.data.write_all(text.as_bytes()).and_then(|()| self.data.flush());
        self.lost = self.lost.take().or(written.err().filter(|e| e.kind() != std::io::ErrorKind::BrokenPipe));
    }

    /// The status to end with: that of the command, unless its answer could not be written.
    pub fn end(&mut self, exit: Exit) -> Exit {
        match self.lost.take() {
            Some(error) => {
                self.note(&format!("error: cannot write to standard output: {error}\n"));
                if exit == Exit::Done { Exit::InputOutput } else { exit }
            }
            None => exit,
        }
    }

    /// Writes what is no data.
    pub fn note(&mut self, text: &str) {
        let _ = self.notes.write_all(text.as_bytes()).and_then(|()| self.notes.flush());
    }

    /// Writes the answer's JSON document.
    pub fn document(&mut self, value: &Value) {
        self.data(&format!("{value:#}\n"));
    }

    /// Shows findings: as text on standard error, unless the answer is JSON, which holds them.
    pub fn findings(&mut self, found: &[Diagnostic], sources: &SourceMap) {
        if !self.json && !found.is_empty() {
            self.note(&render::text(found, sources, self.style));
        }
    }

    /// Shows why the command line is not understood, and gives the status of that.
    pub fn usage(&mut self, text: &str) -> Exit {
        let text = printable(text);
        if self.json {
            let error = text.strip_prefix("error: ").unwrap_or(&text).trim_end();
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
        if self.json {
            let mut document = json!({
                "status": "failed",
                "exit": exit as u8,
                "findings": render::json(found, sources),
                "error": error.map(|e| printable(&e.to_string())),
            });
            if let (Some(document), Value::Object(more)) = (document.as_object_mut(), more) {
                document.extend(more);
            }
            self.document(&document);
        } else {
            self.findings(found, sources);
            if let Some(error) = error {
                self.note(&format!("error: {}\n", printable(&error.to_string())));
            }
        }
        exit
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
