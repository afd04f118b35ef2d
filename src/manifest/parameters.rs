//! `rules/parameters.yaml`: values, groups and tables that rules read as `P.name`.
//!
//! In: its tree, and the texts of CSV tables. Out: [`Parameters`] and diagnostics. Must not know: rules. Start at [`read`].

use super::field::{Field, Fields, Findings, parse_date};
use super::load::Files;
use super::model::{Leaf, Parameter, ParameterValue, Parameters};
use super::parameter_table;
use super::yaml::{Entry, Kind, Node};
use crate::diag::{Diagnostic, ids};
use indexmap::IndexMap;

/// Keys of one parameter; a parameter or group cannot have such a name.
const RESERVED: [&str; 9] = ["value", "table", "type", "types", "unit", "range", "meaning", "key", "sum_to"];

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

/// Reads the file.
pub fn read(root: &Node, files: &mut Files<'_>) -> Parameters {
    match &root.kind {
        Kind::Map(entries) => Parameters { entries: group(entries, files) },
        Kind::Null => Parameters::default(),
        _ => {
            files.findings.push(Field::root(root, "rules/parameters.yaml").wrong("a map of parameters"));
            Parameters::default()
        }
    }
}

fn group(entries: &[Entry], files: &mut Files<'_>) -> IndexMap<String, Parameter> {
    let mut found = IndexMap::new();
    for entry in entries {
        let field = Field::of(entry);
        if !super::field::is_identifier(&entry.key) {
            files.findings.push(
                Diagnostic::error(ids::WRONG_VALUE, format!("`{}` is not a name that rules can write", entry.key))
                    .at(entry.span)
                    .help("use letters of any script, digits and `_`, and no digit first"),
            );
        } else if RESERVED.contains(&entry.key.as_str()) {
            files.findings.push(
                Diagnostic::error(ids::NAME_CLASH, format!("`{}` cannot be the name of a parameter", entry.key))
                    .at(entry.span)
                    .help(format!("a parameter has the keys {}", RESERVED.join(", "))),
            );
        }
        if let Some(parameter) = parameter(&field, files) {
            found.insert(entry.key.clone(), parameter);
        }
    }
    found
}

fn parameter(field: &Field<'_>, files: &mut Files<'_>) -> Option<Parameter> {
    let Some(entries) = field.as_map() else { return plain_leaf(field, &mut files.findings) };
    let has = |key: &str| entries.iter().any(|entry| entry.key == key);
    if has("table") {
        return parameter_table::read(field, files).map(Parameter::Table);
    }
    if has("value") {
        return full_leaf(field, &mut files.findings);
    }
    if let Some(entry) = entries.iter().find(|e| e.key != "sum_to" && RESERVED.contains(&e.key.as_str())) {
        let message = format!("the parameter `{}` needs the key `value`", field.key);
        let mut found =
            Diagnostic::error(ids::MISSING_KEY, message).at(field.at).label(entry.span, "a parameter's key");
        let others = entries.iter().map(|e| e.key.as_str()).filter(|key| !RESERVED.contains(key));
        if let Some(near) = crate::diag::suggest::nearest("value", others) {
            found = found.help(format!("is `{near}` meant to be `value`?"));
        }
        files.findings.push(found);
        return None;
    }
    let sum = entries.iter().find(|entry| entry.key == "sum_to").map(Field::of);
    let members: Vec<Entry> = entries.iter().filter(|entry| entry.key != "sum_to").cloned().collect();
    if members.is_empty() {
        files.findings.push(field.wrong_value(format!("the group `{}` holds no parameter", field.key)));
    }
    let mut entries = group(&members, files);
    let sum_to = sum.and_then(|sum| {
        let number = sum.number();
        if number.is_none() {
            files.findings.push(sum.wrong("a number"));
        }
        weights_of(&members, matches!(sum.value.kind, Kind::Float(_)), &mut entries, &mut files.findings);
        number
    });
    Some(Parameter::Group { entries, sum_to, span: field.at })
}

/// Members of a group with `sum_to` are numbers; where the sum is a float, so are they.
fn weights_of(members: &[Entry], float: bool, entries: &mut IndexMap<String, Parameter>, findings: &mut Findings) {
    for entry in members {
        let declared = entry.value.has_key("type");
        match entries.get_mut(&entry.key) {
            Some(Parameter::Leaf(leaf)) => match leaf.value {
                ParameterValue::Int(n) if float && !declared => leaf.value = ParameterValue::Float(n as f64),
                ParameterValue::Int(_) | ParameterValue::Float(_) => {}
                _ => findings.push(Field::of(entry).wrong_value(format!("`{}` is no number to sum", entry.key))),
            },
            Some(_) => findings.push(Field::of(entry).wrong_value(format!("`{}` is no number to sum", entry.key))),
            None => {}
        }
    }
}

fn plain_leaf(field: &Field<'_>, findings: &mut Findings) -> Option<Parameter> {
    let value = value(field, None, findings)?;
    Some(Parameter::Leaf(Leaf { value, unit: None, range: None, meaning: String::new(), span: field.at }))
}

fn full_leaf(field: &Field<'_>, findings: &mut Findings) -> Option<Parameter> {
    let what = format!("the parameter `{}`", field.key);
    let fields = Fields::open(field, &what, &["value", "type", "unit", "range", "meaning"], findings)?;
    let unit = fields.get("unit").and_then(|f| f.name(findings));
    let meaning = fields.get("meaning").and_then(|f| f.text(findings)).unwrap_or_default();
    let range = fields.get("range");
    let bounds = range.as_ref().and_then(|f| bounds(f, findings));
    let declared = match fields.get("type") {
        Some(f) => Some(f.choice(&ValueType::WORDS, findings)?),
        None => None,
    };
    let place = fields.get("value")?;
    let value = value(&place, declared, findings)?;
    if let Some((low, high)) = bounds {
        if !matches!(ValueType::of(&value), ValueType::Int | ValueType::Float) {
            findings.extend(range.map(|f| f.wrong_value("`range` is for numbers")));
        } else if let Some(fault) = range_fault(&value, (low, high)) {
            let found = place.wrong_value(format!("`{}` is {fault}", field.key));
            findings.push(found.label(range.map_or(field.at, |f| f.place()), "the range"));
        }
    }
    Some(Parameter::Leaf(Leaf { value, unit, range: bounds, meaning, span: field.at }))
}

fn bounds(field: &Field<'_>, findings: &mut Findings) -> Option<(f64, f64)> {
    let numbers: Option<Vec<f64>> = match &field.value.kind {
        Kind::List(_) => field.one_or_more().iter().map(Field::number).collect(),
        _ => None,
    };
    match numbers.as_deref() {
        Some([low, high]) if low <= high => Some((*low, *high)),
        Some([_, _]) => {
            findings.push(field.wrong_value("the range's first number is above its second"));
            None
        }
        _ => {
            findings.push(field.wrong("the smallest and the largest value: [0, 10]"));
            None
        }
    }
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
fn value(field: &Field<'_>, declared: Option<ValueType>, findings: &mut Findings) -> Option<ParameterValue> {
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
