//! Lifetime: how often customers will buy again, what they will spend, what that is worth, and how it is spread.
//!
//! In: columns of numbers, one row per customer, or the series of one customer. Out: fitted models, expected purchases
//! and spend, present values, trends, concentration, scores. Must not know: tables, dates, files, rules, how anything
//! is shown. Start at [`BgNbd::fit`], [`GammaGamma::fit`] and [`value`].
//!
//! All numbers are finite: rows with missing values are removed before. Results have the same bits at any number of
//! threads and on any platform.

mod ascent;
mod bgnbd;
mod buyers;
mod cash;
mod concentration;
mod expected;
mod fault;
mod likelihood;
mod rfm;
mod season;
mod span;
mod special;
mod spend;
mod trend;
mod value;

pub use bgnbd::{BgNbd, Fitted};
pub use cash::{discounted_payback, irr, npv, npv_even, payback};
pub use concentration::{gini, herfindahl, top_share};
pub use fault::{Fault, Flat};
pub use rfm::{Rfm, rfm};
pub use season::{Season, season};
pub use span::{Span, Unit};
pub use spend::{Doubt, GammaGamma, NOTABLE, Spend};
pub use trend::{Line, line, theil_sen};
pub use value::{Plan, discounted_purchases, value, values};

#[cfg(test)]
mod simulated;
#[cfg(test)]
mod tests;
