//! A folder whose files lie in other places.
//!
//! In: a [`System`], a folder, where each file of it really is. Out: [`Patchwork`], a system on which the folder has those files and no others. Must
//! not know: what is in them. Writing goes where it says.

use super::{File, Lock, OutFile, Room, System};
use crate::error::Error;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A system on which a folder has the files that it was given.
pub struct Patchwork<'s> {
    system: &'s dyn System,
    shown: PathBuf,
    /// By their paths inside the folder.
    files: BTreeMap<PathBuf, PathBuf>,
}

impl<'s> Patchwork<'s> {
    /// The folder `shown` with these files, by their paths inside it.
    pub fn new(system: &'s dyn System, shown: PathBuf, files: BTreeMap<PathBuf, PathBuf>) -> Patchwork<'s> {
        Patchwork { system, shown, files }
    }

    /// The path inside the folder; `None` for one elsewhere.
    fn inside<'p>(&self, path: &'p Path) -> Option<&'p Path> {
        path.strip_prefix(&self.shown).ok()
    }

    fn there(&self, path: &Path) -> PathBuf {
        let real = self.inside(path).map(|inside| self.files.get(inside).cloned());
        // What is no file here is none there either.
        real.map_or_else(|| path.to_owned(), |real| real.unwrap_or_else(|| self.shown.join(".not here")))
    }

    fn is_folder(&self, inside: &Path) -> bool {
        self.files.keys().any(|file| file != inside && file.starts_with(inside))
    }
}

/// The files below a folder, by their paths inside it.
///
/// # Errors
/// [`Error::Io`].
pub fn files_below(system: &dyn System, folder: &Path) -> Result<BTreeMap<PathBuf, PathBuf>, Error> {
    let (mut found, mut open) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(next) = open.pop() {
        for path in system.list(&next)? {
            let is_hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
            if is_hidden {
                continue;
            }
            if system.is_dir(&path) {
                open.push(path);
            } else if let Ok(inside) = path.strip_prefix(folder) {
                found.insert(inside.to_owned(), path.clone());
            }
        }
    }
    Ok(found)
}

impl System for Patchwork<'_> {
    fn now_micros(&self) -> i64 {
        self.system.now_micros()
    }

    fn env(&self, name: &str) -> Option<String> {
        self.system.env(name)
    }

    fn holder(&self) -> String {
        self.system.holder()
    }

    fn open(&self, path: &Path) -> Result<(File, u64), Error> {
        self.system.open(&self.there(path))
    }

    fn list(&self, path: &Path) -> Result<Vec<PathBuf>, Error> {
        let Some(inside) = self.inside(path) else { return self.system.list(path) };
        let below = self.files.keys().filter_map(|file| file.strip_prefix(inside).ok()?.iter().next());
        let mut names: Vec<PathBuf> = below.map(|name| path.join(name)).collect();
        names.sort();
        names.dedup();
        Ok(names)
    }

    fn exists(&self, path: &Path) -> bool {
        match self.inside(path) {
            Some(inside) => self.files.contains_key(inside) || self.is_folder(inside),
            None => self.system.exists(path),
        }
    }

    fn is_dir(&self, path: &Path) -> bool {
        self.inside(path).map_or_else(|| self.system.is_dir(path), |inside| self.is_folder(inside))
    }

    fn is_dangling(&self, path: &Path) -> bool {
        self.system.is_dangling(&self.there(path))
    }

    fn real_path(&self, path: &Path) -> Result<PathBuf, Error> {
        let Some(inside) = self.inside(path) else { return self.system.real_path(path) };
        Ok(self.system.real_path(&self.shown).unwrap_or_else(|_| self.shown.clone()).join(inside))
    }

    fn create_dir(&self, path: &Path) -> Result<(), Error> {
        self.system.create_dir(path)
    }

    fn create(&self, path: &Path) -> Result<Box<dyn OutFile>, Error> {
        self.system.create(path)
    }

    fn append(&self, path: &Path, line: &str) -> Result<(), Error> {
        self.system.append(path, line)
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<(), Error> {
        self.system.rename(from, to)
    }

    fn sync_dir(&self, path: &Path) -> Result<(), Error> {
        self.system.sync_dir(path)
    }

    fn remove_dir(&self, path: &Path) -> Result<(), Error> {
        self.system.remove_dir(path)
    }

    fn room(&self, path: &Path) -> Option<Room> {
        self.system.room(path)
    }

    fn lock(&self, path: &Path, holder: &str) -> Result<Box<dyn Lock>, Error> {
        self.system.lock(path, holder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::Os;

    #[test]
    fn a_folder_has_the_files_that_it_was_given() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        for (path, text) in
            [("a/rules/x.rhai", "old"), ("a/other", "own"), ("b/x.rhai", "new"), ("b/lib/y.rhai", "more")]
        {
            std::fs::create_dir_all(at(path).parent().unwrap()).unwrap();
            std::fs::write(at(path), text).unwrap();
        }
        let files = files_below(&Os, &at("b")).unwrap();
        assert_eq!(files.keys().map(|path| path.to_str().unwrap()).collect::<Vec<_>>(), ["lib/y.rhai", "x.rhai"]);
        let seen = Patchwork::new(&Os, at("a/rules"), files);
        assert_eq!(seen.read_text(&at("a/rules/x.rhai")).unwrap(), "new");
        assert_eq!(seen.read_text(&at("a/other")).unwrap(), "own");
        assert_eq!(seen.list(&at("a/rules")).unwrap(), [at("a/rules/lib"), at("a/rules/x.rhai")]);
        assert_eq!(seen.list(&at("a/rules/lib")).unwrap(), [at("a/rules/lib/y.rhai")]);
        assert!(seen.exists(&at("a/rules/lib/y.rhai")) && seen.is_dir(&at("a/rules/lib")));
        assert!(!seen.exists(&at("a/rules/z.rhai")) && !seen.is_dir(&at("a/rules/x.rhai")));
        assert!(seen.read(&at("a/rules/z.rhai")).is_err());
        let real = std::fs::canonicalize(at("a/rules")).unwrap();
        assert_eq!(seen.real_path(&at("a/rules/x.rhai")).unwrap(), real.join("x.rhai"));
    }
}
