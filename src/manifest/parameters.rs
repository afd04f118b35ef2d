//! `rules/parameters.yaml`: values, groups and tables that rules read as `P.name`.
//!
//! In: its tree, and the texts of CSV tables. Out: [`Parameters`] and diagnostics. Must not know: rules. Start at [`read`].

use super::field::{Field, Fields, Findings};
use super::files::Files;
use super::judged;
use super::model::{Leaf, Parameter, ParameterValue, Parameters};
use super::parameter_table;
use super::parameter_value::{ValueType, range_fault, value};
use super::shape::parameters::{RESERVED, VALUE};
use super::yaml::{Entry, Kind, Node};
use crate::diag::{Diagnostic, ids};
use indexmap::IndexMap;

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
    if has("ahp") {
        return judged::read(field, &mut files.findings);
    }
    if has("equal") {
        return judged::equal(field, &mut files.findings);
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
        } else if matches!(entry.value.kind, Kind::Map(_)) {
            let (group, name) = (field.key, &entry.key);
            let names = RESERVED.map(|name| format!("`{name}`")).join(", ");
            found = found.help(format!(
                "if `{group}` is a group, give `{name}` another name: {names} are keys of parameters and no names of them"
            ));
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
    let fields = Fields::open(field, &what, &VALUE, findings)?;
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
            let is_number = matches!(&value, ParameterValue::Text(text) if text.trim().parse::<f64>().is_ok());
            findings.extend(range.map(|f| {
                let what = ValueType::of(&value).expected();
                let found = f.wrong_value(format!("`range` is for numbers, and the value is {what}"));
                let found = found.label(place.place(), "the value");
                if is_number { found.help("write the number without quotes") } else { found }
            }));
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
