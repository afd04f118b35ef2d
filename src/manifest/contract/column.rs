//! The keys of a column beside its type.
//!
//! In: the fields of a column, what was read of it. Out: a [`ColumnContract`] and diagnostics. Must not know: other
//! columns, data. Start at [`read`].

use super::read::{About, bounds, expression, range, rule, value};
use super::{Case, ColumnContract, Drop, Mending, Pattern, Rule, Scalar, Severity, money, network, written};
use crate::diag::{Diagnostic, ids};
use crate::dtype::DataType;
use crate::manifest::field::{Field, Fields, Findings};
use crate::manifest::model::Column;
use crate::manifest::shape::column::DROP;
use std::collections::HashSet;

/// What says where the values of a column come from, and has no meaning for one that is computed.
const OF_SOURCE: [&str; 15] = [
    "from",
    "format",
    "formats",
    "values",
    "missing",
    "empty",
    "trim",
    "case",
    "width",
    "unicode",
    "decimal",
    "thousands",
    "negative",
    "marks",
    "drop",
];

/// Reads the contract of `column`, whose type is known if `typed`.
pub fn read(fields: &Fields<'_>, column: &Column, typed: bool, findings: &mut Findings) -> ColumnContract {
    let dtype = column.dtype;
    let texts = |field: &Field<'_>, findings: &mut Findings| {
        if typed && dtype != DataType::Text {
            findings.push(field.wrong_value(format!("{} is for columns of type text", field.title)));
        }
        typed && dtype == DataType::Text
    };
    let values = |key: &str| fields.get(key).filter(|_| typed);
    let rows = (About::Rows, Severity::Quarantine);
    let sensitive = fields.get("sensitive").and_then(|f| f.bool(findings));
    let mut contract = ColumnContract {
        mending: mending(fields, &texts, findings),
        written: written::read(fields, dtype, typed, findings),
        drops: fields.get("drop").map(|f| drops(&f, findings)).unwrap_or_default(),
        also: also(fields, findings),
        may_be_absent: absent(fields, column, findings),
        allowed: values("allowed")
            .and_then(|f| rule(&f, rows.0, rows.1, findings, |f, found| allowed(f, dtype, found))),
        range: values("range").and_then(|f| rule(&f, rows.0, rows.1, findings, |f, found| range(f, dtype, found))),
        unique: fields.get("unique").and_then(|f| unique(&f, findings)),
        compute: fields.get("compute").and_then(|f| expression(&f, findings)),
        measured: fields.get("graph").filter(|_| typed).and_then(|f| network::measured(&f, column, findings)),
        sensitive: sensitive == Some(true),
        open: sensitive == Some(false),
        ..ColumnContract::default()
    };
    if let Some(field) = fields.get("pattern").filter(|f| texts(f, findings)) {
        contract.pattern = rule(&field, rows.0, rows.1, findings, pattern);
    }
    if let Some(field) = fields.get("length").filter(|f| texts(f, findings)) {
        contract.length = rule(&field, rows.0, rows.1, findings, bounds);
    }
    contract.currency = money::currency(fields, column, typed, findings);
    contract.convert = money::convert(fields, column, typed, findings);
    if !contract.is_of_source() {
        for field in OF_SOURCE.iter().chain(&["absent"]).filter_map(|key| fields.get(key)) {
            let message = format!("{} is about what a file holds, this column is computed", field.title);
            findings.push(Diagnostic::error(ids::NAME_CLASH, message).at(field.at).help("leave it out"));
        }
    }
    never_found(fields, column, contract.mending, findings);
    contract
}

fn mending(fields: &Fields<'_>, texts: &dyn Fn(&Field<'_>, &mut Findings) -> bool, findings: &mut Findings) -> Mending {
    let case = fields.get("case").filter(|f| texts(f, findings));
    Mending {
        trim: fields.get("trim").and_then(|f| f.bool(findings)).unwrap_or(false),
        case: case.and_then(|f| f.choice(&[("lower", Case::Lower), ("upper", Case::Upper)], findings)),
        composed: fields.get("unicode").and_then(|f| f.choice(&[("nfc", true)], findings)).unwrap_or(false),
        half_width: fields.get("width").and_then(|f| f.choice(&[("half", true)], findings)).unwrap_or(false),
    }
}

/// The further names of `from: [Amount, amount_usd]`.
fn also(fields: &Fields<'_>, findings: &mut Findings) -> Vec<String> {
    let Some(field) = fields.get("from") else { return Vec::new() };
    if field.one_or_more().is_empty() {
        findings.push(field.wrong_value("`from` names no column of the source"));
    }
    let mut names = field.texts_once(findings);
    names.split_off(names.len().min(1))
}

fn absent(fields: &Fields<'_>, column: &Column, findings: &mut Findings) -> bool {
    let Some(field) = fields.get("absent") else { return false };
    let absent = field.choice(&[("missing", true), ("fail", false)], findings).unwrap_or(false);
    let clash = match (column.required, column.empty_is_text) {
        (true, _) => "every row of a file without a required column would be turned away: take out `required: true`",
        (_, true) => "with `empty: text` a row without the column would look like one that holds an empty text",
        _ => return absent,
    };
    if absent {
        findings.push(field.wrong_value("`absent: missing` does not fit this column").help(clash));
    }
    absent
}

fn allowed(field: &Field<'_>, dtype: DataType, findings: &mut Findings) -> Option<Vec<Scalar>> {
    if matches!(dtype, DataType::Float | DataType::DateTime) {
        let wrong = field.wrong_value(format!("`allowed` does not fit the type {dtype}"));
        findings.push(wrong.help("say `range`, or declare `decimal(p,s)` or `date`"));
        return None;
    }
    let items = field.one_or_more();
    if items.is_empty() {
        findings.push(field.wrong_value("`allowed` lists no value"));
        return None;
    }
    let mut values: Vec<Scalar> = Vec::new();
    let mut known = HashSet::new();
    for item in &items {
        let Some(one) = value(item, dtype, findings) else { continue };
        if !known.insert(format!("{one:?}")) {
            findings.push(item.finding(ids::DUPLICATE_NAME, "the value stands twice in `allowed`"));
        } else {
            values.push(one);
        }
    }
    Some(values)
}

/// Texts, and patterns as `{ pattern: … }`.
fn drops(field: &Field<'_>, findings: &mut Findings) -> Vec<Drop> {
    let items = field.one_or_more();
    if items.is_empty() {
        findings.push(field.wrong_value("`drop` lists no text"));
    }
    let one = |item: &Field<'_>, findings: &mut Findings| {
        if item.as_map().is_none() {
            return item.text(findings).map(Drop::Text);
        }
        let fields = Fields::open(item, "an item of `drop`", &DROP, findings)?;
        pattern(&fields.need("pattern", findings)?, findings).map(Drop::Pattern)
    };
    items.iter().filter_map(|item| one(item, findings)).collect()
}

fn pattern(field: &Field<'_>, findings: &mut Findings) -> Option<Pattern> {
    let text = field.text(findings)?;
    match regex::RegexBuilder::new(&format!("^(?:{text})$")).size_limit(1 << 20).build() {
        Ok(regex) => Some(Pattern { text, regex }),
        Err(error) => {
            let shown = error.to_string();
            let why = shown.lines().last().unwrap_or_default().trim().trim_start_matches("error: ").to_owned();
            let wrong = field.wrong_value(format!("`{text}` is no regular expression: {why}"));
            findings.push(wrong.help("the whole text must match; write `\\.` for a point, quote the pattern with '…'"));
            None
        }
    }
}

fn unique(field: &Field<'_>, findings: &mut Findings) -> Option<Rule<()>> {
    let unique = rule(field, About::Rows, Severity::Fail, findings, |f, found| f.bool(found))?;
    unique.is.then_some(Rule { is: (), severity: unique.severity, span: unique.span })
}

/// Texts that are compared with a mended text, and are not written as one.
fn never_found(fields: &Fields<'_>, column: &Column, mending: Mending, findings: &mut Findings) {
    let cased = Mending { case: None, ..mending };
    let missing = fields.get("missing").map(|f| f.one_or_more()).unwrap_or_default();
    let missing = missing.iter().filter_map(|item| Some((item.value.scalar_text()?, item.place(), cased)));
    let values = fields.get("values").and_then(|f| f.entries(&mut Vec::new())).unwrap_or_default();
    let values = values.iter().map(|entry| (entry.key, entry.at, mending));
    for (text, place, mending) in missing.chain(values) {
        if text.is_empty() && !column.empty_is_text && column.values.contains_key("") {
            let message = format!("an empty text of `{}` is missing, and is not corrected", column.name);
            let found = Diagnostic::error(ids::WRONG_VALUE, message).at(place);
            findings
                .push(found.help(
                    "say in rules what holds where it is missing, as `c.x ?? \"unknown\"`, or say `empty: text`",
                ));
            continue;
        }
        let mended = mending.apply(text).0;
        if mended != text {
            let message = format!("`{text}` is never found in `{}`, whose texts are mended first", column.name);
            findings.push(Diagnostic::error(ids::WRONG_VALUE, message).at(place).help(format!("write `{mended}`")));
        }
    }
}
