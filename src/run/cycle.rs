//! The dates of a run: as-of date, planning cycle, phase.
//!
//! In: the project's calendar, what the command line says, the time now. Out: [`Dates`]. Must not know: tables, rules,
//! files. Start at [`dates`].

use crate::calendar;
use crate::diag::{Diagnostic, ids};
pub use crate::manifest::model::Phase;
use crate::manifest::model::Project;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Where the as-of date of a run comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsOfSource {
    /// The command line.
    Given,
    /// `as_of` of the project file.
    Project,
    /// Today in the planning time zone.
    Today,
}

/// The dates of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dates {
    /// Exclusive end of what the run looks at.
    pub as_of: Date,
    /// Where it comes from.
    pub source: AsOfSource,
    /// The planning year: the calendar year in which it starts.
    pub cycle: i16,
    /// First day of the cycle.
    pub start: Date,
    /// Exclusive end of the cycle.
    pub end: Date,
    /// The phase that the run names, else the one in whose window the day before the as-of date lies, if any.
    pub phase: Option<Phase>,
}

impl Dates {
    /// `FY2016`.
    pub fn cycle_name(&self) -> String {
        calendar::cycle_name(self.cycle)
    }

    /// The phase under which the run becomes current: BP where it has none.
    pub fn slot_phase(&self) -> Phase {
        self.phase.unwrap_or(Phase::Bp)
    }
}

/// The dates of a run, with warnings. Without `as_of` it is the project's, else today in the planning time zone;
/// without `cycle` it is the planning year that holds the day before the as-of date, and without `phase` the one in whose
/// window that day lies.
///
/// # Errors
/// `wrong-value`: a time zone, cycle or date that the calendar does not have.
pub fn dates(
    project: &Project,
    as_of: Option<Date>,
    given: Option<i16>,
    phase: Option<Phase>,
    now_micros: i64,
) -> Result<(Dates, Vec<Diagnostic>), Vec<Diagnostic>> {
    let planning = &project.planning;
    let (as_of, source) = match (as_of, project.as_of) {
        (Some(date), _) => (date, AsOfSource::Given),
        (None, Some(date)) => (date, AsOfSource::Project),
        (None, None) => (today(&planning.time_zone, now_micros).map_err(|d| vec![d])?, AsOfSource::Today),
    };
    let own = calendar::cycle_of(as_of, planning.start_month, planning.start_day);
    let cycle = given.unwrap_or(own);
    let bounds = calendar::cycle_bounds(cycle, planning.start_month, planning.start_day).filter(|_| cycle >= 1);
    let Some((start, end)) = bounds else {
        let place = match (given, source) {
            (Some(_), _) => "--cycle",
            (None, AsOfSource::Given) => "--as-of",
            (None, _) => "tierwright.yaml",
        };
        let message = format!("no planning year holds the day before {as_of}: planning years are FY0001 to FY9998");
        let finding = Diagnostic::error(ids::WRONG_VALUE, message).located(place);
        return Err(vec![finding.help("name a date such as 2017-04-01, or a cycle such as FY2016")]);
    };
    let phase = phase.or_else(|| planning.phase_of(as_of.yesterday().ok()?));
    let mut warnings = Vec::new();
    if cycle != own {
        let message = format!(
            "the day before as-of {as_of} lies in {}, the run is for {}",
            calendar::cycle_name(own),
            calendar::cycle_name(cycle)
        );
        warnings.push(Diagnostic::warning(ids::USAGE, message).help("leave `--cycle` out, or name `--as-of` with it"));
    }
    Ok((Dates { as_of, source, cycle, start, end, phase }, warnings))
}

fn today(zone: &str, now_micros: i64) -> Result<Date, Diagnostic> {
    let zone_of = TimeZone::get(zone).map_err(|_| {
        Diagnostic::error(ids::WRONG_VALUE, format!("no time zone `{zone}`")).help("such as `Asia/Shanghai`")
    });
    let now = Timestamp::from_microsecond(now_micros).map_err(|_| {
        Diagnostic::error(ids::WRONG_VALUE, "the system's clock is out of range").help("give `--as-of`")
    })?;
    Ok(now.to_zoned_datetime(zone_of?).date())
}
