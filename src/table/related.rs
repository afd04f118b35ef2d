//! Related tables: for a row the rows of another table that lead to it.
//!
//! In: the rows that references find, the schema's paths. Out: [`Related`]. Must not know: keys, how references were
//! resolved. Start at [`related`].

use super::LoadedTable;
use super::rows::NONE;
use crate::rules::data::Related;
use crate::rules::schema::{ManySchema, Schema, TableSchema};
use crate::rules::types::TableId;
use indexmap::IndexMap;
use rayon::prelude::*;

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
