//! Keys that runs found changed: what was decided under an old key is found under the new one.
//!
//! In: the file of aliases in a committed run's folder. Out: [`Renamed`]. Must not know: how an alias was followed when the run was made
//! ([`super::aliases`]), what is found under the keys. Start at [`between`].

use super::aliases::{ALIASES, NEW_KEY, OLD_KEY};
use super::history;
use super::keys::Keys;
use super::layout::{Layout, RECORD};
use super::prior::read_column;
use super::record::Record;
use crate::error::Error;
use crate::system::System;
use polars::prelude::Series;
use std::path::Path;

/// Keys that a run found changed since its prior run.
#[derive(Clone, Debug)]
pub struct Renamed {
    old: Keys,
    new: Series,
    /// Whether the customer goes on from what was decided under the old key.
    taken: Vec<bool>,
}

impl Renamed {
    /// What a run says of changed keys; `None` of one that says nothing.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Format`]: the file is gone or broken.
    pub fn read(system: &dyn System, folder: &Path, record: &Record) -> Result<Option<Renamed>, Error> {
        if !record.outputs.iter().any(|file| file.path == ALIASES) {
            return Ok(None);
        }
        let path = folder.join(ALIASES);
        let wrong = |e: &dyn std::fmt::Display| Error::Format { path: path.clone(), message: e.to_string() };
        let column = |name: &str| read_column(system, &path, name);
        let (old, new) = (column(OLD_KEY)?, column(NEW_KEY)?);
        let (effect, taken) = (column("effect")?, column("taken")?);
        let effects = effect.str().map_err(|e| wrong(&e))?;
        let taken: Vec<bool> = taken.bool().map_err(|e| wrong(&e))?.iter().map(|taken| taken == Some(true)).collect();
        let follows = |effect: Option<&str>| matches!(effect, Some("renamed" | "merged" | "gone"));
        let rows: Vec<u32> = (0..).zip(effects.iter()).filter(|(_, e)| follows(*e)).map(|(row, _)| row).collect();
        let gone = |row: &u32| effects.get(*row as usize) == Some("gone");
        Ok(Some(Renamed {
            old: Keys::new(&old.take_slice(&rows).map_err(|e| wrong(&e))?)?,
            new: new.take_slice(&rows).map_err(|e| wrong(&e))?,
            taken: rows.iter().map(|row| taken[*row as usize] || gone(row)).collect(),
        }))
    }

    /// The rows of an earlier run that go on, and their keys in this one; those that a merger did not take are left out. `None` where the keys
    /// are of another type, so that none of them is an old key.
    ///
    /// # Errors
    /// [`Error::Defect`]: keys that are none.
    pub fn follow(&self, key: &Series) -> Result<Option<(Vec<u32>, Series)>, Error> {
        let failed = |e| Error::Defect(format!("keys that changed: {e}"));
        if key.dtype() != self.new.dtype() {
            return Ok(None);
        }
        let own = key.len() as u32;
        let found = Keys::new(key)?.find_in(&self.old);
        let stays = |row: &u32| found[*row as usize].is_none_or(|at| self.taken[at as usize]);
        let rows: Vec<u32> = (0..own).filter(stays).collect();
        let places: Vec<u32> = rows.iter().map(|row| found[*row as usize].map_or(*row, |at| own + at)).collect();
        let mut keys = key.clone();
        keys.append(&self.new.clone().with_name(keys.name().clone())).map_err(failed)?;
        Ok(Some((rows, keys.take_slice(&places).map_err(failed)?)))
    }
}

/// What the runs from after `first` up to `last` say of changed keys, the earliest first: the runs that `last` stands on, each the prior one of the
/// next. Nothing where both are of one cycle.
///
/// # Errors
/// [`Error::Io`], [`Error::Format`]: a record or a file of aliases is gone or broken.
pub fn between(system: &dyn System, layout: &Layout, first: &Record, last: &Record) -> Result<Vec<Renamed>, Error> {
    let mut renamed = Vec::new();
    let mut at = last.clone();
    // Names of cycles are in the order of their years, which go down.
    while at.run != first.run && at.identity.cycle > first.identity.cycle {
        let folder = layout.run(&at.identity.cycle, &at.run);
        renamed.extend(Renamed::read(system, &folder, &at)?);
        let Some(prior) = &at.identity.prior else { break };
        let Some(cycle) = history::cycle_of(system, layout, prior)?.filter(|cycle| *cycle < at.identity.cycle) else {
            break;
        };
        at = Record::read(system, &layout.run(&cycle, prior).join(RECORD))?;
    }
    renamed.reverse();
    Ok(renamed)
}
