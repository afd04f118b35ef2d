//! The typed intermediate representation of a step: a graph of total operations over columns, and the checks that make
//! customers undetermined.
//!
//! In: `rules::lower` builds it from a typed step. Out: [`Lowered`], which `rules::codegen` makes a program of. Must
//! not know: engines, data, registers. Start at [`Op`] and [`Check`].
//!
//! **Nodes** are pure and total: each gives one value for every row of its [`Domain`], garbage where its operands are
//! missing, where it fails, or where no path of the rule comes by. Equal nodes are one node, so that nothing is computed
//! twice. What control flow does is [`Op::Select`]; missingness is a node of its own (`there`, a bool).
//!
//! **Checks** stand in the order in which the rule is evaluated. Each names the rows it holds for (its mask: the rows whose
//! path comes by) and what must be so there. The first check that a row breaks is its cause.
//!
//! **Domains** are what a node has values for: customers, or the elements of a list for each row of another domain. A
//! lambda's body is evaluated over its list's domain; a filter is a mask; an aggregate gives a value for each row of
//! the domain that owns the list. Spans stand in [`Site`]s alone: they take no part in equality of nodes.

mod build;
mod domain;
mod fold;
mod op;
mod print;
mod range;

pub use build::Builder;
pub use domain::{Domain, DomainId};
pub use op::{Aggregate, Const, DatePart, FloatUnary, Op, Order, Repr};

use super::site::{Site, Subject};
use crate::source::Span;
use std::sync::Arc;

/// A node of a [`Graph`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u32);

/// One operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it computes.
    pub op: Op,
    /// Its operands. One of another domain than the node's is of an ancestor domain, and read through the parents.
    pub args: Vec<NodeId>,
    /// What it has values for. A constant has the customers' domain and is the same everywhere.
    pub domain: DomainId,
    /// Representation of its values.
    pub repr: Repr,
}

/// Nodes and the domains they have values for; operands stand before what uses them.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// By [`NodeId`].
    pub nodes: Vec<Node>,
    /// By [`DomainId`]; the first is that of customers.
    pub domains: Vec<Domain>,
    /// Texts that [`Op::Pooled`] chooses from.
    pub pool: Vec<Arc<str>>,
}

impl Graph {
    /// A node.
    ///
    /// # Panics
    /// If the id comes from another graph: a defect of the caller.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// A domain.
    ///
    /// # Panics
    /// As [`Graph::node`].
    pub fn domain(&self, id: DomainId) -> &Domain {
        &self.domains[id.0 as usize]
    }

    /// The constant that a node is, if it is one.
    pub fn constant(&self, id: NodeId) -> Option<&Const> {
        match &self.node(id).op {
            Op::Const(value) => Some(value),
            _ => None,
        }
    }
}

/// What must be so for the rows of a mask, in the order of evaluation.
#[derive(Clone, Debug, PartialEq)]
pub enum Check {
    /// `there` holds; else the cause is [`super::cause::CauseKind::Missing`] at `subject`.
    There {
        /// Bool node.
        there: NodeId,
        /// Rows that come by: a bool node; its domain is the one the check is evaluated over.
        mask: NodeId,
        /// What is missing.
        subject: Subject,
    },
    /// The node has not failed; else the cause is its failure's kind, at the part of `site` that its code says.
    Works {
        /// A node whose [`Op::can_fail`] holds; of the mask's domain or an ancestor of it.
        node: NodeId,
        /// Rows that come by.
        mask: NodeId,
        /// Index into [`Lowered::sites`].
        site: u32,
    },
    /// No row comes by: `throw`, with the text as the cause's.
    Throw {
        /// Text node.
        text: NodeId,
        /// Rows that come by.
        mask: NodeId,
        /// The statement.
        site: u32,
    },
    /// Counts the rows of `gone` (elements dropped by `known`, within their list's [`Check::Each`]) unless they, or a row that owns
    /// them, have failed before.
    Dropped {
        /// Bool node: rows that come by and are dropped.
        gone: NodeId,
        /// Index into [`Lowered::counters`].
        counter: u32,
    },
    /// A lambda: its checks hold for every element of `domain`, element after element. The first element that breaks one
    /// breaks this check for its row of `owner`.
    Each {
        /// The elements.
        domain: DomainId,
        /// Whose elements they are: the domain this check itself is evaluated over, or an ancestor of it.
        owner: DomainId,
        /// Rows that come by, over the domain this check is evaluated over: those of them that belong to a row of
        /// `owner` whose element breaks a check are broken.
        mask: NodeId,
        /// Checks of the lambda's body.
        checks: Vec<Check>,
    },
}

/// A value that becomes a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Output {
    /// The values, over customers.
    pub value: NodeId,
    /// Bool node: where there is one.
    pub there: NodeId,
}

/// An instance of one parameter, the customer: a step, or the argument of a population function.
#[derive(Clone, Debug, Default)]
pub struct Lowered {
    /// Its nodes.
    pub graph: Graph,
    /// What makes a customer undetermined, in order.
    pub checks: Vec<Check>,
    /// Checks that make nobody undetermined, by [`Op::Sound`]: none of them is [`Check::Dropped`].
    pub attempts: Vec<Vec<Check>>,
    /// Its values; for a map by the keys of its type.
    pub outputs: Vec<Output>,
    /// Places of operations that can fail.
    pub sites: Vec<Site>,
    /// Places of `known`.
    pub counters: Vec<Span>,
}

/// A whole step.
#[derive(Clone, Debug)]
pub struct Step {
    /// The step itself.
    pub main: Lowered,
    /// For each population its argument and its group.
    pub populations: Vec<(Vec<Lowered>, Option<Lowered>)>,
}
