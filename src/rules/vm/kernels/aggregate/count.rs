//! How many elements are kept, and which.

use super::Lists;
use crate::rules::cause::CauseKind;
use crate::rules::data::NO_ROW;
use crate::rules::site::Failure;
use crate::rules::vm::kernels::loops;
use crate::rules::vm::simd::multiversion;
use crate::rules::vm::value::{Bits, Fails, Src};
use std::ops::ControlFlow;

multiversion! {
    /// How many.
    pub fn count(lists: Lists<'_>, out: &mut [i64]) {
        lists.each(|owner, from, to| out[owner] = lists.kept(from, to) as i64);
    }

    /// Whether any kept element holds.
    pub fn any(lists: Lists<'_>, holds: Bits<'_>, out: &mut [u64]) {
        let elements = lists.elements();
        out.fill(0);
        lists.each(|owner, from, to| {
            let found = loops::any(|n| lists.keep.word(n, elements) & holds.word(n, elements), from, to);
            out[owner / 64] |= u64::from(found) << (owner % 64);
        });
    }

    /// Position of the first kept element; [`NO_ROW`] for none.
    pub fn first(lists: Lists<'_>, out: &mut [u32]) {
        lists.each(|owner, from, to| {
            let first = loops::try_visit(lists.keep, from, to, |at| ControlFlow::Break(at as u32));
            out[owner] = first.break_value().unwrap_or(NO_ROW);
        });
    }

    /// Position of the last kept element; [`NO_ROW`] for none.
    pub fn last(lists: Lists<'_>, out: &mut [u32]) {
        let elements = lists.elements();
        lists.each(|owner, from, to| {
            let mut last = NO_ROW;
            let _ = loops::spans(|n| lists.keep.word(n, elements), from, to, |first, bits| {
                if bits != 0 {
                    last = first as u32 + bits.ilog2();
                }
                ControlFlow::<()>::Continue(())
            });
            out[owner] = last;
        });
    }
}

/// Position of the kept element with an index by owner, from the end if negative; out of range fails.
pub fn at(lists: Lists<'_>, index: Src<'_, i64>, out: &mut [u32], fails: &mut Fails) {
    let owners = lists.owners();
    lists.each(|owner, from, to| {
        let (index, len) = (index.get(owner), lists.kept(from, to));
        let index = if index < 0 { index.wrapping_add(len as i64) } else { index };
        out[owner] = match usize::try_from(index) {
            Ok(index) if index < len => nth(lists.keep, from, to, index),
            _ => {
                fails.set(owner, owners, Failure::whole(CauseKind::OutOfRange));
                NO_ROW
            }
        };
    });
}

/// Position of the kept element number `index`, of which there is one.
fn nth(keep: Bits<'_>, from: usize, to: usize, index: usize) -> u32 {
    if let Bits::All(true) = keep {
        return (from + index) as u32;
    }
    let mut left = index;
    let found = loops::try_visit(keep, from, to, |at| {
        if left == 0 {
            return ControlFlow::Break(at as u32);
        }
        left -= 1;
        ControlFlow::Continue(())
    });
    found.break_value().unwrap_or(NO_ROW)
}
