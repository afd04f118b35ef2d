//! The customers of the project's data.
//!
//! In: a checked project, the run whose decisions are the prior ones. Out: [`Real`]: its tables before any step; [`Graded`]: its
//! customers after all of them. Must not know: cases.

use super::evaluate::{Evaluator, Watch};
use super::tables::World;
use super::value::Value;
use super::zone;
use crate::error::{Error, Result, Stop};
use crate::rules::data::{ColumnData, Data};
use crate::run::compute::{Compute, LoadFailed};
use crate::run::engine::LocalEngine;
use crate::run::execute::{Carried, follow};
use crate::run::keys::Keys;
use crate::run::ledger::Ledger;
use crate::run::parts::Memory;
use crate::run::prior::Prior;
use crate::run::{Engine, Plan};
use crate::source::SourceMap;
use crate::system::System;

/// The project's tables as they are, with the customers' keys.
#[derive(Clone, Debug)]
pub struct Real {
    /// The tables before any step.
    pub data: Data,
    /// Keys by row.
    pub keys: Keys,
    /// The same as texts, for messages.
    pub names: Vec<String>,
}

/// Reads the tables, in memory however large they are. `prior` are decisions of the cycle before, which follow aliases as in a
/// run.
///
/// # Errors
/// What is wrong with the data; a file that cannot be read; a defect of ours.
pub fn load(
    system: &dyn System,
    plan: &Plan,
    sources: &SourceMap,
    pool: &rayon::ThreadPool,
    prior: Option<&Prior>,
) -> Result<Real> {
    let whole = Memory { bytes: Some(u64::MAX), dry_run: true, ..Memory::default() };
    let mut engine = LocalEngine::new(system, plan, sources, pool)?.with_memory(whole);
    let loaded = match engine.load(None) {
        Ok(loaded) => loaded,
        Err(LoadFailed::Findings(found, _)) => return Err(Stop::Findings(found)),
        Err(LoadFailed::Error(error)) => return Err(error.into()),
    };
    let key = plan.project.customer_key();
    let column = loaded.customers.iter().find(|column| Some(column.name().as_str()) == key);
    let column = column.ok_or_else(|| Error::Defect("the customers have no key".to_owned()))?;
    let keys = Keys::new(column)?;
    let followed = follow(plan, &loaded, column, prior, &mut Carried::default())?;
    let prior = followed.as_ref().map(|(prior, _)| prior).or(prior);
    let found = prior.map(|prior| keys.find_in(&prior.keys));
    engine.begin(prior.zip(found.as_deref()), &keys.order())?;
    let zone = zone(plan)?;
    let name = |row: usize| Ok(Value::of(column, row)?.text(&zone));
    let names = (0..column.len()).map(name).collect::<Result<_, Error>>()?;
    Ok(Real { data: engine.data().cloned().unwrap_or_default(), keys, names })
}

/// All customers, graded.
#[derive(Clone, Debug)]
pub struct Graded {
    /// Their columns, by the schema.
    pub columns: Vec<ColumnData>,
    /// Rows of those who are decided.
    pub rows: Vec<u32>,
    /// Keys by row, as texts.
    pub names: Vec<String>,
}

/// What all customers are evaluated on; no row is tested.
pub fn world(real: &Real) -> World {
    let active = (0..real.names.len() as u32).collect();
    World { data: real.data.clone(), keys: real.keys.order(), active, row: u32::MAX, given: Vec::new() }
}

/// Evaluates all steps for all customers.
///
/// # Errors
/// A defect of ours.
pub fn graded(evaluator: &Evaluator<'_>, real: &Real) -> Result<Graded> {
    let plan = evaluator.plan;
    let mut world = world(real);
    let mut decided = Decided { rows: world.active.clone() };
    let last = plan.programs.len().saturating_sub(1);
    evaluator.run_watched(&mut world, (0, last), Engine::Local, &mut decided)?;
    let customer = usize::from(plan.schema.customer.0);
    let columns = world.data.tables.get(customer).map(|table| table.columns.clone()).unwrap_or_default();
    Ok(Graded { columns, rows: decided.rows, names: real.names.clone() })
}

/// Rows of customers whom no step made undetermined.
struct Decided {
    rows: Vec<u32>,
}

impl Watch for Decided {
    fn after(&mut self, ledger: &Ledger) {
        self.rows.retain(|row| ledger.failure(*row).is_none());
    }
}
