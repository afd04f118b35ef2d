//! Differences of neighbours.

use crate::rules::cause::CauseKind;
use crate::rules::site::Failure;
use crate::rules::vm::value::{Fails, Src};

/// Offsets of the differences of neighbours in the lists of `base`: one less than the list has elements, none of none.
pub fn between(base: &[u32], offsets: &mut Vec<u32>) {
    offsets.clear();
    offsets.push(0);
    let mut end = 0;
    offsets.extend(base.windows(2).map(|ends| {
        end += (ends[1] - ends[0]).saturating_sub(1);
        end
    }));
}

/// Calls `visit` with each difference and the two elements of the base that it lies between.
#[inline(always)]
fn each_pair(base: &[u32], offsets: &[u32], mut visit: impl FnMut(usize, usize, usize)) {
    for (owner, ends) in offsets.windows(2).enumerate() {
        for (n, gap) in (ends[0] as usize..ends[1] as usize).enumerate() {
            let before = base[owner] as usize + n;
            visit(gap, before, before + 1);
        }
    }
}

/// Differences of ints; what is beyond 64 bits overflows. `keys` are those of the base, sorted as it is; `offsets` those of [`between`].
pub fn gaps_of_ints(base: &[u32], offsets: &[u32], keys: Src<'_, i64>, out: &mut [i64], fails: &mut Fails) {
    let rows = out.len();
    each_pair(base, offsets, |gap, before, after| {
        let (difference, over) = keys.get(after).overflowing_sub(keys.get(before));
        out[gap] = difference;
        if over {
            fails.set(gap, rows, Failure::whole(CauseKind::Overflow));
        }
    });
}

/// Days between dates.
pub fn gaps_of_dates(base: &[u32], offsets: &[u32], keys: Src<'_, i32>, out: &mut [i64]) {
    each_pair(base, offsets, |gap, before, after| out[gap] = i64::from(keys.get(after)) - i64::from(keys.get(before)));
}

/// Differences of floats; what is not finite fails.
pub fn gaps_of_floats(base: &[u32], offsets: &[u32], keys: Src<'_, f64>, out: &mut [f64], fails: &mut Fails) {
    let rows = out.len();
    each_pair(base, offsets, |gap, before, after| {
        let difference = keys.get(after) - keys.get(before);
        out[gap] = difference;
        if !difference.is_finite() {
            fails.set(gap, rows, Failure::whole(CauseKind::NotFinite));
        }
    });
}
