//! Values that have a name in a function, and tests of them.
//!
//! In: a typed expression of an instance. Out: a name such that equal names are equal values wherever they stand in it;
//! a test of one such value against constants. Must not know: what is decided. Values of variables that something sets
//! again have no name.

use super::bounds::{Bounds, Scope};
use super::constant::{Constant, Value, constant};
use super::facts::{Domain, Test};
use crate::rules::ast::BinaryOp;
use crate::rules::typed::{Expr, ExprKind, Instance, LocalId, Program, Stmt, StmtKind};
use crate::rules::types::Kind;
use crate::rules::walk::{self, Node};
use crate::source::SourceMap;
use std::collections::{HashMap, HashSet};

/// A test of a value that has a name here.
pub(super) struct Atom {
    pub key: String,
    pub test: Test,
    pub literal: bool,
    pub domain: Domain,
    pub bounds: Bounds,
}

/// The values of one instance.
pub(super) struct Values<'a> {
    program: &'a Program,
    sources: &'a SourceMap,
    /// Variables that something sets behind their `let`.
    changed: HashSet<LocalId>,
    lets: HashMap<LocalId, &'a Expr>,
    /// Names of values that may be missing somewhere in the instance.
    missing: HashSet<String>,
}

impl<'a> Values<'a> {
    pub(super) fn new(program: &'a Program, instance: &'a Instance, sources: &'a SourceMap) -> Values<'a> {
        let (changed, lets) = (changed(instance), walk::bound_once(instance));
        let mut values = Values { program, sources, changed, lets, missing: HashSet::new() };
        let mut missing = HashSet::new();
        walk::block(&instance.body, &mut |node| {
            if let Node::Expr(Expr { kind: ExprKind::IsMissing(e), .. }) = node
                && e.ty.optional
            {
                missing.extend(values.key(e));
            }
        });
        values.missing = missing;
        values
    }

    /// Whether a value that is there at this point may be missing at another: a test of it only repeats an earlier one.
    pub(super) fn may_be_missing(&self, e: &Expr) -> bool {
        self.key(e).is_some_and(|key| self.missing.contains(&key))
    }

    /// Whether an expression is the same for all customers of a run.
    pub(super) fn is_constant(&self, e: &Expr) -> bool {
        constant(e, self.sources).is_some()
    }

    /// A test of one value against constants.
    pub(super) fn atom(&self, e: &Expr) -> Option<Atom> {
        let (value, test, literal) = match &e.kind {
            ExprKind::Binary { op, left, right } if op.is_comparison() => {
                match (constant(left, self.sources), constant(right, self.sources)) {
                    (None, Some(c)) => (&**left, Test::Compare(*op, c.value), c.literal),
                    (Some(c), None) => (&**right, Test::Compare(turned(*op), c.value), c.literal),
                    _ => return None,
                }
            }
            ExprKind::In { item, container, negated } => {
                let ExprKind::List(items) = &container.kind else { return None };
                let items: Vec<Constant> = items.iter().map(|i| constant(i, self.sources)).collect::<Option<_>>()?;
                let literal = items.iter().all(|c| c.literal);
                let values: Vec<Value> = items.into_iter().map(|c| c.value).collect();
                if values.is_empty() || self.is_constant(item) {
                    return None;
                }
                (&**item, if *negated { Test::NoneOf(values) } else { Test::OneOf(values) }, literal)
            }
            _ if e.ty.kind == Kind::Bool && !self.is_constant(e) => {
                (e, Test::Compare(BinaryOp::Equal, Value::Bool(true)), true)
            }
            _ => return None,
        };
        let key = self.key(value)?;
        let inner = if let ExprKind::ToFloat(inner) = &value.kind { inner } else { value };
        let domain = Domain::all(matches!(inner.ty.kind, Kind::Int | Kind::Date), inner.ty.kind == Kind::Bool);
        let scope = Scope { program: self.program, sources: self.sources, lets: &self.lets };
        Some(Atom { key, test, literal, domain, bounds: scope.bounds(value) })
    }

    /// A name for a value: equal names are equal values, wherever they stand in this function.
    pub(super) fn key(&self, e: &Expr) -> Option<String> {
        let all = |es: &[Expr]| es.iter().map(|e| self.key(e)).collect::<Option<Vec<_>>>().map(|k| k.join(","));
        if let Some(c) = constant(e, self.sources) {
            return Some(format!("{:?}", c.value));
        }
        Some(match &e.kind {
            ExprKind::Local(local) if !self.changed.contains(local) => {
                let behind = self.lets.get(local).filter(|value| is_path(value)).and_then(|value| self.key(value));
                behind.unwrap_or_else(|| format!("l{}", local.0))
            }
            ExprKind::Date(day) => format!("d{day}"),
            ExprKind::Column { row, table, column, .. } => format!("{}.{}.{}", self.key(row)?, table.0, column.0),
            ExprKind::Reference { row, table, reference, .. } => format!("{}>{}.{reference}", self.key(row)?, table.0),
            ExprKind::Related { row, table, many, .. } => format!("{}<{}.{many}", self.key(row)?, table.0),
            ExprKind::Field { map, key, .. } => format!("{}.{key:?}", self.key(map)?),
            ExprKind::ToFloat(inner) => self.key(inner)?,
            ExprKind::Negate(inner) => format!("-({})", self.key(inner)?),
            ExprKind::Not(inner) => format!("!({})", self.key(inner)?),
            ExprKind::Binary { op, left, right } => {
                format!("({}{}{})", self.key(left)?, op.text(), self.key(right)?)
            }
            ExprKind::Coalesce(a, b) => format!("({}??{})", self.key(a)?, self.key(b)?),
            ExprKind::IsMissing(inner) => format!("({}==())", self.key(inner)?),
            ExprKind::ParameterTable { table, key } => format!("t{table}[{}]", self.key(key)?),
            ExprKind::Call { function, args } => format!("{function:?}({})", all(args)?),
            ExprKind::CallInstance { instance, args } => format!("f{}({})", instance.0, all(args)?),
            ExprKind::ListCall { method, list, args, lambda: None } => {
                format!("{}.{method:?}({})", self.key(list)?, all(args)?)
            }
            ExprKind::Standing { index, extra: None } => format!("s{index}"),
            _ => return None,
        })
    }
}

/// Variables that something sets behind their `let`.
pub(super) fn changed(instance: &Instance) -> HashSet<LocalId> {
    set_in(|see| walk::block(&instance.body, see))
}

/// Variables that something sets behind their `let`, among the nodes that a walk gives.
pub(super) fn set_in<'a>(walk: impl FnOnce(&mut dyn FnMut(Node<'a>))) -> HashSet<LocalId> {
    let mut found = HashSet::new();
    walk(&mut |node| {
        if let Node::Stmt(Stmt { kind, .. }) = node
            && let StmtKind::Assign { local, .. } | StmtKind::SetKey { local, .. } | StmtKind::Push { local, .. } = kind
        {
            found.insert(*local);
        }
    });
    found
}

/// Whether it is a name, or names behind one: what a variable that holds it may be taken for.
fn is_path(e: &Expr) -> bool {
    match &e.kind {
        ExprKind::Local(_) => true,
        ExprKind::Column { row: below, .. } | ExprKind::Reference { row: below, .. } => is_path(below),
        ExprKind::Field { map: below, .. } | ExprKind::ToFloat(below) => is_path(below),
        _ => false,
    }
}

/// The operator with its sides exchanged.
fn turned(op: BinaryOp) -> BinaryOp {
    match op {
        BinaryOp::Less => BinaryOp::Greater,
        BinaryOp::LessEqual => BinaryOp::GreaterEqual,
        BinaryOp::Greater => BinaryOp::Less,
        BinaryOp::GreaterEqual => BinaryOp::LessEqual,
        other => other,
    }
}
