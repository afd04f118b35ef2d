//! Which cycle and phase a run is of, by the date it is given.

use super::super::cycle::{AsOfSource, Dates, dates};
use super::bench::project;
use crate::manifest::model::{Phase, Project, Window};
use jiff::civil::{Date, date};

/// SP in autumn, BP before the year ends, monitor in its first half; days in Shanghai.
fn planned() -> Project {
    let mut project = project();
    project.as_of = None;
    project.planning.windows = vec![
        Window { phase: Phase::Sp, from: (9, 1), to: (12, 1) },
        Window { phase: Phase::Bp, from: (1, 1), to: (4, 1) },
        Window { phase: Phase::Monitor, from: (4, 1), to: (9, 1) },
    ];
    project
}

fn at(time: &str) -> Dates {
    let now = time.parse::<jiff::Timestamp>().unwrap().as_microsecond();
    dates(&planned(), None, None, None, now).unwrap().0
}

fn of(as_of: Date) -> (String, Option<Phase>) {
    let (dates, warnings) = dates(&planned(), Some(as_of), None, None, 0).unwrap();
    assert!(warnings.is_empty());
    (dates.cycle_name(), dates.phase)
}

#[test]
fn the_last_minute_of_the_year_and_the_first_of_the_next_are_days_apart() {
    // As-of is the day itself, and an exclusive end: at 23:59 on the 31st of March the 30th is the last day seen.
    let last = at("2017-03-31T23:59:59.999999+08:00");
    assert_eq!((last.as_of, last.source), (date(2017, 3, 31), AsOfSource::Today));
    assert_eq!((last.cycle_name().as_str(), last.phase), ("FY2016", Some(Phase::Bp)));
    let first = at("2017-04-01T00:00:00+08:00");
    assert_eq!(first.as_of, date(2017, 4, 1));
    assert_eq!((first.cycle_name().as_str(), first.phase), ("FY2016", Some(Phase::Bp)), "the 31st of March is whole");
    let second = at("2017-04-02T00:00:00+08:00");
    assert_eq!((second.cycle_name().as_str(), second.phase), ("FY2017", Some(Phase::Monitor)));
    assert_eq!((second.start, second.end), (date(2017, 4, 1), date(2018, 4, 1)));
}

#[test]
fn the_day_is_that_of_the_planning_time_zone() {
    assert_eq!(at("2017-03-31T16:00:00Z").as_of, date(2017, 4, 1));
    assert_eq!(at("2017-03-31T15:59:59Z").as_of, date(2017, 3, 31));
}

#[test]
fn the_date_tells_the_phase() {
    assert_eq!(of(date(2017, 9, 1)), ("FY2017".into(), Some(Phase::Monitor)));
    assert_eq!(of(date(2017, 9, 2)), ("FY2017".into(), Some(Phase::Sp)));
    assert_eq!(of(date(2017, 12, 1)), ("FY2017".into(), Some(Phase::Sp)));
    assert_eq!(of(date(2017, 12, 2)), ("FY2017".into(), None));
    assert_eq!(of(date(2020, 3, 1)), ("FY2019".into(), Some(Phase::Bp)), "the 29th of February");
    assert_eq!(of(date(2020, 4, 1)), ("FY2019".into(), Some(Phase::Bp)));
}

#[test]
fn a_phase_that_is_named_goes_before() {
    let (forced, _) = dates(&planned(), Some(date(2017, 9, 2)), None, Some(Phase::Monitor), 0).unwrap();
    assert_eq!(forced.phase, Some(Phase::Monitor));
    let (none, _) = dates(&planned(), Some(date(2017, 12, 31)), None, None, 0).unwrap();
    assert_eq!((none.phase, none.slot_phase()), (None, Phase::Bp));
}
