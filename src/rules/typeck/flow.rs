//! What is known at a point of the flow: types of variables, and places known to be there.

use super::Checker;
use crate::rules::ast::{self, BinaryOp, ExprKind, Stmt, StmtKind};
use crate::rules::resolve::{Binding, LocalAt, Resolved};
use crate::rules::typed::LocalId;
use crate::rules::types::{Kind, Type};
use crate::source::Span;
use std::collections::{BTreeSet, HashSet};

/// Types of variables, paths known to be present, and whether the flow gets here at all.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct State {
    types: Vec<Type>,
    known: BTreeSet<String>,
    pub(super) reachable: bool,
}

impl State {
    pub(super) fn new() -> State {
        State { types: Vec::new(), known: BTreeSet::new(), reachable: true }
    }

    pub(super) fn get(&self, local: LocalId) -> Type {
        self.types.get(local.0 as usize).cloned().unwrap_or_else(Type::never)
    }

    /// Sets a variable's type and forgets what was known of it.
    pub(super) fn set(&mut self, local: LocalId, ty: Type) {
        let index = local.0 as usize;
        if self.types.len() <= index {
            self.types.resize(index + 1, Type::never());
        }
        self.types[index] = ty;
        let root = root(local);
        self.known.retain(|path| path != &root && !path.starts_with(&format!("{root}{BEHIND}")));
    }

    pub(super) fn is_known(&self, path: &str) -> bool {
        self.known.contains(path)
    }

    pub(super) fn know(&mut self, paths: Vec<String>) {
        self.known.extend(paths);
    }
}

/// Stands between the names of a path; a dot may be part of a column's name.
const BEHIND: char = '\0';

fn root(local: LocalId) -> String {
    format!("{}", local.0)
}

impl Checker<'_> {
    /// Joins the state of a branch with that of another that ended here; reports variables of unlike types.
    pub(super) fn meet(&mut self, other: State, span: Span) {
        if !other.reachable {
            return;
        }
        if !self.frame.state.reachable {
            self.frame.state = other;
            return;
        }
        let length = self.frame.state.types.len().min(other.types.len());
        for index in 0..length {
            let path = root(LocalId(index as u32));
            let there = |state: &State| {
                let ty = state.types[index].clone();
                if state.known.contains(&path) { present(ty) } else { ty }
            };
            let (a, b) = (there(&self.frame.state), &there(&other));
            match a.join(b) {
                Ok(joined) => self.frame.state.types[index] = joined,
                Err(unlike) => {
                    let name = self.frame.locals.get(index).cloned().unwrap_or_default();
                    self.unlike(&unlike, &a, b, span, &format!("`{name}` after these branches"));
                    self.frame.state.types[index] = Type::never();
                }
            }
        }
        self.frame.state.known = &self.frame.state.known & &other.known;
    }

    /// The path of an expression that can be narrowed: a variable, or columns, references and keys behind one.
    pub(super) fn path(&self, expr: &ast::Expr) -> Option<String> {
        match &expr.kind {
            ExprKind::Name(_) => match self.env.resolved.binding(self.frame.file, expr.id)? {
                Binding::Local(at) => self.frame.at.get(&at).map(|local| root(*local)),
                _ => None,
            },
            ExprKind::Field { base, name, .. } => Some(format!("{}{BEHIND}{}", self.path(base)?, name.text)),
            ExprKind::Index { base, index, .. } => match &index.kind {
                ExprKind::Text(key) => Some(format!("{}{BEHIND}{key}", self.path(base)?)),
                _ => None,
            },
            _ => None,
        }
    }

    /// Paths that are there where `condition` has turned out as `truth`.
    pub(super) fn narrowed(&self, condition: &ast::Expr, truth: bool) -> Vec<String> {
        match &condition.kind {
            ExprKind::Not(inner) => self.narrowed(inner, !truth),
            ExprKind::And(a, b) if truth => [self.narrowed(a, true), self.narrowed(b, true)].concat(),
            ExprKind::Or(a, b) if !truth => [self.narrowed(a, false), self.narrowed(b, false)].concat(),
            ExprKind::Binary { op: op @ (BinaryOp::Equal | BinaryOp::NotEqual), left, right, .. } => {
                let tested = match (&left.kind, &right.kind) {
                    (ExprKind::Unit, _) => right,
                    (_, ExprKind::Unit) => left,
                    _ => return Vec::new(),
                };
                if (*op == BinaryOp::NotEqual) == truth { self.with_prefixes(tested) } else { Vec::new() }
            }
            ExprKind::Call { name, args } if name.text == "is_missing" && !truth && args.len() == 1 => {
                self.with_prefixes(&args[0])
            }
            ExprKind::Method { base, name, args, .. } if name.text == "is_missing" && !truth && args.is_empty() => {
                self.with_prefixes(base)
            }
            _ => Vec::new(),
        }
    }

    /// The path and all it goes through: where `c.prior?.tier` is there, `c.prior` is.
    pub(super) fn with_prefixes(&self, expr: &ast::Expr) -> Vec<String> {
        let Some(path) = self.path(expr) else { return Vec::new() };
        let ends = path.match_indices(BEHIND).map(|(i, _)| i).chain([path.len()]);
        ends.map(|end| path[..end].to_owned()).collect()
    }

    /// Knows what a condition says, unless it sets a variable itself.
    pub(super) fn know_if(&mut self, condition: &ast::Expr, truth: bool) {
        let mut sets = false;
        visit_expr(condition, &mut |stmt| sets |= !matches!(stmt.kind, StmtKind::Let { .. } | StmtKind::Return(_)));
        if sets {
            return;
        }
        let paths = self.narrowed(condition, truth);
        self.frame.state.know(paths);
    }
}

/// The variables of a function that some assignment changes.
pub(super) fn assigned(body: &ast::Block, resolved: &Resolved<'_>, file: usize) -> HashSet<LocalAt> {
    let mut found = HashSet::new();
    visit_block(body, &mut |stmt| {
        let mut root = match &stmt.kind {
            StmtKind::Assign { target, .. } => target,
            StmtKind::Expr(ast::Expr { kind: ExprKind::Method { base, name, .. }, .. }) if name.text == "push" => base,
            _ => return,
        };
        while let ExprKind::Field { base, .. } | ExprKind::Index { base, .. } = &root.kind {
            root = base;
        }
        if let Some(Binding::Local(at)) = resolved.binding(file, root.id) {
            found.insert(at);
        }
    });
    found
}

/// Every statement below a block, those inside expressions included.
pub(super) fn visit_block(block: &ast::Block, see: &mut impl FnMut(&Stmt)) {
    for stmt in &block.stmts {
        see(stmt);
        match &stmt.kind {
            StmtKind::Let { value, .. } | StmtKind::Return(value) | StmtKind::Throw(value) => {
                if let Some(value) = value {
                    visit_expr(value, see);
                }
            }
            StmtKind::Assign { target, value, .. } => {
                visit_expr(target, see);
                visit_expr(value, see);
            }
            StmtKind::Expr(expr) => visit_expr(expr, see),
            StmtKind::While { condition, body } | StmtKind::DoWhile { body, condition, .. } => {
                visit_expr(condition, see);
                visit_block(body, see);
            }
            StmtKind::Loop { body } => visit_block(body, see),
            StmtKind::For { iterable, body, .. } => {
                visit_expr(iterable, see);
                visit_block(body, see);
            }
            StmtKind::Break | StmtKind::Continue => {}
        }
    }
}

fn visit_expr(expr: &ast::Expr, see: &mut impl FnMut(&Stmt)) {
    walk_expr(expr, &mut |inner| match &inner.kind {
        ExprKind::If { then, .. } => visit_block(then, see),
        ExprKind::Block(block) => visit_block(block, see),
        _ => {}
    });
}

/// Every expression below an expression, itself first, but not those inside statements of blocks.
pub(super) fn walk_expr<'e>(expr: &'e ast::Expr, see: &mut impl FnMut(&'e ast::Expr)) {
    see(expr);
    match &expr.kind {
        ExprKind::Unit
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Text(_)
        | ExprKind::Name(_)
        | ExprKind::Block(_) => {}
        ExprKind::Interpolated(parts) | ExprKind::Array(parts) | ExprKind::Call { args: parts, .. } => {
            parts.iter().for_each(|e| walk_expr(e, see));
        }
        ExprKind::Map(entries) => entries.iter().for_each(|(_, e)| walk_expr(e, see)),
        ExprKind::Field { base, .. } => walk_expr(base, see),
        ExprKind::Method { base, args, .. } => {
            walk_expr(base, see);
            args.iter().for_each(|e| walk_expr(e, see));
        }
        ExprKind::Closure { body, .. } => walk_expr(body, see),
        ExprKind::Negate(a) | ExprKind::Not(a) => walk_expr(a, see),
        ExprKind::Index { base: a, index: b, .. }
        | ExprKind::Binary { left: a, right: b, .. }
        | ExprKind::And(a, b)
        | ExprKind::Or(a, b)
        | ExprKind::Coalesce(a, b)
        | ExprKind::In { item: a, container: b, .. }
        | ExprKind::Range { from: a, to: b, .. } => {
            walk_expr(a, see);
            walk_expr(b, see);
        }
        ExprKind::If { condition, otherwise, .. } => {
            walk_expr(condition, see);
            if let Some(otherwise) = otherwise {
                walk_expr(otherwise, see);
            }
        }
        ExprKind::Switch { value, arms } => {
            walk_expr(value, see);
            for arm in arms {
                if let Some(condition) = &arm.condition {
                    walk_expr(condition, see);
                }
                walk_expr(&arm.value, see);
            }
        }
    }
}

/// Every expression below an expression, those inside statements of blocks included.
pub(super) fn every_expr<'e>(expr: &'e ast::Expr, see: &mut dyn FnMut(&'e ast::Expr)) {
    let mut blocks: Vec<&'e ast::Block> = Vec::new();
    walk_expr(expr, &mut |e| {
        see(e);
        match &e.kind {
            ExprKind::If { then, .. } => blocks.push(then),
            ExprKind::Block(block) => blocks.push(block),
            _ => {}
        }
    });
    for block in blocks {
        every_expr_of_block(block, see);
    }
}

fn every_expr_of_block<'e>(block: &'e ast::Block, see: &mut dyn FnMut(&'e ast::Expr)) {
    for stmt in &block.stmts {
        match &stmt.kind {
            StmtKind::Let { value, .. } | StmtKind::Return(value) | StmtKind::Throw(value) => {
                if let Some(value) = value {
                    every_expr(value, see);
                }
            }
            StmtKind::Assign { target, value, .. } => {
                every_expr(target, see);
                every_expr(value, see);
            }
            StmtKind::Expr(expr) => every_expr(expr, see),
            StmtKind::While { condition, body } | StmtKind::DoWhile { body, condition, .. } => {
                every_expr(condition, see);
                every_expr_of_block(body, see);
            }
            StmtKind::Loop { body } => every_expr_of_block(body, see),
            StmtKind::For { iterable, body, .. } => {
                every_expr(iterable, see);
                every_expr_of_block(body, see);
            }
            StmtKind::Break | StmtKind::Continue => {}
        }
    }
}

/// Variables that an expression itself declares: parameters of its lambdas, `let`s and loops of its blocks.
pub(super) fn declared_in(expr: &ast::Expr) -> BTreeSet<LocalAt> {
    let mut found = BTreeSet::new();
    let mut names = |stmt: &Stmt| match &stmt.kind {
        StmtKind::Let { name, .. } => {
            found.insert(name.span.start);
        }
        StmtKind::For { variable, counter, .. } => {
            found.insert(variable.span.start);
            found.extend(counter.iter().map(|c| c.span.start));
        }
        _ => {}
    };
    visit_expr(expr, &mut names);
    every_expr(expr, &mut |e| {
        if let ExprKind::Closure { params, .. } = &e.kind {
            found.extend(params.iter().map(|p| p.span.start));
        }
    });
    found
}

/// Whether a type can be narrowed at all: `()` alone stays what it is.
pub(super) fn present(ty: Type) -> Type {
    if ty.kind == Kind::Never { ty } else { ty.present() }
}
