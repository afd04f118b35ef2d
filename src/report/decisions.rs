//! The decisions of a run by column, customers in key order.
//!
//! In: the run's folder and record. Out: [`Decisions`]. Must not know: what is shown of them. A sensitive column is not among them.

use crate::error::Error;
use crate::manifest::model::Project;
use crate::rules::format;
use crate::run::added::{MOVE, PRIOR_TIER};
use crate::run::decided;
use crate::run::execute::key_of;
use crate::run::explain::tracing::key_texts;
use crate::run::keys::Keys;
use crate::run::layout::Layout;
use crate::run::record::{ColumnRow, Record};
use crate::run::withheld;
use crate::system::System;
use jiff::tz::TimeZone;
use polars::prelude::{AnyValue, DataType, Series};
use serde_json::{Number, Value, json};
use std::path::PathBuf;

/// The decisions of a run.
pub struct Decisions<'a> {
    pub(super) system: &'a dyn System,
    pub(super) folder: PathBuf,
    pub(super) record: &'a Record,
    /// Rows of the files in key order.
    order: Vec<u32>,
    /// The key's name in rules.
    pub key_name: String,
    /// The value's name in rules.
    pub value_name: String,
    /// Keys, as texts.
    pub key: Vec<String>,
    /// Tiers.
    pub tier: Vec<Option<String>>,
    /// Values.
    pub value: Vec<Option<f64>>,
    /// Moves.
    pub movement: Vec<Option<String>>,
    /// Tiers before.
    pub before: Vec<Option<String>>,
    /// Columns that may be shown.
    pub columns: Vec<ColumnRow>,
}

impl<'a> Decisions<'a> {
    /// Reads the decisions of a run.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Format`]: a file is gone or broken.
    pub fn read(
        system: &'a dyn System,
        layout: &Layout,
        record: &'a Record,
        project: &Project,
    ) -> Result<Decisions<'a>, Error> {
        let folder = layout.run(&record.identity.cycle, &record.run);
        let key_name = key_of(project)?.to_owned();
        let shown = |column: &&ColumnRow| !withheld::is_sensitive(project, &column.from);
        let columns: Vec<ColumnRow> = record.columns.iter().filter(shown).cloned().collect();
        let mut decisions = Decisions {
            system,
            folder,
            record,
            order: Vec::new(),
            key_name,
            value_name: project.decision.value.clone(),
            key: Vec::new(),
            tier: Vec::new(),
            value: Vec::new(),
            movement: Vec::new(),
            before: Vec::new(),
            columns,
        };
        let name = decisions.key_name.clone();
        let row = record.columns.iter().find(|row| row.from == name);
        let row = row.ok_or_else(|| decisions.lacks(&name))?;
        let key = decided::whole(system, &decisions.folder, record, row)?;
        decisions.order = Keys::new(&key)?.order();
        let key = key.take_slice(&decisions.order).map_err(|e| decisions.wrong(&e))?;
        let is_hidden = withheld::is_sensitive(project, &name);
        decisions.key = if is_hidden { (1..=key.len()).map(|n| n.to_string()).collect() } else { key_texts(&key) };
        decisions.tier = decisions.texts(&project.decision.tier)?;
        decisions.value = decisions.numbers(&project.decision.value)?;
        decisions.movement = decisions.texts(MOVE)?;
        decisions.before = decisions.texts(PRIOR_TIER)?;
        Ok(decisions)
    }

    fn lacks(&self, name: &str) -> Error {
        self.wrong(&format!("run {} has no column `{name}` among its decisions", self.record.run))
    }

    fn wrong(&self, what: &dyn std::fmt::Display) -> Error {
        Error::Format { path: self.folder.clone(), message: what.to_string() }
    }

    /// Customers.
    pub fn len(&self) -> usize {
        self.key.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.key.is_empty()
    }

    /// A column by its name in rules, in key order.
    ///
    /// # Errors
    /// [`Error::Format`]: there is none that may be shown.
    pub fn column(&self, from: &str) -> Result<Series, Error> {
        let row = self.columns.iter().find(|row| row.from == from).ok_or_else(|| self.lacks(from))?;
        let column = decided::whole(self.system, &self.folder, self.record, row)?;
        column.take_slice(&self.order).map_err(|e| self.wrong(&e))
    }

    /// A column of numbers.
    ///
    /// # Errors
    /// As [`Decisions::column`]; it has no numbers.
    pub fn numbers(&self, from: &str) -> Result<Vec<Option<f64>>, Error> {
        let column = self.column(from)?.cast(&DataType::Float64).map_err(|e| self.wrong(&e))?;
        Ok(column.f64().map_err(|e| self.wrong(&e))?.iter().collect())
    }

    /// A column's numbers, or none if there is no such column, as in a run of an earlier version.
    ///
    /// # Errors
    /// As [`Decisions::numbers`].
    pub fn numbers_if(&self, from: &str) -> Result<Option<Vec<Option<f64>>>, Error> {
        if self.columns.iter().any(|row| row.from == from) { self.numbers(from).map(Some) } else { Ok(None) }
    }

    /// A column of texts.
    ///
    /// # Errors
    /// As [`Decisions::column`]; it has no texts.
    pub fn texts(&self, from: &str) -> Result<Vec<Option<String>>, Error> {
        let column = self.column(from)?;
        let texts = column.str().map_err(|e| self.wrong(&e))?;
        Ok(texts.iter().map(|text| text.map(str::to_owned)).collect())
    }

    /// A column of texts, or none if there is no such column, as in a run of an earlier version.
    ///
    /// # Errors
    /// As [`Decisions::texts`].
    pub fn texts_if(&self, from: &str) -> Result<Option<Vec<Option<String>>>, Error> {
        if self.columns.iter().any(|row| row.from == from) { self.texts(from).map(Some) } else { Ok(None) }
    }
}

/// A value as people read it.
pub fn text(value: &AnyValue<'_>) -> String {
    match value {
        AnyValue::Null => String::new(),
        AnyValue::String(text) => (*text).to_owned(),
        AnyValue::StringOwned(text) => text.to_string(),
        AnyValue::Date(days) => format::date(*days),
        AnyValue::Datetime(..) => match value_of(value) {
            Value::String(text) => text,
            other => other.to_string(),
        },
        AnyValue::Float64(x) => format::float(*x),
        other => other.to_string(),
    }
}

/// A value in JSON: dates and instants (UTC) as texts, decimals as their nearest double.
pub fn value_of(value: &AnyValue<'_>) -> Value {
    match value {
        AnyValue::Null => Value::Null,
        AnyValue::Boolean(b) => Value::Bool(*b),
        AnyValue::String(text) => json!(text),
        AnyValue::StringOwned(text) => json!(text.as_str()),
        AnyValue::Int64(n) => json!(n),
        AnyValue::Float64(x) => number(*x),
        AnyValue::Date(days) => json!(format::date(*days)),
        AnyValue::Datetime(micros, ..) => json!(format::datetime(*micros, &TimeZone::UTC)),
        other => other.extract::<f64>().map_or(Value::Null, number),
    }
}

/// A number in JSON; null where it is none.
pub fn number(x: f64) -> Value {
    // A sum of nothing begins at -0.0.
    Number::from_f64(x + 0.0).map_or(Value::Null, Value::Number)
}
