//! The shapes of `rules/parameters.yaml`.

use super::{A_NAME, Bond, IDENTIFIER, Is, Shape, When, key, need};

const WORDS: [&str; 5] = ["int", "float", "bool", "text", "date"];
const TYPE: Is = Is::Words(&WORDS);
const A_VALUE: Is = Is::Any(&[Is::Scalar, Is::List(&Is::Scalar, 1)]);

/// The whole file: parameters by name, or nothing.
pub const FILE: Is = Is::Any(&[Is::Names(IDENTIFIER, &Is::Parameter, 0), Is::Null]);

/// What a parameter may be.
pub const PARAMETER: Is = Is::First(
    &[
        (When::Scalar, Is::Scalar),
        (When::List, Is::List(&Is::Scalar, 1)),
        (When::Map("table"), Is::Part(&TABLE, &["table", "type", "meaning"], &["table"])),
        (When::Has("table"), Is::Part(&TABLE, &["table", "key", "types", "meaning"], &["table", "key"])),
        (When::Has("ahp"), Is::Map(&AHP)),
        (When::Has("equal"), Is::Map(&EQUAL)),
        (When::Has("value"), Is::Map(&VALUE)),
    ],
    &Is::MapAndNames(&GROUP, &Is::Parameter),
);

/// A value with what people need to know of it.
pub static VALUE: Shape = Shape::of(&[
    need("value", A_VALUE, "The value: a scalar, or a list of one type."),
    key("type", TYPE, "The value's type; its own unless given. A date needs it."),
    key("unit", A_NAME, "Its unit, for people and for checks."),
    key("range", Is::Two(&Is::Number), "The smallest and the largest value allowed."),
    key("meaning", Is::Text, "What it means."),
]);

/// A look-up by a text key.
pub static TABLE: Shape = Shape::bound(
    &[
        need(
            "table",
            Is::Any(&[Is::Names("", &Is::Any(&[Is::Scalar, Is::Names("", &Is::Scalar, 1)]), 1), A_NAME]),
            "Key to value, key to a map of values, or the path of a CSV file below rules/.",
        ),
        key("key", Is::Text, "The column of the key, in a file."),
        key("types", Is::Names("", &TYPE, 0), "The types of columns, in a file."),
        key("type", TYPE, "The type of the values, in a map."),
        key("meaning", Is::Text, "What it means."),
    ],
    &[Bond::Sometimes("key")],
);

/// Weights by judgements of pairs.
pub static AHP: Shape = Shape::of(&[
    need(
        "ahp",
        Is::Names(IDENTIFIER, &Is::Names(IDENTIFIER, &JUDGEMENT, 1), 1),
        "Judgements of pairs by the analytic hierarchy process: how many times as important the first criterion is as the second.",
    ),
    key("method", Is::Words(&["eigenvector", "geometric_mean"]), "How weights come of them.").or("\"eigenvector\""),
    key("accept", Is::Amount, "The consistency ratio up to which judgements are taken.").or("0.1"),
    key("meaning", Is::Text, "What the weights are for."),
]);

/// Weights that are alike.
pub static EQUAL: Shape = Shape::of(&[
    need("equal", Is::List(&Is::Like(IDENTIFIER), 1), "Criteria that count alike; their weights sum to 1."),
    key("meaning", Is::Text, "What the weights are for."),
]);

/// A number above 0, or one over another.
const JUDGEMENT: Is = Is::Any(&[Is::Number, Is::Like("^[0-9.]+ */ *[0-9.]+$")]);

/// What a group has beside its parameters.
pub static GROUP: Shape = Shape::of(&[key("sum_to", Is::Number, "What the group's values must sum to.")]);

/// The keys of all of these; neither a parameter nor a group is named so.
pub const RESERVED: [&str; 11] =
    ["value", "table", "ahp", "equal", "type", "types", "unit", "range", "meaning", "key", "sum_to"];
