//! Dates as literals.

use super::Checker;
use crate::calendar::day_number;
use crate::diag::{Diagnostic, ids};
use crate::rules::ast;
use crate::rules::typed::{Expr, ExprKind};
use crate::rules::types::{Kind, Type};
use crate::source::Span;
use jiff::civil::Date;

impl Checker<'_> {
    /// `date("2017-04-01")`: checked here, a constant from here on.
    pub(super) fn date_literal(&mut self, arg: &ast::Expr, text: &str, span: Span) -> Expr {
        match text.parse::<Date>() {
            Ok(date) if text.len() == 10 => {
                Expr { ty: Type::of(Kind::Date), span, kind: ExprKind::Date(day_number(date)) }
            }
            _ => {
                let found = Diagnostic::error(ids::BAD_LITERAL, format!("`{text}` is not a day of the calendar"))
                    .at(arg.span)
                    .help("write year, month and day as in `date(\"2017-04-01\")`");
                self.report(found);
                super::poison(span)
            }
        }
    }
}
