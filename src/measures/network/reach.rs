//! Reach: which decision makers of a customer our own people can get to in a few steps, and on whom that hangs.
//!
//! In: a graph, and per node its customer (group), whether it is ours, and its influence. Out: steps and loss per node;
//! reach, its single threads and the gains of new ties per group. Must not know: tables, names, what makes influence.
//!
//! Start at [`reach`]. What is lost without a node is found in `cuts`, what a new tie brings in `gain`.

use rayon::prelude::*;

use super::cuts::{Cuts, Losses};
use super::fault::{Fault, check_length};
use super::gain::{Gain, gains};
use super::graph::Graph;
use super::view::View;

/// Who the nodes of a graph are; every column has one value per node.
#[derive(Debug, Clone, Copy)]
pub struct People<'a> {
    /// The group (customer) that the person belongs to; none for our own people and for outsiders.
    pub group: &'a [Option<u32>],
    /// How many groups there are; group numbers are below it.
    pub groups: usize,
    /// Our own people, from whom reach starts. They belong to no group.
    pub ours: &'a [bool],
    /// The person's weight as a decision maker in its group, not negative; 0 for no decision maker. Without a group it
    /// counts nowhere.
    pub influence: &'a [f64],
}

/// How far reach goes.
#[derive(Debug, Clone, PartialEq)]
pub struct ReachOptions {
    /// The most ties on a path from one of our people to a decision maker; at least 1. 2 unless told.
    pub steps: u32,
    /// A person who is d steps away counts decay^(d − 1); above 0, at most 1. 1 (all the same) unless told.
    pub decay: f64,
}

impl Default for ReachOptions {
    fn default() -> Self {
        Self { steps: 2, decay: 1.0 }
    }
}

/// The person whom a group's reach hangs on most.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thread {
    /// The person whose absence costs most, the one with the smallest index if several do; none if nobody's does.
    pub node: Option<u32>,
    /// The share of the group's reach that is lost without that person, from 0 to 1; NaN (missing) where nobody of the
    /// group is reached.
    pub share: f64,
}

/// Reach of one group.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupReach {
    /// How many people the group has.
    pub people: u32,
    /// How many of them are decision makers: have an influence above 0.
    pub decision_makers: u32,
    /// How many decision makers are reached.
    pub reached_decision_makers: u32,
    /// The influence of all its people together.
    pub influence: f64,
    /// The influence of the reached, attenuated by decay, divided by the influence of all; NaN (missing) for a group
    /// without influence.
    pub reach: f64,
    /// Single-thread risk: the person of the group or of ours without whom most of the reach is lost.
    pub thread: Thread,
    /// The same among the people of the group.
    pub contact_thread: Thread,
    /// The same among our own people.
    pub own_thread: Thread,
}

/// Reach of all people and groups.
#[derive(Debug, Clone, PartialEq)]
pub struct Reach {
    /// The fewest ties from one of our people to the node: 0 for our own, none beyond the option `steps`.
    pub steps: Vec<Option<u32>>,
    /// How much reach the node's own group loses without it; NaN (missing) for a node without a group and in a group
    /// without influence.
    pub loss: Vec<f64>,
    /// One entry per group.
    pub groups: Vec<GroupReach>,
    /// Gains of all groups, group after group; see [`Reach::gains_of`].
    pub gains: Vec<Gain>,
    pub(super) gain_offsets: Vec<usize>,
}

impl Reach {
    /// Whether one of our people gets to the node within the steps; true for our own, false for a node out of range.
    pub fn reached(&self, node: u32) -> bool {
        self.steps.get(node as usize).is_some_and(Option::is_some)
    }

    /// The people of a group who are not reached, with what a direct tie from one of ours would add to the group's
    /// reach: largest gain first, then by index. Empty for a group without influence or out of range.
    pub fn gains_of(&self, group: u32) -> &[Gain] {
        let group = group as usize;
        match (self.gain_offsets.get(group), self.gain_offsets.get(group + 1)) {
            (Some(&start), Some(&end)) => &self.gains[start..end],
            _ => &[],
        }
    }
}

/// Reach of decision makers: per group the share of its influence that our people get to in at most `steps` ties.
///
/// A decision maker is reached when a path of at most `steps` ties leads to it from one of our people; paths run
/// through anyone, and in a directed graph along the direction of ties. Strengths play no part. A person who is taken
/// away is missing on every path and is no longer reached, while its influence stays in the denominator: the group
/// still has to be won. Gains are measured against the graph as it is, one new tie at a time.
///
/// Losses are exact in O(steps² × ties). Gains look at the people within (steps − 1) / 2 ties of each decision maker and
/// of each unreached person, so that up to 3 steps they touch neighbours only.
///
/// # Errors
/// A column whose length is not the number of nodes, a group out of range, one of our people with a group, an
/// influence that is negative or not finite, no steps, a decay outside 0 < decay ≤ 1, or 2^32 groups and more.
///
/// ```
/// use tierwright::measures::network::{Graph, People, ReachOptions, reach};
///
/// // 0 is ours and knows 1, who leads to the decision maker 2. Nobody leads to the decision maker 3.
/// let graph = Graph::new(4, &[0, 1], &[1, 2], None, false)?;
/// let people = People {
///     group: &[None, Some(0), Some(0), Some(0)],
///     groups: 1,
///     ours: &[true, false, false, false],
///     influence: &[0.0, 0.0, 3.0, 1.0],
/// };
/// let found = reach(&graph, &people, &ReachOptions { steps: 2, decay: 1.0 })?;
/// assert_eq!(found.steps, [Some(0), Some(1), Some(2), None]);
/// assert_eq!(found.groups[0].reach, 0.75);
/// // All of it hangs on our person 0, and at the customer on 1.
/// assert_eq!((found.groups[0].thread.node, found.groups[0].contact_thread.node), (Some(0), Some(1)));
/// // A tie to 3 would add its quarter of the influence.
/// assert_eq!((found.gains_of(0)[0].node, found.gains_of(0)[0].gain), (3, 0.25));
/// # Ok::<(), tierwright::measures::network::Fault>(())
/// ```
pub fn reach(graph: &Graph, people: &People<'_>, options: &ReachOptions) -> Result<Reach, Fault> {
    check(graph, people, options)?;
    let view = View::new(graph, people, options);
    let cuts = Cuts::new(&view);
    let ids: Vec<u32> = (0..people.groups as u32).collect();
    let measured: Vec<(GroupReach, Losses)> = ids.par_iter().map(|&group| measure(&view, &cuts, group)).collect();
    drop(cuts);
    let mut loss: Vec<f64> = people.group.iter().map(|_| f64::NAN).collect();
    let mut groups = Vec::with_capacity(people.groups);
    for (id, (group, losses)) in measured.into_iter().enumerate() {
        if group.influence > 0.0 {
            view.members(id).iter().for_each(|&node| loss[node as usize] = 0.0);
            for (node, lost) in losses.contacts {
                loss[node as usize] = lost / group.influence;
            }
        }
        groups.push(group);
    }
    let (gains, gain_offsets) = gains(&view);
    let steps = view.depth.iter().map(|&depth| (depth != View::BEYOND).then_some(depth)).collect();
    Ok(Reach { steps, loss, groups, gains, gain_offsets })
}

/// Reach and threads of one group.
fn measure(view: &View<'_>, cuts: &Cuts, group: u32) -> (GroupReach, Losses) {
    let members = view.members(group as usize);
    let influence = |node: &u32| view.people.influence[*node as usize];
    let total: f64 = members.iter().map(influence).sum();
    let held: f64 = members.iter().map(|node| influence(node) * view.weight(view.depth[*node as usize])).sum();
    let makers = members.iter().filter(|node| influence(node) > 0.0);
    let losses = Losses::of(view, cuts, group);
    let contact_thread = thread(&losses.contacts, held);
    let own_thread = thread(&losses.own, held);
    let own_leads = match (contact_thread.node, own_thread.node) {
        (Some(contact), Some(own)) => {
            own_thread.share > contact_thread.share || (own_thread.share == contact_thread.share && own < contact)
        }
        (contact, _) => contact.is_none(),
    };
    let reach = GroupReach {
        people: members.len() as u32,
        decision_makers: makers.clone().count() as u32,
        reached_decision_makers: makers.filter(|node| view.depth[**node as usize] != View::BEYOND).count() as u32,
        influence: total,
        reach: if total > 0.0 { held / total } else { f64::NAN },
        thread: if own_leads { own_thread } else { contact_thread },
        contact_thread,
        own_thread,
    };
    (reach, losses)
}

/// The worst of the losses, which are in the order of nodes, as a share of what is held.
fn thread(losses: &[(u32, f64)], held: f64) -> Thread {
    if held <= 0.0 {
        return Thread { node: None, share: f64::NAN };
    }
    let worse = |worst: Option<(u32, f64)>, next: &(u32, f64)| match worst {
        Some(worst) if worst.1 >= next.1 => Some(worst),
        _ => (next.1 > 0.0).then_some(*next),
    };
    match losses.iter().fold(None, worse) {
        Some((node, lost)) => Thread { node: Some(node), share: (lost / held).min(1.0) },
        None => Thread { node: None, share: 0.0 },
    }
}

/// Checks the columns and options; the fault names the first node that is wrong.
fn check(graph: &Graph, people: &People<'_>, options: &ReachOptions) -> Result<(), Fault> {
    check_length("group", graph.nodes(), people.group.len())?;
    check_length("ours", graph.nodes(), people.ours.len())?;
    check_length("influence", graph.nodes(), people.influence.len())?;
    if people.groups > u32::MAX as usize {
        return Err(Fault::Setting { name: "groups", value: people.groups as f64, allowed: "at most 4294967295" });
    }
    if options.steps == 0 {
        return Err(Fault::Setting { name: "steps", value: 0.0, allowed: "1 or more" });
    }
    if !(options.decay > 0.0 && options.decay <= 1.0) {
        return Err(Fault::Setting { name: "decay", value: options.decay, allowed: "above 0 to 1" });
    }
    for (node, group) in people.group.iter().enumerate() {
        let influence = people.influence[node];
        if !(influence >= 0.0 && influence.is_finite()) {
            return Err(Fault::Influence { node, influence });
        }
        match *group {
            Some(group) if group as usize >= people.groups => {
                return Err(Fault::GroupOutOfRange { node, group, groups: people.groups });
            }
            Some(group) if people.ours[node] => return Err(Fault::OursInGroup { node, group }),
            _ => {}
        }
    }
    Ok(())
}
