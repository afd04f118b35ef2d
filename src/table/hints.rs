//! What to declare where a source writes values in another way than the manifest says.
//!
//! In: rows in quarantine. Out: a line of help for each column that it can be told of. Must not know: files, frames. Start
//! at [`hints`].

use super::rejected::Rejected;
use crate::diag::ids;
use jiff::fmt::strtime;
use std::collections::HashSet;

/// Columns of which help is given at most.
const COLUMNS: usize = 5;
/// How days are often written beside ISO 8601.
const FORMATS: [&str; 10] = [
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y%m%d",
    "%d-%b-%Y",
    "%d %B %Y",
    "%Y年%m月%d日",
];
/// What may stand behind a day.
const TIMES: [&str; 4] = ["", " %H:%M", " %H:%M:%S", "T%H:%M:%S"];

/// What may be declared for the columns of these rows, by the first row of each that tells.
pub fn hints(quarantined: &[&Rejected]) -> Vec<String> {
    let mut told = HashSet::new();
    let wrong = quarantined.iter().filter(|rejected| rejected.id == ids::VALUE_WRONG && !rejected.column.is_empty());
    let mut hint = |rejected: &Rejected| {
        let column = rejected.column.as_str();
        let hint = (!told.contains(column)).then(|| of(column, &rejected.text, &rejected.message)).flatten();
        told.extend(hint.is_some().then(|| column.to_owned()));
        hint
    };
    wrong.filter_map(|rejected| hint(rejected)).take(COLUMNS).collect()
}

fn of(column: &str, text: &str, message: &str) -> Option<String> {
    let begins = |words: &[&str]| words.iter().any(|word| message.starts_with(word));
    if begins(&["not an int", "not a float", "not a decimal", "not a number"]) {
        number(column, text, message)
    } else if begins(&["not true or false"]) {
        Some(format!("`{column}` is a bool once its texts are corrected, as by `values: {{ 1: true, 0: false }}`"))
    } else if begins(&["a number whose cell has no date's format"]) {
        Some(format!("`{column}` has days as numbers: say `formats: [serial]` if they are numbered as in workbooks"))
    } else if begins(&["not a date of the form", "not a datetime of the form", "not an ISO 8601 datetime"]) {
        day(column, text)
    } else {
        None
    }
}

fn number(column: &str, text: &str, message: &str) -> Option<String> {
    if text.trim() != text {
        return Some(format!("`{column}` has blanks around its numbers: say `trim: true`"));
    }
    if message == "not an int" && text.contains('.') && text.parse::<f64>().is_ok() {
        return Some(format!(
            "`{column}` is written with a point: declare `float` or `decimal(p,s)`, or `text` where it is a name such as an account's number"
        ));
    }
    let of_numbers = |c: char| c.is_ascii_digit() || ".,+-()'\u{2212}".contains(c) || c.is_whitespace();
    let mark = text.trim_matches(of_numbers);
    let is_beside = !mark.is_empty() && (text.starts_with(mark) || text.ends_with(mark));
    if is_beside && text.chars().any(|c| c.is_ascii_digit()) && !mark.chars().any(of_numbers) {
        return Some(format!("`{mark}` stands beside numbers of `{column}`: say `marks: [\"{mark}\"]`"));
    }
    let negative = match text {
        _ if text.len() > 1 && text.ends_with('-') => "trailing",
        _ if text.starts_with('(') && text.ends_with(')') => "parentheses",
        _ if text.starts_with('\u{2212}') => "minus-sign",
        _ if mark.is_empty() && text.contains(',') => {
            return Some(format!(
                "`{column}` has numbers with commas: say `decimal: \",\"` or `thousands: \",\"`, of the column or of `source`"
            ));
        }
        _ => return None,
    };
    Some(format!("`{column}` has numbers below zero as `{text}`: say `negative: {negative}`"))
}

fn day(column: &str, text: &str) -> Option<String> {
    if text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(format!("`{column}` may number its days as workbooks do: say `formats: [serial]`"));
    }
    let reads = |format: &String| strtime::parse(format, text).is_ok_and(|parts| parts.to_date().is_ok());
    let formats = TIMES.iter().flat_map(|time| FORMATS.iter().map(move |day| format!("{day}{time}")));
    let formats: Vec<String> = formats.filter(reads).take(2).map(|format| format!("`{format}`")).collect();
    (!formats.is_empty())
        .then(|| format!("`{column}` has days as `{text}`: say `format: …` with {}", formats.join(" or ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_tells_what_to_declare() {
        let int = |text| of("n", text, "not an int").unwrap_or_default();
        assert!(int("12.0").contains("declare `float`"));
        assert!(int("12-").ends_with("`negative: trailing`"));
        assert!(int("(12)").ends_with("`negative: parentheses`"));
        assert!(int("\u{2212}12").ends_with("`negative: minus-sign`"));
        assert!(int("12 €").ends_with("`marks: [\"€\"]`"));
        assert!(int("EUR 12.50").ends_with("`marks: [\"EUR\"]`"));
        assert!(int("1,000").contains("`thousands: \",\"`"));
        assert!(int(" 12").ends_with("`trim: true`"));
        assert_eq!(int("abc"), "", "a word is no number");
        assert_eq!(int("1a2"), "");
    }

    #[test]
    fn days_are_told_by_their_form() {
        let date = |text| of("d", text, "not a date of the form YYYY-MM-DD").unwrap_or_default();
        assert!(date("31.12.2017").ends_with("`%d.%m.%Y`"));
        assert!(date("03/04/2017").ends_with("`%d/%m/%Y` or `%m/%d/%Y`"));
        assert!(date("2017年3月4日").ends_with("`%Y年%m月%d日`"));
        assert!(date("20170304").ends_with("`%Y%m%d`"));
        assert!(date("42798").contains("`formats: [serial]`"));
        assert!(date("31.12.2017 14:05").ends_with("`%d.%m.%Y %H:%M`"));
        assert_eq!(date("soon"), "");
    }
}
