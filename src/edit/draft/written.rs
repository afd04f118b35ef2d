//! What one draft writes into a project's folder, so that a draft that fails leaves nothing behind.
//!
//! In: a folder, texts and bytes for it. Out: files, or the folder as it was. Must not know: what is in them.

use crate::edit::replace;
use crate::error::Error;
use crate::system::System;
use std::path::{Path, PathBuf};

/// Where files lie while they are taken away.
const GONE: &str = ".tierwright-undone";

/// Files and folders that were made so far.
pub(super) struct Written<'s> {
    system: &'s dyn System,
    root: PathBuf,
    files: Vec<PathBuf>,
    /// Each before those in it.
    folders: Vec<PathBuf>,
}

impl<'s> Written<'s> {
    /// Nothing yet.
    pub fn new(system: &'s dyn System, root: &Path) -> Written<'s> {
        Written { system, root: root.to_owned(), files: Vec::new(), folders: Vec::new() }
    }

    /// Makes a folder of the project with those above it.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn folder(&mut self, folder: &Path) -> Result<(), Error> {
        let missing = folder.ancestors().take_while(|path| !path.as_os_str().is_empty() && !self.system.exists(path));
        let mut missing: Vec<PathBuf> = missing.map(Path::to_owned).collect();
        missing.reverse();
        self.folders.extend(missing);
        self.system.create_dir(folder)
    }

    /// Writes a file that is not there yet, by its path in the project.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn write(&mut self, path: &str, bytes: &[u8]) -> Result<(), Error> {
        let full = self.root.join(path);
        if let Some(folder) = full.parent() {
            self.folder(folder)?;
        }
        self.files.push(full.clone());
        self.system.write(&full, bytes)
    }

    /// Writes a file anew that was written before.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn replace(&self, path: &str, text: &str) -> Result<(), Error> {
        replace(self.system, &self.root.join(path), text)
    }

    /// Takes away what was written, and folders in which nothing is left. What cannot be taken away stays: the error that is being told matters
    /// more.
    pub fn undo(self) {
        let gone = self.root.join(GONE);
        if !self.files.is_empty() && self.system.create_dir(&gone).is_ok() {
            for (number, file) in self.files.iter().enumerate().filter(|(_, file)| self.system.exists(file)) {
                let _ = self.system.rename(file, &gone.join(number.to_string()));
            }
            let _ = self.system.remove_dir(&gone);
        }
        for folder in self.folders.iter().rev() {
            if self.system.list(folder).is_ok_and(|inside| inside.is_empty()) {
                let _ = self.system.remove_dir(folder);
            }
        }
    }
}
