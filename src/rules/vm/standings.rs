//! Standings of customers as columns.
//!
//! In: a population's figures and groups by customer row. Out: [`Standings`]. Must not know: programs, how a standing is computed
//! ([`crate::rules::population`]).

use crate::error::Error;
use crate::rules::builtin::Standing;
use crate::rules::pages::Pages;
use crate::rules::population::{Column, Figures, Population, Quantiles, Score};
use crate::rules::standing;

/// The standings in one population, by customer row.
#[derive(Debug)]
pub(super) enum Standings {
    /// Floats; not finite where a standing cannot be computed.
    Floats {
        values: Pages<f64>,
        /// Bits.
        there: Vec<u8>,
    },
    /// Ints.
    Ints {
        values: Pages<i64>,
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

/// Figures of all customers.
#[derive(Debug)]
pub(super) enum Dense {
    /// Floats.
    Floats(Pages<f64>),
    /// Ints, dates or datetimes.
    Ints(Pages<i64>),
}

fn bytes(words: &[u64], rows: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    bytes.resize(rows.div_ceil(8), 0);
    bytes
}

/// Words of bits that lie in bytes.
fn words(bytes: &[u8]) -> Vec<u64> {
    let word = |part: &[u8]| part.iter().enumerate().fold(0, |word, (n, byte)| word | u64::from(*byte) << (8 * n));
    bytes.chunks(8).map(word).collect()
}

/// Those that are not finite are there, and not a number.
fn floats(mut column: Column<f64>) -> Standings {
    let rows = column.values.len();
    if let Some(not_finite) = &column.not_finite {
        for (row, value) in column.values.iter_mut().enumerate() {
            if not_finite[row / 64] >> (row % 64) & 1 == 1 {
                *value = f64::NAN;
            }
        }
        column.there.iter_mut().zip(not_finite).for_each(|(there, more)| *there |= more);
    }
    Standings::Floats { there: bytes(&column.there, rows), values: column.values }
}

/// The standings of all customers: of those who have a figure, in groups, by rows in key order.
///
/// # Errors
/// [`Error::Defect`] for a model, which has several figures: see [`modelled`].
pub(super) fn compute(
    standing: Standing,
    figures: &Dense,
    counted: &[u8],
    groups: Option<&[u32]>,
    keys: &[u32],
) -> Result<Standings, Error> {
    let (figures, rows) = match figures {
        Dense::Floats(v) => (Figures::Float(v), v.len()),
        Dense::Ints(v) => (Figures::Int(v), v.len()),
    };
    let mut counted = words(counted);
    counted.resize(rows.div_ceil(64), 0);
    let population = Population::new(figures, &counted, groups, keys);
    Ok(match standing {
        Standing::PctRank | Standing::Ntile => floats(population.pct_rank()),
        Standing::ZScore => floats(population.zscore()),
        Standing::MinMax => floats(population.min_max()),
        Standing::Share => floats(population.share()),
        Standing::MeanOf => floats(population.mean_of()),
        Standing::Rank => {
            let ranks = population.rank();
            Standings::Ints { there: bytes(&ranks.there, rows), values: ranks.values }
        }
        Standing::Model(model) => return Err(Error::Defect(format!("`{}` asked of one figure", model.name()))),
        Standing::QuantileOf => {
            let any = population.quantile(0.0);
            let there = match any.not_finite {
                Some(more) => any.there.iter().zip(more).map(|(there, more)| there | more).collect(),
                None => any.there,
            };
            Standings::Quantiles { quantiles: population.quantiles(), there: bytes(&there, rows) }
        }
    })
}

/// Stands for what cannot be because of the customer's own arguments; it is not finite.
pub(super) const REFUSED: f64 = f64::NEG_INFINITY;

/// What a model says, as standings.
pub(super) fn modelled(scores: &[standing::Score]) -> Standings {
    let mut values = Pages::zeroed(scores.len());
    let mut there = vec![0_u8; scores.len().div_ceil(8)];
    for (row, score) in scores.iter().enumerate() {
        values[row] = match score {
            standing::Score::Missing => continue,
            standing::Score::Value(value) => *value,
            standing::Score::NotFinite => f64::NAN,
            standing::Score::Refused => REFUSED,
        };
        there[row / 8] |= 1 << (row % 8);
    }
    Standings::Floats { values, there }
}

/// Group of a customer who is in none.
pub(super) const NONE: u32 = u32::MAX;
