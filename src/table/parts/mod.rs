//! Tables larger than memory: read in parts, each with some of the customers and all that belongs to them.
//!
//! In: the tables of a project, which of them are read in parts, a folder for their rows. Out: [`Loaded`] as
//! [`super::load`] gives it, but that tables in parts have no rows there, and [`Parted`], which gives the rows of a part.
//! Must not know: what rules do with them. Start at [`load`].
//!
//! | step | module | in | out |
//! |---|---|---|---|
//! | split | [`mod@split`], [`size`] | manifests, sizes of files | tables that are read in parts, and how many |
//! | spill | [`spill`], [`judge`], [`route`] | batches of rows | files by part of the rows that keep their contract |
//! | check | [`check`], [`figures`] | the rows of a part, tables in memory | rows that stay, figures, findings |
//!
//! In memory at a time: the tables that are not in parts, the rows of one part, and of tables that others refer to the
//! keys. Rows keep source order within a part, so that sums of floats are what they are in memory.

mod block;
mod check;
mod figures;
mod judge;
mod route;
pub mod size;
mod spill;
pub mod split;
mod store;

pub use route::Spread;

use super::completeness::{self, Reached};
use super::contract::{self, Settled};
use super::contracts::rates::RateBook;
use super::network;
use super::read::RawTable;
use super::relations;
use super::{
    All, Expand, Finished, Gathered, LoadFailure, Loaded, LoadedTable, contracts, frame, read_all, rows, settle_all,
    whole,
};
use crate::error::Error;
use crate::manifest::model::{Project, Table};
use crate::rules::data::{ColumnData, TableData};
use crate::rules::schema::Schema;
use crate::source::SourceMap;
use crate::system::System;
use block::{Bytes, Reader};
use check::{Base, Checker, Found};
use figures::{Sums, rules};
use jiff::tz::TimeZone;
use rayon::prelude::*;
use route::{Sets, Way};
use spill::{Keying, Parents, Spill, Spilled, Unfit};
use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::{Store, Stored};

/// What tables are read with, as in [`super::load`].
pub struct World<'a> {
    /// Files.
    pub system: &'a dyn System,
    /// The project's folder.
    pub root: &'a Path,
    /// The project.
    pub project: &'a Project,
    /// Texts of the manifests.
    pub sources: &'a SourceMap,
    /// The project's time zone.
    pub zone: &'a TimeZone,
    /// What the rules of tables in memory are held against.
    pub judging: &'a contracts::World<'a>,
    /// Finds the files of a table.
    pub expand: &'a Expand<'a>,
}

/// How tables are read in parts.
#[derive(Clone, Debug)]
pub struct Cut {
    /// Places of the tables that are read in parts, as [`split::split`] gives them.
    pub tables: Vec<usize>,
    /// For each of them, which columns rules read.
    pub used: Vec<Vec<bool>>,
    /// How many parts.
    pub parts: usize,
    /// A folder for rows, which is made.
    pub folder: PathBuf,
}

/// Why tables could not be loaded in parts.
#[derive(Debug)]
pub enum Unparted {
    /// A row of this table belongs to several customers through several tables.
    Torn(String),
    /// Loading failed, as it would in memory.
    Failed(LoadFailure),
}

impl From<Error> for Unparted {
    fn from(error: Error) -> Unparted {
        Unparted::Failed(LoadFailure::Error(error))
    }
}

/// Where rows are written, and which customer is in which part.
struct Place {
    folder: PathBuf,
    spread: Spread,
}

impl Place {
    fn name(&self, world: &World, table: &Table, what: &str) -> String {
        format!("{:03}-{what}", world.project.tables.get_index_of(&table.name).unwrap_or(0))
    }
}

/// The rows of tables in parts.
#[derive(Debug)]
pub struct Parted {
    /// Which customer is in which part.
    pub spread: Spread,
    tables: Vec<PartedTable>,
}

#[derive(Debug)]
struct PartedTable {
    place: usize,
    used: Vec<bool>,
    stored: Stored,
}

/// Loads all tables of a project, some of them in parts. Runs on the threads of the caller's pool.
///
/// # Errors
/// [`Unparted::Torn`], where only memory helps; [`Unparted::Failed`] as [`super::load`] fails.
pub fn load(world: &World, cut: Cut) -> Result<(Loaded, Parted), Unparted> {
    let is_whole = |place: usize| !cut.tables.contains(&place);
    let mut raw = read_all(world.system, world.root, world.project, &is_whole, world.zone, world.expand)?;
    let judged = contracts::judge_all(&mut raw, world.judging).map_err(|stop| Unparted::Failed(stop.into()))?;
    let book = |place: &usize| match raw.get(*place) {
        Some(of) => contracts::book(of.table, &raw, &judged),
        None => Ok(None),
    };
    let books = cut.tables.iter().map(book).collect::<Result<Vec<_>, _>>()?;
    let mut settled = settle_all(&raw, judged, world.zone)?;
    let bases = settled.iter().zip(&raw);
    let bases = bases.map(|(s, raw)| Base { raw, alive: s.alive.clone(), index: s.index.clone() });
    let bases: Vec<Base> = bases.collect();
    let resolved = relations::resolve(&mut settled, &[], world.zone)?;
    let numbers: Vec<Vec<u32>> = settled.par_iter().map(|table| rows::numbers(&table.alive)).collect();
    let customer = world.project.tables.get_index_of(&world.project.customer);
    let customers = customer.and_then(|customer| settled.get(customer));
    let customers = customers.map_or(0, |table| table.alive.iter().filter(|alive| **alive).count());
    let place = Place { folder: cut.folder.clone(), spread: Spread::new(cut.parts, customers) };
    world.system.create_dir(&place.folder)?;
    let mut spilled = spill_all(world, &place, cut.tables.iter().copied().zip(books).collect(), &settled, &numbers)?;
    let checker = Checker {
        world,
        place: &place,
        bases: &bases,
        resolved: &resolved,
        numbers: &numbers,
        spilled: cut.tables.iter().copied().zip(&spilled).collect(),
    };
    let mut reached = Reached::new();
    if let Some(customer) = customer {
        completeness::reach(&settled, &resolved, customer, &mut reached);
    }
    let (sums, stores) = check_all(&checker, &cut, &mut reached)?;
    let mut sums: Vec<Option<Sums>> = sums.into_iter().map(Some).collect();
    let numbers: Vec<&[u32]> = numbers.iter().map(Vec::as_slice).collect();
    let network = network::World { settled: &settled, resolved: &resolved, numbers: &numbers };
    let measured = network::measure(network, world.project)?;
    let all = All { settled: &settled, resolved: &resolved, numbers: &numbers, reached: &reached, measured: &measured };
    let mut gathered = Gathered::default();
    for table in 0..settled.len() {
        let nth = cut.tables.iter().position(|place| *place == table);
        gathered.add(match nth.and_then(|nth| sums[nth].take().zip(spilled.get_mut(nth))) {
            Some((sums, spilled)) => in_parts(world, &settled, table, spilled, sums)?,
            None => whole(&all, table, world.project, world.judging)?,
        });
    }
    let wholes = spilled.iter().map(|spilled| &spilled.whole);
    let inputs = |table: usize| match cut.tables.iter().position(|place| *place == table) {
        Some(nth) => wholes.clone().nth(nth).map(|whole| whole.inputs.clone()),
        None => raw.get(table).map(|raw| raw.inputs.clone()),
    };
    let inputs = (0..raw.len()).filter_map(inputs).flatten().collect();
    let loaded = gathered.finish(inputs, world.project, world.judging).map_err(Unparted::Failed)?;
    let parted = cut.tables.into_iter().zip(cut.used).zip(stores);
    let parted = parted.map(|((place, used), stored)| PartedTable { place, used, stored });
    Ok((loaded, Parted { spread: place.spread, tables: parted.collect() }))
}

/// The keys of rows that are in parts, of which no further rule takes any away: see [`mod@split`].
fn settled_plainly<'r>(raw: &'r RawTable<'r>, zone: &TimeZone) -> Result<Settled<'r>, Error> {
    contract::settle(raw, contracts::judge_alike(raw, contracts::Judged::all(raw.rows()))?, zone)
}

/// Reads the tables in parts, each after those that it refers to.
fn spill_all<'a>(
    world: &World<'a>,
    place: &Place,
    order: Vec<(usize, Option<RateBook>)>,
    settled: &[Settled],
    numbers: &[Vec<u32>],
) -> Result<Vec<Spilled<'a>>, Unparted> {
    let project = world.project;
    let parted: Vec<usize> = order.iter().map(|(number, _)| *number).collect();
    let customer = project.tables.get_index_of(&project.customer).unwrap_or(0);
    let mut sets = Sets::new(place.spread.parts);
    let cells: Vec<OnceCell<Parents<'a>>> = project.tables.iter().map(|_| OnceCell::new()).collect();
    let mut parents: Vec<Option<Settled<'_>>> = project.tables.iter().map(|_| None).collect();
    let mut all = Vec::new();
    for (number, book) in order {
        let Some((name, table)) = project.tables.get_index(number) else { continue };
        let way = |target: usize| match (target == customer, &parents[target], cells[target].get()) {
            (true, ..) => Some(Way::Customers(settled[customer].index.as_deref(), &numbers[customer], place.spread)),
            (_, Some(parent), Some(found)) => Some(Way::Table(parent.index.as_deref(), &found.sets)),
            _ => None,
        };
        let targets = table.references.iter().map(|r| project.tables.get_index_of(&r.table)).enumerate();
        let ways: Vec<(usize, Way)> = targets.filter_map(|(r, target)| Some((r, way(target?)?))).collect();
        let keying = keying(project, &parted, table, &ways);
        let (mut spilled, found) = match Spill::table(world, place, table, (keying, book), &ways, &mut sets) {
            Ok(done) => done,
            Err(Unfit::Torn) => return Err(Unparted::Torn(name.clone())),
            Err(Unfit::Error(error)) => return Err(error.into()),
            Err(Unfit::Stop(stop)) => return Err(Unparted::Failed(stop.into())),
        };
        drop(ways);
        if keying == Keying::Parent {
            let mut keys = settled_plainly(&cells[number].get_or_init(|| found).keys, world.zone)?;
            spilled.verdict.get_or_insert_default().add(&mut keys);
            parents[number] = Some(keys);
        }
        all.push(spilled);
    }
    Ok(all)
}

fn keying(project: &Project, parted: &[usize], table: &Table, ways: &[(usize, Way)]) -> Keying {
    let others = parted.iter().filter_map(|place| project.tables.get_index(*place));
    if others.flat_map(|(_, other)| &other.references).any(|reference| reference.table == table.name) {
        return Keying::Parent;
    }
    let mut columns = ways.iter().flat_map(|(reference, _)| &table.references[*reference].columns);
    match table.key.is_empty() || columns.all(|column| table.key.contains(column)) {
        true => Keying::ByPart,
        false => Keying::ByKey,
    }
}

fn check_all(checker: &Checker<'_, '_>, cut: &Cut, reached: &mut Reached) -> Result<(Vec<Sums>, Vec<Stored>), Error> {
    let tables = || checker.spilled.iter().map(|(_, spilled)| spilled.whole.table);
    let earlier = checker.world.judging.earlier;
    let mut sums: Vec<Sums> = checker.spilled.iter().map(|(_, spilled)| Sums::new(spilled, earlier)).collect();
    let store =
        |table: &Table| Store::new(&checker.place.folder, &checker.place.name(checker.world, table, "kept"), cut.parts);
    let mut stores: Vec<Store> = tables().map(store).collect();
    for part in 0..checker.place.spread.parts {
        checker.part(part, &mut Found { sums: &mut sums, stores: &mut stores, reached }, &cut.used)?;
    }
    Ok((sums, stores.into_iter().map(Store::finish).collect::<Result<_, _>>()?))
}

/// A table whose rows are in parts.
fn in_parts(
    world: &World,
    settled: &[Settled],
    number: usize,
    spilled: &mut Spilled,
    mut sums: Sums,
) -> Result<Finished, Error> {
    let raw = &spilled.whole;
    let manifest = raw.table;
    let mut findings: Vec<_> = raw.findings.iter().chain(&raw.warnings).cloned().collect();
    let nobody = |alive| Settled::new(raw, contracts::Judged { alive, ..contracts::Judged::default() });
    sums.rejected.extend(nobody(Vec::new()).rejected());
    sums.rejected.append(&mut spilled.account.gone);
    match &mut spilled.verdict {
        Some(verdict) => {
            sums.rejected.append(&mut verdict.gone);
            findings.extend(verdict.repeats.finding(manifest, world.sources));
        }
        None => findings.extend(sums.repeats.finding(manifest, world.sources)),
    }
    let misfits = relations::misfits(settled, number);
    let fits = misfits.is_empty();
    findings.extend(misfits);
    let keys_are_unlike = spilled.verdict.as_ref().is_none_or(|verdict| verdict.repeats.is_empty());
    let newest = sums.newest(manifest, world.zone);
    let (figures, rejected, lost) = sums.finish(spilled, keys_are_unlike, world.zone)?;
    let lost = lost.iter().zip(&manifest.references);
    findings.extend(lost.filter_map(|(lost, reference)| lost.finding(manifest, reference, world.sources)));
    // Whether any row is left is all that is asked of them.
    findings.extend(contract::totals(&nobody(vec![figures.kept > 0]), &rejected, false, world.sources));
    if raw.findings.is_empty() {
        let broken = rules(&spilled.account).into_iter().zip(&figures.broken);
        findings.extend(broken.filter_map(|((_, rule), left)| rule.finding(manifest, left)));
        findings.extend(contracts::whole::of_rows(manifest, figures.read, figures.kept, newest, world.judging));
    }
    findings.extend(contracts::whole::of_figures(manifest, &figures, fits));
    let table = LoadedTable {
        frame: frame(&manifest.name, RawTable::empty(manifest).columns, 0)?,
        lines: super::Lines::default(),
        references: vec![Vec::new(); manifest.references.len()],
    };
    Ok(Finished { table, figures, rejected, findings })
}

impl Parted {
    /// Places of the tables in parts.
    pub fn tables(&self) -> impl Iterator<Item = usize> {
        self.tables.iter().map(|table| table.place)
    }

    /// The tables of a part by their places, without related rows; columns that no rule reads have no rows.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Format`] where a file is not as it was written.
    pub fn part(&self, system: &dyn System, part: usize, schema: &Schema) -> Result<Vec<(usize, TableData)>, Error> {
        self.tables.iter().map(|table| Ok((table.place, table.part(system, part, schema)?))).collect()
    }
}

impl PartedTable {
    fn part(&self, system: &dyn System, part: usize, schema: &Schema) -> Result<TableData, Error> {
        let Some(table) = schema.tables.get(self.place) else {
            return Err(Error::Defect(format!("no table {}", self.place)));
        };
        let used = table.columns.iter().zip(&self.used).filter(|(_, used)| **used).map(|(column, _)| column);
        let mut readers: Vec<Reader> = used.map(|column| Reader::new(&column.name, column.dtype)).collect();
        let mut references: Vec<Vec<u32>> = vec![Vec::new(); table.references.len()];
        let (mut blocks, mut rows) = (0, 0usize);
        self.stored.read(system, part, &mut |block| {
            let mut bytes = Bytes(block);
            match (blocks, readers.len()) {
                (0, _) => rows = usize::try_from(bytes.value::<u64>()?).ok()?,
                (n, columns) if n <= columns => readers[n - 1].take(&mut bytes, rows)?,
                (n, columns) => bytes.values(rows, references.get_mut(n - 1 - columns)?)?,
            }
            blocks += 1;
            bytes.0.is_empty().then_some(())
        })?;
        let mut read = readers.into_par_iter().map(Reader::finish).collect::<Vec<_>>().into_iter();
        let column = |(column, used): (_, &bool)| match used.then(|| read.next()).flatten() {
            Some(series) => ColumnData::from_series(&series, column),
            None => Ok(ColumnData::missing(0, column)),
        };
        let columns = table.columns.iter().zip(&self.used).map(column).collect::<Result<_, _>>()?;
        let references = references.into_iter().map(Arc::from).collect();
        Ok(TableData { rows, columns, references, many: Vec::new() })
    }
}
