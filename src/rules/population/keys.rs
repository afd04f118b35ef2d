//! Figures as unsigned keys that sort as the figures do.
//!
//! In: finite floats or ints. Out: `u64` keys: a smaller figure has a smaller key, equal figures have one key, so -0.0 has
//! that of 0.0. Must not know: populations.

const SIGN: u64 = 1 << 63;

/// The key of a float; not for NaN.
pub(super) fn of_float(x: f64) -> u64 {
    // Adding 0.0 makes one zero of both.
    let bits = (x + 0.0).to_bits();
    bits ^ (((bits as i64 >> 63) as u64) | SIGN)
}

/// The float of a key.
pub(super) fn to_float(key: u64) -> f64 {
    f64::from_bits(key ^ ((!(key as i64) >> 63) as u64 | SIGN))
}

/// The key of an int.
pub(super) fn of_int(n: i64) -> u64 {
    n as u64 ^ SIGN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_as_figures() {
        let floats = [f64::MIN, -1.5, -1.0, -5e-324, 0.0, 5e-324, f64::MIN_POSITIVE, 1.0, f64::MAX];
        assert!(floats.windows(2).all(|w| of_float(w[0]) < of_float(w[1])));
        assert!(floats.iter().all(|x| to_float(of_float(*x)).to_bits() == x.to_bits()));
        assert_eq!(of_float(-0.0), of_float(0.0));
        assert!([i64::MIN, -1, 0, 1, i64::MAX].windows(2).all(|w| of_int(w[0]) < of_int(w[1])));
    }
}
