//! Values of the rules, for people and for programs.
//!
//! In: a [`Value`], or a cell of a table. Out: [`Shown`]. Must not know: where it stands.

use super::model::Shown;
use crate::language::{counted, grouped};
use crate::rules::data::Cell;
use crate::rules::format;
use crate::rules::trace::Value;
use jiff::tz::TimeZone;
use serde_json::{Value as Json, json};

/// What stands for a value that is not shown.
pub(super) const WITHHELD: &str = "(withheld)";

impl Shown {
    /// What stands for the value of a sensitive column.
    pub(super) fn withheld() -> Shown {
        Shown { text: WITHHELD.to_owned(), json: json!(WITHHELD), number: None }
    }

    /// Nothing.
    pub(super) fn missing() -> Shown {
        Shown { text: "()".to_owned(), json: Json::Null, number: None }
    }

    fn of_float(x: f64) -> Shown {
        Shown { text: number(x), json: json!(x), number: Some(x) }
    }

    fn of_int(n: i64) -> Shown {
        Shown { text: whole(&n.unsigned_abs().to_string(), n < 0), json: json!(n), number: Some(n as f64) }
    }

    fn of_date(days: i32) -> Shown {
        let text = format::date(days);
        Shown { json: json!(text), text, number: Some(f64::from(days)) }
    }

    fn of_instant(micros: i64, zone: &TimeZone) -> Shown {
        let text = format::datetime(micros, zone);
        Shown { json: json!(text), text, number: Some(micros as f64 / 86_400_000_000.0) }
    }

    /// A value of the rules.
    pub(super) fn of(value: &Value, zone: &TimeZone) -> Shown {
        let plain = |text: String| Shown { json: json!(text), text, number: None };
        match value {
            Value::Missing => Shown::missing(),
            Value::Bool(b) => Shown { text: b.to_string(), json: json!(b), number: None },
            Value::Int(n) => Shown::of_int(*n),
            Value::Float(x) => Shown::of_float(*x),
            Value::Text(text) => plain(text.clone()),
            Value::Date(days) => Shown::of_date(*days),
            Value::DateTime(micros) => Shown::of_instant(*micros, zone),
            Value::Row(_, row) => plain(format!("row {}", u64::from(*row) + 1)),
            Value::Rows { count, .. } => Shown { text: rows(*count), json: json!({ "rows": count }), number: None },
            Value::List { count, items } => {
                let shown: Vec<Shown> = items.iter().take(LISTED).map(|item| Shown::of(item, zone)).collect();
                let more = if *count > LISTED { ", …" } else { "" };
                let texts: Vec<&str> = shown.iter().map(|item| item.text.as_str()).collect();
                let json = json!({ "elements": count, "first": shown });
                Shown { text: format!("[{}{more}]", texts.join(", ")), json, number: None }
            }
            Value::Map(entries) => {
                let texts = entries.iter().map(|(key, value)| format!("{key}: {}", Shown::of(value, zone).text));
                let text = format!("#{{ {} }}", texts.collect::<Vec<_>>().join(", "));
                let json = entries.iter().map(|(key, value)| (key.clone(), Shown::of(value, zone).json)).collect();
                Shown { text, json: Json::Object(json), number: None }
            }
        }
    }

    /// A cell of a table.
    pub(super) fn of_cell(cell: Option<Cell<'_>>, zone: &TimeZone) -> Shown {
        match cell {
            None => Shown::missing(),
            Some(Cell::Text(text)) => Shown { text: text.to_owned(), json: json!(text), number: None },
            Some(Cell::Int(n)) => Shown::of_int(n),
            Some(Cell::Float(x)) => Shown::of_float(x),
            Some(Cell::Bool(b)) => Shown { text: b.to_string(), json: json!(b), number: None },
            Some(Cell::Date(days)) => Shown::of_date(days),
            Some(Cell::DateTime(micros)) => Shown::of_instant(micros, zone),
            Some(Cell::TooLarge) => Shown { text: "too large".to_owned(), json: Json::Null, number: None },
        }
    }
}

/// Elements of a list that are shown.
const LISTED: usize = 5;

fn rows(count: usize) -> String {
    counted(count as u64, "row")
}

/// Digits with their thousands apart.
fn whole(digits: &str, negative: bool) -> String {
    format!("{}{}", if negative { "-" } else { "" }, grouped(digits))
}

/// A number with at most four digits behind the point, or four that say something, and its thousands apart.
///
/// ```
/// use tierwright::run::explain::number;
/// assert_eq!([number(1_234.5), number(75.0), number(-0.25), number(2.0 / 3.0)], ["1,234.5", "75", "-0.25", "0.6667"]);
/// assert_eq!([number(0.000_012_345), number(1e20)], ["1.234e-5", "1e20"]);
/// ```
pub fn number(x: f64) -> String {
    let size = x.abs();
    if size >= 1e15 || !x.is_finite() {
        return format!("{x:e}");
    }
    if size > 0.0 && size < 0.001 {
        let text = format!("{x:.3e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        return format!("{}e{exponent}", digits.trim_end_matches('0').trim_end_matches('.'));
    }
    let text = format!("{size:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    let (digits, part) = text.split_once('.').unwrap_or((text, ""));
    let text = whole(digits, x < 0.0 && text != "0");
    if part.is_empty() { text } else { format!("{text}.{part}") }
}
