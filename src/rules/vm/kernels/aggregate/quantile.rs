//! Quantiles.

use super::{Lists, Scratch, note_not_finite};
use crate::rules::vm::kernels::loops::visit;
use crate::rules::vm::value::{Bits, Fails, Src};

/// Up to here all values are sorted; of more only two places are found.
const FEW: usize = 64;

/// Quantile of type 7 (between the neighbours of (n - 1) * q), `q` by owner; 0.0 for none.
pub fn quantile(
    lists: Lists<'_>,
    there: Bits<'_>,
    values: Src<'_, f64>,
    q: Src<'_, f64>,
    scratch: &mut Scratch,
    out: &mut [f64],
    fails: &mut Fails,
) {
    lists.note_missing(there, fails);
    let mut wrong = false;
    lists.each(|owner, from, to| {
        let kept = &mut scratch.floats;
        kept.clear();
        visit(lists.keep, from, to, |at| kept.push(values.get(at)));
        let value = if kept.is_empty() { 0.0 } else { of(kept, q.get(owner)) };
        wrong |= !value.is_finite();
        out[owner] = value;
    });
    note_not_finite(wrong, out, fails);
}

/// The quantile of at least one value. Zeros of either sign may stand in any order: the sum below is then 0.0.
fn of(values: &mut [f64], q: f64) -> f64 {
    let last = values.len() - 1;
    let place = last as f64 * q;
    let low = place.floor() as usize;
    let (low, high) = (low.min(last), low.saturating_add(1).min(last));
    let (below, above) = if values.len() <= FEW {
        values.sort_unstable_by(f64::total_cmp);
        (values[low], values[high])
    } else {
        let (_, below, rest) = values.select_nth_unstable_by(low, f64::total_cmp);
        // Behind the place stands nothing smaller.
        let above = if high == low { *below } else { rest.iter().copied().min_by(f64::total_cmp).unwrap_or(*below) };
        (*below, above)
    };
    below + (place - place.floor()) * (above - below)
}
