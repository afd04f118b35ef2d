//! Operations of dates and instants.
//!
//! In: day numbers, ints, microseconds. Out: the same; an answer outside the years there are is an overflow. Must not know: the rule
//! language. Results are those of [`calendar`], in forms without branches: days are counted from 1 March of a year that is a
//! multiple of 400 and earlier than all years there are, so that all numbers are positive.

mod zone;
pub use zone::Zone;

use super::loops::{map, map2};
use crate::calendar;
use crate::rules::cause::CauseKind;
use crate::rules::ir::DatePart;
use crate::rules::site::Failure;
use crate::rules::vm::simd::multiversion;
use crate::rules::vm::value::{Fails, Src};
use std::num::Wrapping;

/// Numbers whose operations have no check for overflow: with one a loop is not vectorised.
type Number = Wrapping<u32>;

/// Years from the first of the era that days are counted from to the year 0.
const ERA_YEARS: u32 = 10_000;
/// Days of 400 years.
const ERA_DAYS: u32 = 146_097;
/// Days from the start of that era to 1970-01-01.
const EPOCH: u32 = 719_468 + ERA_YEARS / 400 * ERA_DAYS;

const OVERFLOW: Failure = Failure::whole(CauseKind::Overflow);

#[inline(always)]
fn is_day(days: i32) -> bool {
    (calendar::FIRST_DAY..=calendar::LAST_DAY).contains(&days)
}

#[inline(always)]
fn one_if(condition: bool) -> Number {
    Wrapping(u32::from(condition))
}

/// Year (from the era's first), month and day; garbage for what is no day.
#[inline(always)]
fn parts(days: i32) -> (Number, Number, Number) {
    let n = Wrapping::<u32>;
    let shifted = n(days as u32) + n(EPOCH);
    let era = shifted / n(ERA_DAYS);
    let day_of_era = shifted - era * n(ERA_DAYS);
    let leap_days = day_of_era / n(1_460) - day_of_era / n(36_524) + day_of_era / n(146_096);
    let year_of_era = (day_of_era - leap_days) / n(365);
    let day_of_year = day_of_era - (n(365) * year_of_era + year_of_era / n(4) - year_of_era / n(100));
    let shifted_month = (n(5) * day_of_year + n(2)) / n(153);
    let day = day_of_year - (n(153) * shifted_month + n(2)) / n(5) + n(1);
    let late = one_if(shifted_month.0 >= 10);
    (year_of_era + era * n(400) + late, shifted_month + n(3) - n(12) * late, day)
}

/// The day of a year (from the era's first), month and day.
#[inline(always)]
fn day_of(year: Number, month: Number, day: Number) -> i32 {
    let n = Wrapping::<u32>;
    let early = one_if(month.0 <= 2);
    let year = year - early;
    let era = year / n(400);
    let year_of_era = year - era * n(400);
    let day_of_year = (n(153) * (month + n(12) * early - n(3)) + n(2)) / n(5) + day - n(1);
    let day_of_era = year_of_era * n(365) + year_of_era / n(4) - year_of_era / n(100) + day_of_year;
    (era * n(ERA_DAYS) + day_of_era - n(EPOCH)).0 as i32
}

#[inline(always)]
fn days_in_month(year: Number, month: Number) -> Number {
    let divides = |n: u32| year.0.is_multiple_of(n);
    let leap = one_if((divides(4) & !divides(100)) | divides(400));
    // From August on, even months are the long ones.
    let long = (month ^ (month >> 3)) & Wrapping(1);
    if month.0 == 2 { Wrapping(28) + leap } else { Wrapping(30) + long }
}

/// Rows that are worked on at a time: what has two steps is vectorised step by step.
const BLOCK: usize = 256;

/// `out[n] = f(src[from + n])`.
#[inline(always)]
fn block<T: Copy>(src: Src<'_, T>, from: usize, out: &mut [u32], mut f: impl FnMut(T) -> u32) {
    match src {
        Src::Each(values) => out.iter_mut().zip(&values[from..]).for_each(|(out, value)| *out = f(*value)),
        Src::All(value) => out.fill(f(value)),
    }
}

/// Months since the era's first year, times 32, and the day: ordered as days are.
#[inline(always)]
fn month_and_day(days: i32) -> u32 {
    let (year, month, day) = parts(days);
    ((year * Wrapping(12) + month - Wrapping(1)) * Wrapping(32) + day).0
}

/// Months so far that there is no day so much later or earlier.
const FAR: i64 = 1 << 20;

/// The day `count` months after a [`month_and_day`], and whether there is one.
#[inline(always)]
fn plus(date: u32, count: u32) -> (i32, bool) {
    /// The years 1 to 9999, from the era's first.
    const YEARS: (u32, u32) = (ERA_YEARS + 1, ERA_YEARS + 9_999);
    // Before the era's first, months wrap around to far behind the last year.
    let months = Wrapping(date >> 5) + Wrapping(count);
    let year = months / Wrapping(12);
    let month = months - year * Wrapping(12) + Wrapping(1);
    let (day, last) = (date & 31, days_in_month(year, month).0);
    let day = if day > last { last } else { day };
    (day_of(year, month, Wrapping(day)), (YEARS.0..=YEARS.1).contains(&year.0))
}

/// Notes an overflow where `works` does not hold, if any row is `wrong`.
fn note(wrong: u32, rows: usize, fails: &mut Fails, works: impl Fn(usize) -> bool) {
    for row in (0..rows).filter(|_| wrong != 0) {
        if !works(row) {
            fails.set(row, rows, OVERFLOW);
        }
    }
}

/// `out[row] = of(year, month, day)`.
#[inline(always)]
fn part_by(days: Src<'_, i32>, out: &mut [i64], fails: &mut Fails, of: impl Fn(Number, Number, Number) -> Number) {
    let mut wrong = 0;
    map(days, out, |days| {
        wrong |= u32::from(!is_day(days));
        let (year, month, day) = parts(days);
        i64::from(of(year - Wrapping(ERA_YEARS), month, day).0 as i32)
    });
    note(wrong, out.len(), fails, |row| is_day(days.get(row)));
}

multiversion! {
    /// Days from `from` to `to`.
    pub fn days_between(from: Src<'_, i32>, to: Src<'_, i32>, out: &mut [i64]) {
        map2(from, to, out, |from, to| i64::from(to).wrapping_sub(i64::from(from)));
    }

    /// Whole months from `from` to `to`.
    pub fn months_between(from: Src<'_, i32>, to: Src<'_, i32>, out: &mut [i64], fails: &mut Fails) {
        let mut wrong = 0;
        let (mut a, mut b) = ([0; BLOCK], [0; BLOCK]);
        for (n, out) in out.chunks_mut(BLOCK).enumerate() {
            let mut code = |days| {
                wrong |= u32::from(!is_day(days));
                month_and_day(days)
            };
            block(from, n * BLOCK, &mut a[..out.len()], &mut code);
            block(to, n * BLOCK, &mut b[..out.len()], &mut code);
            for (out, (a, b)) in out.iter_mut().zip(a.iter().zip(&b)) {
                let (low, high) = (*a.min(b), *a.max(b));
                let months = (high >> 5).wrapping_sub(low >> 5).wrapping_sub(u32::from(high & 31 < low & 31)) as i32;
                *out = i64::from(if b < a { months.wrapping_neg() } else { months });
            }
        }
        note(wrong, out.len(), fails, |row| is_day(from.get(row)) && is_day(to.get(row)));
    }

    /// A part of each date.
    pub fn part(part: DatePart, days: Src<'_, i32>, out: &mut [i64], fails: &mut Fails) {
        match part {
            DatePart::Year => part_by(days, out, fails, |year, _, _| year),
            DatePart::Month => part_by(days, out, fails, |_, month, _| month),
            DatePart::Day => part_by(days, out, fails, |_, _, day| day),
            DatePart::Quarter => part_by(days, out, fails, |_, month, _| (month + Wrapping(2)) / Wrapping(3)),
            DatePart::YearMonth => part_by(days, out, fails, |year, month, _| year * Wrapping(100) + month),
            // Every int has one. 2^31 is 2 more than a multiple of 7, and 1970-01-01 was a Thursday.
            DatePart::Weekday => map(days, out, |days| {
                let since = ((days as u32) ^ (1 << 31)) % 7;
                i64::from(if since == 6 { 1 } else { since + 2 })
            }),
        }
    }

    /// `count` days later.
    pub fn plus_days(days: Src<'_, i32>, count: Src<'_, i64>, out: &mut [i32], fails: &mut Fails) {
        shift_days(days, count, out, fails, i64::wrapping_add);
    }

    /// `count` days earlier.
    pub fn minus_days(days: Src<'_, i32>, count: Src<'_, i64>, out: &mut [i32], fails: &mut Fails) {
        shift_days(days, count, out, fails, i64::wrapping_sub);
    }

    /// The same day `count` months later, or the last of that month.
    pub fn plus_months(days: Src<'_, i32>, count: Src<'_, i64>, out: &mut [i32], fails: &mut Fails) {
        shift_months(days, count, out, fails, |count| count);
    }

    /// The same day `count` months earlier, or the last of that month.
    pub fn minus_months(days: Src<'_, i32>, count: Src<'_, i64>, out: &mut [i32], fails: &mut Fails) {
        // The smallest int stays what it is: too far either way.
        shift_months(days, count, out, fails, i64::wrapping_neg);
    }
}

#[inline(always)]
fn shift_days(
    days: Src<'_, i32>,
    count: Src<'_, i64>,
    out: &mut [i32],
    fails: &mut Fails,
    shifted: impl Fn(i64, i64) -> i64,
) {
    const FIRST: i64 = *calendar::DATA_DAYS.start() as i64;
    const LAST: i64 = *calendar::DATA_DAYS.end() as i64;
    // A sum that wraps around lies far outside the days that a rule may give.
    let fits = |sum: i64| (FIRST..=LAST).contains(&sum);
    let mut wrong = 0;
    map2(days, count, out, |days, count| {
        let sum = shifted(i64::from(days), count);
        wrong |= u32::from(!fits(sum));
        sum as i32
    });
    note(wrong, out.len(), fails, |row| fits(shifted(i64::from(days.get(row)), count.get(row))));
}

#[inline(always)]
fn shift_months(
    days: Src<'_, i32>,
    count: Src<'_, i64>,
    out: &mut [i32],
    fails: &mut Fails,
    signed: impl Fn(i64) -> i64,
) {
    let months = |count: i64| signed(count).clamp(-FAR, FAR) as u32;
    let mut wrong = 0;
    let (mut dates, mut counts) = ([0; BLOCK], [0; BLOCK]);
    for (n, out) in out.chunks_mut(BLOCK).enumerate() {
        let len = out.len();
        block(days, n * BLOCK, &mut dates[..len], |days| {
            wrong |= u32::from(!is_day(days));
            month_and_day(days)
        });
        block(count, n * BLOCK, &mut counts[..len], months);
        for (out, (date, count)) in out.iter_mut().zip(dates.iter().zip(&counts)) {
            let (later, works) = plus(*date, *count);
            wrong |= u32::from(!works);
            *out = later;
        }
    }
    let works = |days, count| is_day(days) && plus(month_and_day(days), months(count)).1;
    note(wrong, out.len(), fails, |row| works(days.get(row), count.get(row)));
}

#[cfg(test)]
mod tests;
