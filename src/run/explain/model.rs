//! What is told of a decision.
//!
//! In: plain values from the sibling modules. Out: [`Explanation`], which serializes as `explain --json` has it. Must not know:
//! traces, rules, terminals.

use crate::run::reasons::ranking::Effect;
use serde::{Serialize, Serializer};
use serde_json::Value as Json;

/// A value, for people and for programs.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// In one line, numbers with at most four digits behind the point.
    pub text: String,
    /// Exactly.
    pub json: Json,
    /// As a number, if it is one; days of a date.
    pub number: Option<f64>,
}

impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json.serialize(serializer)
    }
}

/// What an expression of the rules is, in a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A literal or a parameter.
    Given,
    /// A column of a table.
    Column,
    /// A sum or difference; below it are what is added.
    Sum,
    /// A product or quotient; below it are the factors.
    Product,
    /// A condition; the branch taken stands behind it.
    Condition,
    /// A choice: `if`, `switch`, `??`; below it are its conditions, then what was taken.
    Choice,
    /// A standing in the population.
    Standing,
    /// One value of many rows.
    Aggregate,
    /// A function; below it is what it gave, or its arguments.
    Call,
    /// Anything else.
    Other,
}

/// An expression that mattered, with its value and what it was made of.
#[derive(Clone, Debug, Serialize)]
pub struct Node {
    /// Its text in the rules, in one line.
    pub text: String,
    /// The name of the variable or field that holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `file:line` of it.
    pub place: String,
    /// What it is.
    pub role: Role,
    /// What it gave; none where it is not known, as within a loop that ended early.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Shown>,
    /// A standing: where the customer is among how many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
    /// An aggregate: the rows behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<RowCount>,
    /// The step and column that a column comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Source>,
    /// What it was made of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Node>,
}

/// A column of an earlier step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Source {
    /// The step.
    pub step: String,
    /// The column.
    pub column: String,
}

/// How many rows are behind a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowCount {
    /// Their table.
    pub table: String,
    /// How many.
    pub count: usize,
}

/// A customer's place in a population.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Standing {
    /// The population function.
    pub function: String,
    /// Its call in the rules, in one line.
    pub text: String,
    /// `file:line` of it.
    pub place: String,
    /// The customer's own figure.
    pub figure: f64,
    /// 1 is the largest.
    pub rank: usize,
    /// How many have a figure, in the customer's group.
    pub of: usize,
    /// What the function gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Shown>,
}

/// A condition that was asked on the way to the tier.
#[derive(Clone, Debug, Serialize)]
pub struct Test {
    /// Its text, in one line.
    pub text: String,
    /// `file:line` of it.
    pub place: String,
    /// With the values in place of names, where it is a comparison.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<String>,
    /// Whether it holds.
    pub holds: bool,
    /// How far the two sides are apart, of numbers and days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distance: Option<f64>,
    /// Where the tier would go if it alone came out otherwise.
    pub effect: Effect,
    /// The tier that would be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<String>,
}

/// A part of the value.
#[derive(Clone, Debug, Serialize)]
pub struct Contribution {
    /// The variable, field or column, else the text in the rules.
    pub name: String,
    /// How much of the value it is.
    pub amount: f64,
    /// What it was made of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tree: Option<Node>,
}

/// How the value is the sum of its parts.
#[derive(Clone, Debug, Serialize)]
pub struct Contributions {
    /// The parts, in the order of the rules.
    pub parts: Vec<Contribution>,
    /// Their sum, from left to right: the value.
    pub sum: f64,
}

/// A column of a step.
#[derive(Clone, Debug, Serialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Shown,
    /// What it was made of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tree: Option<Node>,
}

/// An expression of the rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Written {
    /// Its text, in one line.
    pub text: String,
    /// `file:line` of it.
    pub place: String,
}

/// Rows behind values.
#[derive(Clone, Debug, Serialize)]
pub struct RowSet {
    /// The expressions that were made of them, in the order of the rules.
    pub behind: Vec<Written>,
    /// Their table.
    pub table: String,
    /// How many there are in all.
    pub count: usize,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// The first of them.
    pub rows: Vec<Vec<Shown>>,
}

impl RowSet {
    /// Adds expressions that were made of the same rows.
    pub(super) fn add(&mut self, more: Vec<Written>) {
        for written in more {
            if !self.behind.contains(&written) {
                self.behind.push(written);
            }
        }
    }
}

/// Why there is no decision.
#[derive(Clone, Debug, Serialize)]
pub struct Undetermined {
    /// The step that failed.
    pub step: String,
    /// `file:line:column: kind: subject`.
    pub cause: String,
    /// The line of the rules.
    pub line: String,
    /// The rows of lists at which it failed, the outermost first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<RowSet>,
}

/// What a step made of the customer.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// Its name.
    pub step: String,
    /// Its columns, in the order of the rules; none of an undetermined one.
    pub columns: Vec<Column>,
    /// Standings, in the order of the rules.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub standings: Vec<Standing>,
    /// Rows behind its aggregates, where they are asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<RowSet>,
    /// Whether more was evaluated than was kept.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
}

/// What was decided before.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Before {
    /// The run that `c.prior` comes from.
    pub run: String,
    /// Its cycle.
    pub cycle: String,
    /// The tier last decided.
    pub tier: String,
    /// The value at that time.
    pub value: Option<f64>,
    /// The cycle in which that was decided.
    pub decided: Option<String>,
    /// Since when the tier is held.
    pub since: Option<String>,
    /// In how many cycles running it was decided.
    pub cycles: Option<i64>,
}

/// The decision of one customer.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// Its key.
    pub customer: String,
    /// Tier, as committed; none of an undetermined customer without one.
    pub tier: Option<String>,
    /// Value, as committed.
    pub value: Option<f64>,
    /// `up`, `down` and so on, as committed.
    #[serde(rename = "move")]
    pub movement: Option<String>,
    /// What was decided before.
    pub before: Option<Before>,
    /// Why there is no decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undetermined: Option<Undetermined>,
    /// The condition that decided the tier.
    pub decisive: Option<Test>,
    /// The nearest condition that keeps a higher tier away.
    pub nearest: Option<Test>,
    /// Where no single condition keeps a higher tier away: the nearest two that do together.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub together: Vec<Test>,
    /// All conditions on the way to the tier, in the order in which they were asked.
    pub tests: Vec<Test>,
    /// How the value is a sum.
    pub contributions: Option<Contributions>,
    /// What each step made of the customer.
    pub steps: Vec<Step>,
    /// Names of the step that gives the value and of the one that gives the tier.
    #[serde(skip)]
    pub value_step: Option<String>,
    /// See `value_step`.
    #[serde(skip)]
    pub tier_step: Option<String>,
    /// The name of the tier's column.
    #[serde(skip)]
    pub tier_column: String,
    /// What of the committed decision the rules do not give now; empty if all is as it was.
    pub differences: Vec<String>,
}
