//! A table's rows, from its files to the files of its parts.
//!
//! In: a table, its files, where its references lead. Out: [`Spilled`]. Must not know: other tables' rows, what rows must
//! keep beside keys. Start at [`Spill::table`]; [`read_part`] gives the rows of a part back.
//!
//! Rows of one key can lie in several parts. Where they can, keys are settled here for the table as a whole: those of a
//! table that others refer to in memory, those of others in parts made by key.

use super::block::{Bytes, Reader, put};
use super::judge::{Account, Judging};
use super::route::{Sets, Way, route};
use super::store::{Store, Stored};
use super::{Place, World};
use crate::error::{Error, Stop};
use crate::manifest::model::{Duplicates, Mended, Table};
use crate::table::batch::Batch;
use crate::table::contract::{self, Repeats};
use crate::table::contracts;
use crate::table::contracts::rates::RateBook;
use crate::table::keys::Keys;
use crate::table::read::{MOST_ROWS, RawTable, begin, too_large};
use crate::table::rejected::Rejected;
use crate::table::stream::{shown, stream};
use crate::table::value::Noted;
use crate::table::{Lines, rows};
use hashbrown::DefaultHashBuilder;
use polars::prelude::{BooleanChunked, NewChunkedArray, Series};
use rayon::prelude::*;
use std::borrow::Cow;
use std::path::PathBuf;

/// A table in parts.
pub struct Spilled<'a> {
    /// What is known of it besides its rows.
    pub whole: RawTable<'a>,
    /// Its rows.
    pub stored: Stored,
    /// What became of its keys, where that is known of all parts.
    pub verdict: Option<Verdict>,
    /// Rows that left on the way, and rules that are broken.
    pub account: Account,
}

/// What became of the keys of a table.
#[derive(Default)]
pub struct Verdict {
    /// Numbers of the rows that go, ascending.
    dead: Vec<u64>,
    /// The same rows.
    pub gone: Vec<Rejected>,
    /// Repeated keys that fail the run.
    pub repeats: Repeats,
}

/// Keys of a table that others refer to, with the set of parts of each row.
pub struct Parents<'a> {
    /// Its key columns.
    pub keys: RawTable<'a>,
    /// By row.
    pub sets: Vec<u32>,
}

/// How the keys of a table are settled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Keying {
    /// Others refer to it: all keys are in memory.
    Parent,
    /// Rows of one key can lie in several parts.
    ByKey,
    /// Rows of one key lie in one part.
    ByPart,
}

/// Why a table cannot be in parts.
pub enum Unfit {
    /// A row would be needed in a part where a row that it refers to is not.
    Torn,
    /// The environment failed.
    Error(Error),
    /// A rule of the manifest goes over a limit.
    Stop(Stop),
}

impl From<Error> for Unfit {
    fn from(error: Error) -> Unfit {
        Unfit::Error(error)
    }
}

/// A table on its way to its parts.
pub struct Spill<'s, 'a> {
    world: &'s World<'a>,
    place: &'s Place,
    table: &'a Table,
    /// The table without computed columns.
    source: Cow<'a, Table>,
    keying: Keying,
    judging: Judging<'s>,
    whole: RawTable<'a>,
    files: Vec<String>,
    begun: usize,
    rows: u64,
    store: Store,
    /// By key, where keys are settled so.
    by_key: Option<(Store, DefaultHashBuilder)>,
    parents: Parents<'a>,
    torn: bool,
    stopped: Option<Stop>,
}

impl<'s, 'a> Spill<'s, 'a> {
    /// Reads a table and writes its parts.
    ///
    /// # Errors
    /// [`Unfit`].
    pub fn table(
        world: &'s World<'a>,
        place: &'s Place,
        table: &'a Table,
        (keying, book): (Keying, Option<RateBook>),
        ways: &[(usize, Way)],
        sets: &mut Sets,
    ) -> Result<(Spilled<'a>, Parents<'a>), Unfit> {
        let paths = match (world.expand)(table) {
            Ok(paths) => paths,
            Err(findings) => {
                let whole = RawTable { findings, ..RawTable::empty(table) };
                let parents = Parents { keys: RawTable::empty(table), sets: Vec::new() };
                let (stored, account) = (Stored::default(), Account::default());
                return Ok((Spilled { whole, stored, verdict: None, account }, parents));
            }
        };
        let parts = place.spread.parts;
        let by_key = (keying == Keying::ByKey).then(|| {
            (Store::new(&place.folder, &place.name(world, table, "keys"), parts), DefaultHashBuilder::default())
        });
        let mut files: Vec<String> = paths.iter().map(|path| shown(world.root, path)).collect();
        files.sort();
        let mut spill = Spill {
            world,
            place,
            table,
            source: contracts::of_source(table),
            keying,
            judging: Judging::new(world.judging, book),
            whole: RawTable::empty(table),
            files,
            begun: 0,
            rows: 0,
            store: Store::new(&place.folder, &place.name(world, table, "rows"), parts),
            by_key,
            parents: Parents { keys: RawTable::empty(table), sets: Vec::new() },
            torn: false,
            stopped: None,
        };
        let read = spill.read(paths, ways, sets);
        if spill.torn {
            return Err(Unfit::Torn);
        }
        if let Some(stop) = spill.stopped {
            return Err(Unfit::Stop(stop));
        }
        read?;
        Ok(spill.finish()?)
    }

    fn read(&mut self, paths: Vec<PathBuf>, ways: &[(usize, Way)], sets: &mut Sets) -> Result<(), Error> {
        let (world, source) = (self.world, self.source.clone());
        let end = stream(world.system, world.root, &source, paths, world.zone, None, &mut |batch| {
            self.batch(batch, &source, ways, sets)
        })?;
        begin(&mut self.parents.keys.lines, &self.files, &mut self.begun, self.files.len());
        (self.whole.inputs, self.whole.undeclared, self.whole.absent) = (end.inputs, end.undeclared, end.absent);
        self.whole.findings.extend(end.findings);
        self.whole.warnings.extend(end.warnings);
        Ok(())
    }

    fn batch(&mut self, batch: Batch, source: &Table, ways: &[(usize, Way)], sets: &mut Sets) -> Result<(), Error> {
        begin(&mut self.parents.keys.lines, &self.files, &mut self.begun, batch.file as usize);
        self.whole.read += batch.read();
        let file = self.files.get(batch.file as usize).map_or("", String::as_str);
        let mut batch = match self.judging.batch(batch, (source, self.table), file, self.rows) {
            Ok(batch) => batch,
            Err(stop) => {
                self.stopped = Some(stop);
                return Err(Error::Defect("a rule that stopped".to_owned()));
            }
        };
        let rows = batch.lines.len();
        let Some(routed) = route(self.table, &batch.columns, rows, ways, sets)? else {
            self.torn = true;
            return Err(Error::Defect("a row that cannot be in parts".to_owned()));
        };
        write(self.world, &mut self.store, &batch, self.rows, &routed, sets)?;
        for (what, rows) in std::mem::take(&mut batch.counts) {
            *self.whole.counts.entry(what).or_default() += rows;
        }
        let rejects = std::mem::take(&mut batch.rejects).into_iter();
        self.whole.rejects.extend(rejects.map(|reject| (batch.file, reject)));
        batch.notes.iter_mut().for_each(Vec::clear);
        let keyed = settling(self.table);
        for (k, column) in batch.columns.iter_mut().enumerate().filter(|(k, _)| !keyed.contains(k)) {
            *column = self.parents.keys.columns[k].clear();
        }
        if let Some((store, hasher)) = &mut self.by_key {
            let keys: Vec<&Series> = key_columns(self.table).into_iter().map(|k| &batch.columns[k]).collect();
            let keys = Keys::new(&keys)?;
            let parts = self.place.spread.parts as u64;
            let by_key: Vec<u32> = (0..rows).map(|row| (keys.hash(row, hasher) % parts) as u32).collect();
            write(self.world, store, &batch, self.rows, &by_key, sets)?;
        }
        if self.keying == Keying::Parent {
            self.parents.sets.extend(routed);
            self.parents.keys.append(batch)?;
        }
        self.rows += rows as u64;
        Ok(())
    }

    fn finish(mut self) -> Result<(Spilled<'a>, Parents<'a>), Error> {
        let keys = &mut self.parents.keys;
        keys.columns.par_iter_mut().for_each(|column| *column = column.rechunk());
        self.whole.lines = Lines::default();
        self.files.iter().for_each(|file| {
            self.whole.lines.add_file(file);
        });
        if self.keying == Keying::Parent && keys.rows() > MOST_ROWS {
            self.whole.findings.push(too_large(self.table, keys.rows()));
        }
        keys.findings = self.whole.findings.clone();
        let stored = self.store.finish()?;
        let verdict = match self.by_key.take() {
            Some((store, _)) => Some(settle_by_key(self.world, &self.whole, &store.finish()?)?),
            None => None,
        };
        Ok((Spilled { whole: self.whole, stored, verdict, account: self.judging.finish() }, self.parents))
    }
}

impl Verdict {
    /// What became of the keys of rows that are all there are of these keys.
    pub fn add(&mut self, settled: &mut contract::Settled) {
        self.dead.extend(settled.gone.iter().map(|gone| settled.raw.number(gone.row as usize)));
        self.dead.sort_unstable();
        self.gone.extend(settled.rejected());
        self.repeats.add(std::mem::take(&mut settled.repeats));
    }
}

fn settle_by_key(world: &World, whole: &RawTable, stored: &Stored) -> Result<Verdict, Error> {
    let mut verdict = Verdict::default();
    for part in 0..stored.parts() {
        let (raw, _) = read_part(world, whole, stored, part, None)?;
        verdict.add(&mut super::settled_plainly(&raw, world.zone)?);
    }
    Ok(verdict)
}

fn key_columns(table: &Table) -> Vec<usize> {
    table.key.iter().filter_map(|key| table.columns.get_index_of(key)).collect()
}

/// Columns that decide which of the rows of a key stays.
fn settling(table: &Table) -> Vec<usize> {
    let mut columns = key_columns(table);
    if let Duplicates::Last(Some(by)) = &table.duplicates {
        columns.extend(table.columns.get_index_of(by));
    }
    columns
}

/// The rows of a batch that go to one part.
#[derive(Default)]
struct Share {
    rows: Vec<u32>,
    /// Whether the row is counted in another part; empty where none is.
    copies: Vec<u8>,
    notes: Vec<(u32, u32, Noted)>,
}

fn write(
    world: &World,
    store: &mut Store,
    batch: &Batch,
    first: u64,
    routed: &[u32],
    sets: &Sets,
) -> Result<(), Error> {
    let shares = shares(batch, routed, sets);
    let blocks = shares.into_par_iter().enumerate().filter(|(_, share)| !share.rows.is_empty());
    let blocks: Vec<_> = blocks.map(|(part, share)| share.block(batch, first).map(|block| (part, block))).collect();
    for block in blocks {
        let (part, block) = block?;
        store.write(world.system, part, &block)?;
    }
    Ok(())
}

fn shares(batch: &Batch, routed: &[u32], sets: &Sets) -> Vec<Share> {
    let mut shares: Vec<Share> = Vec::new();
    let mut share = |part: u16, see: &mut dyn FnMut(&mut Share)| {
        if shares.len() <= usize::from(part) {
            shares.resize_with(usize::from(part) + 1, Share::default);
        }
        see(&mut shares[usize::from(part)]);
    };
    for (row, set) in routed.iter().enumerate() {
        for (nth, part) in sets.parts(*set).iter().enumerate() {
            share(*part, &mut |share| {
                if nth > 0 || !share.copies.is_empty() {
                    share.copies.resize(share.rows.len(), 0);
                    share.copies.push(u8::from(nth > 0));
                }
                share.rows.push(row as u32);
            });
        }
    }
    for (k, notes) in batch.notes.iter().enumerate() {
        for (row, noted) in notes {
            for part in routed.get(*row as usize).map_or(&[][..], |set| sets.parts(*set)) {
                share(*part, &mut |share| share.notes.push((k as u32, *row, *noted)));
            }
        }
    }
    shares
}

impl Share {
    fn block(&self, batch: &Batch, first: u64) -> Result<Vec<u8>, Error> {
        let mut out = Vec::new();
        out.extend_from_slice(&batch.file.to_le_bytes());
        out.extend_from_slice(&first.to_le_bytes());
        out.extend_from_slice(&(self.rows.len() as u32).to_le_bytes());
        out.extend_from_slice(bytemuck::cast_slice(&self.rows));
        self.rows.iter().for_each(|row| out.extend_from_slice(&batch.lines[*row as usize].to_le_bytes()));
        out.push(u8::from(!self.copies.is_empty()));
        out.extend_from_slice(&self.copies);
        for column in &batch.columns {
            put(column, &self.rows, &mut out)?;
        }
        out.extend_from_slice(&(self.notes.len() as u32).to_le_bytes());
        for (column, row, noted) in &self.notes {
            let at = self.rows.binary_search(row).unwrap_or(0) as u32;
            let (kind, number) = match noted {
                Noted::Token(n) => (0u32, *n),
                Noted::Corrected(n) => (1, *n),
                Noted::NotFinite => (2, 0),
                Noted::Mended(mended) => (3, mended.bits()),
                Noted::NotComputed(n) => (4, *n),
                Noted::Broken(n) => (5, *n),
            };
            for n in [*column, at, kind, number] {
                out.extend_from_slice(&n.to_le_bytes());
            }
        }
        Ok(out)
    }
}

/// The rows of a part on their way back.
struct Back {
    columns: Vec<Reader>,
    lines: Lines,
    begun: usize,
    numbers: Vec<u64>,
    notes: Vec<Vec<(u32, Noted)>>,
    copies: Vec<bool>,
}

/// The rows of a part in source order, without those that `verdict` takes away, and which of them are counted in
/// another part.
///
/// # Errors
/// As [`Stored::read`].
pub fn read_part<'a>(
    world: &World,
    whole: &RawTable<'a>,
    stored: &Stored,
    part: usize,
    verdict: Option<&Verdict>,
) -> Result<(RawTable<'a>, Vec<bool>), Error> {
    let columns = whole.table.columns.values();
    let mut back = Back {
        columns: columns.map(|c| Reader::new(&c.name, c.dtype)).collect(),
        lines: Lines::default(),
        begun: 0,
        numbers: Vec::new(),
        notes: vec![Vec::new(); whole.table.columns.len()],
        copies: Vec::new(),
    };
    let files = whole.lines.files();
    stored.read(world.system, part, &mut |block| back.block(files, Bytes(block)))?;
    begin(&mut back.lines, files, &mut back.begun, files.len());
    let dead = verdict.map_or(&[][..], |verdict| &verdict.dead);
    let stays: Vec<bool> = match dead.is_empty() {
        true => Vec::new(),
        false => back.numbers.iter().map(|number| dead.binary_search(number).is_err()).collect(),
    };
    let columns = back.columns.into_par_iter().map(Reader::finish).collect();
    let mut raw = RawTable {
        columns,
        lines: back.lines,
        numbers: back.numbers,
        notes: back.notes,
        findings: whole.findings.clone(),
        ..RawTable::empty(whole.table)
    };
    let mut copies = back.copies;
    if stays.contains(&false) {
        keep(&mut raw, &stays)?;
        copies = copies.into_iter().zip(&stays).filter(|(_, stays)| **stays).map(|(copy, _)| copy).collect();
    }
    raw.read = copies.iter().filter(|copy| !**copy).count() as u64;
    Ok((raw, copies))
}

/// Leaves only the rows that stay.
pub fn keep(raw: &mut RawTable, stays: &[bool]) -> Result<(), Error> {
    let mask = BooleanChunked::from_slice("stays".into(), stays);
    for column in raw.columns.iter_mut().filter(|column| !column.is_empty()) {
        let kept = column.filter(&mask).map_err(|e| Error::Defect(format!("rows of a part: {e}")))?;
        *column = kept.rechunk();
    }
    let numbers = rows::numbers(stays);
    for notes in &mut raw.notes {
        notes.retain_mut(|(row, _)| {
            *row = numbers[*row as usize];
            *row != rows::NONE
        });
    }
    raw.lines = raw.lines.kept(stays);
    let mut kept = stays.iter();
    raw.numbers.retain(|_| kept.next().copied().unwrap_or(true));
    Ok(())
}

impl Back {
    fn block(&mut self, files: &[String], mut bytes: Bytes<'_>) -> Option<()> {
        let file = bytes.value::<u32>()?;
        let first = bytes.value::<u64>()?;
        let n = bytes.value::<u32>()? as usize;
        let start = u32::try_from(self.numbers.len()).ok()?;
        begin(&mut self.lines, files, &mut self.begun, file as usize);
        let (mut places, mut lines) = (Vec::new(), Vec::new());
        bytes.values::<u32>(n, &mut places)?;
        bytes.values::<u32>(n, &mut lines)?;
        self.numbers.extend(places.iter().map(|place| first + u64::from(*place)));
        self.lines.extend(&lines);
        match bytes.value::<u8>()? {
            0 => self.copies.resize(self.copies.len() + n, false),
            _ => self.copies.extend(bytes.take(n)?.iter().map(|copy| *copy != 0)),
        }
        for column in &mut self.columns {
            column.take(&mut bytes, n)?;
        }
        let notes = bytes.value::<u32>()?;
        for _ in 0..notes {
            let (column, row) = (bytes.value::<u32>()?, bytes.value::<u32>()?);
            let (kind, number) = (bytes.value::<u32>()?, bytes.value::<u32>()?);
            let noted = match kind {
                0 => Noted::Token(number),
                1 => Noted::Corrected(number),
                2 => Noted::NotFinite,
                3 => Noted::Mended(Mended::from_bits(number)),
                4 => Noted::NotComputed(number),
                _ => Noted::Broken(number),
            };
            self.notes.get_mut(column as usize)?.push((start + row, noted));
        }
        bytes.0.is_empty().then_some(())
    }
}
