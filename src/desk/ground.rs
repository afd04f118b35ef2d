//! Customers before a step, as a run's files have them.
//!
//! In: a committed run, a plan whose steps before that one are the run's. Out: [`Ground`]. Must not know: what is asked of it. Start at [`Need::of`].
//!
//! Columns that nobody needs are not read. They are no missing values: who asks for one that was not laid out gets an error.

use super::committed::Committed;
use super::reads::Reads;
use crate::error::{Error, Result};
use crate::manifest::model::Undetermined;
use crate::rules::data::{NO_ROW, TableData};
use crate::rules::schema::TableSchema;
use crate::run::Plan;
use crate::run::execute::key_of;
use crate::run::keys::Keys;
use crate::run::layout::Layout;
use crate::run::prior::Prior;
use crate::run::replay::{Given, own_columns};
use crate::system::System;
use polars::prelude::Series;
use std::sync::Arc;

/// What is needed of the customers before a step.
pub(super) struct Need {
    /// The step.
    from: usize,
    /// Whether each column before it is.
    columns: Vec<bool>,
    /// Prior decisions, and those of the cycles before.
    prior: bool,
    earlier: bool,
}

impl Need {
    /// What steps from one on read, what makes the decision, and columns of these names.
    ///
    /// # Errors
    /// [`Error::Defect`]: customers without a key.
    pub fn of(plan: &Plan, from: usize, names: &[String]) -> Result<Need, Error> {
        let reads = Reads::of(plan.programs.iter().skip(from), &plan.schema);
        let decision = &plan.project.decision;
        let own = [key_of(&plan.project)?, &decision.tier, &decision.value];
        let widths = plan.programs.iter().take(from).map(|program| program.output.order.len());
        let before = own_columns(plan) + widths.sum::<usize>();
        let customers = &plan.schema.table(plan.schema.customer).columns;
        let is_needed = |(at, name): (usize, &String)| {
            reads.columns.contains(&at) || own.contains(&name.as_str()) || names.contains(name)
        };
        let columns = customers.iter().map(|column| &column.name).enumerate().take(before).map(is_needed).collect();
        let prior = reads.decisions || plan.project.undetermined == Undetermined::KeepPrior;
        Ok(Need { from, columns, prior, earlier: reads.earlier })
    }
}

/// Customers before a step.
pub(super) struct Ground {
    /// Their columns, with who is undetermined.
    pub given: Given,
    /// The prior decisions, if they are needed and there are any.
    pub prior: Option<Prior>,
    /// What was laid out.
    laid: Need,
}

impl Ground {
    /// Whether all that is needed is there.
    pub fn has(&self, need: &Need) -> bool {
        self.laid.from == need.from
            && (self.laid.prior || !need.prior)
            && (self.laid.earlier || !need.earlier)
            && need.columns.iter().zip(&self.laid.columns).all(|(needed, there)| *there || !*needed)
    }

    /// Lays out what is needed; `None` where the run's files do not have it.
    ///
    /// # Errors
    /// A file that is gone or broken.
    pub fn lay(
        run: &Committed,
        (system, layout, pool): (&dyn System, &Layout, &rayon::ThreadPool),
        plan: &Plan,
        need: Need,
        keys: &Keys,
    ) -> Result<Option<Ground>> {
        if need.prior && !run.record.aliases.is_empty() {
            // Whose decision follows whom stands in a table.
            return Ok(None);
        }
        let named = || plan.schema.table(plan.schema.customer).columns.iter().zip(&need.columns);
        let names: Vec<&str> = named().filter(|(_, needed)| **needed).map(|(column, _)| column.name.as_str()).collect();
        let mut read = run.columns(system, pool, &names)?.into_iter();
        let mut columns: Vec<Option<Series>> = Vec::with_capacity(need.columns.len());
        for (_, needed) in named() {
            match if *needed { read.next() } else { Some(None) } {
                Some(column) if column.is_some() == *needed => columns.push(column),
                _ => return Ok(None),
            }
        }
        let failed = run.failed(system, keys)?;
        let failed = failed.into_iter().filter(|(step, ..)| *step < need.from).collect();
        let prior = if need.prior { run.prior(system, layout, pool, (&plan.project, need.earlier))? } else { None };
        let given = Given { columns, from: need.from, failed, tables: tables(plan, keys.len()) };
        Ok(Some(Ground { given, prior, laid: need }))
    }
}

/// Tables of which no row is read but the customers'.
fn tables(plan: &Plan, customers: usize) -> Vec<TableData> {
    let customer = usize::from(plan.schema.customer.0);
    let table = |(at, schema): (usize, &TableSchema)| {
        let rows = if at == customer { customers } else { 0 };
        // The last reference of customers leads to the prior decisions, which are added.
        let references = schema.references.len().saturating_sub(usize::from(at == customer));
        let nowhere: Arc<[u32]> = vec![NO_ROW; rows].into();
        TableData { rows, references: vec![nowhere; references], ..TableData::default() }
    };
    plan.schema.tables.iter().enumerate().take(plan.project.tables.len()).map(table).collect()
}
