//! Data files that are no longer what was read.
//!
//! In: files with their hashes, and what they were known by when they were read. Out: findings. Must not know: what the
//! files hold, what a run does with them. Start at [`changed`].

use super::Input;
use super::source_file::SourceFile;
use crate::diag::{Diagnostic, ids};
use crate::error::Error;
use crate::system::{FileState, System};
use std::path::Path;

/// A finding for each file that is gone or has other bytes by now, in the order of the files. A file whose size and times
/// are as they were is taken to be the same; another is read again.
///
/// # Errors
/// [`Error::Io`].
pub fn changed(system: &dyn System, root: &Path, inputs: &[Input]) -> Result<Vec<Diagnostic>, Error> {
    let mut found = Vec::new();
    for input in inputs {
        let Some(state) = input.state else { continue };
        let what = match now(system, &root.join(&input.path), state)? {
            Now::Same => continue,
            Now::Gone => "is gone since it was read",
            Now::Read(hash) if hash == input.hash => continue,
            Now::Read(_) => "was changed after it was read, and before the run was committed",
        };
        let finding = Diagnostic::error(ids::FILE_CHANGED, format!("`{}` {what}", input.path)).located(&input.path);
        found.push(finding.help("run again: what is there now is graded then"));
    }
    Ok(found)
}

/// Whether a file has so many bytes, and these.
///
/// # Errors
/// [`Error::Io`].
pub fn is_same(system: &dyn System, root: &Path, path: &str, (bytes, hash): (u64, &str)) -> Result<bool, Error> {
    let path = root.join(path);
    if !system.exists(&path) {
        return Ok(false);
    }
    let Ok(file) = SourceFile::open(system, &path)? else { return Ok(false) };
    if file.size() != bytes {
        return Ok(false);
    }
    let whole = file.finish().map_err(Error::io("read", &path))?;
    Ok(!whole.changed && whole.hash == hash)
}

/// A file as it is now.
enum Now {
    Same,
    Gone,
    /// Its hash, as it may be another one.
    Read(String),
}

fn now(system: &dyn System, path: &Path, state: FileState) -> Result<Now, Error> {
    if !system.exists(path) {
        return Ok(Now::Gone);
    }
    let Ok(file) = SourceFile::open(system, path)? else { return Ok(Now::Gone) };
    if file.state() == state {
        return Ok(Now::Same);
    }
    let whole = file.finish().map_err(Error::io("read", path))?;
    Ok(Now::Read(if whole.changed { String::new() } else { whole.hash }))
}
