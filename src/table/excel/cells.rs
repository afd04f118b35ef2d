//! The cells of a workbook's sheets, whatever program wrote it.
//!
//! In: the bytes of a workbook. Out: names of sheets, and the cells of one in its order. Must not know: tables. Start at
//! [`Workbook::open`].
//!
//! Sheets of xlsx and xlsb are read cell by cell: a lone cell at the far end of a sheet costs nothing. The others are held
//! whole, which their formats bound.

use super::value::Value;
use calamine::{
    CellErrorType, Data, DataRef, Ods, Range, Reader, Sheet, SheetType, SheetVisible, Xls, Xlsb, Xlsx, XlsxError,
};
use std::io::Cursor;

/// A workbook that was opened.
pub enum Workbook<'b> {
    /// Excel since 2007.
    Xlsx(Xlsx<Cursor<&'b [u8]>>),
    /// The same in its binary form.
    Xlsb(Xlsb<Cursor<&'b [u8]>>),
    /// Excel before 2007.
    Xls(Xls<Cursor<&'b [u8]>>),
    /// OpenDocument.
    Ods(Ods<Cursor<&'b [u8]>>),
}

/// Takes row, column (both from 0) and value of a cell.
pub type Visit<'v> = dyn FnMut(u32, u32, DataRef<'_>) -> Result<(), String> + 'v;

impl<'b> Workbook<'b> {
    /// Opens a workbook by what it holds, not by its name.
    ///
    /// # Errors
    /// Why it is none.
    pub fn open(bytes: &'b [u8]) -> Result<Workbook<'b>, String> {
        let cursor = || Cursor::new(bytes);
        if bytes.starts_with(b"\xd0\xcf\x11\xe0") {
            // An encrypted xlsx comes in the container of an xls.
            if matches!(Xlsx::new(cursor()), Err(XlsxError::Password)) {
                return Err("it is protected by a password".to_owned());
            }
            return Xls::new(cursor()).map(Workbook::Xls).map_err(|e| e.to_string());
        }
        if !bytes.starts_with(b"PK") {
            return Err("it begins as no workbook does".to_owned());
        }
        let first = match Xlsx::new(cursor()) {
            Ok(workbook) => return Ok(Workbook::Xlsx(workbook)),
            Err(error) => error.to_string(),
        };
        if let Ok(workbook) = Xlsb::new(cursor()) {
            return Ok(Workbook::Xlsb(workbook));
        }
        Ods::new(cursor()).map(Workbook::Ods).map_err(|_| first)
    }

    /// The sheets that hold cells, in order, and whether each is to be seen.
    pub fn sheets(&self) -> Vec<(String, bool)> {
        let sheets: &[Sheet] = match self {
            Workbook::Xlsx(workbook) => workbook.sheets_metadata(),
            Workbook::Xlsb(workbook) => workbook.sheets_metadata(),
            Workbook::Xls(workbook) => workbook.sheets_metadata(),
            Workbook::Ods(workbook) => workbook.sheets_metadata(),
        };
        let cells = sheets.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
        cells.map(|sheet| (sheet.name.clone(), sheet.visible == SheetVisible::Visible)).collect()
    }

    /// Gives the cells of a sheet, row by row.
    ///
    /// # Errors
    /// What is wrong with the sheet, or what `visit` says.
    pub fn cells(&mut self, sheet: &str, visit: &mut Visit) -> Result<(), String> {
        match self {
            Workbook::Xlsx(workbook) => {
                let mut reader = workbook.worksheet_cells_reader(sheet).map_err(|e| e.to_string())?;
                while let Some(cell) = reader.next_cell().map_err(|e| e.to_string())? {
                    let (row, column) = cell.get_position();
                    visit(row, column, cell.get_value().clone())?;
                }
                Ok(())
            }
            Workbook::Xlsb(workbook) => {
                let mut reader = workbook.worksheet_cells_reader(sheet).map_err(|e| e.to_string())?;
                while let Some(cell) = reader.next_cell().map_err(|e| e.to_string())? {
                    let (row, column) = cell.get_position();
                    visit(row, column, cell.get_value().clone())?;
                }
                Ok(())
            }
            Workbook::Xls(workbook) => {
                all(&workbook.worksheet_range(sheet).map_err(|e| e.to_string())?, visit, |_| None)
            }
            Workbook::Ods(workbook) => {
                all(&workbook.worksheet_range(sheet).map_err(|e| e.to_string())?, visit, named_error)
            }
        }
    }
}

fn all(range: &Range<Data>, visit: &mut Visit, error: impl Fn(&str) -> Option<CellErrorType>) -> Result<(), String> {
    let Some((first_row, first_column)) = range.start() else { return Ok(()) };
    for (row, cells) in range.rows().enumerate() {
        for (column, cell) in cells.iter().enumerate() {
            let value = match cell {
                Data::Empty => continue,
                Data::Int(v) => DataRef::Int(*v),
                Data::Float(v) => DataRef::Float(*v),
                Data::String(v) => error(v).map_or(DataRef::SharedString(v), DataRef::Error),
                Data::Bool(v) => DataRef::Bool(*v),
                Data::DateTime(v) => DataRef::DateTime(*v),
                Data::DateTimeIso(v) => DataRef::DateTimeIso(v.clone()),
                Data::DurationIso(v) => DataRef::DurationIso(v.clone()),
                Data::Error(e) => DataRef::Error(e.clone()),
            };
            let from = |first: u32, at: usize| first.saturating_add(u32::try_from(at).unwrap_or(u32::MAX));
            visit(from(first_row, row), from(first_column, column), value)?;
        }
    }
    Ok(())
}

/// OpenDocument writes an error as a text.
fn named_error(text: &str) -> Option<CellErrorType> {
    let errors = [
        CellErrorType::Div0,
        CellErrorType::NA,
        CellErrorType::Name,
        CellErrorType::Null,
        CellErrorType::Num,
        CellErrorType::Ref,
        CellErrorType::Value,
    ];
    errors.into_iter().find(|error| error.to_string() == text)
}

/// The text of a cell that names a column.
pub fn header_text(value: &Value) -> String {
    value.shown().trim().to_owned()
}

/// A column as a sheet names it: `A`, `AB`.
pub fn letters(column: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = column.saturating_add(1);
    while rest > 0 {
        letters.push(char::from(b'A' + u8::try_from((rest - 1) % 26).unwrap_or(0)));
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::letters;

    #[test]
    fn columns_have_letters() {
        let of = [0, 25, 26, 51, 701, 702, 16383].map(letters);
        assert_eq!(of, ["A", "Z", "AA", "AZ", "ZZ", "AAA", "XFD"]);
    }
}
