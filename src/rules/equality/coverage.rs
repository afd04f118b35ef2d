//! What generated rules reach.
//!
//! In: typed programs. Out: how often each kind of node stands in them. Must not know: evaluators.

use crate::rules::typed::{ExprKind, Program, StmtKind};
use crate::rules::walk::{self, Node};
use std::collections::BTreeMap;

/// Nodes by their kind.
#[derive(Clone, Debug, Default)]
pub(super) struct Coverage(pub(super) BTreeMap<String, u64>);

impl Coverage {
    pub(super) fn add(&mut self, program: &Program) {
        for instance in &program.instances {
            walk::block(&instance.body, &mut |node| {
                *self.0.entry(name(node)).or_default() += 1;
                if let Node::Expr(expr) = node
                    && matches!(expr.kind, ExprKind::Call { .. } | ExprKind::ListCall { .. } | ExprKind::Binary { .. })
                {
                    *self.0.entry(plain(&expr.kind).to_owned()).or_default() += 1;
                }
            });
        }
        for population in &program.populations {
            let group = if population.group.is_some() { " by group" } else { "" };
            *self.0.entry(format!("population {}{group}", population.standing.name())).or_default() += 1;
        }
    }

    pub(super) fn merge(&mut self, other: Coverage) {
        for (name, count) in other.0 {
            *self.0.entry(name).or_default() += count;
        }
    }

    /// Kinds of nodes, functions and methods apart.
    pub(super) fn kinds(&self) -> Vec<(&str, u64)> {
        let plain = self.0.iter().filter(|(name, _)| !name.contains(' '));
        plain.map(|(name, count)| (name.as_str(), *count)).collect()
    }

    /// Names of functions, methods and operators that were reached, of one sort.
    pub(super) fn of(&self, sort: &str) -> Vec<(&str, u64)> {
        let names = self.0.iter().filter_map(|(name, count)| Some((name.strip_prefix(sort)?.trim(), *count)));
        names.filter(|(name, _)| !name.is_empty()).collect()
    }

    pub(super) fn shown(&self) -> String {
        let list = |items: Vec<(&str, u64)>| {
            items.iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
        };
        let sorts = ["call ", "method ", "operator ", "population "];
        let mut lines = vec![format!("{} node kinds: {}", self.kinds().len(), list(self.kinds()))];
        lines.extend(sorts.map(|sort| format!("{sort}: {}", list(self.of(sort)))));
        lines.join("\n")
    }
}

fn name(node: Node<'_>) -> String {
    match node {
        Node::Stmt(stmt) => match &stmt.kind {
            StmtKind::Let { .. } => "Let",
            StmtKind::Assign { .. } => "Assign",
            StmtKind::SetKey { .. } => "SetKey",
            StmtKind::Push { .. } => "Push",
            StmtKind::Expr(_) => "Statement",
            StmtKind::While { .. } => "While",
            StmtKind::Loop { .. } => "Loop",
            StmtKind::DoWhile { .. } => "DoWhile",
            StmtKind::For { .. } => "For",
            StmtKind::Break => "Break",
            StmtKind::Continue => "Continue",
            StmtKind::Return(_) => "Return",
            StmtKind::Throw(_) => "Throw",
        }
        .to_owned(),
        Node::Expr(expr) => match &expr.kind {
            ExprKind::Call { function, .. } => format!("call {}", function.name()),
            ExprKind::ListCall { method, .. } => format!("method {}", method.name()),
            ExprKind::Binary { op, left, .. } => format!("operator {:?} of {}", op, left.ty.clone().present()),
            other => plain(other).to_owned(),
        },
    }
}

fn plain(kind: &ExprKind) -> &'static str {
    match kind {
        ExprKind::Unit => "Unit",
        ExprKind::Bool(_) => "Bool",
        ExprKind::Int(_) => "Int",
        ExprKind::Float(_) => "Float",
        ExprKind::Text(_) => "Text",
        ExprKind::Date(_) => "Date",
        ExprKind::DateTime(_) => "DateTime",
        ExprKind::Local(_) => "Local",
        ExprKind::Interpolated(_) => "Interpolated",
        ExprKind::List(_) => "List",
        ExprKind::Map(_) => "Map",
        ExprKind::Column { safe: false, .. } => "Column",
        ExprKind::Column { .. } => "SafeColumn",
        ExprKind::Reference { .. } => "Reference",
        ExprKind::Related { .. } => "Related",
        ExprKind::Field { .. } => "Field",
        ExprKind::Lookup { .. } => "Lookup",
        ExprKind::Element { .. } => "Element",
        ExprKind::ParameterTable { .. } => "ParameterTable",
        ExprKind::Negate(_) => "Negate",
        ExprKind::Not(_) => "Not",
        ExprKind::Binary { .. } => "Binary",
        ExprKind::And(..) => "And",
        ExprKind::Or(..) => "Or",
        ExprKind::Coalesce(..) => "Coalesce",
        ExprKind::IsMissing(_) => "IsMissing",
        ExprKind::In { .. } => "In",
        ExprKind::If { .. } => "If",
        ExprKind::Switch { .. } => "Switch",
        ExprKind::Block(_) => "Block",
        ExprKind::Call { .. } => "Call",
        ExprKind::CallInstance { .. } => "CallInstance",
        ExprKind::ListCall { .. } => "ListCall",
        ExprKind::Standing { .. } => "Standing",
        ExprKind::ToFloat(_) => "ToFloat",
        ExprKind::DecimalsToFloats(_) => "DecimalsToFloats",
    }
}
