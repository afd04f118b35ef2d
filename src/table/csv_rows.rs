//! Where the rows of a CSV text begin and end, without reading their fields.
//!
//! In: bytes that begin with a row, a [`Dialect`]. Out: rows one by one ([`Dialect::step`]), or pieces of whole rows that
//! can be read apart ([`Dialect::scan`]). Must not know: columns, values, files. [`super::csv_record`] reads the fields;
//! both agree on where a quote opens and closes.
//!
//! A quote opens at the start of a field alone and closes at the next one that is not doubled. Lines of nothing, comments
//! and lines of blanks between blanks are no rows.

use crate::manifest::model::{Csv, Delimiter, LineEnds};
use std::io::BufRead;
use std::ops::Range;

/// How a CSV file is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// Between fields.
    pub delimiter: Delimiter,
    /// Around fields; `None` takes quotes as they are.
    pub quote: Option<u8>,
    /// What a line begins with that is no row.
    pub comment: Option<u8>,
    /// What ends a line: LF (with CRs before it), or CR.
    pub line_end: u8,
}

/// What stands at some place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A row.
    Row {
        /// Where it stands, without its line end.
        content: Range<usize>,
        /// What follows it.
        next: usize,
    },
    /// A line that is no row; what follows it.
    Skip(usize),
    /// The bytes end within the row, or within a line that is none.
    More,
    /// The text ends within quotes.
    Unclosed,
    /// Nothing.
    End,
}

/// Whole rows that are read at a stretch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Where they stand.
    pub bytes: Range<usize>,
    /// Lines that end before the piece.
    pub lines: u64,
}

/// The whole rows of some bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// In order.
    pub pieces: Vec<Piece>,
    /// Where the last of them ends.
    pub end: usize,
    /// Lines that end before that.
    pub lines: u64,
    /// Whether the row that follows has a quote that the text does not close.
    pub unclosed: bool,
}

impl Dialect {
    /// The dialect that a manifest declares, for a file that begins with `head`.
    pub fn new(csv: &Csv, head: &[u8]) -> Dialect {
        let line_end = match csv.line_ends {
            LineEnds::Lf => b'\n',
            LineEnds::Cr => b'\r',
            // Only where nothing speaks against it.
            LineEnds::Found if !head.contains(&b'\n') && head.contains(&b'\r') => b'\r',
            LineEnds::Found => b'\n',
        };
        Dialect { delimiter: csv.delimiter.clone(), quote: csv.quote, comment: csv.comment, line_end }
    }

    /// What stands at `at`, where a line begins. `last` says that nothing follows the bytes.
    pub fn step(&self, bytes: &[u8], at: usize, last: bool) -> Step {
        if at >= bytes.len() {
            return if last { Step::End } else { Step::More };
        }
        let end = match find(&bytes[at..], self.line_end) {
            Some(length) => at + length,
            None if !last => return Step::More,
            None => bytes.len(),
        };
        let after = |end: usize| (end + 1).min(bytes.len());
        if self.comment == Some(bytes[at]) {
            return Step::Skip(after(end));
        }
        let end = match self.quote {
            Some(quote) if bytes[at..end].contains(&quote) => match self.quoted_end(bytes, at, quote) {
                Some(end) if end < bytes.len() || last => end,
                None if last => return Step::Unclosed,
                _ => return Step::More,
            },
            _ => end,
        };
        let mut content = at..end;
        if self.line_end == b'\n' {
            while content.end > content.start && bytes[content.end - 1] == b'\r' {
                content.end -= 1;
            }
        }
        let is_blank = self.delimiter == Delimiter::Blanks && bytes[content.clone()].iter().all(|byte| is_blank(*byte));
        match content.is_empty() || is_blank {
            true => Step::Skip(after(end)),
            false => Step::Row { content, next: after(end) },
        }
    }

    /// The line end behind the row that starts at `start`, or the end of the bytes; `None` if a quote stays open.
    fn quoted_end(&self, bytes: &[u8], start: usize, quote: u8) -> Option<usize> {
        let mut at = start;
        loop {
            at = self.field_start(bytes, at);
            if bytes.get(at) == Some(&quote) {
                at = closing(bytes, at + 1, quote)? + 1;
            }
            at = self.field_end(bytes, at);
            match bytes.get(at) {
                None => return Some(at),
                Some(byte) if *byte == self.line_end => return Some(at),
                Some(_) => at += self.delimiter_length(),
            }
        }
    }

    /// Where the field that begins at `at` has its first character.
    pub fn field_start(&self, bytes: &[u8], at: usize) -> usize {
        match self.delimiter {
            Delimiter::Blanks => at + bytes[at..].iter().take_while(|byte| is_blank(**byte)).count(),
            _ => at,
        }
    }

    /// The next delimiter or line end from `at` on, or the end of the bytes.
    pub fn field_end(&self, bytes: &[u8], at: usize) -> usize {
        let end = self.line_end;
        let length = |at: Option<usize>| at.unwrap_or(bytes.len());
        match &self.delimiter {
            Delimiter::Byte(delimiter) => {
                length(bytes[at..].iter().position(|b| b == delimiter || *b == end).map(|n| at + n))
            }
            Delimiter::Blanks => length(bytes[at..].iter().position(|b| is_blank(*b) || *b == end).map(|n| at + n)),
            Delimiter::Text(delimiter) => {
                let first = delimiter.as_bytes().first().copied().unwrap_or(end);
                let mut at = at;
                loop {
                    at = length(bytes[at..].iter().position(|b| *b == first || *b == end).map(|n| at + n));
                    if at == bytes.len() || bytes[at] == end || bytes[at..].starts_with(delimiter.as_bytes()) {
                        return at;
                    }
                    at += 1;
                }
            }
        }
    }

    /// Bytes of a delimiter; of blanks, the first.
    pub fn delimiter_length(&self) -> usize {
        match &self.delimiter {
            Delimiter::Text(text) => text.len(),
            Delimiter::Byte(_) | Delimiter::Blanks => 1,
        }
    }

    /// The whole rows of bytes that begin with a row, in pieces of about `size` bytes.
    pub fn scan(&self, bytes: &[u8], size: usize, last: bool) -> Scan {
        match self.quote {
            Some(quote) if bytes.contains(&quote) => self.scan_steps(bytes, size, last),
            _ => self.scan_lines(bytes, size, last),
        }
    }

    /// As [`Dialect::scan`], where every line end ends a row.
    fn scan_lines(&self, bytes: &[u8], size: usize, last: bool) -> Scan {
        let mut scan = Scan::default();
        let whole = match last {
            true => bytes.len(),
            false => bytes.iter().rposition(|byte| *byte == self.line_end).map_or(0, |at| at + 1),
        };
        while scan.end < whole {
            let from = (scan.end + size.max(1) - 1).min(whole);
            let end = find(&bytes[from..whole], self.line_end).map_or(whole, |n| from + n + 1);
            self.cut(&mut scan, bytes, end);
        }
        scan
    }

    fn scan_steps(&self, bytes: &[u8], size: usize, last: bool) -> Scan {
        let mut scan = Scan::default();
        let mut at = 0;
        loop {
            match self.step(bytes, at, last) {
                Step::Row { next, .. } | Step::Skip(next) => at = next,
                Step::Unclosed => {
                    scan.unclosed = true;
                    break;
                }
                Step::More | Step::End => break,
            }
            if at - scan.end >= size {
                self.cut(&mut scan, bytes, at);
            }
        }
        if at > scan.end {
            self.cut(&mut scan, bytes, at);
        }
        scan
    }

    fn cut(&self, scan: &mut Scan, bytes: &[u8], end: usize) {
        scan.pieces.push(Piece { bytes: scan.end..end, lines: scan.lines });
        scan.lines += self.lines(&bytes[scan.end..end]);
        scan.end = end;
    }

    /// How many lines end in some bytes; wrapping, because checked sums are not vectorised.
    pub fn lines(&self, bytes: &[u8]) -> u64 {
        bytes.iter().fold(0, |n: u64, byte| n.wrapping_add(u64::from(*byte == self.line_end)))
    }
}

/// The quote that closes the one before `from`; two in a row are one that belongs to the text.
pub fn closing(bytes: &[u8], from: usize, quote: u8) -> Option<usize> {
    let mut at = from;
    loop {
        at += find(bytes.get(at..)?, quote)?;
        if bytes.get(at + 1) != Some(&quote) {
            return Some(at);
        }
        at += 2;
    }
}

/// Space or tab.
pub fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// The first place of a byte, by the system's fast search.
pub fn find(bytes: &[u8], byte: u8) -> Option<usize> {
    let mut rest = bytes;
    let taken = rest.skip_until(byte).ok()?;
    taken.checked_sub(1).filter(|at| bytes[*at] == byte)
}

#[cfg(test)]
#[path = "csv_rows_tests.rs"]
mod tests;
