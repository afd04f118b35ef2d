//! The decisions of a run: tables, steps, failures and prior decisions joined, one entry for each customer.
//!
//! In: the customer table, the columns of the steps, the [`Ledger`], the [`Prior`] decisions. Out: [`Outcome`]. Must not
//! know: files, how a step is evaluated. Rows stand in the source's order; `order` gives them in key order.

use super::added::{CAUSE, DECIDED_CYCLE, DECIDED_TIER, DECIDED_VALUE, MOVE, PRIOR_TIER, STATUS, STEP};
use super::keys::Keys;
use super::ledger::Ledger;
use super::prior::Prior;
use super::record::Counts;
use crate::error::Error;
use crate::manifest::model::{Decision, Project, Undetermined};
use hashbrown::HashMap;
use polars::prelude::{DataType, NamedFrom, Series};
use std::sync::Arc;

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
        }
    }
}

/// What was decided last, in this run or before.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// Position in [`Outcome::tiers`].
    pub tier: u32,
    /// Value at that time.
    pub value: Option<f64>,
    /// Its cycle.
    pub cycle: Arc<str>,
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
    pub gone: Vec<Held>,
    /// Who is undetermined.
    pub ledger: Ledger,
    /// Names of the steps, by position.
    pub steps: Vec<String>,
}

/// What [`decide`] joins.
pub struct Parts<'a> {
    /// The project.
    pub project: &'a Project,
    /// `FY2016`.
    pub cycle: &'a str,
    /// Columns of the customer table.
    pub customers: Vec<Series>,
    /// Columns of each step in order.
    pub steps: Vec<(String, Vec<Series>)>,
    /// Who is undetermined, unknown tiers among them.
    pub ledger: Ledger,
    /// The prior decisions and each customer's row in them.
    pub prior: Option<(&'a Prior, Vec<Option<u32>>)>,
}

/// Joins everything to decisions.
///
/// # Errors
/// [`Error::Defect`] where a column is not what the checked project promises.
pub fn decide(parts: Parts<'_>) -> Result<Outcome, Error> {
    let Parts { project, cycle, customers, steps, ledger, prior } = parts;
    let decision = &project.decision;
    let key = project.tables.get(&project.customer).and_then(|t| t.key.first());
    let key = key.ok_or_else(|| Error::Defect("the customer table has no key".to_owned()))?.clone();
    let tier_step = steps.iter().position(|(_, columns)| columns.iter().any(|c| c.name() == decision.tier.as_str()));
    let names: Vec<String> = steps.iter().map(|(name, _)| name.clone()).collect();
    let mut columns: Vec<Series> = customers;
    columns.extend(steps.into_iter().flat_map(|(_, columns)| columns));
    let column = |name: &str| {
        let found = columns.iter().find(|c| c.name() == name);
        found.ok_or_else(|| Error::Defect(format!("no column {name} among the decisions")))
    };
    let order = Keys::new(column(&key)?)?.order();
    let value = floats(column(&decision.value)?)?;
    let mut tiers = Tiers::new(decision);
    let (held_before, gone) = prior_decisions(prior, ledger.rows(), &mut tiers)?;
    let own = tiers.codes(column(&decision.tier)?)?;
    let cycle: Arc<str> = cycle.into();
    let mut outcome = Outcome {
        key,
        order,
        tier: Vec::with_capacity(own.len()),
        held: Vec::with_capacity(own.len()),
        moves: Vec::with_capacity(own.len()),
        value,
        prior: held_before,
        gone,
        ledger,
        steps: names,
        columns: Vec::new(),
        tiers: Vec::new(),
    };
    for (row, own) in own.into_iter().enumerate() {
        let failure = outcome.ledger.failure(row as u32);
        let stands = failure.is_none_or(|f| tier_step.is_some_and(|step| f.step > step));
        let own = own.filter(|_| stands);
        let before = &outcome.prior[row];
        let kept = || before.as_ref().filter(|_| project.undetermined == Undetermined::KeepPrior).map(|p| p.tier);
        let movement = match (failure, own) {
            (None, Some(tier)) => tiers.movement(before.as_ref().map(|p| p.tier), tier),
            _ => Move::Undetermined,
        };
        let held = match own {
            Some(tier) => Some(Held { tier, value: outcome.value[row], cycle: Arc::clone(&cycle) }),
            None => before.clone(),
        };
        outcome.tier.push(own.or_else(kept));
        outcome.held.push(held);
        outcome.moves.push(movement);
    }
    outcome.tiers = tiers.names;
    let decided = outcome.tier_column(&decision.tier, outcome.tier.iter().copied());
    outcome.columns = columns;
    if let Some(place) = outcome.columns.iter_mut().find(|c| c.name() == decision.tier.as_str()) {
        *place = decided;
    }
    Ok(outcome)
}

/// Prior decisions by customer's row, and those of customers who are gone.
type Before = (Vec<Option<Held>>, Vec<Held>);

fn prior_decisions(prior: Option<(&Prior, Vec<Option<u32>>)>, rows: usize, tiers: &mut Tiers) -> Result<Before, Error> {
    let Some((prior, found)) = prior else { return Ok((vec![None; rows], Vec::new())) };
    let tier = tiers.codes(&prior.tier)?;
    let value = floats(&prior.value)?;
    let cycles = prior.decided.str().map_err(|e| Error::Defect(format!("prior cycles: {e}")))?;
    let mut known: HashMap<String, Arc<str>> = HashMap::new();
    let mut cycle_of = |cycle: &str| Arc::clone(known.entry_ref(cycle).or_insert_with(|| cycle.into()));
    let mut held = |row: usize| -> Option<Held> {
        let cycle = cycle_of(cycles.get(row).unwrap_or(&prior.cycle));
        Some(Held { tier: tier[row]?, value: value[row], cycle })
    };
    let mut seen = vec![false; tier.len()];
    let before = found
        .into_iter()
        .map(|row| {
            let row = row? as usize;
            *seen.get_mut(row)? = true;
            held(row)
        })
        .collect();
    let gone = seen.iter().enumerate().filter(|(_, seen)| !**seen).filter_map(|(row, _)| held(row)).collect();
    Ok((before, gone))
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
        let texts = column.str().map_err(|e| Error::Defect(format!("tier column {}: {e}", column.name())))?;
        Ok(texts.iter().map(|text| text.map(|text| self.code(text))).collect())
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

fn floats(column: &Series) -> Result<Vec<Option<f64>>, Error> {
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
                let cycles: Vec<Option<&str>> = self.held.iter().map(|h| h.as_ref().map(|h| &*h.cycle)).collect();
                Series::new(name.into(), cycles)
            }
            _ => return None,
        })
    }
}
