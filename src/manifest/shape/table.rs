//! The shape of a manifest, `datasets/<table>.yaml`.

use super::column::COLUMN;
use super::network::GRAPH;
use super::source::SOURCE;
use super::{A_NAME, Bond, Is, NAME, NAMES, ROW_RULE, Shape, TABLE_RULE, key, need};

/// Fewest and most, of which one may be open.
pub const BOUNDS: Is = Is::Two(&Is::Any(&[Is::Int(0, i64::MAX), Is::Null]));

/// The whole file.
pub static TABLE: Shape = Shape::bound(
    &[
        key("description", Is::Text, "What the table holds."),
        need("source", SOURCE, "Where the rows come from: a path, or a map of what is to be known of the files."),
        need(
            "columns",
            Is::Names(NAME, &Is::Any(&[Is::Type, Is::Map(&COLUMN)]), 1),
            "The columns by name; a type alone is the short form.",
        ),
        key("key", NAMES, "The column or columns that name a row."),
        key(
            "duplicates",
            Is::Any(&[Is::Words(&["fail", "first", "last", "quarantine"]), Is::Map(&LAST_BY)]),
            "What happens to rows with one key.",
        )
        .or("\"fail\""),
        key(
            "references",
            Is::Names(NAME, &Is::Map(&REFERENCE), 0),
            "Rows of other tables to which a row leads, by name.",
        ),
        key("quarantine", Is::Map(&QUARANTINE), "How many rows may go to quarantine."),
        key("empty", Is::Words(&["allowed", "fail"]), "Whether the table may be without rows.").or("\"fail\""),
        key(
            "completeness",
            Is::List(&Is::Text, 1),
            "Customer table only: the columns and related tables that a complete customer has.",
        ),
        key("missing", Is::OneOrMore(&Is::Token, 0), "Texts that mean a missing value in every column."),
        key("filter", Is::Text, "An expression over a row that says which rows stay."),
        key("checks", Is::List(&Is::Map(&CHECK), 0), "Conditions over one row."),
        key(
            "exact_duplicates",
            Is::Words(&["remove", "warn", "fail", "keep"]),
            "What happens to a row that is in all columns like one before it.",
        )
        .or("\"keep\""),
        key(
            "unique",
            Is::List(&Is::LongRule(&Is::List(&Is::Text, 1), &NAMES, &ROW_RULE), 0),
            "Lists of columns whose values together stand in one row only.",
        ),
        key("freshness", Is::Map(&FRESHNESS), "How old the newest row may be."),
        key("rows", Is::Rule(&BOUNDS, &TABLE_RULE), "The fewest and the most rows that the table has in the end."),
        key("graph", Is::Map(&GRAPH), "The ties between the rows, on which columns are measured."),
        key("rates", Is::Map(&RATES), "Where the rates of converted columns stand."),
    ],
    &[Bond::Needs("duplicates", "key")],
);

/// `duplicates:` by a column.
pub static LAST_BY: Shape =
    Shape::of(&[need("last_by", Is::Text, "The column of which the row with the largest value stays.")]);

/// A reference.
pub static REFERENCE: Shape = Shape::bound(
    &[
        need("table", A_NAME, "The table to which it leads."),
        key("column", NAMES, "The column that holds the other table's key."),
        key("columns", NAMES, "The columns that hold the other table's key, in the order of that key."),
        key("many", A_NAME, "The name under which a row of the other table sees the rows that lead to it."),
        key(
            "orphans",
            Is::Any(&[Is::Words(&["count", "quarantine", "fail"]), Is::Map(&ORPHANS)]),
            "What happens to rows that lead nowhere.",
        )
        .or("\"count\""),
        key(
            "cardinality",
            Is::Rule(&Is::Words(&["one", "many"]), &ROW_RULE),
            "Whether one or many rows may lead to one row.",
        )
        .or("\"many\""),
    ],
    &[Bond::One(&["column", "columns"])],
);

/// `orphans:` in its long form.
pub static ORPHANS: Shape = Shape::of(&[
    key("is", Is::Words(&["count", "quarantine"]), "What happens to rows that lead nowhere.").or("\"count\""),
    key("at_most", Is::Share, "The share of them from which on the run fails."),
]);

/// `quarantine:`.
pub static QUARANTINE: Shape =
    Shape::of(&[need("at_most", Is::Share, "The share of rows that may go to quarantine before the run fails.")]);

/// A check.
pub static CHECK: Shape = Shape::of(&[
    need("name", A_NAME, "The check's name, under which its rows are counted."),
    need("rule", Is::Text, "The expression that must hold."),
    key("severity", Is::Words(&["warn", "quarantine", "fail"]), "What happens where it does not hold.")
        .or("\"quarantine\""),
]);

/// Days as `45d`.
const DAYS: &str = "^0*(100000|[0-9]{1,5})d$";

/// `freshness:`.
pub static FRESHNESS: Shape = Shape::of(&[
    need("column", Is::Text, "A date or datetime column."),
    need("within", Is::Like(DAYS), "How many days before the as-of date its newest value may lie, as 45d."),
    key("max_future", Is::Like(DAYS), "How many days from the as-of date on it may lie; any unless given."),
    key("severity", Is::Words(&["warn", "fail"]), "What happens where it does not hold.").or("\"fail\""),
]);

/// A currency's code.
pub const CODE: Is = Is::Like("^[A-Z]{3}$");

/// `rates:`.
pub static RATES: Shape = Shape::of(&[
    need("table", Is::Text, "The table of rates."),
    need("from", Is::Text, "Its column with the currency that a rate is of."),
    need("to", CODE, "The currency to which the rates lead."),
    need("date", Is::Text, "Its column with the day from which on a rate holds."),
    need("rate", Is::Text, "Its column with the units of `to` for one of `from`."),
    key("max_age", Is::Like(DAYS), "How many days a rate holds, as 40d; any number unless given."),
    key("no_rate", Is::Words(&["missing", "quarantine"]), "What happens to a row without a rate.").or("\"quarantine\""),
]);
