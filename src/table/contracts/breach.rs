//! A rule that rows break and stay all the same.
//!
//! In: the rule, the rows. Out: what the quality report counts, and the finding. Must not know: how rows were judged.
//! Start at [`Breach`].

use super::Broken;
use crate::diag::{Diagnostic, Id, ids};
use crate::manifest::model::{Severity, Table};
use crate::source::Span;
use crate::table::Lines;
use crate::table::withhold::{self, WITHHELD};

/// Rows that a finding gives as examples.
pub const EXAMPLES: usize = 3;
/// Rows among which examples are looked for; some of them may leave the table later.
pub const REMEMBERED: usize = 1_000;

/// A rule, with the rows that break it.
pub struct Breach {
    /// [`Severity::Warn`] or [`Severity::Fail`].
    pub severity: Severity,
    /// The columns that it is about; none for the row as a whole.
    pub columns: Vec<String>,
    /// What kind of fault it is.
    pub id: Id,
    /// What is wrong with a row, as a clause.
    pub message: String,
    /// The rule as it is written.
    pub rule: String,
    /// Where it is declared.
    pub span: Span,
    /// The rows, ascending.
    rows: Vec<u32>,
    /// What stands in the first of them.
    texts: Vec<String>,
}

/// A breach among the rows that are left.
pub struct Counted {
    /// How many rows.
    pub rows: u64,
    /// The first of them, each with its place and what stands there.
    pub examples: Vec<String>,
}

impl Breach {
    /// The breach of a rule by these rows.
    pub fn new(broken: Broken, rows: Vec<u32>) -> Breach {
        let texts = rows.iter().take(REMEMBERED).map(|row| (broken.text)(*row)).collect();
        let Broken { severity, columns, id, message, rule, span, text: _ } = broken;
        Breach { severity, columns, id, message, rule, span, rows, texts }
    }

    /// The same rule with rows that are told elsewhere.
    pub fn rule(&self) -> Breach {
        let (columns, message, rule) = (self.columns.clone(), self.message.clone(), self.rule.clone());
        Breach { columns, message, rule, rows: Vec::new(), texts: Vec::new(), ..*self }
    }

    /// The rows, ascending.
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// What tells rules apart and puts them in order: those of one row by where they are declared, then those of several.
    pub fn order(&self) -> (bool, u32, &str, &str) {
        let of_several = [ids::EXACT_DUPLICATE, ids::NOT_UNIQUE].contains(&self.id);
        (of_several, self.span.start, &self.rule, &self.message)
    }

    /// The first rows, each as an example.
    pub fn examples<'b>(&'b self, table: &'b Table, lines: &'b Lines) -> impl Iterator<Item = (u32, String)> + 'b {
        self.rows.iter().zip(&self.texts).map(move |(row, text)| (*row, self.example(table, lines, *row, text)))
    }

    /// The place of a row and what stands there.
    fn example(&self, table: &Table, lines: &Lines, row: u32, text: &str) -> String {
        let text = withhold::text(table, &self.columns.join(", "), text);
        match (text, text.is_empty()) {
            (_, true) => lines.place(row),
            (WITHHELD, _) => format!("{} {WITHHELD}", lines.place(row)),
            (text, _) => format!("{} `{}`", lines.place(row), text.escape_debug()),
        }
    }

    /// The breach among the rows that stay in the end.
    pub fn among(&self, table: &Table, lines: &Lines, alive: &[bool]) -> Counted {
        let rows = self.rows.iter().filter(|row| alive[**row as usize]).count() as u64;
        let left = self.rows.iter().zip(&self.texts).filter(|(row, _)| alive[**row as usize]);
        let example = |(row, text): (&u32, &String)| self.example(table, lines, *row, text);
        Counted { rows, examples: left.take(EXAMPLES).map(example).collect() }
    }

    /// The finding: a warning, or an error for a rule that fails the run.
    pub fn finding(&self, table: &Table, counted: &Counted) -> Diagnostic {
        let (rows, word) = (counted.rows, if counted.rows == 1 { "row breaks" } else { "rows break" });
        let message = format!("{rows} {word} {} of `{}`: {}", self.rule, table.name, self.message);
        let finding = match self.severity {
            Severity::Fail => Diagnostic::error(self.id, message),
            _ => Diagnostic::warning(self.id, message),
        };
        let mut finding = finding.at(self.span);
        finding.notes = counted.examples.clone();
        let more = (counted.rows as usize).saturating_sub(counted.examples.len());
        if more > 0 && !counted.examples.is_empty() {
            finding.notes.push(format!("and {more} more"));
        }
        match self.severity {
            Severity::Fail => {
                finding.help("mend the source, or say `severity: quarantine` or `warn` in the long form of the rule")
            }
            _ => finding.help("mend the source; with `severity: quarantine` such rows are left out"),
        }
    }
}
