//! The planning calendar: `planning:` of the project file.
//!
//! In: its tree. Out: [`Planning`] and diagnostics. Must not know: runs, the date today. Start at [`read`].
//!
//! Windows of phases are half-open, as the planning year is: one that ends on 04-01 has the 31st of March as its last day.
//! None reaches over the start of the year, and no two share a day.

use super::field::{Field, Fields, Findings};
use super::scenarios::{Variant, variant};
use super::shape::planning as shape;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// A phase of the planning year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Strategic plan.
    Sp,
    /// Annual business plan and forecast.
    Bp,
    /// Execution and monitoring.
    Monitor,
}

impl Phase {
    /// All phases.
    pub const ALL: [Phase; 3] = [Phase::Sp, Phase::Bp, Phase::Monitor];
    /// The names of all phases, for messages.
    pub const NAMES: [&'static str; 3] = ["SP", "BP", "monitor"];

    /// The phase of a name, in any case of letters.
    ///
    /// ```
    /// use tierwright::run::cycle::Phase;
    /// assert_eq!(Phase::parse("bp"), Some(Phase::Bp));
    /// assert_eq!(Phase::parse("plan"), None);
    /// ```
    pub fn parse(name: &str) -> Option<Phase> {
        Phase::ALL.into_iter().find(|p| p.name().eq_ignore_ascii_case(name))
    }

    /// Its name: `SP`, `BP`, `monitor`.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Sp => "SP",
            Phase::Bp => "BP",
            Phase::Monitor => "monitor",
        }
    }
}

/// The days of each planning year that belong to a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The phase.
    pub phase: Phase,
    /// Its first month and day.
    pub from: (i8, i8),
    /// The month and day after its last.
    pub to: (i8, i8),
}

/// The planning calendar.
#[derive(Clone, Debug)]
pub struct Planning {
    /// Month in which the planning year starts, 1 to 12.
    pub start_month: i8,
    /// Day of that month, 1 to 28.
    pub start_day: i8,
    /// IANA time zone in which days are counted.
    pub time_zone: String,
    /// Phase whose decisions the next cycle reads back.
    pub prior_phase: Phase,
    /// When which phase is; a day may belong to none.
    pub windows: Vec<Window>,
    /// Parameters and steps that a phase has of its own.
    pub variants: Vec<(Phase, Variant)>,
}

impl Default for Planning {
    fn default() -> Planning {
        Planning {
            start_month: 4,
            start_day: 1,
            time_zone: "UTC".into(),
            prior_phase: Phase::Bp,
            windows: Vec::new(),
            variants: Vec::new(),
        }
    }
}

impl Planning {
    /// What a phase has of its own.
    pub fn variant(&self, phase: Phase) -> Option<&Variant> {
        self.variants.iter().find(|(own, _)| *own == phase).map(|(_, variant)| variant)
    }

    /// The phase in whose window a day lies; `None` if no window has it.
    ///
    /// ```
    /// use jiff::civil::date;
    /// use tierwright::manifest::model::{Phase, Planning, Window};
    /// let bp = Window { phase: Phase::Bp, from: (1, 1), to: (4, 1) };
    /// let planning = Planning { windows: vec![bp], ..Planning::default() };
    /// assert_eq!(planning.phase_of(date(2017, 3, 31)), Some(Phase::Bp));
    /// assert_eq!(planning.phase_of(date(2017, 4, 1)), None);
    /// ```
    pub fn phase_of(&self, day: Date) -> Option<Phase> {
        let place = self.place((day.month(), day.day()));
        let holds = |w: &&Window| (self.place(w.from)..self.end(w.to)).contains(&place);
        self.windows.iter().find(holds).map(|window| window.phase)
    }

    /// Where a day stands in the planning year: its days are in the order of these numbers.
    fn place(&self, (month, day): (i8, i8)) -> i32 {
        let number = |month: i8, day: i8| i32::from(month) * 32 + i32::from(day);
        (number(month, day) - number(self.start_month, self.start_day)).rem_euclid(13 * 32)
    }

    /// The same of an exclusive end, which may be the start of the next year.
    fn end(&self, to: (i8, i8)) -> i32 {
        if to == (self.start_month, self.start_day) { i32::MAX } else { self.place(to) }
    }
}

/// Reads `planning:`; `None` if it is no map.
pub fn read(field: &Field<'_>, findings: &mut Findings) -> Option<Planning> {
    let fields = Fields::open(field, "`planning`", &shape::PLANNING, findings)?;
    let mut planning = Planning::default();
    if let Some(starts) = fields.get("starts") {
        match starts.value.scalar_text().and_then(month_day).filter(|(_, day)| *day <= 28) {
            Some((month, day)) => (planning.start_month, planning.start_day) = (month, day),
            None => findings
                .push(starts.wrong("a month and a day as 04-01").help("the day lies from 01 to 28, in every month")),
        }
    }
    if let Some(name) = fields.get("time_zone").and_then(|f| time_zone(&f, findings)) {
        planning.time_zone = name;
    }
    let phases = Phase::ALL.map(|phase| (phase.name(), phase));
    if let Some(phase) = fields.get("prior_phase").and_then(|f| f.choice(&phases, findings)) {
        planning.prior_phase = phase;
    }
    if let Some(phases) = fields.get("phases") {
        windows(&phases, &mut planning, findings);
    }
    Some(planning)
}

fn time_zone(field: &Field<'_>, findings: &mut Findings) -> Option<String> {
    let name = field.text(findings)?;
    if TimeZone::get(&name).is_ok() {
        return Some(name);
    }
    let known = jiff::tz::db().available().map(|name| name.to_string()).collect::<Vec<_>>();
    findings.push(
        field
            .wrong_value(format!("no time zone `{name}`"))
            .did_you_mean(&name, known.iter().map(String::as_str))
            .help("use a name of the IANA database, such as Asia/Shanghai or UTC"),
    );
    None
}

/// `phases: { SP: [09-01, 12-01], monitor: { window: [04-01, 09-01], set: { P.alarm: 0.2 } }, … }`.
fn windows(field: &Field<'_>, planning: &mut Planning, findings: &mut Findings) {
    let Some(fields) = Fields::open(field, "`phases`", &shape::PHASES, findings) else { return };
    for phase in Phase::ALL {
        let Some(mut field) = fields.get(phase.name()) else { continue };
        if field.as_map().is_some() {
            let what = format!("the phase {}", phase.name());
            let Some(own) = Fields::open(&field, &what, &shape::PHASE, findings) else { continue };
            planning.variants.push((phase, variant(&own, findings)));
            let Some(window) = own.get("window") else { continue };
            field = window;
        }
        let Some(window) = window(&field, phase, planning, findings) else { continue };
        let (from, to) = (planning.place(window.from), planning.end(window.to));
        let meets = |w: &&Window| planning.place(w.from) < to && from < planning.end(w.to);
        if let Some(other) = planning.windows.iter().find(meets) {
            let message = format!("the windows of {} and {} share days", other.phase.name(), phase.name());
            findings.push(
                field.wrong_value(message).help("a day belongs to one phase; the end of a window is no day of it"),
            );
        } else {
            planning.windows.push(window);
        }
    }
}

fn window(field: &Field<'_>, phase: Phase, planning: &Planning, findings: &mut Findings) -> Option<Window> {
    let ends: Vec<_> = field.one_or_more().iter().map(|end| end.value.scalar_text().and_then(month_day)).collect();
    let [Some(from), Some(to)] = ends[..] else {
        findings.push(field.wrong("two days, the first and the one after the last, as [09-01, 12-01]"));
        return None;
    };
    if planning.place(from) >= planning.end(to) {
        let start = format!("{:02}-{:02}", planning.start_month, planning.start_day);
        let message = format!("the window of {} reaches over the start of the planning year, {start}", phase.name());
        let help = format!("its days lie in one planning year: from {start} on, and at last up to {start}");
        findings.push(field.wrong_value(message).help(help));
        return None;
    }
    Some(Window { phase, from, to })
}

/// A day that is in every year.
fn month_day(text: &str) -> Option<(i8, i8)> {
    let (month, day) = text.split_once('-')?;
    let two = |part: &str| {
        if part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit()) { part.parse::<i8>().ok() } else { None }
    };
    let (month, day) = (two(month)?, two(day)?);
    Date::new(2017, month, day).is_ok().then_some((month, day))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    type Days = (i8, i8);

    fn planning(start: Days, windows: &[(Phase, Days, Days)]) -> Planning {
        let windows = windows.iter().map(|(phase, from, to)| Window { phase: *phase, from: *from, to: *to }).collect();
        Planning { start_month: start.0, start_day: start.1, windows, ..Planning::default() }
    }

    #[test]
    fn every_day_is_in_the_window_that_has_it() {
        let fiscal = planning(
            (4, 1),
            &[(Phase::Sp, (9, 1), (12, 1)), (Phase::Bp, (1, 15), (4, 1)), (Phase::Monitor, (4, 1), (9, 1))],
        );
        for (day, phase) in [
            (date(2017, 8, 31), Some(Phase::Monitor)),
            (date(2017, 9, 1), Some(Phase::Sp)),
            (date(2017, 11, 30), Some(Phase::Sp)),
            (date(2017, 12, 1), None),
            (date(2018, 1, 14), None),
            (date(2018, 1, 15), Some(Phase::Bp)),
            (date(2020, 2, 29), Some(Phase::Bp)),
            (date(2018, 3, 31), Some(Phase::Bp)),
            (date(2018, 4, 1), Some(Phase::Monitor)),
        ] {
            assert_eq!(fiscal.phase_of(day), phase, "{day}");
        }
    }

    #[test]
    fn a_window_that_ends_in_march_has_the_leap_day() {
        let calendar = planning((1, 1), &[(Phase::Sp, (2, 1), (3, 1)), (Phase::Bp, (3, 1), (1, 1))]);
        assert_eq!(calendar.phase_of(date(2020, 2, 29)), Some(Phase::Sp));
        assert_eq!(calendar.phase_of(date(2019, 3, 1)), Some(Phase::Bp));
        assert_eq!(calendar.phase_of(date(2019, 12, 31)), Some(Phase::Bp));
        assert_eq!(calendar.phase_of(date(2019, 1, 31)), None);
    }

    #[test]
    fn the_whole_year_may_be_one_window() {
        let one = planning((7, 1), &[(Phase::Bp, (7, 1), (7, 1))]);
        assert!((1..=12).all(|month| one.phase_of(date(2019, month, 1)) == Some(Phase::Bp)));
    }
}
