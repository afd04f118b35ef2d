//! Workbooks as sources: which sheet, which cells, which row names the columns.
//!
//! In: the tree under `source:`. Out: a [`Source`] and diagnostics. Must not know: columns, data. Start at [`read`].

use super::csv_keys;
use super::field::{Field, Fields, Findings};
use super::model::{CellRange, Excel, Format, HeaderRow, Sheet, Source};
use super::shape::source::EXCEL;
use super::source::{self, path};
use super::source_kind::paths;

use super::yaml::Kind;

/// Rows and columns of a sheet at most.
const ROWS: u32 = 1 << 20;
const COLUMNS: u32 = 1 << 14;

/// Reads a source that is a workbook.
pub fn read(field: &Field<'_>, findings: &mut Findings) -> Option<Source> {
    if field.value.scalar_text().is_some() {
        let paths = vec![path(field, findings)?];
        return Some(Source { paths, format: Format::Excel(Excel::default()), ..source::none(field.place()) });
    }
    let fields = Fields::open(field, "an Excel `source`", &EXCEL, findings)?;
    let found = paths(&fields, findings);
    let mut excel = Excel::default();
    if let Some(field) = fields.get("sheet") {
        excel.sheet = sheet(&field, findings);
    }
    if let Some(field) = fields.get("range") {
        excel.range = field.value.scalar_text().and_then(range);
        if excel.range.is_none() {
            findings.push(field.wrong("cells as `A3:F200`, `A3:F` or `A:F`"));
        }
    }
    if let Some(row) = fields.get("header_row")
        && let Some(number) = row.int(1..=i64::from(ROWS), findings)
    {
        let number = u32::try_from(number - 1).unwrap_or(0);
        excel.header = HeaderRow::Row(number);
        if excel.range.is_some_and(|range| range.rows.1.is_some_and(|last| number >= last)) {
            findings.push(row.wrong_value("`header_row` leaves no row of `range`"));
        }
    }
    if let Some(header) = fields.get("header")
        && header.bool(findings) == Some(false)
    {
        if excel.header != HeaderRow::First {
            findings.push(header.wrong_value("`header: false` and `header_row` contradict each other"));
        }
        excel.header = HeaderRow::None;
    }
    excel.numbers = csv_keys::numbers(&fields, findings);
    let (paths, span) = found?;
    Some(Source { paths, format: Format::Excel(excel), ..source::none(span) })
}

fn sheet(field: &Field<'_>, findings: &mut Findings) -> Option<Sheet> {
    match field.value.kind {
        Kind::Int(_) => {
            field.int(1..=100_000, findings).and_then(|number| u32::try_from(number).ok()).map(Sheet::Number)
        }
        _ => field.text(findings).map(Sheet::Name),
    }
}

/// `A3:F200`, `A3:F`, `A:F`.
fn range(text: &str) -> Option<CellRange> {
    let (from, to) = text.split_once(':')?;
    let ((first_column, first_row), (last_column, last_row)) = (cell(from)?, cell(to)?);
    let first_row = first_row.unwrap_or(0);
    let whole = first_column <= last_column && last_row.is_none_or(|last| first_row <= last);
    whole.then_some(CellRange { columns: (first_column, last_column), rows: (first_row, last_row) })
}

/// Column and row of `F200` or `$F$200`, from 0; no row of `F`.
fn cell(text: &str) -> Option<(u32, Option<u32>)> {
    let text = text.strip_prefix('$').unwrap_or(text);
    let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let digits = text[letters..].strip_prefix('$').unwrap_or(&text[letters..]);
    if !(1..=3).contains(&letters) || digits.starts_with(['+', '0']) {
        return None;
    }
    let number = |column: u32, letter: u8| column * 26 + u32::from(letter.to_ascii_uppercase() - b'A') + 1;
    let column = text.bytes().take(letters).fold(0, number) - 1;
    let row = match digits {
        "" => None,
        digits => Some(digits.parse::<u32>().ok()?.checked_sub(1)?),
    };
    (column < COLUMNS && row.is_none_or(|row| row < ROWS)).then_some((column, row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_cells_and_open_below() {
        let of = |text| range(text).map(|r| (r.columns, r.rows));
        assert_eq!(of("A3:F200"), Some(((0, 5), (2, Some(199)))));
        assert_eq!(of("$a$1:$xfd$1048576"), Some(((0, 16383), (0, Some(1_048_575)))));
        assert_eq!(of("B2:AA"), Some(((1, 26), (1, None))));
        assert_eq!(of("A:F"), Some(((0, 5), (0, None))));
        for bad in ["", "A1", "A1:", "F1:A2", "A9:B3", "A0:B1", "XFE1:XFE2", "A1:B1048577", "1:2", "A1:B2:C3", "A+1:B2"]
        {
            assert_eq!(of(bad), None, "{bad}");
        }
    }
}
