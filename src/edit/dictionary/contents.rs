//! What a data dictionary holds.
//!
//! In: nothing; these are plain values. Out: [`Dictionary`], whose fields are also those of its JSON. Must not know: how it is written.

use serde::Serialize;

/// The data dictionary of a project.
#[derive(Clone, Debug, Serialize)]
pub struct Dictionary {
    /// The project's name.
    pub project: String,
    /// The table of customers.
    pub customer: String,
    /// The tiers, lowest first.
    pub tiers: Vec<String>,
    /// The column of the tier.
    pub tier: String,
    /// The column of the value.
    pub value: String,
    /// The first day of the planning year, month and day.
    pub planning_year: String,
    /// The zone in which days are counted.
    pub time_zone: String,
    /// The phases that have a window or something of their own.
    pub phases: Vec<PhaseEntry>,
    /// The scenarios, in the project's order.
    pub scenarios: Vec<ScenarioEntry>,
    /// The tables, in the order of their files' names.
    pub tables: Vec<TableEntry>,
    /// The steps, in the order they run.
    pub steps: Vec<StepEntry>,
    /// The parameters, in the order of their file.
    pub parameters: Vec<ParameterEntry>,
}

/// A phase of the planning year.
#[derive(Clone, Debug, Serialize)]
pub struct PhaseEntry {
    /// Its name.
    pub name: String,
    /// The first day of its window, month and day.
    pub from: Option<String>,
    /// The day after its last.
    pub to: Option<String>,
    /// Parameters that it sets.
    pub set: Vec<String>,
    /// Its own steps.
    pub steps: Option<Vec<String>>,
}

/// A scenario.
#[derive(Clone, Debug, Serialize)]
pub struct ScenarioEntry {
    /// Its name.
    pub name: String,
    /// What it is about.
    pub meaning: Option<String>,
    /// Parameters that it sets.
    pub set: Vec<String>,
    /// Parameters from a year on.
    pub from_year: Vec<(u32, Vec<String>)>,
}

/// A table.
#[derive(Clone, Debug, Serialize)]
pub struct TableEntry {
    /// Its name.
    pub name: String,
    /// Its manifest.
    pub place: String,
    /// What it holds.
    pub description: String,
    /// Where its rows come from.
    pub source: String,
    /// The columns that name a row.
    pub key: Vec<String>,
    /// Rows of other tables to which a row leads.
    pub references: Vec<ReferenceEntry>,
    /// Which rows stay.
    pub filter: Option<String>,
    /// What its rows must keep.
    pub checks: Vec<String>,
    /// Its columns, in the manifest's order.
    pub columns: Vec<TableColumn>,
}

/// A reference.
#[derive(Clone, Debug, Serialize)]
pub struct ReferenceEntry {
    /// Its name.
    pub name: String,
    /// The columns that hold the other table's key.
    pub columns: Vec<String>,
    /// The other table.
    pub table: String,
    /// The name under which a row there sees these rows.
    pub many: Option<String>,
}

/// A column of a table.
#[derive(Clone, Debug, Serialize)]
pub struct TableColumn {
    /// Its name.
    pub name: String,
    /// Its name in the source, if that is another.
    pub source_name: Option<String>,
    /// Its type.
    #[serde(rename = "type")]
    pub dtype: String,
    /// Its unit.
    pub unit: Option<String>,
    /// What it holds.
    pub description: String,
    /// What it is computed or converted of.
    pub computed: Option<String>,
    /// What its values must keep.
    pub checks: Vec<String>,
    /// Whether its values stay out of what people read.
    pub sensitive: bool,
    /// Which rules read it.
    pub read_by: Vec<ReadBy>,
}

/// The places where a step reads a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReadBy {
    /// The step.
    pub step: String,
    /// Lines, as `rules/value.rhai:12`.
    pub places: Vec<String>,
}

/// A step.
#[derive(Clone, Debug, Serialize)]
pub struct StepEntry {
    /// Its name.
    pub name: String,
    /// Where its function stands.
    pub place: String,
    /// Its columns, in the order in which the rule writes them.
    pub columns: Vec<StepColumn>,
}

/// A column that a step makes.
#[derive(Clone, Debug, Serialize)]
pub struct StepColumn {
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub dtype: String,
    /// Its unit, as far as declared units give one.
    pub unit: Option<String>,
    /// Whether a value may be missing.
    pub may_be_missing: bool,
    /// The line that makes it.
    pub place: String,
    /// What it is made of in its own step.
    pub of: Origins,
    /// What it comes from in the end: columns of tables, and the parameters of all steps on the way.
    pub from: Origins,
    /// Which later steps read it.
    pub used_by: Vec<ReadBy>,
    /// Its name in the decisions, if it is written.
    pub written_as: Option<String>,
}

/// What a column follows from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Origins {
    /// Columns: `table.column`, `prior.tier`, or `step: column` of a step before.
    pub columns: Vec<String>,
    /// Ways between tables: `accounts.opportunities`, `opportunities.product`.
    pub relations: Vec<String>,
    /// Parameters: `P.lines.strategic`.
    pub parameters: Vec<String>,
    /// Dates of the run: `AS_OF`.
    pub dates: Vec<String>,
}

/// A parameter.
#[derive(Clone, Debug, Serialize)]
pub struct ParameterEntry {
    /// As rules write it: `P.lines.strategic`.
    pub name: String,
    /// Its value; of a table how many rows it has, and its columns.
    pub value: String,
    /// The rows of a table that is not long: keys and values.
    pub rows: Vec<Vec<String>>,
    /// Its type.
    #[serde(rename = "type")]
    pub dtype: String,
    /// Its unit.
    pub unit: Option<String>,
    /// The smallest and the largest value allowed.
    pub range: Option<(f64, f64)>,
    /// What it means.
    pub meaning: String,
    /// Where it stands.
    pub place: String,
    /// The lines that read it.
    pub used_at: Vec<String>,
    /// The columns of steps that follow from it, those of its own step first.
    pub decides: Vec<String>,
}
