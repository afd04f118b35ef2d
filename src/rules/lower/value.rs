//! Symbolic values: what a local or an expression is, as nodes.

use super::Lowerer;
use super::reason::{Lower, NotCompiled};
use crate::rules::ir::{Domain, DomainId, NodeId, Op, Repr};
use crate::rules::types::{Kind, TableId};
use crate::source::Span;
use std::rc::Rc;

/// A value of the rule language. `there` is the bool node of where it is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// `()`, or what never gives a value.
    Missing,
    /// Text, number, bool, date or datetime.
    Scalar { node: NodeId, there: NodeId },
    /// A row of a table.
    Row { table: TableId, node: NodeId, there: NodeId },
    /// A map whose keys are known, sorted by key.
    Map { entries: Rc<Vec<(String, Value)>>, there: NodeId },
    /// A list whose length is known.
    Items { items: Rc<Vec<Value>>, there: NodeId },
    /// A list whose length depends on data.
    List(Rc<List>),
}

/// Elements of a domain.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct List {
    /// The elements.
    pub(super) domain: DomainId,
    /// Whose they are.
    pub(super) owner: DomainId,
    /// Which are in the list: a node over `domain`, an ancestor of it, or a constant.
    pub(super) keep: NodeId,
    /// The element.
    pub(super) element: Value,
    /// Where the list itself is.
    pub(super) there: NodeId,
}

impl List {
    /// A list of as many elements, which are these.
    pub(super) fn of(&self, element: Value) -> Value {
        Value::List(Rc::new(List { element, ..self.clone() }))
    }
}

/// How values of a kind are kept; of rows, too.
pub(super) fn repr_of(kind: &Kind) -> Option<Repr> {
    Some(match kind {
        Kind::Text => Repr::Text,
        Kind::Int | Kind::DateTime => Repr::Int,
        Kind::Float => Repr::Float,
        Kind::Bool => Repr::Bool,
        Kind::Date => Repr::Date,
        Kind::Row(_) => Repr::Row,
        // What never gives a value can stand for anything.
        Kind::Never => Repr::Int,
        Kind::List(_) | Kind::Decimals { .. } | Kind::Map(_) | Kind::Dict(_) => return None,
    })
}

impl Lowerer<'_> {
    /// A scalar that is there.
    pub(super) fn present(&mut self, node: NodeId) -> Value {
        Value::Scalar { node, there: self.b.bool(true) }
    }

    /// Where a value is.
    pub(super) fn there(&mut self, value: &Value) -> NodeId {
        match value {
            Value::Missing => self.b.bool(false),
            Value::Scalar { there, .. }
            | Value::Row { there, .. }
            | Value::Map { there, .. }
            | Value::Items { there, .. } => *there,
            Value::List(list) => list.there,
        }
    }

    /// The same value with another `there`.
    pub(super) fn with_there(value: &Value, there: NodeId) -> Value {
        match value {
            Value::Missing => Value::Missing,
            Value::Scalar { node, .. } => Value::Scalar { node: *node, there },
            Value::Row { table, node, .. } => Value::Row { table: *table, node: *node, there },
            Value::Map { entries, .. } => Value::Map { entries: Rc::clone(entries), there },
            Value::Items { items, .. } => Value::Items { items: Rc::clone(items), there },
            Value::List(list) => Value::List(Rc::new(List { there, ..(**list).clone() })),
        }
    }

    /// The node of a scalar or row of a kind; what is missing is a value that nothing reads.
    pub(super) fn scalar(&mut self, value: &Value, kind: &Kind, span: Span) -> Lower<NodeId> {
        match value {
            Value::Scalar { node, .. } | Value::Row { node, .. } => Ok(*node),
            Value::Missing => {
                let repr = repr_of(kind).unwrap_or(Repr::Int);
                Ok(self.b.nothing(repr))
            }
            Value::Map { .. } | Value::Items { .. } | Value::List(_) => {
                Err(NotCompiled::new(span, "a list or map stands where one value is needed", "take one value of it"))
            }
        }
    }

    /// The value of a key; missing where there is none.
    pub(super) fn entry(&mut self, map: &Value, key: &str) -> Value {
        match map {
            Value::Map { entries, .. } => {
                entries.iter().find(|(k, _)| k == key).map_or(Value::Missing, |(_, v)| v.clone())
            }
            _ => Value::Missing,
        }
    }

    /// `a` where the condition holds, else `b`.
    pub(super) fn merge(&mut self, condition: NodeId, a: &Value, b: &Value, span: Span) -> Lower<Value> {
        if a == b || self.b.is(condition, true) {
            return Ok(a.clone());
        }
        if self.b.is(condition, false) {
            return Ok(b.clone());
        }
        let (there_a, there_b) = (self.there(a), self.there(b));
        let there = self.b.op(Op::Select, &[condition, there_a, there_b]);
        match (a, b) {
            (Value::Missing, other) | (other, Value::Missing) => Ok(Self::with_there(other, there)),
            (Value::Scalar { node: x, .. }, Value::Scalar { node: y, .. }) => {
                let node = self.b.op(Op::Select, &[condition, *x, *y]);
                Ok(Value::Scalar { node, there })
            }
            (Value::Row { table, node: x, .. }, Value::Row { node: y, .. }) => {
                let node = self.b.op(Op::Select, &[condition, *x, *y]);
                Ok(Value::Row { table: *table, node, there })
            }
            (Value::Map { entries: x, .. }, Value::Map { entries: y, .. }) => {
                let entries = self.merge_maps(condition, x, y, span)?;
                Ok(Value::Map { entries: Rc::new(entries), there })
            }
            (Value::Items { items: x, .. }, Value::Items { items: y, .. }) if x.len() == y.len() => {
                let pairs = x.iter().zip(y.iter());
                let items = pairs.map(|(x, y)| self.merge(condition, x, y, span)).collect::<Lower<Vec<_>>>()?;
                Ok(Value::Items { items: Rc::new(items), there })
            }
            _ => self.merge_lists(condition, a, b, there, span),
        }
    }

    fn merge_maps(
        &mut self,
        condition: NodeId,
        a: &[(String, Value)],
        b: &[(String, Value)],
        span: Span,
    ) -> Lower<Vec<(String, Value)>> {
        if a.len() != b.len() || a.iter().zip(b).any(|((x, _), (y, _))| x != y) {
            return Err(NotCompiled::new(
                span,
                "the branches give maps of unlike keys",
                "give all keys in both, or look the value up in a table of parameters",
            ));
        }
        let pairs = a.iter().zip(b);
        pairs.map(|((key, x), (_, y))| Ok((key.clone(), self.merge(condition, x, y, span)?))).collect()
    }

    fn merge_lists(&mut self, condition: NodeId, a: &Value, b: &Value, there: NodeId, span: Span) -> Lower<Value> {
        let unlike = || {
            NotCompiled::new(
                span,
                "a list of which neither length nor origin is the same on all paths",
                "use one list and tell the paths apart in the lambda of `filter`",
            )
            .in_this_way()
        };
        let (a, b) = (&self.comparable(condition, a, b), &self.comparable(condition, b, a));
        let is_empty = |value: &Value| matches!(value, Value::Items { items, .. } if items.is_empty());
        match (a, b) {
            (Value::List(x), Value::List(y)) if x.domain == y.domain && x.owner == y.owner => {
                let keep = self.b.op(Op::Select, &[condition, x.keep, y.keep]);
                let element = self.merge(condition, &x.element, &y.element, span)?;
                Ok(Value::List(Rc::new(List { domain: x.domain, owner: x.owner, keep, element, there })))
            }
            (Value::List(x), other) if is_empty(other) => {
                let keep = self.and(condition, x.keep);
                Ok(Value::List(Rc::new(List { keep, there, ..(**x).clone() })))
            }
            (other, Value::List(y)) if is_empty(other) => {
                let otherwise = self.not(condition);
                let keep = self.and(otherwise, y.keep);
                Ok(Value::List(Rc::new(List { keep, there, ..(**y).clone() })))
            }
            _ => self.merge_slots(condition, a, b, there, span)?.ok_or_else(unlike),
        }
    }

    /// A list that is one of two by a condition: which elements are meant cannot depend on an element, so that a list of an
    /// outer row is looked at again for the rows that the condition or the other list tells apart.
    fn comparable(&mut self, condition: NodeId, value: &Value, other: &Value) -> Value {
        let Value::List(list) = value else { return value.clone() };
        let mut parent = list.owner;
        if !self.b.is_ancestor(self.b.domain_of(condition), parent) {
            parent = self.domain;
        }
        if let Value::List(other) = other
            && !self.b.is_ancestor(other.owner, parent)
        {
            parent = other.owner;
        }
        self.b.belongs(condition, parent);
        if parent == list.owner { value.clone() } else { Value::List(Rc::new(self.copied(list, parent))) }
    }

    /// A list as elements of a domain.
    pub(super) fn as_list(&mut self, value: &Value, span: Span) -> Lower<Rc<List>> {
        match value {
            Value::List(list) => Ok(Rc::clone(list)),
            Value::Missing => {
                let (keep, there) = (self.b.bool(true), self.b.bool(false));
                let owner = DomainId::CUSTOMERS;
                let domain = self.b.domain(Domain::Written { parent: owner, len: 0 });
                Ok(Rc::new(List { domain, owner, keep, element: Value::Missing, there }))
            }
            Value::Items { items, there } => self.written(items, *there, span),
            Value::Scalar { .. } | Value::Row { .. } | Value::Map { .. } => {
                Err(NotCompiled::new(span, "a value stands where a list is needed", "write it as a list"))
            }
        }
    }

    fn written(&mut self, items: &[Value], there: NodeId, span: Span) -> Lower<Rc<List>> {
        let mut nodes = Vec::new();
        for item in items {
            self.nodes_of(item, &mut nodes);
        }
        let parent = if self.ways.hoists { self.b.deepest(&nodes) } else { self.domain };
        self.written_over(parent, items, there, span)
    }

    /// Items as elements, for each row of a domain.
    pub(super) fn written_over(
        &mut self,
        parent: DomainId,
        items: &[Value],
        there: NodeId,
        span: Span,
    ) -> Lower<Rc<List>> {
        let domain = self.b.domain(Domain::Written { parent, len: items.len() as u32 });
        let element = self.zip(domain, &items.iter().collect::<Vec<_>>(), span)?;
        let keep = self.b.bool(true);
        Ok(Rc::new(List { domain, owner: parent, keep, element, there }))
    }

    pub(super) fn nodes_of(&self, value: &Value, nodes: &mut Vec<NodeId>) {
        match value {
            Value::Missing | Value::List(_) => {}
            Value::Scalar { node, there } | Value::Row { node, there, .. } => nodes.extend([*node, *there]),
            Value::Map { entries, there } => {
                nodes.push(*there);
                entries.iter().for_each(|(_, v)| self.nodes_of(v, nodes));
            }
            Value::Items { items, there } => {
                nodes.push(*there);
                items.iter().for_each(|v| self.nodes_of(v, nodes));
            }
        }
    }

    /// Values of one kind as the one value of a written domain's elements.
    pub(super) fn zip(&mut self, domain: DomainId, items: &[&Value], span: Span) -> Lower<Value> {
        let unlike = || NotCompiled::new(span, "a list of lists is written out", "use several lists");
        let Some(first) = items.iter().find(|v| ***v != Value::Missing) else { return Ok(Value::Missing) };
        let theres: Vec<NodeId> = items.iter().map(|v| self.there(v)).collect();
        let there = self.interleave(domain, &theres);
        match first {
            Value::Scalar { node, .. } | Value::Row { node, .. } => {
                let repr = self.b.graph().node(*node).repr;
                let nothing = self.b.nothing(repr);
                let node_of = |v: &&Value| match v {
                    Value::Scalar { node, .. } | Value::Row { node, .. } => *node,
                    _ => nothing,
                };
                let nodes: Vec<NodeId> = items.iter().map(node_of).collect();
                let node = self.interleave(domain, &nodes);
                Ok(match first {
                    Value::Row { table, .. } => Value::Row { table: *table, node, there },
                    _ => Value::Scalar { node, there },
                })
            }
            Value::Map { entries, .. } => {
                let mut zipped = Vec::with_capacity(entries.len());
                for (key, _) in entries.iter() {
                    let column: Vec<Value> = items.iter().map(|v| self.entry(v, key)).collect();
                    zipped.push((key.clone(), self.zip(domain, &column.iter().collect::<Vec<_>>(), span)?));
                }
                Ok(Value::Map { entries: Rc::new(zipped), there })
            }
            Value::Items { .. } => self.zip_items(domain, items, there, span)?.ok_or_else(unlike),
            Value::Missing | Value::List(_) => Err(unlike()),
        }
    }

    pub(super) fn interleave(&mut self, domain: DomainId, nodes: &[NodeId]) -> NodeId {
        let is_one = nodes.windows(2).all(|pair| pair[0] == pair[1]);
        match nodes.first() {
            Some(first) if is_one => self.b.lift(*first, domain),
            _ => self.b.over(domain, Op::Written, nodes),
        }
    }
}
