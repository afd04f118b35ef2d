//! The chain of runs, one for each planning year, and the paths of their customers.
//!
//! In: the output folder. Out: [`Link`]s, newest year first in [`find`], and the [`Panel`] of their customers. Must not
//! know: what is computed from it. Start at [`find`], then [`panel`].
//!
//! The newest link is the current run of the newest year, of the base scenario and the phase that `c.prior` comes from. Before
//! it comes the run whose decisions it read, which its record names: that a year was graded again later changes
//! nothing of what the next one saw. Where a run names none, or it is gone, the current run of the year before stands in.
//!
//! Customers are known by their keys of the newest run: what each run says of changed keys (`aliases.parquet`) is followed. Of several
//! that became one, the one whose decision was taken has their path.

use super::decided::{self, Decided};
use super::execute::key_of;
use super::history::{self, Current, Slot};
use super::keys::Keys;
use super::layout::{Layout, RECORD};
use super::plan::BASE;
use super::prior::{shown, type_name};
use super::record::Record;
use super::renamed::Renamed;
use crate::calendar;
use crate::diag::{Diagnostic, ids};
use crate::error::{Error, Stop};
use crate::manifest::model::Project;
use crate::migrate::{Observation, Panel};
use crate::system::System;
use hashbrown::HashMap;
use polars::prelude::Series;
use std::collections::BTreeMap;

/// Why a run is in the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It is the current run of the newest year.
    Newest,
    /// The run of the next year read its decisions.
    Prior,
    /// It is the current run of its year, and the run of the next year read the decisions of none that is there.
    Current,
}

impl Reason {
    /// Its word in documents.
    pub fn word(self) -> &'static str {
        match self {
            Reason::Newest => "newest",
            Reason::Prior => "prior",
            Reason::Current => "current",
        }
    }
}

/// One year's run.
#[derive(Clone, Debug)]
pub struct Link {
    /// The calendar year in which the planning year starts.
    pub cycle: i16,
    /// Its record.
    pub record: Record,
    /// Why it is this one.
    pub reason: Reason,
}

/// The runs, one a year, oldest first; none where nothing was run.
///
/// # Errors
/// [`Error::Io`], [`Error::Format`]: a record cannot be read.
pub fn find(system: &dyn System, layout: &Layout, project: &Project) -> Result<Vec<Link>, Error> {
    let years = years(&history::read(system, layout)?, project);
    let mut links: Vec<Link> = Vec::new();
    let mut next = years.last_key_value().map(|(cycle, run)| (*cycle, run.clone(), Reason::Newest));
    while let Some((cycle, run, reason)) = next {
        let record = Record::read(system, &layout.run(&calendar::cycle_name(cycle), &run).join(RECORD))?;
        let prior = match &record.identity.prior {
            Some(prior) => year_of(system, layout, prior)?.map(|year| (year, prior.clone(), Reason::Prior)),
            None => None,
        };
        // Years go down, whatever runs were named by hand, so that the chain ends.
        let current = || years.range(..cycle).next_back().map(|(year, run)| (*year, run.clone(), Reason::Current));
        next = prior.filter(|(year, _, _)| *year < cycle).or_else(current);
        links.push(Link { cycle, record, reason });
    }
    links.reverse();
    Ok(links)
}

/// The current run of each year, of the base scenario and the phase of priors.
fn years(current: &Current, project: &Project) -> BTreeMap<i16, String> {
    let phase = project.planning.prior_phase.name();
    let meant = |slot: &Slot| slot.scenario == BASE && slot.phase == phase;
    let of = current.iter().filter(|(slot, _)| meant(slot));
    of.filter_map(|(slot, run)| Some((calendar::parse_cycle(&slot.cycle)?, run.to_owned()))).collect()
}

/// The year of a committed run, if it is there.
fn year_of(system: &dyn System, layout: &Layout, run: &str) -> Result<Option<i16>, Error> {
    Ok(history::cycle_of(system, layout, run)?.as_deref().and_then(calendar::parse_cycle))
}

/// The paths of all customers of these runs, in key order. Tiers are those of the project's order, lowest first, then
/// others that a run decided, as they come. A customer whose last decision is of an earlier year is undetermined.
///
/// # Errors
/// `prior-run`: a run's decisions have no such key, or one of another type than a later run's. [`Error::Io`],
/// [`Error::Format`]: a file is gone or broken.
pub fn panel(system: &dyn System, layout: &Layout, links: &[Link], project: &Project) -> Result<Panel, Stop> {
    let key = key_of(project)?;
    let mut tiers = Tiers::new(&project.decision.order);
    let mut customers = Customers::default();
    let mut years = Vec::with_capacity(links.len());
    let mut renamed: Vec<Renamed> = Vec::new();
    // The newest first, since its key is the one that the project declares.
    for link in links.iter().rev() {
        let folder = layout.run(&link.record.identity.cycle, &link.record.run);
        let found = |message: String, help: &str| {
            let finding = Diagnostic::error(ids::PRIOR_RUN, message).located(shown(&folder));
            Stop::Findings(vec![finding.help(help)])
        };
        let Some(decided) = decided::read(system, &folder, &link.record, key)? else {
            let message = format!("run {} lacks `{key}` or the columns that each run adds", link.record.run);
            return Err(found(message, "grade that year again with the present key, as `tierwright run --as-of` does"));
        };
        if let Some(other) = customers.other_type(&decided.key) {
            let own = type_name(decided.key.dtype());
            let message = format!("`{key}` of run {} is {own}, and {other} in a later run", link.record.run);
            return Err(found(
                message,
                "keys of two types are never equal: grade that year again with the present type",
            ));
        }
        // The change that was seen first comes first.
        let decided = renamed.iter().rev().try_fold(decided, followed)?;
        renamed.extend(Renamed::read(system, &folder, &link.record)?);
        let rows = customers.place(&decided.key)?;
        years.push((link.cycle, rows, tiers.decisions(&decided, &link.record.identity.cycle)?));
    }
    years.reverse();
    let cycles: Vec<i16> = years.iter().map(|(cycle, _, _)| *cycle).collect();
    let mut panel = Panel::new(tiers.names, project.decision.order.len(), &cycles)?;
    // For each year the row of each customer.
    let rows: Vec<Vec<Option<u32>>> = years.iter().map(|(_, places, _)| customers.rows(places)).collect();
    let mut path = Vec::with_capacity(years.len());
    for customer in customers.order()? {
        path.clear();
        for ((cycle, _, decisions), rows) in years.iter().zip(&rows) {
            if let Some(row) = rows[customer as usize] {
                let (tier, value) = decisions[row as usize];
                path.push(Observation { cycle: *cycle, tier, value });
            }
        }
        panel.add(&path)?;
    }
    Ok(panel)
}

/// Decisions of an earlier run under the keys of a later one; those that a merger did not take are left out.
fn followed(decided: Decided, keys: &Renamed) -> Result<Decided, Error> {
    let Some((rows, key)) = keys.follow(&decided.key)? else { return Ok(decided) };
    let take = |column: &Series| column.take_slice(&rows).map_err(|e| Error::Defect(format!("keys that changed: {e}")));
    Ok(Decided { key, tier: take(&decided.tier)?, value: take(&decided.value)?, cycle: take(&decided.cycle)? })
}

/// All customers of some runs, numbered as they come.
#[derive(Default)]
struct Customers {
    keys: Option<Series>,
}

impl Customers {
    /// The type of the keys so far, if these are of another.
    fn other_type(&self, keys: &Series) -> Option<String> {
        let known = self.keys.as_ref()?;
        (known.dtype() != keys.dtype()).then(|| type_name(known.dtype()))
    }

    /// The number of each customer; new ones get the next.
    fn place(&mut self, keys: &Series) -> Result<Vec<u32>, Error> {
        let Some(known) = &mut self.keys else {
            self.keys = Some(keys.clone());
            return Ok((0..keys.len() as u32).collect());
        };
        let found = Keys::new(keys)?.find_in(&Keys::new(known)?);
        let new: Vec<u32> = (0..).zip(&found).filter(|(_, place)| place.is_none()).map(|(row, _)| row).collect();
        let mut next = (known.len() as u32)..;
        let places = found.into_iter().map(|place| place.or_else(|| next.next()).unwrap_or_default()).collect();
        let failed = |e| Error::Defect(format!("keys of customers: {e}"));
        known.append(&keys.take_slice(&new).map_err(failed)?).map_err(failed)?;
        Ok(places)
    }

    /// The row of each customer in a run, from the customers of its rows.
    fn rows(&self, places: &[u32]) -> Vec<Option<u32>> {
        let mut rows = vec![None; self.keys.as_ref().map_or(0, |keys| keys.len())];
        for (row, place) in (0..).zip(places) {
            rows[*place as usize] = Some(row);
        }
        rows
    }

    /// The customers in key order.
    fn order(&self) -> Result<Vec<u32>, Error> {
        self.keys.as_ref().map_or(Ok(Vec::new()), |keys| Ok(Keys::new(keys)?.order()))
    }
}

/// The tier by its code, and the value; neither for a customer who is undetermined.
type Decision = (Option<u16>, Option<f64>);

/// Tiers by code.
struct Tiers {
    names: Vec<String>,
    codes: HashMap<String, u16>,
}

impl Tiers {
    fn new(order: &[String]) -> Tiers {
        Tiers { names: order.to_vec(), codes: order.iter().cloned().zip(0..).collect() }
    }

    fn code(&mut self, name: &str) -> Result<u16, Error> {
        if let Some(code) = self.codes.get(name) {
            return Ok(*code);
        }
        let code = u16::try_from(self.names.len()).map_err(|_| Error::Defect("more tiers than codes".to_owned()))?;
        self.names.push(name.to_owned());
        self.codes.insert(name.to_owned(), code);
        Ok(code)
    }

    /// Tier and value of each row that were decided in this cycle.
    fn decisions(&mut self, decided: &Decided, cycle: &str) -> Result<Vec<Decision>, Error> {
        let failed = |e| Error::Defect(format!("columns of decisions: {e}"));
        let (names, cycles) = (decided.tier.str().map_err(failed)?, decided.cycle.str().map_err(failed)?);
        let values = decided.value.f64().map_err(failed)?;
        let rows = names.iter().zip(cycles.iter()).zip(values.iter());
        rows.map(|((name, of), value)| match name.filter(|_| of == Some(cycle)) {
            Some(name) => Ok((Some(self.code(name)?), value)),
            None => Ok((None, None)),
        })
        .collect()
    }
}
