//! Weights that are derived from judgements of pairs, or are alike: `ahp:`, `equal:` in `rules/parameters.yaml`.
//!
//! In: the tree of such a parameter. Out: a group of parameters, one weight for each criterion, and diagnostics. Must not know: rules, how weights
//! are computed ([`crate::measures::weights`]). Start at [`read`], [`equal`].

use super::field::{Field, Fields, Findings, is_identifier};
use super::model::{Leaf, Parameter, ParameterValue};
use super::project::repeated;
use super::shape::parameters::{AHP, EQUAL};
use super::yaml::Kind;
use crate::diag::{Diagnostic, ids};
use crate::measures::weights::{self, Consistency, Fault, Priority, ahp};
use crate::source::Span;
use indexmap::{IndexMap, IndexSet};

/// What somebody judged: how much more important the first is than the second.
struct Judgement {
    pair: (usize, usize),
    ratio: f64,
    span: Span,
}

/// Reads `{ ahp: { a: { b: 3, c: 5 }, b: { c: 2 } }, method, accept, meaning }`.
pub fn read(field: &Field<'_>, findings: &mut Findings) -> Option<Parameter> {
    let what = format!("the parameter `{}`", field.key);
    let fields = Fields::open(field, &what, &AHP, findings)?;
    let methods = [("eigenvector", Priority::Eigenvector), ("geometric_mean", Priority::GeometricMean)];
    let method = fields.get("method").and_then(|f| f.choice(&methods, findings)).unwrap_or(Priority::Eigenvector);
    let accept = fields.get("accept").and_then(|f| accepted(&f, findings)).unwrap_or(0.1);
    let meaning = fields.get("meaning").and_then(|f| f.text(findings)).unwrap_or_default();
    let given = fields.need("ahp", findings)?;
    let before = findings.len();
    let mut names: IndexSet<String> = IndexSet::new();
    let judged = judgements(&given, &mut names, findings)?;
    let matrix = matrix(&given, &names, &judged, findings);
    if findings[before..].iter().any(Diagnostic::is_error) {
        return None;
    }
    match ahp(&matrix, method, Consistency::Within(accept)) {
        Ok(made) => {
            let ratio = made.ratio.map_or_else(String::new, |ratio| format!(", consistency ratio {ratio:.3}"));
            let told = format!("weight by pairwise judgements{ratio}");
            Some(group(names.into_iter().zip(made.weights), &meaning, &told, field.at))
        }
        Err(Fault::Inconsistent { ratio, limit }) => {
            let message =
                format!("the judgements contradict each other: their consistency ratio is {ratio:.3}, above {limit}");
            let help = "look again at the pairs that do not follow from one another, or accept it with `accept`";
            findings.push(given.wrong_value(message).help(help));
            None
        }
        Err(fault) => {
            findings.push(given.wrong_value(format!("no weights come of the judgements: {fault}")));
            None
        }
    }
}

/// Reads `{ equal: [a, b, c], meaning }`: criteria that count alike.
pub fn equal(field: &Field<'_>, findings: &mut Findings) -> Option<Parameter> {
    let fields = Fields::open(field, &format!("the parameter `{}`", field.key), &EQUAL, findings)?;
    let meaning = fields.get("meaning").and_then(|f| f.text(findings)).unwrap_or_default();
    let given = fields.need("equal", findings)?;
    let before = findings.len();
    let names: Vec<(String, Span)> =
        given.list(findings)?.iter().filter_map(|item| Some((item.identifier(findings)?, item.place()))).collect();
    repeated("the criterion", names.iter().map(|(name, span)| (name.as_str(), *span)), findings);
    if names.is_empty() {
        findings.push(given.wrong_value("`equal` must name at least one criterion"));
    }
    if findings[before..].iter().any(Diagnostic::is_error) {
        return None;
    }
    let weights = weights::equal(names.len());
    Some(group(names.into_iter().map(|(name, _)| name).zip(weights), &meaning, "one of equal weights", field.at))
}

/// Weights as parameters.
fn group(weights: impl Iterator<Item = (String, f64)>, meaning: &str, told: &str, span: Span) -> Parameter {
    let meaning = if meaning.is_empty() { told.to_owned() } else { format!("{meaning}: {told}") };
    let leaf = |(name, weight): (String, f64)| {
        let value = ParameterValue::Float(weight);
        (name, Parameter::Leaf(Leaf { value, unit: None, range: None, meaning: meaning.clone(), span }))
    };
    Parameter::Group { entries: weights.map(leaf).collect(), sum_to: None, span }
}

fn accepted(field: &Field<'_>, findings: &mut Findings) -> Option<f64> {
    let number = field.number().filter(|number| *number >= 0.0);
    if number.is_none() {
        findings.push(field.wrong("a number from 0 on"));
    }
    number
}

/// The judgements, and the criteria in the order in which they are named.
fn judgements(given: &Field<'_>, names: &mut IndexSet<String>, findings: &mut Findings) -> Option<Vec<Judgement>> {
    let mut judged = Vec::new();
    let mut number = |key: &str, span: Span, findings: &mut Findings| {
        if !is_identifier(key) {
            let message = format!("`{key}` is not a name that rules can write");
            findings.push(Diagnostic::error(ids::WRONG_VALUE, message).at(span));
        }
        names.insert_full(key.to_owned()).0
    };
    for row in given.entries(findings)? {
        let first = number(row.key, row.at, findings);
        for cell in row.entries(findings)? {
            let second = number(cell.key, cell.at, findings);
            if first == second {
                findings.push(cell.wrong_value(format!("`{}` is compared with itself", cell.key)));
            } else {
                // What is no ratio is told by itself; the pair is judged all the same.
                let ratio = ratio(&cell, findings).unwrap_or(1.0);
                judged.push(Judgement { pair: (first, second), ratio, span: cell.at });
            }
        }
    }
    Some(judged)
}

/// A number above 0, or one over another as `1/3`.
fn ratio(cell: &Field<'_>, findings: &mut Findings) -> Option<f64> {
    let text = match &cell.value.kind {
        Kind::Int(_) | Kind::Float(_) => None,
        _ => cell.value.scalar_text(),
    };
    let parts = text.and_then(|text| text.split_once('/'));
    let of = |part: &str| part.trim().parse::<f64>().ok();
    let made = match parts {
        Some((over, under)) => of(over).zip(of(under)).map(|(over, under)| over / under),
        None => cell.number(),
    };
    let made = made.filter(|ratio| ratio.is_finite() && *ratio > 0.0);
    if made.is_none() {
        findings.push(cell.wrong("how many times as important it is: a number above 0, or as 1/3"));
    }
    made
}

/// The matrix of all pairs; a pair that is judged twice or not at all is told.
fn matrix(given: &Field<'_>, names: &IndexSet<String>, judged: &[Judgement], findings: &mut Findings) -> Vec<Vec<f64>> {
    let count = names.len();
    let mut matrix = vec![vec![1.0; count]; count];
    let mut seen: IndexMap<(usize, usize), Span> = IndexMap::new();
    let name = |at: usize| names.get_index(at).map_or("", String::as_str);
    for Judgement { pair: (a, b), ratio, span } in judged {
        let (low, high) = (*a.min(b), *a.max(b));
        if let Some(first) = seen.insert((low, high), *span) {
            let message = format!("`{}` and `{}` are compared twice", name(low), name(high));
            findings.push(Diagnostic::error(ids::DUPLICATE_NAME, message).at(*span).label(first, "first here"));
        }
        matrix[*a][*b] = *ratio;
        matrix[*b][*a] = 1.0 / ratio;
    }
    let pairs = (0..count).flat_map(|a| (a + 1..count).map(move |b| (a, b)));
    let missing: Vec<String> =
        pairs.filter(|pair| !seen.contains_key(pair)).map(|(a, b)| format!("{} and {}", name(a), name(b))).collect();
    if !missing.is_empty() {
        let some = missing.iter().take(5).cloned().collect::<Vec<_>>().join("; ");
        let more = if missing.len() > 5 { format!("; and {} further pairs", missing.len() - 5) } else { String::new() };
        let message = format!("pairs are not judged: {some}{more}");
        findings.push(given.wrong_value(message).help("each two criteria are compared once, in either order"));
    }
    matrix
}
