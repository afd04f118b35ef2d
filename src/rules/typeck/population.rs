//! Population functions: their arguments become instances of their own, evaluated for all customers before the step.

use super::flow::{assigned, declared_in};
use super::{Checker, Frame, is_poison, one_line, poison};
use crate::diag::{Diagnostic, ids};
use crate::rules::ast::{self, ExprKind as Ast, StmtKind as Form};
use crate::rules::builtin::Standing;
use crate::rules::model::Setting;
use crate::rules::resolve::{Binding, LocalAt, count};
use crate::rules::tree;
use crate::rules::typed::{Block, Expr, ExprKind, Instance, InstanceId, Population, Stmt, StmtKind};
use crate::rules::types::{Kind, Type};
use crate::rules::walk::{Node, block};
use crate::source::Span;
use std::collections::BTreeSet;

impl Checker<'_> {
    pub(super) fn standing(&mut self, standing: Standing, name: &ast::Name, args: &[ast::Expr], span: Span) -> Expr {
        let least = match standing {
            Standing::Model(model) => model.parts().len(),
            _ if standing.has_extra() => 2,
            _ => 1,
        };
        if args.len() < least || args.len() > least + 1 {
            let message = format!(
                "`{}` takes {}, and one more to group by; {} given",
                name.text,
                count(least, "argument"),
                args.len()
            );
            return self.fail(ids::ARGUMENTS, span, message, "the manual's table of population functions shows them");
        }
        if !self.frame.customer {
            let message = format!("`{}` stands where the customer is not given", name.text);
            let help = "call it in the step, or in a function whose first argument is the step's `c`";
            return self.fail(ids::POPULATION_ARGUMENT, span, message, help);
        }
        if self.in_population {
            let help = "compute one of them in a step before, and use its column";
            return self.fail(ids::POPULATION_ARGUMENT, span, "one standing is made from another", help);
        }
        let made = match standing {
            Standing::Model(model) => self.model_of(model, args, span),
            _ => self.standing_of(standing, args, least, span),
        };
        made.unwrap_or_else(|| poison(span))
    }

    fn standing_of(&mut self, standing: Standing, args: &[ast::Expr], least: usize, span: Span) -> Option<Expr> {
        let (argument, value) = self.argument(&args[0], standing)?;
        let extra = if standing.has_extra() { Some(Box::new(self.extra(standing, &args[1])?)) } else { None };
        let group = match args.get(least) {
            Some(group) => Some(self.group(group)?),
            None => None,
        };
        let mut optional = value.optional || self.instance_can_fail(argument) || standing == Standing::Share;
        optional |= group.is_some_and(|g| self.instance_can_fail(g));
        let kind = match standing {
            Standing::Rank | Standing::Ntile => Kind::Int,
            _ => Kind::Float,
        };
        self.populations.push(Population {
            standing,
            arguments: vec![argument],
            group,
            setting: Setting::default(),
            span,
        });
        let index = self.populations.len() - 1;
        Some(Expr { ty: Type { kind, optional }, span, kind: ExprKind::Standing { index, extra } })
    }

    fn extra(&mut self, standing: Standing, arg: &ast::Expr) -> Option<Expr> {
        let made = self.value(arg);
        let made = self.strict(made);
        let wanted = if standing == Standing::Ntile { Kind::Int } else { Kind::Float };
        let made = if wanted == Kind::Float { super::operators::to_float(made) } else { made };
        if made.ty.kind != wanted && made.ty.kind != Kind::Never {
            let message = format!("`{}` takes {} here, this is {}", standing.name(), Type::of(wanted), made.ty);
            self.error(ids::TYPE_MISMATCH, arg.span, message, "");
            return None;
        }
        (!is_poison(&made)).then_some(made)
    }

    fn argument(&mut self, arg: &ast::Expr, standing: Standing) -> Option<(InstanceId, Type)> {
        let (id, ty) = self.standalone(arg)?;
        let dates = matches!(standing, Standing::Rank | Standing::PctRank | Standing::Ntile);
        let good = ty.is_number() || (dates && ty.kind == Kind::Date);
        if !good {
            if !ty.is_never() {
                let message = format!("`{}` takes numbers, this is {ty}", standing.name());
                self.error(ids::TYPE_MISMATCH, arg.span, message, "");
            }
            return None;
        }
        Some((id, ty))
    }

    pub(super) fn group(&mut self, arg: &ast::Expr) -> Option<InstanceId> {
        let (id, ty) = self.standalone(arg)?;
        if !ty.is_scalar() {
            if !ty.is_never() {
                let message = format!("customers are grouped by a single value, this is {ty}");
                self.error(ids::TYPE_MISMATCH, arg.span, message, "");
            }
            return None;
        }
        Some(id)
    }

    /// An argument as an instance of the customer alone: the lets it uses, then itself.
    pub(super) fn standalone(&mut self, arg: &ast::Expr) -> Option<(InstanceId, Type)> {
        self.standalone_by(arg, |checker| checker.value(arg))
    }

    /// The same of what is made of an argument.
    pub(super) fn standalone_by(
        &mut self,
        arg: &ast::Expr,
        make: impl FnOnce(&mut Self) -> Expr,
    ) -> Option<(InstanceId, Type)> {
        let place = self.frame.function?;
        let function = self.env.resolved.function(place);
        let lets = self.lets_used(arg, function)?;
        let changed = assigned(&function.body, self.env.resolved, place.file);
        let fresh = Frame { customer: true, ..Frame::new(place.file, Some(place), changed) };
        let outer = std::mem::replace(&mut self.frame, fresh);
        let was = std::mem::replace(&mut self.in_population, true);
        // What the lets have to say has been said, or will be, where they stand.
        let mark = self.diagnostics.len();
        if let Some(param) = function.params.first() {
            self.frame.declare(param, Type::of(Kind::Row(self.env.schema.customer)));
        }
        let mut stmts: Vec<Stmt> = lets.iter().map(|stmt| self.stmt(stmt, false)).collect();
        let nested = self.diagnostics.drain(mark..).find(|d| d.id == ids::POPULATION_ARGUMENT);
        let value = make(self);
        self.diagnostics.extend(nested);
        self.diagnostics.retain_from(mark, |d| d.id != ids::MISSING_VALUE || d.is_error());
        let ty = value.ty.clone();
        let span = arg.span;
        let bad = is_poison(&value);
        if bad && !matches!(value.kind, ExprKind::Unit) {
            self.error(ids::POPULATION_ARGUMENT, span, "this argument never gives a value", "");
        }
        stmts.push(Stmt { span, kind: StmtKind::Expr(value) });
        let frame = std::mem::replace(&mut self.frame, outer);
        self.in_population = was;
        let body = Block { stmts, ty: ty.clone(), span };
        let name = format!("{} of {}", one_line(self.text(span)), function.name.text);
        let id = InstanceId(self.instances.len() as u32);
        self.instances.push(Some(Instance { name, locals: frame.locals, params: 1, body, result: ty.clone(), span }));
        if self.iterates(id, &mut Vec::new()) {
            let help = "compute it in a step before, and use its column";
            self.error(ids::POPULATION_ARGUMENT, span, "this argument goes over rows or loops", help);
            return None;
        }
        (!bad).then_some((id, ty))
    }

    /// The top-level lets that an argument needs, in source order.
    fn lets_used<'f>(&mut self, arg: &ast::Expr, function: &'f ast::Function) -> Option<Vec<&'f ast::Stmt>> {
        let customer = function.params.first().map(|p| p.span.start);
        let plain = function.body.stmts.iter().take_while(|s| matches!(s.kind, Form::Let { .. }));
        let lets: Vec<(LocalAt, &ast::Stmt)> = plain
            .filter_map(|s| match &s.kind {
                Form::Let { name, .. } => Some((name.span.start, s)),
                _ => None,
            })
            .collect();
        let mut wanted: Vec<(LocalAt, Span)> = self.locals_in(arg);
        let own: BTreeSet<LocalAt> = declared_in(arg);
        let mut used = BTreeSet::new();
        while let Some((at, span)) = wanted.pop() {
            let is_customer = Some(at) == customer && !self.frame.assigned.contains(&at);
            if is_customer || own.contains(&at) || used.contains(&at) {
                continue;
            }
            let found = lets.iter().find(|(start, _)| *start == at);
            let Some((_, stmt)) = found.filter(|_| !self.frame.assigned.contains(&at)) else {
                let text = one_line(self.text(span));
                let help = "use columns, parameters, constants, and `let`s at the head of the step that never change";
                let found = Diagnostic::error(
                    ids::POPULATION_ARGUMENT,
                    format!("`{text}` is not known for every customer before the step runs"),
                )
                .at(span)
                .help(help);
                self.report(found);
                return None;
            };
            used.insert(at);
            if let Form::Let { value: Some(value), .. } = &stmt.kind {
                let own = declared_in(value);
                wanted.extend(self.locals_in(value).into_iter().filter(|(at, _)| !own.contains(at)));
            }
        }
        Some(lets.iter().filter(|(at, _)| used.contains(at)).map(|(_, s)| *s).collect())
    }

    fn locals_in(&self, expr: &ast::Expr) -> Vec<(LocalAt, Span)> {
        let mut found = Vec::new();
        tree::expr(expr, &mut |node| {
            if let tree::Node::Expr(e) = node
                && let (Ast::Name(_), Some(Binding::Local(at))) =
                    (&e.kind, self.env.resolved.binding(self.frame.file, e.id))
            {
                found.push((at, e.span));
            }
        });
        found
    }

    /// Whether an instance goes over rows with a lambda, or loops, itself or by a function it calls.
    fn iterates(&self, id: InstanceId, seen: &mut Vec<InstanceId>) -> bool {
        if seen.contains(&id) {
            return false;
        }
        seen.push(id);
        let Some(Some(instance)) = self.instances.get(id.0 as usize) else { return false };
        let mut found = false;
        let mut calls = Vec::new();
        block(&instance.body, &mut |node| match node {
            Node::Stmt(stmt) => {
                found |= matches!(
                    stmt.kind,
                    StmtKind::While { .. } | StmtKind::Loop { .. } | StmtKind::DoWhile { .. } | StmtKind::For { .. }
                );
            }
            Node::Expr(expr) => match &expr.kind {
                ExprKind::ListCall { lambda: Some(_), .. } => found = true,
                ExprKind::CallInstance { instance, .. } => calls.push(*instance),
                _ => {}
            },
        });
        found || calls.into_iter().any(|call| self.iterates(call, seen))
    }
}

trait RetainFrom<T> {
    fn retain_from(&mut self, mark: usize, keep: impl FnMut(&T) -> bool);
}

impl<T> RetainFrom<T> for Vec<T> {
    fn retain_from(&mut self, mark: usize, keep: impl FnMut(&T) -> bool) {
        let tail: Vec<T> = self.drain(mark..).collect();
        self.extend(tail.into_iter().filter(keep));
    }
}
