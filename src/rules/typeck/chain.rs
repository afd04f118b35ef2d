//! Chains of accesses with `?.`: where its base is missing, the whole chain is.
//!
//! As in Rhai `a?.b.c` is missing where `a` is, and fails where `a` is there and `a.b` is missing. So it is typed as
//! `if a == () { () } else { a.b.c }`.

use super::{Checker, operators::missing_test};
use crate::rules::ast::{self, ExprKind as Ast};
use crate::rules::typed::{Block, Expr, ExprKind, Stmt, StmtKind};
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
        self.there.insert(mark);
        let rest = self.value(whole);
        self.there.remove(&mark);
        let unit = Expr { ty: Type::unit(), span, kind: ExprKind::Unit };
        let stmt = Stmt { span, kind: StmtKind::Expr(unit) };
        let then = Block { stmts: vec![stmt], ty: Type::unit(), span };
        let ty = rest.ty.clone().or_missing();
        let condition = Box::new(missing_test(tested, false, base.span));
        Some(Expr { ty, span, kind: ExprKind::If { condition, then, otherwise: Some(Box::new(rest)) } })
    }

    /// The base of the first `?.` of a chain behind which the chain goes on, unless it is known to be there.
    fn open_base<'e>(&self, whole: &'e ast::Expr) -> Option<&'e ast::Expr> {
        let mut found = None;
        let mut link = base(whole)?.0;
        while let Some((below, safe)) = base(link) {
            if safe && !self.there.contains(&(self.frame.file, below.id)) {
                found = Some(below);
            }
            link = below;
        }
        found
    }
}

/// What an access stands on, and whether it is a safe one.
fn base(expr: &ast::Expr) -> Option<(&ast::Expr, bool)> {
    match &expr.kind {
        Ast::Field { base, safe, .. } | Ast::Index { base, safe, .. } | Ast::Method { base, safe, .. } => {
            Some((base, *safe))
        }
        _ => None,
    }
}
