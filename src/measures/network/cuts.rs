//! Cuts: the people without whom a decision maker is reached later or not at all.
//!
//! In: the graph as reach sees it. Out: per group, what is lost without each of its contacts and each of our people.
//! Must not know: tables, and how losses are shown. Start at [`Cuts`].
//!
//! For a node v and a length l, let C(v, l) be the nodes that lie on every walk of at most l ties from our people to v.
//! A walk to v is a walk of at most l − 1 ties to one of its neighbours u and a last tie, so
//! C(v, l) = {v} ∪ ⋂ C(u, l − 1) over the neighbours u that such a walk reaches; for one of our people it is {v}. Without
//! a node x, v is reached within l ties exactly if x is not in C(v, l). A set is part of a shortest path, hence has at
//! most l + 1 nodes, and is empty after a few neighbours as a rule. So all losses take one pass over the ties per step.

use rayon::prelude::*;

use super::view::View;

/// Nodes per task.
const BLOCK: usize = 8192;

/// The sets C(v, l) for l from 0 up to the steps.
pub(super) struct Cuts {
    levels: Vec<Level>,
}

/// The sets of one length, as compressed sparse rows.
#[derive(PartialEq)]
struct Level {
    offsets: Vec<usize>,
    nodes: Vec<u32>,
}

impl Level {
    fn set(&self, node: usize) -> &[u32] {
        &self.nodes[self.offsets[node]..self.offsets[node + 1]]
    }
}

impl Cuts {
    /// The sets of all nodes; at the last length only those of decision makers, for which alone they are asked.
    /// Nobody but contacts and our own people is kept in a set. Ends early once sets no longer change.
    pub(super) fn new(view: &View<'_>) -> Self {
        let depth = &view.depth;
        let mut levels = vec![level(view, |node, set| {
            if depth[node] == 0 {
                set.push(node as u32);
            }
        })];
        let deepest = depth.iter().copied().filter(|&depth| depth != View::BEYOND).max().unwrap_or(0);
        for length in 1..=view.steps {
            let last = length == view.steps;
            let before = &levels[length as usize - 1];
            let needed = |node: usize| !last || view.people.influence[node] > 0.0;
            let next = level(view, |node, set| {
                if needed(node) {
                    meet(view, before, length, node, set);
                }
            });
            let settled = length > deepest && next == *before;
            levels.push(next);
            if settled {
                break;
            }
        }
        Self { levels }
    }

    /// The set of a node for a length.
    fn set(&self, length: u32, node: u32) -> &[u32] {
        self.levels[(length as usize).min(self.levels.len() - 1)].set(node as usize)
    }

    /// At which depth a node is reached without `x`, a member of its set at its own depth; none if beyond the steps.
    fn depth_without(&self, view: &View<'_>, node: u32, x: u32) -> Option<u32> {
        let later = view.depth[node as usize] + 1..=view.steps;
        later.take_while(|&length| (length as usize) < self.levels.len()).find(|&l| !self.set(l, node).contains(&x))
    }
}

/// Makes the sets of all nodes in parallel.
fn level(view: &View<'_>, fill: impl Fn(usize, &mut Vec<u32>) + Sync) -> Level {
    let nodes = view.depth.len();
    let block = |at: usize| {
        let (mut sizes, mut found, mut set) = (Vec::with_capacity(BLOCK), Vec::new(), Vec::new());
        for node in at * BLOCK..nodes.min((at + 1) * BLOCK) {
            set.clear();
            fill(node, &mut set);
            sizes.push(set.len());
            found.extend_from_slice(&set);
        }
        (sizes, found)
    };
    let blocks: Vec<(Vec<usize>, Vec<u32>)> = (0..nodes.div_ceil(BLOCK)).into_par_iter().map(block).collect();
    let mut level = Level { offsets: Vec::with_capacity(nodes + 1), nodes: Vec::new() };
    level.offsets.push(0);
    let mut end = 0;
    for (sizes, found) in blocks {
        level.offsets.extend(sizes.iter().map(|size| {
            end += size;
            end
        }));
        level.nodes.extend(found);
    }
    level
}

/// The set of one node from the sets, one tie shorter, of the nodes before it.
fn meet(view: &View<'_>, before: &Level, length: u32, node: usize, set: &mut Vec<u32>) {
    let depth = view.depth[node];
    if depth > length {
        return;
    }
    if depth > 0 {
        let reached = |u: &&u32| view.depth[**u as usize] < length;
        let mut previous = view.graph.in_rows().row(node).iter().filter(reached);
        if let Some(&first) = previous.next() {
            set.extend_from_slice(before.set(first as usize));
        }
        for &u in previous {
            if set.is_empty() {
                break;
            }
            let other = before.set(u as usize);
            set.retain(|x| other.contains(x));
        }
    }
    if depth == 0 || view.people.group[node].is_some() {
        set.push(node as u32);
    }
}

/// What a group loses without one person: (person, influence lost, attenuated), ascending by person.
pub(super) struct Losses {
    /// Without one of its contacts.
    pub(super) contacts: Vec<(u32, f64)>,
    /// Without one of our own people.
    pub(super) own: Vec<(u32, f64)>,
}

impl Losses {
    /// The losses of a group. Those of one person are added in the order of decision makers.
    pub(super) fn of(view: &View<'_>, cuts: &Cuts, group: u32) -> Self {
        let mut losses = Self { contacts: Vec::new(), own: Vec::new() };
        for &maker in view.members(group as usize) {
            let (depth, influence) = (view.depth[maker as usize], view.people.influence[maker as usize]);
            if depth == View::BEYOND || influence <= 0.0 {
                continue;
            }
            for &x in cuts.set(depth, maker) {
                let later = cuts.depth_without(view, maker, x).map_or(0.0, |later| view.weight(later));
                let lost = (x, influence * (view.weight(depth) - later));
                if view.people.group[x as usize] == Some(group) {
                    losses.contacts.push(lost);
                } else if view.depth[x as usize] == 0 {
                    losses.own.push(lost);
                }
            }
        }
        losses.contacts = add_up(losses.contacts);
        losses.own = add_up(losses.own);
        losses
    }
}

/// Adds the losses of each person, in their order.
fn add_up(mut losses: Vec<(u32, f64)>) -> Vec<(u32, f64)> {
    losses.sort_by_key(|loss| loss.0);
    losses.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 += next.1;
        }
        same
    });
    losses
}
