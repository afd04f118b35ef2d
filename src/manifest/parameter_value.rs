//! Values of parameters: their types, their ranges, one type in a list.
//!
//! In: nodes of the file, cells of CSV tables. Out: [`ParameterValue`]s and diagnostics. Must not know: names of parameters.

use super::field::{Field, Findings, parse_date};
use super::model::ParameterValue;
use super::yaml::Kind;

/// The declared type of a parameter's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// Integer.
    Int,
    /// Float.
    Float,
    /// True or false.
    Bool,
    /// Text.
    Text,
    /// Day.
    Date,
}

impl ValueType {
    /// The words of a parameter file.
    pub const WORDS: [(&'static str, ValueType); 5] = [
        ("int", ValueType::Int),
        ("float", ValueType::Float),
        ("bool", ValueType::Bool),
        ("text", ValueType::Text),
        ("date", ValueType::Date),
    ];

    /// What a value must be, for messages.
    pub fn expected(self) -> &'static str {
        match self {
            ValueType::Int => "an int",
            ValueType::Float => "a number",
            ValueType::Bool => "true or false",
            ValueType::Text => "text",
            ValueType::Date => "a date as 2018-01-31",
        }
    }

    /// The type of a value; of a list, that of its values.
    pub fn of(value: &ParameterValue) -> ValueType {
        match value {
            ParameterValue::Int(_) => ValueType::Int,
            ParameterValue::Float(_) => ValueType::Float,
            ParameterValue::Bool(_) => ValueType::Bool,
            ParameterValue::Text(_) => ValueType::Text,
            ParameterValue::Date(_) => ValueType::Date,
            ParameterValue::List(values) => values.first().map_or(ValueType::Text, ValueType::of),
        }
    }

    /// The value that a scalar's text stands for.
    pub fn parse(self, text: &str) -> Option<ParameterValue> {
        Some(match self {
            ValueType::Int => ParameterValue::Int(text.parse().ok()?),
            ValueType::Float => ParameterValue::Float(parse_float(text)?),
            ValueType::Bool => ParameterValue::Bool(text.parse().ok()?),
            ValueType::Text => ParameterValue::Text(text.to_owned()),
            ValueType::Date => ParameterValue::Date(parse_date(text)?),
        })
    }
}

/// A finite float in decimal notation.
pub fn parse_float(text: &str) -> Option<f64> {
    let decimal = text.bytes().any(|b| b.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E'));
    if decimal { text.parse().ok().filter(|x: &f64| x.is_finite()) } else { None }
}

/// The first number of a value that lies outside a range, as the end of a sentence.
pub fn range_fault(value: &ParameterValue, (low, high): (f64, f64)) -> Option<String> {
    let outside = |x: f64, shown: String| {
        if x < low || x > high { Some(format!("{shown}, outside its range {low} to {high}")) } else { None }
    };
    match value {
        ParameterValue::Int(n) => outside(*n as f64, n.to_string()),
        ParameterValue::Float(x) => outside(*x, x.to_string()),
        ParameterValue::List(values) => values.iter().find_map(|value| range_fault(value, (low, high))),
        _ => None,
    }
}

/// The value of a node: a scalar, or a list of scalars of one type.
pub fn value(field: &Field<'_>, declared: Option<ValueType>, findings: &mut Findings) -> Option<ParameterValue> {
    let Kind::List(_) = field.value.kind else { return scalar(field, declared, findings) };
    let items = field.one_or_more();
    if items.is_empty() {
        findings.push(field.wrong_value(format!("{} is an empty list, whose type nothing tells", field.title)));
        return None;
    }
    let values: Vec<Option<ParameterValue>> = items.iter().map(|item| scalar(item, declared, findings)).collect();
    let mut values: Vec<ParameterValue> = values.into_iter().collect::<Option<_>>()?;
    let places = items.iter().collect::<Vec<_>>();
    unify(&mut values, &places, findings).then_some(ParameterValue::List(values))
}

/// The value of a scalar, of the declared type or its own.
pub fn scalar(field: &Field<'_>, declared: Option<ValueType>, findings: &mut Findings) -> Option<ParameterValue> {
    let value = match (declared, &field.value.kind) {
        (None | Some(ValueType::Int), Kind::Int(n)) => Some(ParameterValue::Int(*n)),
        (Some(ValueType::Float), Kind::Int(n)) => Some(ParameterValue::Float(*n as f64)),
        (None | Some(ValueType::Float), Kind::Float(x)) => Some(ParameterValue::Float(*x)),
        (None | Some(ValueType::Bool), Kind::Bool(b)) => Some(ParameterValue::Bool(*b)),
        (None, Kind::Text(text)) => Some(ParameterValue::Text(text.clone())),
        (Some(ValueType::Text), _) => field.value.scalar_text().map(|text| ParameterValue::Text(text.to_owned())),
        (Some(ValueType::Date), _) => field.value.scalar_text().and_then(parse_date).map(ParameterValue::Date),
        _ => None,
    };
    if value.is_none() {
        let expected = declared.map_or("an int, a float, true or false, or text", ValueType::expected);
        findings.push(field.wrong(expected));
    }
    value
}

/// Makes values one type: any float makes ints floats; other mixtures are reported at the first that differs.
pub fn unify(values: &mut [ParameterValue], places: &[&Field<'_>], findings: &mut Findings) -> bool {
    let float = values.iter().any(|value| matches!(value, ParameterValue::Float(_)));
    for value in values.iter_mut() {
        if let (true, ParameterValue::Int(n)) = (float, &*value) {
            *value = ParameterValue::Float(*n as f64);
        }
    }
    let Some(first) = values.first().map(ValueType::of) else { return true };
    let Some(odd) = values.iter().position(|value| ValueType::of(value) != first) else { return true };
    if let (Some(odd), Some(place)) = (places.get(odd), places.first()) {
        findings.push(
            odd.wrong_value("values of unlike types in one list or table")
                .label(place.place(), format!("this is {}", first.expected()))
                .help("values are all numbers, all texts, all true or false, or all dates"),
        );
    }
    false
}
