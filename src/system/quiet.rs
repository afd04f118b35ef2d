//! Panics of libraries that are expected and caught.
//!
//! In: what may panic. Out: its value, or that it panicked. Must not know: what runs. Start at [`catch`]; the program calls
//! [`install`] once, so that nobody reads of a panic that has become an error.

use std::cell::Cell;
use std::panic::{UnwindSafe, catch_unwind, set_hook, take_hook};
use std::thread;

thread_local! {
    static CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// Keeps panics that [`catch`] catches from being printed.
pub fn install() {
    let before = take_hook();
    set_hook(Box::new(move |panic| {
        if !CAUGHT.get() {
            before(panic);
        }
    }));
}

/// Runs what may panic on damaged data, on this thread.
///
/// # Errors
/// What it panicked with.
///
/// ```
/// use tierwright::system::quiet;
/// assert_eq!(quiet::catch(|| 1).unwrap(), 1);
/// quiet::install();
/// assert!(quiet::catch(|| [0][std::env::args().count() + 7]).is_err());
/// ```
pub fn catch<T>(run: impl FnOnce() -> T + UnwindSafe) -> thread::Result<T> {
    let before = CAUGHT.replace(true);
    let caught = catch_unwind(run);
    CAUGHT.set(before);
    caught
}
