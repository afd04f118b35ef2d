//! Units of what functions give.
//!
//! In: a call with what is known of its arguments. Out: what is known of its result. Must not know: how values are
//! computed. Standings from 0 to 1 are plain numbers;
//! of counts nothing is known, because they count something; spans between days are days or months.

use super::Known;
use super::infer::Inference;
use super::unit::Unit;
use crate::measures::lifetime::Unit as Span;
use crate::rules::builtin::{Builtin, ListMethod, Standing};
use crate::rules::figure::Figure;
use crate::rules::model::Model;
use crate::rules::typed::{Expr, Lambda, Population};
use crate::rules::types::Kind;
use crate::source;

impl Inference<'_> {
    pub(super) fn call(&mut self, function: Builtin, args: &[Expr], span: source::Span) -> Known {
        let known: Vec<Known> = args.iter().map(|a| self.expr(a)).collect();
        let first = known.first().cloned().unwrap_or(Known::Nothing);
        match function {
            Builtin::Abs | Builtin::Round | Builtin::RoundTo | Builtin::Floor | Builtin::Ceil | Builtin::ToFloat => {
                first
            }
            Builtin::ToInt if args.first().is_some_and(|a| a.ty.is_number()) => first,
            Builtin::Min | Builtin::Max | Builtin::Clamp => self.alike(known, args, function),
            Builtin::Scale => {
                self.alike(known, args, function);
                Known::Unit(Unit::default())
            }
            Builtin::Idiv => match known.as_slice() {
                [Known::Unit(a), Known::Unit(b)] => Known::Unit(a.times(b, -1)),
                _ => Known::Nothing,
            },
            Builtin::DaysBetween => Known::Unit(Unit::time("days")),
            Builtin::MonthsBetween => Known::Unit(Unit::time("months")),
            Builtin::PlusDays | Builtin::MinusDays => self.moves(known, "days", function, span),
            Builtin::PlusMonths | Builtin::MinusMonths => self.moves(known, "months", function, span),
            _ => Known::Nothing,
        }
    }

    /// Arguments that are compared with one another.
    fn alike(&mut self, known: Vec<Known>, args: &[Expr], function: Builtin) -> Known {
        let what = format!("arguments of `{}` are", function.name());
        let mut all = Known::Unit(Unit::default());
        for (known, arg) in known.into_iter().zip(args) {
            all = self.join(all, known, arg.span, &what);
        }
        all
    }

    /// A date that is moved by days or months.
    fn moves(&mut self, known: Vec<Known>, by: &str, function: Builtin, span: source::Span) -> Known {
        if let Some(by_how_many) = known.into_iter().nth(1) {
            let what = format!("`{}` and its argument are", function.name());
            self.join(Known::Unit(Unit::time(by)), by_how_many, span, &what);
        }
        Known::Nothing
    }

    pub(super) fn list_call(
        &mut self,
        method: ListMethod,
        list: &Expr,
        args: &[Expr],
        lambda: Option<&Lambda>,
    ) -> Known {
        let element = self.expr(list);
        args.iter().for_each(|a| drop(self.expr(a)));
        let mapped = lambda.map(|lambda| {
            self.bind(lambda.param, element.clone());
            self.expr(&lambda.body)
        });
        let over = match method {
            ListMethod::Sum
            | ListMethod::Mean
            | ListMethod::Min
            | ListMethod::Max
            | ListMethod::Median
            | ListMethod::Quantile
            | ListMethod::Std
            | ListMethod::Figure(_)
            | ListMethod::Gaps => Some(&element),
            ListMethod::Top | ListMethod::SortBy => mapped.as_ref(),
            _ => None,
        };
        if let Some(over) = over
            && self.varying_many(over, method.name(), list.span)
        {
            return Known::Nothing;
        }
        match method {
            ListMethod::Filter
            | ListMethod::Sum
            | ListMethod::Mean
            | ListMethod::Min
            | ListMethod::Max
            | ListMethod::Median
            | ListMethod::Quantile
            | ListMethod::Std
            | ListMethod::First
            | ListMethod::Last
            | ListMethod::Top
            | ListMethod::SortBy
            | ListMethod::Known => element,
            ListMethod::Figure(Figure::Npv | Figure::Trend) => element,
            ListMethod::Figure(Figure::Payback) => Known::Nothing,
            ListMethod::Figure(_) => Known::Unit(Unit::default()),
            ListMethod::Map | ListMethod::FlatMap => mapped.unwrap_or(Known::Nothing),
            ListMethod::Gaps if list.ty.element().is_some_and(|e| e.kind == Kind::Date) => {
                Known::Unit(Unit::time("days"))
            }
            ListMethod::Gaps => element,
            // How many of something may be compared with a parameter that says of what.
            ListMethod::Len | ListMethod::Count | ListMethod::CountDistinct | ListMethod::Some | ListMethod::All => {
                Known::Nothing
            }
        }
    }

    pub(super) fn standing(&mut self, index: usize) -> Known {
        let Some(population) = self.program.populations.get(index) else { return Known::Nothing };
        if let Standing::Model(model) = population.standing {
            return self.model(model, population);
        }
        let Some(argument) = population.arguments.first() else { return Known::Nothing };
        let argument = self.instance(*argument, vec![Known::Nothing]);
        if self.varying_many(&argument, population.standing.name(), population.span) {
            return Known::Nothing;
        }
        match population.standing {
            Standing::QuantileOf | Standing::MeanOf => argument,
            Standing::Rank | Standing::Ntile => Known::Nothing,
            Standing::Model(_) => Known::Nothing,
            Standing::PctRank | Standing::ZScore | Standing::MinMax | Standing::Share => Known::Unit(Unit::default()),
        }
    }

    /// A model's times have the unit that its call names.
    fn model(&mut self, model: Model, population: &Population) -> Known {
        let given: Vec<Known> =
            population.arguments.iter().map(|id| self.instance(*id, vec![Known::Nothing])).collect();
        let unit = Unit::time(match population.setting.unit {
            Span::Days => "days",
            Span::Weeks => "weeks",
            Span::Months => "months",
            Span::Years => "years",
        });
        let times = match model {
            Model::Alive | Model::LifetimeValue => 1..3,
            Model::Purchases => 1..4,
            _ => 0..0,
        };
        for known in given.get(times).unwrap_or_default() {
            if let Known::Unit(own) = known
                && !own.fits(&unit)
            {
                let what = format!("times of `{}` are", model.name());
                self.report(own, &unit, population.span, &what);
                return Known::Nothing;
            }
        }
        let of = |at: usize| given.get(at).cloned().unwrap_or(Known::Nothing);
        match model {
            Model::Spend => of(1),
            Model::LifetimeValue => of(3),
            Model::Purchases => Known::Nothing,
            _ => Known::Unit(Unit::default()),
        }
    }
}
