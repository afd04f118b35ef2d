//! Blocks, `if` and `switch` that are computed in one native call.
//!
//! In: statements that set nothing, choices between such. Out: their nodes. Must not know: how a call is written.

use super::fuse::Fusion;
use super::fused::Node;
use super::natives::{numbers, texts};
use super::rewrite::{Result, Rewriter};
use super::rewrite_expr::{native_of, takes_missing};
use crate::rules::typed::{Arm, Block, Case, Expr, ExprKind, Stmt, StmtKind};
use crate::source::Span;
use rhai::Dynamic;

impl<'a> Rewriter<'a> {
    /// The node of statements that end what is evaluated: a block's value, or, where they may `return`, a function's.
    pub(super) fn body(
        &mut self,
        stmts: &'a [Stmt],
        fusion: &mut Fusion<'a>,
        may_return: bool,
    ) -> Result<Option<Node>> {
        let Some((first, rest)) = stmts.split_first() else { return Ok(Some(Node::Value(Dynamic::UNIT))) };
        match &first.kind {
            StmtKind::Expr(e) if rest.is_empty() => self.last(e, fusion, may_return),
            StmtKind::Return(Some(e)) if may_return => self.last(e, fusion, true),
            StmtKind::Return(None) if may_return => Ok(Some(Node::Value(Dynamic::UNIT))),
            StmtKind::Throw(text) => {
                let node = self.node(text, fusion)?;
                let thrown = self.on(texts::THROW, first.span, vec![text]);
                Ok(node.map(|node| self.computed(thrown, vec![node], fusion)))
            }
            StmtKind::Let { local, value } => {
                let node = match value {
                    Some(value) => self.node(value, fusion)?,
                    None => Some(Node::Value(Dynamic::UNIT)),
                };
                let Some(node) = node else { return Ok(None) };
                let slot = fusion.keep(*local, &node);
                // The engine does not know this local: it evaluates nothing that follows.
                fusion.decided += 1;
                let rest = self.body(rest, fusion, may_return)?;
                fusion.decided -= 1;
                Ok(rest.map(|rest| match slot {
                    Some(slot) => Node::Let(slot, Box::new([node, rest])),
                    None => rest,
                }))
            }
            // What stands behind a guard is its other branch.
            StmtKind::Expr(Expr { kind: ExprKind::If { condition, then, otherwise: None }, .. }) if leaves(then) => {
                let Some(test) = self.test_node(condition, fusion)? else { return Ok(None) };
                fusion.decided += 1;
                let then = self.body(&then.stmts, fusion, may_return)?;
                let rest = if then.is_some() { self.body(rest, fusion, may_return)? } else { None };
                fusion.decided -= 1;
                Ok(then.zip(rest).map(|(then, rest)| Node::If(Box::new([test, then, rest]))))
            }
            _ => Ok(None),
        }
    }

    /// The node of the expression that ends a block.
    pub(super) fn last(&mut self, e: &'a Expr, fusion: &mut Fusion<'a>, may_return: bool) -> Result<Option<Node>> {
        match &e.kind {
            ExprKind::If { .. } => self.choice(e, fusion, may_return),
            ExprKind::Switch { value, arms } => self.cases(value, arms, fusion, may_return),
            ExprKind::Block(block) => self.body(&block.stmts, fusion, may_return),
            _ => self.node(e, fusion),
        }
    }

    /// The node of a chain of `if`s.
    fn choice(&mut self, e: &'a Expr, fusion: &mut Fusion<'a>, may_return: bool) -> Result<Option<Node>> {
        let (mut branches, mut rest, mut decided) = (Vec::new(), e, 0);
        let last = loop {
            let ExprKind::If { condition, then, otherwise } = &rest.kind else {
                break self.last(rest, fusion, may_return)?;
            };
            let Some(test) = self.test_node(condition, fusion)? else { break None };
            fusion.operations += 1;
            fusion.decided += 1;
            decided += 1;
            let Some(then) = self.body(&then.stmts, fusion, may_return)? else { break None };
            branches.push((test, then));
            match otherwise {
                Some(otherwise) => rest = otherwise,
                None => break Some(Node::Value(Dynamic::UNIT)),
            }
        };
        fusion.decided -= decided;
        Ok(last.map(|last| chain(branches, last)))
    }

    /// The node of a `switch`.
    fn cases(
        &mut self,
        value: &'a Expr,
        arms: &'a [Arm],
        fusion: &mut Fusion<'a>,
        may_return: bool,
    ) -> Result<Option<Node>> {
        let Some(mut node) = self.node(value, fusion)? else { return Ok(None) };
        if self.needs(value, takes_missing(arms)) {
            let there = self.on(numbers::PRESENT, value.span, vec![value]);
            node = self.computed(there, vec![node], fusion);
        }
        let slot = fusion.slot();
        fusion.operations += 1;
        fusion.decided += 1;
        let arms = self.arms((slot, value.span), arms, fusion, may_return);
        fusion.decided -= 1;
        Ok(arms?.map(|arms| Node::Let(slot, Box::new([node, arms]))))
    }

    fn arms(
        &mut self,
        (slot, span): (usize, Span),
        arms: &'a [Arm],
        fusion: &mut Fusion<'a>,
        may_return: bool,
    ) -> Result<Option<Node>> {
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
            let Some(value) = self.last(&arm.value, fusion, may_return)? else { return Ok(None) };
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
        let literals = match case {
            Case::Unit => Vec::new(),
            Case::Range { from, to, .. } => vec![int(*from), int(*to)],
            Case::Bool(b) => vec![Node::Value((*b).into())],
            Case::Int(n) => vec![int(*n)],
            Case::Float(x) => vec![Node::Value(Dynamic::from_float(*x))],
            Case::Text(text) => vec![Node::Value(text.as_ref().into())],
        };
        let nodes = std::iter::once(Node::Slot(slot)).chain(literals).collect();
        let operation = self.on(native_of(case), span, Vec::new());
        self.computed(operation, nodes, fusion)
    }
}

/// Whether a block leaves its function, or fails.
fn leaves(block: &Block) -> bool {
    matches!(block.stmts.last().map(|stmt| &stmt.kind), Some(StmtKind::Return(_) | StmtKind::Throw(_)))
}

/// The first branch whose test holds, else the last.
fn chain(branches: Vec<(Node, Node)>, last: Node) -> Node {
    let choose = |rest, (test, then)| Node::If(Box::new([test, then, rest]));
    branches.into_iter().rev().fold(last, choose)
}
