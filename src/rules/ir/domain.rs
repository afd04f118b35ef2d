//! What nodes have values for.

use super::NodeId;
use crate::rules::types::TableId;

/// A domain of a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DomainId(pub u32);

impl DomainId {
    /// That of customers.
    pub const CUSTOMERS: DomainId = DomainId(0);
}

/// Rows that nodes have values for. All but customers are elements: each belongs to one row of its `parent`, and the
/// elements of one parent stand together, in the parents' order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Domain {
    /// One row a customer.
    Customers,
    /// The rows of a related table for each row of the parent; none where `row` is no row.
    Related {
        /// The parent.
        parent: DomainId,
        /// Row node over the parent (or an ancestor of it).
        row: NodeId,
        /// The table of `row`.
        table: TableId,
        /// Which of its related tables.
        many: u32,
    },
    /// `len` elements for each row of the parent: a list written in a rule.
    Written {
        /// The parent.
        parent: DomainId,
        /// How many.
        len: u32,
    },
    /// The elements of `base` in `keep`, for each row of `owner` (an ancestor of `base`) sorted by `key`; equal keys in
    /// the order of `base`.
    Sorted {
        /// The owner: this domain's parent.
        owner: DomainId,
        /// Whose elements are sorted.
        base: DomainId,
        /// Bool node over `base`.
        keep: NodeId,
        /// A node over `base` of any ordered kind.
        key: NodeId,
        /// Largest first.
        descending: bool,
    },
    /// For each row of `owner` one element less than `base` has in `keep`, none for fewer than two: the differences of
    /// neighbours. Element `i` lies between elements `i` and `i + 1` of the base.
    Between {
        /// The owner: this domain's parent.
        owner: DomainId,
        /// A sorted domain of the same owner.
        base: DomainId,
    },
    /// For each row of the parent the elements of `base` in `keep` that belong to row number `row` of `owner`: a list that is
    /// looked at again for each element of another one. None where `row` is no row.
    Copied {
        /// The parent.
        parent: DomainId,
        /// Row node over the parent: a number of a row of `owner`.
        row: NodeId,
        /// Whose elements they are.
        base: DomainId,
        /// An ancestor of the base.
        owner: DomainId,
        /// Bool node over the base.
        keep: NodeId,
    },
    /// The parts of a text; one if the separator is not found, none where it is empty.
    Split {
        /// The parent.
        parent: DomainId,
        /// Text node.
        text: NodeId,
        /// Text node.
        separator: NodeId,
    },
}

impl Domain {
    /// The domain whose rows own the elements; `None` for customers.
    pub fn parent(&self) -> Option<DomainId> {
        match self {
            Domain::Customers => None,
            Domain::Related { parent, .. }
            | Domain::Written { parent, .. }
            | Domain::Copied { parent, .. }
            | Domain::Split { parent, .. } => Some(*parent),
            Domain::Sorted { owner, .. } | Domain::Between { owner, .. } => Some(*owner),
        }
    }

    /// The nodes that must be computed before its elements are known.
    pub fn needs(&self) -> Vec<NodeId> {
        match self {
            Domain::Customers | Domain::Written { .. } | Domain::Between { .. } => Vec::new(),
            Domain::Related { row, .. } => vec![*row],
            Domain::Copied { row, keep, .. } => vec![*row, *keep],
            Domain::Sorted { keep, key, .. } => vec![*keep, *key],
            Domain::Split { text, separator, .. } => vec![*text, *separator],
        }
    }
}
