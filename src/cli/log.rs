//! Log lines: one JSON object a line, for what goes to standard error beside a JSON answer.
//!
//! In: what happened. Out: lines. Must not know: streams, commands. docs/scheduling.md documents the fields. Start at
//! [`line`]; [`run_event`] says what a run's events look like.

use super::output::printable;
use crate::diag::{Diagnostic, Severity, render};
use crate::run::watch::Event;
use crate::source::SourceMap;
use crate::system::System;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::io::Write;

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// What happens.
    Info,
    /// Somebody should look.
    Warning,
    /// Why a command has no answer.
    Error,
}

impl Level {
    fn word(self) -> &'static str {
        match self {
            Level::Info => "info",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }
}

/// A line, with its end: time, level, event, message, then what every line of the command says, then what this one does.
pub fn line(
    now_micros: i64,
    level: Level,
    event: &str,
    message: &str,
    about: &Map<String, Value>,
    fields: Value,
) -> String {
    let time = Timestamp::from_microsecond(now_micros).map(|time| time.to_string()).unwrap_or_default();
    let mut object = Map::new();
    object.insert("time".to_owned(), json!(time));
    object.insert("level".to_owned(), json!(level.word()));
    object.insert("event".to_owned(), json!(event));
    object.insert("message".to_owned(), json!(message));
    object.extend(about.clone());
    if let Value::Object(fields) = fields {
        object.extend(fields.into_iter().filter(|(_, value)| !value.is_null()));
    }
    format!("{}\n", Value::Object(object))
}

/// What each finding gives for a line: level, message, fields.
pub fn findings(found: &[Diagnostic], sources: &SourceMap) -> Vec<(Level, String, Value)> {
    let Value::Array(objects) = render::json(found, sources) else { return Vec::new() };
    let one = |object: &Value| {
        let level = match object["severity"] == Severity::Error.word() {
            true => Level::Error,
            false => Level::Warning,
        };
        let mut fields = json!({
            "id": object["id"], "file": object["file"], "line": object["line"], "column": object["column"],
            "notes": object["notes"], "help": object["help"],
        });
        if let Some(location) = object["location"].as_str() {
            let (file, line, column) = place(location);
            (fields["file"], fields["line"], fields["column"]) = (json!(file), json!(line), json!(column));
        }
        (level, object["message"].as_str().unwrap_or_default().to_owned(), fields)
    };
    objects.iter().map(one).collect()
}

/// File, line and column of `file:line:column`, of `file:line`, or of a path.
fn place(location: &str) -> (&str, Option<u64>, Option<u64>) {
    let cut = |text| match str::rsplit_once(text, ':') {
        Some((before, number)) => number.parse::<u64>().ok().map(|number| (before, number)),
        None => None,
    };
    match cut(location) {
        None => (location, None, None),
        Some((before, last)) => match cut(before) {
            None => (before, Some(last), None),
            Some((file, line)) => (file, Some(line), Some(last)),
        },
    }
}

/// What an event of a run gives for lines: event, message, fields.
pub fn run_event(event: &Event<'_>) -> Vec<(&'static str, String, Value)> {
    match event {
        Event::Begun => vec![("begun", "the lock is held, the tables are read".to_owned(), json!({}))],
        Event::Loaded { tables, how } => {
            let table = |row: &crate::run::record::TableRow| {
                let message = format!("{}: {} rows read, {} kept", printable(&row.table), row.read, row.kept);
                let fields = json!({
                    "table": row.table, "rows": row.read, "kept": row.kept, "quarantined": row.quarantined,
                    "removed": row.removed, "how": how,
                });
                ("table", message, fields)
            };
            tables.iter().map(table).collect()
        }
        Event::Named { run } => vec![("named", format!("this is run {run}"), json!({ "run": run }))],
        Event::Stage(stage) => {
            let message = format!("{}: {:.0} ms", printable(&stage.stage), stage.millis);
            let fields = json!({
                "stage": stage.stage, "millis": stage.millis, "rows": stage.customers, "evaluator": stage.evaluator,
            });
            vec![("stage", message, fields)]
        }
    }
}

/// Has panics told as log lines.
pub fn panics(system: &'static dyn System) {
    std::panic::set_hook(Box::new(|panic| {
        let text = panic.payload_as_str().unwrap_or("it gave up without a word");
        let place = panic.location().map(|place| format!("{}:{}", place.file(), place.line()));
        let fields = json!({ "place": place });
        let line = line(system.now_micros(), Level::Error, "panic", &printable(text), &Map::new(), fields);
        let _ = std::io::stderr().write_all(line.as_bytes());
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::ids;
    use crate::source::Span;

    #[test]
    fn a_line_says_when_what_and_of_which_run() {
        let about = json!({ "cycle": "FY2017" });
        let fields = json!({ "stage": "load", "rows": null, "millis": 1.5 });
        let text = line(1_500_000_000_000_001, Level::Info, "stage", "load: 2\nms", about.as_object().unwrap(), fields);
        assert_eq!(
            text,
            "{\"time\":\"2017-07-14T02:40:00.000001Z\",\"level\":\"info\",\"event\":\"stage\",\
             \"message\":\"load: 2\\nms\",\"cycle\":\"FY2017\",\"stage\":\"load\",\"millis\":1.5}\n"
        );
    }

    #[test]
    fn findings_have_file_line_and_column() {
        let mut sources = SourceMap::default();
        let file = sources.add("rules/a.rhai", "1\n2 + x");
        let found = [
            Diagnostic::error(ids::UNKNOWN_NAME, "no `x`").at(Span::new(file, 6, 7)).help("name it"),
            Diagnostic::warning(ids::VALUE_WRONG, "not a date").located("datasets/a:b.csv:17"),
            Diagnostic::warning(ids::UNNAMED_TIER, "no rule names it"),
        ];
        let lines = findings(&found, &sources);
        let (level, message, fields) = &lines[0];
        assert_eq!((*level, message.as_str()), (Level::Error, "no `x`"));
        assert_eq!(
            *fields,
            json!({ "id": "unknown-name", "file": "rules/a.rhai", "line": 2, "column": 5, "notes": [], "help": ["name it"] })
        );
        let fields = &lines[1].2;
        assert_eq!((&fields["file"], &fields["line"]), (&json!("datasets/a:b.csv"), &json!(17)));
        assert_eq!(lines[2].0, Level::Warning);
        assert_eq!(lines[2].2["file"], Value::Null);
    }

    #[test]
    fn places_are_cut_from_behind() {
        assert_eq!(place("a.csv"), ("a.csv", None, None));
        assert_eq!(place("a.csv:3"), ("a.csv", Some(3), None));
        assert_eq!(place("x:a.rhai:3:7"), ("x:a.rhai", Some(3), Some(7)));
    }
}
