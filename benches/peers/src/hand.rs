//! The three steps written by hand as polars expressions.
//!
//! In: a lazy frame of customers, a [`Style`]. Out: a lazy frame of the 24 columns that the rules give. Must not know:
//! engines, slices ([`crate::forms`]). Parameters are those of `workload/rules/parameters.yaml`. Undetermined customers get
//! nulls where the nulls come by themselves, and nothing tells why.

use crate::project::Variant;
use crate::workload::TIERS;
use polars::prelude::*;

/// The columns that the rules give, in order.
pub const OUTPUTS: [&str; 24] = [
    "economic",
    "traction",
    "improvement",
    "fit",
    "long_term",
    "relationship",
    "points_economic",
    "points_traction",
    "points_improvement",
    "points_fit",
    "points_long_term",
    "value",
    "tier",
    "tier_by_value",
    "repeat_buyer",
    "cycles_held",
    "discount_cap",
    "price_floor",
    "credit_days",
    "visits_per_quarter",
    "sponsor",
    "service_level",
    "owner_role",
    "next_review",
];

pub const SECTORS: [(&str, f64); 10] = [
    ("technology", 1.0),
    ("software", 1.0),
    ("telecommunications", 0.9),
    ("medical", 0.8),
    ("finance", 0.7),
    ("retail", 0.6),
    ("marketing", 0.5),
    ("services", 0.5),
    ("entertainment", 0.4),
    ("employment", 0.3),
];
pub const REGIONS: [(&str, f64); 3] = [("Central", 0.6), ("East", 0.8), ("West", 1.0)];
/// Days since 1970-01-01 of 2019-01-01, 2018-07-01, 2018-04-01: AS_OF plus 12, 6 and 3 months.
pub const REVIEWS: [i32; 4] = [17_897, 17_897, 17_713, 17_622];
/// Of each tier, outside and inside the home country.
pub const OWNERS: [&str; 8] = [
    "inside sales",
    "export desk",
    "account manager",
    "international sales manager",
    "key account manager",
    "international account manager",
    "key account manager",
    "international account manager",
];

/// How a text is looked up in a map of constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Find {
    /// A chain of `when(x == …).then(…)`.
    Chain,
    /// `replace_strict`.
    Replace,
    /// A left join with a table of the map.
    Join,
}

/// How what a tier gets is taken from the policy's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Terms {
    /// A chain of `when(number == …).then(…)` for each column.
    Chain,
    /// `replace_strict` of the tier's number, for each column.
    Replace,
    /// A gather from a literal series by the tier's number, for each column.
    Gather,
    /// One left join by the tier's number.
    Join,
}

/// One way to write the logic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    pub find: Find,
    pub terms: Terms,
    /// Whether weights and bounds are multiplied out beforehand, at the cost of nobody finding them again.
    pub folded: bool,
}

fn text_series(values: &[&str]) -> Series {
    Series::new("".into(), values)
}

/// `weight * clamp((x - low) / (high - low), 0, 1)`.
fn part(x: Expr, low: f64, high: f64, weight: f64, folded: bool) -> Expr {
    if folded {
        let slope = weight / (high - low);
        (x * lit(slope) - lit(low * slope)).clip(lit(0.0), lit(weight))
    } else {
        lit(weight) * ((x - lit(low)) / lit(high - low)).clip(lit(0.0), lit(1.0))
    }
}

/// `weight * (1 - clamp((x - low) / (high - low), 0, 1))`.
fn falling(x: Expr, low: f64, high: f64, weight: f64, folded: bool) -> Expr {
    if folded {
        let slope = weight / (high - low);
        (lit(weight + low * slope) - x * lit(slope)).clip(lit(0.0), lit(weight))
    } else {
        lit(weight) * (lit(1.0) - ((x - lit(low)) / lit(high - low)).clip(lit(0.0), lit(1.0)))
    }
}

/// The figure of a text in a map; null where it is not there.
fn find(text: &str, map: &[(&'static str, f64)], how: Find) -> Expr {
    let names: Vec<&str> = map.iter().map(|(name, _)| *name).collect();
    let figures: Vec<f64> = map.iter().map(|(_, figure)| *figure).collect();
    match how {
        Find::Chain => {
            let chain = map.iter().rev().fold(lit(NULL).cast(DataType::Float64), |rest, (name, figure)| {
                when(col(text).eq(lit(*name))).then(lit(*figure)).otherwise(rest)
            });
            chain
        }
        Find::Replace => col(text).replace_strict(
            lit(text_series(&names)),
            lit(Series::new("".into(), figures)),
            Some(lit(NULL).cast(DataType::Float64)),
            Some(DataType::Float64),
        ),
        Find::Join => col(format!("{text}_priority")),
    }
}

fn joined(frame: LazyFrame, key: &str, table: DataFrame) -> LazyFrame {
    let args = JoinArgs { maintain_order: MaintainOrderJoin::Left, ..JoinArgs::new(JoinType::Left) };
    frame.join(table.lazy(), [col(key)], [col(key)], args)
}

fn map_table(text: &str, map: &[(&'static str, f64)]) -> DataFrame {
    let names = StringChunked::from_iter_values(text.into(), map.iter().map(|(n, _)| *n)).into_column();
    let figures: Vec<f64> = map.iter().map(|(_, f)| *f).collect();
    let figures = Float64Chunked::from_vec(format!("{text}_priority").into(), figures).into_column();
    DataFrame::new(map.len(), vec![names, figures]).expect("columns of one length")
}

/// `pct_rank`: how many are smaller, over n - 1.
pub fn pct_rank(x: Expr) -> Expr {
    let options = RankOptions { method: RankMethod::Min, descending: false };
    (x.clone().rank(options, None).cast(DataType::Float64) - lit(1.0)) / (x.count().cast(DataType::Float64) - lit(1.0))
}

/// The six figures of the value step that its points are made of.
fn dimensions(variant: Variant, style: Style) -> Vec<Expr> {
    let folded = style.folded;
    let (revenue_rank, pipeline_rank) = match variant {
        Variant::RanksGiven => (col("revenue_rank"), col("pipeline_rank")),
        Variant::RanksComputed => (pct_rank(col("revenue_counted")), pct_rank(col("open_value"))),
    };
    let price = part(col("price_realisation").fill_null(lit(0.0)), 0.90, 1.05, 0.10, folded);
    let economic = lit(0.75) * revenue_rank + price + lit(0.15) * pipeline_rank;
    let new_series = |won: f64, asked: f64| {
        when(col("new_series_won").gt(lit(0)))
            .then(lit(won))
            .when(col("new_series_asked"))
            .then(lit(asked))
            .otherwise(lit(0.0))
    };
    let new_series = if folded { new_series(0.3, 0.15) } else { lit(0.3) * new_series(1.0, 0.5) };
    let breadth = part(col("products"), 0.0, 7.0, 0.5, folded) + part(col("series"), 0.0, 3.0, 0.2, folded);
    let improvement =
        part(col("win_rate"), 0.40, 0.90, 0.6, folded) + falling(col("days_to_close"), 30.0, 90.0, 0.4, folded);
    let improvement = when(col("win_rate").is_null()).then(lit(0.0)).otherwise(improvement);
    let weigh =
        |map: &[(&'static str, f64)], weight: f64| map.iter().map(|(n, x)| (*n, x * weight)).collect::<Vec<_>>();
    let region = |unknown: f64, weight: f64| {
        let known = find("region", &weigh(&REGIONS, weight), style.find);
        when(col("region").is_null()).then(lit(unknown)).otherwise(known)
    };
    let fit = if folded {
        find("sector", &weigh(&SECTORS, 0.7), style.find) + region(0.15, 0.3)
    } else {
        lit(0.7) * find("sector", &SECTORS, style.find) + lit(0.3) * region(0.5, 1.0)
    };
    let rhythm = when(col("purchase_days").lt(lit(3))).then(lit(0.0)).otherwise(falling(
        col("longest_silence"),
        15.0,
        60.0,
        0.3,
        folded,
    ));
    let growth = part(col("growth_counted").fill_null(lit(0.0)), -0.5, 0.5, 0.3, folded);
    let long_term = part(col("active_months"), 0.0, 12.0, 0.4, folded) + rhythm + growth;
    let relationship = if folded {
        // 0.2 * 0.5 * breadth + 0.2 * 0.5 * fresh, and the bounds hold by themselves.
        lit(0.9) + part(col("contacts"), 0.0, 10.0, 0.1, true) + falling(col("recency_days"), 0.0, 45.0, 0.1, true)
    } else {
        let score = part(col("contacts"), 0.0, 10.0, 0.5, false) + falling(col("recency_days"), 0.0, 45.0, 0.5, false);
        (lit(0.9) + lit(0.2) * score).clip(lit(0.9), lit(1.1))
    };
    // It is null exactly where nothing was ever bought.
    let relationship = relationship.fill_null(lit(1.0));
    vec![
        economic.alias("economic"),
        (breadth + new_series).alias("traction"),
        improvement.alias("improvement"),
        fit.alias("fit"),
        long_term.alias("long_term"),
        relationship.alias("relationship"),
    ]
}

const WEIGHTS: [(&str, f64); 5] =
    [("economic", 0.35), ("traction", 0.20), ("improvement", 0.10), ("fit", 0.15), ("long_term", 0.20)];

fn value(frame: LazyFrame, variant: Variant, style: Style) -> LazyFrame {
    let mut frame = frame;
    if style.find == Find::Join {
        let weight = |map: &[(&'static str, f64)], w: f64| map.iter().map(|(n, x)| (*n, x * w)).collect::<Vec<_>>();
        let (sector, region) = if style.folded { (0.7, 0.3) } else { (1.0, 1.0) };
        frame = joined(frame, "sector", map_table("sector", &weight(&SECTORS, sector)));
        frame = joined(frame, "region", map_table("region", &weight(&REGIONS, region)));
    }
    let points = |name: &str, weight: f64| {
        if style.folded {
            col(name) * (col("relationship") * lit(100.0 * weight))
        } else {
            col("full") * lit(weight) * col(name)
        }
    };
    let mut frame = frame.with_columns(dimensions(variant, style));
    if !style.folded {
        frame = frame.with_columns([(lit(100.0) * col("relationship")).alias("full")]);
    }
    let all = WEIGHTS.map(|(name, weight)| points(name, weight).alias(format!("points_{name}")));
    let sum = col("points_economic")
        + col("points_traction")
        + col("points_improvement")
        + col("points_fit")
        + col("points_long_term");
    frame.with_columns(all).with_columns([sum.alias("value")])
}

/// A tier's number from points. Null stays null.
fn number_by(points: Expr) -> Expr {
    let passes = |line: f64| points.clone().gt_eq(lit(line)).cast(DataType::UInt8);
    passes(52.0) + passes(65.0) + passes(75.0)
}

fn number_of(name: &str) -> Expr {
    let is = |tier: usize| col(name).eq(lit(TIERS[tier]));
    let number = |n: u8| lit(n).cast(DataType::UInt8);
    when(is(3)).then(number(3)).when(is(2)).then(number(2)).when(is(1)).then(number(1)).otherwise(number(0))
}

/// What belongs to a number of 0 to n; null for null.
fn take(number: &str, values: Series, how: Terms) -> Expr {
    match how {
        Terms::Chain => {
            let null = lit(NULL).cast(values.dtype().clone());
            (0..values.len()).rev().fold(null, |rest, n| {
                let one = values.get(n).expect("a value").into_static();
                let value = lit(Scalar::new(values.dtype().clone(), one));
                when(col(number).eq(lit(n as u8).cast(DataType::UInt8))).then(value).otherwise(rest)
            })
        }
        Terms::Replace => {
            let numbers: Vec<u8> = (0..values.len() as u8).collect();
            let null = lit(NULL).cast(values.dtype().clone());
            let dtype = values.dtype().clone();
            col(number).replace_strict(lit(Series::new("".into(), numbers)), lit(values), Some(null), Some(dtype))
        }
        Terms::Gather | Terms::Join => lit(values).gather(col(number), false),
    }
}

fn tier(frame: LazyFrame, style: Style) -> LazyFrame {
    let repeats = when(col("months_covered").lt(lit(3)))
        .then(col("purchase_days").gt_eq(lit(3)))
        .otherwise(col("active_months").gt_eq(lit(3)));
    let stays = col("earned")
        .gt(col("held"))
        .and(col("repeat_buyer").not())
        .or(col("earned").lt(col("held")).and(number_by(col("value") + lit(3.0)).gt_eq(col("held"))));
    let number = when(stays).then(col("held")).otherwise(col("earned"));
    let changed = col("prior_tier").is_null().or(col("number").neq(col("held")));
    let cycles = when(changed).then(lit(1i64)).otherwise(col("prior_cycles_held").fill_null(lit(0i64)) + lit(1i64));
    let frame = frame
        .with_columns([
            number_of("prior_tier").alias("held"),
            number_by(col("value")).alias("earned"),
            repeats.alias("repeat_buyer"),
        ])
        .with_columns([number.alias("number")])
        .with_columns([cycles.alias("cycles_held")]);
    if style.terms == Terms::Join {
        return frame;
    }
    frame.with_columns([
        take("number", text_series(&TIERS), style.terms).alias("tier"),
        take("earned", text_series(&TIERS), style.terms).alias("tier_by_value"),
    ])
}

/// What each tier gets, constants folded: the price floor and the day of the next review follow from the tier.
fn terms() -> Vec<Series> {
    let reviews = Int32Chunked::from_vec("next_review".into(), REVIEWS.to_vec()).into_date().into_series();
    vec![
        Series::new("discount_cap".into(), [0.08, 0.12, 0.18, 0.25]),
        Series::new("price_floor".into(), [0.92, 0.88, 0.82, 0.75]),
        Series::new("credit_days".into(), [30i64, 45, 60, 90]),
        Series::new("visits_per_quarter".into(), [0i64, 1, 3, 6]),
        Series::new("sponsor".into(), [false, false, false, true]),
        Series::new("service_level".into(), ["standard desk", "priority desk", "named engineer", "dedicated team"]),
        reviews,
    ]
}

fn policy(frame: LazyFrame, style: Style) -> LazyFrame {
    let owner = col("number") * lit(2u8).cast(DataType::UInt8) + col("abroad").cast(DataType::UInt8);
    let frame = frame.with_columns([owner.alias("owner")]);
    if style.terms == Terms::Join {
        let table = |key: &str, columns: Vec<Series>| {
            let rows = columns[0].len();
            let mut all = vec![Series::new(key.into(), (0..rows as u8).collect::<Vec<_>>()).into_column()];
            all.extend(columns.into_iter().map(Series::into_column));
            DataFrame::new(rows, all).expect("columns of one length")
        };
        let named = |name: &str, values: &[&str]| text_series(values).with_name(name.into());
        let mut by_number = vec![named("tier", &TIERS)];
        by_number.extend(terms());
        let frame = joined(frame, "number", table("number", by_number));
        let frame = joined(frame, "earned", table("earned", vec![named("tier_by_value", &TIERS)]));
        return joined(frame, "owner", table("owner", vec![named("owner_role", &OWNERS)]));
    }
    let mut all: Vec<Expr> = terms()
        .into_iter()
        .map(|s| {
            let name = s.name().clone();
            take("number", s, style.terms).alias(name)
        })
        .collect();
    all.push(take("owner", text_series(&OWNERS), style.terms).alias("owner_role"));
    frame.with_columns(all)
}

/// The three steps.
pub fn steps(frame: LazyFrame, variant: Variant, style: Style) -> LazyFrame {
    let frame = value(frame, variant, style);
    let frame = tier(frame, style);
    policy(frame, style).select(OUTPUTS.map(col))
}
