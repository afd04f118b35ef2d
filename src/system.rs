//! The outside world: files, clock, environment.
//!
//! In: paths. Out: bytes, listings, times. Everything below `cli` reaches the world through [`System`] alone, so that
//! tests can stand in for it. Must not know: what the files mean. Start at [`System`]; [`Os`] is the real one.

pub mod patchwork;
pub mod quiet;

use crate::error::Error;
pub use std::fs::File;
use std::fs::{OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A file being written: bytes in, then one `finish` that makes them durable.
pub trait OutFile: Write + Send {
    /// Flushes and syncs to the device.
    fn finish(&mut self) -> std::io::Result<()>;
}

impl OutFile for File {
    fn finish(&mut self) -> std::io::Result<()> {
        self.flush()?;
        self.sync_all()
    }
}

/// What a file system still takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Bytes that may still be written.
    pub free: u64,
    /// Bytes of a block; a file takes whole ones.
    pub block: u64,
    /// Files and folders that may still be made, where that has a bound.
    pub files: Option<u64>,
}

/// A held lock; dropping it releases.
pub trait Lock: Send {}

struct FileLock(#[allow(dead_code, reason = "held open: the lock lives as long as the handle")] File);
impl Lock for FileLock {}

/// Files, clock and environment, as the lower floors see them.
pub trait System: Sync + Send {
    /// Now, in microseconds since 1970-01-01T00:00:00Z.
    fn now_micros(&self) -> i64;
    /// An environment variable that is set and is UTF-8.
    fn env(&self, name: &str) -> Option<String>;
    /// How many columns the terminal has to which standard output goes, or `COLUMNS` says; none where there is no terminal.
    fn columns(&self) -> Option<usize> {
        None
    }
    /// Who runs: process id and host, for the lock file.
    fn holder(&self) -> String;
    /// Opens a file for reading, with its size in bytes.
    ///
    /// # Errors
    /// [`Error::Io`]: not there, not readable, or not a regular file.
    fn open(&self, path: &Path) -> Result<(File, u64), Error>;
    /// The names in a folder, sorted by bytes, folders and files alike; empty if there is no such folder.
    ///
    /// # Errors
    /// [`Error::Io`].
    fn list(&self, path: &Path) -> Result<Vec<PathBuf>, Error>;
    /// Whether something is at this path.
    fn exists(&self, path: &Path) -> bool;
    /// Whether a folder is at this path.
    fn is_dir(&self, path: &Path) -> bool;
    /// Whether a symbolic link is at this path that leads nowhere.
    fn is_dangling(&self, path: &Path) -> bool {
        path.is_symlink() && !self.exists(path)
    }
    /// Where a path leads when all symbolic links are followed; the path itself where there are none.
    ///
    /// # Errors
    /// [`Error::Io`].
    fn real_path(&self, path: &Path) -> Result<PathBuf, Error> {
        Ok(path.to_owned())
    }
    /// Creates a folder with its parents.
    ///
    /// # Errors
    /// [`Error::Io`].
    fn create_dir(&self, path: &Path) -> Result<(), Error>;
    /// Creates a file anew.
    ///
    /// # Errors
    /// [`Error::Io`].
    fn create(&self, path: &Path) -> Result<Box<dyn OutFile>, Error>;
    /// Appends one line to a file, creating it if need be, and syncs.
    ///
    /// # Errors
    /// [`Error::Io`].
    fn append(&self, path: &Path, line: &str) -> Result<(), Error>;
    /// Renames, atomically on one file system, and syncs the folder above.
    ///
    /// # Errors
    /// [`Error::Io`].
    fn rename(&self, from: &Path, to: &Path) -> Result<(), Error>;
    /// Syncs a folder's entries.
    ///
    /// # Errors
    /// [`Error::Io`].
    fn sync_dir(&self, path: &Path) -> Result<(), Error>;
    /// Removes a folder and all in it; nothing to do if it is not there.
    ///
    /// # Errors
    /// [`Error::Io`].
    fn remove_dir(&self, path: &Path) -> Result<(), Error>;
    /// What the file system of a path still takes; none where the system does not say.
    fn room(&self, path: &Path) -> Option<Room> {
        let _ = path;
        None
    }
    /// Takes the lock file at `path`, writing `holder` into it, or says at once who holds it. A lock whose process is gone
    /// is free.
    ///
    /// # Errors
    /// [`Error::Locked`] with the holder; [`Error::Io`].
    fn lock(&self, path: &Path, holder: &str) -> Result<Box<dyn Lock>, Error>;

    /// Reads a whole file.
    ///
    /// # Errors
    /// [`Error::Io`].
    fn read(&self, path: &Path) -> Result<Vec<u8>, Error> {
        let (mut file, size) = self.open(path)?;
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
        file.read_to_end(&mut bytes).map_err(Error::io("read", path))?;
        Ok(bytes)
    }

    /// Reads a whole file as UTF-8.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Format`] with the offset of the first byte that is not UTF-8.
    fn read_text(&self, path: &Path) -> Result<String, Error> {
        String::from_utf8(self.read(path)?).map_err(|e| Error::Format {
            path: path.to_owned(),
            message: format!("not UTF-8 at byte {}: save the file as UTF-8", e.utf8_error().valid_up_to()),
        })
    }

    /// Writes a whole file anew and syncs it.
    ///
    /// # Errors
    /// [`Error::Io`].
    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), Error> {
        let mut file = self.create(path)?;
        file.write_all(bytes).map_err(Error::io("write", path))?;
        file.finish().map_err(Error::io("write", path))
    }
}

/// What tells that a file changes while it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileState {
    /// Size.
    pub bytes: u64,
    modified: Option<std::time::SystemTime>,
    /// When the file or what is known of it was last changed, in seconds and nanoseconds. Unlike the other time, no
    /// program can set it. There is none but on Unix.
    changed: Option<(i64, i64)>,
}

#[cfg(unix)]
fn changed(meta: &std::fs::Metadata) -> Option<(i64, i64)> {
    use std::os::unix::fs::MetadataExt;
    Some((meta.ctime(), meta.ctime_nsec()))
}

#[cfg(not(unix))]
fn changed(_: &std::fs::Metadata) -> Option<(i64, i64)> {
    None
}

impl FileState {
    /// That of an open file, now.
    ///
    /// # Errors
    /// What the system says.
    pub fn of(file: &File) -> std::io::Result<FileState> {
        let meta = file.metadata()?;
        Ok(FileState { bytes: meta.len(), modified: meta.modified().ok(), changed: changed(&meta) })
    }

    /// The same without what changes when only the file's owner or rights do.
    #[must_use]
    pub fn of_content(self) -> FileState {
        FileState { changed: None, ..self }
    }
}

/// What something that is no file is.
fn kind_word(kind: std::fs::FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return "a named pipe";
        } else if kind.is_socket() {
            return "a socket";
        } else if kind.is_block_device() || kind.is_char_device() {
            return "a device";
        }
    }
    if kind.is_dir() { "a folder" } else { "something else" }
}

/// Opens for reading without waiting, as one would for the other end of a pipe.
fn open_at_once(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    #[cfg(target_os = "linux")]
    {
        const O_NONBLOCK: i32 = 0o4000;
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, O_NONBLOCK);
    }
    options.read(true).open(path)
}

/// How often, and how long apart, the name in a held lock is looked for: who takes a lock writes it a moment later.
const LOOKS: u32 = 20;
const LOOK: Duration = Duration::from_millis(5);

/// The name of who holds a lock.
fn holder_in(path: &Path) -> String {
    for _ in 0..LOOKS {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        if !text.trim().is_empty() {
            return text.trim().to_owned();
        }
        std::thread::sleep(LOOK);
    }
    "a process that has not said its name".to_owned()
}

/// The operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct Os;

impl System for Os {
    fn now_micros(&self) -> i64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since.map_or(0, |d| i64::try_from(d.as_micros()).unwrap_or(i64::MAX))
    }

    fn env(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn columns(&self) -> Option<usize> {
        let said = self.env("COLUMNS").and_then(|columns| columns.trim().parse().ok());
        #[cfg(unix)]
        let found = || {
            let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
            Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
        };
        #[cfg(not(unix))]
        let found = || None;
        said.or_else(found)
    }

    fn holder(&self) -> String {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let host = if host.trim().is_empty() { "this host" } else { host.trim() };
        format!("process {} on {host}", std::process::id())
    }

    fn open(&self, path: &Path) -> Result<(File, u64), Error> {
        let irregular = |kind| {
            let text = format!("it is {}, not a regular file", kind_word(kind));
            let source = std::io::Error::new(std::io::ErrorKind::InvalidInput, text);
            Error::Io { operation: "read", path: path.to_owned(), source }
        };
        // Looked at before it is opened, as opening a device may do something; and after, as the path may lead
        // elsewhere by then.
        let meta = std::fs::metadata(path).map_err(Error::io("read", path))?;
        if !meta.is_file() {
            return Err(irregular(meta.file_type()));
        }
        let file = open_at_once(path).map_err(Error::io("read", path))?;
        let meta = file.metadata().map_err(Error::io("read", path))?;
        match meta.is_file() {
            true => Ok((file, meta.len())),
            false => Err(irregular(meta.file_type())),
        }
    }

    fn list(&self, path: &Path) -> Result<Vec<PathBuf>, Error> {
        let entries = match std::fs::read_dir(path) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(Error::io("list", path)(e)),
        };
        let mut paths = Vec::new();
        for entry in entries {
            paths.push(entry.map_err(Error::io("list", path))?.path());
        }
        paths.sort();
        Ok(paths)
    }

    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }

    fn is_dir(&self, path: &Path) -> bool {
        path.is_dir()
    }

    fn real_path(&self, path: &Path) -> Result<PathBuf, Error> {
        std::fs::canonicalize(path).map_err(Error::io("read", path))
    }

    fn create_dir(&self, path: &Path) -> Result<(), Error> {
        std::fs::create_dir_all(path).map_err(Error::io("create folder", path))
    }

    fn create(&self, path: &Path) -> Result<Box<dyn OutFile>, Error> {
        Ok(Box::new(File::create(path).map_err(Error::io("create", path))?))
    }

    fn append(&self, path: &Path, line: &str) -> Result<(), Error> {
        let mut file = OpenOptions::new().create(true).append(true).open(path).map_err(Error::io("append to", path))?;
        file.write_all(format!("{line}\n").as_bytes()).map_err(Error::io("append to", path))?;
        file.sync_all().map_err(Error::io("append to", path))
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<(), Error> {
        std::fs::rename(from, to).map_err(Error::io("rename", to))?;
        to.parent().map_or(Ok(()), |parent| self.sync_dir(parent))
    }

    fn sync_dir(&self, path: &Path) -> Result<(), Error> {
        File::open(path).and_then(|f| f.sync_all()).map_err(Error::io("sync", path))
    }

    fn remove_dir(&self, path: &Path) -> Result<(), Error> {
        match std::fs::remove_dir_all(path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(Error::io("remove", path)(e)),
            _ => Ok(()),
        }
    }

    #[cfg(unix)]
    fn room(&self, path: &Path) -> Option<Room> {
        let of = rustix::fs::statvfs(path).ok()?;
        let files = Some(of.f_favail).filter(|_| of.f_files > 0);
        Some(Room { free: of.f_bavail.saturating_mul(of.f_frsize), block: of.f_frsize.max(1), files })
    }

    fn lock(&self, path: &Path, holder: &str) -> Result<Box<dyn Lock>, Error> {
        // Its text is replaced: that of a file elsewhere must not be.
        if path.is_symlink() {
            let why = std::io::Error::other("it is a symbolic link");
            return Err(Error::io("open", path)(why));
        }
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path)
            .map_err(Error::io("open", path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::Locked { path: path.to_owned(), holder: holder_in(path) });
            }
            Err(TryLockError::Error(e)) => return Err(Error::io("lock", path)(e)),
        }
        file.set_len(0).map_err(Error::io("write", path))?;
        match file.write_all(holder.as_bytes()).map_err(Error::io("write", path)) {
            // On a full disk the lock is held all the same; what the run needs is told where it writes.
            Err(error) if !error.is_no_room() => Err(error),
            _ => Ok(Box::new(FileLock(file))),
        }
    }
}
