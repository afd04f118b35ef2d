//! How long do fits and rankings of a million customers take?
//!
//! Data: made-up histories of purchases and five criteria. `cargo bench --profile release --bench models`.

use std::hint::black_box;
use std::time::Instant;
use tierwright::measures::lifetime::{BgNbd, GammaGamma, Plan, Span, Unit, gini, rfm, values};
use tierwright::measures::weights::{
    Direction, Preference, Table, critic, entropy, promethee, topsis, vikor, weighted_sum,
};

struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    fn exponential(&mut self) -> f64 {
        -libm::log(self.next())
    }
}

fn time<T>(name: &str, run: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let out = black_box(run());
    println!("{name:<40} {:>8.3} s", start.elapsed().as_secs_f64());
    out
}

/// Histories in whole days: rates are gamma of shape 1, dropout uniform to the power of 2.
fn histories(n: usize, random: &mut Random) -> [Vec<f64>; 4] {
    let mut columns = [const { Vec::new() }; 4];
    for _ in 0..n {
        let (rate, dropout) = (random.exponential() / 60.0, random.next() * random.next());
        let age = (30.0 + 700.0 * random.next()).floor();
        let (mut clock, mut x, mut t_x) = (0.0, 0.0, 0.0);
        loop {
            clock += (random.exponential() / rate).ceil();
            if clock > age || x > 0.0 && random.next() < dropout {
                break;
            }
            x += 1.0;
            t_x = clock;
        }
        let mut sum = |times: usize| (0..times).map(|_| random.exponential()).sum::<f64>();
        let spend = if x > 0.0 { 40.0 * sum(x as usize) / (x * sum(3)) } else { 0.0 };
        [x, t_x, age, spend].into_iter().zip(&mut columns).for_each(|(value, column)| column.push(value));
    }
    columns
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let n = 1_000_000;
    let mut random = Random(5);
    let [x, t_x, age, spend] = histories(n, &mut random);
    let fit = time("BG/NBD fit", || BgNbd::fit(&x, &t_x, &age, Unit::Days))?;
    println!("  {:?} {} groups, flat {:?}", fit.model.parameters(), fit.groups, fit.flat);
    time("alive", || fit.model.alive_all(&x, &t_x, &age))?;
    time("purchases in 39 weeks", || fit.model.purchases_all(&x, &t_x, &age, Span::new(39.0, Unit::Weeks)?))?;
    let money = time("Gamma-Gamma fit", || GammaGamma::fit(&x, &spend))?;
    println!("  {:?} {:?}", money.fitted.model.parameters(), money.fitted.flat);
    let plan = Plan::new(12, Span::new(1.0, Unit::Months)?, 0.01)?;
    time("value over 12 months", || values(&fit.model, &money.fitted.model, [&x, &t_x, &age, &spend], &plan))?;
    time("Gini", || gini(&spend));
    time("RFM", || rfm(&age, &x, &spend, None))?;

    let data: Vec<Vec<f64>> = (0..5).map(|_| (0..n).map(|_| random.exponential()).collect()).collect();
    let columns: Vec<&[f64]> = data.iter().map(|column| &column[..]).collect();
    let directions = [0, 1, 0, 1, 0].map(|cost| if cost == 1 { Direction::Cost } else { Direction::Benefit });
    let table = Table::new(&columns, &directions)?;
    let weights = time("CRITIC, 5 criteria", || critic(&table));
    time("entropy", || entropy(&table))?;
    time("weighted sum", || weighted_sum(&table, &weights))?;
    time("TOPSIS", || topsis(&table, &weights))?;
    time("VIKOR", || vikor(&table, &weights, 0.5))?;
    time("PROMETHEE II, usual", || promethee(&table, &weights, &[Preference::Usual; 5]))?;
    let linear = Preference::Linear { indifference: 0.1, preference: 2.0 };
    time("PROMETHEE II, linear", || promethee(&table, &weights, &[linear; 5]))?;
    Ok(())
}
