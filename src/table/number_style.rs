//! Numbers written with a decimal comma or with separators between thousands.
//!
//! In: a text, how the source writes numbers. Out: the number with a point and without separators, or why it is none.
//! Must not know: types, columns. Start at [`plain`].

use crate::manifest::model::{Numbers, Thousands};
use std::borrow::Cow;

/// The number as it would be written with a decimal point alone. Whether it is a number at all is not looked at.
///
/// # Errors
/// Why it is not written as the source writes numbers.
pub fn plain(text: &str, numbers: Numbers) -> Result<Cow<'_, str>, String> {
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
