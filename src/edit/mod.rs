//! Aids for whoever writes a project: a first draft from data files, schemas for editors, the data dictionary, an answer at each save.
//!
//! In: the project's folder, its plan, data files. Out: texts, and new files in the project's folder where that is asked for. Must not know:
//! terminals, runs. Start at [`schemas::write`].

pub mod answer;
pub mod dictionary;
pub mod draft;
pub mod schemas;
pub mod watched;

use crate::error::Error;
use crate::system::System;
use std::path::Path;

/// Puts a new text in the place of a file, so that whoever opens it finds the old text or the new one. A link stays one: what it leads to
/// is replaced.
///
/// # Errors
/// [`Error::Io`].
pub fn replace(system: &dyn System, path: &Path, text: &str) -> Result<(), Error> {
    let path = system.real_path(path)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let next = path.with_file_name(name);
    system.write(&next, text.as_bytes())?;
    system.rename(&next, &path)
}
