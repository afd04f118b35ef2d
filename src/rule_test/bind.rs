//! A case held against the project: names to columns, texts to values, rows to tables.
//!
//! In: a [`Case`] as its file says it, the checked project. Out: [`Bound`], or what is wrong with it at its place. Must not
//! know: evaluators, what came of the case. What an analyst writes under `customer:` is what stands behind `c.` in a rule.
//! Start at [`bind`].

use super::reads::Reads;
use super::value::Value;
use crate::diag::{self, Diagnostic, ids};
use crate::dtype::DataType;
use crate::manifest;
use crate::manifest::cases::{Case, Undetermined};
use crate::manifest::yaml::{self, Entry, Kind, Node};
use crate::rules::cause::CauseKind;
use crate::rules::schema::Schema;
use crate::rules::tables::PRIOR;
use crate::rules::types::TableId;
use crate::run::Plan;
use crate::source::{SourceMap, Span};
use jiff::tz::TimeZone;

/// A row of a table.
#[derive(Clone, Debug)]
pub struct Row {
    /// By the schema's columns.
    pub values: Vec<Value>,
    /// By the schema's references.
    pub references: Vec<Option<u32>>,
    /// Where the row is written.
    at: Span,
}

/// A case whose names and values are known.
#[derive(Clone, Debug)]
pub struct Bound {
    /// Rows by table.
    pub tables: Vec<Vec<Row>>,
    /// Rows of the customers: the one that is tested, which is the first of its table, then its population. Further rows of
    /// their table are there for references alone.
    pub customers: Vec<u32>,
    /// The key of a customer of the project's data, whose row is changed by what the first customer here gives.
    pub key: Option<Value>,
    /// Columns that the case gives to the customer, missing values among them.
    pub said: Vec<usize>,
    /// The first step that is evaluated: the one after the last of which the case gives a column.
    pub from: usize,
    /// The last one: that of the last column that is expected.
    pub to: usize,
    /// Columns that are expected.
    pub columns: Vec<Wanted>,
    /// Why it must be undetermined.
    pub undetermined: Option<Cause>,
    /// Whether a limit must stop it.
    pub error: bool,
}

/// Where a case says what it expects.
#[derive(Clone, Copy, Debug)]
pub struct Said {
    /// The place.
    pub span: Span,
    /// Whether the value stands there whole, on one line, so that another can take its place.
    pub whole: bool,
}

impl Said {
    fn of(node: &Node, key: Span, sources: &SourceMap) -> Said {
        if node.span.range().is_empty() {
            return Said { span: key, whole: false };
        }
        let read = yaml::parse(node.span.file, sources.text(node.span));
        Said { span: node.span, whole: read.is_ok_and(|read| read.kind == node.kind) }
    }
}

/// A column that is expected.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Its name.
    pub name: String,
    /// Its position among the customer's columns.
    pub column: usize,
    /// The value.
    pub value: Value,
    /// How far from it a number may be.
    pub within: Option<f64>,
    /// Where the value is written.
    pub said: Said,
}

/// The cause that is expected.
#[derive(Clone, Debug)]
pub struct Cause {
    /// Where that is written.
    pub span: Span,
    /// The step.
    pub step: Option<(usize, Said)>,
    /// The kind's word.
    pub kind: Option<(&'static str, Said)>,
    /// A part of its text.
    pub text: Option<(String, Said)>,
}

/// All kinds of causes.
const KINDS: [CauseKind; 8] = [
    CauseKind::Missing,
    CauseKind::DivisionByZero,
    CauseKind::Overflow,
    CauseKind::NotFinite,
    CauseKind::OutOfRange,
    CauseKind::NotANumber,
    CauseKind::Thrown,
    CauseKind::UnknownTier,
];

/// The step that gives a column of the customer, by its position; none for a column of the table.
pub fn step_of(plan: &Plan, column: usize) -> Option<usize> {
    let own = plan.project.tables.get(&plan.project.customer).map_or(0, |table| table.columns.len());
    let mut end = own;
    plan.programs.iter().position(|program| {
        end += program.output.columns.len();
        (own..end).contains(&column)
    })
}

/// Holds a case against the project.
///
/// # Errors
/// What is wrong with it: `unknown-column`, `unknown-table`, `wrong-value`, `missing-key`, `unknown-parameter`,
/// `weights-sum`.
pub fn bind(case: &Case, plan: &Plan, zone: &TimeZone, sources: &SourceMap) -> Result<Bound, Vec<Diagnostic>> {
    let schema = &plan.schema;
    let tables = schema.tables.iter().map(|_| Vec::new()).collect();
    let mut binder = Binder { plan, schema, zone, tables, findings: Vec::new() };
    binder.parameters(case);
    let key = case.key.as_ref().and_then(|key| binder.key(key));
    if case.key.is_some() {
        binder.only_columns(case);
    }
    let mut customers = vec![binder.add(schema.customer, &case.customer, case.span)];
    for other in &case.population {
        match &other.kind {
            Kind::Map(entries) => customers.push(binder.add(schema.customer, entries, other.span)),
            _ => binder.wrong(other.span, format!("a customer of `population` must be a map, found {}", other.found())),
        }
    }
    binder.rows_of_tables(&case.tables);
    binder.name_customers();
    binder.resolve();
    let columns = binder.columns(case, sources);
    let undetermined = case.expected.undetermined.as_ref().map(|said| binder.cause(said, sources));
    let from = if case.key.is_some() { 0 } else { first_step(plan, case) };
    let mut to = last_step(plan, case, &columns, undetermined.as_ref());
    for wanted in &columns {
        let help = match step_of(plan, wanted.column) {
            Some(step) if step >= from => continue,
            Some(_) => "steps up to the last one of which a case gives a column are not evaluated",
            None => "it is a column of the table of customers",
        };
        let found = Diagnostic::error(ids::WRONG_VALUE, format!("no step of this case gives `{}`", wanted.name));
        binder.findings.push(found.at(wanted.said.span).help(help));
    }
    let fails = undetermined.as_ref().map(|cause| cause.span).or(case.expected.error.as_ref().map(|node| node.span));
    if let Some(span) = fails.filter(|_| from > to) {
        binder
            .wrong(span, "no step of this case can fail: it gives a column of that step, or of a later one".to_owned());
    }
    if case.key.is_none() && binder.findings.is_empty() {
        // A case that fails, and does not say in which step, goes as far as what it gives leads.
        let is_open = fails.is_some() && undetermined.as_ref().is_none_or(|cause| cause.step.is_none());
        let least = columns.iter().filter_map(|wanted| step_of(plan, wanted.column)).max().unwrap_or(from).max(from);
        let mut lacking = binder.lacking(case, (from, to), sources);
        while is_open && !lacking.is_empty() && to > least {
            to -= 1;
            lacking = binder.lacking(case, (from, to), sources);
        }
        binder.findings.extend(lacking);
    }
    let error = case.expected.error.as_ref();
    if let Some(error) = error.filter(|node| node.scalar_text() != Some(ids::LIMIT.name())) {
        binder.wrong(error.span, format!("`error` must be `{}`, found {}", ids::LIMIT.name(), error.found()));
    }
    let Binder { tables, mut findings, .. } = binder;
    if !findings.is_empty() {
        diag::sort(&mut findings);
        return Err(findings);
    }
    let table = schema.table(schema.customer);
    let said = case.customer.iter().filter_map(|entry| table.column(&entry.key)).map(|column| usize::from(column.0));
    let said = said.collect();
    Ok(Bound { tables, customers, key, said, from, to, columns, undetermined, error: error.is_some() })
}

/// The step after the last one of which the case gives a column.
fn first_step(plan: &Plan, case: &Case) -> usize {
    let table = plan.schema.table(plan.schema.customer);
    let of_population = case.population.iter().filter_map(|node| match &node.kind {
        Kind::Map(entries) => Some(entries),
        _ => None,
    });
    let entries = of_population.flatten().chain(&case.customer);
    let steps = entries.filter_map(|entry| step_of(plan, usize::from(table.column(&entry.key)?.0)));
    steps.map(|step| step + 1).max().unwrap_or(0)
}

/// The last step that has a say in what is expected.
fn last_step(plan: &Plan, case: &Case, columns: &[Wanted], undetermined: Option<&Cause>) -> usize {
    let last = plan.programs.len().saturating_sub(1);
    let of_columns = columns.iter().filter_map(|wanted| step_of(plan, wanted.column)).max();
    match (undetermined, &case.expected.error) {
        (Some(cause), _) => cause.step.map_or(last, |(step, _)| step.max(of_columns.unwrap_or(0))),
        (None, Some(_)) => last,
        (None, None) => of_columns.unwrap_or(0),
    }
}

struct Binder<'a> {
    plan: &'a Plan,
    schema: &'a Schema,
    zone: &'a TimeZone,
    tables: Vec<Vec<Row>>,
    findings: Vec<Diagnostic>,
}

impl Binder<'_> {
    fn wrong(&mut self, span: Span, message: String) {
        self.findings.push(Diagnostic::error(ids::WRONG_VALUE, message).at(span));
    }

    fn parameters(&mut self, case: &Case) {
        let mut parameters = self.plan.project.parameters.clone();
        for (assignment, span) in &case.set {
            if let Err(found) = manifest::set_parameter(&mut parameters, assignment) {
                self.findings.push(Diagnostic { location: None, ..found.at(*span) });
            }
        }
        if let Some((_, span)) = case.set.last() {
            // A sum of weights is of the parameters' file; here it is these values that break it.
            self.findings.extend(manifest::weights(&parameters).into_iter().map(|found| found.at(*span)));
        }
    }

    fn key(&mut self, node: &Node) -> Option<Value> {
        let project = &self.plan.project;
        let table = project.tables.get(&project.customer)?;
        let column = table.columns.get(table.key.first()?)?;
        match Value::read(node, column.dtype, self.zone) {
            Ok(value) if !value.is_missing() => Some(value),
            Ok(_) => {
                self.wrong(node.span, "`key` must be the key of a customer, found nothing".to_owned());
                None
            }
            Err(why) => {
                self.wrong(node.span, format!("`key` must be {}, as `{}` is: {why}", column.dtype, column.name));
                None
            }
        }
    }

    /// A customer of the project's data can be given other columns and another prior decision, and nothing else.
    fn only_columns(&mut self, case: &Case) {
        let help = "the tables of a case with `key` are the project's";
        let places = case.population.first().map(|node| node.span).into_iter();
        for span in places.chain(case.tables.first().map(|entry| entry.span)) {
            let message = "a case with `key` has neither `population` nor `tables`";
            self.findings.push(Diagnostic::error(ids::WRONG_VALUE, message).at(span).help(help));
        }
        let table = self.schema.table(self.schema.customer);
        for entry in &case.customer {
            let is_reference = entry.key != PRIOR && table.reference(&entry.key).is_some();
            if is_reference || table.related(&entry.key).is_some() {
                let message = format!("a case with `key` cannot give `{}`", entry.key);
                self.findings.push(Diagnostic::error(ids::WRONG_VALUE, message).at(entry.span).help(help));
            }
        }
    }

    /// Enters a row and those within it; gives its number.
    fn add(&mut self, table: TableId, entries: &[Entry], at: Span) -> u32 {
        let schema = self.schema.table(table);
        let empty = Row {
            values: vec![Value::Missing; schema.columns.len()],
            references: vec![None; schema.references.len()],
            at,
        };
        let rows = &mut self.tables[usize::from(table.0)];
        let number = rows.len();
        rows.push(empty);
        for entry in entries {
            if let Some(column) = schema.column(&entry.key) {
                let value = self.value(entry, schema.columns[usize::from(column.0)].dtype);
                self.tables[usize::from(table.0)][number].values[usize::from(column.0)] = value;
            } else if let Some(reference) = schema.reference(&entry.key) {
                let target = schema.references[reference].target;
                let row = self.referred(target, entry);
                self.tables[usize::from(table.0)][number].references[reference] = row;
            } else if let Some(many) = schema.related(&entry.key) {
                self.related(table, many, number as u32, entry);
            } else {
                let message = format!("no column `{}`", entry.key);
                let label = format!("not in `{}`", schema.name);
                let found = Diagnostic::error(ids::UNKNOWN_COLUMN, message).at_with(entry.span, label);
                self.findings.push(found.did_you_mean(&entry.key, schema.names()));
            }
        }
        number as u32
    }

    fn value(&mut self, entry: &Entry, dtype: DataType) -> Value {
        Value::read(&entry.value, dtype, self.zone).unwrap_or_else(|why| {
            let span = if entry.value.span.range().is_empty() { entry.span } else { entry.value.span };
            self.wrong(span, format!("`{}` must be {dtype}, found {}: {why}", entry.key, entry.value.found()));
            Value::Missing
        })
    }

    /// The row that a reference is given as; none where it is missing.
    fn referred(&mut self, target: TableId, entry: &Entry) -> Option<u32> {
        match &entry.value.kind {
            Kind::Null => None,
            Kind::Map(entries) => {
                let decision = &self.plan.project.decision.tier;
                let tier = entries.iter().find(|entry| entry.key == *decision);
                if self.schema.table(target).name == PRIOR {
                    match tier {
                        // Who was never decided has no prior decision.
                        Some(tier) if matches!(tier.value.kind, Kind::Null) => return None,
                        Some(_) => {}
                        None => {
                            let found = Diagnostic::error(ids::MISSING_KEY, format!("`{PRIOR}` needs `{decision}`"));
                            self.findings
                                .push(found.at(entry.span).help("the tier that was decided in the cycle before"));
                        }
                    }
                }
                Some(self.add(target, entries, entry.span))
            }
            _ => {
                let message =
                    format!("`{}` must be a map of its row's columns, found {}", entry.key, entry.value.found());
                self.wrong(entry.value.span, message);
                None
            }
        }
    }

    fn related(&mut self, table: TableId, many: usize, row: u32, entry: &Entry) {
        let Kind::List(items) = &entry.value.kind else {
            let message = format!("`{}` must be a list of rows, found {}", entry.key, entry.value.found());
            return self
                .wrong(if entry.value.span.range().is_empty() { entry.span } else { entry.value.span }, message);
        };
        let many = &self.schema.table(table).many[many];
        let [(_, reference)] = many.path.as_slice() else {
            let between = many.path.last().map_or("", |(table, _)| &self.schema.table(*table).name);
            let message = format!("rows of `{}` lead here through `{between}`", entry.key);
            let help = format!("write them inside a row of `{between}`");
            return self.findings.push(Diagnostic::error(ids::WRONG_VALUE, message).at(entry.span).help(help));
        };
        let (far, reference) = (many.table, *reference);
        for item in items {
            let Kind::Map(entries) = &item.kind else {
                self.wrong(item.span, format!("a row of `{}` must be a map, found {}", entry.key, item.found()));
                continue;
            };
            let number = self.add(far, entries, item.span);
            self.tables[usize::from(far.0)][number as usize].references[reference] = Some(row);
        }
    }

    fn rows_of_tables(&mut self, tables: &[Entry]) {
        let project = &self.plan.project;
        for entry in tables {
            let Some(number) = project.tables.get_index_of(&entry.key) else {
                let found = Diagnostic::error(ids::UNKNOWN_TABLE, format!("no table `{}`", entry.key)).at(entry.span);
                self.findings.push(found.did_you_mean(&entry.key, project.tables.keys().map(String::as_str)));
                continue;
            };
            let Kind::List(items) = &entry.value.kind else {
                self.wrong(
                    entry.span,
                    format!("`{}` must be a list of rows, found {}", entry.key, entry.value.found()),
                );
                continue;
            };
            for item in items {
                match &item.kind {
                    Kind::Map(entries) => {
                        self.add(TableId(number as u16), entries, item.span);
                    }
                    _ => {
                        self.wrong(item.span, format!("a row of `{}` must be a map, found {}", entry.key, item.found()))
                    }
                }
            }
        }
    }

    /// Gives a key to customers who have none.
    fn name_customers(&mut self) {
        let project = &self.plan.project;
        let Some(table) = project.tables.get(&project.customer) else { return };
        let Some((column, _, declared)) = table.key.first().and_then(|key| table.columns.get_full(key)) else { return };
        for (number, row) in self.tables[usize::from(self.schema.customer.0)].iter_mut().enumerate() {
            let value = &mut row.values[column];
            match declared.dtype {
                DataType::Text if value.is_missing() => *value = Value::Text(format!("customer {}", number + 1).into()),
                DataType::Int if value.is_missing() => *value = Value::Int(number as i64 + 1),
                _ => {}
            }
        }
    }

    /// Finds the rows that keys name.
    fn resolve(&mut self) {
        for (number, manifest) in self.plan.project.tables.values().enumerate() {
            for (at, reference) in manifest.references.iter().enumerate() {
                let Some(target) = self.plan.project.tables.get_full(&reference.table) else { continue };
                let (target_number, _, target) = target;
                let own: Vec<usize> =
                    reference.columns.iter().filter_map(|name| manifest.columns.get_index_of(name)).collect();
                let keys: Vec<usize> = target.key.iter().filter_map(|name| target.columns.get_index_of(name)).collect();
                for row in 0..self.tables[number].len() {
                    let values: Vec<Value> =
                        own.iter().map(|column| self.tables[number][row].values[*column].clone()).collect();
                    if self.tables[number][row].references[at].is_some() || values.iter().any(Value::is_missing) {
                        continue;
                    }
                    let is_it = |row: &Row| keys.iter().zip(&values).all(|(key, value)| row.values[*key].same(value));
                    let found = self.tables[target_number].iter().position(is_it);
                    self.tables[number][row].references[at] = found.map(|row| row as u32);
                }
            }
        }
    }

    /// What the evaluated steps need and the case does not give.
    fn lacking(&self, case: &Case, (from, to): (usize, usize), sources: &SourceMap) -> Vec<Diagnostic> {
        let schema = self.schema;
        let reads = Reads::of(self.plan.programs.get(from..=to).unwrap_or_default());
        let mut found = Vec::new();
        for (number, rows) in self.tables.iter().enumerate() {
            let table = TableId(number as u16);
            let name = &schema.table(table).name;
            let is_customer = table == schema.customer;
            let mut lacks = |row: &Row, what: &str, read: Span| {
                let message = match is_customer {
                    true => format!("the customer needs `{what}`"),
                    false => format!("a row of `{name}` needs `{what}`"),
                };
                let at = if is_customer && row.at == case.span { case.span } else { row.at };
                let place = sources.place(read);
                found.push(Diagnostic::error(ids::MISSING_KEY, message).at(at).note(format!("{place} reads it")));
            };
            for (column, read) in reads.needed(schema, table) {
                let computed =
                    is_customer && step_of(self.plan, column).is_some_and(|step| (from..=to).contains(&step));
                let what = &schema.table(table).columns[column].name;
                let rows = rows.iter().filter(|row| !computed && row.values[column].is_missing());
                rows.for_each(|row| lacks(row, what, read));
            }
            for (reference, read) in reads.led(schema, table) {
                let what = &schema.table(table).references[reference].name;
                let rows = rows.iter().filter(|row| row.references[reference].is_none());
                rows.for_each(|row| lacks(row, what, read));
            }
        }
        found
    }

    /// The columns that are expected.
    fn columns(&mut self, case: &Case, sources: &SourceMap) -> Vec<Wanted> {
        let table = self.schema.table(self.schema.customer);
        let mut columns = Vec::new();
        for entry in &case.expected.columns {
            let Some(column) = table.column(&entry.key) else {
                let found = Diagnostic::error(ids::UNKNOWN_COLUMN, format!("no column `{}`", entry.key));
                let found = found.at_with(entry.span, "no step returns it");
                self.findings.push(found.did_you_mean(&entry.key, table.columns.iter().map(|c| c.name.as_str())));
                continue;
            };
            let column = usize::from(column.0);
            let dtype = table.columns[column].dtype;
            let about = near(&entry.value).filter(|_| dtype == DataType::Float);
            let (value, within) = match about {
                Some((about, within)) => (Value::Float(about), Some(within)),
                None => (self.value(entry, dtype), None),
            };
            let said = Said::of(&entry.value, entry.span, sources);
            columns.push(Wanted { name: entry.key.clone(), column, value, within, said });
        }
        columns
    }

    fn cause(&mut self, said: &Undetermined, sources: &SourceMap) -> Cause {
        let mut cause = Cause { span: said.span, step: None, kind: None, text: None };
        let said_at = |node: &Node| Said::of(node, said.span, sources);
        let steps = || self.plan.programs.iter().map(|program| program.step.as_str());
        if let Some(node) = &said.step {
            let text = node.scalar_text().unwrap_or_default();
            match steps().position(|step| step == text) {
                Some(step) => cause.step = Some((step, said_at(node))),
                None => {
                    let message = format!("`step` must be a step of the project, found {}", node.found());
                    let found = Diagnostic::error(ids::WRONG_VALUE, message).at(node.span);
                    let found = found.did_you_mean(text, steps());
                    self.findings.push(found);
                }
            }
        }
        if let Some(node) = &said.kind {
            let text = node.scalar_text().unwrap_or_default();
            let words = || KINDS.iter().map(|kind| kind.word());
            match words().find(|word| *word == text) {
                Some(word) => cause.kind = Some((word, said_at(node))),
                None => {
                    let all: Vec<&str> = words().collect();
                    let message = format!("`kind` must be one of {}, found {}", all.join(", "), node.found());
                    let found = Diagnostic::error(ids::WRONG_VALUE, message).at(node.span);
                    self.findings.push(found.did_you_mean(text, words()));
                }
            }
        }
        if let Some(node) = &said.text {
            match node.scalar_text() {
                Some(text) => cause.text = Some((text.to_owned(), said_at(node))),
                None => {
                    self.wrong(node.span, format!("`text` must be a part of the cause's text, found {}", node.found()))
                }
            }
        }
        cause
    }
}

/// `75.5 ± 0.01` as its number and how far from it another may be.
fn near(node: &Node) -> Option<(f64, f64)> {
    let Kind::Text(text) = &node.kind else { return None };
    let (about, within) = text.split_once('±').or_else(|| text.split_once("+-"))?;
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|x| x.is_finite());
    Some((number(about)?, number(within).filter(|within| *within >= 0.0)?))
}
