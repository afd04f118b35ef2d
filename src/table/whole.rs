//! What is found out of a source as a whole, beside its rows.
//!
//! In: nothing. Out: [`Whole`]. Must not know: how sources are written.

use crate::diag::Diagnostic;

/// What a reader says of its source as a whole.
#[derive(Debug, Default)]
pub struct Whole {
    /// Columns that the manifest does not declare.
    pub undeclared: Vec<String>,
    /// For each declared column whether any row has it, of sources that have no header.
    pub present: Option<Vec<bool>>,
    /// Findings about the source as a whole; with one of them its rows are not complete.
    pub findings: Vec<Diagnostic>,
    /// Findings that stop nothing.
    pub warnings: Vec<Diagnostic>,
}

impl Whole {
    /// A source that cannot be read.
    pub fn failed(finding: Diagnostic) -> Whole {
        Whole { findings: vec![finding], ..Whole::default() }
    }

    /// Notes which columns some rows have.
    pub fn note(&mut self, more: &[bool]) {
        let present = self.present.get_or_insert_default();
        present.resize(more.len().max(present.len()), false);
        present.iter_mut().zip(more).for_each(|(present, more)| *present |= more);
    }
}
