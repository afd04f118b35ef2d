//! `if` and `switch`.

use super::{Checker, is_poison, never};
use crate::diag::ids;
use crate::rules::ast::{self, ExprKind as Ast};
use crate::rules::typed::{Arm, Block, Case, Expr, ExprKind, Stmt, StmtKind};
use crate::rules::types::{Kind, Type};
use crate::source::Span;
use std::sync::Arc;

impl Checker<'_> {
    pub(super) fn if_value(
        &mut self,
        condition: &ast::Expr,
        then: &ast::Block,
        otherwise: Option<&ast::Expr>,
        wanted: bool,
        span: Span,
    ) -> Expr {
        let test = self.condition(condition);
        let before = self.frame.state.clone();
        self.know_if(condition, true);
        let then_block = self.block(then, wanted);
        let then_block = self.decay_block(then_block);
        let after_then = std::mem::replace(&mut self.frame.state, before);
        self.know_if(condition, false);
        let other = otherwise.map(|e| {
            let found = if wanted { self.value(e) } else { self.effect(e) };
            Box::new(self.decay(found))
        });
        let other_ty = other.as_ref().map_or_else(Type::unit, |e| e.ty.clone());
        let other_span = otherwise.map_or(span, |e| e.span);
        self.meet(after_then, span);
        let ty =
            if wanted { self.join_branch(&then_block.ty, &other_ty, other_span, "this `if`") } else { Type::unit() };
        let kind = ExprKind::If { condition: Box::new(test), then: then_block, otherwise: other };
        Expr { ty, span, kind }
    }

    pub(super) fn switch(&mut self, value: &ast::Expr, arms: &[ast::Arm], wanted: bool, span: Span) -> Expr {
        let path = self.with_prefixes(value);
        let subject = self.value(value);
        let takes_unit = arms.iter().any(has_unit);
        let subject = if takes_unit { subject } else { self.strict(subject) };
        let scalar = matches!(subject.ty.kind, Kind::Text | Kind::Int | Kind::Float | Kind::Bool | Kind::Never);
        if !scalar {
            let message = format!("`switch` takes text, int, float or bool, not {}", subject.ty);
            let help = "use `if … else if …`";
            self.error(ids::TYPE_MISMATCH, value.span, message, help);
        }
        let before = self.frame.state.clone();
        let mut merged = super::flow::State::new();
        merged.reachable = false;
        let mut ty = Type::never();
        let mut made = Vec::with_capacity(arms.len());
        let mut default = false;
        let unit_is_taken = arms.iter().any(|arm| has_unit(arm) && arm.condition.is_none());
        for arm in arms {
            self.frame.state = before.clone();
            let is_rest = arm.cases.is_empty();
            if !takes_unit || if is_rest { unit_is_taken } else { !has_unit(arm) } {
                self.frame.state.know(path.clone());
            }
            let cases = arm.cases.iter().filter_map(|case| self.case(case, &subject));
            let (cases, places) = cases.unzip();
            let condition = arm.condition.as_ref().map(|c| self.condition(c));
            if let Some(condition) = &arm.condition {
                self.know_if(condition, true);
            }
            default |= arm.cases.is_empty() && condition.is_none();
            let arm_value = if wanted { self.value(&arm.value) } else { self.effect(&arm.value) };
            if wanted {
                ty = self.join_branch(&ty, &arm_value.ty, arm.value.span, "this `switch`");
            }
            let after = std::mem::replace(&mut self.frame.state, merged);
            self.meet(after, arm.span);
            merged = self.frame.state.clone();
            made.push(Arm { cases, places, condition, value: arm_value });
        }
        self.frame.state = merged;
        if !default {
            self.meet(before, span);
            ty = ty.or_missing();
        }
        let ty = if wanted { ty } else { Type::unit() };
        if is_poison(&subject) {
            return Expr { ty, ..never(vec![subject], span) };
        }
        Expr { ty, span, kind: ExprKind::Switch { value: Box::new(subject), arms: made } }
    }

    fn case(&mut self, case: &ast::Case, subject: &Expr) -> Option<(Case, Span)> {
        let (kind, made, span) = match case {
            ast::Case::Range { from, to, inclusive, span } => {
                (Kind::Int, Case::Range { from: *from, to: *to, inclusive: *inclusive }, *span)
            }
            ast::Case::Value(expr) => {
                let (kind, made) = match &expr.kind {
                    Ast::Unit => return Some((Case::Unit, expr.span)),
                    Ast::Bool(b) => (Kind::Bool, Case::Bool(*b)),
                    Ast::Int(i) => (Kind::Int, Case::Int(*i)),
                    Ast::Float(x) => (Kind::Float, Case::Float(*x)),
                    Ast::Text(t) => (Kind::Text, Case::Text(Arc::from(t.as_str()))),
                    _ => {
                        let help = "cases are literals; what is no literal is tested with `if … else if …`";
                        self.error(ids::UNSUPPORTED, expr.span, "this is no case of a `switch`", help);
                        return None;
                    }
                };
                (kind, made, expr.span)
            }
        };
        if kind != subject.ty.kind && subject.ty.kind != Kind::Never {
            let message = format!("this case is {}, the value {}", Type::of(kind), subject.ty);
            self.error(ids::TYPE_MISMATCH, span, message, "it would never be taken");
            return None;
        }
        Some((made, span))
    }

    /// A block; its value is that of its last statement, if that is an expression.
    pub(super) fn block(&mut self, block: &ast::Block, wanted: bool) -> Block {
        let mut stmts: Vec<Stmt> = Vec::with_capacity(block.stmts.len());
        let mut ty = Type::unit();
        for (i, stmt) in block.stmts.iter().enumerate() {
            let last = i + 1 == block.stmts.len();
            let made = self.stmt(stmt, last && wanted);
            if last && let StmtKind::Expr(expr) = &made.kind {
                ty = expr.ty.clone();
            }
            stmts.push(made);
        }
        if !self.frame.state.reachable {
            ty = Type::never();
        }
        Block { stmts, ty, span: block.span }
    }
}

/// Whether an arm takes a missing value.
fn has_unit(arm: &ast::Arm) -> bool {
    arm.cases.iter().any(|case| matches!(case, ast::Case::Value(e) if e.kind == Ast::Unit))
}
