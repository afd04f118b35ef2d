//! A source file while it is read: its bytes, unpacked, with their hash and what changes meanwhile.
//!
//! In: a path, how the file is packed. Out: bytes in order, then a [`Read`] account. Must not know: what the bytes mean.
//! Start at [`SourceFile::open`].

use crate::error::Error;
use crate::manifest::model::Packing;
use crate::system::{File, FileState, System};
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// An open source file.
pub struct SourceFile<'s> {
    system: &'s dyn System,
    path: &'s Path,
    file: File,
    state: FileState,
    hasher: blake3::Hasher,
    read: u64,
    failed: bool,
    /// Whether another file was found under its path.
    replaced: AtomicBool,
}

/// What is known of a file once it is read.
pub struct Whole {
    /// Its size.
    pub bytes: u64,
    /// blake3 of its bytes, in hex.
    pub hash: String,
    /// Whether it was changed while it was read.
    pub changed: bool,
    /// What it was known by when it was opened.
    pub state: FileState,
}

impl<'s> SourceFile<'s> {
    /// Opens a file; `Err` within says why it is none that can be read: a folder, a pipe.
    ///
    /// # Errors
    /// [`Error::Io`] where the system fails.
    pub fn open(system: &'s dyn System, path: &'s Path) -> Result<Result<SourceFile<'s>, String>, Error> {
        let file = match system.open(path) {
            Ok((file, _)) => file,
            Err(Error::Io { source, .. }) if source.kind() == io::ErrorKind::InvalidInput => {
                return Ok(Err(source.to_string()));
            }
            Err(error) => return Err(error),
        };
        let state = FileState::of(&file).map_err(Error::io("read", path))?;
        let (hasher, replaced) = (blake3::Hasher::new(), AtomicBool::new(false));
        Ok(Ok(SourceFile { system, path, file, state, hasher, read: 0, failed: false, replaced }))
    }

    /// Its size when it was opened.
    pub fn size(&self) -> u64 {
        self.state.bytes
    }

    /// What it was known by when it was opened.
    pub fn state(&self) -> FileState {
        self.state
    }

    /// The file opened once more, for readers that go back and forth, each on its own.
    ///
    /// # Errors
    /// What the system says, or that it is another file by now.
    pub fn again(&self) -> io::Result<File> {
        let (file, _) = self.system.open(self.path).map_err(|error| match error {
            Error::Io { source, .. } => source,
            other => io::Error::other(other.to_string()),
        })?;
        if FileState::of(&file)? != self.state {
            self.replaced.store(true, Ordering::Relaxed);
            return Err(io::Error::other("it is another file by now"));
        }
        Ok(file)
    }

    /// Bytes of the file that were read so far.
    pub fn position(&self) -> u64 {
        self.read
    }

    /// Whether reading the file itself failed, and not what unpacks it.
    pub fn failed(&self) -> bool {
        self.failed
    }

    /// Reads what is left, for the hash.
    ///
    /// # Errors
    /// What the system says.
    pub fn finish(mut self) -> io::Result<Whole> {
        let mut buffer = vec![0; 1 << 18];
        while self.read(&mut buffer)? > 0 {}
        let now = FileState::of(&self.file)?;
        Ok(Whole {
            bytes: self.read,
            hash: self.hasher.finalize().to_hex().to_string(),
            changed: now != self.state || self.read != self.state.bytes || self.replaced.into_inner(),
            state: self.state,
        })
    }
}

impl Read for SourceFile<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.file.read(buffer) {
            Ok(n) => {
                self.hasher.update(&buffer[..n]);
                self.read += n as u64;
                Ok(n)
            }
            Err(error) => {
                self.failed |= error.kind() != io::ErrorKind::Interrupted;
                Err(error)
            }
        }
    }
}

/// The bytes of a file as they were before it was packed.
///
/// # Errors
/// What the library says.
pub fn unpack<'r>(packing: Packing, file: impl Read + Send + 'r) -> io::Result<Box<dyn Read + Send + 'r>> {
    Ok(match packing {
        Packing::Gzip => Box::new(flate2::read::MultiGzDecoder::new(io::BufReader::with_capacity(1 << 18, file))),
        Packing::Zstd => Box::new(zstd::stream::read::Decoder::new(file)?),
        Packing::None | Packing::ByName => Box::new(file),
    })
}

/// What the first bytes of a file say of how it is packed.
pub fn packed_as(head: &[u8]) -> Packing {
    match head {
        [0x1f, 0x8b, ..] => Packing::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Packing::Zstd,
        _ => Packing::None,
    }
}

/// A reader whose first bytes can be looked at before they are read.
pub struct Peeked<R> {
    head: Vec<u8>,
    at: usize,
    inner: R,
}

impl<R: Read> Peeked<R> {
    /// Looks at up to `bytes` bytes.
    ///
    /// # Errors
    /// What the reader says.
    pub fn new(mut inner: R, bytes: u64) -> io::Result<Peeked<R>> {
        let mut head = Vec::new();
        (&mut inner).take(bytes).read_to_end(&mut head)?;
        Ok(Peeked { head, at: 0, inner })
    }

    /// The first bytes.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// Leaves out bytes of the head.
    pub fn skip(&mut self, bytes: usize) {
        self.at = (self.at + bytes).min(self.head.len());
    }
}

impl<R: Read> Read for Peeked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at < self.head.len() {
            let n = (&self.head[self.at..]).read(buffer)?;
            self.at += n;
            return Ok(n);
        }
        self.inner.read(buffer)
    }
}
