//! Gains: what reach a group gains from one new tie between our people and a person who is not reached.
//!
//! In: the graph as reach sees it. Out: a list of [`Gain`] per group. Must not know: tables, and how gains are shown.
//! Start at [`gains`]. A search of some ties from the person and one of some ties back from each decision maker meet
//! halfway, which spares the wide end of either.

use rayon::prelude::*;

use super::graph::Rows;
use super::view::View;

/// What a direct tie to a person would bring.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gain {
    /// The person, who is not reached so far.
    pub node: u32,
    /// What the reach of the person's group grows by if one of our people gets a direct tie to the person; 0 if the
    /// person is no decision maker and leads to none.
    pub gain: f64,
}

/// The gains of all groups, group after group, and where each group begins.
pub(super) fn gains(view: &View<'_>) -> (Vec<Gain>, Vec<usize>) {
    let groups = view.people.groups;
    let block = groups.div_ceil(64).max(1);
    let of_block = |at: usize| {
        let mut meeting = Meeting::new(view.graph.nodes());
        (at * block..groups.min((at + 1) * block)).map(|group| meeting.gains(view, group)).collect::<Vec<_>>()
    };
    let lists: Vec<Vec<Gain>> =
        (0..groups.div_ceil(block)).into_par_iter().with_max_len(1).flat_map_iter(of_block).collect();
    let mut offsets = Vec::with_capacity(groups + 1);
    offsets.push(0);
    let mut all = Vec::with_capacity(lists.iter().map(Vec::len).sum());
    for list in lists {
        all.extend(list);
        offsets.push(all.len());
    }
    (all, offsets)
}

/// A decision maker who may be reached, or be nearer, by a new tie.
struct Target {
    influence: f64,
    /// What the decision maker counts as things are.
    weight: f64,
    /// The most ties between the new contact and the decision maker that still bring something.
    bound: u32,
    /// The fewest ties from the person in hand; [`View::BEYOND`] if too many.
    nearest: u32,
}

/// One place where the way back from a target passes.
struct Post {
    target: u32,
    distance: u32,
    /// The next post at the same node, or [`NONE`].
    next: u32,
}

/// The end of a chain of posts.
const NONE: u32 = u32::MAX;

/// Working memory for the search of one group at a time.
struct Meeting {
    /// Per node the first of its posts.
    first: Vec<u32>,
    posts: Vec<Post>,
    targets: Vec<Target>,
    ball: Ball,
}

impl Meeting {
    fn new(nodes: usize) -> Self {
        Self { first: vec![NONE; nodes], posts: Vec::new(), targets: Vec::new(), ball: Ball::new(nodes) }
    }

    /// The gains of one group, largest first.
    fn gains(&mut self, view: &View<'_>, group: usize) -> Vec<Gain> {
        let members = view.members(group);
        let total: f64 = members.iter().map(|&node| view.people.influence[node as usize]).sum();
        let unreached = |node: &u32| view.depth[*node as usize] == View::BEYOND;
        let open: Vec<u32> = members.iter().copied().filter(unreached).collect();
        if total <= 0.0 || open.is_empty() {
            return Vec::new();
        }
        self.place(view, members);
        let mut touched = Vec::new();
        let mut gains = Vec::with_capacity(open.len());
        for node in open {
            let gain = self.gain(view, node, &mut touched) / total;
            gains.push(Gain { node, gain });
        }
        self.clear(view, members);
        gains.sort_unstable_by(|a, b| b.gain.total_cmp(&a.gain).then(a.node.cmp(&b.node)));
        gains
    }

    /// Posts every target at the nodes within half the steps before it.
    fn place(&mut self, view: &View<'_>, members: &[u32]) {
        for &node in members {
            let Some(target) = target(view, node) else { continue };
            let radius = target.bound.min((view.steps - 1) / 2);
            self.ball.search(view.graph.in_rows(), node, radius);
            for &(at, distance) in &self.ball.found {
                let next = self.first[at as usize];
                self.first[at as usize] = self.posts.len() as u32;
                self.posts.push(Post { target: self.targets.len() as u32, distance, next });
            }
            self.targets.push(target);
        }
    }

    /// The influence, attenuated, that a tie to this person would add; targets are added in order.
    fn gain(&mut self, view: &View<'_>, node: u32, touched: &mut Vec<u32>) -> f64 {
        let radius = view.steps - 1 - (view.steps - 1) / 2;
        self.ball.search(view.graph.out_rows(), node, radius);
        for &(at, ahead) in &self.ball.found {
            let mut post = self.first[at as usize];
            while let Some(here) = self.posts.get(post as usize) {
                post = here.next;
                let target = &mut self.targets[here.target as usize];
                let ties = ahead + here.distance;
                if ties <= target.bound && ties < target.nearest {
                    if target.nearest == View::BEYOND {
                        touched.push(here.target);
                    }
                    target.nearest = ties;
                }
            }
        }
        touched.sort_unstable();
        let mut gain = 0.0;
        for at in touched.drain(..) {
            let target = &mut self.targets[at as usize];
            gain += target.influence * (view.weight(1 + target.nearest) - target.weight);
            target.nearest = View::BEYOND;
        }
        gain
    }

    /// Takes all posts away.
    fn clear(&mut self, view: &View<'_>, members: &[u32]) {
        for &node in members {
            if let Some(target) = target(view, node) {
                self.ball.search(view.graph.in_rows(), node, target.bound.min((view.steps - 1) / 2));
                self.ball.found.iter().for_each(|&(at, _)| self.first[at as usize] = NONE);
            }
        }
        self.posts.clear();
        self.targets.clear();
    }
}

/// A member as a target, if a new tie to someone not yet reached can change what it counts.
fn target(view: &View<'_>, node: u32) -> Option<Target> {
    let (influence, depth) = (view.people.influence[node as usize], view.depth[node as usize]);
    let weight = view.weight(depth);
    // A reached decision maker must get nearer by a path over another person, and that must count more.
    let bound = if depth == View::BEYOND { view.steps - 1 } else { depth.checked_sub(2)? };
    let improves = depth == View::BEYOND || (bound > 0 && view.weight(2) > weight);
    (influence > 0.0 && improves).then_some(Target { influence, weight, bound, nearest: View::BEYOND })
}

/// A breadth-first search of a few steps.
struct Ball {
    /// Per node the number of the search that saw it last.
    seen: Vec<u32>,
    search: u32,
    /// The nodes found, with their distances, nearest first.
    found: Vec<(u32, u32)>,
}

impl Ball {
    fn new(nodes: usize) -> Self {
        Self { seen: vec![0; nodes], search: 0, found: Vec::new() }
    }

    /// Finds the nodes within `radius` ties of `start`.
    fn search(&mut self, rows: &Rows, start: u32, radius: u32) {
        if self.search == u32::MAX {
            self.seen.fill(0);
            self.search = 0;
        }
        self.search += 1;
        self.found.clear();
        self.found.push((start, 0));
        self.seen[start as usize] = self.search;
        let mut at = 0;
        while let Some(&(node, distance)) = self.found.get(at) {
            at += 1;
            if distance == radius {
                break;
            }
            for &end in rows.row(node as usize) {
                if self.seen[end as usize] != self.search {
                    self.seen[end as usize] = self.search;
                    self.found.push((end, distance + 1));
                }
            }
        }
    }
}
