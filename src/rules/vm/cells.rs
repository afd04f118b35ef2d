//! Operations that read tables: cells, references, parameter tables, standings.
//!
//! In: an instruction. Out: its register. Must not know: domains.

use super::frame::Frame;
use super::kernels::bits::BitColumn;
use super::kernels::{gather, text};
use super::parameters::Cells;
use super::shapes::arg;
use super::value::{Bits, Src};
use crate::rules::cause::CauseKind;
use crate::rules::codegen::{Compute, Place};
use crate::rules::data::ColumnData;
use crate::rules::site::Failure;
use crate::rules::types::{ColumnId, TableId};
use polars_arrow::array::Array;
use polars_arrow::bitmap::Bitmap;

/// Which cells of a column hold one.
fn validity(column: &ColumnData) -> Option<&Bitmap> {
    match column {
        ColumnData::Text(a) => a.validity(),
        ColumnData::Int(a) | ColumnData::DateTime(a) => a.validity(),
        ColumnData::Float(a) => a.validity(),
        ColumnData::Bool(a) => a.validity(),
        ColumnData::Date(a) => a.validity(),
        ColumnData::Decimal { values, .. } | ColumnData::MinorUnits(values) => values.validity(),
    }
}

impl Frame<'_> {
    /// Whether the rows are the chunk's own customers, one after the other.
    fn is_own(&self, c: &Compute) -> bool {
        arg(c, 0).place == Place::Customer
    }

    /// Cells of a column.
    pub(super) fn column(&mut self, c: &Compute, table: TableId, column: ColumnId) {
        let bound = self.bound;
        let own = self.is_own(c);
        let row = arg(c, 0);
        match bound.column(table, column) {
            Some(ColumnData::Int(a) | ColumnData::DateTime(a)) => {
                self.fill(c, |f, out, _| gather::at(Src::Each(a.values()), f.get(row, out.len()), out));
            }
            Some(ColumnData::Float(a)) => {
                self.fill(c, |f, out, _| gather::at(Src::Each(a.values()), f.get(row, out.len()), out));
            }
            Some(ColumnData::Date(a)) => {
                self.fill(c, |f, out, _| gather::at(Src::Each(a.values()), f.get(row, out.len()), out));
            }
            Some(ColumnData::Bool(a)) => {
                let cells = BitColumn::new(Some(a.values()), a.len());
                self.bit_column(c, cells, own);
            }
            Some(ColumnData::Text(_)) => {
                let Some((views, base)) = bound.views(table, column) else { return self.note_defect() };
                self.fill(c, |f, out, _| match own {
                    true => text::load(views.get(f.start..f.start + out.len()).unwrap_or_default(), base, out),
                    false => gather::views(views, base, f.get(row, out.len()), out),
                });
            }
            Some(ColumnData::Decimal { values, scale }) => self.fill(c, |f, out, _| match own {
                true => gather::load_decimals(values.values().get(f.start..).unwrap_or_default(), *scale, out),
                false => gather::decimals(values.values(), *scale, f.get(row, out.len()), out),
            }),
            Some(ColumnData::MinorUnits(values)) => self.fill(c, |f, out, fails| {
                gather::minor_units(values.values(), f.get(row, out.len()), out, fails);
            }),
            None => self.note_defect(),
        }
    }

    fn bit_column(&mut self, c: &Compute, cells: BitColumn<'_>, own: bool) {
        self.fill_bits(c, |f, out, rows, _| match own {
            true => cells.load(f.start, out, rows),
            false => gather::column_bits(cells, f.get(arg(c, 0), rows), out, rows),
        });
    }

    /// Whether cells are there.
    pub(super) fn column_there(&mut self, c: &Compute, table: TableId, column: ColumnId) {
        let bound = self.bound;
        let Some(of) = bound.column(table, column) else { return self.note_defect() };
        let own = self.is_own(c);
        self.bit_column(c, BitColumn::new(validity(of), of.len()), own);
    }

    /// Rows that references lead to.
    pub(super) fn reference(&mut self, c: &Compute, table: TableId, reference: u32) {
        let bound = self.bound;
        let Some(targets) = bound.table(table).references.get(reference as usize) else { return self.note_defect() };
        self.fill(c, |f, out, _| gather::references(targets, f.get(arg(c, 0), out.len()), out));
    }

    /// Rows of a parameter table by key.
    pub(super) fn table_row(&mut self, c: &Compute, table: u32) {
        let bound = self.bound;
        let Some(keys) = bound.tables.keys(table) else { return self.note_defect() };
        self.fill(c, |f, out, _| keys.rows(&f.texts, f.get(arg(c, 0), out.len()), out));
    }

    /// Cells of a parameter table.
    pub(super) fn table_cell(&mut self, c: &Compute, table: u32, column: u32) {
        let bound = self.bound;
        let row = arg(c, 0);
        match bound.tables.cells(table, column) {
            Some(Cells::Int(v)) => self.fill(c, |f, out, _| gather::padded(v, f.get(row, out.len()), out)),
            Some(Cells::Float(v)) => self.fill(c, |f, out, _| gather::padded(v, f.get(row, out.len()), out)),
            Some(Cells::Date(v)) => self.fill(c, |f, out, _| gather::padded(v, f.get(row, out.len()), out)),
            Some(Cells::Text(v)) => self.fill(c, |f, out, _| gather::padded(v, f.get(row, out.len()), out)),
            Some(Cells::Bool(words)) => self.fill_bits(c, |f, out, rows, _| {
                gather::bits_at(Bits::Each(words), f.get(row, rows), out, rows);
            }),
            None => self.note_defect(),
        }
    }

    /// Who has a standing.
    pub(super) fn standing_there(&mut self, c: &Compute, population: u32) {
        let bound = self.bound;
        let Some(standings) = bound.standings.get(population as usize) else { return self.note_defect() };
        let there = BitColumn::of_bytes(standings.there(), bound.customers());
        self.fill_bits(c, |f, out, rows, _| there.load(f.start, out, rows));
    }

    /// Quantiles of the customers' groups.
    pub(super) fn quantile_of(&mut self, c: &Compute, population: u32) {
        let bound = self.bound;
        let Some(standings) = bound.standings.get(population as usize) else { return self.note_defect() };
        self.fill(c, |f, out: &mut [f64], fails| {
            let (q, rows) = (f.get::<f64>(arg(c, 0), out.len()), out.len());
            for (n, out) in out.iter_mut().enumerate() {
                // What lies outside 0 to 1 is refused before.
                let q = q.get(n);
                *out = if (0.0..=1.0).contains(&q) { standings.quantile((f.start + n) as u32, q) } else { 0.0 };
                if !out.is_finite() {
                    fails.set(n, rows, Failure::whole(CauseKind::NotFinite));
                }
            }
        });
    }
}
