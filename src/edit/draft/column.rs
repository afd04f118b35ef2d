//! What the texts of a column are: type, how numbers and dates are written, which texts mean a missing value.
//!
//! In: the texts of a column. Out: a [`Guess`]: a column as a manifest declares it, how sure that is, and on how many values. Must not know:
//! other columns, files. Start at [`guess`]. Whether a text is of a type is asked of the parser that loads tables, so that what is declared
//! is read as it was found.

use super::{marks, nearly};
use crate::dtype::DataType;
use crate::manifest::model::{Column, Negative, Numbers, Thousands};
use crate::source::{FileId, Span};
use crate::table::value::{Cell, CellParser, Memo};
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, HashMap};

/// How sure an inference is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sure {
    /// Two readings fit, or little speaks for this one.
    Guess,
    /// Few values, or a few that do not fit.
    Likely,
    /// All values say so.
    Sure,
}

impl Sure {
    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Sure::Guess => "a guess",
            Sure::Likely => "likely",
            Sure::Sure => "sure",
        }
    }
}

/// A column as a manifest would declare it, and why.
#[derive(Clone, Debug)]
pub(super) struct Guess {
    /// The declaration.
    pub column: Column,
    /// How sure its type is.
    pub sure: Sure,
    /// What it was taken from, where there is something to say beside the number of values.
    pub why: String,
    /// Rows with a value.
    pub filled: usize,
    /// Rows looked at.
    pub rows: usize,
    /// Unlike values.
    pub distinct: usize,
    /// The days of a date or datetime, and how many values lie on each.
    pub days: BTreeMap<i32, usize>,
}

impl Guess {
    /// Whether every row has a value, and no two the same.
    pub fn is_key(&self) -> bool {
        self.filled == self.rows && self.distinct == self.rows
    }

    /// Whether it is a number.
    pub fn is_number(&self) -> bool {
        matches!(self.column.dtype, DataType::Int | DataType::Float | DataType::Decimal { .. })
    }

    /// Whether it is a date or datetime.
    pub fn is_day(&self) -> bool {
        matches!(self.column.dtype, DataType::Date | DataType::DateTime)
    }
}

/// Texts that mean a missing value where what stands beside them is of a type.
const TOKENS: [&str; 22] = [
    "NULL", "null", "Null", "N/A", "n/a", "NA", "na", "#N/A", "-", "--", "?", "None", "none", "NaN", "nan", "nil", ".",
    "\\N", "无", "空", "未知", "不详",
];
/// Those that mean one in a text, too.
const TOKENS_OF_TEXT: [&str; 7] = ["NULL", "null", "Null", "N/A", "n/a", "#N/A", "\\N"];
/// Further texts that may be no value, where all others are of a type.
const ODD: usize = 3;
/// Values from which on a type is sure.
const ENOUGH: usize = 20;

/// Formats of dates, in the order in which they are tried; the first is ISO 8601.
pub(super) const DATES: [&str; 20] = [
    "",
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%d.%m.%Y",
    "%m-%d-%Y",
    "%d-%m-%Y",
    "%Y年%m月%d日",
    "%d %b %Y",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%m/%d/%y",
    "%d/%m/%y",
    "%d.%m.%y",
    "%Y%m%d",
];
/// The same of days with a time.
pub(super) const INSTANTS: [&str; 20] = [
    "",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%m/%d/%y %H:%M",
    "%d/%m/%y %H:%M",
    "%m-%d-%Y %H:%M",
    "%d-%m-%Y %H:%M",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %I:%M %p",
    "%Y-%m-%dT%H:%M:%S%z",
    "%Y年%m月%d日 %H:%M:%S",
    "%Y年%m月%d日 %H:%M",
];

/// Decimals and thousands, in the order in which they are tried where points are decimal.
const POINTS: [(u8, Option<Thousands>); 7] = [
    (b'.', None),
    (b'.', Some(Thousands::Comma)),
    (b',', None),
    (b',', Some(Thousands::Point)),
    (b'.', Some(Thousands::Apostrophe)),
    (b'.', Some(Thousands::Space)),
    (b',', Some(Thousands::Space)),
];
/// The same where commas are.
const COMMAS: [(u8, Option<Thousands>); 7] = [
    (b',', None),
    (b',', Some(Thousands::Point)),
    (b',', Some(Thousands::Space)),
    (b'.', None),
    (b'.', Some(Thousands::Comma)),
    (b'.', Some(Thousands::Apostrophe)),
    (b'.', Some(Thousands::Space)),
];

/// A place in no file.
pub(super) fn nowhere() -> Span {
    Span::new(FileId(0), 0, 0)
}

/// The values of a column, those that are alike once.
pub(super) struct Values<'t> {
    /// Those that are no token of a missing value, sorted.
    pub known: Vec<&'t str>,
    /// The zone in which times without one are read.
    pub zone: TimeZone,
}

impl Values<'_> {
    /// The texts that a declaration does not read, if they are few and hold no digit; `None` if it does not fit.
    pub fn odd(&self, column: &Column) -> Option<Vec<String>> {
        let parser = CellParser::new(column, &self.zone);
        let (mut memo, mut odd) = (Memo::default(), Vec::new());
        for text in &self.known {
            if parser.parse(text, &mut memo).is_ok() {
                continue;
            }
            if odd.len() == ODD || text.chars().any(char::is_numeric) || text.chars().count() > 12 {
                return None;
            }
            odd.push((*text).to_owned());
        }
        // What does not fit is the exception.
        (odd.len() * 4 < self.known.len().max(1)).then_some(odd)
    }

    /// Of several declarations that which reads most texts, the first of those; with the texts that it does not read.
    fn best(&self, columns: impl IntoIterator<Item = Column>) -> Option<(Column, Vec<String>)> {
        let fitting = columns.into_iter().filter_map(|column| self.odd(&column).map(|odd| (column, odd)));
        fitting.min_by_key(|(_, odd)| odd.len())
    }
}

/// What a column is. `commas` says that its file seems to write decimal commas.
pub(super) fn guess<'t>(name: &str, cells: impl Iterator<Item = Option<&'t str>>, commas: bool) -> Guess {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    let (mut rows, mut padded) = (0, false);
    for cell in cells {
        rows += 1;
        let text = cell.unwrap_or_default();
        padded |= text.trim() != text;
        *counts.entry(text.trim()).or_default() += 1;
    }
    let blank = counts.remove("").unwrap_or(0);
    let mut all: Vec<&str> = counts.keys().copied().collect();
    all.sort_unstable();
    let tokens: Vec<&str> = TOKENS.into_iter().filter(|token| counts.contains_key(token)).collect();
    let known: Vec<&str> = all.iter().copied().filter(|text| !tokens.contains(text)).collect();
    let values = Values { known, zone: TimeZone::UTC };
    let base = Column::new(name, DataType::Text, nowhere());
    let found = if values.known.is_empty() { None } else { typed(&values, &base, commas) };
    let (mut column, odd, ambiguous) = found.unwrap_or_else(|| {
        let why = why_text(&values, &counts, &base, commas);
        (base, Vec::new(), why)
    });
    let is_text = column.dtype == DataType::Text;
    let missing = tokens.iter().filter(|token| !is_text || TOKENS_OF_TEXT.contains(token));
    column.missing = missing.map(|token| (*token).to_owned()).chain(odd.iter().cloned()).collect();
    column.contract.mending.trim = padded;
    let gone: usize = column.missing.iter().filter_map(|token| counts.get(token.as_str())).sum();
    let distinct = all.iter().filter(|text| !column.missing.iter().any(|token| token == *text)).count();
    let filled = rows - blank - gone;
    let days = days(&values, &counts, &column);
    let sure = match (&ambiguous, odd.is_empty(), filled) {
        (Some(_), _, _) => Sure::Guess,
        (None, true, filled) if filled >= ENOUGH || (is_text && filled > 0) => Sure::Sure,
        (None, _, 0) => Sure::Guess,
        (None, _, _) => Sure::Likely,
    };
    let why = match (ambiguous, filled) {
        (Some(why), _) => why,
        (None, 0) => "no value tells what it is".to_owned(),
        (None, _) => String::new(),
    };
    Guess { column, sure, why, filled, rows, distinct, days }
}

type Typed = (Column, Vec<String>, Option<String>);

fn typed(values: &Values<'_>, base: &Column, commas: bool) -> Option<Typed> {
    let of = |dtype: DataType| Column { dtype, ..base.clone() };
    if let Some((column, odd)) = values.best([of(DataType::Bool)]) {
        return Some((column, odd, None));
    }
    if let Some(column) = packed_day(values, base) {
        return Some((column, Vec::new(), None));
    }
    if !values.known.iter().any(|text| marks::is_zero_led(text))
        && let Some(found) = number(values, base, commas)
    {
        return Some(found);
    }
    day(values, base, commas).or_else(|| Some((nearly::two_formats(values, base).ok()??, Vec::new(), None)))
}

/// Why a column is a text although it nearly is something else.
fn why_text(values: &Values<'_>, counts: &HashMap<&str, usize>, base: &Column, commas: bool) -> Option<String> {
    if let Some(mixed) = marks::of(&base.name, &values.known).mixed {
        return Some(format!("although they look like amounts, because they are of unlike currencies: {mixed}"));
    }
    match nearly::two_formats(values, base) {
        Err(why) => Some(why),
        Ok(_) => nearly::although(values, counts, base, commas),
    }
}

/// Days as `20240131`, where the name says that it is one or all lie in the years of today.
fn packed_day(values: &Values<'_>, base: &Column) -> Option<Column> {
    let column = Column { dtype: DataType::Date, formats: vec!["%Y%m%d".to_owned()], ..base.clone() };
    let near = |text: &&str| text.len() == 8 && ("19700101".."20991231").contains(text);
    let many = values.known.len() >= 3;
    (many && values.known.iter().all(near) && values.odd(&column).is_some_and(|odd| odd.is_empty())).then_some(column)
}

/// Declarations of numbers with these marks, in the order in which they are tried.
pub(super) fn of_numbers(values: &Values<'_>, base: &Column, commas: bool, marks: &[String]) -> Vec<Column> {
    let negative = Negative {
        trailing: values.known.iter().any(|text| text.ends_with('-') && text.len() > 1),
        parentheses: values.known.iter().any(|text| text.starts_with('(') && text.ends_with(')')),
        minus_sign: values.known.iter().any(|text| text.contains('\u{2212}')),
    };
    let with = |(decimal, thousands): (u8, Option<Thousands>)| {
        let mut column = Column { dtype: DataType::Float, ..base.clone() };
        column.contract.written.numbers = Some(Numbers { decimal, thousands });
        column.contract.written.negative = negative;
        column.contract.written.marks = marks.to_vec();
        column
    };
    (if commas { COMMAS } else { POINTS }).map(with).to_vec()
}

fn number(values: &Values<'_>, base: &Column, commas: bool) -> Option<Typed> {
    let marks = marks::of(&base.name, &values.known);
    let (column, odd) = values.best(of_numbers(values, base, commas, &marks.taken))?;
    let numbers = column.contract.written.numbers.unwrap_or_default();
    let ambiguous = ambiguous_number(values, numbers).then(|| {
        let (one, other) = if numbers.decimal == b',' { ("decimals", "thousands") } else { ("thousands", "decimals") };
        format!("every comma or point has three digits behind it: taken for {one}, {other} would fit too")
    });
    let mixed = marks.mixed.map(|mixed| {
        format!(
            "amounts of unlike currencies ({mixed}) stand here as if they were of one: part them before you add them up"
        )
    });
    Some((precise(values, column, &odd)?, odd, mixed.or(ambiguous)))
}

/// Whether what stands between groups of three digits could stand before decimals, or the other way round.
fn ambiguous_number(values: &Values<'_>, numbers: Numbers) -> bool {
    let sign = match numbers {
        Numbers { decimal: b'.', thousands: Some(Thousands::Comma) } | Numbers { decimal: b',', thousands: None } => {
            ','
        }
        Numbers { decimal: b',', thousands: Some(Thousands::Point) } => '.',
        _ => return false,
    };
    let mut with = values.known.iter().filter(|text| text.contains(sign)).peekable();
    let three = |text: &&&str| {
        let behind = text.rsplit(sign).next().unwrap_or_default().trim_end_matches(|c: char| !c.is_ascii_digit());
        text.matches(sign).count() == 1 && behind.len() == 3 && !text.contains(if sign == ',' { '.' } else { ',' })
    };
    with.peek().is_some() && with.all(|text| three(&text))
}

/// Int or decimal where that holds all digits, else float.
fn precise(values: &Values<'_>, column: Column, odd: &[String]) -> Option<Column> {
    let point = column.contract.written.numbers.unwrap_or_default().decimal as char;
    let (mut whole, mut scale, mut exponent) = (1, 0, false);
    for text in values.known.iter().filter(|text| !odd.iter().any(|odd| odd == *text)) {
        let (before, behind) = text.rsplit_once(point).unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().filter(u8::is_ascii_digit).count();
        whole = whole.max(digits(before));
        scale = scale.max(digits(behind));
        exponent |= text.contains(['e', 'E']) && column.contract.written.marks.is_empty();
    }
    // Where no number has a sign in it, nothing is to be said of signs.
    let numbers = column.contract.written.numbers.unwrap_or_default();
    let signs = |c: char| c == point || numbers.thousands.is_some() && ",.'\u{2019} \u{a0}".contains(c);
    let signed = values.known.iter().any(|text| text.trim_matches(|c: char| !c.is_ascii_digit()).contains(signs));
    let mut column = column;
    if !signed {
        column.contract.written.numbers = None;
    }
    let same = |column: &Column| values.odd(column).is_some_and(|found| found.len() == odd.len());
    if !exponent && scale == 0 && whole <= 18 {
        let int = Column { dtype: DataType::Int, ..column.clone() };
        if same(&int) {
            return Some(int);
        }
    }
    if !exponent && (1..=4).contains(&scale) && whole + scale <= 15 {
        let precision = u8::try_from((whole + scale + 2).max(12)).ok()?;
        let decimal =
            Column { dtype: DataType::Decimal { precision, scale: u8::try_from(scale).ok()? }, ..column.clone() };
        if same(&decimal) {
            return Some(decimal);
        }
    }
    same(&column).then_some(column)
}

/// A format with day and month the other way round.
pub(super) fn turned(format: &str) -> String {
    format.replace("%m", "%0").replace("%d", "%m").replace("%0", "%d")
}

fn day(values: &Values<'_>, base: &Column, commas: bool) -> Option<Typed> {
    let with = |dtype: DataType, format: &str| Column {
        dtype,
        formats: if format.is_empty() { Vec::new() } else { vec![format.to_owned()] },
        ..base.clone()
    };
    let dates = DATES.iter().map(|format| with(DataType::Date, format));
    let instants = INSTANTS.iter().map(|format| with(DataType::DateTime, format));
    let (column, odd) = values.best(dates).or_else(|| values.best(instants))?;
    let Some(format) = column.formats.first().cloned() else { return Some((column, odd, None)) };
    // The same with day and month the other way round.
    let turned = turned(&format);
    let other = with(column.dtype, &turned);
    let fits = turned != format
        && format.contains(['/', '-'])
        && !format.starts_with("%Y")
        && values.odd(&other).is_some_and(|o| o.len() <= odd.len());
    if !fits {
        return Some((column, odd, None));
    }
    let day_first = commas;
    let chosen = if day_first == format.starts_with("%d") { column } else { other };
    let order = if day_first { "the day" } else { "the month" };
    let why = format!("no day is above 12: {order} is taken to stand first, the other way round fits too");
    Some((chosen, odd, Some(why)))
}

fn days(values: &Values<'_>, counts: &HashMap<&str, usize>, column: &Column) -> BTreeMap<i32, usize> {
    let mut days = BTreeMap::new();
    if !matches!(column.dtype, DataType::Date | DataType::DateTime) {
        return days;
    }
    let parser = CellParser::new(column, &values.zone);
    let mut memo = Memo::default();
    for text in &values.known {
        let day = match parser.parse(text, &mut memo).map(|(cell, ..)| cell) {
            Ok(Cell::Date(day)) => Some(day),
            Ok(Cell::DateTime(micros)) => crate::calendar::day_of_instant(micros, &values.zone),
            _ => None,
        };
        if let Some(day) = day {
            *days.entry(day).or_default() += counts.get(text).copied().unwrap_or(1);
        }
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: &[&str]) -> Guess {
        guess("x", texts.iter().map(|text| Some(*text)), false)
    }

    fn shown(texts: &[&str]) -> String {
        let guess = of(texts);
        let numbers = guess.column.contract.written.numbers.unwrap_or_default();
        let style = if numbers == Numbers::default() {
            String::new()
        } else {
            format!(" {}{:?}", numbers.decimal as char, numbers.thousands)
        };
        format!(
            "{}{}{style} {:?} {:?}",
            guess.column.dtype,
            guess.column.formats.concat(),
            guess.column.missing,
            guess.column.contract.written.marks
        )
    }

    #[test]
    fn types_and_styles_are_told() {
        for (texts, wanted) in [
            (&["1", "20", "-3"][..], "int [] []"),
            (&["007", "123"], "text [] []"),
            (&["1.5", "20", "NULL", ""], "decimal(12,1) [\"NULL\"] []"),
            (&["1e5", "2.5"], "float [] []"),
            (&["1.234,50", "2,5"], "decimal(12,2) ,Some(Point) [] []"),
            (&["1,234.50", "2.5"], "decimal(12,2) .Some(Comma) [] []"),
            (&["$1,200", "$35"], "int .Some(Comma) [] [\"$\"]"),
            (&["12 %", "7.5 %"], "decimal(12,1) [] [\"%\"]"),
            (&["true", "FALSE"], "bool [] []"),
            (&["2024/3/1", "2024/12/24"], "date%Y/%m/%d [] []"),
            (&["31/12/2024", "1/2/2024"], "date%d/%m/%Y [] []"),
            (&["2024-03-01", "-"], "date [\"-\"] []"),
            (&["20240301", "20240302", "20231231"], "date%Y%m%d [] []"),
            (&["12/31/10 8:26", "1/2/11 12:00"], "datetime%m/%d/%y %H:%M [] []"),
            (&["2024年3月1日", "2024年12月24日"], "date%Y年%m月%d日 [] []"),
            (&["A1", "B2"], "text [] []"),
            (&["12", "8", "5", "7", "pending", "9"], "int [\"pending\"] []"),
            (&["", ""], "text [] []"),
        ] {
            assert_eq!(shown(texts), wanted, "{texts:?}");
        }
        assert_eq!((of(&["1/2/2024", "3/4/2024"]).sure, of(&["1,234"]).sure), (Sure::Guess, Sure::Guess));
        assert!(of(&[" a", "b"]).column.contract.mending.trim);
        assert!(of(&["a", "b"]).is_key() && !of(&["a", "a"]).is_key() && !of(&["a", ""]).is_key());
    }
}
