//! One value of the elements of a list, for each row of its owner.
//!
//! In: [`Lists`], values by element. Out: a value by owner, and failures by owner. Must not know: where elements come from.
//! `out` has one entry an owner, or one bit an owner in exactly `words(owners)` words. A kept element that is not there is
//! a failure at the element; most columns have none, so a column is computed as if all were there and only then, if
//! any is not, owners are told apart.

mod count;
mod distinct;
mod extreme;
mod figure;
mod fold;
mod holds;
mod quantile;
#[cfg(test)]
mod tests;

pub use count::{any, at, count, first, last};
pub use distinct::{distinct_bools, distinct_dates, distinct_floats, distinct_ints, distinct_rows, distinct_texts};
pub use extreme::{largest_date, largest_float, largest_int, largest_text};
pub use extreme::{smallest_date, smallest_float, smallest_int, smallest_text};
pub use figure::{figure, has_figure};
pub use fold::{deviation, mean, sum_decimals, sum_floats, sum_ints};
pub use holds::{holds_bool, holds_text, holds_value};
pub use quantile::quantile;

use super::loops;
use crate::rules::cause::CauseKind;
use crate::rules::site::Failure;
use crate::rules::vm::text::Text;
use crate::rules::vm::value::{Bits, Fails, words};

/// Lists of elements by owner: owner `i` has elements `offsets[i]` to before `offsets[i + 1]`, of which those in `keep` count.
#[derive(Clone, Copy, Debug)]
pub struct Lists<'a> {
    /// One more than owners, ascending.
    pub offsets: &'a [u32],
    /// By element.
    pub keep: Bits<'a>,
}

/// Buffers that aggregates reuse: one a thread.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    floats: Vec<f64>,
    keys: Vec<u64>,
    texts: Vec<Text>,
}

const MISSING: Failure = Failure::element(CauseKind::Missing);
const OVERFLOW: Failure = Failure::whole(CauseKind::Overflow);
const NOT_FINITE: Failure = Failure::whole(CauseKind::NotFinite);

impl Lists<'_> {
    fn owners(self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    fn elements(self) -> usize {
        self.offsets.last().map_or(0, |end| *end as usize)
    }

    /// Calls `visit` with each owner, its first element and the end of its elements.
    #[inline(always)]
    fn each(self, mut visit: impl FnMut(usize, usize, usize)) {
        self.offsets.windows(2).enumerate().for_each(|(owner, ends)| visit(owner, ends[0] as usize, ends[1] as usize));
    }

    /// How many of the elements `from..to` are kept.
    #[inline(always)]
    fn kept(self, from: usize, to: usize) -> usize {
        match self.keep {
            Bits::All(true) => to - from,
            Bits::All(false) => 0,
            Bits::Each(words) => loops::ones(|n| words[n], from, to),
        }
    }

    /// Notes the owners that keep an element that is not there, and says whether there are any.
    fn note_missing(self, there: Bits<'_>, fails: &mut Fails) -> bool {
        let (owners, elements) = (self.owners(), self.elements());
        let gone = |n| self.keep.word(n, elements) & !there.word(n, elements);
        if matches!(there, Bits::All(true)) || (0..words(elements)).all(|n| gone(n) == 0) {
            return false;
        }
        let mut any = false;
        self.each(|owner, from, to| {
            if loops::any(gone, from, to) {
                any = true;
                fails.set(owner, owners, MISSING);
            }
        });
        any
    }
}

/// Notes what is not finite, if any is `wrong`. What has failed before keeps its failure.
fn note_not_finite(wrong: bool, out: &[f64], fails: &mut Fails) {
    for (owner, _) in out.iter().enumerate().filter(|(_, x)| wrong && !x.is_finite()) {
        fails.set(owner, out.len(), NOT_FINITE);
    }
}
