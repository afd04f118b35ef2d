//! The functions of the rule language, by name.
//!
//! In: a name as written. Out: [`Builtin`], [`ListMethod`], [`Standing`]. Must not know: types of arguments (`typeck`),
//! how they are computed (`interp`). Adding one: a variant here, its type rule, its evaluation, its line in the manual,
//! its cases.

use super::figure::Figure;
use super::model::Model;

/// Ordinary functions, also written as methods: `round(x)` and `x.round()` are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is documented in the manual's table of functions")]
pub enum Builtin {
    Abs,
    Min,
    Max,
    Clamp,
    Round,
    RoundTo,
    Floor,
    Ceil,
    Sqrt,
    Ln,
    Exp,
    Pow,
    Scale,
    Idiv,
    ToInt,
    ToFloat,
    ToText,
    Contains,
    StartsWith,
    EndsWith,
    Lower,
    Upper,
    Trim,
    Split,
    Replace,
    TextLen,
    DaysBetween,
    MonthsBetween,
    Year,
    Month,
    Day,
    Quarter,
    Weekday,
    YearMonth,
    PlusDays,
    MinusDays,
    PlusMonths,
    MinusMonths,
    DateOf,
    Keys,
    Values,
    IsMissing,
}

impl Builtin {
    /// Every function with the name it is written by. `round` with two arguments is [`Builtin::RoundTo`], `len` and
    /// `contains` of a list or map are told apart by type.
    pub const ALL: [(&'static str, Builtin); 40] = [
        ("abs", Builtin::Abs),
        ("min", Builtin::Min),
        ("max", Builtin::Max),
        ("clamp", Builtin::Clamp),
        ("round", Builtin::Round),
        ("floor", Builtin::Floor),
        ("ceil", Builtin::Ceil),
        ("sqrt", Builtin::Sqrt),
        ("ln", Builtin::Ln),
        ("exp", Builtin::Exp),
        ("pow", Builtin::Pow),
        ("scale", Builtin::Scale),
        ("idiv", Builtin::Idiv),
        ("to_int", Builtin::ToInt),
        ("to_float", Builtin::ToFloat),
        ("to_text", Builtin::ToText),
        ("contains", Builtin::Contains),
        ("starts_with", Builtin::StartsWith),
        ("ends_with", Builtin::EndsWith),
        ("lower", Builtin::Lower),
        ("upper", Builtin::Upper),
        ("trim", Builtin::Trim),
        ("split", Builtin::Split),
        ("replace", Builtin::Replace),
        ("len", Builtin::TextLen),
        ("days_between", Builtin::DaysBetween),
        ("months_between", Builtin::MonthsBetween),
        ("year", Builtin::Year),
        ("month", Builtin::Month),
        ("day", Builtin::Day),
        ("quarter", Builtin::Quarter),
        ("weekday", Builtin::Weekday),
        ("year_month", Builtin::YearMonth),
        ("plus_days", Builtin::PlusDays),
        ("minus_days", Builtin::MinusDays),
        ("plus_months", Builtin::PlusMonths),
        ("minus_months", Builtin::MinusMonths),
        ("date", Builtin::DateOf),
        ("keys", Builtin::Keys),
        ("values", Builtin::Values),
    ];

    /// The function of this name; `is_missing` included.
    pub fn find(name: &str) -> Option<Builtin> {
        if name == "is_missing" {
            return Some(Builtin::IsMissing);
        }
        Builtin::ALL.iter().find(|(n, _)| *n == name).map(|(_, f)| *f)
    }

    /// The name it is written by.
    pub fn name(self) -> &'static str {
        match self {
            Builtin::IsMissing => "is_missing",
            Builtin::RoundTo => "round",
            _ => Builtin::ALL.iter().find(|(_, f)| *f == self).map_or("", |(n, _)| n),
        }
    }
}

/// Methods of lists and of related rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is documented in the manual's table of methods")]
pub enum ListMethod {
    Filter,
    Map,
    FlatMap,
    Len,
    Count,
    Sum,
    Mean,
    Min,
    Max,
    Median,
    Quantile,
    Std,
    CountDistinct,
    Some,
    All,
    First,
    Last,
    Top,
    SortBy,
    Gaps,
    Known,
    /// A figure of numbers: `gini`, `npv(rate)`.
    Figure(Figure),
}

impl ListMethod {
    /// Every method with its name.
    pub const ALL: [(&'static str, ListMethod); 28] = [
        ("filter", ListMethod::Filter),
        ("map", ListMethod::Map),
        ("flat_map", ListMethod::FlatMap),
        ("len", ListMethod::Len),
        ("count", ListMethod::Count),
        ("sum", ListMethod::Sum),
        ("mean", ListMethod::Mean),
        ("min", ListMethod::Min),
        ("max", ListMethod::Max),
        ("median", ListMethod::Median),
        ("quantile", ListMethod::Quantile),
        ("std", ListMethod::Std),
        ("count_distinct", ListMethod::CountDistinct),
        ("some", ListMethod::Some),
        ("all", ListMethod::All),
        ("first", ListMethod::First),
        ("last", ListMethod::Last),
        ("top", ListMethod::Top),
        ("sort_by", ListMethod::SortBy),
        ("gaps", ListMethod::Gaps),
        ("known", ListMethod::Known),
        ("gini", ListMethod::Figure(Figure::Gini)),
        ("herfindahl", ListMethod::Figure(Figure::Herfindahl)),
        ("top_share", ListMethod::Figure(Figure::TopShare)),
        ("npv", ListMethod::Figure(Figure::Npv)),
        ("payback", ListMethod::Figure(Figure::Payback)),
        ("trend", ListMethod::Figure(Figure::Trend)),
        ("seasonality", ListMethod::Figure(Figure::Seasonality)),
    ];

    /// The method of this name.
    pub fn find(name: &str) -> Option<ListMethod> {
        ListMethod::ALL.iter().find(|(n, _)| *n == name).map(|(_, m)| *m)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        ListMethod::ALL.iter().find(|(_, m)| *m == self).map_or("", |(n, _)| n)
    }
}

/// Population functions: this customer's standing among all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// `(r - 1) / (n - 1)`, r = 1 + how many are smaller; 0 for n = 1.
    PctRank,
    /// 1 is the largest; 1 + how many are larger.
    Rank,
    /// `min(n, floor(pct_rank * n) + 1)`.
    Ntile,
    /// `(x - mean) / std`, std over n; 0 on a constant population.
    ZScore,
    /// `(x - min) / (max - min)`; 0 on a constant population.
    MinMax,
    /// `x / sum`; missing where the sum is 0.
    Share,
    /// R's type 7 quantile of the population.
    QuantileOf,
    /// Mean of the population.
    MeanOf,
    /// A model of the population.
    Model(Model),
}

impl Standing {
    /// Every population function that is no model, with its name.
    pub const ALL: [(&'static str, Standing); 8] = [
        ("pct_rank", Standing::PctRank),
        ("rank", Standing::Rank),
        ("ntile", Standing::Ntile),
        ("zscore", Standing::ZScore),
        ("min_max", Standing::MinMax),
        ("share", Standing::Share),
        ("quantile_of", Standing::QuantileOf),
        ("mean_of", Standing::MeanOf),
    ];

    /// Names of all population functions.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Standing::ALL.iter().map(|(name, _)| *name).chain(Model::ALL.iter().map(|(name, _)| *name))
    }

    /// The population function of this name.
    pub fn find(name: &str) -> Option<Standing> {
        let model = || Model::ALL.iter().find(|(n, _)| *n == name).map(|(_, model)| Standing::Model(*model));
        Standing::ALL.iter().find(|(n, _)| *n == name).map(|(_, s)| *s).or_else(model)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        if let Standing::Model(model) = self {
            return model.name();
        }
        Standing::ALL.iter().find(|(_, s)| *s == self).map_or("", |(n, _)| n)
    }

    /// Whether it takes an argument between the population's and the group's.
    pub fn has_extra(self) -> bool {
        matches!(self, Standing::Ntile | Standing::QuantileOf)
    }
}
