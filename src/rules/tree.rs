//! Walks over untyped trees.
//!
//! In: a block or an expression of [`ast`](crate::rules::ast). Out: every statement and expression of it, outermost
//! first. Must not know: what names mean.

use crate::rules::ast::{Block, Expr, ExprKind, Stmt, StmtKind};

/// A block, a statement or an expression.
#[derive(Clone, Copy)]
pub(in crate::rules) enum Node<'a> {
    Block(&'a Block),
    Stmt(&'a Stmt),
    Expr(&'a Expr),
}

/// Calls `see` for a block and every node below it.
pub(in crate::rules) fn block<'a>(block: &'a Block, see: &mut dyn FnMut(Node<'a>)) {
    see(Node::Block(block));
    for stmt in &block.stmts {
        self::stmt(stmt, see);
    }
}

fn stmt<'a>(stmt: &'a Stmt, see: &mut dyn FnMut(Node<'a>)) {
    see(Node::Stmt(stmt));
    match &stmt.kind {
        StmtKind::Let { value, .. } | StmtKind::Return(value) | StmtKind::Throw(value) => {
            value.iter().for_each(|e| expr(e, see));
        }
        StmtKind::Assign { target, value, .. } => {
            expr(value, see);
            expr(target, see);
        }
        StmtKind::Expr(e) => expr(e, see),
        StmtKind::While { condition, body } | StmtKind::DoWhile { body, condition, .. } => {
            expr(condition, see);
            block(body, see);
        }
        StmtKind::Loop { body } => block(body, see),
        StmtKind::For { iterable, body, .. } => {
            expr(iterable, see);
            block(body, see);
        }
        StmtKind::Break | StmtKind::Continue => {}
    }
}

/// Calls `see` for an expression and every node below it.
pub(in crate::rules) fn expr<'a>(e: &'a Expr, see: &mut dyn FnMut(Node<'a>)) {
    see(Node::Expr(e));
    match &e.kind {
        ExprKind::Unit
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Text(_)
        | ExprKind::Name(_) => {}
        ExprKind::Interpolated(parts) | ExprKind::Array(parts) | ExprKind::Call { args: parts, .. } => {
            parts.iter().for_each(|p| expr(p, see));
        }
        ExprKind::Map(entries) => entries.iter().for_each(|(_, v)| expr(v, see)),
        ExprKind::Field { base, .. } => expr(base, see),
        ExprKind::Method { base, args, .. } => {
            expr(base, see);
            args.iter().for_each(|a| expr(a, see));
        }
        ExprKind::Closure { body, .. } => expr(body, see),
        ExprKind::Negate(a) | ExprKind::Not(a) => expr(a, see),
        ExprKind::Index { base: a, index: b, .. }
        | ExprKind::Binary { left: a, right: b, .. }
        | ExprKind::And(a, b)
        | ExprKind::Or(a, b)
        | ExprKind::Coalesce(a, b)
        | ExprKind::In { item: a, container: b, .. }
        | ExprKind::Range { from: a, to: b, .. } => {
            expr(a, see);
            expr(b, see);
        }
        ExprKind::If { condition, then, otherwise } => {
            expr(condition, see);
            block(then, see);
            otherwise.iter().for_each(|o| expr(o, see));
        }
        ExprKind::Switch { value, arms } => {
            expr(value, see);
            for arm in arms {
                arm.condition.iter().for_each(|c| expr(c, see));
                expr(&arm.value, see);
            }
        }
        ExprKind::Block(b) => block(b, see),
    }
}
