//! Numbers in messages: few digits, and a power of ten where they are very large or very small.
//!
//! In: a number. Out: a text for people. Must not know: what it counts. Start at [`short`].

/// A number with six digits at most where it is far from 1, else as it is.
pub(crate) fn short(x: f64) -> String {
    let size = x.abs();
    if x == 0.0 || (1e-4..1e15).contains(&size) || !x.is_finite() {
        return x.to_string();
    }
    let text = format!("{x:.5e}");
    let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
    format!("{}e{power}", digits.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_short() {
        for (x, text) in
            [(0.0, "0"), (-1.5, "-1.5"), (1.28068595e194, "1.28069e194"), (1e-320, "9.99989e-321"), (-3e20, "-3e20")]
        {
            assert_eq!(short(x), text);
        }
    }
}
