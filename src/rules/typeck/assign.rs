//! Assignment: to a variable, to an entry of a map, to an element of a list.

use super::{Checker, is_poison, poison};
use crate::diag::ids;
use crate::rules::ast::{self, BinaryOp, ExprKind as Ast};
use crate::rules::resolve::Binding;
use crate::rules::typed::{Expr, ExprKind, Key, StmtKind};
use crate::rules::types::{Kind, Type};
use crate::source::Span;

impl Checker<'_> {
    pub(super) fn assign(
        &mut self,
        target: &ast::Expr,
        op: Option<BinaryOp>,
        value: &ast::Expr,
        span: Span,
    ) -> StmtKind {
        let made = self.value(value);
        if self.is_fixed(target) {
            return StmtKind::Expr(poison(span));
        }
        let made = match op {
            None => made,
            Some(op) => {
                let current = self.value(target);
                self.combine(op, current, made, span)
            }
        };
        if let Ast::Name(_) = target.kind {
            let current = self.value(target);
            let ExprKind::Local(local) = current.kind else { return StmtKind::Expr(poison(span)) };
            let declared = self.frame.state.get(local);
            let joined = self.join_branch(&declared, &made.ty, value.span, "this variable");
            self.frame.state.set(local, Type { kind: joined.kind, optional: made.ty.optional });
            return StmtKind::Assign { local, value: made };
        }
        self.assign_entry(target, made, value.span, span)
    }

    /// Whether the target is a constant or the customer, which is an error that names have brought.
    fn is_fixed(&self, target: &ast::Expr) -> bool {
        let mut root = target;
        while let Ast::Field { base, .. } | Ast::Index { base, .. } = &root.kind {
            root = base;
        }
        match self.env.resolved.binding(self.frame.file, root.id) {
            Some(Binding::Local(at)) => {
                let function = self.frame.function.map(|place| self.env.resolved.function(place));
                function.and_then(|f| f.params.first()).is_some_and(|p| p.text == "c" && p.span.start == at)
            }
            _ => true,
        }
    }

    fn assign_entry(&mut self, target: &ast::Expr, made: Expr, value_span: Span, span: Span) -> StmtKind {
        let mut keys = Vec::new();
        let mut root = target;
        loop {
            match &root.kind {
                Ast::Field { base, name, .. } => {
                    keys.push((Key::Name(name.text.clone()), name.span));
                    root = base;
                }
                Ast::Index { base, index, .. } => {
                    let key = match &index.kind {
                        Ast::Text(key) => Key::Name(key.clone()),
                        _ => {
                            let key = self.value(index);
                            Key::Computed(self.strict(key))
                        }
                    };
                    keys.push((key, index.span));
                    root = base;
                }
                _ => break,
            }
        }
        keys.reverse();
        let current = self.value(root);
        let ExprKind::Local(local) = current.kind else { return StmtKind::Expr(poison(span)) };
        let path: Vec<(&Key, Span)> = keys.iter().map(|(k, s)| (k, *s)).collect();
        let ty = self.with_entry(&current.ty, &path, &made, value_span);
        self.frame.state.set(local, ty);
        StmtKind::SetKey { local, path: keys.into_iter().map(|(k, _)| k).collect(), value: made }
    }

    /// The type of a map or list after the entry at `path` has been set.
    fn with_entry(&mut self, ty: &Type, path: &[(&Key, Span)], made: &Expr, value_span: Span) -> Type {
        let Some(((key, key_span), rest)) = path.split_first() else { return made.ty.clone() };
        match (&ty.kind, key) {
            (Kind::Map(keys), Key::Name(name)) => {
                let mut keys = keys.clone();
                match keys.iter().position(|(k, _)| k == name) {
                    Some(at) => keys[at].1 = self.with_entry(&keys[at].1.clone(), rest, made, value_span),
                    None if rest.is_empty() => keys.push((name.clone(), made.ty.clone())),
                    None => {
                        self.error(ids::UNKNOWN_COLUMN, *key_span, format!("the map has no key `{name}` yet"), "");
                        return Type::never();
                    }
                }
                keys.sort_by(|a, b| a.0.cmp(&b.0));
                Type::of(Kind::Map(keys))
            }
            (Kind::Map(keys), Key::Computed(index)) if matches!(index.ty.kind, Kind::Text | Kind::Never) => {
                let mut value = made.ty.clone();
                for (_, ty) in keys {
                    value = self.join_branch(ty, &value, value_span, "a value of this map");
                }
                Type::of(Kind::Dict(Box::new(value)))
            }
            (Kind::Dict(value), key) if !matches!(key, Key::Computed(e) if e.ty.kind != Kind::Text) => {
                let new = self.with_entry(value, rest, made, value_span);
                let joined = self.join_branch(value, &new, value_span, "a value of this map");
                Type::of(Kind::Dict(Box::new(joined)))
            }
            (Kind::List(element), Key::Computed(index)) if index.ty.kind == Kind::Int => {
                let new = self.with_entry(element, rest, made, value_span);
                let joined = self.join_branch(element, &new, value_span, "an element of the list");
                Type::list(joined)
            }
            (Kind::Never, _) => Type::never(),
            _ => {
                if !is_poison(made) {
                    let message = format!("{ty} has no entries of this kind to set");
                    let help = "entries of maps are set by text, elements of lists by int";
                    self.error(ids::ASSIGN, *key_span, message, help);
                }
                Type::never()
            }
        }
    }
}
