//! Which test of a step decides its tier, for all customers at once.
//!
//! In: a typed step, the column that is its tier, the tiers' order. Out: [`Decisive`], a graph of three columns: the test that decides,
//! the one that fails nearest, and its distance. Must not know: how a test is shown.
//!
//! What a step would give if one test came out otherwise is the step walked once more with that test's node negated. All walks are in
//! one graph: what they have in common, as all that stands before the test, is one node. What the rule then asks of other values is
//! an [attempt](ir::Lowered::attempts): a customer for whom it fails is not told that this test matters. What decides is
//! defined in `docs/explain.md`; [`crate::rules::interp::Tracer`] gives the same customer by customer.

use super::reason::{Lower, NotCompiled};
use super::value::Value;
use super::{BUDGET, Lowerer, WAYS};
use crate::rules::ir::{Builder, Check, Const, FloatUnary, Lowered, NodeId, Op, Order, Output};
use crate::rules::schema::Schema;
use crate::rules::site::Names;
use crate::rules::trace::{identity, present, test_of};
use crate::rules::typed::{Expr, ExprKind, Program};
use crate::rules::types::{Kind, Type};
use crate::rules::{ir, stack};
use crate::source::Span;
use std::collections::HashMap;

/// Expressions that all walks together may go through.
const TOTAL: u64 = 2_000_000;

/// What is a tier, and which is higher.
#[derive(Clone, Copy, Debug)]
pub struct Ladder<'a> {
    /// The column of the step.
    pub column: &'a str,
    /// Tiers, the lowest first.
    pub order: &'a [String],
}

/// Three columns: the positions in `tests` of the test that decides and of the nearest one that fails, missing where there is none, and the
/// distance of the latter.
#[derive(Clone, Debug)]
pub struct Decisive {
    /// The graph.
    pub lowered: Lowered,
    /// Places of tests.
    pub tests: Vec<Span>,
}

/// The graph of what decides a tier; `hides` says of a place that its distance is not told.
///
/// # Errors
/// [`NotCompiled`]: a test that comes out otherwise makes a loop depend on data, or there are too many tests.
pub fn decisive<'a>(
    program: &'a Program,
    schema: &'a Schema,
    ladder: &Ladder<'_>,
    hides: &'a (dyn Fn(Span) -> bool + Sync),
) -> Result<Decisive, NotCompiled> {
    stack::with_deep_stack(|| {
        let walked = |ways| Lowerer::new(program, schema, ways).decisive(ladder, hides);
        let mut result = walked(WAYS[0]);
        for ways in &WAYS[1..] {
            match &result {
                Err(reason) if reason.is_by_place() => result = walked(*ways),
                _ => break,
            }
        }
        result
    })
}

/// Tests of a walk.
pub(super) struct Tests<'h> {
    /// How many were asked so far.
    asked: usize,
    /// The one that comes out otherwise.
    otherwise: Option<usize>,
    /// Those of the walk in which none does.
    found: Vec<Found>,
    /// The expression below a test that is no test of its own.
    below: Option<usize>,
    /// What the last comparison compared.
    sides: Option<(NodeId, NodeId)>,
    hides: &'h (dyn Fn(Span) -> bool + Sync),
}

/// A test where it is asked.
#[derive(Clone, Copy)]
struct Found {
    span: Span,
    /// Rows for which it is.
    mask: NodeId,
    /// The sides of a comparison of numbers or days.
    sides: Option<(NodeId, NodeId)>,
    /// Whether its distance is told.
    told: bool,
}

impl<'a> Lowerer<'a> {
    fn decisive(mut self, ladder: &Ladder<'_>, hides: &'a (dyn Fn(Span) -> bool + Sync)) -> Lower<Decisive> {
        let span = self.program.instances.get(self.program.entry.0 as usize).map(|i| i.span).unwrap_or_default();
        let tests = Tests { asked: 0, otherwise: None, found: Vec::new(), below: None, sides: None, hides };
        self.tests = Some(Box::new(tests));
        let tier = self.tier(ladder, span)?;
        let each = u64::from(BUDGET - self.budget);
        let found = self.tests.as_mut().map(|tests| std::mem::take(&mut tests.found)).unwrap_or_default();
        if each * found.len() as u64 > TOTAL {
            return Err(NotCompiled::too_long(span));
        }
        let known: Vec<Check> = std::mem::take(&mut self.checks);
        let mut ranks = Ranks { order: ladder.order, known: HashMap::new() };
        let own = ranks.of(&mut self.b, tier.0);
        let zero = self.b.int(0);
        let ordered = self.b.op(Op::Compare(Order::LessEqual), &[zero, own]);
        let ordered = self.and(tier.1, ordered);
        let mut best = Best::new(&mut self.b);
        let mut attempts: Vec<Vec<Check>> = Vec::new();
        for (n, test) in found.iter().enumerate() {
            self.again(n);
            let (tier, there) = self.tier(ladder, span)?;
            let rank = ranks.of(&mut self.b, tier);
            let checks: Vec<Check> = std::mem::take(&mut self.checks);
            if rank == own {
                continue;
            }
            let asked = self.and(ordered, test.mask);
            let mut holds = self.and(asked, there);
            let checks = self.attempt(checks, &known);
            if !checks.is_empty() {
                let sound = self.b.leaf(Op::Sound(attempts.len() as u32), &[], ir::Repr::Bool);
                attempts.push(checks);
                holds = self.and(holds, sound);
            }
            best.put(&mut self.b, n, test, (holds, own, rank));
        }
        let outputs = best.outputs(&mut self.b);
        if self.b.has_unrelated() {
            return Err(NotCompiled::by_place(self.unrelated.unwrap_or(span)));
        }
        let Lowerer { b, sites, counters, .. } = self;
        let lowered = Lowered { graph: b.finish(), checks: Vec::new(), attempts, outputs, sites, counters };
        Ok(Decisive { lowered, tests: found.iter().map(|test| test.span).collect() })
    }

    /// Walks the step; the nodes of its tier.
    fn tier(&mut self, ladder: &Ladder<'_>, span: Span) -> Lower<(NodeId, NodeId)> {
        let program = self.program;
        let customer = self.customer();
        let result = self.call_instance(program.entry, vec![customer], span)?;
        let value = if program.output.is_map { self.entry(&result, ladder.column) } else { result };
        let Output { value, there } = self.output(&value, &Kind::Text, span)?;
        Ok((value, there))
    }

    /// Begins a walk in which a test comes out otherwise.
    fn again(&mut self, otherwise: usize) {
        self.live = self.b.bool(true);
        self.frame = super::Frame::new(Names::new(self.schema, None), 0);
        self.calls.clear();
        self.seen.clear();
        self.budget = BUDGET;
        self.hidden = 0;
        if let Some(tests) = &mut self.tests {
            tests.asked = 0;
            tests.otherwise = Some(otherwise);
            tests.below = None;
        }
    }

    /// Those checks of a walk that a customer who is decided could break.
    fn attempt(&mut self, checks: Vec<Check>, known: &[Check]) -> Vec<Check> {
        let broken = self.b.bool(false);
        let mut left = Vec::with_capacity(checks.len());
        for check in checks {
            match check {
                Check::Dropped { .. } => {}
                Check::Throw { mask, site, .. } => {
                    let span = self.sites.get(site as usize).map(|site| site.whole).unwrap_or_default();
                    let subject = crate::rules::site::Subject::unnamed(span);
                    left.push(Check::There { there: broken, mask, subject });
                }
                Check::Each { domain, owner, mask, checks } => {
                    let checks = self.attempt(checks, &[]);
                    let is_empty = checks.is_empty();
                    let each = Check::Each { domain, owner, mask, checks };
                    if !is_empty && !known.contains(&each) {
                        left.push(each);
                    }
                }
                check if known.iter().any(|known| is_same(known, &check)) => {}
                check => left.push(check),
            }
        }
        left
    }

    /// What follows an expression's walk: if it is a test, it is noted, or comes out otherwise.
    pub(super) fn tested(&mut self, e: &Expr, value: Value) -> Value {
        let Some(tests) = self.tests.as_mut().filter(|_| self.hidden == 0) else { return value };
        let sides = tests.sides.take();
        if tests.below.take_if(|below| *below == identity(e)).is_some() {
            return value;
        }
        let (Some((op, operands)), Value::Scalar { node, there }) = (test_of(e), &value) else { return value };
        let (node, there, n) = (*node, *there, tests.asked);
        tests.asked += 1;
        if tests.otherwise == Some(n) {
            return Value::Scalar { node: self.not(node), there };
        }
        if tests.otherwise.is_none() {
            let told = !operands.iter().any(|operand| (tests.hides)(operand.span));
            let mask = self.b.op(Op::And, &[self.live, there]);
            let sides =
                sides.filter(|_| op.is_some()).and_then(|sides| numbers(&mut self.b, sides, &operands.first()?.ty));
            if let Some(tests) = &mut self.tests {
                tests.found.push(Found { span: e.span, mask, sides, told });
            }
        }
        value
    }

    /// Notes before an expression's walk that what is below it is no test.
    pub(super) fn asks(&mut self, e: &Expr) {
        if let (Some(tests), ExprKind::Not(below), Some(_)) = (&mut self.tests, &e.kind, present(e)) {
            tests.below = Some(identity(below));
        }
    }

    /// Notes what a comparison compares.
    pub(super) fn compares(&mut self, left: NodeId, right: NodeId) {
        if let Some(tests) = &mut self.tests {
            tests.sides = Some((left, right));
        }
    }
}

/// Whether two checks are broken by the same customers.
fn is_same(one: &Check, other: &Check) -> bool {
    match (one, other) {
        (Check::There { there, mask, .. }, Check::There { there: t, mask: m, .. }) => (there, mask) == (t, m),
        (Check::Works { node, mask, .. }, Check::Works { node: n, mask: m, .. }) => (node, mask) == (n, m),
        _ => one == other,
    }
}

/// The sides of a comparison as floats: instants and dates in days, as [`crate::rules::trace::Value::number`] gives them.
fn numbers(b: &mut Builder, (left, right): (NodeId, NodeId), ty: &Type) -> Option<(NodeId, NodeId)> {
    let mut number = |node: NodeId| {
        Some(match ty.kind {
            Kind::Float => node,
            Kind::Int => b.op(Op::IntToFloat, &[node]),
            Kind::Date => {
                let first = b.constant(Const::Date(0));
                let days = b.op(Op::DaysBetween, &[first, node]);
                b.op(Op::IntToFloat, &[days])
            }
            Kind::DateTime => {
                let (micros, day) = (b.op(Op::IntToFloat, &[node]), b.float(86_400_000_000.0));
                b.op(Op::Divide, &[micros, day])
            }
            _ => return None,
        })
    };
    Some((number(left)?, number(right)?))
}

/// Tiers as their positions in the order; -1 for a text that is none.
struct Ranks<'o> {
    order: &'o [String],
    known: HashMap<NodeId, NodeId>,
}

impl Ranks<'_> {
    fn of(&mut self, b: &mut Builder, tier: NodeId) -> NodeId {
        if let Some(known) = self.known.get(&tier) {
            return *known;
        }
        let node = b.graph().node(tier).clone();
        let rank = match (&node.op, node.args.as_slice()) {
            (Op::Const(Const::Text(text)), _) => self.constant(b, text),
            (Op::Select, [condition, then, otherwise]) => {
                let (then, otherwise) = (self.of(b, *then), self.of(b, *otherwise));
                b.op(Op::Select, &[*condition, then, otherwise])
            }
            (Op::Pooled, [number]) => self.pooled(b, *number).unwrap_or_else(|| self.compared(b, tier)),
            _ => self.compared(b, tier),
        };
        self.known.insert(tier, rank);
        rank
    }

    fn constant(&self, b: &mut Builder, text: &str) -> NodeId {
        let position = self.order.iter().position(|tier| tier == text);
        b.int(position.map_or(-1, |position| position as i64))
    }

    /// The rank of a text that is chosen by number, if the choice is plain.
    fn pooled(&mut self, b: &mut Builder, number: NodeId) -> Option<NodeId> {
        let node = b.graph().node(number).clone();
        match (&node.op, node.args.as_slice()) {
            (Op::Const(Const::Row(n)), _) => {
                let text = b.graph().pool.get(*n as usize)?.clone();
                Some(self.constant(b, &text))
            }
            (Op::Select, [condition, then, otherwise]) => {
                let (then, otherwise) = (self.pooled(b, *then)?, self.pooled(b, *otherwise)?);
                Some(b.op(Op::Select, &[*condition, then, otherwise]))
            }
            _ => None,
        }
    }

    fn compared(&self, b: &mut Builder, tier: NodeId) -> NodeId {
        let mut rank = b.int(-1);
        for (name, position) in self.order.iter().zip(0..) {
            let (name, position) = (b.text(name), b.int(position));
            let is_it = super::operator::equal(b, tier, name);
            rank = b.op(Op::Select, &[is_it, position, rank]);
        }
        rank
    }
}

/// What is known after some tests: nodes over customers.
struct Best {
    /// The first test that holds the tier up, and whether there is one.
    holding: (NodeId, NodeId),
    /// The last one that keeps a higher tier away.
    last: (NodeId, NodeId),
    /// The nearest of those that compare numbers.
    nearest: (NodeId, NodeId),
    nearness: NodeId,
    distance: NodeId,
    told: NodeId,
}

impl Best {
    fn new(b: &mut Builder) -> Best {
        let none = (b.int(0), b.bool(false));
        let (zero, told) = (b.float(0.0), b.bool(false));
        Best { holding: none, last: none, nearest: none, nearness: zero, distance: zero, told }
    }

    /// Takes a test into account: the rows for whom it can be told, their rank, and what it would be.
    fn put(&mut self, b: &mut Builder, n: usize, test: &Found, (holds, own, rank): (NodeId, NodeId, NodeId)) {
        let number = b.int(n as i64);
        let (zero, below, above) = (b.int(0), less(b, rank, own), less(b, own, rank));
        let known = b.op(Op::Compare(Order::LessEqual), &[zero, rank]);
        let lower = all(b, &[holds, known, below]);
        let higher = all(b, &[holds, above]);
        let fresh = b.op(Op::Not, &[self.holding.1]);
        let fresh = all(b, &[lower, fresh]);
        self.holding = (b.op(Op::Select, &[fresh, number, self.holding.0]), b.op(Op::Or, &[self.holding.1, lower]));
        self.last = (b.op(Op::Select, &[higher, number, self.last.0]), b.op(Op::Or, &[self.last.1, higher]));
        let Some((left, right)) = test.sides else { return };
        let apart = b.op(Op::Subtract, &[left, right]);
        let apart = b.op(Op::Float(FloatUnary::Abs), &[apart]);
        let (l, r) = (b.op(Op::Float(FloatUnary::Abs), &[left]), b.op(Op::Float(FloatUnary::Abs), &[right]));
        let (size, nothing, one) = (b.op(Op::Max, &[l, r]), b.float(0.0), b.float(1.0));
        let empty = b.op(Op::Compare(Order::Equal), &[size, nothing]);
        let size = b.op(Op::Select, &[empty, one, size]);
        let near = b.op(Op::Divide, &[apart, size]);
        let (first, nearer) = (b.op(Op::Not, &[self.nearest.1]), less(b, near, self.nearness));
        let better = b.op(Op::Or, &[first, nearer]);
        let better = all(b, &[higher, better]);
        let told = b.bool(test.told);
        self.nearness = b.op(Op::Select, &[better, near, self.nearness]);
        self.distance = b.op(Op::Select, &[better, apart, self.distance]);
        self.told = b.op(Op::Select, &[better, told, self.told]);
        self.nearest = (b.op(Op::Select, &[better, number, self.nearest.0]), b.op(Op::Or, &[self.nearest.1, better]));
    }

    fn outputs(&self, b: &mut Builder) -> Vec<Output> {
        let (holding, nearest, last) = (self.holding, self.nearest, self.last);
        let failing = b.op(Op::Select, &[nearest.1, nearest.0, last.0]);
        let decisive = b.op(Op::Select, &[holding.1, holding.0, failing]);
        let there = b.op(Op::Or, &[holding.1, last.1]);
        let told = all(b, &[nearest.1, self.told]);
        vec![
            Output { value: decisive, there },
            Output { value: nearest.0, there: nearest.1 },
            Output { value: self.distance, there: told },
        ]
    }
}

fn less(b: &mut Builder, x: NodeId, y: NodeId) -> NodeId {
    b.op(Op::Compare(Order::Less), &[x, y])
}

fn all(b: &mut Builder, nodes: &[NodeId]) -> NodeId {
    nodes.iter().skip(1).fold(nodes.first().copied().unwrap_or(NodeId(0)), |all, node| b.op(Op::And, &[all, *node]))
}
