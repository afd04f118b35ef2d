//! The shape of a column of a manifest.

use super::table::{BOUNDS, CODE};
use super::{A_NAME, Bond, Is, ROW_RULE, Shape, key, need};

const TOKENS: Is = Is::OneOrMore(&Is::Token, 0);
const ENDS: Is = Is::Two(&Is::Token);

/// A column in its long form.
pub static COLUMN: Shape = Shape::bound(
    &[
        need("type", Is::Type, "What its values are."),
        key(
            "from",
            Is::OneOrMore(&Is::Text, 1),
            "Its name in the source, or several of which a file has one; without a header the number of its field.",
        ),
        key("required", Is::Bool, "Whether an empty value sends the row to quarantine.").or("false"),
        key("format", FORMATS, "How dates are written, by strptime, as %d/%m/%Y; ISO 8601 unless given."),
        key("formats", FORMATS, "Several ways in which dates are written, tried in this order."),
        key("values", Is::Names("", &Is::Token, 0), "Corrections: a text in the source to the text that is meant."),
        key("missing", TOKENS, "Texts that mean a missing value."),
        key("empty", Is::Words(&["text", "missing"]), "Whether an empty cell is a text of no characters, or missing.")
            .or("\"missing\""),
        key("minor_units", Is::Bool, "Decimal: whether rules see an int of the smallest units.").or("false"),
        key("unit", A_NAME, "Its unit, for people and for checks."),
        key("description", Is::Text, "What it holds."),
        key("allowed", Is::Rule(&Is::OneOrMore(&Is::Token, 1), &ROW_RULE), "The values that it may have."),
        key("range", Is::Rule(&ENDS, &ROW_RULE), "The smallest and the largest value; `null` leaves an end open."),
        key("pattern", Is::Rule(&Is::Text, &ROW_RULE), "A regular expression that the whole text matches."),
        key("length", Is::Rule(&BOUNDS, &ROW_RULE), "The fewest and the most characters of a text."),
        key("unique", Is::Rule(&Is::Bool, &ROW_RULE), "Whether a value stands in one row only.").or("false"),
        key("trim", Is::Bool, "Whether white space at both ends goes.").or("false"),
        key("case", Is::Words(&["lower", "upper"]), "The case that all letters get."),
        key("width", Is::Words(&["half"]), "Full-width letters, digits and signs become ASCII."),
        key("unicode", Is::Words(&["nfc"]), "A letter and the marks behind it become one character."),
        key("absent", Is::Words(&["missing", "fail"]), "Whether a file may lack the column.").or("\"fail\""),
        key("compute", Is::Text, "The expression over the row's other columns that gives its values."),
        key("graph", Is::Text, "What it is measured as on a network: `pagerank`; of a customer `people.reach`."),
        key("sensitive", Is::Bool, "Whether its values stay out of everything that people read.").or("false"),
        key(
            "decimal",
            Is::Words(&[".", ","]),
            "What stands before the decimals; as the source writes them unless given.",
        ),
        key(
            "thousands",
            Is::Words(&[",", ".", "'", "space", "none", "\u{2019}", " ", "\u{a0}", "\u{202f}", "\u{2009}"]),
            "What may stand between groups of three digits; as the source writes them unless given.",
        ),
        key(
            "negative",
            Is::OneOrMore(&Is::Words(&["trailing", "parentheses", "minus-sign"]), 0),
            "How numbers below zero are written beside a minus in front.",
        ),
        key("marks", Is::OneOrMore(&Is::Text, 0), "What may stand beside a number and is no part of it, as € or %."),
        key(
            "drop",
            Is::OneOrMore(&Is::Any(&[Is::Token, Is::Map(&DROP)]), 1),
            "Texts and patterns with which a row is no data, and is removed.",
        ),
        key(
            "currency",
            Is::Any(&[CODE, Is::Map(&CURRENCY)]),
            "The currency of its amounts, or the column that names it.",
        ),
        key("convert", Is::Text, "The column whose amount it is in another currency."),
        key("to", CODE, "The currency to which `convert` leads."),
        key("on", Is::Text, "The column with the day whose rate counts."),
    ],
    &[
        Bond::NotBoth("format", "formats"),
        Bond::NotBoth("unit", "currency"),
        Bond::NotBoth("convert", "compute"),
        Bond::NotBoth("convert", "currency"),
        Bond::NotBoth("graph", "compute"),
        Bond::NotBoth("graph", "convert"),
        Bond::Needs("convert", "to"),
        Bond::Needs("convert", "on"),
        Bond::Needs("to", "convert"),
        Bond::Needs("on", "convert"),
    ],
);

const FORMATS: Is = Is::OneOrMore(&Is::Text, 0);

/// An item of `drop:` that is no text.
pub static DROP: Shape = Shape::of(&[need("pattern", Is::Text, "A regular expression that the whole text matches.")]);

/// `currency:` of another column.
pub static CURRENCY: Shape = Shape::of(&[need("column", Is::Text, "The text column that names the currency.")]);
