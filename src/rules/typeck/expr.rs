//! Types of expressions: one arm for each kind, what is long stands in the sibling files.

use super::flow::present;
use super::{Checker, is_poison, one_line, poison};
use crate::diag::ids;
use crate::rules::ast::{self, ExprKind as Ast};
use crate::rules::resolve::{Binding, RunDate};
use crate::rules::typed::{Expr, ExprKind};
use crate::rules::types::{Kind, Type};
use crate::source::Span;
use std::sync::Arc;

impl Checker<'_> {
    /// An expression as a value: a bare decimal column decays to floats.
    pub(super) fn value(&mut self, expr: &ast::Expr) -> Expr {
        let found = self.expr(expr);
        self.decay(found)
    }

    /// An expression; a bare decimal column stays one.
    pub(super) fn expr(&mut self, expr: &ast::Expr) -> Expr {
        if let Some(there) = self.there.get(&(self.frame.file, expr.id)) {
            return there.clone();
        }
        match self.cut_chain(expr) {
            Some(cut) => cut,
            None => self.link(expr),
        }
    }

    /// An expression, or one link of a chain of accesses.
    fn link(&mut self, expr: &ast::Expr) -> Expr {
        let span = expr.span;
        let made = |kind: Kind, node: ExprKind| Expr { ty: Type::of(kind), span, kind: node };
        match &expr.kind {
            Ast::Unit => Expr { ty: Type::unit(), span, kind: ExprKind::Unit },
            Ast::Bool(b) => made(Kind::Bool, ExprKind::Bool(*b)),
            Ast::Int(i) => made(Kind::Int, ExprKind::Int(*i)),
            Ast::Float(x) => made(Kind::Float, ExprKind::Float(*x)),
            Ast::Text(t) => made(Kind::Text, ExprKind::Text(Arc::from(t.as_str()))),
            Ast::Name(_) => self.name(expr),
            Ast::Interpolated(parts) => self.interpolated(parts, span),
            Ast::Array(items) => self.array(items, span),
            Ast::Map(entries) => self.map(entries, span),
            Ast::Field { base, name, safe } => self.field(expr, base, name, *safe),
            Ast::Index { base, index, safe } => self.index(expr, base, index, *safe),
            Ast::Call { name, args } => self.call(name, args, span),
            Ast::Method { base, name, args, safe } => self.method(base, name, args, *safe, span),
            Ast::Closure { .. } => {
                let help = "lambdas stand as arguments of list methods such as `filter` and `map`";
                self.fail(ids::UNSUPPORTED, span, "a lambda is no value", help)
            }
            Ast::Negate(inner) => self.negate(inner, span),
            Ast::Not(inner) => {
                let inner = self.condition(inner);
                made(Kind::Bool, ExprKind::Not(Box::new(inner)))
            }
            Ast::Binary { op, left, right, .. } => self.binary(*op, left, right, span),
            Ast::And(left, right) => self.logical(left, right, true, span),
            Ast::Or(left, right) => self.logical(left, right, false, span),
            Ast::Coalesce(left, right) => self.coalesce(left, right, span),
            Ast::In { item, container, negated } => self.membership(item, container, *negated, span),
            Ast::Range { .. } => {
                let help = "ranges stand in `for` and in `switch`; a test is `x >= a && x < b`";
                self.fail(ids::UNSUPPORTED, span, "a range is no value", help)
            }
            Ast::If { condition, then, otherwise } => self.if_value(condition, then, otherwise.as_deref(), true, span),
            Ast::Switch { value, arms } => self.switch(value, arms, true, span),
            Ast::Block(block) => {
                let block = self.block(block, true);
                Expr { ty: block.ty.clone(), span, kind: ExprKind::Block(block) }
            }
        }
    }

    /// An expression whose value nobody takes: branches may have unlike types.
    pub(super) fn effect(&mut self, expr: &ast::Expr) -> Expr {
        let span = expr.span;
        match &expr.kind {
            Ast::If { condition, then, otherwise } => self.if_value(condition, then, otherwise.as_deref(), false, span),
            Ast::Switch { value, arms } => self.switch(value, arms, false, span),
            Ast::Block(block) => {
                let block = self.block(block, false);
                Expr { ty: block.ty.clone(), span, kind: ExprKind::Block(block) }
            }
            _ => self.value(expr),
        }
    }

    fn name(&mut self, expr: &ast::Expr) -> Expr {
        let span = expr.span;
        match self.env.resolved.binding(self.frame.file, expr.id) {
            Some(Binding::Local(at)) => {
                let Some(local) = self.frame.at.get(&at).copied() else { return poison(span) };
                let ty = self.frame.state.get(local);
                let known = self.path(expr).is_some_and(|p| self.frame.state.is_known(&p));
                let ty = if known { present(ty) } else { ty };
                Expr { ty, span, kind: ExprKind::Local(local) }
            }
            Some(Binding::Date(date)) => {
                let days = match date {
                    RunDate::AsOf => self.env.dates.as_of,
                    RunDate::CycleStart => self.env.dates.cycle_start,
                    RunDate::CycleEnd => self.env.dates.cycle_end,
                };
                Expr { ty: Type::of(Kind::Date), span, kind: ExprKind::Date(days) }
            }
            Some(Binding::Constant(index)) => self.constant(index, span),
            Some(Binding::Parameters) => self.parameters_as_value(span),
            None => poison(span),
        }
    }

    /// A constant in place: its expression, checked with the names of its own file.
    fn constant(&mut self, index: usize, span: Span) -> Expr {
        let Some(place) = self.env.resolved.constants.get_index(index).map(|(_, p)| *p) else { return poison(span) };
        let constant = &self.env.resolved.files[place.file].constants[place.item];
        if self.constants_open.contains(&index) {
            let message = format!("the constant `{}` is made from itself", constant.name.text);
            return self.fail(ids::UNKNOWN_NAME, constant.name.span, message, "break the circle");
        }
        self.constants_open.push(index);
        let frame = super::Frame::new(place.file, None, std::collections::HashSet::new());
        let outer = std::mem::replace(&mut self.frame, frame);
        let value = self.value(&constant.value);
        // A block in a constant may have declared locals, which this function does not have.
        let declares = !self.frame.locals.is_empty();
        self.frame = outer;
        self.constants_open.pop();
        if declares {
            return self.fail(
                ids::UNSUPPORTED,
                constant.value.span,
                "a constant cannot declare variables or use lambdas",
                "make it a function",
            );
        }
        value
    }

    fn interpolated(&mut self, parts: &[ast::Expr], span: Span) -> Expr {
        let mut made = Vec::with_capacity(parts.len());
        for part in parts {
            let value = self.value(part);
            let value = self.strict(value);
            if !value.ty.is_scalar() && value.ty.kind != Kind::Never {
                let message = format!("{} cannot stand in a text", value.ty);
                self.error(ids::TYPE_MISMATCH, part.span, message, "pick the column or key that you mean");
            }
            made.push(value);
        }
        Expr { ty: Type::of(Kind::Text), span, kind: ExprKind::Interpolated(made) }
    }

    fn array(&mut self, items: &[ast::Expr], span: Span) -> Expr {
        let mut element = Type::never();
        let mut made = Vec::with_capacity(items.len());
        for item in items {
            let value = self.value(item);
            element = self.join_branch(&element, &value.ty, item.span, "an element of the list");
            made.push(value);
        }
        Expr { ty: Type::list(element), span, kind: ExprKind::List(made) }
    }

    fn map(&mut self, entries: &[(ast::Name, ast::Expr)], span: Span) -> Expr {
        let mut made = Vec::with_capacity(entries.len());
        let mut keys = Vec::with_capacity(entries.len());
        for (name, value) in entries {
            let value = self.value(value);
            keys.push((name.text.clone(), value.ty.clone()));
            made.push((name.text.clone(), value));
        }
        let written: Vec<String> = keys.iter().map(|(k, _)| k.clone()).collect();
        keys.sort_by(|a, b| a.0.cmp(&b.0));
        let sorted = keys.iter().map(|(k, _)| k.clone()).collect();
        self.key_orders.entry(sorted).or_insert(written);
        Expr { ty: Type::of(Kind::Map(keys)), span, kind: ExprKind::Map(made) }
    }

    /// The type of two branches; reports unlike ones at the second.
    pub(super) fn join_branch(&mut self, before: &Type, ty: &Type, span: Span, what: &str) -> Type {
        match before.join(ty) {
            Ok(joined) => joined,
            Err(unlike) => {
                self.unlike(&unlike, before, ty, span, what);
                Type::never()
            }
        }
    }

    fn coalesce(&mut self, left: &ast::Expr, right: &ast::Expr, span: Span) -> Expr {
        let value = self.value(left);
        if value.ty.optional {
            self.live_defaults.insert(left.span);
        } else if !is_poison(&value) {
            self.dead_default(left, right, &value);
        }
        let before = self.frame.state.clone();
        let default = self.value(right);
        self.meet(before, span);
        let ty = self.join_branch(&value.ty.clone().present(), &default.ty, right.span, "the value of `??`");
        Expr { ty, span, kind: ExprKind::Coalesce(Box::new(value), Box::new(default)) }
    }

    fn dead_default(&mut self, left: &ast::Expr, right: &ast::Expr, value: &Expr) {
        let text = one_line(self.text(left.span));
        let message = format!("`{text}` cannot be missing, so this default is never taken");
        let help = match &left.kind {
            Ast::Binary { op, left: a, right: b, .. } => {
                let (a, b) = (one_line(self.text(a.span)), one_line(self.text(b.span)));
                let d = one_line(self.text(right.span));
                let op = op.text();
                format!("`??` binds looser than `{op}`: write `{a} {op} ({b} ?? {d})` if `{b}` may be missing")
            }
            Ast::Negate(below) => {
                let (below, d) = (one_line(self.text(below.span)), one_line(self.text(right.span)));
                format!("`??` binds looser than `-`: write `-({below} ?? {d})` if `{below}` may be missing")
            }
            _ => match optional_base(value) {
                Some(base) => {
                    let (base, rest) = (one_line(self.text(base)), self.text(Span { start: base.end, ..left.span }));
                    let d = one_line(self.text(right.span));
                    // Parentheses around the base end what a `?.` in it began.
                    let rest = rest.trim_start_matches([')', ' ']);
                    format!("`{base}` may be missing: write `{base}?{} ?? {d}`", one_line(rest))
                }
                None => "remove `??` and what follows".to_owned(),
            },
        };
        let label = format!("always {}", value.ty);
        let found = crate::diag::Diagnostic::error(ids::DEAD_DEFAULT, message).at_with(left.span, label).help(help);
        self.report(found);
    }
}

/// The innermost base of a chain that may be missing: `c.prior` in `c.prior.tier`, `c.growth` in `c.growth.round()`.
fn optional_base(value: &Expr) -> Option<Span> {
    let (mut below, mut found) = (value, None);
    loop {
        let base = match &below.kind {
            ExprKind::Column { row, safe: false, .. }
            | ExprKind::Reference { row, safe: false, .. }
            | ExprKind::Related { row, safe: false, .. } => &**row,
            ExprKind::ListCall { list: base, .. } | ExprKind::DecimalsToFloats(base) | ExprKind::ToFloat(base) => {
                &**base
            }
            ExprKind::Call { args, .. } => match args.first() {
                // A method stands behind its receiver, a function before it; either may stand in parentheses.
                Some(first) if first.span.start <= below.span.start + 1 => first,
                _ => return found,
            },
            _ => return found,
        };
        found = if base.ty.optional { Some(base.span) } else { found };
        below = base;
    }
}
