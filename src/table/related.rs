//! Related tables: for a row the rows of another table that lead to it.
//!
//! In: the rows that references find, the schema's paths. Out: [`Related`]. Must not know: keys, how references were
//! resolved. Start at [`related`].

use super::LoadedTable;
use super::relations::NONE;
use crate::rules::schema::{ManySchema, Schema, TableSchema};
use crate::rules::types::TableId;
use indexmap::IndexMap;
use rayon::prelude::*;

/// For each group the rows that belong to it, in source order.
///
/// ```
/// use tierwright::table::Related;
/// let related = Related::group(&[1, 0, u32::MAX, 1], 3);
/// assert_eq!(related.rows_of(1), [0, 3]);
/// assert_eq!(related.rows_of(2), [0_u32; 0]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Related {
    /// Where each group's rows begin in `rows`; one more at the end.
    pub offsets: Vec<u32>,
    /// Rows by group.
    pub rows: Vec<u32>,
}

impl Related {
    /// Groups row numbers by target, of `groups` targets; rows whose target is [`NONE`] belong to no group.
    pub fn group(targets: &[u32], groups: usize) -> Related {
        let mut offsets = vec![0_u32; groups + 1];
        for target in targets.iter().filter(|t| (**t as usize) < groups) {
            offsets[*target as usize + 1] += 1;
        }
        for group in 0..groups {
            offsets[group + 1] += offsets[group];
        }
        let mut next = offsets.clone();
        let mut rows = vec![0; offsets[groups] as usize];
        for (row, target) in targets.iter().enumerate().filter(|(_, t)| (**t as usize) < groups) {
            let slot = &mut next[*target as usize];
            rows[*slot as usize] = row as u32;
            *slot += 1;
        }
        Related { offsets, rows }
    }

    /// The rows of a group; none if there is no such group.
    pub fn rows_of(&self, group: usize) -> &[u32] {
        let bounds = self.offsets.get(group).zip(self.offsets.get(group + 1));
        bounds.and_then(|(from, to)| self.rows.get(*from as usize..*to as usize)).unwrap_or(&[])
    }
}

/// The related tables of every table of a schema, by table and position in its `many`; rows in the order of the far
/// table. Empty for tables that were not loaded.
pub fn related(schema: &Schema, tables: &IndexMap<String, LoadedTable>) -> Vec<Vec<Related>> {
    let groups = |name: &str| tables.get(name).map_or(0, LoadedTable::rows);
    let of = |table: &TableSchema| {
        let all = table.many.par_iter();
        all.map(|many| Related::group(&targets(many, schema, tables), groups(&table.name))).collect()
    };
    schema.tables.iter().map(of).collect()
}

/// For each row of the far table the row at the end of the path.
fn targets(many: &ManySchema, schema: &Schema, tables: &IndexMap<String, LoadedTable>) -> Vec<u32> {
    let reference = |(table, number): &(TableId, usize)| -> &[u32] {
        let table = tables.get(&schema.table(*table).name);
        table.and_then(|t| t.references.get(*number)).map_or(&[], Vec::as_slice)
    };
    let Some((first, further)) = many.path.split_first() else { return Vec::new() };
    let mut targets = reference(first).to_vec();
    for step in further {
        let next = reference(step);
        targets.iter_mut().for_each(|row| *row = next.get(*row as usize).copied().unwrap_or(NONE));
    }
    targets
}
