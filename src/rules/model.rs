//! Models of a whole population: fitted to all customers of a group, then asked about each of them.
//!
//! In: for each customer of a group, in key order, what the call's arguments gave. Out: [`Asked`]: a score for each, and what was fitted with what
//! speaks against it. Must not know: rules, the engine, groups. Both evaluators ask the same models, as both take logarithms from `libm`.
//! Start at [`Model::ask`].

use super::standing::Score;
use crate::measures::lifetime::{self, BgNbd, Doubt, Fitted, GammaGamma, Plan, Span, Unit};
use crate::measures::weights::{self, Direction, Table};
use rayon::prelude::*;

/// A model by the name of its function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Model {
    /// `gini_of(x)`.
    Gini,
    /// `herfindahl_of(x)`.
    Herfindahl,
    /// `top_share_of(x, q)`.
    TopShare,
    /// `alive(unit, x, t_x, age)`: BG/NBD.
    Alive,
    /// `expected_purchases(unit, x, t_x, age, horizon)`: BG/NBD.
    Purchases,
    /// `expected_spend(x, mean)`: Gamma-Gamma.
    Spend,
    /// `lifetime_value(unit, x, t_x, age, mean, period, periods, rate)`.
    LifetimeValue,
    /// `topsis(values, weights)`.
    Topsis,
    /// `vikor(values, weights)`: 1 - Q with v = 0.5, so that more is better.
    Vikor,
    /// `promethee(values, weights)`: the net flow with the usual preference.
    Promethee,
    /// `entropy_weight(key, values)`.
    EntropyWeight,
    /// `critic_weight(key, values)`.
    CriticWeight,
}

/// An argument of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The unit of the times: a text.
    Unit,
    /// The unit of a period: a text.
    Period,
    /// The name of a criterion: a text.
    Key,
    /// A number of each customer.
    Number,
    /// A map of numbers of each customer, one for each criterion.
    Values,
}

/// What a call says beside its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The unit of the times.
    pub unit: Unit,
    /// The unit of a period.
    pub period: Unit,
    /// Which of the values is asked about.
    pub key: usize,
}

impl Default for Setting {
    fn default() -> Setting {
        Setting { unit: Unit::Days, period: Unit::Months, key: 0 }
    }
}

/// What a model was fitted to, for the record of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fit {
    /// How many customers.
    pub customers: usize,
    /// The log-likelihood at its maximum.
    pub log_likelihood: Option<f64>,
    /// Parameters with their standard errors.
    pub parameters: Vec<(&'static str, f64, Option<f64>)>,
    /// What speaks against them, or why there are none.
    pub doubts: Vec<String>,
}

/// The answers of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// One score for each customer.
    pub scores: Vec<Score>,
    /// What was fitted; one or two models, or none where there is nothing to fit.
    pub fits: Vec<(&'static str, Fit)>,
}

impl Model {
    /// Every model with its name.
    pub const ALL: [(&'static str, Model); 12] = [
        ("gini_of", Model::Gini),
        ("herfindahl_of", Model::Herfindahl),
        ("top_share_of", Model::TopShare),
        ("alive", Model::Alive),
        ("expected_purchases", Model::Purchases),
        ("expected_spend", Model::Spend),
        ("lifetime_value", Model::LifetimeValue),
        ("topsis", Model::Topsis),
        ("vikor", Model::Vikor),
        ("promethee", Model::Promethee),
        ("entropy_weight", Model::EntropyWeight),
        ("critic_weight", Model::CriticWeight),
    ];

    /// What a call is made of; one more argument groups.
    pub fn parts(self) -> &'static [Part] {
        use Part::{Key, Number, Period, Unit, Values};
        match self {
            Model::Gini | Model::Herfindahl => &[Number],
            Model::TopShare | Model::Spend => &[Number, Number],
            Model::Alive => &[Unit, Number, Number, Number],
            Model::Purchases => &[Unit, Number, Number, Number, Number],
            Model::LifetimeValue => &[Unit, Number, Number, Number, Number, Period, Number, Number],
            Model::Topsis | Model::Vikor | Model::Promethee => &[Values, Values],
            Model::EntropyWeight | Model::CriticWeight => &[Key, Values],
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Model::ALL.iter().find(|(_, model)| *model == self).map_or("", |(name, _)| name)
    }

    /// Asks about the customers of one group. `columns` are the arguments, one value for each customer; those of `values` and `weights` stand one after
    /// the other. A customer whose own arguments cannot be has [`Score::Refused`]; where the model cannot be fitted nobody has a score, and the
    /// doubts say why.
    pub fn ask(self, setting: &Setting, columns: &[&[f64]]) -> Asked {
        match self {
            Model::Gini => whole(columns, "gini", lifetime::gini),
            Model::Herfindahl => whole(columns, "herfindahl", lifetime::herfindahl),
            Model::TopShare => top_share(columns),
            Model::Alive | Model::Purchases | Model::LifetimeValue => self.of_buyers(setting, columns),
            Model::Spend => spend(columns),
            Model::Topsis | Model::Vikor | Model::Promethee => self.of_criteria(columns),
            Model::EntropyWeight | Model::CriticWeight => self.weight(setting, columns),
        }
    }

    /// Models of repeat purchases.
    fn of_buyers(self, setting: &Setting, columns: &[&[f64]]) -> Asked {
        let [x, t_x, age, rest @ ..] = columns else { return Asked::nothing(columns, "arguments are missing") };
        let sound: Vec<usize> = (0..x.len()).filter(|at| is_buyer(x[*at], t_x[*at], age[*at])).collect();
        let taken = |column: &[f64]| -> Vec<f64> { sound.iter().map(|at| column[*at]).collect() };
        let fitted = match BgNbd::fit(&taken(x), &taken(t_x), &taken(age), setting.unit) {
            Ok(fitted) => fitted,
            Err(fault) => return Asked::unfitted(x.len(), &sound, "BG/NBD", &fault.to_string()),
        };
        let model = fitted.model;
        let mut fits = vec![("BG/NBD", fit(&fitted, ["r", "alpha", "a", "b"], model.parameters(), sound.len()))];
        let mut scores = vec![Score::Refused; x.len()];
        let money = match self {
            Model::LifetimeValue => Some(GammaGamma::fit(&taken(x), &taken(rest[0]))),
            _ => None,
        };
        if let Some(money) = &money {
            fits.push(("Gamma-Gamma", spend_fit(money, &taken(x))));
        }
        let of = |at: usize| {
            let (x, t_x, age) = (x[at], t_x[at], age[at]);
            match (self, &money) {
                (Model::Alive, _) => score(model.alive(x, t_x, age)),
                (Model::Purchases, _) => score(
                    Span::new(rest[0][at], setting.unit).and_then(|horizon| model.purchases(x, t_x, age, horizon)),
                ),
                (_, Some(Ok(money))) => {
                    let (mean, periods, rate) = (rest[0][at], rest[1][at], rest[2][at]);
                    match plan(setting.period, periods, rate) {
                        Some(plan) => match money.fitted.model.expected(x, mean) {
                            Ok(Some(spend)) => score(lifetime::value(&model, x, t_x, age, spend, &plan)),
                            Ok(None) => Score::Missing,
                            Err(_) => Score::Refused,
                        },
                        None => Score::Refused,
                    }
                }
                _ => Score::Missing,
            }
        };
        let made: Vec<Score> = sound.par_iter().map(|at| of(*at)).collect();
        sound.iter().zip(made).for_each(|(at, made)| scores[*at] = made);
        Asked { scores, fits }
    }

    /// Scores over several criteria.
    fn of_criteria(self, columns: &[&[f64]]) -> Asked {
        let (values, weights) = columns.split_at(columns.len() / 2);
        let first: Vec<f64> = weights.iter().filter_map(|column| column.first().copied()).collect();
        if weights.iter().zip(&first).any(|(column, first)| column.iter().any(|weight| weight != first)) {
            return Asked::nothing(columns, "the weights are not the same for all customers");
        }
        let directions = vec![Direction::Benefit; values.len()];
        let table = match Table::new(values, &directions) {
            Ok(table) => table,
            Err(fault) => return Asked::nothing(columns, &fault.to_string()),
        };
        let found = match self {
            Model::Topsis => weights::topsis(&table, &first),
            Model::Vikor => {
                weights::vikor(&table, &first, 0.5).map(|vikor| vikor.compromise.iter().map(|q| 1.0 - q).collect())
            }
            _ => weights::promethee(&table, &first, &vec![weights::Preference::Usual; values.len()])
                .map(|flows| flows.net),
        };
        match found {
            Ok(scores) => Asked { scores: scores.into_iter().map(Score::of).collect(), fits: Vec::new() },
            Err(fault) => Asked::nothing(columns, &fault.to_string()),
        }
    }

    /// The weight of one criterion, made of the figures themselves.
    fn weight(self, setting: &Setting, columns: &[&[f64]]) -> Asked {
        let directions = vec![Direction::Benefit; columns.len()];
        let made = Table::new(columns, &directions).and_then(|table| match self {
            Model::EntropyWeight => weights::entropy(&table),
            _ => Ok(weights::critic(&table)),
        });
        let rows = columns.first().map_or(0, |column| column.len());
        match made.map(|weights| weights.get(setting.key).copied()) {
            Ok(Some(weight)) => Asked { scores: vec![Score::of(weight); rows], fits: Vec::new() },
            Ok(None) => Asked::nothing(columns, "no such criterion"),
            Err(fault) => Asked::nothing(columns, &fault.to_string()),
        }
    }
}

impl Asked {
    /// Nobody has a score.
    fn nothing(columns: &[&[f64]], why: &str) -> Asked {
        let rows = columns.first().map_or(0, |column| column.len());
        let all: Vec<usize> = (0..rows).collect();
        Asked::unfitted(rows, &all, "", why)
    }

    /// Nobody has a score; those who are not sound are refused.
    fn unfitted(rows: usize, sound: &[usize], name: &'static str, why: &str) -> Asked {
        let mut scores = vec![Score::Refused; rows];
        sound.iter().for_each(|at| scores[*at] = Score::Missing);
        let fit = Fit { customers: sound.len(), doubts: vec![why.to_owned()], ..Fit::default() };
        Asked { scores, fits: vec![(name, fit)] }
    }
}

/// A figure of the whole group, the same for all of it.
fn whole(columns: &[&[f64]], _: &str, figure: impl Fn(&[f64]) -> Option<f64>) -> Asked {
    let values = columns.first().copied().unwrap_or_default();
    let negative = |x: &f64| *x < 0.0;
    let sound: Vec<f64> = values.iter().copied().filter(|x| !negative(x)).collect();
    let made = figure(&sound).map_or(Score::Missing, Score::of);
    let scores = values.iter().map(|x| if negative(x) { Score::Refused } else { made }).collect();
    Asked { scores, fits: Vec::new() }
}

/// The share that the largest hold; how many they are may differ by customer.
fn top_share(columns: &[&[f64]]) -> Asked {
    let [values, shares] = columns else { return Asked::nothing(columns, "arguments are missing") };
    let first = shares.first().copied().unwrap_or(0.0);
    if shares.iter().any(|share| *share != first) {
        return Asked::nothing(columns, "the share is not the same for all customers");
    }
    if !(first > 0.0 && first <= 1.0) {
        return Asked { scores: vec![Score::Refused; values.len()], fits: Vec::new() };
    }
    whole(&[*values], "top share", |sound| lifetime::top_share(sound, first))
}

/// Expected spend by Gamma-Gamma.
fn spend(columns: &[&[f64]]) -> Asked {
    let [x, mean] = columns else { return Asked::nothing(columns, "arguments are missing") };
    let is_sound = |at: &usize| x[*at] >= 0.0 && x[*at].fract() == 0.0 && mean[*at] >= 0.0;
    let sound: Vec<usize> = (0..x.len()).filter(is_sound).collect();
    let taken = |column: &[f64]| -> Vec<f64> { sound.iter().map(|at| column[*at]).collect() };
    let fitted = GammaGamma::fit(&taken(x), &taken(mean));
    let fits = vec![("Gamma-Gamma", spend_fit(&fitted, &taken(x)))];
    let mut scores = vec![Score::Refused; x.len()];
    for at in sound {
        scores[at] = match &fitted {
            Ok(spend) => match spend.fitted.model.expected(x[at], mean[at]) {
                Ok(value) => value.map_or(Score::Missing, Score::of),
                Err(_) => Score::Refused,
            },
            Err(_) => Score::Missing,
        };
    }
    Asked { scores, fits }
}

/// Whether a customer's purchases can be: a count of repeats, the time of the last within the age.
fn is_buyer(x: f64, t_x: f64, age: f64) -> bool {
    BgNbd::new(1.0, 1.0, 1.0, 1.0, Unit::Days).is_ok_and(|model| model.alive(x, t_x, age).is_ok())
}

fn plan(period: Unit, periods: f64, rate: f64) -> Option<Plan> {
    let whole = periods.fract() == 0.0 && (1.0..=10_000.0).contains(&periods);
    let period = Span::new(1.0, period).ok()?;
    if whole { Plan::new(periods as u32, period, rate).ok() } else { None }
}

fn score<E>(value: Result<f64, E>) -> Score {
    value.map_or(Score::Refused, Score::of)
}

fn fit<M, const N: usize>(fitted: &Fitted<M, N>, names: [&'static str; N], values: [f64; N], customers: usize) -> Fit {
    let errors = fitted.errors;
    let parameters = names.into_iter().zip(values).enumerate();
    Fit {
        customers,
        log_likelihood: Some(fitted.log_likelihood),
        parameters: parameters.map(|(n, (name, value))| (name, value, errors.map(|errors| errors[n]))).collect(),
        doubts: fitted.flat.iter().map(ToString::to_string).collect(),
    }
}

fn spend_fit(made: &Result<lifetime::Spend, lifetime::Fault>, x: &[f64]) -> Fit {
    let customers = x.iter().filter(|x| **x > 0.0).count();
    match made {
        Ok(spend) => {
            let mut fit = fit(&spend.fitted, ["p", "q", "v"], spend.fitted.model.parameters(), customers);
            fit.doubts.extend(spend.doubts.iter().map(Doubt::to_string));
            fit
        }
        Err(fault) => Fit { customers, doubts: vec![fault.to_string()], ..Fit::default() },
    }
}
