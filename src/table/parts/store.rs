//! Files of rows, one for each part of a table.
//!
//! In: blocks of bytes. Out: the same blocks, part by part. Must not know: what is in them. Start at [`Store::new`].
//!
//! The files are of this run alone and go with it. Their lengths are known, so that one that is cut or grown is found.

use crate::error::Error;
use crate::system::{OutFile, System};
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};

/// Files that are written.
pub struct Store {
    folder: PathBuf,
    name: String,
    files: Vec<Option<Box<dyn OutFile>>>,
    bytes: Vec<u64>,
}

/// Files that can be read.
#[derive(Debug, Default)]
pub struct Stored {
    folder: PathBuf,
    name: String,
    bytes: Vec<u64>,
}

fn path(folder: &Path, name: &str, part: usize) -> PathBuf {
    folder.join(format!("{name}-{part:04}"))
}

impl Store {
    /// Files of so many parts in a folder that is there. A part without rows has none.
    pub fn new(folder: &Path, name: &str, parts: usize) -> Store {
        let files = (0..parts).map(|_| None).collect();
        Store { folder: folder.to_owned(), name: name.to_owned(), files, bytes: vec![0; parts] }
    }

    /// Appends a block to the file of a part.
    ///
    /// # Errors
    /// [`Error::Io`], such as a full disk.
    pub fn write(&mut self, system: &dyn System, part: usize, block: &[u8]) -> Result<(), Error> {
        let Some(slot) = self.files.get_mut(part) else { return Err(Error::Defect(format!("no part {part}"))) };
        let path = path(&self.folder, &self.name, part);
        let file = match slot {
            Some(file) => file,
            None => slot.insert(system.create(&path)?),
        };
        let length = (block.len() as u64).to_le_bytes();
        file.write_all(&length).and_then(|()| file.write_all(block)).map_err(Error::io("write", &path))?;
        self.bytes[part] += 8 + block.len() as u64;
        Ok(())
    }

    /// Ends writing. The files need not outlive a crash.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn finish(self) -> Result<Stored, Error> {
        for (part, file) in self.files.into_iter().enumerate() {
            if let Some(mut file) = file {
                file.flush().map_err(Error::io("write", path(&self.folder, &self.name, part)))?;
            }
        }
        Ok(Stored { folder: self.folder, name: self.name, bytes: self.bytes })
    }
}

impl Stored {
    /// How many parts there are.
    pub fn parts(&self) -> usize {
        self.bytes.len()
    }

    /// Hands over the blocks of a part in the order in which they were written; `None` from `take` says that a block is
    /// not what was written.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Format`] for a file that is not as it was written.
    pub fn read(
        &self,
        system: &dyn System,
        part: usize,
        take: &mut dyn FnMut(&[u8]) -> Option<()>,
    ) -> Result<(), Error> {
        let expected = self.bytes.get(part).copied().unwrap_or(0);
        if expected == 0 {
            return Ok(());
        }
        let path = path(&self.folder, &self.name, part);
        let spoilt = |message: String| Error::Format { path: path.clone(), message };
        let (file, size) = system.open(&path)?;
        if size != expected {
            return Err(spoilt(format!("{size} bytes of a table's part, {expected} were written")));
        }
        let mut reader = BufReader::with_capacity(1 << 18, file);
        let (mut block, mut read) = (Vec::new(), 0);
        while read < expected {
            let mut length = [0; 8];
            reader.read_exact(&mut length).map_err(Error::io("read", &path))?;
            let length = u64::from_le_bytes(length);
            if length > expected - read {
                return Err(spoilt("a block is longer than the file".to_owned()));
            }
            block.clear();
            let taken = reader.by_ref().take(length).read_to_end(&mut block).map_err(Error::io("read", &path))?;
            if taken as u64 != length || take(&block).is_none() {
                return Err(spoilt("a block is not what was written".to_owned()));
            }
            read += 8 + length;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::Os;

    fn blocks(stored: &Stored, part: usize) -> Result<Vec<Vec<u8>>, Error> {
        let mut blocks = Vec::new();
        stored.read(&Os, part, &mut |block| {
            blocks.push(block.to_vec());
            (block != b"spoilt").then_some(())
        })?;
        Ok(blocks)
    }

    #[test]
    fn blocks_come_back_by_part_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::new(folder.path(), "000-rows", 3);
        store.write(&Os, 2, b"first").unwrap();
        store.write(&Os, 0, b"").unwrap();
        store.write(&Os, 2, b"second").unwrap();
        assert!(matches!(store.write(&Os, 3, b"x"), Err(Error::Defect(_))));
        let stored = store.finish().unwrap();
        assert_eq!(blocks(&stored, 2).unwrap(), [b"first".to_vec(), b"second".to_vec()]);
        assert_eq!(blocks(&stored, 0).unwrap(), [Vec::<u8>::new()]);
        assert!(blocks(&stored, 1).unwrap().is_empty() && !folder.path().join("000-rows-0001").exists());
    }

    #[test]
    fn a_file_that_is_not_as_it_was_written_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::new(folder.path(), "000-rows", 1);
        store.write(&Os, 0, b"some bytes").unwrap();
        let stored = store.finish().unwrap();
        let path = folder.path().join("000-rows-0000");
        let whole = std::fs::read(&path).unwrap();
        let damaged = [whole[..17].to_vec(), [&whole[..], b"x"].concat(), [&[200][..], &whole[1..]].concat()];
        for bytes in damaged {
            std::fs::write(&path, bytes).unwrap();
            assert!(matches!(blocks(&stored, 0), Err(Error::Format { .. })));
        }
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(blocks(&stored, 0), Err(Error::Io { .. })));
        let mut store = Store::new(&folder.path().join("gone"), "000-rows", 1);
        assert!(matches!(store.write(&Os, 0, b"x"), Err(Error::Io { operation: "create", .. })));
    }

    #[test]
    fn a_block_that_nobody_understands_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::new(folder.path(), "000-rows", 1);
        store.write(&Os, 0, b"spoilt").unwrap();
        assert!(matches!(blocks(&store.finish().unwrap(), 0), Err(Error::Format { .. })));
    }
}
