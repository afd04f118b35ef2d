//! The BG/NBD model of repeat purchases outside a contract (Fader, Hardie & Lee 2005).
//!
//! In: each customer's repeat purchases, time of the last one and age, in one unit of time. Out: the fitted [`BgNbd`]
//! with its errors, and per customer the probability of being alive and the expected purchases. Must not know: spend,
//! tables, dates. Start at [`BgNbd::fit`].
//!
//! While alive a customer buys at a constant rate; after each purchase the customer leaves with a constant probability.
//! Rates are Gamma(r, α) over customers, probabilities Beta(a, b).

use super::ascent::{Slope, highest};
use super::expected;
use super::fault::{Fault, Flat, parameter};
use super::likelihood::{Groups, check, check_all, halves};
use super::span::{Span, Unit};
use crate::measures::blocks;

/// A BG/NBD model: four positive parameters and the unit of time of `alpha`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BgNbd {
    r: f64,
    alpha: f64,
    a: f64,
    b: f64,
    unit: Unit,
}

/// A model with what its fit says about it; `N` is the number of parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted<M, const N: usize> {
    /// The model at the maximum of the likelihood.
    pub model: M,
    /// The log likelihood there.
    pub log_likelihood: f64,
    /// Standard errors of the parameters, in the order of `parameters()`; `None` where
    /// the information matrix has no inverse.
    pub errors: Option<[f64; N]>,
    /// Why the maximum is not determined by the data, if it is not: a warning to pass on.
    pub flat: Option<Flat>,
    /// Customers that the fit rests on.
    pub customers: usize,
    /// Different histories among them.
    pub groups: usize,
}

impl BgNbd {
    /// Whether a customer's history can be: `x` repeat purchases, a whole number, the last at `t_x` within the age, `t_x` 0 where `x` is.
    ///
    /// ```
    /// use tierwright::measures::lifetime::BgNbd;
    /// assert!(BgNbd::takes(2.0, 30.43, 38.86) && BgNbd::takes(0.0, 0.0, 38.86));
    /// assert!(!BgNbd::takes(2.0, 39.0, 38.86) && !BgNbd::takes(0.5, 1.0, 2.0) && !BgNbd::takes(0.0, 1.0, 2.0));
    /// ```
    pub fn takes(x: f64, t_x: f64, age: f64) -> bool {
        check(0, x, t_x, age).is_ok()
    }

    /// A model of given parameters, all finite and more than 0; `alpha` counts in `unit`.
    ///
    /// ```
    /// use tierwright::measures::lifetime::{BgNbd, Span, Unit};
    /// let weeks = |count| Span::new(count, Unit::Weeks);
    /// let model = BgNbd::new(0.243, 4.414, 0.793, 2.426, Unit::Weeks)?;
    /// // Two repeat purchases, the last after 30.43 of 38.86 weeks (Fader, Hardie & Lee 2005).
    /// assert_eq!(format!("{:.3}", model.alive(2.0, 30.43, 38.86)?), "0.727");
    /// assert_eq!(format!("{:.3}", model.purchases(2.0, 30.43, 38.86, weeks(39.0)?)?), "1.226");
    /// # Ok::<(), tierwright::measures::lifetime::Fault>(())
    /// ```
    pub fn new(r: f64, alpha: f64, a: f64, b: f64, unit: Unit) -> Result<BgNbd, Fault> {
        for (name, value) in [("r", r), ("alpha", alpha), ("a", a), ("b", b)] {
            parameter(name, value, value > 0.0, "finite and more than 0")?;
        }
        Ok(BgNbd { r, alpha, a, b, unit })
    }

    /// Fits the model by maximum likelihood.
    ///
    /// One row per customer, all columns of equal length and without missing values: `x` repeat purchases, a whole
    /// number; `t_x` time from the first purchase to the last, 0 exactly where `x` is 0; `age` time from the first
    /// purchase to the end of observation. Times are in `unit`. The search runs in the logarithms of the parameters
    /// from four starts; the order of rows and the number of threads do not change a bit of the result.
    ///
    /// Faults: columns of different lengths or empty, a row out of range, no repeat purchase at all. A likelihood that
    /// the data leave flat is no fault: see [`Fitted::flat`].
    ///
    /// ```
    /// use tierwright::measures::lifetime::{BgNbd, Fault, Unit};
    /// let none = BgNbd::fit(&[0.0, 0.0], &[0.0, 0.0], &[20.0, 30.0], Unit::Weeks);
    /// assert_eq!(none, Err(Fault::NoRepeats));
    /// let late = BgNbd::fit(&[1.0, 2.0], &[9.0, 31.0], &[20.0, 30.0], Unit::Weeks);
    /// assert!(matches!(late, Err(Fault::Row { row: 1, column: "t_x", .. })));
    /// ```
    pub fn fit(x: &[f64], t_x: &[f64], age: &[f64], unit: Unit) -> Result<Fitted<BgNbd, 4>, Fault> {
        let groups = Groups::of(x, t_x, age)?;
        let slope = Slope {
            function: |parameters: &[f64; 4]| groups.likelihood(parameters),
            scale: [1.0, groups.age, 1.0, 1.0],
            names: &["r", "alpha", "a", "b"],
            weight: groups.customers as f64,
        };
        // The rate of purchase is about r / alpha: every start agrees with it.
        let start = |r: f64, a: f64, b: f64| {
            let alpha = (r / groups.rate).clamp(1e-3 * groups.age, 1e3 * groups.age);
            [r, alpha, a, b]
        };
        let starts = [start(1.0, 1.0, 1.0), start(0.3, 0.8, 2.5), start(4.0, 0.2, 2.0), start(0.5, 5.0, 20.0)];
        let peak = highest(&slope, &starts).ok_or(Fault::NoStart)?;
        let [r, alpha, a, b] = peak.at;
        let (errors, flat) = slope.errors(&peak);
        Ok(Fitted {
            model: BgNbd::new(r, alpha, a, b, unit)?,
            log_likelihood: peak.point.value,
            errors,
            flat,
            customers: groups.customers,
            groups: groups.len(),
        })
    }

    /// r, alpha, a and b.
    pub fn parameters(&self) -> [f64; 4] {
        [self.r, self.alpha, self.a, self.b]
    }

    /// The unit of time of `alpha`, of `t_x` and of `age`.
    pub fn unit(&self) -> Unit {
        self.unit
    }

    /// The probability that a customer of this history is still alive at the end of observation; 1 where `x` is 0,
    /// because customers leave only after repeat purchases.
    ///
    /// `t_x` and `age` are in the model's unit. A fault if no customer can have this history; it is called row 0.
    pub fn alive(&self, x: f64, t_x: f64, age: f64) -> Result<f64, Fault> {
        check(0, x, t_x, age)?;
        Ok(self.living(x, t_x, age))
    }

    /// Expected purchases of a customer of this history in the `horizon` after the end of observation.
    ///
    /// `t_x` and `age` are in the model's unit, the horizon in its own. A fault as in [`BgNbd::alive`].
    pub fn purchases(&self, x: f64, t_x: f64, age: f64, horizon: Span) -> Result<f64, Fault> {
        check(0, x, t_x, age)?;
        Ok(self.bought(x, t_x, age, horizon.in_unit(self.unit)))
    }

    /// Expected repeat purchases of a customer of whom nothing is known, in the `horizon` after the first purchase
    /// (equation 9).
    ///
    /// ```
    /// use tierwright::measures::lifetime::{BgNbd, Span, Unit};
    /// let model = BgNbd::new(0.243, 4.414, 0.793, 2.426, Unit::Weeks)?;
    /// assert_eq!(format!("{:.2}", model.unconditional(Span::new(546.0, Unit::Days)?)), "1.86");
    /// # Ok::<(), tierwright::measures::lifetime::Fault>(())
    /// ```
    pub fn unconditional(&self, horizon: Span) -> f64 {
        expected::purchases(self.r, self.a, self.b, horizon.in_unit(self.unit) / self.alpha)
    }

    /// [`BgNbd::alive`] of every customer, on all threads. Faults name the row.
    pub fn alive_all(&self, x: &[f64], t_x: &[f64], age: &[f64]) -> Result<Vec<f64>, Fault> {
        check_all(x, t_x, age)?;
        Ok(blocks::map(x.len(), |row| self.living(x[row], t_x[row], age[row])))
    }

    /// [`BgNbd::purchases`] of every customer, on all threads. Faults name the row.
    pub fn purchases_all(&self, x: &[f64], t_x: &[f64], age: &[f64], horizon: Span) -> Result<Vec<f64>, Fault> {
        check_all(x, t_x, age)?;
        let horizon = horizon.in_unit(self.unit);
        Ok(blocks::map(x.len(), |row| self.bought(x[row], t_x[row], age[row], horizon)))
    }

    fn living(&self, x: f64, t_x: f64, age: f64) -> f64 {
        if x == 0.0 {
            return 1.0;
        }
        let silence = libm::log1p((age - t_x) / (self.alpha + t_x));
        halves(libm::log(self.a / (self.b + x - 1.0)) + (self.r + x) * silence).0
    }

    pub(super) fn bought(&self, x: f64, t_x: f64, age: f64, horizon: f64) -> f64 {
        let alive = self.living(x, t_x, age);
        alive * expected::purchases(self.r + x, self.a, self.b + x, horizon / (self.alpha + age))
    }
}
