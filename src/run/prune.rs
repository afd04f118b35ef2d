//! Which committed runs may go.
//!
//! In: the records of all runs, which are current, the order in which they became so. Out: those that go. Must not know:
//! files. Start at [`choose`]; [`remove`] takes one away.
//!
//! Of each cycle, phase and scenario the newest runs stay. A run that is current stays, and so does one that a run which
//! stays has read as its prior: without it that run could not be computed again.

use super::history::{Current, Slot};
use super::layout::Layout;
use super::record::Record;
use crate::error::Error;
use crate::system::System;
use std::collections::{BTreeMap, HashSet};

/// The places of the runs that go, where `keep` of each slot stay; `order` names all runs, the newest last.
pub fn choose(records: &[Record], current: &Current, order: &[String], keep: usize) -> Vec<usize> {
    let age = |record: &Record| order.iter().rposition(|run| *run == record.run);
    let mut slots: BTreeMap<Slot, Vec<usize>> = BTreeMap::new();
    for (place, record) in records.iter().enumerate() {
        slots.entry(Slot::of(record)).or_default().push(place);
    }
    let mut kept: HashSet<usize> = HashSet::new();
    for (slot, mut places) in slots {
        places.sort_by_key(|place| std::cmp::Reverse((age(&records[*place]), *place)));
        let is_current = |place: &usize| current.run(&slot) == Some(records[*place].run.as_str());
        kept.extend(places.iter().copied().filter(is_current));
        kept.extend(places.into_iter().take(keep));
    }
    let mut open: Vec<usize> = kept.iter().copied().collect();
    while let Some(place) = open.pop() {
        let identity = &records[place].identity;
        for named in identity.prior.iter().chain(&identity.plan) {
            let needed = records.iter().position(|record| record.run == *named);
            open.extend(needed.filter(|needed| kept.insert(*needed)));
        }
    }
    (0..records.len()).filter(|place| !kept.contains(place)).collect()
}

/// Takes a run away: out of its place at once, so that nobody finds a part of it, then off the disk.
///
/// # Errors
/// [`Error::Io`]; what is left lies in staging, which the next run clears.
pub fn remove(system: &dyn System, layout: &Layout, record: &Record) -> Result<(), Error> {
    let gone = layout.stage(&format!("pruned-{}", record.run));
    system.create_dir(&layout.staging())?;
    system.rename(&layout.run(&record.identity.cycle, &record.run), &gone)?;
    system.remove_dir(&gone)
}

/// Bytes of a run's files.
pub fn bytes(record: &Record) -> u64 {
    record.outputs.iter().map(|file| file.bytes).sum()
}
