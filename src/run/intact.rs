//! Whether a committed run is what was committed.
//!
//! In: a run's folder and record. Out: nothing, or [`Error::Changed`] with every file that is not. Must not know: what the files hold, who reads them.
//!
//! A run stands for what was decided once. What goes on from it, such as the next cycle, looks first whether its files are still those that the record names.

use super::identity::hash;
use super::layout::{RECORD, TIMINGS};
use super::record::{OutputFile, Record};
use crate::error::Error;
use crate::system::System;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::path::Path;

/// Looks at the bytes of some files of a run, and whether its record says which run it is. Files are read by the threads of the pool that this is called in.
///
/// # Errors
/// [`Error::Changed`]; [`Error::Io`].
pub fn check(system: &dyn System, folder: &Path, record: &Record, wanted: impl Fn(&str) -> bool) -> Result<(), Error> {
    let files: Vec<&OutputFile> = record.outputs.iter().filter(|file| wanted(&file.path)).collect();
    let looked: Vec<Result<Option<String>, Error>> = files.par_iter().map(|file| bytes(system, folder, file)).collect();
    let mut found: Vec<String> = own(record).into_iter().collect();
    for one in looked {
        found.extend(one?);
    }
    told(folder, found)
}

/// Looks whether every file of a run is there with its size; reads none.
///
/// # Errors
/// As [`check`].
pub fn sizes(system: &dyn System, folder: &Path, record: &Record) -> Result<(), Error> {
    let mut found: Vec<String> = own(record).into_iter().collect();
    for file in &record.outputs {
        let path = folder.join(&file.path);
        if !system.exists(&path) {
            found.push(gone(file));
        } else if system.open(&path)?.1 != file.bytes {
            found.push(other(&file.path));
        }
    }
    told(folder, found)
}

/// What is wrong with the bytes of a file, if anything is.
///
/// # Errors
/// [`Error::Io`].
pub(super) fn bytes(system: &dyn System, folder: &Path, file: &OutputFile) -> Result<Option<String>, Error> {
    let path = folder.join(&file.path);
    if !system.exists(&path) {
        return Ok(Some(gone(file)));
    }
    Ok((hash(&system.read(&path)?) != file.hash).then(|| other(&file.path)))
}

/// What is wrong with the record itself: the run that its identity stands for must be this one.
pub(super) fn own(record: &Record) -> Option<String> {
    (record.identity.run_id() != record.run).then(|| other(RECORD))
}

/// Files in a run's folder that it did not write.
///
/// # Errors
/// [`Error::Io`].
pub(super) fn strays(system: &dyn System, folder: &Path, record: &Record) -> Result<Vec<String>, Error> {
    let known: BTreeSet<&str> = record.outputs.iter().map(|file| file.path.as_str()).chain([RECORD, TIMINGS]).collect();
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for path in system.list(&next)? {
            if system.is_dir(&path) {
                folders.push(path);
                continue;
            }
            let shown = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            if !known.contains(shown.as_str()) {
                found.push(format!("{shown} was put there after it was committed"));
            }
        }
    }
    found.sort();
    Ok(found)
}

pub(super) fn other(path: &str) -> String {
    format!("{path} was changed after it was committed")
}

fn gone(file: &OutputFile) -> String {
    format!("{} is gone", file.path)
}

fn told(folder: &Path, files: Vec<String>) -> Result<(), Error> {
    if files.is_empty() { Ok(()) } else { Err(Error::Changed { folder: folder.to_owned(), files }) }
}
