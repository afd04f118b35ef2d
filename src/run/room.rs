//! What a run takes on the disk, told where there is no room for it.
//!
//! In: an error of writing, the record of the run with all its files. Out: the error with the bytes that it takes and
//! those that are free. Must not know: what the files hold. Start at [`needing`].

use super::layout::Layout;
use super::record::{OutputFile, Record, Timings, json};
use crate::error::Error;
use crate::system::{Room, System};
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::Path;

/// Bytes of a block where the system does not say.
const BLOCK: u64 = 4096;

/// What a run adds to history and CURRENT at most.
const ENTRY: u64 = 1024;

/// An error of [`Error::is_no_room`] with what the run takes in all; nothing of it may lie on the disk any more.
pub fn needing(error: Error, system: &dyn System, layout: &Layout, record: &Record, timings: &Timings) -> Error {
    let Error::Io { operation, path, source } = error else { return error };
    let room = system.room(layout.base());
    let block = room.map_or(BLOCK, |room| room.block);
    let sizes = sizes(system, layout, record, timings);
    let folders = folders(&record.outputs);
    let bytes = needed(&sizes, folders, block);
    let in_all = format!(
        "the run takes {bytes} bytes in all: {} files and {folders} folders in whole blocks of {block}",
        sizes.len()
    );
    let need = match (source.kind(), room) {
        // Of a quota the file system does not say how much is left.
        (ErrorKind::StorageFull, Some(Room { free, files, .. })) => {
            let made = sizes.len() as u64 + folders;
            let few = files.filter(|files| *files < made);
            let few = few.map(|files| format!(", and {files} files and folders may be made"));
            format!("{in_all}; {free} are free there{}", few.unwrap_or_default())
        }
        (ErrorKind::FileTooLarge, _) => match record.outputs.iter().max_by_key(|file| file.bytes) {
            Some(largest) => format!("{in_all}; its largest file, {}, has {} bytes", largest.path, largest.bytes),
            None => in_all,
        },
        _ => in_all,
    };
    Error::NoRoom { operation, path, source, need }
}

/// Bytes of each file that the run writes.
fn sizes(system: &dyn System, layout: &Layout, record: &Record, timings: &Timings) -> Vec<u64> {
    let text = |text: Result<String, Error>| text.map_or(0, |text| text.len() as u64);
    let grown = |path: &Path| system.open(path).map_or(0, |(_, size)| size) + ENTRY;
    let more = [text(record.to_json()), text(json(timings)), grown(&layout.history()), grown(&layout.current())];
    record.outputs.iter().map(|file| file.bytes).chain(more).collect()
}

/// Folders that the run makes: its own, those in it, and at most three above.
fn folders(outputs: &[OutputFile]) -> u64 {
    let mut folders: BTreeSet<&str> = BTreeSet::new();
    for file in outputs {
        folders.extend(file.path.match_indices('/').map(|(at, _)| &file.path[..at]));
    }
    4 + folders.len() as u64
}

fn needed(sizes: &[u64], folders: u64, block: u64) -> u64 {
    sizes.iter().map(|bytes| bytes.div_ceil(block).saturating_mul(block)).sum::<u64>() + folders.saturating_mul(block)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_take_whole_blocks_and_folders_one() {
        assert_eq!(needed(&[0, 1, 4096, 4097], 0, 4096), 4 * 4096);
        assert_eq!(needed(&[10], 2, 512), 3 * 512);
        let file = |path: &str| OutputFile { path: path.to_owned(), rows: None, bytes: 1, hash: String::new() };
        let outputs = ["summary.parquet", "decisions/tier=a/p", "decisions/tier=b/p", "profile/p"].map(file);
        assert_eq!(folders(&outputs), 4 + 4);
    }
}
