//! Operators: arithmetic, comparison, logic, membership.

use super::{Checker, is_poison, never, one_line, poison};
use crate::diag::{Diagnostic, ids};
use crate::rules::allow;
use crate::rules::ast::{self, BinaryOp, ExprKind as Ast};
use crate::rules::typed::{Expr, ExprKind};
use crate::rules::types::{Kind, Type};
use crate::source::Span;

impl Checker<'_> {
    pub(super) fn binary(&mut self, op: BinaryOp, left: &ast::Expr, right: &ast::Expr, span: Span) -> Expr {
        if matches!(op, BinaryOp::Equal | BinaryOp::NotEqual) {
            let tested = match (&left.kind, &right.kind) {
                (_, Ast::Unit) => Some(left),
                (Ast::Unit, _) => Some(right),
                _ => None,
            };
            if let Some(tested) = tested {
                let tested = self.value(tested);
                return missing_test(tested, op == BinaryOp::NotEqual, span);
            }
        }
        let left = self.value(left);
        let right = self.value(right);
        self.combine(op, left, right, span)
    }

    /// An operation on two typed operands.
    pub(super) fn combine(&mut self, op: BinaryOp, left: Expr, right: Expr, span: Span) -> Expr {
        if is_poison(&left) || is_poison(&right) {
            let ty = if op.is_comparison() { Type::of(Kind::Bool) } else { Type::never() };
            return Expr { ty, ..never(vec![left, right], span) };
        }
        let left = self.strict(left);
        let right = self.strict(right);
        let (left, right) = unify(left, right);
        let kinds = (left.ty.kind.clone(), right.ty.kind.clone());
        let result = if op.is_comparison() {
            self.comparison(op, &left, &right, span)
        } else {
            self.arithmetic(op, &left, &right, span)
        };
        let Some(kind) = result else { return poison(span) };
        debug_assert!(kinds.0 == kinds.1 || kinds.0 == Kind::Never || kinds.1 == Kind::Never);
        Expr { ty: Type::of(kind), span, kind: ExprKind::Binary { op, left: Box::new(left), right: Box::new(right) } }
    }

    fn arithmetic(&mut self, op: BinaryOp, left: &Expr, right: &Expr, span: Span) -> Option<Kind> {
        let kind = known_kind(left, right);
        match (&left.ty.kind, &right.ty.kind) {
            (Kind::Never, Kind::Never) => None,
            (Kind::Int, Kind::Int) if op == BinaryOp::Divide => {
                let (a, b) = (one_line(self.text(left.span)), one_line(self.text(right.span)));
                let (share, of) = (in_parentheses(left, &a), in_parentheses(right, &b));
                let help = format!("write `{share}.to_float() / {of}` for a share, `idiv({a}, {b})` for whole times");
                let message = "int divided by int: the fraction would be lost";
                self.error(ids::INTEGER_DIVISION, span, message, &help);
                None
            }
            (a, b) if like(a, b) && matches!(kind, Kind::Int | Kind::Float) => Some(kind),
            (a, b) if like(a, b) && kind == Kind::Text && op == BinaryOp::Add => Some(Kind::Text),
            _ => {
                let help = arithmetic_help(op, &left.ty.kind, &right.ty.kind);
                let message = format!("`{}` does not take {} and {}", op.text(), left.ty, right.ty);
                self.error(ids::TYPE_MISMATCH, span, message, help);
                None
            }
        }
    }

    fn comparison(&mut self, op: BinaryOp, left: &Expr, right: &Expr, span: Span) -> Option<Kind> {
        let kind = known_kind(left, right);
        let equality = matches!(op, BinaryOp::Equal | BinaryOp::NotEqual);
        let ordered = matches!(kind, Kind::Int | Kind::Float | Kind::Text | Kind::Date | Kind::DateTime);
        let good =
            like(&left.ty.kind, &right.ty.kind) && (ordered || (equality && kind == Kind::Bool) || kind == Kind::Never);
        if !good {
            if let ExprKind::Binary { op: first, right: middle, .. } = &left.kind
                && first.is_comparison()
            {
                let (a, b) = (one_line(self.text(left.span)), one_line(self.text(middle.span)));
                let help = format!("write `{a} && {b} {} {}`", op.text(), one_line(self.text(right.span)));
                let message = "comparisons are not chained: the first one gives a bool";
                self.error(ids::TYPE_MISMATCH, span, message, &help);
                return None;
            }
            let help = match (&left.ty.kind, &right.ty.kind) {
                (Kind::Date, Kind::DateTime) | (Kind::DateTime, Kind::Date) => {
                    "a datetime meets a date only through `date(x)`, its day in the project's time zone"
                }
                (Kind::Text, Kind::Int | Kind::Float) | (Kind::Int | Kind::Float, Kind::Text) => {
                    "declare the column with the type it has, or convert with `to_int`, `to_float`, `to_text`"
                }
                (Kind::Date, Kind::Text) | (Kind::Text, Kind::Date) => "write a day as `date(\"2017-04-01\")`",
                _ => "compare values of one type",
            };
            let message = format!("{} and {} cannot be compared with `{}`", left.ty, right.ty, op.text());
            self.error(ids::TYPE_MISMATCH, span, message, help);
            return None;
        }
        if equality && kind == Kind::Float && !allow::allowed(self.env.sources, span, ids::FLOAT_EQUALITY) {
            let found = Diagnostic::warning(ids::FLOAT_EQUALITY, format!("floats are compared with `{}`", op.text()))
                .at(span)
                .help("a computed float is rarely exactly another: compare with a tolerance, or round first")
                .help("where it is meant, end the line with `// allow: float-equality`");
            self.report(found);
        }
        Some(Kind::Bool)
    }

    pub(super) fn negate(&mut self, inner: &ast::Expr, span: Span) -> Expr {
        let value = self.value(inner);
        let value = self.strict(value);
        if is_poison(&value) {
            return value;
        }
        if !value.ty.is_number() {
            let message = format!("`-` does not take {}", value.ty);
            return self.fail(ids::TYPE_MISMATCH, span, message, "it takes an int or a float");
        }
        // A negated literal is a literal: `-5`, `-0.5`.
        let kind = match value.kind {
            ExprKind::Int(i) if i != i64::MIN => ExprKind::Int(-i),
            ExprKind::Float(x) => ExprKind::Float(-x),
            _ => ExprKind::Negate(Box::new(Expr { ty: value.ty.clone(), ..value })),
        };
        let ty = match &kind {
            ExprKind::Int(_) => Type::of(Kind::Int),
            ExprKind::Float(_) => Type::of(Kind::Float),
            ExprKind::Negate(inner) => inner.ty.clone().present(),
            _ => Type::never(),
        };
        Expr { ty, span, kind }
    }

    pub(super) fn logical(&mut self, left: &ast::Expr, right: &ast::Expr, and: bool, span: Span) -> Expr {
        let a = self.condition(left);
        let before = self.frame.state.clone();
        self.know_if(left, and);
        let b = self.condition(right);
        self.meet(before, span);
        let (a, b) = (Box::new(a), Box::new(b));
        let kind = if and { ExprKind::And(a, b) } else { ExprKind::Or(a, b) };
        Expr { ty: Type::of(Kind::Bool), span, kind }
    }

    pub(super) fn membership(&mut self, item: &ast::Expr, container: &ast::Expr, negated: bool, span: Span) -> Expr {
        if matches!(container.kind, Ast::Range { .. }) {
            let text = one_line(self.text(item.span));
            let help = format!("write `{text} >= a && {text} < b`");
            return self.fail(ids::UNSUPPORTED, container.span, "`in` takes a list, a map or a text", &help);
        }
        let item = self.value(item);
        let container = self.value(container);
        self.contains(item, container, negated, span)
    }

    /// Whether a list has an element, a map a key, a text a part.
    pub(super) fn contains(&mut self, item: Expr, container: Expr, negated: bool, span: Span) -> Expr {
        let (item, container) = (self.strict(item), self.strict(container));
        if is_poison(&item) || is_poison(&container) {
            return Expr { ty: Type::of(Kind::Bool), ..never(vec![container, item], span) };
        }
        let wanted = match &container.ty.kind {
            Kind::List(element) => {
                if element.optional && element.kind != Kind::Never {
                    let message = "an element of this list may be missing";
                    let label =
                        "a customer with a missing element is undetermined, unless an element before it matches";
                    let found = Diagnostic::warning(ids::MISSING_VALUE, message)
                        .at_with(container.span, label)
                        .help("drop missing elements with `.known()`");
                    self.report(found);
                }
                element.kind.clone()
            }
            Kind::Map(_) | Kind::Dict(_) | Kind::Text => Kind::Text,
            _ => {
                let message = format!("`in` takes a list, a map or a text, not {}", container.ty);
                return self.fail(ids::TYPE_MISMATCH, container.span, message, "");
            }
        };
        let item = if wanted == Kind::Float { to_float(item) } else { item };
        let scalar = Type::of(wanted.clone()).is_scalar() || wanted == Kind::Never;
        if !scalar || !like(&item.ty.kind, &wanted) {
            let message = format!("{} cannot be found in {}", item.ty, container.ty);
            return self.fail(ids::TYPE_MISMATCH, item.span, message, "look for a value of the elements' type");
        }
        let kind = ExprKind::In { item: Box::new(item), container: Box::new(container), negated };
        Expr { ty: Type::of(Kind::Bool), span, kind }
    }
}

/// `x == ()`, or with `present` its opposite.
pub(super) fn missing_test(tested: Expr, present: bool, span: Span) -> Expr {
    let bool = Type::of(Kind::Bool);
    let test = Expr { ty: bool.clone(), span, kind: ExprKind::IsMissing(Box::new(tested)) };
    if present { Expr { ty: bool, span, kind: ExprKind::Not(Box::new(test)) } } else { test }
}

/// The nearest double, if it is an int; else itself.
pub(super) fn to_float(expr: Expr) -> Expr {
    if expr.ty.kind != Kind::Int {
        return expr;
    }
    let ty = Type::of(Kind::Float).optional_if(expr.ty.optional);
    let span = expr.span;
    Expr { ty, span, kind: ExprKind::ToFloat(Box::new(expr)) }
}

/// An int beside a float becomes a float.
pub(super) fn unify(left: Expr, right: Expr) -> (Expr, Expr) {
    match (&left.ty.kind, &right.ty.kind) {
        (Kind::Int, Kind::Float) => (to_float(left), right),
        (Kind::Float, Kind::Int) => (left, to_float(right)),
        _ => (left, right),
    }
}

fn like(a: &Kind, b: &Kind) -> bool {
    a == b || *a == Kind::Never || *b == Kind::Never
}

fn known_kind(left: &Expr, right: &Expr) -> Kind {
    if left.ty.kind == Kind::Never { right.ty.kind.clone() } else { left.ty.kind.clone() }
}

/// An operand's text where another operator is written beside it.
fn in_parentheses(e: &Expr, text: &str) -> String {
    match e.kind {
        ExprKind::Binary { .. }
        | ExprKind::Negate(_)
        | ExprKind::Coalesce(..)
        | ExprKind::If { .. }
        | ExprKind::Switch { .. } => format!("({text})"),
        _ => text.to_owned(),
    }
}

fn arithmetic_help(op: BinaryOp, left: &Kind, right: &Kind) -> &'static str {
    match (op, left, right) {
        (BinaryOp::Subtract, Kind::Date, Kind::Date) => "the days from a to b are `days_between(a, b)`",
        (_, Kind::Date | Kind::DateTime, _) => {
            "days move with `plus_days`, `minus_days`, `plus_months`, `minus_months`"
        }
        (BinaryOp::Add, Kind::Text, _) | (BinaryOp::Add, _, Kind::Text) => {
            "put values into a text with `${…}` between back-ticks, or `to_text(x)`"
        }
        (_, Kind::Text, _) | (_, _, Kind::Text) => {
            "declare the column with the type it has, or convert with `to_int` or `to_float`"
        }
        (_, Kind::List(_), _) | (_, _, Kind::List(_)) => "take one number of the list, such as `.sum()`",
        _ => "it takes ints and floats",
    }
}
