//! Which columns the decisions have, under which names.
//!
//! In: the project's output and the columns that there are, with their types. Out: [`Selection`], checked before anything
//! runs. Must not know: data. The key, the tier, the value and what later cycles read back are always written.

use super::added::{
    ADDED, CAUSE, DECIDED_CYCLE, DECIDED_CYCLES, DECIDED_SINCE, DECIDED_TIER, DECIDED_VALUE, DECISIVE_RULE, DISTANCE,
    MOVE, NEAREST_MISS, PRIOR_TIER, STATUS, STEP,
};
use super::partition::{self, looks_typed};
use super::withheld::is_sensitive;
use crate::diag::{Diagnostic, ids};
use crate::dtype::DataType;
use crate::manifest::model::{Measure, Project};
use indexmap::IndexMap;
use std::collections::{HashMap, HashSet};

/// The column that readers make of the folder above a run.
const CYCLE: &str = "cycle";

/// A column of the decisions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selected {
    /// Its name in rules, or of the columns that a run adds.
    pub from: String,
    /// Its name in the files.
    pub name: String,
    /// Its type.
    pub dtype: DataType,
}

/// What is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// Columns of the decisions, those of folders among them.
    pub columns: Vec<Selected>,
    /// Positions in `columns` of those that make the folders, outermost first.
    pub partition_by: Vec<usize>,
}

/// The type of a column that a run adds.
pub fn added_type(name: &str) -> Option<DataType> {
    match name {
        PRIOR_TIER | MOVE | STATUS | STEP | CAUSE | DECIDED_TIER | DECIDED_CYCLE => Some(DataType::Text),
        DECIDED_SINCE => Some(DataType::Date),
        DECIDED_CYCLES => Some(DataType::Int),
        DECISIVE_RULE | NEAREST_MISS => Some(DataType::Text),
        DECIDED_VALUE | DISTANCE => Some(DataType::Float),
        _ => None,
    }
}

/// The columns of the decisions. `available` are the customer table's columns and those of the steps, by name.
///
/// # Errors
/// `unknown-column`, `name-clash`, `wrong-value`, at the project file's declaration.
pub fn select(project: &Project, available: &IndexMap<String, DataType>) -> Result<Selection, Vec<Diagnostic>> {
    let mut found = Vec::new();
    let mut columns: Vec<Selected> = Vec::new();
    let key = project.tables.get(&project.customer).and_then(|t| t.key.first());
    let chosen: Vec<(String, String)> = match &project.output.columns {
        Some(chosen) => chosen.clone(),
        None => {
            let shown = available.keys().filter(|name| !is_sensitive(project, name));
            shown.map(|name| (name.clone(), name.clone())).collect()
        }
    };
    let always = key
        .into_iter()
        .chain([&project.decision.tier, &project.decision.value])
        .chain(project.decision.read_back.keys())
        .filter(|name| available.contains_key(*name));
    let mut all: Vec<(String, String)> = Vec::new();
    let from: HashSet<&String> = chosen.iter().map(|(from, _)| from).collect();
    let renamed = |name: &String| from.contains(name);
    // The key stands first unless the project puts it elsewhere.
    all.extend(key.filter(|k| !renamed(k)).map(|k| (k.clone(), k.clone())));
    all.extend(chosen.iter().cloned());
    all.extend(always.filter(|name| !renamed(name) && Some(*name) != key).map(|name| (name.clone(), name.clone())));
    let mut names = HashMap::new();
    for (from, name) in all {
        match available.get(&from) {
            Some(dtype) => push(&mut columns, &mut names, Selected { from, name, dtype: *dtype }, project, &mut found),
            None if ADDED.contains(&from.as_str()) => {}
            None => {
                let message = format!("`output.columns` names `{from}`, which no table and no step has");
                let names = available.keys().map(String::as_str);
                let place = project.output.places.columns.get(&from).copied().unwrap_or(project.decision.span);
                found.push(Diagnostic::error(ids::UNKNOWN_COLUMN, message).at(place).did_you_mean(&from, names));
            }
        }
    }
    for name in ADDED {
        let dtype = added_type(name).unwrap_or(DataType::Text);
        let column = Selected { from: name.to_owned(), name: name.to_owned(), dtype };
        push(&mut columns, &mut names, column, project, &mut found);
    }
    if let Some(column) = columns.iter().find(|c| c.name == CYCLE) {
        let message = format!("no column of the decisions can be named `{CYCLE}`");
        let rename = format!("`output.columns` can rename it: `{{{}: another_name}}`", column.from);
        let note = "runs lie in folders named `cycle=…`, whose value readers such as DuckDB take for the column";
        found.push(
            Diagnostic::error(ids::NAME_CLASH, message).at(project.output.places.columns_at).note(note).help(rename),
        );
    }
    let partition_by = partitions(project, &columns, &mut found);
    summaries(project, available, &mut found);
    reported(project, &columns, &mut found);
    if found.is_empty() { Ok(Selection { columns, partition_by }) } else { Err(found) }
}

/// Adds a column, whose place is entered in `names` by its name in lower case.
fn push(
    columns: &mut Vec<Selected>,
    names: &mut HashMap<String, usize>,
    column: Selected,
    project: &Project,
    found: &mut Vec<Diagnostic>,
) {
    // Spark and DuckDB take names that differ only in case for one.
    let folded = column.name.to_lowercase();
    let Some(other) = names.get(&folded).map(|at| &columns[*at]) else {
        names.insert(folded, columns.len());
        return columns.push(column);
    };
    // Key, tier and value may be selected and are written anyway; what a run adds is another column of that name.
    let added = ADDED.contains(&column.from.as_str());
    if other.from == column.from && !added {
        return;
    }
    let message = match other.name == column.name {
        true => format!("two columns of the decisions are named `{}`", column.name),
        false => format!("two columns of the decisions differ only in case: `{}` and `{}`", other.name, column.name),
    };
    let rename = format!("`output.columns` can rename: `{{{}: another_name}}`", other.from);
    let mut clash = Diagnostic::error(ids::NAME_CLASH, message).at(project.output.places.columns_at).help(rename);
    if added {
        clash = clash.note(format!("each run adds the columns {}", ADDED.join(", ")));
    }
    found.push(clash);
}

fn partitions(project: &Project, columns: &[Selected], found: &mut Vec<Diagnostic>) -> Vec<usize> {
    let mut positions = Vec::new();
    for wanted in &project.output.partition_by {
        let place = project.output.places.partition_by.get(wanted).copied().unwrap_or(project.decision.span);
        let by_name = columns.iter().position(|c| c.name == *wanted);
        let Some(at) = by_name.or_else(|| columns.iter().position(|c| c.from == *wanted)) else {
            let message = format!("`output.partition_by` names `{wanted}`, which is not written");
            let names = columns.iter().map(|c| c.name.as_str());
            found.push(Diagnostic::error(ids::UNKNOWN_COLUMN, message).at(place).did_you_mean(wanted, names));
            continue;
        };
        if is_sensitive(project, &columns[at].from) {
            let message = format!("`output.partition_by` names `{wanted}`, whose values are sensitive");
            let help = "names of folders are read by everybody: take another column";
            found.push(Diagnostic::error(ids::WRONG_VALUE, message).at(place).help(help));
        }
        if !matches!(columns[at].dtype, DataType::Text | DataType::Int) {
            let message = format!("`output.partition_by` names `{wanted}`, a {} column", columns[at].dtype);
            let help = "folders can be made of text and int columns";
            found.push(Diagnostic::error(ids::WRONG_VALUE, message).at(place).help(help));
        }
        if columns[at].from == project.decision.tier && project.decision.order.iter().all(|t| looks_typed(t)) {
            let message = "every tier of `decision.order` looks like a number, a date or a bool";
            let note = "readers guess the type of folder names and would not give the text back";
            let help =
                format!("name tiers with a letter, such as `T1`, or take `{wanted}` out of `output.partition_by`");
            let found_here = Diagnostic::error(ids::PARTITION_VALUE, message).at(place);
            found.push(found_here.note(note).help(help));
        } else if columns[at].from == project.decision.tier {
            let tiers = project.decision.order.iter().map(String::as_str);
            found.extend(partition::fault(&columns[at].name, tiers).map(|f| f.at(project.decision.span)));
        }
        if positions.contains(&at) {
            let message = format!("`output.partition_by` names `{wanted}` twice");
            found.push(Diagnostic::error(ids::DUPLICATE_NAME, message).at(place));
        }
        positions.push(at);
    }
    positions
}

/// What `report:` names must be written, and be a number where one is summed.
fn reported(project: &Project, columns: &[Selected], found: &mut Vec<Diagnostic>) {
    let shown = &project.shown;
    let numbers = shown.measure.iter().chain(&shown.dimensions).map(|named| (named, true));
    for ((name, place), number) in numbers.chain(shown.name.iter().chain(&shown.matrix).map(|named| (named, false))) {
        let is_number =
            |column: &Selected| matches!(column.dtype, DataType::Int | DataType::Float | DataType::Decimal { .. });
        let (id, message, help) = match columns.iter().find(|column| column.from == *name) {
            None => {
                let message = format!("`report` names `{name}`, which is not among the decisions");
                (ids::UNKNOWN_COLUMN, message, "name a column of the customers or of a step that `output.columns` has")
            }
            Some(_) if is_sensitive(project, name) => {
                let message = format!("`report` names `{name}`, whose values are sensitive");
                (ids::WRONG_VALUE, message, "show what a rule makes of it")
            }
            Some(column) if number && !is_number(column) => {
                let message = format!("`report` sums `{name}`, a {} column", column.dtype);
                (ids::TYPE_MISMATCH, message, "name a number")
            }
            Some(_) => continue,
        };
        let names = columns.iter().map(|column| column.from.as_str());
        let finding = Diagnostic::error(id, message).at(*place);
        let finding = if id == ids::UNKNOWN_COLUMN { finding.did_you_mean(name, names) } else { finding };
        found.push(if finding.help.is_empty() { finding.help(help) } else { finding });
    }
}

fn summaries(project: &Project, available: &IndexMap<String, DataType>, found: &mut Vec<Diagnostic>) {
    let dtype = |name: &str| available.get(name).copied().or_else(|| added_type(name));
    for summary in &project.summaries {
        let unknown = |name: &str| {
            let message = format!("summary `{}` names `{name}`, which no table and no step has", summary.name);
            let names = available.keys().map(String::as_str).chain(ADDED);
            Diagnostic::error(ids::UNKNOWN_COLUMN, message).at(summary.span).did_you_mean(name, names)
        };
        found.extend(summary.by.iter().filter(|name| dtype(name).is_none()).map(|name| unknown(name)));
        for name in summary.by.iter().filter(|name| is_sensitive(project, name)) {
            let message = format!("summary `{}` groups by `{name}`, whose values are sensitive", summary.name);
            let finding = Diagnostic::error(ids::WRONG_VALUE, message).at(summary.span);
            found.push(finding.help("group by what a rule makes of it"));
        }
        for (measure, kind) in &summary.measures {
            let (Measure::Sum(column) | Measure::Mean(column)) = kind else { continue };
            match dtype(column) {
                None => found.push(unknown(column)),
                Some(DataType::Int | DataType::Float | DataType::Decimal { .. }) => {}
                Some(other) => {
                    let message = format!("measure `{measure}` of summary `{}` is over a {other} column", summary.name);
                    found.push(Diagnostic::error(ids::TYPE_MISMATCH, message).at(summary.span).help("name a number"));
                }
            }
        }
        for name in summary.by.iter().filter(|name| summary.measures.contains_key(*name)) {
            let message = format!("summary `{}` has a group and a measure named `{name}`", summary.name);
            found.push(Diagnostic::error(ids::NAME_CLASH, message).at(summary.span));
        }
    }
}
