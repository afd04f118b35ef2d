//! Functions of dates: day numbers in, day numbers or ints out.

use super::{Args, int, natives};
use crate::calendar;
use crate::rules::cause::CauseKind;
use crate::rules::interp::site::{Failure, Outcome};
use crate::rules::site::Part;
use rhai::Dynamic;

natives! {
    DAYS_BETWEEN "days_between" days_between;
    MONTHS_BETWEEN "months_between" |a| number(calendar::months_between(day(a, 0)?, day(a, 1)?));
    YEAR "year" |a| part(a, |year, _, _| year);
    MONTH "month" |a| part(a, |_, month, _| month);
    DAY "day" |a| part(a, |_, _, day| day);
    QUARTER "quarter" |a| part(a, |_, month, _| (month - 1) / 3 + 1);
    YEAR_MONTH "year_month" |a| part(a, |year, month, _| year * 100 + month);
    /// 1 is Monday.
    WEEKDAY "weekday" |a| Ok(Dynamic::from_int(calendar::weekday(day(a, 0)?)));
    PLUS_DAYS "plus_days" |a| date(calendar::plus_days(day(a, 0)?, int(a, 1)?));
    MINUS_DAYS "minus_days" |a| back(a, calendar::plus_days);
    PLUS_MONTHS "plus_months" |a| date(calendar::plus_months(day(a, 0)?, int(a, 1)?));
    MINUS_MONTHS "minus_months" |a| back(a, calendar::plus_months);
}

const OVERFLOW: Failure = Failure::At(CauseKind::Overflow, Part::Whole);

/// Argument `n` as a day number.
pub(super) fn day(args: &[&mut Dynamic], n: usize) -> Outcome<i32> {
    i32::try_from(int(args, n)?).map_err(|_| OVERFLOW)
}

fn days_between(args: Args<'_, '_>) -> Outcome {
    let (from, to) = (day(args, 0)?, day(args, 1)?);
    Ok(Dynamic::from_int(i64::from(to) - i64::from(from)))
}

fn number(value: Option<i64>) -> Outcome {
    value.map(Dynamic::from_int).ok_or(OVERFLOW)
}

fn date(days: Option<i32>) -> Outcome {
    number(days.map(i64::from))
}

fn back(args: Args<'_, '_>, plus: fn(i32, i64) -> Option<i32>) -> Outcome {
    let (days, count) = (day(args, 0)?, int(args, 1)?);
    date(count.checked_neg().and_then(|n| plus(days, n)))
}

fn part(args: Args<'_, '_>, of: fn(i64, i64, i64) -> i64) -> Outcome {
    let parts = calendar::parts(day(args, 0)?);
    number(parts.map(|(year, month, day)| of(i64::from(year), i64::from(month), i64::from(day))))
}
