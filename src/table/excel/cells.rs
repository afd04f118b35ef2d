//! The cells of a workbook's sheets, whatever program wrote it.
//!
//! In: the bytes of a workbook. Out: names of sheets, and the cells of one in its order. Must not know: tables. Start at
//! [`Workbook::open`].
//!
//! Sheets of xlsx and xlsb are read cell by cell: a lone cell at the far end of a sheet costs nothing. The others are held
//! whole, which their formats bound.

use super::parts::CHARACTERS;
use super::value::Value;
use calamine::{
    CellErrorType, Data, DataRef, Ods, Range, Reader, Sheet, SheetType, SheetVisible, Xls, Xlsb, Xlsx, XlsxError,
    XlsxFormulaMetadata as Formula,
};
use std::collections::HashMap;
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
pub type Visit<'v> = dyn FnMut(u32, u32, Value) -> Result<(), String> + 'v;

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
                let mut formulas = Formulas::default();
                while let Some(cell) = reader.next_cell_with_formula_metadata().map_err(|e| e.to_string())? {
                    let (row, column) = cell.pos;
                    let formula = cell.formula.map(|formula| formulas.text(cell.pos, formula));
                    let value = match (cell.value, formula) {
                        (DataRef::Empty, Some(formula)) => Value::Unsaved(formula),
                        (value, _) => Value::from(value),
                    };
                    visit(row, column, checked(row, column, value)?)?;
                }
                Ok(())
            }
            // Of the binary forms every formula has a value.
            Workbook::Xlsb(workbook) => {
                let mut reader = workbook.worksheet_cells_reader(sheet).map_err(|e| e.to_string())?;
                while let Some(cell) = reader.next_cell().map_err(|e| e.to_string())? {
                    let (row, column) = cell.get_position();
                    visit(row, column, checked(row, column, Value::from(cell.get_value().clone()))?)?;
                }
                Ok(())
            }
            Workbook::Xls(workbook) => {
                let range = workbook.worksheet_range(sheet).map_err(|e| e.to_string())?;
                all(&range, &Range::empty(), visit, |_| None)
            }
            Workbook::Ods(workbook) => {
                let range = workbook.worksheet_range(sheet).map_err(|e| e.to_string())?;
                let formulas = workbook.worksheet_formula(sheet).map_err(|e| e.to_string())?;
                all(&range, &formulas, visit, named_error)
            }
        }
    }
}

/// The value, unless it is a text that no cell of Excel holds.
fn checked(row: u32, column: u32, value: Value) -> Result<Value, String> {
    match &value {
        Value::Text(text) if text.len() > CHARACTERS && text.encode_utf16().count() > CHARACTERS => Err(format!(
            "the cell {}{} has more than 32,767 characters, which Excel does not hold",
            letters(column),
            row.saturating_add(1)
        )),
        _ => Ok(value),
    }
}

/// Formulas that cells share, by their number: where the first stands, and its text.
#[derive(Default)]
struct Formulas(HashMap<usize, ((u32, u32), String)>);

impl Formulas {
    /// A formula as messages show it.
    fn text(&mut self, at: (u32, u32), formula: Formula) -> String {
        match formula {
            Formula::Normal { formula } => format!("={formula}"),
            Formula::Shared { shared_index, formula, .. } => {
                let text = format!("={formula}");
                self.0.insert(shared_index, (at, formula));
                text
            }
            Formula::SharedDerived { shared_index } => match self.0.get(&shared_index) {
                Some(((row, column), formula)) => format!("={formula} as in {}{}", letters(*column), row + 1),
                None => "=".to_owned(),
            },
            _ => "=".to_owned(),
        }
    }
}

/// Gives all cells that have a value, or a formula without one.
fn all(
    range: &Range<Data>,
    formulas: &Range<String>,
    visit: &mut Visit,
    error: impl Fn(&str) -> Option<CellErrorType>,
) -> Result<(), String> {
    let corners = [range.start(), range.end(), formulas.start(), formulas.end()].into_iter().flatten();
    let (rows, columns): (Vec<u32>, Vec<u32>) = corners.unzip();
    let span = |of: Vec<u32>| Some((of.iter().copied().min()?, of.iter().copied().max()?));
    let (Some(rows), Some(columns)) = (span(rows), span(columns)) else { return Ok(()) };
    for row in rows.0..=rows.1 {
        for column in columns.0..=columns.1 {
            let value = match range.get_value((row, column)).unwrap_or(&Data::Empty) {
                Data::Empty => match formulas.get_value((row, column)) {
                    Some(formula) if !formula.is_empty() => Value::Unsaved(formula.clone()),
                    _ => continue,
                },
                Data::Int(v) => Value::from(DataRef::Int(*v)),
                Data::Float(v) => Value::from(DataRef::Float(*v)),
                Data::String(v) => Value::from(error(v).map_or(DataRef::SharedString(v), DataRef::Error)),
                Data::Bool(v) => Value::from(DataRef::Bool(*v)),
                Data::DateTime(v) => Value::from(DataRef::DateTime(*v)),
                Data::DateTimeIso(v) => Value::from(DataRef::DateTimeIso(v.clone())),
                Data::DurationIso(v) => Value::from(DataRef::DurationIso(v.clone())),
                Data::Error(e) => Value::from(DataRef::Error(e.clone())),
            };
            visit(row, column, value)?;
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
