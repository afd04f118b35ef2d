//! The shapes of files of cases, `rules/tests/*.rtest`.

use super::{A_NAME, Is, Key, Shape, key, need};

const SET: Is = Is::Names("", &Is::Any(&[Is::Text, Is::List(&Is::Text, 0)]), 0);
const FREE: Is = Is::Names("", &Is::Open, 0);

const AS_OF: Key = key("as_of", Is::Date, "The as-of date in place of the project's.");
const SETS: Key = key("set", SET, "Parameters that are set, as `lines.strategic: 80`.");
const CUSTOMER: Key = key("customer", FREE, "What rules see behind `c.`: columns, references, related rows.");
const TABLES: Key = key("tables", FREE, "Rows of other tables, by table.");
const POPULATION: Key = key("population", Is::List(&Is::Open, 0), "Other customers, whom population functions count.");
const REVIEW: Key = key("review", Is::Bool, "Whether a person has yet to look at what is expected.").or("false");

/// The whole file.
pub static FILE: Shape = Shape::of(&[
    AS_OF,
    SETS,
    CUSTOMER,
    TABLES,
    POPULATION,
    REVIEW,
    need("cases", Is::List(&Is::Map(&CASE), 0), "The cases, in order."),
]);

/// One case.
pub static CASE: Shape = Shape::of(&[
    need("case", A_NAME, "The case's name."),
    AS_OF,
    SETS,
    key("key", Is::Text, "The key of a customer of the project's data, which gives everything else."),
    CUSTOMER,
    TABLES,
    POPULATION,
    key("expect", FREE, "Columns, and the value that each must have."),
    key(
        "undetermined",
        Is::Any(&[Is::True, Is::Text, Is::Map(&UNDETERMINED)]),
        "That the customer must be undetermined: true, a part of the cause's text, or a map.",
    ),
    key("error", Is::Text, "The id of what must stop the run."),
    key(
        "table",
        Is::List(&Is::List(&Is::Open, 1), 2),
        "A line of names, then a row for each case: what is given, `=>`, what is expected.",
    ),
    REVIEW,
]);

/// `undetermined:` as a map.
pub static UNDETERMINED: Shape = Shape::of(&[
    key("step", Is::Open, "The step that fails."),
    key("kind", Is::Open, "What kind of failure it is."),
    key("text", Is::Open, "A part of the cause's text."),
]);
