//! The decisions as CSV, for spreadsheets.
//!
//! In: the decisions. Out: UTF-8 with a byte order mark, which makes spreadsheets read other than Latin letters right. Must not know: files.
//! A text that a spreadsheet would take for a formula has an apostrophe before it.

use super::decisions::{Decisions, text};
use crate::error::Error;
use csv::{Terminator, WriterBuilder};

/// The decisions, one line for each customer in key order, under the names of the files.
///
/// # Errors
/// [`Error::Io`], [`Error::Format`]: a file of the run is gone or broken.
pub fn csv(decisions: &Decisions<'_>) -> Result<Vec<u8>, Error> {
    let wrong = |e: csv::Error| Error::Defect(format!("decisions as CSV: {e}"));
    let mut out = vec![0xEF, 0xBB, 0xBF];
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(&mut out);
    let columns = decisions.columns.iter().map(|column| Ok((column, decisions.column(&column.from)?)));
    let columns = columns.collect::<Result<Vec<_>, Error>>()?;
    writer.write_record(columns.iter().map(|(column, _)| guarded(&column.name))).map_err(wrong)?;
    for row in 0..decisions.len() {
        let cell = |series: &polars::prelude::Series| match series.get(row) {
            Ok(value) if series.dtype().is_string() => guarded(&text(&value)),
            Ok(value) => text(&value),
            Err(_) => String::new(),
        };
        writer.write_record(columns.iter().map(|(_, series)| cell(series))).map_err(wrong)?;
    }
    writer.flush().map_err(Error::io("write to", "memory"))?;
    drop(writer);
    Ok(out)
}

/// A text that no spreadsheet takes for a formula: see OWASP, *CSV Injection*.
pub(super) fn guarded(text: &str) -> String {
    let starts = |c: char| matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠');
    if text.starts_with(starts) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_texts() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"] {
            assert_eq!(guarded(formula), format!("'{formula}"));
        }
        for text in ["", "客户", "a=1", " =1"] {
            assert_eq!(guarded(text), text);
        }
    }
}
