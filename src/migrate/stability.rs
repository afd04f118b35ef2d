//! How much a year changed, in one number.
//!
//! In: the [`Flow`] between two years. Out: [`Stability`]. Must not know: other years.

use super::flow::Flow;
use super::matrix::Matrix;
use super::panel::State;
use super::singular::singular_values;
use crate::table::drift;

/// Indices of one pair of years.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stability {
    /// Population stability index of the shares of tiers.
    pub psi: Option<f64>,
    /// What chance explains of it: see [`drift::index`].
    pub psi_chance: Option<f64>,
    /// Shorrocks' index of mobility: [`trace`].
    pub trace: Option<f64>,
    /// Jafry and Schuermann's index of mobility: [`svd`].
    pub svd: Option<f64>,
}

impl Stability {
    /// The indices between two years.
    ///
    /// The population stability index compares the shares q of tiers among the customers who had one with the shares p
    /// among those who have one: `Σ (p - q) ln(p / q)`, a share of 0 counting as 0.0001. Below 0.1 the tiers are as they
    /// were, over 0.25 they are others (N. Siddiqi, *Credit Risk Scorecards*, Wiley 2006).
    ///
    /// The indices of mobility are those of the matrix without exits of the tiers that somebody had in either year. They are
    /// missing where one of these tiers has no customer in both years: its row is unknown.
    pub fn of(flow: &Flow) -> Stability {
        let states = flow.states();
        let tiers = states.iter().copied().filter(|state| matches!(state, State::Tier(_)));
        let sums = tiers.map(|tier| (tier, flow.row(tier).customers, flow.column(tier).customers));
        let used: Vec<(State, u64, u64)> = sums.filter(|(_, before, now)| before + now > 0).collect();
        let before: Vec<u64> = used.iter().map(|(_, before, _)| *before).collect();
        let now: Vec<u64> = used.iter().map(|(_, _, now)| *now).collect();
        let index = drift::index(&now, &before);
        let row = |from: State| -> Option<Vec<f64>> {
            let ends: Vec<u64> = used.iter().map(|(to, _, _)| flow.cell(from, *to).customers).collect();
            let all: u64 = ends.iter().sum();
            (all > 0).then(|| ends.iter().map(|n| *n as f64 / all as f64).collect())
        };
        let matrix = Matrix::square(used.iter().map(|(from, _, _)| row(*from)).collect());
        Stability {
            psi: index.map(|(index, _)| index),
            psi_chance: index.map(|(_, chance)| chance),
            trace: trace(&matrix),
            svd: svd(&matrix),
        }
    }
}

/// The trace index of A. F. Shorrocks (*The measurement of mobility*, Econometrica 46, 1978) of n tiers:
/// `(n - Σ P_ii) / (n - 1)`. It is 0 where nobody moves, and 1 where the next tier does not depend on the present one; none for
/// fewer than two tiers, or where a row is missing.
pub fn trace(matrix: &Matrix) -> Option<f64> {
    let size = matrix.size() as f64;
    let stay: f64 = matrix.whole()?.iter().enumerate().map(|(at, row)| row[at]).sum();
    (matrix.size() > 1).then(|| (size - stay) / (size - 1.0))
}

/// The index of Y. Jafry and T. Schuermann (*Measurement, estimation and comparison of credit migration matrices*, Journal of
/// Banking & Finance 28, 2004): the mean of the singular values of P - I, with I the identity. It is 0 where nobody moves. If
/// all customers move alike with probability p, to each other tier alike, it is p, so it reads as a mean probability to move.
/// Unlike the trace it depends on where those who move go, though not on how many tiers lie between. None for fewer than two tiers, or where a row is missing.
pub fn svd(matrix: &Matrix) -> Option<f64> {
    let less = |(at, row): (usize, &&[f64])| -> Vec<f64> {
        row.iter().enumerate().map(|(to, p)| if to == at { p - 1.0 } else { *p }).collect()
    };
    let rows: Vec<Vec<f64>> = matrix.whole()?.iter().enumerate().map(less).collect();
    (rows.len() > 1).then(|| singular_values(&rows).iter().sum::<f64>() / rows.len() as f64)
}
