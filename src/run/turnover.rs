//! The turnover of a roster: how much of it changed since the cycle before, against the project's budget.
//!
//! In: an [`Outcome`] and the project's [`Turnover`] budget. Out: [`Figures`] for the record, the columns of `turnover.parquet`,
//! and what is said above the budget. Must not know: files. Start at [`figures`].
//!
//! The turnover is (entered + left) / (roster before + roster now): 0 where nobody changed, 1 where everybody did. On a roster of
//! equal size it is the share that was replaced. An undetermined customer stays where it was last decided; one that merged
//! into another is no change by itself.

use super::added::MOVE;
use super::outcome::{Held, Move, Outcome};
use super::tables::key_name;
use crate::diag::{Diagnostic, ids};
use crate::error::Error;
use crate::language::counted;
use crate::manifest::model::{Over, Turnover};
use crate::migrate::flow::exchanged;
use polars::prelude::{NamedFrom, Series};
use serde::{Deserialize, Serialize};

/// The file, inside a run's folder.
pub const TURNOVER: &str = "turnover.parquet";
/// Its columns beside the key.
const OWN: [&str; 6] = ["change", MOVE, "from_tier", "to_tier", "prior_value", "value"];

/// How a roster changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Tiers that make the roster.
    pub tiers: Vec<String>,
    /// Customers in it in the cycle before.
    pub before: u64,
    /// Customers in it now.
    pub now: u64,
    /// Customers who entered it.
    pub entered: u64,
    /// Customers who left it.
    pub left: u64,
    /// (entered + left) / (before + now); 0 without anybody.
    pub turnover: f64,
    /// The budget.
    pub at_most: f64,
}

impl Figures {
    /// Whether it is above the budget.
    pub fn is_over(&self) -> bool {
        self.turnover > self.at_most
    }
}

/// Somebody who entered or left.
struct Change<'a> {
    entered: bool,
    movement: Move,
    before: Option<&'a Held>,
    now: Option<&'a Held>,
}

/// How the roster changed; `None` without a cycle before.
pub fn figures(outcome: &Outcome, budget: &Turnover) -> Option<Figures> {
    outcome.gone_keys.as_ref()?;
    let roster = roster(outcome, budget);
    let count = |held: &mut dyn Iterator<Item = Option<&Held>>| held.filter(|h| roster.has(*h)).count() as u64;
    let stayed = count(&mut outcome.prior.iter().map(Option::as_ref));
    let gone = outcome.gone.iter().filter(|gone| gone.movement == Move::Gone);
    let before = stayed + count(&mut gone.map(|gone| Some(&gone.held)));
    let now = count(&mut outcome.held.iter().map(Option::as_ref));
    let changes: Vec<bool> = changes(outcome, &roster).map(|(_, change)| change.entered).collect();
    let entered = changes.iter().filter(|entered| **entered).count() as u64;
    let left = changes.len() as u64 - entered;
    let turnover = exchanged(entered + left, before + now).unwrap_or(0.0);
    let at_most = budget.at_most;
    Some(Figures { tiers: budget.tiers.clone(), before, now, entered, left, turnover, at_most })
}

/// What is said of a turnover above the budget: an error where it fails the run.
pub fn finding(figures: &Figures, budget: &Turnover) -> Option<Diagnostic> {
    if !figures.is_over() {
        return None;
    }
    let Figures { before, now, entered, left, .. } = figures;
    let message = format!(
        "{:.1} % of the roster of {} changed since the cycle before; the budget is {:.1} %",
        100.0 * figures.turnover,
        budget.tiers.join(" and "),
        100.0 * budget.at_most
    );
    let found = match budget.over {
        Over::Fail => Diagnostic::error(ids::TURNOVER_BUDGET, message),
        Over::Report => Diagnostic::warning(ids::TURNOVER_BUDGET, message),
    };
    let found = found.at(budget.span).note(format!(
        "{} before, {now} now: {entered} entered, {left} left; {TURNOVER} lists them",
        counted(*before, "customer")
    ));
    Some(found.help("hold tiers longer (a wider band, a grace period, fewer steps at once), or raise `turnover.at_most` if the change is meant"))
}

/// The columns of `turnover.parquet`: who entered and who left, in key order, those who are gone last.
///
/// # Errors
/// [`Error::Defect`].
pub fn columns(outcome: &Outcome, budget: &Turnover) -> Result<Vec<Series>, Error> {
    let fault = |e: polars::prelude::PolarsError| Error::Defect(format!("turnover: {e}"));
    let roster = roster(outcome, budget);
    let (places, changes): (Vec<u32>, Vec<Change<'_>>) = changes(outcome, &roster).unzip();
    let mut keys = outcome.column(&outcome.key).ok_or_else(|| Error::Defect(format!("no key {}", outcome.key)))?;
    if let Some(gone) = &outcome.gone_keys {
        keys.append(&gone.clone().with_name(keys.name().clone())).map_err(fault)?;
    }
    let tier = |held: Option<&Held>| held.and_then(|held| outcome.tiers.get(held.tier as usize)).map(String::as_str);
    let tiers = |of: &dyn Fn(&Change<'_>) -> Option<String>| changes.iter().map(of).collect::<Vec<Option<String>>>();
    let values = |of: &dyn Fn(&Change<'_>) -> Option<f64>| changes.iter().map(of).collect::<Vec<Option<f64>>>();
    let word = |change: &Change<'_>| if change.entered { "entered" } else { "left" };
    Ok(vec![
        keys.take_slice(&places).map_err(fault)?.with_name(key_name(&outcome.key, &OWN).as_str().into()),
        Series::new(OWN[0].into(), changes.iter().map(word).collect::<Vec<&str>>()),
        Series::new(OWN[1].into(), changes.iter().map(|c| c.movement.word()).collect::<Vec<&str>>()),
        Series::new(OWN[2].into(), tiers(&|c| tier(c.before).map(str::to_owned))),
        Series::new(OWN[3].into(), tiers(&|c| tier(c.now).map(str::to_owned))),
        Series::new(OWN[4].into(), values(&|c| c.before?.value)),
        Series::new(OWN[5].into(), values(&|c| c.now?.value)),
    ])
}

/// Tiers of the roster, by their position among the outcome's.
struct Roster(Vec<bool>);

impl Roster {
    fn has(&self, held: Option<&Held>) -> bool {
        held.is_some_and(|held| self.0.get(held.tier as usize).copied().unwrap_or(false))
    }
}

fn roster(outcome: &Outcome, budget: &Turnover) -> Roster {
    Roster(outcome.tiers.iter().map(|tier| budget.tiers.contains(tier)).collect())
}

/// Who entered or left, with the place of the key: the customer's row, or behind all rows for one who is gone.
fn changes<'a>(outcome: &'a Outcome, roster: &'a Roster) -> impl Iterator<Item = (u32, Change<'a>)> {
    let here = outcome.order.iter().filter_map(|row| {
        let at = *row as usize;
        let (before, now) = (outcome.prior[at].as_ref(), outcome.held[at].as_ref());
        let (was, is) = (roster.has(before), roster.has(now));
        (was != is).then(|| (*row, Change { entered: is, movement: outcome.moves[at], before, now }))
    });
    let customers = outcome.customers() as u32;
    let gone = outcome.gone.iter().zip(customers..).filter(|(gone, _)| gone.movement == Move::Gone);
    let gone = gone.filter(|(gone, _)| roster.has(Some(&gone.held)));
    here.chain(gone.map(|(gone, place)| {
        (place, Change { entered: false, movement: gone.movement, before: Some(&gone.held), now: None })
    }))
}
