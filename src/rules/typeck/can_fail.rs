//! Whether evaluating a typed tree can leave a customer undetermined.

use super::Checker;
use crate::rules::ast::BinaryOp;
use crate::rules::builtin::{Builtin, ListMethod};
use crate::rules::typed::{Case, Expr, ExprKind, InstanceId, StmtKind};
use crate::rules::types::Kind;
use crate::rules::walk::{Node, block};
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
        block(&instance.body, &mut |node| match node {
            Node::Stmt(stmt) => found |= matches!(stmt.kind, StmtKind::Throw(_)),
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
            let takes_unit = arms.iter().any(|a| a.cases.iter().any(|c| matches!(c, Case::Unit)));
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
