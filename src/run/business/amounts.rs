//! Amounts of customers by month of the planning year.
//!
//! In: single amounts with their days. Out: [`Amounts`], a sum for each customer and month. Must not know: where they come from. Months
//! are those of the planning year: month 0 begins with its first day, month -1 a month earlier.

use crate::calendar;
use crate::error::Error;

/// Months of a year.
pub const YEAR: i32 = 12;

/// The planning year by its months.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Months {
    start: i32,
    as_of: i32,
}

impl Months {
    /// The months of a planning year that starts on a day, as a run sees them that knows nothing of `as_of` and later. Both are day
    /// numbers; the start is the 28th of its month at the latest.
    pub fn new(start: i32, as_of: i32) -> Months {
        Months { start, as_of }
    }

    /// The month of a day; `None` for a day that the run does not know yet, or that is none.
    ///
    /// ```
    /// use tierwright::calendar::parse_date_iso;
    /// use tierwright::run::business::amounts::Months;
    /// let day = |text: &str| parse_date_iso(text).unwrap();
    /// let months = Months::new(day("2018-04-06"), day("2018-07-01"));
    /// assert_eq!([months.of(day("2018-04-06")), months.of(day("2018-05-05")), months.of(day("2018-04-05"))], [Some(0), Some(0), Some(-1)]);
    /// assert_eq!(months.of(day("2018-07-01")), None);
    /// assert_eq!(months.known(), 2);
    /// ```
    pub fn of(&self, day: i32) -> Option<i32> {
        if day < self.as_of { self.place(day) } else { None }
    }

    fn place(&self, day: i32) -> Option<i32> {
        let (year, month, of_month) = calendar::parts(day)?;
        let (start_year, start_month, start_day) = calendar::parts(self.start)?;
        let months = (i32::from(year) - i32::from(start_year)) * YEAR + i32::from(month) - i32::from(start_month);
        Some(months - i32::from(of_month < start_day))
    }

    /// The first month that is not over on the as-of date: all before it are known whole.
    pub fn known(&self) -> i32 {
        self.place(self.as_of).unwrap_or(0)
    }

    /// The first day of a month, as a day number.
    pub fn first_day(&self, month: i32) -> Option<i32> {
        calendar::plus_months(self.start, i64::from(month))
    }
}

/// Sums by customer and month, of months that are over and of the one under way.
#[derive(Clone, Debug, Default)]
pub struct Amounts {
    /// For each customer its months with their sums, in ascending order.
    rows: Vec<Vec<(i32, f64)>>,
    /// Amounts of no known day.
    pub undated: u64,
    /// Amounts of days before the first one that is looked at.
    pub early: u64,
}

impl Amounts {
    /// No amounts of so many customers.
    pub fn new(customers: usize) -> Amounts {
        Amounts { rows: vec![Vec::new(); customers], undated: 0, early: 0 }
    }

    /// How many customers there are.
    pub fn customers(&self) -> u32 {
        u32::try_from(self.rows.len()).unwrap_or(u32::MAX)
    }

    /// Adds an amount. Amounts of one customer and month add up in the order in which they come.
    ///
    /// # Errors
    /// [`Error::Defect`]: a customer that is not there.
    pub fn add(&mut self, customer: u32, month: i32, amount: f64) -> Result<(), Error> {
        let row = self.rows.get_mut(customer as usize);
        let row = row.ok_or_else(|| Error::Defect(format!("an amount of customer {customer}, who is not there")))?;
        match row.binary_search_by_key(&month, |(own, _)| *own) {
            Ok(at) => row[at].1 += amount,
            Err(at) => row.insert(at, (month, amount)),
        }
        Ok(())
    }

    /// The first month in which anybody has an amount.
    pub fn first(&self) -> Option<i32> {
        self.rows.iter().filter_map(|row| Some(row.first()?.0)).min()
    }

    /// The first month in which a customer has an amount.
    pub fn first_of(&self, customer: u32) -> Option<i32> {
        Some(self.rows.get(customer as usize)?.first()?.0)
    }

    /// A customer's sums of the months from one up to another, exclusive; 0 for a month without.
    pub fn months(&self, customer: u32, from: i32, to: i32) -> Vec<f64> {
        let mut months = vec![0.0; usize::try_from(to - from).unwrap_or(0)];
        for (month, amount) in self.rows.get(customer as usize).into_iter().flatten() {
            let at = usize::try_from(month - from).ok().and_then(|at| months.get_mut(at));
            at.into_iter().for_each(|slot| *slot += amount);
        }
        months
    }
}
