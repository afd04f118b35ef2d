//! Amounts whose currency is another in every row.
//!
//! In: operands with what is known of their units. Out: `unit-mismatch` where amounts of several rows, or an amount and a
//! number, are put together. Must not know: which currencies there are. An amount fits another one of its own row, and
//! nought, which is the same in every currency.

use super::Known;
use super::infer::Inference;
use crate::diag::{Diagnostic, ids};
use crate::rules::typed::{Expr, ExprKind, LocalId};
use crate::rules::walk;
use crate::source::Span;

impl Known {
    pub(super) fn is_varying(&self) -> bool {
        matches!(self, Known::Unit(unit) if unit.is_varying())
    }
}

impl Inference<'_> {
    /// Reports two operands that are added or compared, of which one varies; gives whether it did.
    pub(super) fn varying_pair(&mut self, a: (&Known, &Expr), b: (&Known, &Expr), span: Span) -> bool {
        let fits = match (a.0, b.0) {
            (x, y) if !x.is_varying() && !y.is_varying() => true,
            // Units that differ are reported as such.
            (Known::Unit(x), Known::Unit(y)) if !x.is_plain() && !y.is_plain() => x != y || of_one_row(a.1, b.1),
            (Known::Unit(x), Known::Unit(y)) => (x.is_plain() && is_nought(a.1)) || (y.is_plain() && is_nought(b.1)),
            _ => true,
        };
        if !fits {
            self.report_varying(span, "this puts together");
        }
        !fits
    }

    /// Reports an operation over the amounts of many rows, of which each may have another currency.
    pub(super) fn varying_many(&mut self, known: &Known, name: &str, span: Span) -> bool {
        if known.is_varying() {
            self.report_varying(span, &format!("`{name}` is over"));
        }
        known.is_varying()
    }

    fn report_varying(&mut self, span: Span, what: &str) {
        let message = format!("{what} amounts whose currency varies by row");
        self.add(
            Diagnostic::error(ids::UNIT_MISMATCH, message)
                .at(span)
                .help("convert first: a column with `convert: …, to: EUR, on: …` in the manifest has one currency")
                .help(format!("where it is meant, end the line with `// allow: {}`", ids::UNIT_MISMATCH.name())),
        );
    }
}

/// Whether all columns in two expressions are of one row, as far as can be seen.
fn of_one_row(a: &Expr, b: &Expr) -> bool {
    let mut rows: Vec<Option<LocalId>> = Vec::new();
    for e in [a, b] {
        walk::expr(e, &mut |node| {
            if let walk::Node::Expr(Expr { kind: ExprKind::Column { row, .. }, .. }) = node {
                rows.push(if let ExprKind::Local(local) = row.kind { Some(local) } else { None });
            }
        });
    }
    rows.iter().all(|row| row.is_some() && *row == rows[0])
}

fn is_nought(e: &Expr) -> bool {
    match &e.kind {
        ExprKind::Int(0) => true,
        ExprKind::Float(x) => *x == 0.0,
        ExprKind::ToFloat(below) | ExprKind::Negate(below) => is_nought(below),
        _ => false,
    }
}
