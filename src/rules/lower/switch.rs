//! `switch`: arms tried in order.

use super::Lowerer;
use super::operator::equal;
use super::reason::Lower;
use super::value::Value;
use crate::rules::ir::{Const, NodeId, Op, Order};
use crate::rules::typed::{Arm, Case, Expr};

impl<'a> Lowerer<'a> {
    pub(super) fn switch(&mut self, e: &'a Expr, value: &'a Expr, arms: &'a [Arm]) -> Lower<Value> {
        let takes_missing = arms.iter().any(|arm| arm.cases.iter().any(|case| matches!(case, Case::Unit)));
        let of = if takes_missing { self.expr(value)? } else { self.strict(value)? };
        let there = self.there(&of);
        let node = self.scalar(&of, &value.ty.kind, value.span)?;
        self.arms(e, (node, there), arms)
    }

    fn arms(&mut self, e: &'a Expr, value: (NodeId, NodeId), arms: &'a [Arm]) -> Lower<Value> {
        let Some((arm, rest)) = arms.split_first() else { return Ok(Value::Missing) };
        self.spend(e.span)?;
        if arm.cases.is_empty() && arm.condition.is_none() {
            return self.expr(&arm.value);
        }
        let fits = self.cases(value, arm);
        let taken = match &arm.condition {
            None => fits,
            Some(condition) => {
                let refused = self.b.bool(false);
                let refused = self.present(refused);
                let both = self.branch(
                    fits,
                    condition.span,
                    |l| {
                        let node = l.condition(condition)?;
                        Ok(l.present(node))
                    },
                    |_| Ok(refused),
                )?;
                self.scalar(&both, &condition.ty.kind, condition.span)?
            }
        };
        self.branch(taken, e.span, |l| l.expr(&arm.value), |l| l.arms(e, value, rest))
    }

    /// Whether a value is one of an arm's cases; true for an arm without cases.
    fn cases(&mut self, value: (NodeId, NodeId), arm: &Arm) -> NodeId {
        if arm.cases.is_empty() {
            return self.b.bool(true);
        }
        let mut any = self.b.bool(false);
        for case in &arm.cases {
            let fits = self.case(value, case);
            any = self.or(any, fits);
        }
        any
    }

    fn case(&mut self, (node, there): (NodeId, NodeId), case: &Case) -> NodeId {
        let fits = match case {
            Case::Unit => return self.not(there),
            Case::Bool(value) => self.equals(node, Const::Bool(*value)),
            Case::Int(value) => self.equals(node, Const::Int(*value)),
            Case::Float(value) => self.equals(node, Const::float(*value)),
            Case::Text(text) => self.equals(node, Const::Text(text.clone())),
            Case::Range { from, to, inclusive } => {
                let (from, to) = (self.b.int(*from), self.b.int(*to));
                let low = self.b.op(Op::Compare(Order::LessEqual), &[from, node]);
                let order = if *inclusive { Order::LessEqual } else { Order::Less };
                let high = self.b.op(Op::Compare(order), &[node, to]);
                self.and(low, high)
            }
        };
        self.and(there, fits)
    }

    /// Whether a node equals a constant; a bool is its own test.
    pub(super) fn equals(&mut self, node: NodeId, value: Const) -> NodeId {
        match value {
            Const::Bool(true) => node,
            Const::Bool(false) => self.not(node),
            value if self.b.graph().node(node).repr == value.repr() => {
                let constant = self.b.constant(value);
                equal(&mut self.b, node, constant)
            }
            // The switch's value never comes by.
            _ => self.b.bool(false),
        }
    }
}
