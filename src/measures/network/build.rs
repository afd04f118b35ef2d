//! Fills compressed sparse rows from columns of ties by counting, in time proportional to nodes and ties.
//!
//! In: columns of ties. Out: a [`Graph`] whose rows are sorted and free of repeats. Must not know: any measure. Start
//! at [`graph`]. Rows are sorted by being filled twice: a pass over rows in order leaves the transposed rows sorted.

use crate::measures::blocks;
use rayon::prelude::*;

use super::fault::{Fault, check_length};
use super::graph::{Graph, Rows, TieCounts};

/// Builds a graph; see [`Graph::new`].
pub(super) fn graph(
    nodes: usize,
    from: &[u32],
    to: &[u32],
    weight: Option<&[f64]>,
    directed: bool,
) -> Result<Graph, Fault> {
    check(nodes, from, to, weight)?;
    let self_ties = from.par_iter().zip(to).filter(|(a, b)| a == b).count();
    let rows = from.len();
    if directed {
        let forward = Columns { from, to, weight, mirrored: false };
        let backward = Columns { from: to, to: from, weight, mirrored: false };
        let (outward, inward) = rayon::join(|| scatter(nodes, &forward), || scatter(nodes, &backward));
        let (mut inward, mut outward) =
            rayon::join(|| scatter(nodes, &Transposed(&outward)), || scatter(nodes, &Transposed(&inward)));
        let (merged, _) = rayon::join(|| merge(&mut outward), || merge(&mut inward));
        let counts = TieCounts { rows, self_ties, merged, ties: outward.len() };
        return Ok(Graph { nodes, outward, inward: Some(inward), counts });
    }
    let unsorted = scatter(nodes, &Columns { from, to, weight, mirrored: true });
    let mut outward = scatter(nodes, &Transposed(&unsorted));
    drop(unsorted);
    let merged = merge(&mut outward) / 2;
    let counts = TieCounts { rows, self_ties, merged, ties: outward.len() / 2 };
    Ok(Graph { nodes, outward, inward: None, counts })
}

/// Checks the columns; the fault names the first tie that is wrong.
fn check(nodes: usize, from: &[u32], to: &[u32], weight: Option<&[f64]>) -> Result<(), Fault> {
    if nodes >= u32::MAX as usize {
        return Err(Fault::TooManyNodes { nodes });
    }
    check_length("to", from.len(), to.len())?;
    let outside = |(a, b): (&u32, &u32)| *a as usize >= nodes || *b as usize >= nodes;
    if let Some(tie) = from.par_iter().zip(to).position_first(outside) {
        let node = if from[tie] as usize >= nodes { from[tie] } else { to[tie] };
        return Err(Fault::NodeOutOfRange { tie, node, nodes });
    }
    let Some(weight) = weight else { return Ok(()) };
    check_length("weight", from.len(), weight.len())?;
    if let Some(tie) = weight.par_iter().position_first(|&strength| !(strength.is_normal() && strength > 0.0)) {
        return Err(Fault::Strength { tie, strength: weight[tie] });
    }
    // Twice, because a measure may add the strengths of both directions.
    if (2.0 * blocks::sum(weight.len(), |at| weight[at])).is_finite() { Ok(()) } else { Err(Fault::StrengthSum) }
}

/// Something that names entries of rows, in an order that is always the same.
trait Entries: Sync {
    /// Whether entries carry strengths.
    fn weighted(&self) -> bool;
    /// Calls `each(row, end, strength)` for every entry.
    fn visit(&self, each: impl FnMut(u32, u32, f64));
}

/// Columns of ties; a self tie is no entry, and a mirrored tie is an entry of both its ends.
struct Columns<'a> {
    from: &'a [u32],
    to: &'a [u32],
    weight: Option<&'a [f64]>,
    mirrored: bool,
}

impl Entries for Columns<'_> {
    fn weighted(&self) -> bool {
        self.weight.is_some()
    }

    #[inline]
    fn visit(&self, mut each: impl FnMut(u32, u32, f64)) {
        for (at, (&a, &b)) in self.from.iter().zip(self.to).enumerate() {
            if a == b {
                continue;
            }
            let strength = self.weight.map_or(1.0, |weight| weight[at]);
            each(a, b, strength);
            if self.mirrored {
                each(b, a, strength);
            }
        }
    }
}

/// The entries of rows with the two ends exchanged.
struct Transposed<'a>(&'a Rows);

impl Entries for Transposed<'_> {
    fn weighted(&self) -> bool {
        self.0.strengths.is_some()
    }

    #[inline]
    fn visit(&self, mut each: impl FnMut(u32, u32, f64)) {
        for node in 0..self.0.offsets.len().saturating_sub(1) {
            for at in self.0.range(node) {
                each(self.0.ends[at], node as u32, self.0.strength_at(at));
            }
        }
    }
}

/// A run of whole rows that one task fills.
struct Slab<'a> {
    first: usize,
    offsets: &'a [usize],
    ends: &'a mut [u32],
    strengths: &'a mut [f64],
}

/// Sorts entries into rows, keeping their order within a row.
///
/// Every slab reads all entries and keeps those of its rows: reading is cheap, writing to far places is not, and no
/// two tasks share a place. The number of slabs follows the threads and does not show in the result.
fn scatter(nodes: usize, entries: &impl Entries) -> Rows {
    let mut offsets = vec![0_usize; nodes + 1];
    entries.visit(|row, _, _| offsets[row as usize + 1] += 1);
    for node in 0..nodes {
        offsets[node + 1] += offsets[node];
    }
    let len = offsets[nodes];
    let mut ends = vec![0_u32; len];
    let mut strengths = vec![0.0; if entries.weighted() { len } else { 0 }];
    slabs(&offsets, &mut ends, &mut strengths).into_par_iter().with_max_len(1).for_each(|slab| fill(slab, entries));
    Rows { offsets, ends, strengths: entries.weighted().then_some(strengths) }
}

/// Cuts rows into about as many slabs of equal size as there are threads.
fn slabs<'a>(offsets: &'a [usize], mut ends: &'a mut [u32], mut strengths: &'a mut [f64]) -> Vec<Slab<'a>> {
    let nodes = offsets.len() - 1;
    let wanted = if ends.len() < 100_000 { 1 } else { rayon::current_num_threads().clamp(1, 16) };
    let (total, weighted) = (ends.len(), !strengths.is_empty());
    let mut slabs = Vec::with_capacity(wanted);
    let mut first = 0;
    for part in 1..=wanted {
        let last = if part == wanted { nodes } else { offsets.partition_point(|&at| at < total / wanted * part) };
        let last = last.clamp(first, nodes);
        let size = offsets[last] - offsets[first];
        let (mine, rest) = std::mem::take(&mut ends).split_at_mut(size);
        let (my_strengths, rest_strengths) =
            std::mem::take(&mut strengths).split_at_mut(if weighted { size } else { 0 });
        slabs.push(Slab { first, offsets: &offsets[first..=last], ends: mine, strengths: my_strengths });
        (ends, strengths, first) = (rest, rest_strengths, last);
    }
    slabs
}

/// Fills the rows of one slab.
fn fill(slab: Slab<'_>, entries: &impl Entries) {
    let base = slab.offsets[0];
    let rows = slab.offsets.len() - 1;
    let mut next: Vec<usize> = slab.offsets[..rows].iter().map(|offset| offset - base).collect();
    let weighted = entries.weighted();
    entries.visit(|row, end, strength| {
        let row = (row as usize).wrapping_sub(slab.first);
        if row < rows {
            let at = next[row];
            slab.ends[at] = end;
            if weighted {
                slab.strengths[at] = strength;
            }
            next[row] = at + 1;
        }
    });
}

/// Merges repeated ends of sorted rows in place, adding their strengths in order; returns how many went.
fn merge(rows: &mut Rows) -> usize {
    let before = rows.len();
    let mut kept = 0;
    let mut start = 0;
    for node in 0..rows.offsets.len() - 1 {
        let end = rows.offsets[node + 1];
        let first = kept;
        for at in start..end {
            let repeated = kept > first && rows.ends[kept - 1] == rows.ends[at];
            if !repeated {
                rows.ends[kept] = rows.ends[at];
                kept += 1;
            }
            if let Some(strengths) = &mut rows.strengths {
                strengths[kept - 1] = if repeated { strengths[kept - 1] + strengths[at] } else { strengths[at] };
            }
        }
        start = end;
        rows.offsets[node + 1] = kept;
    }
    rows.ends.truncate(kept);
    rows.ends.shrink_to_fit();
    if let Some(strengths) = &mut rows.strengths {
        strengths.truncate(kept);
        strengths.shrink_to_fit();
    }
    before - kept
}
