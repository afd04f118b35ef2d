//! Parameters set from outside their file: `P.lines.strategic=75`.
//!
//! In: parameters and an assignment. Out: the parameters with that value, or a diagnostic. Must not know: where the
//! assignment comes from. Start at [`set_parameter`].

use super::field::is_identifier;
use super::model::{Leaf, Parameter, ParameterTable, ParameterValue, Parameters};
use super::parameter_value::{ValueType, range_fault};
use crate::diag::{Diagnostic, ids};
use indexmap::IndexMap;

/// Sets one parameter, keeping its type: `P.lines.strategic=75`, `P.sector_priority["retail"]=0.9`,
/// `P.prices["GTX Pro"].list=550.5`, `P.focus=[retail, software]`. The `P.` may be left out. An int is taken for a float.
///
/// Sums of weights are not checked here, because several assignments may keep a sum together: call [`weights`] when all
/// are done.
///
/// # Errors
/// `usage`: it is no assignment. `unknown-parameter`: nothing of this name. `wrong-value`: a value of another type or
/// outside the range.
pub fn set_parameter(parameters: &mut Parameters, assignment: &str) -> Result<(), Diagnostic> {
    set(parameters, assignment).map_err(|found| found.located(assignment))
}

/// The same; the finding has no place yet.
pub(super) fn set(parameters: &mut Parameters, assignment: &str) -> Result<(), Diagnostic> {
    let usage = || {
        Diagnostic::error(ids::USAGE, format!("`{assignment}` is not an assignment"))
            .help("write P.name=value, such as P.lines.strategic=75")
    };
    let (path, value) = split(assignment).ok_or_else(usage)?;
    let path = path_of(path).ok_or_else(usage)?;
    find(&mut parameters.entries, &path).and_then(|place| place.set(value.trim(), &path))
}

/// Cuts at the first `=` that stands in no quotes.
fn split(text: &str) -> Option<(&str, &str)> {
    let mut quoted = false;
    for (i, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '=' if !quoted => return Some((&text[..i], &text[i + 1..])),
            _ => {}
        }
    }
    None
}

/// `P.a["b c"].d` as its parts, without the `P`.
fn path_of(text: &str) -> Option<Vec<String>> {
    let mut rest = text.trim();
    let mut parts = Vec::new();
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix("[\"") {
            let (key, tail) = inner.split_once("\"]")?;
            parts.push(key.to_owned());
            rest = tail.strip_prefix('.').unwrap_or(tail);
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let name = rest[..end].trim();
            if !is_identifier(name) {
                return None;
            }
            parts.push(name.to_owned());
            rest = &rest[end..];
            rest = rest.strip_prefix('.').filter(|tail| !tail.is_empty()).unwrap_or(rest);
            if rest == "." {
                return None;
            }
        }
    }
    if parts.len() > 1 && parts.first().is_some_and(|part| part == "P") {
        parts.remove(0);
    }
    (!parts.is_empty()).then_some(parts)
}

/// What an assignment can reach.
enum Place<'p> {
    Leaf(&'p mut Leaf),
    Cell(&'p mut ParameterValue),
}

fn find<'p>(entries: &'p mut IndexMap<String, Parameter>, path: &[String]) -> Result<Place<'p>, Diagnostic> {
    let mut entries = entries;
    for (i, part) in path.iter().enumerate() {
        let so_far = shown(&path[..i]);
        if !entries.contains_key(part) {
            return Err(unknown(&format!("{so_far}.{part}"), part, entries.keys()));
        }
        let rest = &path[i + 1..];
        let Some(parameter) = entries.get_mut(part) else { break };
        match parameter {
            Parameter::Leaf(leaf) if rest.is_empty() => return Ok(Place::Leaf(leaf)),
            Parameter::Leaf(_) => {
                let message = format!("`{}` is a value and has nothing inside", shown(&path[..=i]));
                return Err(Diagnostic::error(ids::UNKNOWN_PARAMETER, message));
            }
            Parameter::Table(table) => return cell(table, rest, &shown(&path[..=i])),
            Parameter::Group { entries: inner, .. } if rest.is_empty() => {
                let names: Vec<&str> = inner.keys().map(String::as_str).collect();
                let message = format!("`{}` is a group, not a value", shown(path));
                return Err(
                    Diagnostic::error(ids::UNKNOWN_PARAMETER, message).help(format!("it holds {}", names.join(", ")))
                );
            }
            Parameter::Group { entries: inner, .. } => entries = inner,
        }
    }
    Err(Diagnostic::error(ids::UNKNOWN_PARAMETER, format!("no parameter `{}`", shown(path))))
}

fn cell<'p>(table: &'p mut ParameterTable, path: &[String], name: &str) -> Result<Place<'p>, Diagnostic> {
    let (key, column) = match path {
        [key] if table.plain => (key, 0),
        [key, column] if !table.plain || table.columns.len() > 1 => {
            let at = table.columns.iter().position(|c| c == column);
            (key, at.ok_or_else(|| unknown(&format!("{name}[\"{key}\"].{column}"), column, &table.columns))?)
        }
        _ => {
            let column = if table.plain { String::new() } else { format!(".{}", table.columns.join("|")) };
            let message = format!("`{name}` is a table, of which one value can be set");
            return Err(
                Diagnostic::error(ids::UNKNOWN_PARAMETER, message).help(format!("write {name}[\"key\"]{column}=value"))
            );
        }
    };
    if !table.rows.contains_key(key) {
        return Err(unknown(&format!("{name}[\"{key}\"]"), key, table.rows.keys()));
    }
    let value = table.rows.get_mut(key).and_then(|row| row.get_mut(column));
    value.map(Place::Cell).ok_or_else(|| unknown(name, key, []))
}

fn shown(path: &[String]) -> String {
    path.iter().fold("P".to_owned(), |text, part| text + "." + part.as_str())
}

fn unknown<'a>(shown: &str, wrong: &str, names: impl IntoIterator<Item = &'a String>) -> Diagnostic {
    Diagnostic::error(ids::UNKNOWN_PARAMETER, format!("no parameter `{shown}`"))
        .did_you_mean(wrong, names.into_iter().map(String::as_str))
}

impl Place<'_> {
    fn set(self, text: &str, path: &[String]) -> Result<(), Diagnostic> {
        let (value, range) = match self {
            Place::Leaf(leaf) => (&mut leaf.value, leaf.range),
            Place::Cell(cell) => (cell, None),
        };
        let wrong = |message: String| Diagnostic::error(ids::WRONG_VALUE, message);
        let new = parsed(value, text).ok_or_else(|| {
            let expected = match value {
                ParameterValue::List(_) => format!("a list, each {}", ValueType::of(value).expected()),
                _ => ValueType::of(value).expected().to_owned(),
            };
            wrong(format!("`{}` must be {expected}, found `{text}`", shown(path)))
        })?;
        if let Some(fault) = range.and_then(|range| range_fault(&new, range)) {
            return Err(wrong(format!("`{}` is {fault}", shown(path))));
        }
        *value = new;
        Ok(())
    }
}

/// The text as a value of the same type as `like`.
fn parsed(like: &ParameterValue, text: &str) -> Option<ParameterValue> {
    let ty = ValueType::of(like);
    let one = |text: &str| ty.parse(unquoted(text));
    let ParameterValue::List(_) = like else { return one(text) };
    let inner = text.strip_prefix('[').map_or(Some(text), |rest| rest.strip_suffix(']'))?;
    let values: Option<Vec<ParameterValue>> = inner.split(',').map(|item| one(item.trim())).collect();
    values.filter(|values| !values.is_empty() && !inner.trim().is_empty()).map(ParameterValue::List)
}

fn unquoted(text: &str) -> &str {
    text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text)
}

/// What is wrong with the sums of weights: one `weights-sum` for each group whose numbers do not sum to its `sum_to`
/// (within one part in a thousand million).
pub fn weights(parameters: &Parameters) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    groups(&parameters.entries, &mut Vec::new(), &mut found);
    found
}

fn groups(entries: &IndexMap<String, Parameter>, path: &mut Vec<String>, found: &mut Vec<Diagnostic>) {
    for (name, parameter) in entries {
        let Parameter::Group { entries, sum_to, span } = parameter else { continue };
        path.push(name.clone());
        if let Some(target) = sum_to {
            let numbers = entries.values().filter_map(|member| match member {
                Parameter::Leaf(Leaf { value: ParameterValue::Int(n), .. }) => Some(*n as f64),
                Parameter::Leaf(Leaf { value: ParameterValue::Float(x), .. }) => Some(*x),
                _ => None,
            });
            let sum: f64 = numbers.sum();
            if (sum - target).abs() > 1e-9 * target.abs().max(1.0) {
                // Twelve digits hide the last bits of a sum of decimal fractions.
                let rounded = (sum * 1e12).round() / 1e12;
                let message = format!("the values of `{}` sum to {rounded}, not to {target}", shown(path));
                let apart = ((sum - target).abs() * 1e12).round() / 1e12;
                let help = match sum > *target {
                    true => format!("together they are {apart} too much: lower one of them, or several"),
                    false => format!("together they lack {apart}: raise one of them, or several"),
                };
                found.push(Diagnostic::error(ids::WEIGHTS_SUM, message).at(*span).help(help));
            }
        }
        groups(entries, path, found);
        path.pop();
    }
}
