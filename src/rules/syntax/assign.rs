//! Expression statements and assignments.
//!
//! In: a parser at the first token of an expression. Out: a statement. Must not know: whether the name can be changed.

use super::expr::binary_op;
use super::parser::{Node, Parsed, Parser};
use super::stmt::{Statement, is_place};
use crate::diag::ids;
use crate::rules::ast::{BinaryOp, StmtKind};

impl Parser<'_> {
    pub(super) fn expression_or_assignment(&mut self) -> Parsed<Statement> {
        let start = self.here();
        let left = self.expression()?;
        let Some(op) = self.tok().assignment() else {
            let height = left.height;
            return Ok(self.open(start, StmtKind::Expr(left.expr), height));
        };
        let op_span = self.bump();
        let value = self.expression()?;
        let height = left.height.max(value.height) + 1;
        let op = match op {
            "" => None,
            _ => match arithmetic(op) {
                Some(op) => Some(op),
                None => {
                    self.unsupported_operator(op, op_span);
                    return Ok(self.stand_in_statement(start, false));
                }
            },
        };
        self.check_place(&left);
        Ok(self.open(start, StmtKind::Assign { target: left.expr, op, value: value.expr }, height))
    }

    fn check_place(&mut self, target: &Node) {
        if is_place(&target.expr) {
            return;
        }
        let help = "assign to a variable, `x`, or to a part of one, `x.key` or `x[i]`; `==` compares";
        self.error(ids::ASSIGN, target.outer, "this cannot be assigned to", help);
    }
}

/// The operator of `op=` that the dialect has.
fn arithmetic(op: &str) -> Option<BinaryOp> {
    binary_op(op).filter(|op| !op.is_comparison())
}
