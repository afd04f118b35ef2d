//! PROMETHEE II: net flows of preference between all pairs of alternatives (Brans & Vincke 1985).
//!
//! In: a [`Table`], weights, a [`Preference`] per criterion. Out: [`Flows`]. Must not know: where weights come from.
//! Start at [`promethee`].

use super::fault::Fault;
use super::flows::beats;
use super::table::Table;
use rayon::prelude::*;

/// The most alternatives that are compared pair by pair, as [`Preference::Gaussian`] has to be.
pub const MOST_PAIRED: usize = 50_000;

/// Figures beyond this size are refused: sums of a column could overflow.
const LARGEST: f64 = 1e150;

/// How strongly one alternative is preferred, from 0 to 1, by how much it is better in a criterion; 0 where it is
/// worse.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Preference {
    /// 1 for any difference (type I).
    Usual,
    /// 0 up to `indifference`, 1 from `preference` on, a line between (type V; type III with an indifference of 0).
    Linear {
        /// Differences up to this do not matter; 0 or more.
        indifference: f64,
        /// Differences from this on matter fully; above `indifference`.
        preference: f64,
    },
    /// 1 − exp(−d² / 2 s²) (type VI). For up to [`MOST_PAIRED`] alternatives.
    Gaussian {
        /// The difference at which preference grows fastest; above 0.
        s: f64,
    },
}

impl Preference {
    /// The preference by a difference; more than 0 is better.
    ///
    /// ```
    /// use tierwright::measures::weights::Preference;
    /// assert_eq!(Preference::Linear { indifference: 1.0, preference: 5.0 }.of(2.0), 0.25);
    /// assert_eq!(Preference::Usual.of(-2.0), 0.0);
    /// ```
    pub fn of(self, difference: f64) -> f64 {
        match self {
            _ if difference <= 0.0 => 0.0,
            Preference::Usual => 1.0,
            Preference::Linear { indifference, preference } => {
                ((difference - indifference) / (preference - indifference)).clamp(0.0, 1.0)
            }
            Preference::Gaussian { s } => -libm::expm1(-0.5 * (difference / s) * (difference / s)),
        }
    }

    fn check(self, rows: usize) -> Result<(), Fault> {
        let fault = |name, value, must| Err(Fault::Parameter { name, value, must });
        match self {
            Preference::Linear { indifference, .. } if !(0.0..=LARGEST).contains(&indifference) => {
                fault("the indifference threshold", indifference, "finite and 0 or more")
            }
            Preference::Linear { indifference, preference }
                if !(preference > indifference && preference <= LARGEST) =>
            {
                fault("the preference threshold", preference, "finite and more than the indifference threshold")
            }
            Preference::Gaussian { s } if !(s > 0.0 && s.is_finite()) => fault("s", s, "finite and more than 0"),
            Preference::Gaussian { .. } if rows > MOST_PAIRED => Err(Fault::TooMany { rows, most: MOST_PAIRED }),
            _ => Ok(()),
        }
    }
}

/// Flows of each alternative.
#[derive(Debug, Clone, PartialEq)]
pub struct Flows {
    /// φ⁺: how much it is preferred to the others on average, 0 to 1.
    pub positive: Vec<f64>,
    /// φ⁻: how much the others are preferred to it on average, 0 to 1.
    pub negative: Vec<f64>,
    /// φ: the difference, −1 to 1, more is better; all add up to 0.
    pub net: Vec<f64>,
}

/// Flows of alternatives, with one preference function per criterion; thresholds are in the unit of the criterion.
///
/// Usual and linear functions take time n log n for n alternatives, Gaussian ones n². One alternative has flows of 0.
///
/// Faults: another number of preferences than criteria, thresholds out of order, a figure beyond ±1e150, too many
/// alternatives for a Gaussian function; weights as in [`weighted_sum`](super::weighted_sum).
///
/// ```
/// use tierwright::measures::weights::{Direction::{Benefit, Cost}, Preference::{Linear, Usual}, Table, promethee};
/// let table = Table::new(&[&[3.0, 1.0, 2.0], &[10.0, 20.0, 40.0]], &[Benefit, Cost])?;
/// let linear = Linear { indifference: 0.0, preference: 20.0 };
/// let flows = promethee(&table, &[0.5, 0.5], &[Usual, linear])?;
/// assert_eq!(flows.net, [0.875, -0.375, -0.5]);
/// # Ok::<(), tierwright::measures::weights::Fault>(())
/// ```
pub fn promethee(table: &Table<'_>, weights: &[f64], preferences: &[Preference]) -> Result<Flows, Fault> {
    let weights = table.weights(weights)?;
    let (rows, criteria) = (table.alternatives(), table.criteria());
    if preferences.len() != criteria {
        let what = "preference functions";
        return Err(Fault::Lengths { what, found: preferences.len(), expected: criteria });
    }
    for (criterion, preference) in preferences.iter().enumerate() {
        preference.check(rows)?;
        let column = table.column(criterion);
        if let Some(row) = column.iter().position(|value| value.abs() > LARGEST) {
            return Err(Fault::Value { criterion, row, value: column[row], must: "between -1e150 and 1e150" });
        }
    }
    let sides: Vec<Sides> = (0..criteria).into_par_iter().map(|k| Sides::of(table, k, preferences[k])).collect();
    let others = rows.saturating_sub(1).max(1) as f64;
    let flow = |side: fn(&Sides) -> &[f64], row: usize| {
        (0..criteria).fold(0.0, |sum, k| sum + weights[k] * (side(&sides[k])[row] / others))
    };
    let positive: Vec<f64> = (0..rows).map(|row| flow(|sides| &sides.over, row)).collect();
    let negative: Vec<f64> = (0..rows).map(|row| flow(|sides| &sides.under, row)).collect();
    let net = positive.iter().zip(&negative).map(|(plus, minus)| plus - minus).collect();
    Ok(Flows { positive, negative, net })
}

/// Sums of preferences in one criterion: of each alternative over the others, and of the others over it.
struct Sides {
    over: Vec<f64>,
    under: Vec<f64>,
}

impl Sides {
    fn of(table: &Table<'_>, criterion: usize, preference: Preference) -> Sides {
        let sign = if table.is_cost(criterion) { -1.0 } else { 1.0 };
        let mut order: Vec<(f64, usize)> =
            table.column(criterion).iter().enumerate().map(|(row, value)| (sign * value + 0.0, row)).collect();
        order.par_sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut sorted: Vec<f64> = order.iter().map(|(value, _)| *value).collect();
        let over = beats(&sorted, preference);
        // Turned around, the worst comes last and is beaten by all.
        sorted.reverse();
        sorted.iter_mut().for_each(|value| *value = -*value);
        let under = beats(&sorted, preference);
        let mut sides = Sides { over: vec![0.0; order.len()], under: vec![0.0; order.len()] };
        for (at, (_, row)) in order.iter().enumerate() {
            sides.over[*row] = over[at];
            sides.under[*row] = under[order.len() - 1 - at];
        }
        sides
    }
}
