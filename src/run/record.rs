//! The run record: what a run was, read and made.
//!
//! In: plain values from the other modules. Out: [`Record`], as `run.json` holds it, and [`Timings`], kept apart because
//! they differ from run to run. Must not know: how the numbers came about. A record holds nothing that depends on the
//! engine, the number of threads, the clock or the place of the output.

use super::business;
use super::identity::Identity;
use super::turnover::Figures;
use crate::diag::Diagnostic;
use crate::error::Error;
use crate::source::SourceMap;
use crate::system::System;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Whether a run was committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Its decisions stand.
    Committed,
    /// It failed on rules or data; it has no decisions.
    Failed,
}

/// A run, as `run.json` holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Run id.
    pub run: String,
    /// Committed or failed.
    pub status: Status,
    /// Everything the result depends on.
    pub identity: Identity,
    /// First day of the cycle.
    pub cycle_start: String,
    /// Exclusive end of the cycle.
    pub cycle_end: String,
    /// Phase under which the run is current.
    pub slot_phase: String,
    /// Customers by what became of their rows.
    pub counts: Counts,
    /// Tiers, highest first, then customers without one.
    pub tiers: Vec<TierRow>,
    /// Customers by move.
    pub moves: Vec<MoveRow>,
    /// How the roster changed; none without a budget or a cycle before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turnover: Option<Figures>,
    /// Aliases by what became of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<AliasRow>,
    /// The business plan, of a run that makes one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<business::columns::Figures>,
    /// The year under way against its plan, of a monitor run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monitor: Option<business::monitor::Figures>,
    /// The scenarios of a strategic plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategic: Option<super::strategic::columns::Figures>,
    /// Rows of each table.
    pub tables: Vec<TableRow>,
    /// What was done to the data, by kind, as one line for each table.
    pub quality: Vec<QualityRow>,
    /// Models that rules asked, as fitted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<ModelRow>,
    /// Columns of the decisions.
    pub columns: Vec<ColumnRow>,
    /// Columns that make the folders of the decisions, outermost first.
    pub partition_by: Vec<String>,
    /// Steps that could not be compiled.
    pub not_compiled: Vec<NotCompiled>,
    /// Findings that did not stop the run, or that did.
    pub findings: Vec<Finding>,
    /// Files of the run but this one and the timings.
    pub outputs: Vec<OutputFile>,
}

/// Customers by what became of their rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Rows of the customer table read.
    pub read: u64,
    /// Customers decided.
    pub decided: u64,
    /// Customers undetermined.
    pub undetermined: u64,
    /// Rows quarantined.
    pub quarantined: u64,
    /// Rows removed as the manifest declares.
    pub removed: u64,
}

impl Counts {
    /// Whether no customer is lost.
    pub fn reconcile(&self) -> bool {
        self.read == self.decided + self.undetermined + self.quarantined + self.removed
    }
}

/// One line of the tier table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TierRow {
    /// The tier; none for customers without one.
    pub tier: Option<String>,
    /// Customers in it.
    pub customers: u64,
    /// Those of them who are undetermined.
    pub undetermined: u64,
    /// Share of all customers.
    pub share: f64,
    /// Sum of the values there are, in key order.
    pub value_sum: f64,
    /// Their mean; none without values.
    pub value_mean: Option<f64>,
}

/// One cell of the migration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MoveRow {
    /// Tier before; none for a customer never decided.
    pub from: Option<String>,
    /// Tier now; none for a customer without one, or gone.
    pub to: Option<String>,
    /// `new`, `up`, `down`, `same`, `undetermined`, `gone`, `merged`.
    #[serde(rename = "move")]
    pub movement: String,
    /// Customers.
    pub customers: u64,
    /// Sum of their values now.
    pub value: f64,
    /// Sum of their values before.
    pub prior_value: f64,
}

/// Aliases of which the same became.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AliasRow {
    /// `renamed`, `merged`, `kept`, `gone`, `unused`, `later`.
    pub effect: String,
    /// Aliases.
    pub count: u64,
}

/// Rows of one table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableRow {
    /// The table.
    pub table: String,
    /// Rows read.
    pub read: u64,
    /// Rows that rules see.
    pub kept: u64,
    /// Rows quarantined.
    pub quarantined: u64,
    /// Rows removed as the manifest declares.
    pub removed: u64,
}

/// A model that a rule asked, as fitted to a group of customers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelRow {
    /// The step.
    pub step: String,
    /// `file:line:column` of the call.
    pub place: String,
    /// The function that was called.
    pub function: String,
    /// Which model was fitted; empty where there is none by that name.
    pub model: String,
    /// The key of the group's first customer; none where all customers are one group.
    pub group_of: Option<String>,
    /// Customers that it rests on.
    pub customers: u64,
    /// The log-likelihood.
    pub log_likelihood: Option<f64>,
    /// Its parameters.
    pub parameters: Vec<ParameterRow>,
    /// What speaks against them, or why there are none.
    pub doubts: Vec<String>,
}

/// A parameter of a fitted model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ParameterRow {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: f64,
    /// Its standard error; none where the data do not determine it.
    pub error: Option<f64>,
}

/// How often one thing was done to one table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QualityRow {
    /// The table.
    pub table: String,
    /// What: as in `quality.parquet`.
    pub measure: String,
    /// How often.
    pub count: u64,
}

/// A column of the decisions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnRow {
    /// Its name in the files.
    pub name: String,
    /// Its name in rules; the same for columns that a run adds.
    pub from: String,
    /// Its type, as manifests name it.
    #[serde(rename = "type")]
    pub dtype: String,
}

/// A step that could not be compiled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotCompiled {
    /// The step.
    pub step: String,
    /// `file:line:column` of what caused it.
    pub place: String,
    /// Why.
    pub why: String,
    /// What to write instead.
    #[serde(default)]
    pub instead: String,
}

/// A diagnostic, as a record keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable id.
    pub id: String,
    /// `error` or `warning`.
    pub severity: String,
    /// `file:line:column`, a path, or empty.
    pub place: String,
    /// What.
    pub message: String,
    /// What to do.
    pub help: Vec<String>,
}

impl Finding {
    /// A diagnostic with its place as text.
    pub fn new(diagnostic: &Diagnostic, sources: &SourceMap) -> Finding {
        let place = diagnostic.span.map(|span| sources.place(span));
        Finding {
            id: diagnostic.id.name().to_owned(),
            severity: diagnostic.severity.word().to_owned(),
            place: place.or_else(|| diagnostic.location.clone()).unwrap_or_default(),
            message: diagnostic.message.clone(),
            help: diagnostic.help.clone(),
        }
    }
}

/// A file that a run wrote.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OutputFile {
    /// Path inside the run's folder, `/` between parts.
    pub path: String,
    /// Rows, for a Parquet file.
    pub rows: Option<u64>,
    /// Size in bytes.
    pub bytes: u64,
    /// blake3 of its bytes, hexadecimal.
    pub hash: String,
}

/// What differs from run to run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timings {
    /// When the run began.
    pub started: String,
    /// Engine asked for.
    pub engine: String,
    /// Threads.
    pub threads: usize,
    /// How the tables were read, where that is worth a word: `in 29 parts`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tables: Option<String>,
    /// Milliseconds by stage, in order.
    pub stages: Vec<Stage>,
}

/// How long one stage took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// `load`, `step value`, `write`, …
    pub stage: String,
    /// Milliseconds.
    pub millis: f64,
    /// Of a step: `columns` or `interpreter`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluator: Option<String>,
    /// Of a step: customers for whom it was evaluated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customers: Option<u64>,
}

impl Record {
    /// The text of `run.json`, the same for the same record.
    ///
    /// # Errors
    /// [`Error::Defect`].
    pub fn to_json(&self) -> Result<String, Error> {
        json(self)
    }

    /// Reads a record.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Format`] if it is not a record.
    pub fn read(system: &dyn System, path: &Path) -> Result<Record, Error> {
        let text = system.read_text(path)?;
        serde_json::from_str(&text).map_err(|e| Error::Format {
            path: path.to_owned(),
            message: format!("not a run record of this version: {e}"),
        })
    }
}

/// Pretty JSON with a line end.
///
/// # Errors
/// [`Error::Defect`].
pub fn json(value: &impl Serialize) -> Result<String, Error> {
    let text = serde_json::to_string_pretty(value).map_err(|e| Error::Defect(format!("no JSON of a record: {e}")))?;
    Ok(text + "\n")
}
