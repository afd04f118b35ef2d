//! Why a step is undetermined for a customer.
//!
//! In: a kind, a place, what failed there. Out: [`Cause`], whose text is stable: it is written to the output and compared
//! between runs. Must not know: the evaluator that found it.

use std::fmt;

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CauseKind {
    /// A missing value where one is needed.
    Missing,
    /// `/`, `%`, `idiv` or `scale` by zero.
    DivisionByZero,
    /// An integer out of 64 bits, a date out of its range.
    Overflow,
    /// A computed NaN or infinity.
    NotFinite,
    /// An index, a count or a bound out of range.
    OutOfRange,
    /// A text that is not a number.
    NotANumber,
    /// `throw`.
    Thrown,
    /// A tier that the project's order does not have.
    UnknownTier,
}

impl CauseKind {
    /// The kind of a word.
    ///
    /// ```
    /// use tierwright::rules::cause::CauseKind;
    /// assert_eq!(CauseKind::of_word("not finite"), Some(CauseKind::NotFinite));
    /// ```
    pub fn of_word(word: &str) -> Option<CauseKind> {
        use CauseKind::{DivisionByZero, Missing, NotANumber, NotFinite, OutOfRange, Overflow, Thrown, UnknownTier};
        let all = [Missing, DivisionByZero, Overflow, NotFinite, OutOfRange, NotANumber, Thrown, UnknownTier];
        all.into_iter().find(|kind| kind.word() == word)
    }

    /// The word in a cause's text.
    pub fn word(self) -> &'static str {
        match self {
            CauseKind::Missing => "missing",
            CauseKind::DivisionByZero => "division by zero",
            CauseKind::Overflow => "overflow",
            CauseKind::NotFinite => "not finite",
            CauseKind::OutOfRange => "out of range",
            CauseKind::NotANumber => "not a number",
            CauseKind::Thrown => "thrown",
            CauseKind::UnknownTier => "unknown tier",
        }
    }
}

/// Why a step is undetermined.
///
/// ```
/// use tierwright::rules::cause::{Cause, CauseKind};
/// let cause = Cause::new(CauseKind::Missing, "rules/tier.rhai:4:9", "accounts.sector");
/// assert_eq!(cause.to_string(), "rules/tier.rhai:4:9: missing: accounts.sector");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cause {
    /// `file:line:column` of the operand that is missing, or of the expression that failed.
    pub place: String,
    /// What went wrong.
    pub kind: CauseKind,
    /// `table.column` where that is what is missing, else the expression, or the text of `throw`.
    pub subject: String,
}

impl Cause {
    /// A cause.
    pub fn new(kind: CauseKind, place: impl Into<String>, subject: impl Into<String>) -> Cause {
        Cause { place: place.into(), kind, subject: subject.into() }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.place, self.kind.word(), self.subject)
    }
}
