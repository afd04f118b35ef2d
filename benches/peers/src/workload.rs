//! Customers, made in memory from a fixed seed.
//!
//! In: how many. Out: [`Workload`], one frame with all columns that the rules read. 5 in 100 values of each optional column
//! are missing; about 1 in 1,000 customers is undetermined (a sector that nobody placed, closed deals without days).

use polars::prelude::*;
use rayon::prelude::*;

const SECTORS: [&str; 10] = [
    "technology",
    "software",
    "telecommunications",
    "medical",
    "finance",
    "retail",
    "marketing",
    "services",
    "entertainment",
    "employment",
];
const REGIONS: [&str; 3] = ["Central", "East", "West"];
pub const TIERS: [&str; 4] = ["general", "commercial", "partner", "strategic"];
/// List prices of the default project's products.
const PRICES: [f64; 7] = [55.0, 550.0, 1_096.0, 3_393.0, 4_821.0, 5_482.0, 26_768.0];

/// All customers.
pub struct Workload {
    /// The customer table, and the columns `prior_tier` and `prior_cycles_held`.
    pub frame: DataFrame,
}

/// SplitMix64 (Steele, Lea, Flood 2014), one sequence for each customer.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to 1, without 1.
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn below(&mut self, n: usize) -> usize {
        (self.share() * n as f64) as usize
    }

    fn chance(&mut self, p: f64) -> bool {
        self.share() < p
    }

    fn missing<T>(&mut self, value: T) -> Option<T> {
        if self.chance(0.05) { None } else { Some(value) }
    }
}

#[derive(Clone)]
struct Customer {
    sector: &'static str,
    region: Option<&'static str>,
    abroad: bool,
    revenue_counted: f64,
    open_value: f64,
    price_realisation: Option<f64>,
    new_series_won: i64,
    new_series_asked: bool,
    products: i64,
    series: i64,
    win_rate: Option<f64>,
    days_to_close: Option<f64>,
    active_months: i64,
    purchase_days: i64,
    longest_silence: i64,
    growth_counted: Option<f64>,
    recency_days: Option<i64>,
    contacts: i64,
    months_covered: i64,
    prior: Option<(&'static str, Option<i64>)>,
}

/// One customer. `activity` ties the figures to each other, so that all tiers occur.
fn customer(id: usize) -> Customer {
    let mut r = Random((id as u64).wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(2018));
    let activity = r.share();
    let some = |r: &mut Random, most: f64| ((0.3 * r.share() + 0.7 * activity) * (most + 1.0)) as i64;
    let purchase_days = some(&mut r, 40.0);
    let win_rate = r.missing(0.35 + 0.6 * (0.5 * r.share() + 0.5 * activity));
    let days = 25.0 + 75.0 * r.share();
    let held = ((r.share() + activity) * 2.0) as usize;
    Customer {
        sector: if r.chance(0.0008) { "agriculture" } else { SECTORS[r.below(SECTORS.len())] },
        region: {
            let region = REGIONS[r.below(REGIONS.len())];
            r.missing(region)
        },
        abroad: r.chance(0.2),
        revenue_counted: if r.chance(0.05) { 0.0 } else { activity * activity * (0.5 + r.share()) * 1e6 },
        open_value: (0..some(&mut r, 6.0)).map(|_| PRICES[r.below(PRICES.len())]).sum(),
        price_realisation: {
            let share = 0.88 + 0.2 * r.share();
            r.missing(share)
        },
        new_series_won: if r.chance(0.4) { some(&mut r, 3.0) } else { 0 },
        new_series_asked: r.chance(0.5),
        products: some(&mut r, 7.0),
        series: some(&mut r, 3.0),
        win_rate,
        // Closed deals without days make a customer undetermined: a few.
        days_to_close: win_rate.and_then(|_| if r.chance(0.0004) { None } else { Some(days) }),
        active_months: some(&mut r, 12.0),
        purchase_days,
        longest_silence: 10 + r.below(70) as i64,
        growth_counted: {
            let growth = 1.6 * r.share() - 0.6;
            r.missing(growth)
        },
        recency_days: {
            let days = r.below(60) as i64;
            r.missing(days)
        },
        contacts: some(&mut r, 12.0),
        months_covered: 1 + r.below(12) as i64,
        prior: if r.chance(0.1) {
            None
        } else {
            let n = 1 + r.below(9) as i64;
            Some((TIERS[held.min(3)], r.missing(n)))
        },
    }
}

/// As the rules' `pct_rank`: how many are smaller, over n - 1.
fn pct_ranks(figures: &[f64]) -> Vec<f64> {
    let mut sorted: Vec<(f64, u32)> = figures.iter().copied().zip(0..).collect();
    sorted.par_sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let mut ranks = vec![0.0; figures.len()];
    let most = figures.len().saturating_sub(1).max(1) as f64;
    let mut smaller = 0;
    for (place, (figure, row)) in sorted.iter().enumerate() {
        if *figure != sorted[smaller].0 {
            smaller = place;
        }
        ranks[*row as usize] = smaller as f64 / most;
    }
    ranks
}

/// `n` customers, the same for every call.
pub fn workload(n: usize) -> Workload {
    let customers: Vec<Customer> = (0..n).into_par_iter().map(customer).collect();
    let floats = |name: &str, of: fn(&Customer) -> f64| {
        Float64Chunked::from_iter_values(name.into(), customers.iter().map(of)).into_column()
    };
    let some_floats = |name: &str, of: fn(&Customer) -> Option<f64>| {
        Float64Chunked::from_iter_options(name.into(), customers.iter().map(of)).into_column()
    };
    let ints = |name: &str, of: fn(&Customer) -> i64| {
        Int64Chunked::from_iter_values(name.into(), customers.iter().map(of)).into_column()
    };
    let some_ints = |name: &str, of: fn(&Customer) -> Option<i64>| {
        Int64Chunked::from_iter_options(name.into(), customers.iter().map(of)).into_column()
    };
    let bools = |name: &str, of: fn(&Customer) -> bool| {
        let values: Vec<bool> = customers.iter().map(of).collect();
        BooleanChunked::from_slice(name.into(), &values).into_column()
    };
    let some_texts = |name: &str, of: fn(&Customer) -> Option<&'static str>| {
        StringChunked::from_iter_options(name.into(), customers.iter().map(of)).into_column()
    };
    let texts = |name: &str, of: fn(&Customer) -> &'static str| {
        StringChunked::from_iter_values(name.into(), customers.iter().map(of)).into_column()
    };
    let ranks = |name: &str, of: fn(&Customer) -> f64| {
        let figures: Vec<f64> = customers.iter().map(of).collect();
        Float64Chunked::from_vec(name.into(), pct_ranks(&figures)).into_column()
    };
    let columns = vec![
        Int64Chunked::from_vec("id".into(), (0..n as i64).collect()).into_column(),
        texts("sector", |c| c.sector),
        some_texts("region", |c| c.region),
        bools("abroad", |c| c.abroad),
        floats("revenue_counted", |c| c.revenue_counted),
        floats("open_value", |c| c.open_value),
        ranks("revenue_rank", |c| c.revenue_counted),
        ranks("pipeline_rank", |c| c.open_value),
        some_floats("price_realisation", |c| c.price_realisation),
        ints("new_series_won", |c| c.new_series_won),
        bools("new_series_asked", |c| c.new_series_asked),
        ints("products", |c| c.products),
        ints("series", |c| c.series),
        some_floats("win_rate", |c| c.win_rate),
        some_floats("days_to_close", |c| c.days_to_close),
        ints("active_months", |c| c.active_months),
        ints("purchase_days", |c| c.purchase_days),
        ints("longest_silence", |c| c.longest_silence),
        some_floats("growth_counted", |c| c.growth_counted),
        some_ints("recency_days", |c| c.recency_days),
        ints("contacts", |c| c.contacts),
        ints("months_covered", |c| c.months_covered),
        some_texts("prior_tier", |c| c.prior.map(|(tier, _)| tier)),
        some_ints("prior_cycles_held", |c| c.prior.and_then(|(_, cycles)| cycles)),
    ];
    Workload { frame: DataFrame::new(n, columns).expect("columns of one length") }
}
