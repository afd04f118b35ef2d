//! Tables with what breaks evaluators: missing values, extremes, ties, both zeros, leap days, orphans, empty groups.
//!
//! In: how many customers, a seed. Out: [`Data`] for the schema of `world`, customers' key order, which are active. Must
//! not know: the rules. Floats are finite: a load has made the others missing.

use super::random::Random;
use super::world::schema;
use crate::calendar::{FIRST_DAY, LAST_DAY};
use crate::rules::data::{ColumnData, Data, NO_ROW, Related, TableData, Values, series};
use crate::rules::schema::{ColumnSchema, Schema, TableSchema};
use polars::prelude::{Int128Chunked, IntoSeries, NewChunkedArray, Series};
use std::sync::Arc;

/// Numbers of customers: the ends of bit words and of chunks, and beside them.
pub(super) const SIZES: [usize; 10] = [0, 1, 7, 63, 64, 65, 1_023, 1_024, 1_025, 3_000];

/// How often each size is taken, of 1,000: most cases are small.
pub(super) const SHARES: [usize; 10] = [5, 15, 424, 178, 178, 178, 6, 6, 6, 4];

/// Tables and which customers are evaluated.
#[derive(Clone, Debug)]
pub(super) struct Tables {
    pub(super) data: Data,
    pub(super) keys: Vec<u32>,
    pub(super) active: Vec<u32>,
}

const WORDS: [&str; 12] = [
    "retail",
    "软件",
    "East",
    "West",
    "华东",
    "a",
    "b",
    "retail chain",
    "retail chain of shops",
    "战略客户",
    "",
    " x ",
];

const NOTES: [&str; 8] = [
    "the same beginning 1",
    "the same beginning 2",
    "the same beginni",
    "战略客户需要更多的支持",
    "a-b-c",
    "Straße İI",
    "none, or \"quoted\" `ticks`",
    "",
];

const DIGITS: [&str; 8] = ["42", "-7", "007", "1.5", "9223372036854775808", "x", "1e3", ""];

/// Days of interest: leap days, ends of months and years, the dates of the run.
const DAYS: [i32; 12] = [17_257, 17_256, 16_892, 16_860, 11_016, 0, -1, 17_197, 17_225, 15_399, 16_495, 17_531];

const FLOATS: [f64; 16] = [
    0.0,
    -0.0,
    0.5,
    1.5,
    2.5,
    -0.5,
    -2.5,
    0.1,
    0.30000000000000004,
    1e15,
    5e-324,
    -1e-310,
    1e308,
    f64::MAX,
    f64::MIN,
    4503599627370497.5,
];

/// One column's values, by its name and type.
struct Columns<'r> {
    random: &'r mut Random,
    rows: usize,
}

impl Columns<'_> {
    fn fill<T>(&mut self, optional: bool, mut value: impl FnMut(&mut Random) -> T) -> Vec<Option<T>> {
        (0..self.rows)
            .map(|_| {
                let missing = optional && self.random.chance(30);
                let value = value(self.random);
                (!missing).then_some(value)
            })
            .collect()
    }

    fn series(&mut self, column: &ColumnSchema) -> Series {
        use crate::dtype::DataType;
        let (name, optional) = (column.name.as_str(), column.optional);
        let values = match column.dtype {
            DataType::Text => Values::Text(self.fill(optional, |r| text(name, r).into())),
            DataType::Int => Values::Int(self.fill(optional, |r| int(name, r))),
            DataType::Float => Values::Float(self.fill(optional, |r| float(name, r))),
            DataType::Bool => Values::Bool(self.fill(optional, |r| r.chance(50))),
            DataType::Date => Values::Date(self.fill(optional, |r| date(name, r))),
            DataType::DateTime => Values::DateTime(self.fill(optional, instant)),
            DataType::Decimal { precision, scale } => {
                let ints = self.fill(optional, money);
                let ints = Int128Chunked::from_iter_options(name.into(), ints.into_iter());
                return ints.into_decimal(usize::from(precision), usize::from(scale)).unwrap().into_series();
            }
        };
        series(name, values)
    }

    fn table(&mut self, table: &TableSchema) -> TableData {
        let columns = table.columns.iter().map(|c| ColumnData::from_series(&self.series(c), c).unwrap()).collect();
        TableData { rows: self.rows, columns, references: Vec::new(), many: Vec::new() }
    }
}

fn text(name: &str, r: &mut Random) -> String {
    match name {
        "id" => format!("K{}", r.below(10_000)),
        "note" => (*r.pick(&NOTES)).to_owned(),
        "digits" => (*r.pick(&DIGITS)).to_owned(),
        "region" => (*r.pick(&["East", "West", "华东"])).to_owned(),
        "tier" => (*r.pick(&["general", "战略客户", "partner"])).to_owned(),
        _ => (*r.pick(&WORDS)).to_owned(),
    }
}

fn int(name: &str, r: &mut Random) -> i64 {
    match name {
        "large" => *r.pick(&[i64::MAX, i64::MIN, i64::MAX - 1, 1 << 53, (1 << 53) + 1, -(1 << 32), 1 << 31, 0, -1, 3]),
        _ => r.between(-3, 12),
    }
}

fn float(name: &str, r: &mut Random) -> f64 {
    match name {
        "wild" => *r.pick(&FLOATS),
        _ if r.chance(25) => r.pick(&FLOATS[..9]).to_owned(),
        _ if r.chance(30) => r.between(-20, 20) as f64 / 2.0,
        _ => (r.next() >> 11) as f64 / (1u64 << 53) as f64 * 20.0 - 5.0,
    }
}

fn date(name: &str, r: &mut Random) -> i32 {
    match name {
        "far" => *r.pick(&[FIRST_DAY, LAST_DAY, FIRST_DAY + 30, LAST_DAY - 28, 17_257, -719_528, 16_860]),
        _ if r.chance(40) => *r.pick(&DAYS),
        _ => r.between(15_000, 17_800) as i32,
    }
}

fn instant(r: &mut Random) -> i64 {
    let day = i64::from(*r.pick(&DAYS));
    day * 86_400_000_000 + *r.pick(&[0, 1, 57_600_000_000, 57_599_999_999, 86_399_999_999, 1_500])
}

fn money(r: &mut Random) -> i128 {
    match r.below(12) {
        0 => 900_719_925_474_099_301,
        1 => 0,
        2 => -(r.below(10_000) as i128),
        _ => r.below(100_000) as i128,
    }
}

/// The row of another table that each row leads to; one in six leads nowhere where that may be.
fn targets(rows: usize, of: usize, orphans: bool, r: &mut Random) -> Arc<[u32]> {
    // Some rows of the other table are never led to.
    let reach = of - of / 4;
    let target = |r: &mut Random| match of {
        0 => NO_ROW,
        _ if orphans && r.chance(16) => NO_ROW,
        _ => r.below(reach.max(1)) as u32,
    };
    (0..rows).map(|_| target(r)).collect()
}

/// Where rows lead that lead through a table between.
fn through(first: &[u32], second: &[u32]) -> Vec<u32> {
    first.iter().map(|row| second.get(*row as usize).copied().unwrap_or(NO_ROW)).collect()
}

fn shuffled(mut items: Vec<u32>, r: &mut Random) -> Vec<u32> {
    for i in (1..items.len()).rev() {
        items.swap(i, r.below(i + 1));
    }
    items
}

/// Tables with so many customers.
pub(super) fn tables(customers: usize, seed: u64) -> Tables {
    let schema: Schema = schema();
    let r = &mut Random::new(seed);
    let orders = customers * r.between(0, 4) as usize;
    let lines = if orders == 0 { 0 } else { orders * r.between(0, 3) as usize };
    let products = r.below(5);
    // A project may have no rows but its customers.
    let alone = r.chance(10);
    let [orders, lines, products, prior] = if alone { [0; 4] } else { [orders, lines, products, customers / 2] };
    let mut tables: Vec<TableData> = schema
        .tables
        .iter()
        .zip([customers, orders, lines, products, prior])
        .map(|(table, rows)| Columns { random: r, rows }.table(table))
        .collect();
    let parent = targets(customers, if alone { 0 } else { customers }, true, r);
    let customer = targets(orders, customers, true, r);
    let order = targets(lines, orders, false, r);
    let product = targets(lines, products, true, r);
    let decided: Arc<[u32]> =
        (0..customers).map(|i| if i < prior * 2 && i % 2 == 0 { i as u32 / 2 } else { NO_ROW }).collect();
    let group = |targets: &[u32], rows| Arc::new(Related::group(targets, rows));
    tables[0].many =
        vec![group(&customer, customers), group(&through(&order, &customer), customers), group(&parent, customers)];
    tables[1].many = vec![group(&order, orders)];
    tables[3].many = vec![group(&product, products)];
    tables[0].references = vec![parent, decided];
    tables[1].references = vec![customer];
    tables[2].references = vec![order, product];
    let all: Vec<u32> = (0..customers as u32).collect();
    let active = if r.chance(70) { all.clone() } else { all.iter().copied().filter(|_| r.chance(80)).collect() };
    Tables { data: Data { tables }, keys: shuffled(all, r), active }
}
