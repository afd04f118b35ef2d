//! Where the rows of a CSV file begin and end, without reading their fields.
//!
//! In: the bytes of a file, its delimiter and quote. Out: a [`Scan`]: pieces that can be read apart, a quote that is
//! never closed, rows with text behind a closing quote. Must not know: columns, values. Start at [`scan`].
//!
//! The `csv` crate reads the fields; it takes an unclosed quote and `"a"b` without a word, and one cannot tell from it
//! where a file may be cut. This automaton agrees with it on where rows end.

use std::ops::Range;

/// How a CSV file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// Between fields.
    pub delimiter: u8,
    /// Around fields; `None` takes quotes as they are.
    pub quote: Option<u8>,
}

/// Whole rows that are read at a stretch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Where they stand in the file.
    pub bytes: Range<usize>,
    /// The line on which the piece begins, from 1.
    pub line: u32,
}

/// What is known of a file before its fields are read.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// The file in pieces, in order, together all of it.
    pub pieces: Vec<Piece>,
    /// The line of the row whose quote is not closed at the end of the file.
    pub unclosed: Option<u32>,
    /// Offsets of the rows that have text behind a closing quote, ascending.
    pub strays: Vec<usize>,
}

/// Bytes of a piece at least; the last may be smaller.
const PIECE: usize = 4 << 20;

/// Scans a file (without byte-order mark).
pub fn scan(bytes: &[u8], dialect: Dialect) -> Scan {
    scan_in(bytes, dialect, PIECE)
}

fn scan_in(bytes: &[u8], dialect: Dialect, size: usize) -> Scan {
    match dialect.quote {
        Some(quote) if bytes.contains(&quote) => quoted(bytes, dialect.delimiter, quote, size),
        _ => Scan { pieces: plain(bytes, size), ..Scan::default() },
    }
}

/// Pieces of a file without quotes: every LF ends a row.
fn plain(bytes: &[u8], size: usize) -> Vec<Piece> {
    let mut pieces = Pieces::default();
    let mut line = 1;
    while pieces.start < bytes.len() {
        let start = pieces.start;
        let from = (start + size).min(bytes.len());
        let end = bytes[from..].iter().position(|b| *b == b'\n').map_or(bytes.len(), |i| from + i + 1);
        pieces.cut(end, line);
        line += lines(&bytes[start..end]);
    }
    pieces.done
}

#[derive(Default)]
struct Pieces {
    done: Vec<Piece>,
    start: usize,
}

impl Pieces {
    fn cut(&mut self, end: usize, line: u64) {
        self.done.push(Piece { bytes: self.start..end, line: u32::try_from(line).unwrap_or(u32::MAX) });
        self.start = end;
    }
}

/// How a row of fields ends.
enum End {
    /// At this offset: its line end, or the end of the file.
    At(usize),
    /// Not at all: a quote stays open.
    Open,
}

fn quoted(bytes: &[u8], delimiter: u8, quote: u8, size: usize) -> Scan {
    let mut scan = Scan::default();
    let mut pieces = Pieces::default();
    let (mut piece_line, mut line) = (1_u64, 1_u64);
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\n' => {
                at += 1;
                line += 1;
                if at - pieces.start >= size {
                    pieces.cut(at, piece_line);
                    piece_line = line;
                }
            }
            b'\r' => at += 1,
            _ => match row(bytes, at, delimiter, quote, &mut scan.strays) {
                End::At(end) => {
                    line += lines(&bytes[at..end]);
                    at = end;
                }
                End::Open => {
                    scan.unclosed = Some(u32::try_from(line).unwrap_or(u32::MAX));
                    break;
                }
            },
        }
    }
    if pieces.start < bytes.len() {
        pieces.cut(bytes.len(), piece_line);
    }
    scan.pieces = pieces.done;
    scan
}

/// The end of the row that starts at `start`, where no line end stands.
fn row(bytes: &[u8], start: usize, delimiter: u8, quote: u8, strays: &mut Vec<usize>) -> End {
    let mut at = start;
    loop {
        if bytes.get(at) == Some(&quote) {
            match closing(bytes, at + 1, quote) {
                Some(end) => at = end + 1,
                None => return End::Open,
            }
            let is_stray = bytes.get(at).is_some_and(|b| *b != delimiter && *b != b'\n' && *b != b'\r');
            if is_stray && strays.last() != Some(&start) {
                strays.push(start);
            }
        }
        let is_end = |b: &u8| *b == delimiter || *b == b'\n' || *b == b'\r';
        at = bytes[at..].iter().position(is_end).map_or(bytes.len(), |i| at + i);
        if bytes.get(at) != Some(&delimiter) {
            return End::At(at);
        }
        at += 1;
    }
}

/// The quote that closes the one before `from`; two in a row are one that belongs to the text.
fn closing(bytes: &[u8], from: usize, quote: u8) -> Option<usize> {
    let mut at = from;
    loop {
        at += bytes[at..].iter().position(|b| *b == quote)?;
        if bytes.get(at + 1) != Some(&quote) {
            return Some(at);
        }
        at += 2;
    }
}

/// How many line feeds there are; wrapping, because checked sums are not vectorised.
fn lines(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |n: u64, b| n.wrapping_add(u64::from(*b == b'\n')))
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMA: Dialect = Dialect { delimiter: b',', quote: Some(b'"') };

    /// Rows as the `csv` crate sees them.
    fn rows(bytes: &[u8]) -> Vec<csv::ByteRecord> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
        reader.byte_records().map(Result::unwrap).collect()
    }

    #[test]
    fn pieces_hold_whole_rows_and_know_their_line() {
        let text = b"a,b\n1,\"x\ny\"\n2,\"\"\"\"\n3,c\n";
        let scan = scan_in(text, COMMA, 4);
        let pieces: Vec<_> = scan.pieces.iter().map(|p| (&text[p.bytes.clone()], p.line)).collect();
        assert_eq!(pieces, [(&b"a,b\n"[..], 1), (b"1,\"x\ny\"\n", 2), (b"2,\"\"\"\"\n", 4), (b"3,c\n", 5)]);
        assert_eq!((scan.unclosed, scan.strays.len()), (None, 0));
        let plain = scan_in(b"a\nbb\r\ncc", COMMA, 3);
        let lines: Vec<_> = plain.pieces.iter().map(|p| (p.bytes.clone(), p.line)).collect();
        assert_eq!(lines, [(0..6, 1), (6..8, 3)]);
    }

    #[test]
    fn an_unclosed_quote_is_placed_where_its_row_starts() {
        assert_eq!(scan_in(b"a,b\r\n\r\n1,x\n2,\"y\n3,z\n", COMMA, 99).unclosed, Some(4));
        assert_eq!(scan_in(b"a,b\n1,\"y\"\n", COMMA, 99).unclosed, None);
        assert_eq!(scan_in(b"1,5\"\n", COMMA, 99).unclosed, None, "a quote inside a plain field is text");
        assert_eq!(scan_in(b"\"a\n", Dialect { quote: None, ..COMMA }, 99).unclosed, None);
    }

    #[test]
    fn text_behind_a_closing_quote_is_found() {
        assert_eq!(scan_in(b"a\n\n\"x\"y\n\"x\"\"y\"\n\"x\" ,\"y\"z\n", COMMA, 99).strays, [3, 15]);
    }

    #[test]
    fn pieces_read_apart_give_the_rows_of_the_whole() {
        let mut seed = 7_u64;
        let mut next = |n: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % n
        };
        for _ in 0..2000 {
            let text: Vec<u8> = (0..next(60)).map(|_| b"ab,,\"\"\"\n\r\n"[next(10) as usize]).collect();
            let scan = scan_in(&text, COMMA, 1 + next(20) as usize);
            if scan.unclosed.is_some() {
                continue;
            }
            let apart: Vec<_> = scan.pieces.iter().flat_map(|p| rows(&text[p.bytes.clone()])).collect();
            assert_eq!(apart, rows(&text), "{:?}", String::from_utf8_lossy(&text));
            assert_eq!(scan.pieces.iter().map(|p| p.bytes.len()).sum::<usize>(), text.len());
        }
    }
}
