//! What people read of sensitive columns in a run: nothing.
//!
//! In: the project, its typed steps. Out: which steps may throw a sensitive value in their text, which columns are not
//! written unless named. Must not know: data. A step that reads a sensitive column, or a column of such a step, may hold
//! its values; a text that the rule spells out holds none.

use crate::manifest::model::Project;
use crate::rules::cause::{Cause, CauseKind};
use crate::rules::schema::Schema;
use crate::rules::typed::{ExprKind, Program, StmtKind};
use crate::rules::types::{ColumnId, TableId};
use crate::rules::walk;
use std::collections::HashSet;

/// What stands for a text that is not shown.
const WITHHELD: &str = "(withheld)";

/// Whether the values of a column of the customer table stay out of what people read.
pub fn is_sensitive(project: &Project, column: &str) -> bool {
    let table = project.tables.get(&project.customer);
    table.and_then(|table| table.columns.get(column)).is_some_and(|column| column.contract.sensitive)
}

/// Whether a column is written nowhere unless the project names it. The key names the customer in any case.
pub fn is_left_out(project: &Project, column: &str) -> bool {
    let table = project.tables.get(&project.customer);
    is_sensitive(project, column) && !table.is_some_and(|table| table.key.iter().any(|key| key == column))
}

/// For each step whether the text of one of its `throw`s may hold a sensitive value.
pub fn steps<'p>(project: &Project, programs: impl IntoIterator<Item = &'p Program>, schema: &Schema) -> Vec<bool> {
    let mut sensitive: HashSet<(TableId, ColumnId)> = HashSet::new();
    for (table, manifest) in project.tables.values().enumerate() {
        let columns = manifest.columns.values().enumerate().filter(|(_, column)| column.contract.sensitive);
        sensitive.extend(columns.map(|(column, _)| (TableId(table as u16), ColumnId(column as u16))));
    }
    let mut found = Vec::new();
    for program in programs {
        let (mut reads, mut throws) = (false, false);
        for instance in &program.instances {
            walk::block(&instance.body, &mut |node| match node {
                walk::Node::Expr(e) => {
                    if let ExprKind::Column { table, column, .. } = &e.kind {
                        reads |= sensitive.contains(&(*table, *column));
                    }
                }
                walk::Node::Stmt(stmt) => {
                    if let StmtKind::Throw(text) = &stmt.kind {
                        throws |= !matches!(text.kind, ExprKind::Text(_));
                    }
                }
            });
        }
        if reads {
            let table = schema.table(schema.customer);
            let columns = program.output.columns.iter().filter_map(|(name, _)| table.column(name));
            sensitive.extend(columns.map(|column| (schema.customer, column)));
        }
        found.push(reads && throws);
    }
    found
}

/// Takes the texts of `throw`s out of causes.
pub fn withhold(causes: &mut [(u32, Cause)]) {
    causes.iter_mut().for_each(|(_, cause)| withhold_one(cause));
}

/// Takes the text of a `throw` out of a cause.
pub fn withhold_one(cause: &mut Cause) {
    if cause.kind == CauseKind::Thrown {
        cause.subject = WITHHELD.to_owned();
    }
}
