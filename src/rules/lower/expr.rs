//! Expressions.

use super::Lowerer;
use super::reason::Lower;
use super::value::Value;
use crate::rules::ir::{Const, NodeId, Op};
use crate::rules::typed::{Expr, ExprKind};
use std::rc::Rc;

impl<'a> Lowerer<'a> {
    /// An expression's value.
    pub(super) fn expr(&mut self, e: &'a Expr) -> Lower<Value> {
        self.asks(e);
        let value = self.kind(e)?;
        let value = self.tested(e, value);
        if self.unrelated.is_none() && self.b.has_unrelated() {
            self.unrelated = Some(e.span);
        }
        Ok(value)
    }

    fn kind(&mut self, e: &'a Expr) -> Lower<Value> {
        self.spend(e.span)?;
        match &e.kind {
            ExprKind::Unit => Ok(Value::Missing),
            ExprKind::Bool(b) => self.literal(Const::Bool(*b)),
            ExprKind::Int(n) | ExprKind::DateTime(n) => self.literal(Const::Int(*n)),
            ExprKind::Float(x) => self.literal(Const::float(*x)),
            ExprKind::Date(days) => self.literal(Const::Date(*days)),
            ExprKind::Text(text) => self.literal(Const::Text(text.clone())),
            ExprKind::Local(local) => {
                let found = self.frame.locals.get(local.0 as usize).cloned().flatten();
                Ok(found.unwrap_or(Value::Missing))
            }
            ExprKind::Interpolated(parts) => self.interpolated(parts),
            ExprKind::List(items) => {
                let items = items.iter().map(|item| self.expr(item)).collect::<Lower<Vec<_>>>()?;
                Ok(Value::Items { items: Rc::new(items), there: self.b.bool(true) })
            }
            ExprKind::Map(entries) => self.map_literal(entries),
            ExprKind::Column { row, table, column, safe } => self.column(e, row, *table, *column, *safe),
            ExprKind::Reference { row, table, reference, safe } => self.reference(row, *table, *reference, *safe),
            ExprKind::Related { row, table, many, safe } => self.related(row, *table, *many, *safe),
            ExprKind::Field { map, key, safe } => self.field(map, key, *safe),
            ExprKind::Lookup { map, key } => self.look_up(e, map, key),
            ExprKind::Element { list, index, safe } => self.element_at(e, list, index, *safe),
            ExprKind::ParameterTable { table, key } => self.parameter_table(e, *table, key),
            ExprKind::Negate(below) => self.negate(e, below),
            ExprKind::Not(below) => {
                let node = self.strict_node(below)?;
                let node = self.not(node);
                Ok(self.present(node))
            }
            ExprKind::Binary { op, left, right } => self.binary(e, *op, left, right),
            ExprKind::And(left, right) => self.logical(e, left, right, true),
            ExprKind::Or(left, right) => self.logical(e, left, right, false),
            ExprKind::Coalesce(left, right) => {
                let left = self.expr(left)?;
                let there = self.there(&left);
                let known = self.b.bool(true);
                self.branch(there, e.span, |_| Ok(Self::with_there(&left, known)), |l| l.expr(right))
            }
            ExprKind::IsMissing(below) => {
                let value = self.expr(below)?;
                let there = self.there(&value);
                let missing = self.not(there);
                Ok(self.present(missing))
            }
            ExprKind::In { item, container, negated } => {
                let holds = self.contains(e, item, container)?;
                let node = if *negated { self.not(holds) } else { holds };
                Ok(self.present(node))
            }
            ExprKind::If { condition, then, otherwise } => {
                let holds = self.condition(condition)?;
                self.branch(
                    holds,
                    e.span,
                    |l| l.block(then),
                    |l| otherwise.as_deref().map_or(Ok(Value::Missing), |o| l.expr(o)),
                )
            }
            ExprKind::Switch { value, arms } => self.switch(e, value, arms),
            ExprKind::Block(block) => self.block(block),
            ExprKind::Call { function, args } => self.builtin(e, *function, args),
            ExprKind::CallInstance { instance, args } => {
                let args = args.iter().map(|a| self.expr(a)).collect::<Lower<Vec<_>>>()?;
                self.call_instance(*instance, args, e.span)
            }
            ExprKind::ListCall { method, list, args, lambda } => {
                self.list_call(e, *method, list, args, lambda.as_deref())
            }
            ExprKind::Standing { index, extra } => self.standing(e, *index, extra.as_deref()),
            ExprKind::ToFloat(below) => {
                let node = self.strict_node(below)?;
                let node = self.b.op(Op::IntToFloat, &[node]);
                Ok(self.present(node))
            }
            ExprKind::DecimalsToFloats(below) => {
                let value = self.expr(below)?;
                self.floats_of(below, value)
            }
        }
    }

    fn literal(&mut self, value: Const) -> Lower<Value> {
        let node = self.b.constant(value);
        Ok(self.present(node))
    }

    fn map_literal(&mut self, entries: &'a [(String, Expr)]) -> Lower<Value> {
        let mut values = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            values.push((key.clone(), self.expr(value)?));
        }
        values.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(Value::Map { entries: Rc::new(values), there: self.b.bool(true) })
    }

    /// A value that must be there.
    pub(super) fn strict(&mut self, e: &'a Expr) -> Lower<Value> {
        let value = self.expr(e)?;
        Ok(self.need(&value, e))
    }

    /// The same value, which must be there: `e` is what the cause names.
    pub(super) fn need(&mut self, value: &Value, e: &Expr) -> Value {
        let there = self.there(value);
        let subject = self.frame.names.subject(e);
        self.check_there(there, subject);
        let known = self.b.bool(true);
        Self::with_there(value, known)
    }

    /// The node of a scalar that must be there.
    pub(super) fn strict_node(&mut self, e: &'a Expr) -> Lower<NodeId> {
        let value = self.strict(e)?;
        self.scalar(&value, &e.ty.kind, e.span)
    }

    /// A bool that must be there.
    pub(super) fn condition(&mut self, e: &'a Expr) -> Lower<NodeId> {
        let node = self.strict_node(e)?;
        // What never gives a bool stands for one that no row comes by with.
        if self.b.graph().node(node).repr == crate::rules::ir::Repr::Bool { Ok(node) } else { Ok(self.b.bool(false)) }
    }

    /// Scalars that must be there: all are evaluated, then looked at from left to right.
    pub(super) fn strict_nodes(&mut self, operands: &[&'a Expr]) -> Lower<Vec<NodeId>> {
        let values = operands.iter().map(|e| self.expr(e)).collect::<Lower<Vec<_>>>()?;
        for (value, e) in values.iter().zip(operands) {
            self.need(value, e);
        }
        values.iter().zip(operands).map(|(value, e)| self.scalar(value, &e.ty.kind, e.span)).collect()
    }
}
