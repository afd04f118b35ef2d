//! Statements and loops.

use super::{Checker, flow::State, is_poison};
use crate::diag::{Diagnostic, ids};
use crate::rules::ast::{self, ExprKind as Ast, StmtKind as Form};
use crate::rules::typed::{Block, Expr, ExprKind, Iterable, Stmt, StmtKind};
use crate::rules::types::{Kind, Type};
use crate::source::Span;

/// Rounds over a loop after which its types are held to grow without an end. A missing value may need one for each
/// variable that hands it on.
const MOST_ROUNDS: usize = 20;

impl Checker<'_> {
    pub(super) fn stmt(&mut self, stmt: &ast::Stmt, wanted: bool) -> Stmt {
        let span = stmt.span;
        let kind = match &stmt.kind {
            Form::Let { name, value, .. } => self.let_stmt(name, value.as_ref()),
            Form::Assign { target, op, value } => self.assign(target, *op, value, span),
            Form::Expr(ast::Expr { kind: Ast::Method { base, name, args, .. }, .. }) if name.text == "push" => {
                self.push(base, args, span)
            }
            Form::Expr(expr) => {
                let made = if wanted { self.expr(expr) } else { self.effect(expr) };
                StmtKind::Expr(made)
            }
            Form::While { condition, body } => {
                let (test, body) = self.looping(span, |this| {
                    let test = this.condition(condition);
                    let skipped = this.frame.state.clone();
                    this.know_if(condition, true);
                    let body = this.block(body, false);
                    (Some(skipped), (test, body))
                });
                StmtKind::While { condition: test, body }
            }
            Form::Loop { body } => {
                let body = self.looping(span, |this| (None, this.block(body, false)));
                StmtKind::Loop { body }
            }
            Form::DoWhile { body, condition, until } => {
                let (body, test) = self.looping(span, |this| {
                    let body = this.block(body, false);
                    let test = this.condition(condition);
                    (Some(this.frame.state.clone()), (body, test))
                });
                StmtKind::DoWhile { body, condition: test, until: *until }
            }
            Form::For { variable, counter, iterable, body } => {
                self.for_stmt(variable, counter.as_ref(), iterable, body, span)
            }
            Form::Break | Form::Continue => self.leave_loop(matches!(stmt.kind, Form::Break), span),
            Form::Return(value) => self.return_stmt(value.as_ref(), span),
            Form::Throw(value) => self.throw(value.as_ref(), span),
        };
        Stmt { span, kind }
    }

    fn let_stmt(&mut self, name: &ast::Name, value: Option<&ast::Expr>) -> StmtKind {
        let value = value.map(|e| {
            let found = self.expr(e);
            // A variable that changes later holds values of one form.
            if self.frame.assigned.contains(&name.span.start) { self.decay(found) } else { found }
        });
        let ty = value.as_ref().map_or_else(Type::unit, |e| e.ty.clone());
        StmtKind::Let { local: self.frame.declare(name, ty), value }
    }

    fn leave_loop(&mut self, is_break: bool, span: Span) -> StmtKind {
        let word = if is_break { "break" } else { "continue" };
        if self.frame.exits.is_empty() {
            self.error(ids::UNSUPPORTED, span, format!("`{word}` stands in no loop"), "");
        }
        let state = self.frame.state.clone();
        if let Some(exits) = self.frame.exits.last_mut() {
            exits.push(state);
        }
        self.frame.state.reachable = false;
        if is_break { StmtKind::Break } else { StmtKind::Continue }
    }

    fn return_stmt(&mut self, value: Option<&ast::Expr>, span: Span) -> StmtKind {
        if self.frame.lambdas > 0 {
            let help = "let the lambda's last expression be its value";
            self.error(ids::UNSUPPORTED, span, "`return` cannot stand in a lambda", help);
        }
        let value = value.map(|e| self.value(e));
        let ty = value.as_ref().map_or_else(Type::unit, |e| e.ty.clone());
        self.join_result(ty, value.as_ref().map_or(span, |e| e.span));
        self.frame.state.reachable = false;
        StmtKind::Return(value)
    }

    fn throw(&mut self, value: Option<&ast::Expr>, span: Span) -> StmtKind {
        let made = match value {
            Some(e) => {
                let made = self.value(e);
                self.strict(made)
            }
            None => self.fail(ids::ARGUMENTS, span, "`throw` needs a text", "say why: `throw \"no revenue\"`"),
        };
        if made.ty.kind != Kind::Text && !is_poison(&made) {
            let message = format!("`throw` takes a text, not {}", made.ty);
            self.error(ids::TYPE_MISMATCH, made.span, message, "put values into a text with `${…}` between back-ticks");
        }
        self.frame.state.reachable = false;
        StmtKind::Throw(made)
    }

    /// Checks a loop until the types of variables hold from one round to the next; findings of the last round count.
    /// `round` gives the state in which the loop ends by its own condition, if it can.
    fn looping<T>(&mut self, span: Span, mut round: impl FnMut(&mut Self) -> (Option<State>, T)) -> T {
        let mut rounds = 0;
        loop {
            let entry = self.frame.state.clone();
            let mark = self.diagnostics.len();
            self.frame.exits.push(Vec::new());
            let (end, made) = round(self);
            let exits = self.frame.exits.pop().unwrap_or_default();
            // What the next round starts with: the entry, the end of the body, every `continue`.
            for exit in exits.iter().cloned() {
                self.meet(exit, span);
            }
            self.meet(entry.clone(), span);
            let again = self.frame.state.clone();
            rounds += 1;
            if again != entry && rounds >= MOST_ROUNDS {
                let help = "let variables keep one type from round to round";
                self.error(ids::UNKNOWN_TYPE, span, "the types in this loop do not settle", help);
            }
            if again == entry || rounds >= MOST_ROUNDS {
                self.frame.state = State::new();
                self.frame.state.reachable = false;
                for exit in exits.into_iter().chain(end) {
                    self.meet(exit, span);
                }
                return made;
            }
            self.diagnostics.truncate(mark);
        }
    }

    fn for_stmt(
        &mut self,
        variable: &ast::Name,
        counter: Option<&ast::Name>,
        iterable: &ast::Expr,
        body: &ast::Block,
        span: Span,
    ) -> StmtKind {
        let (over, element) = match &iterable.kind {
            Ast::Range { from, to, inclusive } => {
                let (from, to) = (self.bound(from), self.bound(to));
                (Iterable::Range { from, to, inclusive: *inclusive }, Type::of(Kind::Int))
            }
            _ => {
                let list = self.value(iterable);
                let list = self.strict(list);
                let element = match list.ty.element() {
                    Some(element) => element,
                    None if is_poison(&list) => Type::never(),
                    None => {
                        let message = format!("`for` goes over a list or a range, not {}", list.ty);
                        self.error(ids::TYPE_MISMATCH, iterable.span, message, "for a map use `keys(m)`");
                        Type::never()
                    }
                };
                (Iterable::List(list), element)
            }
        };
        let (variable, counter, body) = self.looping(span, |this| {
            let skipped = this.frame.state.clone();
            let variable = this.frame.declare(variable, element.clone());
            let counter = counter.map(|name| this.frame.declare(name, Type::of(Kind::Int)));
            let body: Block = this.block(body, false);
            (Some(skipped), (variable, counter, body))
        });
        StmtKind::For { variable, counter, iterable: over, body }
    }

    fn bound(&mut self, expr: &ast::Expr) -> Expr {
        let made = self.value(expr);
        let made = self.strict(made);
        if !matches!(made.ty.kind, Kind::Int | Kind::Never) {
            let message = format!("a range goes over ints, this is {}", made.ty);
            return self.fail(ids::TYPE_MISMATCH, expr.span, message, "convert with `to_int()`");
        }
        made
    }

    fn push(&mut self, base: &ast::Expr, args: &[ast::Expr], span: Span) -> StmtKind {
        let list = self.value(base);
        let list = self.strict(list);
        let [arg] = args else {
            let found = Diagnostic::error(ids::ARGUMENTS, "`push` takes one value").at(span);
            self.report(found);
            return StmtKind::Expr(super::poison(span));
        };
        let value = self.value(arg);
        let (ExprKind::Local(local), Kind::List(element)) = (&list.kind, &list.ty.kind) else {
            if !is_poison(&list) {
                let message = format!("`push` takes a list in a variable, not {}", list.ty);
                self.error(ids::TYPE_MISMATCH, base.span, message, "start with `let xs = [];`");
            }
            return StmtKind::Expr(super::poison(span));
        };
        let local = *local;
        let joined = self.join_branch(element, &value.ty, arg.span, "an element of the list");
        self.frame.state.set(local, Type::list(joined));
        StmtKind::Push { local, value }
    }
}
