//! What steps are evaluated on beside the project's tables: prior and earlier decisions.
//!
//! In: the [`Prior`] decisions, a schema. Out: the tables of decisions in their places. Must not know: where other tables come from, steps.

use super::keys::Keys;
use super::prior::Prior;
use crate::error::Error;
use crate::rules::data::{ColumnData, NO_ROW, Related, TableData};
use crate::rules::schema::{Schema, TableSchema};
use crate::rules::tables::{EARLIER, PRIOR};
use polars::prelude::{Column, DataFrame};
use std::sync::Arc;

/// The table of earlier decisions: its place, and for each decision the row of its customer.
pub(super) type Earlier = (usize, Vec<u32>);

/// Puts the tables of decisions behind those of the project, and gives each customer its row in the prior ones.
///
/// # Errors
/// [`Error::Defect`]: decisions of other types than the schema has.
pub(super) fn add(
    tables: &mut Vec<TableData>,
    schema: &Schema,
    prior: Option<(&Prior, &[Option<u32>])>,
    keys: impl FnOnce() -> Result<Keys, Error>,
) -> Result<Option<Earlier>, Error> {
    let customer = usize::from(schema.customer.0);
    let customers = tables.get(customer).map_or(0, |table| table.rows);
    let mut earlier = None;
    if let Some(table) = schema.tables.get(tables.len()).filter(|table| table.name == EARLIER) {
        let rows = earlier_rows(prior, &keys()?)?;
        earlier = Some((tables.len(), rows.clone()));
        tables.push(earlier_table(table, prior, &rows)?);
    }
    let (decisions, rows) = prior_table(schema, prior, customers)?;
    tables.push(decisions);
    if let Some(table) = tables.get_mut(customer) {
        table.references.push(rows);
    }
    Ok(earlier)
}

/// Gives customers their earlier decisions, which come from no table of the project.
pub(super) fn relate(tables: &mut [TableData], schema: &Schema, earlier: Option<&Earlier>) {
    let Some((place, rows)) = earlier else { return };
    let customer = usize::from(schema.customer.0);
    let customers = tables.get(customer).map_or(0, |table| table.rows);
    let nth = schema.table(schema.customer).many.iter().position(|many| usize::from(many.table.0) == *place);
    if let Some(slot) = nth.and_then(|nth| tables.get_mut(customer)?.many.get_mut(nth)) {
        *slot = Arc::new(Related::group(rows, customers));
    }
}

/// For each earlier decision the row of its customer.
fn earlier_rows(prior: Option<(&Prior, &[Option<u32>])>, keys: &Keys) -> Result<Vec<u32>, Error> {
    let Some((prior, _)) = prior else { return Ok(Vec::new()) };
    let found = Keys::new(&prior.past.key)?.find_in(keys);
    Ok(found.into_iter().map(|row| row.unwrap_or(NO_ROW)).collect())
}

/// The table of earlier decisions.
fn earlier_table(
    table: &TableSchema,
    prior: Option<(&Prior, &[Option<u32>])>,
    rows: &[u32],
) -> Result<TableData, Error> {
    let Some((prior, _)) = prior else {
        let columns = table.columns.iter().map(|c| ColumnData::missing(0, c)).collect();
        return Ok(TableData { rows: 0, columns, references: vec![Arc::from([])], ..TableData::default() });
    };
    let past = &prior.past;
    let named = table.columns.iter().zip([&past.cycle, &past.as_of, &past.tier, &past.value]);
    let named = named.map(|(c, s)| Column::from(s.clone().with_name(c.name.as_str().into())));
    let frame =
        DataFrame::new(past.len(), named.collect()).map_err(|e| Error::Defect(format!("earlier decisions: {e}")))?;
    let mut data = TableData::from_frame(&frame, table)?;
    data.references = vec![Arc::from(rows)];
    Ok(data)
}

/// The table `prior`, and each customer's row in it.
fn prior_table(
    schema: &Schema,
    prior: Option<(&Prior, &[Option<u32>])>,
    customers: usize,
) -> Result<(TableData, Arc<[u32]>), Error> {
    let Some(table) = schema.tables.last().filter(|t| t.name == PRIOR) else {
        return Err(Error::Defect(format!("the schema has no table `{PRIOR}`")));
    };
    let Some((prior, rows)) = prior else {
        let columns = table.columns.iter().map(|c| ColumnData::missing(0, c)).collect();
        let data = TableData { rows: 0, columns, ..TableData::default() };
        return Ok((data, vec![NO_ROW; customers].into()));
    };
    let named = [&prior.tier, &prior.value].into_iter().chain(&prior.read_back);
    let named = table.columns.iter().zip(named).map(|(c, s)| Column::from(s.clone().with_name(c.name.as_str().into())));
    let frame = DataFrame::new(prior.tier.len(), named.collect())
        .map_err(|e| Error::Defect(format!("prior decisions: {e}")))?;
    let data = TableData::from_frame(&frame, table)?;
    Ok((data, rows.iter().map(|row| row.unwrap_or(NO_ROW)).collect()))
}
