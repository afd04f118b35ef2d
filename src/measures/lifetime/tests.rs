//! Published figures and simulated customers.
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
    println!("{fit:?}");
    let expected = [0.242593, 4.413532, 0.792886, 2.425752];
    let errors = [0.012557, 0.378221, 0.185719, 0.705345];
    for i in 0..4 {
        near(fit.model.parameters()[i], expected[i], 1e-5 * expected[i].max(1.0));
        near(fit.errors.unwrap()[i], errors[i], 1e-4 * errors[i].max(1.0));
    }
    near(fit.log_likelihood, -9582.4256, 1e-3);
    let money = GammaGamma::fit(x, spend).unwrap();
    println!("{money:?}");
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
    println!("{:?}", &worth[..6]);
    let expected = [36.2785, 4.6375, 8.3441, 8.3441, 8.3441, 283.5236];
    expected.iter().zip(&worth).for_each(|(expected, found)| near(found.unwrap(), *expected, 2e-5 * expected));
}
