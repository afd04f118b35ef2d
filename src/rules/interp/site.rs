//! Where in the rules an operation stands, and what failed there.
//!
//! In: spans of an operation and its operands, noted while rewriting under the position of the call in the rewritten
//! text; Rhai's errors. Out: [`Cause`]s with places and subjects of the original text. Must not know: what an operation
//! computes.
//!
//! A native function returns a [`Failure`]; Rhai's engine adds the position of the call, by which [`Sites`] finds the
//! [`Site`] again; where one call computes several operations, the failure names the operation. So nothing is passed along, and a customer without failure pays nothing.

use crate::rules::cause::{Cause, CauseKind};
use crate::rules::site::{Part, Site, decode, encode};
use crate::source::SourceMap;
use rhai::{Array, Dynamic, EvalAltResult, ImmutableString, Position};
use std::collections::HashMap;

/// Why a native function gives no value.
#[derive(Clone, Debug)]
pub(super) enum Failure {
    /// The customer is undetermined.
    At(CauseKind, Part),
    /// The customer is undetermined by one of the operations that are computed in one call: its number.
    Within(u32, CauseKind, Part),
    /// `throw`.
    Thrown(ImmutableString),
    /// `throw` as one of the operations that are computed in one call: its number.
    ThrownWithin(u32, ImmutableString),
    /// A limit on sizes; the word says which.
    Limit(&'static str),
    /// A value that its type does not allow: a defect of ours.
    Defect(&'static str),
}

/// Result of a native function.
pub(super) type Outcome<T = Dynamic> = Result<T, Failure>;

impl Failure {
    /// Operand `n` is missing.
    pub(super) fn missing(n: usize) -> Failure {
        Failure::At(CauseKind::Missing, Part::Operand(n as u32))
    }

    /// The operation as a whole fails.
    pub(super) fn whole(kind: CauseKind) -> Failure {
        Failure::At(kind, Part::Whole)
    }

    /// The same, where it is a failure of an operation, at the operation of this number.
    pub(super) fn within(self, operation: u32) -> Failure {
        match self {
            Failure::At(kind, part) => Failure::Within(operation, kind, part),
            Failure::Thrown(text) => Failure::ThrownWithin(operation, text),
            other => other,
        }
    }

    /// As the engine carries it; the engine adds the position.
    pub(super) fn into_error(self) -> Box<EvalAltResult> {
        let none = Position::NONE;
        Box::new(match self {
            Failure::At(kind, part) => EvalAltResult::ErrorRuntime(Dynamic::from_int(encode(kind, part)), none),
            Failure::Within(operation, kind, part) => {
                let code = (i64::from(operation) + 1) << WITHIN | encode(kind, part);
                EvalAltResult::ErrorRuntime(Dynamic::from_int(code), none)
            }
            Failure::ThrownWithin(operation, text) => {
                let thrown: Array = vec![Dynamic::from_int(i64::from(operation)), text.into()];
                EvalAltResult::ErrorRuntime(thrown.into(), none)
            }
            Failure::Thrown(text) => EvalAltResult::ErrorRuntime(text.into(), none),
            Failure::Limit(what) => EvalAltResult::ErrorDataTooLarge(what.to_owned(), none),
            Failure::Defect(what) => EvalAltResult::ErrorSystem(what.to_owned(), what.into()),
        })
    }
}

/// Bits of a kind and part in the code of a failure; the number of an operation stands above them.
const WITHIN: u32 = 36;

/// All operations of a rewritten text, by the line and column of their calls; those that share a call by number.
#[derive(Debug, Default)]
pub(super) struct Sites {
    by_position: HashMap<(usize, usize), Site>,
    within: Vec<Site>,
}

/// What an error of the engine means.
#[derive(Debug)]
pub(super) enum Meaning {
    /// This customer is undetermined.
    Undetermined(Cause),
    /// A limit was reached: operations or time, depth, or a size.
    Limit(Over),
    /// A defect of ours.
    Defect(String),
}

/// Which limit was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    /// Operations, or what the meter says: time or stack.
    Work,
    /// Time.
    Time,
    /// Bytes of stack.
    Stack,
    /// Nested calls.
    Depth,
    /// Elements of a list or keys of a map.
    Collection,
    /// Bytes of a text.
    Text,
}

/// The word of [`Failure::Limit`] for a text; any other is a collection.
pub(super) const TEXT: &str = "text";

impl Sites {
    /// Notes the operation whose call stands at a line and column of the rewritten text.
    pub(super) fn add(&mut self, position: (usize, usize), site: Site) {
        self.by_position.insert(position, site);
    }

    /// Notes an operation that shares its call with others; its number.
    pub(super) fn add_within(&mut self, site: Site) -> u32 {
        self.within.push(site);
        self.within.len() as u32 - 1
    }

    /// How many of these there are.
    pub(super) fn count_within(&self) -> usize {
        self.within.len()
    }

    /// Forgets all of these but the first `count`.
    pub(super) fn forget_within(&mut self, count: usize) {
        self.within.truncate(count);
    }

    /// What an error of the engine means for the customer.
    pub(super) fn read(&self, error: &EvalAltResult, sources: &SourceMap) -> Meaning {
        match error {
            EvalAltResult::ErrorInFunctionCall(_, _, inner, _) => self.read(inner, sources),
            EvalAltResult::ErrorRuntime(value, position) => self.cause(value, *position, sources).map_or_else(
                || Meaning::Defect(format!("a rule failed at an unknown place: {error}")),
                Meaning::Undetermined,
            ),
            EvalAltResult::ErrorTerminated(..) | EvalAltResult::ErrorTooManyOperations(..) => {
                Meaning::Limit(Over::Work)
            }
            EvalAltResult::ErrorStackOverflow(..) => Meaning::Limit(Over::Depth),
            EvalAltResult::ErrorDataTooLarge(what, _) if what == TEXT => Meaning::Limit(Over::Text),
            EvalAltResult::ErrorDataTooLarge(..) => Meaning::Limit(Over::Collection),
            other => Meaning::Defect(format!("the rule engine failed: {other}")),
        }
    }

    fn cause(&self, value: &Dynamic, position: Position, sources: &SourceMap) -> Option<Cause> {
        let at_position = || self.by_position.get(&(position.line()?, position.position()?));
        if let Ok(text) = value.as_immutable_string_ref() {
            return Some(at_position()?.thrown(text.as_str(), sources));
        }
        if let Ok(thrown) = value.as_array_ref() {
            let [number, text] = &thrown[..] else { return None };
            let site = self.within.get(usize::try_from(number.as_int().ok()?).ok()?)?;
            return Some(site.thrown(text.as_immutable_string_ref().ok()?.as_str(), sources));
        }
        let code = value.as_int().ok()?;
        let site = match usize::try_from(code >> WITHIN).ok()?.checked_sub(1) {
            Some(number) => self.within.get(number)?,
            None => at_position()?,
        };
        let (kind, part) = decode(code & ((1 << WITHIN) - 1))?;
        Some(site.cause(kind, part, sources))
    }
}
