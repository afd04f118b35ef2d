//! Columns that are measured on a network of people.
//!
//! In: the rows of all tables with the rows that their references find, what the manifests say of people and ties. Out: [`Measures`]: columns of people
//! and of customers, how many ties there are, findings. Must not know: rules, files, how a measure is taken ([`crate::measures::network`]).
//! Start at [`measure`].

mod reached;
mod values;

use super::contract::Settled;
use super::relations::Resolved;
use super::rows::NONE;
use super::{kept, references};
use crate::diag::{Diagnostic, ids};
use crate::error::Error;
use crate::manifest::model::network::{Measure, Named, Network, Of};
use crate::manifest::model::{Project, Table};
use crate::measures::network::Graph;
use crate::measures::short::short;
use hashbrown::HashMap;
use polars::prelude::{DataType, Series};
use reached::Reached;
use std::sync::Arc;
use values::{Known, Values};

/// What was measured.
#[derive(Default)]
pub struct Measures {
    /// Columns by table and position.
    columns: HashMap<(usize, usize), Series>,
    /// Ties of each table of people.
    ties: HashMap<usize, Ties>,
    /// What is wrong, by the table of people.
    findings: HashMap<usize, Vec<Diagnostic>>,
}

/// Rows of a table of ties, by what became of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ties {
    /// Rows.
    pub rows: u64,
    /// Those that lead to nobody at an end.
    pub open: u64,
    /// Those that lead from somebody to itself.
    pub own: u64,
    /// Those that are between two who have one already.
    pub merged: u64,
}

impl Measures {
    /// Fills the measured columns of a table, whose rows that stay are in `columns`.
    pub fn fill(&self, number: usize, columns: &mut [Series]) {
        for (position, column) in columns.iter_mut().enumerate() {
            if let Some(made) = self.columns.get(&(number, position)) {
                *column = made.clone();
            }
        }
    }

    /// The ties of a table of people.
    pub fn ties(&self, number: usize) -> Option<Ties> {
        self.ties.get(&number).copied()
    }

    /// What is wrong with a table's network.
    pub fn findings(&self, number: usize) -> &[Diagnostic] {
        self.findings.get(&number).map_or(&[], Vec::as_slice)
    }
}

/// Everything that tables have.
#[derive(Clone, Copy)]
pub struct World<'a> {
    /// The tables.
    pub settled: &'a [Settled<'a>],
    /// Rows that their references find.
    pub resolved: &'a [Arc<Resolved>],
    /// Numbers of rows among those that stay.
    pub numbers: &'a [&'a [u32]],
}

/// Measures the networks of a project. Nothing of one whose tables could not be read.
///
/// # Errors
/// [`Error::Defect`]: a column is not of the type that its manifest says.
pub fn measure(world: World<'_>, project: &Project) -> Result<Measures, Error> {
    let mut all = Measures::default();
    for (number, (name, table)) in project.tables.iter().enumerate() {
        let Some(network) = &table.contract.network else { continue };
        let wanted = wanted(project, name);
        let place = |table: &str| project.tables.get_index_of(table);
        let Some(ties) = place(&network.ties.0).filter(|_| !wanted.is_empty()) else { continue };
        if ![number, ties].iter().all(|table| world.settled.get(*table).is_some_and(Settled::is_complete)) {
            continue;
        }
        let task = Task { world, project, network, people: number, ties };
        match task.run(&wanted, &mut all)? {
            Ok(()) => {}
            Err(found) => all.findings.entry(number).or_default().push(found),
        }
    }
    Ok(all)
}

/// The columns that are measured on the network of a table, by table and position.
fn wanted(project: &Project, people: &str) -> Vec<(usize, usize, Measure)> {
    let mut found = Vec::new();
    for (number, (name, table)) in project.tables.iter().enumerate() {
        for (position, column) in table.columns.values().enumerate() {
            let Some(measured) = &column.contract.measured else { continue };
            if measured.people.as_deref().unwrap_or(name) == people {
                found.push((number, position, measured.measure));
            }
        }
    }
    found
}

struct Task<'a> {
    world: World<'a>,
    project: &'a Project,
    network: &'a Network,
    people: usize,
    ties: usize,
}

type Found<T> = Result<T, Diagnostic>;

impl Task<'_> {
    fn run(&self, wanted: &[(usize, usize, Measure)], all: &mut Measures) -> Result<Found<()>, Error> {
        let (graph, ties) = match self.graph()? {
            Ok(made) => made,
            Err(found) => return Ok(Err(found)),
        };
        all.ties.insert(self.people, ties);
        let mut warnings = Vec::new();
        let reach = match &self.network.reach {
            Some(said) if wanted.iter().any(|(.., measure)| measure.of() != Of::Person) => {
                match Reached::of(self, said, &graph)? {
                    Ok(reach) => {
                        warnings.extend(reach.nobodys.iter().map(|role| self.nobodys(role)));
                        Some(reach)
                    }
                    Err(found) => return Ok(Err(found)),
                }
            }
            _ => None,
        };
        let mut known = Known::default();
        for (table, position, measure) in wanted {
            let name = self.project.tables[*table].columns.get_index(*position).map_or("", |(name, _)| name);
            let made = match (measure.of(), &reach) {
                (Of::Person, _) => match known.person(&graph, *measure) {
                    Ok((made, doubt)) => {
                        warnings.extend(doubt.map(|doubt| self.doubt(name, *measure, &doubt)));
                        made
                    }
                    Err(fault) => {
                        warnings.push(self.doubt(name, *measure, &format!("missing for all: {fault}")));
                        Values::Floats(vec![None; graph.nodes()])
                    }
                },
                (Of::Reached, Some(reach)) => reach.person(*measure),
                (_, Some(reach)) => reach.customer(*measure),
                (_, None) => continue,
            };
            all.columns.insert((*table, *position), made.series(name));
        }
        all.findings.entry(self.people).or_default().extend(warnings);
        Ok(Ok(()))
    }

    fn doubt(&self, column: &str, measure: Measure, what: &str) -> Diagnostic {
        let table = &self.world.settled[self.people].raw.table.name;
        let measure = if column == measure.word() { String::new() } else { format!(" (`{}`)", measure.word()) };
        Diagnostic::warning(ids::GRAPH, format!("`{column}` of `{table}`{measure}: {what}")).at(self.network.span)
    }

    fn nobodys(&self, role: &str) -> Diagnostic {
        let table = &self.world.settled[self.people].raw.table.name;
        let message = format!("nobody in `{table}` has the role `{role}`, so no customer can be covered in full");
        let found = Diagnostic::warning(ids::GRAPH, message).at(self.network.span);
        found.help("see how it is written in the data, or take it out of `roles`")
    }

    fn wrong(&self, message: String) -> Diagnostic {
        Diagnostic::error(ids::GRAPH, message).at(self.network.span)
    }

    /// The network, and what became of its ties.
    fn graph(&self) -> Result<Found<(Graph, Ties)>, Error> {
        let World { settled, resolved, numbers } = self.world;
        let table = settled[self.ties].raw.table;
        let ends = references(settled, resolved, numbers, self.ties);
        let end = |named: &Named| {
            let at = table.references.iter().position(|reference| reference.name == named.0);
            at.and_then(|at| ends.get(at)).ok_or_else(|| Error::Defect(format!("no reference {}", named.0)))
        };
        let (from, to) = (end(&self.network.from)?, end(&self.network.to)?);
        let is_whole = |row: &usize| from[*row] != NONE && to[*row] != NONE;
        let rows: Vec<usize> = (0..from.len()).filter(is_whole).collect();
        let weights = match &self.network.weight {
            None => None,
            Some(named) => match self.weights(table, named, &rows, from.len())? {
                Ok(weights) => Some(weights),
                Err(found) => return Ok(Err(found)),
            },
        };
        let taken = |ends: &[u32]| -> Vec<u32> { rows.iter().map(|row| ends[*row]).collect() };
        let people = settled[self.people].alive.iter().filter(|alive| **alive).count();
        match Graph::new(people, &taken(from), &taken(to), weights.as_deref(), self.network.directed) {
            Ok(graph) => {
                let counts = graph.counts();
                let ties = Ties {
                    rows: from.len() as u64,
                    open: (from.len() - rows.len()) as u64,
                    own: counts.self_ties as u64,
                    merged: counts.merged as u64,
                };
                Ok(Ok((graph, ties)))
            }
            Err(fault) => {
                let found = self.wrong(format!("the ties of `{}` make no network: {fault}", table.name));
                Ok(Err(found.help("give strengths in a larger unit, and turn slips away with `range` in the manifest")))
            }
        }
    }

    /// How strong the ties of `rows` are. Rows that lead to nobody must have a strength too.
    fn weights(&self, table: &Table, named: &Named, rows: &[usize], all: usize) -> Result<Found<Vec<f64>>, Error> {
        let values = floats(&self.column(self.ties, &named.0)?)?;
        let is_wrong = |row: &usize| values[*row].is_none_or(|weight| !(weight.is_normal() && weight > 0.0));
        let mut wrong = (0..all).filter(is_wrong);
        let Some(first) = wrong.next() else {
            return Ok(Ok(rows.iter().map(|row| values[*row].unwrap_or(1.0)).collect()));
        };
        let settled = &self.world.settled[self.ties];
        let place = settled.raw.lines.kept(&settled.alive).place(first as u32);
        let is = values[first].map_or_else(|| "missing or not finite".to_owned(), short);
        let more = wrong.count();
        let more = if more == 0 { String::new() } else { format!(" (so in {more} more)") };
        let least = if values[first].is_some_and(|weight| weight > 0.0) { "at least 2.3e-308" } else { "above 0" };
        let message = format!("`{}` of a tie of `{}` is {is}{more}; it must be {least}", named.0, table.name);
        let found = self.wrong(message).located(place);
        Ok(Err(found.help(format!("mend the source, or say `range` and `required` of `{}` in its manifest", named.0))))
    }

    /// A column of the rows that stay.
    fn column(&self, table: usize, name: &str) -> Result<Series, Error> {
        let settled = &self.world.settled[table];
        let at = settled.raw.table.columns.get_index_of(name);
        let column = at.and_then(|at| settled.raw.columns.get(at));
        let column = column.ok_or_else(|| Error::Defect(format!("no column {name}")))?;
        let mut kept = kept(settled, std::slice::from_ref(column))?;
        kept.pop().ok_or_else(|| Error::Defect(format!("no column {name}")))
    }

    /// The keys of people as texts.
    fn keys(&self) -> Result<Vec<String>, Error> {
        let names = &self.world.settled[self.people].raw.table.key;
        let columns = names.iter().map(|name| self.column(self.people, name)).collect::<Result<Vec<_>, _>>()?;
        let rows = columns.first().map_or(0, |column| column.len());
        let text = |row: usize| {
            let parts = columns.iter().filter_map(|column| column.get(row).ok());
            let parts = parts.map(|value| value.get_str().map_or_else(|| value.to_string(), str::to_owned));
            parts.collect::<Vec<_>>().join("/")
        };
        Ok((0..rows).map(text).collect())
    }
}

fn floats(column: &Series) -> Result<Vec<Option<f64>>, Error> {
    let cast = column.cast(&DataType::Float64).map_err(defect)?;
    Ok(cast.f64().map_err(defect)?.iter().collect())
}

fn defect(error: polars::prelude::PolarsError) -> Error {
    Error::Defect(format!("a network: {error}"))
}
