//! Standings of customers as columns.
//!
//! In: a population's figures and groups by customer row. Out: [`Standings`]. Must not know: programs, how a standing is computed
//! ([`crate::rules::standing`]).

use crate::rules::builtin::Standing;
use crate::rules::standing::{Figures, NO_GROUP, Population, Quantiles, Score};

/// The standings in one population, by customer row.
#[derive(Debug)]
pub(super) enum Standings {
    /// Floats; not finite where a standing cannot be computed.
    Floats {
        values: Vec<f64>,
        /// Bits.
        there: Vec<u8>,
    },
    /// Ints.
    Ints {
        values: Vec<i64>,
        /// Bits.
        there: Vec<u8>,
    },
    /// Quantiles of each customer's group.
    Quantiles {
        quantiles: Quantiles,
        /// Bits.
        there: Vec<u8>,
    },
}

impl Standings {
    pub(super) fn floats(&self) -> Option<&[f64]> {
        if let Standings::Floats { values, .. } = self { Some(values) } else { None }
    }

    pub(super) fn ints(&self) -> Option<&[i64]> {
        if let Standings::Ints { values, .. } = self { Some(values) } else { None }
    }

    /// Who has one, as bits.
    pub(super) fn there(&self) -> &[u8] {
        match self {
            Standings::Floats { there, .. } | Standings::Ints { there, .. } | Standings::Quantiles { there, .. } => {
                there
            }
        }
    }

    /// A quantile of a customer's group; not finite if it cannot be computed, 0 if there is none.
    pub(super) fn quantile(&self, row: u32, q: f64) -> f64 {
        match self {
            Standings::Quantiles { quantiles, .. } => float(quantiles.at(row, q)),
            Standings::Floats { .. } | Standings::Ints { .. } => 0.0,
        }
    }
}

fn float(score: Score) -> f64 {
    match score {
        Score::Missing => 0.0,
        Score::Value(x) => x,
        Score::NotFinite => f64::NAN,
    }
}

fn bits(rows: usize, holds: impl Fn(usize) -> bool) -> Vec<u8> {
    let mut bytes = vec![0; rows.div_ceil(8)];
    for row in (0..rows).filter(|row| holds(*row)) {
        bytes[row / 8] |= 1 << (row % 8);
    }
    bytes
}

/// The standings of all customers: of those with a figure, in groups, by rows in key order.
pub(super) fn compute(standing: Standing, figures: Figures, groups: Option<Vec<u32>>, keys: &[u32]) -> Standings {
    let rows = match &figures {
        Figures::Int(v) => v.len(),
        Figures::Float(v) => v.len(),
    };
    let population = Population::new(figures, groups.as_deref(), keys);
    let floats = |scores: Vec<Score>| Standings::Floats {
        values: scores.iter().map(|score| float(*score)).collect(),
        there: bits(rows, |row| scores[row] != Score::Missing),
    };
    match standing {
        Standing::PctRank | Standing::Ntile => floats(population.pct_rank()),
        Standing::ZScore => floats(population.zscore()),
        Standing::MinMax => floats(population.min_max()),
        Standing::Share => floats(population.share()),
        Standing::MeanOf => floats(population.mean_of()),
        Standing::Rank => {
            let ranks = population.rank();
            Standings::Ints {
                values: ranks.iter().map(|rank| rank.unwrap_or(0)).collect(),
                there: bits(rows, |row| ranks[row].is_some()),
            }
        }
        Standing::QuantileOf => {
            let quantiles = population.quantiles();
            let there = bits(rows, |row| quantiles.at(row as u32, 0.0) != Score::Missing);
            Standings::Quantiles { quantiles, there }
        }
    }
}

/// Group of a customer who is in none.
pub(super) const NONE: u32 = NO_GROUP;
