//! How much memory tables would take, and how much there is.
//!
//! In: files of a table. Out: bytes, roughly. Must not know: rows. Start at [`estimate`].

use crate::dtype::DataType;
use crate::error::Error;
use crate::manifest::model::{Format, Packing, Table};
use crate::system::{File, System, quiet};
use crate::table::source_file::unpack;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::file::metadata::ParquetMetaData;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Bytes that one byte of a text file takes once it is read.
const OF_TEXT: u64 = 2;
/// Bytes that are unpacked to see how well a file is packed.
const SAMPLE: u64 = 16 << 20;
/// The same of a file that gives so much of little.
const MOST: u64 = 1 << 30;
/// Bytes of a value of text, with its place.
const TEXT: u64 = 24;

/// What the rows of a table take in memory, roughly: too much rather than too little.
///
/// # Errors
/// [`Error::Io`] where a file that is there cannot be read.
pub fn estimate(system: &dyn System, root: &Path, table: &Table, paths: &[PathBuf]) -> Result<u64, Error> {
    let mut bytes = 0u64;
    for path in paths {
        let full = root.join(path);
        // What is no file is a finding once it is read.
        let Ok((file, size)) = system.open(&full) else { continue };
        bytes += match table.source.format {
            Format::Parquet => {
                let metadata = quiet::catch(std::panic::AssertUnwindSafe(|| {
                    ArrowReaderMetadata::load(&file, ArrowReaderOptions::new())
                }));
                match metadata {
                    Ok(Ok(metadata)) => {
                        let rows = metadata.metadata().file_metadata().num_rows().unsigned_abs();
                        rows.saturating_mul(width(table)).saturating_add(texts(metadata.metadata(), table))
                    }
                    _ => size,
                }
            }
            _ => {
                let packing = match table.source.packing {
                    Packing::ByName => Packing::of(&path.to_string_lossy()).0,
                    stated => stated,
                };
                unpacked(file, size, packing).saturating_mul(OF_TEXT)
            }
        };
    }
    Ok(bytes)
}

/// Bytes of a file once it is unpacked, as its first ones tell; its own where that cannot be told.
fn unpacked(file: File, size: u64, packing: Packing) -> u64 {
    if matches!(packing, Packing::None | Packing::ByName) {
        return size;
    }
    let taken = AtomicU64::new(0);
    let given = match unpack(packing, Counted { file, taken: &taken }) {
        Ok(mut reader) => copied(&mut *reader, &taken, size),
        Err(_) => 0,
    };
    let whole = u128::from(given) * u128::from(size) / u128::from(taken.load(Relaxed).max(1));
    u64::try_from(whole).unwrap_or(u64::MAX).max(size)
}

/// How many bytes there are, up to [`SAMPLE`]; of a file all of which was taken by then, up to [`MOST`].
fn copied(reader: &mut dyn Read, taken: &AtomicU64, size: u64) -> u64 {
    let (mut buffer, mut given) = (vec![0; 1 << 16], 0);
    while given < SAMPLE || (taken.load(Relaxed) >= size && given < MOST) {
        match reader.read(&mut buffer) {
            Ok(n @ 1..) => given += n as u64,
            Ok(0) | Err(_) => break,
        }
    }
    given
}

/// A file that counts what is taken of it, a little at a time.
struct Counted<'c> {
    file: File,
    taken: &'c AtomicU64,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let some = buffer.len().min(1 << 12);
        let n = self.file.read(&mut buffer[..some])?;
        self.taken.fetch_add(n as u64, Relaxed);
        Ok(n)
    }
}

/// Bytes of the texts of declared columns, as far as the file tells: how long they are, or how much they take in it.
fn texts(metadata: &ParquetMetaData, table: &Table) -> u64 {
    let is_text = |name: &str| table.columns.values().any(|c| c.dtype == DataType::Text && c.from == name);
    let columns = metadata.row_groups().iter().flat_map(|group| group.columns());
    let columns = columns.filter(|column| column.column_path().parts().first().is_some_and(|name| is_text(name)));
    let bytes = columns.map(|column| {
        let told = column.unencoded_byte_array_data_bytes().map_or(0, i64::unsigned_abs);
        told.max(column.uncompressed_size().unsigned_abs())
    });
    bytes.fold(0, u64::saturating_add)
}

fn width(table: &Table) -> u64 {
    let of = |dtype: DataType| match dtype {
        DataType::Text => TEXT,
        DataType::Int | DataType::Float | DataType::DateTime => 8,
        DataType::Date => 4,
        DataType::Bool => 1,
        DataType::Decimal { .. } => 16,
    };
    table.columns.values().map(|column| of(column.dtype)).sum::<u64>() + 4
}

/// Bytes of memory of the machine, or of what its limits leave of it; `None` where it does not say.
pub fn machine(system: &dyn System) -> Option<u64> {
    let text = system.read_text(Path::new("/proc/meminfo")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    let limit = system.read_text(Path::new("/sys/fs/cgroup/memory.max")).ok();
    let limit = limit.and_then(|text| text.trim().parse::<u64>().ok());
    Some((kilobytes * 1024).min(limit.unwrap_or(u64::MAX)))
}

/// Parts of which a few at a time fit into `memory`; `None` where all rows fit.
pub fn parts(bytes: u64, memory: u64) -> Option<usize> {
    /// A part is read, settled and grouped: each takes memory again.
    const SHARE: u64 = 8;
    const PARTS: u64 = 512;
    (bytes > memory).then(|| bytes.div_ceil((memory / SHARE).max(1)).clamp(2, PARTS) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_files_are_as_large_as_what_they_hold() {
        let folder = tempfile::tempdir().unwrap();
        let text = "account,amount\nA,1\n".repeat(2_000_000);
        let path = folder.path().join("t.csv.zst");
        std::fs::write(&path, zstd::encode_all(text.as_bytes(), 3).unwrap()).unwrap();
        let size = std::fs::metadata(&path).unwrap().len();
        let of = |packing| unpacked(File::open(&path).unwrap(), size, packing);
        assert!(size < 100_000, "{size}");
        let whole = text.len() as f64;
        assert!((of(Packing::Zstd) as f64 / whole - 1.0).abs() < 0.5, "{} of {whole}", of(Packing::Zstd));
        assert_eq!(of(Packing::None), size);
        assert_eq!(of(Packing::Gzip), size, "it cannot be told");
    }

    #[test]
    fn parts_are_an_eighth_of_memory() {
        assert_eq!(parts(100, 100), None);
        assert_eq!(parts(101, 100), Some(9));
        assert_eq!(parts(u64::MAX, 1), Some(512));
        assert_eq!(parts(7 << 30, 2 << 30), Some(28));
    }
}
