//! Numbers as sources write them: decimal commas, separators between thousands, signs behind, currencies.
//!
//! In: a text, how its column writes numbers. Out: the number with a point and without separators, or why it is none.
//! Must not know: types, columns. Start at [`Style::plain`].

use crate::manifest::model::{Column, Negative, Numbers, Thousands};
use std::borrow::Cow;

/// How the numbers of one column are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style<'a> {
    numbers: Numbers,
    negative: Negative,
    marks: &'a [String],
}

impl<'a> Style<'a> {
    /// That of a column of a source that writes numbers in this way.
    pub fn of(column: &'a Column, source: Numbers) -> Style<'a> {
        let written = &column.contract.written;
        Style { numbers: written.numbers.unwrap_or(source), negative: written.negative, marks: &written.marks }
    }

    /// The number as it would be written with a decimal point alone, and a minus in front. Whether it is a number at all
    /// is not looked at.
    ///
    /// # Errors
    /// Why it is not written as the column writes numbers.
    pub fn plain(self, text: &str) -> Result<Cow<'_, str>, String> {
        if self.marks.is_empty() && self.negative == Negative::default() {
            return plain(text, self.numbers);
        }
        let (minus, digits) = self.bare(text)?;
        let number = plain(digits, self.numbers)?;
        Ok(if minus { format!("-{number}").into() } else { number })
    }

    /// Whether there is a minus, and the number without it and without its mark.
    fn bare(self, text: &str) -> Result<(bool, &str), String> {
        let inner = text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
        let (in_parentheses, mut rest) = match inner.filter(|_| self.negative.parentheses) {
            Some(inner) => (true, inner),
            None => (false, text),
        };
        // Sign and mark stand in any order, each once: `-€5`, `€ -5`, `5,00- €`.
        let (mut sign, mut is_marked) = (None, false);
        loop {
            if sign.is_none()
                && let Some((minus, number)) = self.signed(rest)
            {
                (sign, rest) = (Some(minus), number);
            } else if !is_marked && let Some(number) = self.unmarked(rest) {
                (is_marked, rest) = (true, number);
            } else {
                break;
            }
        }
        match sign {
            Some(_) if in_parentheses || self.signed(rest).is_some() => {
                Err("not a number: it has two signs".to_owned())
            }
            _ => Ok((in_parentheses || sign == Some(true), rest)),
        }
    }

    /// Whether a sign in front or behind is a minus, and what is left without it.
    fn signed(self, text: &str) -> Option<(bool, &str)> {
        let is_minus = |c: char| c == '-' || (self.negative.minus_sign && c == '\u{2212}');
        let front = text.strip_prefix(is_minus).map(|rest| (true, rest));
        let front = front.or_else(|| text.strip_prefix('+').map(|rest| (false, rest)));
        front.or_else(|| text.strip_suffix(is_minus).filter(|_| self.negative.trailing).map(|rest| (true, rest)))
    }

    /// What is left without a mark and the blanks between.
    fn unmarked(self, text: &str) -> Option<&str> {
        self.marks.iter().find_map(|mark| {
            let front = text.strip_prefix(mark.as_str()).map(str::trim_start);
            front.or_else(|| text.strip_suffix(mark.as_str()).map(str::trim_end))
        })
    }
}

/// The number as it would be written with a decimal point alone. Whether it is a number at all is not looked at.
///
/// # Errors
/// Why it is not written as the source writes numbers.
fn plain(text: &str, numbers: Numbers) -> Result<Cow<'_, str>, String> {
    if numbers == Numbers::default() {
        return Ok(Cow::Borrowed(text));
    }
    let decimal = char::from(numbers.decimal);
    let (whole, fraction) = match text.split_once(decimal) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    if fraction.is_some_and(|fraction| fraction.contains([decimal, '.', ','])) {
        return Err(format!("not a number written with `{decimal}` before the decimals"));
    }
    let whole = match numbers.thousands {
        Some(thousands) if whole.chars().any(|c| separates(c, thousands)) => ungrouped(whole, thousands)?,
        _ => whole.to_owned(),
    };
    if decimal == ',' && whole.contains('.') {
        return Err("not a number written with `,` before the decimals".to_owned());
    }
    Ok(Cow::Owned(match fraction {
        Some(fraction) => format!("{whole}.{fraction}"),
        None => whole,
    }))
}

/// The whole part without separators, each of which must have three digits behind it and no more than three before it.
fn ungrouped(whole: &str, thousands: Thousands) -> Result<String, String> {
    let wrong = || "not a number with groups of three digits".to_owned();
    let sign = whole.strip_prefix(['-', '+']).map_or("", |_| &whole[..1]);
    let mut groups = whole[sign.len()..].split(|c| separates(c, thousands));
    let first = groups.next().unwrap_or_default();
    let is_digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    if !(1..=3).contains(&first.len()) || !is_digits(first) {
        return Err(wrong());
    }
    let mut digits = format!("{sign}{first}");
    for group in groups {
        if group.len() != 3 || !is_digits(group) {
            return Err(wrong());
        }
        digits.push_str(group);
    }
    Ok(digits)
}

fn separates(c: char, thousands: Thousands) -> bool {
    match thousands {
        Thousands::Comma => c == ',',
        Thousands::Point => c == '.',
        Thousands::Apostrophe => matches!(c, '\'' | '\u{2019}'),
        Thousands::Space => matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, decimal: u8, thousands: Option<Thousands>) -> String {
        plain(text, Numbers { decimal, thousands }).map_or_else(|why| why, Cow::into_owned)
    }

    #[test]
    fn numbers_are_read_as_the_source_writes_them() {
        let german = |text| read(text, b',', Some(Thousands::Point));
        assert_eq!(german("1.234.567,89"), "1234567.89");
        assert_eq!(german("-1.234"), "-1234");
        assert_eq!(german("1234,5e3"), "1234.5e3");
        assert_eq!(german("0,5"), "0.5");
        assert_eq!(read("12 345,6", b',', Some(Thousands::Space)), "12345.6");
        assert_eq!(read("12\u{a0}345\u{202f}678", b'.', Some(Thousands::Space)), "12345678");
        assert_eq!(read("1’234'567.5", b'.', Some(Thousands::Apostrophe)), "1234567.5");
        assert_eq!(read("+1,234.50", b'.', Some(Thousands::Comma)), "+1234.50");
        assert_eq!(read("1234,5", b',', None), "1234.5");
    }

    #[test]
    fn signs_and_marks_are_read_where_the_column_has_them() {
        let marks = ["US$", "EUR", "€", "%"].map(str::to_owned);
        let negative = Negative { trailing: true, parentheses: true, minus_sign: true };
        let numbers = Numbers { decimal: b',', thousands: Some(Thousands::Point) };
        let style = Style { numbers, negative, marks: &marks };
        let read = |text| style.plain(text).map_or_else(|why| why, Cow::into_owned);
        for (text, expected) in [
            ("1.234,50-", "-1234.50"),
            ("(1.234,50)", "-1234.50"),
            ("(1.234,50 €)", "-1234.50"),
            ("€ 5", "5"),
            ("-€5", "-5"),
            ("€\u{a0}-5,5", "-5.5"),
            ("5,00- EUR", "-5.00"),
            ("5,00 EUR-", "-5.00"),
            ("\u{2212}12", "-12"),
            ("+US$12", "12"),
            ("12 %", "12"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
        for text in ["-5-", "(-5)", "--5", "-(5)"] {
            assert!(style.plain(text).is_err() || read(text).parse::<f64>().is_err(), "{text}");
        }
        assert_eq!(read("€ 5 €"), "5 €", "one mark");
        let plain = Style { numbers: Numbers::default(), negative: Negative::default(), marks: &marks };
        assert_eq!(plain.plain("5-").unwrap(), "5-", "a minus behind only where it is declared");
    }

    #[test]
    fn separators_out_of_place_are_no_numbers() {
        let groups = "not a number with groups of three digits";
        for text in ["1.23", "1234.567", ".123", "1..234", "1.234.", "1.2345", "1.23a"] {
            assert_eq!(read(text, b',', Some(Thousands::Point)), groups, "{text}");
        }
        let comma = "not a number written with `,` before the decimals";
        for text in ["0.5", "1.234,5", "1,2,3", "1,234.5"] {
            assert_eq!(read(text, b',', None), comma, "{text}");
        }
        assert_eq!(read("1,234.567,8", b'.', Some(Thousands::Comma)), comma.replace("`,`", "`.`"));
        assert_eq!(read(" 1 234", b'.', Some(Thousands::Space)), groups, "blanks around it are no separators");
        assert_eq!(read("", b',', None), "");
    }
}
