//! From staging to a final path.
//!
//! In: a folder in staging whose files are written and synced, and its record. Out: a committed or failed run. Must not
//! know: what the files hold. Renaming the whole folder is the commit point: before it everything that the commit writes
//! lies in staging, synced, behind it are two renames. Nothing half-written is ever at a final path, and a committed run
//! is never written to. docs/output.md says what a crash leaves at each point.

use super::history::{self, Slot};
use super::intact;
use super::layout::{Layout, RECORD, TIMINGS};
use super::record::{OutputFile, Record, Timings, json};
use crate::error::Error;
use crate::system::System;
use std::path::{Path, PathBuf};

/// Publishes a staged run: record, timings, the next history and CURRENT into staging, the folder to `runs/`, then
/// history and CURRENT to their places.
///
/// # Errors
/// [`Error::Io`]. Before the rename nothing has happened; after it the run stands, and the next run enters it.
pub fn commit(system: &dyn System, layout: &Layout, record: &Record, timings: &Timings) -> Result<PathBuf, Error> {
    let to = layout.run(&record.identity.cycle, &record.run);
    complete(system, layout, record, timings, &to)?;
    let entered = history::prepare(system, layout, &Slot::of(record), &record.run)?;
    system.rename(&layout.stage(&record.run), &to)?;
    entered.publish(system, layout)?;
    Ok(to)
}

/// Puts a staged run aside as failed; an earlier failure of the same identity is replaced.
///
/// # Errors
/// [`Error::Io`].
pub fn fail(system: &dyn System, layout: &Layout, record: &Record, timings: &Timings) -> Result<PathBuf, Error> {
    let to = layout.failed(&record.run);
    complete(system, layout, record, timings, &to)?;
    // The earlier one goes as a whole, so that nobody finds a part of it.
    let earlier = layout.stage(&format!("replaced-{}", record.run));
    let is_replaced = system.exists(&to);
    if is_replaced {
        system.rename(&to, &earlier)?;
    }
    system.rename(&layout.stage(&record.run), &to)?;
    if is_replaced {
        system.remove_dir(&earlier)?;
    }
    Ok(to)
}

/// What is left to do before a staged folder is renamed: record and timings, the folder that it goes to.
fn complete(system: &dyn System, layout: &Layout, record: &Record, timings: &Timings, to: &Path) -> Result<(), Error> {
    let stage = layout.stage(&record.run);
    system.write(&stage.join(TIMINGS), json(timings)?.as_bytes())?;
    system.write(&stage.join(RECORD), record.to_json()?.as_bytes())?;
    system.sync_dir(&stage)?;
    if let Some(parent) = to.parent() {
        system.create_dir(parent)?;
        for folder in parent.ancestors().take_while(|folder| folder.starts_with(layout.base())) {
            system.sync_dir(folder)?;
        }
    }
    Ok(())
}

/// The committed run of an identity, if there is one.
///
/// # Errors
/// [`Error::Format`]: its folder is there and its record is not readable.
pub fn committed(system: &dyn System, layout: &Layout, cycle: &str, run: &str) -> Result<Option<Record>, Error> {
    let folder = layout.run(cycle, run);
    if !system.exists(&folder) {
        return Ok(None);
    }
    Record::read(system, &folder.join(RECORD)).map(Some)
}

/// How a committed run differs from the same run computed again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Differences {
    /// Files that only one has, or whose recorded hashes differ.
    pub computed: Vec<String>,
    /// Files of the committed run that are no longer what its record says, that it did not write, and the record where it is none of these files.
    pub changed: Vec<String>,
}

/// How a staged run differs from the committed one; empty if they are equal.
///
/// # Errors
/// [`Error::Io`].
pub fn differences(
    system: &dyn System,
    layout: &Layout,
    committed: &Record,
    staged: &Record,
) -> Result<Differences, Error> {
    let folder = layout.run(&committed.identity.cycle, &committed.run);
    let find = |files: &[OutputFile], path: &str| files.iter().find(|f| f.path == path).cloned();
    let (mut found, mut changed) = (Vec::new(), Vec::new());
    for new in &staged.outputs {
        match find(&committed.outputs, &new.path) {
            None => found.push(format!("{} is not in the committed run", new.path)),
            Some(old) if old != *new => found.push(format!("{} differs", new.path)),
            Some(_) => {}
        }
    }
    for old in &committed.outputs {
        if find(&staged.outputs, &old.path).is_none() {
            found.push(format!("{} is only in the committed run", old.path));
        }
        changed.extend(intact::bytes(system, &folder, old)?);
    }
    changed.extend(intact::strays(system, &folder, committed)?);
    // As text: reading a float back may change its last bit. All that it says follows from the identity and the files, which are the same.
    if found.is_empty() && changed.is_empty() && system.read_text(&folder.join(RECORD))? != staged.to_json()? {
        changed.push(intact::other(RECORD));
    }
    Ok(Differences { computed: found, changed })
}
