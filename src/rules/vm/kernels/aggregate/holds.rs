//! Whether a list holds a value.

use super::{Lists, MISSING};
use crate::rules::vm::kernels::loops::try_visit;
use crate::rules::vm::text::{Text, Texts};
use crate::rules::vm::value::{Bits, Fails, Src};
use std::ops::ControlFlow;

/// Whether an element is the `same` as its owner's item: called with element and owner. A missing element before the first such
/// one is a failure.
#[inline(always)]
fn holds(lists: Lists<'_>, there: Bits<'_>, out: &mut [u64], fails: &mut Fails, same: impl Fn(usize, usize) -> bool) {
    let owners = lists.owners();
    out.fill(0);
    lists.each(|owner, from, to| {
        let found = try_visit(lists.keep, from, to, |at| match there.get(at) {
            true if same(at, owner) => ControlFlow::Break(true),
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(false),
        });
        match found {
            ControlFlow::Break(true) => out[owner / 64] |= 1 << (owner % 64),
            ControlFlow::Break(false) => fails.set(owner, owners, MISSING),
            ControlFlow::Continue(()) => {}
        }
    });
}

/// Whether an element equals the owner's item; both zeros are equal.
pub fn holds_value<T: Copy + PartialEq>(
    lists: Lists<'_>,
    there: Bits<'_>,
    values: Src<'_, T>,
    item: Src<'_, T>,
    out: &mut [u64],
    fails: &mut Fails,
) {
    holds(lists, there, out, fails, |at, owner| values.get(at) == item.get(owner));
}

/// As [`holds_value`].
pub fn holds_bool(
    lists: Lists<'_>,
    there: Bits<'_>,
    values: Bits<'_>,
    item: Bits<'_>,
    out: &mut [u64],
    fails: &mut Fails,
) {
    holds(lists, there, out, fails, |at, owner| values.get(at) == item.get(owner));
}

/// As [`holds_value`].
pub fn holds_text(
    lists: Lists<'_>,
    there: Bits<'_>,
    values: Src<'_, Text>,
    item: Src<'_, Text>,
    texts: &Texts<'_>,
    out: &mut [u64],
    fails: &mut Fails,
) {
    holds(lists, there, out, fails, |at, owner| texts.equal(values.get(at), item.get(owner)));
}
