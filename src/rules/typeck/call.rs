//! Calls: functions of the rules, ordinary functions, methods.

use super::operators::{missing_test, to_float};
use super::{Checker, is_poison, never, one_line, poison};
use crate::diag::ids;
use crate::rules::ast::{self, ExprKind as Ast};
use crate::rules::builtin::{Builtin, ListMethod, Standing};
use crate::rules::resolve::count;
use crate::rules::typed::{Block, Expr, ExprKind, LocalId, Stmt, StmtKind};
use crate::rules::types::{Kind, Type};
use crate::source::Span;

/// What an ordinary function takes at one place.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Takes {
    /// Int or float; floats if any of the arguments is one.
    Number,
    /// Int, float, date or datetime, all of one kind.
    Ordered,
    /// Float; an int is converted.
    Float,
    Int,
    Text,
    Date,
    /// Text, number or bool.
    Convertible,
    Scalar,
}

/// What an ordinary function gives.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Gives {
    /// The kind of its first argument.
    Same,
    Float,
    Int,
    Text,
    Bool,
    Date,
    Texts,
}

/// Arguments and result; `None` for functions with a rule of their own.
fn signature(function: Builtin) -> Option<(&'static [Takes], Gives)> {
    use Takes::{Convertible, Date, Float, Int, Number, Ordered, Scalar, Text};
    Some(match function {
        Builtin::Abs => (&[Number], Gives::Same),
        Builtin::Min | Builtin::Max => (&[Ordered, Ordered], Gives::Same),
        Builtin::Clamp => (&[Number, Number, Number], Gives::Same),
        Builtin::Round | Builtin::Floor | Builtin::Ceil | Builtin::Sqrt | Builtin::Ln | Builtin::Exp => {
            (&[Float], Gives::Float)
        }
        Builtin::RoundTo => (&[Float, Int], Gives::Float),
        Builtin::Pow => (&[Float, Float], Gives::Float),
        Builtin::Scale => (&[Float, Float, Float], Gives::Float),
        Builtin::Idiv => (&[Int, Int], Gives::Int),
        Builtin::ToInt => (&[Convertible], Gives::Int),
        Builtin::ToFloat => (&[Convertible], Gives::Float),
        Builtin::ToText => (&[Scalar], Gives::Text),
        Builtin::StartsWith | Builtin::EndsWith => (&[Text, Text], Gives::Bool),
        Builtin::Lower | Builtin::Upper | Builtin::Trim => (&[Text], Gives::Text),
        Builtin::Split => (&[Text, Text], Gives::Texts),
        Builtin::Replace => (&[Text, Text, Text], Gives::Text),
        Builtin::TextLen => (&[Text], Gives::Int),
        Builtin::DaysBetween | Builtin::MonthsBetween => (&[Date, Date], Gives::Int),
        Builtin::Year | Builtin::Month | Builtin::Day | Builtin::Quarter | Builtin::Weekday | Builtin::YearMonth => {
            (&[Date], Gives::Int)
        }
        Builtin::PlusDays | Builtin::MinusDays | Builtin::PlusMonths | Builtin::MinusMonths => {
            (&[Date, Int], Gives::Date)
        }
        Builtin::Contains | Builtin::DateOf | Builtin::Keys | Builtin::Values | Builtin::IsMissing => return None,
    })
}

impl Checker<'_> {
    pub(super) fn call(&mut self, name: &ast::Name, args: &[ast::Expr], span: Span) -> Expr {
        if let Some(place) = self.env.resolved.functions.get(&name.text).copied() {
            return self.call_instance(place, args, span);
        }
        if let Some(standing) = Standing::find(&name.text) {
            return self.standing(standing, name, args, span);
        }
        let [first, rest @ ..] = args else {
            if Builtin::find(&name.text).is_some() || ListMethod::find(&name.text).is_some() {
                let message = format!("`{}` needs arguments", name.text);
                return self.fail(ids::ARGUMENTS, span, message, "the manual's table of functions shows them");
            }
            return poison(span);
        };
        if let (Some(Builtin::DateOf), Ast::Text(text), []) = (Builtin::find(&name.text), &first.kind, rest) {
            return self.date_literal(first, text, span);
        }
        let receiver = self.expr(first);
        self.kept = self.kept_by_filters(first);
        self.apply(name, receiver, rest, span)
    }

    fn call_instance(&mut self, place: crate::rules::resolve::Place, args: &[ast::Expr], span: Span) -> Expr {
        let made: Vec<Expr> = args.iter().map(|a| self.value(a)).collect();
        let function = self.env.resolved.function(place);
        if made.len() != function.params.len() {
            return poison(span);
        }
        if made.iter().any(is_poison) {
            return never(made, span);
        }
        let types = made.iter().map(|a| a.ty.clone()).collect();
        let customer =
            self.frame.customer && made.first().is_some_and(|a| matches!(a.kind, ExprKind::Local(LocalId(0))));
        let (instance, result) = self.instance(place, types, customer);
        Expr { ty: result, span, kind: ExprKind::CallInstance { instance, args: made } }
    }

    pub(super) fn method(
        &mut self,
        base: &ast::Expr,
        name: &ast::Name,
        args: &[ast::Expr],
        safe: bool,
        span: Span,
    ) -> Expr {
        if Standing::find(&name.text).is_some() {
            let help = format!("write `{}({})`", name.text, one_line(self.text(base.span)));
            return self.fail(ids::ARGUMENTS, name.span, "population functions are not called as methods", &help);
        }
        let receiver = self.expr(base);
        self.kept = self.kept_by_filters(base);
        if !(safe && receiver.ty.optional) {
            return self.apply(name, receiver, args, span);
        }
        // `x?.f()`: missing where `x` is, else `x.f()`.
        let (bind, receiver) = self.once(base, receiver);
        let test = missing_test(receiver.clone(), false, base.span);
        let there = Expr { ty: receiver.ty.clone().present(), ..receiver };
        let called = self.apply(name, there, args, span);
        let called = self.decay(called);
        let unit = Expr { ty: Type::unit(), span, kind: ExprKind::Unit };
        let stmt = Stmt { span, kind: StmtKind::Expr(unit) };
        let then = Block { stmts: vec![stmt], ty: Type::unit(), span };
        let ty = called.ty.clone().or_missing();
        let kind = ExprKind::If { condition: Box::new(test), then, otherwise: Some(Box::new(called)) };
        super::chain::bound(bind, Expr { ty, span, kind })
    }

    /// A function or method applied to its first argument.
    fn apply(&mut self, name: &ast::Name, receiver: Expr, args: &[ast::Expr], span: Span) -> Expr {
        if name.text == "push" {
            let help = "write it as a statement of its own: `xs.push(x);`";
            return self.fail(ids::UNSUPPORTED, name.span, "`push` changes a list and gives nothing", help);
        }
        if is_poison(&receiver) {
            return never(vec![receiver], span);
        }
        let function = Builtin::find(&name.text);
        if function == Some(Builtin::IsMissing) {
            let receiver = self.decay(receiver);
            return missing_test(receiver, false, span);
        }
        let is_list = matches!(receiver.ty.kind, Kind::List(_) | Kind::Decimals { .. });
        if is_list
            && function != Some(Builtin::Contains)
            && let Some(method) = ListMethod::find(&name.text)
        {
            return self.list_call(method, name, receiver, args, span);
        }
        let receiver = self.decay(receiver);
        match function {
            Some(Builtin::Contains) => self.contains_call(receiver, args, name, span),
            Some(Builtin::DateOf) => self.date_of(receiver, args, span),
            Some(f @ (Builtin::Keys | Builtin::Values)) => self.entries(f, receiver, args, span),
            Some(Builtin::TextLen) if matches!(receiver.ty.kind, Kind::Map(_) | Kind::Dict(_)) => {
                let keys = self.entries(Builtin::Keys, receiver, args, span);
                let list = Box::new(keys);
                let kind = ExprKind::ListCall { method: ListMethod::Len, list, args: Vec::new(), lambda: None };
                Expr { ty: Type::of(Kind::Int), span, kind }
            }
            Some(function) => self.ordinary(function, name, receiver, args, span),
            None => {
                let help = match ListMethod::find(&name.text) {
                    Some(_) => "it is a method of lists and of related rows",
                    None => "",
                };
                let message = format!("{} has no method `{}`", receiver.ty, name.text);
                if ListMethod::find(&name.text).is_some() {
                    return self.fail(ids::TYPE_MISMATCH, name.span, message, help);
                }
                poison(span)
            }
        }
    }

    fn contains_call(&mut self, container: Expr, args: &[ast::Expr], name: &ast::Name, span: Span) -> Expr {
        let [item] = args else { return self.wrong_count(name, &count(2, "argument"), args.len() + 1, span) };
        let item = self.value(item);
        self.contains(item, container, false, span)
    }

    fn date_of(&mut self, receiver: Expr, args: &[ast::Expr], span: Span) -> Expr {
        if !args.is_empty() {
            return self.fail(ids::ARGUMENTS, span, "`date` takes one argument", "");
        }
        let receiver = self.strict(receiver);
        match receiver.ty.kind {
            Kind::DateTime => {
                let kind = ExprKind::Call { function: Builtin::DateOf, args: vec![receiver] };
                Expr { ty: Type::of(Kind::Date), span, kind }
            }
            Kind::Date if !receiver.ty.optional => receiver,
            Kind::Date => {
                let kind = ExprKind::Call { function: Builtin::DateOf, args: vec![receiver] };
                Expr { ty: Type::of(Kind::Date), span, kind }
            }
            _ => {
                let message = format!("`date` takes a datetime or a literal, not {}", receiver.ty);
                let help = "declare the column as a date in its manifest; a day is `date(\"2017-04-01\")`";
                self.fail(ids::BAD_LITERAL, receiver.span, message, help)
            }
        }
    }

    fn entries(&mut self, function: Builtin, receiver: Expr, args: &[ast::Expr], span: Span) -> Expr {
        let receiver = self.strict(receiver);
        let value = match &receiver.ty.kind {
            Kind::Dict(value) => (**value).clone(),
            Kind::Map(keys) if function == Builtin::Values => {
                let mut value = Type::never();
                for (key, ty) in keys {
                    value = self.join_branch(&value, ty, receiver.span, &format!("the value of `{key}`"));
                }
                value
            }
            Kind::Map(_) => Type::never(),
            _ => {
                let message = format!("`{}` takes a map, not {}", function.name(), receiver.ty);
                return self.fail(ids::TYPE_MISMATCH, receiver.span, message, "");
            }
        };
        if !args.is_empty() {
            return self.fail(ids::ARGUMENTS, span, format!("`{}` takes one argument", function.name()), "");
        }
        let element = if function == Builtin::Keys { Type::of(Kind::Text) } else { value };
        Expr { ty: Type::list(element), span, kind: ExprKind::Call { function, args: vec![receiver] } }
    }

    fn wrong_count(&mut self, name: &ast::Name, wanted: &str, given: usize, span: Span) -> Expr {
        let message = format!("`{}` takes {wanted}, {given} given", name.text);
        let help = "a method's receiver counts as its first argument";
        self.fail(ids::ARGUMENTS, span, message, help)
    }

    fn ordinary(
        &mut self,
        function: Builtin,
        name: &ast::Name,
        receiver: Expr,
        args: &[ast::Expr],
        span: Span,
    ) -> Expr {
        let function = if function == Builtin::Round && args.len() == 1 { Builtin::RoundTo } else { function };
        let mut made = vec![receiver];
        made.extend(args.iter().map(|a| self.value(a)));
        let Some((takes, gives)) = signature(function) else { return poison(span) };
        let variadic = matches!(function, Builtin::Min | Builtin::Max) && made.len() > 2;
        if made.len() != takes.len() && !variadic {
            let wanted = match function {
                Builtin::Round | Builtin::RoundTo => "1 or 2 arguments".to_owned(),
                Builtin::Min | Builtin::Max => "2 arguments or more".to_owned(),
                _ => count(takes.len(), "argument"),
            };
            return self.wrong_count(name, &wanted, made.len(), span);
        }
        let mut typed = Vec::with_capacity(made.len());
        let mut good = true;
        for (i, arg) in made.into_iter().enumerate() {
            let arg = self.strict(arg);
            let wanted = takes[i.min(takes.len() - 1)];
            good &= self.fits(function, i, wanted, &arg);
            typed.push(if wanted == Takes::Float { to_float(arg) } else { arg });
        }
        if !good {
            return poison(span);
        }
        if typed.iter().any(is_poison) {
            return never(typed, span);
        }
        if !self.one_kind(takes[0], &mut typed, function, span) {
            return poison(span);
        }
        let ty = match gives {
            Gives::Same => typed[0].ty.clone().present(),
            Gives::Float => Type::of(Kind::Float),
            Gives::Int => Type::of(Kind::Int),
            Gives::Text => Type::of(Kind::Text),
            Gives::Bool => Type::of(Kind::Bool),
            Gives::Date => Type::of(Kind::Date),
            Gives::Texts => Type::list(Type::of(Kind::Text)),
        };
        if variadic {
            return fold(function, typed, &ty, span);
        }
        Expr { ty, span, kind: ExprKind::Call { function, args: typed } }
    }

    /// Makes arguments that must be of one kind so: ints beside floats become floats.
    fn one_kind(&mut self, takes: Takes, args: &mut Vec<Expr>, function: Builtin, span: Span) -> bool {
        if !matches!(takes, Takes::Number | Takes::Ordered) {
            return true;
        }
        if args.iter().any(|a| a.ty.kind == Kind::Float) {
            *args = std::mem::take(args).into_iter().map(to_float).collect();
        }
        let first = args.iter().find(|a| a.ty.kind != Kind::Never).map(|a| a.ty.kind.clone());
        let alike = args.iter().all(|a| a.ty.kind == Kind::Never || Some(&a.ty.kind) == first.as_ref());
        if !alike {
            let types: Vec<String> = args.iter().map(|a| a.ty.to_string()).collect();
            let message = format!("`{}` takes values of one type, not {}", function.name(), types.join(" and "));
            self.error(ids::TYPE_MISMATCH, span, message, "");
        }
        alike
    }

    fn fits(&mut self, function: Builtin, position: usize, wanted: Takes, arg: &Expr) -> bool {
        let kind = &arg.ty.kind;
        let good = *kind == Kind::Never
            || match wanted {
                Takes::Number | Takes::Float => matches!(kind, Kind::Int | Kind::Float),
                Takes::Ordered => matches!(kind, Kind::Int | Kind::Float | Kind::Date | Kind::DateTime),
                Takes::Int => *kind == Kind::Int,
                Takes::Text => *kind == Kind::Text,
                Takes::Date => *kind == Kind::Date,
                Takes::Convertible => matches!(kind, Kind::Text | Kind::Int | Kind::Float | Kind::Bool),
                Takes::Scalar => arg.ty.is_scalar(),
            };
        if good && !(function == Builtin::ToFloat && *kind == Kind::Bool) {
            return true;
        }
        let wanted = match wanted {
            Takes::Number | Takes::Float => "a number",
            Takes::Ordered => "a number, date or datetime",
            Takes::Int => "an int",
            Takes::Text => "a text",
            Takes::Date => "a date",
            Takes::Convertible => "a text or a number",
            Takes::Scalar => "a single value",
        };
        let message = format!("`{}` takes {wanted} as argument {}, this is {}", function.name(), position + 1, arg.ty);
        let help = match kind {
            Kind::DateTime => "the day of a datetime in the project's time zone is `date(x)`",
            Kind::Text => "declare the column with the type it has, or convert with `to_int` or `to_float`",
            Kind::Float => "convert with `to_int(x)`, which drops the fraction",
            Kind::List(_) => "take one value of the list, such as its `.sum()` or `.first()`",
            _ => "",
        };
        self.error(ids::TYPE_MISMATCH, arg.span, message, help);
        false
    }
}

/// `min(a, b, c)` is `min(min(a, b), c)`.
fn fold(function: Builtin, args: Vec<Expr>, ty: &Type, span: Span) -> Expr {
    let mut args = args.into_iter();
    let first = args.next().unwrap_or_else(|| poison(span));
    args.fold(first, |left, right| Expr {
        ty: ty.clone(),
        span,
        kind: ExprKind::Call { function, args: vec![left, right] },
    })
}
