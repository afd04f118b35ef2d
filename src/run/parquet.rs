//! One Parquet file: polars columns in, a checked and synced file out.
//!
//! In: columns, the rows to write in order, properties. Out: [`OutputFile`] facts. Must not know: partitions, what the
//! columns mean. The bytes depend on the values alone: row groups and pages have fixed sizes, and columns of one row
//! group are encoded in parallel but written in order. Start at [`write_file`].

use super::identity::hash;
use super::record::OutputFile;
use crate::error::Error;
use crate::manifest::model::Compression;
use crate::system::{OutFile, System};
use crate::table::{self, ffi};
use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType as Arrow, Field, Schema, SchemaRef, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, ArrowWriterOptions, compute_leaves};
use parquet::basic::{Compression as Codec, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::{KeyValue, ParquetMetaDataReader};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use polars::prelude::Series;
use rayon::prelude::*;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

/// Rows of one row group at most.
pub const ROW_GROUP_ROWS: usize = 131_072;

/// What all files of one run have in common.
#[derive(Clone, Debug)]
pub struct Properties {
    /// Compression of pages.
    pub compression: Compression,
    /// Key-value metadata of the footer, in order.
    pub metadata: Vec<(String, String)>,
}

impl Properties {
    /// The same with further metadata.
    #[must_use]
    pub fn with(&self, key: &str, value: String) -> Properties {
        let mut more = self.clone();
        more.metadata.push((key.to_owned(), value));
        more
    }

    fn writer(&self, columns: &[Series], rows: &[u32]) -> Result<WriterProperties, Error> {
        let codec = match self.compression {
            Compression::Zstd(level) => {
                Codec::ZSTD(ZstdLevel::try_new(level).map_err(|e| Error::Defect(format!("zstd level {level}: {e}")))?)
            }
            Compression::Snappy => Codec::SNAPPY,
            Compression::None => Codec::UNCOMPRESSED,
        };
        let metadata = self.metadata.iter().map(|(k, v)| KeyValue::new(k.clone(), v.clone())).collect();
        let mut builder = WriterProperties::builder();
        for column in columns {
            if is_diverse(column, rows)? {
                let path = ColumnPath::new(vec![column.name().to_string()]);
                builder = builder.set_column_dictionary_enabled(path, false);
            }
        }
        Ok(builder
            .set_compression(codec)
            .set_statistics_enabled(EnabledStatistics::Page)
            .set_dictionary_enabled(true)
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
            .set_key_value_metadata(Some(metadata))
            .build())
    }
}

/// Rows that tell whether a column repeats itself.
const SAMPLE: usize = 2_048;

/// Whether most values of a column differ, so that a dictionary of them would be given up after it was made.
fn is_diverse(column: &Series, rows: &[u32]) -> Result<bool, Error> {
    if rows.len() < SAMPLE {
        return Ok(false);
    }
    let step = rows.len() / SAMPLE;
    let sample: Vec<u32> = rows.iter().step_by(step).take(SAMPLE).copied().collect();
    let sample = column.take_slice(&sample).map_err(|e| Error::Defect(format!("rows of {}: {e}", column.name())))?;
    Ok(table::unlike(&sample.rechunk())? > SAMPLE / 2)
}

/// A file on its way out: hashes what passes.
struct Hashed<W> {
    inner: W,
    hasher: blake3::Hasher,
    bytes: u64,
}

impl<W> Hashed<W> {
    fn new(inner: W) -> Hashed<W> {
        Hashed { inner, hasher: blake3::Hasher::new(), bytes: 0 }
    }

    fn facts(&self, name: &str, rows: usize) -> OutputFile {
        let hash = self.hasher.finalize().to_hex().to_string();
        OutputFile { path: name.to_owned(), rows: Some(rows as u64), bytes: self.bytes, hash }
    }
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}

/// Writes the given rows of some columns (all of one length) to `base/name`, syncs the file, opens it again and checks
/// its footer. The facts have the path `name`.
///
/// # Errors
/// [`Error::Io`]: not writable. [`Error::Format`]: what was written cannot be read. [`Error::Defect`].
pub fn write_file(
    system: &dyn System,
    base: &Path,
    name: &str,
    columns: &[Series],
    rows: &[u32],
    properties: &Properties,
) -> Result<OutputFile, Error> {
    let path = base.join(name);
    let mut out: Hashed<Box<dyn OutFile>> = Hashed::new(system.create(&path)?);
    encode_file(&mut out, &path, columns, rows, properties)?;
    out.inner.finish().map_err(Error::io("write", &path))?;
    let facts = out.facts(name, rows.len());
    drop(out);
    check(system, &path, facts.bytes, rows.len() as u64)?;
    Ok(facts)
}

/// The facts of the file that [`write_file`] would write. Nothing is written.
///
/// # Errors
/// [`Error::Defect`].
pub fn measure_file(
    name: &str,
    columns: &[Series],
    rows: &[u32],
    properties: &Properties,
) -> Result<OutputFile, Error> {
    let mut out = Hashed::new(std::io::sink());
    encode_file(&mut out, Path::new(name), columns, rows, properties)?;
    Ok(out.facts(name, rows.len()))
}

/// The bytes of a file, to wherever they go; `path` is for messages.
fn encode_file(
    out: &mut (dyn Write + Send),
    path: &Path,
    columns: &[Series],
    rows: &[u32],
    properties: &Properties,
) -> Result<(), Error> {
    let failed = |e: ParquetError| from_parquet(e, path);
    let schema = schema(columns)?;
    let options = ArrowWriterOptions::new()
        .with_properties(properties.writer(columns, rows)?)
        .with_skip_arrow_metadata(true)
        .with_schema_root("schema".to_owned());
    let writer = ArrowWriter::try_new_with_options(out, schema.clone(), options).map_err(failed)?;
    let (mut writer, factory) = writer.into_serialized_writer().map_err(failed)?;
    for (index, rows) in rows.chunks(ROW_GROUP_ROWS).enumerate() {
        let encoders = factory.create_column_writers(index).map_err(failed)?;
        let chunks: Vec<Result<ArrowColumnChunk, Error>> = encoders
            .into_par_iter()
            .zip(columns)
            .zip(&schema.fields()[..])
            .map(|((encoder, column), field)| encode(encoder, field, column, rows, path))
            .collect();
        let mut group = writer.next_row_group().map_err(failed)?;
        for chunk in chunks {
            chunk?.append_to_row_group(&mut group).map_err(failed)?;
        }
        group.close().map_err(failed)?;
    }
    writer.finish().map_err(failed)?;
    writer.flush().map_err(Error::io("write", path))
}

/// Writes a text file, synced; the facts have the path `name`.
///
/// # Errors
/// [`Error::Io`].
pub fn write_text(system: &dyn System, base: &Path, name: &str, text: &str) -> Result<OutputFile, Error> {
    system.write(&base.join(name), text.as_bytes())?;
    Ok(measure_text(name, text))
}

/// The facts of a text file.
pub fn measure_text(name: &str, text: &str) -> OutputFile {
    OutputFile { path: name.to_owned(), rows: None, bytes: text.len() as u64, hash: hash(text.as_bytes()) }
}

fn schema(columns: &[Series]) -> Result<SchemaRef, Error> {
    let mut fields = Vec::with_capacity(columns.len());
    for column in columns {
        let array = utc(ffi::to_arrow(&column.clear())?);
        fields.push(Field::new(column.name().to_string(), array.data_type().clone(), true));
    }
    Ok(Arc::new(Schema::new(fields)))
}

fn encode(
    mut encoder: ArrowColumnWriter,
    field: &Field,
    column: &Series,
    rows: &[u32],
    path: &Path,
) -> Result<ArrowColumnChunk, Error> {
    let taken = column.take_slice(rows).map_err(|e| Error::Defect(format!("rows of {}: {e}", column.name())))?;
    let array = utc(ffi::to_arrow(&taken)?);
    for leaf in compute_leaves(field, &array).map_err(|e| from_parquet(e, path))? {
        encoder.write(&leaf).map_err(|e| from_parquet(e, path))?;
    }
    encoder.close().map_err(|e| from_parquet(e, path))
}

/// Instants are UTC, and readers shall know it.
fn utc(array: ArrayRef) -> ArrayRef {
    match array.data_type() {
        Arrow::Timestamp(TimeUnit::Microsecond, None) => {
            Arc::new(array.as_primitive::<TimestampMicrosecondType>().clone().with_timezone("UTC"))
        }
        _ => array,
    }
}

fn check(system: &dyn System, path: &Path, bytes: u64, rows: u64) -> Result<(), Error> {
    let wrong = |message: String| Error::Format { path: path.to_owned(), message };
    let (file, size) = system.open(path)?;
    if size != bytes {
        return Err(wrong(format!("{bytes} bytes were written, {size} are there")));
    }
    let metadata = ParquetMetaDataReader::new()
        .parse_and_finish(&file)
        .map_err(|e| wrong(format!("cannot be read after it was written: {e}")))?;
    match metadata.file_metadata().num_rows() {
        n if u64::try_from(n) == Ok(rows) => Ok(()),
        n => Err(wrong(format!("{rows} rows were written, {n} are there"))),
    }
}

/// What the system said, if it did; else a defect, since nothing but values comes in.
fn from_parquet(error: ParquetError, path: &Path) -> Error {
    match error {
        ParquetError::External(source) => match source.downcast::<std::io::Error>() {
            Ok(source) => Error::Io { operation: "write", path: path.to_owned(), source: *source },
            Err(other) => Error::Defect(format!("{}: {other}", path.display())),
        },
        other => Error::Defect(format!("{}: {other}", path.display())),
    }
}
