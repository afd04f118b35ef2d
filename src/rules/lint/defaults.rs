//! A `switch` without `_` and an `if` without a last `else` where their value is used.
//!
//! In: the typed programs, the conditions that are always true. Out: `missing-default`. Must not know: data. Where the
//! value is tested for `()` or has a `??` behind it, the default stands there: directly, through a variable, or at
//! every call of the function that returns it.

use super::{Rules, instances};
use crate::diag::{Diagnostic, ids};
use crate::rules::builtin::ListMethod;
use crate::rules::typed::{Arm, Block, Case, Expr, ExprKind, Instance, InstanceId, LocalId, Program, Stmt, StmtKind};
use crate::rules::types::Kind;
use crate::rules::walk::{self, Node};
use crate::source::Span;
use std::collections::{HashMap, HashSet};

/// Every missing default of all steps.
pub(super) fn find(rules: Rules<'_>, conditions: &[Diagnostic]) -> Vec<Diagnostic> {
    let decided: HashSet<Span> = conditions.iter().filter_map(|found| found.span).collect();
    let mut found = Vec::new();
    for program in rules.programs {
        let all = instances(program);
        let tested: HashMap<Span, HashSet<LocalId>> = all.iter().map(|i| (i.span, tested(i))).collect();
        let calls = handled_calls(&all, &tested);
        for instance in all {
            let id = program.instances.iter().position(|i| std::ptr::eq(i, instance));
            let handled = id.is_some_and(|id| calls.get(&InstanceId(id as u32)) == Some(&true));
            let mut walker =
                Walker { tested: tested.get(&instance.span), result: handled, decided: &decided, found: &mut found };
            walker.block(&instance.body, handled || is_argument(program, id));
        }
    }
    found
}

/// An argument of a population function stands in its step as well, and is looked at there.
fn is_argument(program: &Program, id: Option<usize>) -> bool {
    let is = |entry: InstanceId| Some(entry.0 as usize) == id;
    program.populations.iter().any(|p| p.arguments.iter().any(|argument| is(*argument)) || p.group.is_some_and(is))
}

/// Variables that some expression tests for `()`, or gives a default.
fn tested(instance: &Instance) -> HashSet<LocalId> {
    let mut found = HashSet::new();
    walk::block(&instance.body, &mut |node| {
        if let Node::Expr(e) = node
            && let Some(ExprKind::Local(local)) = takes_missing(e).map(|inner| &inner.kind)
        {
            found.insert(*local);
        }
        if let Node::Expr(Expr { kind: ExprKind::Switch { value, arms }, .. }) = node
            && let (ExprKind::Local(local), true) = (&value.kind, arms.iter().any(takes_unit))
        {
            found.insert(*local);
        }
    });
    found
}

/// The operand of an expression that takes a missing value on purpose.
fn takes_missing(e: &Expr) -> Option<&Expr> {
    match &e.kind {
        ExprKind::IsMissing(inner) | ExprKind::Coalesce(inner, _) => Some(inner),
        ExprKind::Column { row: inner, safe: true, .. }
        | ExprKind::Reference { row: inner, safe: true, .. }
        | ExprKind::Related { row: inner, safe: true, .. }
        | ExprKind::Field { map: inner, safe: true, .. }
        | ExprKind::Element { list: inner, safe: true, .. } => Some(inner),
        _ => None,
    }
}

fn takes_unit(arm: &Arm) -> bool {
    arm.cases.iter().any(|case| matches!(case, Case::Unit))
}

/// Of each function, whether every call of it takes a missing result on purpose.
fn handled_calls(all: &[&Instance], tested: &HashMap<Span, HashSet<LocalId>>) -> HashMap<InstanceId, bool> {
    let mut calls: HashMap<InstanceId, bool> = HashMap::new();
    let mut good: HashSet<*const Expr> = HashSet::new();
    for instance in all {
        let locals = tested.get(&instance.span);
        walk::block(&instance.body, &mut |node| match node {
            Node::Stmt(Stmt { kind: StmtKind::Let { local, value: Some(value) }, .. }) => {
                if locals.is_some_and(|locals| locals.contains(local)) {
                    good.insert(std::ptr::from_ref(value));
                }
            }
            Node::Expr(e) => {
                good.extend(takes_missing(e).map(std::ptr::from_ref));
                if let ExprKind::CallInstance { instance, .. } = &e.kind {
                    *calls.entry(*instance).or_insert(true) &= good.contains(&std::ptr::from_ref(e));
                }
            }
            Node::Stmt(_) => {}
        });
    }
    calls
}

struct Walker<'a> {
    tested: Option<&'a HashSet<LocalId>>,
    /// Whether a missing result of the function is taken on purpose.
    result: bool,
    decided: &'a HashSet<Span>,
    found: &'a mut Vec<Diagnostic>,
}

impl Walker<'_> {
    fn block(&mut self, block: &Block, handled: bool) {
        for (i, stmt) in block.stmts.iter().enumerate() {
            let last = i + 1 == block.stmts.len();
            match &stmt.kind {
                StmtKind::Let { local, value: Some(value) } | StmtKind::Assign { local, value } => {
                    let tested = self.tested.is_some_and(|locals| locals.contains(local));
                    self.expr(value, tested);
                }
                StmtKind::Return(Some(value)) => self.expr(value, self.result),
                StmtKind::Expr(e) => self.expr(e, handled || !last),
                _ => self.below_stmt(stmt),
            }
        }
    }

    fn below_stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::SetKey { value, .. } | StmtKind::Push { value, .. } | StmtKind::Throw(value) => {
                self.expr(value, false);
            }
            StmtKind::While { condition, body } | StmtKind::DoWhile { body, condition, .. } => {
                self.expr(condition, false);
                self.block(body, true);
            }
            StmtKind::Loop { body } | StmtKind::For { body, .. } => self.block(body, true),
            _ => {}
        }
    }

    fn expr(&mut self, e: &Expr, handled: bool) {
        match &e.kind {
            ExprKind::If { .. } => self.if_chain(e, handled),
            ExprKind::Switch { value, arms } => {
                self.expr(value, false);
                let default = arms.iter().any(|arm| arm.cases.is_empty()) || is_complete(arms);
                if !default && !handled && e.ty.kind != Kind::Never {
                    self.found.push(without_default("switch", "_ => …", e.span));
                }
                for arm in arms {
                    arm.condition.iter().for_each(|c| self.expr(c, false));
                    self.expr(&arm.value, handled);
                }
            }
            ExprKind::Block(block) => self.block(block, handled),
            ExprKind::Coalesce(a, b) => {
                self.expr(a, true);
                self.expr(b, handled);
            }
            ExprKind::ListCall { method: ListMethod::Known, list, .. } => match &list.kind {
                ExprKind::ListCall { list, lambda: Some(lambda), .. } => {
                    self.expr(list, false);
                    self.expr(&lambda.body, true);
                }
                _ => self.expr(list, false),
            },
            ExprKind::ListCall { list, args, lambda, .. } => {
                self.expr(list, false);
                args.iter().for_each(|a| self.expr(a, false));
                lambda.iter().for_each(|l| self.expr(&l.body, false));
            }
            _ => {
                let taken = takes_missing(e).map(std::ptr::from_ref);
                for below in children(e) {
                    self.expr(below, taken == Some(std::ptr::from_ref(below)));
                }
            }
        }
    }

    fn if_chain(&mut self, e: &Expr, handled: bool) {
        let mut next = Some(e);
        while let Some(current) = next.take() {
            let ExprKind::If { condition, then, otherwise } = &current.kind else {
                self.expr(current, handled);
                return;
            };
            self.expr(condition, false);
            self.block(then, handled);
            next = otherwise.as_deref();
            // `if … { throw … }` gives nothing, a condition that always holds is reported as such.
            let open =
                next.is_none() && !handled && e.ty.kind != Kind::Never && !self.decided.contains(&condition.span);
            if open {
                self.found.push(without_default("if", "else { … }", e.span));
            }
        }
    }
}

fn children(e: &Expr) -> Vec<&Expr> {
    match &e.kind {
        ExprKind::Interpolated(parts) | ExprKind::List(parts) => parts.iter().collect(),
        ExprKind::Map(entries) => entries.iter().map(|(_, v)| v).collect(),
        ExprKind::Column { row: a, .. }
        | ExprKind::Reference { row: a, .. }
        | ExprKind::Related { row: a, .. }
        | ExprKind::Field { map: a, .. }
        | ExprKind::ParameterTable { key: a, .. }
        | ExprKind::Negate(a)
        | ExprKind::Not(a)
        | ExprKind::IsMissing(a)
        | ExprKind::ToFloat(a)
        | ExprKind::DecimalsToFloats(a) => vec![a],
        ExprKind::Lookup { map: a, key: b }
        | ExprKind::Element { list: a, index: b, .. }
        | ExprKind::Binary { left: a, right: b, .. }
        | ExprKind::And(a, b)
        | ExprKind::Or(a, b)
        | ExprKind::In { item: a, container: b, .. } => vec![a, b],
        ExprKind::Call { args, .. } | ExprKind::CallInstance { args, .. } => args.iter().collect(),
        ExprKind::Standing { extra, .. } => extra.iter().map(|e| &**e).collect(),
        _ => Vec::new(),
    }
}

/// Whether a `switch` takes both bools without a condition.
fn is_complete(arms: &[Arm]) -> bool {
    let takes = |wanted: bool| {
        let has = |arm: &Arm| arm.cases.iter().any(|case| matches!(case, Case::Bool(b) if *b == wanted));
        arms.iter().any(|arm| arm.condition.is_none() && has(arm))
    };
    takes(true) && takes(false)
}

fn without_default(word: &str, default: &str, span: Span) -> Diagnostic {
    let place = Span { end: span.start + word.len() as u32, ..span };
    Diagnostic::warning(ids::MISSING_DEFAULT, format!("this `{word}` is used as a value and has no default"))
        .at_with(place, "missing for a customer who fits nothing here")
        .help(format!("write `{default}`; if nothing is meant, `()` in it says so"))
}
