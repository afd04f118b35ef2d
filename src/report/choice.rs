//! Which columns of the decisions stand for what in the report.
//!
//! In: `report:` of the project file, the decisions. Out: [`Choice`]. Must not know: how they are shown. What the project does not say is
//! found: the name by what columns are called, the measure among the amounts that its summaries and plans sum, the matrix among what plans and summaries go by, else texts of few
//! values; the dimensions among the columns of the step that gives the value.

use super::decisions::Decisions;
use crate::error::Error;
use crate::manifest::model::{Measure, Project};
use crate::run::added::ADDED;

/// Unlike values of a column that customers can be counted by.
const VALUES: std::ops::RangeInclusive<usize> = 2..=40;

/// Columns by which people know a customer, where the project names none.
const NAMES: [&str; 10] = [
    "name",
    "customer_name",
    "company",
    "company_name",
    "account_name",
    "名称",
    "客户名称",
    "公司",
    "公司名称",
    "企业名称",
];

/// Columns by what they stand for, under their names in rules.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Choice {
    pub(super) name: Option<String>,
    pub(super) measure: Option<String>,
    pub(super) matrix: Option<[String; 2]>,
    pub(super) dimensions: Vec<String>,
    pub(super) key_tiers: Vec<String>,
}

/// What is shown of these decisions.
///
/// # Errors
/// As [`Decisions::column`].
pub(super) fn choose(decisions: &Decisions<'_>, project: &Project) -> Result<Choice, Error> {
    let shown = &project.shown;
    let is_there = |name: &str| decisions.columns.iter().any(|column| column.from == name);
    let is_text = |name: &&str| decisions.columns.iter().any(|column| column.from == *name && column.dtype == "text");
    let is_number = |name: &str| {
        let dtype = decisions.columns.iter().find(|column| column.from == name).map(|column| column.dtype.as_str());
        dtype.is_some_and(|dtype| dtype == "int" || dtype == "float" || dtype.starts_with("decimal"))
    };
    let named = |(name, _): &(String, _)| name.clone();
    let name = match &shown.name {
        Some(said) => Some(named(said)).filter(|name| is_there(name)),
        None => NAMES.into_iter().find(|name| is_text(name)).map(str::to_owned),
    };
    let name = name.filter(|name| *name != decisions.key_name);
    let measure = match &shown.measure {
        Some(said) => Some(named(said)).filter(|name| is_number(name)),
        None => amounts(project).into_iter().find(|name| is_number(name)),
    };
    let matrix = match shown.matrix.as_slice() {
        [rows, columns] => Some([named(rows), named(columns)]).filter(|both| both.iter().all(|name| is_there(name))),
        _ => found_matrix(decisions, project)?,
    };
    let dimensions: Vec<String> = if shown.dimensions.is_empty() {
        dimensions(decisions, project).into_iter().filter(|name| is_number(name)).collect()
    } else {
        shown.dimensions.iter().map(named).filter(|name| is_number(name)).collect()
    };
    Ok(Choice { name, measure, matrix, dimensions, key_tiers: key_tiers(project) })
}

/// The unit of a column of the customer table.
pub(super) fn unit(project: &Project, name: &str) -> Option<String> {
    project.tables.get(&project.customer)?.columns.get(name)?.unit.clone()
}

/// Amounts that the project sums, the first ones first.
fn amounts(project: &Project) -> Vec<String> {
    let strategic = project.strategic.iter().flat_map(|plan| plan.measures.values());
    let measures = strategic.chain(project.summaries.iter().flat_map(|summary| summary.measures.values()));
    let summed = measures.filter_map(|measure| match measure {
        Measure::Sum(column) => Some(column.clone()),
        Measure::Mean(_) | Measure::Count => None,
    });
    summed.filter(|name| *name != project.decision.value).collect()
}

/// Tiers that make the roster, else the upper two of three or more, else the upper one.
fn key_tiers(project: &Project) -> Vec<String> {
    if !project.shown.key_tiers.is_empty() {
        return project.shown.key_tiers.clone();
    }
    if let Some(turnover) = &project.turnover {
        return turnover.tiers.clone();
    }
    let order = &project.decision.order;
    order.iter().rev().take(if order.len() > 2 { 2 } else { 1 }).cloned().collect()
}

/// Two columns that customers can be counted by.
fn found_matrix(decisions: &Decisions<'_>, project: &Project) -> Result<Option<[String; 2]>, Error> {
    let by = project.plan.iter().flat_map(|plan| plan.by.iter().chain(&plan.course.owner));
    let said = by.chain(project.summaries.iter().flat_map(|summary| &summary.by)).cloned();
    let others = decisions.columns.iter().map(|column| column.from.clone());
    let mut found: Vec<String> = Vec::new();
    for name in said.chain(others) {
        let is_own = [&project.decision.tier, &decisions.key_name].contains(&&name) || ADDED.contains(&name.as_str());
        let is_text = decisions.columns.iter().any(|column| column.from == name && column.dtype == "text");
        if is_own || !is_text || found.contains(&name) {
            continue;
        }
        let column = decisions.column(&name)?;
        let unlike = column.n_unique().unwrap_or(0);
        let values = unlike.saturating_sub(usize::from(column.null_count() > 0));
        if VALUES.contains(&values) {
            found.push(name);
        }
        if let [rows, columns] = found.as_slice() {
            return Ok(Some([rows.clone(), columns.clone()]));
        }
    }
    Ok(None)
}

/// Numbers that stand beside the value among the decisions: those before it, back to the first column that is none.
fn dimensions(decisions: &Decisions<'_>, project: &Project) -> Vec<String> {
    const MOST: usize = 8;
    let columns = &decisions.columns;
    let Some(at) = columns.iter().position(|column| column.from == project.decision.value) else { return Vec::new() };
    let is_float = |n: &usize| columns.get(*n).is_some_and(|column| column.dtype == "float");
    let mut names: Vec<String> =
        (0..at).rev().take_while(is_float).take(MOST).map(|n| columns[n].from.clone()).collect();
    names.reverse();
    names
}
