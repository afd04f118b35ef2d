//! Figures of a list of numbers that are more than a sum or a mean: concentration, cash flows, trend.
//!
//! In: the numbers of one list, none missing, and what the method's argument says. Out: [`Figured`]. Must not know: rules, the engine, columns. Both
//! evaluators take the figures from here, as they take logarithms from `libm`; how a list comes about is theirs. Start at [`Figure::of`].

use crate::measures::lifetime;

/// A figure of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Figure {
    /// Gini's coefficient: 0 where all are equal, towards 1 where one has all.
    Gini,
    /// Herfindahl's index: the sum of the squared shares.
    Herfindahl,
    /// The share that the largest hold; the argument is how many of all they are, from 0 (nobody, who holds nothing) to 1.
    TopShare,
    /// Net present value: element i is at the end of period i, the first is now; the argument is the rate of a period.
    Npv,
    /// Periods until the sum is no longer negative.
    Payback,
    /// Slope of the line of least squares, for each step.
    Trend,
    /// How strong the season is, 0 to 1; the argument is how many elements a season has.
    Seasonality,
}

/// What comes out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Figured {
    /// There is none: an empty list, a total of 0, cash flows that never pay back, too few elements.
    Missing,
    /// A value; it may be not finite, which is a failure.
    Value(f64),
    /// An element or the argument is not what the figure is made of: a negative part of a whole, a rate of -100 % or less, a season of fewer than two.
    Refused,
}

impl Figure {
    /// Whether the method has an argument.
    pub fn has_argument(self) -> bool {
        matches!(self, Figure::TopShare | Figure::Npv | Figure::Seasonality)
    }

    /// The figure of numbers; `argument` is not looked at where there is none.
    ///
    /// ```
    /// use tierwright::rules::figure::{Figure, Figured};
    /// assert_eq!(Figure::Herfindahl.of(&[3.0, 1.0], 0.0), Figured::Value(0.625));
    /// assert_eq!(Figure::Payback.of(&[-100.0, 40.0, 40.0, 40.0], 0.0), Figured::Value(2.5));
    /// assert_eq!(Figure::Payback.of(&[-100.0, 40.0], 0.0), Figured::Missing);
    /// assert_eq!(Figure::Gini.of(&[1.0, -1.0], 0.0), Figured::Refused);
    /// ```
    pub fn of(self, values: &[f64], argument: f64) -> Figured {
        let parts = |figure: &dyn Fn(&[f64]) -> Option<f64>| match values.iter().any(|x| *x < 0.0) {
            true => Figured::Refused,
            false => or_missing(figure(values)),
        };
        match self {
            Figure::Gini => parts(&lifetime::gini),
            Figure::Herfindahl => parts(&lifetime::herfindahl),
            Figure::TopShare if !(0.0..=1.0).contains(&argument) => Figured::Refused,
            Figure::TopShare => parts(&|values| lifetime::top_share(values, argument)),
            Figure::Npv if argument <= -1.0 => Figured::Refused,
            Figure::Npv if values.is_empty() => Figured::Missing,
            // Of numbers that are there, one without a value is beyond all numbers.
            Figure::Npv => Figured::Value(lifetime::npv_even(argument, values).unwrap_or(f64::INFINITY)),
            Figure::Payback => or_missing(lifetime::payback(values)),
            Figure::Trend => or_missing(lifetime::line(values).map(|line| line.slope)),
            Figure::Seasonality if argument < 2.0 => Figured::Refused,
            Figure::Seasonality => {
                or_missing(lifetime::season(values, argument as usize).map(|season| season.strength))
            }
        }
    }
}

fn or_missing(value: Option<f64>) -> Figured {
    value.map_or(Figured::Missing, Figured::Value)
}
