//! Smallest and largest values that a typed expression can have, by what it is.
//!
//! In: an expression, its instance's variables. Out: bounds, both included; infinite where nothing is known. Must not
//! know: conditions. Only numbers written in the rule count: a parameter may be another tomorrow.

use super::constant::{Value, constant};
use crate::rules::builtin::{Builtin, ListMethod, Standing};
use crate::rules::figure::Figure;
use crate::rules::model::Model;
use crate::rules::typed::{Block, Expr, ExprKind, LocalId, Program, StmtKind};
use crate::source::SourceMap;
use std::collections::HashMap;

/// Smallest and largest value.
pub(super) type Bounds = (f64, f64);

const UNKNOWN: Bounds = (f64::NEG_INFINITY, f64::INFINITY);
const FROM_ZERO: Bounds = (0.0, f64::INFINITY);
const SHARE: Bounds = (0.0, 1.0);

/// How deep expressions and variables are followed.
const DEEPEST: usize = 24;

/// What bounds are read from.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub program: &'a Program,
    pub sources: &'a SourceMap,
    /// Values of the variables that are set once.
    pub lets: &'a HashMap<LocalId, &'a Expr>,
}

impl Scope<'_> {
    /// The bounds of an expression.
    pub(super) fn bounds(&self, e: &Expr) -> Bounds {
        self.of(e, 0)
    }

    /// Whether it lies between 0 and 1, but for rounding.
    pub(super) fn is_share(&self, e: &Expr) -> bool {
        if let ExprKind::Binary { op: crate::rules::ast::BinaryOp::Subtract, left, right } = &e.kind {
            let one = constant(left, self.sources).is_some_and(|c| c.literal && c.value == Value::Number(1.0));
            return one && self.is_share(right);
        }
        if let ExprKind::Local(local) = &e.kind
            && let Some(value) = self.lets.get(local)
        {
            return self.is_share(value);
        }
        let (low, high) = self.bounds(e);
        low >= 0.0 && high <= 1.0
    }

    fn of(&self, e: &Expr, depth: usize) -> Bounds {
        if depth > DEEPEST {
            return UNKNOWN;
        }
        if let Some(found) = constant(e, self.sources) {
            return match found.value {
                Value::Number(x) if found.literal => (x, x),
                _ => UNKNOWN,
            };
        }
        let of = |e: &Expr| self.of(e, depth + 1);
        match &e.kind {
            ExprKind::ToFloat(inner) => of(inner),
            ExprKind::Local(local) => self.lets.get(local).map_or(UNKNOWN, |value| of(value)),
            ExprKind::Coalesce(a, b) => union(of(a), of(b)),
            ExprKind::If { then, otherwise, .. } => {
                // What is missing without an `else` is compared with nothing.
                let then = self.of_block(then, depth + 1);
                otherwise.as_deref().map_or(then, |o| union(then, of(o)))
            }
            ExprKind::Switch { arms, .. } => arms.iter().map(|arm| of(&arm.value)).reduce(union).unwrap_or(UNKNOWN),
            ExprKind::Block(block) => self.of_block(block, depth + 1),
            ExprKind::Call { function, args } => self.of_call(*function, args, depth + 1),
            ExprKind::ListCall { method: ListMethod::Len | ListMethod::Count | ListMethod::CountDistinct, .. } => {
                FROM_ZERO
            }
            ExprKind::ListCall {
                method: ListMethod::Figure(Figure::Gini | Figure::Herfindahl | Figure::TopShare | Figure::Seasonality),
                ..
            } => SHARE,
            ExprKind::ListCall { method: ListMethod::Std | ListMethod::Figure(Figure::Payback), .. } => FROM_ZERO,
            ExprKind::Standing { index, extra } => self.of_standing(*index, extra.as_deref(), depth + 1),
            _ => UNKNOWN,
        }
    }

    fn of_block(&self, block: &Block, depth: usize) -> Bounds {
        match block.stmts.last().map(|stmt| &stmt.kind) {
            Some(StmtKind::Expr(e)) => self.of(e, depth),
            _ => UNKNOWN,
        }
    }

    fn of_call(&self, function: Builtin, args: &[Expr], depth: usize) -> Bounds {
        let of = |i: usize| args.get(i).map_or(UNKNOWN, |e| self.of(e, depth));
        match function {
            Builtin::Clamp => {
                let (low, high) = (of(1), of(2));
                if low.0 <= high.1 { (low.0, high.1) } else { UNKNOWN }
            }
            Builtin::Min => (0..args.len()).map(of).reduce(|a, b| (a.0.min(b.0), a.1.min(b.1))).unwrap_or(UNKNOWN),
            Builtin::Max => (0..args.len()).map(of).reduce(|a, b| (a.0.max(b.0), a.1.max(b.1))).unwrap_or(UNKNOWN),
            Builtin::Scale => SHARE,
            Builtin::Abs | Builtin::Sqrt | Builtin::Exp | Builtin::TextLen => FROM_ZERO,
            Builtin::Round => (of(0).0.round(), of(0).1.round()),
            Builtin::Floor => (of(0).0.floor(), of(0).1.floor()),
            Builtin::Ceil => (of(0).0.ceil(), of(0).1.ceil()),
            Builtin::ToFloat => of(0),
            Builtin::Month => (1.0, 12.0),
            Builtin::Day => (1.0, 31.0),
            Builtin::Quarter => (1.0, 4.0),
            Builtin::Weekday => (1.0, 7.0),
            _ => UNKNOWN,
        }
    }

    fn of_standing(&self, index: usize, extra: Option<&Expr>, depth: usize) -> Bounds {
        match self.program.populations.get(index).map(|p| p.standing) {
            Some(
                Standing::PctRank
                | Standing::MinMax
                | Standing::Model(
                    Model::Gini
                    | Model::Herfindahl
                    | Model::TopShare
                    | Model::Alive
                    | Model::Topsis
                    | Model::EntropyWeight
                    | Model::CriticWeight,
                ),
            ) => SHARE,
            Some(Standing::Model(Model::Purchases | Model::Spend)) => FROM_ZERO,
            Some(Standing::Rank) => (1.0, f64::INFINITY),
            Some(Standing::Ntile) => (1.0, extra.map_or(f64::INFINITY, |e| self.of(e, depth).1)),
            _ => UNKNOWN,
        }
    }
}

fn union(a: Bounds, b: Bounds) -> Bounds {
    (a.0.min(b.0), a.1.max(b.1))
}
