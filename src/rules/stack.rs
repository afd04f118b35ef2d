//! A large stack for work that recurses over deep trees.
//!
//! In: a closure. Out: its result, computed on a thread of its own. Must not know: what the closure does.

use std::panic::resume_unwind;
use std::thread::{Builder, scope};

/// Bytes of stack that a deep tree may need to be parsed, walked or dropped.
const STACK_BYTES: usize = 256 << 20;

/// The result of `f`, run on a thread with a stack of 256 MiB. A panic inside is carried on to the caller; where the
/// system refuses another thread, `f` runs on the caller's stack.
///
/// ```
/// fn depth(n: u64) -> u64 { if n == 0 { 0 } else { 1 + depth(n - 1) } }
/// assert_eq!(tierwright::rules::stack::with_deep_stack(|| depth(50_000)), 50_000);
/// ```
pub fn with_deep_stack<R: Send>(f: impl FnOnce() -> R + Send) -> R {
    // The closure lies in a slot, so that it is still there if the thread cannot be started.
    let mut slot = Some(f);
    let started = scope(|s| {
        let slot = &mut slot;
        match Builder::new().stack_size(STACK_BYTES).spawn_scoped(s, move || slot.take().map(|f| f())) {
            Ok(handle) => match handle.join() {
                Ok(result) => result,
                Err(panic) => resume_unwind(panic),
            },
            Err(_) => None,
        }
    });
    match (started, slot) {
        (Some(result), _) => result,
        (None, Some(f)) => f(),
        (None, None) => unreachable!("a closure that was taken gave its result"),
    }
}

#[cfg(test)]
mod tests {
    use super::with_deep_stack;

    #[test]
    fn borrows_and_returns() {
        let text = String::from("深");
        assert_eq!(with_deep_stack(|| text.chars().count()), 1);
    }

    #[test]
    fn carries_a_panic_on() {
        let caught = std::panic::catch_unwind(|| with_deep_stack(|| panic!("inside")));
        assert_eq!(
            caught.err().and_then(|p| p.downcast_ref::<&str>().map(|s| s.to_string())).as_deref(),
            Some("inside")
        );
    }
}
