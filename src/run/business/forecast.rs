//! Forecasts of one series of months, each with its error on a part of the history that was held back.
//!
//! In: amounts of consecutive months. Out: [`Forecast`]: the months to come, the model that made them, and the error of every
//! model that could be tried. Must not know: customers, tiers, dates. Start at [`forecast`].
//!
//! Four models are tried, the simplest first: the mean of the last twelve months; last year's month again; a trend, by
//! exponential smoothing ([`smoothing`](super::smoothing)); season and trend, decomposed by STL (Cleveland, Cleveland, McRae &
//! Terpenning 1990; crate `stlrs`), the trend by the same smoothing and the season as in the last year. Each is fitted to the
//! history without its last months and judged by the mean absolute error there; the best is fitted again to all of it.

use super::smoothing;
use stlrs::Stl;

/// Months of a season.
pub const SEASON: usize = 12;
/// Months without which no trend is fitted.
const TREND_FROM: usize = 6;
/// Months held back at least where a season could be tried.
const SEASON_HELD: usize = 4;

/// How a forecast was made, simplest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Model {
    /// The mean of the last twelve months, or of as many as there are.
    Mean,
    /// The same month of the year before.
    LastYear,
    /// Exponential smoothing without season.
    Trend,
    /// Decomposition into season and trend.
    Season,
    /// The sum of the forecasts of the parts.
    Sum,
}

impl Model {
    /// Its word in the files.
    pub fn word(self) -> &'static str {
        match self {
            Model::Mean => "mean",
            Model::LastYear => "last year",
            Model::Trend => "trend",
            Model::Season => "season",
            Model::Sum => "sum of tiers",
        }
    }
}

/// The error of a model on the months that were held back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// The model.
    pub model: Model,
    /// Mean absolute error, in the unit of the amounts.
    pub mae: f64,
    /// Root of the mean squared error.
    pub rmse: f64,
    /// Sum of absolute errors by the sum of absolute amounts; `None` where nothing was sold.
    pub wape: Option<f64>,
    /// Sum of errors, forecast less actual, by the same; positive where too much was forecast.
    pub bias: Option<f64>,
}

/// The months to come.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    /// The model that made them.
    pub model: Model,
    /// One amount for each month.
    pub months: Vec<f64>,
    /// Months of history.
    pub history: usize,
    /// The last months of the history, which were held back to judge the models; empty where there are too few to do so.
    pub held: Vec<f64>,
    /// What the chosen model gave for them.
    pub held_forecast: Vec<f64>,
    /// The error of each model that could be tried.
    pub scores: Vec<Score>,
}

impl Forecast {
    /// The error of the chosen model.
    pub fn score(&self) -> Option<&Score> {
        self.scores.iter().find(|score| score.model == self.model)
    }
}

/// Forecasts so many months after a history, its oldest month first. An amount that was never negative is not forecast to be. Only
/// the models named are tried; the mean always.
///
/// ```
/// use tierwright::run::business::forecast::{Model, forecast};
/// let year = [10.0, 12.0, 14.0, 11.0, 9.0, 8.0, 7.0, 8.0, 12.0, 16.0, 25.0, 30.0];
/// let three: Vec<f64> = (0..36).map(|month| year[month % 12] + month as f64 / 12.0).collect();
/// let next = forecast(&three, 12, true);
/// assert_eq!((next.months.len(), next.held.len()), (12, 12));
/// assert!(next.score().unwrap().wape.unwrap() < 0.1);
/// ```
pub fn forecast(history: &[f64], months: usize, all_models: bool) -> Forecast {
    let held = held(history.len());
    let (train, test) = history.split_at(history.len() - held);
    let models: &[Model] =
        if all_models { &[Model::Mean, Model::LastYear, Model::Trend, Model::Season] } else { &[Model::Mean] };
    let floor = if history.iter().all(|amount| *amount >= 0.0) { 0.0 } else { f64::NEG_INFINITY };
    let mut tried: Vec<(Score, Vec<f64>)> = Vec::new();
    if held > 0 {
        for model in models {
            let Some(given) = predict(*model, train, held, floor) else { continue };
            tried.push((score(*model, &given, test), given));
        }
    }
    // Of equal errors the simplest model, which is tried first.
    let mut order: Vec<usize> = (0..tried.len()).collect();
    order.sort_by(|a, b| tried[*a].0.mae.total_cmp(&tried[*b].0.mae));
    let chosen = order.iter().find_map(|at| {
        let months = predict(tried[*at].0.model, history, months, floor)?;
        Some((tried[*at].0.model, months, tried[*at].1.clone()))
    });
    let (model, months, held_forecast) =
        chosen.unwrap_or_else(|| (Model::Mean, vec![mean(history).max(floor); months], Vec::new()));
    let scores = tried.into_iter().map(|(score, _)| score).collect();
    Forecast { model, months, history: history.len(), held: test.to_vec(), held_forecast, scores }
}

/// How many months are held back of a history: a third, a year at most; fewer where two whole seasons would not be left
/// otherwise; none where there are too few for both.
fn held(history: usize) -> usize {
    let third = (history / 3).min(SEASON);
    let beyond = history.saturating_sub(2 * SEASON);
    if (SEASON_HELD..third).contains(&beyond) { beyond } else { third }
}

/// What a model gives for the months after a history; `None` where it cannot be fitted, or gives what is no number.
fn predict(model: Model, history: &[f64], months: usize, floor: f64) -> Option<Vec<f64>> {
    let given = match model {
        Model::Mean => (!history.is_empty()).then(|| vec![mean(history); months])?,
        Model::LastYear => {
            let year = history.get(history.len().checked_sub(SEASON)?..)?;
            (0..months).map(|month| year[month % SEASON]).collect()
        }
        Model::Trend if history.len() >= TREND_FROM => smoothing::fit(history)?.ahead(months),
        Model::Season if history.len() >= 2 * SEASON => {
            let parts = Stl::fit(history, SEASON).ok()?;
            let adjusted: Vec<f64> =
                history.iter().zip(parts.seasonal()).map(|(amount, season)| amount - season).collect();
            let year = &parts.seasonal()[history.len() - SEASON..];
            let level = smoothing::fit(&adjusted)?.ahead(months);
            level.into_iter().zip(year.iter().cycle()).map(|(level, season)| level + season).collect()
        }
        Model::Trend | Model::Season | Model::Sum => return None,
    };
    let whole = given.len() == months && given.iter().all(|amount| amount.is_finite());
    whole.then(|| given.into_iter().map(|amount| amount.max(floor)).collect())
}

fn mean(history: &[f64]) -> f64 {
    let last = &history[history.len().saturating_sub(SEASON)..];
    if last.is_empty() { 0.0 } else { last.iter().sum::<f64>() / last.len() as f64 }
}

/// The error of what was forecast against what came.
pub fn score(model: Model, given: &[f64], came: &[f64]) -> Score {
    let errors = || given.iter().zip(came).map(|(given, came)| given - came);
    let n = came.len().max(1) as f64;
    let size: f64 = came.iter().map(|amount| amount.abs()).sum();
    let absolute: f64 = errors().map(f64::abs).sum();
    let by_size = |sum: f64| (size > 0.0).then(|| sum / size);
    Score {
        model,
        mae: absolute / n,
        rmse: (errors().map(|e| e * e).sum::<f64>() / n).sqrt(),
        wape: by_size(absolute),
        bias: by_size(errors().sum()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_third_is_held_back_and_two_seasons_are_left_where_they_can_be() {
        let cases = [(0, 0), (2, 0), (3, 1), (10, 3), (24, 8), (27, 9), (28, 4), (31, 7), (33, 9), (36, 12), (100, 12)];
        for (history, wanted) in cases {
            assert_eq!(held(history), wanted, "{history}");
        }
    }

    #[test]
    fn errors_are_as_reckoned_by_hand() {
        let score = score(Model::Mean, &[10.0, 10.0, 10.0], &[8.0, 12.0, 16.0]);
        // Errors 2, -2, -6.
        assert_eq!((score.mae, score.rmse), (10.0 / 3.0, (44.0_f64 / 3.0).sqrt()));
        assert_eq!((score.wape, score.bias), (Some(10.0 / 36.0), Some(-6.0 / 36.0)));
    }

    #[test]
    fn a_season_is_found_and_a_level_stays_simple() {
        let year = [10.0, 12.0, 14.0, 11.0, 9.0, 8.0, 7.0, 8.0, 12.0, 16.0, 25.0, 30.0];
        let seasonal: Vec<f64> = (0..48).map(|m| year[m % 12] * (1.0 + m as f64 / 48.0)).collect();
        let next = forecast(&seasonal, 12, true);
        assert!(matches!(next.model, Model::Season | Model::LastYear), "{next:?}");
        assert!(next.months[11] > 2.0 * next.months[6], "{:?}", next.months);
        assert_eq!(next.scores.len(), 4);
        let level = forecast(&[5.0; 30], 3, true);
        assert_eq!((level.model, level.months), (Model::Mean, vec![5.0; 3]));
    }

    #[test]
    fn a_trend_is_carried_on() {
        let rising: Vec<f64> = (0..18).map(|m| 100.0 + 10.0 * m as f64).collect();
        let next = forecast(&rising, 3, true);
        assert_eq!(next.model, Model::Trend);
        for (given, wanted) in next.months.iter().zip([280.0, 290.0, 300.0]) {
            assert!((given - wanted).abs() < 5.0, "{:?}", next.months);
        }
    }

    #[test]
    fn short_and_empty_histories_have_a_forecast() {
        assert_eq!(forecast(&[], 2, true).months, [0.0, 0.0]);
        let one = forecast(&[6.0], 2, true);
        assert_eq!((one.model, one.months, one.scores.len()), (Model::Mean, vec![6.0, 6.0], 0));
        let few = forecast(&[6.0, 3.0, 9.0, 6.0], 1, true);
        assert_eq!((few.held, few.scores.len()), (vec![6.0], 1));
        assert_eq!(forecast(&[0.0; 40], 2, true).months, [0.0, 0.0]);
    }

    #[test]
    fn what_was_never_negative_is_not_forecast_to_be() {
        let falling: Vec<f64> = (0..20).map(|m| (200.0 - 11.0 * m as f64).max(0.0)).collect();
        assert!(forecast(&falling, 12, true).months.iter().all(|amount| *amount >= 0.0));
    }

    #[test]
    fn the_same_history_has_the_same_forecast() {
        let history: Vec<f64> = (0..40).map(|m| ((m * 37) % 11) as f64 + (m % 12) as f64).collect();
        let first = forecast(&history, 12, true);
        assert!((0..5).all(|_| forecast(&history, 12, true) == first));
    }
}
