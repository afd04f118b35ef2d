//! How much memory tables would take, and how much there is.
//!
//! In: files of a table. Out: bytes, roughly. Must not know: rows. Start at [`estimate`].

use crate::dtype::DataType;
use crate::error::Error;
use crate::manifest::model::{Format, Packing, Table};
use crate::system::System;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use std::path::{Path, PathBuf};

/// Bytes that one byte of a text file takes once it is read.
const OF_TEXT: u64 = 2;
/// Bytes of a text that one byte of a packed file gives.
const OF_PACKED: u64 = 6;
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
                let metadata = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                    ArrowReaderMetadata::load(&file, ArrowReaderOptions::new())
                }));
                match metadata {
                    Ok(Ok(metadata)) => {
                        let rows = metadata.metadata().file_metadata().num_rows().unsigned_abs();
                        rows.saturating_mul(width(table))
                    }
                    _ => size,
                }
            }
            _ => {
                let packed = match table.source.packing {
                    Packing::ByName => Packing::of(&path.to_string_lossy()).0 != Packing::None,
                    stated => stated != Packing::None,
                };
                size.saturating_mul(if packed { OF_TEXT * OF_PACKED } else { OF_TEXT })
            }
        };
    }
    Ok(bytes)
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
    const MOST: u64 = 512;
    (bytes > memory).then(|| bytes.div_ceil((memory / SHARE).max(1)).clamp(2, MOST) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_an_eighth_of_memory() {
        assert_eq!(parts(100, 100), None);
        assert_eq!(parts(101, 100), Some(9));
        assert_eq!(parts(u64::MAX, 1), Some(512));
        assert_eq!(parts(7 << 30, 2 << 30), Some(28));
    }
}
