//! What a run tells while it works.
//!
//! In: nothing. Out: [`Event`]s, in the order in which things happen, to whoever watches. Must not know: who that is, how
//! it is shown. A run does the same whether somebody watches or not.

use super::record::{Stage, TableRow};

/// Something that has happened.
#[derive(Clone, Copy, Debug)]
pub enum Event<'e> {
    /// The lock is held, the output takes files, and what a crash left is cleared.
    Begun,
    /// The tables are read.
    Loaded {
        /// Rows of each.
        tables: &'e [TableRow],
        /// How they were read, where that is worth a word.
        how: Option<&'e str>,
    },
    /// The run is known by this id from now on.
    Named {
        /// The id.
        run: &'e str,
    },
    /// A stage has ended.
    Stage(&'e Stage),
}

/// Takes events.
pub type Watch<'w> = dyn FnMut(&Event<'_>) + 'w;
