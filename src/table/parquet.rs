//! Parquet files, checked against what their manifest declares.
//!
//! In: one Parquet file, a [`Plan`]. Out: batches in source order, handed to a sink; a [`FileEnd`]. A row's line is its
//! number, from 1. Must not know: paths on disk, other files of the table, keys. Start at [`stream`];
//! [`super::arrow_value`] reads single values.
//!
//! Row groups are read in parallel, as many at a time as fit in memory; one that does not fit is read batch by batch. A
//! column that already is what the manifest declares passes without copying.

use super::arrow_value::Values;
use super::batch::{Batch, ColumnBuilder, Counts, Plan, Reject, Sink, cut, is_missing, lacking, read_field};
use super::csv::{FileEnd, Stopped};
use super::ffi;
use super::field::{self, FieldRow};
use super::header;
use super::layout::{Partitions, Place, layout, undeclared};
use super::rejected::Outcome;
use super::rows::numbers;
use super::source_file::SourceFile;
use super::value::{Cell, CellParser, Memo, Noted};
use super::windows::Sizes;
use crate::calendar::{DATA_DAYS, inner_data_instants};
use crate::diag::{Diagnostic, ids};
use crate::dtype::DataType;
use crate::manifest::model::Encoding;
use crate::system::quiet;
use arrow_array::types::{Date32Type, Float64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray, cast::AsArray};
use arrow_schema::{DataType as Arrow, Field, Schema, TimeUnit};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::basic::{Compression, Type as Physical};
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};
use polars::prelude::{BooleanChunked, NewChunkedArray, Series};
use rayon::prelude::*;
use std::collections::HashSet;
use std::sync::Arc;

/// Rows read at a stretch.
const BATCH: usize = 1 << 16;
/// Batches of one large row group that are made at a time.
const AT_A_TIME: usize = 8;
/// Bytes that a value takes at least once it is read.
const VALUE: u64 = 16;

/// Reads the rows of one Parquet file. `shown` is its path for messages.
///
/// # Errors
/// [`Stopped::Sink`]; what is wrong with the file is a finding.
pub fn stream(
    file: &SourceFile,
    partitions: &Partitions,
    plan: &Plan,
    shown: &str,
    sizes: Sizes,
    sink: &mut Sink,
) -> Result<FileEnd, Stopped> {
    let mut end = FileEnd::default();
    let source = match guarded(|| Source::new(file, partitions, plan, shown, &mut end)) {
        Ok(Some(source)) if end.findings.is_empty() => source,
        Ok(_) => return Ok(end),
        Err(error) => return Ok(FileEnd { findings: vec![not_parquet(shown, &error)], ..end }),
    };
    // What a few windows of a text take once they are read.
    let budget = 4 * sizes.window as u64;
    let groups = source.groups();
    let mut rest = &groups[..];
    while !rest.is_empty() {
        let mut bytes = 0_u64;
        let fits = |group: &&Group| {
            bytes = group.bytes.saturating_add(bytes);
            bytes <= budget
        };
        let (some, after) = rest.split_at(rest.iter().take_while(fits).count().max(1));
        rest = after;
        let read = match some {
            [large] if large.bytes > budget => source.large(large, sink)?,
            some => {
                let read: Vec<_> = some.par_iter().map(|group| guarded(|| source.group(group))).collect();
                let mut failed = Ok(());
                for group in read {
                    match group {
                        Ok(batches) => batches.into_iter().try_for_each(&mut *sink).map_err(Stopped::Sink)?,
                        Err(error) => failed = failed.and(Err(error)),
                    }
                }
                failed
            }
        };
        if let Err(error) = read {
            end.findings.push(not_parquet(shown, &error));
            break;
        }
    }
    Ok(end)
}

/// The library checks most of what it reads; on some damage it panics all the same.
fn guarded<T>(read: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    let read = std::panic::AssertUnwindSafe(read);
    quiet::catch(read).unwrap_or_else(|_| Err("the reader gave up on damaged data".to_owned()))
}

/// Whether all pages lie within the file, and its numbers of rows agree: the library takes that for granted.
fn check_places(metadata: &ArrowReaderMetadata, size: u64) -> Result<(), &'static str> {
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    let mut rows = 0i64;
    for group in metadata.metadata().row_groups() {
        if group.num_rows() < 0 {
            return Err("a row group has fewer than no rows");
        }
        rows = rows.saturating_add(group.num_rows());
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
    if rows != metadata.metadata().file_metadata().num_rows() {
        return Err("its row groups do not have as many rows as the file says");
    }
    Ok(())
}

/// What packs a declared column, if it cannot be unpacked here.
fn unread_codec(metadata: &ArrowReaderMetadata, mask: &ProjectionMask) -> Option<&'static str> {
    let groups = metadata.metadata().row_groups().iter();
    let columns = groups.flat_map(|group| group.columns().iter().enumerate());
    let codecs = columns.filter(|(leaf, _)| mask.leaf_included(*leaf)).map(|(_, column)| column.compression());
    let name = |codec: Compression| match codec {
        Compression::UNCOMPRESSED | Compression::SNAPPY | Compression::ZSTD(_) => None,
        Compression::GZIP(_) => Some("gzip"),
        Compression::BROTLI(_) => Some("brotli"),
        Compression::LZ4 | Compression::LZ4_RAW => Some("lz4"),
        Compression::LZO => Some("lzo"),
    };
    codecs.filter_map(name).next()
}

fn not_parquet(shown: &str, error: &dyn std::fmt::Display) -> Diagnostic {
    Diagnostic::error(ids::FILE_FORMAT, format!("`{shown}` is not a whole Parquet file"))
        .located(shown)
        .note(error.to_string())
        .help("write the file again, or say `format: csv` if it is one")
}

/// A row group.
struct Group {
    number: usize,
    /// Number of its first row, from 1.
    first: u64,
    rows: u64,
    /// What its declared columns take in memory, by what the file says of them.
    bytes: u64,
}

/// The columns that hold INT96.
fn int96_columns(metadata: &ArrowReaderMetadata) -> HashSet<usize> {
    let parquet = metadata.parquet_schema();
    let leaves = (0..parquet.num_columns()).filter(|leaf| parquet.column(*leaf).physical_type() == Physical::INT96);
    leaves.map(|leaf| parquet.get_column_root_idx(leaf)).collect()
}

/// The same file with INT96 in microseconds: in nanoseconds, 64 bits hold no year before 1677 or after 2262.
fn with_micros(metadata: ArrowReaderMetadata) -> Result<ArrowReaderMetadata, String> {
    let (schema, int96) = (metadata.schema(), int96_columns(&metadata));
    if int96.is_empty() {
        return Ok(metadata);
    }
    let micros = |(root, field): (usize, &Arc<Field>)| match int96.contains(&root) {
        true => Arc::new(field.as_ref().clone().with_data_type(Arrow::Timestamp(TimeUnit::Microsecond, None))),
        false => field.clone(),
    };
    let fields: Vec<_> = schema.fields().iter().enumerate().map(micros).collect();
    let schema = Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()));
    let options = ArrowReaderOptions::new().with_schema(schema);
    ArrowReaderMetadata::try_new(metadata.metadata().clone(), options).map_err(|e| e.to_string())
}

/// One file, ready to be read.
struct Source<'s> {
    file: &'s SourceFile<'s>,
    metadata: ArrowReaderMetadata,
    mask: ProjectionMask,
    /// Where each declared column comes from.
    places: Vec<Place>,
    /// Whether a zone-less timestamp of a declared column is an instant all the same (INT96).
    instants: Vec<bool>,
    plan: &'s Plan<'s>,
}

impl<'s> Source<'s> {
    /// `None` if the file's columns are not those declared; `end` says why.
    fn new(
        file: &'s SourceFile<'s>,
        partitions: &Partitions,
        plan: &'s Plan<'s>,
        shown: &str,
        end: &mut FileEnd,
    ) -> Result<Option<Source<'s>>, String> {
        let handle = file.again().map_err(|e| e.to_string())?;
        let metadata = ArrowReaderMetadata::load(&handle, ArrowReaderOptions::new()).map_err(|e| e.to_string())?;
        check_places(&metadata, file.size())?;
        let metadata = with_micros(metadata)?;
        let schema = metadata.schema().clone();
        let names: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
        let (places, findings) = layout(&names, plan.table, partitions, shown, shown);
        end.undeclared = undeclared(&names, plan.table);
        end.absent = header::lacking(&names, plan.table);
        end.findings.extend(findings);
        let Some(places) = places else { return Ok(None) };
        for (column, place) in plan.table.columns.values().zip(&places) {
            let Place::Field(root) = place else { continue };
            let found = schema.field(*root).data_type();
            if !Values::reads(found, column.dtype) {
                let message = format!("`{}` of `{shown}` is {found}, not {}", column.from, column.dtype);
                let finding = Diagnostic::error(ids::TYPE_MISMATCH, message).at_with(column.span, "declared here");
                end.findings.push(finding.help("declare the type that the file has, or write the file with this type"));
            }
        }
        let int96 = int96_columns(&metadata);
        let is_instant = |place: &Place| matches!(place, Place::Field(root) if int96.contains(root));
        let instants = places.iter().map(is_instant).collect();
        let roots = places.iter().filter_map(|place| match place {
            Place::Field(root) => Some(*root),
            Place::Given(_) => None,
        });
        let mask = ProjectionMask::roots(metadata.parquet_schema(), roots);
        if let Some(codec) = unread_codec(&metadata, &mask) {
            let message = format!("`{shown}` is packed with {codec}, which is not read");
            let finding = Diagnostic::error(ids::FILE_FORMAT, message).located(shown);
            end.findings.push(finding.help("write the file again with zstd or snappy, or unpacked"));
            return Ok(None);
        }
        Ok(Some(Source { file, mask, places, instants, plan, metadata }))
    }

    fn groups(&self) -> Vec<Group> {
        let mut next = 1;
        let group = |(number, group): (usize, &RowGroupMetaData)| {
            let (first, rows) = (next, group.num_rows().unsigned_abs());
            next = rows.saturating_add(next);
            let declared = group.columns().iter().enumerate().filter(|(leaf, _)| self.mask.leaf_included(*leaf));
            // A damaged file may say anything.
            let size = |column: &ColumnChunkMetaData| {
                column.uncompressed_size().unsigned_abs().max(rows.saturating_mul(VALUE))
            };
            let bytes = declared.fold(0_u64, |bytes, (_, column)| bytes.saturating_add(size(column)));
            Group { number, first, rows, bytes }
        };
        self.metadata.metadata().row_groups().iter().enumerate().map(group).collect()
    }

    fn reader(&self, group: &Group) -> Result<ParquetRecordBatchReader, String> {
        let handle = self.file.again().map_err(|e| e.to_string())?;
        // Rows of long texts come fewer at a time.
        let average = group.bytes / group.rows.max(1);
        let rows = ((64 << 20) / average.max(1)).clamp(256, BATCH as u64);
        // Room for a whole batch is taken at once: a small row group must not take that of a large one.
        let rows = rows.min(group.rows).max(1) as usize;
        ParquetRecordBatchReaderBuilder::new_with_metadata(handle, self.metadata.clone())
            .with_row_groups(vec![group.number])
            .with_projection(self.mask.clone())
            .with_batch_size(rows)
            .build()
            .map_err(|e| e.to_string())
    }

    /// The rows of one row group.
    fn group(&self, group: &Group) -> Result<Vec<Batch>, String> {
        let mut next = group.first;
        let mut batches = Vec::new();
        for record in self.reader(group)? {
            let record = record.map_err(|e| e.to_string())?;
            batches.push(self.batch(&record, next)?);
            next += record.num_rows() as u64;
        }
        Ok(batches)
    }

    /// Hands over the rows of a row group that is too large to be held; `Err` within says what is wrong with it.
    fn large(&self, group: &Group, sink: &mut Sink) -> Result<Result<(), String>, Stopped> {
        let mut reader = match guarded(|| self.reader(group)) {
            Ok(reader) => reader,
            Err(error) => return Ok(Err(error)),
        };
        let mut next = group.first;
        loop {
            let some = guarded(|| {
                let records = reader.by_ref().take(AT_A_TIME).map(|record| {
                    let (record, first) = (record.map_err(|e| e.to_string())?, next);
                    next += record.num_rows() as u64;
                    Ok((record, first))
                });
                let records = records.collect::<Result<Vec<_>, String>>()?;
                records.par_iter().map(|(record, first)| self.batch(record, *first)).collect::<Result<Vec<_>, _>>()
            });
            match some {
                Ok(batches) if batches.is_empty() => return Ok(Ok(())),
                Ok(batches) => batches.into_iter().try_for_each(&mut *sink).map_err(Stopped::Sink)?,
                Err(error) => return Ok(Err(error)),
            }
        }
    }

    fn batch(&self, record: &RecordBatch, first: u64) -> Result<Batch, String> {
        let mut columns = Vec::new();
        // The first fault of a row in column order is its reason.
        let mut faults: Vec<Option<Reject>> = Vec::new();
        for (k, parser) in self.plan.parsers.iter().enumerate() {
            if let Place::Given(text) = &self.places[k] {
                let texts: StringArray = std::iter::repeat_n(text.as_deref(), record.num_rows()).collect();
                columns.push(self.column(&(Arc::new(texts) as ArrayRef), k, first, &mut faults)?);
                continue;
            }
            let Place::Field(root) = &self.places[k] else { continue };
            let schema = self.metadata.schema();
            let from = schema.field(*root).name();
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
        Ok(Batch { columns, lines, notes, rejects, file: 0, counts: Counts::new() })
    }

    /// The column over the file's own buffers, if nothing in it needs a look; `None` if something does.
    fn as_it_stands(&self, array: &ArrayRef, parser: &CellParser, k: usize) -> Result<Option<Series>, String> {
        let column = parser.column();
        if (self.plan.needed[k].is_some() && array.null_count() > 0) || parser.has_special() {
            return Ok(None);
        }
        let same = match (column.dtype, array.data_type()) {
            (DataType::Int, Arrow::Int64) | (DataType::Bool, Arrow::Boolean) => true,
            (DataType::Date, Arrow::Date32) => {
                array.as_primitive::<Date32Type>().values().iter().all(|day| DATA_DAYS.contains(day))
            }
            (DataType::DateTime, Arrow::Timestamp(TimeUnit::Microsecond, zone)) => {
                let inner = inner_data_instants();
                let mut micros = array.as_primitive::<TimestampMicrosecondType>().values().iter();
                (zone.is_some() || self.instants[k]) && micros.all(|micros| inner.contains(micros))
            }
            (DataType::Float, Arrow::Float64) => {
                array.as_primitive::<Float64Type>().values().iter().all(|f| f.is_finite())
            }
            _ => false,
        };
        if !same {
            return Ok(None);
        }
        if !self.plan.wanted[k] {
            return Ok(Some(ColumnBuilder::new(&column.name, column.dtype, 0).finish()));
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
        let wanted = self.plan.wanted[k];
        let mut builder = ColumnBuilder::new(&column.name, column.dtype, if wanted { array.len() } else { 0 });
        let mut notes = Vec::new();
        let (mut memo, mut fields) = (Memo::default(), FieldRow::default());
        let is_plain = column.dtype != DataType::Text && !parser.has_special();
        for row in 0..array.len() {
            let typed = if is_plain && !values.is_text() { values.cell(row).ok() } else { None };
            let given = match (typed, values.given(row)) {
                (Some((cell, _)), _) => field::Field::Typed(cell),
                (None, Some(text)) => text,
                (None, None) => {
                    fields.clear();
                    values.field(row, column, &mut fields);
                    fields.field(0)
                }
            };
            let (read, done) = read_field(parser, given, Encoding::Utf8, &mut memo);
            let is_dropped = parser.has_special() && parser.drops(&given.shown());
            let fault = match (read, self.plan.needed[k]) {
                _ if is_dropped => (ids::DROPPED, String::new()),
                (Err(fault), _) => fault,
                (Ok((cell, noted)), Some(id)) if is_missing(cell, noted) => (id, lacking(id).to_owned()),
                (Ok((cell, noted)), _) => {
                    if wanted {
                        let text = parser.text(cell, given.text().unwrap_or_default());
                        builder.push(cell, text.as_deref());
                    }
                    let mended = (!done.is_none()).then_some(Noted::Mended(done));
                    notes.extend(noted.into_iter().chain(mended).map(|noted| (row as u32, noted)));
                    continue;
                }
            };
            if wanted {
                builder.push(Cell::Missing, None);
            }
            faults.resize(array.len(), None);
            let line = u32::try_from(first + row as u64).unwrap_or(u32::MAX);
            let known = &mut faults[row];
            if is_dropped && known.as_ref().is_none_or(|known| known.id != ids::DROPPED) {
                *known = Some(Reject::dropped(line, column, &given.shown()));
            } else if known.is_none() {
                let (text, outcome) = (cut(&values.shown(row)), Outcome::Quarantined);
                let (column, message) = (column.name.as_str().into(), fault.1.into());
                *known = Some(Reject { line, column, text, outcome, id: fault.0, message });
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
        // A column that is not wanted has no rows.
        let is_kept = series.len() == kept.len();
        filtered.0.push(if is_kept { series.filter(&mask).map_err(|e| e.to_string())? } else { series });
        let notes = notes.into_iter().filter(|(row, _)| kept[*row as usize]);
        filtered.1.push(notes.map(|(row, noted)| (renumbered[row as usize], noted)).collect());
    }
    Ok(filtered)
}
