//! Measures of people, as columns.
//!
//! In: a network, a measure. Out: [`Values`], with what is to be said of them. Must not know: tables.

use crate::manifest::model::network::Measure;
use crate::measures::network::{
    self as net, BetweennessOptions, ClosenessOptions, Direction, EigenvectorOptions, Fault, Graph, PageRankOptions,
};
use polars::prelude::{NamedFrom, Series};

/// Values of a column.
pub enum Values {
    /// Ints.
    Ints(Vec<Option<i64>>),
    /// Floats.
    Floats(Vec<Option<f64>>),
    /// Texts.
    Texts(Vec<Option<String>>),
}

impl Values {
    /// Floats; what is not a number is missing.
    pub fn floats(values: impl IntoIterator<Item = f64>) -> Values {
        Values::Floats(values.into_iter().map(|x| x.is_finite().then_some(x)).collect())
    }

    /// Ints, all there.
    pub fn ints(values: impl IntoIterator<Item = u32>) -> Values {
        Values::Ints(values.into_iter().map(|n| Some(i64::from(n))).collect())
    }

    /// The column of a name.
    pub fn series(self, name: &str) -> Series {
        match self {
            Values::Ints(values) => Series::new(name.into(), values),
            Values::Floats(values) => Series::new(name.into(), values),
            Values::Texts(values) => Series::new(name.into(), values),
        }
    }
}

/// Measures that come together are taken once.
#[derive(Default)]
pub struct Known {
    closeness: Option<net::Closeness>,
    holes: Option<net::StructuralHoles>,
}

impl Known {
    /// A measure of people, and what is to be said of it.
    pub fn person(&mut self, graph: &Graph, measure: Measure) -> Result<(Values, Option<String>), Fault> {
        let plain = |values: Vec<f64>| (Values::floats(values), None);
        Ok(match measure {
            Measure::Degree => (Values::ints(net::degree(graph, Direction::All)), None),
            Measure::InDegree => (Values::ints(net::degree(graph, Direction::In)), None),
            Measure::OutDegree => (Values::ints(net::degree(graph, Direction::Out)), None),
            Measure::Strength => plain(net::strength(graph, Direction::All)),
            Measure::PageRank => plain(net::pagerank(graph, &PageRankOptions::default())?),
            Measure::Eigenvector => {
                let made = net::eigenvector(graph, &EigenvectorOptions::default())?;
                let doubt = "the network is not connected: people outside its strongest part have 0".to_owned();
                (Values::floats(made.scores), (!made.connected).then_some(doubt))
            }
            Measure::Betweenness => {
                let made = net::betweenness(graph, &BetweennessOptions::default())?;
                (Values::floats(made.scores), sampled(made.pivots, graph))
            }
            Measure::Closeness | Measure::Harmonic => {
                let made = match self.closeness.take() {
                    Some(made) => made,
                    None => net::closeness(graph, &ClosenessOptions::default())?,
                };
                let made = self.closeness.insert(made);
                let values = if measure == Measure::Closeness { &made.closeness } else { &made.harmonic };
                (Values::floats(values.iter().copied()), sampled(made.pivots, graph))
            }
            Measure::Constraint | Measure::EffectiveSize => {
                let made = self.holes.get_or_insert_with(|| net::structural_holes(graph));
                let values = if measure == Measure::Constraint { &made.constraint } else { &made.effective_size };
                (Values::floats(values.iter().copied()), None)
            }
            Measure::Clustering => plain(net::clustering(graph)),
            _ => (Values::ints(net::components(graph).labels), None),
        })
    }
}

/// Says that a measure is an estimate, where it is.
fn sampled(pivots: usize, graph: &Graph) -> Option<String> {
    let told = || format!("estimated from {pivots} people of {}, drawn alike in every run", graph.nodes());
    (pivots < graph.nodes()).then(told)
}
