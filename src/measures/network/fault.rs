//! What can be wrong with a network or with the options of a measure.
//!
//! In: the facts that a check found. Out: one value, with a sentence for people. Must not know: the measures
//! themselves, nor how a program shows its errors. Start at [`Fault`].

use crate::measures::short::short;
use std::fmt;

/// Why a network cannot be built or a measure cannot be taken. Indices of ties and nodes count from 0.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// More nodes than a 32-bit index can number.
    TooManyNodes { nodes: usize },
    /// A column whose length is not what the others call for.
    Length { column: &'static str, expected: usize, found: usize },
    /// A tie to a node that does not exist.
    NodeOutOfRange { tie: usize, node: u32, nodes: usize },
    /// A strength that is zero, negative, not finite, or so small (subnormal) that its distance would be infinite.
    Strength { tie: usize, strength: f64 },
    /// The strengths of all ties together exceed the range of a 64-bit float.
    StrengthSum,
    /// An option outside its range.
    Setting { name: &'static str, value: f64, allowed: &'static str },
    /// An iteration that did not settle: the residual is what it had come down to.
    NotConverged { measure: &'static str, iterations: usize, residual: f64 },
    /// No cycle of ties, so the largest eigenvalue is zero and no eigenvector can rank the nodes.
    NoCycle,
    /// Several parts of a network that are equally strong, so that nothing tells how their people compare.
    Alike { parts: usize },
    /// More shortest paths from this node than a 64-bit float can count.
    TooManyPaths { source: u32 },
    /// A group number that is not below the number of groups.
    GroupOutOfRange { node: usize, group: u32, groups: usize },
    /// One of our own people who is also listed as a person of a customer.
    OursInGroup { node: usize, group: u32 },
    /// An influence that is negative or not finite.
    Influence { node: usize, influence: f64 },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyNodes { nodes } => write!(f, "{nodes} nodes are more than 4294967294, the most supported"),
            Self::Length { column, expected, found } => {
                write!(f, "column {column} has {found} values where {expected} are expected")
            }
            Self::NodeOutOfRange { tie, node, nodes } => {
                write!(f, "tie {tie} names node {node}, but the nodes are 0 to {}", nodes.saturating_sub(1))
            }
            Self::Strength { tie, strength } => {
                write!(f, "tie {tie} has the strength {}; a strength is a finite number above zero", short(*strength))
            }
            Self::StrengthSum => write!(f, "the strengths of the ties add up to more than a 64-bit float can hold"),
            Self::Setting { name, value, allowed } => {
                write!(f, "option {name} is {}; allowed is {allowed}", short(*value))
            }
            Self::NotConverged { measure, iterations, residual } => {
                write!(f, "{measure} did not settle in {iterations} iterations; its residual is {residual:e}")
            }
            Self::NoCycle => write!(f, "the ties form no cycle, so no eigenvector centrality exists"),
            Self::Alike { parts } => write!(
                f,
                "{parts} parts of the network are equally strong (their largest eigenvalue is the same), so nothing tells how \
                 their people compare"
            ),
            Self::TooManyPaths { source } => {
                write!(f, "node {source} has more shortest paths than a 64-bit float can count")
            }
            Self::GroupOutOfRange { node, group, groups } => {
                write!(f, "node {node} is in group {group}, but there are {groups} groups")
            }
            Self::OursInGroup { node, group } => write!(f, "node {node} is one of our own people and in group {group}"),
            Self::Influence { node, influence } => {
                write!(
                    f,
                    "node {node} has the influence {}; an influence is finite and not negative",
                    short(*influence)
                )
            }
        }
    }
}

impl std::error::Error for Fault {}

/// Checks that a column has the length that its neighbours call for.
pub(super) fn check_length(column: &'static str, expected: usize, found: usize) -> Result<(), Fault> {
    if expected == found { Ok(()) } else { Err(Fault::Length { column, expected, found }) }
}
