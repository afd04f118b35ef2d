//! The shape of the project file, `tierwright.yaml`.

use super::planning::{ALIASES, MEASURES, PLAN, PLANNING, SCENARIO, STRATEGIC, TURNOVER};
use super::{A_NAME, AN_IDENTIFIER, FILE_NAME, Is, NAME, Shape, key, need};

/// Steps in order.
pub const STEPS: Is = Is::List(&Is::Any(&[AN_IDENTIFIER, Is::Map(&STEP)]), 1);

/// The whole file.
pub static PROJECT: Shape = Shape::of(&[
    need("name", Is::Like(FILE_NAME), "The project's name, which is also the folder of its output."),
    need("customer", A_NAME, "The table with one row for each customer."),
    need("steps", STEPS, "The steps in the order they run; step `tier` is `fn tier(c)` in rules/tier.rhai."),
    need("decision", Is::Map(&DECISION), "Which columns make the decision, and which tiers there are."),
    key("planning", Is::Map(&PLANNING), "The planning year, its time zone and its phases."),
    key("aliases", Is::Map(&ALIASES), "The table that says which customers' keys have changed."),
    key("turnover", Is::Map(&TURNOVER), "How much of a roster may change from one cycle to the next."),
    key("plan", Is::Map(&PLAN), "The annual business plan."),
    key("scenarios", Is::Names(NAME, &Is::Map(&SCENARIO), 0), "What may be assumed beside the project as it stands."),
    key("strategic_plan", Is::Map(&STRATEGIC), "How far runs of phase SP look ahead, and how customers change."),
    key("as_of", Is::Date, "The exclusive end of what a run looks at where none is given; else today."),
    key(
        "undetermined",
        Is::Any(&[UNDETERMINED_TIER, Is::Map(&UNDETERMINED)]),
        "What happens to customers whose rules could not be evaluated; the tier alone is the short form.",
    ),
    key("limits", Is::Map(&LIMITS), "How much a rule and a run may take."),
    key("interpret_limit", Is::Int(0, i64::MAX), "Customers above which a step that cannot be compiled is refused.")
        .or("100000"),
    key("output", Is::Map(&OUTPUT), "Where and how decisions are written."),
    key("summaries", Is::List(&Is::Map(&SUMMARY), 0), "Further tables of sums over the decisions."),
    key("report", Is::Map(&REPORT), "What the report shows beside tiers and values."),
]);

/// A step in its long form.
pub static STEP: Shape = Shape::of(&[
    need("name", AN_IDENTIFIER, "The step's name, which its function and its file have too."),
    key("interpret", Is::Bool, "Whether it may run row by row above `interpret_limit` customers.").or("false"),
]);

/// `decision:`.
pub static DECISION: Shape = Shape::of(&[
    key("tier", A_NAME, "The column of the tier, a text.").or("\"tier\""),
    key("value", A_NAME, "The column of the value, a float.").or("\"value\""),
    need("order", Is::List(&A_NAME, 1), "The tiers, lowest first."),
    key(
        "read_back",
        Is::Names("", &Is::Type, 0),
        "Further columns of a decision that `c.prior` has in the next cycle, with their types.",
    ),
    key("earlier", AN_IDENTIFIER, "The name under which rules see a customer's decisions of all earlier cycles."),
]);

const UNDETERMINED_TIER: Is = Is::Words(&["none", "keep_prior"]);

/// `undetermined:` in its long form.
pub static UNDETERMINED: Shape = Shape::of(&[
    key("at_most", Is::Share, "The share of customers from which on a run fails.").or("0.01"),
    key("tier", UNDETERMINED_TIER, "Their tier: none, or that of the cycle before.").or("\"none\""),
]);

/// A time as `10s`.
pub const TIME: &str = "^0*[1-9][0-9]*\\s*(ms|s|min)$";
/// An amount of memory as `2GiB`.
pub const MEMORY: &str = "^0*[1-9][0-9]*\\s*(MB|MiB|GB|GiB)$";

/// `limits:`.
pub static LIMITS: Shape = Shape::of(&[
    key("operations", Is::Int(1, i64::MAX), "Operations for one customer and step.").or("10000000"),
    key("call_depth", Is::Int(1, 256), "Function calls within one another.").or("64"),
    key("collection", Is::Int(1, i64::MAX), "Elements of a list, keys of a map.").or("1000000"),
    key("text", Is::Int(1, i64::MAX), "Bytes of a text.").or("1000000"),
    key("time", Is::Like(TIME), "Time for one customer and step, as 500ms, 10s or 2min.").or("\"10s\""),
    key(
        "memory",
        Is::Like(MEMORY),
        "Memory that tables may take before they are read in parts, as 500MB or 2GiB; a quarter of the machine's unless given.",
    ),
]);

/// How Parquet files may be packed.
pub const COMPRESSIONS: [&str; 25] = [
    "zstd", "snappy", "none", "zstd(1)", "zstd(2)", "zstd(3)", "zstd(4)", "zstd(5)", "zstd(6)", "zstd(7)", "zstd(8)",
    "zstd(9)", "zstd(10)", "zstd(11)", "zstd(12)", "zstd(13)", "zstd(14)", "zstd(15)", "zstd(16)", "zstd(17)",
    "zstd(18)", "zstd(19)", "zstd(20)", "zstd(21)", "zstd(22)",
];

/// `output:`.
pub static OUTPUT: Shape = Shape::of(&[
    key("dir", A_NAME, "The folder of the output, relative to the project.").or("\"out\""),
    key(
        "columns",
        Is::List(&Is::Any(&[A_NAME, Is::OneName(&A_NAME)]), 1),
        "The columns written, in this order; `{ value: score }` writes `value` as `score`. All unless given.",
    ),
    key(
        "partition_by",
        Is::List(&A_NAME, 0),
        "The columns that make the folders, outermost first; the tier's unless given.",
    ),
    key("compression", Is::Words(&COMPRESSIONS), "How the Parquet files are packed.").or("\"zstd\""),
    key("rows_per_file", Is::Int(1, i64::MAX), "Rows of one file at most.").or("1000000"),
]);

/// `report:`.
pub static REPORT: Shape = Shape::of(&[
    key("name", A_NAME, "The column by which people know a customer, where the key is a number."),
    key("measure", A_NAME, "The column of an amount, such as the revenue."),
    key(
        "matrix",
        Is::Two(&A_NAME),
        "Two columns that customers are counted by: that of the rows, then that of the columns.",
    ),
    key("dimensions", Is::List(&A_NAME, 0), "The columns that make up the value."),
    key("key_tiers", Is::OneOrMore(&Is::Text, 0), "The tiers whose customers are listed one by one."),
]);

/// An item of `summaries:`.
pub static SUMMARY: Shape = Shape::of(&[
    need("name", Is::Like(FILE_NAME), "The summary's name, and that of its file."),
    need("by", Is::List(&A_NAME, 0), "The columns that make the groups; `[]` makes one group of all customers."),
    need("measures", MEASURES, "Columns of the summary: `count`, `sum(column)` or `mean(column)`."),
]);
