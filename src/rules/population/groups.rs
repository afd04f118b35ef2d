//! Groups of a population, packed into ranges that fit a cache.
//!
//! In: how many members each group has, and the groups of all members in parts. Out: ranges of consecutive groups, about
//! 4,096 members each, a large group alone in one; partitions by range and, in a range, by group; ranks within groups.
//! Must not know: figures, missing rows.

use super::local::Local;
use super::partition::{Layout, Word, gather, pieces, undo, write_back};
use super::ranking::{ONE_RANGE, RANGE, rank_in_place};
use rayon::prelude::*;
use std::borrow::Cow;
use std::ops::Range;

/// Groups of one range at most: their numbers in the range are 16 bits wide.
const RANGE_GROUPS: usize = 60_000;

/// Ranges by size at most, so that with those by [`RANGE_GROUPS`] their numbers are 16 bits wide, too.
const RANGES: usize = 8_192;

/// Which groups are in which range.
pub(super) struct Plan {
    range_of: Vec<u16>,
    /// The first group of each range, and the end.
    firsts: Vec<usize>,
    /// Members of each group.
    pub(super) sizes: Vec<u32>,
}

/// Members of several groups, by range.
pub(super) struct Grouped {
    pub(super) layouts: Vec<Layout>,
    /// For each part its members' groups by range, counted from the first of the range.
    numbers: Vec<Vec<u16>>,
}

impl Plan {
    /// Packs groups of these sizes.
    pub(super) fn new(sizes: Vec<u32>) -> Plan {
        let members: usize = sizes.iter().map(|s| *s as usize).sum();
        let full = RANGE.max(members / RANGES);
        let (mut firsts, mut range_of, mut held) = (vec![0], Vec::with_capacity(sizes.len()), 0);
        for (group, size) in sizes.iter().enumerate() {
            let size = *size as usize;
            if held > 0 && held + size > full || group - firsts[firsts.len() - 1] >= RANGE_GROUPS {
                firsts.push(group);
                held = 0;
            }
            held += size;
            range_of.push((firsts.len() - 1) as u16);
        }
        firsts.push(sizes.len());
        Plan { range_of, firsts, sizes }
    }

    /// How many ranges there are.
    pub(super) fn ranges(&self) -> usize {
        self.firsts.len() - 1
    }

    /// The groups of a range.
    pub(super) fn groups(&self, range: usize) -> Range<usize> {
        self.firsts[range]..self.firsts[range + 1]
    }

    /// Puts the values of parts in the order of ranges; `groups` are the members' groups.
    pub(super) fn apply<T: Word>(&self, parts: &mut [&mut [T]], groups: &[Cow<'_, [u32]>]) -> Grouped {
        let apply = |(values, others): &mut (Vec<T>, Vec<u16>), (part, groups): (&mut &mut [T], &Cow<'_, [u32]>)| {
            let ranges: Vec<u16> = groups.iter().map(|g| self.range_of[*g as usize]).collect();
            let number = |(g, range): (&u32, &u16)| (*g as usize - self.firsts[usize::from(*range)]) as u16;
            let mut numbers: Vec<u16> = groups.iter().zip(&ranges).map(number).collect();
            let layout = Layout::new(ranges, self.ranges());
            layout.apply(part, values);
            layout.apply(&mut numbers, others);
            (layout, numbers)
        };
        let start = || (Vec::new(), Vec::new());
        let (layouts, numbers) = parts.par_iter_mut().zip(groups).map_init(start, apply).unzip();
        Grouped { layouts, numbers }
    }
}

impl Grouped {
    /// The layout of a range's members, gathered, by group; there are `count`.
    pub(super) fn layout(&self, range: usize, count: usize) -> Layout {
        let mut numbers = Vec::new();
        for (part, layout) in self.numbers.iter().zip(&self.layouts) {
            numbers.extend_from_slice(&part[layout.span(range)]);
        }
        Layout::new(numbers, count)
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

/// Replaces each key by `emit(smaller, equal, members)` of its group.
pub(super) fn rank_groups(
    mut parts: Vec<&mut [u64]>,
    groups: Vec<Cow<'_, [u32]>>,
    plan: &Plan,
    emit: &(impl Fn(usize, usize, usize) -> u64 + Sync),
) {
    let grouped = plan.apply(&mut parts, &groups);
    drop(groups);
    let ranges = pieces(&mut parts, &grouped.layouts, plan.ranges()).into_par_iter().enumerate();
    ranges.for_each_init(Local::default, |local, (range, pieces)| {
        let count = plan.groups(range).len();
        let members: usize = pieces.iter().map(|p| p.len()).sum();
        if count == 1 && members > ONE_RANGE {
            rank_in_place(pieces, &|smaller, equal| emit(smaller, equal, members));
        } else {
            rank_range(local, pieces, grouped.layout(range, count), count, emit);
        }
    });
    undo(parts, grouped.layouts);
}

fn rank_range(
    local: &mut Local,
    pieces: Vec<&mut [u64]>,
    layout: Layout,
    count: usize,
    emit: &impl Fn(usize, usize, usize) -> u64,
) {
    let (mut keys, mut buffer) = (std::mem::take(&mut local.keys), std::mem::take(&mut local.buffer));
    gather(&pieces, &mut keys);
    layout.apply(&mut keys, &mut buffer);
    for group in 0..count {
        let span = layout.span(group);
        let members = span.len();
        local.rank(&mut keys[span], 0, &|smaller, equal| emit(smaller, equal, members));
    }
    layout.undo(&mut keys, &mut buffer);
    write_back(&keys, pieces);
    (local.keys, local.buffer) = (keys, buffer);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_some_thousands_and_a_large_group_alone() {
        let mut sizes = vec![10; 1_000];
        sizes[500] = 50_000;
        sizes.extend(vec![0; 130_000]);
        let plan = Plan::new(sizes);
        let members = |range: usize| plan.groups(range).map(|g| plan.sizes[g] as usize).sum::<usize>();
        let ranges: Vec<(usize, usize)> = (0..plan.ranges()).map(|r| (plan.groups(r).len(), members(r))).collect();
        assert_eq!(
            ranges,
            [(409, 4_090), (91, 910), (1, 50_000), (409, 4_090), (60_000, 900), (60_000, 0), (10_090, 0)]
        );
        assert!((0..plan.ranges()).all(|r| plan.groups(r).all(|g| usize::from(plan.range_of[g]) == r)));
    }
}
