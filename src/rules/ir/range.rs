//! Between which numbers a node's values lie, so that what cannot fail is not checked.
//!
//! In: a node, its operands' ranges. Out: [`Range`]. Must not know: data. Ranges hold for the rows whose values are meant:
//! those that no check before has stopped. Rounding is monotonic, so that the bounds of a sum, difference, product or quotient are the
//! rounded bounds (R. E. Moore, Interval Analysis, 1966).

use super::{Aggregate, Builder, Const, DatePart, FloatUnary, Node, NodeId, Op, Repr};

/// Bounds of a node's values, both included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Range {
    /// Of a float: finite bounds.
    Float(f64, f64),
    /// Of an int.
    Int(i64, i64),
    /// Of anything else.
    None,
}

const ALL_FLOATS: Range = Range::Float(f64::MIN, f64::MAX);
const ALL_INTS: Range = Range::Int(i64::MIN, i64::MAX);
/// Rows of a table, elements of a list.
const ROWS: i64 = u32::MAX as i64;
/// Days of the calendar's years, in ints.
const DAYS: i64 = u32::MAX as i64;

impl Range {
    pub(super) fn float(low: f64, high: f64) -> Range {
        Range::Float(low, high)
    }

    /// Any value of a representation.
    pub(super) fn all(repr: Repr) -> Range {
        match repr {
            Repr::Float => ALL_FLOATS,
            Repr::Int => ALL_INTS,
            Repr::Bool | Repr::Date | Repr::Text | Repr::Row => Range::None,
        }
    }

    /// Bounds of floats that may not be finite, cut to what passes the check.
    fn checked(low: f64, high: f64) -> Range {
        if low.is_nan() || high.is_nan() { ALL_FLOATS } else { Range::Float(low.max(f64::MIN), high.min(f64::MAX)) }
    }

    fn ints(low: Option<i64>, high: Option<i64>) -> Range {
        Range::Int(low.unwrap_or(i64::MIN), high.unwrap_or(i64::MAX))
    }

    /// The range of a node whose operands are known.
    pub(super) fn of(b: &Builder, node: &Node) -> Range {
        let operand = |n: usize| node.args.get(n).map_or(Range::None, |a| b.range(*a));
        match node.repr {
            Repr::Float => match &node.op {
                Op::Const(Const::Float(bits)) => Range::Float(f64::from_bits(*bits), f64::from_bits(*bits)),
                _ => float_of(b, node).unwrap_or(ALL_FLOATS),
            },
            Repr::Int => int_of(node, operand).unwrap_or(ALL_INTS),
            Repr::Bool | Repr::Date | Repr::Text | Repr::Row => Range::None,
        }
    }

    /// Whether no row of a node can fail.
    pub(super) fn is_safe(b: &Builder, node: &Node) -> bool {
        let finite = |bounds: Option<(f64, f64)>| bounds.is_some_and(|(l, h)| l.is_finite() && h.is_finite());
        match &node.op {
            Op::Add | Op::Subtract | Op::Multiply | Op::Divide => finite(raw_float(b, node)),
            Op::AddInt | Op::SubtractInt | Op::MultiplyInt => raw_int(b, node).is_some(),
            Op::NegateInt | Op::AbsInt => matches!(b.range(node.args[0]), Range::Int(low, _) if low > i64::MIN),
            Op::Idiv | Op::RemainderInt => match b.range(node.args[1]) {
                Range::Int(low, high) => low > 0 || high < -1,
                _ => false,
            },
            Op::Float(FloatUnary::Sqrt) => matches!(b.range(node.args[0]), Range::Float(low, _) if low >= 0.0),
            Op::Scale => match (b.range(node.args[0]), b.range(node.args[1]), b.range(node.args[2])) {
                (Range::Float(a, z), Range::Float(low, low_too), Range::Float(high, high_too)) => {
                    let span = high - low;
                    low == low_too
                        && high == high_too
                        && span != 0.0
                        && finite(Some((a - low, z - low)))
                        && finite(Some(((a - low) / span, (z - low) / span)))
                }
                _ => false,
            },
            Op::Clamp => match (b.range(node.args[1]), b.range(node.args[2])) {
                (Range::Float(_, low), Range::Float(high, _)) => low <= high,
                (Range::Int(_, low), Range::Int(high, _)) => low <= high,
                _ => false,
            },
            Op::FloatToInt => match b.range(node.args[0]) {
                Range::Float(low, high) => low > -9.2e18 && high < 9.2e18,
                _ => false,
            },
            _ => false,
        }
    }
}

fn floats(b: &Builder, node: &Node, n: usize) -> Option<(f64, f64)> {
    match b.range(*node.args.get(n)?) {
        Range::Float(low, high) => Some((low, high)),
        _ => None,
    }
}

fn hull(values: [f64; 4]) -> (f64, f64) {
    // A bound that is no number hides the range.
    if values.iter().any(|v| v.is_nan()) {
        return (f64::NEG_INFINITY, f64::INFINITY);
    }
    values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)))
}

/// Bounds of an arithmetic result before its check.
fn raw_float(b: &Builder, node: &Node) -> Option<(f64, f64)> {
    let (a, z) = floats(b, node, 0)?;
    let (c, y) = floats(b, node, 1)?;
    Some(match node.op {
        Op::Add => (a + c, z + y),
        Op::Subtract => (a - y, z - c),
        Op::Multiply => hull([a * c, a * y, z * c, z * y]),
        Op::Divide if c > 0.0 || y < 0.0 => hull([a / c, a / y, z / c, z / y]),
        _ => return None,
    })
}

fn float_of(b: &Builder, node: &Node) -> Option<Range> {
    let union = |x: NodeId, y: NodeId| match (b.range(x), b.range(y)) {
        (Range::Float(a, z), Range::Float(c, y)) => Some(Range::Float(a.min(c), z.max(y))),
        _ => None,
    };
    Some(match &node.op {
        Op::Add | Op::Subtract | Op::Multiply | Op::Divide => {
            let (low, high) = raw_float(b, node)?;
            Range::checked(low, high)
        }
        Op::Scale => Range::Float(0.0, 1.0),
        Op::Select => union(node.args[1], node.args[2])?,
        Op::Lift | Op::Pick => b.range(node.args[0]),
        Op::Fetch => b.range(*node.args.get(1)?),
        Op::Written => {
            let mut all = b.range(*node.args.first()?);
            for arg in &node.args {
                match (all, b.range(*arg)) {
                    (Range::Float(a, z), Range::Float(c, y)) => all = Range::Float(a.min(c), z.max(y)),
                    _ => return None,
                }
            }
            all
        }
        Op::Clamp => {
            let ((low, _), (_, high)) = (floats(b, node, 1)?, floats(b, node, 2)?);
            if low <= high { Range::Float(low, high) } else { return None }
        }
        Op::Min | Op::Max => {
            let ((a, z), (c, y)) = (floats(b, node, 0)?, floats(b, node, 1)?);
            if matches!(node.op, Op::Min) { Range::Float(a.min(c), z.min(y)) } else { Range::Float(a.max(c), z.max(y)) }
        }
        Op::IntToFloat => match b.range(*node.args.first()?) {
            Range::Int(low, high) => Range::Float(low as f64, high as f64),
            _ => return None,
        },
        Op::Float(function) => {
            let (low, high) = floats(b, node, 0)?;
            match function {
                FloatUnary::Negate => Range::Float(-high, -low),
                FloatUnary::Abs if low >= 0.0 => Range::Float(low, high),
                FloatUnary::Abs => Range::Float(0.0, high.max(-low)),
                FloatUnary::Round => Range::Float(low.round(), high.round()),
                FloatUnary::Floor => Range::Float(low.floor(), high.floor()),
                FloatUnary::Ceil => Range::Float(low.ceil(), high.ceil()),
                FloatUnary::Sqrt | FloatUnary::Ln | FloatUnary::Exp => return None,
            }
        }
        _ => return None,
    })
}

fn ints(b: &Builder, node: &Node, n: usize) -> Option<(i64, i64)> {
    match b.range(*node.args.get(n)?) {
        Range::Int(low, high) => Some((low, high)),
        _ => None,
    }
}

/// Bounds of an arithmetic result that cannot overflow; `None` if it can.
fn raw_int(b: &Builder, node: &Node) -> Option<(i64, i64)> {
    let (a, z) = ints(b, node, 0)?;
    let (c, y) = ints(b, node, 1)?;
    match node.op {
        Op::AddInt => Some((a.checked_add(c)?, z.checked_add(y)?)),
        Op::SubtractInt => Some((a.checked_sub(y)?, z.checked_sub(c)?)),
        Op::MultiplyInt => {
            let all = [a.checked_mul(c)?, a.checked_mul(y)?, z.checked_mul(c)?, z.checked_mul(y)?];
            Some((*all.iter().min()?, *all.iter().max()?))
        }
        _ => None,
    }
}

fn int_of(node: &Node, operand: impl Fn(usize) -> Range) -> Option<Range> {
    let two = || match (operand(0), operand(1)) {
        (Range::Int(a, z), Range::Int(c, y)) => Some((a, z, c, y)),
        _ => None,
    };
    Some(match &node.op {
        Op::Const(Const::Int(n)) => Range::Int(*n, *n),
        Op::AddInt => {
            let (a, z, c, y) = two()?;
            // A side that overflows is cut by the check.
            Range::Int(a.saturating_add(c), z.saturating_add(y))
        }
        Op::SubtractInt => {
            let (a, z, c, y) = two()?;
            Range::Int(a.saturating_sub(y), z.saturating_sub(c))
        }
        Op::MultiplyInt => {
            let (a, z, c, y) = two()?;
            let all = [a.checked_mul(c), a.checked_mul(y), z.checked_mul(c), z.checked_mul(y)];
            match all {
                [Some(p), Some(q), Some(r), Some(s)] => {
                    Range::ints([p, q, r, s].into_iter().min(), [p, q, r, s].into_iter().max())
                }
                _ => return None,
            }
        }
        Op::Select => match (operand(1), operand(2)) {
            (Range::Int(a, z), Range::Int(c, y)) => Range::Int(a.min(c), z.max(y)),
            _ => return None,
        },
        Op::Lift | Op::Pick => operand(0),
        Op::Fetch => operand(1),
        Op::Min => {
            let (a, z, c, y) = two()?;
            Range::Int(a.min(c), z.min(y))
        }
        Op::Max => {
            let (a, z, c, y) = two()?;
            Range::Int(a.max(c), z.max(y))
        }
        Op::Clamp => match (operand(1), operand(2)) {
            (Range::Int(low, _), Range::Int(_, high)) if low <= high => Range::Int(low, high),
            _ => return None,
        },
        Op::BoolToInt => Range::Int(0, 1),
        Op::DaysBetween | Op::MonthsBetween => Range::Int(-DAYS, DAYS),
        Op::DatePart(part) => match part {
            DatePart::Year => Range::Int(-9_999, 9_999),
            DatePart::Month => Range::Int(1, 12),
            DatePart::Day => Range::Int(1, 31),
            DatePart::Quarter => Range::Int(1, 4),
            DatePart::Weekday => Range::Int(1, 7),
            DatePart::YearMonth => Range::Int(-1_000_000, 1_000_000),
        },
        Op::TextLen | Op::Position => Range::Int(0, ROWS),
        Op::Ntile => Range::Int(1, i64::MAX),
        Op::Of(Aggregate::Count | Aggregate::Distinct, _) => Range::Int(0, ROWS),
        _ => return None,
    })
}
