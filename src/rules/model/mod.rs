//! Models of a whole population: fitted to all customers of a group, then asked about each of them.
//!
//! In: for each customer of a group, in key order, what the call's arguments gave. Out: [`Asked`]: a score for each, and what was fitted with what
//! speaks against it. Must not know: rules, the engine, groups. Both evaluators ask the same models, as both take logarithms from `libm`.
//! Start at [`Model::ask`].

mod buyers;
mod criteria;

pub use buyers::Fits;

use super::standing::Score;
use crate::measures::lifetime::{self, Unit};

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
    /// doubts say why. `fits` keeps what was fitted, for further questions of the same customers.
    pub fn ask(self, setting: &Setting, columns: &[&[f64]], fits: &mut Fits) -> Asked {
        match self {
            Model::Gini => whole(columns, lifetime::gini),
            Model::Herfindahl => whole(columns, lifetime::herfindahl),
            Model::TopShare => top_share(columns),
            Model::Alive | Model::Purchases | Model::LifetimeValue => buyers::ask(self, setting, columns, fits),
            Model::Spend => buyers::spend(columns, fits),
            Model::Topsis | Model::Vikor | Model::Promethee => criteria::ask(self, columns),
            Model::EntropyWeight | Model::CriticWeight => criteria::weight(self, setting, columns),
        }
    }
}

impl Asked {
    /// Nobody has a score.
    pub(super) fn nothing(columns: &[&[f64]], why: &str) -> Asked {
        let rows = columns.first().map_or(0, |column| column.len());
        let all: Vec<usize> = (0..rows).collect();
        Asked::unfitted(rows, &all, "", why)
    }

    /// Nobody has a score; those who are not sound are refused.
    pub(super) fn unfitted(rows: usize, sound: &[usize], name: &'static str, why: &str) -> Asked {
        let mut scores = vec![Score::Refused; rows];
        sound.iter().for_each(|at| scores[*at] = Score::Missing);
        let fit = Fit { customers: sound.len(), doubts: vec![why.to_owned()], ..Fit::default() };
        Asked { scores, fits: vec![(name, fit)] }
    }
}

/// A figure of the whole group, the same for all of it.
fn whole(columns: &[&[f64]], figure: impl Fn(&[f64]) -> Option<f64>) -> Asked {
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
    if !(0.0..=1.0).contains(&first) {
        return Asked { scores: vec![Score::Refused; values.len()], fits: Vec::new() };
    }
    whole(&[*values], |sound| lifetime::top_share(sound, first))
}
