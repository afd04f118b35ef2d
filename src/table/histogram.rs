//! How often each value of a column occurs, in bounded memory.
//!
//! In: values in order, of one part of a table after the other. Out: [`Histogram`], which does not depend on how the rows
//! were divided. Must not know: columns, types. Start at [`Histogram::add`].
//!
//! Each unlike value is a cell. Where there are more cells than [`MOST`], values that differ in their lowest bits only share
//! a cell: as many bits as it takes, and no more. So the cells are the same whether rows came at once or in parts.

/// Cells that are held at most; at least two, as no more than the sign can be left of a value.
pub const MOST: usize = 1_000_000;

/// Values with their numbers of rows, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    /// The lowest bits of values that are left out.
    shift: u32,
    /// What is left of a value, and rows.
    cells: Vec<(i128, u64)>,
    /// The smallest and the largest value.
    ends: Option<(i128, i128)>,
    /// Values in all.
    rows: u64,
}

impl Histogram {
    /// Adds values, which are in order.
    pub fn add<T: Copy + Into<i128>>(&mut self, sorted: &[T]) {
        self.add_within(sorted, MOST);
    }

    fn add_within<T: Copy + Into<i128>>(&mut self, sorted: &[T], most: usize) {
        let (Some(first), Some(last)) = (sorted.first(), sorted.last()) else { return };
        let (first, last) = ((*first).into(), (*last).into());
        self.ends = Some(self.ends.map_or((first, last), |(min, max)| (min.min(first), max.max(last))));
        self.rows += sorted.len() as u64;
        let values = || sorted.iter().map(|value| (*value).into());
        let shift = self.shift + needed(values().map(|value| value >> self.shift), most);
        self.coarsen(shift);
        let more = runs(values().map(|value| (value >> shift, 1)));
        let cells = std::mem::take(&mut self.cells);
        self.cells = if cells.is_empty() { more } else { joined(cells, more) };
        self.coarsen(shift + needed(self.cells.iter().map(|(cell, _)| *cell), most));
    }

    fn coarsen(&mut self, shift: u32) {
        let by = shift - self.shift;
        if by > 0 {
            self.cells = runs(self.cells.iter().map(|(cell, rows)| (cell >> by, *rows)));
            self.shift = shift;
        }
    }

    /// How many unlike values there are; none above [`MOST`].
    pub fn distinct(&self) -> Option<u64> {
        (self.shift == 0).then_some(self.cells.len() as u64)
    }

    /// The smallest and the largest value.
    pub fn ends(&self) -> Option<(i128, i128)> {
        self.ends
    }

    /// Each value with its rows, if there are at most so many.
    pub fn values(&self, most: usize) -> Option<&[(i128, u64)]> {
        (self.shift == 0 && self.cells.len() <= most).then_some(&self.cells)
    }

    /// Divides the values at their quantiles: for each of so many equal shares but the last the value at its end, without
    /// equal ends, and the rows up to it that are not up to an earlier one. Where values share cells, an end is that of a cell.
    pub fn quantiles(&self, shares: u64) -> Vec<(i128, u64)> {
        let Some((_, largest)) = self.ends else { return Vec::new() };
        let mut ends = (1..shares).map(|k| (u128::from(k) * u128::from(self.rows)).div_ceil(u128::from(shares)));
        let mut found = Vec::new();
        let (mut wanted, mut up_to, mut told) = (ends.next(), 0_u64, 0_u64);
        for (cell, rows) in &self.cells {
            up_to += rows;
            if wanted.is_none_or(|place| place > u128::from(up_to)) {
                continue;
            }
            while wanted.is_some_and(|place| place <= u128::from(up_to)) {
                wanted = ends.next();
            }
            let end = (*cell << self.shift) | !(-1_i128 << self.shift);
            found.push((end.min(largest), up_to - told));
            told = up_to;
        }
        found
    }

    /// Values in all.
    pub fn rows(&self) -> u64 {
        self.rows
    }
}

/// How many of the lowest bits of ordered values are to be left out, so that at most so many are unlike.
fn needed(sorted: impl Iterator<Item = i128>, most: usize) -> u32 {
    // Neighbours are unlike as long as their highest unlike bit is there.
    let mut steps = [0_usize; 128];
    let (mut before, mut unlike) = (None::<i128>, 0);
    for value in sorted {
        match before.map(|before| before ^ value) {
            Some(0) => continue,
            Some(bits) => steps[127 - bits.leading_zeros() as usize] += 1,
            None => {}
        }
        unlike += 1;
        before = Some(value);
    }
    let mut shift = 0;
    while unlike > most {
        unlike -= steps[shift as usize];
        shift += 1;
    }
    shift
}

/// Equal neighbours together.
fn runs(cells: impl Iterator<Item = (i128, u64)>) -> Vec<(i128, u64)> {
    let mut runs: Vec<(i128, u64)> = Vec::new();
    for (cell, rows) in cells {
        match runs.last_mut() {
            Some(last) if last.0 == cell => last.1 += rows,
            _ => runs.push((cell, rows)),
        }
    }
    runs
}

fn joined(a: Vec<(i128, u64)>, b: Vec<(i128, u64)>) -> Vec<(i128, u64)> {
    let (mut a, mut b) = (a.into_iter().peekable(), b.into_iter().peekable());
    runs(std::iter::from_fn(|| match (a.peek(), b.peek()) {
        (Some(x), Some(y)) if y.0 < x.0 => b.next(),
        (Some(_), _) => a.next(),
        _ => b.next(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(mut values: Vec<i64>) -> Vec<i64> {
        values.sort_unstable();
        values
    }

    #[test]
    fn quantiles_are_those_of_the_values() {
        let mut one = Histogram::default();
        one.add(&sorted((0..1000).map(|k| (k * 7919) % 1000).collect()));
        assert_eq!(one.quantiles(10), (1..10).map(|k| (k * 100 - 1, 100)).collect::<Vec<_>>());
        let mut ties = Histogram::default();
        ties.add(&[0_i64, 0, 0, 0, 0, 0, 0, 1, 2, 3]);
        assert_eq!((ties.quantiles(10), ties.distinct()), (vec![(0, 7), (1, 1), (2, 1)], Some(4)));
        assert_eq!(ties.values(4), Some(&[(0, 7), (1, 1), (2, 1), (3, 1)][..]));
        assert_eq!((ties.values(3), Histogram::default().quantiles(10)), (None, vec![]));
    }

    #[test]
    fn parts_in_any_order_give_the_same_cells() {
        let values: Vec<i64> = (0..4000_i64).map(|k| k.wrapping_mul(0x1e37_79b9_7f4a_7c15) >> (k % 50)).collect();
        let unlike = values.iter().collect::<std::collections::HashSet<_>>().len();
        for most in [2, 17, 100, unlike - 1, unlike] {
            let mut whole = Histogram::default();
            whole.add_within(&sorted(values.clone()), most);
            assert!(whole.cells.len() <= most && whole.cells.iter().map(|(_, rows)| rows).sum::<u64>() == 4000);
            assert_eq!(whole.shift == 0, most == unlike, "bits are left out only where they must be: {most}");
            for parts in [2, 3, 40] {
                let mut joined = Histogram::default();
                for part in (0..parts).rev() {
                    let own = values.iter().enumerate().filter(|(k, _)| k % parts == part).map(|(_, v)| *v);
                    joined.add_within(&sorted(own.collect()), most);
                }
                assert_eq!(joined, whole, "{most} cells, {parts} parts");
            }
        }
    }

    #[test]
    fn extremes_of_all_widths_are_held() {
        let mut wide = Histogram::default();
        wide.add_within(&[i128::MIN, -1, 0, 1, i128::MAX], 2);
        assert_eq!((wide.ends(), wide.cells.len(), wide.shift), (Some((i128::MIN, i128::MAX)), 2, 127));
        assert_eq!((wide.quantiles(2), wide.rows()), (vec![(i128::MAX, 5)], 5));
    }
}
