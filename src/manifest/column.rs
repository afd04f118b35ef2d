//! The columns of a manifest.
//!
//! In: the tree under `columns:`. Out: [`Column`] values by name and diagnostics. Must not know: keys, references, data.
//! Start at [`read`].

use super::contract::{column as contract, money};
use super::field::{Field, Fields, Findings, name_fault};
use super::model::{Column, SERIAL};
use super::project::data_type;
use super::shape::column::COLUMN;
use crate::calendar;
use crate::diag::{Diagnostic, ids};
use crate::dtype::DataType;
use indexmap::IndexMap;
use jiff::fmt::strtime;

/// The columns of a table, and the names of those whose type is wrong and stands as text.
#[derive(Default)]
pub struct Columns {
    /// By name, in order.
    pub columns: IndexMap<String, Column>,
    /// Those whose type is not known.
    pub untyped: Vec<String>,
}

/// Reads the columns of a table.
pub fn read(field: &Field<'_>, findings: &mut Findings) -> Columns {
    let mut found = Columns::default();
    let Some(entries) = field.entries(findings) else { return found };
    if entries.is_empty() {
        findings.push(field.wrong_value("a table needs at least one column"));
    }
    for entry in &entries {
        if let Some(fault) = name_fault(entry.key) {
            findings.push(Diagnostic::error(ids::WRONG_VALUE, format!("a column's name {fault}")).at(entry.at));
            continue;
        }
        let (column, typed) = column(entry, findings);
        if !typed {
            found.untyped.push(column.name.clone());
        }
        let rate_date = money::rate_date(&column);
        found.columns.insert(column.name.clone(), column);
        if let Some(column) = rate_date {
            if entries.iter().any(|entry| entry.key == column.name) {
                let message = format!("`{}` is where the days of the rates of `{}` go", column.name, entry.key);
                findings.push(Diagnostic::error(ids::NAME_CLASH, message).at(entry.at).help("rename that column"));
            }
            found.columns.insert(column.name.clone(), column);
        }
    }
    found
}

/// One column, and whether its type is known.
fn column(field: &Field<'_>, findings: &mut Findings) -> (Column, bool) {
    let mut column = Column::new(field.key, DataType::Text, field.at);
    if field.value.scalar_text().is_some() {
        let dtype = data_type(field, findings);
        column.dtype = dtype.unwrap_or(DataType::Text);
        return (column, dtype.is_some());
    }
    let what = format!("the column `{}`", field.key);
    let Some(fields) = Fields::open(field, &what, &COLUMN, findings) else { return (column, false) };
    let dtype = fields.need("type", findings).and_then(|f| data_type(&f, findings));
    column.dtype = dtype.unwrap_or(DataType::Text);
    // Further names, `from: [Amount, amount_usd]`, are of the contract, which also reports what is no text.
    if let Some(from) = fields.get("from").and_then(|f| f.one_or_more().first()?.text(&mut Vec::new())) {
        column.from = from;
    }
    column.required = fields.get("required").and_then(|f| f.bool(findings)).unwrap_or(false);
    column.unit = fields.get("unit").and_then(|f| f.name(findings));
    column.description = fields.get("description").and_then(|f| f.text(findings)).unwrap_or_default();
    column.formats = formats(&fields, dtype, findings);
    column.missing = fields.get("missing").map(|f| f.texts_once(findings)).unwrap_or_default();
    column.values = fields.get("values").map(|f| values(&f, &column.missing, findings)).unwrap_or_default();
    if let Some(empty) = fields.get("empty")
        && empty.choice(&[("text", ()), ("missing", ())], findings).is_some()
    {
        column.empty_is_text = empty.value.scalar_text() == Some("text");
        if column.empty_is_text && dtype.is_some_and(|d| d != DataType::Text) {
            findings.push(empty.wrong_value("`empty: text` is for columns of type text"));
        }
    }
    if let Some(minor) = fields.get("minor_units") {
        column.minor_units = minor.bool(findings).unwrap_or(false);
        if column.minor_units && dtype.is_some_and(|d| !matches!(d, DataType::Decimal { .. })) {
            findings.push(minor.wrong_value("`minor_units: true` is for columns of type decimal(p,s)"));
        }
    }
    column.contract = contract::read(&fields, &column, dtype.is_some(), findings);
    column.unit = money::unit(&column.contract).or(column.unit);
    (column, dtype.is_some())
}

fn formats(fields: &Fields<'_>, dtype: Option<DataType>, findings: &mut Findings) -> Vec<String> {
    let (one, many) = (fields.get("format"), fields.get("formats"));
    if let (Some(one), Some(many)) = (&one, &many) {
        findings.push(
            Diagnostic::error(ids::NAME_CLASH, "`format` and `formats` say the same thing")
                .at(many.at)
                .label(one.at, "also here"),
        );
    }
    let Some(field) = many.or(one) else { return Vec::new() };
    if dtype.is_some_and(|d| !matches!(d, DataType::Date | DataType::DateTime)) {
        findings.push(field.wrong_value(format!("{} is for columns of type date or datetime", field.title)));
        return Vec::new();
    }
    let mut formats = Vec::new();
    for item in field.one_or_more() {
        let Some(text) = item.text(findings) else { continue };
        match format_fault(&text, dtype) {
            _ if text == SERIAL => formats.push(text),
            None => formats.push(text),
            Some(fault) => findings.push(
                item.wrong_value(format!("`{text}` is no format of a {}: {fault}", dtype.map_or("date", type_word)))
                    .help("%Y year, %m month, %d day, %b month's name, %H:%M:%S time; as %d/%m/%Y; `serial` is the number that workbooks give a day"),
            ),
        }
    }
    findings.extend(contradiction(&formats).map(|(first, second, text)| {
        let message = format!("`{first}` and `{second}` read `{text}` as unlike days");
        let found = Diagnostic::warning(ids::AMBIGUOUS_DATE, message).at(field.at);
        found.help("name the format that the source has; texts of the other one go to quarantine and are counted")
    }));
    formats
}

/// Two formats and a text that both take, and as unlike days.
fn contradiction(formats: &[String]) -> Option<(&str, &str, String)> {
    // Day, month and the year's digits are unlike, and each may be taken for another.
    let sample = jiff::civil::date(2003, 1, 2).at(4, 5, 6, 0).in_tz("UTC").ok()?;
    let day = |format: &str, text: &str| match format {
        SERIAL => calendar::serial(text).map(|number| (number - calendar::SERIAL_OF_1970).floor() as i32),
        format => strtime::parse(format, text).ok()?.to_date().ok().map(calendar::day_number),
    };
    let written = |format: &str| match format {
        SERIAL => Some("37623".to_owned()),
        format => strtime::format(format, &sample).ok(),
    };
    formats.iter().enumerate().find_map(|(k, second)| {
        formats[..k].iter().find_map(|first| {
            let text = written(second)?;
            let clash = day(first, &text)? != day(second, &text)?;
            clash.then_some((first.as_str(), second.as_str(), text))
        })
    })
}

fn type_word(dtype: DataType) -> &'static str {
    if dtype == DataType::DateTime { "datetime" } else { "date" }
}

/// What is wrong with a format: a directive that does not exist, or a sample day that does not come back.
fn format_fault(format: &str, dtype: Option<DataType>) -> Option<String> {
    let sample = jiff::civil::date(2017, 11, 23).at(14, 35, 9, 0);
    let zoned = sample.in_tz("UTC").ok()?;
    let parsed = match strtime::format(format, &zoned).and_then(|written| strtime::parse(format, written)) {
        Ok(parsed) => parsed,
        Err(error) => {
            let text = error.to_string();
            return Some(text.rsplit("failed: ").next().unwrap_or(&text).to_owned());
        }
    };
    let date = parsed.to_date().is_ok_and(|date| date == sample.date());
    let time = parsed.to_datetime().is_ok_and(|read| read.hour() == 14) || parsed.to_timestamp().is_ok();
    match dtype {
        _ if !date => Some("it does not hold year, month and day".to_owned()),
        Some(DataType::DateTime) if !time => Some("it does not hold the hour".to_owned()),
        _ => None,
    }
}

fn values(field: &Field<'_>, missing: &[String], findings: &mut Findings) -> IndexMap<String, String> {
    let mut values = IndexMap::new();
    for entry in field.entries(findings).unwrap_or_default() {
        let Some(text) = entry.value.scalar_text() else {
            let wrong = entry.wrong("the text that is meant");
            findings.push(wrong.help(format!("to take `{}` as missing, list it under `missing`", entry.key)));
            continue;
        };
        if missing.iter().any(|token| token == entry.key) {
            let message = format!("`{}` is corrected and missing at once", entry.key);
            findings.push(Diagnostic::error(ids::NAME_CLASH, message).at(entry.at));
        } else if text == entry.key {
            findings.push(entry.wrong_value(format!("`{text}` is corrected to itself")));
        } else {
            values.insert(entry.key.to_owned(), text.to_owned());
        }
    }
    values
}
