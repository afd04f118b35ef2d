//! How a value is the sum of its parts.
//!
//! In: the expression of a step's column, the [`Scope`] it was evaluated in. Out: [`Contributions`], found in the rule as it stands:
//! the terms of the sum that gives the value. Must not know: names of dimensions, what is told of a part.
//!
//! A factor before the sum is distributed over its terms. What a function around it (`round`, `clamp`, `min`, `max`) takes or adds is a part of
//! its own. A value that is no sum has one part, itself.

use super::model::{Contribution, Contributions};
use super::scope::{Origin, Scope, peel};
use super::tree::Teller;
use crate::rules::ast::BinaryOp;
use crate::rules::builtin::Builtin;
use crate::rules::typed::{Expr, ExprKind};
use std::rc::Rc;

/// An expression with the scope it stands in.
pub(super) type Placed<'a> = (&'a Expr, Rc<Scope<'a>>);

/// What an expression stands for: behind variables, functions of the rules and branches taken.
pub(super) fn resolve<'a>(e: &'a Expr, scope: &Rc<Scope<'a>>) -> Placed<'a> {
    let (mut e, mut scope) = (peel(e), Rc::clone(scope));
    loop {
        let next = match &e.kind {
            ExprKind::Local(local) => match scope.origin(*local) {
                Origin::Of(of, scope) => Some((of, scope)),
                Origin::Unknown => None,
            },
            ExprKind::CallInstance { .. } => scope.call(e).and_then(|inner| Some((inner.result().value?, inner))),
            ExprKind::If { .. } | ExprKind::Switch { .. } | ExprKind::Block(_) => {
                scope.branch(e).value.filter(|of| !std::ptr::eq(*of, e)).map(|of| (of, Rc::clone(&scope)))
            }
            _ => None,
        };
        match next {
            Some((of, inner)) => (e, scope) = (peel(of), inner),
            None => return (e, scope),
        }
    }
}

/// The expression that gives a column of a step; none where the step ended early.
pub(super) fn column<'a>(name: &str, scope: &Rc<Scope<'a>>) -> Option<Placed<'a>> {
    let whole = scope.result().value?;
    if !scope.program.output.is_map {
        return Some((whole, Rc::clone(scope)));
    }
    let (map, scope) = resolve(whole, scope);
    let ExprKind::Map(entries) = &map.kind else { return None };
    let (_, e) = entries.iter().find(|(key, _)| key == name)?;
    Some((e, scope))
}

/// A part before it is told.
struct Part<'a> {
    name: String,
    amount: f64,
    of: Option<Placed<'a>>,
}

/// The parts of a value, none where it is no number.
pub(super) fn contributions<'a>(e: &'a Expr, scope: &Rc<Scope<'a>>, teller: &Teller<'a>) -> Option<Contributions> {
    let whole = number(e, scope)?;
    let mut parts = Vec::new();
    collect(e, scope, 1.0, teller, &mut parts);
    let sum = |parts: &[Part<'_>]| {
        parts.iter().skip(1).fold(parts.first().map_or(0.0, |p| p.amount), |sum, p| sum + p.amount)
    };
    let rest = whole - sum(&parts);
    if rest.abs() > 1e-9 * whole.abs().max(1.0) {
        parts.push(Part { name: "rounding and bounds".to_owned(), amount: rest, of: None });
    }
    let sum = sum(&parts);
    let told = |part: Part<'a>| Contribution {
        name: part.name,
        amount: part.amount,
        tree: part.of.and_then(|(e, scope)| teller.tree(e, &scope)),
    };
    Some(Contributions { parts: parts.into_iter().map(told).collect(), sum })
}

fn number(e: &Expr, scope: &Scope<'_>) -> Option<f64> {
    scope.value(e).or_else(|| scope.value(peel(e)))?.number()
}

/// Whether an expression is a sum, or one times a factor, or within a function around it.
fn leads_to_sum<'a>(e: &'a Expr, scope: &Rc<Scope<'a>>) -> bool {
    let (of, inner) = resolve(e, scope);
    match &of.kind {
        ExprKind::Binary { op: BinaryOp::Add | BinaryOp::Subtract, .. } => true,
        ExprKind::Binary { op: BinaryOp::Multiply, left, right } => {
            leads_to_sum(left, &inner) != leads_to_sum(right, &inner)
        }
        ExprKind::Binary { op: BinaryOp::Divide, left, .. } => leads_to_sum(left, &inner),
        ExprKind::Call { function, args } if around(*function) => args.iter().any(|arg| leads_to_sum(arg, &inner)),
        _ => false,
    }
}

/// Appends the parts of `e` times a factor.
fn collect<'a>(e: &'a Expr, scope: &Rc<Scope<'a>>, factor: f64, teller: &Teller<'a>, parts: &mut Vec<Part<'a>>) {
    let (of, inner) = resolve(e, scope);
    let sums = |e: &'a Expr| leads_to_sum(e, &inner);
    match &of.kind {
        ExprKind::Binary { op: BinaryOp::Add | BinaryOp::Subtract, .. } => {
            for (sign, term) in terms(of) {
                if let Some(amount) = number(term, &inner) {
                    let name = name(term, &inner, teller);
                    parts.push(Part { name, amount: sign * factor * amount, of: Some((term, Rc::clone(&inner))) });
                }
            }
        }
        ExprKind::Binary { op: BinaryOp::Multiply, left, right } if sums(left) != sums(right) => {
            let (sum, other) = if sums(left) { (left, right) } else { (right, left) };
            match number(other, &inner) {
                Some(other) => collect(sum, &inner, factor * other, teller, parts),
                None => alone(e, scope, factor, teller, parts),
            }
        }
        ExprKind::Binary { op: BinaryOp::Divide, left, right } if sums(left) => match number(right, &inner) {
            Some(divisor) => collect(left, &inner, factor / divisor, teller, parts),
            None => alone(e, scope, factor, teller, parts),
        },
        ExprKind::Call { function, args } if around(*function) => {
            let given = number(of, &inner);
            let chosen = args.iter().find(|arg| sums(arg) && number(arg, &inner) == given);
            match chosen.or_else(|| args.iter().find(|arg| sums(arg))) {
                Some(sum) => collect(sum, &inner, factor, teller, parts),
                None => alone(e, scope, factor, teller, parts),
            }
        }
        _ => alone(e, scope, factor, teller, parts),
    }
}

fn around(function: Builtin) -> bool {
    matches!(
        function,
        Builtin::Round
            | Builtin::RoundTo
            | Builtin::Clamp
            | Builtin::Min
            | Builtin::Max
            | Builtin::Floor
            | Builtin::Ceil
    )
}

fn alone<'a>(e: &'a Expr, scope: &Rc<Scope<'a>>, factor: f64, teller: &Teller<'a>, parts: &mut Vec<Part<'a>>) {
    if let Some(amount) = number(e, scope) {
        let name = name(e, scope, teller);
        parts.push(Part { name, amount: factor * amount, of: Some((e, Rc::clone(scope))) });
    }
}

/// The terms of a chain of sums and differences, from left to right.
fn terms(sum: &Expr) -> Vec<(f64, &Expr)> {
    let (mut terms, mut rest) = (Vec::new(), sum);
    while let ExprKind::Binary { op: op @ (BinaryOp::Add | BinaryOp::Subtract), left, right } = &rest.kind {
        terms.push((if *op == BinaryOp::Subtract { -1.0 } else { 1.0 }, &**right));
        rest = peel(left);
    }
    terms.push((1.0, rest));
    terms.reverse();
    terms
}

/// What a part is called: the variable or column it is, else its text.
fn name(e: &Expr, scope: &Scope<'_>, teller: &Teller<'_>) -> String {
    match &peel(e).kind {
        ExprKind::Local(local) => scope.name(*local).to_owned(),
        ExprKind::Column { table, column, .. } => {
            let columns = teller.schema.tables.get(usize::from(table.0)).map(|table| &table.columns);
            columns.and_then(|columns| columns.get(usize::from(column.0))).map_or_else(String::new, |c| c.name.clone())
        }
        _ => teller.text(e.span),
    }
}
