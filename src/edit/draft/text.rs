//! A file of data as rows of texts: its encoding, its delimiter, its header.
//!
//! In: the bytes of a file. Out: a [`Sheet`], and what was taken from where. Must not know: types, keys. Start at [`Sheet::read`].
//!
//! Here a guess is acted on, unlike where tables are loaded: it stands in the manifest then, where a person sees and mends it.

use super::column::Sure;
use super::head;
use crate::manifest::model::Encoding;
use crate::table::sniff;

/// Rows that are looked at, at most.
pub(super) const ROWS: usize = 500_000;
/// How what is but likely begins.
pub(super) const LIKELY: &str = "likely";
/// Bytes beyond ASCII that tell too little of an encoding.
const FEW: usize = 400;
/// Characters that stand in Chinese headers.
const OF_HEADERS: &str = "客户编号名称金额日期订单销售数量单价产品类别地区公司年月";
/// Rows by which delimiters are compared.
pub(super) const TRIED: usize = 400;

/// How the fields of a row are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Between {
    /// One character.
    Byte(u8),
    /// Any number of spaces and tabs.
    Blanks,
}

/// A file as rows of texts.
#[derive(Clone, Debug)]
pub(super) struct Sheet {
    /// What its bytes mean.
    pub encoding: Encoding,
    /// Why.
    pub encoding_why: String,
    /// What stands between fields.
    pub between: Between,
    /// The names of the columns, as they stand in the file; empty if it has no header.
    pub header: Vec<String>,
    /// Whether the first row names the columns, or does not: how sure that is.
    pub header_sure: Sure,
    /// And why.
    pub header_why: String,
    /// Why the header cannot be used, if so: it is skipped then, and fields go by number.
    pub header_skipped: Option<&'static str>,
    /// Lines before the header, or before the first row where there is none, that belong to no table.
    pub before: usize,
    /// Whether those lines, and others like them, begin with `#` alone among all.
    pub comments: bool,
    /// Lines before the first row, those of the header among them.
    pub before_rows: usize,
    /// Fields of most rows.
    pub width: usize,
    /// Whether most rows have so many.
    pub is_regular: bool,
    /// Rows, each with as many fields as it has.
    pub rows: Vec<Vec<String>>,
    /// Rows with too many fields that cannot be told apart for certain, and go to quarantine.
    pub aside: Vec<Vec<String>>,
    /// Whether there are further rows that were not looked at.
    pub more: bool,
    /// Rows with fewer fields, and with more.
    pub short: usize,
    /// Rows with more.
    pub long: usize,
}

impl Sheet {
    /// Reads a file; `Err` says in words why nothing can be made of it.
    pub fn read(bytes: &[u8]) -> Result<Sheet, String> {
        let (encoding, encoding_why) = encoding(bytes);
        Sheet::read_as(bytes, encoding, encoding_why)
    }

    /// The same in an encoding that other files are in, if the file's own is but likely and it can be that one.
    pub fn read_beside(bytes: &[u8], other: Encoding) -> Option<Sheet> {
        let (own, why) = encoding(bytes);
        let fits = why.starts_with(LIKELY) && own != other && whole(bytes, other).is_some();
        if fits { Sheet::read_as(bytes, other, format!("{LIKELY}, as the other files are")).ok() } else { None }
    }

    fn read_as(bytes: &[u8], encoding: Encoding, encoding_why: String) -> Result<Sheet, String> {
        let text = decoded(bytes, encoding);
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        if text.trim().is_empty() {
            return Err("it is empty".to_owned());
        }
        let between = between(text);
        let Read { mut rows, mut lines, more } = rows(text, between, ROWS + 1);
        let common = most_common(&rows);
        let (begin, comments) = head::begin(&rows, common);
        rows.drain(..begin);
        lines.drain(..begin.min(lines.len()));
        if comments {
            rows.retain(|row| !row.first().is_some_and(|cell| cell.starts_with(head::COMMENT)));
        }
        let Some(first) = rows.first() else { return Err("it has no row".to_owned()) };
        let (has_header, header_sure, header_why) = head::is_header(first, &rows[1..]);
        let header = if has_header { rows.remove(0) } else { Vec::new() };
        let width = if has_header { header.len() } else { most_common(&rows) };
        if rows.is_empty() {
            return Err("it has a header and no rows".to_owned());
        }
        let before = if begin > 0 && !comments { lines.first().copied().unwrap_or(0) } else { 0 };
        let before_rows = lines.get(usize::from(has_header)).copied().unwrap_or(0);
        let header_skipped = head::unusable(&header, &rows);
        let short = rows.iter().filter(|row| row.len() < width).count();
        let long = rows.iter().filter(|row| row.len() > width).count();
        let alike = rows.iter().filter(|row| row.len() == common).count();
        Ok(Sheet {
            encoding,
            encoding_why,
            between,
            header,
            header_sure,
            header_why,
            header_skipped,
            before,
            comments,
            before_rows,
            width,
            is_regular: common > 1 && alike * 2 > rows.len(),
            rows,
            aside: Vec::new(),
            more,
            short,
            long,
        })
    }

    /// Rows that were looked at.
    pub fn seen(&self) -> usize {
        self.rows.len() + self.aside.len()
    }

    /// The texts of a column; `None` where a row is too short.
    pub fn column(&self, at: usize) -> impl Iterator<Item = Option<&str>> + Clone {
        self.rows.iter().map(move |row| row.get(at).map(String::as_str))
    }
}

fn encoding(bytes: &[u8]) -> (Encoding, String) {
    if let Some((encoding, _)) = sniff::marked(bytes) {
        return (encoding, "its first bytes say so".to_owned());
    }
    if let Some(encoding) = sniff::unmarked_utf16(bytes) {
        return (encoding, "every other byte is a zero".to_owned());
    }
    let Err(error) = std::str::from_utf8(bytes) else {
        return (Encoding::Utf8, "all bytes are".to_owned());
    };
    // What tells encodings apart begins where the text is no UTF-8.
    let from = error.valid_up_to().saturating_sub(sniff::SNIFFED / 2);
    let window = &bytes[from..bytes.len().min(from + sniff::SNIFFED)];
    // A header of few characters tells too little of itself; what it says does.
    if bytes.iter().filter(|byte| !byte.is_ascii()).count() < FEW
        && let Some((encoding, text)) = Encoding::parse("gb18030").and_then(|e| Some((e, whole(bytes, e)?)))
        && text.chars().filter(|c| OF_HEADERS.contains(*c)).count() > 1
    {
        return (encoding, format!("{LIKELY}, by the words of its header"));
    }
    match sniff::likely(window) {
        Some(encoding) => (encoding, format!("{LIKELY}, by the bytes that are no UTF-8")),
        None => (Encoding::Utf8, "most bytes are; rows with others go to quarantine".to_owned()),
    }
}

/// The text, if every byte means something in this encoding.
fn whole(bytes: &[u8], encoding: Encoding) -> Option<String> {
    let found = encoding_rs::Encoding::for_label(label(encoding).as_bytes())?;
    found.decode_without_bom_handling_and_without_replacement(bytes).map(std::borrow::Cow::into_owned)
}

fn label(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Utf16 => "utf-16le",
        Encoding::Latin1 => "windows-1252",
        other => other.name(),
    }
}

fn decoded(bytes: &[u8], encoding: Encoding) -> String {
    match encoding_rs::Encoding::for_label(label(encoding).as_bytes()) {
        Some(found) if encoding != Encoding::Utf8 => found.decode(bytes).0.into_owned(),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// What stands between the fields of most rows: that by which they are alike, and of those that by which they have most fields.
fn between(text: &str) -> Between {
    let candidates = [b',', b';', b'\t', b'|'].map(Between::Byte);
    let score = |between: Between| {
        let Read { rows, .. } = rows(text, between, TRIED);
        let width = most_common(&rows);
        let alike = rows.iter().filter(|row| row.len() == width).count();
        if width < 2 { 0.0 } else { alike as f64 / rows.len() as f64 + width.min(40) as f64 * 0.002 }
    };
    let scored: Vec<(f64, Between)> = candidates.map(|between| (score(between), between)).to_vec();
    let best =
        scored.into_iter().fold((0.0, Between::Byte(b',')), |best, next| if next.0 > best.0 { next } else { best });
    // Blanks stand in texts, too: they count only where nothing else does.
    if best.0 < 0.5 && score(Between::Blanks) > 0.97 { Between::Blanks } else { best.1 }
}

/// Rows as they stand in a text.
struct Read {
    rows: Vec<Vec<String>>,
    /// Lines before each of the first rows.
    lines: Vec<usize>,
    /// Whether there are further rows.
    more: bool,
}

/// The first rows of a text, at most so many; those in which nothing stands are none.
fn rows(text: &str, between: Between, most: usize) -> Read {
    let mut read = Read { rows: Vec::new(), lines: Vec::new(), more: false };
    let mut add = |row: Vec<String>, line: &dyn Fn() -> usize| {
        if row.iter().all(|cell| cell.trim().is_empty()) {
            return true;
        }
        if read.rows.len() == most {
            read.more = true;
            return false;
        }
        if read.lines.len() <= head::LOOKED_AT {
            read.lines.push(line());
        }
        read.rows.push(row);
        true
    };
    let Between::Byte(delimiter) = between else {
        for (number, line) in text.lines().enumerate() {
            if !add(line.split_whitespace().map(str::to_owned).collect(), &|| number) {
                break;
            }
        }
        return read;
    };
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
    let end = if text.contains('\n') { b'\n' } else { b'\r' };
    for record in reader.records().map_while(Result::ok) {
        // Where the record before ended; blank lines may lie between.
        let start = record.position().map_or(0, |position| usize::try_from(position.byte()).unwrap_or(0));
        let blank = text.as_bytes().iter().skip(start).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let line = || text.as_bytes().iter().take(start + blank).filter(|byte| **byte == end).count();
        if !add(record.iter().map(str::to_owned).collect(), &line) {
            break;
        }
    }
    read
}

/// The number of fields that most rows have.
fn most_common(rows: &[Vec<String>]) -> usize {
    let mut counts: std::collections::BTreeMap<usize, usize> = std::collections::BTreeMap::new();
    rows.iter().for_each(|row| *counts.entry(row.len()).or_default() += 1);
    counts.into_iter().max_by_key(|(width, count)| (*count, *width)).map_or(1, |(width, _)| width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters_and_headers_are_told() {
        let read = |text: &str| Sheet::read(text.as_bytes()).unwrap();
        let sheet = read("a;b\n1,5;2\n2,5;\"x;y\"\n");
        assert_eq!((sheet.between, sheet.header.len(), sheet.rows.len()), (Between::Byte(b';'), 2, 2));
        let sheet = read("  1 19970101 2  29.33\n  1 19970118 2  29.73\n  2 19970112 1  14.96\n");
        assert_eq!((sheet.between, sheet.header.len(), sheet.width), (Between::Blanks, 0, 4));
        let sheet = read("编号\t金额\n甲\t1\n");
        assert_eq!((sheet.between, sheet.header), (Between::Byte(b'\t'), vec!["编号".to_owned(), "金额".to_owned()]));
        let sheet = read("name\nAda\nBob\n");
        assert_eq!((sheet.header.len(), sheet.rows.len()), (1, 2));
        let sheet = read("a,a\n1,2\n");
        assert!(sheet.header_skipped.is_some());
        let sheet = read("a,b\n1\n1,2,3\n1,2\n");
        assert_eq!((sheet.short, sheet.long), (1, 1));
        assert_eq!(Sheet::read(b" \n").unwrap_err(), "it is empty");
        assert_eq!(Sheet::read(b"a,b\n").unwrap_err(), "it has a header and no rows");
    }

    #[test]
    fn encodings_are_told() {
        let text = "客户编号,客户名称,金额\nA1,北京科技有限公司,10\nA2,上海贸易有限公司,20\n";
        let (bytes, _, _) = encoding_rs::GBK.encode(text);
        let sheet = Sheet::read(&bytes).unwrap();
        assert_eq!(sheet.encoding.name(), "gb18030");
        assert_eq!(sheet.header, ["客户编号", "客户名称", "金额"]);
        let sheet = Sheet::read(text.as_bytes()).unwrap();
        assert_eq!(sheet.encoding, Encoding::Utf8);
        // Two words tell little, but what they say is a header.
        let (bytes, _, _) = encoding_rs::GBK.encode("订单号,金额\nD1,10\nD2,20\n");
        assert_eq!(Sheet::read(&bytes).unwrap().header, ["订单号", "金额"]);
        let (bytes, _, _) = encoding_rs::WINDOWS_1252.encode("name;Größe\nMüller;3\n");
        assert_eq!(Sheet::read(&bytes).unwrap().header, ["name", "Größe"]);
    }
}
