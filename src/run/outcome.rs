//! The decisions of a run: tables, steps, failures and prior decisions joined, one entry for each customer.
//!
//! In: the customer table, the columns of the steps, the [`Ledger`], the [`Prior`] decisions. Out: [`Outcome`]. Must not
//! know: files, how a step is evaluated. Rows stand in the source's order; `order` gives them in key order.

use super::added::{
    CAUSE, DECIDED_CYCLE, DECIDED_CYCLES, DECIDED_SINCE, DECIDED_TIER, DECIDED_VALUE, DECISIVE_RULE, DISTANCE, MOVE,
    NEAREST_MISS, PRIOR_TIER, STATUS, STEP,
};
use super::ledger::Ledger;
use super::prior::Prior;
use super::reasons::Columns;
use super::record::Counts;
use crate::calendar;
use crate::error::Error;
use crate::manifest::model::{Decision, Project, Undetermined};
use hashbrown::HashMap;
use polars::prelude::{DataType, NamedFrom, Series};
use rayon::prelude::*;

/// How a customer's tier compares with the prior one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Move {
    /// No prior decision, or a prior tier that the order does not have.
    New,
    /// Higher.
    Up,
    /// Lower.
    Down,
    /// The same.
    Same,
    /// No decision now.
    Undetermined,
    /// In the prior decisions, and no customer now.
    Gone,
    /// In the prior decisions, and part of another customer now.
    Merged,
}

impl Move {
    /// Its word in the files.
    pub fn word(self) -> &'static str {
        match self {
            Move::New => "new",
            Move::Up => "up",
            Move::Down => "down",
            Move::Same => "same",
            Move::Undetermined => "undetermined",
            Move::Gone => "gone",
            Move::Merged => "merged",
        }
    }
}

/// What was decided last, in this run or before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Held {
    /// Position in [`Outcome::tiers`].
    pub tier: u32,
    /// Value at that time.
    pub value: Option<f64>,
    /// Its cycle, by the year in which it starts.
    pub cycle: i16,
    /// As-of date, as a day number, since which the tier is held without a break; `None` where that is not known.
    pub since: Option<i32>,
    /// In how many cycles running it was decided; `None` where that is not known.
    pub cycles: Option<i64>,
}

/// A prior decision whose customer is not there any more.
#[derive(Clone, Debug, PartialEq)]
pub struct Gone {
    /// What was decided.
    pub held: Held,
    /// [`Move::Gone`] or [`Move::Merged`].
    pub movement: Move,
}

/// The decisions of a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Name of the key column.
    pub key: String,
    /// Rows in key order.
    pub order: Vec<u32>,
    /// Columns of the customer table and of the steps, under their own names; the tier is as decided.
    pub columns: Vec<Series>,
    /// Names of tiers: the project's order, lowest first, then prior tiers that it does not have.
    pub tiers: Vec<String>,
    /// Tier of each customer, as a position in `tiers`.
    pub tier: Vec<Option<u32>>,
    /// Value of each customer.
    pub value: Vec<Option<f64>>,
    /// The prior decision of each customer.
    pub prior: Vec<Option<Held>>,
    /// The decision each customer carries on.
    pub held: Vec<Option<Held>>,
    /// Each customer's move.
    pub moves: Vec<Move>,
    /// Prior decisions of customers who are no longer there.
    pub gone: Vec<Gone>,
    /// Their keys.
    pub gone_keys: Option<Series>,
    /// Who is undetermined.
    pub ledger: Ledger,
    /// Names of the steps, by position.
    pub steps: Vec<String>,
    /// Why each customer has its tier, where that is known.
    pub reasons: Option<Columns>,
}

/// What [`decide`] joins.
pub struct Parts<'a> {
    /// The project.
    pub project: &'a Project,
    /// `FY2016`.
    pub cycle: &'a str,
    /// As-of date, as a day number.
    pub as_of: i32,
    /// The customers' rows in key order.
    pub order: Vec<u32>,
    /// Columns of the customer table.
    pub customers: Vec<Series>,
    /// Columns of each step in order.
    pub steps: Vec<(String, Vec<Series>)>,
    /// Who is undetermined, unknown tiers among them.
    pub ledger: Ledger,
    /// The prior decisions and each customer's row in them.
    pub prior: Option<(&'a Prior, Vec<Option<u32>>)>,
    /// Why each customer has its tier, where that is known.
    pub reasons: Option<Columns>,
    /// The prior decisions under the keys of then, and rows of those who merged into others.
    pub merged: Option<(&'a Prior, &'a [u32])>,
}

/// Joins everything to decisions, with the threads of the pool that this is called in.
///
/// # Errors
/// [`Error::Defect`] where a column is not what the checked project promises.
pub fn decide(parts: Parts<'_>) -> Result<Outcome, Error> {
    let Parts { project, cycle, as_of, order, customers, steps, ledger, prior, reasons, merged } = parts;
    let decision = &project.decision;
    let key = project.customer_key();
    let key = key.ok_or_else(|| Error::Defect("the customer table has no key".to_owned()))?.to_owned();
    let tier_step = steps.iter().position(|(_, columns)| columns.iter().any(|c| c.name() == decision.tier.as_str()));
    let names: Vec<String> = steps.iter().map(|(name, _)| name.clone()).collect();
    let mut columns: Vec<Series> = customers;
    columns.extend(steps.into_iter().flat_map(|(_, columns)| columns));
    let column = |name: &str| {
        let found = columns.iter().find(|c| c.name() == name);
        found.ok_or_else(|| Error::Defect(format!("no column {name} among the decisions")))
    };
    let value = floats(column(&decision.value)?)?;
    let mut tiers = Tiers::new(decision);
    let before = prior_decisions(prior, merged, ledger.rows(), &mut tiers)?;
    let own = tiers.codes(column(&decision.tier)?)?;
    let cycle = cycle_of(cycle)?;
    let one = |(row, own): (usize, Option<u32>)| {
        let failure = ledger.failure(row as u32);
        let stands = failure.is_none_or(|f| tier_step.is_some_and(|step| f.step > step));
        let own = own.filter(|_| stands);
        let before = before.held[row].as_ref();
        let kept = || before.filter(|_| project.undetermined == Undetermined::KeepPrior).map(|p| p.tier);
        let movement = match (failure, own) {
            (None, Some(tier)) => tiers.movement(before.map(|p| p.tier), tier),
            _ => Move::Undetermined,
        };
        let held = match own {
            Some(tier) => Some(Held { tier, value: value[row], cycle, ..tenure(before, tier, cycle, as_of) }),
            None => before.copied(),
        };
        (own.or_else(kept), (held, movement))
    };
    let (tier, (held, moves)) = own.into_par_iter().enumerate().map(one).unzip();
    let mut outcome = Outcome {
        key,
        order,
        tier,
        held,
        moves,
        value,
        prior: before.held,
        gone: before.gone,
        gone_keys: before.gone_keys,
        ledger,
        steps: names,
        reasons,
        columns,
        tiers: tiers.names,
    };
    let decided = outcome.tier_column(&decision.tier, outcome.tier.iter().copied());
    if let Some(place) = outcome.columns.iter_mut().find(|c| c.name() == decision.tier.as_str()) {
        *place = decided;
    }
    Ok(outcome)
}

/// Since when a tier is held, and for how many cycles, with a decision in this cycle.
fn tenure(before: Option<&Held>, tier: u32, cycle: i16, as_of: i32) -> Held {
    let fresh = Held { tier, value: None, cycle, since: Some(as_of), cycles: Some(1) };
    match before.filter(|held| held.tier == tier) {
        None => fresh,
        // Decided once more in the same cycle: another phase, or another prior run than that of the cycle before.
        Some(held) if held.cycle == cycle => Held { since: held.since, cycles: held.cycles, ..fresh },
        Some(held) => Held { since: held.since, cycles: held.cycles.map(|cycles| cycles.saturating_add(1)), ..fresh },
    }
}

/// Prior decisions by customer's row, and those of customers who are gone.
struct Before {
    held: Vec<Option<Held>>,
    gone: Vec<Gone>,
    gone_keys: Option<Series>,
}

fn prior_decisions(
    prior: Option<(&Prior, Vec<Option<u32>>)>,
    merged: Option<(&Prior, &[u32])>,
    rows: usize,
    tiers: &mut Tiers,
) -> Result<Before, Error> {
    let Some((prior, found)) = prior else {
        return Ok(Before { held: vec![None; rows], gone: Vec::new(), gone_keys: None });
    };
    let decisions = Decisions::new(prior, tiers)?;
    let mut seen = vec![false; prior.tier.len()];
    found.iter().flatten().for_each(|row| seen[*row as usize] = true);
    let held = found.par_iter().map(|row| decisions.held((*row)? as usize)).collect();
    let lost: Vec<u32> = (0..).zip(&seen).filter(|(_, seen)| !**seen).map(|(row, _)| row).collect();
    let mut gone = decisions.gone(&lost, Move::Gone);
    let taken = |prior: &Prior, rows: &[u32]| prior.key.take_slice(rows).map_err(|e| defect("prior keys", &e));
    let mut keys = taken(prior, &lost)?;
    if let Some((before, rows)) = merged {
        gone.extend(Decisions::new(before, tiers)?.gone(rows, Move::Merged));
        keys.append(&taken(before, rows)?).map_err(|e| defect("prior keys", &e))?;
    }
    Ok(Before { held, gone, gone_keys: Some(keys) })
}

/// The year in which a planning year of this name starts.
fn cycle_of(name: &str) -> Result<i16, Error> {
    calendar::parse_cycle(name).ok_or_else(|| Error::Defect(format!("`{name}` is no planning year")))
}

fn defect(what: &str, error: &dyn std::fmt::Display) -> Error {
    Error::Defect(format!("{what}: {error}"))
}

/// Prior decisions by row. Tiers are never missing there.
struct Decisions {
    tier: Vec<Option<u32>>,
    value: Vec<Option<f64>>,
    cycle: Vec<i16>,
    since: Vec<Option<i32>>,
    cycles: Vec<Option<i64>>,
}

impl Decisions {
    fn new(prior: &Prior, tiers: &mut Tiers) -> Result<Decisions, Error> {
        let own = cycle_of(&prior.cycle)?;
        // Most were decided in the same cycle as the one before them.
        let mut last = (prior.cycle.as_str(), own);
        let decided = prior.decided.str().map_err(|e| defect("prior cycles", &e))?;
        let mut cycles = Vec::with_capacity(decided.len());
        for cycle in decided.iter() {
            let cycle = cycle.unwrap_or(&prior.cycle);
            if cycle != last.0 {
                last = (cycle, cycle_of(cycle)?);
            }
            cycles.push(last.1);
        }
        let since = prior.since.to_physical_repr();
        Ok(Decisions {
            tier: tiers.codes(&prior.tier)?,
            value: floats(&prior.value)?,
            cycle: cycles,
            since: since.i32().map_err(|e| defect("prior days", &e))?.iter().collect(),
            cycles: prior.cycles.i64().map_err(|e| defect("prior cycles held", &e))?.iter().collect(),
        })
    }

    fn held(&self, row: usize) -> Option<Held> {
        let (value, cycle) = (self.value[row], self.cycle[row]);
        Some(Held { tier: self.tier[row]?, value, cycle, since: self.since[row], cycles: self.cycles[row] })
    }

    fn gone(&self, rows: &[u32], movement: Move) -> Vec<Gone> {
        rows.iter().filter_map(|row| Some(Gone { held: self.held(*row as usize)?, movement })).collect()
    }
}

/// Names of tiers by position.
struct Tiers {
    names: Vec<String>,
    known: usize,
    by_name: HashMap<String, u32>,
}

impl Tiers {
    fn new(decision: &Decision) -> Tiers {
        let by_name = decision.order.iter().cloned().zip(0..).collect();
        Tiers { names: decision.order.clone(), known: decision.order.len(), by_name }
    }

    fn codes(&mut self, column: &Series) -> Result<Vec<Option<u32>>, Error> {
        let column = column.rechunk();
        let texts = column.str().map_err(|e| Error::Defect(format!("tier column {}: {e}", column.name())))?;
        let known = |row| texts.get(row).map(|text| self.by_name.get(text).copied());
        let codes: Vec<Option<Option<u32>>> = (0..texts.len()).into_par_iter().map(known).collect();
        // Those that are met for the first time are numbered in the order of the rows.
        let code = |(row, code): (usize, Option<Option<u32>>)| match code? {
            None => texts.get(row).map(|text| self.code(text)),
            known => known,
        };
        Ok(codes.into_iter().enumerate().map(code).collect())
    }

    fn code(&mut self, name: &str) -> u32 {
        if let Some(code) = self.by_name.get(name) {
            return *code;
        }
        let code = self.names.len() as u32;
        self.names.push(name.to_owned());
        self.by_name.insert(name.to_owned(), code);
        code
    }

    fn movement(&self, from: Option<u32>, to: u32) -> Move {
        match from.filter(|tier| (*tier as usize) < self.known) {
            None => Move::New,
            Some(from) if from < to => Move::Up,
            Some(from) if from > to => Move::Down,
            Some(_) => Move::Same,
        }
    }
}

/// The values of a column of numbers.
///
/// # Errors
/// [`Error::Defect`]: a column of another kind.
pub(super) fn floats(column: &Series) -> Result<Vec<Option<f64>>, Error> {
    let defect = |e| Error::Defect(format!("value column {}: {e}", column.name()));
    let column = column.cast(&DataType::Float64).map_err(defect)?;
    Ok(column.f64().map_err(defect)?.iter().collect())
}

impl Outcome {
    /// Customers in all.
    pub fn customers(&self) -> usize {
        self.tier.len()
    }

    /// Customers by what became of their rows, with what the tables say of the rest.
    pub fn counts(&self, read: u64, quarantined: u64, removed: u64) -> Counts {
        let undetermined = self.ledger.failed() as u64;
        Counts { read, decided: self.customers() as u64 - undetermined, undetermined, quarantined, removed }
    }

    /// A text column of tiers.
    pub fn tier_column(&self, name: &str, codes: impl Iterator<Item = Option<u32>>) -> Series {
        let texts: Vec<Option<&str>> = codes.map(|c| c.map(|c| self.tiers[c as usize].as_str())).collect();
        Series::new(name.into(), texts)
    }

    /// The column of this name, in the source's order: the customer table's, a step's, or one of [`ADDED`].
    pub fn column(&self, name: &str) -> Option<Series> {
        if let Some(own) = self.columns.iter().find(|c| c.name() == name) {
            return Some(own.clone());
        }
        let failures = || (0..self.customers() as u32).map(|row| self.ledger.failure(row));
        Some(match name {
            PRIOR_TIER => self.tier_column(name, self.prior.iter().map(|p| p.as_ref().map(|p| p.tier))),
            MOVE => Series::new(name.into(), self.moves.iter().map(|m| m.word()).collect::<Vec<&str>>()),
            STATUS => {
                let word = |failed: bool| if failed { "undetermined" } else { "decided" };
                Series::new(name.into(), failures().map(|f| word(f.is_some())).collect::<Vec<&str>>())
            }
            STEP => {
                let step = |f: Option<&super::ledger::Failure>| f.map(|f| self.steps[f.step].as_str());
                Series::new(name.into(), failures().map(step).collect::<Vec<Option<&str>>>())
            }
            CAUSE => Series::new(
                name.into(),
                failures().map(|f| f.map(|f| f.cause.to_string())).collect::<Vec<Option<String>>>(),
            ),
            DECIDED_TIER => self.tier_column(name, self.held.iter().map(|h| h.as_ref().map(|h| h.tier))),
            DECIDED_VALUE => {
                let values: Vec<Option<f64>> = self.held.iter().map(|h| h.as_ref()?.value).collect();
                Series::new(name.into(), values)
            }
            DECIDED_CYCLE => {
                let mut names: HashMap<i16, String> = HashMap::new();
                for held in self.held.iter().flatten() {
                    names.entry(held.cycle).or_insert_with(|| calendar::cycle_name(held.cycle));
                }
                let cycles = self.held.iter().map(|held| Some(names.get(&held.as_ref()?.cycle)?.as_str()));
                Series::new(name.into(), cycles.collect::<Vec<Option<&str>>>())
            }
            DECIDED_SINCE => {
                let days: Vec<Option<i32>> = self.held.iter().map(|h| h.as_ref()?.since).collect();
                Series::new(name.into(), days).cast(&DataType::Date).ok()?
            }
            DECIDED_CYCLES => {
                let cycles: Vec<Option<i64>> = self.held.iter().map(|h| h.as_ref()?.cycles).collect();
                Series::new(name.into(), cycles)
            }
            DECISIVE_RULE => self.reason(name, &DataType::String, |reasons| &reasons.decisive),
            NEAREST_MISS => self.reason(name, &DataType::String, |reasons| &reasons.nearest),
            DISTANCE => self.reason(name, &DataType::Float64, |reasons| &reasons.distance),
            _ => return None,
        })
    }

    fn reason(&self, name: &str, dtype: &DataType, of: impl Fn(&Columns) -> &Series) -> Series {
        let known = self.reasons.as_ref().map(of).cloned();
        known.unwrap_or_else(|| Series::full_null(name.into(), self.customers(), dtype))
    }
}
