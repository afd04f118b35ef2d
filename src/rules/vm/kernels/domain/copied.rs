//! Elements of a list that is looked at again for each row of another domain.

use super::{Elements, TooMany};
use crate::rules::vm::kernels::loops::visit;
use crate::rules::vm::value::{Bits, Src};

/// For each owner the positions in the base of the kept elements of one of its rows; none for `NO_ROW`, and for owners
/// outside the mask. `base` are the offsets of the base's elements by row.
///
/// # Errors
/// [`TooMany`].
pub fn copied(
    (base, keep): (&[u32], Bits<'_>),
    rows: Src<'_, u32>,
    owners: usize,
    mask: Bits<'_>,
    mut into: Elements<'_, u32>,
) -> Result<(), TooMany> {
    into.start(owners);
    for owner in 0..owners {
        let row = rows.get(owner) as usize;
        if mask.get(owner)
            && let (Some(from), Some(to)) = (base.get(row), base.get(row.saturating_add(1)))
        {
            visit(keep, *from as usize, *to as usize, |at| into.values.push(at as u32));
        }
        into.end_owner()?;
    }
    Ok(())
}
