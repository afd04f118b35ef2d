//! Maps that only become columns.
//!
//! In: the function that is a step. Out: the map literals that it returns, if it returns nothing else. Must not know: how
//! they are written. The engine makes a list of values in a third of the time that a map takes; its keys are known.

use crate::rules::trace::identity;
use crate::rules::typed::{Block, Expr, ExprKind, Instance, StmtKind};
use crate::rules::walk::{self, Node};
use std::collections::HashMap;

/// The map literals that a step returns, by number.
#[derive(Debug, Default)]
pub(super) struct Rows {
    numbers: HashMap<usize, usize>,
    /// Keys of each literal, as written.
    pub(super) keys: Vec<Vec<String>>,
}

impl Rows {
    /// Those of a function; none if it returns anything else.
    pub(super) fn of(instance: &Instance) -> Rows {
        let mut rows = Rows::default();
        let mut are_all = rows.take_block(&instance.body);
        walk::block(&instance.body, &mut |node| {
            if let Node::Stmt(stmt) = node
                && let StmtKind::Return(value) = &stmt.kind
            {
                are_all &= value.as_ref().is_some_and(|value| rows.take(value));
            }
        });
        if are_all { rows } else { Rows::default() }
    }

    /// The number of an expression, if it is one of these literals.
    pub(super) fn number(&self, e: &Expr) -> Option<usize> {
        self.numbers.get(&identity(e)).copied()
    }

    /// Takes the literals that a block gives; `false` if it gives anything else.
    fn take_block(&mut self, block: &Block) -> bool {
        match block.stmts.last().map(|stmt| &stmt.kind) {
            Some(StmtKind::Expr(e) | StmtKind::Return(Some(e))) => self.take(e),
            _ => block.ty.is_never(),
        }
    }

    fn take(&mut self, e: &Expr) -> bool {
        match &e.kind {
            ExprKind::Map(entries) => {
                let (keys, next) = (&mut self.keys, self.numbers.len());
                self.numbers.entry(identity(e)).or_insert_with(|| {
                    keys.push(entries.iter().map(|(key, _)| key.clone()).collect());
                    next
                });
                true
            }
            ExprKind::If { then, otherwise: Some(otherwise), .. } => self.take_block(then) && self.take(otherwise),
            ExprKind::Switch { arms, .. } => arms.iter().all(|arm| self.take(&arm.value)),
            ExprKind::Block(block) => self.take_block(block),
            _ => e.ty.is_never(),
        }
    }
}
