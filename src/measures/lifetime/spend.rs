//! The Gamma-Gamma model of spend per purchase (Fader, Hardie & Lee 2005; Fader & Hardie 2013).
//!
//! In: each customer's number of purchases and their mean value. Out: the fitted [`GammaGamma`] with its errors and the
//! correlation that it takes for zero; expected spend per purchase. Must not know: when purchases are made, currencies.
//! Start at [`GammaGamma::fit`].
//!
//! Values of one customer's purchases are Gamma(p, ν), and ν is Gamma(q, v) over customers; spend and frequency are
//! taken to be independent. A customer's expected spend is a mean of his own and of everybody's, weighted by what is
//! known of him.

use super::ascent::{Slope, highest};
use super::bgnbd::Fitted;
use super::buyers::Buyers;
use super::fault::{Fault, parameter, same_length};
use crate::measures::blocks;
use std::fmt;

/// A correlation of frequency and spend of this size or more is worth a warning.
///
/// Fader & Hardie take 0.11 for none; 0.3 is a medium effect (Cohen 1988).
pub const NOTABLE: f64 = 0.3;

/// A Gamma-Gamma model: `p` and `q` are pure numbers, `v` is in the unit of money of the spend.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GammaGamma {
    p: f64,
    q: f64,
    v: f64,
}

/// What may be wrong with a fitted model of spend.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Doubt {
    /// Frequency and spend are correlated by [`NOTABLE`] or more, while the model takes them for independent.
    Correlated {
        /// Pearson's correlation.
        correlation: f64,
    },
    /// q is 1 or less: the mean spend over customers is infinite, and nothing can be expected of a customer without
    /// spend.
    InfiniteMean {
        /// The estimate of q.
        q: f64,
    },
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Doubt::Correlated { correlation } => {
                write!(f, "frequency and spend are correlated ({correlation:.2}); the model takes them for independent")
            }
            Doubt::InfiniteMean { q } => write!(f, "q is {q:.3}: with q up to 1 the mean spend is infinite"),
        }
    }
}

/// A fitted model of spend.
#[derive(Debug, Clone, PartialEq)]
pub struct Spend {
    /// The fit; errors are those of p, q and v.
    pub fitted: Fitted<GammaGamma, 3>,
    /// Pearson's correlation of frequency and spend over the customers of the fit; 0 where one of them is constant.
    pub correlation: f64,
    /// Warnings to pass on.
    pub doubts: Vec<Doubt>,
}

impl GammaGamma {
    /// A model of given parameters, all finite and more than 0.
    ///
    /// ```
    /// use tierwright::measures::lifetime::GammaGamma;
    /// let model = GammaGamma::new(6.25, 3.74, 15.44)?;
    /// // Two repeat purchases of 22.35 on average; then a customer who never came back.
    /// assert_eq!(model.expected(2.0, 22.35)?.map(|spend| format!("{spend:.1}")), Some("24.7".to_owned()));
    /// assert_eq!(model.expected(0.0, 0.0)?.map(|spend| format!("{spend:.1}")), Some("35.2".to_owned()));
    /// # Ok::<(), tierwright::measures::lifetime::Fault>(())
    /// ```
    pub fn new(p: f64, q: f64, v: f64) -> Result<GammaGamma, Fault> {
        for (name, value) in [("p", p), ("q", q), ("v", v)] {
            parameter(name, value, value > 0.0, "finite and more than 0")?;
        }
        Ok(GammaGamma { p, q, v })
    }

    /// Fits the model by maximum likelihood.
    ///
    /// One row per customer, both columns of equal length and without missing values: `x` purchases, a whole number;
    /// `spend` their mean value, 0 or more. Customers with no purchase or a mean of 0 are left out. Faults: columns of
    /// different lengths, negative values, fewer than 4 customers left.
    pub fn fit(x: &[f64], spend: &[f64]) -> Result<Spend, Fault> {
        same_length("spend", spend.len(), x.len())?;
        (0..x.len()).try_for_each(|row| check(row, x[row], spend[row]))?;
        let buyers = Buyers::of(x, spend)?;
        let slope = Slope {
            function: |parameters: &[f64; 3]| buyers.likelihood(parameters),
            scale: [1.0, 1.0, buyers.mean],
            names: &["p", "q", "v"],
            weight: buyers.rows.len() as f64,
        };
        // The mean p v / (q − 1) of each start is the mean of the data.
        let start = |p: f64, q: f64| [p, q, buyers.mean * (q - 1.0) / p];
        let peak = highest(&slope, &[start(1.0, 2.0), start(6.0, 4.0), start(20.0, 3.0)]).ok_or(Fault::NoStart)?;
        let [p, q, v] = peak.at;
        let (errors, flat) = slope.errors(&peak);
        let fitted = Fitted {
            model: GammaGamma::new(p, q, v)?,
            log_likelihood: peak.point.value,
            errors,
            flat,
            customers: buyers.rows.len(),
            groups: buyers.rows.len(),
        };
        let correlation = buyers.correlation();
        let mut doubts = Vec::new();
        if correlation.abs() >= NOTABLE {
            doubts.push(Doubt::Correlated { correlation });
        }
        if q <= 1.0 {
            doubts.push(Doubt::InfiniteMean { q });
        }
        Ok(Spend { fitted, correlation, doubts })
    }

    /// p, q and v.
    pub fn parameters(&self) -> [f64; 3] {
        [self.p, self.q, self.v]
    }

    /// The expected value of a customer's purchases, in the unit of the spend, given `x` purchases of mean value
    /// `spend`.
    ///
    /// Without purchases `spend` does not matter, and everybody's mean p v / (q − 1) is expected. `None` where the mean
    /// does not exist: p x + q is 1 or less. A fault if `x` or `spend` is negative or `x` not a whole number; it is
    /// called row 0.
    pub fn expected(&self, x: f64, spend: f64) -> Result<Option<f64>, Fault> {
        check(0, x, spend)?;
        Ok(self.mean(x, spend))
    }

    /// [`GammaGamma::expected`] of every customer, on all threads. Faults name the row.
    pub fn expected_all(&self, x: &[f64], spend: &[f64]) -> Result<Vec<Option<f64>>, Fault> {
        same_length("spend", spend.len(), x.len())?;
        (0..x.len()).try_for_each(|row| check(row, x[row], spend[row]))?;
        Ok(blocks::map(x.len(), |row| self.mean(x[row], spend[row])))
    }

    pub(super) fn mean(&self, x: f64, spend: f64) -> Option<f64> {
        let known = self.p * x + self.q - 1.0;
        let own = if x > 0.0 { x * spend } else { 0.0 };
        (known > 0.0).then(|| self.p * (self.v + own) / known)
    }
}

fn check(row: usize, x: f64, spend: f64) -> Result<(), Fault> {
    if !((0.0..=9e15).contains(&x) && x.trunc() == x) {
        return Err(Fault::Row { row, column: "x", value: x, must: "a whole number, 0 or more" });
    }
    if !(spend >= 0.0 && spend.is_finite()) {
        return Err(Fault::Row { row, column: "spend", value: spend, must: "finite and 0 or more" });
    }
    Ok(())
}
