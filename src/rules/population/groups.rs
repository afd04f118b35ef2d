//! Groups of a population, packed into ranges that fit a cache.
//!
//! In: how many members each group has, and the keys of all members in parts. Out: ranges of consecutive groups, about
//! 4,096 members each, a large group alone in one; ranks within groups. Must not know: figures, missing rows.

use super::local::Local;
use super::partition::{Scattered, Word, gather, pieces, restore};
use super::ranking::{ONE_RANGE, rank_in_place, write_back};
use rayon::prelude::*;
use std::borrow::Cow;
use std::ops::Range;

/// Groups of one range at most: their numbers in the range are 16 bits wide.
const RANGE_GROUPS: usize = 60_000;

/// Ranges at most, but for what [`RANGE_GROUPS`] cuts.
const RANGES: usize = 8_192;

/// Members of a range, about.
const RANGE: usize = 4_096;

/// Which groups are in which range.
pub(super) struct Plan {
    range_of: Vec<u16>,
    /// The first group of each range, and the end.
    firsts: Vec<usize>,
    /// Members of each group.
    pub(super) sizes: Vec<u32>,
}

impl Plan {
    /// Packs groups of these sizes.
    pub(super) fn new(sizes: Vec<u32>) -> Plan {
        let members: usize = sizes.iter().map(|s| *s as usize).sum();
        // At most 65,536 ranges: the numbers of ranges are 16 bits wide, too.
        let full = RANGE.max(members / RANGES);
        let groups_of_range = RANGE_GROUPS.max(sizes.len() / RANGES);
        let (mut firsts, mut range_of, mut held) = (vec![0], Vec::with_capacity(sizes.len()), 0);
        for (group, size) in sizes.iter().enumerate() {
            let first = firsts[firsts.len() - 1];
            let is_full = held > 0 && held + *size as usize > full || group - first >= groups_of_range;
            if is_full {
                firsts.push(group);
                held = 0;
            }
            held += *size as usize;
            range_of.push((firsts.len() - 1) as u16);
        }
        firsts.push(sizes.len());
        Plan { range_of, firsts, sizes }
    }

    /// How many ranges there are.
    pub(super) fn ranges(&self) -> usize {
        self.firsts.len() - 1
    }

    /// The ranges of members by their groups.
    pub(super) fn ranges_of(&self, groups: &[u32]) -> Vec<u16> {
        groups.iter().map(|g| self.range_of[*g as usize]).collect()
    }

    /// The groups of a range.
    pub(super) fn groups(&self, range: usize) -> Range<usize> {
        self.firsts[range]..self.firsts[range + 1]
    }
}

/// How many members each of `count` groups has.
pub(super) fn sizes(groups: &[Cow<'_, [u32]>], count: usize) -> Vec<u32> {
    let members: usize = groups.iter().map(|g| g.len()).sum();
    // Each thread's counters; together not more than 4 bytes a member.
    let shares = rayon::current_num_threads().min(members / count.max(1)).clamp(1, groups.len().max(1));
    let share = |i: usize| {
        let mut sizes = vec![0_u32; count];
        for group in groups[i * groups.len() / shares..(i + 1) * groups.len() / shares].iter().flat_map(|g| g.iter()) {
            let size = &mut sizes[*group as usize];
            *size = size.wrapping_add(1);
        }
        sizes
    };
    let add = |mut a: Vec<u32>, b: Vec<u32>| {
        a.iter_mut().zip(&b).for_each(|(a, b)| *a = a.wrapping_add(*b));
        a
    };
    (0..shares).into_par_iter().map(share).reduce_with(add).unwrap_or_default()
}

/// The members of one range by group.
pub(super) fn by_group<T: Word>(values: &[T], groups: &[u32], range: Range<usize>) -> Scattered<T> {
    let numbers = groups.iter().map(|g| (*g as usize - range.start) as u16).collect();
    Scattered::new(values, numbers, range.len())
}

/// For each range the groups of its members, in the order of parts.
pub(super) fn groups_of_ranges<T: Word>(parts: &[Scattered<T>], groups: &[Cow<'_, [u32]>]) -> Vec<Vec<u32>> {
    parts.par_iter().zip(groups).map(|(part, groups)| part.along(groups)).collect()
}

/// Replaces each key by `emit(smaller, equal, members)` of its group.
pub(super) fn rank_groups(
    parts: Vec<&mut [u64]>,
    groups: &[Cow<'_, [u32]>],
    plan: &Plan,
    emit: &(impl Fn(usize, usize, usize) -> u64 + Sync),
) {
    let count = plan.ranges();
    let scatter = |(part, groups): (&&mut [u64], &Cow<'_, [u32]>)| Scattered::new(part, plan.ranges_of(groups), count);
    let mut scattered: Vec<Scattered<u64>> = parts.par_iter().zip(groups).map(scatter).collect();
    let along = groups_of_ranges(&scattered, groups);
    let spans: Vec<Vec<Range<usize>>> =
        (0..count).map(|range| scattered.iter().map(|part| part.span(range)).collect()).collect();
    let ranges = pieces(&mut scattered, count);
    ranges.into_par_iter().zip(spans).enumerate().for_each_init(Local::default, |local, (range, (pieces, spans))| {
        let within = plan.groups(range);
        let members: usize = pieces.iter().map(|p| p.len()).sum();
        if within.len() == 1 && members > ONE_RANGE {
            rank_in_place(pieces, &|smaller, equal| emit(smaller, equal, members));
            return;
        }
        let mut numbers = Vec::with_capacity(members);
        along.iter().zip(spans).for_each(|(part, span)| numbers.extend_from_slice(&part[span]));
        rank_range(local, pieces, &numbers, within, emit);
    });
    restore(scattered, parts);
}

fn rank_range(
    local: &mut Local,
    pieces: Vec<&mut [u64]>,
    groups: &[u32],
    within: Range<usize>,
    emit: &impl Fn(usize, usize, usize) -> u64,
) {
    let mut keys = std::mem::take(&mut local.keys);
    gather(&pieces, &mut keys);
    let count = within.len();
    let mut grouped = by_group(&keys, groups, within);
    for group in 0..count {
        let span = grouped.span(group);
        let members = span.len();
        local.rank(&mut grouped.values[span], 0, &|smaller, equal| emit(smaller, equal, members));
    }
    grouped.restore(&mut keys);
    write_back(&keys, pieces);
    local.keys = keys;
}
