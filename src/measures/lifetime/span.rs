//! Lengths of time that carry their unit.
//!
//! In: a number and a [`Unit`]. Out: the same length in another unit. Must not know: dates, calendars, models. Start at
//! [`Span::new`].
//!
//! Models keep the unit of the data they were fitted on, and every horizon is a [`Span`], so that days cannot pass for
//! weeks.

use super::fault::{Fault, parameter};

/// A unit of time.
///
/// A week has 7 days, a year 365.25 days (Julian), a month a twelfth of a year: 30.4375 days or 4.348214 weeks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unit {
    /// Days.
    Days,
    /// Weeks of 7 days.
    Weeks,
    /// Months of 30.4375 days.
    Months,
    /// Years of 365.25 days.
    Years,
}

impl Unit {
    /// Days in one unit.
    pub fn days(self) -> f64 {
        match self {
            Unit::Days => 1.0,
            Unit::Weeks => 7.0,
            Unit::Months => 30.4375,
            Unit::Years => 365.25,
        }
    }
}

/// A length of time: a finite number of units, 0 or more.
///
/// Some tools count a month as 4.345 weeks or as 30 days; such a month is `Span::new(4.345, Unit::Weeks)`.
///
/// ```
/// use tierwright::measures::lifetime::{Span, Unit};
/// let quarter = Span::new(3.0, Unit::Months)?;
/// assert_eq!(quarter.in_unit(Unit::Days), 91.3125);
/// assert_eq!(Span::new(39.0, Unit::Weeks)?.in_unit(Unit::Weeks), 39.0);
/// assert!(Span::new(-1.0, Unit::Days).is_err());
/// # Ok::<(), tierwright::measures::lifetime::Fault>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    count: f64,
    unit: Unit,
}

impl Span {
    /// A length of `count` units; a fault if the count is negative or not finite.
    pub fn new(count: f64, unit: Unit) -> Result<Span, Fault> {
        parameter("the length of a span", count, count >= 0.0, "finite and 0 or more")?;
        Ok(Span { count, unit })
    }

    /// How many units it was given in.
    pub fn count(self) -> f64 {
        self.count
    }

    /// The unit it was given in.
    pub fn unit(self) -> Unit {
        self.unit
    }

    /// The length in another unit; in its own unit exactly the count it was given.
    pub fn in_unit(self, unit: Unit) -> f64 {
        if unit == self.unit { self.count } else { self.count * self.unit.days() / unit.days() }
    }
}
