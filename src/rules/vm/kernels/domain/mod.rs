//! Making the elements of lists.
//!
//! In: rows of owners, their values. Out: offsets by owner (one more than owners; those of owner `i` are elements `offsets[i]` to
//! before `offsets[i + 1]`), and what says which elements they are. Must not know: graphs. What can make many elements takes
//! how many there may be. `Vec`s that are filled are cleared first.

mod between;
mod copied;
mod related;
mod sorted;
mod split;
#[cfg(test)]
mod tests;
mod written;

pub use between::{between, gaps_of_dates, gaps_of_floats, gaps_of_ints};
pub use copied::copied;
pub use related::{first_of_run, related};
pub use sorted::{SortKey, Sorter};
pub use split::split;
pub use written::{interleave, interleave_bits, written};

/// A chunk has more elements than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany;

/// Where elements go.
#[derive(Debug)]
pub struct Elements<'a, T> {
    /// How many there may be; less than 2^32.
    pub max: usize,
    /// By owner.
    pub offsets: &'a mut Vec<u32>,
    /// By element.
    pub values: &'a mut Vec<T>,
}

impl<T> Elements<'_, T> {
    /// No elements, for so many owners.
    fn start(&mut self, owners: usize) {
        self.values.clear();
        self.offsets.clear();
        self.offsets.reserve(owners + 1);
        self.offsets.push(0);
    }

    /// The elements of an owner are in.
    fn end_owner(&mut self) -> Result<(), TooMany> {
        if self.values.len() > self.max {
            return Err(TooMany);
        }
        self.offsets.push(self.values.len() as u32);
        Ok(())
    }
}

/// The owner of each element.
pub fn parents(offsets: &[u32], out: &mut Vec<u32>) {
    out.clear();
    out.reserve(offsets.last().map_or(0, |end| *end as usize));
    offsets.iter().skip(1).enumerate().for_each(|(owner, end)| out.resize(*end as usize, owner as u32));
}

/// Offsets from owners to the elements of their elements.
pub fn compose(outer: &[u32], inner: &[u32], out: &mut Vec<u32>) {
    out.clear();
    out.extend(outer.iter().map(|at| inner[*at as usize]));
}
