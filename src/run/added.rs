//! The columns that every run adds to the decisions.
//!
//! In: nothing. Out: their names; `docs/output.md` says what they hold. Must not know: how they are computed.

/// Tier of `c.prior`.
pub const PRIOR_TIER: &str = "prior_tier";
/// `new`, `up`, `down`, `same`, `undetermined`.
pub const MOVE: &str = "move";
/// `decided` or `undetermined`.
pub const STATUS: &str = "status";
/// Step at which the customer became undetermined.
pub const STEP: &str = "undetermined_step";
/// Why.
pub const CAUSE: &str = "cause";
/// Tier last decided, in this run or an earlier one.
pub const DECIDED_TIER: &str = "decided_tier";
/// Value at that time.
pub const DECIDED_VALUE: &str = "decided_value";
/// Cycle of that decision.
pub const DECIDED_CYCLE: &str = "decided_cycle";
/// As-of date from which the tier last decided is held without a break.
pub const DECIDED_SINCE: &str = "decided_since";
/// In how many cycles running it was decided.
pub const DECIDED_CYCLES: &str = "decided_cycles";
/// Place and text of the test without which the tier would be lower.
pub const DECISIVE_RULE: &str = "decisive_rule";
/// Place and text of the nearest test that keeps a higher tier away.
pub const NEAREST_MISS: &str = "nearest_miss";
/// How far the sides of the nearest test are apart.
pub const DISTANCE: &str = "distance";
/// The columns that a run adds to each decision, in their order.
pub const ADDED: [&str; 13] = [
    PRIOR_TIER,
    MOVE,
    STATUS,
    STEP,
    CAUSE,
    DECIDED_TIER,
    DECIDED_VALUE,
    DECIDED_CYCLE,
    DECIDED_SINCE,
    DECIDED_CYCLES,
    DECISIVE_RULE,
    NEAREST_MISS,
    DISTANCE,
];
