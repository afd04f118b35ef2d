//! Figures of a list: concentration, cash flows, trend.

use super::{Lists, Scratch, note_not_finite};
use crate::rules::cause::CauseKind;
use crate::rules::figure::{Figure, Figured};
use crate::rules::site::Failure;
use crate::rules::vm::kernels::loops::visit;
use crate::rules::vm::value::{Bits, Fails, Src};

/// A figure of each owner's elements, `argument` by owner; 0.0 where there is none.
pub fn figure(
    (figure, lists): (Figure, Lists<'_>),
    there: Bits<'_>,
    values: Src<'_, f64>,
    argument: Src<'_, f64>,
    scratch: &mut Scratch,
    out: &mut [f64],
    fails: &mut Fails,
) {
    lists.note_missing(there, fails);
    let (owners, mut wrong) = (out.len(), false);
    each((figure, lists), values, argument, scratch, |owner, found| {
        out[owner] = match found {
            Figured::Value(x) => x,
            Figured::Missing => 0.0,
            Figured::Refused => {
                fails.set(owner, owners, Failure::whole(CauseKind::OutOfRange));
                0.0
            }
        };
        wrong |= !out[owner].is_finite();
    });
    note_not_finite(wrong, out, fails);
}

/// Whether each owner's elements have the figure.
pub fn has_figure(
    (figure, lists): (Figure, Lists<'_>),
    values: Src<'_, f64>,
    argument: Src<'_, f64>,
    scratch: &mut Scratch,
    out: &mut [u64],
) {
    out.fill(0);
    each((figure, lists), values, argument, scratch, |owner, found| {
        out[owner / 64] |= u64::from(found != Figured::Missing) << (owner % 64);
    });
}

fn each(
    (figure, lists): (Figure, Lists<'_>),
    values: Src<'_, f64>,
    argument: Src<'_, f64>,
    scratch: &mut Scratch,
    mut see: impl FnMut(usize, Figured),
) {
    lists.each(|owner, from, to| {
        let kept = &mut scratch.floats;
        kept.clear();
        visit(lists.keep, from, to, |at| kept.push(values.get(at)));
        see(owner, figure.of(kept, argument.get(owner)));
    });
}
