//! The graph as reach sees it: steps from our people, the people of each group, and what a step counts.
//!
//! In: a graph, the people and the options, all checked. Out: [`View`], which the parts of reach share. Must not know:
//! how reach, losses and gains are taken from it. Start at [`View::new`].

use super::graph::Graph;
use super::reach::{People, ReachOptions};

/// The graph as reach sees it.
pub(super) struct View<'a> {
    pub(super) graph: &'a Graph,
    pub(super) people: &'a People<'a>,
    /// The most steps, which is never more than there are nodes.
    pub(super) steps: u32,
    /// Steps from our people; [`View::BEYOND`] where there are too many.
    pub(super) depth: Vec<u32>,
    /// What a person counts at each depth up to the steps.
    weights: Vec<f64>,
    /// Where each group begins among `members`.
    offsets: Vec<usize>,
    members: Vec<u32>,
}

impl<'a> View<'a> {
    /// The depth of a node that is not reached.
    pub(super) const BEYOND: u32 = u32::MAX;

    /// Numbers the people of each group and takes the steps from ours; the columns are checked before.
    pub(super) fn new(graph: &'a Graph, people: &'a People<'a>, options: &ReachOptions) -> Self {
        let steps = options.steps.min(graph.nodes() as u32);
        let weights = (0..=steps).map(|d| if d == 0 { 1.0 } else { libm::pow(options.decay, f64::from(d - 1)) });
        let (offsets, members) = members(people);
        let depth = depths(graph, people.ours, steps);
        Self { graph, people, steps, depth, weights: weights.collect(), offsets, members }
    }

    /// What a person at this depth counts: decay^(depth − 1), and 0 beyond the steps.
    pub(super) fn weight(&self, depth: u32) -> f64 {
        self.weights.get(depth as usize).copied().unwrap_or(0.0)
    }

    /// The people of a group, ascending.
    pub(super) fn members(&self, group: usize) -> &[u32] {
        &self.members[self.offsets[group]..self.offsets[group + 1]]
    }
}

/// The people of all groups, group after group, each ascending.
fn members(people: &People<'_>) -> (Vec<usize>, Vec<u32>) {
    let mut offsets = vec![0; people.groups + 1];
    people.group.iter().flatten().for_each(|&group| offsets[group as usize + 1] += 1);
    for group in 0..people.groups {
        offsets[group + 1] += offsets[group];
    }
    let mut next = offsets.clone();
    let mut members = vec![0; offsets[people.groups]];
    for (node, group) in people.group.iter().enumerate() {
        if let Some(group) = group {
            members[next[*group as usize]] = node as u32;
            next[*group as usize] += 1;
        }
    }
    (offsets, members)
}

/// Steps from our people to every node, by a breadth-first search that ends after `steps`.
fn depths(graph: &Graph, ours: &[bool], steps: u32) -> Vec<u32> {
    let start = |&own: &bool| if own { 0 } else { View::BEYOND };
    let mut depth: Vec<u32> = ours.iter().map(start).collect();
    let mut front: Vec<u32> = (0..graph.nodes() as u32).filter(|&node| ours[node as usize]).collect();
    for step in 1..=steps {
        let mut next = Vec::new();
        for &node in &front {
            for &end in graph.out_rows().row(node as usize) {
                if depth[end as usize] == View::BEYOND {
                    depth[end as usize] = step;
                    next.push(end);
                }
            }
        }
        if next.is_empty() {
            break;
        }
        front = next;
    }
    depth
}
