//! Published figures and simulated customers.
//!
//! In: simulated customers, the shared data where `TIERWRIGHT_SHARED` names their place. Out: nothing. Must not know: private functions.

use super::simulated::{BGNBD, CUSTOMERS, GAMMA_GAMMA};
use super::*;

/// A column file of the shared data, or nothing where it is absent.
fn shared(path: &str) -> Option<Vec<Vec<f64>>> {
    let Some(root) = std::env::var_os("TIERWRIGHT_SHARED") else {
        eprintln!("skipped: TIERWRIGHT_SHARED is not set");
        return None;
    };
    let text = std::fs::read_to_string(std::path::Path::new(&root).join(path)).unwrap();
    let rows: Vec<Vec<f64>> =
        text.lines().skip(1).map(|line| line.split(',').map(|field| field.trim().parse().unwrap()).collect()).collect();
    Some((0..rows[0].len()).map(|column| rows.iter().map(|row| row[column]).collect()).collect())
}

fn near(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "found {found}, expected {expected}");
}

#[test]
fn cdnow() {
    let Some(columns) = shared("cdnow/cdnow_customers_summary_with_transactions.csv") else { return };
    let [_, x, t_x, age, spend] = &columns[..] else { panic!() };
    let fit = BgNbd::fit(x, t_x, age, Unit::Weeks).unwrap();
    let expected = [0.242593, 4.413532, 0.792886, 2.425752];
    let errors = [0.012557, 0.378221, 0.185719, 0.705345];
    for i in 0..4 {
        near(fit.model.parameters()[i], expected[i], 1e-5 * expected[i].max(1.0));
        near(fit.errors.unwrap()[i], errors[i], 1e-4 * errors[i].max(1.0));
    }
    near(fit.log_likelihood, -9582.4256, 1e-3);
    let money = GammaGamma::fit(x, spend).unwrap();
    let found = money.fitted.model.parameters();
    [6.25, 3.74, 15.44].iter().zip(found).for_each(|(expected, found)| near(found, *expected, 0.01));
    near(money.correlation, 0.113884, 1e-6);
    assert_eq!(money.fitted.customers, 946);
    let first = [24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17];
    let all = money.fitted.model.expected_all(x, spend).unwrap();
    first.iter().zip(&all).for_each(|(expected, found)| near(found.unwrap(), *expected, 0.01));
    let mean = all.iter().map(|x| x.unwrap()).sum::<f64>() / all.len() as f64;
    near(mean, 35.2529588256, 1e-3);
    let plan = Plan::new(12, Span::new(4.345, Unit::Weeks).unwrap(), 0.01).unwrap();
    let worth = values(&fit.model, &money.fitted.model, [x, t_x, age, spend], &plan).unwrap();
    let expected = [36.2785, 4.6375, 8.3441, 8.3441, 8.3441, 283.5236];
    expected.iter().zip(&worth).for_each(|(expected, found)| near(found.unwrap(), *expected, 2e-5 * expected));
}

/// The simulated customers by column.
fn simulated() -> [Vec<f64>; 4] {
    [0, 1, 2, 3].map(|column| CUSTOMERS.iter().map(|row| row[column]).collect())
}

fn weeks(count: f64) -> Span {
    Span::new(count, Unit::Weeks).unwrap()
}

#[test]
fn simulated_customers_as_other_programs_fit_them() {
    let [x, t_x, age, spend] = simulated();
    let fit = BgNbd::fit(&x, &t_x, &age, Unit::Weeks).unwrap();
    for i in 0..4 {
        near(fit.model.parameters()[i], BGNBD.0[i], 2e-6 * BGNBD.0[i]);
        near(fit.errors.unwrap()[i], BGNBD.2[i], 1e-4 * BGNBD.2[i]);
    }
    near(fit.log_likelihood, BGNBD.1, 1e-8);
    assert_eq!((fit.flat, fit.customers), (None, 150));
    let money = GammaGamma::fit(&x, &spend).unwrap();
    for i in 0..3 {
        near(money.fitted.model.parameters()[i], GAMMA_GAMMA.0[i], 2e-6 * GAMMA_GAMMA.0[i]);
        near(money.fitted.errors.unwrap()[i], GAMMA_GAMMA.2[i], 1e-4 * GAMMA_GAMMA.2[i]);
    }
    near(money.fitted.log_likelihood, GAMMA_GAMMA.1, 1e-8);
    near(money.correlation, 0.18113740555550742, 1e-14);
    assert_eq!(money.doubts, []);
}

#[test]
fn the_fit_depends_on_neither_order_nor_threads() {
    let [x, t_x, age, spend] = simulated();
    // Different customers enough for several blocks.
    let many = |column: &[f64], add: f64| -> Vec<f64> {
        (0..60).flat_map(|copy| column.iter().map(move |v| v + add * f64::from(copy) / 64.0)).collect()
    };
    let [x, age, spend] = [many(&x, 0.0), many(&age, 1.0), many(&spend, 0.0)];
    let t_x = many(&t_x, 0.0);
    let bits = |threads: usize, x: &[f64], t_x: &[f64], age: &[f64]| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let fit = BgNbd::fit(x, t_x, age, Unit::Weeks).unwrap();
            let money = GammaGamma::fit(x, &spend).unwrap();
            let concentration = gini(x).unwrap();
            let purchases = fit.model.purchases_all(x, t_x, age, weeks(26.0)).unwrap().iter().sum::<f64>();
            let figures = [fit.log_likelihood, purchases, concentration, money.fitted.log_likelihood];
            (fit.model.parameters().map(f64::to_bits), fit.errors.unwrap().map(f64::to_bits), figures.map(f64::to_bits))
        })
    };
    let one = bits(1, &x, &t_x, &age);
    assert_eq!(one, bits(2, &x, &t_x, &age));
    assert_eq!(one, bits(5, &x, &t_x, &age));
    let reversed = |column: &[f64]| column.iter().rev().copied().collect::<Vec<f64>>();
    let turned = bits(2, &reversed(&x), &reversed(&t_x), &reversed(&age));
    assert_eq!((one.0, one.1), (turned.0, turned.1));
}

#[test]
fn published_expectations_without_a_history() {
    let model = BgNbd::new(0.243, 4.414, 0.793, 2.426, Unit::Weeks).unwrap();
    let published = [(0.1429, 0.0078), (1.0, 0.0532), (3.0, 0.1506), (31.8571, 1.0405), (32.0, 1.0437), (78.0, 1.8576)];
    published.iter().for_each(|&(t, expected)| near(model.unconditional(weeks(t)), expected, 3e-3));
    let exact = BgNbd::new(0.242593, 4.413532, 0.792886, 2.425752, Unit::Weeks).unwrap();
    published.iter().for_each(|&(t, expected)| near(exact.unconditional(weeks(t)), expected, 5e-4));
    near(model.alive(2.0, 30.43, 38.86).unwrap(), 0.727, 5e-4);
    near(model.purchases(2.0, 30.43, 38.86, weeks(39.0)).unwrap(), 1.226, 5e-4);
    assert_eq!(model.alive(0.0, 0.0, 10.0).unwrap(), 1.0);
    // A whole week as days.
    let days = Span::new(273.0, Unit::Days).unwrap();
    let (a, b) = (model.purchases(2.0, 30.43, 38.86, days), model.purchases(2.0, 30.43, 38.86, weeks(39.0)));
    assert_eq!(a, b);
    // The hypergeometric form has a pole at a = 1, the sum none.
    let near_pole = |a: f64| BgNbd::new(0.5, 6.0, a, 2.0, Unit::Weeks).unwrap().unconditional(weeks(52.0));
    near(near_pole(1.0), (near_pole(1.0 - 1e-6) + near_pole(1.0 + 1e-6)) / 2.0, 1e-9);
}

#[test]
fn histories_that_no_customer_can_have() {
    let fit = |x: f64, t_x: f64, age: f64| BgNbd::fit(&[1.0, x], &[2.0, t_x], &[9.0, age], Unit::Days);
    let wrong = [
        (-1.0, 0.0, 5.0, "x"),
        (1.5, 2.0, 5.0, "x"),
        (f64::NAN, 2.0, 5.0, "x"),
        (1.0, 2.0, 0.0, "age"),
        (1.0, 2.0, f64::INFINITY, "age"),
        (1.0, 6.0, 5.0, "t_x"),
        (1.0, f64::NAN, 5.0, "t_x"),
        (0.0, 2.0, 5.0, "t_x"),
        (1.0, 0.0, 5.0, "t_x"),
    ];
    for (x, t_x, age, name) in wrong {
        assert!(
            matches!(fit(x, t_x, age), Err(Fault::Row { row: 1, column, .. }) if column == name),
            "{x} {t_x} {age}"
        );
    }
    assert_eq!(BgNbd::fit(&[], &[], &[], Unit::Days), Err(Fault::Empty));
    assert!(matches!(BgNbd::fit(&[1.0], &[], &[2.0], Unit::Days), Err(Fault::Lengths { column: "t_x", .. })));
    assert!(matches!(GammaGamma::fit(&[1.0], &[-1.0]), Err(Fault::Row { column: "spend", .. })));
    assert!(matches!(GammaGamma::fit(&[1.0, 0.0], &[1.0, 0.0]), Err(Fault::TooFew { usable: 1, needed: 4 })));
    assert!(BgNbd::new(0.0, 1.0, 1.0, 1.0, Unit::Days).is_err());
    assert!(Plan::new(0, weeks(1.0), 0.1).is_err() && Plan::new(1, weeks(0.0), 0.1).is_err());
    assert!(Plan::new(1, weeks(1.0), -1.0).is_err() && Plan::new(1, weeks(1.0), f64::NAN).is_err());
}

#[test]
fn flat_likelihoods_are_told() {
    // Everybody buys up to the end: nobody seems to leave.
    let x: Vec<f64> = (0..40).map(|i| f64::from(4 + i % 9)).collect();
    let age = vec![30.0; 40];
    let t_x: Vec<f64> = (0..40).map(|i| 29.0 + f64::from(i % 10) / 10.0).collect();
    let fit = BgNbd::fit(&x, &t_x, &age, Unit::Weeks).unwrap();
    assert!(matches!(fit.flat, Some(Flat::Bound { .. })), "{fit:?}");
    assert_eq!(fit.errors, None);
    assert!(fit.model.alive(5.0, 29.0, 30.0).unwrap() > 0.99);
    // One customer cannot tell four parameters.
    let one = BgNbd::fit(&[3.0], &[8.0], &[20.0], Unit::Weeks).unwrap();
    assert!(one.flat.is_some() && one.model.purchases(3.0, 8.0, 20.0, weeks(10.0)).unwrap().is_finite(), "{one:?}");
    // Every customer spends the same.
    let same = GammaGamma::fit(&[1.0, 2.0, 3.0, 4.0, 5.0], &[10.0; 5]).unwrap();
    assert!(same.fitted.flat.is_some() && same.correlation == 0.0, "{same:?}");
    near(same.fitted.model.expected(2.0, 10.0).unwrap().unwrap(), 10.0, 0.01);
}

#[test]
fn doubts_about_spend() {
    let x: Vec<f64> = (0..60).map(|i| f64::from(1 + i % 6)).collect();
    let rising: Vec<f64> = (0..60).map(|i| f64::from(1 + i % 6) * f64::from(10 + i % 7)).collect();
    let spend = GammaGamma::fit(&x, &rising).unwrap();
    assert!(matches!(spend.doubts[..], [Doubt::Correlated { correlation }] if correlation > 0.8), "{spend:?}");
    // A tail as heavy as that of an inverse gamma of shape 0.5.
    let heavy: Vec<f64> = (0..60).map(|i| 900.0 / f64::powi(f64::from(i * 17 % 60) + 0.5, 2)).collect();
    let spend = GammaGamma::fit(&[20.0; 60], &heavy).unwrap();
    assert!(spend.doubts.iter().any(|doubt| matches!(doubt, Doubt::InfiniteMean { .. })), "{spend:?}");
    assert_eq!(spend.fitted.model.expected(0.0, 0.0).unwrap(), None);
    assert!(spend.doubts.iter().all(|doubt| !doubt.to_string().is_empty()));
}

#[test]
fn extreme_histories_have_finite_answers() {
    let model = BgNbd::new(0.243, 4.414, 0.793, 2.426, Unit::Days).unwrap();
    for x in [0.0, 1.0, 1e3, 1e6, 9e15] {
        for age in [1e-6, 1.0, 1e6] {
            let t_x = if x == 0.0 { 0.0 } else { age / 2.0 };
            let alive = model.alive(x, t_x, age).unwrap();
            let years = Span::new(50.0, Unit::Years).unwrap();
            let purchases = model.purchases(x, t_x, age, years).unwrap();
            assert!((0.0..=1.0).contains(&alive) && purchases.is_finite() && purchases >= 0.0, "{x} {age} {purchases}");
        }
    }
    let wild = BgNbd::fit(&[1e9, 0.0, 3.0], &[1.0, 0.0, 1e-3], &[1e6, 1e-3, 2.0], Unit::Days).unwrap();
    assert!(wild.log_likelihood.is_finite());
}

#[test]
fn cash_flows() {
    near(npv(0.1, &[(0.0, -100.0), (1.0, 60.0), (2.0, 60.0)]).unwrap(), 4.132231404958678, 1e-12);
    near(npv_even(0.1, &[-100.0, 60.0, 60.0]).unwrap(), 4.132231404958678, 1e-12);
    assert_eq!(npv_even(0.1, &[]), Some(0.0));
    assert_eq!((npv(f64::NAN, &[]), npv_even(-2.0, &[1.0]), npv(0.1, &[(1.0, f64::NAN)])), (None, None, None));
    assert_eq!((payback(&[]), payback(&[0.0, 1.0]), payback(&[-1.0, 1.0])), (None, Some(0.0), Some(1.0)));
    near(payback(&[-50.0, -50.0, 40.0, 80.0]).unwrap(), 2.75, 1e-12);
    assert_eq!(discounted_payback(0.1, &[-100.0, 60.0, 49.0]), None);
    assert_eq!((irr(&[1.0, 2.0]), irr(&[]), irr(&[-1.0])), (None, None, None));
    near(irr(&[-100.0, 39.0, 59.0, 55.0, 20.0]).unwrap(), 0.280948421, 1e-8);
    near(irr(&[-100.0, 50.0]).unwrap(), -0.5, 1e-12);
    // Two rates, and a single one in spite of three changes of sign.
    assert_eq!(irr(&[-100.0, 150.0, -1.0]), None);
    let flows = [-100.0, 30.0, -10.0, 150.0];
    near(npv_even(irr(&flows).unwrap(), &flows).unwrap(), 0.0, 1e-10);
}

#[test]
fn trend_and_season() {
    assert_eq!((line(&[1.0]), theil_sen(&[1.0]), theil_sen(&[])), (None, None, None));
    assert_eq!(line(&[-1.0, 0.0, 1.0]).unwrap().relative, None);
    near(line(&[-10.0, -12.0]).unwrap().relative.unwrap(), -2.0 / 11.0, 1e-15);
    assert_eq!(line(&[1.0, f64::NAN]), None);
    assert_eq!(theil_sen(&[0.0, 1.0, 5.0]), Some(2.5));
    assert_eq!((season(&[1.0; 7], 4), season(&[1.0; 8], 1), season(&[1.0, f64::NAN, 1.0, 1.0], 2)), (None, None, None));
    let constant = season(&[0.1; 24], 12).unwrap();
    assert_eq!(constant.strength, 0.0);
    let ratios = season(&[20.0, 10.0, 10.0].repeat(4), 3).unwrap();
    let factors = ratios.factors.unwrap();
    [1.5, 0.75, 0.75].iter().zip(factors).for_each(|(expected, found)| near(found, *expected, 1e-12));
    assert_eq!(season(&[-1.0, 1.0].repeat(4), 2).unwrap().factors, None);
}

#[test]
fn concentration_and_scores() {
    for none in [&[][..], &[0.0, 0.0], &[-1.0, 3.0], &[f64::NAN]] {
        assert_eq!((gini(none), herfindahl(none), top_share(none, 0.2)), (None, None, None));
    }
    assert_eq!(
        (top_share(&[1.0], 0.0), top_share(&[1.0], 1.5), top_share(&[1.0, 1.0], 1e-9)),
        (Some(0.0), None, Some(0.5))
    );
    near(gini(&[1.0, 2.0, 3.0, 4.0]).unwrap(), 0.25, 1e-15);
    let values: Vec<f64> = (0..10).map(f64::from).collect();
    let turned: Vec<f64> = values.iter().map(|value| -value).collect();
    let scores = rfm(&turned, &values, &[1.0; 10], None).unwrap();
    let frequency: Vec<u8> = scores.iter().map(|score| score.frequency).collect();
    assert_eq!(frequency, [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
    assert!(scores.iter().all(|score| score.recency == score.frequency && score.monetary == 3));
    // Within groups of five every score occurs once.
    let groups = [0, 1, 0, 1, 0, 1, 0, 1, 0, 1];
    let scores = rfm(&turned, &values, &[1.0; 10], Some(&groups)).unwrap();
    assert_eq!(scores.iter().map(|score| score.frequency).collect::<Vec<u8>>(), [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
    assert!(matches!(rfm(&[1.0], &[f64::NAN], &[1.0], None), Err(Fault::Row { column: "frequency", .. })));
    assert!(matches!(rfm(&[1.0], &[1.0], &[1.0], Some(&[])), Err(Fault::Lengths { column: "groups", .. })));
    assert_eq!(rfm(&[], &[], &[], None), Ok(vec![]));
}
