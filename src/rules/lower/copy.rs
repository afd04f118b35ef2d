//! Lists at hand: a list that an outer row owns, and when it is looked at again for each element of another one.
//!
//! In: a list's value, what is evaluated of its elements. Out: the list itself, if nothing in there tells the rows around
//! apart, so that it is evaluated once for its owner; else its elements for each of these rows ([`Domain::Copied`]). Must not
//! know: methods. Start at [`Lowerer::at_hand`].

use super::Lowerer;
use super::reason::Lower;
use super::value::{List, Value};
use crate::rules::builtin::ListMethod;
use crate::rules::ir::{Domain, DomainId, NodeId, Op, Repr};
use crate::rules::typed::{Expr, ExprKind, Lambda};
use crate::rules::walk::{self, Node};
use crate::source::Span;
use std::rc::Rc;

/// How values of elements come to another domain.
#[derive(Clone, Copy)]
pub(super) struct Way {
    /// The elements.
    pub(super) from: DomainId,
    /// What belongs to this domain or one above it is there as well, and stays.
    pub(super) above: DomainId,
    /// Where they come to: a domain with a base, or that of `position`.
    pub(super) to: DomainId,
    /// The position of the element that is fetched; else each element of `to` stands for one of `from`.
    pub(super) position: Option<NodeId>,
    /// The element's number, where that is known and elements are written.
    pub(super) slot: Option<u32>,
}

impl Way {
    /// To the domain with a base whose elements are made of those of `from`.
    pub(super) fn pick(from: DomainId, above: DomainId, to: DomainId) -> Way {
        Way { from, above, to, position: None, slot: None }
    }

    /// To the owner of a list, of which the element at a position is taken.
    pub(super) fn fetch(list: &List, position: NodeId) -> Way {
        Way { from: list.domain, above: list.owner, to: list.owner, position: Some(position), slot: None }
    }
}

impl<'a> Lowerer<'a> {
    /// A value as a list whose elements a lambda is evaluated for, or told by these nodes of the rows around.
    pub(super) fn at_hand(
        &mut self,
        value: &Value,
        span: Span,
        lambda: Option<&'a Lambda>,
        nodes: &[NodeId],
    ) -> Lower<Rc<List>> {
        let list = self.as_list(value, span)?;
        if list.owner == self.domain || (self.ways.hoists && !self.tells_apart(&list, lambda, nodes)) {
            return Ok(list);
        }
        self.own(value, &list, span)
    }

    /// A list of the rows around, each of which has one.
    pub(super) fn own_list(&mut self, value: &Value, span: Span) -> Lower<Rc<List>> {
        let list = self.as_list(value, span)?;
        if list.owner == self.domain { Ok(list) } else { self.own(value, &list, span) }
    }

    fn own(&mut self, value: &Value, list: &List, span: Span) -> Lower<Rc<List>> {
        match value {
            Value::Items { items, there } => self.written_over(self.domain, items, *there, span),
            _ if self.ways.narrows => Ok(Rc::new(self.kept_for_live(list))),
            _ => Ok(Rc::new(self.copied(list, self.domain))),
        }
    }

    /// Whether what is evaluated of a list's elements differs between rows that share the list.
    fn tells_apart(&mut self, list: &List, lambda: Option<&'a Lambda>, nodes: &[NodeId]) -> bool {
        if nodes.iter().any(|node| !self.b.is_ancestor(self.b.domain_of(*node), list.owner)) {
            return true;
        }
        let Some(lambda) = lambda else { return false };
        let mut locals = Vec::new();
        walk::expr(&lambda.body, &mut |node| {
            if let Node::Expr(Expr { kind: ExprKind::Local(local), .. }) = node
                && *local != lambda.param
            {
                locals.push(*local);
            }
        });
        let mut values = locals.iter().filter_map(|l| self.frame.locals.get(l.0 as usize)?.as_ref());
        values.any(|value| !self.is_above(value, list.owner)) || self.counts(&lambda.body)
    }

    /// Whether a value belongs to the rows of a list's owner or of those above. A domain between the owner and the elements
    /// has rows of this list, which are not those of a lambda around.
    fn is_above(&self, value: &Value, owner: DomainId) -> bool {
        let above = |of: DomainId| self.b.is_ancestor(of, owner);
        let node_above = |node: &NodeId| above(self.b.domain_of(*node));
        match value {
            Value::Missing => true,
            Value::Scalar { node, there } | Value::Row { node, there, .. } => node_above(node) && node_above(there),
            Value::Map { entries, there } => {
                node_above(there) && entries.iter().all(|(_, value)| self.is_above(value, owner))
            }
            Value::Items { items, there } => node_above(there) && items.iter().all(|value| self.is_above(value, owner)),
            Value::List(list) => above(list.owner) && node_above(&list.there),
        }
    }

    /// Whether dropped elements are counted in an expression: they are for each row that it is evaluated for.
    fn counts(&self, e: &Expr) -> bool {
        let is_known = |node: Node<'_>| {
            matches!(node, Node::Expr(Expr { kind: ExprKind::ListCall { method: ListMethod::Known, .. }, .. }))
        };
        let (mut found, mut called) = (false, Vec::new());
        walk::expr(e, &mut |node| {
            found |= is_known(node);
            if let Node::Expr(Expr { kind: ExprKind::CallInstance { instance, .. }, .. }) = node {
                called.push(*instance);
            }
        });
        let all = called.into_iter().flat_map(|id| walk::reachable(self.program, id));
        for id in all {
            if let Some(instance) = self.program.instances.get(id.0 as usize) {
                walk::block(&instance.body, &mut |node| found |= is_known(node));
            }
        }
        found
    }

    /// The elements of an outer row's list for each row of `parent`: all of them, so that two lists of one origin are of one
    /// domain.
    pub(super) fn copied(&mut self, list: &List, parent: DomainId) -> List {
        let row = self.number(list.owner);
        let row = self.b.lift(row, parent);
        let all = self.b.bool(true);
        let domain = Domain::Copied { parent, row, base: list.domain, owner: list.owner, keep: all };
        let domain = self.b.domain(domain);
        let way = Way::pick(list.domain, list.owner, domain);
        let keep = self.moved_node(list.keep, way);
        let element = self.moved(&list.element, way);
        List { domain, owner: parent, keep, element, there: list.there }
    }

    /// The elements that are in an outer row's list for each live row around: products of lists are large.
    fn kept_for_live(&mut self, list: &List) -> List {
        let parent = self.domain;
        let row = self.number(list.owner);
        let (row, none) = (self.b.lift(row, parent), self.b.nothing(Repr::Row));
        let row = self.b.op(Op::Select, &[self.live, row, none]);
        let row = self.b.lift(row, parent);
        let kept = self.b.lift(list.keep, list.domain);
        let domain = Domain::Copied { parent, row, base: list.domain, owner: list.owner, keep: kept };
        let domain = self.b.domain(domain);
        let element = self.moved(&list.element, Way::pick(list.domain, list.owner, domain));
        List { domain, owner: parent, keep: self.b.bool(true), element, there: list.there }
    }

    fn number(&mut self, domain: DomainId) -> NodeId {
        self.b.over(domain, Op::Number, &[])
    }

    /// A value of elements over another domain.
    pub(super) fn moved(&mut self, value: &Value, way: Way) -> Value {
        match value {
            Value::Missing => Value::Missing,
            Value::Scalar { node, there } => {
                Value::Scalar { node: self.moved_node(*node, way), there: self.moved_node(*there, way) }
            }
            Value::Row { table, node, there } => {
                let (node, there) = (self.moved_node(*node, way), self.moved_node(*there, way));
                Value::Row { table: *table, node, there }
            }
            Value::Map { entries, there } => {
                let there = self.moved_node(*there, way);
                let entries = entries.iter().map(|(key, value)| (key.clone(), self.moved(value, way))).collect();
                Value::Map { entries: Rc::new(entries), there }
            }
            Value::Items { items, there } => {
                let there = self.moved_node(*there, way);
                let items = items.iter().map(|value| self.moved(value, way)).collect();
                Value::Items { items: Rc::new(items), there }
            }
            Value::List(list) => Value::List(Rc::new(self.moved_list(list, way))),
        }
    }

    /// A list of elements: those of the element that is taken.
    fn moved_list(&mut self, list: &List, way: Way) -> List {
        let there = self.moved_node(list.there, way);
        if self.b.is_ancestor(list.owner, way.above) {
            return List { there, ..list.clone() };
        }
        let row = self.number(list.owner);
        let row = self.moved_node(row, way);
        let row = self.b.lift(row, way.to);
        let kept = self.b.lift(list.keep, list.domain);
        let domain = Domain::Copied { parent: way.to, row, base: list.domain, owner: list.owner, keep: kept };
        let domain = self.b.domain(domain);
        let inner = Way::pick(list.domain, way.above, domain);
        let element = self.moved(&list.element, inner);
        List { domain, owner: way.to, keep: self.b.bool(true), element, there }
    }

    pub(super) fn moved_node(&mut self, node: NodeId, way: Way) -> NodeId {
        if self.b.graph().constant(node).is_some() || self.b.is_ancestor(self.b.domain_of(node), way.above) {
            return node;
        }
        if let Some(n) = way.slot
            && let Some(operand) = self.written_operand(node, way.from, n)
        {
            return operand;
        }
        let node = self.b.lift(node, way.from);
        match way.position {
            Some(position) => self.b.over(way.to, Op::Fetch, &[position, node]),
            None => self.b.over(way.to, Op::Pick, &[node]),
        }
    }

    /// What element `n` of a written domain is made of.
    fn written_operand(&self, node: NodeId, domain: DomainId, n: u32) -> Option<NodeId> {
        let of = self.b.graph().node(node);
        match of.op {
            Op::Written if of.domain == domain => of.args.get(n as usize).copied(),
            Op::Lift if of.domain == domain => of.args.first().copied(),
            _ => None,
        }
    }
}
