//! What is known at a point of the flow: types of variables, and places known to be there.

use super::Checker;
use crate::rules::ast::{self, BinaryOp, ExprKind, Stmt, StmtKind};
use crate::rules::resolve::{Binding, LocalAt, Resolved};
use crate::rules::tree::{self, Node};
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

    /// What the filters of a chain leave there of each element, behind the element's own path: of `xs.filter(|x| x.a != ())`
    /// its `a`. The chain has been checked.
    pub(super) fn kept_by_filters(&self, chain: &ast::Expr) -> Vec<String> {
        let (mut found, mut below) = (Vec::new(), chain);
        while let ExprKind::Method { base, name, args, .. } = &below.kind {
            match (name.text.as_str(), &args[..]) {
                ("filter", [ast::Expr { kind: ExprKind::Closure { params, body }, .. }]) => {
                    let param = params.first().and_then(|param| self.frame.at.get(&param.span.start));
                    let Some(element) = param.map(|local| root(*local)) else { break };
                    let paths = self.narrowed(body, true);
                    let behind = paths.iter().filter_map(|path| path.strip_prefix(&element));
                    found.extend(behind.filter(|rest| rest.is_empty() || rest.starts_with(BEHIND)).map(str::to_owned));
                }
                ("sort_by" | "top" | "known", _) => {}
                _ => break,
            }
            below = base;
        }
        found
    }

    /// Knows of an element what filters have left there.
    pub(super) fn know_kept(&mut self, element: LocalId, kept: &[String]) {
        let element = root(element);
        self.frame.state.know(kept.iter().map(|rest| format!("{element}{rest}")).collect());
    }

    /// Knows what a condition says, unless it sets a variable itself.
    pub(super) fn know_if(&mut self, condition: &ast::Expr, truth: bool) {
        let mut sets = false;
        tree::expr(condition, &mut |node| {
            if let Node::Stmt(stmt) = node {
                sets |= !matches!(stmt.kind, StmtKind::Let { .. } | StmtKind::Return(_));
            }
        });
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
    tree::block(body, &mut |node| {
        let Node::Stmt(stmt) = node else { return };
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

/// Variables that an expression itself declares: parameters of its lambdas, `let`s and loops of its blocks.
pub(super) fn declared_in(expr: &ast::Expr) -> BTreeSet<LocalAt> {
    let mut found = BTreeSet::new();
    tree::expr(expr, &mut |node| match node {
        Node::Stmt(Stmt { kind: StmtKind::Let { name, .. }, .. }) => {
            found.insert(name.span.start);
        }
        Node::Stmt(Stmt { kind: StmtKind::For { variable, counter, .. }, .. }) => {
            found.insert(variable.span.start);
            found.extend(counter.iter().map(|c| c.span.start));
        }
        Node::Expr(ast::Expr { kind: ExprKind::Closure { params, .. }, .. }) => {
            found.extend(params.iter().map(|p| p.span.start));
        }
        Node::Block(_) | Node::Stmt(_) | Node::Expr(_) => {}
    });
    found
}

/// Whether a type can be narrowed at all: `()` alone stays what it is.
pub(super) fn present(ty: Type) -> Type {
    if ty.kind == Kind::Never { ty } else { ty.present() }
}
