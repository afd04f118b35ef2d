use super::*;
use crate::calendar::{FIRST_DAY, LAST_DAY, day_of_instant};
use crate::rules::site::Part;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Days around the borders, month ends, and days spread over all years.
fn days() -> Vec<i32> {
    let mut days =
        vec![i32::MIN, FIRST_DAY - 1, FIRST_DAY, FIRST_DAY + 1, LAST_DAY - 1, LAST_DAY, LAST_DAY + 1, i32::MAX];
    days.extend(-800..800);
    days.extend((FIRST_DAY..=LAST_DAY).step_by(9_973));
    days
}

const COUNTS: [i64; 18] = [
    0,
    1,
    -1,
    11,
    -12,
    13,
    48,
    -1_200,
    119_988,
    -239_987,
    239_987,
    1_048_576,
    -1_048_577,
    1 << 32,
    -(1 << 32),
    i64::MAX,
    i64::MIN,
    i64::MIN + 1,
];

/// Holds a result by row against what is expected; `None` is an overflow.
fn assert_row<T: PartialEq + std::fmt::Debug + Copy>(out: &[T], fails: &Fails, row: usize, expected: Option<T>) {
    let got = match fails.get(row).read() {
        None => Some(out[row]),
        Some(failure) => {
            assert_eq!(failure, (CauseKind::Overflow, Part::Whole));
            None
        }
    };
    assert_eq!(got, expected, "row {row}");
}

#[test]
fn parts_are_the_calendars() {
    let all: Vec<i32> = (FIRST_DAY - 2..=LAST_DAY + 2).collect();
    let (mut out, mut fails) = (vec![0i64; all.len()], Fails::default());
    let expected = |which: DatePart, days: i32| {
        let (year, month, day) = calendar::parts(days)?;
        let (year, month, day) = (i64::from(year), i64::from(month), i64::from(day));
        Some(match which {
            DatePart::Year => year,
            DatePart::Month => month,
            DatePart::Day => day,
            DatePart::Quarter => (month - 1) / 3 + 1,
            DatePart::YearMonth => year * 100 + month,
            DatePart::Weekday => calendar::weekday(days),
        })
    };
    for which in [DatePart::Year, DatePart::Month, DatePart::Day, DatePart::Quarter, DatePart::YearMonth] {
        fails.clear();
        part(which, Src::Each(&all), &mut out, &mut fails);
        for (row, days) in all.iter().enumerate() {
            assert_row(&out, &fails, row, expected(which, *days));
        }
    }
    let days = days();
    let mut out = vec![0; days.len()];
    fails.clear();
    part(DatePart::Weekday, Src::Each(&days), &mut out, &mut fails);
    assert!(!fails.any());
    days.iter().zip(out).for_each(|(days, out)| assert_eq!(out, calendar::weekday(*days), "{days}"));
}

#[test]
fn differences_are_the_calendars() {
    let from = days();
    let mut fails = Fails::default();
    for to in [i32::MIN, FIRST_DAY - 1, FIRST_DAY, -1, 0, 58, 59, 60, 17_256, 17_257, LAST_DAY, i32::MAX] {
        let mut out = vec![0; from.len()];
        days_between(Src::Each(&from), Src::All(to), &mut out);
        from.iter().zip(&out).for_each(|(from, out)| assert_eq!(*out, i64::from(to) - i64::from(*from)));
        fails.clear();
        months_between(Src::Each(&from), Src::All(to), &mut out, &mut fails);
        for (row, from) in from.iter().enumerate() {
            let in_range = is_day(*from) && is_day(to);
            assert_row(&out, &fails, row, calendar::months_between(*from, to).filter(|_| in_range));
        }
        fails.clear();
        months_between(Src::All(to), Src::Each(&from), &mut out, &mut fails);
        for (row, from) in from.iter().enumerate() {
            assert_row(&out, &fails, row, calendar::months_between(to, *from));
        }
    }
}

#[test]
fn shifts_are_the_calendars() {
    type Kernel = fn(Src<'_, i32>, Src<'_, i64>, &mut [i32], &mut Fails);
    type Scalar = fn(i32, i64) -> Option<i32>;
    let back = |plus: Scalar| move |days: i32, count: i64| count.checked_neg().and_then(|n| plus(days, n));
    let days = days();
    let mut fails = Fails::default();
    let mut run = |kernel: Kernel, expected: &dyn Fn(i32, i64) -> Option<i32>| {
        for count in COUNTS {
            let mut out = vec![0; days.len()];
            fails.clear();
            kernel(Src::Each(&days), Src::All(count), &mut out, &mut fails);
            for (row, days) in days.iter().enumerate() {
                assert_row(&out, &fails, row, expected(*days, count));
            }
        }
        let counts: Vec<i64> = (0..days.len()).map(|i| COUNTS[i % COUNTS.len()]).collect();
        let mut out = vec![0; days.len()];
        fails.clear();
        kernel(Src::Each(&days), Src::Each(&counts), &mut out, &mut fails);
        for (row, days) in days.iter().enumerate() {
            assert_row(&out, &fails, row, expected(*days, counts[row]));
        }
    };
    run(plus_days, &calendar::plus_days);
    run(minus_days, &back(calendar::plus_days));
    run(plus_months, &calendar::plus_months);
    run(minus_months, &back(calendar::plus_months));
}

#[test]
fn instants_have_days_in_a_zone() {
    for name in ["Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia", "UTC"]
    {
        let zone = TimeZone::get(name).unwrap();
        let mut instants = vec![i64::MIN, i64::MAX, 0, -1];
        for edge in [Timestamp::MIN.as_microsecond(), Timestamp::MAX.as_microsecond()] {
            let second = edge / 1_000_000 * 1_000_000;
            instants.extend([edge - 1, edge, edge + 1, second - 1, second, second + 1]);
        }
        for change in zone.following(Timestamp::MIN).take(300) {
            let at = change.timestamp().as_microsecond();
            instants.extend([at - 1, at, at + 1, at + DAY_AND_A_BIT]);
        }
        instants.extend((0..4_000).map(|i: i64| (i - 2_000) * 1_000_003_000_003));
        // Forwards and backwards, so that spans are found in either order.
        for _ in 0..2 {
            let mut cached = Zone::new(zone.clone());
            for rows in [0, 1, 64, instants.len()] {
                let (mut out, mut fails) = (vec![0; rows], Fails::default());
                cached.dates(Src::Each(&instants), &mut out, &mut fails);
                for (row, instant) in instants.iter().take(rows).enumerate() {
                    assert_row(&out, &fails, row, day_of_instant(*instant, &zone));
                }
            }
            instants.reverse();
        }
    }
}

const DAY_AND_A_BIT: i64 = 86_400_000_000 + 12_345;
