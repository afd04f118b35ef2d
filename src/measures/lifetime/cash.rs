//! Cash flows: present value, payback, internal rate of return.
//!
//! In: amounts with their times in periods, a rate per period. Out: amounts of money, numbers of periods, rates. Must
//! not know: currencies, dates, how long a period is. Start at [`npv`].
//!
//! Amounts are finite; where one is not, or a rate is -1 or less, the answer is `None`. So it is where a result
//! overflows.

/// The net present value of amounts at times in periods from now, which need not be whole or in order: Σ amount / (1 +
/// rate)^time.
///
/// ```
/// use tierwright::measures::lifetime::npv;
/// assert_eq!(npv(0.1, &[(0.0, -100.0), (1.0, 110.0)]).map(f64::round), Some(0.0));
/// assert_eq!(npv(-1.0, &[(1.0, 5.0)]), None);
/// ```
pub fn npv(rate: f64, flows: &[(f64, f64)]) -> Option<f64> {
    let growth = libm::log1p(checked(rate)?);
    let total = flows.iter().fold(0.0, |total, (time, amount)| total + amount * libm::exp(-time * growth));
    (flows.iter().all(|(time, amount)| time.is_finite() && amount.is_finite()) && total.is_finite()).then_some(total)
}

/// The net present value of amounts at even times: element 0 is now, element i at the end of period i.
///
/// Spreadsheets often count the first amount as the end of period 1: put a 0 before it.
///
/// ```
/// use tierwright::measures::lifetime::npv_even;
/// assert_eq!(npv_even(0.5, &[-100.0, 75.0, 112.5]), Some(0.0));
/// ```
pub fn npv_even(rate: f64, amounts: &[f64]) -> Option<f64> {
    let growth = 1.0 + checked(rate)?;
    let total = amounts.iter().rev().fold(0.0, |total, amount| total / growth + amount);
    total.is_finite().then_some(total)
}

/// Periods until the amounts paid back what went before: the first time at which their running sum is not negative.
///
/// Element 0 is now, element i at the end of period i; within a period the amount is taken to flow evenly, so that the
/// answer has a fraction. 0 if the first amount is not negative; `None` if the sum stays negative or there are no
/// amounts.
///
/// ```
/// use tierwright::measures::lifetime::payback;
/// assert_eq!(payback(&[-100.0, 60.0, 80.0]), Some(1.5));
/// assert_eq!(payback(&[-100.0, 60.0]), None);
/// ```
pub fn payback(amounts: &[f64]) -> Option<f64> {
    if amounts.iter().any(|amount| !amount.is_finite()) {
        return None;
    }
    let mut before = 0.0;
    for (period, amount) in amounts.iter().enumerate() {
        let now = before + amount;
        if now >= 0.0 {
            return Some(if period == 0 { 0.0 } else { (period - 1) as f64 + -before / amount });
        }
        before = now;
    }
    None
}

/// [`payback`] of the present values of the amounts.
///
/// ```
/// use tierwright::measures::lifetime::discounted_payback;
/// assert_eq!(discounted_payback(1.0, &[-100.0, 100.0, 200.0, 80.0]), Some(2.0));
/// ```
pub fn discounted_payback(rate: f64, amounts: &[f64]) -> Option<f64> {
    let growth = 1.0 + checked(rate)?;
    let mut factor = 1.0;
    let present = |amount: &f64| {
        let value = amount / factor;
        factor *= growth;
        value
    };
    payback(&amounts.iter().map(present).collect::<Vec<f64>>())
}

/// The internal rate of return per period: the rate at which [`npv_even`] is 0. `None` if there is none, or more than
/// one.
///
/// Where the amounts change sign once, the rate is unique (Descartes). Otherwise discount factors from 0.001 to 1,000
/// are searched in steps of 0.7 %: the answer is given if the value crosses zero once; two rates within one step are
/// not seen.
///
/// ```
/// use tierwright::measures::lifetime::irr;
/// assert_eq!(irr(&[-100.0, 0.0, 121.0]).map(|rate| format!("{rate:.6}")), Some("0.100000".to_owned()));
/// assert_eq!(irr(&[-100.0, 230.0, -132.0]), None); // both 10 % and 20 %
/// ```
pub fn irr(amounts: &[f64]) -> Option<f64> {
    if amounts.iter().any(|amount| !amount.is_finite()) {
        return None;
    }
    let signs: Vec<f64> = amounts.iter().filter(|amount| **amount != 0.0).map(|amount| amount.signum()).collect();
    let changes = signs.windows(2).filter(|pair| pair[0] != pair[1]).count();
    let (low, high) = (libm::log(1e-3), libm::log(1e3));
    match changes {
        0 => None,
        1 => crossing(amounts, -700.0, 700.0),
        _ => {
            let at = |step: u32| low + (high - low) * f64::from(step) / 2000.0;
            let mut found = (0..2000).filter(|&step| {
                let (left, right) = (worth(amounts, at(step)), worth(amounts, at(step + 1)));
                right == 0.0 || (left != 0.0 && (left < 0.0) != (right < 0.0))
            });
            let step = found.next()?;
            if found.next().is_some() { None } else { crossing(amounts, at(step), at(step + 1)) }
        }
    }
}

/// The present value at the logarithm of a discount factor; beyond a factor of 1 divided by its highest power, which
/// keeps its sign and stays finite.
fn worth(amounts: &[f64], log: f64) -> f64 {
    if log <= 0.0 {
        let factor = libm::exp(log);
        amounts.iter().rev().fold(0.0, |total, amount| total * factor + amount)
    } else {
        let factor = libm::exp(-log);
        amounts.iter().fold(0.0, |total, amount| total * factor + amount)
    }
}

/// The rate where the value crosses zero between two logarithms of discount factors, by bisection.
fn crossing(amounts: &[f64], low: f64, high: f64) -> Option<f64> {
    let (mut low, mut high) = (low, high);
    let (first, last) = (worth(amounts, low), worth(amounts, high));
    if first == 0.0 || (first < 0.0) == (last < 0.0) {
        return None;
    }
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        let value = worth(amounts, middle);
        if value != 0.0 && (value < 0.0) == (first < 0.0) { low = middle } else { high = middle }
    }
    let rate = libm::expm1(-high);
    rate.is_finite().then_some(rate)
}

fn checked(rate: f64) -> Option<f64> {
    (rate > -1.0 && rate.is_finite()).then_some(rate)
}
