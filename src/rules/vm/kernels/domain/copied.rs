//! Elements of a list that is looked at again for each row of another domain.

use super::{Elements, TooMany};
use crate::rules::vm::value::{Bits, Src};

/// For each owner the positions in the base of the elements of one of its rows; none for `NO_ROW`, and for owners outside
/// the mask. `base` are the offsets of the base's elements by row.
///
/// # Errors
/// [`TooMany`].
pub fn copied(
    base: &[u32],
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
            // Looked at first: one owner's elements may be many.
            if into.values.len() + (to - from) as usize > into.max {
                return Err(TooMany);
            }
            into.values.extend(*from..*to);
        }
        into.end_owner()?;
    }
    Ok(())
}
