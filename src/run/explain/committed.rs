//! What a committed run wrote of its customers.
//!
//! In: a run's folder and record. Out: [`Decision`]s of the customers that are asked for, by key or by a condition over the columns of
//! the decisions. Must not know: how decisions are explained. Start at [`read`].

use super::tracing::key_texts;
use crate::calendar;
use crate::diag::{Diagnostic, ids};
use crate::dtype::DataType;
use crate::error::{Error, Result, Stop};
use crate::rules;
use crate::rules::context::Context;
use crate::rules::data::{ColumnData, Data, TableData};
use crate::rules::rows;
use crate::rules::schema::{ColumnSchema, Schema, TableSchema};
use crate::rules::types::TableId;
use crate::run::added::{CAUSE, MOVE, STATUS};
use crate::run::decided;
use crate::run::engine::thread_pool;
use crate::run::execute::key_of;
use crate::run::history::{Current, Slot};
use crate::run::keys::Keys;
use crate::run::plan::{BASE, Plan, run_dates};
use crate::run::record::Record;
use crate::source::SourceMap;
use crate::system::System;
use hashbrown::HashMap;
use jiff::tz::TimeZone;
use polars::prelude::Series;
use std::path::Path;

/// What a run decided for a customer.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// Its key, as text.
    pub key: String,
    /// Tier.
    pub tier: Option<String>,
    /// Value.
    pub value: Option<f64>,
    /// Move.
    pub movement: Option<String>,
    /// Whether it was decided.
    pub decided: bool,
    /// Why not.
    pub cause: Option<String>,
}

/// Which customers are asked for.
#[derive(Clone, Copy, Debug)]
pub enum Wanted<'a> {
    /// Those with these keys, in this order.
    Keys(&'a [String]),
    /// Those for whom a condition holds, in key order.
    Where(&'a str),
}

/// The decisions of a run that are asked for.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// They.
    pub decisions: Vec<Decision>,
    /// Customers of whom the condition cannot be told, as it needs what is missing.
    pub unknown: usize,
}

/// Reads what a run decided for the customers that are asked for; at most `most` of them. A condition's text goes to `sources`.
///
/// # Errors
/// `usage`: no such customer, or more than `most`; findings of the condition. [`Error::Io`], [`Error::Format`]: a file is gone or broken.
pub fn read(
    system: &dyn System,
    (plan, record, folder): (&Plan, &Record, &Path),
    wanted: Wanted<'_>,
    most: usize,
    sources: &mut SourceMap,
) -> Result<Found> {
    let run = Run { system, plan, record, folder };
    let column = run.needed(key_of(&plan.project)?)?;
    let keys = key_texts(&column);
    let (rows, unknown) = match wanted {
        Wanted::Keys(asked) => (named(&keys, asked, record)?, 0),
        Wanted::Where(text) => {
            let (holds, unknown) = run.filtered(text, sources)?;
            let order = Keys::new(&column)?.order();
            (order.into_iter().filter(|row| holds.get(*row as usize).copied().unwrap_or(false)).collect(), unknown)
        }
    };
    if rows.len() > most {
        let message = format!("{} customers are meant, at most {most} are explained at once", rows.len());
        return Err(usage(message, "narrow the condition, or raise --limit"));
    }
    let decision = &plan.project.decision;
    let (tier, value) = (run.needed(&decision.tier)?, run.needed(&decision.value)?);
    let (movement, status, cause) = (run.needed(MOVE)?, run.needed(STATUS)?, run.needed(CAUSE)?);
    let text = |series: &Series, row: u32| -> Result<Option<String>, Error> {
        let texts = series.str().map_err(|e| Error::Defect(format!("decisions: {e}")))?;
        Ok(texts.get(row as usize).map(str::to_owned))
    };
    let mut decisions = Vec::with_capacity(rows.len());
    for row in rows {
        decisions.push(Decision {
            key: keys[row as usize].clone(),
            tier: text(&tier, row)?,
            value: value.get(row as usize).ok().and_then(|value| value.extract::<f64>()),
            movement: text(&movement, row)?,
            decided: text(&status, row)?.as_deref() == Some("decided"),
            cause: text(&cause, row)?,
        });
    }
    Ok(Found { decisions, unknown })
}

/// Rows of the customers with these keys.
fn named(keys: &[String], asked: &[String], record: &Record) -> Result<Vec<u32>> {
    let rows: HashMap<&str, u32> = keys.iter().map(String::as_str).zip(0..).collect();
    let mut found = Vec::with_capacity(asked.len());
    let mut findings = Vec::new();
    for key in asked {
        match rows.get(key.as_str()) {
            Some(row) if found.contains(row) => {}
            Some(row) => found.push(*row),
            None => {
                let message = format!("run {} has no customer `{key}`", record.run);
                let finding = Diagnostic::error(ids::USAGE, message).did_you_mean(key, keys.iter().map(String::as_str));
                let help = "name a customer by its key, or several by a condition with --where";
                findings.push(if finding.help.is_empty() { finding.help(help) } else { finding });
            }
        }
    }
    if findings.is_empty() { Ok(found) } else { Err(Stop::Configuration(findings)) }
}

fn usage(message: String, help: &str) -> Stop {
    Stop::Configuration(vec![Diagnostic::error(ids::USAGE, message).help(help)])
}

struct Run<'a> {
    system: &'a dyn System,
    plan: &'a Plan,
    record: &'a Record,
    folder: &'a Path,
}

impl Run<'_> {
    /// A column of the decisions by its name in rules.
    fn needed(&self, from: &str) -> Result<Series> {
        let row = self.record.columns.iter().find(|column| column.from == from);
        let row = row.ok_or_else(|| Error::Format {
            path: self.folder.to_owned(),
            message: format!("run {} has no column `{from}` among its decisions", self.record.run),
        })?;
        Ok(decided::whole(self.system, self.folder, self.record, row)?)
    }

    /// For each customer whether a condition holds, and of how many it cannot be told.
    fn filtered(&self, text: &str, sources: &mut SourceMap) -> Result<(Vec<bool>, usize)> {
        let known = self.record.columns.iter().filter_map(|column| {
            let dtype = DataType::parse(&column.dtype)?;
            let name = column.from.clone();
            Some(ColumnSchema { name, dtype, optional: true, added: false, minor_units: false, unit: None })
        });
        let table = TableSchema {
            name: "decisions".to_owned(),
            columns: known.collect(),
            references: Vec::new(),
            many: Vec::new(),
        };
        let schema = Schema { tables: vec![table], customer: TableId(0) };
        let dates = run_dates(&self.plan.dates);
        let (rule, found) = rows::condition("--where", text, &schema, &self.plan.project, dates, sources)?;
        let Some(rule) = rule.filter(|_| !found.iter().any(Diagnostic::is_error)) else {
            return Err(Stop::Configuration(found));
        };
        let columns = &schema.table(schema.customer).columns;
        let mut data = Vec::with_capacity(columns.len());
        let mut customers = 0;
        for (n, column) in columns.iter().enumerate() {
            let read = rule.reads.contains(&n);
            // A column that is not read is not looked at: no row of it is needed.
            data.push(if read {
                let series = self.needed(&column.name)?;
                customers = series.len();
                ColumnData::from_series(&series, column)?
            } else {
                ColumnData::missing(0, column)
            });
        }
        if rule.reads.is_empty() {
            customers = self.needed(STATUS)?.len();
        }
        let active: Vec<u32> = (0..u32::try_from(customers).unwrap_or(u32::MAX)).collect();
        let data = Data { tables: vec![TableData { rows: customers, columns: data, ..TableData::default() }] };
        let zone = &self.plan.project.planning.time_zone;
        let zone = TimeZone::get(zone).map_err(|e| Error::Defect(format!("time zone {zone}: {e}")))?;
        let pool = thread_pool(None)?;
        let context = Context {
            schema: &schema,
            data: &data,
            sources,
            active: &active,
            keys: &active,
            limits: &self.plan.project.limits,
            zone: &zone,
            pool: &pool,
        };
        let result = rules::run_step(&rule.program, rule.compiled.as_ref(), &context)?;
        let column = result.columns.first().and_then(|(_, series)| series.bool().ok().cloned());
        let column = column.ok_or_else(|| Error::Defect("a condition that gives no bool".to_owned()))?;
        Ok((column.iter().map(|holds| holds == Some(true)).collect(), result.undetermined.len()))
    }
}

impl Decision {
    /// What of the decision the rules do not give now, a line each. `order` has the project's tiers, `failed` says whether
    /// the rules leave the customer undetermined, `values` whether a step gives the value.
    pub(super) fn differences(
        &self,
        order: &[String],
        (tier, value): (Option<&str>, Option<f64>),
        failed: bool,
        values: bool,
    ) -> Vec<String> {
        let mut lines = Vec::new();
        // A tier that the project does not order makes a customer undetermined, whatever the rules gave.
        let decided = !failed && tier.is_some_and(|tier| order.iter().any(|own| own == tier));
        let word = |decided: bool| if decided { "decided" } else { "undetermined" };
        if self.decided != decided {
            lines.push(format!("it was {}, and is {} now", word(self.decided), word(decided)));
        } else if decided && self.tier.as_deref() != tier {
            let shown = |tier: Option<&str>| tier.map_or_else(|| "no tier".to_owned(), |tier| format!("`{tier}`"));
            lines.push(format!("its tier was {}, the rules give {} now", shown(self.tier.as_deref()), shown(tier)));
        }
        let same = match (self.value, value) {
            (Some(then), Some(now)) => then.to_bits() == now.to_bits() || then == now,
            (then, now) => then == now,
        };
        if values && !same {
            let shown = |value: Option<f64>| value.map_or_else(|| "missing".to_owned(), |value| value.to_string());
            lines.push(format!("its value was {}, the rules give {} now", shown(self.value), shown(value)));
        }
        lines
    }
}

/// The run that is meant where none is named: of those that are current, that of the newest cycle, of the base scenario, and of
/// the phase that `c.prior` comes from.
pub fn newest(records: &[Record], current: &Current, phase: &str) -> Option<Record> {
    let is_current = |record: &&Record| current.run(&Slot::of(record)) == Some(record.run.as_str());
    let rank = |record: &&Record| {
        let slot = Slot::of(record);
        (calendar::parse_cycle(&slot.cycle), slot.scenario == BASE, slot.phase == phase)
    };
    records.iter().filter(is_current).max_by_key(rank).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_rules_do_not_give_now_is_told() {
        let order = ["low".to_owned(), "high".to_owned()];
        let then = Decision {
            key: "K".to_owned(),
            tier: Some("high".to_owned()),
            value: Some(1.5),
            movement: None,
            decided: true,
            cause: None,
        };
        let told = |tier, value, failed| then.differences(&order, (tier, value), failed, true).join("; ");
        assert_eq!(told(Some("high"), Some(1.5), false), "");
        assert_eq!(told(Some("low"), Some(1.5), false), "its tier was `high`, the rules give `low` now");
        assert_eq!(told(Some("high"), Some(2.0), false), "its value was 1.5, the rules give 2 now");
        assert_eq!(told(None, Some(1.5), true), "it was decided, and is undetermined now");
        assert_eq!(told(Some("other"), Some(1.5), false), "it was decided, and is undetermined now");
    }
}
