//! What one customer has used of the limits, on the thread that evaluates it.
//!
//! In: the limits, the customer's row, the engine's count of operations. Out: whether to stop, and what stands there now
//! (row, last marked statement). Must not know: rules. Everything is thread-local, so that customers evaluated at the
//! same time do not share a counter.

use super::site::{Failure, Outcome, TEXT};
use crate::manifest::model::Limits;
use std::cell::Cell;
use std::time::{Duration, Instant};

/// Bytes of stack after which an evaluation ends: deep expressions times nested calls can need any number.
const STACK_BUDGET: usize = super::STACK_SIZE - (32 << 20);

/// Operations between two looks at the clock.
const STRIDE: u64 = 1_024;

thread_local! {
    static METER: Meter = const { Meter::new() };
}

struct Meter {
    operations: Cell<u64>,
    millis: Cell<u64>,
    collection: Cell<usize>,
    text: Cell<usize>,
    row: Cell<u32>,
    mark: Cell<u32>,
    /// The engine's count when this customer began; unset until its first operation.
    base: Cell<Option<u64>>,
    /// Work of native functions on lists, in operations.
    extra: Cell<u64>,
    next_look: Cell<u64>,
    started: Cell<Option<Instant>>,
    late: Cell<bool>,
    /// An address near the start of this thread's stack.
    stack: Cell<usize>,
    deep: Cell<bool>,
}

/// An address in the caller's part of the stack.
#[inline(never)]
fn stack_address() -> usize {
    let here = 0u8;
    std::ptr::from_ref(&here) as usize
}

impl Meter {
    const fn new() -> Meter {
        Meter {
            operations: Cell::new(u64::MAX),
            millis: Cell::new(u64::MAX),
            collection: Cell::new(usize::MAX),
            text: Cell::new(usize::MAX),
            row: Cell::new(0),
            mark: Cell::new(0),
            base: Cell::new(None),
            extra: Cell::new(0),
            next_look: Cell::new(0),
            started: Cell::new(None),
            late: Cell::new(false),
            stack: Cell::new(0),
            deep: Cell::new(false),
        }
    }

    fn is_over(&self, count: u64) -> bool {
        let base = self.base.get().unwrap_or_else(|| {
            self.base.set(Some(count));
            count
        });
        let used = count.wrapping_sub(base).saturating_add(self.extra.get());
        let deep = self.stack.get().abs_diff(stack_address()) > STACK_BUDGET;
        self.deep.set(deep);
        deep || used > self.operations.get() || (used >= self.next_look.get() && self.look(used))
    }

    #[cold]
    fn look(&self, used: u64) -> bool {
        self.next_look.set(used.saturating_add(STRIDE));
        let Some(started) = self.started.get() else {
            self.started.set(Some(Instant::now()));
            return false;
        };
        let late = started.elapsed() > Duration::from_millis(self.millis.get());
        self.late.set(late);
        late
    }
}

/// Sets the limits of this thread's evaluations, which start here on its stack.
pub(super) fn set_limits(limits: &Limits) {
    METER.with(|m| {
        m.stack.set(stack_address());
        m.operations.set(limits.operations);
        m.millis.set(limits.millis);
        m.collection.set(limits.collection);
        m.text.set(limits.text);
    });
}

/// Begins a customer: nothing is used yet.
pub(super) fn begin(row: u32) {
    METER.with(|m| {
        m.row.set(row);
        m.base.set(None);
        m.extra.set(0);
        m.next_look.set(0);
        m.started.set(None);
        m.late.set(false);
        m.deep.set(false);
    });
}

/// Whether the customer is over its operations or its time, at the engine's `count` of operations.
pub(super) fn is_over(count: u64) -> bool {
    METER.with(|m| m.is_over(count))
}

/// Whether it was time that ran out.
pub(super) fn is_late() -> bool {
    METER.with(|m| m.late.get())
}

/// Whether it was the stack.
pub(super) fn is_deep() -> bool {
    METER.with(|m| m.deep.get())
}

/// The customer's row.
pub(super) fn row() -> u32 {
    METER.with(|m| m.row.get())
}

/// Notes the statement that begins.
pub(super) fn set_mark(mark: u32) {
    METER.with(|m| m.mark.set(mark));
}

/// The statement that began last.
pub(super) fn mark() -> u32 {
    METER.with(|m| m.mark.get())
}

/// Counts the work of a native function on `elements` elements, which a loop of the rules would pay for.
pub(super) fn charge(elements: usize) {
    if elements >= 16 {
        METER.with(|m| {
            let work = elements as u64 / 8;
            m.extra.set(m.extra.get().saturating_add(work));
        });
    }
}

/// Fails if a list or map of `size` elements is over the limit.
pub(super) fn check_collection(size: usize) -> Outcome<()> {
    if size > METER.with(|m| m.collection.get()) { Err(Failure::Limit("collection")) } else { Ok(()) }
}

/// Fails if a text of `size` bytes is over the limit.
pub(super) fn check_text(size: usize) -> Outcome<()> {
    if size > METER.with(|m| m.text.get()) { Err(Failure::Limit(TEXT)) } else { Ok(()) }
}
