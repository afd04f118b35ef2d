//! What of a step asks tests, where tests alone are noted.
//!
//! In: typed expressions and functions. Out: whether there is anything to note in them. Must not know: how it is noted.

use super::probe::Notes;
use super::rewrite::Rewriter;
use crate::rules::ast::BinaryOp;
use crate::rules::trace::{Value, identity, test_of};
use crate::rules::typed::{Expr, ExprKind, InstanceId};
use crate::rules::types::Kind;
use crate::rules::walk::{self, Node};
use std::collections::{HashMap, HashSet};

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Asking {
    /// Functions, by whether they or those that they call ask a test.
    functions: HashMap<InstanceId, bool>,
    /// Whether any but the step's own does.
    others: Option<bool>,
    /// Operands whose values are noted.
    compared: HashSet<usize>,
}

impl Asking {
    /// Remembers what a test of numbers or days compares.
    pub(super) fn compares(&mut self, (op, operands): &(Option<BinaryOp>, Vec<&Expr>)) {
        if op.is_some() && operands.iter().all(|operand| is_number(operand)) {
            self.compared.extend(operands.iter().filter(|e| Value::literal(e).is_none()).map(|e| identity(e)));
        }
    }

    /// Whether an expression is what such a test compares.
    pub(super) fn is_compared(&self, e: &Expr) -> bool {
        self.compared.contains(&identity(e))
    }
}

/// Whether a value has a distance to others.
fn is_number(e: &Expr) -> bool {
    matches!(e.ty.kind, Kind::Int | Kind::Float | Kind::Date | Kind::DateTime)
}

impl<'a> Rewriter<'a> {
    /// Whether a function, or one that it calls, asks a test; the step's own does.
    pub(super) fn asks_of(&mut self, id: InstanceId) -> bool {
        if let Some(known) = self.asking.functions.get(&id) {
            return *known;
        }
        let mut asks = id == self.world.program.entry;
        for reached in walk::reachable(self.world.program, id) {
            let Some(instance) = self.world.program.instances.get(reached.0 as usize) else { continue };
            walk::block(&instance.body, &mut |node| asks |= matches!(node, Node::Expr(e) if test_of(e).is_some()));
        }
        self.asking.functions.insert(id, asks);
        asks
    }

    /// Whether a function other than the step's own asks a test.
    pub(super) fn functions_ask(&mut self) -> bool {
        if let Some(known) = self.asking.others {
            return known;
        }
        let entry = self.world.program.entry;
        let ask = walk::reachable(self.world.program, entry).into_iter().any(|id| id != entry && self.asks_of(id));
        self.asking.others = Some(ask);
        ask
    }

    /// Whether there is nothing to note within an expression, so that it can be computed in one call.
    pub(super) fn is_quiet(&mut self, e: &'a Expr) -> bool {
        match self.notes {
            Notes::Nothing => true,
            // Within a lambda no test is noted, nor in what it calls.
            Notes::Tests => self.lambdas > 0 || !self.asks_within(e),
            Notes::Statements | Notes::Branches | Notes::Everything => false,
        }
    }

    /// Whether anything is noted below an expression.
    fn asks_within(&mut self, e: &'a Expr) -> bool {
        let (mut asks, mut called) = (false, Vec::new());
        walk::expr(e, &mut |node| {
            let Node::Expr(below) = node else { return };
            let is_itself = std::ptr::eq(below, e);
            asks |= !is_itself && (self.asking.is_compared(below) || test_of(below).is_some());
            if let ExprKind::CallInstance { instance, .. } = below.kind {
                called.push(instance);
            }
        });
        asks || called.into_iter().any(|id| self.asks_of(id))
    }
}
