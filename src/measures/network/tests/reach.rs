//! Reach against a brute-force recomputation, and small cases by hand.

use super::super::sample::SplitMix;
use super::super::{Gain, Graph, People, Reach, ReachOptions, reach, role_coverage};
use super::random_ties;

/// A drawn network with its people.
struct World {
    nodes: usize,
    /// `tied[a][b]`: there is a tie from a to b.
    tied: Vec<Vec<bool>>,
    graph: Graph,
    group: Vec<Option<u32>>,
    ours: Vec<bool>,
    influence: Vec<f64>,
}

const GROUPS: usize = 3;

impl World {
    fn draw(random: &mut SplitMix, directed: bool) -> Self {
        let nodes = 2 + random.below(17) as usize;
        let count = (nodes as f64 * [0.5, 1.0, 1.5, 2.5][random.below(4) as usize]) as usize;
        let (from, to, _) = random_ties(random, nodes, count);
        let mut tied = vec![vec![false; nodes]; nodes];
        for (&a, &b) in from.iter().zip(&to) {
            tied[a as usize][b as usize] |= a != b;
            tied[b as usize][a as usize] |= a != b && !directed;
        }
        let kinds: Vec<u64> = (0..nodes).map(|_| random.below(10)).collect();
        let mut group_of = |kind: &u64| (*kind > 2).then(|| random.below(GROUPS as u64) as u32);
        let group: Vec<Option<u32>> = kinds.iter().map(&mut group_of).collect();
        let ours = kinds.iter().map(|&kind| kind < 2).collect();
        let influence = (0..nodes).map(|_| random.below(4) as f64).collect();
        let graph = Graph::new(nodes, &from, &to, None, directed).expect("valid ties");
        Self { nodes, tied, graph, group, ours, influence }
    }

    fn people(&self) -> People<'_> {
        People { group: &self.group, groups: GROUPS, ours: &self.ours, influence: &self.influence }
    }

    /// Steps from our people without one node and with a direct tie of ours to another.
    fn depths(&self, without: Option<usize>, direct: Option<usize>) -> Vec<usize> {
        let mut depth = vec![usize::MAX; self.nodes];
        let mut front: Vec<usize> = (0..self.nodes).filter(|&v| self.ours[v] && without != Some(v)).collect();
        front.iter().for_each(|&v| depth[v] = 0);
        for step in 1..=self.nodes {
            let mut next: Vec<usize> = direct.filter(|_| step == 1).into_iter().collect();
            next.extend(front.iter().flat_map(|&u| (0..self.nodes).filter(move |&v| self.tied[u][v])));
            next.retain(|&v| without != Some(v) && depth[v] == usize::MAX);
            next.sort_unstable();
            next.dedup();
            next.iter().for_each(|&v| depth[v] = step);
            front = next;
        }
        depth
    }

    fn total(&self, group: u32) -> f64 {
        (0..self.nodes).filter(|&v| self.group[v] == Some(group)).map(|v| self.influence[v]).sum()
    }

    /// The attenuated influence of a group that is reached.
    fn held(&self, options: &ReachOptions, group: u32, depth: &[usize]) -> f64 {
        let counts = |v: &usize| self.group[*v] == Some(group) && depth[*v] <= options.steps as usize;
        let weight = |v: usize| self.influence[v] * options.decay.powi(depth[v] as i32 - 1);
        (0..self.nodes).filter(counts).map(weight).sum()
    }

    /// Checks one group against recomputation. Influences are integers and decays powers of two: nothing is rounded.
    fn check(&self, options: &ReachOptions, group: u32, found: &Reach) {
        let total = self.total(group);
        let depth = self.depths(None, None);
        let held = self.held(options, group, &depth);
        let measured = &found.groups[group as usize];
        assert_eq!(measured.influence, total);
        same(measured.reach, held / total);
        let lost = |v: usize| held - self.held(options, group, &self.depths(Some(v), None));
        let worst = |among: &dyn Fn(usize) -> bool| {
            let mut worst = (None, 0.0);
            for v in (0..self.nodes).filter(|&v| among(v)) {
                if lost(v) > worst.1 {
                    worst = (Some(v as u32), lost(v));
                }
            }
            if held > 0.0 { (worst.0, worst.1 / held) } else { (None, f64::NAN) }
        };
        let contact = |v: usize| self.group[v] == Some(group);
        let either = |v: usize| self.ours[v] || contact(v);
        let threads = [measured.contact_thread, measured.own_thread, measured.thread];
        for (thread, expected) in threads.iter().zip([worst(&contact), worst(&|v| self.ours[v]), worst(&either)]) {
            assert_eq!(thread.node, expected.0);
            same(thread.share, expected.1);
        }
        (0..self.nodes).filter(|&v| contact(v)).for_each(|v| same(found.loss[v], lost(v) / total));
        self.check_gains(options, group, (held, total), found.gains_of(group), &depth);
    }

    fn check_gains(&self, options: &ReachOptions, group: u32, now: (f64, f64), gains: &[Gain], depth: &[usize]) {
        let (held, total) = now;
        let gain = |v: usize| (self.held(options, group, &self.depths(None, Some(v))) - held) / total;
        let open = |v: &usize| self.group[*v] == Some(group) && depth[*v] > options.steps as usize && total > 0.0;
        let mut expected: Vec<Gain> =
            (0..self.nodes).filter(open).map(|v| Gain { node: v as u32, gain: gain(v) }).collect();
        expected.sort_by(|a, b| b.gain.total_cmp(&a.gain).then(a.node.cmp(&b.node)));
        assert_eq!(gains.len(), expected.len());
        for (found, expected) in gains.iter().zip(&expected) {
            assert_eq!(found.node, expected.node);
            same(found.gain, expected.gain);
        }
    }
}

/// Equal, or both missing.
fn same(found: f64, expected: f64) {
    assert!((found.is_nan() && expected.is_nan()) || (found - expected).abs() < 1e-12, "{found} is not {expected}");
}

#[test]
fn reach_agrees_with_brute_force() {
    let mut random = SplitMix::new(11);
    for case in 0..1200 {
        let world = World::draw(&mut random, case % 2 == 1);
        let options = ReachOptions { steps: 1 + case % 6, decay: [1.0, 0.5][(case / 6 % 2) as usize] };
        let found = reach(&world.graph, &world.people(), &options).expect("valid people");
        let depth = world.depths(None, None);
        for (v, &depth) in depth.iter().enumerate() {
            let expected = (depth <= options.steps as usize).then_some(depth as u32);
            assert_eq!(found.steps[v], expected);
            assert_eq!(found.reached(v as u32), expected.is_some());
            assert!(world.group[v].is_some() || found.loss[v].is_nan());
        }
        (0..GROUPS as u32).for_each(|group| world.check(&options, group, &found));
    }
}

#[test]
fn more_steps_than_nodes_change_nothing() {
    let mut random = SplitMix::new(12);
    for _ in 0..50 {
        let world = World::draw(&mut random, false);
        let of =
            |steps| reach(&world.graph, &world.people(), &ReachOptions { steps, decay: 1.0 }).expect("valid people");
        let (all, more) = (of(world.nodes as u32), of(u32::MAX));
        assert_eq!(all.steps, more.steps);
        assert_eq!(all.gains, more.gains);
    }
}

/// Ours 0 and 1 both know 2, who alone knows the decision makers 3 and 4; nobody knows 5.
#[test]
fn a_gatekeeper_is_the_thread() {
    let graph = super::undirected(6, &[(0, 2), (1, 2), (2, 3), (2, 4)]);
    let people = People {
        group: &[None, None, Some(0), Some(0), Some(0), Some(0)],
        groups: 2,
        ours: &[true, true, false, false, false, false],
        influence: &[0.0, 0.0, 0.0, 1.0, 2.0, 1.0],
    };
    let found = reach(&graph, &people, &ReachOptions::default()).expect("valid people");
    let group = &found.groups[0];
    assert_eq!((group.people, group.decision_makers, group.reached_decision_makers), (4, 3, 2));
    assert_eq!((group.reach, group.thread.node, group.thread.share), (0.75, Some(2), 1.0));
    assert_eq!((group.own_thread.node, group.own_thread.share), (None, 0.0));
    assert_eq!(&found.loss[2..], [0.75, 0.25, 0.5, 0.0]);
    assert!(found.groups[1].reach.is_nan() && found.groups[1].thread.share.is_nan());
    assert!(found.gains_of(1).is_empty() && found.gains_of(9).is_empty());
    let roles = [None, Some(4), Some(1), Some(2), None, Some(3)];
    let coverage = role_coverage(&found, &people, &roles, &[3, 2, 1, 3, 4]).expect("valid roles");
    assert_eq!((coverage[0].share, coverage[0].missing.as_slice()), (0.5, [3, 4].as_slice()));
    assert_eq!((coverage[1].share, coverage[1].missing.len()), (0.0, 4));
    assert!(role_coverage(&found, &people, &roles, &[]).expect("no roles")[0].share.is_nan());
}
