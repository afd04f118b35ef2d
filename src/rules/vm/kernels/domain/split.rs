//! Parts of texts.

use super::{Elements, TooMany};
use crate::rules::vm::kernels::text::part_of;
use crate::rules::vm::text::{Text, Texts};
use crate::rules::vm::value::{Bits, Src};

/// The parts of texts between separators: the whole if there is none in it, so one of the empty text. None for an empty separator, and
/// for owners outside the mask. Nothing is copied.
///
/// # Errors
/// [`TooMany`].
pub fn split(
    texts: &Texts<'_>,
    whole: Src<'_, Text>,
    separator: Src<'_, Text>,
    owners: usize,
    mask: Bits<'_>,
    mut into: Elements<'_, Text>,
) -> Result<(), TooMany> {
    into.start(owners);
    for owner in 0..owners {
        let separator = separator.get(owner);
        if mask.get(owner) && !separator.is_empty() {
            texts.with(separator, |separator| split_one(texts, whole.get(owner), separator, &mut into))?;
        }
        into.end_owner()?;
    }
    Ok(())
}

fn split_one(texts: &Texts<'_>, whole: Text, separator: &str, into: &mut Elements<'_, Text>) -> Result<(), TooMany> {
    texts.with(whole, |text| {
        let bytes = text.as_bytes();
        let mut from = 0;
        // A separator that is garbage has no bytes, and would be found everywhere.
        for (to, _) in text.match_indices(separator).filter(|_| !separator.is_empty()) {
            into.values.push(part_of(whole, bytes, from, to));
            from = to + separator.len();
            if into.values.len() > into.max {
                return Err(TooMany);
            }
        }
        into.values.push(part_of(whole, bytes, from, bytes.len()));
        Ok(())
    })
}
