//! What steps read, and from which step on nothing but the customers themselves.
//!
//! In: typed programs, a schema. Out: columns of customers, whether other tables are read. Must not know: data.

use crate::manifest::model::ParameterTable;
use crate::rules::schema::Schema;
use crate::rules::tables::{EARLIER, PRIOR};
use crate::rules::typed::{Expr, ExprKind, Program};
use crate::rules::types::TableId;
use crate::rules::walk;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What some steps read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// Columns of customers, by the schema's positions.
    pub columns: BTreeSet<usize>,
    /// Whether they read another table than the customers' and their decisions, or a customer that another one leads to.
    pub tables: bool,
    /// Whether they read prior or earlier decisions.
    pub decisions: bool,
    /// Whether they read earlier decisions.
    pub earlier: bool,
}

impl Reads {
    /// What steps read together.
    pub fn of<'p>(programs: impl IntoIterator<Item = &'p Program>, schema: &Schema) -> Reads {
        let mut reads = Reads::default();
        for program in programs {
            walk::exprs(program, &mut |expr| reads.see(expr, schema));
        }
        reads
    }

    fn see(&mut self, expr: &Expr, schema: &Schema) {
        let is_decisions = |table: TableId| {
            let name = schema.table(table).name.as_str();
            table != schema.customer
                && usize::from(table.0) + 2 >= schema.tables.len()
                && [PRIOR, EARLIER].contains(&name)
        };
        match &expr.kind {
            ExprKind::Column { table, column, .. } if *table == schema.customer => {
                self.columns.insert(usize::from(column.0));
            }
            ExprKind::Reference { table, reference, .. } => {
                let target = schema.table(*table).references.get(*reference).map(|reference| reference.target);
                let to_decision = *table == schema.customer && target.is_some_and(is_decisions);
                self.decisions |= to_decision;
                self.tables |= !to_decision;
            }
            ExprKind::Related { table, many, .. } => {
                let far = schema.table(*table).many.get(*many).map(|many| many.table);
                let to_decisions = *table == schema.customer && far.is_some_and(is_decisions);
                self.decisions |= to_decisions;
                self.earlier |= to_decisions;
                self.tables |= !to_decisions;
            }
            _ => {}
        }
    }
}

/// The first step from which on all read customers and their decisions alone.
pub fn first_alone(programs: &[Program], schema: &Schema) -> usize {
    programs.iter().rposition(|program| Reads::of([program], schema).tables).map_or(0, |last| last + 1)
}

/// The first step that is not the same in both.
pub fn first_unlike(before: &[Program], now: &[Program]) -> usize {
    let same = |(before, now): &(&Program, &Program)| {
        before.step == now.step && before.to_string() == now.to_string() && same_tables(before, now)
    };
    before.iter().zip(now).take_while(same).count()
}

/// Whether the tables of parameters that both read hold the same; their text does not show it.
fn same_tables(before: &Program, now: &Program) -> bool {
    let same = |(before, now): (&Arc<ParameterTable>, &Arc<ParameterTable>)| {
        let bits = |table: &ParameterTable| format!("{:?}", (&table.columns, table.plain, &table.rows));
        bits(before) == bits(now)
    };
    before.tables.len() == now.tables.len() && before.tables.iter().zip(&now.tables).all(same)
}
