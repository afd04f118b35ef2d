//! Where the columns of the steps come from.
//!
//! In: typed programs, the trees of the rule files. Out: for each column of a step the columns, relations, parameters and dates
//! that its value follows from, those on which a branch depended included. Must not know: data, what is told of it. Start at [`Lineage::of`].
//!
//! What is told is what a value *may* follow from: all branches are taken, a variable that is set several times has all that it was set to.
//! Maps are known by their keys, also through functions, so that a column has only what its own entry is made of. A `throw` decides whether
//! a customer is determined, not which value a column has, and is left out.

mod flow;
mod named;
mod values;

pub use flow::Source;
pub use named::{Named, Use};

use super::typed::{ExprKind, Program, StmtKind};
use super::types::{ColumnId, TableId};
use super::walk::{self, Node};
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};

/// Where one column of a step comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The step.
    pub step: String,
    /// The column.
    pub column: String,
    /// Where its rule first writes it.
    pub span: Option<Span>,
    /// What it is made of in its step.
    pub of: BTreeSet<Source>,
}

/// Where all columns of the steps come from, and which step reads what.
#[derive(Clone, Debug, Default)]
pub struct Lineage {
    /// Columns, in the order of steps and as the rules write them.
    pub made: Vec<Made>,
    /// Where columns are read, by table and column.
    pub reads: BTreeMap<(TableId, ColumnId), Vec<(String, Span)>>,
}

impl Lineage {
    /// That of some steps in order.
    pub fn of<'p>(programs: impl IntoIterator<Item = &'p Program>, named: &Named) -> Lineage {
        let mut lineage = Lineage::default();
        for program in programs {
            let of = super::stack::with_deep_stack(|| values::columns(program, named));
            let order = program.output.order.iter().filter_map(|at| program.output.columns.get(*at));
            for (column, _) in order {
                let of = of.get(column).cloned().unwrap_or_default();
                let span = place(program, column);
                lineage.made.push(Made { step: program.step.clone(), column: column.clone(), span, of });
            }
            walk::exprs(program, &mut |e| {
                if let ExprKind::Column { table, column, .. } = &e.kind {
                    let reads = lineage.reads.entry((*table, *column)).or_default();
                    if !reads.contains(&(program.step.clone(), e.span)) {
                        reads.push((program.step.clone(), e.span));
                    }
                }
            });
        }
        for reads in lineage.reads.values_mut() {
            reads.sort_by_key(|(_, span)| (span.file, span.start));
        }
        lineage
    }
}

/// Where the entry of a column is first written: in the step's own function if it stands there.
fn place(program: &Program, column: &str) -> Option<Span> {
    let entry = program.instances.get(program.entry.0 as usize)?;
    if !program.output.is_map {
        return Some(entry.span);
    }
    let first = |instance: &super::typed::Instance| {
        let mut found = None;
        walk::block(&instance.body, &mut |node| {
            let here = match node {
                Node::Expr(e) => match &e.kind {
                    ExprKind::Map(entries) => {
                        entries.iter().find(|(key, _)| key == column).map(|(_, value)| value.span)
                    }
                    _ => None,
                },
                Node::Stmt(stmt) => match &stmt.kind {
                    StmtKind::SetKey { path, value, .. } => {
                        let is = |key: Option<&super::typed::Key>| matches!(key, Some(super::typed::Key::Name(name)) if name == column);
                        is(path.first()).then_some(value.span)
                    }
                    _ => None,
                },
            };
            found = found.or(here);
        });
        found
    };
    first(entry).or_else(|| program.instances.iter().find_map(first))
}
