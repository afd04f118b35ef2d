//! Texts: interpolation, conversion, `in`.

use super::Lowerer;
use super::operator::equal;
use super::reason::Lower;
use super::value::{List, Value};
use crate::rules::cause::CauseKind;
use crate::rules::ir::{Aggregate, Const, Domain, NodeId, Op};
use crate::rules::typed::Expr;
use crate::rules::types::Kind;
use std::rc::Rc;

impl<'a> Lowerer<'a> {
    /// Parts joined: numbers and dates are looked at when they are evaluated, texts when all are.
    pub(super) fn interpolated(&mut self, parts: &'a [Expr]) -> Lower<Value> {
        let mut nodes = Vec::with_capacity(parts.len());
        let mut texts = Vec::new();
        for part in parts {
            if part.ty.kind == Kind::Text {
                let value = self.expr(part)?;
                nodes.push(self.scalar(&value, &part.ty.kind, part.span)?);
                texts.push((value, part));
            } else {
                nodes.push(self.as_text(part)?);
            }
        }
        for (value, part) in &texts {
            self.need(value, part);
        }
        let node = match nodes.len() {
            0 => self.b.text(""),
            1 => nodes[0],
            _ => self.b.op(Op::Join, &nodes),
        };
        Ok(self.present(node))
    }

    /// A value as text.
    pub(super) fn as_text(&mut self, value: &'a Expr) -> Lower<NodeId> {
        let node = self.strict_node(value)?;
        Ok(match value.ty.kind {
            Kind::Int => self.b.op(Op::IntToText, &[node]),
            Kind::Float => self.b.op(Op::FloatToText, &[node]),
            Kind::Bool => self.b.op(Op::BoolToText, &[node]),
            Kind::Date => self.b.op(Op::DateToText, &[node]),
            Kind::DateTime => self.b.op(Op::InstantToText, &[node]),
            Kind::Text => node,
            // What never gives a value: nothing comes by.
            _ => self.b.text(""),
        })
    }

    pub(super) fn split(&mut self, e: &'a Expr, whole: &'a Expr, separator: &'a Expr) -> Lower<Value> {
        let nodes = self.strict_nodes(&[whole, separator])?;
        let (text, at) = (nodes[0], nodes[1]);
        let site = self.frame.names.site(e.span, &[whole, separator]);
        let empty = self.b.op(Op::IsEmpty, &[at]);
        self.refuse(empty, CauseKind::OutOfRange, 1, &site);
        let parent = if self.ways.hoists { self.b.deepest(&nodes) } else { self.domain };
        let domain = self.b.domain(Domain::Split { parent, text, separator: at });
        let node = self.b.over(domain, Op::Part, &[]);
        let keep = self.b.bool(true);
        let element = Value::Scalar { node, there: keep };
        Ok(Value::List(Rc::new(List { domain, owner: parent, keep, element, there: keep })))
    }

    /// Whether `container` holds `item`: the container is evaluated first.
    pub(super) fn contains(&mut self, e: &'a Expr, item: &'a Expr, container: &'a Expr) -> Lower<NodeId> {
        let held = self.expr(container)?;
        let held = self.floats_of(container, held)?;
        let wanted = self.expr(item)?;
        let (held, _) = (self.need(&held, container), self.need(&wanted, item));
        let node = self.scalar(&wanted, &item.ty.kind, item.span)?;
        match &held {
            Value::Map { entries, .. } => {
                let mut any = self.b.bool(false);
                for (key, _) in entries.iter() {
                    self.spend(e.span)?;
                    let fits = self.equals(node, Const::Text(key.as_str().into()));
                    any = self.or(any, fits);
                }
                Ok(any)
            }
            Value::Scalar { node: text, .. } => Ok(self.b.op(Op::Contains, &[*text, node])),
            Value::Items { items, .. } => match self.items_hold(items, node) {
                Some(holds) => Ok(holds),
                None => self.list_holds(e, (item, node), (container, &held)),
            },
            Value::List(_) => self.list_holds(e, (item, node), (container, &held)),
            Value::Missing | Value::Row { .. } => Ok(self.b.bool(false)),
        }
    }

    /// Whether one of the items is a node, if all are there.
    fn items_hold(&mut self, items: &[Value], node: NodeId) -> Option<NodeId> {
        let mut any = self.b.bool(false);
        for item in items {
            let Value::Scalar { node: one, there } = item else { return None };
            if !self.b.is(*there, true) || self.b.graph().node(*one).repr != self.b.graph().node(node).repr {
                return None;
            }
            let fits = match self.b.graph().constant(*one).cloned() {
                Some(value) => self.equals(node, value),
                None => equal(&mut self.b, *one, node),
            };
            any = self.or(any, fits);
        }
        Some(any)
    }

    fn list_holds(
        &mut self,
        e: &'a Expr,
        (item, node): (&'a Expr, NodeId),
        (container, held): (&'a Expr, &Value),
    ) -> Lower<NodeId> {
        let list = self.at_hand(held, container.span, None, &[node])?;
        let mut site = self.frame.names.site(e.span, &[container, item]);
        site.element = Some(self.frame.names.element(container));
        let there = self.there(&list.element);
        let value = self.scalar(&list.element, &item.ty.kind, container.span)?;
        let holds = self.b.aggregate(list.owner, list.domain, Aggregate::Holds, &[list.keep, there, value, node]);
        self.check_works(holds, site);
        Ok(holds)
    }
}
