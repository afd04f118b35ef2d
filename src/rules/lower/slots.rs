//! Lists of a known greatest length: written ones, whose elements are not all there on every path, and lists of lists.
//!
//! In: lists whose elements are known one by one. Out: lists as [`Slot`]s, and what loops and lambdas walk one by one. Must not
//! know: related rows.

use super::Lowerer;
use super::copy::Way;
use super::reason::Lower;
use super::value::{List, Value};
use crate::rules::builtin::ListMethod;
use crate::rules::ir::{Aggregate, Domain, DomainId, NodeId, Op, Order};
use crate::rules::typed::{Expr, Lambda};
use crate::source::Span;
use std::rc::Rc;

/// A place of a list that may be taken.
#[derive(Clone)]
pub(super) struct Slot {
    pub(super) value: Value,
    /// Where it is taken.
    pub(super) keep: NodeId,
}

/// What a turn of a loop is for.
pub(super) struct Turn {
    pub(super) value: Value,
    /// Where there is such a turn.
    pub(super) has: NodeId,
    /// Which of the turns it is.
    pub(super) number: NodeId,
}

impl<'a> Lowerer<'a> {
    /// A list as slots, if its elements are written out.
    pub(super) fn slots(&mut self, value: &Value) -> Option<Vec<Slot>> {
        let list = match value {
            Value::Items { items, .. } => {
                let keep = self.b.bool(true);
                return Some(items.iter().map(|value| Slot { value: value.clone(), keep }).collect());
            }
            Value::List(list) => list,
            _ => return None,
        };
        let Domain::Written { parent, len } = *self.b.graph().domain(list.domain) else { return None };
        if list.owner != parent {
            return None;
        }
        Some((0..len).map(|n| self.slot(list, n)).collect())
    }

    fn slot(&mut self, list: &List, n: u32) -> Slot {
        let (all, at) = (self.b.bool(true), self.b.int(i64::from(n)));
        let position = self.b.aggregate(list.owner, list.domain, Aggregate::At, &[all, at]);
        let way = Way { slot: Some(n), ..Way::fetch(list, position) };
        let value = self.moved(&list.element, way);
        Slot { value, keep: self.moved_node(list.keep, way) }
    }

    /// Slots as a list.
    pub(super) fn of_slots(&mut self, slots: &[Slot], there: NodeId, span: Span) -> Lower<Value> {
        let items: Vec<Value> = slots.iter().map(|slot| slot.value.clone()).collect();
        if slots.iter().all(|slot| self.b.is(slot.keep, true)) {
            return Ok(Value::Items { items: Rc::new(items), there });
        }
        let keeps: Vec<NodeId> = slots.iter().map(|slot| slot.keep).collect();
        let mut nodes = keeps.clone();
        items.iter().for_each(|item| self.nodes_of(item, &mut nodes));
        let parent = if self.ways.hoists { self.b.deepest(&nodes) } else { self.domain };
        let list = self.written_over(parent, &items, there, span)?;
        let keep = self.interleave(list.domain, &keeps);
        Ok(Value::List(Rc::new(List { keep, ..(*list).clone() })))
    }

    /// Lists of slots as the one list that each element of a written domain has; the shorter ones do not take all slots.
    pub(super) fn zip_items(
        &mut self,
        domain: DomainId,
        items: &[&Value],
        there: NodeId,
        span: Span,
    ) -> Lower<Option<Value>> {
        let mut lists = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Value::Missing => lists.push(Vec::new()),
                Value::Items { items, .. } => lists.push(items.to_vec()),
                _ => return Ok(None),
            }
        }
        let longest = lists.iter().map(Vec::len).max().unwrap_or(0);
        let (mut values, mut keeps) = (Vec::with_capacity(longest), Vec::with_capacity(longest));
        for n in 0..longest {
            self.spend(span)?;
            let column: Vec<&Value> = lists.iter().map(|list| list.get(n).unwrap_or(&Value::Missing)).collect();
            let has: Vec<NodeId> = lists.iter().map(|list| self.b.bool(n < list.len())).collect();
            values.push(self.zip(domain, &column, span)?);
            keeps.push(self.interleave(domain, &has));
        }
        let inner = self.b.domain(Domain::Written { parent: domain, len: longest as u32 });
        let element = self.zip(inner, &values.iter().collect::<Vec<_>>(), span)?;
        let keep = if longest == 0 { self.b.bool(true) } else { self.interleave(inner, &keeps) };
        Ok(Some(Value::List(Rc::new(List { domain: inner, owner: domain, keep, element, there }))))
    }

    /// Two lists of slots where they differ in length: the slots of the first where the condition holds, else of the second.
    pub(super) fn merge_slots(
        &mut self,
        condition: NodeId,
        a: &Value,
        b: &Value,
        there: NodeId,
        span: Span,
    ) -> Lower<Option<Value>> {
        let (Some(x), Some(y)) = (self.slots(a), self.slots(b)) else { return Ok(None) };
        let (otherwise, mut merged) = (self.not(condition), Vec::with_capacity(x.len().max(y.len())));
        for n in 0..x.len().max(y.len()) {
            self.spend(span)?;
            merged.push(match (x.get(n), y.get(n)) {
                (Some(x), Some(y)) => Slot {
                    value: self.merge(condition, &x.value, &y.value, span)?,
                    keep: self.b.op(Op::Select, &[condition, x.keep, y.keep]),
                },
                (Some(x), None) => Slot { value: x.value.clone(), keep: self.and(condition, x.keep) },
                (None, Some(y)) => Slot { value: y.value.clone(), keep: self.and(otherwise, y.keep) },
                (None, None) => continue,
            });
        }
        self.of_slots(&merged, there, span).map(Some)
    }

    /// The turns of a loop over a list that has a greatest length of at most `most`.
    pub(super) fn turns(&mut self, value: &Value, most: u32) -> Option<Vec<Turn>> {
        if let Some(slots) = self.slots(value) {
            let mut number = self.b.int(0);
            let mut turns = Vec::with_capacity(slots.len());
            for slot in slots {
                turns.push(Turn { value: slot.value, has: slot.keep, number });
                let one =
                    if self.b.is(slot.keep, true) { self.b.int(1) } else { self.b.op(Op::BoolToInt, &[slot.keep]) };
                number = self.b.op(Op::AddInt, &[number, one]);
            }
            return Some(turns);
        }
        let Value::List(list) = value else { return None };
        let longest = self.longest(list.domain, list.owner).filter(|n| *n <= most)?;
        let count = self.count(list);
        let turn = |n: u32| {
            let number = self.b.int(i64::from(n));
            let has = self.b.op(Op::Compare(Order::Less), &[number, count]);
            let position = self.b.aggregate(list.owner, list.domain, Aggregate::At, &[list.keep, number]);
            Turn { value: self.moved(&list.element, Way::fetch(list, position)), has, number }
        };
        Some((0..longest).map(turn).collect())
    }

    /// How many elements of a domain a row of an ancestor has at most, if that is known.
    fn longest(&self, domain: DomainId, owner: DomainId) -> Option<u32> {
        if domain == owner {
            return Some(1);
        }
        let (of_parent, parent) = match *self.b.graph().domain(domain) {
            Domain::Written { parent, len } => (len, parent),
            Domain::Sorted { owner, base, .. } => (self.longest(base, owner)?, owner),
            Domain::Between { owner, base } => (self.longest(base, owner)?.saturating_sub(1), owner),
            Domain::Copied { parent, base, owner, .. } => (self.longest(base, owner)?, parent),
            Domain::Customers | Domain::Related { .. } | Domain::Split { .. } => return None,
        };
        of_parent.checked_mul(self.longest(parent, owner)?)
    }

    /// The items of a list of lists, for which lambdas are walked one by one.
    pub(super) fn lists_of(value: &Value) -> Option<Rc<Vec<Value>>> {
        let Value::Items { items, .. } = value else { return None };
        let is_list = |value: &Value| matches!(value, Value::Items { .. } | Value::List(_));
        items.iter().any(is_list).then(|| Rc::clone(items))
    }

    /// Walks a lambda for each of these items.
    fn one_by_one<R>(
        &mut self,
        items: &[Value],
        lambda: &'a Lambda,
        mut walk: impl FnMut(&mut Self, &'a Expr) -> Lower<R>,
    ) -> Lower<Vec<R>> {
        let mut results = Vec::with_capacity(items.len());
        for item in items {
            self.spend(lambda.body.span)?;
            let locals = self.frame.locals.clone();
            self.frame.lambdas += 1;
            self.hidden += 1;
            self.frame.bind(lambda.param, item.clone());
            results.push(walk(self, &lambda.body)?);
            self.frame.lambdas -= 1;
            self.hidden -= 1;
            self.frame.locals = locals;
        }
        Ok(results)
    }

    /// A method over a list of lists; `None` if it takes the list as a whole.
    pub(super) fn over_lists(
        &mut self,
        method: ListMethod,
        (items, there): (&[Value], NodeId),
        lambda: &'a Lambda,
        span: Span,
    ) -> Lower<Option<Value>> {
        Ok(Some(match method {
            ListMethod::Map => {
                let items = self.one_by_one(items, lambda, |l, body| l.expr(body))?;
                Value::Items { items: Rc::new(items), there }
            }
            ListMethod::Filter => {
                let holds = self.one_by_one(items, lambda, |l, body| l.condition(body))?;
                let slot = |(value, keep): (&Value, NodeId)| Slot { value: value.clone(), keep };
                let slots: Vec<Slot> = items.iter().zip(holds).map(slot).collect();
                let slots: Vec<Slot> = slots.into_iter().filter(|slot| !self.b.is(slot.keep, false)).collect();
                self.of_slots(&slots, there, span)?
            }
            ListMethod::FlatMap => {
                let lists = self.one_by_one(items, lambda, |l, body| l.strict_elements(body))?;
                let mut slots = Vec::new();
                for list in lists {
                    let Some(more) = self.slots(&list) else { return Err(super::NotCompiled::by_place(span)) };
                    slots.extend(more);
                }
                self.of_slots(&slots, there, span)?
            }
            ListMethod::Count => {
                let holds = self.one_by_one(items, lambda, |l, body| l.condition(body))?;
                let ones: Vec<Slot> = holds.into_iter().map(|keep| Slot { value: Value::Missing, keep }).collect();
                let ones = self.of_slots(&ones, there, span)?;
                let ones = self.as_list(&ones, span)?;
                let count = self.count(&ones);
                self.present(count)
            }
            ListMethod::Some | ListMethod::All => {
                let holds = self.one_by_one(items, lambda, |l, body| l.condition(body))?;
                let is_all = method == ListMethod::All;
                let start = self.b.bool(is_all);
                let node = holds
                    .into_iter()
                    .fold(start, |so_far, holds| if is_all { self.and(so_far, holds) } else { self.or(so_far, holds) });
                self.present(node)
            }
            _ => return Ok(None),
        }))
    }
}
