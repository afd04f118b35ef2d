use super::*;
use crate::rules::site::Part;

const HOSTILE: [f64; 24] = [
    0.0,
    -0.0,
    0.49999999999999994,
    -0.49999999999999994,
    0.5,
    -0.5,
    1.5,
    2.5,
    -2.5,
    2.345,
    1e15 + 0.5,
    4_503_599_627_370_495.5,
    -4_503_599_627_370_497.5,
    9_007_199_254_740_993.0,
    INT_END,
    -INT_END,
    1e300,
    f64::MAX,
    f64::MIN,
    f64::MIN_POSITIVE,
    5e-324,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
];

fn failure(fails: &Fails, row: usize) -> Option<(CauseKind, Part)> {
    fails.get(row).read()
}

/// Runs a kernel over 0, 1, 63, 64, 65 and 1,024 rows of hostile values and holds each row against `expected`.
fn check(
    kernel: impl Fn(Src<'_, f64>, Src<'_, f64>, &mut [f64], &mut Fails),
    expected: impl Fn(f64, f64) -> Result<f64, (CauseKind, Part)>,
) {
    let n = HOSTILE.len();
    for rows in [0, 1, 63, 64, 65, 1_024] {
        let a: Vec<f64> = (0..rows).map(|i| HOSTILE[i % n]).collect();
        let b: Vec<f64> = (0..rows).map(|i| HOSTILE[i / n % n]).collect();
        let forms =
            [(Src::Each(&a[..]), Src::Each(&b[..])), (Src::Each(&a), Src::All(1.5)), (Src::All(-0.0), Src::Each(&b))];
        for (a, b) in forms {
            let (mut out, mut fails) = (vec![9.0; rows], Fails::default());
            kernel(a, b, &mut out, &mut fails);
            for (row, out) in out.iter().enumerate() {
                let got = failure(&fails, row).map_or(Ok(out.to_bits()), Err);
                assert_eq!(got, expected(a.get(row), b.get(row)).map(f64::to_bits), "{} {}", a.get(row), b.get(row));
            }
        }
    }
}

fn whole(kind: CauseKind) -> (CauseKind, Part) {
    (kind, Part::Whole)
}

fn finite_or(x: f64) -> Result<f64, (CauseKind, Part)> {
    if x.is_finite() { Ok(x) } else { Err(whole(CauseKind::NotFinite)) }
}

#[test]
fn rounding_is_the_standard_librarys() {
    for x in HOSTILE.into_iter().filter(|x| !x.is_nan()) {
        for y in [x, x.next_up(), x.next_down(), x * 1e-9, 1.0 / x] {
            assert!(y.is_nan() || round_half_away(y).to_bits() == y.round().to_bits(), "{y:e}");
        }
    }
}

#[test]
fn functions_of_floats_fail_as_said() {
    check(|a, _, out, fails| sqrt(a, out, fails), |a, _| finite_or(a.sqrt()));
    check(|a, _, out, fails| ln(a, out, fails), |a, _| finite_or(libm::log(a)));
    check(|a, _, out, fails| exp(a, out, fails), |a, _| finite_or(libm::exp(a)));
    check(pow, |a, b| finite_or(libm::pow(a, b)));
    check(remainder, |a, b| if b == 0.0 { Err(whole(CauseKind::DivisionByZero)) } else { finite_or(a % b) });
}

#[test]
fn scale_names_what_is_wrong() {
    let expected = |x: f64, low: f64, high: f64| {
        if high == low {
            return Err(whole(CauseKind::DivisionByZero));
        }
        let (over, span) = (x - low, high - low);
        let share = over / span;
        if !(over.is_finite() && span.is_finite() && share.is_finite()) {
            return Err(whole(CauseKind::NotFinite));
        }
        let clamped = if share < 0.0 { 0.0 } else { share };
        Ok(if clamped > 1.0 { 1.0 } else { clamped })
    };
    check(|a, b, out, fails| scale(a, b, Src::All(2.5), out, fails), |x, low| expected(x, low, 2.5));
    check(|a, b, out, fails| scale(a, Src::All(-0.5), b, out, fails), |x, high| expected(x, -0.5, high));
    check(|a, b, out, fails| scale(Src::All(0.25), a, b, out, fails), |low, high| expected(0.25, low, high));
    check(|a, b, out, fails| scale(a, b, a, out, fails), |x, low| expected(x, low, x));
}

#[test]
fn digits_are_a_power_of_ten() {
    let expected = |x: f64, digits: i64| {
        let power: f64 = format!("1e{}", digits.unsigned_abs()).parse().unwrap();
        if !power.is_finite() {
            return Err((CauseKind::OutOfRange, Part::Operand(1)));
        }
        finite_or(if digits >= 0 { (x * power).round() / power } else { (x / power).round() * power })
    };
    let digits = [0, 1, 2, -2, 15, 22, 23, 308, -308, 309, i64::MAX, i64::MIN];
    for n in digits {
        check(|a, _, out, fails| round_to(a, Src::All(n), out, fails), |x, _| expected(x, n));
    }
    let by_row: Vec<i64> = (0..HOSTILE.len()).map(|i| digits[i % digits.len()]).collect();
    let (mut out, mut fails) = (vec![0.0; by_row.len()], Fails::default());
    round_to(Src::Each(&HOSTILE), Src::Each(&by_row), &mut out, &mut fails);
    for (row, n) in by_row.into_iter().enumerate() {
        let got = failure(&fails, row).map_or(Ok(out[row].to_bits()), Err);
        assert_eq!(got, expected(HOSTILE[row], n).map(f64::to_bits), "{} {n}", HOSTILE[row]);
    }
}

#[test]
fn ints_are_truncated_floats_that_fit() {
    let (mut out, mut fails) = (vec![0; HOSTILE.len()], Fails::default());
    float_to_int(Src::Each(&HOSTILE), &mut out, &mut fails);
    for (row, x) in HOSTILE.into_iter().enumerate() {
        let fits = (-INT_END..INT_END).contains(&x.trunc());
        assert_eq!(failure(&fails, row), (!fits).then_some(whole(CauseKind::Overflow)), "{x}");
        assert!(!fits || out[row] == x.trunc() as i64, "{x}");
    }
    assert_eq!((out[15], out[11]), (i64::MIN, 4_503_599_627_370_495));
    fails.clear();
    float_to_int(Src::All(-2.9), &mut out, &mut fails);
    assert!(!fails.any() && out.iter().all(|n| *n == -2));

    let mut floats = [0.0; 3];
    int_to_float(Src::Each(&[9_007_199_254_740_993, i64::MIN, 0]), &mut floats);
    assert_eq!(floats, [9_007_199_254_740_992.0, -INT_END, 0.0]);
    let mut ints = [7; 65];
    bool_to_int(Bits::Each(&[1 | 1 << 63, 1]), &mut ints);
    assert_eq!((ints[0], ints[1], ints[63], ints[64], ints.iter().sum::<i64>()), (1, 0, 1, 1, 3));
    bool_to_int(Bits::All(true), &mut ints);
    assert_eq!(ints.iter().sum::<i64>(), 65);
}
