//! The ids of all diagnostics, each with one line that says what it is about, and a page.
//!
//! In: nothing. Out: [`Id`]s. Must not know: where findings are made. An id is stable: scripts and suppressions name it.
//! Add a line here and its page `docs/<id>.md`; without the page this file does not compile.

use std::fmt;

/// A stable kebab-case id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(&'static str);

impl Id {
    /// The id as shown: `unknown-column`.
    pub fn name(self) -> &'static str {
        self.0
    }

    /// One line that says what it is about.
    pub fn summary(self) -> &'static str {
        ALL.iter().find(|(id, _)| *id == self).map_or("", |(_, text)| text)
    }

    /// Its page, Markdown: what it is, why it matters, an example, how to mend it.
    ///
    /// ```
    /// use tierwright::diag::ids;
    /// assert!(ids::UNKNOWN_COLUMN.page().starts_with("# unknown-column"));
    /// ```
    pub fn page(self) -> &'static str {
        PAGES.iter().find(|(id, _)| *id == self).map_or("", |(_, page)| page)
    }

    /// The id of this name.
    ///
    /// ```
    /// use tierwright::diag::Id;
    /// assert_eq!(Id::find("orphan").map(Id::name), Some("orphan"));
    /// assert_eq!(Id::find("orphans"), None);
    /// ```
    pub fn find(name: &str) -> Option<Id> {
        ALL.iter().find(|(id, _)| id.0 == name).map(|(id, _)| *id)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

macro_rules! ids {
    ($($constant:ident $name:literal $summary:literal)*) => {
        $(#[doc = $summary] pub const $constant: Id = Id($name);)*
        /// Every id with its summary, in the order of this file.
        pub const ALL: &[(Id, &str)] = &[$((Id($name), $summary),)*];
        const PAGES: &[(Id, &str)] = &[$((Id($name), include_str!(concat!("docs/", $name, ".md"))),)*];
    };
}

ids! {
    // Syntax of rule files
    SYNTAX "syntax" "the text is not Rhai"
    UNSUPPORTED "unsupported" "Rhai that the strict dialect leaves out"
    TOO_DEEP "too-deep" "expressions nested deeper than the limit"
    // Names
    UNKNOWN_NAME "unknown-name" "a variable or constant that does not exist"
    UNKNOWN_FUNCTION "unknown-function" "a function that does not exist"
    UNKNOWN_COLUMN "unknown-column" "a column, reference or related table that does not exist"
    UNKNOWN_PARAMETER "unknown-parameter" "a parameter that does not exist"
    DUPLICATE_NAME "duplicate-name" "one name defined twice"
    ARGUMENTS "arguments" "the wrong number or kind of arguments"
    ASSIGN "assign" "an assignment to something that cannot be assigned to"
    STEP_MISSING "step-missing" "a step without its function"
    POPULATION_ARGUMENT "population-argument" "a population function whose argument is not known for every customer"
    // Types
    TYPE_MISMATCH "type-mismatch" "unlike types in one operation"
    MIXED_NUMBER "mixed-number" "an int where the other branch is a float"
    INTEGER_DIVISION "integer-division" "int divided by int with /"
    BRANCH_TYPES "branch-types" "branches of unlike types"
    MAP_KEYS "map-keys" "maps of branches with unlike keys"
    DEAD_DEFAULT "dead-default" "?? whose left side cannot be missing"
    FLOAT_EQUALITY "float-equality" "floats compared with =="
    MISSING_VALUE "missing-value" "a value that may be missing is used as if it were there"
    NOT_A_COLUMN "not-a-column" "a step returns what cannot be a column"
    UNKNOWN_TYPE "unknown-type" "a value whose type nothing tells"
    BAD_LITERAL "bad-literal" "a literal that is not what its function needs"
    UNIT_MISMATCH "unit-mismatch" "values of unlike units in one operation"
    // What a rule says and no customer can tell
    UNREACHABLE "unreachable" "a statement or an arm that nothing reaches"
    CONSTANT_CONDITION "constant-condition" "a condition that is always true or always false"
    MISSING_DEFAULT "missing-default" "a switch or if used as a value without a default"
    UNUSED_FUNCTION "unused-function" "a function that no step calls"
    UNUSED_ARGUMENT "unused-argument" "a parameter that its function never reads"
    UNUSED_VARIABLE "unused-variable" "a variable that nothing reads"
    UNUSED_CONSTANT "unused-constant" "a constant that no rule reads"
    UNUSED_PARAMETER "unused-parameter" "a parameter of the project that no rule reads"
    UNUSED_COLUMN "unused-column" "a column that nothing reads and nothing writes"
    // Project file, manifests, parameters
    YAML "yaml" "the text is not YAML"
    UNKNOWN_KEY "unknown-key" "a key that this YAML file does not have"
    MISSING_KEY "missing-key" "a key that must be given"
    WRONG_VALUE "wrong-value" "a value of the wrong kind or out of its range"
    UNKNOWN_TABLE "unknown-table" "a table that no manifest declares"
    NAME_CLASH "name-clash" "names that would hide one another"
    FILE_MISSING "file-missing" "a file that the project needs is not there"
    FILE_UNREADABLE "file-unreadable" "a file or folder of the project cannot be read"
    CREDENTIALS "credentials" "a password in a file of the project"
    ROW_ORDER "row-order" "rows of a database that may come in any order"
    AMBIGUOUS_DATE "ambiguous-date" "two formats of a column that read one text as unlike days"
    WEIGHTS_SUM "weights-sum" "weights that must sum to 1 do not"
    // Data
    COLUMN_MISSING "column-missing" "a declared column is not in the data"
    COLUMN_REPEATED "column-repeated" "a header names a column twice"
    VALUE_WRONG "value-wrong" "a value is not of its column's type"
    VALUE_REQUIRED "value-required" "a required value is empty"
    ROW_WIDTH "row-width" "a row has more or fewer fields than the header"
    ENCODING "encoding" "bytes that are not the declared encoding"
    KEY_REPEATED "key-repeated" "a key that stands in more than one row"
    KEY_EMPTY "key-empty" "a row without its key"
    ORPHAN "orphan" "a reference that finds no row"
    NOT_ALLOWED "not-allowed" "a value that its column does not allow"
    NOT_UNIQUE "not-unique" "a value that may stand in one row stands in several"
    CHECK_FAILED "check-failed" "a row breaks a check of its table"
    NOT_COMPUTED "not-computed" "an expression of a manifest tells nothing of a row"
    NO_RATE "no-rate" "an amount that no rate converts"
    DROPPED "dropped" "a row that is no data, by `drop` of a column"
    FILTERED "filtered" "a row that the table's filter removes"
    EXACT_DUPLICATE "exact-duplicate" "a row like one before it in all columns"
    CARDINALITY "cardinality" "two rows lead where one may"
    STALE "stale" "the newest row of a table is too old, or lies in the future"
    ROW_COUNT "row-count" "a table with fewer or more rows than its manifest allows"
    TOO_MANY_QUARANTINED "too-many-quarantined" "more rows quarantined than the manifest allows"
    TABLE_EMPTY "table-empty" "a table without rows"
    FILE_FORMAT "file-format" "a data file is not in its declared format"
    FILE_CHANGED "file-changed" "a data file was written while a run read it or before it was committed"
    CONNECTION "connection" "a database that cannot be reached, or not in the way that is asked for"
    QUERY "query" "a database does not give the rows that a manifest asks for"
    TABLE_TOO_LARGE "table-too-large" "a table with more rows than row numbers reach"
    // Runs
    UNNAMED_TIER "unnamed-tier" "a tier of the project's order that no rule names"
    TOO_MANY_UNDETERMINED "too-many-undetermined" "more customers undetermined than the project allows"
    LIMIT "limit" "a rule ran over a limit of operations, depth, size or time"
    NOT_COMPILED "not-compiled" "a step that runs on the interpreter, row by row"
    INTERPRET_LIMIT "interpret-limit" "too many customers for a step on the interpreter"
    PARTITION_VALUE "partition-value" "folder values that readers would take for numbers or dates"
    DRIFT "drift" "a table is not what it was in the run before"
    INPUTS_CHANGED "inputs-changed" "what a committed run read has changed since"
    ALIAS_CONFLICT "alias-conflict" "an old key with two new ones, or keys that lead back to themselves"
    GRAPH "graph" "ties that make no network, or a measure of it that is estimated or cannot be taken"
    MODEL_DOUBT "model-doubt" "a model that could not be fitted, or that something speaks against"
    ALIAS_KEPT "alias-kept" "an old key that is a customer still"
    TURNOVER_BUDGET "turnover-budget" "more of the roster changed than the project allows"
    PLAN_HISTORY "plan-history" "amounts that a business plan cannot use, or none at all"
    PLAN_MISSING "plan-missing" "a monitor run without a plan of its year"
    STRATEGIC_PLAN "strategic-plan" "a strategic plan that the rules cannot carry out"
    PRIOR_RUN "prior-run" "the prior run does not hold what the project reads back"
    USAGE "usage" "the command line is not understood"
}
