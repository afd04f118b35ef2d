//! Sums that do not depend on the order of their values.
//!
//! In: numbers. Out: their mean. Must not know: columns. Start at [`Sum`].
//!
//! Rows of a table that is read in parts come in another order than those of one in memory, and the figures of both must be
//! the same. So sums are exact: integers in two halves, floats by exponent, each exponent with an integer of its own; it is
//! rounded only at the end.

/// Values so far.
#[derive(Clone, Debug)]
pub enum Sum {
    /// Of integers: the halves of their sum in two's complement, and how many there are.
    Int(i128, u128, u64),
    /// Of finite floats: for each exponent the sum of significands, and how many there are.
    Float(Box<[i128]>, u64),
}

/// Exponents of finite floats; subnormal ones share the least.
const EXPONENTS: usize = 2047;
/// The least of them, of a float whose significand is an integer.
const LEAST: i32 = -1074;

impl Sum {
    /// No integers yet.
    pub fn ints() -> Sum {
        Sum::Int(0, 0, 0)
    }

    /// No floats yet.
    pub fn floats() -> Sum {
        Sum::Float(vec![0; EXPONENTS].into(), 0)
    }

    /// Adds an integer; nothing to a sum of floats.
    pub fn add_int(&mut self, value: i128) {
        if let Sum::Int(high, low, count) = self {
            *high += value >> 64;
            *low += (value as u128) & u128::from(u64::MAX);
            *count += 1;
        }
    }

    /// Adds a finite float; nothing to a sum of integers.
    pub fn add_float(&mut self, value: f64) {
        if let Sum::Float(sums, count) = self {
            let bits = value.to_bits();
            let exponent = ((bits >> 52) & 0x7ff) as usize;
            let significand = (bits & ((1 << 52) - 1)) | if exponent > 0 { 1 << 52 } else { 0 };
            let signed = if value < 0.0 { -i128::from(significand) } else { i128::from(significand) };
            if let Some(sum) = sums.get_mut(exponent.saturating_sub(1)) {
                *sum += signed;
                *count += 1;
            }
        }
    }

    /// The mean, each value divided by `unit`; none without values, or if the sum is beyond the largest float.
    pub fn mean(&self, unit: f64) -> Option<f64> {
        let (sum, count) = match self {
            Sum::Int(high, low, count) => (of_halves(*high, *low), *count),
            Sum::Float(sums, count) => (of_exponents(sums), *count),
        };
        Some(sum / unit / count as f64).filter(|mean| count > 0 && mean.is_finite())
    }
}

fn of_halves(high: i128, low: u128) -> f64 {
    let (carry, low) = ((low >> 64) as i128, low & u128::from(u64::MAX));
    let high = high + carry;
    match high.checked_mul(1 << 64).and_then(|sum| sum.checked_add_unsigned(low)) {
        Some(sum) => sum as f64,
        None => high as f64 * 2.0_f64.powi(64),
    }
}

/// The largest first, with what rounding loses added at the end (A. Neumaier, ZAMM 54, 1974).
fn of_exponents(sums: &[i128]) -> f64 {
    let (mut sum, mut lost) = (0.0_f64, 0.0_f64);
    let mut add = |value: f64| {
        let next = sum + value;
        lost += if sum.abs() >= value.abs() { (sum - next) + value } else { (value - next) + sum };
        sum = next;
    };
    for (place, units) in sums.iter().enumerate().rev().filter(|(_, units)| **units != 0) {
        let high = *units as f64;
        let low = (*units - high as i128) as f64;
        add(scaled(high, LEAST + place as i32));
        add(scaled(low, LEAST + place as i32));
    }
    sum + lost
}

/// `value * 2^exponent`, in two steps where the power alone is no normal float.
fn scaled(value: f64, exponent: i32) -> f64 {
    let half = exponent / 2;
    value * 2.0_f64.powi(half) * 2.0_f64.powi(exponent - half)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn floats(values: &[f64]) -> Option<f64> {
        let mut sum = Sum::floats();
        values.iter().for_each(|value| sum.add_float(*value));
        sum.mean(1.0)
    }

    #[test]
    fn floats_sum_to_the_same_in_any_order() {
        let mut values: Vec<f64> =
            (0..1000_i32).map(|k| f64::from(k * k - 300_000) / 7.0 * 10_f64.powi(k % 40)).collect();
        let forth = floats(&values);
        values.reverse();
        assert_eq!(floats(&values), forth);
        assert_eq!(floats(&[1e300, 1.0, -1e300, 1.0]), Some(0.5), "nothing is lost to a large value");
        assert_eq!(floats(&[0.1; 10]), Some(0.1));
        assert_eq!(floats(&[5e-324, -0.0, 5e-324]), Some(5e-324 * 2.0 / 3.0));
        assert_eq!(floats(&[f64::MAX, f64::MAX]), None, "the sum is no float");
        assert_eq!(floats(&[f64::MAX, -f64::MAX]), Some(0.0));
        assert_eq!(floats(&[]), None);
    }

    #[test]
    fn integers_sum_beyond_their_width() {
        let mean = |values: &[i128], unit| {
            let mut sum = Sum::ints();
            values.iter().for_each(|value| sum.add_int(*value));
            sum.mean(unit)
        };
        assert_eq!(
            mean(&[i128::from(i64::MAX), i128::from(i64::MAX), -3], 1.0),
            Some((2.0 * i64::MAX as f64 - 3.0) / 3.0)
        );
        assert_eq!(mean(&[i128::MAX, i128::MAX, i128::MIN, i128::MIN], 1.0), Some(-0.5));
        assert_eq!(mean(&[i128::MAX; 4], 1.0), Some(i128::MAX as f64));
        assert_eq!((mean(&[-125, 250], 100.0), mean(&[], 1.0)), (Some(0.625), None));
    }
}
