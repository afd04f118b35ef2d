//! Conditions that come out the same for every customer.
//!
//! In: the typed programs. Out: `constant-condition`, and `unreachable` of a case that never comes. Must not know: data. A condition is decided by what it is (a
//! literal, a value compared with itself, a test for `()` of what is there, bounds of a function, a text that the value
//! never is), or by conditions before it: of the same `if` chain, around it, or behind whose branch the block is left. What is known is always of
//! values that nothing sets: such a value is the same in both places. Start at [`find`].

use super::agree::Agree;
use super::atoms::{Atom, Values};
use super::constant::{Constant, Value, constant, holds};
use super::facts::Test;
use super::texts::{Closed, Stranger};
use super::{Rules, instances};
use crate::diag::{Diagnostic, ids};
use crate::rules::ast::BinaryOp;
use crate::rules::builtin::ListMethod;
use crate::rules::typed::{Arm, Block, Case, Expr, ExprKind, Instance, Iterable, Key, Program, Stmt, StmtKind};
use crate::rules::types::Kind;
use crate::source::{SourceMap, Span};
use std::collections::HashMap;
use std::sync::Arc;

/// Every decided condition of all steps.
pub(super) fn find(rules: Rules<'_>) -> Vec<Diagnostic> {
    let mut agree = Agree::default();
    let closed = Closed::new(rules);
    for program in rules.programs {
        for instance in instances(program) {
            Walker::new(program, instance, rules.sources, &closed, &mut agree).block(&instance.body);
        }
    }
    agree.finish()
}

/// Something known of a value: by which condition.
struct Fact {
    key: String,
    test: Test,
    /// Whether all of it stands in the rule; else a parameter has a part in it.
    literal: bool,
    span: Span,
}

/// How a condition is decided, and by what.
struct Verdict {
    holds: bool,
    /// Conditions that decide it.
    by: Vec<Span>,
    why: Why,
}

#[derive(Clone, PartialEq)]
enum Why {
    Itself,
    Present,
    Never(Stranger),
    Literal,
    Parameters,
}

/// How many of the conditions that decide one are shown.
const SHOWN: usize = 3;

struct Walker<'a> {
    program: &'a Program,
    instance: &'a Instance,
    closed: &'a Closed<'a>,
    values: Values<'a>,
    sources: &'a SourceMap,
    facts: Vec<Fact>,
    agree: &'a mut Agree,
}

impl<'a> Walker<'a> {
    fn new(
        program: &'a Program,
        instance: &'a Instance,
        sources: &'a SourceMap,
        closed: &'a Closed<'a>,
        agree: &'a mut Agree,
    ) -> Walker<'a> {
        let values = Values::new(program, instance, sources);
        Walker { program, instance, closed, values, sources, facts: Vec::new(), agree }
    }

    fn block(&mut self, block: &Block) {
        let mark = self.facts.len();
        for stmt in &block.stmts {
            self.stmt(stmt);
            // Behind `if x < 10 { return … }` the condition does not hold.
            if let StmtKind::Expr(Expr { kind: ExprKind::If { condition, then, otherwise: None }, .. }) = &stmt.kind
                && then.ty.is_never()
            {
                self.learn(condition, false);
            }
        }
        self.facts.truncate(mark);
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Let { value, .. } | StmtKind::Return(value) => value.iter().for_each(|e| self.expr(e)),
            StmtKind::Assign { value, .. } | StmtKind::Push { value, .. } => self.expr(value),
            StmtKind::SetKey { path, value, .. } => {
                self.expr(value);
                for key in path {
                    if let Key::Computed(key) = key {
                        self.expr(key);
                    }
                }
            }
            StmtKind::Expr(e) | StmtKind::Throw(e) => self.expr(e),
            StmtKind::While { condition, body } => {
                // `while true` is how some write `loop`.
                if !matches!(condition.kind, ExprKind::Bool(true)) {
                    self.condition(condition, None);
                }
                self.where_it_holds(condition, true, |this| this.block(body));
            }
            StmtKind::Loop { body } => self.block(body),
            StmtKind::DoWhile { body, condition, .. } => {
                self.block(body);
                self.condition(condition, None);
            }
            StmtKind::For { iterable, body, .. } => {
                match iterable {
                    Iterable::List(list) => self.expr(list),
                    Iterable::Range { from, to, .. } => {
                        self.expr(from);
                        self.expr(to);
                    }
                }
                self.block(body);
            }
            StmtKind::Break | StmtKind::Continue => {}
        }
    }

    fn expr(&mut self, e: &Expr) {
        match &e.kind {
            ExprKind::If { condition, then, otherwise } => self.if_chain(condition, then, otherwise.as_deref()),
            ExprKind::Block(block) => self.block(block),
            ExprKind::Switch { value, arms } => {
                self.expr(value);
                self.cases(value, arms);
                for arm in arms {
                    if let Some(condition) = &arm.condition {
                        self.condition(condition, None);
                    }
                    self.expr(&arm.value);
                }
            }
            ExprKind::ListCall { method, list, args, lambda } => {
                self.expr(list);
                args.iter().for_each(|a| self.expr(a));
                let tests = [ListMethod::Filter, ListMethod::Count, ListMethod::Some, ListMethod::All];
                if let Some(lambda) = lambda {
                    if tests.contains(method) && !matches!(lambda.body.kind, ExprKind::Bool(_)) {
                        self.condition(&lambda.body, None);
                    } else {
                        self.expr(&lambda.body);
                    }
                }
            }
            ExprKind::And(..) | ExprKind::Or(..) | ExprKind::Not(_) | ExprKind::Binary { .. } | ExprKind::In { .. }
                if e.ty.kind == Kind::Bool =>
            {
                // A value, not a condition: what conditions around it say may be meant to be repeated in it.
                let around = std::mem::take(&mut self.facts);
                self.parts(e);
                self.facts = around;
                self.operands(e);
            }
            _ => self.below(e),
        }
    }

    /// The expressions right below one.
    fn below(&mut self, e: &Expr) {
        match &e.kind {
            ExprKind::Interpolated(parts) | ExprKind::List(parts) => parts.iter().for_each(|p| self.expr(p)),
            ExprKind::Map(entries) => entries.iter().for_each(|(_, v)| self.expr(v)),
            ExprKind::Column { row: a, .. }
            | ExprKind::Reference { row: a, .. }
            | ExprKind::Related { row: a, .. }
            | ExprKind::Field { map: a, .. }
            | ExprKind::ParameterTable { key: a, .. }
            | ExprKind::Negate(a)
            | ExprKind::Not(a)
            | ExprKind::IsMissing(a)
            | ExprKind::ToFloat(a)
            | ExprKind::DecimalsToFloats(a) => self.expr(a),
            ExprKind::Lookup { map: a, key: b }
            | ExprKind::Element { list: a, index: b, .. }
            | ExprKind::Binary { left: a, right: b, .. }
            | ExprKind::And(a, b)
            | ExprKind::Or(a, b)
            | ExprKind::Coalesce(a, b) => {
                self.expr(a);
                self.expr(b);
            }
            ExprKind::In { item, container, .. } => {
                self.elements(item, container);
                self.expr(item);
                self.expr(container);
            }
            ExprKind::Call { args, .. } | ExprKind::CallInstance { args, .. } => {
                args.iter().for_each(|a| self.expr(a));
            }
            ExprKind::Standing { extra, .. } => extra.iter().for_each(|e| self.expr(e)),
            _ => {}
        }
    }

    fn if_chain(&mut self, condition: &Expr, then: &Block, otherwise: Option<&Expr>) {
        let (yes, no) = (Some(then.span), otherwise.map(|o| o.span));
        let decided = self.condition(condition, Some((yes, no)));
        if decided != Some(false) {
            self.where_it_holds(condition, true, |this| this.block(then));
        }
        if let Some(otherwise) = otherwise.filter(|_| decided != Some(true)) {
            self.where_it_holds(condition, false, |this| this.expr(otherwise));
        }
    }

    fn where_it_holds(&mut self, condition: &Expr, truth: bool, then: impl FnOnce(&mut Self)) {
        let mark = self.facts.len();
        self.learn(condition, truth);
        then(self);
        self.facts.truncate(mark);
    }

    /// Looks at a condition and what it consists of; says how it is decided.
    fn condition(&mut self, condition: &Expr, branches: Option<(Option<Span>, Option<Span>)>) -> Option<bool> {
        let verdict = self.verdict(condition);
        let decided = verdict.as_ref().map(|v| v.holds);
        if verdict.is_none() {
            self.parts(condition);
        }
        let dead = verdict.as_ref().zip(branches).and_then(|(v, (yes, no))| if v.holds { no } else { yes });
        self.agree.enter(condition.span, verdict.map(|v| self.finding(&v, condition.span, dead)));
        self.operands(condition);
        decided
    }

    /// Parts of an undecided condition that are decided: by themselves, or as an alternative that cannot come.
    fn parts(&mut self, e: &Expr) {
        match &e.kind {
            ExprKind::Not(inner) => self.parts(inner),
            ExprKind::And(..) | ExprKind::Or(..) => {
                let (operands, or) = chain(e);
                let mark = self.facts.len();
                for operand in operands {
                    self.part(operand, or);
                    self.learn(operand, !or);
                }
                self.facts.truncate(mark);
            }
            ExprKind::Binary { .. } | ExprKind::In { .. } | ExprKind::IsMissing(_) => self.part(e, false),
            _ => {}
        }
    }

    fn part(&mut self, e: &Expr, alternative: bool) {
        let around = if alternative { None } else { Some(std::mem::take(&mut self.facts)) };
        let verdict = self.verdict(e).filter(|v| !alternative || !v.holds || v.by.is_empty());
        // `x == () || y` and behind it `x != () && z` is clear, and not wrong.
        let verdict = verdict.filter(|v| v.why != Why::Present || !self.repeats_a_test(e));
        if let Some(around) = around {
            self.facts = around;
        }
        let decided = verdict.is_some();
        let found = verdict.map(|v| self.finding(&v, e.span, None));
        self.agree.enter(e.span, found);
        if !decided && matches!(e.kind, ExprKind::And(..) | ExprKind::Or(..) | ExprKind::Not(_)) {
            self.parts(e);
        }
    }

    fn repeats_a_test(&self, e: &Expr) -> bool {
        match &e.kind {
            ExprKind::Not(inner) => self.repeats_a_test(inner),
            ExprKind::IsMissing(inner) => self.values.may_be_missing(inner),
            _ => false,
        }
    }

    /// Looks into the operands of a condition: calls with lambdas, branches.
    fn operands(&mut self, e: &Expr) {
        match &e.kind {
            ExprKind::And(a, b) | ExprKind::Or(a, b) => {
                self.operands(a);
                self.operands(b);
            }
            ExprKind::Not(a) => self.operands(a),
            ExprKind::Binary { .. } | ExprKind::In { .. } | ExprKind::IsMissing(_) => self.below(e),
            _ => self.expr(e),
        }
    }

    fn finding(&self, verdict: &Verdict, span: Span, dead: Option<Span>) -> Diagnostic {
        let often = if verdict.holds { "always" } else { "never" };
        let mut found = Diagnostic::warning(ids::CONSTANT_CONDITION, format!("this is {often} true"));
        found = match &verdict.why {
            Why::Itself => found.at_with(span, "both sides are the same value").help("compare with what was meant"),
            Why::Present => found
                .at_with(span, "what is tested here cannot be missing")
                .help("take the test away; if it may be missing after all, `required: true` of its column is wrong"),
            Why::Never(stranger) => stranger.tell(found, span),
            Why::Literal | Why::Parameters if verdict.by.is_empty() => {
                found.at(span).help("take the condition away, or test what was meant")
            }
            Why::Literal if verdict.holds => found.at(span).help("write `else`, or take the condition away"),
            Why::Literal => found.at(span).help("test the narrower condition first, or remove this one"),
            Why::Parameters => found
                .at_with(span, "with the present parameters")
                .help("look at the order of the values in rules/parameters.yaml"),
        };
        found = verdict.by.iter().take(SHOWN).fold(found, |found, by| found.label(*by, "decided by this"));
        if let Some(more @ 1..) = verdict.by.len().checked_sub(SHOWN) {
            found = found.note(format!("decided by these {SHOWN} conditions and {more} more"));
        }
        dead.into_iter().fold(found, |found, dead| found.label(dead, "no customer gets here"))
    }

    /// Cases of a `switch` that its value never is.
    fn cases(&mut self, value: &Expr, arms: &[Arm]) {
        let cases = arms.iter().flat_map(|arm| arm.cases.iter().zip(&arm.places));
        let texts = cases.filter_map(|(case, place)| match case {
            Case::Text(text) => Some((text, *place)),
            _ => None,
        });
        let (texts, places): (Vec<_>, Vec<_>) = texts.unzip();
        let never = Diagnostic::warning(ids::UNREACHABLE, "this case is never taken");
        self.strangers(value, &texts, &places, &never);
    }

    /// Elements of a written list that a value which is looked for in it never is.
    fn elements(&mut self, item: &Expr, container: &Expr) {
        let ExprKind::List(items) = &container.kind else { return };
        let texts = items.iter().filter_map(|e| self.closed.literal(e).map(|text| (text, e.span)));
        let (texts, places): (Vec<_>, Vec<_>) = texts.unzip();
        let never = Diagnostic::warning(ids::CONSTANT_CONDITION, "this element is never found");
        self.strangers(item, &texts, &places, &never);
    }

    fn strangers(&mut self, value: &Expr, texts: &[&Arc<str>], places: &[Span], never: &Diagnostic) {
        let strange: HashMap<usize, Stranger> =
            self.closed.stranger(self.program, self.instance, value, texts.iter().copied()).into_iter().collect();
        for (n, place) in places.iter().enumerate() {
            self.agree.enter(*place, strange.get(&n).map(|stranger| stranger.tell(never.clone(), *place)));
        }
    }

    /// How an expression is decided at this point.
    fn verdict(&mut self, e: &Expr) -> Option<Verdict> {
        let plain = |holds, why| Some(Verdict { holds, by: Vec::new(), why });
        match &e.kind {
            ExprKind::Not(inner) => self.verdict(inner).map(|v| Verdict { holds: !v.holds, ..v }),
            ExprKind::And(..) | ExprKind::Or(..) => self.chain_verdict(e),
            ExprKind::IsMissing(inner) => {
                let there = !inner.ty.optional && inner.ty.kind != Kind::Never;
                if there { plain(false, Why::Present) } else { None }
            }
            ExprKind::Binary { op, left, right } if op.is_comparison() => {
                let both = (constant(left, self.sources), constant(right, self.sources));
                if let (Some(a), Some(b)) = &both {
                    let holds = holds(*op, a.value.order(&b.value)?);
                    return if a.literal && b.literal { plain(holds, Why::Literal) } else { None };
                }
                if both.0.is_none()
                    && both.1.is_none()
                    && let (Some(a), Some(b)) = (self.values.key(left), self.values.key(right))
                    && a == b
                {
                    return plain(holds(*op, std::cmp::Ordering::Equal), Why::Itself);
                }
                if let Some(stranger) = self.closed.compared(self.program, self.instance, e) {
                    return plain(*op == BinaryOp::NotEqual, Why::Never(stranger));
                }
                self.values.atom(e).and_then(|atom| self.decide(&atom))
            }
            ExprKind::Bool(_) => {
                let Constant { value: Value::Bool(b), literal: true } = constant(e, self.sources)? else { return None };
                plain(b, Why::Literal)
            }
            _ => self.values.atom(e).and_then(|atom| self.decide(&atom)),
        }
    }

    /// Of `a && b && …`, or `a || b || …`: each operand counts where those before it let it.
    fn chain_verdict(&mut self, e: &Expr) -> Option<Verdict> {
        let (operands, or) = chain(e);
        let mark = self.facts.len();
        let (mut last, mut all) = (None, true);
        for operand in operands {
            let verdict = self.verdict(operand);
            if verdict.as_ref().is_some_and(|v| v.holds == or) {
                self.facts.truncate(mark);
                return verdict;
            }
            all &= verdict.is_some();
            last = verdict;
            self.learn(operand, !or);
        }
        self.facts.truncate(mark);
        last.filter(|_| all)
    }

    fn decide(&self, atom: &Atom) -> Option<Verdict> {
        let facts: Vec<&Fact> = self.facts.iter().filter(|fact| fact.key == atom.key).collect();
        let known = facts.iter().fold(atom.domain.clone(), |domain, fact| domain.and(&fact.test));
        let literal = atom.literal && facts.iter().all(|fact| fact.literal);
        if let Some(holds) = atom.literal.then(|| atom.domain.clone().within(atom.bounds).decides(&atom.test)).flatten()
        {
            return Some(Verdict { holds, by: Vec::new(), why: Why::Literal });
        }
        let known = if literal { known.within(atom.bounds) } else { known };
        let holds = known.decides(&atom.test)?;
        let by = facts.iter().map(|fact| fact.span).collect();
        Some(Verdict { holds, by, why: if literal { Why::Literal } else { Why::Parameters } })
    }

    /// Enters what a condition says where it comes out as `truth`.
    fn learn(&mut self, condition: &Expr, truth: bool) {
        match &condition.kind {
            ExprKind::Not(inner) => self.learn(inner, !truth),
            ExprKind::And(a, b) if truth => {
                self.learn(a, true);
                self.learn(b, true);
            }
            ExprKind::Or(a, b) if !truth => {
                self.learn(a, false);
                self.learn(b, false);
            }
            _ => {
                if let Some(Atom { key, test, literal, .. }) = self.values.atom(condition) {
                    let test = if truth { test } else { test.opposite() };
                    self.facts.push(Fact { key, test, literal, span: condition.span });
                }
            }
        }
    }
}

/// The operands of a chain of one operator, and whether that is `||`.
fn chain(e: &Expr) -> (Vec<&Expr>, bool) {
    let or = matches!(e.kind, ExprKind::Or(..));
    let (mut operands, mut left) = (Vec::new(), e);
    while let (ExprKind::And(a, b), false) | (ExprKind::Or(a, b), true) = (&left.kind, or) {
        operands.push(&**b);
        left = a;
    }
    operands.push(left);
    operands.reverse();
    (operands, or)
}
