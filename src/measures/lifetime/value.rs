//! Customer lifetime value: expected purchases of each future period, discounted, times expected spend.
//!
//! In: a purchase model, a customer's history, the expected spend per purchase, a [`Plan`]. Out: the value in the unit
//! of the spend. Must not know: how models are fitted, currencies, dates. Start at [`value`].

use super::bgnbd::BgNbd;
use super::fault::{Fault, parameter, same_length};
use super::likelihood::{check, check_all};
use super::span::{Span, Unit};
use super::spend::GammaGamma;
use crate::measures::blocks;

/// Over how many periods value counts, how long a period is and what is taken off per period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plan {
    periods: u32,
    period: Span,
    rate: f64,
}

impl Plan {
    /// `periods` of length `period` each, 1 to 10,000; purchases of period i count at its end and are divided by
    /// (1 + `rate`)^i. The rate is per period, more than −1: 0.01 with months is 1 % a month.
    pub fn new(periods: u32, period: Span, rate: f64) -> Result<Plan, Fault> {
        let number = f64::from(periods);
        parameter("the number of periods", number, (1..=10_000).contains(&periods), "from 1 to 10,000")?;
        parameter("the length of a period", period.count(), period.count() > 0.0, "more than 0")?;
        parameter("the discount rate", rate, rate > -1.0, "finite and more than -1")?;
        Ok(Plan { periods, period, rate })
    }

    /// Purchases in each period, discounted and summed, of a customer whose expected number up to a time is given.
    fn discounted(&self, unit: Unit, upto: impl Fn(f64) -> f64) -> f64 {
        let length = self.period.in_unit(unit);
        let (mut total, mut before, mut factor) = (0.0, 0.0, 1.0);
        for period in 1..=self.periods {
            let purchases = upto(f64::from(period) * length);
            factor /= 1.0 + self.rate;
            total += (purchases - before) * factor;
            before = purchases;
        }
        total
    }
}

/// Expected purchases over a plan, each period's discounted: a number of purchases at their present value.
///
/// `x`, `t_x` and `age` are as in [`BgNbd::fit`], in the model's unit. A fault if no customer can have this history.
pub fn discounted_purchases(model: &BgNbd, x: f64, t_x: f64, age: f64, plan: &Plan) -> Result<f64, Fault> {
    check(0, x, t_x, age)?;
    Ok(plan.discounted(model.unit(), |horizon| model.bought(x, t_x, age, horizon)))
}

/// The present value of a customer's expected purchases over a plan, each worth `spend`: revenue or margin, as `spend`
/// is.
///
/// Units cannot mix: the model knows the unit of `t_x` and `age`, the plan's period its own. A fault if no customer can
/// have this history or `spend` is not finite.
///
/// ```
/// use tierwright::measures::lifetime::{BgNbd, GammaGamma, Plan, Span, Unit, value};
/// let model = BgNbd::new(0.242593, 4.413532, 0.792886, 2.425752, Unit::Weeks)?;
/// let spend = GammaGamma::new(6.248802, 3.744588, 15.447748)?.expected(2.0, 22.35)?.unwrap_or(0.0);
/// // Twelve months of 4.345 weeks, 1 % a month.
/// let plan = Plan::new(12, Span::new(4.345, Unit::Weeks)?, 0.01)?;
/// let worth = value(&model, 2.0, 30.43, 38.86, spend, &plan)?;
/// assert_eq!(format!("{worth:.2}"), "36.28");
/// # Ok::<(), tierwright::measures::lifetime::Fault>(())
/// ```
pub fn value(model: &BgNbd, x: f64, t_x: f64, age: f64, spend: f64, plan: &Plan) -> Result<f64, Fault> {
    parameter("spend", spend, true, "finite")?;
    Ok(spend * discounted_purchases(model, x, t_x, age, plan)?)
}

/// The [`value`] of every customer, on all threads; `spend` is the customers' mean spend, which the model of spend
/// turns into an expected one. `None` where that does not exist, see [`GammaGamma::expected`]. Faults name the row.
pub fn values(
    model: &BgNbd,
    money: &GammaGamma,
    [x, t_x, age, spend]: [&[f64]; 4],
    plan: &Plan,
) -> Result<Vec<Option<f64>>, Fault> {
    check_all(x, t_x, age)?;
    same_length("spend", spend.len(), x.len())?;
    let expected = money.expected_all(x, spend)?;
    Ok(blocks::map(x.len(), |row| {
        let purchases = || plan.discounted(model.unit(), |horizon| model.bought(x[row], t_x[row], age[row], horizon));
        expected[row].map(|spend| spend * purchases())
    }))
}
