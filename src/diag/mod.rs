//! Diagnostics: what an analyst can mend.
//!
//! In: an id, a message, a place. Out: one [`Diagnostic`] value that any renderer can show. Must not know: terminals,
//! colours, where it came from. Start at [`Diagnostic::error`]; all ids stand in [`ids`].

mod excerpt;
pub mod ids;
pub mod printable;
pub mod render;
pub mod suggest;

pub use ids::Id;

use crate::source::Span;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The command cannot go on.
    Error,
    /// It can, and the analyst should look.
    Warning,
}

impl Severity {
    /// `error` or `warning`.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// One finding: stable id, severity, message, one primary place, further labels, and help.
///
/// ```
/// use tierwright::diag::{Diagnostic, ids};
/// let d = Diagnostic::error(ids::UNKNOWN_COLUMN, "no column `recency_day`").help("did you mean `recency_days`?");
/// assert_eq!(d.id.name(), "unknown-column");
/// assert_eq!(d.help, ["did you mean `recency_days`?"]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable kebab-case id.
    pub id: Id,
    /// Error or warning.
    pub severity: Severity,
    /// What is wrong, in one terse line without a full stop.
    pub message: String,
    /// Where, if it has a place in a source text.
    pub span: Option<Span>,
    /// What stands at the primary place; may be empty.
    pub label: String,
    /// Further places with what they have to do with it.
    pub labels: Vec<(Span, String)>,
    /// Where, if it has no place in a source text: `datasets/orders.csv:17` or a path.
    pub location: Option<String>,
    /// What to do.
    pub help: Vec<String>,
    /// Facts that help to understand.
    pub notes: Vec<String>,
}

impl Diagnostic {
    /// An error without a place yet.
    pub fn error(id: Id, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            id,
            severity: Severity::Error,
            message: message.into(),
            span: None,
            label: String::new(),
            labels: Vec::new(),
            location: None,
            help: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// A warning without a place yet.
    pub fn warning(id: Id, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(id, message) }
    }

    /// Sets the primary place.
    #[must_use]
    pub fn at(mut self, span: Span) -> Diagnostic {
        self.span = Some(span);
        self
    }

    /// Sets the primary place and what stands there.
    #[must_use]
    pub fn at_with(mut self, span: Span, label: impl Into<String>) -> Diagnostic {
        self.span = Some(span);
        self.label = label.into();
        self
    }

    /// Adds a further place.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.labels.push((span, text.into()));
        self
    }

    /// Names a place outside the source texts, such as a row of a data file.
    #[must_use]
    pub fn located(mut self, location: impl Into<String>) -> Diagnostic {
        self.location = Some(location.into());
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Diagnostic {
        self.help.push(text.into());
        self
    }

    /// Adds "did you mean" if one of `names` is near `wrong`.
    #[must_use]
    pub fn did_you_mean<'a>(self, wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Diagnostic {
        match suggest::nearest(wrong, names) {
            Some(name) => self.help(format!("did you mean `{name}`?")),
            None => self,
        }
    }

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Diagnostic {
        self.notes.push(text.into());
        self
    }

    /// Whether it is an error.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// The finding of a project's file that is not UTF-8, at the line of the first wrong byte.
pub fn not_utf8(path: &str, error: &std::string::FromUtf8Error) -> Diagnostic {
    let valid = error.utf8_error().valid_up_to();
    let line = 1 + error.as_bytes()[..valid].iter().filter(|b| **b == b'\n').count();
    let found = Diagnostic::error(ids::ENCODING, format!("`{path}` is not UTF-8"));
    found.located(format!("{path}:{line}")).help("save the file as UTF-8")
}

/// Sorts by place (file, then offset), errors of one place before warnings, and drops exact repeats.
pub fn sort(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|a, b| (a.span, &a.location, a.severity, a.id).cmp(&(b.span, &b.location, b.severity, b.id)));
    diagnostics.dedup();
}
