//! `if` and `switch` of an expression that is computed in one native call.
//!
//! In: a choice whose branches are expressions. Out: its node. Must not know: how a call is written.

use super::fuse::Fusion;
use super::fused::Node;
use super::natives::{Native, numbers};
use super::rewrite::{Result, Rewriter};
use crate::rules::typed::{Arm, Case, Expr, ExprKind};
use crate::source::Span;
use rhai::Dynamic;

impl<'a> Rewriter<'a> {
    /// The node of a chain of `if`s, of which each branch is one expression.
    pub(super) fn choice(&mut self, e: &'a Expr, fusion: &mut Fusion<'a>) -> Result<Option<Node>> {
        let (mut branches, mut rest, mut decided) = (Vec::new(), e, 0);
        let last = loop {
            let ExprKind::If { condition, then, otherwise } = &rest.kind else {
                break self.node(rest, fusion)?;
            };
            let Some(test) = self.test_node(condition, fusion)? else { break None };
            fusion.operations += 1;
            fusion.decided += 1;
            decided += 1;
            let Some(then) = self.only(then, fusion)? else { break None };
            branches.push((test, then));
            match otherwise {
                Some(otherwise) => rest = otherwise,
                None => break Some(Node::Value(Dynamic::UNIT)),
            }
        };
        fusion.decided -= decided;
        Ok(last.map(|last| chain(branches, last)))
    }

    /// The node of a `switch`, of which each arm is one expression.
    pub(super) fn cases(&mut self, value: &'a Expr, arms: &'a [Arm], fusion: &mut Fusion<'a>) -> Result<Option<Node>> {
        let takes_missing = arms.iter().any(|arm| arm.cases.iter().any(|case| matches!(case, Case::Unit)));
        let Some(mut node) = self.node(value, fusion)? else { return Ok(None) };
        if !takes_missing && value.ty.optional {
            let there = self.on(numbers::PRESENT, value.span, vec![value]);
            node = self.computed(there, vec![node], fusion);
        }
        let slot = fusion.slot();
        fusion.operations += 1;
        fusion.decided += 1;
        let arms = self.arms((slot, value.span), arms, fusion);
        fusion.decided -= 1;
        Ok(arms?.map(|arms| Node::Let(slot, Box::new([node, arms]))))
    }

    fn arms(&mut self, (slot, span): (usize, Span), arms: &'a [Arm], fusion: &mut Fusion<'a>) -> Result<Option<Node>> {
        let mut branches = Vec::with_capacity(arms.len());
        for arm in arms {
            let mut test: Option<Node> = None;
            for case in &arm.cases {
                let case = self.case(slot, case, span, fusion);
                test = Some(match test {
                    Some(before) => Node::Or(Box::new([before, case])),
                    None => case,
                });
            }
            if let Some(condition) = &arm.condition {
                let Some(condition) = self.test_node(condition, fusion)? else { return Ok(None) };
                test = Some(match test {
                    Some(case) => Node::And(Box::new([case, condition])),
                    None => condition,
                });
            }
            let Some(value) = self.node(&arm.value, fusion)? else { return Ok(None) };
            match test {
                Some(test) => branches.push((test, value)),
                None => return Ok(Some(chain(branches, value))),
            }
        }
        Ok(Some(chain(branches, Node::Value(Dynamic::UNIT))))
    }

    /// Whether the value in a slot is a case.
    fn case(&mut self, slot: usize, case: &Case, span: Span, fusion: &mut Fusion<'a>) -> Node {
        let int = |n: i64| Node::Value(Dynamic::from_int(n));
        let (native, literals): (Native, Vec<Node>) = match case {
            Case::Unit => (numbers::IS_MISSING, Vec::new()),
            Case::Range { from, to, inclusive: true } => (numbers::WITHIN_INCLUSIVE, vec![int(*from), int(*to)]),
            Case::Range { from, to, .. } => (numbers::WITHIN, vec![int(*from), int(*to)]),
            Case::Bool(b) => (numbers::SAME, vec![Node::Value((*b).into())]),
            Case::Int(n) => (numbers::SAME, vec![int(*n)]),
            Case::Float(x) => (numbers::SAME, vec![Node::Value(Dynamic::from_float(*x))]),
            Case::Text(text) => (numbers::SAME, vec![Node::Value(text.as_ref().into())]),
        };
        let nodes = std::iter::once(Node::Slot(slot)).chain(literals).collect();
        let operation = self.on(native, span, Vec::new());
        self.computed(operation, nodes, fusion)
    }
}

/// The first branch whose test holds, else the last.
fn chain(branches: Vec<(Node, Node)>, last: Node) -> Node {
    let choose = |rest, (test, then)| Node::If(Box::new([test, then, rest]));
    branches.into_iter().rev().fold(last, choose)
}
