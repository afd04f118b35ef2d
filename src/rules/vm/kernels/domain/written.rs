//! Lists that are written in a rule: the same number of elements for each owner.

use super::TooMany;
use crate::rules::vm::value::{Bits, Src};

/// Offsets of lists of `len` elements each, of at most `max` (less than 2^32) in all.
///
/// # Errors
/// [`TooMany`].
pub fn written(owners: usize, len: usize, max: usize, offsets: &mut Vec<u32>) -> Result<(), TooMany> {
    if owners.checked_mul(len).is_none_or(|all| all > max) {
        return Err(TooMany);
    }
    offsets.clear();
    offsets.extend((0..=owners).map(|owner| (owner * len) as u32));
    Ok(())
}

/// Values of written lists: element `n` of owner `i` is row `i` of operand `n`. `out` has an entry for each element.
pub fn interleave<T: Copy>(operands: &[Src<'_, T>], out: &mut [T]) {
    let len = operands.len().max(1);
    for (n, operand) in operands.iter().enumerate() {
        let places = out.iter_mut().skip(n).step_by(len);
        match operand {
            Src::Each(values) => places.zip(*values).for_each(|(out, value)| *out = *value),
            Src::All(value) => places.for_each(|out| *out = *value),
        }
    }
}

/// As [`interleave`], of bools.
pub fn interleave_bits(operands: &[Bits<'_>], owners: usize, out: &mut [u64]) {
    out.fill(0);
    for (n, operand) in operands.iter().enumerate() {
        for owner in 0..owners {
            let at = owner * operands.len() + n;
            out[at / 64] |= u64::from(operand.get(owner)) << (at % 64);
        }
    }
}
