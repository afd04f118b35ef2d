//! Why a step cannot be a graph.

use crate::source::Span;

/// What keeps a step from being compiled: it runs on the interpreter instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotCompiled {
    /// The place.
    pub span: Span,
    /// Why.
    pub why: String,
    /// What to write instead.
    pub instead: String,
    by_place: bool,
}

const TOO_LONG: &str = "its calls and loops unroll to more operations than can be compiled";

/// Result of lowering.
pub(super) type Lower<T = ()> = Result<T, NotCompiled>;

impl NotCompiled {
    /// A reason.
    pub(super) fn new(span: Span, why: impl Into<String>, instead: impl Into<String>) -> NotCompiled {
        NotCompiled { span, why: why.into(), instead: instead.into(), by_place: false }
    }

    /// A list does not belong to the elements it is evaluated for.
    pub(super) fn by_place(span: Span) -> NotCompiled {
        let why = "lists of two origins meet in one value";
        NotCompiled { by_place: true, ..NotCompiled::new(span, why, "take one value of each list first") }
    }

    /// The same, where going through lists in another way may help.
    pub(super) fn in_this_way(self) -> NotCompiled {
        NotCompiled { by_place: true, ..self }
    }

    /// Whether going through lists in another way may help.
    pub(super) fn is_by_place(&self) -> bool {
        self.by_place
    }

    /// Calls and loops make it too long.
    pub(super) fn too_long(span: Span) -> NotCompiled {
        NotCompiled::new(span, TOO_LONG, "loop over fewer turns, or use a table of parameters")
    }

    /// Whether calls and loops make it too long.
    pub(super) fn is_too_long(&self) -> bool {
        self.why == TOO_LONG
    }
}
