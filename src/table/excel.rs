//! Sheets of workbooks: xlsx, xlsm, xlsb, xls, ods.
//!
//! In: the bytes of one workbook, a [`Plan`]. Out: batches in the sheet's order, and [`Whole`]; a row's line is its row in
//! the sheet, from 1. Must not know: paths on disk, keys of tables. Start at [`read`]; [`cells`] gives the cells of a
//! sheet, [`value`] reads one.
//!
//! Formulas have the value that the program which wrote the workbook has computed; one without goes to quarantine. Of merged cells the first has the
//! value, the others are empty. Rows without any value are no rows. Hidden rows and columns are read.

use super::batch::{Batch, BatchBuilder, Plan, cut};
use super::field::FieldRow;
use super::layout::{fields, undeclared};
use super::whole::Whole;
use crate::diag::{Diagnostic, ids};
use crate::manifest::model::{CellRange, Column, Excel, HeaderRow, Sheet};
use crate::system::quiet;
use cells::{Workbook, header_text};
use std::collections::BTreeSet;

mod cells;
mod parts;
mod value;

/// Rows of a batch.
const BATCH: usize = 1 << 14;

/// Reads the rows of one sheet; `rows` gets them in batches. `shown` is the file's path for messages.
pub fn read(bytes: &[u8], excel: &Excel, plan: &Plan, shown: &str, rows: &mut dyn FnMut(Batch)) -> Whole {
    // The library checks most of what it reads; on some damage it panics all the same.
    let reading = std::panic::AssertUnwindSafe(|| read_whole(bytes, excel, plan, shown, rows));
    quiet::catch(reading).unwrap_or_else(|_| Whole::failed(no_workbook(shown, "the reader gave up on damaged data")))
}

fn no_workbook(shown: &str, why: &str) -> Diagnostic {
    Diagnostic::error(ids::FILE_FORMAT, format!("`{shown}` is not a whole workbook"))
        .located(shown)
        .note(why)
        .help("save the workbook again, without a password; xlsx, xlsm, xlsb, xls and ods are read")
}

fn too_large(shown: &str, why: &str) -> Diagnostic {
    Diagnostic::error(ids::FILE_FORMAT, format!("`{shown}` is larger than a workbook may be: {why}"))
        .located(shown)
        .help("save the rows as CSV or Parquet if they are meant; no program for workbooks writes such a file")
}

fn read_whole(bytes: &[u8], excel: &Excel, plan: &Plan, shown: &str, rows: &mut dyn FnMut(Batch)) -> Whole {
    if bytes.starts_with(b"PK")
        && let Some(why) = parts::beyond_reason(bytes)
    {
        return Whole::failed(too_large(shown, &why));
    }
    if bytes.starts_with(b"PK")
        && let Some(why) = parts::damaged(bytes)
    {
        return Whole::failed(no_workbook(shown, &why));
    }
    let mut workbook = match Workbook::open(bytes) {
        Ok(workbook) => workbook,
        Err(why) => return Whole::failed(no_workbook(shown, &why)),
    };
    let sheet = match choose(&workbook.sheets(), excel.sheet.as_ref(), shown) {
        Ok(sheet) => sheet,
        Err(finding) => return Whole::failed(finding.at(plan.table.source.span)),
    };
    let place = format!("{shown} ({sheet})");
    let mut table = SheetRows::new(excel, plan, shown, &place, rows);
    let read = workbook.cells(&sheet, &mut |row, column, value| table.cell(row, column, value));
    if let Err(why) = read {
        table.whole.findings.push(no_workbook(shown, &why));
    }
    table.finish()
}

/// The name of the sheet that is asked for.
fn choose(sheets: &[(String, bool)], wanted: Option<&Sheet>, shown: &str) -> Result<String, Diagnostic> {
    let names = || sheets.iter().map(|(name, _)| format!("`{}`", cut(name))).collect::<Vec<_>>().join(", ");
    let finding = |message: String| Diagnostic::error(ids::WRONG_VALUE, message);
    match wanted {
        Some(Sheet::Name(wanted)) => match sheets.iter().find(|(name, _)| name == wanted) {
            Some((name, _)) => Ok(name.clone()),
            None => {
                let found = finding(format!("no sheet `{wanted}` in `{shown}`"));
                let found = found.did_you_mean(wanted, sheets.iter().map(|(name, _)| name.as_str()));
                Err(if found.help.is_empty() { found.help(format!("its sheets are {}", names())) } else { found })
            }
        },
        Some(Sheet::Number(number)) => {
            let sheet = usize::try_from(*number).ok().and_then(|number| sheets.get(number.checked_sub(1)?));
            let absent = || finding(format!("no sheet {number} in `{shown}`, which has {}", sheets.len()));
            sheet.map(|(name, _)| name.clone()).ok_or_else(|| absent().help(format!("its sheets are {}", names())))
        }
        None => {
            let visible: Vec<&String> = sheets.iter().filter(|(_, visible)| *visible).map(|(name, _)| name).collect();
            match visible[..] {
                [only] => Ok(only.clone()),
                _ => {
                    let found = finding(format!("`{shown}` has {} visible sheets", visible.len()));
                    Err(found.help(format!("say which: `sheet: …`; its sheets are {}", names())))
                }
            }
        }
    }
}

/// Where the columns of the sheet are.
struct Layout {
    /// For each declared column, its column in the sheet.
    columns: Vec<u32>,
    /// Columns of the sheet that the header names.
    named: Vec<u32>,
}

/// The rows of a sheet as its cells come in.
struct SheetRows<'s, 'p> {
    excel: &'s Excel,
    plan: &'s Plan<'p>,
    shown: &'s str,
    place: &'s str,
    rows: &'s mut dyn FnMut(Batch),
    batch: BatchBuilder<'s, 'p>,
    layout: Option<Layout>,
    /// The row whose cells come in, and these, in the order of their columns.
    row: u32,
    cells: Vec<(u32, value::Value)>,
    fields: FieldRow,
    /// Columns without a name that have values.
    nameless: BTreeSet<u32>,
    whole: Whole,
}

impl<'s, 'p> SheetRows<'s, 'p> {
    fn new(
        excel: &'s Excel,
        plan: &'s Plan<'p>,
        shown: &'s str,
        place: &'s str,
        rows: &'s mut dyn FnMut(Batch),
    ) -> SheetRows<'s, 'p> {
        let first = excel.range.map_or(0, |range| range.columns.0);
        let width = u32::try_from(plan.table.columns.len()).unwrap_or(u32::MAX);
        let columns: Vec<u32> = (first..first.saturating_add(width)).collect();
        let layout = (excel.header == HeaderRow::None).then(|| Layout { named: columns.clone(), columns });
        SheetRows {
            excel,
            plan,
            shown,
            place,
            rows,
            batch: BatchBuilder::new(plan, 0),
            layout,
            row: 0,
            cells: Vec::new(),
            fields: FieldRow::default(),
            nameless: BTreeSet::new(),
            whole: Whole::default(),
        }
    }

    /// Takes the next cell.
    fn cell(&mut self, row: u32, column: u32, value: value::Value) -> Result<(), String> {
        if row != self.row {
            if row < self.row {
                return Err(format!("row {} of the sheet stands behind row {}", row + 1, self.row + 1));
            }
            self.end_of_row();
            self.row = row;
        }
        let inside = |range: &CellRange| {
            let row_is = |last: Option<u32>| row >= range.rows.0 && last.is_none_or(|last| row <= last);
            (range.columns.0..=range.columns.1).contains(&column) && (self.is_header(row) || row_is(range.rows.1))
        };
        if value != value::Value::Empty && self.excel.range.as_ref().is_none_or(inside) {
            self.cells.push((column, value));
        }
        Ok(())
    }

    /// Whether this row is the one that is said to name the columns; it may stand above the range.
    fn is_header(&self, row: u32) -> bool {
        self.excel.header == HeaderRow::Row(row)
    }

    fn end_of_row(&mut self) {
        let cells = std::mem::take(&mut self.cells);
        if self.whole.findings.is_empty() && !cells.is_empty() {
            match (self.layout.take(), self.excel.header) {
                (Some(layout), _) => {
                    self.data(&layout, &cells);
                    self.layout = Some(layout);
                }
                (None, HeaderRow::Row(header)) if self.row < header => {}
                (None, HeaderRow::Row(header)) if self.row > header => {
                    let message = format!("row {} of {} is empty: it should name the columns", header + 1, self.place);
                    let finding = Diagnostic::error(ids::FILE_FORMAT, message).located(self.shown);
                    self.whole.findings.push(finding.help("mend `header_row` in the manifest"));
                }
                (None, _) => self.layout = self.header(&cells),
            }
        }
        self.cells = cells;
        self.cells.clear();
    }

    fn header(&mut self, cells: &[(u32, value::Value)]) -> Option<Layout> {
        let texts: Vec<(u32, String)> =
            cells.iter().map(|(column, value)| (*column, header_text(value))).filter(|(_, t)| !t.is_empty()).collect();
        let names: Vec<&str> = texts.iter().map(|(_, text)| text.as_str()).collect();
        let table = self.plan.table;
        let (fields, findings) = fields(&names, table, self.place, &format!("{}:{}", self.shown, self.row + 1));
        self.whole.undeclared = undeclared(&names, table);
        self.whole.findings.extend(findings);
        let columns = fields?.into_iter().filter_map(|field| texts.get(field).map(|(column, _)| *column)).collect();
        Some(Layout { columns, named: texts.iter().map(|(column, _)| *column).collect() })
    }

    fn data(&mut self, layout: &Layout, cells: &[(u32, value::Value)]) {
        let is_value = |(column, value): &(u32, value::Value)| {
            !matches!(value, value::Value::Unsaved(_)) || layout.columns.contains(column)
        };
        if !cells.iter().any(is_value) {
            return;
        }
        self.fields.clear();
        let columns: Vec<&Column> = self.plan.table.columns.values().collect();
        for (column, at) in columns.iter().zip(&layout.columns) {
            match cells.iter().find(|(column, _)| column == at) {
                Some((_, value)) => value.field(column, self.plan.zone, &mut self.fields),
                None => self.fields.missing(),
            }
        }
        let nameless = cells.iter().map(|(column, _)| *column).filter(|column| !layout.named.contains(column));
        self.nameless.extend(nameless);
        let fields = &self.fields;
        self.batch.row(self.row.saturating_add(1), |k| fields.field(k));
        if self.batch.len() >= BATCH {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let batch = std::mem::replace(&mut self.batch, BatchBuilder::new(self.plan, BATCH));
        (self.rows)(batch.finish());
    }

    fn finish(mut self) -> Whole {
        self.end_of_row();
        if self.layout.is_none() && self.whole.findings.is_empty() {
            let message = format!("{} is empty: not even a header", self.place);
            let finding = Diagnostic::error(ids::FILE_FORMAT, message).located(self.shown);
            self.whole.findings.push(finding.help("see what `sheet`, `range` and `header_row` of the manifest name"));
        }
        if self.batch.len() > 0 {
            self.flush();
        }
        let nameless = self.nameless.iter().map(|column| format!("column {}", cells::letters(*column)));
        self.whole.undeclared.extend(nameless);
        self.whole
    }
}
