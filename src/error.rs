//! Why a command stops: findings an analyst can mend, or a failure of the environment.
//!
//! In: diagnostics, operating-system errors. Out: [`Stop`], which carries the exit status. Must not know: how any of it
//! is shown.

use crate::diag::Diagnostic;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Exit statuses of the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Rules or data fail, or too many customers are undetermined.
    Failed = 1,
    /// Usage or configuration.
    Usage = 2,
    /// Another run holds the lock.
    Locked = 3,
    /// Input or output failed.
    InputOutput = 4,
    /// A defect of tierwright.
    Defect = 70,
    /// Interrupted.
    Interrupted = 130,
}

/// A failure of the environment: files, locks, or a defect of ours.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An operation on a file failed.
    #[error("cannot {operation} {}: {source}{}", path.display(), advice(source))]
    Io {
        /// What was tried, as a verb: "read", "create", "rename".
        operation: &'static str,
        /// On which path.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// There is no room for what is written, and it is known how much would do.
    #[error("cannot {operation} {}: {source}; {need}{}", path.display(), advice(source))]
    NoRoom {
        /// What was tried, as a verb.
        operation: &'static str,
        /// On which path.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
        /// What it takes in all: `the run needs 61440 bytes …`.
        need: String,
    },
    /// A file is not what it should be (a broken Parquet file, an unreadable run record).
    #[error("{}: {message}", path.display())]
    Format {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// Another process works on the same output.
    #[error("another run holds the lock {}: {holder}", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// Who holds it: process, host and since when.
        holder: String,
    },
    /// The system gives no threads.
    #[error("the system gives no threads: {0}; ask for fewer with `--threads`, or raise the limit (`ulimit -u`, `-v`)")]
    Threads(String),
    /// Files of a committed run are no longer what was committed.
    #[error("{message}", message = changed(folder, files))]
    Changed {
        /// The run's folder.
        folder: PathBuf,
        /// What is wrong with which file.
        files: Vec<String>,
    },
    /// A defect of tierwright, never of the analyst's files.
    #[error("this is a defect of tierwright, not of your project: {0}")]
    Defect(String),
}

/// What to do where the system says that there is no room.
fn advice(source: &std::io::Error) -> &'static str {
    match source.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "; make room on that file system, or name another folder with `--out`"
        }
        ErrorKind::FileTooLarge => {
            "; raise how large a file may be (`ulimit -f`), or write smaller files with `output.rows_per_file`"
        }
        // Too many open files, wherever that number is known.
        _ if source.raw_os_error() == Some(24) => {
            "; raise how many files may be open (`ulimit -n`), or read tables in fewer parts (`--parts`)"
        }
        _ => "",
    }
}

fn changed(folder: &Path, files: &[String]) -> String {
    let folder = folder.display();
    format!(
        "the run in {folder} is no longer what was committed: {}; put the files back, or remove the run's folder and run again",
        files.join("; ")
    )
}

impl Error {
    /// Wraps an operating-system error; for use in `map_err(Error::io("read", path))`.
    pub fn io(operation: &'static str, path: impl AsRef<Path>) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.as_ref().to_owned();
        move |source| Error::Io { operation, path, source }
    }

    /// Whether there was no room for what was written: on the device, in a quota or in one file.
    pub fn is_no_room(&self) -> bool {
        let full = [ErrorKind::StorageFull, ErrorKind::QuotaExceeded, ErrorKind::FileTooLarge];
        matches!(self, Error::Io { source, .. } if full.contains(&source.kind()))
    }
}

/// Why a use case stopped without its answer.
#[derive(Debug)]
pub enum Stop {
    /// Usage or configuration: project file, manifests, parameters, arguments. Exit 2.
    Configuration(Vec<Diagnostic>),
    /// Rules or data. Exit 1.
    Findings(Vec<Diagnostic>),
    /// The environment failed. Exit 3, 4 or 70.
    Error(Error),
}

impl Stop {
    /// The status the process ends with.
    pub fn exit(&self) -> Exit {
        match self {
            Stop::Configuration(_) => Exit::Usage,
            Stop::Findings(_) => Exit::Failed,
            Stop::Error(Error::Locked { .. }) => Exit::Locked,
            Stop::Error(Error::Defect(_)) => Exit::Defect,
            Stop::Error(_) => Exit::InputOutput,
        }
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::Error(error)
    }
}

/// Result of a use case.
pub type Result<T, E = Stop> = std::result::Result<T, E>;
