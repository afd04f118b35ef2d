//! Expressions with operators, by Rhai's precedence.
//!
//! In: a parser at the first token of an expression. Out: a [`Node`]. Must not know: statements. Chains that bind to the
//! left are read by a loop, so that a sum of thousands of terms needs no stack.

use super::parser::{Node, Parsed, Parser};
use super::token::Tok;
use crate::diag::ids;
use crate::rules::ast::{BinaryOp, ExprKind};
use crate::source::Span;

impl Parser<'_> {
    /// Any expression but a range.
    pub(super) fn expression(&mut self) -> Parsed<Node> {
        let node = self.expression_or_range()?;
        self.reject_range(&node);
        Ok(node)
    }

    /// Any expression; the caller can use a range.
    pub(super) fn expression_or_range(&mut self) -> Parsed<Node> {
        let left = self.unary()?;
        self.binary(left, 1)
    }

    /// Whether an expression can start at the current token.
    pub(super) fn starts_expression(&self) -> bool {
        match self.tok() {
            Tok::Key(key) => matches!(*key, "true" | "false" | "if" | "switch" | "while" | "loop" | "do" | "for"),
            Tok::Sym(sym) => {
                matches!(*sym, "()" | "(" | "[" | "#{" | "{" | "-" | "+" | "!" | "|" | "||" | ".." | "..=")
            }
            Tok::End | Tok::TemplateEnd(_) | Tok::BadSym(_) => false,
            _ => true,
        }
    }

    /// How tightly the current token binds as an operator; 0 ends the expression.
    fn operator(&self) -> u8 {
        if self.in_case && self.is("|") { 0 } else { self.tok().precedence() }
    }

    /// Goes on after `left` with operators that bind at least as tightly as `least`.
    fn binary(&mut self, mut left: Node, least: u8) -> Parsed<Node> {
        loop {
            if let Tok::BadSym(_) = self.tok() {
                return self.expected("an operator");
            }
            let binds = self.operator();
            if binds == 0 || binds < least {
                return Ok(left);
            }
            let op = match self.tok() {
                Tok::Sym(sym) => *sym,
                _ => "in",
            };
            let op_span = self.bump();
            let mut right = self.right_side(op)?;
            let next = self.operator();
            if next > binds {
                right = self.binary(right, binds + 1)?;
            } else if op == "**" && next == binds {
                right = self.nested(op_span, |p| p.binary(right, binds))?;
            }
            left = self.operation(op, op_span, left, right)?;
        }
    }

    /// The first operand after an operator.
    fn right_side(&mut self, op: &str) -> Parsed<Node> {
        match (op, self.tok()) {
            // `a ?? return b`: the whole statement is the right side.
            ("??", Tok::Key("break" | "continue" | "return" | "throw")) => {
                let span = self.here();
                self.nested(span, |p| Ok(p.statement_as_value()?.0))
            }
            (".." | "..=", Tok::Sym("]" | ")" | "}" | "," | ";" | "=>" | "{")) => {
                let span = self.behind();
                self.half_range(span);
                Ok(self.stand_in(span))
            }
            ("%", Tok::Sym("{")) if self.is_percentage() => self.expected("a value"),
            _ => self.unary(),
        }
    }

    pub(super) fn half_range(&mut self, span: Span) {
        self.unsupported(span, "ranges without both ends", "write both ends: `0..n`");
    }

    /// Signs and `!` before an operand. Rhai folds the sign of a literal into it; here it stays a negation, which means
    /// the same except for the smallest number, which has no positive twin: Rhai would make it a float.
    pub(super) fn unary(&mut self) -> Parsed<Node> {
        let span = self.here();
        match self.tok() {
            Tok::Sym("-") => {
                self.bump();
                let operand = self.nested(span, Parser::unary)?;
                self.reject_range(&operand);
                if operand.expr.kind == ExprKind::Int(i64::MIN) {
                    self.error(ids::SYNTAX, span.to(operand.outer), "this whole number is too large", "");
                }
                let whole = span.to(operand.outer);
                self.node(whole, ExprKind::Negate(Box::new(operand.expr)), operand.height)
            }
            Tok::Sym("!") => {
                self.bump();
                let operand = self.nested(span, Parser::unary)?;
                self.reject_range(&operand);
                self.node(span.to(operand.outer), ExprKind::Not(Box::new(operand.expr)), operand.height)
            }
            Tok::Sym("+") => {
                self.bump();
                self.unsupported(span, "sign `+`", "leave it out");
                self.nested(span, Parser::unary)
            }
            _ => self.primary(),
        }
    }

    /// `left op right` as a node.
    fn operation(&mut self, op: &str, op_span: Span, left: Node, right: Node) -> Parsed<Node> {
        self.reject_range(&left);
        self.reject_range(&right);
        let span = left.outer.to(right.outer);
        let parts = left.height.max(right.height);
        let (l, r) = (Box::new(left.expr), Box::new(right.expr));
        let kind = match op {
            "&&" => ExprKind::And(l, r),
            "||" => ExprKind::Or(l, r),
            "??" => ExprKind::Coalesce(l, r),
            "in" | "!in" => ExprKind::In { item: l, container: r, negated: op == "!in" },
            ".." | "..=" => ExprKind::Range { from: l, to: r, inclusive: op == "..=" },
            _ => match binary_op(op) {
                Some(op) => ExprKind::Binary { op, op_span, left: l, right: r },
                None => {
                    self.unsupported_operator(op, op_span);
                    return Ok(self.stand_in(span));
                }
            },
        };
        self.node(span, kind, parts)
    }

    /// Reports a range that stands where a value is needed, unless it was reported for an end that is missing.
    pub(super) fn reject_range(&mut self, node: &Node) {
        let ExprKind::Range { from, to, .. } = &node.expr.kind else { return };
        if from.kind != ExprKind::Unit && to.kind != ExprKind::Unit {
            let help = "a range stands in `for x in a..b` and before `=>` in a `switch`; a test is `x >= a && x < b`";
            self.unsupported(node.outer, "ranges as values", help);
        }
    }
}

pub(super) fn binary_op(op: &str) -> Option<BinaryOp> {
    Some(match op {
        "+" => BinaryOp::Add,
        "-" => BinaryOp::Subtract,
        "*" => BinaryOp::Multiply,
        "/" => BinaryOp::Divide,
        "%" => BinaryOp::Remainder,
        "==" => BinaryOp::Equal,
        "!=" => BinaryOp::NotEqual,
        "<" => BinaryOp::Less,
        "<=" => BinaryOp::LessEqual,
        ">" => BinaryOp::Greater,
        ">=" => BinaryOp::GreaterEqual,
        _ => return None,
    })
}
