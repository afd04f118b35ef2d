//! A unit: named units with exponents.
//!
//! In: a unit as manifests and parameters write it: `USD`, `million USD`, `USD/month`, `USD per order`. Out: [`Unit`], its
//! products and quotients, and its text, which reads back as itself. Must not know: rules. What counts nothing of its
//! own (`share`, `ratio`, `factor`) is the empty unit, as a number written in a rule is; it fits any other.

use crate::manifest::model::VARYING;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// Names of numbers that have no unit, and may be multiplied with any amount.
const PLAIN: [&str; 19] = [
    "1",
    "-",
    "none",
    "share",
    "ratio",
    "factor",
    "fraction",
    "proportion",
    "rate",
    "score",
    "index",
    "weight",
    "number",
    "count",
    "比例",
    "占比",
    "系数",
    "份额",
    "倍",
];

/// Names of shares that count hundredths or less: times an amount they are no amount.
const SCALED: [&str; 8] = ["%", "percent", "percentage", "pct", "‰", "bps", "百分比", "百分点"];

/// Names of spans of time that mean the same, the first as it is shown.
const TIMES: [&[&str]; 7] = [
    &["days", "day", "d", "calendar days", "天", "日"],
    &["months", "month", "mo", "月", "个月"],
    &["years", "year", "yr", "年"],
    &["weeks", "week", "周"],
    &["quarters", "quarter", "季度"],
    &["hours", "hour", "h", "小时"],
    &["minutes", "minute", "min", "分钟"],
];

/// A named unit; upper and lower case and the `s` of a plural make no difference.
#[derive(Clone, Debug)]
struct Name {
    key: String,
    shown: String,
}

impl PartialEq for Name {
    fn eq(&self, other: &Name) -> bool {
        self.key == other.key
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Name) -> Ordering {
        self.key.cmp(&other.key)
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Name) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Named units with exponents that are not 0, sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(in crate::rules) struct Unit(Vec<(Name, i32)>);

impl Unit {
    /// A unit as it is written; `None` for what says nothing that can be calculated with.
    pub(super) fn parse(text: &str) -> Option<Unit> {
        let text = text.trim();
        if text.is_empty() || is_share(text) {
            return (!text.is_empty()).then(Unit::default);
        }
        let text = text.replace(" per ", "/").replace(['*', '·'], "\u{0}");
        let mut unit = Unit::default();
        for (i, part) in text.split('/').enumerate() {
            for name in part.split('\0') {
                unit.enter(name, if i == 0 { 1 } else { -1 })?;
            }
        }
        Some(unit)
    }

    /// A span of time by its plural: `days`, `months`.
    pub(super) fn time(name: &str) -> Unit {
        Unit(vec![(Name { key: name.to_owned(), shown: name.to_owned() }, 1)])
    }

    /// Whether it fits any other.
    pub(super) fn is_plain(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it is another in every row: a currency that stands in a column.
    pub(super) fn is_varying(&self) -> bool {
        self.0.iter().any(|(name, _)| name.shown.starts_with(VARYING))
    }

    /// This unit times another, or with `-1` by it.
    pub(super) fn times(&self, other: &Unit, sign: i32) -> Unit {
        let mut product = self.clone();
        for (name, exponent) in &other.0 {
            product.add(name.clone(), exponent * sign);
        }
        product
    }

    /// Whether values of both may be added and compared.
    pub(super) fn fits(&self, other: &Unit) -> bool {
        self.is_plain() || other.is_plain() || self == other || self.is_time_beside(other) || other.is_time_beside(self)
    }

    /// Whether this is a span of time and the other a name of another language, which may mean the same.
    fn is_time_beside(&self, other: &Unit) -> bool {
        let time = matches!(self.0.as_slice(), [(name, 1)] if TIMES.iter().any(|names| names[0] == name.key));
        time && matches!(other.0.as_slice(), [(name, 1)] if !name.key.is_ascii())
    }

    fn enter(&mut self, name: &str, exponent: i32) -> Option<()> {
        let name = name.trim();
        let lower = name.to_lowercase();
        if name.is_empty() || SCALED.contains(&lower.as_str()) {
            return None;
        }
        if is_share(name) {
            return Some(());
        }
        let time = TIMES.iter().find(|names| names.contains(&lower.as_str())).map(|names| names[0]);
        let name = match time {
            Some(time) => Name { key: time.to_owned(), shown: time.to_owned() },
            None => Name { key: singular(lower), shown: name.to_owned() },
        };
        self.add(name, exponent);
        Some(())
    }

    fn add(&mut self, name: Name, exponent: i32) {
        match self.0.binary_search_by(|(n, _)| n.cmp(&name)) {
            Ok(at) => {
                self.0[at].1 += exponent;
                if self.0[at].1 == 0 {
                    self.0.remove(at);
                }
            }
            Err(at) => self.0.insert(at, (name, exponent)),
        }
    }
}

fn is_share(text: &str) -> bool {
    let lower = text.to_lowercase();
    PLAIN.contains(&lower.as_str()) || lower.starts_with("share of ")
}

fn singular(name: String) -> String {
    match name.strip_suffix('s') {
        Some(short) if short.chars().count() > 2 => short.to_owned(),
        _ => name,
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let repeated = |sign: i32| {
            let of_sign = self.0.iter().filter(move |(_, e)| e.signum() == sign);
            of_sign.flat_map(|(n, e)| std::iter::repeat_n(n.shown.as_str(), e.unsigned_abs() as usize))
        };
        let above: Vec<&str> = repeated(1).collect();
        f.write_str(if above.is_empty() { "1" } else { "" })?;
        f.write_str(&above.join("*"))?;
        repeated(-1).try_for_each(|name| write!(f, "/{name}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(text: &str) -> Unit {
        Unit::parse(text).unwrap()
    }

    #[test]
    fn units_are_read_and_written() {
        for (text, shown) in [
            ("USD", "USD"),
            ("million USD", "million USD"),
            ("USD per month", "USD/months"),
            ("USD/天", "USD/days"),
            ("m*m", "m*m"),
            ("share of list price", "1"),
            ("1/day", "1/days"),
            ("万元", "万元"),
        ] {
            assert_eq!(unit(text).to_string(), shown);
            assert_eq!(unit(shown), unit(text), "{shown}");
        }
        assert_eq!(Unit::parse("%"), None);
        assert_eq!(Unit::parse(" "), None);
    }

    #[test]
    fn products_cancel() {
        let (usd, eur) = (unit("USD"), unit("EUR"));
        assert_eq!(eur.times(&unit("USD/EUR"), 1), usd);
        assert!(usd.times(&usd, -1).is_plain());
        assert_eq!(usd.times(&unit("orders"), -1), unit("usd per order"));
    }

    #[test]
    fn what_fits() {
        for (a, b, fits) in [
            ("USD", "EUR", false),
            ("USD", "usd", true),
            ("day", "days", true),
            ("天", "days", true),
            ("days", "months", false),
            ("USD", "share", true),
            ("USD", "million USD", false),
            ("USD/order", "USD", false),
            ("days", "Arbeitstage", false),
            ("days", "工作日", true),
            ("元", "美元", false),
            ("currency by cur", "currency by cur", true),
            ("currency by cur", "EUR", false),
        ] {
            assert_eq!(unit(a).fits(&unit(b)), fits, "{a} {b}");
        }
    }
}
