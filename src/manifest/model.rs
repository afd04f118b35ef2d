//! What a project's YAML files say, validated.
//!
//! In: nothing; these are plain values made by the sibling modules. Out: [`Project`], [`Table`], [`Parameters`]. Must
//! not know: YAML, files, rules, frames.

pub use super::business_plan::{Actuals, BusinessPlan, Capacity, Course, PlanYear};
pub use super::carried::{Aliases, Merge, Over, Turnover};
pub use super::contract::completeness::{self, Completeness};
pub use super::contract::mend::Mended;
pub use super::contract::money::VARYING;
pub use super::contract::network;
pub use super::contract::{
    Bounds, Case, Check, ColumnContract, Convert, Currency, Drop, ExactDuplicates, Expression, Freshness, Mending,
    Pattern, Range, Rates, ReferenceContract, Rule, Scalar, Severity, TableContract,
};
pub use super::planning::{Phase, Planning, Window};
pub use super::scenarios::{Assignment, BASE, Scenario, StrategicPlan, Variant};
pub use super::shown::Shown;
pub use super::text_format::{Csv, Delimiter, Encoding, LineEnds, Negative, Numbers, Packing, Thousands, Written};
use crate::dtype::DataType;
use crate::source::Span;
use indexmap::IndexMap;
use jiff::civil::Date;

pub use super::source_model::{CellRange, Excel, HeaderRow, Postgres, Relation, Rows, Sheet};

/// The project file with everything that belongs to it.
#[derive(Clone, Debug)]
pub struct Project {
    /// Name; the folder of the output.
    pub name: String,
    /// The table that has one row per customer.
    pub customer: String,
    /// Steps in the order they run.
    pub steps: Vec<Step>,
    /// What a decision consists of.
    pub decision: Decision,
    /// The planning calendar.
    pub planning: Planning,
    /// Which customers' keys changed.
    pub aliases: Option<Aliases>,
    /// How much of a roster may change from cycle to cycle.
    pub turnover: Option<Turnover>,
    /// The annual business plan.
    pub plan: Option<BusinessPlan>,
    /// What may be assumed beside the project as it stands.
    pub scenarios: Vec<Scenario>,
    /// How far scenarios look ahead, and how customers change.
    pub strategic: Option<StrategicPlan>,
    /// As-of date (exclusive end) of a run that names none.
    pub as_of: Option<Date>,
    /// What is written and how.
    pub output: Output,
    /// Further summaries of the decisions.
    pub summaries: Vec<Summary>,
    /// What the report shows.
    pub shown: Shown,
    /// Largest share of undetermined customers before a run fails, 0 to 1.
    pub undetermined_limit: f64,
    /// What an undetermined customer's tier is.
    pub undetermined: Undetermined,
    /// Limits on the rules.
    pub limits: Limits,
    /// Customers above which a step that cannot be compiled is refused.
    pub interpret_limit: usize,
    /// Tables by name, in the order of their files' names.
    pub tables: IndexMap<String, Table>,
    /// Parameters.
    pub parameters: Parameters,
}

impl Project {
    /// The name of the customers' key column; none where the customer table was not understood.
    pub fn customer_key(&self) -> Option<&str> {
        self.tables.get(&self.customer)?.key.first().map(String::as_str)
    }
}

/// One step: `fn name(c)` in `rules/name.rhai`.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// Whether it may run on the interpreter above the interpret limit.
    pub interpret: bool,
    /// Where the project file names it.
    pub span: Span,
}

/// Which columns make the decision, and what later cycles read back.
#[derive(Clone, Debug)]
pub struct Decision {
    /// Column of the tier; text.
    pub tier: String,
    /// Column of the value; float.
    pub value: String,
    /// Tiers, lowest first.
    pub order: Vec<String>,
    /// Further columns that `c.prior` has, with their types.
    pub read_back: IndexMap<String, DataType>,
    /// The name under which rules see a customer's decisions of earlier cycles: `c.decisions`.
    pub earlier: Option<String>,
    /// Where each column of the decision is named.
    pub places: IndexMap<String, Span>,
    /// Where the project file declares it.
    pub span: Span,
}

/// What an undetermined customer's tier is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undetermined {
    /// None.
    Null,
    /// The prior cycle's, if there is one.
    KeepPrior,
}

/// What a run writes for each customer.
#[derive(Clone, Debug)]
pub struct Output {
    /// Folder, relative to the project.
    pub dir: String,
    /// Columns as (column, name written); `None` writes all, under their own names.
    pub columns: Option<Vec<(String, String)>>,
    /// Partition columns, outermost first.
    pub partition_by: Vec<String>,
    /// Where columns and partition columns are named.
    pub places: OutputPlaces,
    /// Compression of Parquet pages.
    pub compression: Compression,
    /// Rows of one part file at most.
    pub rows_per_file: usize,
}

/// Where the project file names what is written, by name; names that it does not give are not there.
#[derive(Clone, Debug, Default)]
pub struct OutputPlaces {
    /// Where the project file names the columns, or what stands for that.
    pub columns_at: Span,
    /// Where it names the partition columns, or what stands for that.
    pub partition_at: Span,
    /// In `output.columns`.
    pub columns: IndexMap<String, Span>,
    /// In `output.partition_by`.
    pub partition_by: IndexMap<String, Span>,
}

/// Compression of Parquet pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Zstandard at this level, 1 to 22.
    Zstd(i32),
    /// Snappy.
    Snappy,
    /// None.
    None,
}

/// A summary of the decisions: groups and measures.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Name; `summaries/<name>.parquet`.
    pub name: String,
    /// Columns that make the groups.
    pub by: Vec<String>,
    /// Measures by the name of their column.
    pub measures: IndexMap<String, Measure>,
    /// Where the project file declares it.
    pub span: Span,
}

/// A measure of a summary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Customers of the group.
    Count,
    /// Sum of a column over the customers that have it.
    Sum(String),
    /// Mean of a column over the customers that have it.
    Mean(String),
}

/// Limits on the rules; going over one fails the run with the rule's line.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Operations for one customer and step.
    pub operations: u64,
    /// Nested calls of functions.
    pub call_depth: usize,
    /// Elements of a list, keys of a map.
    pub collection: usize,
    /// Bytes of a text.
    pub text: usize,
    /// Milliseconds for one customer and step.
    pub millis: u64,
    /// Bytes of memory that tables may take before they are read in parts.
    pub memory: Option<u64>,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            operations: 10_000_000,
            call_depth: 64,
            collection: 1_000_000,
            text: 1_000_000,
            millis: 10_000,
            memory: None,
        }
    }
}

/// One table: `datasets/<name>.yaml`.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name: the file's, without `.yaml`.
    pub name: String,
    /// What it holds, for people.
    pub description: String,
    /// Where the rows come from.
    pub source: Source,
    /// Columns in order.
    pub columns: IndexMap<String, Column>,
    /// Columns of the key; empty if there is none.
    pub key: Vec<String>,
    /// What happens to a row whose key stands in another row.
    pub duplicates: Duplicates,
    /// References to other tables.
    pub references: Vec<Reference>,
    /// Share of rows that may be quarantined before the run fails, 0 to 1.
    pub quarantine_limit: f64,
    /// Whether the table may be without rows.
    pub may_be_empty: bool,
    /// What its rows must keep beside that.
    pub contract: TableContract,
    /// Where its file starts.
    pub span: Span,
}

/// Where the rows of a table come from.
#[derive(Clone, Debug)]
pub struct Source {
    /// Paths or globs, relative to the manifest's folder; files are read in the order of their paths' bytes.
    pub paths: Vec<String>,
    /// How the files are written.
    pub format: Format,
    /// How the files are packed.
    pub packing: Packing,
    /// Whether folders named `column=value` give columns.
    pub partitions: bool,
    /// Where the manifest says so.
    pub span: Span,
}

/// How a data file is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values and their kin.
    Csv(Csv),
    /// Parquet.
    Parquet,
    /// One JSON object a line; how numbers are written in texts.
    Ndjson(Numbers),
    /// A sheet of a workbook: xlsx, xlsm, xlsb, xls, ods.
    Excel(Excel),
    /// Rows of a SQLite file.
    Sqlite(Rows),
    /// Rows of a PostgreSQL database; its source has no paths.
    Postgres(Postgres),
}

/// The format of days that are numbered as in workbooks, among those of strptime.
pub const SERIAL: &str = "serial";

/// One declared column.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name in rules and output.
    pub name: String,
    /// Its name in the source.
    pub from: String,
    /// Its type.
    pub dtype: DataType,
    /// Whether a missing value is an error of the row.
    pub required: bool,
    /// Date or datetime formats (strptime), tried in order; empty takes ISO 8601.
    pub formats: Vec<String>,
    /// Corrections: text in the source to the text that is meant; each use is counted.
    pub values: IndexMap<String, String>,
    /// Texts that mean a missing value.
    pub missing: Vec<String>,
    /// Whether an empty cell is an empty text and not missing.
    pub empty_is_text: bool,
    /// Whether rules see a decimal as an int of its smallest units.
    pub minor_units: bool,
    /// Unit, for people and for checks: `USD`, `days`.
    pub unit: Option<String>,
    /// What it holds, for people.
    pub description: String,
    /// What its values must keep, how they are mended, what they are computed of.
    pub contract: ColumnContract,
    /// Where the manifest declares it.
    pub span: Span,
}

impl Column {
    /// A column of which nothing is declared but its type.
    pub fn new(name: &str, dtype: DataType, span: Span) -> Column {
        Column {
            name: name.to_owned(),
            from: name.to_owned(),
            dtype,
            required: false,
            formats: Vec::new(),
            values: IndexMap::new(),
            missing: Vec::new(),
            empty_is_text: false,
            minor_units: false,
            unit: None,
            description: String::new(),
            contract: ColumnContract::default(),
            span,
        }
    }

    /// The field in which it stands, from 0, where `from` gives its number.
    pub fn position(&self) -> Option<usize> {
        let number: usize = self.from.parse().ok()?;
        number.checked_sub(1).filter(|place| *place < 1_000_000)
    }
}

/// What happens to rows with one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Duplicates {
    /// The run fails.
    Fail,
    /// The first row in source order stays.
    First,
    /// The last row stays: in source order, or by this column (ties: the later row).
    Last(Option<String>),
    /// All rows of the key but the first go to quarantine.
    Quarantine,
}

/// A reference to a row of another table.
#[derive(Clone, Debug)]
pub struct Reference {
    /// Its name in rules: `o.order`.
    pub name: String,
    /// Columns of this table that hold the other's key.
    pub columns: Vec<String>,
    /// The other table.
    pub table: String,
    /// The name under which the other table sees these rows: `c.orders`.
    pub many: Option<String>,
    /// What happens to a row whose reference finds nothing.
    pub orphans: Orphans,
    /// How many may find nothing, and how many may lead to one row.
    pub contract: ReferenceContract,
    /// Where the manifest declares it.
    pub span: Span,
}

/// What happens to a row whose reference is missing or finds nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Orphans {
    /// It stays and is counted.
    Count,
    /// It goes to quarantine.
    Quarantine,
    /// The run fails.
    Fail,
}

/// `rules/parameters.yaml`: a group of parameters at the top.
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    /// By name.
    pub entries: IndexMap<String, Parameter>,
}

/// A parameter, a group or a table.
#[derive(Clone, Debug)]
pub enum Parameter {
    /// One value.
    Leaf(Leaf),
    /// Further parameters, and the sum that its numbers must have.
    Group {
        /// By name.
        entries: IndexMap<String, Parameter>,
        /// What the leaves must sum to.
        sum_to: Option<f64>,
        /// Where it is declared.
        span: Span,
    },
    /// Values by a text key.
    Table(ParameterTable),
}

/// One value with what people need to know of it.
#[derive(Clone, Debug)]
pub struct Leaf {
    /// The value.
    pub value: ParameterValue,
    /// Unit, for people and for checks.
    pub unit: Option<String>,
    /// Smallest and largest value allowed.
    pub range: Option<(f64, f64)>,
    /// What it means.
    pub meaning: String,
    /// Where it is declared.
    pub span: Span,
}

/// A value of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum ParameterValue {
    /// Integer.
    Int(i64),
    /// Float, finite.
    Float(f64),
    /// True or false.
    Bool(bool),
    /// Text.
    Text(String),
    /// Day.
    Date(Date),
    /// List of values of one type, not empty.
    List(Vec<ParameterValue>),
}

/// Values by a text key; with one column a look-up gives its value, with several a map.
#[derive(Clone, Debug)]
pub struct ParameterTable {
    /// Names of the value columns; one, named `value`, for a plain map.
    pub columns: Vec<String>,
    /// Whether a look-up gives the one value itself.
    pub plain: bool,
    /// Values by key, one per column; all values of one column are of one type.
    pub rows: IndexMap<String, Vec<ParameterValue>>,
    /// What it means.
    pub meaning: String,
    /// Where it is declared.
    pub span: Span,
}
