//! Walks over typed trees.
//!
//! In: a block or an expression. Out: every statement and expression of it, outermost first, and what follows from them:
//! which locals are bound once, which instances are called, whether anything loops. Must not know: the engine.

use crate::manifest::model::ParameterValue;
use crate::rules::typed::{
    Block, Expr, ExprKind, Instance, InstanceId, Iterable, Key, LocalId, Program, Stmt, StmtKind,
};
use std::collections::{HashMap, HashSet};

/// A statement or expression.
#[derive(Clone, Copy)]
pub enum Node<'a> {
    /// A statement.
    Stmt(&'a Stmt),
    /// An expression.
    Expr(&'a Expr),
}

/// Calls `see` for every expression of a program's functions.
pub fn exprs<'a>(program: &'a Program, see: &mut dyn FnMut(&'a Expr)) {
    for instance in &program.instances {
        block(&instance.body, &mut |node| {
            if let Node::Expr(e) = node {
                see(e);
            }
        });
    }
}

/// Calls `see` for every node below a block.
pub fn block<'a>(block: &'a Block, see: &mut dyn FnMut(Node<'a>)) {
    for stmt in &block.stmts {
        self::stmt(stmt, see);
    }
}

fn stmt<'a>(stmt: &'a Stmt, see: &mut dyn FnMut(Node<'a>)) {
    see(Node::Stmt(stmt));
    match &stmt.kind {
        StmtKind::Let { value, .. } | StmtKind::Return(value) => value.iter().for_each(|e| expr(e, see)),
        StmtKind::Assign { value, .. } | StmtKind::Push { value, .. } => expr(value, see),
        StmtKind::SetKey { path, value, .. } => {
            expr(value, see);
            for key in path {
                if let Key::Computed(key) = key {
                    expr(key, see);
                }
            }
        }
        StmtKind::Expr(e) | StmtKind::Throw(e) => expr(e, see),
        StmtKind::While { condition, body } => {
            expr(condition, see);
            block(body, see);
        }
        StmtKind::Loop { body } => block(body, see),
        StmtKind::DoWhile { body, condition, .. } => {
            block(body, see);
            expr(condition, see);
        }
        StmtKind::For { iterable, body, .. } => {
            match iterable {
                Iterable::List(list) => expr(list, see),
                Iterable::Range { from, to, .. } => {
                    expr(from, see);
                    expr(to, see);
                }
            }
            block(body, see);
        }
        StmtKind::Break | StmtKind::Continue => {}
    }
}

/// Calls `see` for an expression and every node below it.
pub fn expr<'a>(e: &'a Expr, see: &mut dyn FnMut(Node<'a>)) {
    see(Node::Expr(e));
    match &e.kind {
        ExprKind::Unit
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Text(_)
        | ExprKind::Date(_)
        | ExprKind::DateTime(_)
        | ExprKind::Local(_) => {}
        ExprKind::Interpolated(parts) | ExprKind::List(parts) => parts.iter().for_each(|p| expr(p, see)),
        ExprKind::Map(entries) => entries.iter().for_each(|(_, v)| expr(v, see)),
        ExprKind::Column { row: below, .. }
        | ExprKind::Reference { row: below, .. }
        | ExprKind::Related { row: below, .. }
        | ExprKind::Field { map: below, .. }
        | ExprKind::ParameterTable { key: below, .. }
        | ExprKind::Negate(below)
        | ExprKind::Not(below)
        | ExprKind::IsMissing(below)
        | ExprKind::ToFloat(below)
        | ExprKind::DecimalsToFloats(below) => expr(below, see),
        ExprKind::Lookup { map: a, key: b }
        | ExprKind::Element { list: a, index: b, .. }
        | ExprKind::Binary { left: a, right: b, .. }
        | ExprKind::And(a, b)
        | ExprKind::Or(a, b)
        | ExprKind::Coalesce(a, b)
        | ExprKind::In { item: a, container: b, .. } => {
            expr(a, see);
            expr(b, see);
        }
        ExprKind::If { condition, then, otherwise } => {
            expr(condition, see);
            block(then, see);
            otherwise.iter().for_each(|o| expr(o, see));
        }
        ExprKind::Switch { value, arms } => {
            expr(value, see);
            for arm in arms {
                arm.condition.iter().for_each(|c| expr(c, see));
                expr(&arm.value, see);
            }
        }
        ExprKind::Block(b) => block(b, see),
        ExprKind::Call { args, .. } | ExprKind::CallInstance { args, .. } => args.iter().for_each(|a| expr(a, see)),
        ExprKind::ListCall { list, args, lambda, .. } => {
            expr(list, see);
            args.iter().for_each(|a| expr(a, see));
            lambda.iter().for_each(|l| expr(&l.body, see));
        }
        ExprKind::Standing { extra, .. } => extra.iter().for_each(|e| expr(e, see)),
    }
}

/// Calls `see` for every expression below a block, outermost first, so that it can be changed.
pub fn exprs_mut(block: &mut Block, see: &mut dyn FnMut(&mut Expr)) {
    for stmt in &mut block.stmts {
        match &mut stmt.kind {
            StmtKind::Let { value, .. } | StmtKind::Return(value) => value.iter_mut().for_each(|e| expr_mut(e, see)),
            StmtKind::Assign { value, .. } | StmtKind::Push { value, .. } => expr_mut(value, see),
            StmtKind::SetKey { path, value, .. } => {
                expr_mut(value, see);
                let keys = path.iter_mut().filter_map(|key| match key {
                    Key::Computed(key) => Some(key),
                    Key::Name(_) => None,
                });
                keys.for_each(|key| expr_mut(key, see));
            }
            StmtKind::Expr(e) | StmtKind::Throw(e) => expr_mut(e, see),
            StmtKind::While { condition, body } | StmtKind::DoWhile { body, condition, .. } => {
                expr_mut(condition, see);
                exprs_mut(body, see);
            }
            StmtKind::Loop { body } => exprs_mut(body, see),
            StmtKind::For { iterable, body, .. } => {
                match iterable {
                    Iterable::List(list) => expr_mut(list, see),
                    Iterable::Range { from, to, .. } => {
                        expr_mut(from, see);
                        expr_mut(to, see);
                    }
                }
                exprs_mut(body, see);
            }
            StmtKind::Break | StmtKind::Continue => {}
        }
    }
}

fn expr_mut(e: &mut Expr, see: &mut dyn FnMut(&mut Expr)) {
    see(e);
    match &mut e.kind {
        ExprKind::Unit
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Text(_)
        | ExprKind::Date(_)
        | ExprKind::DateTime(_)
        | ExprKind::Local(_) => {}
        ExprKind::Interpolated(parts) | ExprKind::List(parts) => parts.iter_mut().for_each(|p| expr_mut(p, see)),
        ExprKind::Map(entries) => entries.iter_mut().for_each(|(_, v)| expr_mut(v, see)),
        ExprKind::Column { row: below, .. }
        | ExprKind::Reference { row: below, .. }
        | ExprKind::Related { row: below, .. }
        | ExprKind::Field { map: below, .. }
        | ExprKind::ParameterTable { key: below, .. }
        | ExprKind::Negate(below)
        | ExprKind::Not(below)
        | ExprKind::IsMissing(below)
        | ExprKind::ToFloat(below)
        | ExprKind::DecimalsToFloats(below) => expr_mut(below, see),
        ExprKind::Lookup { map: a, key: b }
        | ExprKind::Element { list: a, index: b, .. }
        | ExprKind::Binary { left: a, right: b, .. }
        | ExprKind::And(a, b)
        | ExprKind::Or(a, b)
        | ExprKind::Coalesce(a, b)
        | ExprKind::In { item: a, container: b, .. } => {
            expr_mut(a, see);
            expr_mut(b, see);
        }
        ExprKind::If { condition, then, otherwise } => {
            expr_mut(condition, see);
            exprs_mut(then, see);
            otherwise.iter_mut().for_each(|o| expr_mut(o, see));
        }
        ExprKind::Switch { value, arms } => {
            expr_mut(value, see);
            for arm in arms {
                arm.condition.iter_mut().for_each(|c| expr_mut(c, see));
                expr_mut(&mut arm.value, see);
            }
        }
        ExprKind::Block(b) => exprs_mut(b, see),
        ExprKind::Call { args, .. } | ExprKind::CallInstance { args, .. } => {
            args.iter_mut().for_each(|a| expr_mut(a, see));
        }
        ExprKind::ListCall { list, args, lambda, .. } => {
            expr_mut(list, see);
            args.iter_mut().for_each(|a| expr_mut(a, see));
            lambda.iter_mut().for_each(|l| expr_mut(&mut l.body, see));
        }
        ExprKind::Standing { extra, .. } => extra.iter_mut().for_each(|e| expr_mut(e, see)),
    }
}

/// Whether an expression sets a local.
pub(in crate::rules) fn assigns(e: &Expr) -> bool {
    let mut found = false;
    expr(e, &mut |node| {
        if let Node::Stmt(stmt) = node {
            let sets = matches!(stmt.kind, StmtKind::Assign { .. } | StmtKind::SetKey { .. } | StmtKind::Push { .. });
            found |= sets;
        }
    });
    found
}

/// The values of the locals that are bound once, by `let`.
pub fn bound_once(instance: &Instance) -> HashMap<LocalId, &Expr> {
    let mut values = HashMap::new();
    let mut times: HashMap<LocalId, usize> = HashMap::new();
    block(&instance.body, &mut |node| {
        let Node::Stmt(stmt) = node else { return };
        match &stmt.kind {
            StmtKind::Let { local, value } => {
                *times.entry(*local).or_default() += 1;
                values.extend(value.iter().map(|v| (*local, v)));
            }
            StmtKind::Assign { local, .. } | StmtKind::SetKey { local, .. } | StmtKind::Push { local, .. } => {
                *times.entry(*local).or_default() += 1;
            }
            _ => {}
        }
    });
    values.retain(|local, _| times.get(local) == Some(&1));
    values
}

/// The instances that are called from one, itself included, in order of their numbers.
pub(in crate::rules) fn reachable(program: &Program, entry: InstanceId) -> Vec<InstanceId> {
    let (mut seen, mut open) = (HashSet::from([entry]), vec![entry]);
    while let Some(next) = open.pop() {
        let Some(instance) = program.instances.get(next.0 as usize) else { continue };
        block(&instance.body, &mut |node| {
            if let Node::Expr(Expr { kind: ExprKind::CallInstance { instance, .. }, .. }) = node
                && seen.insert(*instance)
            {
                open.push(*instance);
            }
        });
    }
    let mut all: Vec<_> = seen.into_iter().collect();
    all.sort();
    all
}

/// Nodes that one call can evaluate at most: `u64::MAX` where something loops, calls itself or runs over a list.
pub(in crate::rules) fn work(program: &Program, entry: InstanceId) -> u64 {
    fn of(program: &Program, id: InstanceId, known: &mut HashMap<InstanceId, u64>) -> u64 {
        if let Some(work) = known.get(&id) {
            return *work;
        }
        // What is met again before it is known calls itself.
        known.insert(id, u64::MAX);
        let Some(instance) = program.instances.get(id.0 as usize) else { return 0 };
        let mut sum = 1u64;
        let mut calls = Vec::new();
        block(&instance.body, &mut |node| {
            let cost = match node {
                Node::Stmt(stmt) if loops(stmt) => u64::MAX,
                Node::Expr(Expr { kind: ExprKind::ListCall { .. }, .. }) => u64::MAX,
                Node::Expr(Expr { kind: ExprKind::CallInstance { instance, .. }, .. }) => {
                    calls.push(*instance);
                    1
                }
                _ => 1,
            };
            sum = sum.saturating_add(cost);
        });
        for call in calls {
            sum = sum.saturating_add(of(program, call, known));
        }
        known.insert(id, sum);
        sum
    }
    of(program, entry, &mut HashMap::new())
}

fn loops(stmt: &Stmt) -> bool {
    matches!(
        stmt.kind,
        StmtKind::While { .. } | StmtKind::Loop { .. } | StmtKind::DoWhile { .. } | StmtKind::For { .. }
    )
}

/// Every text that a program can have as a literal: those of its rules, and the values of its parameter tables.
pub fn texts(program: &Program) -> HashSet<&str> {
    let mut found = HashSet::new();
    exprs(program, &mut |e| {
        if let ExprKind::Text(text) = &e.kind {
            found.insert(&**text);
        }
    });
    for value in program.tables.iter().flat_map(|table| table.rows.values().flatten()) {
        if let ParameterValue::Text(text) = value {
            found.insert(text);
        }
    }
    found
}
