//! Defects that tests switch on, so that the tests of equality show that they would see them.
//!
//! In: a defect and the threads it is for. Out: whether it is on here. Kernels ask [`seeded`]; outside tests the answer is
//! a constant, and nothing is left of the question. A defect belongs to the threads of one pool: tests of other pools in
//! the same process do not see it, so kernels must run on the pool of their context.

#![cfg_attr(not(test), allow(dead_code, reason = "outside tests nothing switches a defect on"))]

/// What a kernel may do wrongly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Defect {
    /// `round(2.5)` is 2.0.
    HalfToEven,
    /// The largest int plus 1 is the smallest.
    WrappedOverflow,
    /// A missing condition is false.
    MissingIsFalse,
    /// `idiv` and `%` round down.
    FloorDivision,
    /// `x / 3.0` is `x * (1.0 / 3.0)`.
    Reciprocal,
    /// Floats are equal where they are near one another.
    FloatTolerance,
    /// A sum of floats is taken in another order.
    SumOrder,
    /// Of two equal zeros `min` and `max` take the last.
    LastOfEquals,
    /// A sum skips missing elements.
    MissingSkipped,
    /// `pct_rank` tells ties apart by their order.
    TiesInOrder,
    /// What is not evaluated makes a customer undetermined.
    UntakenBranch,
}

#[cfg(test)]
impl Defect {
    pub(crate) const ALL: [Defect; 11] = [
        Defect::HalfToEven,
        Defect::WrappedOverflow,
        Defect::MissingIsFalse,
        Defect::FloorDivision,
        Defect::Reciprocal,
        Defect::FloatTolerance,
        Defect::SumOrder,
        Defect::LastOfEquals,
        Defect::MissingSkipped,
        Defect::TiesInOrder,
        Defect::UntakenBranch,
    ];
}

#[cfg(test)]
thread_local! {
    static SEEDED: std::cell::Cell<Option<Defect>> = const { std::cell::Cell::new(None) };
}

/// Whether a defect is switched on for this thread.
#[cfg(test)]
pub(crate) fn seeded(defect: Defect) -> bool {
    SEEDED.get() == Some(defect)
}

/// Whether a defect is switched on: never outside tests.
#[cfg(not(test))]
#[inline(always)]
pub(crate) const fn seeded(_: Defect) -> bool {
    false
}

/// Switches a defect on for a pool's threads, or off.
#[cfg(test)]
pub(crate) fn seed(pool: &rayon::ThreadPool, defect: Option<Defect>) {
    pool.broadcast(|_| SEEDED.set(defect));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_defect_belongs_to_one_pool() {
        let pool = || rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let (one, other) = (pool(), pool());
        seed(&one, Some(Defect::Reciprocal));
        let asked = |pool: &rayon::ThreadPool| pool.broadcast(|_| seeded(Defect::Reciprocal));
        assert_eq!((asked(&one), asked(&other)), (vec![true; 2], vec![false; 2]));
        assert!(!one.install(|| seeded(Defect::SumOrder)));
        seed(&one, None);
        assert_eq!(asked(&one), vec![false; 2]);
    }
}
