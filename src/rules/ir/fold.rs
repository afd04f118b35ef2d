//! What needs no computing: operations on constants, selections with one answer, conditions that follow from each other.
//!
//! In: an operation and its operands. Out: an equal node that exists or is simpler, or nothing. Must not know: data. What
//! would fail is left to fail where it is checked.

use super::{Builder, Const, NodeId, Op, Order, Repr};
use crate::calendar;
use crate::rules::format;

/// A node equal to an operation, if there is a simpler one.
pub(super) fn simplify(b: &mut Builder, op: &Op, args: &[NodeId]) -> Option<NodeId> {
    match (op, args) {
        (Op::Not, [a]) => not(b, *a),
        (Op::And, [x, y]) => and(b, *x, *y),
        (Op::Or, [x, y]) => or(b, *x, *y),
        (Op::Select, [c, x, y]) => select(b, *c, *x, *y),
        (Op::Refuse(_), [_]) => None,
        (Op::Compare(order), [x, y]) if x == y => Some(b.bool(*order != Order::Less)),
        (Op::Compare(Order::Equal), [x, y]) if b.graph().constant(*x).is_none() && b.graph().constant(*y).is_some() => {
            chosen_equals(b, *x, *y)
        }
        (Op::RowThere, [row]) if matches!(b.graph().node(*row).op, Op::Customer | Op::Element | Op::Number) => {
            Some(b.bool(true))
        }
        (Op::Min | Op::Max, [x, y]) if x == y => Some(*x),
        _ => {
            let values: Option<Vec<Const>> = args.iter().map(|a| b.graph().constant(*a).cloned()).collect();
            let value = constant(op, &values?)?;
            Some(b.constant(value))
        }
    }
}

fn is_not(b: &Builder, x: NodeId, y: NodeId) -> bool {
    let negates = |x: NodeId, y: NodeId| {
        let node = b.graph().node(x);
        node.op == Op::Not && node.args[0] == y
    };
    negates(x, y) || negates(y, x)
}

/// Whether `y` holds wherever `x` does, as far as conjunctions show.
pub(super) fn implies(b: &Builder, x: NodeId, y: NodeId, depth: u32) -> bool {
    if x == y {
        return true;
    }
    let node = b.graph().node(x);
    if node.op == Op::And && depth > 0 {
        return node.args.iter().any(|part| implies(b, *part, y, depth - 1));
    }
    let goal = b.graph().node(y);
    match goal.op {
        Op::And => depth > 0 && goal.args.iter().all(|part| implies(b, x, *part, depth - 1)),
        Op::Or => goal.args.contains(&x),
        _ => false,
    }
}

/// How deep conjunctions are looked through.
pub(super) const DEPTH: u32 = 8;

/// Whether `x` and `y` cannot both hold, as far as conjunctions show.
fn excludes(b: &Builder, x: NodeId, y: NodeId) -> bool {
    let negated = |x: NodeId, y: NodeId| {
        let node = b.graph().node(x);
        node.op == Op::Not && implies(b, y, node.args[0], DEPTH)
    };
    negated(x, y) || negated(y, x)
}

fn not(b: &mut Builder, a: NodeId) -> Option<NodeId> {
    let node = b.graph().node(a);
    match &node.op {
        Op::Const(Const::Bool(value)) => {
            let value = !*value;
            Some(b.bool(value))
        }
        Op::Not => Some(node.args[0]),
        _ => None,
    }
}

fn and(b: &mut Builder, x: NodeId, y: NodeId) -> Option<NodeId> {
    if b.is(x, false) || b.is(y, false) || excludes(b, x, y) {
        return Some(b.bool(false));
    }
    if b.is(x, true) || implies(b, y, x, DEPTH) {
        return Some(y);
    }
    if b.is(y, true) || implies(b, x, y, DEPTH) {
        return Some(x);
    }
    None
}

fn or(b: &mut Builder, x: NodeId, y: NodeId) -> Option<NodeId> {
    if b.is(x, true) || b.is(y, true) || is_not(b, x, y) {
        return Some(b.bool(true));
    }
    if b.is(x, false) || implies(b, x, y, DEPTH) {
        return Some(y);
    }
    if b.is(y, false) || implies(b, y, x, DEPTH) {
        return Some(x);
    }
    split(b, x, y)
}

/// `(p && c) || (p && !c)` is `p`.
fn split(b: &Builder, x: NodeId, y: NodeId) -> Option<NodeId> {
    let (left, right) = (b.graph().node(x), b.graph().node(y));
    if left.op != Op::And || right.op != Op::And {
        return None;
    }
    for p in &left.args {
        let (Some(c), Some(d)) = (left.args.iter().find(|a| *a != p), right.args.iter().find(|a| *a != p)) else {
            continue;
        };
        if right.args.contains(p) && is_not(b, *c, *d) {
            return Some(*p);
        }
    }
    None
}

fn select(b: &mut Builder, condition: NodeId, x: NodeId, y: NodeId) -> Option<NodeId> {
    if b.is(condition, true) || x == y {
        return Some(x);
    }
    if b.is(condition, false) {
        return Some(y);
    }
    let node = b.graph().node(condition);
    if node.op == Op::Not {
        let positive = node.args[0];
        return Some(b.op(Op::Select, &[positive, y, x]));
    }
    if b.graph().node(x).repr == Repr::Text {
        return texts(b, condition, x, y);
    }
    if b.graph().node(x).repr != Repr::Bool {
        return inner(b, condition, x, y);
    }
    if b.is(x, true) {
        return Some(b.op(Op::Or, &[condition, y]));
    }
    if b.is(y, false) {
        return Some(b.op(Op::And, &[condition, x]));
    }
    let negative = b.op(Op::Not, &[condition]);
    if b.is(x, false) {
        return Some(b.op(Op::And, &[negative, y]));
    }
    if b.is(y, true) {
        return Some(b.op(Op::Or, &[negative, x]));
    }
    let (then, otherwise) = (b.op(Op::And, &[condition, x]), b.op(Op::And, &[negative, y]));
    Some(b.op(Op::Or, &[then, otherwise]))
}

/// A choice between constant texts is a choice between their numbers, which are shorter.
fn texts(b: &mut Builder, condition: NodeId, x: NodeId, y: NodeId) -> Option<NodeId> {
    let is_pooled = |b: &Builder, node: NodeId| matches!(b.graph().node(node).op, Op::Pooled | Op::Const(_));
    if !is_pooled(b, x) || !is_pooled(b, y) {
        return inner(b, condition, x, y);
    }
    let (x, y) = (b.pooled(x)?, b.pooled(y)?);
    let number = b.op(Op::Select, &[condition, x, y]);
    Some(b.op(Op::Pooled, &[number]))
}

/// Whether a choice equals a constant: of its branches, constants are known.
fn chosen_equals(b: &mut Builder, choice: NodeId, value: NodeId) -> Option<NodeId> {
    let wanted = b.graph().constant(value)?.clone();
    let node = b.graph().node(choice);
    if node.op == Op::Pooled {
        let Const::Text(text) = wanted else { return None };
        let number = node.args[0];
        let found = b.graph().pool.iter().position(|t| *t == text);
        return Some(match found {
            Some(at) => {
                let at = b.constant(Const::Row(at as u32));
                b.op(Op::Compare(Order::Equal), &[number, at])
            }
            None => b.bool(false),
        });
    }
    let (Op::Select, [condition, x, y]) = (&node.op, &node.args[..]) else { return None };
    let (condition, x, y) = (*condition, *x, *y);
    if wanted.repr() == Repr::Bool || (b.graph().constant(x).is_none() && b.graph().constant(y).is_none()) {
        return None;
    }
    let then = b.op(Op::Compare(Order::Equal), &[x, value]);
    let otherwise = b.op(Op::Compare(Order::Equal), &[y, value]);
    Some(b.op(Op::Select, &[condition, then, otherwise]))
}

/// A selection within a branch of the same condition has one answer.
fn inner(b: &mut Builder, condition: NodeId, x: NodeId, y: NodeId) -> Option<NodeId> {
    let same = |b: &Builder, branch: NodeId| {
        let node = b.graph().node(branch);
        (node.op == Op::Select && node.args[0] == condition).then(|| (node.args[1], node.args[2]))
    };
    if let Some((then, _)) = same(b, x) {
        return Some(b.op(Op::Select, &[condition, then, y]));
    }
    let (_, otherwise) = same(b, y)?;
    Some(b.op(Op::Select, &[condition, x, otherwise]))
}

fn constant(op: &Op, values: &[Const]) -> Option<Const> {
    Some(match (op, values) {
        (Op::Compare(order), [x, y]) => Const::Bool(compare(*order, x, y)?),
        (Op::AddInt, [Const::Int(x), Const::Int(y)]) => Const::Int(x.checked_add(*y)?),
        (Op::SubtractInt, [Const::Int(x), Const::Int(y)]) => Const::Int(x.checked_sub(*y)?),
        (Op::MultiplyInt, [Const::Int(x), Const::Int(y)]) => Const::Int(x.checked_mul(*y)?),
        (Op::Idiv, [Const::Int(x), Const::Int(y)]) => Const::Int(x.checked_div(*y)?),
        (Op::RemainderInt, [Const::Int(x), Const::Int(y)]) => Const::Int(x.checked_rem(*y)?),
        (Op::NegateInt, [Const::Int(x)]) => Const::Int(x.checked_neg()?),
        (Op::AbsInt, [Const::Int(x)]) => Const::Int(x.checked_abs()?),
        (Op::IntToFloat, [Const::Int(x)]) => Const::float(*x as f64),
        (Op::Add | Op::Subtract | Op::Multiply | Op::Divide, [Const::Float(x), Const::Float(y)]) => {
            arithmetic(op, f64::from_bits(*x), f64::from_bits(*y))?
        }
        (Op::Min, [x, y]) => {
            if compare(Order::Less, y, x)? {
                y.clone()
            } else {
                x.clone()
            }
        }
        (Op::Max, [x, y]) => {
            if compare(Order::Less, x, y)? {
                y.clone()
            } else {
                x.clone()
            }
        }
        (Op::PlusDays, [Const::Date(d), Const::Int(n)]) => Const::Date(calendar::plus_days(*d, *n)?),
        (Op::MinusDays, [Const::Date(d), Const::Int(n)]) => Const::Date(calendar::plus_days(*d, n.checked_neg()?)?),
        (Op::PlusMonths, [Const::Date(d), Const::Int(n)]) => Const::Date(calendar::plus_months(*d, *n)?),
        (Op::MinusMonths, [Const::Date(d), Const::Int(n)]) => Const::Date(calendar::plus_months(*d, n.checked_neg()?)?),
        (Op::DaysBetween, [Const::Date(x), Const::Date(y)]) => Const::Int(i64::from(*y) - i64::from(*x)),
        (Op::TextLen, [Const::Text(text)]) => Const::Int(text.chars().count() as i64),
        (Op::IntToText, [Const::Int(n)]) => text(n.to_string()),
        (Op::BoolToText, [Const::Bool(b)]) => text(b.to_string()),
        (Op::FloatToText, [Const::Float(x)]) => text(format::float(f64::from_bits(*x))),
        (Op::DateToText, [Const::Date(days)]) => text(format::date(*days)),
        (Op::Join, parts) => text(joined(parts)?),
        (Op::IsEmpty, [Const::Text(text)]) => Const::Bool(text.is_empty()),
        _ => return None,
    })
}

fn text(text: String) -> Const {
    Const::Text(text.into())
}

/// Texts that constants are folded to are no longer than this.
const LONGEST: usize = 1_000;

fn joined(parts: &[Const]) -> Option<String> {
    let mut joined = String::new();
    for part in parts {
        let Const::Text(text) = part else { return None };
        joined.push_str(text);
    }
    (joined.len() <= LONGEST).then_some(joined)
}

fn arithmetic(op: &Op, x: f64, y: f64) -> Option<Const> {
    let value = match op {
        Op::Add => x + y,
        Op::Subtract => x - y,
        Op::Multiply => x * y,
        Op::Divide if y != 0.0 => x / y,
        _ => return None,
    };
    value.is_finite().then(|| Const::float(value))
}

fn compare(order: Order, x: &Const, y: &Const) -> Option<bool> {
    let ordering = match (x, y) {
        (Const::Int(x), Const::Int(y)) => x.cmp(y),
        (Const::Date(x), Const::Date(y)) => x.cmp(y),
        (Const::Bool(x), Const::Bool(y)) => x.cmp(y),
        (Const::Row(x), Const::Row(y)) => x.cmp(y),
        (Const::Text(x), Const::Text(y)) => x.as_bytes().cmp(y.as_bytes()),
        (Const::Float(x), Const::Float(y)) => f64::from_bits(*x).partial_cmp(&f64::from_bits(*y))?,
        _ => return None,
    };
    Some(match order {
        Order::Equal => ordering.is_eq(),
        Order::Less => ordering.is_lt(),
        Order::LessEqual => ordering.is_le(),
    })
}
