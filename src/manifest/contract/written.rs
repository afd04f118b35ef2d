//! How the numbers of a column are written: `decimal`, `thousands`, `negative`, `marks`.
//!
//! In: the fields of a column, its type. Out: a [`Written`] and diagnostics. Must not know: other columns, data. Start at
//! [`read`].

use crate::dtype::DataType;
use crate::manifest::csv_keys;
use crate::manifest::field::{Field, Fields, Findings};
use crate::manifest::model::{Negative, Written};

const KEYS: [&str; 4] = ["decimal", "thousands", "negative", "marks"];

/// Reads how the numbers of a column are written, whose type is known if `typed`.
pub fn read(fields: &Fields<'_>, dtype: DataType, typed: bool, findings: &mut Findings) -> Written {
    let is_number = matches!(dtype, DataType::Int | DataType::Float | DataType::Decimal { .. });
    if typed && !is_number {
        for field in KEYS.iter().filter_map(|key| fields.get(key)) {
            findings.push(field.wrong_value(format!("{} is for numbers, this column is {dtype}", field.title)));
        }
        return Written::default();
    }
    let says = |key: &str| fields.get(key).is_some();
    let numbers = (says("decimal") || says("thousands")).then(|| csv_keys::numbers(fields, findings));
    let negative = fields.get("negative").map(|f| negative(&f, findings)).unwrap_or_default();
    let marks = fields.get("marks").map(|f| marks(&f, findings)).unwrap_or_default();
    Written { numbers, negative, marks }
}

fn negative(field: &Field<'_>, findings: &mut Findings) -> Negative {
    let mut found = Negative::default();
    let words = [("trailing", 0), ("parentheses", 1), ("minus-sign", 2)];
    for item in field.one_or_more() {
        match item.choice(&words, findings) {
            Some(0) => found.trailing = true,
            Some(1) => found.parentheses = true,
            Some(_) => found.minus_sign = true,
            None => {}
        }
    }
    found
}

/// Texts that no number holds.
fn marks(field: &Field<'_>, findings: &mut Findings) -> Vec<String> {
    let mut marks = field.texts_once(findings);
    let is_of_numbers = |c: char| c.is_ascii_digit() || ".,+-()'\u{2212}\u{2019}".contains(c) || c.is_whitespace();
    let wrong = |mark: &String| mark.is_empty() || mark.starts_with(is_of_numbers) || mark.ends_with(is_of_numbers);
    if let Some(mark) = marks.iter().find(|mark| wrong(mark)) {
        let message = format!("`{mark}` is no mark: one begins and ends with what is in no number");
        findings.push(
            field.wrong_value(message).help("as `[€, EUR, \"%\"]`; blanks between mark and number need no mention"),
        );
        marks.clear();
    }
    // Of `US$` and `$` the longer is looked for first.
    marks.sort_by_key(|mark| std::cmp::Reverse(mark.len()));
    marks
}
