//! Weights in one sum that nearly come to 1.
//!
//! In: the typed programs. Out: warnings `weights-sum`. Must not know: data. A sum counts where every addend is a
//! positive number, written in the rule or a parameter, times something between 0 and 1, and where nothing adds to the
//! sum, takes from it, divides or clamps it: then it is a part of something, or is meant to be cut.

use super::bounds::Scope;
use super::constant::{Value, constant};
use super::{Rules, instances};
use crate::diag::{Diagnostic, ids};
use crate::rules::ast::BinaryOp;
use crate::rules::builtin::Builtin;
use crate::rules::typed::{Block, Expr, ExprKind, Instance, LocalId, Program, Stmt, StmtKind};
use crate::rules::walk::{self, Node};
use crate::source::Span;
use std::collections::{HashMap, HashSet};

/// How far from 1 a sum still looks like weights.
const NEAR: f64 = 0.5;
/// How far from 1 it may be.
const EXACT: f64 = 1e-9;

/// Every sum of weights that misses 1.
pub(super) fn find(rules: Rules<'_>) -> Vec<Diagnostic> {
    let mut parts = Parts { rules, spans: HashSet::new(), columns: HashSet::new() };
    for program in rules.programs {
        instances(program).into_iter().for_each(|instance| parts.of_instance(program, instance));
    }
    for program in rules.programs {
        instances(program).into_iter().for_each(|instance| parts.of_columns(program, instance));
    }
    let mut found = Vec::new();
    for program in rules.programs {
        for instance in instances(program) {
            let lets = walk::bound_once(instance);
            let scope = Scope { program, sources: rules.sources, lets: &lets };
            walk::block(&instance.body, &mut |node| {
                if let Node::Expr(e) = node
                    && !parts.spans.contains(&e.span)
                {
                    found.extend(misses_one(e, &scope));
                }
            });
        }
    }
    found
}

/// Every value that a variable is given.
type Lets<'a> = HashMap<LocalId, Vec<&'a Expr>>;

fn given(instance: &Instance) -> Lets<'_> {
    let mut found: Lets<'_> = HashMap::new();
    walk::block(&instance.body, &mut |node| {
        if let Node::Stmt(Stmt {
            kind: StmtKind::Let { local, value: Some(value) } | StmtKind::Assign { local, value },
            ..
        }) = node
        {
            found.entry(*local).or_default().push(value);
        }
    });
    found
}

/// Places of what is only a part of something, or is cut.
struct Parts<'a> {
    rules: Rules<'a>,
    spans: HashSet<Span>,
    columns: HashSet<&'a str>,
}

impl<'a> Parts<'a> {
    fn of_instance(&mut self, program: &'a Program, instance: &'a Instance) {
        let lets = given(instance);
        walk::block(&instance.body, &mut |node| {
            let Node::Expr(e) = node else { return };
            match &e.kind {
                ExprKind::Binary {
                    op: BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Divide | BinaryOp::Remainder,
                    left,
                    right,
                } => {
                    self.part(left, program, &lets);
                    self.part(right, program, &lets);
                }
                ExprKind::Call { function: Builtin::Clamp | Builtin::Min | Builtin::Max | Builtin::Scale, args } => {
                    args.iter().for_each(|a| self.part(a, program, &lets));
                }
                ExprKind::Negate(inner) => self.part(inner, program, &lets),
                _ => {}
            }
        });
    }

    /// What becomes a column that a later step takes as a part.
    fn of_columns(&mut self, program: &'a Program, instance: &'a Instance) {
        let lets = given(instance);
        let mut values = Vec::new();
        walk::block(&instance.body, &mut |node| {
            if let Node::Expr(Expr { kind: ExprKind::Map(entries), .. }) = node {
                values.extend(entries.iter().filter(|(key, _)| self.columns.contains(key.as_str())).map(|(_, v)| v));
            }
        });
        values.into_iter().for_each(|value| self.part(value, program, &lets));
        if self.columns.contains(program.step.as_str()) {
            self.last(&instance.body, program, &lets);
        }
    }

    fn part(&mut self, e: &'a Expr, program: &'a Program, lets: &Lets<'a>) {
        if !self.spans.insert(e.span) {
            return;
        }
        match &e.kind {
            ExprKind::Local(local) => {
                for value in lets.get(local).into_iter().flatten() {
                    self.part(value, program, lets);
                }
            }
            ExprKind::Column { table, column, .. } if *table == self.rules.schema.customer => {
                self.columns.insert(&self.rules.schema.column(*table, *column).name);
            }
            ExprKind::CallInstance { instance, .. } => {
                if let Some(called) = program.instances.get(instance.0 as usize) {
                    self.last(&called.body, program, &given(called));
                }
            }
            ExprKind::Binary { op: BinaryOp::Multiply, left: a, right: b } | ExprKind::Coalesce(a, b) => {
                self.part(a, program, lets);
                self.part(b, program, lets);
            }
            ExprKind::ToFloat(inner) => self.part(inner, program, lets),
            ExprKind::Call { args, .. } => args.iter().for_each(|a| self.part(a, program, lets)),
            ExprKind::If { then, otherwise, .. } => {
                self.last(then, program, lets);
                otherwise.iter().for_each(|o| self.part(o, program, lets));
            }
            ExprKind::Switch { arms, .. } => arms.iter().for_each(|arm| self.part(&arm.value, program, lets)),
            ExprKind::Block(block) => self.last(block, program, lets),
            _ => {}
        }
    }

    fn last(&mut self, block: &'a Block, program: &'a Program, lets: &Lets<'a>) {
        if let Some(Stmt { kind: StmtKind::Expr(e) | StmtKind::Return(Some(e)), .. }) = block.stmts.last() {
            self.part(e, program, lets);
        }
    }
}

fn misses_one(e: &Expr, scope: &Scope<'_>) -> Option<Diagnostic> {
    let ExprKind::Binary { op: BinaryOp::Add, .. } = &e.kind else { return None };
    let mut addends = Vec::new();
    flatten(e, BinaryOp::Add, &mut addends);
    let weights: Vec<(f64, Span)> = addends.iter().map(|a| weight(a, scope)).collect::<Option<_>>()?;
    let sum: f64 = weights.iter().map(|(w, _)| w).sum();
    if (sum - 1.0).abs() <= EXACT || (sum - 1.0).abs() >= NEAR {
        return None;
    }
    let shown = (sum * 1e9).round() / 1e9;
    let terms: Vec<String> = weights.iter().map(|(w, _)| w.to_string()).collect();
    Some(
        Diagnostic::warning(ids::WEIGHTS_SUM, format!("the weights of this sum come to {shown}, not to 1"))
            .at_with(e.span, format!("{} = {shown}", terms.join(" + ")))
            .help("let them sum to 1, or keep them as a group of parameters with `sum_to: 1.0`"),
    )
}

/// The weight of an addend: a number times something between 0 and 1.
fn weight(e: &Expr, scope: &Scope<'_>) -> Option<(f64, Span)> {
    let mut factors = Vec::new();
    flatten(e, BinaryOp::Multiply, &mut factors);
    let (mut weight, mut shares) = (None::<f64>, 0);
    for factor in factors {
        match constant(factor, scope.sources).map(|c| c.value) {
            Some(Value::Number(x)) => weight = Some(weight.unwrap_or(1.0) * x),
            Some(_) => return None,
            None if scope.is_share(factor) => shares += 1,
            None => return None,
        }
    }
    weight.filter(|w| *w > 0.0 && *w < 1.0 && shares > 0).map(|w| (w, e.span))
}

fn flatten<'e>(e: &'e Expr, wanted: BinaryOp, found: &mut Vec<&'e Expr>) {
    match &e.kind {
        ExprKind::Binary { op, left, right } if *op == wanted => {
            flatten(left, wanted, found);
            flatten(right, wanted, found);
        }
        _ => found.push(e),
    }
}
