//! The shapes of what the project file says of planning years: calendar, scenarios, plans, what cycles hand on.

use super::project::STEPS;
use super::{A_NAME, AN_IDENTIFIER, Bond, Is, NAME, NAMES, Shape, key, need};

/// A column's name to what is counted.
pub const MEASURES: Is = Is::Names(NAME, &Is::Like(MEASURE), 1);
const MEASURE: &str = "^(count|(sum|mean)\\s*\\(\\s*[^\\s)].*\\))$";

/// A parameter's name to the value that it is given.
pub const ASSIGNMENTS: Is = Is::Names("", &Is::Any(&[Is::Text, Is::List(&Is::Text, 0)]), 0);

/// A month and a day.
const DAY: &str = "^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$";
/// A month and a day that every month has.
const START: &str = "^(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])$";
/// A year after the run's cycle.
const YEAR: &str = "^0*([1-9]|[1-4][0-9]|50)$";

const PHASE_NAMES: [&str; 3] = ["SP", "BP", "monitor"];
const WINDOW: Is = Is::Two(&Is::Like(DAY));
const A_PHASE: Is = Is::Any(&[WINDOW, Is::Map(&PHASE)]);

/// `planning:`.
pub static PLANNING: Shape = Shape::of(&[
    key("starts", Is::Like(START), "The first day of the planning year, month and day.").or("\"04-01\""),
    key("time_zone", Is::Text, "The IANA time zone in which days are counted.").or("\"UTC\""),
    key("prior_phase", Is::Words(&PHASE_NAMES), "The phase of the cycle before whose decisions are `c.prior`.")
        .or("\"BP\""),
    key("phases", Is::Map(&PHASES), "The window of each phase in every planning year."),
]);

/// `planning.phases:`.
pub static PHASES: Shape = Shape::of(&[
    key("SP", A_PHASE, "When the strategic plan is made: its first day and the day after its last."),
    key("BP", A_PHASE, "When the business plan is made: its first day and the day after its last."),
    key("monitor", A_PHASE, "When the year under way is watched: its first day and the day after its last."),
]);

/// A phase in its long form.
pub static PHASE: Shape = Shape::of(&[
    key("window", WINDOW, "The phase's first day and the day after its last."),
    key("set", ASSIGNMENTS, "Parameters that the phase has of its own."),
    key("steps", STEPS, "Steps in place of the project's."),
]);

/// A scenario.
pub static SCENARIO: Shape = Shape::of(&[
    key("meaning", Is::Text, "What the scenario is about."),
    key("set", ASSIGNMENTS, "Parameters of its own in every year."),
    key(
        "from_year",
        Is::Names(YEAR, &ASSIGNMENTS, 0),
        "Parameters from a year on; 1 is the first after the run's cycle.",
    ),
]);

/// `strategic_plan:`.
pub static STRATEGIC: Shape = Shape::bound(
    &[
        key("years", Is::Int(1, 50), "Years after the run's cycle.").or("3"),
        key("outlook", AN_IDENTIFIER, "The rule that gives a customer's columns of the next year."),
        key("leaves", A_NAME, "The column of the outlook that says who is a customer no more."),
        key("measures", MEASURES, "Further columns of the portfolio."),
    ],
    &[Bond::Needs("leaves", "outlook")],
);

/// `aliases:`.
pub static ALIASES: Shape = Shape::of(&[
    need("table", A_NAME, "The table with one row for each old key."),
    need("old", A_NAME, "Its column of old keys."),
    need("new", A_NAME, "Its column of new keys."),
    need("from", A_NAME, "Its column of the day from which the new key holds."),
    key("merge", Is::Words(&["higher", "lower", "own"]), "Which decision goes on where several customers become one.")
        .or("\"higher\""),
]);

/// `turnover:`.
pub static TURNOVER: Shape = Shape::of(&[
    need("tiers", NAMES, "The tiers that make the roster."),
    need("at_most", Is::Share, "The largest share of the roster that may be exchanged."),
    key("over", Is::Words(&["report", "fail"]), "Whether a larger turnover warns or fails the run.").or("\"report\""),
]);

/// `plan:`.
pub static PLAN: Shape = Shape::of(&[
    need("actuals", Is::Map(&ACTUALS), "The rows whose amounts are planned."),
    key(
        "year",
        Is::Words(&["next", "this"]),
        "Whether the year after the run's cycle is planned, or the cycle itself.",
    )
    .or("\"next\""),
    key("growth", A_NAME, "The column of the decisions by which share a target lies above its forecast."),
    key("by", Is::OneOrMore(&Is::Text, 0), "Columns of the decisions by which targets are summed beside the tier."),
    key("capacity", Is::Map(&CAPACITY), "What the plan asks of those who carry it out, and what they can do."),
    key("models", Is::Int(0, i64::MAX), "How many customers, the largest, have all models tried.").or("20000"),
    key("monitor", Is::Map(&COURSE), "When a customer is off course in a monitor run."),
]);

/// `plan.actuals:`.
pub static ACTUALS: Shape = Shape::of(&[
    need("rows", A_NAME, "The name under which rules see the rows."),
    need("date", A_NAME, "Their column of days or instants."),
    need("amount", A_NAME, "Their column of amounts."),
    key("from", Is::Date, "The first day that the data covers."),
]);

/// `plan.capacity:`.
pub static CAPACITY: Shape = Shape::of(&[
    need("demand", A_NAME, "The column of the decisions with what a customer asks for in a quarter."),
    need("owner", A_NAME, "The column of the decisions with who carries it out."),
    need("table", A_NAME, "The table of capacities."),
    need("key", A_NAME, "Its column of owners."),
    need("capacity", A_NAME, "Its column of what each can do in a quarter."),
]);

/// `plan.monitor:`.
pub static COURSE: Shape = Shape::of(&[
    key("owner", A_NAME, "The column of the decisions with whom an alert is for."),
    key("short", Is::Share, "The share of the plan to date that may be missing before it is a warning.").or("0.2"),
    key("severe", Is::Share, "The missing share from which on it is critical.").or("0.4"),
    key("least", Is::Amount, "The amount up to which a gap is none.").or("0"),
]);
