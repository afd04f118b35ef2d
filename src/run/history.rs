//! Which run is current: `history.jsonl` and `CURRENT`.
//!
//! In: the output folder. Out: [`Current`]. Must not know: what a run contains beyond its record. The history is replaced
//! first and is the truth; CURRENT is its replay, kept for readers and rebuilt whenever it differs. Both are written in
//! staging and renamed, so that whoever opens them finds the old text or the new one. Start at [`recover`].

use super::layout::{Layout, RECORD};
use super::record::{Record, json};
use crate::error::Error;
use crate::system::System;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Cycle, phase and scenario: what has one current run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Slot {
    /// `FY2016`.
    pub cycle: String,
    /// `SP`, `BP`, `monitor`.
    pub phase: String,
    /// `base` unless named.
    pub scenario: String,
}

impl Slot {
    /// The slot of a committed run.
    pub fn of(record: &Record) -> Slot {
        let identity = &record.identity;
        let (cycle, scenario) = (identity.cycle.clone(), identity.scenario.clone());
        Slot { cycle, phase: record.slot_phase.clone(), scenario }
    }
}

/// One line of the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    at: String,
    #[serde(flatten)]
    slot: Slot,
    run: String,
    previous: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct CurrentFile {
    format: u32,
    current: Vec<CurrentRun>,
}

#[derive(Serialize, Deserialize)]
struct CurrentRun {
    #[serde(flatten)]
    slot: Slot,
    run: String,
}

/// The current run of each slot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Current {
    runs: BTreeMap<Slot, String>,
}

impl Current {
    /// The current run of a slot.
    pub fn run(&self, slot: &Slot) -> Option<&str> {
        self.runs.get(slot).map(String::as_str)
    }

    /// All slots with their runs, in the order of cycle, phase, scenario.
    pub fn iter(&self) -> impl Iterator<Item = (&Slot, &str)> {
        self.runs.iter().map(|(slot, run)| (slot, run.as_str()))
    }

    /// The run that is current now in place of the one whose decisions a current run stands on; none where that is still current, was
    /// deleted, or where there is none.
    pub fn replaced_prior(&self, record: &Record, committed: &[Record]) -> Option<&str> {
        if self.run(&Slot::of(record)) != Some(record.run.as_str()) {
            return None;
        }
        let prior = record.identity.prior.as_deref()?;
        let prior = committed.iter().find(|other| other.run == prior)?;
        self.run(&Slot::of(prior)).filter(|now| *now != prior.run && *now != record.run)
    }

    fn text(&self) -> Result<String, Error> {
        let current = self.runs.iter().map(|(slot, run)| CurrentRun { slot: slot.clone(), run: run.clone() }).collect();
        json(&CurrentFile { format: super::identity::FORMAT, current })
    }

    fn parse(text: &str) -> Option<Current> {
        let file: CurrentFile = serde_json::from_str(text).ok()?;
        Some(Current { runs: file.current.into_iter().map(|c| (c.slot, c.run)).collect() })
    }
}

/// What the history says.
#[derive(Default)]
struct History {
    there: bool,
    /// The whole file.
    text: String,
    entries: Vec<Entry>,
    /// Lines that are no entries: the last one may be cut by a disk that was full or lost power, others are damage.
    torn: bool,
    damaged: bool,
}

impl History {
    fn read(system: &dyn System, layout: &Layout) -> Result<History, Error> {
        if !system.exists(&layout.history()) {
            return Ok(History::default());
        }
        let bytes = system.read(&layout.history())?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let mut history =
            History { there: true, torn: !text.is_empty() && !text.ends_with('\n'), ..History::default() };
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        for (number, line) in lines.iter().enumerate() {
            match serde_json::from_str(line) {
                Ok(entry) => history.entries.push(entry),
                Err(_) if number + 1 == lines.len() => history.torn = true,
                Err(_) => history.damaged = true,
            }
        }
        history.text = text;
        Ok(history)
    }

    fn replay(&self) -> Current {
        let mut current = Current::default();
        for entry in &self.entries {
            current.runs.insert(entry.slot.clone(), entry.run.clone());
        }
        current
    }

    /// Adds a line.
    fn enter(&mut self, system: &dyn System, slot: Slot, run: String) -> Result<(), Error> {
        let previous = self.replay().runs.remove(&slot);
        let entry = Entry { at: now(system), slot, run, previous };
        self.text += &line(&entry)?;
        self.entries.push(entry);
        Ok(())
    }

    /// Takes out what is no line of a history.
    fn mend(&mut self) -> Result<(), Error> {
        self.text = self.entries.iter().map(line).collect::<Result<String, Error>>()?;
        Ok(())
    }
}

/// The current runs, without writing anything: the history's if there is one, else CURRENT's.
///
/// # Errors
/// [`Error::Io`].
pub fn read(system: &dyn System, layout: &Layout) -> Result<Current, Error> {
    let history = History::read(system, layout)?;
    if history.entries.is_empty() {
        return Ok(current_file(system, layout).unwrap_or_default());
    }
    Ok(history.replay())
}

/// The slot and the run that became current last; without a history the last of CURRENT.
///
/// # Errors
/// [`Error::Io`].
pub fn last(system: &dyn System, layout: &Layout) -> Result<Option<(Slot, String)>, Error> {
    let history = History::read(system, layout)?;
    let last = history.entries.last().map(|entry| (entry.slot.clone(), entry.run.clone()));
    let of_file = || current_file(system, layout)?.runs.into_iter().next_back();
    Ok(last.or_else(of_file))
}

/// The runs in the order in which they became current, the newest last; one that became so again stands there again.
///
/// # Errors
/// [`Error::Io`].
pub fn order(system: &dyn System, layout: &Layout) -> Result<Vec<String>, Error> {
    Ok(History::read(system, layout)?.entries.into_iter().map(|entry| entry.run).collect())
}

/// Puts the output folder in order, and gives the current runs. To be called by the holder of the lock, before
/// anything else. Removes what a crash left in staging; enters runs that were committed but not yet entered; mends a
/// torn history; rebuilds CURRENT where it differs.
///
/// # Errors
/// [`Error::Io`].
pub fn recover(system: &dyn System, layout: &Layout) -> Result<Current, Error> {
    if system.exists(&layout.staging()) {
        system.remove_dir(&layout.staging())?;
    }
    let mut history = History::read(system, layout)?;
    let file = current_file(system, layout);
    let before = history.text.clone();
    if history.torn || history.damaged {
        history.mend()?;
    }
    for record in unentered(system, layout, &history)? {
        history.enter(system, Slot::of(&record), record.run)?;
    }
    // Without a whole history, what CURRENT says is younger than what the folders say.
    if let Some(file) = file.as_ref().filter(|_| !history.there || history.damaged) {
        let replayed = history.replay();
        for (slot, run) in file.runs.iter().filter(|(slot, run)| replayed.run(slot) != Some(run)) {
            history.enter(system, slot.clone(), run.clone())?;
        }
    }
    if history.text != before {
        system.create_dir(&layout.staging())?;
        system.write(&layout.next_history(), history.text.as_bytes())?;
        system.rename(&layout.next_history(), &layout.history())?;
    }
    let current = history.replay();
    if file.as_ref() != Some(&current)
        && (file.is_some() || !current.runs.is_empty() || system.exists(&layout.current()))
    {
        system.create_dir(&layout.staging())?;
        system.write(&layout.next_current(), current.text()?.as_bytes())?;
        system.rename(&layout.next_current(), &layout.current())?;
    }
    Ok(current)
}

/// Makes a committed run current.
///
/// # Errors
/// [`Error::Io`]; the next [`recover`] finishes what was begun.
pub fn enter(system: &dyn System, layout: &Layout, slot: &Slot, run: &str) -> Result<(), Error> {
    prepare(system, layout, slot, run)?.publish(system, layout)
}

/// History and CURRENT in staging, whole, with a run entered: what is left to do needs no room on the disk.
#[must_use = "a run that is not entered is not current"]
pub struct Prepared(());

/// Writes history and CURRENT, with a run entered, where nobody reads them yet.
///
/// # Errors
/// [`Error::Io`]; nothing has happened then.
pub fn prepare(system: &dyn System, layout: &Layout, slot: &Slot, run: &str) -> Result<Prepared, Error> {
    let mut history = History::read(system, layout)?;
    history.enter(system, slot.clone(), run.to_owned())?;
    system.create_dir(&layout.staging())?;
    system.write(&layout.next_history(), history.text.as_bytes())?;
    system.write(&layout.next_current(), history.replay().text()?.as_bytes())?;
    Ok(Prepared(()))
}

impl Prepared {
    /// Puts the texts in their places: the history, then CURRENT.
    ///
    /// # Errors
    /// [`Error::Io`]; the next [`recover`] finishes what was begun.
    pub fn publish(self, system: &dyn System, layout: &Layout) -> Result<(), Error> {
        system.rename(&layout.next_history(), &layout.history())?;
        system.rename(&layout.next_current(), &layout.current())
    }
}

/// The folder of the committed run of an id, if there is one.
///
/// # Errors
/// [`Error::Io`].
pub fn folder(system: &dyn System, layout: &Layout, run: &str) -> Result<Option<PathBuf>, Error> {
    for cycle in system.list(&layout.runs())? {
        if let Some(folder) = named(system, &cycle, run)? {
            return Ok(Some(folder));
        }
    }
    Ok(None)
}

/// The cycle of the committed run of an id, if there is one.
///
/// # Errors
/// [`Error::Io`].
pub fn cycle_of(system: &dyn System, layout: &Layout, run: &str) -> Result<Option<String>, Error> {
    let folder = folder(system, layout, run)?.filter(|folder| system.exists(&folder.join(RECORD)));
    let cycle = folder.as_deref().and_then(Path::parent).and_then(Path::file_name);
    Ok(cycle.and_then(|name| name.to_str()?.strip_prefix("cycle=").map(str::to_owned)))
}

/// What has this name in a folder. Names are compared, as one that was typed may lead elsewhere.
///
/// # Errors
/// [`Error::Io`].
pub fn named(system: &dyn System, folder: &Path, name: &str) -> Result<Option<PathBuf>, Error> {
    let is_named = |path: &PathBuf| path.file_name().is_some_and(|own| own.to_string_lossy() == name);
    Ok(system.list(folder)?.into_iter().find(is_named))
}

/// What lies among the committed runs.
#[derive(Debug, Default)]
pub struct OnDisk {
    /// The runs, by cycle and id.
    pub runs: Vec<Record>,
    /// Folders whose record is not there or cannot be read, with what is wrong with it: they are no runs.
    pub damaged: Vec<(PathBuf, Error)>,
}

/// Every committed run on disk, and what is none of them.
///
/// # Errors
/// [`Error::Io`].
pub fn on_disk(system: &dyn System, layout: &Layout) -> Result<OnDisk, Error> {
    let mut found = OnDisk::default();
    for cycle in system.list(&layout.runs())? {
        for run in system.list(&cycle)? {
            match Record::read(system, &run.join(RECORD)) {
                Ok(record) => found.runs.push(record),
                Err(error) => found.damaged.push((run, error)),
            }
        }
    }
    Ok(found)
}

/// Every committed run on disk, by cycle and id. A folder without a readable record is no run.
///
/// # Errors
/// [`Error::Io`].
pub fn committed(system: &dyn System, layout: &Layout) -> Result<Vec<Record>, Error> {
    Ok(on_disk(system, layout)?.runs)
}

/// The same of one cycle.
///
/// # Errors
/// [`Error::Io`].
pub fn of_cycle(system: &dyn System, layout: &Layout, cycle: &str) -> Result<Vec<Record>, Error> {
    let runs = system.list(&layout.cycle(cycle))?;
    Ok(runs.into_iter().filter_map(|run| Record::read(system, &run.join(RECORD)).ok()).collect())
}

fn unentered(system: &dyn System, layout: &Layout, history: &History) -> Result<Vec<Record>, Error> {
    let known: BTreeSet<&str> = history.entries.iter().map(|e| e.run.as_str()).collect();
    let mut records = Vec::new();
    for cycle in system.list(&layout.runs())? {
        for run in system.list(&cycle)? {
            let id = run.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            if !known.contains(id.as_str()) {
                records.extend(Record::read(system, &run.join(RECORD)).ok().filter(|r| r.run == id));
            }
        }
    }
    Ok(records)
}

fn current_file(system: &dyn System, layout: &Layout) -> Option<Current> {
    Current::parse(&system.read_text(&layout.current()).ok()?)
}

/// An entry as the history has it, with the line's end.
fn line(entry: &Entry) -> Result<String, Error> {
    let line = serde_json::to_string(entry).map_err(|e| Error::Defect(format!("no JSON of the history: {e}")))?;
    Ok(line + "\n")
}

/// Now, in UTC, as ISO 8601.
pub fn now(system: &dyn System) -> String {
    Timestamp::from_microsecond(system.now_micros()).map(|t| t.to_string()).unwrap_or_default()
}
