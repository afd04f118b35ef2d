//! Methods of lists: lambdas over the elements' domain, filters as masks, aggregates by owner.

use super::Lowerer;
use super::copy::Way;
use super::reason::{Lower, NotCompiled};
use super::value::{List, Value, repr_of};
use crate::rules::builtin::ListMethod;
use crate::rules::cause::CauseKind;
use crate::rules::figure::Figure;
use crate::rules::ir::{Aggregate, Check, Domain, NodeId, Op, Order, Repr};
use crate::rules::site::Site;
use crate::rules::typed::{Expr, ExprKind, Lambda};
use crate::rules::types::{ColumnId, Kind, TableId};
use std::mem;
use std::rc::Rc;

impl<'a> Lowerer<'a> {
    pub(super) fn list_call(
        &mut self,
        e: &'a Expr,
        method: ListMethod,
        list: &'a Expr,
        args: &'a [Expr],
        lambda: Option<&'a Lambda>,
    ) -> Lower<Value> {
        self.at = e.span;
        match (method, lambda) {
            (ListMethod::Filter, Some(lambda)) if matches!(list.ty.kind, Kind::Decimals { .. }) => {
                self.filter_decimals(list, lambda)
            }
            (ListMethod::Map, Some(lambda)) if is_column(lambda) => self.map_column(e, list, lambda),
            (
                ListMethod::Filter
                | ListMethod::Map
                | ListMethod::FlatMap
                | ListMethod::Count
                | ListMethod::Some
                | ListMethod::All,
                Some(lambda),
            ) => self.by_element(e, method, list, lambda),
            (ListMethod::Top, _) => self.top(e, list, args, lambda),
            (ListMethod::SortBy, _) => {
                let items = self.strict_list(list, lambda)?;
                Ok(Value::List(Rc::new(self.sorted(e, list, &items, lambda, false)?)))
            }
            (ListMethod::Known, _) => self.known(e, list),
            (ListMethod::Gaps, _) => self.gaps(e, list),
            _ => self.aggregate(e, method, list, args, lambda),
        }
    }

    /// A list that must be there, for the elements of which a lambda is evaluated; bare decimals as floats.
    fn strict_list(&mut self, list: &'a Expr, lambda: Option<&'a Lambda>) -> Lower<Rc<List>> {
        let value = self.strict_elements(list)?;
        self.at_hand(&value, list.span, lambda, &[])
    }

    pub(super) fn strict_elements(&mut self, list: &'a Expr) -> Lower<Value> {
        let value = self.expr(list)?;
        match list.ty.kind {
            Kind::Decimals { .. } => self.floats_of(list, value),
            _ => Ok(self.need(&value, list)),
        }
    }

    /// Walks what is evaluated for each element of a list.
    pub(super) fn each<R>(&mut self, list: &List, walk: impl FnOnce(&mut Self) -> Lower<R>) -> Lower<R> {
        let (outer_domain, outer_live) = (self.domain, self.live);
        // A list that an outer row owns is evaluated for that row, whatever comes by here.
        let is_own = list.owner == outer_domain;
        let known = self.b.bool(true);
        let live = if is_own { outer_live } else { known };
        let mask = self.mask();
        let outer_checks = mem::take(&mut self.checks);
        let outer_seen = mem::take(&mut self.seen);
        let locals = self.frame.locals.clone();
        self.live = self.and(live, list.keep);
        self.domain = list.domain;
        self.frame.lambdas += 1;
        self.hidden += 1;
        let result = walk(self)?;
        self.frame.lambdas -= 1;
        self.hidden -= 1;
        self.domain = outer_domain;
        self.live = outer_live;
        self.frame.locals = locals;
        self.seen = outer_seen;
        let checks = mem::replace(&mut self.checks, outer_checks);
        if !checks.is_empty() {
            let counts = checks.iter().any(|check| matches!(check, Check::Dropped { .. }));
            if !is_own && counts {
                return Err(NotCompiled::by_place(self.at));
            }
            self.checks.push(Check::Each { domain: list.domain, owner: list.owner, mask, checks });
        }
        Ok(result)
    }

    /// Walks a lambda's body for each element.
    fn lambda<R>(
        &mut self,
        list: &List,
        lambda: &'a Lambda,
        walk: impl FnOnce(&mut Self, &'a Expr) -> Lower<R>,
    ) -> Lower<R> {
        self.each(list, |l| {
            l.frame.bind(lambda.param, list.element.clone());
            walk(l, &lambda.body)
        })
    }

    fn with_keep(&mut self, list: &List, holds: NodeId) -> List {
        let keep = self.and(list.keep, holds);
        List { keep, ..list.clone() }
    }

    /// What gives a list or one value of the lambda's values for each element.
    fn by_element(&mut self, e: &'a Expr, method: ListMethod, list: &'a Expr, lambda: &'a Lambda) -> Lower<Value> {
        let value = self.strict_elements(list)?;
        if let Some(items) = Self::lists_of(&value) {
            let there = self.there(&value);
            if let Some(done) = self.over_lists(method, (&items, there), lambda, e.span)? {
                return Ok(done);
            }
        }
        let items = self.at_hand(&value, list.span, Some(lambda), &[])?;
        match method {
            ListMethod::Filter => {
                let holds = self.lambda(&items, lambda, |l, body| l.condition(body))?;
                Ok(Value::List(Rc::new(self.with_keep(&items, holds))))
            }
            ListMethod::Map => {
                let element = self.lambda(&items, lambda, |l, body| l.expr(body))?;
                Ok(items.of(element))
            }
            ListMethod::FlatMap => self.flat_map(&items, lambda),
            _ => self.test(method, &items, lambda),
        }
    }

    /// A filtered bare decimal column is its rows that are kept; the lambda sees the nearest doubles.
    fn filter_decimals(&mut self, list: &'a Expr, lambda: &'a Lambda) -> Lower<Value> {
        let Kind::Decimals { table, column, .. } = list.ty.kind else { return Ok(Value::Missing) };
        let rows = self.strict(list)?;
        let rows = self.at_hand(&rows, list.span, Some(lambda), &[])?;
        let holds = self.each(&rows, |l| {
            let (node, there) = l.element_row(&rows);
            let subject = l.frame.names.subject(list);
            l.check_there(there, subject);
            let site = l.frame.names.site(list.span, &[list]);
            let known = l.b.bool(true);
            let cell = l.cell((node, known), table, column, site);
            l.frame.bind(lambda.param, cell);
            l.condition(&lambda.body)
        })?;
        Ok(Value::List(Rc::new(self.with_keep(&rows, holds))))
    }

    /// `.map(|o| o.column)`, or a bare decimal column of another row.
    fn map_column(&mut self, e: &'a Expr, list: &'a Expr, lambda: &'a Lambda) -> Lower<Value> {
        let ExprKind::Column { row, table, column, safe } = &lambda.body.kind else {
            return self.by_element(e, ListMethod::Map, list, lambda);
        };
        let is_element = matches!(row.kind, ExprKind::Local(l) if l == lambda.param);
        match (matches!(e.ty.kind, Kind::Decimals { .. }), is_element) {
            // A bare decimal column is its rows.
            (true, true) => self.strict(list),
            (true, false) => {
                let items = self.strict_list(list, Some(lambda))?;
                let element = self.lambda(&items, lambda, |l, _| l.strict(row))?;
                Ok(items.of(element))
            }
            (false, true) => self.pluck(e, list, row, (*table, *column), *safe),
            (false, false) => self.by_element(e, ListMethod::Map, list, lambda),
        }
    }

    /// `.map(|o| o.column)`: a failure is the whole call's.
    fn pluck(
        &mut self,
        e: &'a Expr,
        list: &'a Expr,
        row: &'a Expr,
        (table, column): (TableId, ColumnId),
        safe: bool,
    ) -> Lower<Value> {
        let items = self.strict_list(list, None)?;
        let element = self.each(&items, |l| {
            let (node, there) = l.element_row(&items);
            let known = l.b.bool(true);
            if !safe {
                let subject = l.frame.names.subject(row);
                l.check_there(there, subject);
            }
            let site = l.frame.names.site(e.span, &[list]);
            Ok(l.cell((node, if safe { there } else { known }), table, column, site))
        })?;
        Ok(items.of(element))
    }

    fn flat_map(&mut self, items: &List, lambda: &'a Lambda) -> Lower<Value> {
        let inner = self.lambda(items, lambda, |l, body| {
            let value = l.strict_elements(body)?;
            l.own_list(&value, body.span)
        })?;
        let keep = self.and(items.keep, inner.keep);
        let keep = self.b.lift(keep, inner.domain);
        let list =
            List { domain: inner.domain, owner: items.owner, keep, element: inner.element.clone(), there: items.there };
        Ok(Value::List(Rc::new(list)))
    }

    fn test(&mut self, method: ListMethod, items: &List, lambda: &'a Lambda) -> Lower<Value> {
        let holds = self.lambda(items, lambda, |l, body| l.condition(body))?;
        let (owner, domain) = (items.owner, items.domain);
        let node = match method {
            ListMethod::Count => {
                let kept = self.with_keep(items, holds);
                self.count(&kept)
            }
            ListMethod::Some => self.b.aggregate(owner, domain, Aggregate::Any, &[items.keep, holds]),
            _ => {
                let fails = self.not(holds);
                let any = self.b.aggregate(owner, domain, Aggregate::Any, &[items.keep, fails]);
                self.not(any)
            }
        };
        Ok(self.present(node))
    }

    /// How many elements a list has.
    pub(super) fn count(&mut self, list: &List) -> NodeId {
        self.b.aggregate(list.owner, list.domain, Aggregate::Count, &[list.keep])
    }

    /// Elements by their keys; each key must be there.
    fn sorted(
        &mut self,
        e: &'a Expr,
        list: &'a Expr,
        items: &List,
        lambda: Option<&'a Lambda>,
        descending: bool,
    ) -> Lower<List> {
        let (key, kind, subject) = match lambda {
            Some(lambda) => {
                let key = self.lambda(items, lambda, |l, body| l.expr(body))?;
                (key, lambda.body.ty.kind.clone(), self.frame.names.subject(&lambda.body))
            }
            None => {
                let kind = list.ty.element().map_or(Kind::Never, |t| t.kind);
                (items.element.clone(), kind, self.frame.names.element(list))
            }
        };
        let there = self.there(&key);
        self.each(items, |l| {
            l.check_there(there, subject);
            Ok(())
        })?;
        let key = self.scalar(&key, &kind, e.span)?;
        let key = self.over_elements(key, items);
        let keep = self.over_elements(items.keep, items);
        let (owner, base) = (items.owner, items.domain);
        let domain = self.b.domain(Domain::Sorted { owner, base, keep, key, descending });
        let element = self.moved(&items.element, Way::pick(base, owner, domain));
        let keep = self.b.bool(true);
        Ok(List { domain, owner, keep, element, there: items.there })
    }

    fn over_elements(&mut self, node: NodeId, list: &List) -> NodeId {
        self.b.lift(node, list.domain)
    }

    fn top(&mut self, e: &'a Expr, list: &'a Expr, args: &'a [Expr], lambda: Option<&'a Lambda>) -> Lower<Value> {
        let [count] = args else {
            return Err(NotCompiled::new(e.span, "`top` without a count", "write `top(3, |o| o.amount)`"));
        };
        let items = self.strict_elements(list)?;
        let many = self.strict_node(count)?;
        let zero = self.b.int(0);
        let negative = self.b.op(Op::Compare(Order::Less), &[many, zero]);
        let site = self.frame.names.site(count.span, &[count]);
        self.refuse(negative, CauseKind::OutOfRange, 0, &site);
        let items = self.at_hand(&items, list.span, lambda, &[many])?;
        let sorted = self.sorted(e, list, &items, lambda, true)?;
        let position = self.b.over(sorted.domain, Op::Position, &[]);
        let taken = self.b.op(Op::Compare(Order::Less), &[position, many]);
        Ok(Value::List(Rc::new(self.with_keep(&sorted, taken))))
    }

    fn gaps(&mut self, e: &'a Expr, list: &'a Expr) -> Lower<Value> {
        let value = self.expr(list)?;
        let value = self.floats_of(list, value)?;
        let value = self.need(&value, list);
        let items = self.as_list(&value, list.span)?;
        let sorted = self.sorted(e, list, &items, None, false)?;
        let kind = list.ty.element().map_or(Kind::Never, |t| t.kind);
        let key = self.scalar(&sorted.element, &kind, e.span)?;
        let key = self.b.lift(key, sorted.domain);
        let domain = self.b.domain(Domain::Between { owner: sorted.owner, base: sorted.domain });
        let node = self.b.over(domain, Op::Gap, &[key]);
        let keep = self.b.bool(true);
        let element = Value::Scalar { node, there: keep };
        let gaps = List { domain, owner: sorted.owner, keep, element, there: items.there };
        let site = self.frame.names.site(e.span, &[list]);
        self.each(&gaps, |l| {
            l.check_works(node, site);
            Ok(())
        })?;
        Ok(Value::List(Rc::new(gaps)))
    }

    fn known(&mut self, e: &'a Expr, list: &'a Expr) -> Lower<Value> {
        let value = self.strict(list)?;
        let mut items = self.as_list(&value, list.span)?;
        let there = self.known_there(list, &items);
        // What is dropped counts for each row around.
        if !self.b.is(there, true) {
            items = self.own_list(&value, list.span)?;
        }
        let known = self.b.bool(true);
        let there = self.known_there(list, &items);
        let element = match list.ty.kind {
            Kind::Decimals { .. } => items.element.clone(),
            _ => Self::with_there(&items.element, known),
        };
        if !self.b.is(there, true) {
            let counter = self.counters.len() as u32;
            self.counters.push(e.span);
            self.each(&items, |l| {
                let missing = l.not(there);
                let gone = l.and(l.live, missing);
                let gone = l.b.lift(gone, l.domain);
                l.checks.push(Check::Dropped { gone, counter });
                Ok(())
            })?;
        }
        let kept = self.with_keep(&items, there);
        Ok(Value::List(Rc::new(List { element, ..kept })))
    }

    /// Where elements of a list are known.
    fn known_there(&mut self, list: &Expr, items: &List) -> NodeId {
        let Kind::Decimals { table, column, .. } = list.ty.kind else { return self.there(&items.element) };
        let (row, row_there) = self.element_row(items);
        let cell = self.b.op(Op::ColumnThere(table, column), &[row]);
        self.and(row_there, cell)
    }

    /// A method that gives one value of all elements, or of the lambda's values for them.
    fn aggregate(
        &mut self,
        e: &'a Expr,
        method: ListMethod,
        list: &'a Expr,
        args: &'a [Expr],
        lambda: Option<&'a Lambda>,
    ) -> Lower<Value> {
        let is_bare = lambda.is_none() && matches!(list.ty.kind, Kind::Decimals { .. });
        let value = match lambda {
            Some(lambda) => {
                let items = self.strict_list(list, Some(lambda))?;
                let element = self.lambda(&items, lambda, |l, body| l.expr(body))?;
                items.of(element)
            }
            None => self.expr(list)?,
        };
        let value = if is_bare && !matches!(method, ListMethod::Len | ListMethod::Sum) {
            self.floats_of(list, value)?
        } else {
            value
        };
        let share = match args {
            [argument] => Some(self.argument(method, argument)?),
            _ => None,
        };
        let value = self.need(&value, list);
        if let Some(found) = Self::of_items(method, &value) {
            return Ok(found);
        }
        let items = self.at_hand(&value, list.span, None, share.as_slice())?;
        let mut site = self.frame.names.site(e.span, &[list]);
        site.operands.extend(args.iter().map(|a| self.frame.names.subject(a)));
        site.element = Some(match lambda {
            Some(lambda) => self.frame.names.subject(&lambda.body),
            None => self.frame.names.element(list),
        });
        let kind = match lambda {
            Some(lambda) => lambda.body.ty.kind.clone(),
            None => list.ty.element().map_or(Kind::Never, |t| t.kind),
        };
        match (method, &list.ty.kind) {
            (ListMethod::Len | ListMethod::Count, _) => {
                let node = self.count(&items);
                Ok(self.present(node))
            }
            (ListMethod::First | ListMethod::Last, _) => Ok(self.end(method, &items)),
            (ListMethod::Sum, Kind::Decimals { table, column, .. }) if lambda.is_none() => {
                let (row, _) = self.element_row(&items);
                let function = Aggregate::SumDecimal { table: *table, column: *column };
                let node = self.b.aggregate(items.owner, items.domain, function, &[items.keep, row]);
                self.check_works(node, site);
                Ok(self.present(node))
            }
            _ => self.of_values(e, method, &items, &kind, share, site),
        }
    }

    /// The first or last of items.
    fn of_items(method: ListMethod, value: &Value) -> Option<Value> {
        let Value::Items { items, .. } = value else { return None };
        match method {
            ListMethod::First => Some(items.first().cloned().unwrap_or(Value::Missing)),
            ListMethod::Last => Some(items.last().cloned().unwrap_or(Value::Missing)),
            _ => None,
        }
    }

    /// What a method is given beside the list, as a float.
    fn argument(&mut self, method: ListMethod, argument: &'a Expr) -> Lower<NodeId> {
        match method {
            ListMethod::Figure(Figure::Npv) => self.strict_node(argument),
            ListMethod::Figure(Figure::Seasonality) => {
                let length = self.strict_node(argument)?;
                Ok(self.b.op(Op::IntToFloat, &[length]))
            }
            _ => self.share(argument),
        }
    }

    fn share(&mut self, q: &'a Expr) -> Lower<NodeId> {
        let node = self.strict_node(q)?;
        let site = self.frame.names.site(q.span, &[q]);
        self.refuse_no_share(node, &site);
        Ok(node)
    }

    fn end(&mut self, method: ListMethod, items: &List) -> Value {
        let function = if method == ListMethod::First { Aggregate::First } else { Aggregate::Last };
        let position = self.b.aggregate(items.owner, items.domain, function, &[items.keep]);
        self.fetch(position, items)
    }

    fn of_values(
        &mut self,
        e: &'a Expr,
        method: ListMethod,
        items: &List,
        kind: &Kind,
        share: Option<NodeId>,
        site: Site,
    ) -> Lower<Value> {
        let wants_float = matches!(
            method,
            ListMethod::Mean | ListMethod::Median | ListMethod::Quantile | ListMethod::Std | ListMethod::Figure(_)
        ) || (method == ListMethod::Sum && e.ty.kind == Kind::Float);
        let there = self.there(&items.element);
        let mut value = self.scalar(&items.element, kind, e.span)?;
        if repr_of(kind).is_some_and(|repr| repr != self.b.graph().node(value).repr) {
            value = self.b.nothing(repr_of(kind).unwrap_or(Repr::Int));
        }
        if wants_float && self.b.graph().node(value).repr == Repr::Int {
            value = self.b.op(Op::IntToFloat, &[value]);
        }
        let args = [items.keep, there, value];
        let (owner, domain) = (items.owner, items.domain);
        let make = |l: &mut Self, function: Aggregate, args: &[NodeId]| {
            let node = l.b.aggregate(owner, domain, function, args);
            l.check_works(node, site.clone());
            node
        };
        let node = match method {
            ListMethod::Sum if e.ty.kind == Kind::Int => make(self, Aggregate::SumInt, &args),
            ListMethod::Sum => make(self, Aggregate::SumFloat, &args),
            ListMethod::CountDistinct => make(self, Aggregate::Distinct, &args),
            ListMethod::Min | ListMethod::Max => {
                let function = if method == ListMethod::Min { Aggregate::Smallest } else { Aggregate::Largest };
                let position = make(self, function, &args);
                return Ok(self.fetch(position, items));
            }
            ListMethod::Mean => make(self, Aggregate::Mean, &args),
            ListMethod::Std => make(self, Aggregate::Deviation, &args),
            ListMethod::Figure(figure) => {
                let argument = share.unwrap_or_else(|| self.b.float(0.0));
                let args = [items.keep, there, value, argument];
                let node = make(self, Aggregate::Figure(figure), &args);
                let there = self.b.aggregate(owner, domain, Aggregate::HasFigure(figure), &args);
                return Ok(Value::Scalar { node, there });
            }
            _ => {
                let half = self.b.float(0.5);
                make(self, Aggregate::Quantile, &[items.keep, there, value, share.unwrap_or(half)])
            }
        };
        if matches!(method, ListMethod::Sum | ListMethod::CountDistinct) {
            return Ok(self.present(node));
        }
        let count = self.count(items);
        let zero = self.b.int(0);
        let some = self.b.op(Op::Compare(Order::Less), &[zero, count]);
        Ok(Value::Scalar { node, there: some })
    }
}

/// Whether a lambda gives a column.
fn is_column(lambda: &Lambda) -> bool {
    matches!(lambda.body.kind, ExprKind::Column { .. })
}
