//! The lines of a source that a message shows.
//!
//! In: a source, places in it. Out: the text of the lines from the first place to the last, in which long lines are cut
//! around the places and invisible characters are written as escapes, and where the places are in that text. Must not
//! know: labels, how it is drawn. Start at [`excerpt`].

use super::printable;
use crate::source::SourceFile;
use std::ops::Range;

/// Bytes of a line that is shown whole.
const WHOLE: usize = 300;

/// Bytes that are shown before a place in a longer line.
const BEFORE: usize = 60;

/// Bytes that are shown from the start of a place on in a longer line.
const BEHIND: usize = 140;

/// What is shown of a source.
pub(super) struct Excerpt {
    /// The lines.
    pub text: String,
    /// Where the places are in `text`, in their order.
    pub places: Vec<Range<usize>>,
    /// Number of the first line.
    pub line: usize,
    /// Whether a line is cut or has an escape, so that columns of `text` are not those of the source.
    pub changed: bool,
}

/// The lines of some places, each on character boundaries of the source.
pub(super) fn excerpt(file: &SourceFile, places: &[Range<usize>]) -> Excerpt {
    let text = file.text.as_str();
    let low = places.iter().map(|range| range.start).min().unwrap_or(0);
    let high = places.iter().map(|range| range.end).max().unwrap_or(0);
    let ((first, _), (last, _)) = (file.line_column(low), file.line_column(high));
    let mut points: Vec<usize> = places.iter().flat_map(|range| [range.start, range.end]).collect();
    points.sort_unstable();
    points.dedup();
    let mut out = Writer { text: String::new(), points: &points, reached: Vec::new(), changed: false };
    for number in first..=last {
        let line = file.line(number);
        let start = file.offset(number, 1);
        let range = start..start + line.len();
        if number > first {
            out.text.push('\n');
        }
        let mut at = range.start;
        for shown in windows(text, &range, places) {
            out.skip(at, shown.start);
            out.copy(text, &shown);
            at = shown.end;
        }
        // A place that goes on to the line's end ends before the sign for what is left out.
        out.reach(range.end);
        out.skip(at, range.end);
    }
    out.reach(usize::MAX);
    let place = |point: usize| points.binary_search(&point).ok().and_then(|at| out.reached.get(at)).copied();
    let of = |range: &Range<usize>| place(range.start).unwrap_or(0)..place(range.end).unwrap_or(0);
    let places = places.iter().map(of).collect();
    Excerpt { places, line: first, changed: out.changed, text: out.text }
}

/// The parts of a line that are shown: all of a short one; of a long one what is around the places in it, else its head.
fn windows(text: &str, line: &Range<usize>, places: &[Range<usize>]) -> Vec<Range<usize>> {
    if line.len() <= WHOLE {
        return vec![line.clone()];
    }
    let boundary = |n: usize| (0..=n.min(line.end)).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
    let window = |from: usize, to: usize| boundary(from.max(line.start))..boundary(to);
    let mut found: Vec<Range<usize>> = Vec::new();
    for place in places {
        if (line.start..=line.end).contains(&place.start) {
            found.push(window(place.start.saturating_sub(BEFORE), place.start + BEHIND));
        } else if (line.start..=line.end).contains(&place.end) {
            found.push(window(place.end.saturating_sub(BEHIND), place.end + BEFORE));
        }
    }
    found.sort_by_key(|window| window.start);
    let mut merged: Vec<Range<usize>> = Vec::new();
    for window in found {
        match merged.last_mut() {
            Some(last) if window.start <= last.end => last.end = last.end.max(window.end),
            _ => merged.push(window),
        }
    }
    if merged.is_empty() { vec![window(line.start, line.start + BEFORE + BEHIND)] } else { merged }
}

struct Writer<'p> {
    text: String,
    /// Places of the source, rising.
    points: &'p [usize],
    /// Where the first of them are in `text`.
    reached: Vec<usize>,
    changed: bool,
}

impl Writer<'_> {
    /// Enters the points up to and with a place of the source as being here.
    fn reach(&mut self, at: usize) {
        while self.points.get(self.reached.len()).is_some_and(|point| *point <= at) {
            self.reached.push(self.text.len());
        }
    }

    fn skip(&mut self, from: usize, to: usize) {
        if from < to {
            self.reach(to - 1);
            self.text.push('…');
            self.changed = true;
        }
    }

    fn copy(&mut self, text: &str, range: &Range<usize>) {
        for (at, c) in text[range.clone()].char_indices() {
            self.reach(range.start + at);
            let before = self.text.len();
            printable::push(&mut self.text, c);
            self.changed |= self.text.len() - before != c.len_utf8();
        }
        self.reach(range.end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceMap;

    fn of(text: &str, places: &[Range<usize>]) -> Excerpt {
        let mut sources = SourceMap::default();
        let id = sources.add("a", text);
        excerpt(sources.file(id), places)
    }

    #[test]
    fn a_long_line_is_cut_around_its_places() {
        let text = format!("a\n{}KEY{}OTHER{}\nb", "x".repeat(5_000), "客".repeat(5_000), "y".repeat(5_000));
        let (key, other) = (5_002..5_005, 20_005..20_010);
        let found = of(&text, &[other.clone(), key.clone()]);
        assert!(found.text.len() < 500 && found.changed, "{}", found.text);
        assert_eq!(&found.text[found.places[0].clone()], "OTHER");
        assert_eq!(&found.text[found.places[1].clone()], "KEY");
        assert_eq!(found.line, 2);
        let whole = of(&text, std::slice::from_ref(&(2..25_010)));
        assert_eq!(&whole.text[whole.places[0].clone()], "x".repeat(140));
        let over = of(&text, std::slice::from_ref(&(0..25_010)));
        assert_eq!(over.text.lines().count(), 2);
        assert!(over.text[over.places[0].clone()].ends_with('y'));
    }

    #[test]
    fn invisible_characters_are_escaped_and_places_stay() {
        let found = of("  na\u{200b}me: x\r\n", std::slice::from_ref(&(2..9)));
        assert_eq!((found.text.as_str(), found.changed), ("  na\\u{200b}me: x", true));
        assert_eq!(&found.text[found.places[0].clone()], "na\\u{200b}me");
        let found = of("a: 'x", &[5..5, 0..1]);
        assert_eq!((found.text.as_str(), found.changed), ("a: 'x", false));
        assert_eq!(found.places, [5..5, 0..1]);
    }
}
