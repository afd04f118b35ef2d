//! Methods of lists and of related rows.

use super::{Checker, is_poison, one_line, poison};
use crate::diag::{Diagnostic, ids};
use crate::rules::ast::{self, ExprKind as Ast};
use crate::rules::builtin::ListMethod;
use crate::rules::figure::Figure;
use crate::rules::resolve::count;
use crate::rules::typed::{Expr, ExprKind, Lambda};
use crate::rules::types::{Kind, Type};
use crate::source::Span;

/// What stands in the parentheses of a method.
#[derive(Clone, Copy, PartialEq)]
enum Shape {
    Nothing,
    Lambda,
    /// A lambda, or nothing.
    MaybeLambda,
    /// A number, then a lambda.
    NumberLambda,
    Number,
    Rate,
    Length,
}

fn shape(method: ListMethod) -> Shape {
    match method {
        ListMethod::Filter
        | ListMethod::Map
        | ListMethod::FlatMap
        | ListMethod::Some
        | ListMethod::All
        | ListMethod::SortBy => Shape::Lambda,
        ListMethod::Count => Shape::MaybeLambda,
        ListMethod::Top => Shape::NumberLambda,
        ListMethod::Quantile | ListMethod::Figure(Figure::TopShare) => Shape::Number,
        ListMethod::Figure(Figure::Npv) => Shape::Rate,
        ListMethod::Figure(Figure::Seasonality) => Shape::Length,
        ListMethod::Len
        | ListMethod::Sum
        | ListMethod::Mean
        | ListMethod::Min
        | ListMethod::Max
        | ListMethod::Median
        | ListMethod::Std
        | ListMethod::CountDistinct
        | ListMethod::First
        | ListMethod::Last
        | ListMethod::Gaps
        | ListMethod::Known
        | ListMethod::Figure(_) => Shape::Nothing,
    }
}

impl Checker<'_> {
    pub(super) fn list_call(
        &mut self,
        method: ListMethod,
        name: &ast::Name,
        list: Expr,
        args: &[ast::Expr],
        span: Span,
    ) -> Expr {
        let kept = std::mem::take(&mut self.kept);
        let keeps_decimals =
            matches!(method, ListMethod::Sum | ListMethod::Filter | ListMethod::Known | ListMethod::Len);
        let list = if keeps_decimals { list } else { self.decay(list) };
        let list = self.strict(list);
        let Some(element) = list.ty.element() else { return poison(span) };
        let shape = shape(method);
        let (number, lambda) = match (shape, args) {
            (Shape::Nothing | Shape::MaybeLambda, []) => (None, None),
            (Shape::Lambda | Shape::MaybeLambda, [lambda]) => (None, Some(lambda)),
            (Shape::NumberLambda, [number, lambda]) => (Some(number), Some(lambda)),
            (Shape::Number | Shape::Rate | Shape::Length, [number]) => (Some(number), None),
            _ => return self.wrong_arguments(method, args.len(), span),
        };
        let mut numbers = Vec::new();
        if let Some(number) = number {
            match self.number_argument(method, number) {
                Some(made) => numbers.push(made),
                None => return poison(span),
            }
        }
        let lambda = match lambda {
            Some(closure) => match self.lambda(closure, &element, &kept) {
                Some(lambda) => Some(Box::new(lambda)),
                None => return poison(span),
            },
            None => None,
        };
        let Some(ty) = self.list_result(method, name, &list, &element, lambda.as_deref()) else {
            return poison(span);
        };
        Expr { ty, span, kind: ExprKind::ListCall { method, list: Box::new(list), args: numbers, lambda } }
    }

    fn wrong_arguments(&mut self, method: ListMethod, given: usize, span: Span) -> Expr {
        let wanted = match shape(method) {
            Shape::Nothing => "no argument",
            Shape::Lambda => "a lambda, as in `|o| o.amount`",
            Shape::MaybeLambda => "a lambda, as in `|o| o.amount > 0.0`, or nothing",
            Shape::NumberLambda => "a number and a lambda, as in `top(3, |o| o.amount)`",
            Shape::Number => "a number from 0 to 1",
            Shape::Rate => "the rate of a period, as in `npv(0.1)`",
            Shape::Length => "how many elements a season has, as in `seasonality(12)`",
        };
        let help = match method {
            ListMethod::Sum
            | ListMethod::Mean
            | ListMethod::Min
            | ListMethod::Max
            | ListMethod::Median
            | ListMethod::Figure(_) => {
                format!("take the values first: `.map(|o| …).{}()`", method.name())
            }
            _ => String::new(),
        };
        let message = format!("`{}` takes {wanted}, {} given", method.name(), count(given, "argument"));
        self.fail(ids::ARGUMENTS, span, message, &help)
    }

    fn number_argument(&mut self, method: ListMethod, arg: &ast::Expr) -> Option<Expr> {
        let made = self.value(arg);
        let made = self.strict(made);
        let is_int = matches!(method, ListMethod::Top | ListMethod::Figure(Figure::Seasonality));
        let wanted = if is_int { Kind::Int } else { Kind::Float };
        let made = if wanted == Kind::Float { super::operators::to_float(made) } else { made };
        if made.ty.kind == wanted || made.ty.kind == Kind::Never {
            return Some(made);
        }
        let message = format!("`{}` takes {} first, this is {}", method.name(), Type::of(wanted), made.ty);
        self.error(ids::TYPE_MISMATCH, arg.span, message, "");
        None
    }

    /// A lambda of one parameter, checked with the element's type and what filters before it left there.
    fn lambda(&mut self, closure: &ast::Expr, element: &Type, kept: &[String]) -> Option<Lambda> {
        let Ast::Closure { params, body } = &closure.kind else {
            let message = "a lambda is needed here";
            self.error(ids::ARGUMENTS, closure.span, message, "write `|o| …`, `o` being each element in turn");
            return None;
        };
        let [param] = params.as_slice() else {
            let message = format!("the lambda takes {}, it is given one", count(params.len(), "parameter"));
            self.error(ids::ARGUMENTS, closure.span, message, "write `|o| …`");
            return None;
        };
        let before = self.frame.state.clone();
        let mark = self.diagnostics.len();
        self.frame.lambdas += 1;
        // Loops around the lambda are out of reach in it; it may have its own.
        let exits = std::mem::take(&mut self.frame.exits);
        let local = self.frame.declare(param, element.clone());
        self.know_kept(local, kept);
        let body = self.value(body);
        self.frame.exits = exits;
        self.frame.lambdas -= 1;
        self.frame.state = before;
        let failed = is_poison(&body) && self.diagnostics[mark..].iter().any(Diagnostic::is_error);
        (!failed).then_some(Lambda { param: local, body })
    }

    /// The type of a method's result; `None` where an error was reported.
    fn list_result(
        &mut self,
        method: ListMethod,
        name: &ast::Name,
        list: &Expr,
        element: &Type,
        lambda: Option<&Lambda>,
    ) -> Option<Type> {
        let body = lambda.map(|l| &l.body);
        if matches!(method, ListMethod::Filter | ListMethod::Count | ListMethod::Some | ListMethod::All) {
            self.lambda_is_bool(method, body)?;
        }
        let of = |kind| Some(Type::of(kind));
        match method {
            ListMethod::Filter => Some(list.ty.clone().present()),
            ListMethod::Known => Some(known(&list.ty)),
            ListMethod::Map => Some(mapped(self, list, lambda?)),
            ListMethod::FlatMap => self.flat(body?),
            ListMethod::Len | ListMethod::Count => of(Kind::Int),
            ListMethod::Some | ListMethod::All => of(Kind::Bool),
            ListMethod::SortBy | ListMethod::Top => {
                self.sortable(method, body?)?;
                Some(list.ty.clone().present())
            }
            ListMethod::First | ListMethod::Last => Some(element.clone().or_missing()),
            ListMethod::CountDistinct => {
                self.elements_there(list, element);
                let good = element.is_scalar() || matches!(element.kind, Kind::Row(_) | Kind::Never);
                self.demand(good, name, element, "takes single values; take one with `.map(|o| …)` first")?;
                of(Kind::Int)
            }
            ListMethod::Sum
            | ListMethod::Mean
            | ListMethod::Median
            | ListMethod::Quantile
            | ListMethod::Std
            | ListMethod::Figure(_) => {
                self.elements_there(list, element);
                let good = element.is_number() || element.kind == Kind::Never;
                self.demand(good, name, element, "takes numbers; take them with `.map(|o| …)` first")?;
                if method == ListMethod::Sum {
                    let kind = if element.kind == Kind::Int { Kind::Int } else { Kind::Float };
                    return of(kind);
                }
                Some(Type::of(Kind::Float).or_missing())
            }
            ListMethod::Min | ListMethod::Max => {
                self.elements_there(list, element);
                let good = element.is_scalar() && element.kind != Kind::Bool || element.kind == Kind::Never;
                self.demand(good, name, element, "takes numbers, dates or texts; take them with `.map(|o| …)` first")?;
                Some(element.clone().or_missing())
            }
            ListMethod::Gaps => {
                self.elements_there(list, element);
                let kind = match element.kind {
                    Kind::Int | Kind::Date => Kind::Int,
                    Kind::Float => Kind::Float,
                    Kind::Never => Kind::Never,
                    _ => {
                        self.demand(false, name, element, "takes ints, floats or dates")?;
                        return None;
                    }
                };
                Some(Type::list(Type::of(kind)))
            }
        }
    }

    fn demand(&mut self, good: bool, name: &ast::Name, element: &Type, help: &str) -> Option<()> {
        if !good {
            let message = format!("`{}` does not take a list of {element}", name.text);
            self.error(ids::TYPE_MISMATCH, name.span, message, &format!("it {help}"));
        }
        good.then_some(())
    }

    /// Warns where an aggregate takes elements that may be missing.
    fn elements_there(&mut self, list: &Expr, element: &Type) {
        if element.optional && element.kind != Kind::Never {
            let place = match &list.kind {
                ExprKind::ListCall { lambda: Some(lambda), method: ListMethod::Map, .. } => lambda.body.span,
                _ => list.span,
            };
            let text = one_line(self.text(place));
            let found = Diagnostic::warning(ids::MISSING_VALUE, format!("`{text}` may be missing for some element"))
                .at_with(place, "a customer with a missing element is undetermined")
                .help("drop missing elements with `.known()`, which counts them and keeps a sum of decimals exact")
                .help("or say what they mean with `??`, which makes floats of decimals");
            self.report(found);
        }
    }

    fn lambda_is_bool(&mut self, method: ListMethod, body: Option<&Expr>) -> Option<()> {
        let Some(body) = body else { return Some(()) };
        if !matches!(body.ty.kind, Kind::Bool | Kind::Never) {
            let message = format!("the lambda of `{}` gives bool, this is {}", method.name(), body.ty);
            self.error(ids::TYPE_MISMATCH, body.span, message, "compare it with something");
            return None;
        }
        self.strict(body.clone());
        Some(())
    }

    fn sortable(&mut self, method: ListMethod, body: &Expr) -> Option<()> {
        self.strict(body.clone());
        let good = body.ty.is_scalar() && body.ty.kind != Kind::Bool || body.ty.kind == Kind::Never;
        if !good {
            let message = format!("`{}` sorts by numbers, dates or texts, not {}", method.name(), body.ty);
            self.error(ids::TYPE_MISMATCH, body.span, message, "");
        }
        good.then_some(())
    }

    fn flat(&mut self, body: &Expr) -> Option<Type> {
        self.strict(body.clone());
        match body.ty.element() {
            Some(element) => Some(Type::list(element)),
            None if body.ty.kind == Kind::Never => Some(Type::list(Type::never())),
            None => {
                let message = format!("the lambda of `flat_map` gives a list, this is {}", body.ty);
                self.error(ids::TYPE_MISMATCH, body.span, message, "use `map` for single values");
                None
            }
        }
    }
}

fn known(ty: &Type) -> Type {
    match &ty.kind {
        Kind::List(element) => Type::list((**element).clone().present()),
        Kind::Decimals { table, column, .. } => {
            Type::of(Kind::Decimals { table: *table, column: *column, optional: false })
        }
        _ => ty.clone(),
    }
}

/// A list of the lambda's values; a bare decimal column where the lambda is just that.
fn mapped(checker: &Checker<'_>, list: &Expr, lambda: &Lambda) -> Type {
    if let ExprKind::Column { row, table, column, safe: false } = &lambda.body.kind
        && matches!(row.kind, ExprKind::Local(local) if local == lambda.param)
        && matches!(&list.ty.kind, Kind::List(e) if e.kind == Kind::Row(*table) && !e.optional)
        && checker.env.schema.column(*table, *column).is_bare_decimal()
    {
        let optional = lambda.body.ty.optional;
        return Type::of(Kind::Decimals { table: *table, column: *column, optional });
    }
    Type::list(lambda.body.ty.clone())
}
