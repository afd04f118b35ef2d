//! Values that a condition compares with.
//!
//! In: a typed expression. Out: its value if it is a literal or made from literals and parameters, and whether a
//! parameter or a named constant has a part in it. Must not know: conditions. Dates of the run are no constants: they
//! are others in the next run.

use crate::rules::ast::BinaryOp;
use crate::rules::typed::{Expr, ExprKind};
use crate::source::SourceMap;
use std::cmp::Ordering;
use std::sync::Arc;

/// Ints and days beyond this are not exact as floats.
const EXACT: i64 = 1 << 53;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// A number, or the number of a day.
    Number(f64),
    Text(Arc<str>),
    Bool(bool),
}

/// A value and where it is from.
#[derive(Clone, Debug)]
pub(super) struct Constant {
    pub value: Value,
    /// Whether it stands in the rule itself; else somebody may change it elsewhere.
    pub literal: bool,
}

impl Value {
    /// How two values compare, if they are of one kind.
    pub(super) fn order(&self, other: &Value) -> Option<Ordering> {
        match (self, other) {
            (Value::Number(a), Value::Number(b)) => a.partial_cmp(b),
            (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
            (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }
}

/// What a comparison of two values gives.
pub(super) fn holds(op: BinaryOp, order: Ordering) -> bool {
    match op {
        BinaryOp::Equal => order.is_eq(),
        BinaryOp::NotEqual => order.is_ne(),
        BinaryOp::Less => order.is_lt(),
        BinaryOp::LessEqual => order.is_le(),
        BinaryOp::Greater => order.is_gt(),
        BinaryOp::GreaterEqual => order.is_ge(),
        _ => false,
    }
}

/// The value of a constant expression.
pub(super) fn constant(e: &Expr, sources: &SourceMap) -> Option<Constant> {
    let value = match &e.kind {
        ExprKind::Bool(b) => Value::Bool(*b),
        ExprKind::Int(i) => exact(*i)?,
        ExprKind::Float(x) => Value::Number(*x),
        ExprKind::Text(text) => Value::Text(text.clone()),
        ExprKind::Date(day) => Value::Number(f64::from(*day)),
        ExprKind::DateTime(micros) => exact(*micros)?,
        ExprKind::ToFloat(inner) => return constant(inner, sources),
        ExprKind::Negate(inner) => {
            let Constant { value: Value::Number(x), literal } = constant(inner, sources)? else { return None };
            return Some(Constant { value: Value::Number(-x), literal });
        }
        ExprKind::Binary { op, left, right } => {
            let (a, b) = (constant(left, sources)?, constant(right, sources)?);
            // A named constant stands with the place of its name.
            let name = sources.text(e.span).chars().all(|c| c.is_alphanumeric() || c == '_');
            let literal = a.literal && b.literal && !name;
            return Some(Constant { value: fold(*op, &a.value, &b.value)?, literal });
        }
        _ => return None,
    };
    let text = sources.text(e.span);
    if ["AS_OF", "CYCLE_START", "CYCLE_END"].contains(&text) {
        return None;
    }
    let named = text.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && !text.starts_with("date(")
        && !["true", "false"].contains(&text);
    Some(Constant { value, literal: !named })
}

fn exact(i: i64) -> Option<Value> {
    (-EXACT..=EXACT).contains(&i).then_some(Value::Number(i as f64))
}

fn fold(op: BinaryOp, a: &Value, b: &Value) -> Option<Value> {
    let (Value::Number(a), Value::Number(b)) = (a, b) else { return None };
    let x = match op {
        BinaryOp::Add => a + b,
        BinaryOp::Subtract => a - b,
        BinaryOp::Multiply => a * b,
        _ => return None,
    };
    (x.is_finite() && x.abs() <= EXACT as f64).then_some(Value::Number(x))
}
