//! A text in windows of bounded size.
//!
//! In: a reader. Out: bytes that begin where a row does. Must not know: what a row is. Start at [`Windows::more`].

use std::io::{self, Read};

/// How much of a file is in memory at a time. What is read does not depend on it, but for [`Sizes::row`].
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Bytes of a window, unless one row is longer.
    pub window: usize,
    /// Bytes that are read at a stretch by one thread.
    pub piece: usize,
    /// Bytes of a row at most.
    pub row: usize,
}

impl Default for Sizes {
    fn default() -> Sizes {
        Sizes { window: 64 << 20, piece: 4 << 20, row: 256 << 20 }
    }
}

/// The window of a reader.
pub struct Windows<'r> {
    reader: &'r mut (dyn Read + Send),
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Where the first byte stands that was not used.
    pub at: usize,
    /// Whether nothing follows the bytes.
    pub last: bool,
    sizes: Sizes,
}

/// Why there is no further window.
#[derive(Debug)]
pub enum NoMore {
    /// A row is longer than [`Sizes::row`].
    TooLong,
    /// Reading failed.
    Failed(io::Error),
}

impl From<io::Error> for NoMore {
    fn from(error: io::Error) -> NoMore {
        NoMore::Failed(error)
    }
}

impl<'r> Windows<'r> {
    /// The first window.
    ///
    /// # Errors
    /// What the reader says.
    pub fn new(reader: &'r mut (dyn Read + Send), sizes: Sizes) -> io::Result<Windows<'r>> {
        let mut windows = Windows { reader, bytes: Vec::new(), at: 0, last: false, sizes };
        windows.fill(sizes.window.max(1))?;
        Ok(windows)
    }

    /// The bytes that were not used.
    pub fn rest(&self) -> &[u8] {
        &self.bytes[self.at..]
    }

    /// Drops what was used and reads on; what was not used is at least doubled.
    ///
    /// # Errors
    /// [`NoMore`].
    pub fn more(&mut self) -> Result<(), NoMore> {
        let kept = self.rest().len();
        if kept >= self.sizes.row {
            return Err(NoMore::TooLong);
        }
        self.bytes.drain(..self.at);
        self.at = 0;
        let wanted = (2 * kept).min(self.sizes.row).max(self.sizes.window).max(1);
        Ok(self.fill(wanted)?)
    }

    /// Runs `work` on the first `end` bytes that were not used, while what follows is read.
    ///
    /// # Errors
    /// What the reader says.
    pub fn next<T: Send>(&mut self, end: usize, work: impl FnOnce(&[u8]) -> T + Send) -> io::Result<T> {
        let used = self.at + end;
        if self.last {
            let done = work(&self.bytes[self.at..used]);
            self.at = used;
            return Ok(done);
        }
        let current = std::mem::take(&mut self.bytes);
        self.bytes.extend_from_slice(&current[used..]);
        let at = std::mem::take(&mut self.at);
        let wanted = self.sizes.window.max(self.bytes.len() + 1);
        self.bytes.reserve_exact(wanted - self.bytes.len());
        let (done, filled) = rayon::join(|| work(&current[at..used]), || self.fill(wanted));
        filled.map(|()| done)
    }

    fn fill(&mut self, wanted: usize) -> io::Result<()> {
        let missing = wanted.saturating_sub(self.bytes.len());
        let n = (&mut self.reader).take(missing as u64).read_to_end(&mut self.bytes)?;
        self.last = n < missing;
        Ok(())
    }
}
