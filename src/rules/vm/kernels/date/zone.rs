//! Days of instants in a time zone.

use super::OVERFLOW;
use crate::rules::vm::value::{Fails, Src};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A time zone with the offsets that were looked up: one a thread, kept over chunks.
#[derive(Clone, Debug)]
pub struct Zone {
    zone: TimeZone,
    /// Sorted, apart from each other.
    spans: Vec<Span>,
}

/// Instants from one change of the clocks to before the next, in microseconds.
#[derive(Clone, Copy, Debug)]
struct Span {
    from: i64,
    /// Exclusive.
    to: i64,
    offset: i64,
}

impl Span {
    fn has(self, micros: i64) -> bool {
        self.from <= micros && micros < self.to
    }
}

const DAY: i64 = 86_400_000_000;

/// Behind the last instant that is read from microseconds: the start of the last second there is.
const END: i64 = 253_402_207_200_000_001;

impl Zone {
    /// Of a time zone.
    pub fn new(zone: TimeZone) -> Zone {
        Zone { zone, spans: Vec::new() }
    }

    /// The span of an instant; `None` outside the years there are.
    fn span(&mut self, micros: i64) -> Option<Span> {
        let at = self.spans.partition_point(|span| span.to <= micros);
        if let Some(span) = self.spans.get(at).filter(|span| span.has(micros)) {
            return Some(*span);
        }
        let instant = Timestamp::from_microsecond(micros).ok()?;
        // The change before an instant is earlier than it: of one at a change, that itself is wanted.
        let behind = Timestamp::from_microsecond(micros + 1).unwrap_or(Timestamp::MAX);
        let before = self.zone.preceding(behind).next().map(|change| change.timestamp());
        let after = self.zone.following(instant).next().map(|change| change.timestamp());
        let span = Span {
            from: before.unwrap_or(Timestamp::MIN).as_microsecond(),
            to: after.map_or(END, Timestamp::as_microsecond),
            offset: i64::from(self.zone.to_offset(instant).seconds()) * 1_000_000,
        };
        self.spans.insert(at, span);
        Some(span)
    }

    /// The day of each instant (microseconds); one outside the years there are overflows.
    pub fn dates(&mut self, instants: Src<'_, i64>, out: &mut [i32], fails: &mut Fails) {
        let rows = out.len();
        let mut last = Span { from: 0, to: 0, offset: 0 };
        for (row, out) in out.iter_mut().enumerate() {
            let micros = instants.get(row);
            if !last.has(micros) {
                match self.span(micros) {
                    Some(span) => last = span,
                    None => {
                        fails.set(row, rows, OVERFLOW);
                        continue;
                    }
                }
            }
            *out = (micros + last.offset).div_euclid(DAY) as i32;
        }
    }
}
