//! What stands beside the numbers of a column and is no part of them: `€`, `USD`, `%`.
//!
//! In: a column's name and its texts. Out: [`Marks`]. Must not know: types, other columns. Start at [`of`].
//!
//! Letters are marks only where they are a currency: `DEU100` is a code, and read as 100 it would be that of `FRA100` too.

use super::names::{amount_rank, is_customer, is_identifier_like};
use std::collections::HashMap;

/// Codes of currencies that are in much use: ISO 4217, list one (SIX Group, 2024); `CNH` and `RMB` stand beside `CNY`.
const CODES: [&str; 58] = [
    "USD", "EUR", "GBP", "JPY", "CNY", "CNH", "RMB", "CHF", "CAD", "AUD", "NZD", "HKD", "SGD", "INR", "KRW", "TWD",
    "SEK", "NOK", "DKK", "ISK", "PLN", "CZK", "HUF", "RON", "BGN", "RSD", "RUB", "UAH", "KZT", "TRY", "BRL", "MXN",
    "ARS", "CLP", "COP", "PEN", "UYU", "ZAR", "NGN", "KES", "GHS", "MAD", "EGP", "THB", "IDR", "MYR", "PHP", "VND",
    "PKR", "BDT", "LKR", "AED", "SAR", "QAR", "KWD", "BHD", "OMR", "ILS",
];
/// Signs and the currency that each most often stands for.
const SIGNS: [(&str, &str); 25] = [
    ("$", "USD"),
    ("US$", "USD"),
    ("A$", "AUD"),
    ("C$", "CAD"),
    ("HK$", "HKD"),
    ("R$", "BRL"),
    ("€", "EUR"),
    ("£", "GBP"),
    ("¥", "¥"),
    ("￥", "¥"),
    ("元", "¥"),
    ("円", "¥"),
    ("JPY", "¥"),
    ("CNY", "¥"),
    ("CNH", "¥"),
    ("RMB", "¥"),
    ("₹", "INR"),
    ("₩", "KRW"),
    ("원", "KRW"),
    ("₽", "RUB"),
    ("₺", "TRY"),
    ("₪", "ILS"),
    ("kr", "SEK"),
    ("zł", "PLN"),
    ("Kč", "CZK"),
];
/// Of the texts of a column so many must be amounts to speak of currencies.
const AMOUNTS: f64 = 0.7;
/// Marks of one column, at most.
const MOST: usize = 2;

/// The marks of a column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    /// What a manifest declares as `marks`.
    pub taken: Vec<String>,
    /// The marks of unlike currencies, if they are of such.
    pub mixed: Option<String>,
}

/// The currency that a mark stands for.
fn currency(mark: &str) -> Option<&str> {
    let of_sign = SIGNS.iter().find(|(sign, _)| *sign == mark).map(|(_, code)| *code);
    of_sign.or_else(|| CODES.contains(&mark).then_some(mark))
}

/// Whether a text is the code of a currency.
pub(super) fn is_code(text: &str) -> bool {
    CODES.contains(&text)
}

/// Whether it may stand beside a number: a sign, or a currency.
fn is_mark(mark: &str) -> bool {
    let is_sign = mark.chars().count() <= 3 && mark.chars().all(|c| !c.is_alphanumeric());
    !mark.is_empty() && (is_sign || currency(mark).is_some())
}

fn is_of_numbers(c: char) -> bool {
    c.is_ascii_digit() || ".,+-()'\u{2212}\u{2019}".contains(c) || c.is_whitespace()
}

/// What a text has beside its number.
fn beside(text: &str) -> String {
    let mark = text.trim_matches(is_of_numbers);
    if !mark.chars().any(|c| c.is_ascii_digit()) {
        return mark.to_owned();
    }
    text.trim_start_matches(is_of_numbers).chars().take_while(|c| !is_of_numbers(*c)).collect()
}

/// Whether a text is a number, beside a currency or alone.
fn is_amount(text: &str) -> bool {
    let mark = beside(text);
    let rest = || text.replacen(mark.as_str(), "", 1);
    (mark.is_empty() || currency(&mark).is_some())
        && rest().chars().all(is_of_numbers)
        && rest().contains(|c: char| c.is_ascii_digit())
}

/// The marks of a column of this name that holds these texts.
pub(super) fn of(name: &str, known: &[&str]) -> Marks {
    // What names somebody stays as it is written.
    if is_identifier_like(name) || (is_customer(name) && amount_rank(name).is_none()) {
        return Marks::default();
    }
    let mut found: Vec<String> = Vec::new();
    for text in known.iter().filter(|text| text.chars().any(|c| c.is_ascii_digit())) {
        let mark = beside(text);
        if is_mark(&mark) && !found.contains(&mark) {
            found.push(mark);
        }
        // Texts have signs, too: these are no numbers.
        if found.len() > 8 {
            return Marks::default();
        }
    }
    let mut currencies: Vec<&str> = found.iter().filter_map(|mark| currency(mark)).collect();
    currencies.sort_unstable();
    currencies.dedup();
    let amounts = known.iter().filter(|text| is_amount(text)).count();
    let is_mixed = currencies.len() > 1 && amounts as f64 >= AMOUNTS * known.len() as f64;
    let mixed = is_mixed.then(|| {
        let marks: Vec<&str> = found.iter().filter(|mark| currency(mark).is_some()).map(String::as_str).collect();
        marks.join(", ")
    });
    let by_chance = currencies.len() > 1 && !is_mixed;
    if found.len() > MOST || by_chance || hides(known, &found) {
        found.clear();
    }
    Marks { taken: found, mixed }
}

/// Whether a text is a code of digits, which a number would not keep: its first is a zero.
pub(super) fn is_zero_led(text: &str) -> bool {
    text.len() > 1 && text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether texts with unlike marks would be one number, or zeros in front, which make a code, would go.
fn hides(known: &[&str], marks: &[String]) -> bool {
    let mut seen: HashMap<String, &str> = HashMap::new();
    for text in known {
        let mark = beside(text);
        let Some(mark) = marks.iter().find(|own| **own == mark) else { continue };
        let rest: String = text.replacen(mark.as_str(), "", 1).chars().filter(|c| !c.is_whitespace()).collect();
        if is_zero_led(&rest) {
            return true;
        }
        let unit = currency(mark).unwrap_or(mark);
        if seen.insert(rest, unit).is_some_and(|other| other != unit) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_currencies_and_signs_are_marks() {
        for (name, texts, taken, mixed) in [
            ("amount", &["$1,200", "$35"][..], &["$"][..], None),
            ("amount", &["12 EUR", "EUR 7"], &["EUR"], None),
            ("share", &["12 %", "7"], &["%"], None),
            ("amount", &["12元", "7元"], &["元"], None),
            // Codes of articles and of countries.
            ("sku", &["SKU15", "SKU17"], &[], None),
            ("x", &["DEU100", "FRA100"], &[], None),
            // One number of two currencies, and zeros in front.
            ("x", &["USD100", "EUR100"], &[], Some("USD, EUR")),
            ("x", &["USD001", "USD002"], &[], None),
            ("amount", &["$10", "USD 10"], &["$", "USD"], None),
            ("amount", &["$10", "€12"], &["$", "€"], Some("$, €")),
            ("amount", &["$10", "€12", "7", "8", "9"], &["$", "€"], Some("$, €")),
            ("amount", &["$10", "€12", "£7"], &[], Some("$, €, £")),
            // Signs of nothing, here and there one that is a currency by chance.
            ("licence", &["USD1F0", "EUR2A", "AX4", "9BC"], &[], None),
            // What names somebody.
            ("customer", &["USD100", "USD101"], &[], None),
            ("order no", &["#100", "#101"], &[], None),
            ("customer_revenue", &["USD 100", "USD 101"], &["USD"], None),
        ] {
            let wanted =
                Marks { taken: taken.iter().map(|t| (*t).to_owned()).collect(), mixed: mixed.map(str::to_owned) };
            assert_eq!(of(name, texts), wanted, "{name} {texts:?}");
        }
    }
}
