//! What steps read that must be there.
//!
//! In: typed steps, the schema. Out: [`Reads`]: columns and references that no rule takes as missing, each with a place that
//! reads it. Must not know: cases, data.

use crate::rules::schema::Schema;
use crate::rules::typed::{ExprKind, Program};
use crate::rules::types::{ColumnId, TableId};
use crate::rules::walk;
use crate::source::Span;
use std::collections::BTreeMap;

/// What some steps read.
#[derive(Clone, Debug, Default)]
pub struct Reads {
    /// Columns, each with the first place.
    pub columns: BTreeMap<(u16, u16), Span>,
    /// References, likewise.
    pub references: BTreeMap<(u16, usize), Span>,
    /// Tables whose rows are gone through.
    pub related: bool,
    /// Whether standings among all customers are asked for.
    pub standings: bool,
}

impl Reads {
    /// What these steps read.
    pub fn of(programs: &[Program]) -> Reads {
        let mut reads = Reads::default();
        for program in programs {
            reads.standings |= !program.populations.is_empty();
            walk::exprs(program, &mut |e| match &e.kind {
                ExprKind::Column { table, column, .. } => {
                    reads.columns.entry((table.0, column.0)).or_insert(e.span);
                }
                ExprKind::Reference { table, reference, .. } => {
                    reads.references.entry((table.0, *reference)).or_insert(e.span);
                }
                ExprKind::Related { .. } => reads.related = true,
                _ => {}
            });
        }
        reads
    }

    /// Columns of a table that may not be missing, with the places that read them.
    pub fn needed<'r>(&'r self, schema: &'r Schema, table: TableId) -> impl Iterator<Item = (usize, Span)> + 'r {
        let own = self.columns.range((table.0, 0)..=(table.0, u16::MAX));
        let needed = move |column: u16| !schema.column(table, ColumnId(column)).optional;
        own.filter(move |((_, column), _)| needed(*column)).map(|((_, column), span)| (usize::from(*column), *span))
    }

    /// References of a table that must find a row.
    pub fn led<'r>(&'r self, schema: &'r Schema, table: TableId) -> impl Iterator<Item = (usize, Span)> + 'r {
        let own = self.references.range((table.0, 0)..=(table.0, usize::MAX));
        let references = &schema.table(table).references;
        let needed = move |at: usize| references.get(at).is_some_and(|reference| !reference.optional);
        own.filter(move |((_, at), _)| needed(*at)).map(|((_, at), span)| (*at, *span))
    }
}
