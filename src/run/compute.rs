//! What a run computes with: tables and steps, as the run sees them.
//!
//! In: nothing. Out: [`Compute`], which the project's engine is and tests stand in for. Must not know: staging, commits,
//! what a decision is.

use super::aliases::AliasRows;
use super::business::amounts::{Amounts, Months};
use super::business::columns::Capacities;
use super::identity::InputFile;
use super::prior::Prior;
use super::reasons::Columns;
use super::record::TableRow;
use crate::diag::Diagnostic;
use crate::error::{Error, Result};
use crate::rules::cause::Cause;
use crate::rules::context::Fitting;
use crate::rules::data::Data;
use crate::table::drift::Earlier;
use polars::prelude::{DataFrame, Series};

/// The tables, as far as the run needs them.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// Columns of the customer table, in the source's order.
    pub customers: Vec<Series>,
    /// Rows of each table.
    pub tables: Vec<TableRow>,
    /// `quality.parquet`.
    pub quality: DataFrame,
    /// `quarantine.parquet`.
    pub quarantine: DataFrame,
    /// Rows of the project's table of aliases, if it has one.
    pub aliases: Option<AliasRows>,
    /// Data files, sorted by table and path.
    pub inputs: Vec<InputFile>,
    /// Findings that do not stop the run.
    pub warnings: Vec<Diagnostic>,
}

/// Why the tables cannot be used.
#[derive(Debug)]
pub enum LoadFailed {
    /// The data breaks its contract. What was found out goes to the failed run.
    Findings(Vec<Diagnostic>, Box<Loaded>),
    /// A file cannot be read.
    Error(Error),
}

/// What a step gives.
#[derive(Clone, Debug, Default)]
pub struct StepColumns {
    /// Its columns, one value for each customer; missing where it was not evaluated or is undetermined.
    pub columns: Vec<Series>,
    /// Rows that failed, ascending.
    pub undetermined: Vec<(u32, Cause)>,
    /// Missing elements dropped on purpose, by place.
    pub dropped: Vec<(String, u64)>,
    /// Models that were fitted.
    pub fittings: Vec<Fitting>,
}

/// Tables and steps. Called in this order: `load`, `begin`, then for each step `step` and `keep`, at last `release` and
/// `changed`.
pub trait Compute {
    /// Reads and checks all tables, and compares them with those of an earlier run.
    ///
    /// # Errors
    /// [`LoadFailed`].
    fn load(&mut self, earlier: Option<&Earlier>) -> Result<Loaded, LoadFailed>;

    /// Whether the data files are those that are listed, with the same bytes; no row is read. `false` where that cannot be told so.
    ///
    /// # Errors
    /// [`Error::Io`].
    fn reads_the_same(&self, _inputs: &[InputFile]) -> Result<bool, Error> {
        Ok(false)
    }

    /// Adds the amounts that the project plans, of the days that the run knows.
    ///
    /// # Errors
    /// [`crate::error::Stop`]: a part that cannot be read.
    fn amounts(&mut self, _months: Months, _amounts: &mut Amounts) -> Result<()> {
        Ok(())
    }

    /// The project's table of capacities, if its plan has one.
    ///
    /// # Errors
    /// [`crate::error::Stop`].
    fn capacities(&mut self) -> Result<Option<Capacities>> {
        Ok(None)
    }

    /// The threads, for what is done to whole columns between the steps.
    fn pool(&self) -> &rayon::ThreadPool;

    /// How the tables were read, where that is worth a word; no part of the result.
    fn tables(&self) -> Option<String> {
        None
    }

    /// The tables as the last step saw them; `None` if they are not at hand.
    fn data(&self) -> Option<&Data> {
        None
    }

    /// Findings of data files that are no longer what was read. To be called right before a run is committed.
    ///
    /// # Errors
    /// [`Error::Io`].
    fn changed(&self) -> Result<Vec<Diagnostic>, Error> {
        Ok(Vec::new())
    }

    /// Lets go of what is kept on disk for steps; none is evaluated any more.
    fn release(&mut self) {}

    /// Takes the prior decisions with each customer's row in them, and the customers' rows in key order.
    ///
    /// # Errors
    /// [`crate::error::Stop`].
    fn begin(&mut self, prior: Option<(&Prior, &[Option<u32>])>, order: &[u32]) -> Result<()>;

    /// Evaluates a step for the active customers, ascending rows.
    ///
    /// # Errors
    /// [`crate::error::Stop`]: a limit.
    fn step(&mut self, step: usize, active: &[u32]) -> Result<StepColumns>;

    /// Why the customers who were active in the step that was evaluated last, and are not among `undetermined`, have the tier that it
    /// gives; `None` if it gives none, or if that is not known.
    ///
    /// # Errors
    /// [`crate::error::Stop`]: a limit.
    fn reasons(&mut self, _step: usize, _active: &[u32], _undetermined: &[u32]) -> Result<Option<Columns>> {
        Ok(None)
    }

    /// Makes a step's columns visible to later steps.
    ///
    /// # Errors
    /// [`crate::error::Stop`].
    fn keep(&mut self, columns: &[Series]) -> Result<()>;
}
