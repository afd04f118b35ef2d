//! What a line is drawn by: the parameter that the rule compares a column with.
//!
//! In: a typed step, a column, a number. Out: names of parameters, as the rule has them. Must not know: graphs, cases.
//!
//! In a typed step a parameter is its value at its place: the text there says which one it is. Another one with the same value is not meant.

use crate::rules::typed::{Expr, ExprKind, Program};
use crate::rules::types::{ColumnId, TableId};
use crate::rules::walk::{self, Node};
use crate::source::SourceMap;

/// A comparison with the number: how sure it is that it is one of the column, and what the rule has for the number.
struct Found {
    /// 0 where the column is read beside it, 1 where a variable may be the column, 2 where another column is.
    rank: u8,
    name: Option<String>,
}

/// The parameters that a step compares a customer's column with where the number stands, in words.
pub fn parameters(
    program: &Program,
    (customer, column): (TableId, ColumnId),
    wanted: f64,
    sources: &SourceMap,
) -> String {
    let mut found: Vec<Found> = Vec::new();
    walk::exprs(program, &mut |expr| {
        let ExprKind::Binary { op, left, right } = &expr.kind else { return };
        if !op.is_comparison() {
            return;
        }
        for (side, other) in [(left, right), (right, left)] {
            let rank = rank(other, customer, column);
            below(side, &mut |literal| {
                if number(literal) == Some(wanted) {
                    let name = Some(sources.text(literal.span)).filter(|text| text.starts_with("P."));
                    found.push(Found { rank, name: name.map(str::to_owned) });
                }
            });
        }
    });
    let best = found.iter().map(|found| found.rank).min().unwrap_or(0);
    let mut names: Vec<&str> = Vec::new();
    for name in found.iter().filter(|found| found.rank == best).filter_map(|found| found.name.as_deref()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() { "a number of the rule".to_owned() } else { names.join(" or ") }
}

fn rank(side: &Expr, customer: TableId, column: ColumnId) -> u8 {
    let (mut reads, mut others) = (false, false);
    below(side, &mut |expr| {
        if let ExprKind::Column { table, column: read, .. } = &expr.kind {
            let is_meant = (*table, *read) == (customer, column);
            (reads, others) = (reads || is_meant, others || !is_meant);
        }
    });
    match (reads, others) {
        (true, _) => 0,
        (false, false) => 1,
        (false, true) => 2,
    }
}

fn below<'e>(expr: &'e Expr, see: &mut dyn FnMut(&'e Expr)) {
    walk::expr(expr, &mut |node| {
        if let Node::Expr(expr) = node {
            see(expr);
        }
    });
}

fn number(expr: &Expr) -> Option<f64> {
    match expr.kind {
        ExprKind::Int(n) => Some(n as f64),
        ExprKind::Float(x) => Some(x),
        _ => None,
    }
}
