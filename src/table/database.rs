//! What databases have in common: names in quotes, columns by which rows are sorted, rows as they are read.
//!
//! In: manifests, fields. Out: SQL text, batches, the hash of all rows. Must not know: any one database. Start at
//! [`RowSink`].

use super::batch::{Batch, BatchBuilder, Plan};
use super::field::FieldRow;
use crate::diag::{Diagnostic, ids};
use crate::manifest::model::{Rows, Table};

/// Rows of a batch.
const BATCH: usize = 1 << 15;

/// A name as SQL quotes it.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// ` ORDER BY …` of the columns that the manifest names, under their names in the source and behind `prefix`; empty if
/// it names none.
pub fn order_by(rows: &Rows, table: &Table, prefix: &str) -> String {
    let from = |name: &String| table.columns.get(name).map(|column| format!("{prefix}{}", quoted(&column.from)));
    clause(&rows.order_by.iter().filter_map(from).collect::<Vec<_>>())
}

/// ` ORDER BY …` of these expressions; empty if there are none.
pub fn clause(expressions: &[String]) -> String {
    if expressions.is_empty() { String::new() } else { format!(" ORDER BY {}", expressions.join(", ")) }
}

/// The warning of rows that may come in any order.
pub fn unordered(place: &str, what: &str, table: &Table) -> Diagnostic {
    Diagnostic::warning(ids::ROW_ORDER, format!("`{place}` is {what}: its rows may come in any order"))
        .at(table.source.span)
        .note("`first`, `last`, ties and sums of floats may differ from run to run")
        .help("say `order_by: [column, …]`, with columns that name a row")
}

/// Takes rows one by one, gives them on in batches, and keeps the hash of what was read.
pub struct RowSink<'s, 'p> {
    plan: &'s Plan<'p>,
    rows: &'s mut dyn FnMut(Batch),
    batch: BatchBuilder<'s, 'p>,
    number: u32,
    hasher: blake3::Hasher,
    bytes: u64,
}

impl<'s, 'p> RowSink<'s, 'p> {
    /// A sink without rows.
    pub fn new(plan: &'s Plan<'p>, rows: &'s mut dyn FnMut(Batch)) -> RowSink<'s, 'p> {
        let hasher = blake3::Hasher::new();
        RowSink { plan, rows, batch: BatchBuilder::new(plan, BATCH), number: 0, hasher, bytes: 0 }
    }

    /// Takes the next row; `raw` are its bytes, which stand for it in the hash.
    pub fn row(&mut self, fields: &FieldRow, raw: &[u8]) {
        self.number = self.number.saturating_add(1);
        self.hasher.update(raw);
        self.bytes += raw.len() as u64;
        self.batch.row(self.number, |k| fields.field(k));
        if self.batch.len() >= BATCH {
            let batch = std::mem::replace(&mut self.batch, BatchBuilder::new(self.plan, BATCH));
            (self.rows)(batch.finish());
        }
    }

    /// The bytes of all rows and their hash.
    pub fn finish(self) -> (u64, blake3::Hash) {
        (self.rows)(self.batch.finish());
        (self.bytes, self.hasher.finalize())
    }
}
