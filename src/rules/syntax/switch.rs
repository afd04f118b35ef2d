//! `switch`.
//!
//! In: a parser at `switch`. Out: a [`Node`]. Must not know: how arms are tried. Cases are literals and ranges of whole
//! numbers; anything else is left out of the dialect.

use super::parser::{Node, Parsed, Parser};
use super::token::Tok;
use crate::diag::{Diagnostic, ids};
use crate::rules::ast::{Arm, Case, Expr, ExprKind};
use crate::source::Span;

impl Parser<'_> {
    /// `switch value { … }`
    pub(super) fn switch(&mut self) -> Parsed<Node> {
        let start = self.bump();
        let value = self.expression()?;
        let open = self.here();
        if !self.is("{") {
            return self.expected("`{` and the arms of the `switch`");
        }
        let in_case = std::mem::take(&mut self.in_case);
        let arms = self.nested(open, |p| p.arms(open));
        self.in_case = in_case;
        let (arms, height) = arms?;
        let parts = value.height.max(height);
        let kind = ExprKind::Switch { value: Box::new(value.expr), arms };
        self.node(start.to(self.behind()), kind, parts)
    }

    fn arms(&mut self, open: Span) -> Parsed<(Vec<Arm>, u32)> {
        self.bump();
        let (mut arms, mut height): (Vec<Arm>, u32) = (Vec::new(), 0);
        let mut range: Option<Span> = None;
        while !self.is("}") {
            if self.block_is_lost(open) {
                return Err(super::parser::Failed);
            }
            if let Some(last) = arms.last().filter(|arm| arm.cases.is_empty()) {
                let finding = Diagnostic::error(ids::SYNTAX, "an arm after `_`").at(self.here());
                let finding = finding.label(last.span, "takes everything").help("put the arm `_ => …` last");
                self.report(finding);
            }
            let (arm, h, closed) = self.arm()?;
            height = height.max(h);
            self.check_order(&arm, &mut range);
            arms.push(arm);
            if !self.eat(",") && !closed && !self.is("}") {
                return self.expected("`,` or `}` after an arm of a `switch`");
            }
        }
        self.bump();
        Ok((arms, height))
    }

    /// Rhai tries all values before all ranges, so it takes no number after a range.
    fn check_order(&mut self, arm: &Arm, range: &mut Option<Span>) {
        for case in &arm.cases {
            match case {
                Case::Range { span, .. } => {
                    range.get_or_insert(*span);
                }
                Case::Value(Expr { kind: ExprKind::Int(_) | ExprKind::Float(_), span, .. }) => {
                    if let Some(first) = *range {
                        let finding =
                            Diagnostic::error(ids::SYNTAX, "a number after a range in one `switch`").at(*span);
                        let finding = finding.label(first, "the range").help("put single numbers before ranges");
                        self.report(finding);
                    }
                }
                Case::Value(_) => {}
            }
        }
    }

    fn arm(&mut self) -> Parsed<(Arm, u32, bool)> {
        let start = self.here();
        let mut cases = Vec::new();
        if self.eat("_") {
            if self.is_key("if") {
                return self.fail("a condition after `_`", "write `if` in the arm's value");
            }
        } else {
            loop {
                cases.push(self.case()?);
                if !self.eat("|") {
                    break;
                }
            }
        }
        let mut height = 1;
        let mut condition = None;
        if self.eat_key("if") {
            let node = self.condition()?;
            height = node.height;
            condition = Some(node.expr);
        }
        if self.is(":") || self.is("=") {
            let found = self.found();
            return self.fail(format!("expected `=>`, found {found}"), "an arm is `case => value`: write `=>`");
        }
        if !self.eat("=>") {
            return self.expected("`=>` and the arm's value");
        }
        let (value, closed) = self.statement_as_value()?;
        let height = height.max(value.height);
        let arm = Arm { cases, condition, value: value.expr, span: start.to(self.behind()) };
        Ok((arm, height, closed))
    }

    /// One case; what is no case is reported, and read as `()`.
    fn case(&mut self) -> Parsed<Case> {
        if let Tok::Key("default") | Tok::Sym("=>") = self.tok() {
            return self.expected("a case");
        }
        self.in_case = true;
        let node = self.expression_or_range();
        self.in_case = false;
        let node = node?;
        let case = classify(node.expr);
        if let Some(Case::Range { from, to, inclusive, span }) = &case
            && (from > to || (from == to && !inclusive))
        {
            self.error(ids::SYNTAX, *span, "this range holds no number", "write the smaller end first");
        }
        if let Some(case) = case {
            return Ok(case);
        }
        let help = "a case is a number, a text, `true`, `false`, `()`, or a range of whole numbers; \
                    compare other values with `if`";
        self.unsupported(node.outer, "cases other than literals", help);
        Ok(Case::Value(self.stand_in(node.outer).expr))
    }
}

/// The case of a literal or a range of whole numbers, with signs folded in.
fn classify(expr: Expr) -> Option<Case> {
    let span = expr.span;
    if let ExprKind::Range { from, to, inclusive } = expr.kind {
        return match (fold(*from)?.kind, fold(*to)?.kind) {
            (ExprKind::Int(from), ExprKind::Int(to)) => Some(Case::Range { from, to, inclusive, span }),
            _ => None,
        };
    }
    fold(expr).map(Case::Value)
}

/// A literal with its signs folded in.
fn fold(expr: Expr) -> Option<Expr> {
    let Expr { id, span, kind } = expr;
    let kind = match kind {
        ExprKind::Unit | ExprKind::Bool(_) | ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Text(_) => kind,
        ExprKind::Negate(inner) => match fold(*inner)?.kind {
            ExprKind::Int(n) => ExprKind::Int(n.checked_neg()?),
            ExprKind::Float(x) => ExprKind::Float(-x),
            _ => return None,
        },
        _ => return None,
    };
    Some(Expr { id, span, kind })
}
