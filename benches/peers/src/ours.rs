//! tierwright on the measured customers: data from the frame's own columns, then step after step as a run does it.
//!
//! In: a checked project, customers, an evaluator. Out: [`Pass`]. Must not know: other engines.

use crate::evaluator::Evaluator;
use crate::measure::{Cost, measure};
use crate::project::Project;
use crate::workload::Workload;
use jiff::tz::TimeZone;
use polars::prelude::*;
use std::sync::Arc;
use tierwright::rules::context::Context;
use tierwright::rules::data::{ColumnData, Data, NO_ROW, TableData};
use tierwright::rules::schema::TableSchema;

/// Customers as an evaluator takes them, as loading would have left them: tables as frames, prior decisions found.
pub struct Loaded {
    customers: DataFrame,
    prior: DataFrame,
    prior_rows: Arc<[u32]>,
    keys: Vec<u32>,
}

/// What a pass gives.
pub struct Pass {
    /// Columns of all steps, in order.
    pub columns: Vec<Series>,
    /// Undetermined customers.
    pub undetermined: usize,
    /// What each step took.
    pub steps: Vec<(String, Cost)>,
}

/// Takes the prior decisions apart from the customers, as they are in a run.
pub fn load(workload: &Workload) -> Loaded {
    let frame = &workload.frame;
    let tier = frame.column("prior_tier").expect("a column").as_materialized_series();
    let decided = tier.is_not_null();
    let mut next = 0;
    let mut row = |decided: Option<bool>| {
        if decided != Some(true) {
            return NO_ROW;
        }
        next += 1;
        next - 1
    };
    let prior_rows = decided.iter().map(&mut row).collect();
    let only = |name: &str, new: &str| {
        let series = frame.column(name).expect("a column").as_materialized_series();
        Column::from(series.filter(&decided).expect("one length").with_name(new.into()))
    };
    let tiers = only("prior_tier", "tier");
    let rows = tiers.len();
    let value = Float64Chunked::full_null("value".into(), rows).into_column();
    let prior = DataFrame::new(rows, vec![tiers, value, only("prior_cycles_held", "cycles_held")]);
    Loaded {
        customers: frame.clone(),
        prior: prior.expect("columns of one length"),
        prior_rows,
        keys: (0..frame.height() as u32).collect(),
    }
}

/// All steps for all customers. Data is laid out anew: that is in the time.
pub fn pass(project: &Project, loaded: &Loaded, evaluate: Evaluator, pool: &rayon::ThreadPool) -> Pass {
    let schema = &project.plan.schema;
    let customer = schema.customer.0 as usize;
    let mut data = data(project, loaded);
    let mut active = loaded.keys.clone();
    let (mut columns, mut steps, mut undetermined) = (Vec::new(), Vec::new(), 0);
    for program in &project.plan.programs {
        let context = Context {
            schema,
            data: &data,
            sources: &project.sources,
            active: &active,
            keys: &loaded.keys,
            limits: &project.plan.project.limits,
            zone: &TimeZone::UTC,
            pool,
        };
        let (result, cost) = measure(|| evaluate(program, &context));
        let result = result.unwrap_or_else(|stop| panic!("step {}: {stop:?}", program.step));
        steps.push((program.step.clone(), cost));
        undetermined += result.undetermined.len();
        let mut failed = result.undetermined.iter().map(|(row, _)| *row).peekable();
        active.retain(|row| failed.next_if_eq(row).is_none());
        for (_, series) in result.columns {
            let table = &mut data.tables[customer];
            let column = &schema.tables[customer].columns[table.columns.len()];
            table.columns.push(ColumnData::from_series(&series, column).expect("the step's type"));
            columns.push(series);
        }
    }
    Pass { columns, undetermined, steps }
}

fn data(project: &Project, loaded: &Loaded) -> Data {
    let schema = &project.plan.schema;
    let own = project.plan.project.tables[&project.plan.project.customer].columns.len();
    let tables = schema.tables.iter().enumerate().map(|(position, table)| {
        if position != schema.customer.0 as usize {
            // What no rule here reads of a prior decision is missing.
            let known = loaded.prior.width();
            let read = TableSchema { columns: table.columns[..known].to_vec(), ..table.clone() };
            let mut prior = TableData::from_frame(&loaded.prior, &read).expect("prior decisions of their types");
            let rest = table.columns[known..].iter().map(|column| ColumnData::missing(prior.rows, column));
            prior.columns.extend(rest);
            return prior;
        }
        let before = TableSchema { columns: table.columns[..own].to_vec(), ..table.clone() };
        let mut customers = TableData::from_frame(&loaded.customers, &before).expect("customers of their types");
        customers.references = vec![loaded.prior_rows.clone()];
        customers
    });
    Data { tables: tables.collect() }
}
