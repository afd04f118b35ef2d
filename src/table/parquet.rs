//! Parquet files, checked against what their manifest declares.
//!
//! In: one Parquet file, a [`Plan`]. Out: [`FileRows`]; a row's line is its number, from 1. Must not know: paths on
//! disk, other files of the table, keys. Start at [`read`]; [`super::arrow_value`] reads single values.
//!
//! Row groups are read in parallel. A column that already is what the manifest declares passes without copying.

use super::arrow_value::Values;
use super::batch::{Batch, ColumnBuilder, Plan, Reject, cut, is_missing, lacking};
use super::csv::{FileRows, layout, undeclared};
use super::ffi;
use super::header;
use super::rows::numbers;
use super::value::{Cell, CellParser, Memo, Noted};
use crate::diag::{Diagnostic, ids};
use crate::dtype::DataType;
use arrow_array::{Array, ArrayRef, RecordBatch, cast::AsArray, types::Float64Type};
use arrow_schema::{DataType as Arrow, TimeUnit};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::basic::Type as Physical;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::ChunkReader;
use polars::prelude::{BooleanChunked, NewChunkedArray, Series};
use rayon::prelude::*;

/// Rows read at a stretch.
const BATCH: usize = 1 << 16;

/// The rows of one Parquet file, held in memory. `shown` is its path for messages.
pub fn read<R: ChunkReader + Clone + 'static>(bytes: &R, plan: &Plan, shown: &str) -> FileRows {
    // The library checks most of what it reads; on some damage it panics all the same.
    let reading = std::panic::AssertUnwindSafe(|| read_whole(bytes, plan, shown));
    std::panic::catch_unwind(reading).unwrap_or_else(|_| FileRows {
        findings: vec![not_parquet(shown, &"the reader gave up on damaged data")],
        ..FileRows::default()
    })
}

fn read_whole<R: ChunkReader + Clone + 'static>(bytes: &R, plan: &Plan, shown: &str) -> FileRows {
    let size = bytes.len();
    let mut rows = FileRows::default();
    let metadata = match ArrowReaderMetadata::load(bytes, ArrowReaderOptions::new()) {
        Ok(metadata) => metadata,
        Err(error) => {
            rows.findings.push(not_parquet(shown, &error));
            return rows;
        }
    };
    if let Err(error) = check_places(&metadata, size) {
        rows.findings.push(not_parquet(shown, &error));
        return rows;
    }
    let source = match Source::new(bytes, metadata, plan, shown, &mut rows) {
        Some(source) if rows.findings.is_empty() => source,
        _ => return rows,
    };
    let groups: Vec<_> = source.groups().into_par_iter().map(|(group, first)| source.group(group, first)).collect();
    for group in groups {
        match group {
            Ok(batches) => rows.batches.extend(batches),
            Err(error) => rows.findings.push(not_parquet(shown, &error)),
        }
    }
    rows
}

/// Whether all pages lie within the file: the library takes that for granted.
fn check_places(metadata: &ArrowReaderMetadata, size: u64) -> Result<(), &'static str> {
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    for group in metadata.metadata().row_groups() {
        if group.num_rows() < 0 {
            return Err("a row group has fewer than no rows");
        }
        for column in group.columns() {
            let start = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
            let length = column.compressed_size();
            let lies_within = start >= 0
                && column.data_page_offset() >= 0
                && length >= 0
                && start.checked_add(length).is_some_and(|end| end <= size);
            if !lies_within {
                return Err("a column lies outside of the file");
            }
        }
    }
    Ok(())
}

fn not_parquet(shown: &str, error: &dyn std::fmt::Display) -> Diagnostic {
    Diagnostic::error(ids::FILE_FORMAT, format!("`{shown}` is not a whole Parquet file"))
        .located(shown)
        .note(error.to_string())
        .help("write the file again, or say `format: csv` if it is one")
}

/// One file, ready to be read.
struct Source<'s, R> {
    bytes: &'s R,
    metadata: ArrowReaderMetadata,
    mask: ProjectionMask,
    /// Whether a zone-less timestamp of a declared column is an instant all the same (INT96).
    instants: Vec<bool>,
    /// The name of each declared column in the file; `None` where the file lacks it.
    found_as: Vec<Option<String>>,
    plan: &'s Plan<'s>,
}

impl<'s, R: ChunkReader + Clone + 'static> Source<'s, R> {
    /// `None` if the file's columns are not those declared; `rows` says why.
    fn new(
        bytes: &'s R,
        metadata: ArrowReaderMetadata,
        plan: &'s Plan<'s>,
        shown: &'s str,
        rows: &mut FileRows,
    ) -> Option<Source<'s, R>> {
        let schema = metadata.schema().clone();
        let names: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
        let (roots, findings) = layout(&names, plan.table, shown, shown);
        rows.undeclared = undeclared(&names, plan.table);
        rows.absent = header::lacking(&names, plan.table);
        rows.findings.extend(findings);
        let roots = roots?;
        let found_as = roots.iter().map(|root| names.get(*root).map(|name| (*name).to_owned())).collect();
        for (column, root) in plan.table.columns.values().zip(&roots).filter(|(_, root)| **root != header::ABSENT) {
            let found = schema.field(*root).data_type();
            if !Values::reads(found, column.dtype) {
                let message = format!("`{}` of `{shown}` is {found}, not {}", column.from, column.dtype);
                let finding = Diagnostic::error(ids::TYPE_MISMATCH, message).at_with(column.span, "declared here");
                rows.findings
                    .push(finding.help("declare the type that the file has, or write the file with this type"));
            }
        }
        let parquet = metadata.parquet_schema();
        let leaf = |root: usize| (0..parquet.num_columns()).find(|leaf| parquet.get_column_root_idx(*leaf) == root);
        let int96 = |leaf: usize| parquet.column(leaf).physical_type() == Physical::INT96;
        let instants = roots.iter().map(|root| leaf(*root).is_some_and(int96)).collect();
        let mask = ProjectionMask::roots(parquet, roots.into_iter().filter(|root| *root != header::ABSENT));
        Some(Source { bytes, mask, instants, found_as, plan, metadata })
    }

    /// Each row group with the number of its first row, from 1.
    fn groups(&self) -> Vec<(usize, u64)> {
        let mut next = 1;
        let first = |(i, group): (usize, &RowGroupMetaData)| {
            let first = next;
            next += group.num_rows().unsigned_abs();
            (i, first)
        };
        self.metadata.metadata().row_groups().iter().enumerate().map(first).collect()
    }

    fn group(&self, group: usize, first: u64) -> Result<Vec<Batch>, String> {
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(self.bytes.clone(), self.metadata.clone())
            .with_row_groups(vec![group])
            .with_projection(self.mask.clone())
            .with_batch_size(BATCH)
            .build()
            .map_err(|e| e.to_string())?;
        let mut next = first;
        let mut batches = Vec::new();
        for record in reader {
            let record = record.map_err(|e| e.to_string())?;
            batches.push(self.batch(&record, next)?);
            next += record.num_rows() as u64;
        }
        Ok(batches)
    }

    fn batch(&self, record: &RecordBatch, first: u64) -> Result<Batch, String> {
        let mut columns = Vec::new();
        // The first fault of a row in column order is its reason.
        let mut faults: Vec<Option<Reject>> = Vec::new();
        for (k, parser) in self.plan.parsers.iter().enumerate() {
            let Some(from) = &self.found_as[k] else {
                columns.push((ColumnBuilder::missing(parser.column(), record.num_rows()), Vec::new()));
                continue;
            };
            let array =
                record.column_by_name(from).ok_or_else(|| format!("no column {from} where its schema has one"))?;
            columns.push(match self.as_it_stands(array, parser, k)? {
                Some(series) => (series, Vec::new()),
                None => self.column(array, k, first, &mut faults)?,
            });
        }
        let line = |row: usize| u32::try_from(first + row as u64).unwrap_or(u32::MAX);
        let kept: Vec<bool> = (0..record.num_rows()).map(|row| !matches!(faults.get(row), Some(Some(_)))).collect();
        let lines = (0..record.num_rows()).filter(|row| kept[*row]).map(line).collect();
        let rejects: Vec<Reject> = faults.into_iter().flatten().collect();
        let (columns, notes) = match rejects.is_empty() {
            true => columns.into_iter().unzip(),
            false => without(columns, &kept)?,
        };
        Ok(Batch { columns, lines, notes, rejects })
    }

    /// The column over the file's own buffers, if nothing in it needs a look; `None` if something does.
    fn as_it_stands(&self, array: &ArrayRef, parser: &CellParser, k: usize) -> Result<Option<Series>, String> {
        let column = parser.column();
        if self.plan.needed[k].is_some() && array.null_count() > 0 {
            return Ok(None);
        }
        let same = match (column.dtype, array.data_type()) {
            (DataType::Int, Arrow::Int64) | (DataType::Bool, Arrow::Boolean) | (DataType::Date, Arrow::Date32) => true,
            (DataType::DateTime, Arrow::Timestamp(TimeUnit::Microsecond, zone)) => zone.is_some() || self.instants[k],
            (DataType::Float, Arrow::Float64) => {
                array.as_primitive::<Float64Type>().values().iter().all(|f| f.is_finite())
            }
            _ => false,
        };
        if !same {
            return Ok(None);
        }
        let series = ffi::from_arrow(&column.name, array).map_err(|e| e.to_string())?;
        match column.dtype {
            DataType::DateTime => {
                let micros = series.to_physical_repr().into_owned();
                let dtype = polars::prelude::DataType::Datetime(polars::prelude::TimeUnit::Microseconds, None);
                micros.cast(&dtype).map(Some).map_err(|e| e.to_string())
            }
            _ => Ok(Some(series)),
        }
    }

    /// The column value by value.
    fn column(
        &self,
        array: &ArrayRef,
        k: usize,
        first: u64,
        faults: &mut Vec<Option<Reject>>,
    ) -> Result<(Series, Vec<(u32, Noted)>), String> {
        let parser = &self.plan.parsers[k];
        let column = parser.column();
        let values = Values::new(array.as_ref(), column.dtype, self.plan.zone, self.instants[k])
            .ok_or_else(|| format!("{} where its schema says otherwise", array.data_type()))?;
        let mut builder = ColumnBuilder::new(&column.name, column.dtype, array.len());
        let mut notes = Vec::new();
        let mut memo = Memo::default();
        for row in 0..array.len() {
            let text = values.text(row);
            let mended = text.filter(|_| !values.is_null(row)).map(|text| parser.mend(text));
            let read = match &mended {
                _ if values.is_null(row) => Ok((Cell::Missing, None)),
                Some((text, _)) => parser.parse(text, &mut memo),
                None => values.cell(row),
            };
            let fault = match (read, self.plan.needed[k]) {
                (Err(message), _) => (ids::VALUE_WRONG, message),
                (Ok((cell, noted)), Some(id)) if is_missing(cell, noted) => (id, lacking(id).to_owned()),
                (Ok((cell, noted)), _) => {
                    builder.push(cell, text.and_then(|text| parser.text(cell, text)).as_deref());
                    let mended = mended.map(|(_, done)| done).filter(|done| !done.is_none()).map(Noted::Mended);
                    notes.extend(noted.into_iter().chain(mended).map(|noted| (row as u32, noted)));
                    continue;
                }
            };
            builder.push(Cell::Missing, None);
            faults.resize(array.len(), None);
            if faults[row].is_none() {
                let line = u32::try_from(first + row as u64).unwrap_or(u32::MAX);
                let text = cut(&values.shown(row));
                faults[row] = Some(Reject { line, column: column.name.clone(), text, id: fault.0, message: fault.1 });
            }
        }
        Ok((builder.finish(), notes))
    }
}

type Columns = (Vec<Series>, Vec<Vec<(u32, Noted)>>);

/// The columns and notes of the rows that are kept.
fn without(columns: Vec<(Series, Vec<(u32, Noted)>)>, kept: &[bool]) -> Result<Columns, String> {
    let mask = BooleanChunked::from_slice("kept".into(), kept);
    let renumbered = numbers(kept);
    let mut filtered = (Vec::new(), Vec::new());
    for (series, notes) in columns {
        filtered.0.push(series.filter(&mask).map_err(|e| e.to_string())?);
        let notes = notes.into_iter().filter(|(row, _)| kept[*row as usize]);
        filtered.1.push(notes.map(|(row, noted)| (renumbered[row as usize], noted)).collect());
    }
    Ok(filtered)
}
