//! The three steps written by hand as operations on series, without a query plan.
//!
//! In: a slice of the customers. Out: the columns that the rules give. Must not know: slices, threads. Weights and bounds
//! are multiplied out as in [`crate::hand`]'s folded style, and each operation takes its operand's buffer where it can.

use crate::hand::{OUTPUTS, OWNERS, REGIONS, REVIEWS, SECTORS};
use crate::workload::TIERS;
use polars::prelude::*;

struct Slice<'a>(&'a DataFrame);

impl<'a> Slice<'a> {
    fn series(&self, name: &str) -> &'a Series {
        self.0.column(name).expect("a column").as_materialized_series()
    }

    fn floats(&self, name: &str) -> PolarsResult<Float64Chunked> {
        let series = self.series(name);
        match series.dtype() {
            DataType::Float64 => series.f64().cloned(),
            _ => series.cast(&DataType::Float64)?.f64().cloned(),
        }
    }

    fn ints(&self, name: &str) -> PolarsResult<&'a Int64Chunked> {
        self.series(name).i64()
    }
}

fn constant(value: f64) -> Float64Chunked {
    Float64Chunked::full("".into(), value, 1)
}

fn choose(mask: &BooleanChunked, yes: &Float64Chunked, no: &Float64Chunked) -> PolarsResult<Float64Chunked> {
    yes.zip_with(mask, no)
}

fn clipped(x: Float64Chunked, most: f64) -> PolarsResult<Float64Chunked> {
    let series = clip(&x.into_series(), &constant(0.0).into_series(), &constant(most).into_series())?;
    series.f64().cloned()
}

/// `weight * clamp((x - low) / (high - low), 0, 1)`.
fn part(x: Float64Chunked, low: f64, high: f64, weight: f64) -> PolarsResult<Float64Chunked> {
    let slope = weight / (high - low);
    clipped(if low == 0.0 { x * slope } else { x * slope - low * slope }, weight)
}

/// `weight * (1 - clamp((x - low) / (high - low), 0, 1))`.
fn falling(x: Float64Chunked, low: f64, high: f64, weight: f64) -> PolarsResult<Float64Chunked> {
    let slope = weight / (high - low);
    clipped(x * -slope + (weight + low * slope), weight)
}

fn find(text: &StringChunked, map: &[(&str, f64)], weight: f64) -> PolarsResult<Float64Chunked> {
    let mut found = Float64Chunked::full_null("".into(), 1);
    for (name, figure) in map.iter().rev() {
        found = choose(&text.equal(*name), &constant(figure * weight), &found)?;
    }
    Ok(found)
}

/// The sum of three comparisons, by points; null for null.
fn number_by(points: &Float64Chunked) -> PolarsResult<UInt32Chunked> {
    let passes = |line: f64| points.gt_eq(line).cast(&DataType::UInt32)?.u32().cloned();
    let (one, two, three): (UInt32Chunked, UInt32Chunked, UInt32Chunked) =
        (passes(52.0)?, passes(65.0)?, passes(75.0)?);
    Ok(one + two + three)
}

fn value(slice: &Slice<'_>, out: &mut Vec<Series>) -> PolarsResult<Float64Chunked> {
    let price = part(slice.floats("price_realisation")?, 0.90, 1.05, 0.10)?.fill_null_with_values(0.0)?;
    let economic = slice.floats("revenue_rank")? * 0.75 + price + slice.floats("pipeline_rank")? * 0.15;
    let asked = choose(slice.series("new_series_asked").bool()?, &constant(0.15), &constant(0.0))?;
    let new_series = choose(&slice.ints("new_series_won")?.gt(0), &constant(0.3), &asked)?;
    let traction =
        part(slice.floats("products")?, 0.0, 7.0, 0.5)? + part(slice.floats("series")?, 0.0, 3.0, 0.2)? + new_series;
    let win_rate = slice.floats("win_rate")?;
    let none_closed = win_rate.is_null();
    let improvement = part(win_rate, 0.40, 0.90, 0.6)? + falling(slice.floats("days_to_close")?, 30.0, 90.0, 0.4)?;
    let improvement = choose(&none_closed, &constant(0.0), &improvement)?;
    let region = slice.series("region").str()?;
    let region_fit = choose(&region.is_null(), &constant(0.15), &find(region, &REGIONS, 0.3)?)?;
    let fit = find(slice.series("sector").str()?, &SECTORS, 0.7)? + region_fit;
    let rhythm = falling(slice.floats("longest_silence")?, 15.0, 60.0, 0.3)?;
    let rhythm = choose(&slice.ints("purchase_days")?.lt(3), &constant(0.0), &rhythm)?;
    let growth = part(slice.floats("growth_counted")?, -0.5, 0.5, 0.3)?.fill_null_with_values(0.15)?;
    let long_term = part(slice.floats("active_months")?, 0.0, 12.0, 0.4)? + rhythm + growth;
    let relationship =
        part(slice.floats("contacts")?, 0.0, 10.0, 0.1)? + falling(slice.floats("recency_days")?, 0.0, 45.0, 0.1)?;
    let relationship = (relationship + 0.9).fill_null_with_values(1.0)?;
    let points = [(&economic, 35.0), (&traction, 20.0), (&improvement, 10.0), (&fit, 15.0), (&long_term, 20.0)]
        .map(|(figure, weight)| &relationship * weight * figure.clone());
    let value = &(&(&(&points[0] + &points[1]) + &points[2]) + &points[3]) + &points[4];
    out.extend([economic, traction, improvement, fit, long_term, relationship].map(|c| c.into_series()));
    out.extend(points.map(|c| c.into_series()));
    out.push(value.clone().into_series());
    Ok(value)
}

fn tier(slice: &Slice<'_>, value: Float64Chunked, out: &mut Vec<Series>) -> PolarsResult<UInt32Chunked> {
    let prior = slice.series("prior_tier").str()?;
    let number = |n: u32| UInt32Chunked::full("".into(), n, 1);
    let mut held = number(0);
    for (n, name) in (1..4).zip(&TIERS[1..]) {
        held = number(n).zip_with(&prior.equal(*name), &held)?;
    }
    let earned = number_by(&value)?;
    let kept = number_by(&(value + 3.0))?;
    let by_days = slice.ints("purchase_days")?.gt_eq(3);
    let by_months = slice.ints("active_months")?.gt_eq(3);
    let repeats = by_days.zip_with(&slice.ints("months_covered")?.lt(3), &by_months)?;
    let stays = (earned.gt(&held) & !&repeats) | (earned.lt(&held) & kept.gt_eq(&held));
    let number = held.zip_with(&stays, &earned)?;
    let changed = prior.is_null() | number.not_equal(&held);
    let one = Int64Chunked::full("".into(), 1, 1);
    let more = slice.ints("prior_cycles_held")?.fill_null_with_values(0)? + 1;
    let cycles = one.zip_with(&changed, &more)?;
    let names = StringChunked::from_slice("".into(), &TIERS);
    out.push(names.take(&number)?.into_series());
    out.push(names.take(&earned)?.into_series());
    out.push(repeats.into_series());
    out.push(cycles.into_series());
    Ok(number)
}

fn policy(slice: &Slice<'_>, number: UInt32Chunked, out: &mut Vec<Series>) -> PolarsResult<()> {
    let floats = |values: [f64; 4]| Float64Chunked::from_slice("".into(), &values);
    let ints = |values: [i64; 4]| Int64Chunked::from_slice("".into(), &values);
    out.push(floats([0.08, 0.12, 0.18, 0.25]).take(&number)?.into_series());
    out.push(floats([0.92, 0.88, 0.82, 0.75]).take(&number)?.into_series());
    out.push(ints([30, 45, 60, 90]).take(&number)?.into_series());
    out.push(ints([0, 1, 3, 6]).take(&number)?.into_series());
    out.push(number.equal(3).into_series());
    let levels = ["standard desk", "priority desk", "named engineer", "dedicated team"];
    out.push(StringChunked::from_slice("".into(), &levels).take(&number)?.into_series());
    let reviews = Int32Chunked::from_slice("".into(), &REVIEWS).take(&number)?.into_date().into_series();
    let owner = number * 2 + slice.series("abroad").cast(&DataType::UInt32)?.u32()?.clone();
    out.push(StringChunked::from_slice("".into(), &OWNERS).take(&owner)?.into_series());
    out.push(reviews);
    Ok(())
}

/// The three steps for a slice, the ranks given.
pub fn steps(frame: &DataFrame) -> PolarsResult<DataFrame> {
    let slice = Slice(frame);
    let mut out = Vec::with_capacity(OUTPUTS.len());
    let value = value(&slice, &mut out)?;
    let number = tier(&slice, value, &mut out)?;
    policy(&slice, number, &mut out)?;
    let columns = out.into_iter().zip(OUTPUTS).map(|(s, name)| s.with_name(name.into()).into_column()).collect();
    DataFrame::new(frame.height(), columns)
}
