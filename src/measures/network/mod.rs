//! Measures of a network of people: who is central, who bridges, and whom at a customer we reach.
//!
//! In: ties between numbered people, and for the measures of reach who belongs to which customer. Out: one number per
//! person or per customer. Must not know: tables, files, rules, reports, the names of people.
//!
//! Start at [`Graph`], which every measure takes. Measures that are known from the literature are one file each:
//! [`degree()`], [`pagerank()`], [`eigenvector()`], [`betweenness()`], [`closeness()`], [`structural_holes`],
//! [`components()`], [`clustering()`]. Measures of customers are [`reach()`] and [`role_coverage`].
//!
//! Every result has the same bits whatever the number of threads: a sum is taken over blocks whose size depends on the
//! data alone, and the blocks are added in order.
//!
//! ```
//! use tierwright::measures::network::{Direction, Graph, degree};
//!
//! // Three people in a row: 0 - 1 - 2.
//! let graph = Graph::new(3, &[0, 1], &[1, 2], None, false)?;
//! assert_eq!(degree(&graph, Direction::All), [1, 2, 1]);
//! # Ok::<(), tierwright::measures::network::Fault>(())
//! ```

mod betweenness;
mod build;
mod classes;
mod closeness;
mod clustering;
mod components;
mod coverage;
mod cuts;
mod degree;
mod eigenvector;
mod fault;
mod fold;
mod gain;
mod graph;
mod holes;
mod pagerank;
mod paths;
mod principal;
mod reach;
mod sample;
mod sweep;
#[cfg(test)]
mod tests;
mod tridiagonal;
mod view;

pub use betweenness::{Betweenness, BetweennessOptions, betweenness};
pub use closeness::{Closeness, ClosenessOptions, closeness};
pub use clustering::clustering;
pub use components::{Components, components};
pub use coverage::{RoleCoverage, role_coverage};
pub use degree::{Direction, degree, degree_centrality, strength};
pub use eigenvector::{Eigenvector, EigenvectorOptions, EigenvectorScale, eigenvector};
pub use fault::Fault;
pub use gain::Gain;
pub use graph::{Graph, TieCounts};
pub use holes::{StructuralHoles, structural_holes};
pub use pagerank::{PageRankOptions, pagerank};
pub use reach::{GroupReach, People, Reach, ReachOptions, Thread, reach};
pub use sample::Sampling;
