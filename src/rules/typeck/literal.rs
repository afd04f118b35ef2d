//! Dates as literals.

use super::Checker;
use crate::calendar;
use crate::diag::{Diagnostic, ids};
use crate::rules::ast;
use crate::rules::typed::{Expr, ExprKind};
use crate::rules::types::{Kind, Type};
use crate::source::Span;

impl Checker<'_> {
    /// `date("2017-04-01")`: checked here, a constant from here on.
    pub(super) fn date_literal(&mut self, arg: &ast::Expr, text: &str, span: Span) -> Expr {
        let found = match calendar::parse_date_iso(text) {
            Some(days) if calendar::DATA_DAYS.contains(&days) => {
                return Expr { ty: Type::of(Kind::Date), span, kind: ExprKind::Date(days) };
            }
            Some(_) => Diagnostic::error(ids::BAD_LITERAL, format!("`{text}` is {}", calendar::NO_DATA_DAY))
                .help("a day that never comes is told apart by `()`, or by a parameter of its own"),
            None if is_shaped(text) => {
                Diagnostic::error(ids::BAD_LITERAL, format!("`{text}` is not a day of the calendar"))
                    .help("look at the month, and at the last day that it has")
            }
            None => {
                let day = likely(text).unwrap_or_else(|| "2017-04-01".to_owned());
                Diagnostic::error(ids::BAD_LITERAL, format!("`{text}` is not written as days are here"))
                    .help(format!("write four digits of the year, two of month and day: `date(\"{day}\")`"))
            }
        };
        self.report(found.at(arg.span));
        super::poison(span)
    }
}

/// Whether it is written as `2017-04-01` is.
fn is_shaped(text: &str) -> bool {
    let shape = |(at, byte): (usize, u8)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() };
    text.len() == 10 && text.bytes().enumerate().all(shape)
}

/// The day that a text of another form means, if its year stands first.
fn likely(text: &str) -> Option<String> {
    let parts: Vec<&str> = if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        vec![&text[..4], &text[4..6], &text[6..]]
    } else {
        text.split(|c: char| !c.is_ascii_digit()).collect()
    };
    let [year, month, day, ..] = parts[..] else { return None };
    let fits = year.len() == 4 && [month, day].iter().all(|part| (1..=2).contains(&part.len()));
    let written = format!("{year}-{month:0>2}-{day:0>2}");
    (fits && calendar::parse_date_iso(&written).is_some()).then_some(written)
}
