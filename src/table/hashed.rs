//! Bytes that are counted and hashed as they are read.
//!
//! In: a reader. Out: the same bytes, then their number and hash. Must not know: what they mean.

use std::io::Read;

/// A reader that keeps the number and the hash of the bytes that went through it.
pub struct Hashed<R> {
    inner: R,
    hasher: blake3::Hasher,
    bytes: usize,
}

impl<R> Hashed<R> {
    /// A reader of the same bytes.
    pub fn new(inner: R) -> Hashed<R> {
        Hashed { inner, hasher: blake3::Hasher::new(), bytes: 0 }
    }

    /// How many bytes were read.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The hash of the bytes that were read.
    pub fn hash(&self) -> blake3::Hash {
        self.hasher.finalize()
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hasher.update(buffer.get(..read).unwrap_or_default());
        self.bytes += read;
        Ok(read)
    }
}
