//! The shape of networks in manifests: `graph:`.

use super::{A_NAME, Is, Shape, key, need};

/// `graph:` of a table of people.
pub static GRAPH: Shape = Shape::of(&[
    need("ties", A_NAME, "The table with one row for each tie."),
    need("from", A_NAME, "Its reference to one end of a tie."),
    need("to", A_NAME, "Its reference to the other end."),
    key("weight", A_NAME, "Its column with how strong a tie is, above 0; all are alike unless given."),
    key("directed", Is::Bool, "Whether a tie leads from the first end to the second alone.").or("false"),
    key("reach", Is::Map(&REACH), "Which customers people belong to, and whom our own people are to get to."),
]);

/// `graph.reach:`.
pub static REACH: Shape = Shape::of(&[
    need("customer", A_NAME, "The reference from people to customers."),
    need("ours", A_NAME, "The bool column that says who is one of our own."),
    key(
        "influence",
        A_NAME,
        "The column with how much somebody counts in decisions, 0 for nothing; all count 1 unless given.",
    ),
    key("role", A_NAME, "The text column of roles."),
    key("roles", Is::OneOrMore(&Is::Text, 0), "The roles in which somebody of a customer should be reached."),
    key("steps", Is::Int(1, 100), "The most ties on the way from one of ours.").or("2"),
    key("decay", Is::Share, "What each tie after the first leaves of somebody's influence, above 0.").or("1"),
]);
