//! Whether evaluating a typed tree can leave a customer undetermined.

use super::Checker;
use crate::rules::ast::BinaryOp;
use crate::rules::builtin::{Builtin, ListMethod};
use crate::rules::typed::{Block, Expr, ExprKind, InstanceId, Iterable, Key, StmtKind};
use crate::rules::types::Kind;
use std::collections::HashSet;

impl Checker<'_> {
    /// Whether an instance can fail, itself or in a function it calls.
    pub(super) fn instance_can_fail(&self, id: InstanceId) -> bool {
        self.fails(id, &mut HashSet::new())
    }

    fn fails(&self, id: InstanceId, seen: &mut HashSet<InstanceId>) -> bool {
        if !seen.insert(id) {
            return false;
        }
        let Some(Some(instance)) = self.instances.get(id.0 as usize) else { return true };
        let mut found = false;
        let mut calls = Vec::new();
        every(&instance.body, &mut |node| match node {
            Node::Stmt(stmt) => found |= matches!(stmt, StmtKind::Throw(_)),
            Node::Expr(expr) => {
                found |= fails_itself(expr);
                if let ExprKind::CallInstance { instance, .. } = &expr.kind {
                    calls.push(*instance);
                }
            }
        });
        found || calls.into_iter().any(|call| self.fails(call, seen))
    }
}

/// Whether an expression can fail by itself, its parts apart: a strict operand that may be missing, or an operation
/// that is not defined everywhere.
fn fails_itself(expr: &Expr) -> bool {
    let missing = |e: &Expr| e.ty.optional;
    match &expr.kind {
        ExprKind::Unit
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Text(_)
        | ExprKind::Date(_)
        | ExprKind::DateTime(_)
        | ExprKind::Local(_)
        | ExprKind::List(_)
        | ExprKind::Map(_)
        | ExprKind::Coalesce(..)
        | ExprKind::IsMissing(_)
        | ExprKind::Block(_)
        | ExprKind::CallInstance { .. }
        | ExprKind::ToFloat(_) => false,
        ExprKind::Interpolated(parts) => parts.iter().any(missing),
        ExprKind::Column { row: base, safe, .. }
        | ExprKind::Reference { row: base, safe, .. }
        | ExprKind::Related { row: base, safe, .. }
        | ExprKind::Field { map: base, safe, .. } => !safe && missing(base),
        ExprKind::Lookup { map, key } => missing(map) || missing(key),
        ExprKind::Element { .. } | ExprKind::Standing { .. } => true,
        ExprKind::ParameterTable { key, .. } => missing(key),
        ExprKind::Negate(inner) => missing(inner) || inner.ty.kind != Kind::Float,
        ExprKind::Not(inner) => missing(inner),
        ExprKind::Binary { op, left, right } => {
            let joins = *op == BinaryOp::Add && left.ty.kind == Kind::Text;
            missing(left) || missing(right) || !(op.is_comparison() || joins)
        }
        ExprKind::And(a, b) | ExprKind::Or(a, b) => missing(a) || missing(b),
        ExprKind::In { item, container, .. } => {
            missing(item) || missing(container) || container.ty.element().is_some_and(|e| e.optional)
        }
        ExprKind::If { condition, .. } => missing(condition),
        ExprKind::Switch { value, arms } => {
            let takes_unit = arms.iter().any(|a| a.cases.iter().any(|c| matches!(c, crate::rules::typed::Case::Unit)));
            (!takes_unit && missing(value)) || arms.iter().any(|a| a.condition.as_ref().is_some_and(missing))
        }
        ExprKind::Call { function, args } => args.iter().any(missing) || !is_total(*function, args),
        ExprKind::ListCall { method, list, .. } => {
            missing(list) || list.ty.element().is_some_and(|e| e.optional) || !is_total_method(*method)
        }
        ExprKind::DecimalsToFloats(_) => false,
    }
}

/// Whether a function gives a value for all values of its arguments.
fn is_total(function: Builtin, args: &[Expr]) -> bool {
    match function {
        Builtin::Abs => args.iter().all(|a| a.ty.kind == Kind::Float),
        Builtin::ToFloat => args.iter().all(|a| a.ty.kind != Kind::Text),
        Builtin::ToInt => args.iter().all(|a| matches!(a.ty.kind, Kind::Int | Kind::Bool)),
        Builtin::Min
        | Builtin::Max
        | Builtin::Round
        | Builtin::Floor
        | Builtin::Ceil
        | Builtin::ToText
        | Builtin::Contains
        | Builtin::StartsWith
        | Builtin::EndsWith
        | Builtin::Lower
        | Builtin::Upper
        | Builtin::Trim
        | Builtin::TextLen
        | Builtin::DaysBetween
        | Builtin::MonthsBetween
        | Builtin::Year
        | Builtin::Month
        | Builtin::Day
        | Builtin::Quarter
        | Builtin::Weekday
        | Builtin::YearMonth
        | Builtin::DateOf
        | Builtin::Keys
        | Builtin::Values
        | Builtin::IsMissing => true,
        Builtin::Clamp
        | Builtin::RoundTo
        | Builtin::Sqrt
        | Builtin::Ln
        | Builtin::Exp
        | Builtin::Pow
        | Builtin::Scale
        | Builtin::Idiv
        | Builtin::Split
        | Builtin::Replace
        | Builtin::PlusDays
        | Builtin::MinusDays
        | Builtin::PlusMonths
        | Builtin::MinusMonths => false,
    }
}

fn is_total_method(method: ListMethod) -> bool {
    matches!(
        method,
        ListMethod::Filter
            | ListMethod::Map
            | ListMethod::Len
            | ListMethod::Count
            | ListMethod::CountDistinct
            | ListMethod::Some
            | ListMethod::All
            | ListMethod::First
            | ListMethod::Last
            | ListMethod::Min
            | ListMethod::Max
            | ListMethod::Known
    )
}

/// A statement or an expression of a typed tree.
pub(super) enum Node<'t> {
    Stmt(&'t StmtKind),
    Expr(&'t Expr),
}

/// Shows every statement and every expression of a block, outer ones first.
pub(super) fn every<'t>(block: &'t Block, see: &mut dyn FnMut(Node<'t>)) {
    for s in &block.stmts {
        see(Node::Stmt(&s.kind));
        match &s.kind {
            StmtKind::Let { value: Some(e), .. }
            | StmtKind::Assign { value: e, .. }
            | StmtKind::Push { value: e, .. }
            | StmtKind::Expr(e)
            | StmtKind::Return(Some(e))
            | StmtKind::Throw(e) => every_in(e, see),
            StmtKind::SetKey { path, value, .. } => {
                for key in path {
                    if let Key::Computed(key) = key {
                        every_in(key, see);
                    }
                }
                every_in(value, see);
            }
            StmtKind::While { condition, body } | StmtKind::DoWhile { body, condition, .. } => {
                every_in(condition, see);
                every(body, see);
            }
            StmtKind::Loop { body } => every(body, see),
            StmtKind::For { iterable, body, .. } => {
                match iterable {
                    Iterable::List(list) => every_in(list, see),
                    Iterable::Range { from, to, .. } => {
                        every_in(from, see);
                        every_in(to, see);
                    }
                }
                every(body, see);
            }
            StmtKind::Let { value: None, .. } | StmtKind::Return(None) | StmtKind::Break | StmtKind::Continue => {}
        }
    }
}

fn every_in<'t>(e: &'t Expr, see: &mut dyn FnMut(Node<'t>)) {
    see(Node::Expr(e));
    match &e.kind {
        ExprKind::Unit
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Text(_)
        | ExprKind::Date(_)
        | ExprKind::DateTime(_)
        | ExprKind::Local(_) => {}
        ExprKind::Interpolated(parts) | ExprKind::List(parts) => parts.iter().for_each(|p| every_in(p, see)),
        ExprKind::Call { args, .. } | ExprKind::CallInstance { args, .. } => {
            args.iter().for_each(|a| every_in(a, see));
        }
        ExprKind::Map(entries) => entries.iter().for_each(|(_, v)| every_in(v, see)),
        ExprKind::Column { row: a, .. }
        | ExprKind::Reference { row: a, .. }
        | ExprKind::Related { row: a, .. }
        | ExprKind::Field { map: a, .. }
        | ExprKind::ParameterTable { key: a, .. }
        | ExprKind::Negate(a)
        | ExprKind::Not(a)
        | ExprKind::IsMissing(a)
        | ExprKind::ToFloat(a)
        | ExprKind::DecimalsToFloats(a) => every_in(a, see),
        ExprKind::Lookup { map: a, key: b }
        | ExprKind::Element { list: a, index: b, .. }
        | ExprKind::Binary { left: a, right: b, .. }
        | ExprKind::And(a, b)
        | ExprKind::Or(a, b)
        | ExprKind::Coalesce(a, b)
        | ExprKind::In { item: a, container: b, .. } => {
            every_in(a, see);
            every_in(b, see);
        }
        ExprKind::If { condition, then, otherwise } => {
            every_in(condition, see);
            every(then, see);
            if let Some(other) = otherwise {
                every_in(other, see);
            }
        }
        ExprKind::Switch { value, arms } => {
            every_in(value, see);
            for arm in arms {
                if let Some(condition) = &arm.condition {
                    every_in(condition, see);
                }
                every_in(&arm.value, see);
            }
        }
        ExprKind::Block(block) => every(block, see),
        ExprKind::ListCall { list, args, lambda, .. } => {
            every_in(list, see);
            args.iter().for_each(|a| every_in(a, see));
            if let Some(lambda) = lambda {
                every_in(&lambda.body, see);
            }
        }
        ExprKind::Standing { extra, .. } => {
            if let Some(extra) = extra {
                every_in(extra, see);
            }
        }
    }
}
