//! The expressions that mattered for a value, as a tree.
//!
//! In: a typed expression, the [`Scope`] it was evaluated in. Out: [`Node`]s: what it gave, and of what. Only the branches
//! that were taken are in it. Must not know: what is decisive, how a tree is drawn. Start at [`Teller::node`].

use super::model::{Node, Role, RowCount, RowSet, Shown, Source, Standing, Written};
use super::scope::{Origin, Scope, Way, peel};
use crate::rules::ast::BinaryOp;
use crate::rules::builtin::Builtin;
use crate::rules::data::Data;
use crate::rules::schema::Schema;
use crate::rules::site::on_one_line;
use crate::rules::standing::Population;
use crate::rules::trace::{BranchKind, Value};
use crate::rules::typed::{Expr, ExprKind};
use crate::rules::types::{ColumnId, Kind, TableId};
use crate::rules::walk;
use crate::source::{SourceMap, Span};
use jiff::tz::TimeZone;
use std::cell::Cell;
use std::collections::HashSet;
use std::rc::Rc;

/// How deep a tree goes, and how many nodes it has: what is below is in the rules.
const DEPTH: usize = 40;
/// See [`DEPTH`].
const MOST: usize = 3_000;

/// Rows of a list that are told.
pub(super) const ROWS: usize = 1_000;

/// What a step's expressions are told with.
pub(super) struct Teller<'a> {
    pub(super) schema: &'a Schema,
    pub(super) data: &'a Data,
    pub(super) sources: &'a SourceMap,
    pub(super) zone: &'a TimeZone,
    /// The populations of the step.
    pub(super) populations: &'a [Population],
    /// The customer.
    pub(super) row: u32,
    /// For each column that a step added, the step.
    pub(super) made_by: &'a [(String, String)],
    /// Columns whose values are withheld.
    pub(super) sensitive: &'a HashSet<(TableId, ColumnId)>,
    /// What the customer has in them.
    pub(super) secrets: Vec<Value>,
    /// Nodes that the tree which is being made may still have.
    pub(super) left: Cell<usize>,
}

impl<'a> Teller<'a> {
    /// A text of the rules in one line.
    pub(super) fn text(&self, span: Span) -> String {
        on_one_line(self.sources.text(span))
    }

    /// `file:line` of a place.
    pub(super) fn place(&self, span: Span) -> String {
        let file = self.sources.file(span.file);
        format!("{}:{}", file.path, file.line_column(span.start as usize).0)
    }

    /// Whether an expression reads a sensitive column.
    fn is_sensitive(&self, e: &Expr) -> bool {
        let mut found = false;
        walk::expr(e, &mut |node| {
            if let walk::Node::Expr(Expr { kind: ExprKind::Column { table, column, .. }, .. }) = node {
                found |= self.sensitive.contains(&(*table, *column));
            }
        });
        found
    }

    /// Whether a value is one that is withheld, or has it in it, such as that of a variable which holds it.
    pub(super) fn is_secret(&self, value: &Value) -> bool {
        match value {
            Value::List { items, .. } => items.iter().any(|item| self.is_secret(item)),
            Value::Map(entries) => entries.iter().any(|(_, value)| self.is_secret(value)),
            value => self.secrets.iter().any(|secret| match (secret, value) {
                (Value::Text(secret), Value::Text(text)) => text.contains(secret.as_str()),
                (secret, value) => secret == value || secret.number().is_some() && secret.number() == value.number(),
            }),
        }
    }

    /// What an expression gave, as it may be shown.
    pub(super) fn shown(&self, e: &Expr, scope: &Scope<'_>) -> Option<Shown> {
        let value = scope.value(e)?;
        let is_kept = matches!(peel(e).kind, ExprKind::Local(_))
            || matches!(value, Value::Text(_) | Value::List { .. } | Value::Map(_));
        let hides = e.ty.kind != Kind::Bool && (self.is_sensitive(e) || is_kept && self.is_secret(&value));
        Some(if hides && value != Value::Missing { Shown::withheld() } else { Shown::of(&value, self.zone) })
    }

    /// The tree of an expression, to be made anew: with as many nodes as a tree may have.
    pub(super) fn tree(&self, e: &'a Expr, scope: &Rc<Scope<'a>>) -> Option<Node> {
        self.left.set(MOST);
        self.node(e, scope, DEPTH)
    }

    /// The tree of an expression.
    fn node(&self, e: &'a Expr, scope: &Rc<Scope<'a>>, depth: usize) -> Option<Node> {
        let outer = e;
        let e = peel(e);
        self.left.set(self.left.get().checked_sub(1)?);
        let mut node = Node {
            text: self.text(e.span),
            name: None,
            place: self.place(e.span),
            role: Role::Other,
            value: self.shown(outer, scope).or_else(|| self.shown(e, scope)),
            standing: None,
            rows: None,
            from: None,
            parts: Vec::new(),
        };
        if let Some(depth) = depth.checked_sub(1) {
            self.fill(&mut node, e, scope, depth);
        }
        Some(node)
    }

    /// Nodes of expressions that say something: no literals as the rule writes them.
    fn nodes(&self, all: impl IntoIterator<Item = &'a Expr>, scope: &Rc<Scope<'a>>, depth: usize) -> Vec<Node> {
        let told = all.into_iter().filter(|e| !self.is_plain(e) && !matches!(e.ty.kind, Kind::Row(_)));
        told.filter_map(|e| self.node(e, scope, depth)).collect()
    }

    /// Whether the text of an expression says its value: a number, text or bool as it is written, and no parameter.
    fn is_plain(&self, e: &Expr) -> bool {
        let e = peel(e);
        let is_literal = matches!(
            e.kind,
            ExprKind::Unit
                | ExprKind::Bool(_)
                | ExprKind::Int(_)
                | ExprKind::Float(_)
                | ExprKind::Text(_)
                | ExprKind::Date(_)
                | ExprKind::DateTime(_)
        );
        let text = self.sources.text(e.span);
        is_literal && !text.starts_with(|c: char| c.is_alphabetic() && !matches!(text, "true" | "false"))
    }

    fn fill(&self, node: &mut Node, e: &'a Expr, scope: &Rc<Scope<'a>>, depth: usize) {
        let (role, parts) = made_of(e, scope);
        node.role = role;
        node.parts = self.nodes(parts, scope, depth);
        match &e.kind {
            ExprKind::Local(local) => {
                if let Origin::Of(e, scope) = scope.origin(*local) {
                    let name = node.text.clone();
                    if let Some(of) = self.node(e, &scope, depth) {
                        *node = Node { name: Some(name), value: of.value.clone().or(node.value.take()), ..of };
                    }
                }
            }
            ExprKind::Column { table, column, .. } => node.from = self.source(*table, *column),
            ExprKind::If { .. } | ExprKind::Switch { .. } | ExprKind::Block(_) => {
                self.way(node, scope.branch(e), scope, depth);
            }
            ExprKind::CallInstance { .. } => {
                if let Some(inner) = scope.call(e) {
                    self.way(node, inner.result(), &inner, depth);
                }
            }
            ExprKind::ListCall { list, .. } => {
                node.rows = self.rows_behind(list, scope).map(|(_, table, count)| RowCount { table, count });
            }
            ExprKind::Standing { index, .. } => node.standing = self.standing(*index, scope, node.value.clone()),
            _ => {}
        }
    }

    /// The conditions on a way, then what was found at its end.
    fn way(&self, node: &mut Node, way: Way<'a>, scope: &Rc<Scope<'a>>, depth: usize) {
        for passed in way.passed {
            if let Some(mut condition) = self.node(passed.condition, &passed.scope, depth) {
                condition.role = Role::Condition;
                node.parts.push(condition);
            }
        }
        if let Some(value) = way.value {
            let value = self.node(value, scope, depth);
            node.value = node.value.take().or_else(|| value.as_ref().and_then(|value| value.value.clone()));
            // What a function or block gives without a condition stands for it.
            match value {
                Some(value) if node.parts.is_empty() && node.role != Role::Call => {
                    *node = Node { name: node.name.take(), value: node.value.take(), ..value };
                }
                value => node.parts.extend(value),
            }
        }
    }

    /// The step that a column comes from.
    fn source(&self, table: TableId, column: ColumnId) -> Option<Source> {
        if table != self.schema.customer {
            return None;
        }
        let name = &self.schema.table(table).columns.get(usize::from(column.0))?.name;
        let (step, _) = self.made_by.iter().find(|(_, own)| own == name)?;
        Some(Source { step: step.clone(), column: name.clone() })
    }

    /// A customer's place in a population of the step.
    pub(super) fn standing(&self, index: usize, scope: &Scope<'_>, value: Option<Shown>) -> Option<Standing> {
        let said = scope.program.populations.get(index)?;
        let place = self.populations.get(index)?.place(self.row)?;
        Some(Standing {
            function: said.standing.name().to_owned(),
            text: self.text(said.span),
            place: self.place(said.span),
            figure: place.figure,
            rank: place.rank,
            of: place.size,
            value,
        })
    }

    /// The rows that a list was made of: the expression that gave them, their table, how many.
    fn rows_behind(&self, list: &'a Expr, scope: &Scope<'a>) -> Option<(&'a Expr, String, usize)> {
        let mut e = peel(list);
        loop {
            if let Some(Value::Rows { table, count, .. }) = scope.value(e) {
                return Some((e, self.schema.tables.get(usize::from(table.0))?.name.clone(), count));
            }
            e = match &e.kind {
                ExprKind::ListCall { list, .. } => peel(list),
                _ => return None,
            };
        }
    }

    /// The rows behind the aggregates of a call and of the calls below it, each set once.
    pub(super) fn row_sets(&self, scope: &Rc<Scope<'a>>, found: &mut Vec<RowSet>) {
        let Some(instance) = scope.instance() else { return };
        walk::block(&instance.body, &mut |node| {
            let walk::Node::Expr(e) = node else { return };
            match &e.kind {
                ExprKind::ListCall { list, .. } if e.ty.is_scalar() => {
                    let Some((of, ..)) = self.rows_behind(list, scope) else { return };
                    let Some(value) = scope.value(of) else { return };
                    let Some(set) = self.row_set(e.span, &value) else { return };
                    let same =
                        |own: &&mut RowSet| own.table == set.table && own.count == set.count && own.rows == set.rows;
                    match found.iter_mut().find(same) {
                        Some(own) => own.add(set.behind),
                        None => found.push(set),
                    }
                }
                ExprKind::CallInstance { .. } => {
                    if let Some(inner) = scope.call(e) {
                        self.row_sets(&inner, found);
                    }
                }
                _ => {}
            }
        });
    }

    /// Rows with the columns of their table; sensitive values are withheld.
    pub(super) fn row_set(&self, behind: Span, value: &Value) -> Option<RowSet> {
        let (table, count, rows) = match value {
            Value::Rows { table, count, rows } => (*table, *count, rows.clone()),
            Value::Row(table, row) => (*table, 1, vec![*row]),
            _ => return None,
        };
        let schema = self.schema.tables.get(usize::from(table.0))?;
        let data = self.data.tables.get(usize::from(table.0))?;
        let cells = |row: &u32| {
            let cell = |(n, column): (usize, &crate::rules::data::ColumnData)| {
                let cell = column.get(*row as usize);
                let hides = self.sensitive.contains(&(table, ColumnId(n as u16))) && cell.is_some();
                if hides { Shown::withheld() } else { Shown::of_cell(cell, self.zone) }
            };
            data.columns.iter().enumerate().map(cell).collect()
        };
        let columns = schema.columns.iter().take(data.columns.len()).map(|column| column.name.clone()).collect();
        let rows = rows.iter().take(ROWS).map(cells).collect();
        let behind = vec![Written { text: self.text(behind), place: self.place(behind) }];
        Some(RowSet { behind, table: schema.name.clone(), count, columns, rows })
    }
}

/// What an expression is, and what it was made of, as far as that was evaluated.
fn made_of<'a>(e: &'a Expr, scope: &Scope<'a>) -> (Role, Vec<&'a Expr>) {
    let branch = || scope.frame.branch(e.span);
    match &e.kind {
        ExprKind::Unit
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Text(_)
        | ExprKind::Date(_)
        | ExprKind::DateTime(_) => (Role::Given, Vec::new()),
        ExprKind::ParameterTable { key, .. } => (Role::Given, vec![&**key]),
        ExprKind::Column { row, .. } => (Role::Column, vec![&**row]),
        ExprKind::Binary { op, left, right } => (role_of(*op), chain(*op, left, right)),
        ExprKind::And(left, right) | ExprKind::Or(left, right) => match branch() {
            Some(BranchKind::Short) => (Role::Condition, vec![&**left]),
            _ => (Role::Condition, vec![&**left, &**right]),
        },
        ExprKind::Coalesce(left, right) => match branch() {
            Some(BranchKind::There) => (Role::Choice, vec![&**left]),
            _ => (Role::Choice, vec![&**left, &**right]),
        },
        // `x != ()` is one question.
        ExprKind::Not(below) if below.span == e.span => match &below.kind {
            ExprKind::IsMissing(asked) => (Role::Condition, vec![&**asked]),
            _ => (Role::Condition, vec![&**below]),
        },
        ExprKind::Not(below) | ExprKind::IsMissing(below) | ExprKind::In { item: below, .. } => {
            (Role::Condition, vec![&**below])
        }
        ExprKind::Call { args, function: Builtin::IsMissing } => (Role::Condition, args.iter().collect()),
        ExprKind::Call { args, .. } => (Role::Call, args.iter().collect()),
        ExprKind::Field { map: below, .. } | ExprKind::Negate(below) => (Role::Other, vec![&**below]),
        ExprKind::Lookup { map: a, key: b } | ExprKind::Element { list: a, index: b, .. } => {
            (Role::Other, vec![&**a, &**b])
        }
        ExprKind::Interpolated(parts) => (Role::Other, parts.iter().collect()),
        ExprKind::If { .. } | ExprKind::Switch { .. } | ExprKind::Block(_) => (Role::Choice, Vec::new()),
        ExprKind::CallInstance { .. } => (Role::Call, Vec::new()),
        ExprKind::ListCall { .. } => (Role::Aggregate, Vec::new()),
        ExprKind::Standing { .. } => (Role::Standing, Vec::new()),
        ExprKind::Local(_)
        | ExprKind::List(_)
        | ExprKind::Map(_)
        | ExprKind::Reference { .. }
        | ExprKind::Related { .. }
        | ExprKind::ToFloat(_)
        | ExprKind::DecimalsToFloats(_) => (Role::Other, Vec::new()),
    }
}

fn role_of(op: BinaryOp) -> Role {
    match op {
        BinaryOp::Add | BinaryOp::Subtract => Role::Sum,
        BinaryOp::Multiply | BinaryOp::Divide => Role::Product,
        op if op.is_comparison() => Role::Condition,
        _ => Role::Other,
    }
}

/// The operands of a binary operation; of a chain of sums or products all of them: `a + b + c` has three.
fn chain<'a>(op: BinaryOp, left: &'a Expr, right: &'a Expr) -> Vec<&'a Expr> {
    let is_sum = |op: BinaryOp| matches!(op, BinaryOp::Add | BinaryOp::Subtract);
    let goes_on =
        |below: BinaryOp| is_sum(op) && is_sum(below) || op == BinaryOp::Multiply && below == BinaryOp::Multiply;
    let (mut parts, mut rest) = (vec![right], left);
    while let ExprKind::Binary { op: below, left, right } = &rest.kind {
        if !goes_on(*below) {
            break;
        }
        parts.push(right);
        rest = left;
    }
    parts.push(rest);
    parts.reverse();
    parts
}
