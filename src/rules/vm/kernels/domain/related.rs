//! Rows of a table that lead to rows of another.

use super::{Elements, TooMany};
use crate::rules::data::Related;
use crate::rules::vm::value::{Bits, Src};

/// The first row, if the rows are consecutive: then columns can be read as slices.
pub fn first_of_run(rows: &[u32]) -> Option<u32> {
    let (first, last) = (*rows.first()?, *rows.last()?);
    let far = u64::from(first) + rows.len() as u64 - 1;
    // Looked at first: it is what most rows that are no run fail by.
    if u64::from(last) != far {
        return None;
    }
    let gaps = rows.iter().enumerate().fold(0, |gaps, (n, row)| gaps | row.wrapping_sub(first) ^ n as u32);
    (gaps == 0).then_some(first)
}

/// The rows that lead to each owner's row; none for `NO_ROW`, and for owners outside the mask.
///
/// # Errors
/// [`TooMany`].
pub fn related(
    related: &Related,
    rows: Src<'_, u32>,
    owners: usize,
    mask: Bits<'_>,
    mut into: Elements<'_, u32>,
) -> Result<(), TooMany> {
    into.start(owners);
    if let (Src::Each(rows), Bits::All(true)) = (rows, mask)
        && let Some(first) = first_of_run(rows)
        && let Some(offsets) = related.offsets.get(first as usize..=first as usize + rows.len())
    {
        let (from, to) = (offsets[0], offsets[rows.len()]);
        if (to - from) as usize > into.max {
            return Err(TooMany);
        }
        into.offsets.extend(offsets[1..].iter().map(|at| at - from));
        into.values.extend_from_slice(&related.rows[from as usize..to as usize]);
        return Ok(());
    }
    for owner in 0..owners {
        if mask.get(owner) {
            into.values.extend_from_slice(related.of(rows.get(owner) as usize));
        }
        into.end_owner()?;
    }
    Ok(())
}
