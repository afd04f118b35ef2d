//! Expressions over the rows of a table: computed columns, the filter, checks.
//!
//! In: the rows that are left, the table's programs. Out: the computed columns, and the rows that a condition takes away.
//! Must not know: how a program runs. Start at [`columns`].
//!
//! What an expression cannot tell of a row is never taken for a value: a computed column is missing there, with its cause
//! counted, or the row goes to quarantine if the column must be there; a row of which a condition cannot be told goes to
//! quarantine, and breaks a check.

use super::convert::to_declared;
use super::rates::{self, RateBook};
use super::values::{self, data};
use super::{Broken, Cause, Judged, World};
use crate::diag::ids;
use crate::dtype::DataType;
use crate::error::{Error, Stop};
use crate::manifest::model::{Check, Column, Severity};
use crate::rules;
use crate::rules::cause::CauseKind;
use crate::rules::context::{Context, StepResult};
use crate::rules::data::{ColumnData, Data, TableData};
use crate::rules::rows::{RowRule, TableRules};
use crate::table::batch::{cut, lacking};
use crate::table::keys::Keys;
use crate::table::read::RawTable;
use crate::table::rejected::Outcome;
use crate::table::withhold::WITHHELD;
use hashbrown::HashMap;
use indexmap::IndexMap;
use polars::prelude::Series;

/// Evaluates one expression for the rows that are left.
fn evaluate(
    raw: &RawTable,
    rules: &TableRules,
    rule: &RowRule,
    world: &World,
    active: &[u32],
) -> Result<StepResult, Stop> {
    let schema = rules.schema.table(rules.schema.customer);
    let series = rules.positions.iter().filter_map(|position| raw.columns.get(*position));
    let columns = schema.columns.iter().zip(series).map(|(column, series)| ColumnData::from_series(series, column));
    let columns = columns.collect::<Result<_, Error>>()?;
    let data = Data { tables: vec![TableData { rows: raw.rows(), columns, ..TableData::default() }] };
    let context = Context {
        schema: &rules.schema,
        data: &data,
        sources: world.sources,
        active,
        keys: active,
        limits: world.limits,
        zone: world.zone,
        pool: world.pool,
    };
    let compiled = rule.compiled.as_ref().filter(|_| !world.interpret);
    let mut result = rules::run_step(&rule.program, compiled, &context)?;
    if reads_sensitive(raw, rules, rule) {
        let thrown = result.undetermined.iter_mut().filter(|(_, cause)| cause.kind == CauseKind::Thrown);
        thrown.for_each(|(_, cause)| cause.subject = WITHHELD.to_owned());
    }
    Ok(result)
}

fn reads_sensitive(raw: &RawTable, rules: &TableRules, rule: &RowRule) -> bool {
    let positions = rule.reads.iter().filter_map(|read| rules.positions.get(*read));
    let mut columns = positions.filter_map(|position| raw.table.columns.get_index(*position));
    columns.any(|(_, column)| column.contract.sensitive)
}

fn only_column(result: &StepResult) -> Result<&Series, Error> {
    let defect = || Error::Defect("an expression of a manifest gives no column".into());
    result.columns.first().map(|(_, series)| series).ok_or_else(defect)
}

/// Computes and converts columns in order, and holds each against its rules. `book` has the table's rates.
pub fn columns(
    raw: &mut RawTable,
    rules: Option<&TableRules>,
    book: Option<&RateBook>,
    world: &World,
    judged: &mut Judged,
) -> Result<(), Stop> {
    let table = raw.table;
    for (position, column) in table.columns.values().enumerate().filter(|(_, c)| !c.contract.is_of_source()) {
        let rule = rules.and_then(|rules| Some((rules, &rules.computed.iter().find(|(at, _)| *at == position)?.1)));
        if let Some((rules, rule)) = rule {
            one(raw, position, column, (rules, rule), world, judged)?;
        } else if let (Some(convert), Some(book)) = (&column.contract.convert, book) {
            rates::column(raw, position, convert, book, world, judged)?;
        }
        values::check(raw, position, world, judged)?;
    }
    Ok(())
}

fn one(
    raw: &mut RawTable,
    position: usize,
    column: &Column,
    (rules, rule): (&TableRules, &RowRule),
    world: &World,
    judged: &mut Judged,
) -> Result<(), Stop> {
    let active = judged.rows();
    let result = evaluate(raw, rules, rule, world, &active)?;
    let given = rule.result().unwrap_or(DataType::Text);
    let (series, unfit) = to_declared(only_column(&result)?, given, column)?;
    let undetermined = result.undetermined.into_iter().map(|(row, cause)| {
        let is_failure = cause.kind != CauseKind::Missing;
        (row, Cause { text: cause.to_string(), is_failure })
    });
    let unfit = unfit.into_iter().map(|(row, text)| (row, Cause { text, is_failure: true }));
    let shown = Shown::new(raw, rules, rule, world)?;
    let text = |row: u32| if reads_sensitive(raw, rules, rule) { WITHHELD.to_owned() } else { shown.text(row) };
    missing(raw, position, column, undetermined.chain(unfit).collect(), &text, judged);
    needed(raw, column, &data(column, &series)?, &active, judged);
    if let Some(place) = raw.columns.get_mut(position) {
        *place = series;
    }
    Ok(())
}

fn is_needed(raw: &RawTable, column: &Column) -> bool {
    column.required || raw.table.key.contains(&column.name)
}

/// Rows for which a column could not be computed: they go if it must be there, else the cause is counted.
/// `text` says what the expression reads of a row.
fn missing(
    raw: &RawTable,
    position: usize,
    column: &Column,
    failed: Vec<(u32, Cause)>,
    text: &dyn Fn(u32) -> String,
    judged: &mut Judged,
) {
    let mut causes: IndexMap<Cause, Vec<u32>> = IndexMap::new();
    for (row, cause) in failed {
        if is_needed(raw, column) {
            let message = format!("it cannot be computed: {}", cause.text);
            let name = std::slice::from_ref(&column.name);
            judged.leave(row, name, text(row), Outcome::Quarantined, ids::NOT_COMPUTED, message);
        } else {
            causes.entry(cause).or_default().push(row);
        }
    }
    judged.causes.extend(causes.into_iter().map(|(cause, rows)| (position, cause, rows)));
}

/// Rows whose expression gives no value where one must be.
fn needed(raw: &RawTable, column: &Column, values: &ColumnData, active: &[u32], judged: &mut Judged) {
    if !is_needed(raw, column) {
        return;
    }
    let id = if raw.table.key.contains(&column.name) { ids::KEY_EMPTY } else { ids::VALUE_REQUIRED };
    for row in active.iter().filter(|row| values.get(**row as usize).is_none()) {
        let name = std::slice::from_ref(&column.name);
        judged.leave(*row, name, String::new(), Outcome::Quarantined, id, lacking(id).to_owned());
    }
}

/// What a condition says of a row: whether it holds, or why that cannot be told.
type Verdict = Result<bool, String>;

/// The rows of which a condition does not hold, ascending.
fn verdicts(
    raw: &RawTable,
    rules: &TableRules,
    rule: &RowRule,
    world: &World,
    judged: &Judged,
) -> Result<Vec<(u32, Verdict)>, Stop> {
    let active = judged.rows();
    let result = evaluate(raw, rules, rule, world, &active)?;
    let series = only_column(&result)?;
    let flags = series.bool().map_err(|e| Error::Defect(format!("a condition is no bool: {e}")))?;
    let causes: HashMap<u32, String> =
        result.undetermined.iter().map(|(row, cause)| (*row, cause.to_string())).collect();
    let verdict = |row: u32| match (causes.get(&row), flags.get(row as usize)) {
        (Some(cause), _) => Some((row, Err(cause.clone()))),
        (None, None) => Some((row, Err("it gives no value".to_owned()))),
        (None, Some(false)) => Some((row, Ok(false))),
        (None, Some(true)) => None,
    };
    Ok(active.into_iter().filter_map(verdict).collect())
}

/// Removes the rows of which the filter does not hold.
pub fn filter(raw: &RawTable, rules: &TableRules, world: &World, judged: &mut Judged) -> Result<(), Stop> {
    let Some(rule) = &rules.filter else { return Ok(()) };
    let shown = Shown::new(raw, rules, rule, world)?;
    for (row, verdict) in verdicts(raw, rules, rule, world, judged)? {
        let (outcome, id, message) = match verdict {
            Err(cause) => (Outcome::Quarantined, ids::NOT_COMPUTED, format!("the filter cannot be told: {cause}")),
            Ok(_) => (Outcome::Removed, ids::FILTERED, format!("the filter does not hold: {}", rule.text)),
        };
        judged.leave(row, &shown.columns, shown.text(row), outcome, id, message);
    }
    Ok(())
}

/// Holds the rows against the table's checks, in order.
pub fn checks(raw: &RawTable, rules: &TableRules, world: &World, judged: &mut Judged) -> Result<(), Stop> {
    for (check, rule) in raw.table.contract.checks.iter().zip(&rules.checks) {
        let shown = Shown::new(raw, rules, rule, world)?;
        let mut broken = Vec::new();
        // Rows that break the check for want of a value say so; a rule that is not for quarantine counts them all alike.
        for (row, verdict) in verdicts(raw, rules, rule, world, judged)? {
            match verdict {
                Err(cause) if check.severity == Severity::Quarantine => {
                    let message = format!("check `{}` cannot be told: {cause}", check.name);
                    let text = shown.text(row);
                    judged.leave(row, &shown.columns, text, Outcome::Quarantined, ids::CHECK_FAILED, message);
                }
                _ => broken.push(row),
            }
        }
        judged.take(breaking(check, rule, &shown, &|row| shown.text(row)), broken);
    }
    Ok(())
}

fn breaking<'b>(check: &Check, rule: &RowRule, shown: &Shown, text: &'b dyn Fn(u32) -> String) -> Broken<'b> {
    Broken {
        severity: check.severity,
        columns: shown.columns.clone(),
        id: ids::CHECK_FAILED,
        message: format!("check `{}` does not hold: {}", check.name, rule.text),
        rule: format!("check `{}`", check.name),
        span: check.span,
        text,
    }
}

/// The values that an expression reads, for the list of rows that leave.
struct Shown<'s> {
    columns: Vec<String>,
    keys: Vec<Keys<'s>>,
    world: &'s World<'s>,
}

impl<'s> Shown<'s> {
    fn new(raw: &'s RawTable, rules: &TableRules, rule: &RowRule, world: &'s World<'s>) -> Result<Shown<'s>, Error> {
        let positions: Vec<usize> = rule.reads.iter().filter_map(|read| rules.positions.get(*read)).copied().collect();
        let name = |position: &usize| raw.table.columns.get_index(*position).map(|(name, _)| name.clone());
        let columns = positions.iter().filter_map(name).collect();
        let series = positions.iter().filter_map(|position| raw.columns.get(*position));
        let keys = series.map(|series| Keys::new(&[series])).collect::<Result<_, _>>()?;
        Ok(Shown { columns, keys, world })
    }

    fn text(&self, row: u32) -> String {
        let row = row as usize;
        let shown = |keys: &Keys| match keys.is_missing(row) {
            true => "()".to_owned(),
            false => keys.text(row, self.world.zone),
        };
        cut(&self.keys.iter().map(shown).collect::<Vec<_>>().join(", "))
    }
}
