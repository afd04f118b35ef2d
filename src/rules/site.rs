//! Places of the rules where an operation can fail, and what a cause calls them.
//!
//! In: typed expressions, a schema. Out: [`Subject`]s, [`Site`]s, and [`Cause`]s made of them. Must not know: evaluators,
//! which all name what failed through this module.

use super::builtin::ListMethod;
use super::cause::{Cause, CauseKind};
use super::schema::Schema;
use super::typed::{Expr, ExprKind, Instance, LocalId};
use super::walk;
use crate::source::{SourceMap, Span};
use std::collections::HashMap;

/// What of an operation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The operation itself.
    Whole,
    /// An operand, from 0.
    Operand(u32),
    /// An element of the list that is operand 0.
    Element,
}

/// A place with what a cause calls it: `table.column` for a column, else its text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Subject {
    /// Its place.
    pub span: Span,
    /// Its name, if it is a column or a reference.
    pub name: Option<String>,
}

/// One operation of the rules.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Site {
    /// The whole expression.
    pub whole: Span,
    /// Its operands.
    pub operands: Vec<Subject>,
    /// An element of operand 0, where that is a list.
    pub element: Option<Subject>,
}

impl Subject {
    /// A place that is no column.
    pub fn unnamed(span: Span) -> Subject {
        Subject { span, name: None }
    }

    /// The cause of a failure here.
    pub fn cause(&self, kind: CauseKind, sources: &SourceMap) -> Cause {
        let name = self.name.clone().unwrap_or_else(|| on_one_line(sources.text(self.span)));
        Cause::new(kind, sources.place(self.span), name)
    }
}

impl Site {
    /// What failed.
    pub fn subject(&self, part: Part) -> Subject {
        let found = match part {
            Part::Whole => None,
            Part::Element => self.element.clone(),
            Part::Operand(n) => self.operands.get(n as usize).cloned(),
        };
        found.unwrap_or_else(|| Subject::unnamed(self.whole))
    }

    /// The cause of a failure of `part`.
    pub fn cause(&self, kind: CauseKind, part: Part, sources: &SourceMap) -> Cause {
        self.subject(part).cause(kind, sources)
    }

    /// The cause of a `throw` with this text.
    pub fn thrown(&self, text: &str, sources: &SourceMap) -> Cause {
        Cause::new(CauseKind::Thrown, sources.place(self.whole), text)
    }
}

/// What the expressions of an instance are called.
#[derive(Clone, Debug)]
pub struct Names<'a> {
    schema: &'a Schema,
    bound: HashMap<LocalId, &'a Expr>,
}

impl<'a> Names<'a> {
    /// Names for the expressions of `instance`.
    pub fn new(schema: &'a Schema, instance: Option<&'a Instance>) -> Names<'a> {
        Names { schema, bound: instance.map(walk::bound_once).unwrap_or_default() }
    }

    /// The site of an operation with these operands.
    pub fn site(&self, whole: Span, operands: &[&Expr]) -> Site {
        Site { whole, operands: operands.iter().map(|e| self.subject(e)).collect(), element: None }
    }

    /// What a cause calls an expression that is missing.
    pub fn subject(&self, e: &Expr) -> Subject {
        Subject { span: e.span, name: self.column_name(e) }
    }

    fn column_name(&self, e: &Expr) -> Option<String> {
        match &e.kind {
            ExprKind::Column { table, column, .. } => {
                let table = self.schema.table(*table);
                let column = table.columns.get(column.0 as usize)?;
                Some(format!("{}.{}", table.name, column.name))
            }
            ExprKind::Reference { table, reference, .. } => {
                let table = self.schema.table(*table);
                let reference = table.references.get(*reference)?;
                Some(format!("{}.{}", table.name, reference.name))
            }
            ExprKind::ToFloat(below) => self.column_name(below),
            ExprKind::Local(local) => self.column_name(self.bound.get(local)?),
            _ => None,
        }
    }

    /// What a cause calls an element of a list: the lambda's body that made it, else the list.
    pub fn element(&self, list: &Expr) -> Subject {
        match &list.kind {
            ExprKind::ListCall { method: ListMethod::Map, lambda: Some(lambda), .. } => self.subject(&lambda.body),
            ExprKind::ListCall { method: ListMethod::FlatMap, lambda: Some(lambda), .. } => self.element(&lambda.body),
            ExprKind::ListCall {
                method: ListMethod::Filter | ListMethod::SortBy | ListMethod::Top,
                list: below,
                ..
            }
            | ExprKind::DecimalsToFloats(below) => self.element(below),
            ExprKind::Local(local) => {
                let name = self.bound.get(local).and_then(|value| self.element(value).name);
                Subject { span: list.span, name }
            }
            _ => Subject { span: list.span, name: None },
        }
    }
}

const KINDS: [CauseKind; 6] = [
    CauseKind::Missing,
    CauseKind::DivisionByZero,
    CauseKind::Overflow,
    CauseKind::NotFinite,
    CauseKind::OutOfRange,
    CauseKind::NotANumber,
];

/// A failure of an operation in one byte; 0 is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Hash)]
pub struct Failure(pub u8);

/// A kind and a part as one number, from 0.
pub const fn encode(kind: CauseKind, part: Part) -> i64 {
    let kind = match kind {
        CauseKind::Missing => 0,
        CauseKind::DivisionByZero => 1,
        CauseKind::Overflow => 2,
        CauseKind::NotFinite => 3,
        CauseKind::OutOfRange => 4,
        // The others are no failures of operations.
        CauseKind::NotANumber | CauseKind::Thrown | CauseKind::UnknownTier => 5,
    };
    let part = match part {
        Part::Whole => 0,
        Part::Element => 1,
        Part::Operand(n) => n as i64 + 2,
    };
    part * KINDS.len() as i64 + kind
}

/// The kind and part that [`encode`] made a number of.
pub fn decode(code: i64) -> Option<(CauseKind, Part)> {
    let code = usize::try_from(code).ok()?;
    let part = match code / KINDS.len() {
        0 => Part::Whole,
        1 => Part::Element,
        n => Part::Operand(u32::try_from(n - 2).ok()?),
    };
    Some((KINDS[code % KINDS.len()], part))
}

impl Failure {
    const fn of(kind: CauseKind, part: Part) -> Failure {
        Failure(1 + encode(kind, part) as u8)
    }

    /// The operation fails as a whole.
    pub const fn whole(kind: CauseKind) -> Failure {
        Failure::of(kind, Part::Whole)
    }

    /// An element of its list fails.
    pub const fn element(kind: CauseKind) -> Failure {
        Failure::of(kind, Part::Element)
    }

    /// Operand `n` fails; of at most 30.
    pub const fn operand(kind: CauseKind, n: u8) -> Failure {
        Failure::of(kind, Part::Operand(n as u32))
    }

    /// What failed and how; `None` if nothing.
    pub fn read(self) -> Option<(CauseKind, Part)> {
        decode(i64::from(self.0) - 1)
    }
}

/// A source text with runs of white space made one blank.
pub fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_survive_their_number() {
        for kind in KINDS {
            for part in [Part::Whole, Part::Element, Part::Operand(0), Part::Operand(300)] {
                assert_eq!(decode(encode(kind, part)), Some((kind, part)));
            }
        }
        assert_eq!(decode(-1), None);
    }

    #[test]
    fn failures_are_read_back() {
        for kind in KINDS {
            assert_eq!(Failure::whole(kind).read(), Some((kind, Part::Whole)));
            assert_eq!(Failure::element(kind).read(), Some((kind, Part::Element)));
            for n in [0, 1, 30] {
                assert_eq!(Failure::operand(kind, n).read(), Some((kind, Part::Operand(u32::from(n)))));
            }
        }
        assert_eq!(Failure::default().read(), None);
        assert_eq!(on_one_line(" a\n\t +  b "), "a + b");
    }
}
