//! Chains of accesses with `?.`: where its base is missing, the whole chain is.
//!
//! As in Rhai `a?.b.c` is missing where `a` is, and fails where `a` is there and `a.b` is missing. So it is typed as
//! `let t = a; if t == () { () } else { t.b.c }`. Parentheses end a chain, which they do not in Rhai, whose tree has
//! none: `(a?.b).c` is what `let t = a?.b; t.c` is.

use super::{Checker, one_line, operators::missing_test};
use crate::rules::ast::{self, ExprKind as Ast};
use crate::rules::typed::{Block, Expr, ExprKind, LocalId, Stmt, StmtKind};
use crate::rules::types::Type;

impl Checker<'_> {
    /// A chain that goes on behind a `?.`; `None` for everything else.
    pub(super) fn cut_chain(&mut self, whole: &ast::Expr) -> Option<Expr> {
        let base = self.open_base(whole)?;
        let tested = self.value(base);
        if !tested.ty.optional {
            return None;
        }
        let span = whole.span;
        let mark = (self.frame.file, base.id);
        let (bind, tested) = self.once(base, tested);
        self.there.insert(mark, Expr { ty: tested.ty.clone().present(), ..tested.clone() });
        let rest = self.value(whole);
        self.there.remove(&mark);
        let unit = Expr { ty: Type::unit(), span, kind: ExprKind::Unit };
        let stmt = Stmt { span, kind: StmtKind::Expr(unit) };
        let then = Block { stmts: vec![stmt], ty: Type::unit(), span };
        let ty = rest.ty.clone().or_missing();
        let condition = Box::new(missing_test(tested, false, base.span));
        let kind = ExprKind::If { condition, then, otherwise: Some(Box::new(rest)) };
        Some(bound(bind, Expr { ty, span, kind }))
    }

    /// A value that is needed twice, evaluated once: the statement that keeps it, and how it is read. Constants have no
    /// variables; nothing in them has an effect, so that theirs are evaluated twice.
    pub(super) fn once(&mut self, at: &ast::Expr, value: Expr) -> (Option<Stmt>, Expr) {
        if self.frame.function.is_none() {
            return (None, value);
        }
        let next = LocalId(self.frame.locals.len() as u32);
        let local = *self.frame.temporaries.entry(at.id).or_insert(next);
        if local == next {
            self.frame.locals.push(one_line(self.text(at.span)));
        }
        let (ty, span) = (value.ty.clone(), value.span);
        let stmt = Stmt { span, kind: StmtKind::Let { local, value: Some(value) } };
        (Some(stmt), Expr { ty, span, kind: ExprKind::Local(local) })
    }

    /// The base of the first `?.` of a chain behind which the chain goes on, unless it is known to be there.
    fn open_base<'e>(&self, whole: &'e ast::Expr) -> Option<&'e ast::Expr> {
        let mut found = None;
        let mut link = whole;
        while let Some((below, safe)) = base(link) {
            let goes_on = link.id != whole.id;
            if goes_on && safe && !self.there.contains_key(&(self.frame.file, below.id)) {
                found = Some(below);
            }
            if in_parentheses(link, below) {
                break;
            }
            link = below;
        }
        found
    }
}

/// An expression behind a statement.
pub(super) fn bound(stmt: Option<Stmt>, value: Expr) -> Expr {
    let Some(stmt) = stmt else { return value };
    let (ty, span) = (value.ty.clone(), value.span);
    let value = Stmt { span, kind: StmtKind::Expr(value) };
    Expr { ty: ty.clone(), span, kind: ExprKind::Block(Block { stmts: vec![stmt, value], ty, span }) }
}

/// Whether parentheses stand around the base of a link: the tree has none, but a link begins where they do.
pub(super) fn in_parentheses(link: &ast::Expr, base: &ast::Expr) -> bool {
    link.span.start < base.span.start
}

/// What an access stands on, and whether it is a safe one.
pub(super) fn base(expr: &ast::Expr) -> Option<(&ast::Expr, bool)> {
    match &expr.kind {
        Ast::Field { base, safe, .. } | Ast::Index { base, safe, .. } | Ast::Method { base, safe, .. } => {
            Some((base, *safe))
        }
        _ => None,
    }
}
