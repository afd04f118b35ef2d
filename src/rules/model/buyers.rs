//! Repeat purchases and what they are worth.
//!
//! In: how often, how long and how much the customers of a group bought. Out: [`Asked`]. Must not know: dates, orders. A model that was fitted to the same
//! figures before is not fitted again. Start at [`ask`].

use super::{Asked, Fit, Model, Setting};
use crate::measures::lifetime::{self, BgNbd, Doubt, Fault, Fitted, GammaGamma, Plan, Span, Spend, Unit};
use crate::rules::standing::Score;
use rayon::prelude::*;
use std::collections::HashMap;

/// Models by what they were fitted to.
#[derive(Debug, Default)]
pub struct Fits {
    buyers: HashMap<(blake3::Hash, Unit), Result<Fitted<BgNbd, 4>, Fault>>,
    spend: HashMap<blake3::Hash, Result<Spend, Fault>>,
}

impl Fits {
    /// BG/NBD of how often, when last and how old.
    fn buyers(&mut self, columns: &[&[f64]; 3], unit: Unit) -> Result<Fitted<BgNbd, 4>, Fault> {
        let [x, t_x, age] = columns;
        self.buyers.entry((hash(columns), unit)).or_insert_with(|| BgNbd::fit(x, t_x, age, unit)).clone()
    }

    /// Gamma-Gamma of how often and how much.
    fn spend(&mut self, columns: &[&[f64]; 2]) -> Result<Spend, Fault> {
        let [x, mean] = columns;
        self.spend.entry(hash(columns)).or_insert_with(|| GammaGamma::fit(x, mean)).clone()
    }
}

fn hash(columns: &[&[f64]]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    for column in columns {
        hasher.update(&column.len().to_le_bytes());
        hasher.update(bytemuck::cast_slice(column));
    }
    hasher.finalize()
}

/// Models of repeat purchases.
pub(super) fn ask(asked: Model, setting: &Setting, columns: &[&[f64]], known: &mut Fits) -> Asked {
    let [x, t_x, age, rest @ ..] = columns else { return Asked::nothing(columns, "arguments are missing") };
    let sound: Vec<usize> = (0..x.len()).filter(|at| BgNbd::takes(x[*at], t_x[*at], age[*at])).collect();
    let taken = |column: &[f64]| -> Vec<f64> { sound.iter().map(|at| column[*at]).collect() };
    let fitted = match known.buyers(&[&taken(x), &taken(t_x), &taken(age)], setting.unit) {
        Ok(fitted) => fitted,
        Err(fault) => return Asked::unfitted(x.len(), &sound, "BG/NBD", &fault.to_string()),
    };
    let model = fitted.model;
    let mut fits = vec![("BG/NBD", fit(&fitted, ["r", "alpha", "a", "b"], model.parameters(), sound.len()))];
    let mut scores = vec![Score::Refused; x.len()];
    let money = match asked {
        Model::LifetimeValue => Some({
            // Whose spend cannot be is no part of the fit, and gets no value.
            let paid: Vec<usize> = sound.iter().copied().filter(|at| rest[0][*at] >= 0.0).collect();
            let of = |column: &[f64]| -> Vec<f64> { paid.iter().map(|at| column[*at]).collect() };
            let (x, mean) = (of(x), of(rest[0]));
            let money = known.spend(&[&x, &mean]);
            fits.push(("Gamma-Gamma", spend_fit(&money, &x, &mean)));
            money
        }),
        _ => None,
    };
    let of = |at: usize| {
        let (x, t_x, age) = (x[at], t_x[at], age[at]);
        match (asked, &money) {
            (Model::Alive, _) => score(model.alive(x, t_x, age)),
            (Model::Purchases, _) => {
                score(Span::new(rest[0][at], setting.unit).and_then(|horizon| model.purchases(x, t_x, age, horizon)))
            }
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

/// Expected spend by Gamma-Gamma.
pub(super) fn spend(columns: &[&[f64]], known: &mut Fits) -> Asked {
    let [x, mean] = columns else { return Asked::nothing(columns, "arguments are missing") };
    let is_sound = |at: &usize| x[*at] >= 0.0 && x[*at].fract() == 0.0 && mean[*at] >= 0.0;
    let sound: Vec<usize> = (0..x.len()).filter(is_sound).collect();
    let taken = |column: &[f64]| -> Vec<f64> { sound.iter().map(|at| column[*at]).collect() };
    let (bought, spent) = (taken(x), taken(mean));
    let fitted = known.spend(&[&bought, &spent]);
    let fits = vec![("Gamma-Gamma", spend_fit(&fitted, &bought, &spent))];
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

/// Whoever bought nothing, or for nothing, is no part of the fit.
fn spend_fit(made: &Result<lifetime::Spend, lifetime::Fault>, x: &[f64], mean: &[f64]) -> Fit {
    let customers = x.iter().zip(mean).filter(|(x, mean)| **x > 0.0 && **mean > 0.0).count();
    match made {
        Ok(spend) => {
            let mut fit = fit(&spend.fitted, ["p", "q", "v"], spend.fitted.model.parameters(), customers);
            fit.doubts.extend(spend.doubts.iter().map(Doubt::to_string));
            fit
        }
        Err(fault) => Fit { customers, doubts: vec![fault.to_string()], ..Fit::default() },
    }
}
