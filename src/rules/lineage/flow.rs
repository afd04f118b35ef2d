//! What a value follows from.
//!
//! In: nothing; these are plain values. Out: [`Flow`]. Must not know: trees.

use crate::rules::types::{ColumnId, TableId};
use std::collections::{BTreeMap, BTreeSet};

/// What a value may follow from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// A column, of a table or of a step before.
    Column(TableId, ColumnId),
    /// Which row a reference leads to.
    Reference(TableId, usize),
    /// Which rows lead here.
    Related(TableId, usize),
    /// A parameter as rules write it, or a date of the run: `P.lines.strategic`, `AS_OF`.
    Named(String),
}

/// What a value follows from; of a map, also what its entries follow from. A list has what its items have.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Flow {
    /// What the value as a whole follows from.
    pub base: BTreeSet<Source>,
    /// What its entries follow from beside that.
    pub entries: BTreeMap<String, Flow>,
}

impl Flow {
    /// A value that follows from these alone.
    pub fn of(base: impl IntoIterator<Item = Source>) -> Flow {
        Flow { base: base.into_iter().collect(), entries: BTreeMap::new() }
    }

    /// Adds what another value, which this one may be as well, follows from.
    pub fn join(&mut self, other: &Flow) {
        self.base.extend(other.base.iter().cloned());
        for (key, flow) in &other.entries {
            self.entries.entry(key.clone()).or_default().join(flow);
        }
    }

    /// The same, following from these besides.
    pub fn and(mut self, more: impl IntoIterator<Item = Source>) -> Flow {
        self.base.extend(more);
        self
    }

    /// All that it follows from, entries included.
    pub fn total(&self) -> BTreeSet<Source> {
        let mut all = self.base.clone();
        self.entries.values().for_each(|flow| all.extend(flow.total()));
        all
    }

    /// An entry of a map; of another value the value.
    pub fn entry(&self, key: &str) -> Flow {
        let mut entry = self.entries.get(key).cloned().unwrap_or_default();
        entry.base.extend(self.base.iter().cloned());
        entry
    }

    /// The value as one piece.
    pub fn whole(&self) -> Flow {
        Flow::of(self.total())
    }

    /// The place of an entry of an entry.
    pub fn at(&mut self, path: &[&str]) -> &mut Flow {
        path.iter().fold(self, |flow, key| flow.entries.entry((*key).to_owned()).or_default())
    }
}
