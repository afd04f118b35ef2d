//! The report as a workbook: overview, decisions, changes, undetermined customers, quality, plans.
//!
//! In: the decisions, the report's data. Out: the bytes of an XLSX file, the same each time. Must not know: files. Texts are written as texts: a cell
//! that begins with `=` is no formula.

use super::Report;
use super::decisions::Decisions;
use crate::error::Error;
use crate::language::Language;
use crate::rules::format;
use jiff::civil::Date;
use polars::prelude::{AnyValue, Series};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};
use serde_json::Value;

/// Decisions that a workbook holds at most: programs that open it take no more with pleasure.
const ROWS: usize = 250_000;

/// Characters that a cell holds at most.
const CHARACTERS: usize = 32_000;

/// Names of sheets, which are written in the report's language.
struct Words {
    overview: &'static str,
    decisions: &'static str,
    changes: &'static str,
    undetermined: &'static str,
    quality: &'static str,
    left_out: &'static str,
}

impl Words {
    fn of(language: Language) -> Words {
        match language {
            Language::English => Words {
                overview: "Overview",
                decisions: "Decisions",
                changes: "Changes",
                undetermined: "Undetermined",
                quality: "Quality",
                left_out: "the first customers by key; all are in the files of the run and in --csv",
            },
            Language::Chinese => Words {
                overview: "概览",
                decisions: "分级结果",
                changes: "变动",
                undetermined: "未判定",
                quality: "数据质量",
                left_out: "仅含按主键排序的前若干客户；全部客户见运行文件与 --csv",
            },
        }
    }
}

/// The workbook of a run.
///
/// # Errors
/// [`Error::Io`], [`Error::Format`]: a file of the run is gone or broken.
pub fn workbook(decisions: &Decisions<'_>, report: &Report, language: Language) -> Result<Vec<u8>, Error> {
    let words = Words::of(language);
    let mut made = Workbook::new();
    let document = &report.document;
    // The day of the data, so that the same run gives the same bytes.
    let as_of = document["run"]["as_of"].as_str().and_then(|text| text.parse::<Date>().ok());
    if let Some(day) = as_of.and_then(|day| excel_day(day).ok()) {
        made.set_properties(&DocProperties::new().set_creation_datetime(&day));
    }
    let heads = Format::new().set_bold();
    let mut filled = || -> Result<Vec<u8>, Stop> {
        overview(
            sheet(&mut made, words.overview)?,
            document,
            &heads,
            (decisions.len() > ROWS).then_some(words.left_out),
        )?;
        self::decisions(sheet(&mut made, words.decisions)?, decisions, &heads)?;
        let changes: Vec<(Value, &Value)> = ["up", "down", "slipping", "new", "gone"]
            .iter()
            .flat_map(|word| rows(&document["changes"][*word]).map(|row| (Value::from(*word), row)))
            .collect();
        let columns = ["move", "key", "from", "to", "before", "value", "measure", "reason", "short"];
        let cells = changes.iter().map(|(word, row)| {
            columns.iter().map(|name| if *name == "move" { word.clone() } else { row[*name].clone() }).collect()
        });
        grid(sheet(&mut made, words.changes)?, 0, &columns, cells, &heads)?;
        objects(
            sheet(&mut made, words.undetermined)?,
            &["key", "step", "place", "cause"],
            &document["undetermined"]["rows"],
            &heads,
        )?;
        let columns = ["table", "column", "measure", "detail", "count", "value"];
        objects(sheet(&mut made, words.quality)?, &columns, &document["quality"]["columns"], &heads)?;
        for (name, table) in document["files"].as_object().into_iter().flatten() {
            let columns: Vec<&str> = rows(&table["columns"]).filter_map(|column| column["name"].as_str()).collect();
            let cells = rows(&table["rows"]).map(|row| rows(row).cloned().collect());
            grid(sheet(&mut made, name.trim_end_matches(".parquet"))?, 0, &columns, cells, &heads)?;
        }
        Ok(made.save_to_buffer()?)
    };
    filled().map_err(|stop| match stop {
        Stop::Error(error) => error,
        Stop::Sheet(error) => Error::Defect(format!("workbook: {error}")),
    })
}

enum Stop {
    Error(Error),
    Sheet(XlsxError),
}

impl From<XlsxError> for Stop {
    fn from(error: XlsxError) -> Stop {
        Stop::Sheet(error)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::Error(error)
    }
}

/// A sheet behind the others.
fn sheet<'m>(made: &'m mut Workbook, name: &str) -> Result<&'m mut Worksheet, XlsxError> {
    made.add_worksheet().set_name(sheet_name(name))
}

/// A name that a sheet may have: at most 31 characters, without those that programs refuse.
fn sheet_name(name: &str) -> String {
    let kept: String = name.chars().map(|c| if "[]:*?/\\".contains(c) { ' ' } else { c }).take(31).collect();
    kept.trim_matches('\'').to_owned()
}

fn rows(value: &Value) -> std::slice::Iter<'_, Value> {
    value.as_array().map_or([].iter(), |rows| rows.iter())
}

/// Run, counts, tiers.
fn overview(sheet: &mut Worksheet, document: &Value, heads: &Format, note: Option<&str>) -> Result<(), XlsxError> {
    let mut at = 0;
    for part in ["project", "run", "counts"] {
        for (name, value) in document[part].as_object().into_iter().flatten().filter(|(_, value)| !value.is_object()) {
            sheet.write_string_with_format(at, 0, format!("{part} {name}"), heads)?;
            put(sheet, at, 1, value)?;
            at += 1;
        }
    }
    if let Some(note) = note {
        sheet.write_string(at, 1, format!("{ROWS}: {note}"))?;
        at += 1;
    }
    let columns = ["name", "customers", "value_sum", "value_mean", "measure_sum"];
    let cells = rows(&document["tiers"]).map(|row| columns.iter().map(|name| row[*name].clone()).collect());
    grid(sheet, at + 1, &columns, cells, heads)?;
    sheet.set_column_width(0, 24)?;
    Ok(())
}

fn objects(sheet: &mut Worksheet, columns: &[&str], of: &Value, heads: &Format) -> Result<(), XlsxError> {
    grid(sheet, 0, columns, rows(of).map(|row| columns.iter().map(|name| row[*name].clone()).collect()), heads)
}

/// A head and rows below it, with a filter.
fn grid(
    sheet: &mut Worksheet,
    from: u32,
    columns: &[&str],
    cells: impl Iterator<Item = Vec<Value>>,
    heads: &Format,
) -> Result<(), XlsxError> {
    for (name, column) in columns.iter().zip(0..) {
        sheet.write_string_with_format(from, column, *name, heads)?;
    }
    let mut at = from;
    for row in cells {
        at += 1;
        for (value, column) in row.iter().zip(0..) {
            put(sheet, at, column, value)?;
        }
    }
    finish(sheet, from, at, columns.len())
}

fn finish(sheet: &mut Worksheet, from: u32, to: u32, columns: usize) -> Result<(), XlsxError> {
    if from == 0 && columns > 0 {
        sheet.set_freeze_panes(1, 1)?;
        sheet.autofilter(from, 0, to, u16::try_from(columns - 1).unwrap_or(u16::MAX))?;
    }
    Ok(())
}

fn put(sheet: &mut Worksheet, row: u32, column: u16, value: &Value) -> Result<(), XlsxError> {
    match value {
        Value::Null => {}
        Value::Bool(b) => {
            sheet.write_boolean(row, column, *b)?;
        }
        Value::Number(n) => {
            sheet.write_number(row, column, n.as_f64().unwrap_or(f64::NAN))?;
        }
        Value::String(text) => {
            sheet.write_string(row, column, cut(text))?;
        }
        other => {
            sheet.write_string(row, column, cut(&other.to_string()))?;
        }
    }
    Ok(())
}

fn cut(text: &str) -> String {
    text.chars().take(CHARACTERS).collect()
}

/// The decisions in key order, with real dates.
fn decisions(sheet: &mut Worksheet, decisions: &Decisions<'_>, heads: &Format) -> Result<(), Stop> {
    let rows = decisions.len().min(ROWS);
    let day = Format::new().set_num_format("yyyy-mm-dd");
    for (column, at) in decisions.columns.iter().zip(0..) {
        sheet.write_string_with_format(0, at, &column.name, heads)?;
        let series: Series = decisions.column(&column.from)?;
        for (value, row) in series.iter().take(rows).zip(1..) {
            match value {
                AnyValue::Null => {}
                AnyValue::Date(days) => match format::date(days).parse::<Date>().ok().map(excel_day) {
                    Some(Ok(date)) => {
                        sheet.write_datetime_with_format(row, at, &date, &day)?;
                    }
                    // Days before 1900 are no dates there.
                    _ => put(sheet, row, at, &format::date(days).into())?,
                },
                value => put(sheet, row, at, &super::decisions::value_of(&value))?,
            }
        }
    }
    finish(sheet, 0, u32::try_from(rows).unwrap_or(u32::MAX), decisions.columns.len())?;
    Ok(())
}

fn excel_day(day: Date) -> Result<ExcelDateTime, XlsxError> {
    let part = |n: i8| u8::try_from(n).unwrap_or(1);
    ExcelDateTime::from_ymd(u16::try_from(day.year()).unwrap_or(0), part(day.month()), part(day.day()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheets_name_is_one_that_programs_take() {
        assert_eq!(sheet_name("summaries/by_region: a [very] long name of a sheet"), "summaries by_region  a  very  l");
        assert_eq!(sheet_name("'客户'"), "客户");
    }
}
