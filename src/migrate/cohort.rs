//! Transition probabilities by the cohort method.
//!
//! In: a [`Panel`]. Out: [`Counts`] over all its pairs of years, matrices, and [`transitions`]. Must not know: values, how
//! tables look. Start at [`transitions`].
//!
//! The cohort method (CreditMetrics, *Technical Document*, J.P. Morgan 1997; D. Lando and T. M. Skødeberg, *Analyzing rating
//! transitions and rating drift with continuous observations*, Journal of Banking & Finance 26, 2002) follows the customers
//! of tier i at the start of a year to its end, and adds up years:
//!
//! ```text
//! P_ij = Σ_t N_ij(t) / Σ_t N_i(t),   N_i(t) = Σ_j N_ij(t)
//! ```
//!
//! What lies between is not seen. Customers undetermined at the start are in no tier, and those undetermined at the end have
//! an unknown one: neither are counted. Those who are gone at the end are either kept or removed, see [`Exits`].

use super::flow::Flow;
use super::interval::wilson;
use super::matrix::Matrix;
use super::panel::{Panel, State};

/// How probabilities over several years were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// From pairs of years that are as far apart.
    Cohort,
    /// As the power of the one-year matrix: as if a customer's next tier depended on its present one alone, in all years
    /// alike (R. A. Jarrow, D. Lando and S. M. Turnbull, *A Markov model for the term structure of credit risk spreads*,
    /// Review of Financial Studies 10, 1997).
    Markov,
}

/// What becomes of customers who are gone: in ratings of credits those that were withdrawn (NR).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exits {
    /// Being gone is a state of its own, which nobody leaves: `P_i,gone = N_i,gone / N_i`.
    Kept,
    /// They are left out and the row is scaled up to 1, `P_ij = N_ij / (N_i - N_i,gone)`: as if those who are gone would
    /// have moved like those who are not (CreditMetrics 1997; Jarrow, Lando and Turnbull 1997).
    Removed,
}

impl Method {
    /// Its word in tables.
    pub fn word(self) -> &'static str {
        match self {
            Method::Cohort => "cohort",
            Method::Markov => "markov",
        }
    }
}

impl Exits {
    /// Both treatments.
    pub const ALL: [Exits; 2] = [Exits::Kept, Exits::Removed];

    /// Its word in tables.
    pub fn word(self) -> &'static str {
        match self {
            Exits::Kept => "kept",
            Exits::Removed => "removed",
        }
    }
}

/// Customers by tier and by what became of them some years later, over all pairs of years that are as far apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts {
    /// How many years lie between.
    pub years: u32,
    /// How many pairs of years there are.
    pub pairs: u32,
    /// A row for each tier by code: those now in each tier, then those gone.
    rows: Vec<Vec<u64>>,
}

impl Counts {
    /// Counts over all pairs of years of the panel that are `years` apart.
    pub fn of(panel: &Panel, years: u32) -> Counts {
        let tiers = panel.tiers().len();
        let mut counts = Counts { years, pairs: 0, rows: vec![vec![0; tiers + 1]; tiers] };
        for from in panel.cycles() {
            let to = i16::try_from(i64::from(from) + i64::from(years)).ok();
            let Some(flow) = to.and_then(|to| Flow::count(panel, from, to)) else { continue };
            counts.pairs += 1;
            for (tier, row) in (0..).zip(&mut counts.rows) {
                let ends = (0..tiers as u16).map(State::Tier).chain([State::Absent]);
                for (sum, end) in row.iter_mut().zip(ends) {
                    *sum += flow.cell(State::Tier(tier), end).customers;
                }
            }
        }
        counts
    }

    /// Customers of a tier, by where they are later; `None` is gone.
    pub fn customers(&self, from: u16, to: Option<u16>) -> u64 {
        let row = &self.rows[usize::from(from)];
        row[to.map_or(row.len() - 1, usize::from)]
    }

    /// Customer-years behind a row of probabilities.
    pub fn at_risk(&self, from: u16, exits: Exits) -> u64 {
        let row = &self.rows[usize::from(from)];
        let counted = match exits {
            Exits::Kept => row.len(),
            Exits::Removed => row.len() - 1,
        };
        row[..counted].iter().sum()
    }

    /// The estimated probability; none where nobody is behind the row.
    pub fn probability(&self, from: u16, to: Option<u16>, exits: Exits) -> Option<f64> {
        let all = self.at_risk(from, exits);
        (all > 0).then(|| self.customers(from, to) as f64 / all as f64)
    }

    /// The estimated matrix: tiers by code, then being gone where exits are kept. A row without customers is missing.
    pub fn matrix(&self, exits: Exits) -> Matrix {
        let tiers = self.rows.len() as u16;
        let ends = || (0..tiers).map(Some).chain((exits == Exits::Kept).then_some(None));
        let row = |from: u16| ends().map(|to| self.probability(from, to, exits)).collect();
        let mut rows: Vec<Option<Vec<f64>>> = (0..tiers).map(row).collect();
        if exits == Exits::Kept {
            rows.push(Some(ends().map(|to| f64::from(u8::from(to.is_none()))).collect()));
        }
        Matrix::square(rows)
    }
}

/// One probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transition {
    /// Years between.
    pub horizon: u32,
    /// How it was found.
    pub method: Method,
    /// What was done with those who are gone.
    pub exits: Exits,
    /// The tier at the start.
    pub from: u16,
    /// The tier at the end; none for gone.
    pub to: Option<u16>,
    /// Customers who went that way; none for a power of the one-year matrix.
    pub customers: Option<u64>,
    /// Customer-years behind the row: of this horizon for cohorts, of one year for a power.
    pub at_risk: u64,
    /// The probability; none where nobody tells it.
    pub probability: Option<f64>,
    /// Its 95 % interval, as if customer-years were independent; none for a power.
    pub interval: Option<(f64, f64)>,
}

/// All probabilities: for each number of years that lie between two years of the panel by cohorts, from two years on as a
/// power of the one-year matrix as well, with exits kept and removed. Sorted by horizon, method, exits, tier before and tier
/// after, the highest first, gone last.
pub fn transitions(panel: &Panel) -> Vec<Transition> {
    let one = Counts::of(panel, 1);
    let shown = panel.shown();
    let mut found = Vec::new();
    for years in horizons(panel) {
        let counts = Counts::of(panel, years);
        for exits in Exits::ALL {
            each(&shown, exits, |from, to| {
                let (customers, at_risk) = (counts.customers(from, to), counts.at_risk(from, exits));
                found.push(Transition {
                    horizon: years,
                    method: Method::Cohort,
                    exits,
                    from,
                    to,
                    customers: Some(customers),
                    at_risk,
                    probability: counts.probability(from, to, exits),
                    interval: wilson(customers, at_risk),
                });
            });
        }
        for exits in Exits::ALL.into_iter().filter(|_| years > 1) {
            let power = one.matrix(exits).power(years);
            each(&shown, exits, |from, to| {
                let place = to.map_or(shown.len(), usize::from);
                found.push(Transition {
                    horizon: years,
                    method: Method::Markov,
                    exits,
                    from,
                    to,
                    customers: None,
                    at_risk: one.at_risk(from, exits),
                    probability: power.row(usize::from(from)).and_then(|row| row.get(place).copied()),
                    interval: None,
                });
            });
        }
    }
    found
}

/// Calls `cell` for each tier before and each end after.
fn each(shown: &[u16], exits: Exits, mut cell: impl FnMut(u16, Option<u16>)) {
    for from in shown {
        shown.iter().for_each(|to| cell(*from, Some(*to)));
        if exits == Exits::Kept {
            cell(*from, None);
        }
    }
}

/// The numbers of years that lie between two years of the panel, ascending.
pub fn horizons(panel: &Panel) -> Vec<u32> {
    let cycles: Vec<i16> = panel.cycles().collect();
    let pairs = cycles.iter().flat_map(|from| cycles.iter().map(move |to| i32::from(*to) - i32::from(*from)));
    let mut years: Vec<u32> = pairs.filter_map(|years| u32::try_from(years).ok().filter(|y| *y > 0)).collect();
    years.sort_unstable();
    years.dedup();
    years
}
