//! Built-in functions.

use super::Lowerer;
use super::reason::{Lower, NotCompiled};
use super::value::Value;
use crate::rules::builtin::Builtin;
use crate::rules::ir::{DatePart, FloatUnary, NodeId, Op};
use crate::rules::typed::Expr;
use crate::rules::types::Kind;
use std::rc::Rc;

impl<'a> Lowerer<'a> {
    pub(super) fn builtin(&mut self, e: &'a Expr, function: Builtin, args: &'a [Expr]) -> Lower<Value> {
        let operands: Vec<&'a Expr> = args.iter().collect();
        match (function, &operands[..]) {
            (Builtin::ToText, [value]) => {
                let node = self.as_text(value)?;
                return Ok(self.present(node));
            }
            (Builtin::Contains, [container, item]) => {
                let node = self.contains(e, item, container)?;
                return Ok(self.present(node));
            }
            (Builtin::Split, [whole, separator]) => return self.split(e, whole, separator),
            (Builtin::Keys | Builtin::Values, [map]) => return self.entries(e, map, function == Builtin::Keys),
            (Builtin::TextLen, [of]) if of.ty.kind != Kind::Text => return self.size(of),
            (Builtin::IsMissing, [value]) => {
                let value = self.expr(value)?;
                let there = self.there(&value);
                let missing = self.not(there);
                return Ok(self.present(missing));
            }
            _ => {}
        }
        let nodes = self.strict_nodes(&operands)?;
        let kind = operands.first().map_or(&Kind::Never, |a| &a.ty.kind);
        let node = match plain(function, kind) {
            Plain::Same => nodes.first().copied().ok_or_else(|| unknown(e))?,
            Plain::Op(op) => self.b.op(op, &nodes),
            Plain::Fold(op) => self.fold(&op, &nodes).ok_or_else(|| unknown(e))?,
            Plain::Then(first, second) => {
                let below = self.b.op(first, &nodes);
                self.b.op(second, &[below])
            }
            Plain::None => return Err(unknown(e)),
        };
        let site = self.frame.names.site(e.span, &operands);
        self.check_works(node, site);
        Ok(self.present(node))
    }

    fn fold(&mut self, op: &Op, nodes: &[NodeId]) -> Option<NodeId> {
        let (first, rest) = nodes.split_first()?;
        Some(rest.iter().fold(*first, |best, node| self.b.op(op.clone(), &[best, *node])))
    }

    fn entries(&mut self, e: &'a Expr, map: &'a Expr, keys: bool) -> Lower<Value> {
        let value = self.strict(map)?;
        let there = self.b.bool(true);
        let Value::Map { entries, .. } = value else {
            return if value == Value::Missing { Ok(Value::Missing) } else { Err(unknown(e)) };
        };
        let mut items = Vec::with_capacity(entries.len());
        for (key, value) in entries.iter() {
            items.push(if keys {
                let node = self.b.text(key);
                self.present(node)
            } else {
                value.clone()
            });
        }
        Ok(Value::Items { items: Rc::new(items), there })
    }

    /// `len` of a list or map.
    fn size(&mut self, of: &'a Expr) -> Lower<Value> {
        let value = self.strict(of)?;
        let node = match &value {
            Value::Items { items, .. } => self.b.int(items.len() as i64),
            Value::Map { entries, .. } => self.b.int(entries.len() as i64),
            Value::List(list) => self.count(list),
            Value::Missing | Value::Scalar { .. } | Value::Row { .. } => self.b.int(0),
        };
        Ok(self.present(node))
    }
}

fn unknown(e: &Expr) -> NotCompiled {
    NotCompiled::new(e.span, "a function of values that no column holds", "take single values first")
}

/// How a function of scalars is written.
enum Plain {
    /// The argument itself.
    Same,
    Op(Op),
    /// From left to right.
    Fold(Op),
    Then(Op, Op),
    /// Not so.
    None,
}

fn plain(function: Builtin, kind: &Kind) -> Plain {
    let is_int = *kind == Kind::Int;
    let float = |function| Plain::Op(Op::Float(function));
    let part = |part| Plain::Op(Op::DatePart(part));
    match function {
        Builtin::Abs if is_int => Plain::Op(Op::AbsInt),
        Builtin::Abs => float(FloatUnary::Abs),
        Builtin::Min => Plain::Fold(Op::Min),
        Builtin::Max => Plain::Fold(Op::Max),
        Builtin::Clamp => Plain::Op(Op::Clamp),
        Builtin::Round => float(FloatUnary::Round),
        Builtin::RoundTo => Plain::Op(Op::RoundTo),
        Builtin::Floor => float(FloatUnary::Floor),
        Builtin::Ceil => float(FloatUnary::Ceil),
        Builtin::Sqrt => float(FloatUnary::Sqrt),
        Builtin::Ln => float(FloatUnary::Ln),
        Builtin::Exp => float(FloatUnary::Exp),
        Builtin::Pow => Plain::Op(Op::Pow),
        Builtin::Scale => Plain::Op(Op::Scale),
        Builtin::Idiv => Plain::Op(Op::Idiv),
        Builtin::ToInt => match kind {
            Kind::Float => Plain::Op(Op::FloatToInt),
            Kind::Bool => Plain::Op(Op::BoolToInt),
            Kind::Text => Plain::Op(Op::TextToInt),
            _ => Plain::Same,
        },
        Builtin::ToFloat => match kind {
            Kind::Text => Plain::Op(Op::TextToFloat),
            Kind::Bool => Plain::Then(Op::BoolToInt, Op::IntToFloat),
            Kind::Int => Plain::Op(Op::IntToFloat),
            _ => Plain::Same,
        },
        Builtin::StartsWith => Plain::Op(Op::StartsWith),
        Builtin::EndsWith => Plain::Op(Op::EndsWith),
        Builtin::Lower => Plain::Op(Op::Lower),
        Builtin::Upper => Plain::Op(Op::Upper),
        Builtin::Trim => Plain::Op(Op::Trim),
        Builtin::Replace => Plain::Op(Op::Replace),
        Builtin::TextLen => Plain::Op(Op::TextLen),
        Builtin::DaysBetween => Plain::Op(Op::DaysBetween),
        Builtin::MonthsBetween => Plain::Op(Op::MonthsBetween),
        Builtin::Year => part(DatePart::Year),
        Builtin::Month => part(DatePart::Month),
        Builtin::Day => part(DatePart::Day),
        Builtin::Quarter => part(DatePart::Quarter),
        Builtin::Weekday => part(DatePart::Weekday),
        Builtin::YearMonth => part(DatePart::YearMonth),
        Builtin::PlusDays => Plain::Op(Op::PlusDays),
        Builtin::MinusDays => Plain::Op(Op::MinusDays),
        Builtin::PlusMonths => Plain::Op(Op::PlusMonths),
        Builtin::MinusMonths => Plain::Op(Op::MinusMonths),
        Builtin::DateOf if *kind == Kind::DateTime => Plain::Op(Op::DateOf),
        Builtin::DateOf => Plain::Same,
        // Written by functions of their own.
        Builtin::ToText | Builtin::Contains | Builtin::Split | Builtin::Keys | Builtin::Values | Builtin::IsMissing => {
            Plain::None
        }
    }
}
