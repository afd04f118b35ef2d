//! Operators.

use super::Lowerer;
use super::reason::Lower;
use super::value::Value;
use crate::rules::ast::BinaryOp;
use crate::rules::ir::{Builder, FloatUnary, NodeId, Op, Order};
use crate::rules::typed::Expr;
use crate::rules::types::Kind;

impl<'a> Lowerer<'a> {
    pub(super) fn negate(&mut self, e: &'a Expr, below: &'a Expr) -> Lower<Value> {
        let node = self.strict_node(below)?;
        let op = if below.ty.kind == Kind::Int { Op::NegateInt } else { Op::Float(FloatUnary::Negate) };
        let node = self.b.op(op, &[node]);
        let site = self.frame.names.site(e.span, &[below]);
        self.check_works(node, site);
        Ok(self.present(node))
    }

    pub(super) fn logical(&mut self, e: &'a Expr, left: &'a Expr, right: &'a Expr, is_and: bool) -> Lower<Value> {
        let first = self.condition(left)?;
        let decided = self.b.bool(!is_and);
        let decided = self.present(decided);
        let goes_on = if is_and { first } else { self.not(first) };
        self.branch(
            goes_on,
            e.span,
            |l| {
                let node = l.condition(right)?;
                Ok(l.present(node))
            },
            |_| Ok(decided),
        )
    }

    pub(super) fn binary(&mut self, e: &'a Expr, op: BinaryOp, left: &'a Expr, right: &'a Expr) -> Lower<Value> {
        let nodes = self.strict_nodes(&[left, right])?;
        let kind = if left.ty.kind == Kind::Never { &right.ty.kind } else { &left.ty.kind };
        let (x, y) = (nodes[0], nodes[1]);
        let is_float = *kind == Kind::Float;
        let node = match op {
            BinaryOp::Add if *kind == Kind::Text => self.b.op(Op::Join, &[x, y]),
            BinaryOp::Add => self.b.op(if is_float { Op::Add } else { Op::AddInt }, &[x, y]),
            BinaryOp::Subtract => self.b.op(if is_float { Op::Subtract } else { Op::SubtractInt }, &[x, y]),
            BinaryOp::Multiply => self.b.op(if is_float { Op::Multiply } else { Op::MultiplyInt }, &[x, y]),
            BinaryOp::Divide => self.b.op(Op::Divide, &[x, y]),
            BinaryOp::Remainder => self.b.op(if is_float { Op::Remainder } else { Op::RemainderInt }, &[x, y]),
            BinaryOp::Equal
            | BinaryOp::NotEqual
            | BinaryOp::Less
            | BinaryOp::LessEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterEqual => compare(&mut self.b, op, x, y),
        };
        let site = self.frame.names.site(e.span, &[left, right]);
        self.check_works(node, site);
        self.compares(x, y);
        Ok(self.present(node))
    }
}

/// A comparison of two nodes of one representation.
fn compare(b: &mut Builder, op: BinaryOp, x: NodeId, y: NodeId) -> NodeId {
    match op {
        BinaryOp::Less => b.op(Op::Compare(Order::Less), &[x, y]),
        BinaryOp::LessEqual => b.op(Op::Compare(Order::LessEqual), &[x, y]),
        BinaryOp::Greater => b.op(Op::Compare(Order::Less), &[y, x]),
        BinaryOp::GreaterEqual => b.op(Op::Compare(Order::LessEqual), &[y, x]),
        BinaryOp::NotEqual => {
            let equal = equal(b, x, y);
            b.op(Op::Not, &[equal])
        }
        BinaryOp::Equal
        | BinaryOp::Add
        | BinaryOp::Subtract
        | BinaryOp::Multiply
        | BinaryOp::Divide
        | BinaryOp::Remainder => equal(b, x, y),
    }
}

/// Whether two nodes of one representation are equal; a constant stands right.
pub(super) fn equal(b: &mut Builder, x: NodeId, y: NodeId) -> NodeId {
    let swaps = b.graph().constant(x).is_some() || (x > y && b.graph().constant(y).is_none());
    let (x, y) = if swaps { (y, x) } else { (x, y) };
    b.op(Op::Compare(Order::Equal), &[x, y])
}
