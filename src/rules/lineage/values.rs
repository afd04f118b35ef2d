//! What the values of a typed program follow from.
//!
//! In: a program, what stands at which places. Out: for each column of the step its sources. Must not know: data. Start at
//! [`columns`].
//!
//! The order of statements is not looked at: a variable has all that it is set to anywhere in its function, which is walked until nothing
//! new comes of it. A function is walked once for each combination of what its arguments follow from.

use super::flow::{Flow, Source};
use super::named::Named;
use crate::rules::builtin::ListMethod;
use crate::rules::typed::{Block, Expr, ExprKind, InstanceId, Iterable, Key, LocalId, Program, Stmt, StmtKind};
use crate::rules::walk::{self, Node};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

type Sources = BTreeSet<Source>;
type Call = (InstanceId, Vec<Flow>);

/// The sources of each column of a step.
pub(super) fn columns(program: &Program, named: &Named) -> BTreeMap<String, Sources> {
    let mut walker = Walker { program, named, known: HashMap::new(), open: HashSet::new() };
    let result = walker.call(program.entry, vec![Flow::default()]);
    let of = |column: &str| if program.output.is_map { result.entry(column).total() } else { result.total() };
    program.output.columns.iter().map(|(column, _)| (column.clone(), of(column))).collect()
}

struct Walker<'a> {
    program: &'a Program,
    named: &'a Named,
    known: HashMap<Call, Flow>,
    /// Calls that are being walked: one that comes again calls itself.
    open: HashSet<Call>,
}

/// One function while it is walked.
#[derive(Clone, Default)]
struct Frame {
    locals: HashMap<LocalId, Flow>,
    /// What it returned so far.
    result: Flow,
    /// The conditions under which one is here.
    under: Sources,
}

impl Walker<'_> {
    fn call(&mut self, instance: InstanceId, args: Vec<Flow>) -> Flow {
        let call = (instance, args);
        if let Some(known) = self.known.get(&call) {
            return known.clone();
        }
        let Some(function) = self.program.instances.get(instance.0 as usize) else { return Flow::default() };
        if !self.open.insert(call.clone()) {
            // What else it reads is found in the call that is being walked.
            return Flow::of(call.1.iter().flat_map(Flow::total));
        }
        let mut frame = Frame::default();
        for (at, flow) in call.1.iter().enumerate().take(function.params) {
            frame.locals.insert(LocalId(at as u32), flow.clone());
        }
        loop {
            let before = (frame.locals.clone(), frame.result.clone());
            frame.under = Sources::new();
            let value = self.block(&function.body, &mut frame);
            let under = frame.under.clone();
            frame.result.join(&value.and(under));
            if before == (frame.locals.clone(), frame.result.clone()) {
                break;
            }
        }
        self.open.remove(&call);
        self.known.insert(call, frame.result.clone());
        frame.result
    }

    fn block(&mut self, block: &Block, frame: &mut Frame) -> Flow {
        let mut last = Flow::default();
        for stmt in &block.stmts {
            last = self.stmt(stmt, frame);
        }
        last
    }

    /// What a statement gives as the last of its block.
    fn stmt(&mut self, stmt: &Stmt, frame: &mut Frame) -> Flow {
        match &stmt.kind {
            StmtKind::Expr(e) => return self.expr(e, frame),
            StmtKind::Let { local, value } => {
                if let Some(value) = value {
                    let flow = self.expr(value, frame);
                    frame.locals.entry(*local).or_default().join(&flow);
                }
            }
            StmtKind::Assign { local, value } | StmtKind::Push { local, value } => {
                let flow = self.expr(value, frame).and(frame.under.clone());
                frame.locals.entry(*local).or_default().join(&flow);
            }
            StmtKind::SetKey { local, path, value } => self.set_key(*local, path, value, frame),
            StmtKind::While { condition, body } => self.repeated(Some(condition), body, frame),
            StmtKind::DoWhile { condition, body, .. } => self.repeated(Some(condition), body, frame),
            StmtKind::Loop { body } => self.repeated(None, body, frame),
            StmtKind::For { variable, counter, iterable, body } => {
                let over = match iterable {
                    Iterable::List(list) => self.expr(list, frame),
                    Iterable::Range { from, to, .. } => {
                        let (from, to) = (self.expr(from, frame), self.expr(to, frame));
                        Flow::of(from.total().into_iter().chain(to.total()))
                    }
                };
                frame.locals.entry(*variable).or_default().join(&over);
                if let Some(counter) = counter {
                    frame.locals.entry(*counter).or_default().join(&Flow::of(over.base.clone()));
                }
                self.under(&over.base, body, frame, |walker, frame| drop(walker.block(body, frame)));
            }
            StmtKind::Return(value) => {
                let value = value.as_ref().map(|e| self.expr(e, frame)).unwrap_or_default();
                let under = frame.under.clone();
                frame.result.join(&value.and(under));
            }
            StmtKind::Break | StmtKind::Continue | StmtKind::Throw(_) => {}
        }
        Flow::default()
    }

    fn set_key(&mut self, local: LocalId, path: &[Key], value: &Expr, frame: &mut Frame) {
        let mut flow = self.expr(value, frame).and(frame.under.clone());
        let mut known = Vec::new();
        for key in path {
            match key {
                Key::Name(name) => known.push(name.as_str()),
                // From a computed key on it is any of the entries.
                Key::Computed(key) => {
                    flow = flow.whole().and(self.expr(key, frame).total());
                    break;
                }
            }
        }
        frame.locals.entry(local).or_default().at(&known).join(&flow);
    }

    fn repeated(&mut self, condition: Option<&Expr>, body: &Block, frame: &mut Frame) {
        let condition = condition.map(|e| self.expr(e, frame).total()).unwrap_or_default();
        self.under(&condition, body, frame, |walker, frame| drop(walker.block(body, frame)));
    }

    /// Walks what is done under a condition. Where that may leave the function or the loop, all that follows is under it, too.
    fn under<T>(
        &mut self,
        condition: &Sources,
        body: &Block,
        frame: &mut Frame,
        walk: impl FnOnce(&mut Self, &mut Frame) -> T,
    ) -> T {
        let before = frame.under.clone();
        frame.under.extend(condition.iter().cloned());
        let value = walk(self, frame);
        if !leaves(body) {
            frame.under = before;
        }
        value
    }

    fn total(&mut self, e: &Expr, frame: &mut Frame) -> Sources {
        self.expr(e, frame).total()
    }

    fn all<'e>(&mut self, all: impl IntoIterator<Item = &'e Expr>, frame: &mut Frame) -> Flow {
        let mut sources = Sources::new();
        all.into_iter().for_each(|e| sources.extend(self.total(e, frame)));
        Flow::of(sources)
    }

    fn literal(&self, e: &Expr) -> Flow {
        Flow::of(self.named.within(e.span).into_iter().map(Source::Named))
    }

    fn expr(&mut self, e: &Expr, frame: &mut Frame) -> Flow {
        match &e.kind {
            ExprKind::Unit
            | ExprKind::Bool(_)
            | ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Text(_)
            | ExprKind::Date(_)
            | ExprKind::DateTime(_) => self.literal(e),
            ExprKind::Local(local) => frame.locals.get(local).cloned().unwrap_or_default(),
            ExprKind::Map(entries) => {
                let mut map = Flow::default();
                for (key, value) in entries {
                    let value = self.expr(value, frame);
                    map.entries.entry(key.clone()).or_default().join(&value);
                }
                map
            }
            ExprKind::List(items) => {
                let mut list = Flow::default();
                for item in items {
                    let item = self.expr(item, frame);
                    list.join(&item);
                }
                list
            }
            ExprKind::Column { row, table, column, .. } => {
                self.expr(row, frame).whole().and([Source::Column(*table, *column)])
            }
            ExprKind::Reference { row, table, reference, .. } => {
                self.expr(row, frame).whole().and([Source::Reference(*table, *reference)])
            }
            ExprKind::Related { row, table, many, .. } => {
                self.expr(row, frame).whole().and([Source::Related(*table, *many)])
            }
            ExprKind::Field { map, key, .. } => self.expr(map, frame).entry(key),
            ExprKind::Lookup { map: a, key: b } | ExprKind::In { item: a, container: b, .. } => {
                self.all([&**a, &**b], frame)
            }
            ExprKind::Element { list, index, .. } => {
                let index = self.total(index, frame);
                self.expr(list, frame).and(index)
            }
            ExprKind::ParameterTable { key, .. } => {
                let key = self.total(key, frame);
                self.literal(e).and(key)
            }
            ExprKind::Interpolated(parts) => self.all(parts, frame),
            ExprKind::Call { args, .. } => self.all(args, frame),
            ExprKind::Binary { left: a, right: b, .. } | ExprKind::And(a, b) | ExprKind::Or(a, b) => {
                self.all([&**a, &**b], frame)
            }
            ExprKind::Coalesce(a, b) => {
                let mut value = self.expr(a, frame);
                value.join(&self.expr(b, frame));
                value
            }
            ExprKind::Negate(of) | ExprKind::Not(of) | ExprKind::IsMissing(of) => self.expr(of, frame).whole(),
            ExprKind::ToFloat(of) | ExprKind::DecimalsToFloats(of) => self.expr(of, frame),
            ExprKind::If { condition, then, otherwise } => self.branch(condition, then, otherwise.as_deref(), frame),
            ExprKind::Switch { value, arms } => {
                let mut chosen = self.total(value, frame);
                let mut all = Flow::default();
                for arm in arms {
                    if let Some(condition) = &arm.condition {
                        chosen.extend(self.total(condition, frame));
                    }
                    let before = frame.under.clone();
                    frame.under.extend(chosen.iter().cloned());
                    let value = self.expr(&arm.value, frame);
                    all.join(&value);
                    if !leaves_expr(&arm.value) {
                        frame.under = before;
                    }
                }
                all.and(chosen)
            }
            ExprKind::Block(block) => self.block(block, frame),
            ExprKind::CallInstance { instance, args } => {
                let args = args.iter().map(|e| self.expr(e, frame)).collect();
                self.call(*instance, args)
            }
            ExprKind::ListCall { method, list, args, lambda, .. } => {
                let list = self.expr(list, frame);
                let args = self.all(args, frame).base;
                let body = lambda.as_ref().map(|lambda| {
                    frame.locals.entry(lambda.param).or_default().join(&list);
                    self.expr(&lambda.body, frame)
                });
                listed(*method, list, body).and(args)
            }
            ExprKind::Standing { index, extra } => {
                let extra = extra.as_ref().map(|e| self.total(e, frame)).unwrap_or_default();
                let Some(population) = self.program.populations.get(*index) else { return Flow::of(extra) };
                let instances = population.arguments.iter().copied().chain(population.group);
                let of: Vec<Flow> = instances.map(|i| self.call(i, vec![Flow::default()])).collect();
                Flow::of(of.iter().flat_map(Flow::total)).and(extra)
            }
        }
    }

    fn branch(&mut self, condition: &Expr, then: &Block, otherwise: Option<&Expr>, frame: &mut Frame) -> Flow {
        let condition = self.total(condition, frame);
        let before = frame.under.clone();
        frame.under.extend(condition.iter().cloned());
        let mut value = self.block(then, frame);
        if let Some(otherwise) = otherwise {
            value.join(&self.expr(otherwise, frame));
        }
        if !leaves(then) && !otherwise.is_some_and(leaves_expr) {
            frame.under = before;
        }
        value.and(condition)
    }
}

/// What a method of a list gives, by what the list's items and the lambda's values follow from.
fn listed(method: ListMethod, list: Flow, body: Option<Flow>) -> Flow {
    let with_body = |flow: Flow, body: &Option<Flow>| flow.and(body.iter().flat_map(Flow::total));
    match method {
        ListMethod::Map | ListMethod::FlatMap => body.unwrap_or_default().and(list.base),
        ListMethod::Filter | ListMethod::SortBy | ListMethod::Top => with_body(list, &body),
        ListMethod::First | ListMethod::Last | ListMethod::Known => with_body(list, &body),
        // How many there are says nothing of what is in them.
        ListMethod::Len | ListMethod::Count | ListMethod::Some | ListMethod::All => {
            with_body(Flow::of(list.base), &body)
        }
        ListMethod::Sum
        | ListMethod::Mean
        | ListMethod::Min
        | ListMethod::Max
        | ListMethod::Median
        | ListMethod::Quantile
        | ListMethod::Std
        | ListMethod::CountDistinct
        | ListMethod::Figure(_)
        | ListMethod::Gaps => match body {
            Some(body) => Flow::of(list.base).and(body.total()),
            None => list.whole(),
        },
    }
}

/// Whether a block may leave its function or its loop, so that what follows is done or not.
fn leaves(block: &Block) -> bool {
    let mut found = false;
    walk::block(block, &mut |node| found |= is_leaving(node));
    found
}

fn leaves_expr(e: &Expr) -> bool {
    let mut found = false;
    walk::expr(e, &mut |node| found |= is_leaving(node));
    found
}

fn is_leaving(node: Node<'_>) -> bool {
    matches!(node, Node::Stmt(Stmt { kind: StmtKind::Return(_) | StmtKind::Break | StmtKind::Continue, .. }))
}
