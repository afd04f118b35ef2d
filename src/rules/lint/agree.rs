//! Findings that must hold wherever one piece of text is typed.
//!
//! In: for each place, once for each typing, a finding or none. Out: the findings that all typings of their place
//! share. Must not know: what is found. So a test for `()` in a function is reported only if no call gives it a value
//! that may be missing.

use crate::diag::Diagnostic;
use crate::source::Span;
use std::collections::BTreeMap;

/// What was found at each place.
#[derive(Debug, Default)]
pub(super) struct Agree {
    /// A finding while all typings had it; `None` once one had none or another.
    places: BTreeMap<Span, Option<Diagnostic>>,
}

impl Agree {
    /// Enters what one typing of a place has.
    pub(super) fn enter(&mut self, place: Span, found: Option<Diagnostic>) {
        self.places
            .entry(place)
            .and_modify(|before| {
                if before.as_ref().map(|b| &b.message) != found.as_ref().map(|f| &f.message) {
                    *before = None;
                }
            })
            .or_insert(found);
    }

    /// The findings that hold in all typings.
    pub(super) fn finish(self) -> Vec<Diagnostic> {
        self.places.into_values().flatten().collect()
    }
}
