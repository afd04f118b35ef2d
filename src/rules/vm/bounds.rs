//! How many elements the lists of one chunk may have.
//!
//! In: nothing. Out: the bound. Must not know: chunks, lists. Tests lower it for the threads of a pool, and ask how many customers were
//! then left to the interpreter.

/// Elements that a list's domain may have in one chunk.
const MAX_ELEMENTS: usize = 1 << 22;

#[cfg(test)]
thread_local! {
    static LOWERED: std::cell::Cell<Option<usize>> = const { std::cell::Cell::new(None) };
    static LEFT: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Elements that a list's domain may have in one chunk.
#[cfg(not(test))]
pub(super) const fn max_elements() -> usize {
    MAX_ELEMENTS
}

/// Elements that a list's domain may have in one chunk on this thread.
#[cfg(test)]
pub(super) fn max_elements() -> usize {
    LOWERED.get().unwrap_or(MAX_ELEMENTS)
}

/// Notes that so many customers are left to the interpreter; only tests ask.
#[cfg_attr(not(test), allow(unused_variables, reason = "only tests count them"))]
pub(super) fn note_left(customers: usize) {
    #[cfg(test)]
    LEFT.set(LEFT.get() + customers);
}

/// Lowers the bound for a pool's threads, or not.
#[cfg(test)]
pub(crate) fn lower(pool: &rayon::ThreadPool, max_elements: Option<usize>) {
    pool.broadcast(|_| LOWERED.set(max_elements));
}

/// How many customers a pool's threads have left to the interpreter so far.
#[cfg(test)]
pub(crate) fn left(pool: &rayon::ThreadPool) -> usize {
    pool.broadcast(|_| LEFT.get()).into_iter().sum()
}
